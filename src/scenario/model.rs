//! The price models of a scenario file. A new kind is one table here, one line in `kinds!` and one arm of `resolve`.

use crate::model::{Gbm, Jumps, Merton, Model};

use super::kinds::kinds;
use super::numbers::Ratio;
use super::range::Range;
use super::table::table;

const DRIFT: Range = Range::at_least(-50.0).at_most(50.0);
const VOLATILITY: Range = Range::above(0.0).at_most(50.0);

kinds! {
    /// The law of an asset's price.
    enum ModelFile {
        "gbm" => Gbm(GbmFile),
        "merton" => Merton(MertonFile),
    }
}

table! {
    /// Geometric Brownian motion: normal log returns, no jumps.
    struct GbmFile {
        /// Growth rate of the expected price per year, as a fraction.
        required drift: Ratio where DRIFT,
        /// Volatility per square root of a year, as a fraction.
        required volatility: Ratio where VOLATILITY,
    }
}

table! {
    /// Merton's jump diffusion: geometric Brownian motion with normal log jumps at Poisson times.
    struct MertonFile {
        /// Growth rate of the expected price per year, jumps included, as a fraction.
        required drift: Ratio where DRIFT,
        /// Volatility of the continuous part per square root of a year, as a fraction.
        required volatility: Ratio where VOLATILITY,
        /// The jumps of the price.
        required jumps: JumpsFile,
    }
}

table! {
    /// Normal log jumps at Poisson times.
    struct JumpsFile {
        /// Expected number of jumps per year.
        required rate: f64 where Range::at_least(0.0).at_most(100_000.0),
        /// Mean of the jump of the log price.
        required mean: Ratio where Range::at_least(-5.0).at_most(5.0),
        /// Standard deviation of the jump of the log price.
        required std_dev: Ratio where Range::at_least(0.0).at_most(5.0),
    }
}

impl ModelFile {
    /// The model, if all of its values were read.
    pub fn resolve(&self) -> Option<Model> {
        Some(match self {
            Self::Gbm(file) => Model::Gbm(Gbm {
                drift: file.drift.as_ref()?.value.0,
                volatility: file.volatility.as_ref()?.value.0,
            }),
            Self::Merton(file) => {
                let jumps = &file.jumps.as_ref()?.value;
                Model::Merton(Merton {
                    drift: file.drift.as_ref()?.value.0,
                    volatility: file.volatility.as_ref()?.value.0,
                    jumps: Jumps {
                        rate: jumps.rate.as_ref()?.value,
                        mean: jumps.mean.as_ref()?.value.0,
                        std_dev: jumps.std_dev.as_ref()?.value.0,
                    },
                })
            }
        })
    }
}
