//! The nearest point at which a purse is liquidated, measured in standard deviations of a bar.
//!
//! Minimises (z − y)ᵀ·Σ⁻¹·(z − y) over G(z) = 0 by the iteration of Rackwitz and Fiessler (1978), which needs no inverse: with the
//! gradient g of G at the current point z, the next one is the nearest point of the plane that touches G there,
//!
//! ```text
//! z' = y + λ·Σ·g,   λ = (gᵀ(z − y) − G(z))/(gᵀ·Σ·g),   distance = −λ·√(gᵀ·Σ·g)
//! ```
//!
//! positive where G(y) is. For one asset this is Newton's iteration for the root of G.

use super::purse::{Holdings, Purse, Trigger};
use crate::numeric::{Kernel, cholesky, dispatch, exp};

/// Rounds; a handful is enough where the surface is smooth.
const MOST_ROUNDS: usize = 40;
/// Relative change of the distance at which the iteration ends.
const CLOSE_ENOUGH: f64 = 1e-10;
/// Longest step of a log-price in one round, so that no exponential overflows.
const LONGEST_STEP: f64 = 1.0;

/// Standard deviations of the moves of a bar and their correlations, by place in the assets of a purse.
#[derive(Debug, Clone, Default)]
pub(super) struct Spread {
    pub deviations: Vec<f64>,
    /// By rows.
    pub correlations: Vec<f64>,
}

impl Spread {
    /// The lower triangular factor of the correlations, by rows.
    pub fn factor(&self) -> Vec<Vec<f64>> {
        let n = self.correlations.len().isqrt();
        let rows: Vec<Vec<f64>> = self.correlations.chunks(n.max(1)).map(<[f64]>::to_vec).collect();
        // A part of a valid matrix is valid.
        cholesky(&rows).unwrap_or_default()
    }

    /// Over a share of the bar's time.
    pub fn over(&self, share: f64) -> Self {
        let deviations = self.deviations.iter().map(|deviation| deviation * share.sqrt()).collect();
        Self { deviations, correlations: self.correlations.clone() }
    }

    /// Σ·g.
    fn times(&self, g: &[f64], out: &mut [f64]) {
        let n = g.len();
        for (i, out) in out.iter_mut().enumerate() {
            let row = &self.correlations[i * n..][..n];
            let sum: f64 = row.iter().zip(&self.deviations).zip(g).map(|((r, d), g)| r * d * g).sum();
            *out = self.deviations[i] * sum;
        }
    }

    /// Standard deviation of gᵀ·(move).
    #[inline]
    pub fn along(&self, g: &[f64]) -> f64 {
        let n = g.len();
        let mut sum = 0.0;
        for i in 0..n {
            for j in 0..n {
                let correlation = self.correlations[i * n + j];
                sum += correlation * (g[i] * self.deviations[i]) * (g[j] * self.deviations[j]);
            }
        }
        sum.max(0.0).sqrt()
    }
}

/// Finds nearest points; keeps its columns between calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Nearest {
    /// The point found last.
    pub point: Vec<f64>,
    x: Vec<f64>,
    gradient: Vec<f64>,
    moved: Vec<f64>,
}

impl Nearest {
    /// Distance of the log-prices `from` to a trigger, negative beyond it; infinite where the bar cannot move there.
    pub fn distance(
        &mut self,
        (purse, held, trigger): (&Purse, Holdings, Trigger),
        from: &[f64],
        spread: &Spread,
    ) -> f64 {
        dispatch(Search { nearest: self, purse, held, trigger, from, spread })
    }

    #[inline(always)]
    fn search(
        &mut self,
        (purse, held, trigger): (&Purse, Holdings, Trigger),
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
            let excess = purse.room(held, trigger, &self.x, &mut self.gradient);
            let deviation = spread.along(&self.gradient);
            if deviation <= 0.0 {
                return if excess > 0.0 { f64::INFINITY } else { 0.0 };
            }
            let ahead: f64 = (0..n).map(|i| self.gradient[i] * (self.point[i] - from[i])).sum();
            let lambda = (ahead - excess) / (deviation * deviation);
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

/// A kernel for the sake of its exponentials.
struct Search<'a> {
    nearest: &'a mut Nearest,
    purse: &'a Purse,
    held: Holdings,
    trigger: Trigger,
    from: &'a [f64],
    spread: &'a Spread,
}

impl Kernel for Search<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        self.nearest.search((self.purse, self.held, self.trigger), self.from, self.spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::portfolio::{PositionTerms, open};
    use crate::venue::{Contract, Flows, MarginTier, Side, Venue};

    fn distance(positions: &[(usize, Side, f64)], from: &[f64], spread: &Spread) -> f64 {
        let venue = Venue::new(Contract::Linear, vec![MarginTier::flat(0.005, 0.0).unwrap()]);
        let terms = |&(asset, side, share): &(usize, Side, f64)| PositionTerms {
            asset,
            side,
            price: 100.0,
            share,
            collateral: None,
            venue: &venue,
            flows: Flows::default(),
            law: None,
        };
        let terms: Vec<_> = positions.iter().map(terms).collect();
        let purse = open(1_000.0, 1.0, &terms, true).unwrap().remove(0);
        Nearest::default().distance((&purse, purse.opening(), Trigger::Liquidation), from, spread)
    }

    fn spread(deviations: [f64; 2], correlation: f64) -> Spread {
        Spread { deviations: deviations.to_vec(), correlations: vec![1.0, correlation, correlation, 1.0] }
    }

    fn near(found: f64, known: f64) {
        assert!((found - known).abs() < 1e-9 * known.abs(), "{found} is not {known}");
    }

    #[test]
    fn with_one_asset_the_distance_is_that_of_the_log_prices() {
        let one = Spread { deviations: vec![0.03], correlations: vec![1.0] };
        let (long, short) = ((0.8 / 0.995_f64).ln(), (1.2 / 1.005_f64).ln());
        for y in [0.1, 0.0, -0.15] {
            near(distance(&[(0, Side::Long, 5.0)], &[y], &one), (y - long) / 0.03);
            near(distance(&[(0, Side::Short, 5.0)], &[-y], &one), (short + y) / 0.03);
        }
        // Beyond the surface it is negative.
        near(distance(&[(0, Side::Long, 5.0)], &[long - 0.06], &one), -2.0);
    }

    /// Without cash left over (10 long, 9 short, equity 1) the ratio of the prices decides: 10·A·0.995 = 9·B·1.005.
    #[test]
    fn where_a_ratio_decides_the_distance_is_that_of_its_logarithm() {
        let (level, correlation) = ((9.0 * 1.005 / (10.0 * 0.995_f64)).ln(), 0.8);
        let deviation = (0.04_f64.powi(2) + 0.05_f64.powi(2) - 2.0 * correlation * 0.04 * 0.05).sqrt();
        let positions = [(0, Side::Long, 10.0), (1, Side::Short, 9.0)];
        for (a, b) in [(0.0, 0.0), (0.3, 0.1), (-0.2, -0.25), (-0.2, 0.0)] {
            let found = distance(&positions, &[a, b], &spread([0.04, 0.05], correlation));
            near(found, (a - b - level) / deviation);
        }
    }

    /// Two longs of twice the equity each: on the surface 2·0.995·(eᵃ + eᵇ) = 3. The smallest distance over a fine grid of a.
    #[test]
    fn on_a_curved_surface_no_point_is_nearer() {
        let (deviations, correlation) = ([0.2, 0.3], 0.3_f64);
        let found = distance(
            &[(0, Side::Long, 2.0), (1, Side::Long, 2.0)],
            &[0.05, -0.02],
            &spread(deviations, correlation),
        );
        let smallest = (-2_000_000..-100)
            .map(|i| f64::from(i) * 1e-6)
            .filter_map(|a| {
                let b = (3.0 / 1.99 - a.exp()).ln();
                let (u, v) = ((a - 0.05) / deviations[0], (b + 0.02) / deviations[1]);
                let square = u * u - 2.0 * correlation * u * v + v * v;
                b.is_finite().then(|| (square / (1.0 - correlation * correlation)).sqrt())
            })
            .fold(f64::INFINITY, f64::min);
        assert!((found / smallest - 1.0).abs() < 1e-9, "{found} {smallest}");
    }
}
