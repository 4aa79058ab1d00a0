//! How hard particles must be led to a goal, found step by step.
//!
//! A pilot sees the tail of the depth as far as its particles go and reads the exponent θ of its fall there from the mean excess, which
//! is 1/θ for an exponential tail (the estimator of Hill 1975, for a distance in place of its logarithm). Particles led by it
//! see further; after a few steps enough of them reach the goal itself.

use crate::numeric::elementary;

use super::swarm::{Guide, Particles};

/// Enough particles beyond a depth, in effect, to say how the tail falls there.
const ENOUGH: f64 = 64.0;
/// Enough where nothing is read but the probability.
const ENOUGH_FORESEEN: f64 = 8.0;

/// What the particles of a pilot know of the tail.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    /// Depths and weights, the deepest first. Copies of a particle that had its depth before they parted say the same once: they are
    /// one entry of their weights together.
    sorted: Vec<(f64, f64)>,
    particles: f64,
    /// The largest depth that enough particles have reached.
    pub sure: f64,
}

impl Tail {
    /// The tail that the particles of some blocks have seen under a guide.
    pub fn new(blocks: &[Particles], guide: Guide) -> Self {
        let mut pairs: Vec<(f64, f64)> = blocks
            .iter()
            .flat_map(|block| block.depths.iter().copied().zip(block.weights.iter().copied()))
            .collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let particles = pairs.len() as f64;
        let mut sorted: Vec<(f64, f64)> = Vec::new();
        for (depth, weight) in pairs {
            match sorted.last_mut().filter(|last| last.0 == depth) {
                Some(last) => last.1 += weight,
                None => sorted.push((depth, weight)),
            }
        }
        let enough = if guide.is_foreseen { ENOUGH_FORESEEN } else { ENOUGH };
        let (mut sum, mut squares) = (0.0, 0.0);
        let sure = sorted.iter().find(|(_, weight)| {
            sum += weight;
            squares += weight * weight;
            sum * sum >= enough * squares
        });
        Self { sure: sure.map_or(0.0, |(depth, _)| *depth), sorted, particles }
    }

    fn beyond(&self, depth: f64) -> impl Iterator<Item = &(f64, f64)> {
        self.sorted.iter().take_while(move |(reached, _)| *reached >= depth)
    }

    /// Probability of reaching a depth.
    pub fn probability(&self, depth: f64) -> f64 {
        self.beyond(depth).fold(0.0, |sum, (_, weight)| sum + weight) / self.particles
    }

    /// The depth that is reached with a probability; by the exponential law of the sure tail where that is rarer than it.
    pub fn quantile(&self, probability: f64) -> f64 {
        let reached = self.probability(self.sure);
        if reached > probability {
            let exponent = self.exponent(self.sure);
            return if exponent > 0.0 {
                self.sure + elementary::ln(reached / probability) / exponent
            } else {
                self.sure
            };
        }
        let mut left = probability * self.particles;
        let found = self.sorted.iter().find(|(_, weight)| {
            left -= weight;
            left <= 0.0
        });
        found.map_or(0.0, |(depth, _)| *depth)
    }

    /// Exponent of the fall of the tail at a depth, less its standard error of one over the root of the particles' number: one that is
    /// too small costs little, one that is too large makes weights with a heavy tail.
    pub fn exponent(&self, depth: f64) -> f64 {
        let (mut sum, mut squares, mut excess) = (0.0, 0.0, 0.0);
        for (reached, weight) in self.beyond(depth) {
            sum += weight;
            squares += weight * weight;
            excess += weight * (reached - depth);
        }
        let error = squares.sqrt() / sum;
        if excess > 0.0 { sum / excess * (1.0 - error).max(0.0) } else { 0.0 }
    }
}

/// The way to a guide.
#[derive(Debug, Clone)]
pub(super) struct Pilot {
    /// The tail of plain paths.
    pub plain: Tail,
    /// What the last step saw.
    pub tail: Tail,
    /// For the next step, or for good.
    pub guide: Guide,
}

impl Pilot {
    /// From the tail that plain paths have seen; `goal` says how deep is deep enough by what is known.
    pub fn new(plain: Tail, goal: &dyn Fn(&Tail) -> f64) -> Self {
        let goal = goal(&plain);
        let exponent = plain.exponent(plain.sure.min(goal));
        Self { tail: plain.clone(), plain, guide: Guide::by_slope(exponent, goal) }
    }

    /// Whether the goal is within what was seen.
    pub fn has_arrived(&self) -> bool {
        self.tail.sure >= self.guide.goal
    }

    /// Goes on from what particles under the last guide have seen.
    pub fn go_on(&mut self, tail: Tail, goal: &dyn Fn(&Tail) -> f64) {
        // No tail that is met here falls faster than a normal one, whose exponent grows in proportion to the depth; a small sample
        // may say otherwise.
        let steepest = |depth: f64| self.plain.exponent(self.plain.sure) * (depth / self.plain.sure).max(1.0);
        let goal = goal(&tail);
        let depth = tail.sure.min(goal);
        let exponent = tail.exponent(depth).min(steepest(depth));
        self.guide = Guide::by_slope(exponent, goal);
        self.tail = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Particles of an exponential tail of rate 20, led by exp(10·depth): the depths e with their weights.
    fn exponential() -> Tail {
        let n = 10_000;
        let depths: Vec<f64> = (0..n).map(|i| -((f64::from(i) + 0.5) / f64::from(n)).ln() / 10.0).collect();
        let weights = depths.iter().map(|depth| 2.0 * (-10.0 * depth).exp()).collect();
        Tail::new(&[Particles { depths, weights }], Guide::by_slope(10.0, 1.0))
    }

    #[test]
    fn the_tail_is_read_from_weighted_particles() {
        let tail = exponential();
        for depth in [0.1, 0.3] {
            let p = (-20.0_f64 * depth).exp();
            assert!((tail.probability(depth) / p - 1.0).abs() < 1e-2, "{depth}: {}", tail.probability(depth));
            assert!((tail.exponent(depth) / 20.0 - 0.96).abs() < 3e-2, "{depth}: {}", tail.exponent(depth));
            assert!((tail.quantile(p) - depth).abs() < 2e-3, "{p}: {}", tail.quantile(p));
        }
        // Of 10,000 particles about e^(−10·sure) are beyond; their weights make 64 of twice that.
        assert!((0.35..0.5).contains(&tail.sure), "{}", tail.sure);
        assert!((tail.quantile(1e-9) - 9.0 * 10_f64.ln() / 20.0).abs() < 0.1, "{}", tail.quantile(1e-9));
    }

    #[test]
    fn nothing_seen_is_nothing_known() {
        let tail = Tail::new(
            &[Particles { depths: vec![0.0; 100], weights: vec![1.0; 100] }],
            Guide::by_slope(0.0, 1.0),
        );
        assert_eq!((tail.sure, tail.exponent(0.0), tail.probability(0.1)), (0.0, 0.0, 0.0));
    }
}
