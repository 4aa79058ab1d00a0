//! The price models of a scenario file. A new kind is one table here (or in a file of its own, if it has rules of its
//! own), one line in `kinds!` and one arm of `resolve`.

use crate::market::Duration;
use crate::model::check::{
    CORRELATION, DECAY, DOWN_MEAN, DRIFT, JUMP_DEVIATION, JUMP_MEAN, MEAN_REVERSION, PROBABILITY, RATE,
    UP_MEAN, VARIANCE, VOL_OF_VOL, VOLATILITY,
};
use crate::model::{Bates, Gbm, Hawkes, HawkesJumps, Heston, Jumps, Kou, KouJumps, Merton, Model};

use super::bootstrap::BootstrapFile;
use super::errors::ErrorsFile;
use super::forecast::{ForecastFile, ScaledHistoryFile};
use super::garch::{GarchFile, positive_step};
use super::har::HarFile;
use super::kinds::kinds;
use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::regime::RegimeFile;
use super::shape::Placed;
use super::table::table;
use super::tree::number;

kinds! {
    /// The law of an asset's price.
    enum ModelFile {
        "gbm" => Gbm(GbmFile),
        "merton" => Merton(MertonFile),
        "kou" => Kou(KouFile),
        "heston" => Heston(HestonFile),
        "bates" => Bates(BatesFile),
        "garch" => Garch(GarchFile),
        "regime" => Regime(RegimeFile),
        "hawkes" => Hawkes(HawkesFile),
        "bootstrap" => Bootstrap(BootstrapFile),
        "har" => Har(HarFile),
        "scaled_history" => ScaledHistory(ScaledHistoryFile),
        "forecast" => Forecast(ForecastFile),
    }
}

table! {
    /// Geometric Brownian motion: normal log returns, no jumps.
    struct GbmFile {
        /// Growth rate of the expected price per year, as a fraction.
        required drift: Ratio where DRIFT,
        /// Volatility per square root of a year, as a fraction.
        required volatility: Ratio where VOLATILITY,
        /// Errors of the fitted numbers, which parameter_errors draws from.
        optional errors: ErrorsFile,
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
        /// Errors of the fitted numbers, which parameter_errors draws from.
        optional errors: ErrorsFile,
    }
}

table! {
    /// Normal log jumps at Poisson times.
    struct JumpsFile {
        /// Expected number of jumps per year.
        required rate: f64 where RATE,
        /// Mean of the jump of the log price.
        required mean: Ratio where JUMP_MEAN,
        /// Standard deviation of the jump of the log price.
        required std_dev: Ratio where JUMP_DEVIATION,
    }
}

table! {
    /// Kou's jump diffusion: geometric Brownian motion with double-exponential log jumps at Poisson times.
    struct KouFile {
        /// Growth rate of the expected price per year, jumps included, as a fraction.
        required drift: Ratio where DRIFT,
        /// Volatility of the continuous part per square root of a year, as a fraction.
        required volatility: Ratio where VOLATILITY,
        /// The jumps of the price.
        required jumps: KouJumpsFile,
        /// Errors of the fitted numbers, which parameter_errors draws from.
        optional errors: ErrorsFile,
    }
}

table! {
    /// Double-exponential log jumps at Poisson times.
    struct KouJumpsFile {
        /// Expected number of jumps per year.
        required rate: f64 where RATE,
        /// Probability that a jump is upwards.
        required up_probability: Ratio where PROBABILITY,
        /// Mean of an upward jump of the log price; at 1 and above the expected price would not exist.
        required up_mean: Ratio where UP_MEAN,
        /// Mean size of a downward jump of the log price, as a positive number.
        required down_mean: Ratio where DOWN_MEAN,
    }
}

table! {
    /// Heston's stochastic volatility.
    struct HestonFile {
        /// Growth rate of the expected price per year, as a fraction.
        required drift: Ratio where DRIFT,
        /// Variance at the start, per year: 0.36 is 60 % volatility.
        required variance: f64 where VARIANCE,
        /// Variance that it returns to, per year.
        required long_run_variance: f64 where VARIANCE,
        /// Speed of the return, per year: the half-life of a shock is 0.69 / mean_reversion years.
        required mean_reversion: f64 where MEAN_REVERSION,
        /// Volatility of the variance, per year.
        required vol_of_vol: f64 where VOL_OF_VOL,
        /// Correlation between returns and changes of variance.
        required correlation: Ratio where CORRELATION,
        /// Longest step of the simulation, such as "4h": shorter is less biased and slower; horizon / 96, at most 8h, if absent.
        optional step: Duration,
        /// Errors of the fitted numbers, which parameter_errors draws from.
        optional errors: ErrorsFile,
    }
}

table! {
    /// Bates's model: Heston's stochastic volatility with normal log jumps at Poisson times.
    struct BatesFile {
        /// Growth rate of the expected price per year, jumps included, as a fraction.
        required drift: Ratio where DRIFT,
        /// Variance at the start, per year: 0.36 is 60 % volatility.
        required variance: f64 where VARIANCE,
        /// Variance that it returns to, per year.
        required long_run_variance: f64 where VARIANCE,
        /// Speed of the return, per year: the half-life of a shock is 0.69 / mean_reversion years.
        required mean_reversion: f64 where MEAN_REVERSION,
        /// Volatility of the variance, per year.
        required vol_of_vol: f64 where VOL_OF_VOL,
        /// Correlation between returns and changes of variance.
        required correlation: Ratio where CORRELATION,
        /// Longest step of the simulation, such as "4h": shorter is less biased and slower; horizon / 96, at most 8h, if absent.
        optional step: Duration,
        /// The jumps of the price.
        required jumps: JumpsFile,
        /// Errors of the fitted numbers, which parameter_errors draws from.
        optional errors: ErrorsFile,
    }
}

table! {
    /// Merton's jump diffusion with self-exciting jumps: each makes further ones more likely for a while.
    struct HawkesFile {
        /// Growth rate of the expected price per year, jumps included, as a fraction.
        required drift: Ratio where DRIFT,
        /// Volatility of the continuous part per square root of a year, as a fraction.
        required volatility: Ratio where VOLATILITY,
        /// The jumps of the price.
        required jumps: HawkesJumpsFile,
        /// Errors of the fitted numbers, which parameter_errors draws from.
        optional errors: ErrorsFile,
    }
}

table! {
    /// Normal log jumps at the times of a Hawkes process.
    struct HawkesJumpsFile {
        /// Jumps per year without excitement.
        required rate: f64 where RATE,
        /// Mean of the jump of the log price.
        required mean: Ratio where JUMP_MEAN,
        /// Standard deviation of the jump of the log price.
        required std_dev: Ratio where JUMP_DEVIATION,
        /// How much each jump raises the rate, per year; below `decay`.
        required excitation: f64 where RATE,
        /// Rate at which a rise fades, per year: half of it is gone after 0.69 / decay years.
        required decay: f64 where DECAY,
    }
}

impl ModelFile {
    /// The errors of its numbers, where its table has them.
    pub fn errors(&self) -> Option<&Placed<ErrorsFile>> {
        match self {
            Self::Gbm(file) => file.errors.as_ref(),
            Self::Merton(file) => file.errors.as_ref(),
            Self::Kou(file) => file.errors.as_ref(),
            Self::Heston(file) => file.errors.as_ref(),
            Self::Bates(file) => file.errors.as_ref(),
            Self::Garch(file) => file.errors.as_ref(),
            Self::Regime(file) => file.errors.as_ref(),
            Self::Hawkes(file) => file.errors.as_ref(),
            Self::Har(file) => file.errors.as_ref(),
            Self::Bootstrap(_) | Self::ScaledHistory(_) | Self::Forecast(_) => None,
        }
    }

    /// The model, if all of its values were read; what several keys have wrong together is reported. `horizon` is the length of
    /// the paths, `place` that of the table.
    pub fn resolve(
        &self,
        horizon: Option<Duration>,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Model> {
        Some(match self {
            Self::Gbm(file) => Model::Gbm(Gbm {
                drift: file.drift.as_ref()?.value.0,
                volatility: file.volatility.as_ref()?.value.0,
            }),
            Self::Merton(file) => Model::Merton(Merton {
                drift: file.drift.as_ref()?.value.0,
                volatility: file.volatility.as_ref()?.value.0,
                jumps: file.jumps.as_ref()?.value.resolve()?,
            }),
            Self::Kou(file) => Model::Kou(Kou {
                drift: file.drift.as_ref()?.value.0,
                volatility: file.volatility.as_ref()?.value.0,
                jumps: file.jumps.as_ref()?.value.resolve()?,
            }),
            Self::Heston(file) => Model::Heston(file.resolve(problems)?),
            Self::Bates(file) => {
                let jumps = file.jumps.as_ref().and_then(|jumps| jumps.value.resolve());
                Model::Bates(Bates { heston: file.diffusion().resolve(problems)?, jumps: jumps? })
            }
            Self::Garch(file) => Model::Garch(file.resolve(problems)?),
            Self::Bootstrap(file) => Model::Bootstrap(file.resolve(horizon, problems)?),
            Self::Har(file) => Model::Har(file.resolve(place, problems)?),
            Self::ScaledHistory(file) => Model::ScaledHistory(file.resolve(horizon, problems)?),
            Self::Forecast(file) => Model::Forecast(file.resolve(horizon, problems)?),
            Self::Regime(file) => Model::Regime(file.resolve(problems)?),
            Self::Hawkes(file) => {
                let jumps = file.jumps.as_ref().and_then(|jumps| jumps.value.resolve(problems));
                Model::Hawkes(Hawkes {
                    drift: file.drift.as_ref()?.value.0,
                    volatility: file.volatility.as_ref()?.value.0,
                    jumps: jumps?,
                })
            }
        })
    }
}

impl JumpsFile {
    fn resolve(&self) -> Option<Jumps> {
        Some(Jumps {
            rate: self.rate.as_ref()?.value,
            mean: self.mean.as_ref()?.value.0,
            std_dev: self.std_dev.as_ref()?.value.0,
        })
    }
}

impl KouJumpsFile {
    fn resolve(&self) -> Option<KouJumps> {
        Some(KouJumps {
            rate: self.rate.as_ref()?.value,
            up_probability: self.up_probability.as_ref()?.value.0,
            up_mean: self.up_mean.as_ref()?.value.0,
            down_mean: self.down_mean.as_ref()?.value.0,
        })
    }
}

impl HawkesJumpsFile {
    fn resolve(&self, problems: &mut Problems) -> Option<HawkesJumps> {
        let (excitation, decay) = (self.excitation.as_ref()?, self.decay.as_ref()?.value);
        if excitation.value >= decay {
            let message = format!(
                "`excitation` must be below `decay` {}, but is {}",
                number(decay),
                number(excitation.value)
            );
            let help =
                "a jump brings excitation / decay further jumps on average: at 1 and above they never end";
            problems.push(Problem::new(Code::Conflict, &excitation.place, message).help(help));
            return None;
        }
        Some(HawkesJumps {
            base: Jumps {
                rate: self.rate.as_ref()?.value,
                mean: self.mean.as_ref()?.value.0,
                std_dev: self.std_dev.as_ref()?.value.0,
            },
            excitation: excitation.value,
            decay,
        })
    }
}

impl HestonFile {
    fn resolve(&self, problems: &mut Problems) -> Option<Heston> {
        let step = match &self.step {
            Some(step) => Some(positive_step(step, problems)?),
            None => None,
        };
        Some(Heston {
            drift: self.drift.as_ref()?.value.0,
            variance: self.variance.as_ref()?.value,
            long_run_variance: self.long_run_variance.as_ref()?.value,
            mean_reversion: self.mean_reversion.as_ref()?.value,
            vol_of_vol: self.vol_of_vol.as_ref()?.value,
            correlation: self.correlation.as_ref()?.value.0,
            step,
        })
    }
}

impl BatesFile {
    /// The keys that Heston's model has too.
    fn diffusion(&self) -> HestonFile {
        HestonFile {
            drift: self.drift.clone(),
            variance: self.variance.clone(),
            long_run_variance: self.long_run_variance.clone(),
            mean_reversion: self.mean_reversion.clone(),
            vol_of_vol: self.vol_of_vol.clone(),
            correlation: self.correlation.clone(),
            step: self.step.clone(),
            errors: None,
            given: self.given.clone(),
            missing_without_miner: Vec::new(),
        }
    }
}
