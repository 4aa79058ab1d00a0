//! The past starts of a horizon, and how far the price went from each.

use std::collections::VecDeque;

use super::super::har::{Hours, Variances};
use super::HorizonEstimate;
use crate::numeric::exp;

/// How far the price went down and up within a horizon from every place of a history, as positive distances of log-prices over the close
/// before it; one entry for each place with a whole horizon behind it, the first of which is place 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Extremes {
    /// Hours of the horizon.
    pub hours: usize,
    /// How far down, from place 1 on.
    pub down: Vec<f64>,
    /// How far up.
    pub up: Vec<f64>,
}

impl Extremes {
    /// Over horizons of so many hours.
    pub fn of(hours: &Hours, horizon: usize) -> Self {
        let lows = sliding(hours.low(), horizon, |later, earlier| later <= earlier);
        let highs = sliding(hours.high(), horizon, |later, earlier| later >= earlier);
        let close = hours.close();
        let below = |(low, before): (&f64, &f64)| (before - low).max(0.0);
        let above = |(high, before): (&f64, &f64)| (high - before).max(0.0);
        Self {
            hours: horizon,
            down: lows.iter().skip(1).zip(close).map(below).collect(),
            up: highs.iter().skip(1).zip(close).map(above).collect(),
        }
    }

    /// How far down and up from a place; none without a whole horizon.
    pub fn at(&self, place: usize) -> Option<(f64, f64)> {
        let index = place.checked_sub(1)?;
        Some((*self.down.get(index)?, *self.up.get(index)?))
    }
}

/// By place, the value of its window that wins against all others (`beats(later, earlier)`).
pub fn sliding(values: &[f64], window: usize, beats: impl Fn(f64, f64) -> bool) -> Vec<f64> {
    let mut candidates: VecDeque<usize> = VecDeque::new();
    let mut found = Vec::with_capacity((values.len() + 1).saturating_sub(window));
    for (place, value) in values.iter().enumerate() {
        while candidates.back().is_some_and(|last| beats(*value, values[*last])) {
            candidates.pop_back();
        }
        candidates.push_back(place);
        if place + 1 < window {
            continue;
        }
        while candidates.front().is_some_and(|first| *first + window <= place) {
            candidates.pop_front();
        }
        found.extend(candidates.front().map(|first| values[*first]));
    }
    found
}

/// By place from 1 on and before another place, what the moves behind it are multiplied by to have a log-variance of 0 with a flat season: the inverse of the
/// forecast deviation there. NaN where nothing can be said, or no whole horizon lies behind.
pub fn inverse_deviations(
    hours: &Hours,
    variances: &Variances,
    estimate: &HorizonEstimate,
    until: usize,
) -> Vec<f64> {
    let horizon = estimate.hours();
    (1..(until + 1).saturating_sub(horizon))
        .map(|start| match variances.regressors(start) {
            Some(known) if hours.is_recorded(start - 1) => {
                exp(-0.5 * estimate.log_variance(known)) / variances.season_mean(start, horizon).sqrt()
            }
            _ => f64::NAN,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_their_extremes() {
        let values: Vec<f64> = (0..200).map(|i| f64::from((i * 7919) % 101)).collect();
        for window in [1, 2, 7, 24, 200] {
            let found = sliding(&values, window, |later, earlier| later <= earlier);
            let naive: Vec<f64> = values
                .windows(window)
                .map(|part| part.iter().copied().fold(f64::INFINITY, f64::min))
                .collect();
            assert_eq!(found, naive, "{window}");
        }
    }
}
