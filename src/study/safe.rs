//! The largest leverage that is safe enough, from one pass over the paths.
//!
//! Where nothing but the price moves an account, a path liquidates a level exactly if its running extreme reaches the
//! level's barrier, and the barrier lies nearer the higher the leverage. The extreme of each path is therefore the
//! largest leverage that the path survives, seen through the venue's margin rules, and the probability of liquidation at
//! every leverage is the tail of one distribution:
//!
//! ```text
//! p(L) = P(depth >= barrier(L)),   safe L for p:  barrier(L) = the (1 − p)-quantile of the depth
//! ```
//!
//! The interval is the distribution-free one between two order statistics of the depth (David and Nagaraja, "Order
//! Statistics", 2003, section 7.1), taken through the same rules. Where the depth is known better than from the run's paths, from nets or, below
//! one in a thousand, from particles ([`largest_move`]), it is taken from there.

use crate::account::{Level, Pool};
use crate::engine::{Executor, Plan, RunOptions};
use crate::estimate::largest_move;
use crate::numeric::elementary;
use crate::numeric::special::binomial_quantile;
use crate::result::{RunResult, SafeLeverage};
use crate::scenario::Scenario;
use crate::stats::{CONFIDENCE, Histogram, Method, Tally, Z_95};

use super::curve_point::CurvePoint;
use super::simulation::RunError;

/// The leverage levels that a venue lets somebody open, as a continuum.
#[derive(Debug, Clone, Copy)]
pub struct LeverageRange<'a> {
    scenario: &'a Scenario,
    smallest: f64,
    largest: f64,
}

/// Leverages below this are no position worth the name.
const SMALLEST: f64 = 1e-3;
/// Beyond any venue's cap.
pub(super) const LARGEST: f64 = 1e4;
/// Halvings of the logarithm of a leverage: 1e-12 relative.
const HALVINGS: usize = 48;

impl<'a> LeverageRange<'a> {
    /// The continuum of a scenario's account; none if it has no position or nothing can be opened.
    pub fn of(scenario: &'a Scenario) -> Option<Self> {
        // A miner without debt has a leverage of 1.
        let smallest = if scenario.miner.is_some() { 1.0 } else { SMALLEST };
        let range = Self { scenario, smallest, largest: LARGEST };
        if !range.allows(smallest) {
            return None;
        }
        let largest = if range.allows(LARGEST) {
            LARGEST
        } else {
            let last = last_where(smallest, LARGEST, |leverage| range.allows(leverage));
            // A cap is a round number that halving only comes near to.
            let round = (last * 1e6).round() / 1e6;
            if range.allows(round) { round } else { last }
        };
        Some(Self { largest, ..range })
    }

    /// The smallest leverage worth looking at.
    pub fn smallest(&self) -> f64 {
        self.smallest
    }

    /// The largest leverage that the venue allows at this equity.
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// Whether there is nothing below the smallest: a miner without debt has a leverage of 1.
    pub fn is_bounded_below(&self) -> bool {
        self.scenario.miner.is_some()
    }

    /// Whether the venues let the account be opened at a leverage.
    fn allows(&self, leverage: f64) -> bool {
        let Scenario { account, assets, miner, .. } = self.scenario;
        if let Some(miner) = miner {
            return assets.get(miner.asset).is_some_and(|asset| miner.open(leverage, asset.price).is_ok());
        }
        if account.is_portfolio() {
            let prices: Vec<f64> = assets.iter().map(|asset| asset.price).collect();
            let pools = account.open(leverage, &prices);
            return pools.is_ok_and(|pools| !pools.iter().any(Pool::exceeds_cap));
        }
        self.open(leverage).is_some()
    }

    /// The level of an account of one position.
    fn open(&self, leverage: f64) -> Option<Level> {
        let account = &self.scenario.account;
        let position = account.positions.first()?;
        let price = self.scenario.assets.get(position.asset)?.price;
        let level = account.level(position, price, leverage).ok()?;
        level.exceeded_cap.is_none().then_some(level)
    }

    /// Distance to liquidation as a log-price; infinite where there is none.
    fn distance(&self, leverage: f64) -> f64 {
        self.open(leverage).map_or(0.0, |level| level.log_barrier().map_or(f64::INFINITY, f64::abs))
    }

    /// The largest leverage whose liquidation lies at least this far away.
    fn at_distance(&self, distance: f64) -> f64 {
        let is_far = |leverage: f64| self.distance(leverage) >= distance;
        if is_far(self.largest) {
            self.largest
        } else if is_far(SMALLEST) {
            last_where(SMALLEST, self.largest, is_far)
        } else {
            0.0
        }
    }
}

/// The last number where a condition holds that holds at `low` and not at `high`.
fn last_where(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = (low * high).sqrt();
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

/// The depths of all paths under the rules of a venue.
pub struct Depths<'a> {
    range: LeverageRange<'a>,
    depths: &'a Histogram,
    paths: u64,
    /// Probabilities of liquidation with the number of independent paths that would tell them as well, where that is not the number of paths.
    effective: Vec<(f64, f64)>,
}

impl<'a> Depths<'a> {
    /// The depths of a run; none where they do not decide (cash flows on the way, levels whose barriers are not nested)
    /// or where paths have weights.
    pub fn new(scenario: &'a Scenario, tally: &'a Tally) -> Option<Self> {
        let complete = tally.depths.weight() == tally.paths as f64 && tally.paths > 0;
        let range = LeverageRange::of(scenario)?;
        complete.then_some(Self { range, depths: &tally.depths, paths: tally.paths, effective: Vec::new() })
    }

    /// The same, whose errors rest on a recorded history as those of a result do.
    #[must_use]
    pub fn resting_on(self, result: &RunResult) -> Self {
        let Some(independent) = result.independent_horizons else { return self };
        let estimates = result.levels.iter().map(|level| &level.liquidation_probability);
        let open = estimates.filter(|estimate| estimate.value > 0.0 && estimate.std_error > 0.0);
        let mut effective: Vec<(f64, f64)> =
            open.map(|estimate| (estimate.value, estimate.effective_paths())).collect();
        if effective.is_empty() {
            effective.push((0.5, independent));
        }
        Self { effective, ..self }
    }

    /// The largest leverage whose probability of liquidation is at most the target.
    pub fn safe(&self, max_probability: f64) -> SafeLeverage {
        let n = self.paths as f64;
        let (few, many) = self.ranks(max_probability);
        // Of the paths with an extreme beyond the true quantile there are between `few` and `many`.
        let beyond = |count: f64| self.depths.quantile(n - count).unwrap_or(0.0);
        let far = if few == 0 { f64::INFINITY } else { beyond(few as f64 - 0.5) };
        let near = if many >= self.paths { 0.0 } else { beyond(many as f64 + 0.5) };
        let leverage = self.range.at_distance(beyond(n * max_probability));
        SafeLeverage {
            max_probability,
            leverage,
            low: self.range.at_distance(far),
            high: self.range.at_distance(near),
            low_with_parameters: None,
            high_with_parameters: None,
            limited_by_venue: leverage >= self.range.largest,
        }
    }

    /// The same from what does not rest on the run's paths, and how that came about; none where there is nothing of the kind.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn safe_apart(
        &self,
        max_probability: f64,
        options: &RunOptions<'_>,
    ) -> Result<Option<(SafeLeverage, Method)>, RunError> {
        self.apart(max_probability, &Executor::new(*options)?)
    }

    /// The same of paths that are some of a run of so many.
    pub(super) fn of_run(self, paths: u64) -> Self {
        Self { paths, ..self }
    }

    /// The same by an executor.
    pub(super) fn apart(
        &self,
        max_probability: f64,
        executor: &Executor<'_>,
    ) -> Result<Option<(SafeLeverage, Method)>, RunError> {
        let plan = Plan::new(self.range.scenario)?;
        let found = largest_move(self.range.scenario, &plan, max_probability, self.paths, executor);
        Ok(found.map(|depth| {
            let leverage = self.range.at_distance(depth.value);
            let safe = SafeLeverage {
                max_probability,
                leverage,
                low: self.range.at_distance(depth.high),
                high: self.range.at_distance(depth.low),
                low_with_parameters: None,
                high_with_parameters: None,
                limited_by_venue: leverage >= self.range.largest,
            };
            (safe, depth.method)
        }))
    }

    /// The best that is known: [`safe_apart`](Self::safe_apart) where that is more precise than [`safe`](Self::safe). Particles are
    /// for probabilities that counts cannot tell.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn safest(
        &self,
        max_probability: f64,
        options: &RunOptions<'_>,
    ) -> Result<(SafeLeverage, Method), RunError> {
        self.safest_of(max_probability, &Executor::new(*options)?)
    }

    /// The same by an executor.
    pub(super) fn safest_of(
        &self,
        max_probability: f64,
        executor: &Executor<'_>,
    ) -> Result<(SafeLeverage, Method), RunError> {
        let counted = self.safe(max_probability);
        // What a history leaves open no other way knows better.
        if !self.effective.is_empty() {
            return Ok((counted, Method::Counted));
        }
        let width = |safe: &SafeLeverage| safe.high - safe.low;
        let is_better =
            |(safe, by): &(SafeLeverage, Method)| *by == Method::Splitting || width(safe) < width(&counted);
        let apart = self.apart(max_probability, executor)?.filter(is_better);
        Ok(apart.unwrap_or((counted, Method::Counted)))
    }

    /// The same leverage with the interval that counts in an error of the parameters: the standard deviation of the logit of the
    /// probability of liquidation there.
    ///
    /// A probability that is off by 1.96 of it on the logit is that of other leverages, which the depths of the paths say; their distance and
    /// that of the interval are added as squares of logarithms.
    pub fn with_parameter_error(&self, safe: SafeLeverage, deviation: f64) -> SafeLeverage {
        let SafeLeverage { max_probability, leverage, low, high, .. } = safe;
        if leverage <= 0.0 {
            return safe;
        }
        let middle = self.safe(max_probability).leverage;
        let odds = max_probability / (1.0 - max_probability);
        let log = |over: f64| elementary::ln(over);
        let away = |end: f64, more: f64| {
            let turned = odds * elementary::exp(more * Z_95 * deviation);
            let other = self.safe(turned / (1.0 + turned)).leverage;
            let (own, parameters) = (log(end / leverage), log(other / middle));
            (own * own + parameters * parameters).sqrt()
        };
        let least = leverage * elementary::exp(-away(low, -1.0));
        let most = (leverage * elementary::exp(away(high, 1.0))).min(self.range.largest);
        SafeLeverage {
            low_with_parameters: Some(least.min(low)),
            high_with_parameters: Some(most.max(high)),
            ..safe
        }
    }

    /// Ranks between which the quantile lies at the level of all intervals.
    fn ranks(&self, probability: f64) -> (u64, u64) {
        let tail = 0.5 * (1.0 - CONFIDENCE);
        let told = self.told_by(probability);
        let rank = |share| {
            let rank = binomial_quantile(told, probability.clamp(0.0, 1.0), share);
            if told == self.paths {
                rank
            } else {
                (rank as f64 * self.paths as f64 / told as f64).round() as u64
            }
        };
        (rank(tail), rank(1.0 - tail))
    }

    /// Number of independent paths that would tell a probability as well: that of the nearest known one.
    fn told_by(&self, probability: f64) -> u64 {
        let distance = |known: f64| elementary::ln(known / probability.max(1e-300)).abs();
        let nearest = self.effective.iter().min_by(|a, b| distance(a.0).total_cmp(&distance(b.0)));
        nearest.map_or(self.paths, |(_, paths)| (paths.round() as u64).clamp(1, self.paths))
    }

    /// The probability of liquidation at `count` leverages up to the largest, with the band of Dvoretzky, Kiefer and
    /// Wolfowitz with Massart's (1990) constant: the whole curve lies inside with 95 % confidence.
    pub fn curve(&self, count: usize) -> Vec<CurvePoint> {
        let half =
            |p: f64| (elementary::ln(2.0 / (1.0 - CONFIDENCE)) / (2.0 * self.told_by(p) as f64)).sqrt();
        let (from, to) = (1.0_f64.min(self.range.largest), self.range.largest);
        (0..count)
            .map(|index| from * elementary::powf(to / from, index as f64 / (count.max(2) - 1) as f64))
            .map(|leverage| {
                let distance = self.range.distance(leverage);
                let below = self.depths.weight_under(distance);
                let probability = 1.0 - below / self.paths as f64;
                let half = half(probability);
                CurvePoint::new(
                    leverage,
                    probability,
                    [(probability - half).max(0.0), (probability + half).min(1.0)],
                )
            })
            .collect()
    }
}
