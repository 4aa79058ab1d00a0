//! Where the prices of `risk` come from: a file, a volatility, or a fit that the program brings along.

use std::path::{Path, PathBuf};

use liqsim::market::{PriceHistory, format_time};
use liqsim::report::count;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::study::ForecastMethod;

use super::failure::{error_with_help, warn};
use super::prices::PriceOptions;

/// Fits that the program brings along: the coin, and a scenario with its model.
const SHIPPED: [(&str, &str, &str); 4] = [
    ("BTC", "btc-daily-30d", include_str!("../../scenarios/btc-daily-30d.toml")),
    ("DOGE", "doge-daily-30d", include_str!("../../scenarios/doge-daily-30d.toml")),
    ("ETH", "eth-daily-30d", include_str!("../../scenarios/eth-daily-30d.toml")),
    ("SOL", "sol-daily-30d", include_str!("../../scenarios/sol-daily-30d.toml")),
];
/// Hours after which the last bar is old.
const FRESH_HOURS: i64 = 24;

/// What was said of the prices.
pub struct MarketChoice<'a> {
    pub prices: Option<&'a PathBuf>,
    pub reading: &'a PriceOptions,
    pub volatility: Option<f64>,
    pub price: Option<f64>,
    pub method: ForecastMethod,
}

/// Where prices come from.
pub struct Market {
    /// The model's table, as lines of TOML.
    pub model: String,
    pub price: f64,
    /// The assumption in words.
    pub words: String,
    pub history: Option<PriceHistory>,
    /// Whether the errors of the model's parameters are known.
    pub with_errors: bool,
}

impl MarketChoice<'_> {
    /// What moves the price: recorded prices, a volatility, or the fit that the program brings.
    pub fn market(&self, coin: &str) -> anyhow::Result<Market> {
        if let Some(path) = self.prices {
            return self.recorded(path);
        }
        let shipped = SHIPPED.iter().find(|(known, ..)| *known == coin);
        if let Some(volatility) = self.volatility {
            let price = self.price.or_else(|| Some(parsed(shipped?.2)?.assets.first()?.price));
            let Some(price) = price else {
                return Err(error_with_help(
                    format_args!("the price of {coin} is not known here"),
                    "give it with --price",
                ));
            };
            return Ok(Market {
                model: format!("kind = \"gbm\"\ndrift = 0.0\nvolatility = {volatility:?}\n"),
                price,
                words: format!("a random walk of {:.0} % volatility a year", 100.0 * volatility),
                history: None,
                with_errors: false,
            });
        }
        let fit = shipped.and_then(|(_, name, text)| Some((*name, model_table(text)?, parsed(text)?)));
        let Some((name, model, scenario)) = fit else {
            let known: Vec<&str> = SHIPPED.iter().map(|(coin, ..)| *coin).collect();
            return Err(error_with_help(
                format_args!("there is no fitted model of {coin} here; there is one of {}", known.join(", ")),
                "give recorded bars with --prices FILE, or a volatility such as --volatility 80% with --price",
            ));
        };
        let fitted = SHIPPED
            .iter()
            .find(|(known, ..)| *known == coin)
            .and_then(|(.., text)| text.split("--until ").nth(1)?.split_whitespace().next())
            .unwrap_or("an earlier day");
        let price = self.price.or_else(|| scenario.assets.first().map(|asset| asset.price)).unwrap_or(1.0);
        Ok(Market {
            model,
            price,
            words: format!(
                "scenarios/{name}.toml, fitted to daily closes until {fitted}: not today's volatility (--prices knows it)"
            ),
            history: None,
            with_errors: scenario.assets.iter().any(|asset| asset.errors.is_some()),
        })
    }

    fn recorded(&self, path: &Path) -> anyhow::Result<Market> {
        let (history, found) = self.reading.read(path)?;
        for line in found.lines() {
            warn(line);
        }
        let Some(last) = history.bars.last().copied() else {
            return Err(error_with_help(
                "the file of prices holds no bars",
                "give hourly bars of a year or more",
            ));
        };
        let end = last.time + history.interval.seconds() as i64;
        let file = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let kind = self.method.name();
        let written = self.reading.written(&file)?;
        let age = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |now| (now.as_secs() as i64 - end) / 3600);
        if age > FRESH_HOURS {
            warn(format_args!(
                "the last bar ended on {}, {} days ago: the forecast starts there, with the volatility of that day",
                format_time(end),
                age / 24
            ));
        }
        Ok(Market {
            model: format!("kind = \"{kind}\"\nprices = {written}\n"),
            price: self.price.unwrap_or(last.close),
            words: format!(
                "{kind} from {} hourly bars until {} (UTC), no view on where the price goes",
                count(history.bars.len() as u64),
                format_time(end)
            ),
            history: Some(history),
            // Whole past horizons have no parameters.
            with_errors: self.method != ForecastMethod::ScaledHistory,
        })
    }
}

/// A scenario that the program brings along.
fn parsed(text: &str) -> Option<Scenario> {
    parse(Source::new("fit.toml", text), &[]).ok()
}

/// The lines of a scenario's table of the model, with those of the errors of its parameters.
fn model_table(text: &str) -> Option<String> {
    let table = text.split_once(".model]\n")?.1.split("\n[account]").next()?;
    Some(table.trim_end().to_owned() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_fit_is_read() {
        for (coin, name, text) in SHIPPED {
            let scenario = parsed(text).unwrap();
            assert_eq!(scenario.assets[0].name, coin);
            assert!(model_table(text).unwrap().starts_with("kind = \"garch\""), "{name}");
        }
    }
}
