//! The way of a price through one bar, event by event, where one asset decides: exact over bars of any length.
//!
//! Between two known ends the path is a Brownian bridge. The nearest barrier on one side is touched with the probability
//! of the reflection principle, at a time drawn from the law of the first passage; what remains is a bridge again, with
//! new barriers. Where barriers on both sides can be reached the bridge is halved, the midpoint being normal around the
//! mean of the ends with a quarter of the variance, until at most one side can. A side counts as out of reach where the
//! chance is below 1e-18.

use super::node::Node;
use crate::numeric::{extreme_below, first_passage_fraction};

/// −ln 1e-18.
pub const OUT_OF_REACH: f64 = 41.45;
/// Variances below this are not halved any more: the price moves by less than 1e-8 of itself.
pub(super) const SMALLEST: f64 = 1e-16;

/// A bridge between two known ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Start and end in years.
    pub time: (f64, f64),
    /// Log-prices there.
    pub y: (f64, f64),
    /// Integrated variance.
    pub variance: f64,
}

/// What the ends of a segment leave open about the barriers on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Neither side.
    Nothing,
    /// Only the one below.
    Low,
    /// Only the one above.
    High,
    /// Both.
    Both,
}

impl Segment {
    /// Which barriers can be reached; the start lies between them.
    #[inline(always)]
    pub fn reach(&self, low: f64, high: f64) -> Reach {
        let side = |from: f64, to: f64| to <= 0.0 || 2.0 * from * to < OUT_OF_REACH * self.variance;
        match (side(self.y.0 - low, self.y.1 - low), side(high - self.y.0, high - self.y.1)) {
            (false, false) => Reach::Nothing,
            (true, false) => Reach::Low,
            (false, true) => Reach::High,
            (true, true) if self.variance < SMALLEST => Reach::Low,
            (true, true) => Reach::Both,
        }
    }

    /// Whether the path can move back by a distance from an extreme inside the segment.
    #[inline(always)]
    pub fn can_turn(&self, distance: f64) -> bool {
        let room = distance - (self.y.1 - self.y.0).abs();
        self.variance >= SMALLEST
            && (room <= 0.0 || 2.0 * room * room < (OUT_OF_REACH + 10.0) * self.variance)
    }

    /// The first part up to a share of the time, and the rest; the point between them is drawn.
    #[inline(always)]
    pub fn split(&self, share: f64, normal: f64) -> (Self, Self) {
        let spread = (self.variance * share * (1.0 - share)).sqrt();
        let y = self.y.0 + share * (self.y.1 - self.y.0) + spread * normal;
        let time = self.time.0 + share * (self.time.1 - self.time.0);
        let part = |time, y, share| Self { time, y, variance: self.variance * share };
        (
            part((self.time.0, time), (self.y.0, y), share),
            part((time, self.time.1), (y, self.y.1), 1.0 - share),
        )
    }

    /// What is left of the segment after it first touched a level that it does touch.
    #[inline(always)]
    pub fn after_touching(&self, level: f64, node: Node) -> Self {
        let (from, to) = ((self.y.0 - level).abs(), (self.y.1 - level).abs());
        let share = if from > 0.0 && self.variance > 0.0 {
            first_passage_fraction(from, to, self.variance, node.normal(1), node.uniform(2))
        } else {
            0.0
        };
        let time = self.time.0 + share * (self.time.1 - self.time.0);
        Self { time: (time, self.time.1), y: (level, self.y.1), variance: self.variance * (1.0 - share) }
    }

    /// The lowest point.
    #[inline(always)]
    pub fn lowest(&self, node: Node) -> f64 {
        extreme_below(self.y.0, self.y.1, self.variance, node.uniform(0))
    }

    /// The highest point.
    #[inline(always)]
    pub fn highest(&self, node: Node) -> f64 {
        -extreme_below(-self.y.0, -self.y.1, self.variance, node.uniform(0))
    }
}
