//! How much a search may cost: counted, not timed, so that a fit is the same on every machine.

use std::cell::Cell;

/// Units of about a nanosecond of one core: about eight seconds in all.
const MOST: u64 = 8_000_000_000;

/// The work that one fit has left.
#[derive(Debug)]
pub(super) struct Work {
    left: Cell<u64>,
}

impl Work {
    /// The whole of it.
    pub fn new() -> Self {
        Self { left: Cell::new(MOST) }
    }

    /// Takes a number of steps of so many units each.
    pub fn charge(&self, steps: usize, units: u64) {
        self.left.set(self.left.get().saturating_sub(steps as u64 * units));
    }

    /// Whether nothing is left: the search ends with the best point so far.
    pub fn is_spent(&self) -> bool {
        self.left.get() == 0
    }
}
