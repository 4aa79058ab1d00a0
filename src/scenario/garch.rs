//! The GARCH model of a scenario file.

use crate::market::Duration;
use crate::model::Garch;
use crate::model::check::{DEGREES_OF_FREEDOM, DRIFT, GARCH_ASYMMETRY, GARCH_WEIGHT, STEP_VARIANCE};

use super::errors::ErrorsFile;
use super::numbers::Ratio;
use super::problem::{Code, Problem, Problems};
use super::shape::Placed;
use super::table::table;
use super::tree::number;

table! {
    /// GARCH(1,1): the variance of each step follows from the returns before it.
    struct GarchFile {
        /// Mean log return per year, as a fraction: with Student-t innovations the expected price does not exist.
        required log_drift: Ratio where DRIFT,
        /// Length of a step, such as "1h" or "1d": that of the returns the model was fitted to.
        required step: Duration,
        /// Constant part of the variance, per step.
        required omega: f64 where STEP_VARIANCE,
        /// Weight of the last squared shock.
        required alpha: f64 where GARCH_WEIGHT,
        /// Extra weight of the last squared shock if it was negative; 0 if absent.
        optional gamma: f64 where GARCH_ASYMMETRY,
        /// Weight of the last variance.
        required beta: f64 where GARCH_WEIGHT,
        /// Degrees of freedom of Student-t innovations, scaled to variance 1; normal innovations if absent.
        optional dof: f64 where DEGREES_OF_FREEDOM,
        /// Variance of the first step; the long-run variance per step if absent.
        optional initial_variance: f64 where STEP_VARIANCE,
        /// Errors of the fitted numbers, which parameter_errors draws from.
        optional errors: ErrorsFile,
    }
}

impl GarchFile {
    /// The model, if all of its values were read and fit each other.
    pub fn resolve(&self, problems: &mut Problems) -> Option<Garch> {
        let step = self.step.as_ref().and_then(|step| positive_step(step, problems));
        let (omega, alpha) = (self.omega.as_ref()?.value, self.alpha.as_ref()?);
        let beta = self.beta.as_ref()?;
        let gamma = self.gamma.as_ref().map_or(0.0, |gamma| gamma.value);
        if let Some(placed) = self.gamma.as_ref().filter(|_| alpha.value + gamma < 0.0) {
            let message =
                format!("`alpha` + `gamma` must be at least 0, but is {}", number(alpha.value + gamma));
            let help = "it is the weight of a negative shock, and a variance cannot be negative";
            problems.push(Problem::new(Code::Conflict, &placed.place, message).help(help));
            return None;
        }
        let total = alpha.value + 0.5 * gamma + beta.value;
        if omega == 0.0 && total < 1.0 {
            let place = self.omega.as_ref().map_or(&beta.place, |omega| &omega.place);
            let message = format!(
                "the variance dies out: `omega` is 0 and of every variance {} is left in the next step",
                number(total)
            );
            let help =
                "give `omega` above 0: the long-run variance per step times (1 - alpha - gamma/2 - beta)";
            problems.push(Problem::new(Code::Conflict, place, message).help(help));
            return None;
        }
        let long_run = Garch::long_run_variance(omega, alpha.value, gamma, beta.value);
        let initial_variance = match (&self.initial_variance, long_run) {
            (Some(given), _) => given.value,
            (None, Some(long_run)) => long_run,
            (None, None) => {
                let message = format!(
                    "`alpha` + `gamma`/2 + `beta` is {}: there is no long-run variance",
                    number(total)
                );
                let help =
                    "add `initial_variance`, the variance of the first step, or weights with a sum below 1";
                problems.push(Problem::new(Code::Conflict, &beta.place, message).help(help));
                return None;
            }
        };
        Some(Garch {
            log_drift: self.log_drift.as_ref()?.value.0,
            step: step?,
            omega,
            alpha: alpha.value,
            gamma,
            beta: beta.value,
            dof: self.dof.as_ref().map(|dof| dof.value),
            initial_variance,
        })
    }
}

/// A step that time can be divided into.
pub(super) fn positive_step(step: &Placed<Duration>, problems: &mut Problems) -> Option<Duration> {
    if step.value.seconds() > 0 {
        return Some(step.value);
    }
    let problem = Problem::new(Code::OutOfRange, &step.place, "`step` must be longer than 0");
    problems.push(problem.help("give the length of a step, such as \"8h\""));
    None
}
