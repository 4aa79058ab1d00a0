//! How the variance of an hour depends on the hour of the day and on the day of the week.

use serde::Serialize;

use super::hours::Hours;
use crate::numeric::{exp, ln};

/// Hours of history that the factors are taken from: three years.
const WINDOW: usize = 3 * 365 * 24;
/// Hours after which an hour of history counts half: 365 days.
const HALF_LIFE: f64 = 365.0 * 24.0;

/// Factors on the variance of an hour, each set of mean 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Season {
    /// By hour of the day (UTC).
    pub hours: [f64; 24],
    /// By day of the week, Monday first (UTC).
    pub weekdays: [f64; 7],
}

impl Season {
    /// No season.
    pub const NONE: Self = Self { hours: [1.0; 24], weekdays: [1.0; 7] };

    /// From the logarithms of the variances of the last three years before a place, by weighted means with a half-life of a
    /// year. An hour or weekday that was never recorded has factor 1.
    pub fn of(hours: &Hours, end: usize) -> Self {
        let (mut all, mut by_hour, mut by_weekday) =
            (Mean::default(), [Mean::default(); 24], [Mean::default(); 7]);
        let first = end.saturating_sub(WINDOW);
        let fade = exp(-std::f64::consts::LN_2 / HALF_LIFE);
        let mut weight = 1.0;
        for place in (first..end).rev() {
            let variance = hours.variance()[place];
            if variance > 0.0 {
                let value = ln(variance);
                let hour = hours.hour(place);
                all.add(weight, value);
                by_hour[hour.rem_euclid(24) as usize].add(weight, value);
                by_weekday[weekday(hour)].add(weight, value);
            }
            weight *= fade;
        }
        let factors = |means: &[Mean]| -> Vec<f64> {
            means.iter().map(|mean| exp(mean.value().unwrap_or(0.0) - all.value().unwrap_or(0.0))).collect()
        };
        let mut season = Self::NONE;
        set(&mut season.hours, &factors(&by_hour));
        set(&mut season.weekdays, &factors(&by_weekday));
        season
    }

    /// The factor of the hour that starts so many hours after 1970.
    pub fn factor(&self, hour: i64) -> f64 {
        self.hours[hour.rem_euclid(24) as usize] * self.weekdays[weekday(hour)]
    }

    /// The mean factor of the `count` hours from one on.
    pub fn mean(&self, hour: i64, count: usize) -> f64 {
        (0..count as i64).map(|ahead| self.factor(hour + ahead)).sum::<f64>() / count as f64
    }
}

/// The day of the week, 0 for Monday; 1970 began on a Thursday.
fn weekday(hour: i64) -> usize {
    (hour.div_euclid(24) + 3).rem_euclid(7) as usize
}

/// Sets factors to those given over their mean.
fn set(factors: &mut [f64], raw: &[f64]) {
    let mean = raw.iter().sum::<f64>() / raw.len() as f64;
    for (factor, raw) in factors.iter_mut().zip(raw) {
        *factor = raw / mean;
    }
}

/// A weighted mean as it grows.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    weights: f64,
    sum: f64,
}

impl Mean {
    fn add(&mut self, weight: f64, value: f64) {
        self.weights += weight;
        self.sum += weight * value;
    }

    fn value(&self) -> Option<f64> {
        (self.weights > 0.0).then(|| self.sum / self.weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_those_of_the_calendar() {
        // 2024-01-01 was a Monday, 19,723 days after 1970-01-01.
        assert_eq!(weekday(19_723 * 24), 0);
        assert_eq!(weekday(19_723 * 24 - 1), 6);
        assert_eq!(weekday(0), 3);
    }
}
