//! A point of the curve of liquidation probabilities that one pass over the paths gives.

use serde::{Deserialize, Serialize};

use super::spread::Spread;
use crate::stats::{Estimate, Scale};

/// The probability of liquidation at a leverage, with a band that holds for all leverages together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The leverage.
    pub leverage: f64,
    /// Probability of liquidation.
    pub probability: f64,
    /// Lower edge of the 95 % band.
    pub low: f64,
    /// Upper edge of the 95 % band.
    pub high: f64,
    /// Lower edge with the errors of the model's parameters at this leverage, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_with_parameters: Option<f64>,
    /// Upper edge of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_with_parameters: Option<f64>,
}

impl CurvePoint {
    /// A point without errors of parameters.
    pub(super) fn new(leverage: f64, probability: f64, [low, high]: [f64; 2]) -> Self {
        Self { leverage, probability, low, high, low_with_parameters: None, high_with_parameters: None }
    }

    /// Adds what the parameters vary the probability by to the band.
    pub(super) fn count_parameters_in(&mut self, spread: &Spread) {
        let Some(deviation) = spread.of_liquidation(self.leverage, self.probability) else { return };
        let band = Estimate::new(self.probability, 0.0, [self.low, self.high]);
        let wide = band.with_parameter_error(deviation, Scale::Logit);
        (self.low_with_parameters, self.high_with_parameters) =
            (wide.low_with_parameters, wide.high_with_parameters);
    }
}
