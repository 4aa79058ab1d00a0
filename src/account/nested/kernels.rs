//! Loops over the paths of a block, compiled for every instruction set.

use super::Nested;
use crate::account::sums::add_sums;
use crate::market::Bars;
use crate::numeric::{Kernel, exp};
use crate::stats::Tally;

/// The candidates of a batch, booked one by one; a kernel for the sake of its multiply-adds.
pub(super) struct Book<'a> {
    pub nested: &'a mut Nested,
    pub bars: &'a Bars,
}

impl Kernel for Book<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for k in 0..self.nested.candidates.indices.len() {
            self.nested.book(k, self.bars);
        }
    }
}

/// Looks at the prices of all paths: the running extreme of each, and who has touched the nearest barrier.
pub(super) struct Look<'a> {
    pub nested: &'a mut Nested,
    pub times: &'a [f64],
    /// Log-prices by look and path.
    pub rows: &'a [f64],
}

/// Paths whose running extremes are held in registers over all looks.
const TOGETHER: usize = 16;

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { nested, times, rows } = self;
        let paths = nested.deepest.len();
        let whole = paths - paths % TOGETHER;
        for start in (0..whole).step_by(TOGETHER) {
            let mut lowest = [f64::INFINITY; TOGETHER];
            for row in rows.chunks_exact(paths) {
                for (lowest, price) in lowest.iter_mut().zip(&row[start..start + TOGETHER]) {
                    let price = nested.sign * price;
                    *lowest = if price < *lowest { price } else { *lowest };
                }
            }
            let mut touched = 0_u32;
            for (i, (lowest, nearest)) in
                lowest.iter().zip(&nested.nearest[start..start + TOGETHER]).enumerate()
            {
                touched |= u32::from(*lowest <= *nearest) << i;
            }
            for (deepest, lowest) in nested.deepest[start..start + TOGETHER].iter_mut().zip(lowest) {
                *deepest = if lowest < *deepest { lowest } else { *deepest };
            }
            while touched != 0 {
                nested.look_at(start + touched.trailing_zeros() as usize, times, rows);
                touched &= touched - 1;
            }
        }
        for path in whole..paths {
            for price in rows[path..].iter().step_by(paths) {
                let price = nested.sign * price;
                nested.deepest[path] = nested.deepest[path].min(price);
            }
            nested.look_at(path, times, rows);
        }
    }
}

/// The end of a block.
pub(super) struct Close<'a> {
    pub nested: &'a mut Nested,
    pub log_price: &'a [f64],
    pub weights: &'a [f64],
    pub tally: &'a mut Tally,
}

impl Kernel for Close<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { nested, log_price, weights, tally } = self;
        let lanes = log_price.len();
        nested.ratios.resize(lanes, 0.0);
        for (ratio, log_price) in nested.ratios.iter_mut().zip(log_price) {
            *ratio = exp(nested.exponent * *log_price);
        }
        for ((ratio, open_levels), weight) in nested.ratios.iter().zip(&nested.open_levels).zip(weights) {
            let open_levels = *open_levels as usize;
            if open_levels > 0 {
                let level = &nested.levels[open_levels - 1];
                let equity = level.closing_slope.mul_add(*ratio, level.closing_constant);
                nested.survivor_sums[open_levels - 1].add(ratio - 1.0, *weight);
                let closing_equity = &mut tally.levels[open_levels - 1].closing_equity;
                nested.closings.add(open_levels - 1, closing_equity, equity, *weight);
            }
        }
        for (deepest, weight) in nested.deepest.iter().zip(weights) {
            tally.depths.add(-deepest, *weight);
        }
        nested.tally_passes(weights, tally);
        add_sums(&mut nested.survivor_sums, &mut nested.liquidated_sums, lanes, tally);
    }
}

/// The running extreme of paths that all have a price.
pub(super) struct Deepen<'a> {
    pub prices: &'a [f64],
    pub sign: f64,
    pub deepest: &'a mut [f64],
}

impl Kernel for Deepen<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (deepest, price) in self.deepest.iter_mut().zip(self.prices) {
            let price = self.sign * price;
            *deepest = if price < *deepest { price } else { *deepest };
        }
    }
}
