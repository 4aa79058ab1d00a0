//! Heston's stochastic volatility.
//!
//! ```text
//! dS = drift·S dt + √V·S dW,   dV = mean_reversion·(long_run_variance − V) dt + vol_of_vol·√V dW',   dW dW' = correlation dt
//! ```
//!
//! | key | symbol | unit |
//! |---|---|---|
//! | variance | V_0 | per year: 0.36 is 60 % volatility |
//! | long_run_variance | θ | per year |
//! | mean_reversion | κ | per year: the half-life of a shock is ln 2/κ |
//! | vol_of_vol | ξ | per year |
//! | correlation | ρ | between returns and changes of variance |
//!
//! Feller's condition 2κθ ≥ ξ² is not needed: where it fails, as it does for most fits to crypto, the variance touches zero
//! and comes back. With vol_of_vol → 0 and V_0 = θ this is geometric Brownian motion of volatility √θ.
//!
//! There is no exact step that is cheap. The scheme is Andersen's quadratic-exponential one: the variance at the end of
//! an interval is drawn from a law with the right mean and variance (a squared normal, or an atom at zero with an
//! exponential tail), its integral is the trapezoid, and the log-price follows from both, with the correction that makes
//! the expected price exact for every step. It is applied to every interval of the path, however short: `step` is the
//! longest. Between the ends of an interval the price is taken as a Brownian bridge of the interval's integrated variance.
//! The normal that moves the price is the one handed in, and the variance's is correlated with it, so that the
//! prices of several assets are correlated as asked for.
//!
//! Bias of the liquidation probability over the 18 reference cases (1 day to 1 year, leverage 3 to 50, Feller ratio 0.25 to 8),
//! measured with one to four million paths each: in the default steps, the horizon over 96 and at most 8 h, at most 0.13
//! percentage points (standard errors 0.02 to 0.05), stated as below 0.2. It falls in proportion to the step: at most 0.72 in steps
//! of 24 h, 0.25 in steps of 8 h (standard errors 0.05), largest where the horizon has few steps. A test of
//! `tests/engine/reference_heston.rs` measures it.
//!
//! Sources: Heston (1993); Andersen (2008), "Simple and efficient simulation of the Heston stochastic volatility model",
//! sections 3.2.4 and 4.2.

use serde::Serialize;

use super::{Moves, Stepper};
use crate::market::Duration;
use crate::numeric::{
    Guide, Kernel, Nets, Replacement, Stream, dispatch, ln, mean_decay, replace, upper_tail,
};

/// Steps that the horizon is divided into if the scenario names no step.
const DEFAULT_STEPS: u64 = 96;

/// The longest step that the default takes, in seconds: 8 hours.
const LONGEST_DEFAULT_STEP: u64 = 8 * 3_600;

/// Below this the variance is deterministic for all purposes, and dividing by it would only amplify rounding.
const SMALLEST_VOL_OF_VOL: f64 = 1e-6;

/// Times at which nets say where the variance's own driver stands: the average over the path is what counts.
const ANCHORS: usize = 4;

/// Where the quadratic law gives way to the exponential one (Andersen's ψ_c).
const SWITCH: f64 = 1.5;

/// Up to here nine terms of the series of 1/(1 − ε) and ln(1 − ε) leave less than the rounding of a double.
const SMALL: f64 = 1.0 / 64.0;

/// Heston's model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Heston {
    /// Growth rate of the expected price, per year.
    pub drift: f64,
    /// Variance at the start, per year; not negative.
    pub variance: f64,
    /// Variance that it returns to, per year; not negative.
    pub long_run_variance: f64,
    /// Speed of the return, per year; not negative.
    pub mean_reversion: f64,
    /// Volatility of the variance; not negative.
    pub vol_of_vol: f64,
    /// Correlation between returns and changes of variance, from −1 to 1.
    pub correlation: f64,
    /// Longest interval of the scheme; chosen by the horizon if none.
    pub step: Option<Duration>,
}

impl Heston {
    /// The longest interval of the scheme on a path of this length: what the scenario asks for, or the horizon over 96, at most
    /// 8 hours.
    pub fn step(&self, horizon: Duration) -> Duration {
        let default = (horizon.seconds() / DEFAULT_STEPS).clamp(1, LONGEST_DEFAULT_STEP);
        self.step.unwrap_or(Duration::from_seconds(default))
    }

    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> HestonStepper {
        let column = || Vec::with_capacity(lanes);
        HestonStepper { model: *self, variance: column(), normals: column(), guide: Guide::default() }
    }
}

/// Steps Heston's model by the quadratic-exponential scheme.
#[derive(Debug)]
pub struct HestonStepper {
    model: Heston,
    variance: Vec<f64>,
    normals: Vec<f64>,
    /// Leads the part of the variance's driver that is not the price's.
    guide: Guide,
}

impl Stepper for HestonStepper {
    fn begin(&mut self, lanes: usize, _noise: &mut Stream) {
        self.variance.clear();
        self.variance.resize(lanes, self.model.variance);
        self.guide.rest();
    }

    fn lead(&mut self, nets: &mut Nets, horizon: f64, lanes: usize, _noise: &mut Stream) {
        self.guide.begin(nets, ANCHORS, horizon, lanes);
    }

    fn event_times(&self) -> &[f64] {
        &[]
    }

    fn advance(&mut self, moves: Moves<'_>, noise: &mut Stream) {
        self.normals.resize(moves.close.len(), 0.0);
        noise.normals(&mut self.normals);
        self.guide.some(moves.lanes, moves.duration, &mut self.normals);
        dispatch(QuadraticExponential {
            model: self.model,
            variances: &mut self.variance,
            others: &self.normals,
            moves,
        });
    }

    fn happen(&mut self, _lanes: &[u32], _log_price: &mut [f64], _noise: &mut Stream) {}

    fn replace(&mut self, replacements: &[Replacement]) {
        replace(&mut self.variance, replacements);
    }
}

/// Paths that are looked at together.
const CHUNK: usize = 64;

/// One interval of the scheme. Greek and single letters are those of Andersen (2008), with γ₁ = γ₂ = ½.
struct QuadraticExponential<'a> {
    model: Heston,
    /// Variance by path.
    variances: &'a mut [f64],
    /// Normals independent of those handed in.
    others: &'a [f64],
    moves: Moves<'a>,
}

impl Kernel for QuadraticExponential<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { model, variances, others, moves } = self;
        let Moves { lanes, duration, normals, open, close, variance, volatility_times, .. } = moves;
        let moved = Moved { model: &model, volatility_times };
        let everyone = lanes.len() == variances.len();
        let columns = lanes.chunks(CHUNK).zip(duration.chunks(CHUNK)).zip(normals.chunks(CHUNK));
        let columns = columns.zip(others.chunks(CHUNK)).zip(open.chunks(CHUNK));
        let columns = columns.zip(close.chunks_mut(CHUNK)).zip(variance.chunks_mut(CHUNK));
        for (chunk, ((((((lanes, duration), normals), others), open), close), variance)) in
            columns.enumerate()
        {
            let mut before = [0.0; CHUNK];
            let before = &mut before[..lanes.len()];
            let own = chunk * CHUNK..chunk * CHUNK + lanes.len();
            if everyone {
                before.copy_from_slice(&variances[own.clone()]);
            } else {
                for (before, lane) in before.iter_mut().zip(lanes) {
                    *before = variances[*lane as usize];
                }
            }
            // On a common grid all paths move for the same time; and mostly the variance of none is near zero.
            let first = Interval::new(&model, duration[0]);
            let (mut shared, mut quadratic, mut small) = (true, true, true);
            for (v, duration) in before.iter().zip(duration) {
                shared &= *duration == first.duration;
                let (m, s_square) = first.moments(*v);
                quadratic &= s_square <= SWITCH * m * m;
                small &= first.a_sum.abs() * s_square <= SMALL * m;
            }
            let steps = before.iter_mut().zip(normals).zip(others).zip(open).zip(close).zip(variance);
            // Every path takes the branch of its chunk, so that the loops are free of choices.
            if shared & quadratic & small {
                for (((((v, normal), other), open), close), variance) in steps {
                    let step = first.quadratic::<true>(*v, *normal, *other);
                    (*close, *variance) = moved.close(*open, &first, &step);
                    *v = step.variance;
                }
            } else if shared & quadratic {
                for (((((v, normal), other), open), close), variance) in steps {
                    let step = first.quadratic::<false>(*v, *normal, *other);
                    (*close, *variance) = moved.close(*open, &first, &step);
                    *v = step.variance;
                }
            } else if shared {
                for (((((v, normal), other), open), close), variance) in steps {
                    let step = first.either(*v, *normal, *other);
                    (*close, *variance) = moved.close(*open, &first, &step);
                    *v = step.variance;
                }
            } else {
                for ((((((v, normal), other), open), close), variance), duration) in steps.zip(duration) {
                    let interval = Interval::new(&model, *duration);
                    let step = interval.either(*v, *normal, *other);
                    (*close, *variance) = moved.close(*open, &interval, &step);
                    *v = step.variance;
                }
            }
            if everyone {
                variances[own].copy_from_slice(before);
            } else {
                for (before, lane) in before.iter().zip(lanes) {
                    variances[*lane as usize] = *before;
                }
            }
        }
    }
}

/// From a step to the move of the price.
struct Moved<'a> {
    model: &'a Heston,
    /// Factor on volatility.
    volatility_times: f64,
}

impl Moved<'_> {
    /// The log-price at the end, and the variance of the bridge to it.
    #[inline(always)]
    fn close(&self, open: f64, interval: &Interval, step: &Step) -> (f64, f64) {
        let factor = self.volatility_times;
        // The martingale part of the move, scaled by the factor on volatility.
        let martingale = factor * 0.5f64.mul_add(step.integrated, step.log_return);
        let scaled = factor * factor * step.integrated;
        (open + (self.model.drift.mul_add(interval.duration, martingale) - 0.5 * scaled), scaled)
    }
}

/// What one interval does to the variance and the log-price, drift aside.
#[derive(Debug, Clone, Copy)]
struct Step {
    variance: f64,
    /// Integral of the variance over the interval.
    integrated: f64,
    log_return: f64,
}

/// What does not depend on the path.
#[derive(Debug, Clone, Copy)]
struct Interval {
    duration: f64,
    theta: f64,
    decayed: f64,
    /// ξ²·(1 − e^(−κΔ))/κ.
    spread: f64,
    rho: f64,
    root: f64,
    uncorrelated: f64,
    k2: f64,
    k3: f64,
    a_sum: f64,
}

impl Interval {
    #[inline(always)]
    fn new(model: &Heston, duration: f64) -> Self {
        let xi = model.vol_of_vol;
        let (kappa, theta) = (model.mean_reversion, model.long_run_variance);
        let rho = if xi < SMALLEST_VOL_OF_VOL { 0.0 } else { model.correlation };
        let rho_over_xi = if xi < SMALLEST_VOL_OF_VOL { 0.0 } else { rho / xi };
        let uncorrelated = 1.0 - rho * rho;
        let decay_time = duration * mean_decay(kappa * duration);
        let k2 = 0.5 * duration * (kappa * rho_over_xi - 0.5) + rho_over_xi;
        let k3 = 0.5 * duration * uncorrelated;
        Self {
            duration,
            theta,
            decayed: kappa * decay_time,
            spread: xi * xi * decay_time,
            rho,
            root: uncorrelated.sqrt(),
            uncorrelated,
            k2,
            k3,
            a_sum: 0.5f64.mul_add(k3, k2),
        }
    }

    /// Mean m of the variance at the end, and its variance s².
    #[inline(always)]
    fn moments(&self, v: f64) -> (f64, f64) {
        let m = positive((self.theta - v).mul_add(self.decayed, v), 1e-100);
        let s_square = self.spread * (v * (1.0 - self.decayed) + 0.5 * self.theta * self.decayed);
        (m, positive(s_square, 1e-24 * m * m))
    }

    /// The normals of the variance and of what is left of the price: the variance's has correlation ρ with the one handed in.
    #[inline(always)]
    fn rotate(&self, normal: f64, other: f64) -> (f64, f64) {
        (self.rho.mul_add(normal, self.root * other), self.root.mul_add(normal, -self.rho * other))
    }

    /// The variance at the end by the quadratic law, and ln E[exp(K2·V' + ½·K4·V')]: what the move must give up for the expected
    /// price to be exact. With ε = 2·a·(K2 + ½·K4) that is ½·(b²·ε/(1 − ε) − ln(1 − ε)), where ε is at most [`SMALL`] a pair of series.
    #[inline(always)]
    fn quadratic_end<const IS_SMALL: bool>(&self, (m, s_square): (f64, f64), z: f64) -> (f64, f64) {
        // 2/ψ.
        let inverse = 2.0 * m * m / s_square;
        let b_square = inverse - 1.0 + positive(inverse * (inverse - 1.0), 0.0).sqrt();
        let a = m / (1.0 + b_square);
        let shifted = positive(b_square, 0.0).sqrt() + z;
        let epsilon = 2.0 * self.a_sum * a;
        let (ratio, log) = if IS_SMALL {
            let (mut ratio, mut log) = (1.0, 1.0 / 9.0);
            for k in 1..9 {
                ratio = epsilon.mul_add(ratio, 1.0);
                log = epsilon.mul_add(log, 1.0 / f64::from(9 - k));
            }
            (epsilon * ratio, -epsilon * log)
        } else {
            let left = positive(1.0 - epsilon, 1e-3);
            (epsilon / left, ln(left))
        };
        (a * shifted * shifted, 0.5 * b_square.mul_add(ratio, -log))
    }

    /// The same by the law with an atom at zero.
    #[inline(always)]
    fn exponential_end(&self, (m, s_square): (f64, f64), z: f64) -> (f64, f64) {
        let beta = 2.0 * m / m.mul_add(m, s_square);
        let above_zero = beta * m;
        let end = positive(ln(above_zero / upper_tail(z)) / beta, 0.0);
        let room = positive(beta - self.a_sum, 1e-3 * beta);
        (end, ln(1.0 - above_zero + beta * above_zero / room))
    }

    #[inline(always)]
    fn step(&self, v: f64, (next, growth): (f64, f64), z_price: f64) -> Step {
        let integrated = 0.5 * self.duration * (v + next);
        let diffusion = (self.uncorrelated * integrated).sqrt() * z_price;
        let log_return = self.k2.mul_add(next, -0.5 * self.k3 * v) - growth + diffusion;
        Step { variance: next, integrated, log_return }
    }

    /// A step where ψ is at most [`SWITCH`].
    #[inline(always)]
    fn quadratic<const IS_SMALL: bool>(&self, v: f64, normal: f64, other: f64) -> Step {
        let (z_variance, z_price) = self.rotate(normal, other);
        self.step(v, self.quadratic_end::<IS_SMALL>(self.moments(v), z_variance), z_price)
    }

    /// A step by the law that ψ = s²/m² asks for.
    #[inline(always)]
    fn either(&self, v: f64, normal: f64, other: f64) -> Step {
        let (m, s_square) = self.moments(v);
        let (z_variance, z_price) = self.rotate(normal, other);
        let quadratic = self.quadratic_end::<false>((m, s_square), z_variance);
        let exponential = self.exponential_end((m, s_square), z_variance);
        let is_quadratic = s_square <= SWITCH * m * m;
        let next = if is_quadratic { quadratic.0 } else { exponential.0 };
        let growth = if is_quadratic { quadratic.1 } else { exponential.1 };
        self.step(v, (next, growth), z_price)
    }
}

/// The larger of a number and a bound; the bound if it is not a number.
#[inline(always)]
fn positive(x: f64, bound: f64) -> f64 {
    if x > bound { x } else { bound }
}
