//! The probability to touch a barrier under a square-root variance, and how it goes with what drives a step: solved backwards on a coarse grid.
//!
//! A row holds one variance, its cells the distances of the log-price from the barrier. From the end of a step to its start values are expected
//! over Gauss-Hermite nodes of the two normals, with the chance that the bridge of the step touches the barrier; the values between
//! cells and rows are linear. The expectation of a value times a Hermite polynomial of the normals, over that of its square, is the
//! coefficient of the polynomial; nodes for the normals of the variance and the price are as good for those that a path draws, which are
//! these rotated.

use super::jumps::Jumps;
use super::quadratic_exponential::{Interval, SquareRoot};
use crate::market::{CELLS, HedgeGrid, JUMPS, Line, ROWS, TERMS, half, single};
use crate::numeric::special::normal_cdf;
use crate::numeric::{Kernel, crossing_probability, cubic, elementary};

/// Number of polynomials of the normals.
const POLYNOMIALS: usize = JUMPS;

/// Nodes and weights for a standard normal (Abramowitz and Stegun 1964, table 25.10, rescaled).
pub(super) const SEVEN: [(f64, f64); 7] = [
    (-3.750_439_717_725_742, 5.482_688_559_722_18e-4),
    (-2.366_759_410_734_541, 0.030_757_123_967_586_5),
    (-1.154_405_394_739_968, 0.240_123_178_605_013),
    (0.0, 0.457_142_857_142_857),
    (1.154_405_394_739_968, 0.240_123_178_605_013),
    (2.366_759_410_734_541, 0.030_757_123_967_586_5),
    (3.750_439_717_725_742, 5.482_688_559_722_18e-4),
];
pub(super) const FIVE: [(f64, f64); 5] = [
    (-2.856_970_013_872_806, 0.011_257_411_327_720_691),
    (-1.355_626_179_974_266, 0.222_075_922_005_612_6),
    (0.0, 0.533_333_333_333_333_3),
    (1.355_626_179_974_266, 0.222_075_922_005_612_6),
    (2.856_970_013_872_806, 0.011_257_411_327_720_691),
];

/// Twice the product of both distances over the variance from which on no bridge touches the barrier.
const OUT_OF_REACH: f64 = 40.0;

/// Solves the table of a barrier below (`sign` 1) or above (−1).
pub(super) struct Solve {
    pub sign: f64,
    pub process: SquareRoot,
    pub jumps: Option<Jumps>,
    pub grid: HedgeGrid,
}

/// What is solved, by date and row: coefficients; values, of the end too; and what a jump is expected to change of the values at the next date.
pub(super) type Solved = (Vec<[Line; ROWS]>, Vec<[[u16; CELLS]; ROWS]>, Vec<[[f32; CELLS]; ROWS]>);

/// A number of each cell.
type Row = [f64; CELLS];

/// A row with room for shifts: a barrier that has been passed on one side, and what is as good as far on the other.
type Wide = [f64; WIDTH];

/// Beyond the last shift there is room for the points of a cubic.
const WIDTH: usize = 3 * CELLS + 2;

impl Kernel for Solve {
    type Output = Solved;

    #[inline(always)]
    fn run(self) -> Solved {
        let interval = Interval::new(&self.process, self.step());
        let dates = self.grid.dates;
        let mut lines = vec![[[[0; TERMS]; CELLS]; ROWS]; dates];
        let mut kept = vec![[[0; CELLS]; ROWS]; dates + 1];
        let mut means = vec![[[0.0; CELLS]; ROWS]; if self.jumps.is_some() { dates } else { 0 }];
        let weights = self.jumps.map(|jumps| self.weights(&jumps));
        let chance = self.jumps.map_or(0.0, |jumps| -elementary::exp_m1(-jumps.rate * self.step()));
        let mut solved = [[[0.0; TERMS]; CELLS]; ROWS];
        // At the end only who has passed the barrier has touched it.
        let mut values = [[0.0; CELLS]; ROWS];
        for date in (0..dates).rev() {
            for (row, values) in values.iter_mut().enumerate() {
                let Some(weights) = &weights else { break };
                // Of the values as they are kept.
                means[date][row] = jump(weights, &kept[date + 1][row]);
                for (value, mean) in values.iter_mut().zip(&means[date][row]) {
                    *value += chance * f64::from(*mean);
                }
                for (entry, mean) in solved[row].iter_mut().zip(&means[date][row]) {
                    entry[JUMPS] = *mean;
                }
            }
            let mut before = [[0.0; CELLS]; ROWS];
            for (row, line) in solved.iter_mut().enumerate() {
                let coefficients = self.expect(&interval, row, &values);
                before[row] = coefficients[0];
                for (cell, entry) in line.iter_mut().enumerate() {
                    // A path at the barrier has touched it; one that is farther than all cells is hedged no more than one that has not moved.
                    if cell > 0 && cell + 1 < CELLS {
                        for (entry, of) in entry.iter_mut().zip(&coefficients[1..]) {
                            *entry = of[cell] as f32;
                        }
                    } else {
                        entry[JUMPS] = 0.0;
                    }
                }
            }
            values = before;
            lines[date] = solved.map(|line| line.map(|terms| terms.map(half)));
            kept[date] = values.map(|row| row.map(|value| half(value as f32)));
        }
        (lines, kept, means)
    }
}

impl Solve {
    /// Length of a step in years.
    fn step(&self) -> f64 {
        1.0 / self.grid.per_year
    }

    /// Expected value at the start of a step from a row, and its coefficients.
    #[inline(always)]
    fn expect(&self, interval: &Interval, row: usize, values: &[Row; ROWS]) -> [Row; POLYNOMIALS + 1] {
        let v = self.grid.variance(row);
        let mut sums = [[0.0; CELLS]; POLYNOMIALS + 1];
        for (of_variance, weight) in SEVEN {
            for (of_price, share) in FIVE {
                let n = interval.rho * of_variance + interval.root * of_price;
                let o = interval.root * of_variance - interval.rho * of_price;
                let step = interval.step::<true>(v, n, o);
                let wide = self.blend(values, step.variance);
                let moved = self.sign * (self.process.drift * self.step() + step.log_return);
                let found = self.touch(&wide, moved, step.integrated);
                let weight = weight * share;
                let factors = [
                    weight,
                    weight * n,
                    weight * o,
                    0.5 * weight * (n * n - 1.0),
                    0.5 * weight * (o * o - 1.0),
                    weight * n * o,
                    weight * n * (n * n - 3.0) / 6.0,
                    0.5 * weight * (n * n - 1.0) * o,
                ];
                for (sums, factor) in sums.iter_mut().zip(factors) {
                    for (sum, found) in sums.iter_mut().zip(&found) {
                        *sum += factor * found;
                    }
                }
            }
        }
        sums
    }

    /// The values at a variance.
    #[inline(always)]
    fn blend(&self, values: &[Row; ROWS], v: f64) -> Wide {
        let place = self.grid.place(v);
        let below = (place as usize).min(ROWS - 2);
        let part = (place - below as f64).min(1.0);
        let mut row = [0.0; CELLS];
        for ((row, a), b) in row.iter_mut().zip(&values[below]).zip(&values[below + 1]) {
            *row = a + part * (b - a);
        }
        wide(&row)
    }

    /// The chance to touch the barrier in a step that moves all cells by as much, or later.
    #[inline(always)]
    fn touch(&self, wide: &Wide, moved: f64, integrated: f64) -> Row {
        let (place, part) = self.grid.shift(moved);
        let (here, next) = (&wide[place..][..CELLS], &wide[place + 1..][..CELLS]);
        let mut found = [0.0; CELLS];
        for ((found, here), next) in found.iter_mut().zip(here).zip(next) {
            *found = here + part * (next - here);
        }
        // Straight lines spread a step by another tenth of its variance: away from the barrier, where values have no corner, they are cubic.
        let first = (CELLS + 1).saturating_sub(place).min(CELLS);
        let weights = cubic(part);
        for (found, values) in found[first..].iter_mut().zip(wide[place + first - 1..].windows(4)) {
            *found = weights[0] * values[0]
                + weights[1] * values[1]
                + weights[2] * values[2]
                + weights[3] * values[3];
        }
        // A path without variance has no bridge, but a barrier under its feet.
        let integrated = integrated.max(1e-100);
        let reach = (0.5 * OUT_OF_REACH * integrated).sqrt() - moved.min(0.0);
        let near = ((reach / self.grid.width()) as usize + 1).min(CELLS);
        let mut distance = 0.0;
        for found in &mut found[..near] {
            let left = distance + moved;
            let touched = crossing_probability(distance, left, integrated);
            *found = if left > 0.0 { touched + (1.0 - touched) * *found } else { 1.0 };
            distance += self.grid.width();
        }
        found
    }

    /// The share of each shift by whole cells in the mean over jumps, with straight lines between cells: a shift counts for its two
    /// neighbours, and E[max(0, 1 − |u − j|)] = G(j + 1) − 2·G(j) + G(j − 1) with G(x) = E[(x − u)⁺], for a move of u cells; moves beyond the
    /// ends are at them.
    fn weights(&self, jumps: &Jumps) -> [f64; SHIFTS] {
        let (mean, deviation) =
            (self.sign * jumps.mean / self.grid.width(), jumps.std_dev / self.grid.width());
        let below = |x: f64| {
            if deviation > 0.0 {
                let z = (x - mean) / deviation;
                let density = elementary::exp(-0.5 * z * z) / (2.0 * std::f64::consts::PI).sqrt();
                (x - mean) * normal_cdf(z) + deviation * density
            } else {
                (x - mean).max(0.0)
            }
        };
        let mut weights = [0.0; SHIFTS];
        let most = (CELLS - 1) as f64;
        for (weight, j) in weights.iter_mut().zip(-(CELLS as i32 - 1)..) {
            let j = f64::from(j);
            // Up to the first end and from the last one on all moves count in full.
            let left = if j > -most { below(j) - below(j - 1.0) } else { 0.0 };
            let right = if j < most { below(j + 1.0) - below(j) } else { 1.0 };
            *weight = right - left;
        }
        weights
    }
}

/// Numbers of whole cells that a row can be shifted by.
const SHIFTS: usize = 2 * CELLS - 1;

/// What a jump is expected to change of the values of a row, by the weights of its shifts.
#[inline(always)]
fn jump(weights: &[f64; SHIFTS], row: &[u16; CELLS]) -> [f32; CELLS] {
    let row = row.map(|value| f64::from(single(value)));
    let wide = wide(&row);
    let mut means = row.map(|value| -value);
    for (shift, weight) in weights.iter().enumerate() {
        for (mean, value) in means.iter_mut().zip(&wide[shift + 1..]) {
            *mean += weight * value;
        }
    }
    means.map(|mean| mean as f32)
}

/// A row between those that have passed the barrier and those that are far from it.
#[inline(always)]
fn wide(row: &Row) -> Wide {
    let mut wide = [1.0; WIDTH];
    wide[CELLS..2 * CELLS].copy_from_slice(row);
    wide[2 * CELLS..].fill(row[CELLS - 1]);
    wide
}
