//! A fitted model: parameters with standard errors, likelihood, and what each return looked like to it.

use serde::Serialize;

use super::information::{covariance_of, standard_errors};
use super::simplex::maximise;
use super::work::Work;
use crate::numeric::elementary;

/// A fitted parameter under its key of the scenario file (`jumps.rate`), or a derived quantity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Key below `model` in a scenario; nested keys are joined by dots.
    pub key: &'static str,
    /// The estimate, in the scenario's unit.
    pub value: f64,
    /// Standard error; none where the data do not determine it.
    pub std_error: Option<f64>,
}

/// Covariance matrix of some estimated parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Covariance {
    /// Their keys.
    pub keys: Vec<&'static str>,
    /// A row and a column for each.
    pub matrix: Vec<Vec<f64>>,
}

impl Covariance {
    /// The covariance of the leading parameters of a matrix; none if one of them has no finite, positive variance.
    pub(super) fn of(parameters: &[Parameter], matrix: Option<&[Vec<f64>]>) -> Option<Self> {
        let matrix = matrix?;
        let keys: Vec<&'static str> = parameters.iter().map(|parameter| parameter.key).collect();
        let rows = matrix.iter().take(keys.len()).map(|row| row[..keys.len()].to_vec());
        let found = Self { matrix: rows.collect(), keys };
        let is_sound = |at: usize| found.matrix[at][at] > 0.0;
        let is_finite = found.matrix.iter().flatten().all(|value| value.is_finite());
        ((0..found.keys.len()).all(is_sound) && is_finite).then_some(found)
    }

    /// Both together, as if the one said nothing of the other.
    pub(super) fn beside(self, other: Self) -> Self {
        let (first, second) = (self.keys.len(), other.keys.len());
        let left = self.matrix.into_iter().map(|row| [row, vec![0.0; second]].concat());
        let right = other.matrix.into_iter().map(|row| [vec![0.0; first], row].concat());
        Self { keys: [self.keys, other.keys].concat(), matrix: left.chain(right).collect() }
    }

    /// That of all parameters but some.
    pub(super) fn without(&self, key: &str) -> Self {
        let kept: Vec<usize> = (0..self.keys.len()).filter(|at| self.keys[*at] != key).collect();
        Self {
            keys: kept.iter().map(|at| self.keys[*at]).collect(),
            matrix: kept.iter().map(|i| kept.iter().map(|j| self.matrix[*i][*j]).collect()).collect(),
        }
    }
}

/// How well the returns suit a model, and with how many parameters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Likelihood {
    /// Logarithm of the joint density of the log returns.
    pub log: f64,
    /// Parameters that were free, the mean included.
    pub parameters: usize,
    /// Whether the parameters are those of largest likelihood; otherwise another estimator chose them.
    pub is_maximum: bool,
}

impl Likelihood {
    /// Akaike's information criterion, 2k − 2 ln L: smaller is better.
    pub fn aic(&self) -> f64 {
        2.0 * self.parameters as f64 - 2.0 * self.log
    }

    /// Schwarz' information criterion, k ln n − 2 ln L: smaller is better.
    pub fn bic(&self, observations: usize) -> f64 {
        self.parameters as f64 * elementary::ln(observations as f64) - 2.0 * self.log
    }
}

/// A model fitted to a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Which fit this is: `garch-t`, `merton-jumps`.
    pub name: &'static str,
    /// The model's kind in a scenario: `garch`, `merton`.
    pub kind: &'static str,
    /// The estimator in words.
    pub method: &'static str,
    /// The parameters that a scenario needs, without the drift.
    pub parameters: Vec<Parameter>,
    /// How their errors hang together; none where that is not known.
    pub covariance: Option<Covariance>,
    /// Further quantities worth knowing; a scenario does not take them.
    pub derived: Vec<Parameter>,
    /// Likelihood of the returns under the fitted model; none if it is not known.
    pub likelihood: Option<Likelihood>,
    /// Probability, for each return, of one as small or smaller, given those before it: uniform if the model is right.
    pub probabilities: Option<Vec<f64>>,
    /// What is weak about the estimate.
    pub warnings: Vec<String>,
}

impl Fit {
    /// The value of a parameter or derived quantity.
    pub fn value(&self, key: &str) -> Option<f64> {
        self.parameters.iter().chain(&self.derived).find(|p| p.key == key).map(|p| p.value)
    }
}

/// Why a model was not fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// No starting value led anywhere.
    #[error("the search for the largest likelihood found no point where it exists")]
    NoMaximum,
    /// Too few jumps to say anything of their law.
    #[error("{found} jumps were detected: at least {needed} are needed")]
    FewJumps {
        /// Detected.
        found: usize,
        /// Needed.
        needed: usize,
    },
    /// Detected jumps explain more variance than there is.
    #[error("the detected jumps leave no variance for the continuous part")]
    NoVarianceLeft,
    /// A part of the law went to zero width.
    #[error(
        "part of the law shrinks to bars that stand still ({zeros:.1} % of the returns are exactly 0) or to the tick of the price: \
         its likelihood has no bound and says nothing; longer bars (--interval) have fewer of them"
    )]
    QuietBars {
        /// Returns of exactly 0, in per cent.
        zeros: f64,
    },
    /// The variance follows single returns, or falls to nothing.
    #[error(
        "the fitted variance runs from {low:.2e} to {high:.1} times the sample's: it dies where bars stand still, or is made by a \
         single return, and says nothing; longer bars (--interval), or a file without such stretches"
    )]
    WildVariance {
        /// Smallest conditional variance over that of the sample.
        low: f64,
        /// That after the last bar.
        high: f64,
    },
    /// Jumps cause others without end.
    #[error(
        "each jump causes {caused:.3} others on average: there is no long-run rate of jumps; merton takes them as they are"
    )]
    EndlessExcitation {
        /// Mean number of further jumps.
        caused: f64,
    },
    /// The scenario format does not take the values.
    #[error("the fitted values are outside what a scenario may hold: {0}")]
    OutOfRange(String),
    /// Too little time covered.
    #[error("{days} days with all their returns are too few: at least {needed} are needed")]
    FewDays {
        /// Found.
        days: usize,
        /// Needed.
        needed: usize,
    },
    /// Variance does not vary measurably, or does so faster than the data show.
    #[error(
        "the realised variance has no positive autocovariance that decays: there is no changing variance to fit"
    )]
    NoClustering,
    /// The interval is too long.
    #[error("returns must span at most a day")]
    LongStep,
}

/// The point of largest likelihood, and the parameters there with their standard errors.
pub(super) struct Estimate {
    pub point: Vec<f64>,
    pub log_likelihood: f64,
    pub parameters: Vec<Parameter>,
    /// Their covariance matrix.
    pub covariance: Option<Vec<Vec<f64>>>,
    /// What to say of the search.
    pub warnings: Vec<String>,
}

/// Maximises a log-likelihood over unbounded arguments; `parameters` maps these to the values of the `keys`. The
/// likelihood charges its `work`; what `is_hopeless` is left as soon as it is the best, for its caller to refuse.
pub(super) fn maximum_likelihood(
    log_likelihood: impl Fn(&[f64]) -> f64,
    keys: &[&'static str],
    parameters: impl Fn(&[f64]) -> Vec<f64>,
    starts: &[Vec<f64>],
    is_hopeless: &dyn Fn(&[f64]) -> bool,
    work: &Work,
) -> Result<Estimate, FitError> {
    let optimum =
        maximise(&log_likelihood, starts, is_hopeless, &|| work.is_spent()).ok_or(FitError::NoMaximum)?;
    let warnings = match work.is_spent() {
        true => vec![
            "the search was ended before it settled: longer bars (--interval) are fitted to the end"
                .to_owned(),
        ],
        false => Vec::new(),
    };
    let covariance = covariance_of(&log_likelihood, &parameters, &optimum.point);
    let errors = standard_errors(covariance.as_deref(), keys.len());
    let values = parameters(&optimum.point);
    let parameters = keys
        .iter()
        .zip(values)
        .zip(errors)
        .map(|((&key, value), std_error)| Parameter { key, value, std_error })
        .collect();
    Ok(Estimate { point: optimum.point, log_likelihood: optimum.value, parameters, covariance, warnings })
}

/// 1/(1 + e^(−x)): any number to one between 0 and 1.
pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + elementary::exp(-x))
}

/// The inverse of [`logistic`].
pub(super) fn logit(p: f64) -> f64 {
    elementary::ln(p / (1.0 - p))
}
