//! Variances of blocks of hours without their season, and what a regression knows of them at any hour.

use super::hours::Hours;
use super::season::Season;
use crate::numeric::ln;

/// Days that the longest mean goes back.
pub const DAYS: usize = 90;
/// Hours of a day.
pub const DAY: usize = 24;
/// Hours of the short block.
const SHORT: usize = 6;

/// What is known at the end of an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct VarianceState {
    /// Log-variance of the last 90 days, each 24 hours long, the latest first. One that was not recorded counts as the mean of those
    /// that were.
    pub days: [f64; DAYS],
    /// Log-variance of the last six hours, times four, over that of the last day.
    pub short: f64,
}

impl VarianceState {
    /// Mean log-variance of the last days.
    pub fn mean(&self, days: usize) -> f64 {
        self.days[..days].iter().sum::<f64>() / days as f64
    }

    /// What the daily regression is on: 1, the last day, the means of 7, 30 and 90 days, and the last hours over the last day.
    pub fn regressors(&self) -> [f64; 6] {
        [1.0, self.days[0], self.mean(7), self.mean(30), self.mean(DAYS), self.short]
    }
}

/// Log-variances of the blocks that end at every hour of a history.
#[derive(Debug, Clone)]
pub struct Variances {
    /// Sums of the deseasonalised variances before each hour.
    sums: Vec<f64>,
    /// Recorded hours before each hour.
    counts: Vec<u32>,
    /// Sums of the seasonal factors before each hour.
    factors: Vec<f64>,
    /// Log-variance of the 24 hours before each place, NaN where fewer than half were recorded.
    days: Vec<f64>,
    /// The same of 6 hours, times four.
    shorts: Vec<f64>,
    /// Regressors of the daily regression at each place, where they are known.
    regressors: Vec<Option<[f64; 6]>>,
}

impl Variances {
    /// The variances of the hours before a place under a season.
    pub fn new(hours: &Hours, season: &Season, until: usize) -> Self {
        let (mut sums, mut counts, mut factors) = (vec![0.0], vec![0_u32], vec![0.0]);
        let (mut sum, mut count, mut all) = (0.0, 0, 0.0);
        for (place, variance) in hours.variance().iter().enumerate().take(until) {
            let factor = season.factor(hours.hour(place));
            all += factor;
            if hours.is_recorded(place) {
                sum += variance / factor;
                count += 1;
            }
            sums.push(sum);
            counts.push(count);
            factors.push(all);
        }
        let mut variances =
            Self { sums, counts, factors, days: Vec::new(), shorts: Vec::new(), regressors: Vec::new() };
        let all = 0..variances.sums.len();
        variances.days = all.clone().map(|end| variances.block(end, DAY)).collect();
        variances.shorts =
            all.clone().map(|end| variances.block(end, SHORT) + 2.0 * std::f64::consts::LN_2).collect();
        variances.regressors = all.map(|end| variances.state(end).map(|state| state.regressors())).collect();
        variances
    }

    /// Log-variance of the block of so many hours before a place, missing hours being as the others; NaN where fewer than half were
    /// recorded or nothing moved.
    pub fn block(&self, end: usize, hours: usize) -> f64 {
        let Some(start) = end.checked_sub(hours).filter(|_| end < self.sums.len()) else { return f64::NAN };
        let recorded = (self.counts[end] - self.counts[start]) as usize;
        let sum = self.sums[end] - self.sums[start];
        // Sums from the beginning have an error of rounding; no real hour is as quiet.
        if 2 * recorded < hours || sum < 1e-12 * self.sums[end] {
            return f64::NAN;
        }
        ln(sum * hours as f64 / recorded as f64)
    }

    /// Mean seasonal factor of the so many hours behind a place, all of which are in the history.
    pub fn season_mean(&self, start: usize, hours: usize) -> f64 {
        (self.factors[start + hours] - self.factors[start]) / hours as f64
    }

    /// Log-variance of the day before a place.
    pub fn day(&self, end: usize) -> f64 {
        self.days.get(end).copied().unwrap_or(f64::NAN)
    }

    /// What is known at a place; none where the last day or half of the 90 before it were not recorded.
    pub fn state(&self, end: usize) -> Option<VarianceState> {
        let mut days = [f64::NAN; DAYS];
        let (mut known, mut sum) = (0_usize, 0.0);
        for (back, day) in days.iter_mut().enumerate() {
            let Some(end) = end.checked_sub(back * DAY) else { break };
            *day = self.day(end);
            if !day.is_nan() {
                known += 1;
                sum += *day;
            }
        }
        if end >= self.days.len() || days[0].is_nan() || 2 * known < DAYS {
            return None;
        }
        let mean = sum / known as f64;
        for day in days.iter_mut().filter(|day| day.is_nan()) {
            *day = mean;
        }
        let short = self.shorts[end] - days[0];
        Some(VarianceState { days, short: if short.is_nan() { 0.0 } else { short } })
    }

    /// Regressors of the daily regression at a place; none where the state is not known.
    pub fn regressors(&self, place: usize) -> Option<[f64; 6]> {
        self.regressors.get(place).copied().flatten()
    }

    /// Log-variance of the last six hours of the day before a place, times four, over that of the day; 0 where it is not known.
    pub fn short(&self, end: usize) -> f64 {
        let short = self.shorts[end] - self.days[end];
        if short.is_nan() { 0.0 } else { short }
    }
}
