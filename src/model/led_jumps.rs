//! Jumps at Poisson times that are led by nets: how many there are up to the horizon, and how far they go in sum.
//!
//! The number is drawn first, from one coordinate of the nets. Given it the times are those of as many uniforms in order: of n that are left
//! after t the next comes at t + (T − t)·(1 − U^{1/n}) (Devroye 1986, "Non-Uniform Random Variate Generation", section V.2). Normal sizes are
//! drawn by their sum: of n that are left with a sum R of standard normals, the next is R/n + √((n − 1)/n)·Z. Of other laws the first size is
//! led. What comes out has the law of independent jumps.

use crate::numeric::{Kernel, Nets, dispatch, elementary, exp};

/// More jumps than that are not counted beforehand: the nets decide little of so many.
const MOST_EXPECTED: f64 = 200.0;

/// What is known of the jumps of each path of a block.
#[derive(Debug, Default)]
pub(super) struct LedJumps {
    horizon: f64,
    /// Chances of at most 0, 1, 2, ... jumps, and their expected number.
    chances: (f64, Vec<f64>),
    /// Jumps to come; empty where paths are not led.
    left: Vec<u32>,
    /// Sum of the standard normals to come; for laws that are not normal the uniform of the first size, not a number afterwards.
    rest: Vec<f64>,
    uniforms: Vec<f64>,
}

impl LedJumps {
    /// No path is led.
    pub fn rest(&mut self) {
        self.left.clear();
    }

    /// Whether paths are led.
    pub fn is_led(&self) -> bool {
        !self.left.is_empty()
    }

    /// Leads the jumps of paths up to a horizon in years; `next` holds waiting times at the rate, and is filled with the times of the first
    /// jumps.
    pub fn begin(&mut self, nets: &mut Nets, rate: f64, is_normal: bool, horizon: f64, next: &mut [f64]) {
        let expected = rate * horizon;
        if nets.left() < 2 || !(expected > 0.0 && expected < MOST_EXPECTED) {
            return;
        }
        self.horizon = horizon;
        if self.chances.0 != expected {
            self.chances = (expected, chances(expected));
        }
        nets.uniforms(&mut self.uniforms);
        match is_normal {
            true => nets.normals(&mut self.rest),
            false => nets.uniforms(&mut self.rest),
        };
        self.left.clear();
        self.left.resize(next.len(), 0);
        dispatch(Begin { own: self, rate, is_normal, next });
    }

    /// Leads the sizes of the jumps that happen to some paths: by the mean and the deviation of a normal law, or by the size that a uniform stands
    /// for.
    pub fn sizes(
        &mut self,
        normal: Option<(f64, f64)>,
        of_uniform: impl Fn(f64) -> f64,
        lanes: &[u32],
        sizes: &mut [f64],
    ) {
        for (lane, size) in lanes.iter().zip(sizes) {
            let rest = &mut self.rest[*lane as usize];
            if let Some((mean, deviation)) = normal {
                let left = f64::from(self.left[*lane as usize]);
                let normal = (*size - mean) / deviation;
                let led = *rest / left + ((left - 1.0) / left).sqrt() * normal;
                *rest -= led;
                *size = mean + deviation * led;
            } else {
                let first = std::mem::replace(rest, f64::NAN);
                *size = if first.is_nan() { *size } else { of_uniform(first) };
            }
        }
    }

    /// Takes note of the jumps of some paths, at times by path: exponential numbers of mean one become the times of their next ones.
    pub fn next(&mut self, lanes: &[u32], times: &[f64], exponentials: &mut [f64]) {
        dispatch(Next { own: self, lanes, times, exponentials });
    }
}

/// The time of the next jump after a time, of so many that are left, from an exponential number of mean one.
#[inline(always)]
fn after((time, horizon): (f64, f64), left: u32, exponential: f64) -> f64 {
    let next = time + (horizon - time) * (1.0 - exp(-exponential / f64::from(left.max(1))));
    if left > 0 { next } else { f64::INFINITY }
}

/// Counts the jumps of all paths by their uniforms, and sets the times of the first.
struct Begin<'a> {
    own: &'a mut LedJumps,
    rate: f64,
    is_normal: bool,
    /// Waiting times, and then the times.
    next: &'a mut [f64],
}

impl Kernel for Begin<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { own: LedJumps { horizon, chances, left, rest, uniforms }, rate, is_normal, next } = self;
        for chance in &chances.1 {
            for (left, u) in left.iter_mut().zip(&*uniforms) {
                *left += u32::from(chance < u);
            }
        }
        for ((next, left), rest) in next.iter_mut().zip(left).zip(rest) {
            if is_normal {
                *rest *= f64::from(*left).sqrt();
            }
            *next = after((0.0, *horizon), *left, *next * rate);
        }
    }
}

/// The next jumps of some paths.
struct Next<'a> {
    own: &'a mut LedJumps,
    lanes: &'a [u32],
    times: &'a [f64],
    exponentials: &'a mut [f64],
}

impl Kernel for Next<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { own: LedJumps { horizon, left, .. }, lanes, times, exponentials } = self;
        for (lane, number) in lanes.iter().zip(exponentials) {
            let left = &mut left[*lane as usize];
            *left = left.saturating_sub(1);
            *number = after((times[*lane as usize], *horizon), *left, *number);
        }
    }
}

/// The chances of at most 0, 1, 2, ... events of a Poisson law, as far as they are told from one.
fn chances(expected: f64) -> Vec<f64> {
    let (mut term, mut sum, mut number) = (elementary::exp(-expected), 0.0, 0.0);
    let mut chances = Vec::new();
    while number < expected || term > 1e-18 {
        sum += term;
        chances.push(sum);
        number += 1.0;
        term *= expected / number;
    }
    chances
}
