//! How the prices of several assets move together.
//!
//! Two ways, and each asset may have any model: the normals that drive the continuous moves are correlated, and some jumps hit
//! several assets at once. Common jumps come at Poisson times on top of each asset's own; given the time, the log jumps of
//! the assets are independent normals. They are compensated by rate·E[e^J − 1] in each asset, so an asset's expected price is
//! what its own model says.

use serde::Serialize;

use super::jumps::Jumps;

/// Log jump of one asset in a common jump.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AssetJump {
    /// Index of the asset.
    pub asset: usize,
    /// Mean of the log jump.
    pub mean: f64,
    /// Standard deviation of the log jump; not negative.
    pub std_dev: f64,
}

/// Jumps that hit several assets at the same times.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommonJumps {
    /// Expected number a year; not negative.
    pub rate: f64,
    /// What they do to each asset that they hit.
    pub assets: Vec<AssetJump>,
}

/// What joins the assets of a scenario.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Dependence {
    /// Correlation of the drivers by pair of assets, positive semidefinite with a unit diagonal; empty: independent.
    pub correlation: Vec<Vec<f64>>,
    /// Jumps of several assets at once.
    pub common_jumps: Vec<CommonJumps>,
}

impl Dependence {
    /// Whether the assets are independent.
    pub fn is_empty(&self) -> bool {
        self.correlation.is_empty() && self.common_jumps.is_empty()
    }

    /// Growth rate of an asset's expected price that the common jumps bring, per year.
    pub fn growth(&self, asset: usize) -> f64 {
        let of = |jumps: &CommonJumps| {
            let hits = jumps.assets.iter().filter(|jump| jump.asset == asset);
            hits.map(|jump| Jumps { rate: jumps.rate, mean: jump.mean, std_dev: jump.std_dev }.growth())
                .sum::<f64>()
        };
        self.common_jumps.iter().map(of).sum()
    }
}
