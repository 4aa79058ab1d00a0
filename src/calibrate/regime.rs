//! Two regimes of volatility that switch as a Markov chain: maximum likelihood by Hamilton's filter (1989).
//!
//! In each step the return is normal with the volatility of the regime of that step and a common mean; the next step's
//! regime follows a transition matrix. The filter carries the probability of each regime forward. The matrix P per step
//! becomes rates per year by its logarithm, ln P/Δ, which for two states is in closed form. The simulation may switch inside a step, this
//! likelihood only between steps: the difference is of the order of the switching probability per step.

use crate::numeric::elementary;
use crate::numeric::special::normal_cdf;

use super::fit::{Covariance, Fit, FitError, Likelihood, Parameter, logistic, logit, maximum_likelihood};
use super::floor;
use super::kernels::{SMALLEST_DENSITY, add_normal, sum_of_logs};
use super::sample::Sample;
use super::work::Work;

/// Largest sum of both switching probabilities per step that a continuous chain can have is 1; this keeps away from it.
const MOST_SWITCHING: f64 = 0.98;

/// Switches a year beyond which the search does not go: a scenario takes 100,000.
const MOST_SWITCHES: f64 = 99_000.0;

/// The parameters per step, in the unit of the returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegimeLaw {
    /// Mean return, in both regimes.
    pub mean: f64,
    /// Standard deviations, the calm regime first.
    pub std_dev: [f64; 2],
    /// Probability of leaving each regime in a step.
    pub leaving: [f64; 2],
}

impl RegimeLaw {
    /// Probability of the second (wild) regime in the long run.
    pub fn wild_share(&self) -> f64 {
        self.leaving[0] / (self.leaving[0] + self.leaving[1])
    }

    /// Density of each return given those before it, and the probability of the wild regime before each return and after the last.
    pub fn filter(&self, returns: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut calm = vec![0.0; returns.len()];
        let mut wild = vec![0.0; returns.len()];
        add_normal(returns, 1.0, self.mean, self.std_dev[0].powi(2), &mut calm);
        add_normal(returns, 1.0, self.mean, self.std_dev[1].powi(2), &mut wild);
        let mut probability = self.wild_share();
        let mut before = Vec::with_capacity(returns.len() + 1);
        for (calm, wild) in calm.iter_mut().zip(&wild) {
            before.push(probability);
            let joint = probability * wild;
            let density = ((1.0 - probability) * *calm + joint).max(SMALLEST_DENSITY);
            *calm = density;
            let now = joint / density;
            probability = now * (1.0 - self.leaving[1]) + (1.0 - now) * self.leaving[0];
        }
        before.push(probability);
        (calm, before)
    }

    /// Logarithm of the density of the returns.
    pub fn log_likelihood(&self, returns: &[f64]) -> f64 {
        sum_of_logs(&mut self.filter(returns).0)
    }

    /// Switching rates per year, from calm to wild and back: ln P/Δ.
    pub fn rates(&self, step_years: f64) -> [f64; 2] {
        let total = self.leaving[0] + self.leaving[1];
        self.leaving.map(|leaving| -elementary::ln(1.0 - total) / step_years * leaving / total)
    }
}

/// Fits two regimes.
///
/// # Errors
/// The search finds no maximum.
pub fn fit(sample: &Sample) -> Result<Fit, FitError> {
    let (x, unit) = sample.in_standard_units();
    let dt = sample.step_years();
    let law = |u: &[f64]| {
        let calm = elementary::exp(u[1]);
        RegimeLaw {
            mean: u[0],
            std_dev: [calm, calm * (1.0 + elementary::exp(u[2]))],
            leaving: [logistic(u[3]), logistic(u[4])],
        }
    };
    let (work, smallest) = (Work::new(), floor::smallest_part(sample));
    let log_likelihood = |u: &[f64]| {
        let law = law(u);
        let total = law.leaving[0] + law.leaving[1];
        if total > MOST_SWITCHING
            || law.std_dev[0] < smallest
            || law.rates(dt).iter().any(|rate| *rate > MOST_SWITCHES)
        {
            return f64::NAN;
        }
        work.charge(x.len(), 22);
        law.log_likelihood(&x)
    };
    let annual = unit / dt.sqrt();
    let parameters = |u: &[f64]| {
        let law = law(u);
        let [to_wild, to_calm] = law.rates(dt);
        vec![annual * law.std_dev[0], annual * law.std_dev[1], to_wild, to_calm, law.wild_share()]
    };
    let start = |calm: f64, wild: f64, to_wild: f64, to_calm: f64| {
        vec![0.0, elementary::ln(calm), elementary::ln(wild / calm - 1.0), logit(to_wild), logit(to_calm)]
    };
    let starts = [
        start(0.5, 1.6, 0.02, 0.05),
        start(0.6, 2.5, 0.05, 0.2),
        start(0.3, 1.3, 0.1, 0.1),
        start(0.7, 1.3, 0.002, 0.005),
    ];
    let keys = [
        "states.0.volatility",
        "states.1.volatility",
        "switching_rates.0.1",
        "switching_rates.1.0",
        "share_of_time_in_state_1",
    ];
    let on_floor = |u: &[f64]| floor::check(law(u).std_dev[0], sample).is_err();
    let estimate = maximum_likelihood(log_likelihood, &keys, parameters, &starts, &on_floor, &work)?;
    let found = law(&estimate.point);
    floor::check(found.std_dev[0], sample)?;
    let (_, wild) = found.filter(&x);
    let cdf = |x: f64, state: usize| normal_cdf((x - found.mean) / found.std_dev[state]);
    let probabilities = x.iter().zip(&wild).map(|(x, p)| (1.0 - p) * cdf(*x, 0) + p * cdf(*x, 1)).collect();
    let mut parameters = estimate.parameters;
    let mut derived = parameters.split_off(4);
    let last = wild[sample.len()];
    derived.push(Parameter {
        key: "probability_of_state_1_after_the_last_bar",
        value: last,
        std_error: None,
    });
    let mut warnings = estimate.warnings;
    if found.leaving[0] + found.leaving[1] > 0.5 {
        warnings.push(
            "the regimes change about as fast as the bars: within a step there are switches that this fit does not see"
                .to_owned(),
        );
    }
    Ok(Fit {
        name: "regime",
        kind: "regime",
        method: "maximum likelihood (Hamilton's filter, two regimes, common mean)",
        covariance: Covariance::of(&parameters, estimate.covariance.as_deref()),
        parameters,
        derived,
        likelihood: Some(Likelihood {
            log: estimate.log_likelihood - sample.len() as f64 * elementary::ln(unit),
            parameters: 5,
            is_maximum: true,
        }),
        probabilities: Some(probabilities),
        warnings,
    })
}
