//! Days of the past, to be drawn anew: how the variance surprised on each, and which way the price took.

use std::cmp::Ordering;

use super::estimate::{HarEstimate, PastDay};
use super::hours::Hours;
use super::variances::DAY;
use crate::numeric::exp;

/// One day as a path draws it. Prices are logarithms over the close before the day, in units of the day's deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayShape {
    /// What the regression did not explain of the day's log-variance.
    pub shock: f64,
    /// Log-variance of its last six hours, times four, over its own.
    pub short: f64,
    /// Lowest price; not positive.
    pub low: f64,
    /// Highest price; not negative.
    pub high: f64,
    /// Price at the end.
    pub close: f64,
    /// How much it counts; positive.
    pub weight: f64,
    /// Hours since 1970 (UTC) at its start.
    pub hour: i64,
}

/// Low, high and close of one hour of a day, in the day's units.
pub type HourShape = [f64; 3];

/// Days with their hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Days {
    days: Vec<DayShape>,
    /// 24 for every day.
    hours: Vec<HourShape>,
    /// What a draw of a day means, by how far the price went on it.
    draws: Vec<Drawn>,
    /// By equal parts of the uniform of a draw, the first that it may be.
    first: Vec<u32>,
}

/// A draw of a day: what a path takes from it. Draws lie in the order of how far the price went, so that of two uniforms the larger one goes
/// farther (assets that share days have them in one order); one is found from the first of its part of the uniform (Chen and Asau 1974). All on one line of the cache.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub struct Drawn {
    pub shock: f64,
    pub short: f64,
    pub low: f64,
    pub high: f64,
    pub close: f64,
    /// Chance of this draw or one before it.
    up_to: f64,
    /// The day.
    day: u32,
}

/// Parts of the uniform to each day.
const PARTS: usize = 2;

/// The draws of days, by how far the price went or as they come, and the first of each part of the uniform.
fn draws(days: &[DayShape], is_sorted: bool) -> (Vec<Drawn>, Vec<u32>) {
    let total: f64 = days.iter().map(|day| day.weight).sum();
    let mut order: Vec<usize> = (0..days.len()).collect();
    // The day's own surprise is part of how far the price goes on it.
    let key = |day: &usize| (days[*day].reach(), days[*day].shock);
    if is_sorted {
        order.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(Ordering::Equal));
    }
    let mut sum = 0.0;
    let draw = |index: usize| {
        let DayShape { shock, short, low, high, close, weight, .. } = days[index];
        sum += weight;
        Drawn { shock, short, low, high, close, up_to: sum / total, day: index as u32 }
    };
    let mut draws: Vec<Drawn> = order.into_iter().map(draw).collect();
    if let Some(last) = draws.last_mut() {
        last.up_to = f64::INFINITY;
    }
    let parts = PARTS * draws.len();
    let start = |part: usize| {
        let edge = part as f64 / parts as f64;
        draws.partition_point(|draw| draw.up_to <= edge) as u32
    };
    let first = (0..parts).map(start).collect();
    (draws, first)
}

impl Days {
    /// From days with their 24 hours each; none if there is no day, a weight is not positive and finite, or an hour is missing.
    pub fn new(days: Vec<DayShape>, hours: Vec<HourShape>) -> Option<Self> {
        Self::drawn(days, hours, true)
    }

    fn drawn(days: Vec<DayShape>, hours: Vec<HourShape>, is_sorted: bool) -> Option<Self> {
        let fits = hours.len() == DAY * days.len() && !days.is_empty();
        let is_sound = |day: &DayShape| day.weight > 0.0 && day.weight.is_finite();
        if !fits || !days.iter().all(is_sound) {
            return None;
        }
        let (draws, first) = draws(&days, is_sorted);
        Some(Self { draws, first, days, hours })
    }

    /// Shocks alone, each as likely: days without a shape.
    pub(super) fn of_shocks(shocks: &[f64]) -> Self {
        let day = |shock: &f64| DayShape {
            shock: *shock,
            short: 0.0,
            low: 0.0,
            high: 0.0,
            close: 0.0,
            weight: 1.0,
            hour: 0,
        };
        let days: Vec<DayShape> = shocks.iter().map(day).collect();
        let (draws, first) = draws(&days, true);
        Self { draws, first, days, hours: Vec::new() }
    }

    /// The days of an estimate.
    pub(super) fn of(hours: &Hours, estimate: &HarEstimate) -> Option<Self> {
        let days = estimate.days.iter().map(|day| DayShape::of(hours, day)).collect();
        let shapes = estimate.days.iter().flat_map(|day| {
            let unit = exp(-0.5 * day.log_variance);
            let before = hours.close()[day.start - 1];
            let over = move |price: f64| (price - before) * unit;
            (day.start..day.start + DAY)
                .map(move |at| [over(hours.low()[at]), over(hours.high()[at]), over(hours.close()[at])])
        });
        Self::new(days, shapes.collect())
    }

    /// The days.
    pub fn days(&self) -> &[DayShape] {
        &self.days
    }

    /// The days with these indices, each with another weight; none if there is none. They are drawn in this order, whatever the price did: a word
    /// means the same day to all assets that share them.
    pub(super) fn select(&self, kept: &[(usize, f64)]) -> Option<Self> {
        let days = kept.iter().map(|(index, weight)| DayShape { weight: *weight, ..self.days[*index] });
        let hours = kept.iter().flat_map(|(index, _)| self.hours_of(*index)).copied();
        Self::drawn(days.collect(), hours.collect(), false)
    }

    /// The 24 hours of a day.
    pub fn hours_of(&self, day: usize) -> &[HourShape] {
        &self.hours[day * DAY..][..DAY]
    }

    /// The day and the sign that a random word draws, and what a path takes from it.
    #[inline(always)]
    pub fn draw(&self, word: u64) -> (usize, f64, &Drawn) {
        // The lowest bit is the sign, the upper 52 are a uniform.
        let uniform = (word >> 12) as f64 * (1.0 / (1_u64 << 52) as f64);
        let mut place = self.first[(uniform * self.first.len() as f64) as usize] as usize;
        while self.draws[place].up_to <= uniform {
            place += 1;
        }
        let drawn = &self.draws[place];
        (drawn.day as usize, if word & 1 == 0 { 1.0 } else { -1.0 }, drawn)
    }
}

impl DayShape {
    /// How far the price goes on it, given what was known before.
    fn reach(&self) -> f64 {
        exp(0.5 * self.shock) * self.close.abs()
    }

    /// The shape of a day of a history.
    pub(super) fn of(hours: &Hours, day: &PastDay) -> Self {
        let unit = exp(-0.5 * day.log_variance);
        let before = hours.close()[day.start - 1];
        let range = day.start..day.start + DAY;
        let low = hours.low()[range.clone()].iter().copied().fold(f64::INFINITY, f64::min);
        let high = hours.high()[range.clone()].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self {
            shock: day.shock,
            short: day.short,
            low: ((low - before) * unit).min(0.0),
            high: ((high - before) * unit).max(0.0),
            close: (hours.close()[range.end - 1] - before) * unit,
            weight: day.weight,
            hour: hours.hour(day.start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(number: u32) -> Days {
        let day = |i: u32| DayShape {
            shock: 0.05 * f64::from(i),
            short: 0.0,
            low: -3.0,
            high: 3.0,
            close: f64::from(i * 37 % 57) / 57.0 - 0.5,
            weight: 1.0 + f64::from(i % 7) * 0.4,
            hour: 0,
        };
        let hours = vec![[0.0; 3]; DAY * number as usize];
        Days::new((0..number).map(day).collect(), hours).unwrap()
    }

    /// Over an even grid of uniforms each day comes as often as it counts, to one grid point at either end.
    #[test]
    fn days_are_drawn_by_their_weights() {
        let (days, grid) = (days(57), 200_000_u64);
        let mut found = vec![0.0; 57];
        for i in 0..grid {
            let word = (((i as f64 + 0.5) / grid as f64 * (1_u64 << 52) as f64) as u64) << 12;
            found[days.draw(word).0] += 1.0;
        }
        let total: f64 = days.days().iter().map(|day| day.weight).sum();
        for (found, day) in found.iter().zip(days.days()) {
            assert!((found - day.weight / total * grid as f64).abs() <= 2.0, "{found}");
        }
    }

    #[test]
    fn larger_words_go_farther_and_the_last_bit_is_the_sign() {
        let days = days(57);
        let mut before = 0.0;
        for word in (0..u64::MAX - (1 << 56)).step_by(1 << 56) {
            let (_, sign, drawn) = days.draw(word);
            assert!(days.days()[drawn.day as usize].reach() >= before && sign == 1.0);
            assert_eq!(days.draw(word | 1).1, -1.0);
            before = days.days()[drawn.day as usize].reach();
        }
        let farthest = days.days().iter().map(DayShape::reach).fold(0.0, f64::max);
        assert_eq!(days.days()[days.draw(u64::MAX).0].reach(), farthest);
    }
}
