//! The model of a scenario, estimated anew from another stretch of history.

use crate::market::{Duration, PriceHistory, ResampleError};
use crate::model::{
    Bates, Bootstrap, EstimateError, Garch, Gbm, Har, Hawkes, HawkesJumps, Heston, Jumps, Kou, KouJumps,
    Merton, Mixture, Model, Regime, RegimeState, ScaledHistory,
};

use super::calibration::Target;
use super::fit::{Fit, FitError};
use super::garch;
use super::jumps;
use super::sample::{Sample, SampleError};

/// Why a model cannot be estimated anew.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RefitError {
    /// A bootstrap needs the lows and highs of bars.
    #[error("a bootstrap needs bars with lows and highs, and the prices are closes only")]
    ClosesOnly,
    /// Only whoever brought a model knows how it is estimated.
    #[error("a model of one's own cannot be estimated here")]
    OwnModel,
    /// The bars do not make up steps of the model.
    #[error(transparent)]
    Step(#[from] ResampleError),
    /// The history is no sample.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// Past hours do not suffice.
    #[error(transparent)]
    Hours(#[from] EstimateError),
    /// The estimator fails.
    #[error(transparent)]
    Fit(#[from] FitError),
}

/// A model of the same kind with the parameters of a history, and no view on where the price goes.
///
/// Merton's and Bates's jumps are those detected, and a GARCH model keeps its step and its members (asymmetry, Student-t) and starts from the
/// variance after the last bar. A bootstrap keeps the mean length of its blocks; its `drift` holds over the horizon.
///
/// # Errors
/// See [`RefitError`].
pub fn refit(model: &Model, history: &PriceHistory, horizon: Duration) -> Result<Model, RefitError> {
    let target = match model {
        Model::Bootstrap(_) if history.close_only => return Err(RefitError::ClosesOnly),
        Model::Bootstrap(bootstrap) => {
            let block = bootstrap.block() * bootstrap.interval().seconds() as f64;
            let bars = (block / history.interval.seconds().max(1) as f64).max(1.0);
            return Ok(Model::Bootstrap(Bootstrap::new(history, String::new(), bars, Some(0.0), horizon)));
        }
        Model::Har(_) => return Ok(Model::Har(Har::of_history(history, String::new(), 0.0)?)),
        Model::ScaledHistory(_) => {
            return Ok(Model::ScaledHistory(ScaledHistory::of_history(history, String::new(), horizon)?));
        }
        Model::Forecast(_) => {
            return Ok(Model::Forecast(Mixture::of_history(history, String::new(), horizon)?));
        }
        Model::Custom(_) => return Err(RefitError::OwnModel),
        Model::Gbm(_) => Target::Gbm,
        Model::Merton(_) => Target::MertonJumps,
        Model::Kou(_) => Target::Kou,
        Model::Heston(_) => Target::Heston,
        Model::Bates(_) => Target::Bates,
        Model::Regime(_) => Target::Regime,
        Model::Hawkes(_) => Target::Hawkes,
        Model::Garch(garch) => {
            Target::Garch(garch::Garch { student: garch.dof.is_some(), asymmetric: garch.gamma != 0.0 })
        }
    };
    let sample = match model {
        Model::Garch(garch) => Sample::of(&history.resample(garch.step)?.0)?,
        _ => Sample::of(history)?,
    };
    let fit = target.fit(&sample, &jumps::Jumps::detect(&sample))?;
    Ok(fitted(model, &fit, &sample))
}

/// The model that a fit describes; `model` is of its kind.
fn fitted(model: &Model, fit: &Fit, sample: &Sample) -> Model {
    // Every key that is asked for here is one that the fit of this kind has.
    let value = |key: &str| fit.value(key).unwrap_or(f64::NAN);
    let normal_jumps =
        || Jumps { rate: value("jumps.rate"), mean: value("jumps.mean"), std_dev: value("jumps.std_dev") };
    let heston = |before: &Heston| Heston {
        drift: 0.0,
        variance: value("variance"),
        long_run_variance: value("long_run_variance"),
        mean_reversion: value("mean_reversion"),
        vol_of_vol: value("vol_of_vol"),
        correlation: value("correlation"),
        step: before.step,
    };
    match model {
        Model::Gbm(_) => Model::Gbm(Gbm { drift: 0.0, volatility: value("volatility") }),
        Model::Merton(_) => {
            Model::Merton(Merton { drift: 0.0, volatility: value("volatility"), jumps: normal_jumps() })
        }
        Model::Kou(_) => Model::Kou(Kou {
            drift: 0.0,
            volatility: value("volatility"),
            jumps: KouJumps {
                rate: value("jumps.rate"),
                up_probability: value("jumps.up_probability"),
                up_mean: value("jumps.up_mean"),
                down_mean: value("jumps.down_mean"),
            },
        }),
        Model::Hawkes(_) => Model::Hawkes(Hawkes {
            drift: 0.0,
            volatility: value("volatility"),
            jumps: HawkesJumps {
                base: normal_jumps(),
                excitation: value("jumps.excitation"),
                decay: value("jumps.decay"),
            },
        }),
        Model::Heston(before) => Model::Heston(heston(before)),
        Model::Bates(before) => Model::Bates(Bates { heston: heston(&before.heston), jumps: normal_jumps() }),
        Model::Regime(_) => {
            let state = |key| RegimeState { drift: 0.0, volatility: value(key) };
            let switching_rates =
                vec![vec![0.0, value("switching_rates.0.1")], vec![value("switching_rates.1.0"), 0.0]];
            let wild = value("probability_of_state_1_after_the_last_bar");
            Model::Regime(Regime {
                states: vec![state("states.0.volatility"), state("states.1.volatility")],
                switching_rates,
                start: vec![1.0 - wild, wild],
            })
        }
        Model::Garch(garch) => Model::Garch(Garch {
            log_drift: -0.5 * sample.volatility().powi(2),
            step: garch.step,
            omega: value("omega"),
            alpha: value("alpha"),
            gamma: fit.value("gamma").unwrap_or(0.0),
            beta: value("beta"),
            dof: fit.value("dof"),
            initial_variance: value("volatility_after_the_last_bar").powi(2) * sample.step_years(),
        }),
        Model::Bootstrap(_)
        | Model::Har(_)
        | Model::ScaledHistory(_)
        | Model::Forecast(_)
        | Model::Custom(_) => model.clone(),
    }
}
