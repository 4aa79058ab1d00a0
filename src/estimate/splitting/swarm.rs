//! One block of particles: paths that are selected on their way towards liquidation.

use serde::{Deserialize, Serialize};

use crate::account::{Foresight, Observer};
use crate::market::{Bars, Sides};
use crate::numeric::{Kernel, Replacement, Stream, dispatch, exponentials, replace, select};

/// Selection waits until the importances are worth fewer equal ones than this share of the particles (Kong, Liu and Wong 1994).
const LEAST_EFFECTIVE: f64 = 0.5;

/// Where particles are led, and how hard.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Guide {
    /// Importance grows as exp(exponent·depth); 0 leaves the paths alone.
    pub exponent: f64,
    /// Depth that is deep enough: beyond it nothing is gained.
    pub goal: f64,
    /// Whether the model knows the hopes itself ([`Model::foresees`](crate::model::Model::foresees)). Then the exponent says the direction
    /// only, and all is made for this goal: nothing is known of what lies beyond.
    pub is_foreseen: bool,
}

impl Guide {
    /// The guide by the slope of the tail.
    pub fn by_slope(exponent: f64, goal: f64) -> Self {
        Self { exponent, goal, is_foreseen: false }
    }

    /// The guide of a model that knows the hopes.
    pub fn foreseen(goal: f64) -> Self {
        Self { exponent: 1.0, goal, is_foreseen: true }
    }
}

/// Which extreme of the price is watched; it is that of the only asset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Watch {
    pub side: Sides,
    /// From the log-price to the depth: −1 for a long, 1 for a short.
    pub sign: f64,
}

/// The particles of a block at the horizon.
#[derive(Debug, Clone, Default)]
pub(super) struct Particles {
    /// How far the price went against the position at its worst, as a distance of log-prices.
    pub depths: Vec<f64>,
    /// The weight that makes sums over the particles right on average for as many independent paths; of a foreseen guide, sums of what
    /// is known on arrival.
    pub weights: Vec<f64>,
}

/// Follows the depth of paths and selects them.
pub(super) struct Swarm {
    watch: Watch,
    guide: Guide,
    depths: Vec<f64>,
    left: Vec<f64>,
    /// Logarithms of the hopes.
    logarithms: Vec<f64>,
    hopes: Vec<f64>,
    importances: Vec<f64>,
    /// The weight since the first selection after arrival; 0 before.
    settled: Vec<f64>,
    replacements: Vec<Replacement>,
}

impl Swarm {
    /// For blocks of particles under a guide.
    pub fn new(watch: Watch, guide: Guide) -> Self {
        let column = Vec::new;
        Self {
            watch,
            guide,
            depths: column(),
            left: column(),
            logarithms: column(),
            hopes: column(),
            importances: column(),
            settled: column(),
            replacements: Vec::new(),
        }
    }

    /// The particles at the end of a block, from the weights of its paths.
    pub fn particles(&mut self, weights: &[f64]) -> Particles {
        let mut weights = weights.to_vec();
        if self.guide.is_foreseen {
            settle(&self.depths, self.guide.goal, &mut self.settled, &mut weights);
        }
        Particles { depths: self.depths.clone(), weights }
    }
}

impl Observer for Swarm {
    fn begin(&mut self, lanes: usize) {
        self.depths.clear();
        self.depths.resize(lanes, 0.0);
        self.settled.clear();
        self.settled.resize(lanes, 0.0);
        self.logarithms.resize(lanes, 0.0);
        self.left.resize(lanes, 0.0);
        self.importances.resize(lanes, 0.0);
    }

    fn watched_side(&self) -> Option<Sides> {
        Some(self.watch.side)
    }

    fn observe(&mut self, bars: &[Bars], _hit_noise: &mut Stream) {
        let (bars, sign) = (&bars[0], self.watch.sign);
        if bars.len() == self.depths.len() {
            deepen(&mut self.depths, &bars.extreme, sign);
        } else {
            for (lane, extreme) in bars.lanes.iter().zip(&bars.extreme) {
                let depth = &mut self.depths[*lane as usize];
                *depth = depth.max(sign * extreme);
            }
        }
    }

    fn looks_at_once(&self) -> bool {
        true
    }

    fn look(&mut self, times: &[f64], first: usize, log_prices: &[&[f64]]) {
        let paths = log_prices[0].len() / times.len();
        for row in log_prices[0].chunks_exact(paths) {
            deepen(&mut self.depths[first..][..paths], row, self.watch.sign);
        }
    }

    fn select(
        &mut self,
        log_prices: &[Vec<f64>],
        weights: &mut [f64],
        noise: &mut Stream,
        foresight: &Foresight<'_>,
    ) -> &[Replacement] {
        let Self {
            watch, guide, depths, left, settled, logarithms, hopes, importances, replacements, ..
        } = self;
        replacements.clear();
        if guide.is_foreseen {
            settle(depths, guide.goal, settled, weights);
        }
        let log_prices = &log_prices[0];
        let sign = watch.sign;
        dispatch(Left { guide: *guide, sign, log_prices, depths, left, logarithms });
        foresight(0, left, logarithms);
        exponentials(logarithms, hopes);
        let (mut sum, mut squares) = (0.0, 0.0);
        for ((importance, hope), weight) in importances.iter_mut().zip(&*hopes).zip(&*weights) {
            *importance = weight * hope;
            sum += *importance;
            squares += *importance * *importance;
        }
        let n = weights.len() as f64;
        if sum * sum < LEAST_EFFECTIVE * n * squares {
            let mut uniform = [0.0];
            noise.uniforms(&mut uniform);
            select(importances, uniform[0], replacements);
            for (weight, hope) in weights.iter_mut().zip(hopes) {
                *weight = sum / (n * *hope);
            }
            replace(weights, replacements);
            replace(depths, replacements);
            if guide.is_foreseen {
                settled.fill(0.0);
                settle(depths, guide.goal, settled, weights);
            }
        }
        replacements
    }
}

/// Keeps the weights of particles that have arrived as they were: what is drawn after that would only add noise. On average the weight at
/// the horizon is the one at any time before, given all up to then.
fn settle(depths: &[f64], goal: f64, settled: &mut [f64], weights: &mut [f64]) {
    for ((depth, settled), weight) in depths.iter().zip(settled).zip(weights) {
        if *settled > 0.0 {
            *weight = *settled;
        } else if *depth >= goal {
            *settled = *weight;
        }
    }
}

fn deepen(depths: &mut [f64], prices: &[f64], sign: f64) {
    for (depth, price) in depths.iter_mut().zip(prices) {
        let reached = sign * price;
        *depth = if reached > *depth { reached } else { *depth };
    }
}

/// What is left of every particle's way to the goal, and about the logarithm of its chance to get there, up to a factor that all
/// share: what it is worth to follow it.
struct Left<'a> {
    guide: Guide,
    sign: f64,
    log_prices: &'a [f64],
    depths: &'a [f64],
    left: &'a mut [f64],
    logarithms: &'a mut [f64],
}

impl Kernel for Left<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { guide: Guide { exponent, goal, .. }, sign, log_prices, depths, left, logarithms } = self;
        for (((logarithm, left), price), depth) in logarithms.iter_mut().zip(left).zip(log_prices).zip(depths)
        {
            let way = goal - sign * price;
            *left = if (way > 0.0) & (*depth < goal) { way } else { 0.0 };
            *logarithm = -exponent * *left;
        }
    }
}
