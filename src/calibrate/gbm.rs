//! Geometric Brownian motion: log returns are independent and normal; the estimate is in closed form.

use crate::numeric::elementary;
use crate::numeric::special::normal_cdf;

use super::fit::{Covariance, Fit, Likelihood, Parameter};
use super::sample::Sample;

/// Fits the volatility; its standard error is σ/√(2n).
pub fn fit(sample: &Sample) -> Fit {
    let n = sample.len() as f64;
    let (mean, unit) = (sample.mean(), sample.std_dev());
    let volatility = sample.volatility();
    let variance = volatility * volatility / (2.0 * n);
    let parameters =
        vec![Parameter { key: "volatility", value: volatility, std_error: Some(variance.sqrt()) }];
    // At the maximum the squares sum to n σ².
    let log = -0.5 * n * (elementary::ln(2.0 * std::f64::consts::PI * unit * unit) + 1.0);
    Fit {
        name: "gbm",
        kind: "gbm",
        method: "maximum likelihood (closed form)",
        covariance: Covariance::of(&parameters, Some(&[vec![variance]])),
        parameters,
        derived: Vec::new(),
        likelihood: Some(Likelihood { log, parameters: 2, is_maximum: true }),
        probabilities: Some(sample.returns.iter().map(|r| normal_cdf((r - mean) / unit)).collect()),
        warnings: Vec::new(),
    }
}
