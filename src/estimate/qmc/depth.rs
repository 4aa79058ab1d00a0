//! The depth that the price reaches with a given probability.

use super::estimate::Crossing;
use crate::engine::Executor;
use crate::estimate::estimator::Effort;
use crate::numeric::elementary;
use crate::stats::{Estimate, Method};

/// Half of the distance between the two barriers that surround a depth, relative to it: near enough for the logarithm of the
/// probability to be straight between them (over a normal tail at 1 % it bends by less than 1e-4).
const APART: f64 = 0.004;
/// Rounds until the barriers surround the depth, at most.
const MOST_ROUNDS: usize = 8;
/// The search for a first guess begins here, times the root of the horizon in years; less than any market moves.
const START: f64 = 0.1;
/// Steps of that search, at most: each halves or doubles the depth, or comes near to it.
const MOST_STEPS: usize = 48;
/// It goes on with more points from here: a guess of the smallest nets, relative to the depth.
const CLOSE: f64 = 0.02;
/// Relative error of a probability that is enough for a guess within the barriers, and the most points for it.
const FINE: (f64, u64) = (6e-3, 1 << 15);

impl Crossing {
    /// The depth, a distance of log-prices, that paths reach with a probability, with its 95 % interval; none if the nets do not close in
    /// on it, the work is stopped, or a portion of it is done here.
    pub fn depth(&self, probability: f64, effort: &Effort, executor: &Executor<'_>) -> Option<Estimate> {
        let key = format!("depth of points, {:016x}", probability.to_bits());
        let mut depth = executor.once(&key, |executor| self.guess(probability, effort, executor))?;
        for _ in 0..MOST_ROUNDS {
            let (p_near, next, slope) = self.step(depth, probability, effort, executor)?;
            if executor.is_portion() || !(next.is_finite() && slope > 0.0 && next > 0.0) {
                return None;
            }
            if is_between(next, depth) {
                let relative = p_near.std_error / p_near.value;
                return Some(Estimate::normal(next, relative / slope).by(Method::QuasiMonteCarlo));
            }
            // The tail is no straight line.
            depth = next.clamp(0.5 * depth, 2.0 * depth);
        }
        None
    }

    /// A guess of the depth from few points: by the smallest nets first, then near enough.
    fn guess(&self, probability: f64, effort: &Effort, executor: &Executor<'_>) -> Option<f64> {
        let coarse = Effort { relative: 1.0, paths: 0, until_met: false, closings: false };
        let (relative, paths) = FINE;
        let fine = Effort {
            relative: effort.relative.max(relative),
            paths: effort.paths.min(paths),
            until_met: true,
            closings: false,
        };
        let mut depth = START * self.horizon().sqrt();
        let mut effort = &coarse;
        for _ in 0..MOST_STEPS {
            let (p_near, next, slope) = self.step(depth, probability, effort, executor)?;
            let is_known = next.is_finite() && slope > 0.0 && next > 0.0;
            if !is_known {
                // So near that all paths come by, or so far that none does.
                depth *= if p_near.value > probability { 2.0 } else { 0.5 };
                continue;
            }
            if effort.paths == fine.paths && is_between(next, depth) {
                return Some(next);
            }
            if (next / depth - 1.0).abs() < CLOSE {
                effort = &fine;
            }
            depth = next.clamp(0.5 * depth, 2.0 * depth);
        }
        None
    }

    /// The probability of a barrier a little nearer than a depth, the depth of the wanted probability by the straight line through that and
    /// one a little further, and how fast the logarithm falls between them.
    fn step(
        &self,
        depth: f64,
        probability: f64,
        effort: &Effort,
        executor: &Executor<'_>,
    ) -> Option<(Estimate, f64, f64)> {
        let [near, far] = around(depth);
        let [p_near, p_far] = self.at([-near, -far], effort, executor)?;
        // Both are of the same nets, so their ratio is known much better than they are.
        let slope = elementary::ln(p_near.value / p_far.value) / (far - near);
        let next = near + elementary::ln(p_near.value / probability) / slope;
        Some((p_near, next, slope))
    }
}

fn around(depth: f64) -> [f64; 2] {
    [depth * (1.0 - APART), depth * (1.0 + APART)]
}

/// Whether a depth lies between the barriers around another.
fn is_between(next: f64, depth: f64) -> bool {
    let [near, far] = around(depth);
    (near..=far).contains(&next)
}
