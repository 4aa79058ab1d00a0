//! Days of the past, to be drawn anew: how the variance surprised on each, and which way the price took.

use std::hint::select_unpredictable;

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
    /// By day, what a draw of it means.
    draws: Vec<Drawn>,
}

/// A draw of a day: what a path takes from it, and the day that is drawn in its place above a threshold (Walker 1977, Vose 1991). All on
/// one line of the cache.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
pub struct Drawn {
    pub shock: f64,
    pub short: f64,
    pub low: f64,
    pub high: f64,
    pub close: f64,
    threshold: f64,
    alias: u32,
}

/// The draws of days with these tables.
fn draws(days: &[DayShape], aliases: impl Iterator<Item = (f64, u32)>) -> Vec<Drawn> {
    let draw = |(day, (threshold, alias)): (&DayShape, (f64, u32))| {
        let DayShape { shock, short, low, high, close, .. } = *day;
        Drawn { shock, short, low, high, close, threshold, alias }
    };
    days.iter().zip(aliases).map(draw).collect()
}

impl Days {
    /// From days with their 24 hours each; none if there is no day, a weight is not positive and finite, or an hour is missing.
    pub fn new(days: Vec<DayShape>, hours: Vec<HourShape>) -> Option<Self> {
        let fits = hours.len() == DAY * days.len() && !days.is_empty();
        let is_sound = |day: &DayShape| day.weight > 0.0 && day.weight.is_finite();
        if !fits || !days.iter().all(is_sound) {
            return None;
        }
        let aliases = aliases(&days.iter().map(|day| day.weight).collect::<Vec<_>>());
        Some(Self { draws: draws(&days, aliases.into_iter()), days, hours })
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
        Self {
            draws: draws(&days, (0..shocks.len() as u32).map(|index| (1.0, index))),
            days,
            hours: Vec::new(),
        }
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

    /// The days with these indices, each with another weight; none if there is none.
    pub(super) fn select(&self, kept: &[(usize, f64)]) -> Option<Self> {
        let days = kept.iter().map(|(index, weight)| DayShape { weight: *weight, ..self.days[*index] });
        let hours = kept.iter().flat_map(|(index, _)| self.hours_of(*index)).copied();
        Self::new(days.collect(), hours.collect())
    }

    /// The 24 hours of a day.
    pub fn hours_of(&self, day: usize) -> &[HourShape] {
        &self.hours[day * DAY..][..DAY]
    }

    /// The day and the sign that a random word draws, and what a path takes from it.
    #[inline(always)]
    pub fn draw(&self, word: u64) -> (usize, f64, &Drawn) {
        // The lowest bit is the sign, the upper 52 are a uniform.
        let place = (word >> 12) as f64 * (1.0 / (1_u64 << 52) as f64) * self.draws.len() as f64;
        let index = (place as usize).min(self.draws.len() - 1);
        let sign = if word & 1 == 0 { 1.0 } else { -1.0 };
        let Drawn { threshold, alias, .. } = self.draws[index];
        let chosen = select_unpredictable(place - (index as f64) < threshold, index, alias as usize);
        (chosen, sign, &self.draws[chosen])
    }
}

impl DayShape {
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

/// Tables from which an index is drawn in proportion to its weight with one look.
fn aliases(weights: &[f64]) -> Vec<(f64, u32)> {
    let n = weights.len();
    let total: f64 = weights.iter().sum();
    let mut shares: Vec<f64> = weights.iter().map(|weight| weight * n as f64 / total).collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| shares[*i] < 1.0);
    let mut table: Vec<(f64, u32)> = (0..n as u32).map(|i| (1.0, i)).collect();
    while let (Some(little), Some(&much)) = (small.pop(), large.last()) {
        table[little] = (shares[little], much as u32);
        shares[much] -= 1.0 - shares[little];
        if shares[much] < 1.0 {
            large.pop();
            small.push(much);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_hold_the_weights() {
        let weights: Vec<f64> = (0..57).map(|i| 1.0 + f64::from(i % 7) * 0.4).collect();
        let total: f64 = weights.iter().sum();
        let mut found = vec![0.0; weights.len()];
        for (index, (threshold, alias)) in aliases(&weights).into_iter().enumerate() {
            found[index] += threshold;
            found[alias as usize] += 1.0 - threshold;
        }
        for (found, weight) in found.iter().zip(&weights) {
            assert!((found / weights.len() as f64 - weight / total).abs() < 1e-14);
        }
    }
}
