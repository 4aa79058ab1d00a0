//! The recorded hours behind a start, over any stretch of time.

use super::super::har::Hours;
use super::starts::sliding;

/// Hours of the longest window whose extremes are kept.
const WINDOW: usize = 24;
/// Times that are this near to the end of an hour, in hours, are there.
const NEAR: f64 = 1e-6;

/// Recorded hours with the extremes of every day.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    hours: Hours,
    /// Lowest and highest price of the 24 hours from each place on.
    lows: Vec<f64>,
    highs: Vec<f64>,
}

impl Record {
    /// Of hours.
    pub fn new(hours: Hours) -> Self {
        let lows = sliding(hours.low(), WINDOW, |later, earlier| later <= earlier);
        let highs = sliding(hours.high(), WINDOW, |later, earlier| later >= earlier);
        Self { hours, lows, highs }
    }

    /// The hours.
    pub fn hours(&self) -> &Hours {
        &self.hours
    }

    /// Log-price some hours behind a start over that at the start, straight between the ends of hours.
    pub fn price_at(&self, start: usize, time: f64) -> f64 {
        let whole = (time + NEAR).floor();
        let close = |after: usize| self.hours.close()[start + after - 1];
        let (after, share) = (whole as usize, time - whole);
        let here = close(after);
        let moved = if share < NEAR || start + after >= self.hours.len() {
            here
        } else {
            here + share * (close(after + 1) - here)
        };
        moved - close(0)
    }

    /// Log-price at the end of a stretch of time behind a start, its lowest and its highest, over the price at the start. The extremes
    /// of an hour belong to the stretch with its end.
    pub fn piece(&self, start: usize, from: f64, to: f64) -> [f64; 3] {
        let before = self.hours.close()[start - 1];
        let ends = [self.price_at(start, from), self.price_at(start, to)];
        let (mut low, mut high) = (ends[0].min(ends[1]) + before, ends[0].max(ends[1]) + before);
        let mut at = start + (from + NEAR).floor() as usize;
        let last = (start + (to + NEAR).floor() as usize).min(self.hours.len());
        while at < last {
            if at + WINDOW <= last {
                low = low.min(self.lows[at]);
                high = high.max(self.highs[at]);
                at += WINDOW;
            } else {
                low = low.min(self.hours.low()[at]);
                high = high.max(self.hours.high()[at]);
                at += 1;
            }
        }
        [ends[1], low - before, high - before]
    }
}
