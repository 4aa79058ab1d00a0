//! Loops over the prices of all paths of a block, compiled for every instruction set.

use crate::numeric::{Kernel, exp};

/// x from log-prices.
pub(super) struct Prices<'a> {
    pub power: f64,
    pub log_prices: &'a [f64],
    pub x: &'a mut [f64],
}

impl Kernel for Prices<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (x, log_price) in self.x.iter_mut().zip(self.log_prices) {
            *x = exp(self.power * log_price);
        }
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

/// The running extreme of all paths over some monitoring dates in a row, and the paths that have touched their nearest barrier at one.
pub(super) struct Passed<'a> {
    pub sign: f64,
    /// Log-prices by date and path.
    pub rows: &'a [f64],
    pub nearest: &'a [f64],
    pub deepest: &'a mut [f64],
    pub touched: &'a mut Vec<u32>,
}

/// Paths whose running extremes are held in registers over all dates.
const TOGETHER: usize = 16;

impl Kernel for Passed<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { sign, rows, nearest, deepest, touched } = self;
        let paths = deepest.len();
        let whole = paths - paths % TOGETHER;
        for start in (0..whole).step_by(TOGETHER) {
            let mut lowest = [f64::INFINITY; TOGETHER];
            for row in rows.chunks_exact(paths) {
                for (lowest, price) in lowest.iter_mut().zip(&row[start..start + TOGETHER]) {
                    let price = sign * price;
                    *lowest = if price < *lowest { price } else { *lowest };
                }
            }
            let mut bits = 0_u32;
            for (i, (lowest, nearest)) in lowest.iter().zip(&nearest[start..start + TOGETHER]).enumerate() {
                bits |= u32::from(*lowest <= *nearest) << i;
            }
            for (deepest, lowest) in deepest[start..start + TOGETHER].iter_mut().zip(lowest) {
                *deepest = if lowest < *deepest { lowest } else { *deepest };
            }
            while bits != 0 {
                touched.push(start as u32 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
        for path in whole..paths {
            for price in rows[path..].iter().step_by(paths) {
                deepest[path] = deepest[path].min(sign * price);
            }
            touched.push(path as u32);
        }
    }
}

/// What a level came to by path. A gap through its price may leave less than liquidation there, at most the maintenance margin: it is
/// taken for that.
pub(super) struct Outcomes<'a> {
    pub level: u32,
    /// Closing equity, as a constant and a factor on z.
    pub closes: (f64, f64),
    /// What liquidation leaves.
    pub left: f64,
    pub z: &'a [f64],
    /// Number of levels that closed with something, by path.
    pub kept: &'a [u32],
    /// Number of levels that were not liquidated.
    pub open: &'a [u32],
    pub returns: &'a mut [f64],
    pub liquidated: &'a mut [u8],
}

impl Kernel for Outcomes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { level, closes: (cash, exposure), left, z, kept, open, returns, liquidated } = self;
        let paths = z.iter().zip(kept).zip(open);
        for ((returned, liquidated), ((z, kept), open)) in returns.iter_mut().zip(liquidated).zip(paths) {
            let lost = if *open > level { 0.0 } else { left };
            *returned = if *kept > level { exposure.mul_add(*z, cash) } else { lost } - 1.0;
            *liquidated = u8::from(*open <= level);
        }
    }
}
