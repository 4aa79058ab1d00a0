//! What changes along a path: the money of each purse, and what has become of the account.

use super::purse::{Holdings, Purse};
use crate::stats::{Calls, Exit};

/// One purse of one level on one path.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot {
    pub held: Holdings,
    pub fees: f64,
    pub funding: f64,
    pub interest: f64,
    /// When the owner answers a margin call, in years; infinite without one.
    pub due: f64,
    /// What it left, in the currency of the account; not a number while it is open.
    pub left: f64,
    pub bad_debt: f64,
    pub kept: f64,
    /// What a unit of the purse was worth at the close.
    pub worth: f64,
}

impl Slot {
    pub fn open(purse: &Purse) -> Self {
        let (left, due) = (f64::NAN, f64::INFINITY);
        Self { held: purse.opening(), fees: purse.entry_fee, left, due, ..Self::default() }
    }

    pub fn is_open(&self) -> bool {
        self.left.is_nan()
    }
}

/// A purse of a level on a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub lane: usize,
    pub level: usize,
    pub purse: usize,
}

/// One level on one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub peak: f64,
    pub drawdown: f64,
    /// Its hit; none so far.
    pub hit: Option<u32>,
    /// How the owner first closed a purse; none so far.
    pub exit: Option<Exit>,
    pub calls: Calls,
    /// Money that is left for margin calls, and what was paid in of it and on a schedule.
    pub reserve: f64,
    pub paid_in: f64,
}

impl Course {
    /// Takes in the equity of a moment.
    pub fn follow(&mut self, equity: f64) {
        self.peak = self.peak.max(equity);
        self.drawdown = self.drawdown.max(1.0 - equity / self.peak);
    }
}

/// Numbers of one path, by place in a purse's assets.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    pub y_open: Vec<f64>,
    pub y_close: Vec<f64>,
    pub x_open: Vec<f64>,
    pub x_close: Vec<f64>,
    pub gradient: Vec<f64>,
}

impl Columns {
    /// The prices of one path.
    pub fn gather(&mut self, assets: &[usize], ratios: &[Vec<f64>], lane: usize) {
        self.x_open.clear();
        self.x_open.extend(assets.iter().map(|asset| ratios[*asset][lane]));
        self.gradient.resize(assets.len(), 0.0);
    }
}
