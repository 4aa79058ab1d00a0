//! The straightforward loop, as a stranger would write it: `rand`'s small generator, `rand_distr`'s ziggurat normals, rayon
//! over chunks of paths, log prices, one step an hour, the lowest price compared with the liquidation prices at the end.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{StandardNormal, StudentT};
use rayon::prelude::*;

use super::{DAYS, LEVERAGES, MAINTENANCE, VOLATILITY};

/// Hours of every path.
pub const STEPS: u32 = 24 * DAYS;
const CHUNK: u64 = 1000;

/// Normal log jumps.
#[derive(Debug, Clone, Copy)]
pub struct Jumps {
    pub rate: f64,
    pub mean: f64,
    pub std_dev: f64,
}

/// Heston's model, stepped by Euler's scheme with full truncation (Lord, Koekkoek and van Dijk 2010).
#[derive(Debug, Clone, Copy)]
pub struct Heston {
    pub variance: f64,
    pub mean_reversion: f64,
    pub vol_of_vol: f64,
    pub correlation: f64,
}

/// Variance that follows from past returns, with Student-t innovations.
#[derive(Debug, Clone, Copy)]
pub struct Garch {
    pub omega: f64,
    pub alpha: f64,
    pub beta: f64,
    pub dof: f64,
}

/// What moves the price.
#[derive(Debug, Clone, Copy)]
pub enum Law {
    Gbm,
    Merton(Jumps),
    Heston(Heston),
    Garch(Garch),
}

/// What the loop finds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    pub paths: u64,
    /// Liquidated paths per leverage.
    pub liquidated: [u64; LEVERAGES.len()],
    /// Sum of the returns per leverage.
    pub returns: [f64; LEVERAGES.len()],
}

impl Outcome {
    /// Relative standard error of the liquidation probability at a leverage, times the square root of the paths.
    pub fn relative_deviation(&self, level: usize) -> f64 {
        let p = self.liquidated[level] as f64 / self.paths as f64;
        ((1.0 - p) / p).sqrt()
    }

    fn merged(mut self, other: Self) -> Self {
        self.paths += other.paths;
        for k in 0..LEVERAGES.len() {
            self.liquidated[k] += other.liquidated[k];
            self.returns[k] += other.returns[k];
        }
        self
    }
}

/// Simulates `paths` paths on the current rayon pool.
pub fn simulate(paths: u64, seed: u64, law: Law) -> Outcome {
    let chunks = paths.div_ceil(CHUNK);
    (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let mut rng = SmallRng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ chunk);
            let mut outcome = Outcome::default();
            for _ in 0..CHUNK.min(paths - chunk * CHUNK) {
                match law {
                    Law::Gbm => one_path(&mut rng, &mut outcome),
                    Law::Merton(jumps) => one_path_with_jumps(&mut rng, jumps, &mut outcome),
                    Law::Heston(heston) => one_path_of_heston(&mut rng, heston, &mut outcome),
                    Law::Garch(garch) => one_path_of_garch(&mut rng, garch, &mut outcome),
                }
            }
            outcome
        })
        .reduce(Outcome::default, Outcome::merged)
}

fn one_path(rng: &mut SmallRng, outcome: &mut Outcome) {
    let dt = 1.0 / (24.0 * 365.0);
    let drift = -0.5 * VOLATILITY * VOLATILITY * dt;
    let deviation = VOLATILITY * dt.sqrt();
    let (mut x, mut lowest) = (0.0_f64, 0.0_f64);
    for _ in 0..STEPS {
        let z: f64 = rng.sample(StandardNormal);
        x += drift + deviation * z;
        lowest = lowest.min(x);
    }
    settle(x, lowest, outcome);
}

fn one_path_with_jumps(rng: &mut SmallRng, jumps: Jumps, outcome: &mut Outcome) {
    let dt = 1.0 / (24.0 * 365.0);
    let compensator = jumps.rate * ((jumps.mean + 0.5 * jumps.std_dev * jumps.std_dev).exp() - 1.0);
    let drift = (-compensator - 0.5 * VOLATILITY * VOLATILITY) * dt;
    let deviation = VOLATILITY * dt.sqrt();
    let probability = jumps.rate * dt;
    let (mut x, mut lowest) = (0.0_f64, 0.0_f64);
    for _ in 0..STEPS {
        let z: f64 = rng.sample(StandardNormal);
        x += drift + deviation * z;
        if rng.random::<f64>() < probability {
            let size: f64 = rng.sample(StandardNormal);
            x += jumps.mean + jumps.std_dev * size;
        }
        lowest = lowest.min(x);
    }
    settle(x, lowest, outcome);
}

fn one_path_of_heston(rng: &mut SmallRng, heston: Heston, outcome: &mut Outcome) {
    let dt = 1.0 / (24.0 * 365.0);
    let uncorrelated = (1.0 - heston.correlation * heston.correlation).sqrt();
    let (mut x, mut lowest, mut variance) = (0.0_f64, 0.0_f64, heston.variance);
    for _ in 0..STEPS {
        let z: f64 = rng.sample(StandardNormal);
        let other: f64 = rng.sample(StandardNormal);
        let positive = variance.max(0.0);
        let deviation = (positive * dt).sqrt();
        x += -0.5 * positive * dt + deviation * z;
        variance += heston.mean_reversion * (heston.variance - positive) * dt
            + heston.vol_of_vol * deviation * (heston.correlation * z + uncorrelated * other);
        lowest = lowest.min(x);
    }
    settle(x, lowest, outcome);
}

fn one_path_of_garch(rng: &mut SmallRng, garch: Garch, outcome: &mut Outcome) {
    let innovations = StudentT::new(garch.dof).expect("degrees of freedom are positive");
    // To a variance of 1.
    let scale = (1.0 - 2.0 / garch.dof).sqrt();
    let mut variance = garch.omega / (1.0 - garch.alpha - garch.beta);
    let (mut x, mut lowest) = (0.0_f64, 0.0_f64);
    for _ in 0..STEPS {
        let shock = variance.sqrt() * scale * rng.sample(innovations);
        x += shock;
        variance = garch.omega + garch.alpha * shock * shock + garch.beta * variance;
        lowest = lowest.min(x);
    }
    settle(x, lowest, outcome);
}

fn settle(x: f64, lowest: f64, outcome: &mut Outcome) {
    let (ratio, lowest) = (x.exp(), lowest.exp());
    outcome.paths += 1;
    for (k, leverage) in LEVERAGES.iter().enumerate() {
        if lowest <= (1.0 - 1.0 / leverage) / (1.0 - MAINTENANCE) {
            outcome.liquidated[k] += 1;
            outcome.returns[k] -= 1.0;
        } else {
            outcome.returns[k] += leverage * (ratio - 1.0);
        }
    }
}
