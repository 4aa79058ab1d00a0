//! Bars with gaps: the only thing that passes from price models to accounts.
//!
//! A bar is an interval in which the price of one asset moves continuously. Bars of one path follow each other in
//! time; where the open of a bar differs from the close before it, the price has jumped (a gap). All prices are natural
//! logarithms of the price over the asset's price at the start.
//!
//! Order of events within a bar, the same for every account:
//!
//! 1. the gap at the open: a jump can carry the price past a stop and past liquidation at once, and the fill is at
//!    the open, after the gap;
//! 2. the continuous move: a level that lies nearer is passed first;
//! 3. cash flows due at the close;
//! 4. the owner's orders.
//!
//! Discrete monitoring shows the account the price at the monitoring times only: each look is a bar of no duration
//! whose open, low, high and close are the price at that time, so everything since the last look is a gap.

/// Most monitoring dates that are looked at together: with the paths of a block their normals stay in the second-level cache.
pub const LONGEST_STRIDE: usize = 8;

/// Which extremes of the price the accounts look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// The lowest price (long positions).
    Low,
    /// The highest price (short positions).
    High,
}

/// One batch of bars of one asset: at most one bar per path of the block, as a structure of arrays of equal length.
#[derive(Debug, Clone, Default)]
pub struct Bars {
    /// Index of the asset.
    pub asset: usize,
    /// The path within the block that each bar belongs to, ascending.
    pub lanes: Vec<u32>,
    /// Start of each bar, in years since the start of the simulation.
    pub start: Vec<f64>,
    /// Length of each bar in years; 0 for a look under discrete monitoring.
    pub duration: Vec<f64>,
    /// Log-price at the start of the bar, after any gap.
    pub open: Vec<f64>,
    /// Log-price at the end of the bar.
    pub close: Vec<f64>,
    /// Integrated variance of the move: what the law of the bridge between open and close needs.
    pub variance: Vec<f64>,
    /// The extreme of the log-price inside the bar on the side that the accounts watch.
    pub extreme: Vec<f64>,
}

impl Bars {
    /// Empty batch of an asset with room for a whole block.
    pub fn with_capacity(asset: usize, lanes: usize) -> Self {
        let column = || Vec::with_capacity(lanes);
        Self {
            asset,
            lanes: Vec::with_capacity(lanes),
            start: column(),
            duration: column(),
            open: column(),
            close: column(),
            variance: column(),
            extreme: column(),
        }
    }

    /// Number of bars in the batch.
    pub fn len(&self) -> usize {
        self.lanes.len()
    }

    /// Whether the batch holds no bar.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }
}
