//! Heston's model by the moments of realised variance.
//!
//! The realised variance of a day (sum of squared returns, per year) is its integrated variance plus noise that is
//! uncorrelated over days. For dv = κ(θ − v)dt + ξ√v dW and x = (1 − e^(−κΔ))/(κΔ), with Δ one day, and lags k ≥ 1:
//!
//! - mean: θ;
//! - autocovariance at lag k: ξ²θ/(2κ)·x²·e^(−κΔ(k−1)), which gives κ by its decay and ξ by its size;
//! - covariance of a day's return with the realised variance k days later: ρξθΔ·x²·e^(−κΔ(k−1)), which gives ρ.
//!
//! Lag 0 is left out: it holds the noise. The curves are fitted by least squares over the lags; standard errors come from
//! resampling blocks of days. The moments are those of Bollerslev and Zhou (2002, Journal of Econometrics 109). A
//! single factor cannot follow the long memory of crypto volatility: what is fitted is its decay over weeks.

use crate::numeric::elementary;

use super::bootstrap::{block_bootstrap, errors_of};
use super::fit::{Covariance, Fit, FitError, Parameter};
use super::jumps::Jumps;
use super::sample::Sample;

/// Lags in days that the curves are fitted over.
const LAGS: usize = 30;
/// Days whose mean variance the scenario starts with: fewer are noise, more are the past.
const LAST_DAYS: usize = 7;
/// Days in a block of the bootstrap.
const BLOCK: usize = 90;
/// Fewest days.
const FEWEST_DAYS: usize = 365;
/// Part of a day's returns that must be there for it to count.
const COMPLETE: f64 = 0.9;
/// Mean reversion per year that is searched: half lives from half a year to half a day.
const MEAN_REVERSION: (f64, f64) = (1.4, 500.0);
/// Correlations are kept inside this.
const LARGEST_CORRELATION: f64 = 0.99;

const DAY: u64 = 86_400;
const DAY_YEARS: f64 = 1.0 / 365.0;

/// The model's parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HestonLaw {
    /// Long-run variance θ per year.
    pub long_run_variance: f64,
    /// Speed of mean reversion κ per year.
    pub mean_reversion: f64,
    /// Volatility of variance ξ.
    pub vol_of_vol: f64,
    /// Correlation ρ of price and variance.
    pub correlation: f64,
}

/// Return and realised variance (per year) of each complete day, without the returns that are jumps.
struct Days {
    returns: Vec<f64>,
    variances: Vec<f64>,
}

impl Days {
    fn of(sample: &Sample, jumps: Option<&Jumps>) -> Result<Self, FitError> {
        let step = sample.step.seconds();
        if step == 0 || step > DAY {
            return Err(FitError::LongStep);
        }
        let per_day = (DAY / step) as f64;
        let centre = sample.mean();
        let (mut returns, mut variances) = (Vec::new(), Vec::new());
        let mut start = 0;
        let day = |index: usize| sample.times[index].div_euclid(DAY as i64);
        while start < sample.len() {
            let length = (start..sample.len()).take_while(|&index| day(index) == day(start)).count();
            let is_jump = |index: &usize| jumps.is_some_and(|jumps| jumps.is_jump[*index]);
            let kept: Vec<f64> = (start..start + length)
                .filter(|index| !is_jump(index))
                .map(|index| sample.returns[index])
                .collect();
            if length as f64 >= COMPLETE * per_day && !kept.is_empty() {
                let squares: f64 = kept.iter().map(|r| (r - centre).powi(2)).sum();
                returns.push(kept.iter().sum());
                variances.push(squares / (kept.len() as f64 * sample.step_years()));
            }
            start += length;
        }
        if returns.len() < FEWEST_DAYS {
            return Err(FitError::FewDays { days: returns.len(), needed: FEWEST_DAYS });
        }
        Ok(Self { returns, variances })
    }

    /// For each day with `LAGS` days after it: return, variance, then products of both with each later variance. Days that are
    /// missing are skipped over, as if the next one followed.
    fn rows(&self) -> Vec<Vec<f64>> {
        (0..self.returns.len() - LAGS)
            .map(|day| {
                let (r, v) = (self.returns[day], self.variances[day]);
                let later = &self.variances[day + 1..=day + LAGS];
                let mut row = vec![r, v];
                row.extend(later.iter().map(|later| v * later));
                row.extend(later.iter().map(|later| r * later));
                row
            })
            .collect()
    }
}

impl HestonLaw {
    /// The law from the means of the columns of [`Days::rows`]; `None` if the autocovariance does not decay from a
    /// positive value.
    fn of_means(means: &[f64]) -> Option<Self> {
        let (r, v) = (means[0], means[1]);
        let covariance: Vec<f64> = means[2..2 + LAGS].iter().map(|product| product - v * v).collect();
        let leverage: Vec<f64> = means[2 + LAGS..].iter().map(|product| product - r * v).collect();
        // For a given decay the best height is linear; what it leaves unexplained is minimised over the decay.
        let height = |curve: &[f64], kappa: f64| {
            let shape: Vec<f64> = (0..LAGS).map(|k| elementary::exp(-kappa * DAY_YEARS * k as f64)).collect();
            let product: f64 = curve.iter().zip(&shape).map(|(c, s)| c * s).sum();
            let square: f64 = shape.iter().map(|s| s * s).sum();
            (product / square, product * product / square)
        };
        let (low, high) = (elementary::ln(MEAN_REVERSION.0), elementary::ln(MEAN_REVERSION.1));
        let explained = |log_kappa: f64| height(&covariance, elementary::exp(log_kappa)).1;
        let log_kappa = largest(explained, low, high);
        let kappa = elementary::exp(log_kappa);
        let at_lag_one = height(&covariance, kappa).0;
        if at_lag_one <= 0.0 || log_kappa >= high - 0.01 {
            return None;
        }
        let x = -elementary::exp_m1(-kappa * DAY_YEARS) / (kappa * DAY_YEARS);
        let vol_of_vol = (at_lag_one * 2.0 * kappa / (v * x * x)).sqrt();
        let correlation = height(&leverage, kappa).0 / (vol_of_vol * v * DAY_YEARS * x * x);
        let correlation = correlation.clamp(-LARGEST_CORRELATION, LARGEST_CORRELATION);
        Some(Self { long_run_variance: v, mean_reversion: kappa, vol_of_vol, correlation })
    }
}

/// Where a function is largest: a grid, then golden sections around its best point.
fn largest(function: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    const POINTS: usize = 60;
    let at = |i: usize| low + (high - low) * i as f64 / POINTS as f64;
    let best = (0..=POINTS).fold(0, |best, i| if function(at(i)) > function(at(best)) { i } else { best });
    let (mut a, mut b) = (at(best.saturating_sub(1)), at((best + 1).min(POINTS)));
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    for _ in 0..40 {
        let (left, right) = (b - golden * (b - a), a + golden * (b - a));
        if function(left) > function(right) { b = right } else { a = left }
    }
    0.5 * (a + b)
}

/// Heston's parameters with their standard errors, and what to say about them.
pub(super) struct Variances {
    pub parameters: Vec<Parameter>,
    /// That of all but the variance at the start, which is what it is.
    pub covariance: Option<Covariance>,
    pub derived: Vec<Parameter>,
    pub warnings: Vec<String>,
}

/// Heston's parameters by moments, from the returns that are not among the jumps.
pub(super) fn variances(sample: &Sample, jumps: Option<&Jumps>) -> Result<Variances, FitError> {
    let days = Days::of(sample, jumps)?;
    let last = &days.variances[days.variances.len().saturating_sub(LAST_DAYS)..];
    let start = last.iter().sum::<f64>() / last.len() as f64;
    let rows = days.rows();
    let columns = rows[0].len();
    let means: Vec<f64> =
        (0..columns).map(|c| rows.iter().map(|row| row[c]).sum::<f64>() / rows.len() as f64).collect();
    let law = HestonLaw::of_means(&means).ok_or(FitError::NoClustering)?;
    let values =
        |law: HestonLaw| vec![law.long_run_variance, law.mean_reversion, law.vol_of_vol, law.correlation];
    let matrix = block_bootstrap(&rows, BLOCK, |means| HestonLaw::of_means(means).map(values));
    let errors = matrix.as_deref().map(errors_of);
    let mut parameters: Vec<Parameter> = ["long_run_variance", "mean_reversion", "vol_of_vol", "correlation"]
        .into_iter()
        .zip(values(law))
        .enumerate()
        .map(|(i, (key, value))| Parameter { key, value, std_error: errors.as_ref().map(|errors| errors[i]) })
        .collect();
    let covariance = Covariance::of(&parameters, matrix.as_deref());
    parameters.insert(0, Parameter { key: "variance", value: start, std_error: None });
    let feller = 2.0 * law.mean_reversion * law.long_run_variance / law.vol_of_vol.powi(2);
    let mut warnings = Vec::new();
    if law.mean_reversion < 1.05 * MEAN_REVERSION.0 {
        warnings.push(
            "the variance hardly reverts within the lags: the mean reversion is at the edge of the search"
                .to_owned(),
        );
    }
    if errors.is_none() {
        warnings
            .push("many resamples show no clusters of variance: no standard errors can be given".to_owned());
    }
    let derived = vec![Parameter { key: "feller_ratio", value: feller, std_error: None }];
    Ok(Variances { parameters, covariance, derived, warnings })
}

/// Fits by moments.
///
/// # Errors
/// There are too few days, or their variance shows no clusters.
pub fn fit(sample: &Sample) -> Result<Fit, FitError> {
    let Variances { parameters, covariance, derived, warnings } = variances(sample, None)?;
    Ok(Fit {
        name: "heston",
        kind: "heston",
        method: "moments of daily realised variance (autocovariances and leverage covariances at lags of 1 to 30 days)",
        parameters,
        covariance,
        derived,
        likelihood: None,
        probabilities: None,
        warnings,
    })
}
