//! The keys that everybody changes, by short names: what they set in a scenario of one position.
//!
//! They become the same texts as options of `--set`, so what can be said in either way is checked and
//! recorded in the same way.

use std::sync::Arc;

use crate::market::Duration;
use crate::venue::Side;

use super::document::inline;
use super::source::Source;
use super::syntax;
use super::tree::{Node, Value};

/// Kinds of model whose volatility is one key.
pub(super) const WITH_VOLATILITY: [&str; 4] = ["gbm", "merton", "kou", "hawkes"];

/// Values for the keys that everybody changes; none leaves what the scenario says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usual {
    /// Leverage levels; none at all leaves those of the scenario.
    pub leverage: Vec<f64>,
    /// Loans to value at the start, in place of leverage.
    pub ltv: Vec<f64>,
    /// How long the position is held.
    pub horizon: Option<Duration>,
    /// A venue of the catalogue, or a file.
    pub venue: Option<String>,
    /// Direction of the position.
    pub side: Option<Side>,
    /// Distance of a stop loss from the entry price, as a fraction.
    pub stop: Option<f64>,
    /// Volatility per square root of a year; of the continuous part where the model has jumps.
    pub volatility: Option<f64>,
    /// Price at the start.
    pub price: Option<f64>,
    /// Collateral as TOML: a number, or coins in quotes.
    pub equity: Option<String>,
    /// Price at which the position was opened.
    pub entry: Option<f64>,
    /// Size of a position that is open already.
    pub quantity: Option<f64>,
    /// Collateral behind a position that is open already.
    pub margin: Option<f64>,
    /// Whether errors of the parameters are counted in.
    pub parameter_errors: bool,
}

/// A short name that means nothing in a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsualError {
    /// It is about the position, and there are none or several.
    #[error("`{key}` is about one position, and this scenario has {count}")]
    Positions {
        /// The short name.
        key: &'static str,
        /// Number of positions.
        count: usize,
    },
    /// It is about the position, and a miner has none.
    #[error("`{key}` is about a position, and this scenario is of a miner, who has none")]
    Miner {
        /// The short name.
        key: &'static str,
    },
    /// It is about the asset, and there are several.
    #[error("`{key}` is about one asset, and this scenario has {}", names.join(", "))]
    Assets {
        /// The short name.
        key: &'static str,
        /// The assets.
        names: Vec<String>,
    },
    /// The model has no single volatility.
    #[error("a {kind} model has no single volatility")]
    NoVolatility {
        /// Kind of the model.
        kind: String,
        /// Name of the asset.
        asset: String,
    },
    /// Some position has a venue of its own.
    #[error("`venue` is that of the account, and some positions have their own")]
    Venues,
}

impl Usual {
    /// The options that set them in the scenario of a text. What cannot be read of it is left to the reader
    /// of scenarios.
    ///
    /// # Errors
    /// See [`UsualError`].
    pub fn overrides(&self, source: &Source) -> Result<Vec<String>, UsualError> {
        if *self == Self::default() {
            return Ok(Vec::new());
        }
        let (root, _) = syntax::parse(&Arc::new(source.clone()));
        let mut options = Vec::new();
        let mut set = |key: &str, value: String| options.push(format!("{key}={value}"));
        let is_open = self.entry.is_some() || self.quantity.is_some();
        if !self.leverage.is_empty() || !self.ltv.is_empty() || is_open {
            // A position that is open already has a leverage of its own.
            for (key, values) in [("leverage", &self.leverage), ("ltv", &self.ltv)] {
                if !values.is_empty() || root.at(&["account", key]).is_some() {
                    set(&format!("account.{key}"), list(values));
                }
            }
        }
        if let Some(horizon) = self.horizon {
            set("simulation.horizon", format!("\"{horizon}\""));
        }
        if self.parameter_errors {
            set("simulation.parameter_errors", "true".to_owned());
        }
        if let Some(venue) = &self.venue {
            if positions(&root).iter().any(|position| position.at(&["venue"]).is_some()) {
                return Err(UsualError::Venues);
            }
            set("account.venue", text(venue));
        }
        match (&self.equity, self.margin) {
            (Some(equity), _) => set("account.equity", equity.clone()),
            // The collateral of an open position is its margin.
            (None, Some(_)) if root.at(&["account", "equity"]).is_some() => {
                set("account.equity", String::new())
            }
            _ => {}
        }
        if let Some(stop) = self.stop {
            let written = root.at(&["policy", "stop_loss", "slippage"]);
            let slippage = written.map_or_else(String::new, |node| format!(", slippage = {}", inline(node)));
            set("policy.stop_loss", format!("{{ distance = {stop:?}{slippage} }}"));
        }
        let side = self.side.map(|side| if side == Side::Long { "\"long\"" } else { "\"short\"" });
        let of_position = [
            ("side", side.map(str::to_owned)),
            ("entry", self.entry.map(|number| format!("{number:?}"))),
            ("quantity", self.quantity.map(|number| format!("{number:?}"))),
            ("margin", self.margin.map(|number| format!("{number:?}"))),
        ];
        for (key, value) in of_position {
            let Some(value) = value else { continue };
            if root.at(&["miner"]).is_some() {
                return Err(UsualError::Miner { key });
            }
            let count = positions(&root).len();
            if count != 1 {
                return Err(UsualError::Positions { key, count });
            }
            options.push(format!("account.positions.0.{key}={value}"));
        }
        if let Some(price) = self.price {
            options.push(format!("assets.{}.price={price:?}", segment(&asset(&root, "price")?)));
        }
        if let Some(volatility) = self.volatility {
            options.extend(volatile(&root, volatility)?);
        }
        Ok(options)
    }
}

/// What sets the volatility of the asset's model.
fn volatile(root: &Node, volatility: f64) -> Result<Vec<String>, UsualError> {
    let asset = asset(root, "volatility")?;
    let kind = root.at(&["assets", &asset, "model", "kind"]);
    let kind = match kind.map(|kind| &kind.value) {
        Some(Value::Text(kind)) => kind.clone(),
        _ => String::new(),
    };
    let path = format!("assets.{}.model", segment(&asset));
    match kind.as_str() {
        "heston" | "bates" => {
            let variance = volatility * volatility;
            Ok(["variance", "long_run_variance"].map(|key| format!("{path}.{key}={variance:?}")).into())
        }
        // A model without a kind is reported when the scenario is read.
        kind if kind.is_empty() || WITH_VOLATILITY.contains(&kind) => {
            Ok(vec![format!("{path}.volatility={volatility:?}")])
        }
        _ => Err(UsualError::NoVolatility { kind, asset }),
    }
}

/// The asset of the only position, or the only asset.
fn asset(root: &Node, key: &'static str) -> Result<String, UsualError> {
    let names: Vec<String> = match root.at(&["assets"]).map(|assets| &assets.value) {
        Some(Value::Table(table)) => table.entries.iter().map(|entry| entry.key.clone()).collect(),
        _ => Vec::new(),
    };
    let held = match positions(root) {
        [only] => only.at(&["asset"]),
        _ => None,
    };
    match (held.map(|held| &held.value), &names[..]) {
        (Some(Value::Text(name)), _) => Ok(name.clone()),
        (_, [only]) => Ok(only.clone()),
        _ => Err(UsualError::Assets { key, names }),
    }
}

fn positions(root: &Node) -> &[Node] {
    match root.at(&["account", "positions"]).map(|list| &list.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// A list in TOML; nothing, which takes the key out, where it is empty.
fn list(numbers: &[f64]) -> String {
    let items: Vec<String> = numbers.iter().map(|number| format!("{number:?}")).collect();
    if items.is_empty() { String::new() } else { format!("[{}]", items.join(", ")) }
}

/// A name in the path of an option.
fn segment(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.bytes().all(is_bare) { name.to_owned() } else { format!("'{name}'") }
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[simulation]\nhorizon = \"7d\"\n[assets.BTC]\nprice = 1.0\nmodel = { kind = \"KIND\" }\n[account]\nequity = 1.0\n\
                       leverage = [2]\n[[account.positions]]\nasset = \"BTC\"\nside = \"long\"\n[policy]\nstop_loss = { price = 3.0, \
                       slippage = \"10bp\" }\n";

    fn options(usual: &Usual, kind: &str) -> Result<Vec<String>, UsualError> {
        usual.overrides(&Source::new("x", ONE.replace("KIND", kind)))
    }

    #[test]
    fn short_names_set_the_keys_that_they_stand_for() {
        let usual = Usual {
            leverage: vec![3.0, 5.0],
            horizon: "2w".parse().ok(),
            stop: Some(0.06),
            volatility: Some(0.8),
            side: Some(Side::Short),
            ..Usual::default()
        };
        assert_eq!(
            options(&usual, "merton").unwrap(),
            [
                "account.leverage=[3.0, 5.0]",
                "simulation.horizon=\"14d\"",
                "policy.stop_loss={ distance = 0.06, slippage = \"10bp\" }",
                "account.positions.0.side=\"short\"",
                "assets.BTC.model.volatility=0.8",
            ]
        );
        assert_eq!(options(&Usual::default(), "merton").unwrap(), [""; 0]);
    }

    #[test]
    fn an_open_position_takes_the_place_of_equity_and_leverage() {
        let usual = Usual {
            entry: Some(61e3),
            quantity: Some(0.5),
            margin: Some(5e3),
            volatility: Some(0.5),
            ..Usual::default()
        };
        assert_eq!(
            options(&usual, "heston").unwrap(),
            [
                "account.leverage=",
                "account.equity=",
                "account.positions.0.entry=61000.0",
                "account.positions.0.quantity=0.5",
                "account.positions.0.margin=5000.0",
                "assets.BTC.model.variance=0.25",
                "assets.BTC.model.long_run_variance=0.25",
            ]
        );
    }

    #[test]
    fn what_means_nothing_is_refused() {
        let volatility = Usual { volatility: Some(0.5), ..Usual::default() };
        assert!(matches!(options(&volatility, "garch"), Err(UsualError::NoVolatility { .. })));
        let two = ONE.to_owned() + "[assets.ETH]\nprice = 1.0\n";
        let side = Usual { side: Some(Side::Short), ..Usual::default() };
        assert!(side.overrides(&Source::new("x", two.replace("[[account.positions]]", "[x]"))).is_err());
    }
}
