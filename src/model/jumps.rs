//! Jumps of the log-price at Poisson times: what the jump diffusions share.
//!
//! Jump times are drawn exactly, as exponential gaps; sizes are independent of everything else. A law of sizes says what
//! its jumps add to the growth of the expected price, λ·E[e^J − 1], so that a model can take it off its drift.
//!
//! A tilted law has the density e^{kJ}/M of sizes, M = E[e^{kJ}], and the rate λ·M; on a path of length t with jumps J_i the
//! density of the law over that of the tilted one is exp(λ(M − 1)·t − k·ΣJ_i) (Esscher 1932; Asmussen and Glynn 2007,
//! "Stochastic Simulation", section XIII.2).

use serde::Serialize;

use super::gbm::Diffusion;
use super::led_jumps::LedJumps;
use super::{Moves, Stepper, Stride, Tilt};
use crate::numeric::{
    Kernel, Nets, Replacement, Stream, dispatch, elementary, exp, normal_quantile, replace, waiting_time,
};

/// Rate and law of the log jumps of a model.
pub trait JumpLaw: Copy + Send {
    /// Expected number of jumps a year, λ.
    fn rate(&self) -> f64;

    /// Expected relative jump of the price, E[e^J − 1].
    fn mean_relative_jump(&self) -> f64;

    /// Fills with independent log jumps.
    fn sizes(&self, out: &mut [f64], noise: &mut Stream);

    /// The log jump that a uniform stands for, by its quantile or that of one less it.
    fn size(&self, uniform: f64) -> f64;

    /// Mean and standard deviation of a law that is normal.
    fn as_normal(&self) -> Option<(f64, f64)> {
        None
    }

    /// The exponent that is nearest to the wanted one and leaves the law a law whose jumps are mostly shorter than the goal.
    fn allowed_exponent(&self, tilt: Tilt) -> f64;

    /// The law tilted by an allowed exponent, its rate that of the tilted process.
    fn tilted(&self, exponent: f64) -> Self;

    /// Growth rate of the expected price that the jumps bring, λ·E[e^J − 1], per year.
    fn growth(&self) -> f64 {
        self.rate() * self.mean_relative_jump()
    }
}

/// Most jumps that a tilt may add to a path; a pilot's wish can be far off.
const MOST_ADDED_JUMPS: f64 = 50.0;

/// The exponent to tilt a law by, and the tilted law.
pub(super) fn tilted<L: JumpLaw>(law: &L, tilt: Tilt) -> (f64, L) {
    let mut exponent = law.allowed_exponent(tilt);
    while (law.tilted(exponent).rate() - law.rate()) * tilt.horizon > MOST_ADDED_JUMPS {
        exponent *= 0.9;
    }
    (exponent, law.tilted(exponent))
}

/// Multiplies weights by the exponentials of what is added to each path's own logarithm, and clears these.
pub(super) struct Weigh<'a> {
    /// The same for all paths.
    pub common: f64,
    /// By path.
    pub logarithms: &'a mut [f64],
    pub weights: &'a mut [f64],
}

impl Kernel for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (weight, logarithm) in self.weights.iter_mut().zip(self.logarithms) {
            *weight *= exp(self.common + *logarithm);
            *logarithm = 0.0;
        }
    }
}

/// Normal log jumps at Poisson times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Jumps {
    /// Expected number of jumps a year, λ; not negative.
    pub rate: f64,
    /// Mean of the log jump.
    pub mean: f64,
    /// Standard deviation of the log jump; not negative.
    pub std_dev: f64,
}

impl Jumps {
    /// Growth rate of the expected price that the jumps bring, λ·E[e^J − 1], per year.
    pub fn growth(&self) -> f64 {
        JumpLaw::growth(self)
    }
}

impl JumpLaw for Jumps {
    fn rate(&self) -> f64 {
        self.rate
    }

    fn mean_relative_jump(&self) -> f64 {
        elementary::exp_m1(self.mean + 0.5 * self.std_dev * self.std_dev)
    }

    fn sizes(&self, out: &mut [f64], noise: &mut Stream) {
        noise.normals(out);
        for size in out {
            *size = self.mean + self.std_dev * *size;
        }
    }

    fn as_normal(&self) -> Option<(f64, f64)> {
        (self.std_dev > 0.0).then_some((self.mean, self.std_dev))
    }

    fn size(&self, uniform: f64) -> f64 {
        self.mean + self.std_dev * normal_quantile(uniform)
    }

    fn allowed_exponent(&self, tilt: Tilt) -> f64 {
        // A mean of the size of the goal is enough.
        let room = (tilt.goal - self.mean * tilt.exponent.signum()).max(0.0);
        let most = room / (self.std_dev * self.std_dev);
        tilt.exponent.clamp(-most, most)
    }

    fn tilted(&self, exponent: f64) -> Self {
        let variance = self.std_dev * self.std_dev;
        let moment = elementary::exp(exponent * self.mean + 0.5 * exponent * exponent * variance);
        Self { rate: self.rate * moment, mean: exponent.mul_add(variance, self.mean), ..*self }
    }
}

/// The next jump of every path of a block.
#[derive(Debug)]
pub(super) struct PoissonJumps<L> {
    law: L,
    next: Vec<f64>,
    draws: Vec<f64>,
    /// What is known of the jumps of each path beforehand, where nets lead them.
    led: LedJumps,
    tilted: Option<Tilted<L>>,
}

/// The law that jumps are drawn from in place of their own, and what that has done to the weights.
#[derive(Debug)]
struct Tilted<L> {
    law: L,
    exponent: f64,
    /// Logarithm of the weight of each path since it was last asked for, the common part aside.
    logarithms: Vec<f64>,
    /// When it was last asked for.
    since: f64,
}

impl<L: JumpLaw> PoissonJumps<L> {
    pub fn new(law: L, lanes: usize) -> Self {
        let (next, draws) = (Vec::with_capacity(lanes), Vec::with_capacity(2 * lanes));
        Self { law, next, draws, led: LedJumps::default(), tilted: None }
    }

    /// The law that jumps are drawn from.
    fn drawn(&self) -> L {
        self.tilted.as_ref().map_or(self.law, |tilted| tilted.law)
    }

    pub fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        let rate = self.drawn().rate();
        self.led.rest();
        self.next.resize(lanes, 0.0);
        noise.exponentials(&mut self.next);
        for time in &mut self.next {
            *time = waiting_time(*time, rate);
        }
        if let Some(tilted) = &mut self.tilted {
            tilted.logarithms.clear();
            tilted.logarithms.resize(lanes, 0.0);
            tilted.since = 0.0;
        }
    }

    /// Lets nets lead the jumps of each path up to a horizon in years.
    pub fn lead(&mut self, nets: &mut Nets, horizon: f64) {
        let law = self.drawn();
        self.led.begin(nets, law.rate(), law.as_normal().is_some(), horizon, &mut self.next);
    }

    pub fn times(&self) -> &[f64] {
        &self.next
    }

    pub fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        let law = self.drawn();
        self.draws.resize(2 * lanes.len(), 0.0);
        let (sizes, waits) = self.draws.split_at_mut(lanes.len());
        law.sizes(sizes, noise);
        noise.exponentials(waits);
        if self.led.is_led() {
            self.led.sizes(law.as_normal(), |uniform| law.size(uniform), lanes, sizes);
            self.led.next(lanes, &self.next, waits);
        } else {
            for (lane, wait) in lanes.iter().zip(&mut *waits) {
                *wait = self.next[*lane as usize] + waiting_time(*wait, law.rate());
            }
        }
        for ((lane, size), next) in lanes.iter().zip(&*sizes).zip(waits) {
            log_price[*lane as usize] += *size;
            self.next[*lane as usize] = *next;
        }
        if let Some(tilted) = &mut self.tilted {
            for (lane, size) in lanes.iter().zip(sizes) {
                tilted.logarithms[*lane as usize] -= tilted.exponent * *size;
            }
        }
    }

    pub fn tilt(&mut self, tilt: Tilt) {
        let (exponent, law) = tilted(&self.law, tilt);
        self.tilted = Some(Tilted { law, exponent, logarithms: Vec::new(), since: 0.0 });
    }

    pub fn weigh(&mut self, time: f64, weights: &mut [f64]) {
        if let Some(tilted) = &mut self.tilted {
            let common = (tilted.law.rate() - self.law.rate()) * (time - tilted.since);
            tilted.since = time;
            dispatch(Weigh { common, logarithms: &mut tilted.logarithms, weights });
        }
    }

    /// Weights have been asked for at the same time, so that nothing of them is left here.
    pub fn replace(&mut self, replacements: &[Replacement]) {
        replace(&mut self.next, replacements);
    }
}

/// Steps geometric Brownian motion from jump to jump.
#[derive(Debug)]
pub(super) struct JumpDiffusion<L> {
    diffusion: Diffusion,
    jumps: PoissonJumps<L>,
}

impl<L: JumpLaw> JumpDiffusion<L> {
    /// With the jumps compensated: `drift` is the growth rate of the expected price, jumps included.
    pub fn new(drift: f64, volatility: f64, law: L, lanes: usize) -> Self {
        Self {
            diffusion: Diffusion::new(drift - law.growth(), volatility),
            jumps: PoissonJumps::new(law, lanes),
        }
    }
}

impl<L: JumpLaw> Stepper for JumpDiffusion<L> {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.jumps.begin(lanes, noise);
    }

    fn lead(&mut self, nets: &mut Nets, horizon: f64, _lanes: usize, _noise: &mut Stream) {
        self.jumps.lead(nets, horizon);
    }

    fn event_times(&self) -> &[f64] {
        self.jumps.times()
    }

    fn events_only_add(&self) -> bool {
        true
    }

    fn stride_over(&self, ends: &[f64]) -> usize {
        ends.len()
    }

    fn plan_stride(&mut self, durations: &[f64], _lanes: usize, _noise: &mut Stream) {
        self.diffusion.plan_stride(durations);
    }

    fn stride(&mut self, stride: Stride<'_>) {
        self.diffusion.diffuse_stride(stride);
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        self.diffusion.diffuse(moves);
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        self.jumps.happen(lanes, log_price, noise);
    }

    fn tilt(&mut self, tilt: Tilt) {
        self.jumps.tilt(tilt);
    }

    fn weigh(&mut self, time: f64, weights: &mut [f64]) {
        self.jumps.weigh(time, weights);
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        self.jumps.replace(replacements);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::KouJumps;
    use crate::numeric::Purpose;

    /// Weighted means over tilted paths are those of the law: of 1, and of the sum of the jumps and its square (compound Poisson,
    /// λt·E[J] and λt·E[J²] + mean²), each within 4 standard errors (false alarm 4e-4 in all).
    fn check<L: JumpLaw>(law: L, exponent: f64, [first, second]: [f64; 2]) {
        let (lanes, horizon) = (100_000, 0.2);
        let mut jumps = PoissonJumps::new(law, lanes);
        jumps.tilt(Tilt { exponent, goal: 0.8, horizon });
        let mut noise = Stream::new(3, Purpose::Event(0), 0);
        jumps.begin(lanes, &mut noise);
        let (mut sums, mut weights) = (vec![0.0; lanes], vec![1.0; lanes]);
        for time in [0.05, horizon] {
            loop {
                let due: Vec<u32> = (0..)
                    .zip(jumps.times())
                    .filter(|(_, next)| **next <= time)
                    .map(|(lane, _)| lane)
                    .collect();
                if due.is_empty() {
                    break;
                }
                jumps.happen(&due, &mut sums, &mut noise);
            }
            jumps.weigh(time, &mut weights);
        }
        let expected = law.rate() * horizon;
        let mean = expected * first;
        for (power, truth) in [(0, 1.0), (1, mean), (2, expected * second + mean * mean)] {
            let terms: Vec<f64> =
                sums.iter().zip(&weights).map(|(sum, weight)| weight * sum.powi(power)).collect();
            let n = lanes as f64;
            let found = terms.iter().sum::<f64>() / n;
            let square = terms.iter().map(|term| term * term).sum::<f64>() / n;
            let z = (found - truth) / ((square - found * found) / n).sqrt();
            assert!(z.abs() < 4.0, "power {power}: {found} against {truth}, z = {z:.2}");
        }
    }

    #[test]
    fn weights_make_up_for_the_tilt() {
        let normal = Jumps { rate: 20.0, mean: -0.02, std_dev: 0.05 };
        for exponent in [-12.0, 6.0] {
            check(normal, exponent, [-0.02, 0.02 * 0.02 + 0.05 * 0.05]);
        }
        let double = KouJumps { rate: 20.0, up_probability: 0.4, up_mean: 0.04, down_mean: 0.05 };
        let moments = [0.4 * 0.04 - 0.6 * 0.05, 2.0 * (0.4 * 0.04 * 0.04 + 0.6 * 0.05 * 0.05)];
        for exponent in [-8.0, 8.0] {
            check(double, exponent, moments);
        }
    }

    #[test]
    fn a_wish_that_is_too_strong_is_cut_down() {
        let far = Tilt { exponent: -500.0, goal: 0.5, horizon: 0.1 };
        let (exponent, law) =
            tilted(&KouJumps { rate: 1.0, up_probability: 0.4, up_mean: 0.04, down_mean: 0.05 }, far);
        assert!((-18.1..-17.0).contains(&exponent) && law.down_mean <= 0.51, "{exponent} {law:?}");
        let (_, law) = tilted(&Jumps { rate: 50.0, mean: -0.1, std_dev: 0.1 }, far);
        assert!(law.rate * 0.1 <= 55.0 && law.mean >= -0.5, "{law:?}");
        let (_, law) = tilted(&Jumps { rate: 50.0, mean: -0.1, std_dev: 0.0 }, far);
        assert!(law.rate.is_finite() && law.rate * 0.1 <= 55.0, "{law:?}");
    }
}
