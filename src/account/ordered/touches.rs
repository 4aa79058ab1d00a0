//! Paths set aside until all of them have been looked at.

use crate::market::LONGEST_STRIDE;

/// The paths of a block that have touched their nearest barrier at one of the dates at hand, in ascending order.
#[derive(Debug, Default)]
pub(super) struct Touches {
    pub lanes: Vec<u32>,
    /// The lowest mirrored log-price.
    pub lowest: Vec<f64>,
    /// Mirrored log-prices by date; ∞ beyond the last one.
    pub prices: Vec<[f64; LONGEST_STRIDE]>,
    /// The barrier, beside each of them.
    nearest: Vec<[f64; LONGEST_STRIDE]>,
    /// Whether it is touched.
    pub flags: Vec<[u8; LONGEST_STRIDE]>,
}

impl Touches {
    /// Sets a path aside, with its barrier and its lowest price; its log-prices are the first entries of rows of some length.
    #[inline(always)]
    pub fn push(
        &mut self,
        lane: usize,
        (nearest, lowest): (f64, f64),
        sign: f64,
        (rows, paths): (&[f64], usize),
    ) {
        self.lanes.push(lane as u32);
        self.lowest.push(lowest);
        self.nearest.push([nearest; LONGEST_STRIDE]);
        // Written where they stay: a vector that is read right after its numbers were written one by one has to wait for them.
        self.prices.push([f64::INFINITY; LONGEST_STRIDE]);
        let Some(prices) = self.prices.last_mut() else { return };
        let mut place = 0;
        for price in prices {
            let Some(row) = rows.get(place) else { break };
            *price = sign * row;
            place += paths;
        }
    }

    /// Finds the dates at which barriers are touched.
    #[inline(always)]
    pub fn find(&mut self) {
        self.flags.clear();
        self.flags.resize(self.lanes.len(), [0; LONGEST_STRIDE]);
        let (prices, nearest) = (self.prices.as_flattened(), self.nearest.as_flattened());
        for ((flag, price), nearest) in self.flags.as_flattened_mut().iter_mut().zip(prices).zip(nearest) {
            *flag = u8::from(*price <= *nearest);
        }
    }

    /// Nobody is set aside any more.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.lanes.clear();
        self.lowest.clear();
        self.prices.clear();
        self.nearest.clear();
    }
}
