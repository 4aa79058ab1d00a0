//! Stand-in for the scenario parser until it is merged: checks that the file can be read and returns a fixed scenario.

use std::path::Path;

use super::*;
use crate::market::Duration;
use crate::model::{Gbm, Model};
use crate::venue::*;

#[derive(Debug)]
pub struct Problems(String);
impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for Problems {}
impl Problems {
    pub fn render(&self, _colour: bool) -> String {
        format!("error: {}\n", self.0)
    }
}
pub fn schema() -> serde_json::Value {
    serde_json::json!({"title": "stand-in"})
}
pub fn load(path: &Path, _overrides: &[String]) -> Result<Scenario, Problems> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    }
    .map_err(|error| Problems(format!("cannot read {}: {error}", path.display())))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| Problems(error.to_string()))?;
    Ok(Scenario {
        name: table.get("name").and_then(|name| name.as_str()).unwrap_or("unnamed").to_owned(),
        simulation: Simulation {
            horizon: Duration::from_seconds(2_592_000),
            paths: PathBudget::Fixed(1_000_000),
            seed: 1,
            monitoring: Monitoring::Continuous,
        },
        assets: vec![Asset {
            name: "BTC".into(),
            price: 64000.0,
            model: Model::Gbm(Gbm { drift: 0.0, volatility: 0.6 }),
        }],
        account: Account {
            equity: 1000.0,
            margin: MarginMode::Isolated,
            leverage: vec![1.0, 2.0, 5.0, 10.0, 50.0],
            venue: catalogue_venue("binance-usdm-btcusdt").unwrap(),
            positions: vec![Position { asset: 0, side: Side::Long }],
        },
        limits: vec![],
    })
}
pub fn catalogue_venue(name: &str) -> Option<Venue> {
    let table: toml::Table = toml::from_str(catalogue_text(name)?).ok()?;
    let number = |value: &toml::Value| value.as_float().or(value.as_integer().map(|i| i as f64)).unwrap();
    let bands: Vec<_> = match table.get("tiers") {
        Some(tiers) => tiers
            .as_array()?
            .iter()
            .map(|tier| TierBand {
                up_to: number(&tier["up_to"]),
                rate: number(&tier["rate"]),
                max_leverage: number(&tier["max_leverage"]),
            })
            .collect(),
        None => vec![TierBand { up_to: f64::INFINITY, rate: 0.005, max_leverage: f64::INFINITY }],
    };
    Some(Venue {
        name: name.into(),
        contract: Contract::Linear,
        tiers: MarginTier::table(&bands, TierRule::Marginal).ok()?,
        rule: TierRule::Marginal,
        maintenance_basis: MaintenanceBasis::Mark,
        close_fee: 0.0,
        taker_fee: 0.0,
        liquidation: Liquidation::Forfeit,
    })
}
