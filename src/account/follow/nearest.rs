//! The nearest point of a surface, measured in standard deviations of a piece of a bar.
//!
//! The nearest point minimises (z − y)ᵀ·Σ⁻¹·(z − y) over G(z) = 0 by the iteration of Hasofer and Lind (1974) and Rackwitz and
//! Fiessler (1978), which needs no inverse: with the gradient g of G at the current point z, the next one is the nearest point of
//! the plane that touches G there,
//!
//! ```text
//! z' = y + λ·Σ·g,   λ = (gᵀ(z − y) − G(z))/(gᵀ·Σ·g),   distance = −λ·√(gᵀ·Σ·g)
//! ```

use crate::account::pool::{Held, Pool, Room};
use crate::numeric::exp;

/// Rounds; a handful is enough where the surface is smooth.
const MOST_ROUNDS: usize = 40;
/// Relative change of the distance at which the iteration ends.
const CLOSE_ENOUGH: f64 = 1e-10;
/// Longest step of a log-price in one round, so that no exponential overflows.
const LONGEST_STEP: f64 = 1.0;

/// Standard deviations of the moves of a piece and their correlations, by place in the assets of a pool.
#[derive(Debug, Clone, Default)]
pub(super) struct Spread {
    pub deviations: Vec<f64>,
    /// By rows.
    pub correlations: Vec<f64>,
}

/// The correlations of some assets, those of all assets being `correlation`, independent where it is empty.
pub(super) fn spread_of(assets: &[usize], correlation: &[Vec<f64>]) -> Spread {
    let of = |i: usize, j: usize| match correlation.get(i) {
        Some(row) => row[j],
        None => f64::from(u8::from(i == j)),
    };
    let pairs = assets.iter().flat_map(|i| assets.iter().map(move |j| (*i, *j)));
    Spread { correlations: pairs.map(|(i, j)| of(i, j)).collect(), deviations: Vec::new() }
}

impl Spread {
    /// Over a share of the bar's variance.
    pub fn over(&self, share: f64) -> Self {
        let deviations = self.deviations.iter().map(|deviation| deviation * share.sqrt()).collect();
        Self { deviations, correlations: self.correlations.clone() }
    }

    /// Σ·g.
    pub fn times(&self, g: &[f64], out: &mut [f64]) {
        let n = g.len();
        for (i, out) in out.iter_mut().enumerate() {
            let row = &self.correlations[i * n..][..n];
            let sum: f64 = row.iter().zip(&self.deviations).zip(g).map(|((r, d), g)| r * d * g).sum();
            *out = self.deviations[i] * sum;
        }
    }

    /// gᵀ·Σ·h.
    #[inline]
    pub fn product(&self, g: &[f64], h: &[f64]) -> f64 {
        let n = g.len();
        let mut sum = 0.0;
        for i in 0..n {
            for j in 0..n {
                let correlation = self.correlations[i * n + j];
                sum += correlation * (g[i] * self.deviations[i]) * (h[j] * self.deviations[j]);
            }
        }
        sum
    }

    /// Standard deviation of gᵀ·(move).
    #[inline]
    pub fn along(&self, g: &[f64]) -> f64 {
        self.product(g, g).max(0.0).sqrt()
    }

    pub fn largest(&self) -> f64 {
        self.deviations.iter().copied().fold(0.0, f64::max)
    }
}

/// Finds nearest points; keeps its columns between calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Nearest {
    /// The point found last, and the gradient there.
    pub point: Vec<f64>,
    pub gradient: Vec<f64>,
    x: Vec<f64>,
    moved: Vec<f64>,
}

impl Nearest {
    /// Distance of the log-prices `from` to a surface, negative beyond it; infinite where the piece cannot move there.
    pub fn distance(
        &mut self,
        (pool, held, room): (&Pool, Held<'_>, Room),
        from: &[f64],
        spread: &Spread,
    ) -> f64 {
        let n = from.len();
        self.point.clear();
        self.point.extend_from_slice(from);
        for column in [&mut self.x, &mut self.gradient, &mut self.moved] {
            column.resize(n, 0.0);
        }
        let mut distance = f64::INFINITY;
        for _ in 0..MOST_ROUNDS {
            for (x, y) in self.x.iter_mut().zip(&self.point) {
                *x = exp(*y);
            }
            let left = pool.room(held, room, &self.x, &mut self.gradient);
            let deviation = spread.along(&self.gradient);
            if deviation <= 0.0 {
                return if left > 0.0 { f64::INFINITY } else { 0.0 };
            }
            let ahead: f64 = (0..n).map(|i| self.gradient[i] * (self.point[i] - from[i])).sum();
            let lambda = (ahead - left) / (deviation * deviation);
            spread.times(&self.gradient, &mut self.moved);
            for ((point, from), moved) in self.point.iter_mut().zip(from).zip(&self.moved) {
                let step = lambda.mul_add(*moved, from - *point);
                *point += step.clamp(-LONGEST_STEP, LONGEST_STEP);
            }
            let found = -lambda * deviation;
            if (found - distance).abs() <= CLOSE_ENOUGH * (1.0 + found.abs()) {
                return found;
            }
            distance = found;
        }
        distance
    }
}
