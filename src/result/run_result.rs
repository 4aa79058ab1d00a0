//! The result of a run: pure data, named as in the JSON contract.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::mining::{MinerResult, NetworkResult};
use super::notes::NoteText;
use super::picture::{EquityDistribution, PriceFan};
use super::time::TimeToLiquidation;
use crate::engine::PositionAtStart;
use crate::stats::Estimate;
use crate::venue::Side;

/// Values by probability; keys are decimal fractions as text (`"0.05"`).
pub type Quantiles = BTreeMap<String, f64>;

/// The result of a run, for every leverage level.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// Version of liqsim.
    pub liqsim: String,
    /// Version of the method ([`RESULT_VERSION`](crate::scenario::RESULT_VERSION)); 0 where it was not written yet.
    #[serde(default)]
    pub result_version: u32,
    /// Name of the scenario.
    pub scenario: String,
    /// Hash of everything that determines the result.
    pub identity: String,
    /// Seed of all randomness.
    pub seed: u64,
    /// Number of simulated paths.
    pub paths: u64,
    /// Length of every path in days.
    pub horizon_days: f64,
    /// Whether the run was cut short: the numbers are those of the paths that were finished.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// Approximations and warnings.
    pub notes: Vec<NoteText>,
    /// One entry per leverage, ascending.
    pub levels: Vec<LevelResult>,
    /// Horizons in the recorded history that do not overlap, where paths are drawn from whole past horizons: what errors rest on, however many
    /// paths are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub independent_horizons: Option<f64>,
    /// The network, where a miner works in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkResult>,
    /// Prices over time, for pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_fan: Option<PriceFan>,
    /// The largest leverage at which liquidation is rare enough, where asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub safe_leverage: Vec<SafeLeverage>,
    /// One sentence that answers the question of the scenario; none where only a part of it was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What the result assumes, in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumptions: Option<String>,
    /// The listed levels and many between them, by rising leverage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<CurveLevel>,
    /// The scenario that ran, with everything that was changed in its file; none where it has no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario_toml: Option<String>,
}

/// A level of the curve over leverage: computed, with errors of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveLevel {
    /// Notional over equity at entry.
    pub leverage: f64,
    /// As that of [`LevelResult`].
    pub liquidation_price: Option<f64>,
    /// Probability of liquidation before the horizon.
    pub liquidation_probability: Estimate,
    /// Probability that the return is negative.
    pub loss_probability: Estimate,
    /// Mean return on equity.
    pub mean_return: Estimate,
    /// Quantiles of the return on equity at 0.05, 0.25, 0.5, 0.75 and 0.95.
    pub quantiles: Quantiles,
    /// Median time of the liquidated paths; none if there are none.
    pub median_time_to_liquidation_days: Option<f64>,
    /// Probability of each way in which the position can end.
    pub exits: BTreeMap<String, Estimate>,
}

impl CurveLevel {
    /// The numbers of a level that a curve shows.
    pub fn of(level: &LevelResult) -> Self {
        let is_shown = |key: &&String| ["0.05", "0.25", "0.5", "0.75", "0.95"].contains(&key.as_str());
        let quantiles = level.returns.quantiles.keys().filter(is_shown);
        Self {
            leverage: level.leverage,
            liquidation_price: level.liquidation_price,
            liquidation_probability: level.liquidation_probability,
            loss_probability: level.loss_probability,
            mean_return: level.mean_return,
            quantiles: quantiles.map(|key| (key.clone(), level.returns.quantiles[key])).collect(),
            median_time_to_liquidation_days: level.time_to_liquidation_days.map(|time| time.p50),
            exits: level.exits.clone(),
        }
    }
}

/// The largest leverage at which the probability of liquidation is at most a target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SafeLeverage {
    /// The target.
    pub max_probability: f64,
    /// The leverage.
    pub leverage: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// Lower end of the 95 % interval that counts in the errors of the model's parameters, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_with_parameters: Option<f64>,
    /// Upper end of that interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_with_parameters: Option<f64>,
    /// Whether it is the venue that allows no more, and not the target.
    pub limited_by_venue: bool,
}

/// The result at one leverage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelResult {
    /// Notional over equity at entry.
    pub leverage: f64,
    /// Mark price at which equity equals the maintenance margin; none if it cannot be reached. Of several
    /// positions the nearest, all other prices standing still.
    pub liquidation_price: Option<f64>,
    /// Mark price at which equity is zero; none if it cannot be reached. As the liquidation price.
    pub bankruptcy_price: Option<f64>,
    /// Probability of liquidation before the horizon.
    pub liquidation_probability: Estimate,
    /// Probability that the return is negative, liquidation included.
    pub loss_probability: Estimate,
    /// Mean return on equity.
    pub mean_return: Estimate,
    /// Mean loss beyond the collateral, as a fraction of equity.
    pub bad_debt: Estimate,
    /// Of the liquidated paths; none if there are none.
    pub time_to_liquidation_days: Option<TimeToLiquidation>,
    /// Distribution of the return on equity.
    #[serde(rename = "return")]
    pub returns: ReturnStats,
    /// Loss on equity not exceeded with this probability (positive is a loss).
    pub value_at_risk: BTreeMap<String, Estimate>,
    /// Mean loss on equity beyond the value at risk (positive is a loss).
    pub expected_shortfall: BTreeMap<String, Estimate>,
    /// The growth-optimal share of wealth to put up as collateral.
    pub kelly: Kelly,
    /// Closing equity in few bins, for pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<EquityDistribution>,
    /// Probability of each way in which the position can end.
    #[serde(default)]
    pub exits: BTreeMap<String, Estimate>,
    /// Probability of not being liquidated, over time.
    #[serde(default)]
    pub survival: Vec<SurvivalPoint>,
    /// What the position pays, by kind, as fractions of the equity; none where only the price moves the account.
    #[serde(default)]
    pub costs: Option<BTreeMap<String, CostStats>>,
    /// Margin calls; none where the owner has no policy for them.
    #[serde(default)]
    pub margin_calls: Option<MarginCalls>,
    /// Liquidations in part, where the venue leaves the rest open; none if there never was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial_liquidations: Option<PartialLiquidations>,
    /// Quantiles of the largest fall of equity from its highest value so far, as a fraction of that.
    #[serde(default)]
    pub max_drawdown: Option<BTreeMap<String, Estimate>>,
    /// Quantiles of equity over time, in units of the equity put up.
    #[serde(default)]
    pub equity_over_time: Option<Vec<EquityPoint>>,
    /// The positions of an account of several, in the order of the scenario, a hedge last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<PositionResult>,
    /// The keys of a miner.
    #[serde(flatten)]
    pub miner: Option<Box<MinerResult>>,
}

impl LevelResult {
    /// Whether a price can liquidate it at all. Of several positions one may be liquidated where the first cannot be.
    pub fn is_liquidatable(&self) -> bool {
        self.liquidation_price.is_some() || !self.positions.is_empty() || self.miner.is_some()
    }
}

/// One of several positions at the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PositionResult {
    /// Name of the asset.
    pub asset: String,
    /// `"long"` or `"short"`.
    pub side: String,
    /// Notional at entry over the equity of the account.
    pub leverage: f64,
    /// Price of the asset at which the account, or the position where it stands alone, is liquidated while all other prices
    /// stand still: the nearer of those below and above; none if there is none.
    pub liquidation_price: Option<f64>,
    /// The same for an equity of zero.
    pub bankruptcy_price: Option<f64>,
    /// The liquidation price below that at the start; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liquidation_below: Option<f64>,
    /// The liquidation price above that at the start; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liquidation_above: Option<f64>,
}

impl PositionResult {
    /// What is known of a position at the start.
    pub fn new(position: &PositionAtStart) -> Self {
        Self {
            asset: position.asset.clone(),
            side: if position.side == Side::Long { "long" } else { "short" }.to_owned(),
            leverage: position.leverage,
            liquidation_price: position.liquidation_price,
            bankruptcy_price: position.bankruptcy_price,
            liquidation_below: position.liquidation_prices[0],
            liquidation_above: position.liquidation_prices[1],
        }
    }
}

/// Probability of not having been liquidated by a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SurvivalPoint {
    /// Days since the start.
    pub days: f64,
    /// The probability.
    pub probability: Estimate,
}

/// One kind of cost, as a fraction of the equity put up; negative is income.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CostStats {
    /// Mean over all paths.
    pub mean: Estimate,
    /// 5 % quantile.
    pub p05: f64,
    /// Median.
    pub p50: f64,
    /// 95 % quantile.
    pub p95: f64,
}

/// Margin calls over the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MarginCalls {
    /// Probability of at least one.
    pub probability: Estimate,
    /// Mean number by path.
    pub number: Estimate,
    /// Mean money paid in by path, as a fraction of the equity put up.
    pub money: Estimate,
    /// Share of the calls that were met in full; none without calls.
    pub share_met: Option<f64>,
}

/// Liquidations that closed a part of the position only.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PartialLiquidations {
    /// Probability of at least one.
    pub probability: Estimate,
    /// Mean number by path.
    pub number: Estimate,
}

/// Equity at one date, in units of the equity put up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EquityPoint {
    /// Days since the start.
    pub days: f64,
    /// Quantiles with their errors.
    pub quantiles: BTreeMap<String, Estimate>,
}

/// Shape of the distribution of the return on equity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReturnStats {
    /// Standard deviation.
    pub std_dev: f64,
    /// Skewness; none where the deviation is zero.
    pub skewness: Option<f64>,
    /// Kurtosis (3 for a normal law); none where the deviation is zero.
    pub kurtosis: Option<f64>,
    /// Quantiles at 0.01, 0.05, 0.25, 0.5, 0.75, 0.95 and 0.99.
    pub quantiles: Quantiles,
    /// Errors of the quantiles, by the same keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quantile_intervals: BTreeMap<String, Interval>,
}

/// The error of a number that stands elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Standard error.
    pub std_error: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// The share of wealth to put up as collateral that maximises E ln(1 + fraction·return).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Kelly {
    /// The share, between 0 and 1.
    pub fraction: f64,
    /// Expected log growth over the horizon at that share.
    pub log_growth: f64,
}
