//! GARCH: the variance of each step follows from the returns before it.
//!
//! ```text
//! r_t = c + ε_t,   ε_t = √h_t·z_t,   h_{t+1} = omega + (alpha + gamma·1{ε_t < 0})·ε_t² + beta·h_t,   c = log_drift·step
//! ```
//!
//! | key | meaning |
//! |---|---|
//! | log_drift | mean log return per year |
//! | step | length of a step, such as "1h" or "1d": that of the returns the model was fitted to |
//! | omega | constant part of the variance, per step |
//! | alpha | weight of the last squared shock |
//! | gamma | extra weight of a negative one (Glosten, Jagannathan and Runkle); 0 if absent |
//! | beta | weight of the last variance |
//! | dof | degrees of freedom of Student-t innovations scaled to variance 1, more than 2; normal if absent |
//! | initial_variance | variance of the first step; the long-run one, omega/(1 − alpha − gamma/2 − beta), if absent |
//!
//! With Student-t innovations the expected price does not exist, so the drift is of the log-price; with normal ones the expected price
//! grows faster than log_drift, by about half the variance. With alpha = beta = gamma = 0 returns are independent:
//! geometric Brownian motion seen at steps, or its Student-t kin.
//!
//! The law at the ends of steps is exact. Inside a step the price is a Brownian motion of the step's variance h_t (times the
//! mixing variable of the Student-t law, drawn at the start of the step), so bars may be of any length; a
//! recorded return says nothing about the way inside its step, so that is an assumption and not an approximation.
//!
//! Sources: Bollerslev (1986), "Generalized autoregressive conditional heteroskedasticity"; Bollerslev (1987) for Student-t;
//! Glosten, Jagannathan and Runkle (1993).

use serde::Serialize;

use super::{Moves, Stepper};
use crate::market::Duration;
use crate::numeric::{Kernel, Replacement, Stream, dispatch, gammas, replace};

/// Weights with a sum above 1 can make the variance grow without bound; beyond a hundredfold price a step nothing is left to
/// tell apart, and numbers stay finite.
const LARGEST_VARIANCE: f64 = 25.0;

/// GARCH(1,1), with asymmetry and Student-t innovations if wanted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Garch {
    /// Mean log return per year.
    pub log_drift: f64,
    /// Length of a step.
    pub step: Duration,
    /// Constant part of the variance, per step; not negative.
    pub omega: f64,
    /// Weight of the last squared shock; not negative.
    pub alpha: f64,
    /// Extra weight of the last squared shock if it was negative; alpha + gamma is not negative.
    pub gamma: f64,
    /// Weight of the last variance; not negative.
    pub beta: f64,
    /// Degrees of freedom of the innovations, more than 2; normal innovations if none.
    pub dof: Option<f64>,
    /// Variance of the first step.
    pub initial_variance: f64,
}

impl Garch {
    /// The variance per step that the recursion returns to; none if it does not return. Innovations are symmetric, so half of
    /// the shocks are negative.
    pub fn long_run_variance(omega: f64, alpha: f64, gamma: f64, beta: f64) -> Option<f64> {
        let forgetting = 1.0 - alpha - 0.5 * gamma - beta;
        (forgetting > 0.0).then(|| omega / forgetting)
    }

    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        let column = || Vec::with_capacity(lanes);
        GarchStepper {
            model: *self,
            variance: column(),
            shock: column(),
            mixed: column(),
            step_end: column(),
            steps: Vec::with_capacity(lanes),
            draws: column(),
        }
    }
}

/// Steps the recursion; the ends of steps are its events.
#[derive(Debug)]
struct GarchStepper {
    model: Garch,
    /// h of the current step, by path.
    variance: Vec<f64>,
    /// ε so far in the current step, by path.
    shock: Vec<f64>,
    /// Variance of the current step given its mixing variable, by path.
    mixed: Vec<f64>,
    /// End of the current step, by path.
    step_end: Vec<f64>,
    /// Number of the current step from 1, by path.
    steps: Vec<u64>,
    draws: Vec<f64>,
}

impl GarchStepper {
    /// Draws the mixing variables of the steps that begin: (ν − 2)/χ²_ν, of mean 1, makes a normal Student-t of variance 1.
    fn mix(&mut self, lanes: impl ExactSizeIterator<Item = usize>, noise: &mut Stream) {
        let Some(dof) = self.model.dof else {
            for lane in lanes {
                self.mixed[lane] = self.variance[lane];
            }
            return;
        };
        self.draws.resize(lanes.len(), 0.0);
        gammas(0.5 * dof, &mut self.draws, noise);
        for (lane, gamma) in lanes.zip(&self.draws) {
            self.mixed[lane] = self.variance[lane] * (0.5 * dof - 1.0) / gamma;
        }
    }
}

impl Stepper for GarchStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        for (column, value) in [
            (&mut self.variance, self.model.initial_variance),
            (&mut self.shock, 0.0),
            (&mut self.mixed, 0.0),
            (&mut self.step_end, self.model.step.years()),
        ] {
            column.clear();
            column.resize(lanes, value);
        }
        self.steps.clear();
        self.steps.resize(lanes, 1);
        self.mix(0..lanes, noise);
    }

    fn event_times(&self) -> &[f64] {
        &self.step_end
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        dispatch(Diffuse { model: self.model, mixed: &self.mixed, shock: &mut self.shock, moves });
    }

    fn happen(&mut self, lanes: &[u32], _log_price: &mut [f64], noise: &mut Stream) {
        let Garch { step, omega, alpha, gamma, beta, .. } = self.model;
        for lane in lanes {
            let lane = *lane as usize;
            let shock = std::mem::take(&mut self.shock[lane]);
            let weight = if shock < 0.0 { alpha + gamma } else { alpha };
            let next = omega + weight * shock * shock + beta * self.variance[lane];
            self.variance[lane] = next.min(LARGEST_VARIANCE);
            self.steps[lane] += 1;
            // Whole seconds, so that the ends of steps fall on the common times that are multiples of the step.
            self.step_end[lane] = Duration::from_seconds(self.steps[lane] * step.seconds()).years();
        }
        self.mix(lanes.iter().map(|lane| *lane as usize), noise);
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        for column in [&mut self.variance, &mut self.shock, &mut self.mixed, &mut self.step_end] {
            replace(column, replacements);
        }
        replace(&mut self.steps, replacements);
    }
}

/// Brownian motion at the variance of each path's step. A factor on volatility scales the price's move; the recursion goes on as
/// without it.
struct Diffuse<'a> {
    model: Garch,
    mixed: &'a [f64],
    shock: &'a mut [f64],
    moves: Moves<'a>,
}

impl Kernel for Diffuse<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { model, mixed, shock, moves } = self;
        let Moves { lanes, duration, normals, open, close, variance, volatility_times, .. } = moves;
        let n = close.len();
        let (lanes, duration, normals) = (&lanes[..n], &duration[..n], &normals[..n]);
        let (open, variance) = (&open[..n], &mut variance[..n]);
        let steps_per_year = 1.0 / model.step.years();
        for i in 0..n {
            let lane = lanes[i] as usize;
            let integrated = mixed[lane] * (duration[i] * steps_per_year);
            let moved = integrated.sqrt() * normals[i];
            shock[lane] += moved;
            variance[i] = volatility_times * volatility_times * integrated;
            close[i] = open[i] + volatility_times.mul_add(moved, model.log_drift * duration[i]);
        }
    }
}
