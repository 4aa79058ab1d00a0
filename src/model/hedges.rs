//! What the chance to touch a barrier is expected to gain and lose by what drives a price: a martingale that follows it.
//!
//! The normals of a step are independent of all before, and Hermite polynomials of them have a mean of zero. So their sum over the steps
//! until a level is lost, each with a coefficient that is known when its step begins, has a mean of zero whatever the coefficients are, and with
//! those of a [table](super::hedge_table) it follows the chance of liquidation to what it ends as, 0 or 1. The table is coarse: only
//! efficiency depends on it. Source: Belomestny, Häfner, Nagapetyan and Urusov (2018), "Variance reduction for discretised diffusions via
//! regression".

use super::hedge_table::{CELLS, Line, ROWS, Solve};
use super::jumps::{JumpLaw, Jumps};
use super::quadratic_exponential::SquareRoot;
use super::{Bates, Model};
use crate::market::Duration;
use crate::numeric::{dispatch, mean_decay};

/// Most dates of a table: a step of a longer path has the coefficients of its date.
const MOST_DATES: u64 = 96;
/// Deviations of the log-price over the path, and of the variance at its end, that the cells and rows reach.
const REACH: f64 = 5.0;
const REACH_OF_VARIANCE: f64 = 6.0;
/// Parts of a cell that positions are counted in.
const PARTS: i32 = 1 << PART_BITS;
const PART_BITS: u32 = 8;
/// 1.5·2^52: adding it rounds to an integer that then stands in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// What drove the last moves of a price whose variance has a driver of its own.
#[derive(Debug, Clone, Copy)]
pub struct Drivers<'a> {
    /// The standard normals that were handed in for the price, by entry of the moves.
    pub price: &'a [f64],
    /// The model's own, independent of these.
    pub other: &'a [f64],
    /// The variance at the end, by path.
    pub variance: &'a [f64],
}

/// Coefficients of the drivers of a price under a square-root variance, by date, variance and distance from a barrier.
#[derive(Debug)]
pub struct Hedges {
    /// Variance at the start.
    pub variance: f64,
    /// Dates per year.
    pub per_year: f64,
    /// What jumps are expected to add to the price in a year, relative to it; none without jumps.
    pub jump_growth: Option<f64>,
    dates: usize,
    per_distance: f64,
    per_root: f64,
    lines: Vec<Line>,
}

impl Model {
    /// The hedges of a barrier below the price (`sign` 1) or above (−1), which grows at a rate per year, on paths of a length; none for a
    /// model that knows none.
    pub fn hedges(&self, horizon: Duration, (sign, growth): (f64, f64)) -> Option<Hedges> {
        let (heston, jumps) = match self {
            Self::Heston(heston) => (heston, None),
            Self::Bates(Bates { heston, jumps }) => (heston, Some(*jumps).filter(|jumps| jumps.rate > 0.0)),
            _ => return None,
        };
        let jump_growth = jumps.as_ref().map(JumpLaw::growth);
        let process = heston.process();
        let process = SquareRoot { drift: process.drift - jump_growth.unwrap_or(0.0) - growth, ..process };
        let dates = horizon.seconds().div_ceil(heston.step(horizon).seconds().max(1)).clamp(1, MOST_DATES);
        let length = horizon.years();
        let (spread, most_variance) = reach(&process, heston.variance, jumps.as_ref(), length);
        let spacing = REACH * spread / (CELLS - 1) as f64;
        if !(spacing > 0.0 && most_variance > 0.0 && spacing.is_finite() && most_variance.is_finite()) {
            return None;
        }
        let step = length / dates as f64;
        let dates = dates as usize;
        let solve = Solve { sign, process, jumps, spacing, most_variance, step, dates };
        Some(Hedges {
            variance: heston.variance,
            per_year: 1.0 / step,
            jump_growth,
            dates,
            per_distance: f64::from(PARTS) / spacing,
            per_root: (ROWS - 1) as f64 / most_variance.sqrt(),
            lines: dispatch(solve),
        })
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

impl Hedges {
    /// The date at which a bar begins, at a time in years.
    #[inline(always)]
    pub fn date(&self, time: f64) -> i32 {
        // The latest that is not after it: a time that is the date's own may be rounded to before it.
        rounded(time * self.per_year - 0.499_999).clamp(0, self.dates as i32 - 1)
    }

    /// The number of the line of a date with a row.
    #[inline(always)]
    pub fn line_of(date: i32, row: i32) -> u32 {
        (date * ROWS as i32 + row) as u32
    }

    /// The cells of a line.
    #[inline(always)]
    pub fn line(&self, number: u32) -> &Line {
        &self.lines[number as usize]
    }

    /// The row of a variance.
    #[inline(always)]
    pub fn row(&self, variance: f64) -> i32 {
        rounded(variance.sqrt() * self.per_root).clamp(0, ROWS as i32 - 1)
    }

    /// A distance of log-prices in parts of a cell.
    #[inline(always)]
    pub fn parts(&self, distance: f64) -> i32 {
        rounded(distance * self.per_distance)
    }

    /// The position of a barrier that may be at infinity, in parts of a cell.
    pub fn barrier(&self, log_price: f64) -> i32 {
        const FAR: f64 = (1 << 29) as f64;
        rounded((log_price * self.per_distance).clamp(-FAR, FAR))
    }

    /// The cell of a distance in parts of one.
    #[inline(always)]
    pub fn cell(parts: i32) -> usize {
        (parts.wrapping_add(PARTS / 2) >> PART_BITS).clamp(0, CELLS as i32 - 1) as usize
    }
}

/// The nearest integer to a number that has one.
#[inline(always)]
fn rounded(x: f64) -> i32 {
    (x + ROUNDER).to_bits() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Heston, VALUE, single};
    use crate::numeric::{elementary, special::normal_cdf};

    /// Without volatility of the variance the price is a geometric Brownian motion: P(min ≤ −d) = Φ((−d − μT)/s) + e^(−2μd/σ²)·Φ((−d + μT)/s)
    /// with s = σ√T and μ = ∓½σ² to a barrier below or above, the first coefficient is its slope times the deviation of a step, and the third
    /// half of its curvature times the variance of a step. Values are off by 0.001, the interpolation between cells; slopes by 3 %.
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
            let hedges = Model::Heston(heston).hedges(horizon, (sign, 0.0)).unwrap();
            let drift = -0.5 * sign * square;
            let chance = |d: f64| {
                let deviation = (square * time).sqrt();
                normal_cdf((-d - drift * time) / deviation)
                    + elementary::exp(-2.0 * drift * d / square) * normal_cdf((-d + drift * time) / deviation)
            };
            let line = hedges.line(Hedges::line_of(hedges.date(0.0), hedges.row(square)));
            let step = time / hedges.dates as f64;
            let spacing = f64::from(PARTS) / hedges.per_distance;
            for cell in [4_usize, 8, 16, 24] {
                let entry = line[cell].map(single);
                let distance = cell as f64 * spacing;
                let known = chance(distance);
                assert!((f64::from(entry[VALUE]) - known).abs() < 2e-3, "{sign} {cell}: {entry:?} {known}");
                let h = 1e-3;
                let [up, down] = [chance(distance + h), chance(distance - h)];
                let slope = sign * (up - down) / (2.0 * h) * (square * step).sqrt();
                assert!((f64::from(entry[0]) / slope - 1.0).abs() < 0.04, "{sign} {cell}: {entry:?} {slope}");
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
        let hedges = Model::Heston(heston).hedges(Duration::from_seconds(30 * 86_400), (1.0, 0.0)).unwrap();
        let step = 1.0 / hedges.per_year;
        assert_eq!(
            [0.0, 0.9, 1.0 - 1e-9, 1.5, 95.0, 96.0].map(|n| hedges.date(n * step)),
            [0, 0, 1, 1, 95, 95]
        );
        let spacing = f64::from(PARTS) / hedges.per_distance;
        let cell = |cells: f64| Hedges::cell(hedges.parts(cells * spacing));
        assert_eq!([-3.0, 0.0, 0.4, 0.6, 62.4, 1e3].map(cell), [0, 0, 0, 1, 62, 63]);
        let far = hedges.barrier(f64::NEG_INFINITY);
        assert_eq!(Hedges::cell(hedges.parts(0.0).wrapping_sub(far)), CELLS - 1);
        assert!(
            (0..hedges.lines.len())
                .all(|line| hedges.lines[line].iter().flatten().all(|x| single(*x).is_finite()))
        );
    }
}
