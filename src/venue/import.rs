//! Margin tiers as other programs keep them: leverage tiers of ccxt, brackets of Binance's API.
//!
//! Sources: ccxt, `fetchLeverageTiers` (an object of lists by symbol) and `fetchMarketLeverageTiers` (one
//! list), with `minNotional`, `maxNotional`, `maintenanceMarginRate`, `maxLeverage`; Binance, `GET
//! /fapi/v1/leverageBracket` and `/dapi/v2/leverageBracket` (a list of `{ symbol, brackets }`), with
//! `notionalCap` or `qtyCap`, `maintMarginRatio`, `initialLeverage`, `cum`. Numbers may stand in quotes.

use serde_json::Value;
use thiserror::Error;

use crate::market::is_hidden;

use super::terms::{Contract, MarginTier, TierRule};
use super::tiers::{TierBand, TierError};

/// The tiers of one contract in such a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedTiers {
    /// The contract as the file names it: `BTC/USDT:USDT`, `BTCUSDT`.
    pub symbol: String,
    /// The currency it settles in, where that is known.
    pub settlement: Option<String>,
    /// What it settles in.
    pub contract: Contract,
    /// The bands by rising notional.
    pub bands: Vec<TierBand>,
    /// Maintenance amounts, where every band has one.
    pub amounts: Option<Vec<f64>>,
}

/// Why a file holds no tiers.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ImportError {
    /// Not JSON.
    #[error("not JSON: {0}")]
    Json(String),
    /// None of the known layouts.
    #[error("neither leverage tiers of ccxt nor brackets of Binance")]
    Layout,
    /// A name that cannot be shown as it is.
    #[error("the name of a contract holds signs that cannot be seen: {0:?}")]
    Symbol(String),
    /// A band without a number that it needs.
    #[error("{symbol}: tier {tier} has no {what}")]
    Missing {
        /// The contract.
        symbol: String,
        /// The tier, from 1.
        tier: usize,
        /// What is missing.
        what: &'static str,
    },
    /// Bands that contradict each other.
    #[error("{symbol}: {source}")]
    Tiers {
        /// The contract.
        symbol: String,
        /// What is wrong.
        source: TierError,
    },
}

/// The tiers of all contracts of a file, in its order.
///
/// # Errors
/// See [`ImportError`].
pub fn import_tiers(text: &str) -> Result<Vec<ImportedTiers>, ImportError> {
    let value: Value = serde_json::from_str(text).map_err(|error| ImportError::Json(error.to_string()))?;
    let found: Vec<(String, &Vec<Value>)> = match &value {
        // ccxt, all contracts.
        Value::Object(all) if all.values().all(Value::is_array) && !all.contains_key("brackets") => {
            all.iter().filter_map(|(symbol, tiers)| Some((symbol.clone(), tiers.as_array()?))).collect()
        }
        Value::Object(_) => vec![of_binance(&value).ok_or(ImportError::Layout)?],
        Value::Array(all) if all.iter().all(|entry| entry.get("brackets").is_some()) => {
            all.iter().map(|entry| of_binance(entry).ok_or(ImportError::Layout)).collect::<Result<_, _>>()?
        }
        // ccxt, one contract.
        Value::Array(tiers) if tiers.iter().all(Value::is_object) => {
            let symbol = tiers.first().and_then(|tier| tier.get("symbol")?.as_str());
            vec![(symbol.unwrap_or("contract").to_owned(), tiers)]
        }
        _ => return Err(ImportError::Layout),
    };
    let found: Vec<_> = found.into_iter().filter(|(_, tiers)| !tiers.is_empty()).collect();
    if let Some((symbol, _)) = found.iter().find(|(symbol, _)| symbol.chars().any(is_hidden)) {
        return Err(ImportError::Symbol(symbol.clone()));
    }
    if found.is_empty() {
        return Err(ImportError::Layout);
    }
    found.into_iter().map(|(symbol, tiers)| of_contract(symbol, tiers)).collect()
}

fn of_binance(entry: &Value) -> Option<(String, &Vec<Value>)> {
    Some((entry.get("symbol")?.as_str()?.to_owned(), entry.get("brackets")?.as_array()?))
}

fn of_contract(symbol: String, tiers: &[Value]) -> Result<ImportedTiers, ImportError> {
    let missing = |tier: usize, what| ImportError::Missing { symbol: symbol.clone(), tier, what };
    let mut bands = Vec::new();
    let mut amounts = Vec::new();
    for (index, tier) in tiers.iter().enumerate() {
        let rate = number(tier, &["maintenanceMarginRate", "maintMarginRatio"]);
        let max_leverage = number(tier, &["maxLeverage", "initialLeverage"]);
        bands.push(TierBand {
            // Without an upper edge the band has none.
            up_to: number(tier, &["maxNotional", "notionalCap", "qtyCap"]).unwrap_or(f64::INFINITY),
            rate: rate.ok_or_else(|| missing(index + 1, "maintenance rate"))?,
            max_leverage: max_leverage.ok_or_else(|| missing(index + 1, "highest leverage"))?,
        });
        amounts.extend(number(tier, &["cum"]).or_else(|| number(tier.get("info")?, &["cum"])));
    }
    bands.sort_by(|a, b| a.up_to.total_cmp(&b.up_to));
    MarginTier::table(&bands, TierRule::Marginal)
        .map_err(|source| ImportError::Tiers { symbol: symbol.clone(), source })?;
    let amounts = Some(amounts).filter(|amounts| amounts.len() == bands.len());
    let (pair, settlement) = match symbol.split_once(':') {
        Some((pair, rest)) => (pair, rest.split('-').next().map(str::to_owned)),
        None => (symbol.as_str(), None),
    };
    let is_inverse = match &settlement {
        Some(settlement) => pair.split('/').next() == Some(settlement),
        None => symbol.contains("USD_"),
    };
    let contract = if is_inverse { Contract::Inverse } else { Contract::Linear };
    Ok(ImportedTiers { settlement, contract, bands, amounts, symbol })
}

/// A number, also in quotes, under the first of these keys that is there.
fn number(tier: &Value, keys: &[&str]) -> Option<f64> {
    let found = keys.iter().find_map(|key| tier.get(key).filter(|value| !value.is_null()))?;
    found.as_f64().or_else(|| found.as_str()?.parse().ok()).filter(|number: &f64| number.is_finite())
}

impl ImportedTiers {
    /// The contract without separators and settlement: `BTCUSDT`.
    pub fn plain_symbol(&self) -> String {
        let pair = self.symbol.split(':').next().unwrap_or(&self.symbol);
        pair.replace(['/', '-'], "").trim_end_matches("_PERP").to_owned()
    }

    /// Whether the maintenance amounts of the file follow from its edges; none where it has no amounts.
    pub fn amounts_follow(&self) -> Option<bool> {
        let amounts = self.amounts.as_ref()?;
        let tiers = MarginTier::table(&self.bands, TierRule::Marginal).ok()?;
        // Amounts are rounded to the cent, or to some digits of a coin.
        let is_near = |(tier, amount): (&MarginTier, &f64)| {
            (tier.deduction - amount).abs() <= 1e-4 * tier.deduction.abs().max(1.0)
        };
        Some(tiers.iter().zip(amounts).all(is_near))
    }

    /// A venue file: the tiers of the file, and what it does not know with the reason. `source` and `as_of`
    /// say where it is from.
    pub fn to_toml(&self, source: &str, as_of: &str) -> String {
        let quoted = |text: &str| Value::from(text).to_string();
        let (contract, coin) = match self.contract {
            Contract::Inverse => ("inverse", "coin"),
            Contract::Linear | Contract::Spot => ("linear", "quote currency"),
        };
        let amounts = match self.amounts_follow() {
            Some(true) => "",
            Some(false) => "the maintenance amounts of the file do not follow from its edges: here they do; ",
            None => "the file has no maintenance amounts: each rate is taken to apply to its own slice; ",
        };
        let unconfirmed = format!(
            "{amounts}the file knows neither fees nor funding nor what is returned at liquidation: taker_fee is a usual rate, and all \
             of the collateral is taken to be gone"
        );
        let mut text = format!(
            "# Imported by `liqsim venues`: put in your fees, and what is returned at liquidation.\n\
             title = {}\ncontract = \"{contract}\"\nsettlement = {}\nsource = {}\nas_of = {}\nunconfirmed = {}\ntaker_fee = \"0.05%\"\nrule = \
             \"marginal\"\nmaintenance_basis = \"mark\"\nliquidation = \"forfeit\"\ntiers = [\n",
            quoted(&self.symbol),
            quoted(self.settlement.as_deref().unwrap_or(coin)),
            quoted(source),
            quoted(as_of),
            quoted(&unconfirmed),
        );
        for TierBand { up_to, rate, max_leverage } in &self.bands {
            let up_to = if up_to.is_finite() { format!("up_to = {up_to:?}, ") } else { String::new() };
            text += &format!("    {{ {up_to}rate = {rate:?}, max_leverage = {max_leverage:?} }},\n");
        }
        text + "]\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As ccxt gives it (here of freqtrade's copy, two tiers of BTC/USDT).
    const CCXT: &str = r#"{ "BTC/USDT:USDT": [
        { "tier": 1.0, "minNotional": 0.0, "maxNotional": 300000.0, "maintenanceMarginRate": 0.004, "maxLeverage": 150.0,
          "info": { "cum": "0.0" } },
        { "tier": 2.0, "minNotional": 300000.0, "maxNotional": 800000.0, "maintenanceMarginRate": 0.005, "maxLeverage": 100.0,
          "info": { "cum": "300.0" } } ] }"#;
    /// As Binance's documents show it.
    const BINANCE: &str = r#"[ { "symbol": "ETHUSDT", "notionalCoef": 1.50, "brackets": [ { "bracket": 1, "initialLeverage": 75,
        "notionalCap": 10000, "notionalFloor": 0, "maintMarginRatio": 0.0065, "cum": 0.0 } ] } ]"#;
    const COIN: &str = r#"[ { "symbol": "BTCUSD_PERP", "brackets": [ { "bracket": 1, "initialLeverage": 125, "qtyCap": 50,
        "qtyFloor": 0, "maintMarginRatio": 0.004, "cum": 0.0 } ] } ]"#;

    #[test]
    fn tiers_of_ccxt_and_of_binance_are_read() {
        let ccxt = &import_tiers(CCXT).unwrap()[0];
        assert_eq!((ccxt.plain_symbol().as_str(), ccxt.contract), ("BTCUSDT", Contract::Linear));
        assert_eq!((ccxt.bands.len(), ccxt.bands[1].rate, ccxt.amounts_follow()), (2, 0.005, Some(true)));
        let binance = &import_tiers(BINANCE).unwrap()[0];
        assert_eq!((binance.bands[0].up_to, binance.bands[0].max_leverage), (10_000.0, 75.0));
        let coin = &import_tiers(COIN).unwrap()[0];
        assert_eq!((coin.plain_symbol().as_str(), coin.contract), ("BTCUSD", Contract::Inverse));
        let one = CCXT.trim_start_matches("{ \"BTC/USDT:USDT\": ").trim_end_matches(" }");
        assert_eq!(import_tiers(one).unwrap()[0].bands, ccxt.bands);
    }

    #[test]
    fn amounts_that_do_not_follow_are_seen() {
        let other = CCXT.replace("300.0", "310.0");
        assert_eq!(import_tiers(&other).unwrap()[0].amounts_follow(), Some(false));
        let without = CCXT.replace("cum", "sum");
        assert_eq!(import_tiers(&without).unwrap()[0].amounts_follow(), None);
    }

    #[test]
    fn what_holds_no_tiers_is_refused() {
        assert!(matches!(import_tiers("x"), Err(ImportError::Json(_))));
        for text in ["1", "[]", "{}", "{ \"a\": 1 }", "{ \"a\": [] }"] {
            assert_eq!(import_tiers(text), Err(ImportError::Layout), "{text}");
        }
        let broken = CCXT.replace("\"maintenanceMarginRate\": 0.005, ", "");
        assert!(matches!(import_tiers(&broken), Err(ImportError::Missing { tier: 2, .. })));
        let falling = CCXT.replace("0.005", "0.003");
        assert!(matches!(import_tiers(&falling), Err(ImportError::Tiers { .. })));
    }
}
