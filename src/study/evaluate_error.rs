//! Why paths that a caller brings cannot be evaluated.

use super::simulation::RunError;
use crate::engine::PlanError;

/// Why paths cannot be evaluated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The prices cannot be cut into paths and bars.
    #[error("{prices} prices do not make up {paths} paths of equally many bars longer than 0")]
    Shape {
        /// Number of paths.
        paths: usize,
        /// Number of prices.
        prices: usize,
    },
    /// A number that is no price.
    #[error("path {path}: price {place} must be a number above 0, but is {value}")]
    Price {
        /// Number of the path, from 0.
        path: usize,
        /// Number of the price within the path, from 0.
        place: usize,
        /// What it is.
        value: f64,
    },
    /// A bar whose high or low lies inside it.
    #[error("path {path}: the open or close of bar {bar} lies beyond its high or low")]
    Bar {
        /// Number of the path, from 0.
        path: usize,
        /// Number of the bar, from 0.
        bar: usize,
    },
    /// No bridge has this volatility.
    #[error("the volatility between closes must be above 0, but is {0}")]
    Volatility(f64),
    /// Each asset needs paths of its own, of the same number and length.
    #[error("the scenario has {assets} assets, which need as many arrays of the same shape and interval")]
    Assets {
        /// Number of assets.
        assets: usize,
    },
    /// What is laid over a model has no place on given paths.
    #[error("the scenario has {0}, which paths that are given cannot have")]
    NotOnGivenPaths(&'static str),
    /// The account cannot be opened, or the work was cut short.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<PlanError> for EvaluateError {
    fn from(error: PlanError) -> Self {
        Self::Run(error.into())
    }
}
