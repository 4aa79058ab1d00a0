//! Accounts of several positions over the bars that the engine chooses, against an independent simulation in fine steps.
//!
//! The twin moves correlated prices over 500 equal steps and looks at the account at each. What happens between two looks is made good by
//! the correction of Broadie, Glasserman and Kou (1997, "A continuity correction for discrete barrier options"): a barrier looked at every
//! Δt is touched as often as one watched all the time that lies 0.5826·σ√Δt further away, so here the account is liquidated 0.5826 standard
//! deviations of a step's move of its margin before that is used up. After a jump there is nothing to make good. What is left is of
//! higher order in Δt: 0.5826 deviations of a five-hundredth of the horizon are a fortieth of one over all of it.
//!
//! What the twin gives over a million paths stands beside each case (`fine_steps_give_what_stands_here` makes it anew); the engine draws
//! 20,000, and 200,000 in the long run of the gate. A difference of more than 0.1 percentage points, the bias that the engine claims to stay
//! below, and four standard errors (at most 1.5 and 0.5 points) fails, and so do all cases together: false alarms for another seed 6.3e-5
//! for each of five cases and for their sum.

use crate::common::run_scenario;
use liqsim::scenario::{Source, parse};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Poisson, StandardNormal};

const PATHS: u64 = 20_000;
const MANY_PATHS: u64 = 200_000;
const TWIN_PATHS: u64 = 1_000_000;
const THREADS: u64 = 2;
const STEPS: usize = 500;
/// −ζ(1/2)/√(2π).
const SHIFT: f64 = 0.582_597_157_939_01;
const MAINTENANCE: f64 = 0.005;
const LARGEST_BIAS: f64 = 1e-3;

/// Jumps a year, and mean and standard deviation of their log sizes.
type Jumps = (f64, f64, f64);

struct Case {
    name: &'static str,
    days: f64,
    margin: &'static str,
    volatilities: [f64; 2],
    correlation: f64,
    jumps: [Option<Jumps>; 2],
    /// Signed notional over the equity, on A and on B.
    sizes: [f64; 2],
    /// Whether the position on A settles in the coin.
    inverse: bool,
    /// Probability of liquidation in fine steps.
    twin: f64,
}

const CASES: [Case; 5] = [
    Case {
        name: "long beside short",
        days: 30.0,
        margin: "cross",
        volatilities: [0.6, 0.8],
        correlation: 0.8,
        jumps: [None, None],
        sizes: [4.0, -4.0],
        inverse: false,
        twin: 0.11747,
    },
    Case {
        name: "two longs",
        days: 30.0,
        margin: "cross",
        volatilities: [0.8, 0.8],
        correlation: 0.3,
        jumps: [None, None],
        sizes: [2.0, 2.0],
        inverse: false,
        twin: 0.146012,
    },
    Case {
        name: "inverse short beside linear long",
        days: 30.0,
        margin: "cross",
        volatilities: [0.6, 0.9],
        correlation: 0.7,
        jumps: [None, None],
        sizes: [-5.0, 3.0],
        inverse: true,
        twin: 0.143951,
    },
    Case {
        name: "jumps",
        days: 14.0,
        margin: "cross",
        volatilities: [0.5, 0.7],
        correlation: 0.6,
        jumps: [Some((60.0, -0.02, 0.06)), Some((100.0, 0.01, 0.08))],
        sizes: [5.0, -3.0],
        inverse: false,
        twin: 0.194155,
    },
    Case {
        name: "each on its own margin",
        days: 30.0,
        margin: "isolated",
        volatilities: [0.8, 0.8],
        correlation: 0.9,
        jumps: [None, None],
        sizes: [2.0, -2.0],
        inverse: false,
        twin: 0.551046,
    },
];

impl Case {
    /// Probability of liquidation by the engine.
    fn engine(&self, paths: u64) -> f64 {
        let asset = |k: usize| {
            let volatility = self.volatilities[k];
            match self.jumps[k] {
                None => format!("{{ kind = \"gbm\", drift = 0.0, volatility = {volatility} }}"),
                Some((rate, mean, std_dev)) => format!(
                    "{{ kind = \"merton\", drift = 0.0, volatility = {volatility},
                     jumps = {{ rate = {rate:?}, mean = {mean}, std_dev = {std_dev} }} }}"
                ),
            }
        };
        let position = |k: usize| {
            let side = if self.sizes[k] > 0.0 { "long" } else { "short" };
            let venue = match (k, self.inverse) {
                (0, true) => format!(", venue = {{ contract = \"inverse\", maintenance = {MAINTENANCE} }}"),
                _ => String::new(),
            };
            format!(
                "{{ asset = \"{}\", side = \"{side}\", share = {:?}{venue} }}",
                ["A", "B"][k],
                self.sizes[k].abs()
            )
        };
        let text = format!(
            "simulation = {{ horizon = \"{}d\", paths = {paths}, seed = 21, sampling = \"pseudo\" }}\n\
             correlation = {{ \"A/B\" = {} }}\n\
             assets.A = {{ price = 100.0, model = {} }}\nassets.B = {{ price = 100.0, model = {} }}\n\
             [account]\nequity = 1_000.0\nleverage = 1\nmargin = \"{}\"\n\
             venue = {{ contract = \"linear\", maintenance = {MAINTENANCE} }}\npositions = [{}, {}]\n",
            self.days,
            self.correlation,
            asset(0),
            asset(1),
            self.margin,
            position(0),
            position(1)
        );
        let scenario =
            parse(Source::new("fine.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"));
        run_scenario(&scenario).levels[0].liquidation_probability.value
    }

    /// What is left of the margin at log-prices, and its derivatives in them, for the positions that share it.
    fn margin(&self, y: [f64; 2], held: [bool; 2], part: f64) -> (f64, [f64; 2]) {
        let (mut left, mut slopes) = (part, [0.0; 2]);
        for k in (0..2).filter(|k| held[*k]) {
            let (size, x) = (self.sizes[k], y[k].exp());
            // An inverse contract needs m·Q/S coins, which are m·Q at a mark of S.
            let (needed, grows) = match (k, self.inverse) {
                (0, true) => (MAINTENANCE * size.abs(), 0.0),
                _ => (MAINTENANCE * size.abs() * x, MAINTENANCE * size.abs() * x),
            };
            left += size * (x - 1.0) - needed;
            slopes[k] = size * x - grows;
        }
        (left, slopes)
    }

    /// Whether one path in fine steps is liquidated.
    fn path(&self, rng: &mut SmallRng) -> bool {
        let years = self.days / 365.0 / STEPS as f64;
        let deviations = self.volatilities.map(|volatility| volatility * years.sqrt());
        let other = (1.0 - self.correlation * self.correlation).sqrt();
        let parts: &[([bool; 2], f64)] = match self.margin {
            "cross" => &[([true, true], 1.0)],
            _ => &[([true, false], 0.5), ([false, true], 0.5)],
        };
        let gone = |y: [f64; 2], shift: f64| {
            parts.iter().any(|(held, part)| {
                let (left, [a, b]) = self.margin(y, *held, *part);
                let (a, b) = (a * deviations[0], b * deviations[1]);
                let deviation = (a * a + b * b + 2.0 * self.correlation * a * b).sqrt();
                left <= shift * deviation
            })
        };
        let mut y = [0.0; 2];
        for _ in 0..STEPS {
            let first: f64 = StandardNormal.sample(rng);
            let second: f64 = StandardNormal.sample(rng);
            let normals = [first, self.correlation * first + other * second];
            for k in 0..2 {
                let compensation = self.jumps[k].map_or(0.0, |(rate, mean, std_dev)| {
                    rate * years * ((mean + 0.5 * std_dev * std_dev).exp() - 1.0)
                });
                y[k] += deviations[k] * normals[k] - 0.5 * deviations[k] * deviations[k] - compensation;
            }
            if gone(y, SHIFT) {
                return true;
            }
            for k in 0..2 {
                let Some((rate, mean, std_dev)) = self.jumps[k] else { continue };
                // Most steps have none.
                if rng.random::<f64>() < (-rate * years).exp() {
                    continue;
                }
                let law = Poisson::new(rate * years).unwrap();
                let count = std::iter::repeat_with(|| law.sample(rng)).find(|count: &f64| *count > 0.0);
                for _ in 0..count.unwrap_or(1.0) as u32 {
                    let size: f64 = StandardNormal.sample(rng);
                    y[k] += mean + std_dev * size;
                    if gone(y, 0.0) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Probability of liquidation in fine steps, worked out anew.
    fn in_fine_steps(&self) -> f64 {
        let count = |thread: u64| {
            let mut rng = SmallRng::seed_from_u64(100 + thread);
            (0..TWIN_PATHS / THREADS).filter(|_| self.path(&mut rng)).count()
        };
        let count = &count;
        let liquidated: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || count(thread))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        liquidated as f64 / TWIN_PATHS as f64
    }

    /// Standard error of the difference of a probability over some paths and one of the twin.
    fn error(&self, paths: u64) -> f64 {
        (self.twin * (1.0 - self.twin) * (1.0 / paths as f64 + 1.0 / TWIN_PATHS as f64)).sqrt()
    }
}

fn the_engine_agrees(paths: u64) {
    let (mut objections, mut together) = (Vec::new(), 0.0);
    for case in &CASES {
        let (engine, error) = (case.engine(paths), case.error(paths));
        let off = engine - case.twin;
        together += off / error / (CASES.len() as f64).sqrt();
        if off.abs() > LARGEST_BIAS + 4.0 * error {
            let Case { name, twin, .. } = case;
            objections.push(format!("{name}: {engine:.5} against {twin:.5}, off by {off:.5} ± {error:.5}"));
        }
    }
    assert!(objections.is_empty(), "{}", objections.join("\n"));
    assert!(together.abs() < 4.0, "together {together:.2}");
}

#[test]
fn the_engine_agrees_with_fine_steps() {
    the_engine_agrees(PATHS);
}

#[test]
#[ignore = "slow: 200,000 paths of each case, two minutes"]
fn and_over_many_paths() {
    the_engine_agrees(MANY_PATHS);
}

/// Five comparisons at four errors: false alarm 3e-4 for other random numbers.
#[test]
#[ignore = "slow: a million paths in fine steps for each case, half a minute"]
fn fine_steps_give_what_stands_here() {
    let found = CASES.map(|case| case.in_fine_steps());
    let agree =
        CASES.iter().zip(found).all(|(case, found)| (found - case.twin).abs() < 4.0 * case.error(TWIN_PATHS));
    assert!(agree, "{found:?}");
}
