//! What changes along a path: the money of each pool, and what has become of the account.

use crate::stats::{Calls, Exit};

/// One pool of one level on one path: what every moment looks at. Those of a block are more than a first-level cache holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// Money, less what the positions were bought for.
    pub cash: f64,
    /// Interest in money that grows until the middle of the coming interval.
    pub pending: f64,
    pub funding: f64,
    pub interest: f64,
    /// When the owner answers a margin call, in years, and when a lender liquidates unless the loan has recovered; infinite
    /// without one.
    pub due: f64,
    pub deadline: f64,
    /// Nearest log-prices at which something happens, trailing stops not counted, where one asset decides.
    pub low: f64,
    pub high: f64,
    /// What it left, in the currency of the account; not a number while it is open.
    pub left: f64,
}

/// The rest of what is known of the same pool: what events look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aside {
    pub fees: f64,
    pub slippage: f64,
    /// Kept at liquidations, in part or whole.
    pub kept: f64,
    pub bad_debt: f64,
    /// Where the margin was last found to end.
    pub near: (f64, f64),
    /// Least distance of the trailing stops of open longs and shorts; infinite without any.
    pub trails: (f64, f64),
}

impl Slot {
    pub fn is_open(&self) -> bool {
        self.left.is_nan()
    }

    /// When something is to be done whatever the price.
    pub fn appointment(&self) -> f64 {
        self.due.min(self.deadline)
    }
}

/// A pool of a level on a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub lane: usize,
    pub level: usize,
    pub pool: usize,
}

/// One level on one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub peak: f64,
    pub drawdown: f64,
    /// Its hit; none so far.
    pub hit: Option<u32>,
    /// How the owner first closed something; none so far.
    pub exit: Option<Exit>,
    pub calls: Calls,
    /// How often the venue closed a part and left the rest.
    pub reductions: f64,
    /// Money that is left for margin calls, and what was paid in of it and on a schedule.
    pub reserve: f64,
    pub paid_in: f64,
}

impl Course {
    /// Takes in the equity of a moment.
    #[inline]
    pub fn follow(&mut self, equity: f64) {
        self.peak = self.peak.max(equity);
        self.drawdown = self.drawdown.max(1.0 - equity / self.peak);
    }
}

/// The nearest of what the open pools on one asset wait for, and the first appointment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    pub low: f64,
    pub high: f64,
    pub due: f64,
    pub is_open: bool,
}

impl Watch {
    pub const NOTHING: Self =
        Self { low: f64::NEG_INFINITY, high: f64::INFINITY, due: f64::INFINITY, is_open: false };

    pub fn and(self, other: Self) -> Self {
        Self {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
            due: self.due.min(other.due),
            is_open: self.is_open || other.is_open,
        }
    }
}
