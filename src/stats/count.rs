//! How many paths of each net something happened to.

use serde::{Deserialize, Serialize};

use crate::numeric::NET;

/// Fewest paths, with and without an event, that tell the spread of its share.
const LEAST_EVENTS: u64 = 25;

/// A count by net: its sum over the nets, and that of its squares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Count(u64, u64);

impl Count {
    #[inline(always)]
    pub fn add(&mut self, count: u32) {
        self.merge(Self(u64::from(count), u64::from(count) * u64::from(count)));
    }

    /// Its sum over the nets.
    pub fn sum(self) -> f64 {
        self.0 as f64
    }

    /// What is beyond a count can come from a foreign file only.
    #[inline(always)]
    pub fn merge(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
        self.1 = self.1.saturating_add(other.1);
    }

    /// The share of paths, and the variance of the share over nets divided by that of independent paths; that of these where too few
    /// events tell.
    pub fn effect(self, nets: u64) -> (f64, f64) {
        let (n, size, sum) = (nets as f64, NET as f64, self.0 as f64);
        let share = sum / (n * size);
        if self.0 < LEAST_EVENTS || (nets * NET as u64).saturating_sub(self.0) < LEAST_EVENTS {
            return (share, 1.0);
        }
        // A count varies by that much where it is as even as whole numbers can be, on average.
        let spread = ((self.1 as f64 - sum * sum / n) / (n - 1.0)).max(1.0 / 6.0);
        (share, spread / (size * share * (1.0 - share)))
    }
}
