//! How the chance to close below a mark goes with the normals that drive a square-root variance: solved
//! backwards on a coarse grid.
//!
//! As the [table of a barrier](super::hedge_table), without one. Jumps count in the drift alone.

use super::hedge_table::{FIVE, SEVEN};
use super::mark_row::{MarkRow, shift};
use super::quadratic_exponential::{Interval, SquareRoot};
use crate::market::{HedgeGrid, MARK_CELLS, MARK_TERMS, MarkSlopes, MarkTable, ROWS, half};
use crate::numeric::Kernel;
use crate::numeric::special::normal_cdf;

/// The deviation, in cells, of what is added to the closing price: a chance that jumps from 0 to 1 has no
/// cubics.
const SMOOTHING: f64 = 1.0;

/// Solves the table.
pub(super) struct Solve {
    pub process: SquareRoot,
    pub grid: HedgeGrid,
    /// Between two cells.
    pub spacing: f64,
}

impl Kernel for Solve {
    type Output = MarkSlopes;

    #[inline(always)]
    fn run(self) -> MarkSlopes {
        let interval = Interval::new(&self.process, 1.0 / self.grid.per_year);
        let mut lines = vec![[[[0; MARK_CELLS]; MARK_TERMS]; ROWS]; self.grid.dates];
        let end: MarkRow = std::array::from_fn(|cell| normal_cdf(MarkTable::distance(cell) / SMOOTHING));
        let mut values = [end; ROWS];
        for lines in lines.iter_mut().rev() {
            let mut before = values;
            for ((row, before), lines) in before.iter_mut().enumerate().zip(lines) {
                let slopes = self.expect(&interval, row, &values, before);
                *lines = slopes.map(|slopes| slopes.map(|slope| half(slope as f32)));
            }
            values = before;
        }
        MarkSlopes { spacing: self.spacing, lines }
    }
}

impl Solve {
    /// Chances at the start of a step from a row, and their coefficients.
    #[inline(always)]
    fn expect(
        &self,
        interval: &Interval,
        row: usize,
        values: &[MarkRow; ROWS],
        means: &mut MarkRow,
    ) -> [MarkRow; MARK_TERMS] {
        let v = self.grid.variance(row);
        let drift = self.process.drift / self.grid.per_year;
        let mut slopes = [[0.0; MARK_CELLS]; MARK_TERMS];
        *means = [0.0; MARK_CELLS];
        for (of_variance, weight) in SEVEN {
            for (of_price, share) in FIVE {
                let n = interval.rho * of_variance + interval.root * of_price;
                let o = interval.root * of_variance - interval.rho * of_price;
                let step = interval.step::<true>(v, n, o);
                let place = self.grid.place(step.variance);
                let below = (place as usize).min(ROWS - 2);
                let part = (place - below as f64).min(1.0);
                let mut blended = values[below];
                for (blended, next) in blended.iter_mut().zip(&values[below + 1]) {
                    *blended += part * (next - *blended);
                }
                let found = shift(&blended, (drift + step.log_return) / self.spacing);
                let weight = weight * share;
                let factors = [weight * n, weight * o, 0.5 * weight * (n * n - 1.0)];
                for (slopes, factor) in slopes.iter_mut().zip(factors) {
                    slopes.iter_mut().zip(&found).for_each(|(slope, found)| *slope += factor * found);
                }
                means.iter_mut().zip(&found).for_each(|(mean, found)| *mean += weight * found);
            }
        }
        slopes
    }
}
