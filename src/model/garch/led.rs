//! Innovations drawn so that paths go to a goal, and the weights that make up for it.
//!
//! With normal innovations a step has one of two drifts, ±shift of its deviation, chosen with a probability that depends on the path's
//! state. After a part t of the step, which has moved the driver by w, the density of the law over that of the mixture is
//! 1/(Σ p±·exp(±shift·w − shift²·t/2)) (Girsanov 1960); bridges between the ends of bars stay as they are. With Student-t
//! innovations the mixing variable is drawn from its law with one of several larger scales as well, now and then: a mixture with the law itself, so
//! that the ratio of densities is bounded (Hesterberg 1995, "Weighted average importance sampling and defensive mixture
//! distributions").

use std::sync::Arc;

use super::lean::Lean;
use super::outlook::{Hopes, Leans, Outlook};
use super::parameters::Garch;
use super::recursion::FAR;
use crate::model::{Moves, Tilt};
use crate::numeric::{Kernel, Replacement, Stream, dispatch, exp, ln, replace};

/// Larger scales of the mixing variable, in equal ratios up to that of a step as long as the way; each half as likely as the one before.
const SCALES: usize = 6;

/// How the paths of a block are led.
#[derive(Debug)]
pub(super) struct Led {
    outlook: Arc<Outlook>,
    tilt: Tilt,
    /// ν/2, the shape of the gamma variable.
    shape: f64,
    /// Factors on the variance, and how likely they are among each other.
    scales: [(f64, f64); SCALES],
    leans: Vec<Lean>,
    /// Mean of the current innovation, by path: ±shift.
    shift: Vec<f64>,
    /// Probability that it is positive.
    up: Vec<f64>,
    /// What the driver has moved in the current step, in deviations.
    walked: Vec<f64>,
    /// Logarithm of the weight of the current mixing variable.
    mixing: Vec<f64>,
    /// What of the weight of the current step has been noted.
    noted: Vec<f64>,
    /// Logarithm of the weight of each path since it was last asked for.
    pub logarithms: Vec<f64>,
    // What is worked on, in the order of the paths at hand.
    lefts: Vec<f64>,
    variances: Vec<f64>,
    choices: Vec<f64>,
}

impl Led {
    pub fn new(model: &Garch, outlook: Arc<Outlook>, tilt: Tilt) -> Self {
        let smallest = FAR;
        let largest = (tilt.goal * tilt.goal / outlook.least_variance()).max(smallest);
        let ratio = exp(ln(largest / smallest) / (SCALES - 1) as f64);
        let (mut scale, mut share) = (smallest, 1.0 / (2.0 - 0.5_f64.powi(SCALES as i32 - 1)));
        let scales = std::array::from_fn(|_| {
            let this = (scale, share);
            (scale, share) = (scale * ratio, 0.5 * share);
            this
        });
        let column = Vec::new;
        Self {
            outlook,
            tilt,
            shape: 0.5 * model.dof.unwrap_or(0.0),
            scales,
            leans: Vec::new(),
            shift: column(),
            up: column(),
            walked: column(),
            mixing: column(),
            noted: column(),
            logarithms: column(),
            lefts: column(),
            variances: column(),
            choices: column(),
        }
    }

    fn columns(&mut self) -> [&mut Vec<f64>; 5] {
        [&mut self.shift, &mut self.up, &mut self.walked, &mut self.mixing, &mut self.noted]
    }

    pub fn begin(&mut self, lanes: usize) {
        self.logarithms.clear();
        self.logarithms.resize(lanes, 0.0);
        for column in self.columns() {
            column.clear();
            column.resize(lanes, 0.0);
        }
    }

    pub fn replace(&mut self, replacements: &[Replacement]) {
        for column in self.columns() {
            replace(column, replacements);
        }
    }

    /// Replaces the logarithms of hopes by what is known better.
    pub fn hopes(&self, steps_gone: usize, left: &[f64], variance: &[f64], logarithms: &mut [f64]) {
        dispatch(Hopes { outlook: &self.outlook, steps_gone, left, variance, logarithms });
    }

    /// Chooses how the innovations of the steps that begin are drawn, from the log-prices and variances of all paths.
    pub fn lean(
        &mut self,
        lanes: impl ExactSizeIterator<Item = usize> + Clone,
        steps_gone: usize,
        log_price: &[f64],
        variance: &[f64],
        noise: &mut Stream,
    ) {
        let Tilt { goal, exponent, .. } = self.tilt;
        let sign = exponent.signum();
        self.lefts.clear();
        self.lefts.extend(lanes.clone().map(|lane| goal - sign * log_price[lane]));
        self.variances.clear();
        self.variances.extend(lanes.clone().map(|lane| variance[lane]));
        self.leans.resize(lanes.len(), Lean::default());
        let Self { outlook, lefts, variances, leans, .. } = self;
        dispatch(Leans { outlook, steps_gone, left: lefts, variance: variances, leans });
        self.choices.resize(lanes.len(), 0.0);
        noise.uniforms(&mut self.choices);
        for ((lane, lean), choice) in lanes.zip(&self.leans).zip(&self.choices) {
            let up = if sign > 0.0 { lean.towards } else { 1.0 - lean.towards };
            self.up[lane] = up;
            self.shift[lane] = if *choice < up { lean.shift } else { -lean.shift };
            self.walked[lane] = 0.0;
            self.mixing[lane] = 0.0;
            self.noted[lane] = 0.0;
        }
    }

    /// Makes the gamma variables of the steps that begin some of the mixture.
    pub fn mix(&mut self, lanes: impl Iterator<Item = usize>, gammas: &mut [f64], noise: &mut Stream) {
        noise.uniforms(&mut self.choices);
        let Self { shape, scales, leans, choices, .. } = self;
        dispatch(Mixture { shape: *shape, scales, leans, choices, gammas });
        for (lane, logarithm) in lanes.zip(&self.choices) {
            self.mixing[lane] = *logarithm;
        }
    }

    /// Notes the weights of the current steps of paths of which this share has passed.
    pub fn note(&mut self, lanes: impl Iterator<Item = usize>, elapsed: f64) {
        let Self { shift, up, walked, mixing, noted, logarithms, lefts: densities, .. } = self;
        // All paths are in step, so they are all of them or few.
        densities.resize(walked.len(), 0.0);
        dispatch(Densities { elapsed, shift, up, walked, densities });
        for lane in lanes {
            let now = mixing[lane] - densities[lane];
            logarithms[lane] += now - noted[lane];
            noted[lane] = now;
        }
    }
}

/// Logarithms of the densities of the mixtures of drifts over that of the law.
struct Densities<'a> {
    elapsed: f64,
    shift: &'a [f64],
    up: &'a [f64],
    walked: &'a [f64],
    densities: &'a mut [f64],
}

impl Kernel for Densities<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { elapsed, shift, up, walked, densities } = self;
        for (((shift, up), walked), density) in shift.iter().zip(up).zip(walked).zip(densities) {
            let (drift, half) = (shift.abs() * walked, 0.5 * shift * shift * elapsed);
            *density = ln(up * exp(drift - half) + (1.0 - up) * exp(-drift - half));
        }
    }
}

/// Turns gamma variables into those of mixtures, and the uniforms that choose the scales into the logarithms of the weights.
struct Mixture<'a> {
    shape: f64,
    scales: &'a [(f64, f64); SCALES],
    leans: &'a [Lean],
    choices: &'a mut [f64],
    gammas: &'a mut [f64],
}

impl Kernel for Mixture<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { shape, scales, leans, choices, gammas } = self;
        let mut powers = [0.0; SCALES];
        for (power, (scale, share)) in powers.iter_mut().zip(scales) {
            *power = shape.mul_add(ln(*scale), ln(*share));
        }
        for ((gamma, choice), Lean { far, .. }) in gammas.iter_mut().zip(choices).zip(leans) {
            let (mut chosen, mut until) = (1.0, 0.0);
            for (scale, share) in scales {
                let from = until;
                until += far * share;
                chosen = if (*choice >= from) & (*choice < until) { *scale } else { chosen };
            }
            *gamma /= chosen;
            // Densities of the larger scales over that of the law.
            let mut larger = 0.0;
            for (power, (scale, _)) in powers.iter().zip(scales) {
                larger += exp(*power - (*scale - 1.0) * *gamma);
            }
            *choice = -ln(far.mul_add(larger, 1.0 - far));
        }
    }
}

/// Moves led paths: Brownian motions with the drift of their step.
pub(super) struct DiffuseLed<'a> {
    led: &'a mut Led,
    model: Garch,
    variances: &'a [f64],
    mixing: &'a [f64],
    shock: &'a mut [f64],
    moves: Moves<'a>,
}

impl<'a> DiffuseLed<'a> {
    /// Paths whose steps have these variances and mixing variables and, so far, these shocks.
    pub fn new(
        led: &'a mut Led,
        model: Garch,
        (variances, mixing, shock): (&'a [f64], &'a [f64], &'a mut [f64]),
        moves: Moves<'a>,
    ) -> Self {
        Self { led, model, variances, mixing, shock, moves }
    }
}

impl Kernel for DiffuseLed<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { led: Led { shift, walked, .. }, model, variances, mixing, shock, moves } = self;
        let Moves { lanes, duration, normals, open, close, variance, volatility_times, .. } = moves;
        let n = close.len();
        let (lanes, duration, normals) = (&lanes[..n], &duration[..n], &normals[..n]);
        let (open, variance) = (&open[..n], &mut variance[..n]);
        let steps_per_year = 1.0 / model.step.years();
        for i in 0..n {
            let lane = lanes[i] as usize;
            let share = duration[i] * steps_per_year;
            let driver = share.sqrt() * normals[i] + shift[lane] * share;
            walked[lane] += driver;
            let mixed = variances[lane] * mixing[lane];
            let moved = mixed.sqrt() * driver;
            shock[lane] += moved;
            variance[i] = volatility_times * volatility_times * mixed * share;
            close[i] = open[i] + volatility_times.mul_add(moved, model.log_drift * duration[i]);
        }
    }
}
