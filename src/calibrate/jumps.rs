//! Which returns are jumps: the test of Lee and Mykland (2008, "Jumps in financial markets", Review of Financial Studies
//! 21), a return too large for the bipower volatility of the bars before it.
//!
//! The local variance is the mean of |r_j||r_{j−1}| over the bars of the week before (at least 30), which jumps hardly
//! raise. The threshold holds for the largest of all returns together: without jumps, one sample in a hundred would show one.

use super::bootstrap::errors_of;
use super::fit::{FitError, Parameter};
use super::sample::Sample;
use crate::market::Duration;
use crate::numeric::elementary;

/// Chance that a sample without jumps shows at least one.
const LEVEL: f64 = 0.01;
/// Fewest bars that a local volatility is made from.
const SMALLEST_WINDOW: usize = 30;
/// Window in seconds: a week.
const WINDOW: u64 = 7 * 86_400;
/// Fewest jumps whose law can be estimated.
pub const FEWEST_JUMPS: usize = 10;

/// The jumps of a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Jumps {
    /// Whether each return is a jump.
    pub is_jump: Vec<bool>,
    /// Returns at the start that could not be tested, for lack of bars before them.
    pub untested: usize,
}

/// Rate, mean and spread of detected jumps, and the volatility of the rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JumpLaw {
    /// Volatility of the continuous part per square root of a year.
    pub volatility: f64,
    /// Jumps a year.
    pub rate: f64,
    /// Mean log jump.
    pub mean: f64,
    /// Standard deviation of the log jump.
    pub std_dev: f64,
}

impl Jumps {
    /// Tests every return of a sample.
    pub fn detect(sample: &Sample) -> Self {
        Self::of_returns(&sample.returns, sample.step)
    }

    /// Tests every one of these returns.
    pub fn of_returns(r: &[f64], step: Duration) -> Self {
        let window = ((WINDOW / step.seconds().max(1)) as usize).max(SMALLEST_WINDOW);
        let n = r.len() as f64;
        // E|Z| of a standard normal, and the constants of the extreme value law (lemma 1 there).
        let c = (2.0 / std::f64::consts::PI).sqrt();
        let root = (2.0 * elementary::ln(n)).sqrt();
        let centre = root / c
            - (elementary::ln(std::f64::consts::PI) + elementary::ln(elementary::ln(n))) / (2.0 * c * root);
        let threshold = centre - elementary::ln(-elementary::ln(1.0 - LEVEL)) / (c * root);
        let untested = window.min(r.len());
        // Sums from the start: that of a window is a difference.
        let mut sums = vec![0.0; r.len().max(1)];
        for (index, pair) in r.windows(2).enumerate() {
            sums[index + 1] = sums[index] + (pair[0] * pair[1]).abs();
        }
        // A price that stands still leaves nothing but rounding.
        let nothing = 1e-12 * sums[r.len().max(1) - 1];
        let mut is_jump = vec![false; r.len()];
        for index in untested..r.len() {
            let bipower = sums[index - 1] - sums[index - window];
            let local = (bipower / (window - 1) as f64).max(0.0).sqrt();
            is_jump[index] = bipower > nothing && r[index].abs() > threshold * local;
        }
        Self { is_jump, untested }
    }

    /// Number of jumps.
    pub fn count(&self) -> usize {
        self.is_jump.iter().filter(|is_jump| **is_jump).count()
    }

    /// One row per week of returns for [`JumpLaw::of_means`]: tested returns, jumps, their sum and squares, sum and squares of all returns.
    pub fn rows(&self, sample: &Sample) -> Vec<Vec<f64>> {
        let week = ((WINDOW / sample.step.seconds().max(1)) as usize).max(1);
        let columns = |index: usize| {
            let r = sample.returns[index];
            let tested = f64::from(u8::from(index >= self.untested));
            let jump = f64::from(u8::from(self.is_jump[index]));
            [1.0, tested, jump, jump * r, jump * r * r, r, r * r]
        };
        let indices: Vec<usize> = (0..sample.len()).collect();
        indices
            .chunks(week)
            .map(|chunk| {
                let mut row = vec![0.0; 7];
                for index in chunk {
                    row.iter_mut().zip(columns(*index)).for_each(|(sum, value)| *sum += value);
                }
                row
            })
            .collect()
    }
}

impl JumpLaw {
    /// The law of the jumps of a sample.
    ///
    /// # Errors
    /// There are too few, or they hold more variance than the returns.
    pub fn estimate(sample: &Sample, jumps: &Jumps) -> Result<Self, FitError> {
        let found = jumps.count();
        if found < FEWEST_JUMPS {
            return Err(FitError::FewJumps { found, needed: FEWEST_JUMPS });
        }
        let rows = jumps.rows(sample);
        let total: Vec<f64> = (0..rows[0].len()).map(|c| rows.iter().map(|row| row[c]).sum()).collect();
        Self::of_means(&total, sample.step_years()).ok_or(FitError::NoVarianceLeft)
    }

    /// The law from sums (or means) of the columns of [`Jumps::rows`]. The volatility is the root of what the jumps
    /// leave of the variance of all returns, so that the total is right.
    pub fn of_means(columns: &[f64], step_years: f64) -> Option<Self> {
        let &[all, tested, jumps, sum, squares, total, total_squares] = columns else { return None };
        if jumps <= 0.0 || tested <= 0.0 {
            return None;
        }
        let (rate, mean) = (jumps / (tested * step_years), sum / jumps);
        let std_dev = (squares / jumps - mean * mean).max(0.0).sqrt();
        let mean_return = total / all;
        let variance = (total_squares / all - mean_return * mean_return) / step_years;
        let rest = variance - rate * (mean * mean + std_dev * std_dev);
        (rest > 0.0).then(|| Self { volatility: rest.sqrt(), rate, mean, std_dev })
    }

    /// The law as parameters of a scenario, with the errors of this covariance matrix in the same order.
    pub fn parameters(&self, covariance: Option<&[Vec<f64>]>) -> Vec<Parameter> {
        let errors = covariance.map(errors_of);
        ["volatility", "jumps.rate", "jumps.mean", "jumps.std_dev"]
            .into_iter()
            .zip([self.volatility, self.rate, self.mean, self.std_dev])
            .enumerate()
            .map(|(index, (key, value))| Parameter {
                key,
                value,
                std_error: errors.as_ref().map(|errors| errors[index]),
            })
            .collect()
    }
}
