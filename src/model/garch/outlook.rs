//! How likely a path of a given variance is to go a distance yet.
//!
//! With d the distance left, h the variance of the step and k steps to go, the probability v obeys
//!
//! ```text
//! v_k(d, h) = E[v_{k−1}(d − c − √h·z, omega + (alpha + gamma·1{z < 0})·h·z² + beta·h)],   v_k = 1 for d ≤ 0,   v_0 = 0 for d > 0
//! ```
//!
//! (signs for a way up). It is solved backwards on a grid, even in d and in ln h, with ln v linear between its points. What happens
//! inside a step is left out, and so are stress and other assets: whatever v is, particles led by it are right on
//! average.
//!
//! The best law to draw the next innovation from has the density p(z)·v_{k−1}(where it leads)/v_k(here): under it every path has the same
//! weight (Awad, Glynn and Rubinstein 2013, "Zero-variance importance sampling estimators for Markov process expectations";
//! Whiteley and Lee 2014, "Twisted particle filters"). A power law grows where shocks feed the variance (Kesten 1973), so bursts are what it
//! draws. [`Lean`] is a law of simple form with the same share of far innovations and the same mean and variance of the others.

use super::lean::Lean;
use super::parameters::{Garch, LARGEST_VARIANCE};
use super::recursion::{DISTANCES, Expect, Move, Point, Sums, TINY, quadrature};
use crate::model::Tilt;
use crate::numeric::{Kernel, dispatch, exp, ln};

/// It ends so many goals away, for paths that have gone the wrong way.
const FURTHEST: f64 = 1.25;
/// Logarithm of the ratio of neighbouring variances, at most.
const RATIO: f64 = 0.4;
/// Layers of time that are kept, at most.
const LAYERS: usize = 64;
/// Least logarithm of a probability.
const LEAST: f64 = -600.0;

/// The table.
#[derive(Debug)]
pub(super) struct Outlook {
    /// Between neighbouring distances.
    spacing: f64,
    /// Logarithm of the least variance.
    lowest: f64,
    /// Logarithm of the ratio of neighbouring variances.
    ratio: f64,
    variances: usize,
    /// ln v by layer, then by variance and distance.
    hopes: Vec<Vec<f64>>,
    /// The same of the next innovation.
    leans: Vec<Vec<Lean>>,
    steps: usize,
    steps_per_layer: usize,
}

impl Outlook {
    /// Solves the recursion for paths that are led by a tilt.
    pub fn new(model: &Garch, tilt: Tilt) -> Self {
        let Garch { omega, beta, initial_variance, step, .. } = *model;
        let goal = tilt.goal;
        let steps = ((tilt.horizon / step.years()).round() as usize).max(1);
        let high = (goal * goal).min(LARGEST_VARIANCE);
        // Without shocks the variance falls to here.
        let resting = if beta < 1.0 { omega / (1.0 - beta) } else { initial_variance };
        let low = resting.min(initial_variance).clamp(1e-9 * high, 0.5 * high);
        let range = ln(high / low);
        let variances = (range / RATIO).ceil() as usize + 1;
        let mut outlook = Self {
            spacing: FURTHEST * goal / (DISTANCES - 1) as f64,
            lowest: ln(low),
            ratio: range / (variances - 1) as f64,
            variances,
            hopes: Vec::new(),
            leans: Vec::new(),
            steps,
            steps_per_layer: steps.div_ceil(LAYERS),
        };
        outlook.solve(model, tilt.exponent.signum(), &quadrature(model.dof, 2.0 * goal / low.sqrt()));
        outlook
    }

    /// The least variance of the grid.
    pub fn least_variance(&self) -> f64 {
        exp(self.lowest)
    }

    fn solve(&mut self, model: &Garch, sign: f64, points: &[Point]) {
        let Garch { omega, alpha, gamma, beta, log_drift, step, .. } = *model;
        let near: f64 = points.iter().filter(|point| point.is_near).map(|point| point.probability).sum();
        let square: f64 = points
            .iter()
            .filter(|point| point.is_near)
            .map(|point| point.probability * point.z * point.z)
            .sum();
        let moves: Vec<Vec<Move>> = (0..self.variances)
            .map(|index| {
                let h = exp(self.lowest + self.ratio * index as f64);
                let lead = |point: &Point| {
                    let shock = h.sqrt() * point.z;
                    let weight = if shock < 0.0 { alpha + gamma } else { alpha };
                    let next = (omega + weight * shock * shock + beta * h).min(LARGEST_VARIANCE);
                    let (variance, part) = self.place(next);
                    let moved = sign * (log_drift * step.years() + shock) / self.spacing;
                    Move { variance, part, moved, towards: sign * point.z, ..Move::of(point) }
                };
                points.iter().map(lead).collect()
            })
            .collect();
        let mut next = vec![LEAST; self.variances * DISTANCES];
        next.iter_mut().step_by(DISTANCES).for_each(|arrived| *arrived = 0.0);
        let mut now = next.clone();
        let mut sums = Sums::default();
        for left in 0..=self.steps {
            let mut leans = vec![Lean::default(); self.variances * DISTANCES];
            if left > 0 {
                let rows = now.chunks_exact_mut(DISTANCES).zip(leans.chunks_exact_mut(DISTANCES));
                for (moves, (row, leans)) in moves.iter().zip(rows) {
                    dispatch(Expect { moves, next: &next, sums: &mut sums });
                    for (index, (value, lean)) in row.iter_mut().zip(leans).enumerate().skip(1) {
                        if sums.all[index] > TINY {
                            *value = sums.logarithms[index];
                            *lean = sums.lean(index, near, square / near);
                        }
                    }
                }
                std::mem::swap(&mut now, &mut next);
            }
            if left % self.steps_per_layer == 0 {
                self.hopes.push(next.clone());
                self.leans.push(leans);
            }
        }
    }

    /// The layer that is nearest to a time after so many steps.
    fn layer(&self, steps_gone: usize) -> usize {
        let left = self.steps.saturating_sub(steps_gone);
        ((left + self.steps_per_layer / 2) / self.steps_per_layer).min(self.hopes.len() - 1)
    }

    /// The variance of the grid below one, and how far on the way to the next it is.
    #[inline(always)]
    fn place(&self, variance: f64) -> (usize, f64) {
        let place = ((ln(variance) - self.lowest) / self.ratio).max(0.0).min((self.variances - 1) as f64);
        let below = (place as usize).min(self.variances - 2);
        (below, place - below as f64)
    }

    /// Index of a corner of the cell of a state, and how far on it is towards the next variance and the next distance.
    #[inline(always)]
    fn cell(&self, variance: f64, left: f64) -> (usize, f64, f64) {
        let (below, part) = self.place(variance);
        let place = (left / self.spacing).max(0.0).min((DISTANCES - 1) as f64);
        let index = (place as usize).min(DISTANCES - 2);
        (below * DISTANCES + index, part, place - index as f64)
    }
}

/// Logarithms of the hopes of paths that have gone the same number of steps.
pub(super) struct Hopes<'a> {
    pub outlook: &'a Outlook,
    pub steps_gone: usize,
    pub left: &'a [f64],
    pub variance: &'a [f64],
    pub logarithms: &'a mut [f64],
}

impl Kernel for Hopes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { outlook, steps_gone, left, variance, logarithms } = self;
        let layer = &outlook.hopes[outlook.layer(steps_gone)];
        for ((left, variance), logarithm) in left.iter().zip(variance).zip(logarithms) {
            let (index, part, along) = outlook.cell(*variance, *left);
            let value = |index: usize| along.mul_add(layer[index + 1] - layer[index], layer[index]);
            let (below, above) = (value(index), value(index + DISTANCES));
            *logarithm = part.mul_add(above - below, below);
        }
    }
}

/// How the next innovations of paths are drawn that have gone the same number of steps; not at all otherwise than usual beyond the goal.
pub(super) struct Leans<'a> {
    pub outlook: &'a Outlook,
    pub steps_gone: usize,
    pub left: &'a [f64],
    pub variance: &'a [f64],
    pub leans: &'a mut [Lean],
}

impl Kernel for Leans<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { outlook, steps_gone, left, variance, leans } = self;
        // With nothing left there is no step to draw.
        let layer = &outlook.leans[outlook.layer(steps_gone).max(1)];
        for ((left, variance), lean) in left.iter().zip(variance).zip(leans) {
            let (index, part, along) = outlook.cell(*variance, *left);
            let inside = if *left > 0.0 { 1.0 } else { 0.0 };
            let (below, above) = (inside * (1.0 - part), inside * part);
            let corners = [
                (&layer[index], below * (1.0 - along)),
                (&layer[index + 1], below * along),
                (&layer[index + DISTANCES], above * (1.0 - along)),
                (&layer[index + DISTANCES + 1], above * along),
            ];
            *lean = Lean::default();
            for (corner, weight) in corners {
                lean.far += weight * corner.far;
                lean.shift += weight * corner.shift;
                lean.towards += weight * corner.towards;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Normal};

    use super::*;
    use crate::market::Duration;

    /// Without feedback the price is a random walk, and v nearly that of Brownian motion, 2·Φ(−d/√(k·h)) with d further by 0.5826·√h
    /// (Broadie, Glasserman and Kou 1997); the best mean of the next step is −√h times the slope of ln v. The grid is coarse: 15 %.
    #[test]
    fn a_random_walk_has_the_hopes_of_brownian_motion() {
        let (step, h) = (Duration::from_seconds(3600), 1e-4_f64);
        let model = Garch {
            log_drift: 0.0,
            step,
            omega: h,
            alpha: 0.0,
            gamma: 0.0,
            beta: 0.0,
            dof: None,
            initial_variance: h,
        };
        let steps = 100_u32;
        let horizon = f64::from(steps) * step.years();
        for sign in [-1.0, 1.0] {
            let outlook = Outlook::new(&model, Tilt { exponent: sign, goal: 0.5, horizon });
            for (steps_gone, left) in [(0_u32, 0.5), (0, 0.3), (50, 0.2), (50, 0.35)] {
                let deviation = (f64::from(steps - steps_gone) * h).sqrt();
                let reached =
                    |left: f64| 2.0 * Normal::standard().cdf(-(left + 0.5826 * h.sqrt()) / deviation);
                let (mut found, mut leans) = ([0.0], [Lean::default()]);
                let (left, variance) = (&[left], &[h]);
                let steps_gone = steps_gone as usize;
                let hopes = Hopes { outlook: &outlook, steps_gone, left, variance, logarithms: &mut found };
                dispatch(hopes);
                assert!((found[0] - reached(left[0]).ln()).abs() < 0.15, "{left:?}: {found:?}");
                dispatch(Leans { outlook: &outlook, steps_gone, left, variance, leans: &mut leans });
                let Lean { far, shift, towards } = leans[0];
                let best = h.sqrt() * (reached(left[0] - 0.005) / reached(left[0] + 0.005)).ln() / 0.01;
                let mean = (2.0 * towards - 1.0) * shift;
                assert!((mean / best - 1.0).abs() < 0.15 && far < 1e-9, "{left:?}: {mean} against {best}");
            }
        }
    }
}
