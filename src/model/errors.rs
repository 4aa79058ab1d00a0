//! Errors of fitted parameters: their covariance, and models drawn by it.
//!
//! Estimates of a large sample are nearly normal about the truth, with the inverse of the information, or a sandwich, as covariance (Lehmann
//! and Casella 1998, "Theory of point estimation", section 6.5). Parameters drawn from that law about the estimate say what else the
//! same window of history could have come from. A draw that no model can have is replaced by the estimate.

use serde::Serialize;

use super::Model;
use crate::numeric::{Stream, covariance_root};

/// Which parameters of a model were estimated, and with what errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterErrors {
    /// Keys below `model` in a scenario.
    names: Vec<String>,
    /// Covariance matrix of the estimates, in the order of the names.
    covariance: Vec<Vec<f64>>,
    /// A root of the matrix: normals times it have that covariance.
    #[serde(skip)]
    root: Vec<Vec<f64>>,
}

/// Why errors cannot be those of a model's parameters.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParameterErrorsError {
    /// There are none.
    #[error("`names` is empty")]
    Empty,
    /// The model has no such parameter.
    #[error("`{name}` is no parameter of this model")]
    Unknown {
        /// What was named.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A name stands twice.
    #[error("`{0}` is named twice")]
    Twice(String),
    /// Rows and names.
    #[error("`covariance` has {rows} rows, but there are {names} names")]
    Rows {
        /// Rows of the matrix.
        rows: usize,
        /// Names.
        names: usize,
    },
    /// A row is too long or too short.
    #[error("row {row} of `covariance` has {length} numbers, but there are {names} names")]
    Row {
        /// Which row, from 0.
        row: usize,
        /// Its numbers.
        length: usize,
        /// Names.
        names: usize,
    },
    /// A number that no covariance can be.
    #[error("`covariance` holds {0}, which is not a finite number")]
    NotFinite(f64),
    /// The two halves differ.
    #[error(
        "`covariance` is not symmetric: row {row}, column {column} is {value}, but the other way round it is {mirrored}"
    )]
    Asymmetric {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// What stands there.
        value: f64,
        /// What stands at its mirror image.
        mirrored: f64,
    },
    /// Some combination of the parameters would have a negative variance.
    #[error("`covariance` has a negative eigenvalue: no estimates vary like that")]
    Negative,
}

/// Both halves of a matrix may differ by this share of the deviations: the digits people write.
const SLACK: f64 = 1e-6;

impl ParameterErrors {
    /// The errors of these parameters of a model.
    ///
    /// # Errors
    /// See [`ParameterErrorsError`].
    pub fn new(
        model: &Model,
        names: Vec<String>,
        covariance: Vec<Vec<f64>>,
    ) -> Result<Self, ParameterErrorsError> {
        let known: Vec<String> = model.parameters().into_iter().map(|(key, _)| key).collect();
        if names.is_empty() {
            return Err(ParameterErrorsError::Empty);
        }
        for (place, name) in names.iter().enumerate() {
            if !known.contains(name) {
                return Err(ParameterErrorsError::Unknown { name: name.clone(), known });
            }
            if names[..place].contains(name) {
                return Err(ParameterErrorsError::Twice(name.clone()));
            }
        }
        let count = names.len();
        if covariance.len() != count {
            return Err(ParameterErrorsError::Rows { rows: covariance.len(), names: count });
        }
        if let Some((row, numbers)) = covariance.iter().enumerate().find(|(_, row)| row.len() != count) {
            return Err(ParameterErrorsError::Row { row, length: numbers.len(), names: count });
        }
        if let Some(value) = covariance.iter().flatten().find(|value| !value.is_finite()) {
            return Err(ParameterErrorsError::NotFinite(*value));
        }
        for row in 0..count {
            for column in 0..row {
                let (value, mirrored) = (covariance[row][column], covariance[column][row]);
                let size = (covariance[row][row] * covariance[column][column]).abs().sqrt();
                if (value - mirrored).abs() > SLACK * size {
                    return Err(ParameterErrorsError::Asymmetric { row, column, value, mirrored });
                }
            }
        }
        let root = covariance_root(&covariance).ok_or(ParameterErrorsError::Negative)?;
        Ok(Self { names, covariance, root })
    }

    /// The errors that a model knows of itself because it was estimated when it was read.
    pub fn of_estimate(model: &Model) -> Option<Self> {
        let har = match model {
            Model::Har(har) => har,
            Model::Forecast(mixture) => mixture.har(),
            _ => return None,
        };
        let covariance = har.covariance()?.iter().map(|row| row.to_vec()).collect();
        Self::new(model, super::HAR_COEFFICIENTS.map(str::to_owned).to_vec(), covariance).ok()
    }

    /// Keys of the parameters.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Their covariance matrix.
    pub fn covariance(&self) -> &[Vec<f64>] {
        &self.covariance
    }

    /// The independent standard normals of a draw, one a parameter.
    pub fn normals(&self, noise: &mut Stream) -> Vec<f64> {
        let mut normals = vec![0.0; self.names.len()];
        noise.normals(&mut normals);
        normals
    }

    /// The model with parameters drawn about its own; none if the draw is no model.
    pub fn draw(&self, model: &Model, noise: &mut Stream) -> Option<Model> {
        self.drawn(model, &self.normals(noise))
    }

    /// The model whose parameters lie off its own by the root of the covariance times some normals; none if that is no model.
    pub fn drawn(&self, model: &Model, normals: &[f64]) -> Option<Model> {
        let own = model.parameters();
        let drawn = |key: &str| {
            let place = self.names.iter().position(|name| name == key)?;
            let (_, value) = own.iter().find(|(name, _)| name == key)?;
            let off: f64 = self.root[place].iter().zip(normals).map(|(root, z)| root * z).sum();
            Some(value + off)
        };
        model.with_parameters(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gbm, Jumps, Merton};
    use crate::numeric::Purpose;

    fn merton() -> Model {
        Model::Merton(Merton {
            drift: 0.0,
            volatility: 0.5,
            jumps: Jumps { rate: 20.0, mean: 0.0, std_dev: 0.05 },
        })
    }

    fn errors(names: &[&str], covariance: &[&[f64]]) -> Result<ParameterErrors, ParameterErrorsError> {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        ParameterErrors::new(&merton(), names, covariance.iter().map(|row| row.to_vec()).collect())
    }

    /// Four standard errors each of 20,000 draws: a correct program fails with another seed about once in 5,000.
    #[test]
    fn draws_have_the_mean_and_the_covariance() {
        let errors = errors(&["jumps.rate", "volatility"], &[&[4.0, 0.015], &[0.015, 1e-4]]).unwrap();
        let n = 20_000;
        let draws: Vec<[f64; 2]> = (0..n)
            .map(|draw| {
                let mut noise = Stream::new(5, Purpose::Parameters(0), draw);
                match errors.draw(&merton(), &mut noise).unwrap() {
                    Model::Merton(model) => [model.jumps.rate - 20.0, model.volatility - 0.5],
                    _ => panic!(),
                }
            })
            .collect();
        let root = (n as f64).sqrt();
        let mean = |of: &dyn Fn(&[f64; 2]) -> f64| draws.iter().map(of).sum::<f64>() / n as f64;
        assert!(mean(&|x| x[0]).abs() < 4.0 * 2.0 / root);
        assert!(mean(&|x| x[1]).abs() < 4.0 * 0.01 / root);
        assert!((mean(&|x| x[0] * x[0]) / 4.0 - 1.0).abs() < 4.0 * 2.0_f64.sqrt() / root);
        assert!((mean(&|x| x[1] * x[1]) / 1e-4 - 1.0).abs() < 4.0 * 2.0_f64.sqrt() / root);
        // Correlation 0.75: the product has the variance 1 + 0.75².
        assert!((mean(&|x| x[0] * x[1]) / 0.02 - 0.75).abs() < 4.0 * 1.25 / root);
    }

    #[test]
    fn a_draw_that_no_model_can_have_is_none() {
        let gbm = Model::Gbm(Gbm { drift: 0.0, volatility: 0.01 });
        let errors = ParameterErrors::new(&gbm, vec!["volatility".to_owned()], vec![vec![1.0]]).unwrap();
        let refused = (0..1000)
            .filter(|draw| errors.draw(&gbm, &mut Stream::new(1, Purpose::Parameters(0), *draw)).is_none());
        // About half of the draws are negative; 6 standard errors.
        assert!((refused.count() as f64 - 496.0).abs() < 95.0);
    }

    #[test]
    fn what_is_no_covariance_is_refused() {
        use ParameterErrorsError as E;
        assert!(matches!(errors(&[], &[]), Err(E::Empty)));
        assert!(matches!(errors(&["sigma"], &[&[1.0]]), Err(E::Unknown { .. })));
        assert!(matches!(errors(&["drift", "drift"], &[&[1.0, 0.0], &[0.0, 1.0]]), Err(E::Twice(_))));
        assert!(matches!(errors(&["drift"], &[]), Err(E::Rows { rows: 0, names: 1 })));
        assert!(matches!(errors(&["drift"], &[&[1.0, 0.0]]), Err(E::Row { length: 2, .. })));
        assert!(matches!(errors(&["drift"], &[&[f64::NAN]]), Err(E::NotFinite(_))));
        assert!(matches!(errors(&["drift"], &[&[-1.0]]), Err(E::Negative)));
        let two = ["drift", "volatility"];
        assert!(matches!(errors(&two, &[&[1.0, 0.5], &[0.4, 1.0]]), Err(E::Asymmetric { .. })));
        assert!(matches!(errors(&two, &[&[1.0, 1.5], &[1.5, 1.0]]), Err(E::Negative)));
        assert!(errors(&two, &[&[1.0, 1.0], &[1.0, 1.0]]).is_ok());
    }
}
