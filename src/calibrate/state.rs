//! What is known at a later bar under parameters that were estimated before: the parameters stay, the variance of today moves on.

use super::garch::GarchLaw;
use super::jumps::Jumps;
use super::regime::RegimeLaw;
use super::sample::Sample;
use crate::model::{Bates, Garch, Heston, Model, Regime};
use crate::numeric::elementary::exp_m1;

/// Seconds whose realised variance Heston's and Bates's models start with, as when they are fitted.
const LAST_SECONDS: f64 = 7.0 * 86_400.0;

/// A fitted model at the end of a sample that goes on behind the one of its fit.
pub(super) fn restated(model: &Model, recent: &Sample) -> Model {
    match model {
        Model::Garch(garch) => {
            Model::Garch(Garch { initial_variance: variance_after(garch, recent), ..*garch })
        }
        Model::Regime(regime) => {
            Model::Regime(Regime { start: regime_after(regime, recent), ..regime.clone() })
        }
        Model::Heston(heston) => Model::Heston(Heston { variance: realised(recent, None), ..*heston }),
        Model::Bates(bates) => {
            let variance = realised(recent, Some(&Jumps::detect(recent)));
            Model::Bates(Bates { heston: Heston { variance, ..bates.heston }, ..*bates })
        }
        model => model.clone(),
    }
}

/// The variance of the step behind the last return.
fn variance_after(garch: &Garch, recent: &Sample) -> f64 {
    let law = GarchLaw {
        mean: recent.mean(),
        omega: garch.omega,
        alpha: garch.alpha,
        gamma: garch.gamma,
        beta: garch.beta,
        dof: garch.dof,
    };
    let before = recent.std_dev().powi(2);
    law.variances(&recent.returns, before).last().copied().unwrap_or(before)
}

/// Probabilities of two regimes behind the last return; rates a year become probabilities a step by the exponential of their matrix.
fn regime_after(regime: &Regime, recent: &Sample) -> Vec<f64> {
    let (states, rates) = (&regime.states, &regime.switching_rates);
    let ([calm, wild], [from_calm, from_wild]) = (&states[..], &rates[..]) else {
        return regime.start.clone();
    };
    let step = recent.step_years();
    let total = from_calm[1] + from_wild[0];
    let switched = -exp_m1(-total * step) / total;
    let law = RegimeLaw {
        mean: recent.mean(),
        std_dev: [calm, wild].map(|state| state.volatility * step.sqrt()),
        leaving: [from_calm[1] * switched, from_wild[0] * switched],
    };
    let (_, before) = law.filter(&recent.returns);
    let wild = before.last().copied().unwrap_or(0.5);
    vec![1.0 - wild, wild]
}

/// Realised variance per year over the last week, without returns that are jumps.
fn realised(recent: &Sample, jumps: Option<&Jumps>) -> f64 {
    let count = (LAST_SECONDS / recent.step.seconds().max(1) as f64).ceil() as usize;
    let mean = recent.mean();
    let (mut squares, mut kept) = (0.0, 0.0);
    for index in recent.len().saturating_sub(count.max(1))..recent.len() {
        if jumps.is_none_or(|jumps| !jumps.is_jump[index]) {
            squares += (recent.returns[index] - mean).powi(2);
            kept += 1.0;
        }
    }
    if kept > 0.0 && squares > 0.0 {
        squares / (kept * recent.step_years())
    } else {
        recent.volatility().powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Duration;
    use crate::model::RegimeState;

    fn sample(returns: Vec<f64>) -> Sample {
        Sample::from_returns(returns, Duration::from_seconds(86_400)).unwrap()
    }

    /// 200 calm days and then 30 of four times the deviation: every state moves up, and goes back when they lie behind.
    #[test]
    fn states_follow_the_last_returns() {
        let day = |index: usize| if index.is_multiple_of(2) { 0.02 } else { -0.02 };
        let calm: Vec<f64> = (0..200).map(day).collect();
        let wild: Vec<f64> = calm.iter().copied().chain((0..30).map(|index| 4.0 * day(index))).collect();
        let year = 365.0_f64;
        let garch = Garch {
            log_drift: 0.0,
            step: Duration::from_seconds(86_400),
            omega: 4e-6,
            alpha: 0.1,
            gamma: 0.0,
            beta: 0.89,
            dof: None,
            initial_variance: 1.0,
        };
        let states = [0.4, 1.5].map(|volatility| RegimeState { drift: 0.0, volatility });
        let regime = Regime {
            states: states.to_vec(),
            switching_rates: vec![vec![0.0, 5.0], vec![20.0, 0.0]],
            start: vec![0.5, 0.5],
        };
        let heston = Heston {
            drift: 0.0,
            variance: 1.0,
            long_run_variance: 0.3,
            mean_reversion: 5.0,
            vol_of_vol: 1.0,
            correlation: 0.0,
            step: None,
        };
        let variance = |returns: &[f64], model: &Model| match restated(model, &sample(returns.to_vec())) {
            Model::Garch(garch) => garch.initial_variance * year,
            Model::Regime(regime) => regime.start[1],
            Model::Heston(heston) => heston.variance,
            _ => f64::NAN,
        };
        for model in [Model::Garch(garch), Model::Regime(regime), Model::Heston(heston)] {
            assert!(variance(&wild, &model) > 4.0 * variance(&calm, &model), "{}", model.kind());
        }
        let found = variance(&calm, &Model::Heston(heston));
        assert!((found / (year * 4e-4) - 1.0).abs() < 1e-12, "{found}");
        // Σ_k 0.89^k·0.1·4e-4 of 200 days and what is left of the mean before them.
        let expected: f64 = 4e-6 * (1.0 - 0.89_f64.powi(200)) / 0.11
            + (0..200).map(|k| 0.1 * 4e-4 * 0.89_f64.powi(k)).sum::<f64>()
            + 0.89_f64.powi(200) * (4e-6 + 0.99 * 4e-4);
        let found = variance(&calm, &Model::Garch(garch));
        assert!((found / (year * expected) - 1.0).abs() < 1e-6, "{found} {}", year * expected);
    }
}
