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

impl Crossing {
    /// The depth, a distance of log-prices, that paths reach with a probability, with its 95 % interval, from a first guess of it; none if
    /// the nets do not close in on it.
    pub fn depth(
        &self,
        probability: f64,
        guess: f64,
        effort: &Effort,
        executor: &Executor<'_>,
    ) -> Option<Estimate> {
        let mut depth = guess;
        for _ in 0..MOST_ROUNDS {
            let [near, far] = [depth * (1.0 - APART), depth * (1.0 + APART)];
            let [p_near, p_far] = self.at([-near, -far], effort, executor)?;
            // Both are of the same nets, so their ratio is known much better than they are.
            let slope = elementary::ln(p_near.value / p_far.value) / (far - near);
            let next = near + elementary::ln(p_near.value / probability) / slope;
            if !(next.is_finite() && slope > 0.0 && next > 0.0) {
                return None;
            }
            if (near..=far).contains(&next) {
                let relative = p_near.std_error / p_near.value;
                return Some(Estimate::normal(next, relative / slope).by(Method::QuasiMonteCarlo));
            }
            // A guess may be far off, and the tail no straight line.
            depth = next.clamp(0.5 * depth, 2.0 * depth);
        }
        None
    }
}
