//! What a fitted scenario takes besides the model: coin, venue, side, horizon, levels, equity.

use crate::market::Duration;
use crate::scenario::catalogue_venue;
use crate::venue::{Contract, Holding, Side, catalogue_names};

use super::provenance::Provenance;

/// Levels that are shown unless others are asked for.
const LEVELS: [f64; 7] = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0];
/// Equity in quote units unless another is asked for.
const EQUITY: f64 = 1_000.0;
/// The venue of coins that the catalogue does not know.
const ANY_COIN: &str = "flat-0.5pct";

/// What to do about the drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// No view: the expected price stays where it is.
    Zero,
    /// The sample's growth.
    Estimate,
}

/// What the user chose of a scenario; the rest is assumed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choices {
    /// Name of the coin.
    pub asset: Option<String>,
    /// A venue of the catalogue, or a file.
    pub venue: Option<String>,
    /// Direction.
    pub side: Option<Side>,
    /// Length of the simulation.
    pub horizon: Option<Duration>,
    /// Levels.
    pub leverage: Vec<f64>,
    /// Equity in the currency of settlement.
    pub equity: Option<f64>,
}

/// The terms of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Name of the coin.
    pub asset: String,
    /// A venue of the catalogue, or a file.
    pub venue: String,
    /// Direction.
    pub side: Side,
    /// Length of the simulation.
    pub horizon: Duration,
    /// Levels.
    pub leverage: Vec<f64>,
    /// Equity in the currency of settlement.
    pub equity: f64,
    /// Drift of the model.
    pub drift: Drift,
    /// The table of the coin's network; empty without one.
    pub network: String,
    /// What was assumed, in words; empty if everything was chosen.
    pub assumed: Vec<String>,
}

impl Terms {
    /// The chosen terms, and for the rest those of the coin: its venue, levels that this allows, a month, long.
    pub fn new(choices: &Choices, drift: Drift, provenance: &Provenance) -> Self {
        let mut assumed = Vec::new();
        let asset = choices.asset.clone().unwrap_or_else(|| {
            let asset = provenance.asset();
            assumed.push(format!("the coin is {asset} (--asset)"));
            asset
        });
        let venue = choices.venue.clone().unwrap_or_else(|| {
            let own = format!("binance-usdm-{}usdt", asset.to_lowercase());
            let (venue, why) = match catalogue_names().contains(&own.as_str()) {
                true => (own, "the coin's in the catalogue"),
                false => (ANY_COIN.to_owned(), "the catalogue has none for the coin"),
            };
            assumed.push(format!("the venue is {venue}, {why} (--venue)"));
            venue
        });
        let side = choices.side.unwrap_or_else(|| {
            assumed.push("the position is long (--side)".to_owned());
            Side::Long
        });
        let horizon = choices.horizon.unwrap_or_else(|| {
            assumed.push("the horizon is 30d (--horizon)".to_owned());
            Duration::from_seconds(30 * 86_400)
        });
        let listed = catalogue_venue(&venue).ok().map(|listed| listed.venue);
        let is_inverse = listed.as_ref().is_some_and(|venue| venue.contract == Contract::Inverse);
        let price = provenance.last_close;
        let equity = choices.equity.unwrap_or_else(|| {
            let equity = if is_inverse { EQUITY / price } else { EQUITY };
            assumed.push(format!("the equity is {EQUITY:.0} at the last close (--equity)"));
            equity
        });
        let leverage = if choices.leverage.is_empty() {
            let is_allowed = |level: &f64| {
                let Some(venue) = &listed else { return true };
                let quantity = level * equity * if is_inverse { price * price } else { 1.0 } / price;
                let holding = Holding { side, entry: price, quantity, collateral: equity };
                venue.max_leverage(&holding).is_some_and(|most| *level <= most)
            };
            let levels: Vec<f64> = LEVELS.into_iter().filter(is_allowed).collect();
            assumed.push("levels are the usual ones that the venue allows (--leverage)".to_owned());
            levels
        } else {
            choices.leverage.clone()
        };
        Self { asset, venue, side, horizon, leverage, equity, drift, network: String::new(), assumed }
    }

    /// The same with the table of the coin's network: a miner in place of a position.
    #[must_use]
    pub fn with_network(mut self, network: String, choices: &Choices) -> Self {
        self.assumed.retain(|words| words.starts_with("the coin"));
        self.assumed
            .push("fleet, power and loan are those of scenarios/miner-fleet-on-credit-540d.toml".to_owned());
        if choices.horizon.is_none() {
            self.horizon = Duration::from_seconds(540 * 86_400);
            self.assumed.push("the horizon is 540d (--horizon)".to_owned());
        }
        Self { network, ..self }
    }
}
