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

use crate::engine::{Executor, Plan, RunOptions};
use crate::estimate::largest_move;
use crate::numeric::elementary;
use crate::numeric::special::binomial_quantile;
use crate::result::{RunResult, SafeLeverage};
use crate::scenario::Scenario;
use crate::stats::{CONFIDENCE, Histogram, Method, Tally, Z_95};

use super::curve_point::CurvePoint;
use super::leverage_range::LeverageRange;
use super::simulation::RunError;

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
            limited_by_venue: leverage >= self.range.largest(),
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
        let plan = Plan::new(self.range.scenario())?;
        let found = largest_move(self.range.scenario(), &plan, max_probability, self.paths, executor);
        Ok(found.map(|depth| {
            let leverage = self.range.at_distance(depth.value);
            let safe = SafeLeverage {
                max_probability,
                leverage,
                low: self.range.at_distance(depth.high),
                high: self.range.at_distance(depth.low),
                low_with_parameters: None,
                high_with_parameters: None,
                limited_by_venue: leverage >= self.range.largest(),
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
        let most = (leverage * elementary::exp(away(high, 1.0))).min(self.range.largest());
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
        let (from, to) = (1.0_f64.min(self.range.largest()), self.range.largest());
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
