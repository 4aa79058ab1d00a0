//! What the chance to touch a barrier is expected to gain and lose by what drives a price: a martingale that follows it.
//!
//! The normals of a step are independent of all before, and Hermite polynomials of them have a mean of zero. So their sum over the steps
//! until a level is lost, each with a coefficient that is known when its step begins, has a mean of zero whatever the coefficients are, and with
//! those of a [table](super::hedge_table) it follows the chance of liquidation to what it ends as, 0 or 1. The table is coarse: only
//! efficiency depends on it. Source: Belomestny, Häfner, Nagapetyan and Urusov (2018), "Variance reduction for discretised diffusions via
//! regression".

use std::sync::Arc;

use super::hedge_table::Solve;
use super::jumps::Jumps;
use super::mark_slopes;
use super::quadratic_exponential::SquareRoot;
use super::{Bates, Model};
use crate::market::{CELLS, Duration, HedgeGrid, Hedges, Hedging, JumpHedges, MarkTable};
use crate::numeric::{dispatch, mean_decay};

/// Most dates of a table: a step of a longer path has the coefficients of its date.
const MOST_DATES: u64 = 96;
/// Deviations of the log-price over the path, and of the variance at its end, that the cells and rows reach.
const REACH: f64 = 5.0;
const REACH_OF_VARIANCE: f64 = 6.0;

/// Most levels that are hedged: each costs a part of a path, a large one where a whole step is hedged at its end.
const MOST_LEVELS: usize = 64;
const MOST_IN_STEPS: usize = 16;

impl Model {
    /// The hedges of a barrier below the price (`sign` 1) or above (−1), which grows at a rate per year, on paths of a length; none for a
    /// model that knows none for so many levels. Some hedge only paths that are `alone`: all of them move together.
    pub fn hedges(
        &self,
        horizon: Duration,
        barrier: (f64, f64),
        alone: bool,
        levels: usize,
    ) -> Option<Hedging> {
        let most = if matches!(self, Self::Garch(_) | Self::Har(_)) { MOST_IN_STEPS } else { MOST_LEVELS };
        if levels > most {
            return None;
        }
        match self {
            Self::Garch(garch) if alone => {
                garch.hedges(horizon, barrier).map(|hedges| Hedging::Innovations(Arc::new(hedges)))
            }
            Self::Har(har) if alone => {
                har.hedges(horizon, barrier).map(|hedges| Hedging::Draws(Arc::new(hedges)))
            }
            _ => self.hedged_by_normals(horizon, barrier).map(|hedges| Hedging::Normals(Arc::new(hedges))),
        }
    }

    /// Those of a square-root variance.
    fn hedged_by_normals(&self, horizon: Duration, (sign, growth): (f64, f64)) -> Option<Hedges> {
        let (heston, jumps) = match self {
            Self::Heston(heston) => (heston, None),
            Self::Bates(Bates { heston, jumps }) => (heston, Some(*jumps).filter(|jumps| jumps.rate > 0.0)),
            _ => return None,
        };
        let process = heston.process();
        let drift = process.drift - jumps.as_ref().map_or(0.0, Jumps::growth) - growth;
        let process = SquareRoot { drift, ..process };
        let dates = horizon.seconds().div_ceil(heston.step(horizon).seconds().max(1)).clamp(1, MOST_DATES);
        let length = horizon.years();
        let (spread, most_variance) = reach(&process, heston.variance, jumps.as_ref(), length);
        let spacing = REACH * spread / (CELLS - 1) as f64;
        if !(spacing > 0.0 && most_variance > 0.0 && spacing.is_finite() && most_variance.is_finite()) {
            return None;
        }
        let grid = HedgeGrid::new((dates as usize, length), spacing, most_variance);
        let (lines, values, means) = dispatch(Solve { sign, process, jumps, grid });
        let still = SquareRoot { drift: process.drift + growth, ..process };
        let marks =
            dispatch(mark_slopes::Solve { process: still, grid, spacing: MarkTable::spacing(spread) });
        let jumps = jumps.map(|jumps| JumpHedges { rate: jumps.rate, means });
        Some(Hedges { grid, lines, values, variance: heston.variance, jumps, marks })
    }
}

/// The deviation of the log-price over a path, and the variance that is large at its end.
fn reach(process: &SquareRoot, start: f64, jumps: Option<&Jumps>, length: f64) -> (f64, f64) {
    let SquareRoot { mean, speed, volatility, .. } = *process;
    // (1 − e^(−κT))/κ.
    let decay = length * mean_decay(speed * length);
    let kept = 1.0 - speed * decay;
    let integrated = mean * length + (start - mean) * decay;
    let of_jumps = jumps
        .map_or(0.0, |jumps| jumps.rate * length * (jumps.mean * jumps.mean + jumps.std_dev * jumps.std_dev));
    // Cox, Ingersoll and Ross (1985), equation 19.
    let square = volatility * volatility * decay * (start * kept + 0.5 * mean * speed * decay);
    let end = mean + (start - mean) * kept;
    ((integrated + of_jumps).sqrt(), start.max(end) + REACH_OF_VARIANCE * square.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::single;
    use crate::model::Heston;
    use crate::numeric::{elementary, special::normal_cdf};

    /// Without volatility of the variance the price is a geometric Brownian motion: P(min ≤ −d) = Φ((−d − μT)/s) + e^(−2μd/σ²)·Φ((−d + μT)/s)
    /// with s = σ√T and μ = ∓½σ² to a barrier below or above, and the first coefficient is its slope times the deviation of a step. Values
    /// are off by 0.002 and slopes by 0.8 %, and both are kept to 0.4 %.
    #[test]
    fn a_table_without_volatility_of_variance_is_that_of_a_brownian_motion() {
        let square = 0.36;
        let heston = Heston {
            drift: 0.0,
            variance: square,
            long_run_variance: square,
            mean_reversion: 1.0,
            vol_of_vol: 1e-4,
            correlation: 0.0,
            step: None,
        };
        let horizon = Duration::from_seconds(30 * 86_400);
        let time = horizon.years();
        for sign in [1.0, -1.0] {
            let hedges = Model::Heston(heston).hedged_by_normals(horizon, (sign, 0.0)).unwrap();
            let drift = -0.5 * sign * square;
            let chance = |d: f64| {
                let deviation = (square * time).sqrt();
                normal_cdf((-d - drift * time) / deviation)
                    + elementary::exp(-2.0 * drift * d / square) * normal_cdf((-d + drift * time) / deviation)
            };
            let grid = hedges.grid;
            let (date, row) = (grid.date(0.0) as usize, grid.row(square) as usize);
            let step = time / grid.dates as f64;
            for cell in [4_usize, 8, 16, 24, 32] {
                let entry = hedges.lines[date][row][cell].map(single);
                let value = f64::from(single(hedges.values[date][row][cell]));
                let distance = cell as f64 * grid.width();
                let known = chance(distance);
                assert!((value - known).abs() < 5e-3, "{sign} {cell}: {value} {known}");
                let h = 1e-3;
                let [up, down] = [chance(distance + h), chance(distance - h)];
                let slope = sign * (up - down) / (2.0 * h) * (square * step).sqrt();
                assert!(
                    (f64::from(entry[0]) / slope - 1.0).abs() < 0.015,
                    "{sign} {cell}: {entry:?} {slope}"
                );
                assert!(entry[1].abs() < 1e-3 && entry[4].abs() < 1e-3, "{sign} {cell}: {entry:?}");
            }
        }
    }

    #[test]
    fn times_and_distances_have_the_nearest_place() {
        let heston = Heston {
            drift: 0.0,
            variance: 0.3,
            long_run_variance: 0.4,
            mean_reversion: 60.0,
            vol_of_vol: 13.0,
            correlation: -0.4,
            step: None,
        };
        let horizon = Duration::from_seconds(30 * 86_400);
        let hedges = Model::Heston(heston).hedged_by_normals(horizon, (1.0, 0.0)).unwrap();
        let grid = hedges.grid;
        let step = 1.0 / grid.per_year;
        assert_eq!(
            [0.0, 0.9, 1.0 - 1e-9, 1.5, 95.0, 96.0].map(|n| grid.date(n * step)),
            [0, 0, 1, 1, 95, 95]
        );
        let cell = |cells: f64| HedgeGrid::cell(grid.parts(cells * grid.width()));
        assert_eq!([-3.0, 0.0, 0.4, 0.6, 62.4, 1e3].map(cell), [0, 0, 0, 1, 62, 63]);
        let far = grid.barrier(f64::NEG_INFINITY);
        assert_eq!(HedgeGrid::cell(grid.parts(0.0).wrapping_sub(far)), CELLS - 1);
        assert!(hedges.lines.iter().flatten().flatten().flatten().all(|x| single(*x).is_finite()));
    }
}
