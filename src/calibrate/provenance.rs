//! Where the prices of a fit came from.

use crate::market::{Duration, HistoryReport, PriceHistory};
use crate::venue::catalogue_names;

/// What the history was and what of it was used.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// The file and what was wrong with it.
    pub report: HistoryReport,
    /// Interval of the bars used.
    pub interval: Duration,
    /// Start of the first and the last bar used.
    pub range: (i64, i64),
    /// Bars used.
    pub bars: usize,
    /// Close of the last bar.
    pub last_close: f64,
}

impl Provenance {
    /// Of a history with at least one bar, as it was used, and the report of the file it came from; `None` without bars.
    pub fn of(report: HistoryReport, history: &PriceHistory) -> Option<Self> {
        let (first, last) = (history.bars.first()?, history.bars.last()?);
        Some(Self {
            report,
            interval: history.interval,
            range: (first.time, last.time),
            bars: history.bars.len(),
            last_close: last.close,
        })
    }

    /// The file without its folders.
    pub fn file_name(&self) -> &str {
        self.report.source.rsplit(['/', '\\']).next().unwrap_or(&self.report.source)
    }

    /// The coin that the file or its name says (a column of BTC/USD, `btc_usdt_1h.csv`, `BINANCE_BTCUSDT, 60.csv`), or `ASSET`.
    pub fn asset(&self) -> String {
        let of_symbol = self.report.symbol.as_deref().and_then(coin);
        let of_name = || coin(self.file_name()).filter(|_| self.report.source != "standard input");
        of_symbol.or_else(of_name).unwrap_or_else(|| "ASSET".to_owned())
    }
}

/// The coin in a text: the part before a quote currency, or a coin of the catalogue.
fn coin(text: &str) -> Option<String> {
    const QUOTES: [&str; 9] = ["USDT", "USDC", "FDUSD", "BUSD", "TUSD", "USD", "EUR", "GBP", "PERP"];
    let upper = text.to_ascii_uppercase();
    let words: Vec<&str> =
        upper.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_coin = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic()) && !QUOTES.contains(word);
    let with_quote = |index: usize| {
        let word = words[index];
        let joined = QUOTES.iter().find_map(|quote| word.strip_suffix(quote)).filter(is_coin);
        let apart = words.get(index + 1).filter(|next| QUOTES.contains(next)).map(|_| word).filter(is_coin);
        joined.or(apart)
    };
    let known = |word: &&&str| {
        let own = format!("binance-usdm-{}usdt", word.to_lowercase());
        catalogue_names().contains(&own.as_str())
    };
    let found = (0..words.len()).find_map(with_quote).or_else(|| words.iter().find(known).copied());
    found.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_are_named_by_symbols_and_files() {
        for (text, name) in [
            ("btc_usdt_1h.csv.gz", Some("BTC")),
            ("BINANCE_BTCUSDT, 60.csv", Some("BTC")),
            ("ETH/USD", Some("ETH")),
            ("SOL-PERP", Some("SOL")),
            ("doge.csv", Some("DOGE")),
            ("hourly-600.csv", None),
            ("usdt.csv", None),
        ] {
            assert_eq!(coin(text).as_deref(), name, "{text}");
        }
    }
}
