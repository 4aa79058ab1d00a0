//! What the recursion does to the columns of a block.

use super::parameters::{Garch, LARGEST_VARIANCE};
use crate::model::Moves;
use crate::numeric::Kernel;

/// Brownian motion at the variance of each path's step. A factor on volatility scales the price's move; the recursion goes on as
/// without it.
pub(super) struct Diffuse<'a> {
    pub model: Garch,
    pub mixed: &'a [f64],
    pub shock: &'a mut [f64],
    pub moves: Moves<'a>,
}

impl Kernel for Diffuse<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { model, mixed, shock, moves } = self;
        let Moves { lanes, duration, normals, open, close, variance, volatility_times, .. } = moves;
        let law = Continuous {
            steps_per_year: 1.0 / model.step.years(),
            log_drift: model.log_drift,
            factor: volatility_times,
        };
        if lanes.len() == mixed.len() {
            return law.advance(mixed, shock, (duration, normals, open), close, variance);
        }
        let columns = lanes.iter().zip(duration).zip(normals).zip(open).zip(close).zip(variance);
        for (((((lane, duration), normal), open), close), variance) in columns {
            let lane = *lane as usize;
            (*close, *variance) = law.step(mixed[lane], &mut shock[lane], (*duration, *normal, *open));
        }
    }
}

/// A step as it goes on in time.
#[derive(Debug, Clone, Copy)]
struct Continuous {
    steps_per_year: f64,
    log_drift: f64,
    /// On volatility.
    factor: f64,
}

impl Continuous {
    /// The log-price at the end of a bar and the variance of the bridge to it, from the step's variance, a length, a normal and the log-price.
    #[inline(always)]
    fn step(self, mixed: f64, shock: &mut f64, (duration, normal, open): (f64, f64, f64)) -> (f64, f64) {
        let integrated = mixed * (duration * self.steps_per_year);
        let moved = integrated.sqrt() * normal;
        *shock += moved;
        (open + self.factor.mul_add(moved, self.log_drift * duration), self.factor * self.factor * integrated)
    }

    /// The same of columns; a function of its own tells the compiler that they are different ones.
    #[inline(always)]
    fn advance(
        self,
        mixed: &[f64],
        shock: &mut [f64],
        (duration, normals, open): (&[f64], &[f64], &[f64]),
        close: &mut [f64],
        variance: &mut [f64],
    ) {
        let columns = mixed.iter().zip(shock).zip(duration).zip(normals).zip(open);
        for ((((((mixed, shock), duration), normal), open), close), variance) in
            columns.zip(close).zip(variance)
        {
            (*close, *variance) = self.step(*mixed, shock, (*duration, *normal, *open));
        }
    }
}

/// The variances of the steps that follow on those of all paths, whose shocks begin anew.
pub(super) struct NextVariance<'a> {
    pub model: Garch,
    pub shock: &'a mut [f64],
    pub variance: &'a mut [f64],
}

impl Kernel for NextVariance<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (shock, variance) in self.shock.iter_mut().zip(self.variance) {
            *variance = next_variance(&self.model, *shock, *variance);
            *shock = 0.0;
        }
    }
}

/// The variance of the step that follows on one of this variance and this shock.
#[inline(always)]
pub(super) fn next_variance(model: &Garch, shock: f64, variance: f64) -> f64 {
    let weight = if shock < 0.0 { model.alpha + model.gamma } else { model.alpha };
    let next = model.omega + weight * shock * shock + model.beta * variance;
    if next < LARGEST_VARIANCE { next } else { LARGEST_VARIANCE }
}

/// The variances of the steps of all paths, given their mixing variables.
pub(super) struct Mix<'a> {
    /// ν/2 − 1.
    pub scale: f64,
    pub variance: &'a [f64],
    pub gammas: &'a [f64],
    pub mixed: &'a mut [f64],
}

impl Kernel for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((mixed, variance), gamma) in self.mixed.iter_mut().zip(self.variance).zip(self.gammas) {
            *mixed = variance * self.scale / gamma;
        }
    }
}
