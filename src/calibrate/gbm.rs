//! Geometric Brownian motion: log returns are independent and normal; the estimate is in closed form.

use crate::numeric::elementary;
use crate::numeric::special::normal_cdf;

use super::fit::{Fit, Likelihood, Parameter};
use super::sample::Sample;

/// Fits the volatility; its standard error is σ/√(2n).
pub fn fit(sample: &Sample) -> Fit {
    let n = sample.len() as f64;
    let (mean, unit) = (sample.mean(), sample.std_dev());
    let volatility = sample.volatility();
    let std_error = Some(volatility / (2.0 * n).sqrt());
    // At the maximum the squares sum to n σ².
    let log = -0.5 * n * (elementary::ln(2.0 * std::f64::consts::PI * unit * unit) + 1.0);
    Fit {
        name: "gbm",
        kind: "gbm",
        method: "maximum likelihood (closed form)",
        parameters: vec![Parameter { key: "volatility", value: volatility, std_error }],
        derived: Vec::new(),
        likelihood: Some(Likelihood { log, parameters: 2, is_maximum: true }),
        probabilities: Some(sample.returns.iter().map(|r| normal_cdf((r - mean) / unit)).collect()),
        warnings: Vec::new(),
    }
}
