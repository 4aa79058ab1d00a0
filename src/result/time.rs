//! When a path came to an end.
//!
//! Where it is known how many paths have ended by some dates, the times between two dates are a stratum of their own: the mean is that of the
//! strata, by their known weights (post-stratification: Cochran 1977, "Sampling techniques", section 5A.9), and a quantile lies in its stratum
//! where the times there say.

use serde::{Deserialize, Serialize};

use crate::account::DATES;
use crate::stats::{Estimate, Histogram, Moments};

/// Days from the start to liquidation, among the liquidated paths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TimeToLiquidation {
    /// Mean.
    pub mean: f64,
    /// Standard error of the mean.
    pub std_error: f64,
    /// 5 % quantile.
    pub p05: f64,
    /// Median.
    pub p50: f64,
    /// 95 % quantile.
    pub p95: f64,
}

/// A date as a share of the horizon.
pub(super) fn share_of_horizon(date: usize) -> f64 {
    (date + 1) as f64 / DATES as f64
}

/// The times between two dates.
#[derive(Debug, Clone, Copy, Default)]
struct Stratum {
    /// Of all times.
    share: f64,
    /// Weight of those seen, and sums of them and of their squares.
    seen: [f64; 3],
}

impl TimeToLiquidation {
    /// From the moments and the histogram of the times as shares of the horizon, with the probabilities of an end `by` evenly spaced dates up to it where
    /// these are known apart; none if there are no times.
    pub(super) fn of(
        (moments, times): (&Moments, &Histogram),
        by: &[Estimate],
        horizon_days: f64,
    ) -> Option<Self> {
        let sums = moments.mapped(0.0, 1.0);
        let [weight, sum, squares, ..] = sums.powers;
        if weight <= 0.0 {
            return None;
        }
        // Σw²/(Σw)² is one over the effective number of times.
        let number = weight * weight / sums.squares[0];
        let (mean, variance, quantiles) = match by.last().filter(|all| all.value > 0.0) {
            Some(all) => stratified(times, (by, all.value), number),
            None => {
                let mean = sum / weight;
                let variance = (squares / weight - mean * mean).max(0.0) / number;
                let total = times.weight();
                (mean, variance, times.quantiles([0.05, 0.5, 0.95].map(|p| p * total)).unwrap_or_default())
            }
        };
        let [p05, p50, p95] = quantiles.map(|time| time * horizon_days);
        Some(Self { mean: mean * horizon_days, std_error: variance.sqrt() * horizon_days, p05, p50, p95 })
    }
}

/// Mean, its variance and the three quantiles of times whose strata are known, of which so many are seen.
fn stratified(times: &Histogram, (by, all): (&[Estimate], f64), number: f64) -> (f64, f64, [f64; 3]) {
    let mut strata = vec![Stratum::default(); by.len()];
    let mut before = 0.0;
    for (stratum, lost) in strata.iter_mut().zip(by) {
        stratum.share = (lost.value - before) / all;
        before = lost.value;
    }
    let mut add = |low: f64, high: f64, weight: f64| {
        let middle = 0.5 * (low + high);
        let place = ((middle * by.len() as f64) as usize).min(by.len() - 1);
        let powers = [1.0, middle, middle * middle];
        strata[place].seen.iter_mut().zip(powers).for_each(|(sum, power)| *sum += weight * power);
    };
    for bin in times.bins() {
        // A bin with a date inside is of both sides; no bin is as wide as what lies between two.
        let edge = (bin.high * by.len() as f64).floor() / by.len() as f64;
        if edge > bin.low && edge < 1.0 {
            let part = (edge - bin.low) / (bin.high - bin.low);
            add(bin.low, edge, part * bin.weight);
            add(edge, bin.high, (1.0 - part) * bin.weight);
        } else {
            add(bin.low, bin.high, bin.weight);
        }
    }
    let width = 1.0 / by.len() as f64;
    let (mut mean, mut variance) = (0.0, 0.0);
    for (date, Stratum { share, seen: [weight, sum, squares] }) in strata.iter().enumerate() {
        // Where no time is seen they may lie anywhere; one more that does makes up for a mean that is their own.
        let anywhere = width * width / 12.0;
        let (own, spread) = match *weight > 0.0 {
            true => (sum / weight, (squares / weight - (sum / weight).powi(2)).max(0.0)),
            false => (share_of_horizon(date) - 0.5 * width, 0.0),
        };
        let seen = number * weight / times.weight();
        let kept = seen.max(1.0);
        mean += share * own;
        variance += share * share * (seen * spread + anywhere) / (kept * kept);
    }
    // Each date errs by itself, and all with what they are shares of.
    let dates = &by[..by.len() - 1];
    let of_dates: f64 = dates.iter().map(|lost| (width * lost.std_error / all).powi(2)).sum();
    let of_all = by.last().map_or(0.0, |whole| whole.std_error / all);
    let of_all: f64 = dates.iter().map(|lost| width * lost.value / all * of_all).sum();
    let edges: Vec<f64> = (0..by.len()).map(share_of_horizon).collect();
    let up_to = times.weights_up_to(&edges);
    let quantile = |p: f64| {
        let date = by.iter().position(|lost| lost.value >= p * all).unwrap_or(by.len() - 1);
        let (share, below) = (strata[date].share, by[date].value / all - strata[date].share);
        let part = if share > 0.0 { (p - below) / share } else { 1.0 };
        let before = if date > 0 { up_to[date - 1] } else { 0.0 };
        let start = edges[date] - width;
        match up_to[date] > before {
            true => {
                let found = times.quantile(before + part * (up_to[date] - before));
                found.unwrap_or(start).clamp(start, edges[date])
            }
            false => part.mul_add(width, start),
        }
    };
    (mean, variance + of_dates + of_all * of_all, [0.05, 0.5, 0.95].map(quantile))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Purpose, Stream};
    use crate::stats::Sums;

    /// Times whose square is uniform, 2,000 a sample: mean 2/3, quantiles √p. Where the share by each date is known the mean's spread over 200 samples is a twentieth
    /// of what it was (±, by 5 errors of a spread, a quarter), is what is stated, and the quantiles miss by less than a quarter of a date.
    #[test]
    fn known_dates_leave_what_happens_between_them() {
        let known: Vec<Estimate> =
            (0..DATES).map(|date| Estimate::normal(0.4 * share_of_horizon(date).powi(2), 0.0)).collect();
        let mut spreads = [0.0; 2];
        for (by, spread) in [&[][..], &known[..]].into_iter().zip(&mut spreads) {
            let (mut sum, mut squares, mut stated) = (0.0, 0.0, 0.0);
            for seed in 0..200 {
                let mut uniforms = vec![0.0; 2_000];
                Stream::new(seed, Purpose::Event(0), 0).uniforms(&mut uniforms);
                let (mut moments, mut times, mut sums) =
                    (Moments::default(), Histogram::default(), Sums::default());
                for time in uniforms.iter().map(|u| u.sqrt()) {
                    sums.add(time, 1.0);
                    times.add(time, 1.0);
                }
                moments.add(&sums);
                let found = TimeToLiquidation::of((&moments, &times), by, 1.0).unwrap();
                sum += found.mean / 200.0;
                squares += found.mean.powi(2) / 200.0;
                stated += found.std_error.powi(2) / 200.0;
                for (quantile, p) in [(found.p05, 0.05_f64), (found.p50, 0.5), (found.p95, 0.95)] {
                    let allowed = if by.is_empty() { 0.06 } else { 0.25 / DATES as f64 };
                    assert!((quantile - p.sqrt()).abs() < allowed, "{p}: {quantile}");
                }
            }
            *spread = (squares - sum * sum).sqrt();
            let ratio = *spread / stated.sqrt();
            assert!((sum - 2.0 / 3.0).abs() < 4.5 * *spread / 200.0_f64.sqrt() + 1e-5, "{sum}");
            assert!((0.75..1.25).contains(&ratio), "{ratio}");
        }
        assert!(spreads[1] < 0.1 * spreads[0], "{spreads:?}");
    }

    #[test]
    fn a_mean_errs_as_its_dates_do() {
        let mut times = Histogram::default();
        let mut sums = Sums::default();
        for step in 0..10_000 {
            let time = (f64::from(step) + 0.5) / 10_000.0;
            times.add(time, 1.0);
            sums.add(time, 1.0);
        }
        let mut moments = Moments::default();
        moments.add(&sums);
        let by: Vec<Estimate> =
            (0..DATES).map(|date| Estimate::normal(0.2 * share_of_horizon(date), 1e-3)).collect();
        let found = TimeToLiquidation::of((&moments, &times), &by, 30.0).unwrap();
        assert!((found.mean - 15.0).abs() < 0.01, "{found:?}");
        // 19 of 20 dates, each off by one in 200; their mean, 9.5 of 20, goes with the share of all.
        let known = 30.0 / 200.0 / 20.0 * (19.0 + 9.5 * 9.5_f64).sqrt();
        assert!((found.std_error - known).abs() < 0.05 * known, "{found:?} {known}");
    }
}
