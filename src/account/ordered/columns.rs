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
