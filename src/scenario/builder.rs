//! A scenario put together in code: the keys of the file format, set one by one, read by the same checks.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::load::from_value;
use super::problem::Problems;
use super::source::Source;
use super::types::Scenario;
use crate::market::Duration;
use crate::model::{Gbm, Model, PriceModel};
use crate::venue::Side;

/// Puts a scenario together in code. Every method sets keys of the file format, and [`build`](Self::build) reads them as a file
/// is read: the same defaults, the same checks, the path of a key as the place of whatever is wrong. What is built goes back to text
/// with [`Scenario::to_toml`].
///
/// ```
/// use liqsim::Scenario;
/// use liqsim::model::{Gbm, Model};
/// use liqsim::venue::Side;
/// use serde_json::json;
///
/// let scenario = Scenario::builder("a long on credit")
///     .horizon("30d".parse()?)
///     .asset("BTC", 64_700.0, Model::Gbm(Gbm { drift: 0.0, volatility: 0.6 }))
///     .equity(10_000.0)
///     .leverage([2.0, 5.0])
///     .venue("binance-usdm-btcusdt")
///     .position("BTC", Side::Long)
///     .set("policy.stop_loss", json!({ "distance": "8%" }))
///     .build()?;
/// assert_eq!(scenario.account.leverage, [2.0, 5.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ScenarioBuilder {
    values: Map<String, Value>,
    own: Vec<(String, Arc<dyn PriceModel>)>,
}

impl Scenario {
    /// A scenario with a title and nothing else yet.
    pub fn builder(name: impl Into<String>) -> ScenarioBuilder {
        ScenarioBuilder::default().set("name", name.into())
    }
}

impl ScenarioBuilder {
    /// Sets any key of the file format, tables joined by dots, such as `simulation.monitoring`, to a value as the file
    /// has it; a number that is not finite is none of a file's, and is reported as missing.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Serialize) -> Self {
        // What cannot be a value of JSON is none of TOML either.
        let value = serde_json::to_value(value).map_or(Value::Null, without_nulls);
        let mut keys: Vec<&str> = key.split('.').collect();
        let last = keys.pop().unwrap_or_default();
        let mut table = &mut self.values;
        for key in keys {
            let entry = table.entry(key).or_insert_with(|| Value::Object(Map::new()));
            if !entry.is_object() {
                *entry = Value::Object(Map::new());
            }
            let Value::Object(inner) = entry else { return self };
            table = inner;
        }
        table.insert(last.to_owned(), value);
        self
    }

    /// Length of every path.
    #[must_use]
    pub fn horizon(self, horizon: Duration) -> Self {
        self.set("simulation.horizon", horizon)
    }

    /// Number of paths.
    #[must_use]
    pub fn paths(self, paths: u64) -> Self {
        self.set("simulation.paths", paths)
    }

    /// Seed of all randomness.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.set("simulation.seed", seed)
    }

    /// An asset, its price at the start in quote units, and the law of its price: a [`Model`] whose parameters are all of it, or a
    /// table of the format such as `json!({ "kind": "bootstrap", "prices": "btc.csv" })`.
    #[must_use]
    pub fn asset(self, name: &str, price: f64, model: impl Serialize) -> Self {
        self.set(&format!("assets.{name}.price"), price).set(&format!("assets.{name}.model"), model)
    }

    /// An asset with a price model of the caller's own.
    #[must_use]
    pub fn own_asset(self, name: &str, price: f64, model: Arc<dyn PriceModel>) -> Self {
        // Any model passes the checks of the format in its place.
        let mut with = self.asset(name, price, Model::Gbm(Gbm { drift: 0.0, volatility: 1.0 }));
        with.own.push((name.to_owned(), model));
        with
    }

    /// Collateral put up, in what the venue settles in.
    #[must_use]
    pub fn equity(self, equity: f64) -> Self {
        self.set("account.equity", equity)
    }

    /// Levels of leverage: notional over equity at entry.
    #[must_use]
    pub fn leverage(self, levels: impl IntoIterator<Item = f64>) -> Self {
        let levels: Vec<f64> = levels.into_iter().collect();
        self.set("account.leverage", levels)
    }

    /// The terms: a name of the catalogue, the path of a file, or a table of the format such as
    /// `json!({ "contract": "linear", "maintenance": 0.005 })`.
    #[must_use]
    pub fn venue(self, venue: impl Serialize) -> Self {
        self.set("account.venue", venue)
    }

    /// One more position of the size that the leverage says.
    #[must_use]
    pub fn position(self, asset: &str, side: Side) -> Self {
        self.position_of(serde_json::json!({ "asset": asset, "side": side }))
    }

    /// One more position with any keys of the format: `share`, `collateral`, `entry`, `quantity`, terms of its own.
    #[must_use]
    pub fn position_of(self, position: impl Serialize) -> Self {
        let known = self.values.get("account").and_then(|account| account.get("positions"));
        let mut positions = known.and_then(Value::as_array).cloned().unwrap_or_default();
        positions.push(serde_json::to_value(position).unwrap_or_default());
        self.set("account.positions", positions)
    }

    /// The scenario.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its key.
    pub fn build(self) -> Result<Scenario, Problems> {
        let mut scenario = from_value(Source::new("builder", ""), &Value::Object(self.values), &[])?;
        for (name, model) in self.own {
            for asset in scenario.assets.iter_mut().filter(|asset| asset.name == name) {
                asset.model = Model::Custom(Arc::clone(&model));
            }
        }
        Ok(scenario)
    }
}

/// Without keys that have no value, as they are left out of a file.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(table) => {
            let kept = table.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Bates, Garch, Hawkes, HawkesJumps, Heston, Jumps, Kou, KouJumps, Merton, Regime, RegimeState,
    };
    use crate::scenario::parse;

    fn with(model: &Model) -> ScenarioBuilder {
        Scenario::builder("built")
            .horizon(Duration::from_seconds(30 * 86_400))
            .paths(1_000)
            .seed(7)
            .asset("BTC", 64_700.0, model)
            .equity(10_000.0)
            .leverage([2.0, 5.0])
            .venue(serde_json::json!({ "contract": "linear", "maintenance": 0.005 }))
            .position("BTC", Side::Long)
    }

    fn models() -> Vec<Model> {
        let jumps = Jumps { rate: 20.0, mean: -0.05, std_dev: 0.1 };
        let heston = Heston {
            drift: 0.1,
            variance: 0.4,
            long_run_variance: 0.5,
            mean_reversion: 4.0,
            vol_of_vol: 1.0,
            correlation: -0.3,
            step: None,
        };
        let day = Duration::from_seconds(86_400);
        let states = [0.5, 1.0].map(|volatility| RegimeState { drift: 0.0, volatility }).to_vec();
        vec![
            Model::Gbm(Gbm { drift: 0.0, volatility: 0.6 }),
            Model::Merton(Merton { drift: 0.0, volatility: 0.6, jumps }),
            Model::Kou(Kou {
                drift: 0.0,
                volatility: 0.6,
                jumps: KouJumps { rate: 9.0, up_probability: 0.4, up_mean: 0.05, down_mean: 0.07 },
            }),
            Model::Heston(heston),
            Model::Bates(Bates { heston, jumps }),
            Model::Garch(Garch {
                log_drift: 0.0,
                step: day,
                omega: 1e-5,
                alpha: 0.1,
                gamma: 0.0,
                beta: 0.85,
                dof: Some(5.0),
                initial_variance: 1e-3,
            }),
            Model::Regime(Regime {
                states,
                switching_rates: vec![vec![0.0, 4.0], vec![12.0, 0.0]],
                start: vec![0.75, 0.25],
            }),
            Model::Hawkes(Hawkes {
                drift: 0.0,
                volatility: 0.6,
                jumps: HawkesJumps { base: jumps, excitation: 50.0, decay: 100.0 },
            }),
        ]
    }

    #[test]
    fn every_model_is_what_was_put_in_and_goes_to_text_and_back() {
        for model in models() {
            let built = with(&model).build().unwrap_or_else(|problems| panic!("{model:?}: {problems}"));
            assert_eq!(built.assets[0].model, model);
            let again = parse(Source::new("again", built.to_toml().unwrap()), &[]).unwrap();
            assert_eq!(again.identity(), built.identity(), "{model:?}");
        }
    }

    #[test]
    fn whatever_is_wrong_is_named_by_its_key() {
        let gbm = Model::Gbm(Gbm { drift: 0.0, volatility: -0.47 });
        let problems =
            with(&gbm).equity(f64::NAN).set("policy.stop_loss.distance", "120%").build().unwrap_err();
        let found: Vec<_> = problems.iter().filter_map(|problem| problem.place.key()).collect();
        for key in ["assets.BTC.model.volatility", "policy.stop_loss.distance"] {
            assert!(found.contains(&key), "{key} is not among {found:?}");
        }
        assert!(problems.to_string().contains("equity"), "{problems}");
        let problems = with(&gbm).set("simulation.path", 5).build().unwrap_err();
        assert!(problems.to_string().contains("did you mean `paths`"), "{problems}");
    }
}
