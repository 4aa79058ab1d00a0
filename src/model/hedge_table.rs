//! The probability to touch a barrier under a square-root variance, and how it goes with what drives a step: solved backwards on a coarse grid.
//!
//! A row holds one variance, its cells the distances of the log-price from the barrier. From the end of a step to its start values are expected
//! over Gauss-Hermite nodes of the two normals, with the chance that the bridge of the step touches the barrier; the values between
//! cells and rows are linear. The expectation of a value times a Hermite polynomial of the normals, over that of its square, is the
//! coefficient of the polynomial; nodes for the normals of the variance and the price are as good for those that a path draws, which are
//! these rotated.

use super::jumps::{JumpLaw, Jumps};
use super::quadratic_exponential::{Interval, SquareRoot};
use crate::market::{CELLS, HedgeGrid, JUMPS, Line, ROWS, TERMS, Terms, half};
use crate::numeric::{Kernel, crossing_probability, elementary};

/// Number of polynomials of the normals.
const POLYNOMIALS: usize = JUMPS;

/// Nodes and weights for a standard normal (Abramowitz and Stegun 1964, table 25.10, rescaled).
const SEVEN: [(f64, f64); 7] = [
    (-3.750_439_717_725_742, 5.482_688_559_722_18e-4),
    (-2.366_759_410_734_541, 0.030_757_123_967_586_5),
    (-1.154_405_394_739_968, 0.240_123_178_605_013),
    (0.0, 0.457_142_857_142_857),
    (1.154_405_394_739_968, 0.240_123_178_605_013),
    (2.366_759_410_734_541, 0.030_757_123_967_586_5),
    (3.750_439_717_725_742, 5.482_688_559_722_18e-4),
];
const FIVE: [(f64, f64); 5] = [
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

/// What is solved: coefficients by date and row, and values by date, the end too, and row.
pub(super) type Solved = (Vec<[Line; ROWS]>, Vec<[[u16; CELLS]; ROWS]>);

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
        let mut lines = vec![[[[0; TERMS]; CELLS]; ROWS]; self.grid.dates];
        let mut solved = [[[0.0; TERMS]; CELLS]; ROWS];
        // At the end only who has passed the barrier has touched it.
        let mut values = [[0.0; CELLS]; ROWS];
        let mut all_values = vec![[[0; CELLS]; ROWS]; self.grid.dates + 1];
        for (lines, kept) in lines.iter_mut().zip(&mut all_values).rev() {
            if let Some(jumps) = &self.jumps {
                for (values, line) in values.iter_mut().zip(&mut solved) {
                    self.jump(jumps, values, line);
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
                        entry[JUMPS..].fill(0.0);
                    }
                }
            }
            values = before;
            *lines = solved.map(|line| line.map(|terms| terms.map(half)));
            *kept = values.map(|row| row.map(|value| half(value as f32)));
        }
        (lines, all_values)
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
        let (place, part) = self.shift(moved);
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

    /// Where the first cell is in a wide row after a move, and how far from there to the next.
    #[inline(always)]
    fn shift(&self, moved: f64) -> (usize, f64) {
        let most = (CELLS - 1) as f64;
        let cells = (moved / self.grid.width()).clamp(-most, most) + CELLS as f64;
        (cells as usize, cells - (cells as usize) as f64)
    }

    /// Values before the jump that may end a step, and the coefficients of what jumps make of the price and of its square: of a value
    /// after a jump less that before, those that leave the least square.
    #[inline(always)]
    fn jump(&self, jumps: &Jumps, values: &mut Row, line: &mut [Terms; CELLS]) {
        let wide = wide(values);
        let (mut after, mut products) = ([0.0; CELLS], [[0.0; CELLS]; 2]);
        let [mut second, mut third, mut fourth] = [0.0; 3];
        for (node, weight) in FIVE {
            let size = jumps.mean + jumps.std_dev * node;
            let made = elementary::exp_m1(size);
            let square = made * made;
            second += weight * square;
            third += weight * square * made;
            fourth += weight * square * square;
            let (place, part) = self.shift(self.sign * size);
            for cell in 0..CELLS {
                let (here, next) = (wide[place + cell], wide[place + cell + 1]);
                let value = here + part * (next - here);
                after[cell] += weight * value;
                let gained = weight * made * (value - values[cell]);
                products[0][cell] += gained;
                products[1][cell] += made * gained;
            }
        }
        let chance = -elementary::exp_m1(-jumps.rate() * self.step());
        let determinant = second * fourth - third * third;
        for (cell, entry) in line.iter_mut().enumerate() {
            let [first, square] = [products[0][cell], products[1][cell]];
            let coefficients = if determinant > 1e-9 * second * fourth {
                [
                    (fourth * first - third * square) / determinant,
                    (second * square - third * first) / determinant,
                ]
            } else if second > 0.0 {
                // Jumps of one size.
                [first / second, 0.0]
            } else {
                [0.0; 2]
            };
            entry[JUMPS..].copy_from_slice(&coefficients.map(|x| x as f32));
            values[cell] += chance * (after[cell] - values[cell]);
        }
    }
}

/// A row between those that have passed the barrier and those that are far from it.
#[inline(always)]
fn wide(row: &Row) -> Wide {
    let mut wide = [1.0; WIDTH];
    wide[CELLS..2 * CELLS].copy_from_slice(row);
    wide[2 * CELLS..].fill(row[CELLS - 1]);
    wide
}

/// Weights of the points at −1, 0, 1 and 2 of a cubic through them, between 0 and 1.
#[inline(always)]
fn cubic(t: f64) -> [f64; 4] {
    let (before, after) = (t * (t - 1.0), (t + 1.0) * (t - 2.0));
    [-before * (t - 2.0) / 6.0, after * (t - 1.0) / 2.0, -after * t / 2.0, before * (t + 1.0) / 6.0]
}
