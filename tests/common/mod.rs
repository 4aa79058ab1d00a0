//! What the reference tests share: a textbook scenario, and the comparison of estimates with known values.
//!
//! Every comparison of one number is made at four standard errors, which a correct program fails by chance once in 16,000
//! comparisons. Seeds are fixed, so a pass stays a pass. The chi-square tests over independent runs are made at 0.001.

// Every room compiles this module and uses a part of it.
#![allow(dead_code)]

pub mod history;
pub mod instructions;

use std::sync::atomic::AtomicBool;

use liqsim::account::Policy;
use liqsim::engine::RunOptions;
use liqsim::market::Duration;
use liqsim::model::{Dependence, Model, Stress};
use liqsim::result::{LevelResult, RunResult};
use liqsim::scenario::{
    Account, Asset, MarginMode, Monitoring, PathBudget, Position, Sampling, Scenario, Simulation, Written,
};
use liqsim::study::{RunError, run_levels as run};
use liqsim::venue::{Contract, Flows, MarginTier, Side, Venue};
use serde::Deserialize;
use statrs::distribution::{ChiSquared, ContinuousCDF, DiscreteCDF, Poisson};

/// Paths of every run.
pub const PATHS: u64 = 1_000_000;

/// Allowed distance in standard errors.
pub const ALLOWED_ERRORS: f64 = 4.0;

/// Probability beyond four standard errors on one side, for counts too small for a normal law.
const SMALLEST_TAIL: f64 = 3.17e-5;

/// Smallest expected count that is judged by its standard error.
const SMALLEST_COUNT: f64 = 25.0;

/// Relative resolution of quantiles in 1 + return.
const QUANTILE_RESOLUTION: f64 = 1e-3;

/// One position of a single asset on a venue with a flat maintenance rate and no fees.
pub struct Setup {
    pub model: Model,
    pub horizon: Duration,
    pub monitoring: Monitoring,
    pub side: Side,
    pub maintenance: f64,
    pub leverage: Vec<f64>,
    pub seed: u64,
}

impl Setup {
    pub fn scenario(&self) -> Scenario {
        let tier = MarginTier {
            up_to: f64::INFINITY,
            rate: self.maintenance,
            deduction: 0.0,
            max_leverage: f64::INFINITY,
        };
        Scenario {
            name: "reference".to_string(),
            simulation: Simulation {
                horizon: self.horizon,
                paths: PathBudget::Fixed(PATHS),
                seed: self.seed,
                monitoring: self.monitoring,
                // What these tests judge is the plain simulation, path by path.
                sampling: Sampling::Pseudo,
                step: None,
                parameter_errors: false,
            },
            assets: vec![Asset {
                name: "X".to_string(),
                price: 100.0,
                model: self.model.clone(),
                errors: None,
                stress: Stress::default(),
                network: None,
            }],
            dependence: Dependence::default(),
            account: Account {
                equity: 1_000.0,
                coins: None,
                margin: MarginMode::Isolated,
                leverage: self.leverage.clone(),
                venue: Venue::new(Contract::Linear, vec![tier]),
                flows: Flows::default(),
                positions: vec![Position::whole(0, self.side)],
            },
            miner: None,
            policy: Policy::default(),
            limits: Vec::new(),
            written: Written::default(),
        }
    }

    pub fn run(&self) -> RunResult {
        self.run_paths(PATHS)
    }

    pub fn run_paths(&self, paths: u64) -> RunResult {
        let mut scenario = self.scenario();
        scenario.simulation.paths = PathBudget::Fixed(paths);
        let result = run_scenario(&scenario);
        assert_eq!(result.paths, paths);
        result
    }

    pub fn attempt(&self) -> Result<RunResult, RunError> {
        run(&self.scenario(), &RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} })
    }
}

/// Runs a valid scenario.
pub fn run_scenario(scenario: &Scenario) -> RunResult {
    run(scenario, &RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} })
        .expect("a valid scenario runs")
}

/// The side as the reference files write it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideName {
    Long,
    Short,
}

impl From<SideName> for Side {
    fn from(name: SideName) -> Self {
        match name {
            SideName::Long => Side::Long,
            SideName::Short => Side::Short,
        }
    }
}

pub fn days(days: u64) -> Duration {
    Duration::from_seconds(days * 86_400)
}

/// What a reference case knows about one leverage; values are absent where the case has none.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Reference {
    pub p_liq: f64,
    pub mean_days: Option<f64>,
    #[serde(rename = "mean_R")]
    pub mean_return: Option<f64>,
    #[serde(rename = "var_R")]
    pub variance: Option<f64>,
    /// Probability, value, and density of the return there (none in the atom at −1).
    #[serde(default)]
    pub quantiles: Vec<(f64, f64, Option<f64>)>,
    #[serde(rename = "VaR95")]
    pub value_at_risk_95: Option<f64>,
    #[serde(rename = "VaR99")]
    pub value_at_risk_99: Option<f64>,
    #[serde(rename = "ES95")]
    pub expected_shortfall_95: Option<f64>,
    #[serde(rename = "ES99")]
    pub expected_shortfall_99: Option<f64>,
}

/// Collects every disagreement, so that one run shows them all.
pub struct Comparison {
    /// Paths of each run.
    paths: u64,
    objections: Vec<String>,
    compared: usize,
    scores: Vec<f64>,
}

impl Default for Comparison {
    fn default() -> Self {
        Self::of(PATHS)
    }
}

impl Comparison {
    /// Of runs over so many paths.
    pub fn of(paths: u64) -> Self {
        Self { paths, objections: Vec::new(), compared: 0, scores: Vec::new() }
    }

    /// Compares one level with everything that the reference knows about it.
    pub fn level(&mut self, label: &str, level: &LevelResult, reference: &Reference) {
        self.probability(label, level, reference.p_liq);
        self.returns(label, level, reference);
        self.tails(label, level, reference);
    }

    /// The probability of liquidation; rare outcomes by their exact law.
    pub fn probability(&mut self, label: &str, level: &LevelResult, p: f64) {
        let label = format!("{label} {}x: liquidation probability", level.leverage);
        let estimate = level.liquidation_probability;
        let Some(z) = z_score(estimate.value, p, self.paths) else {
            let paths = self.paths as f64;
            let (expected, seen) = if p < 0.5 {
                (p * paths, estimate.value * paths)
            } else {
                ((1.0 - p) * paths, (1.0 - estimate.value) * paths)
            };
            let tail = smaller_tail(seen.round() as u64, expected);
            let text = || format!("{seen:.0} of {paths} where {expected:.3e} are expected, tail {tail:.1e}");
            return self.expect(tail >= SMALLEST_TAIL, &label, text);
        };
        self.expect(z.abs() <= ALLOWED_ERRORS, &label, || {
            format!("{} against {p}: z = {z:.2}", estimate.value)
        });
        let error = (p * (1.0 - p) / self.paths as f64).sqrt();
        // The error's own relative error is at most 10 % at the smallest count.
        self.expect((estimate.std_error / error - 1.0).abs() < 0.5, &label, || {
            format!("standard error {} where {error} is right", estimate.std_error)
        });
    }

    /// Records the score of a run for the chi-square test; one level a run, since levels share their paths.
    pub fn independent_run(&mut self, result: &RunResult, probabilities: &[f64]) {
        let nearest = probabilities
            .iter()
            .zip(&result.levels)
            .min_by(|(a, _), (b, _)| (*a - 0.5).abs().total_cmp(&(*b - 0.5).abs()));
        let score =
            nearest.and_then(|(p, level)| z_score(level.liquidation_probability.value, *p, result.paths));
        self.scores.extend(score);
    }

    /// Mean and variance of the return, and the mean time to liquidation.
    pub fn returns(&mut self, label: &str, level: &LevelResult, reference: &Reference) {
        let label = format!("{label} {}x", level.leverage);
        let paths = self.paths as f64;
        if let Some(mean) = reference.mean_return {
            // A handful of survivors is no ground for a normal law; the probability speaks for them.
            let survivors = (1.0 - reference.p_liq) * paths;
            if survivors == 0.0 || survivors >= SMALLEST_COUNT {
                let estimate = level.mean_return;
                let error =
                    reference.variance.map_or(estimate.std_error, |variance| (variance / paths).sqrt());
                self.close(&format!("{label}: mean return"), estimate.value, mean, error, 1e-9);
            }
        }
        if let (Some(variance), Some(kurtosis)) = (reference.variance, level.returns.kurtosis) {
            let error = variance * ((kurtosis - 1.0) / paths).sqrt();
            self.close(
                &format!("{label}: variance"),
                level.returns.std_dev.powi(2),
                variance,
                error,
                1e-5 * variance,
            );
        }
        if let Some(mean) = reference.mean_days
            && reference.p_liq * paths >= SMALLEST_COUNT
        {
            let name = format!("{label}: mean days to liquidation");
            match level.time_to_liquidation_days {
                Some(time) => self.close(&name, time.mean, mean, time.std_error, 1e-9),
                None => self.expect(false, &name, || "absent".to_string()),
            }
        }
    }

    /// Quantiles, value at risk and expected shortfall.
    pub fn tails(&mut self, label: &str, level: &LevelResult, reference: &Reference) {
        let label = format!("{label} {}x", level.leverage);
        for (probability, value, density) in &reference.quantiles {
            let found = level.returns.quantiles[&probability.to_string()];
            let share_error = (probability * (1.0 - probability) / self.paths as f64).sqrt();
            match density {
                Some(density) => {
                    let slack = QUANTILE_RESOLUTION * (1.0 + value);
                    let name = format!("{label}: quantile {probability}");
                    self.close(&name, found, *value, share_error / density, slack);
                }
                // Where the atom ends within the error of the share, either side may show.
                None if (reference.p_liq - probability).abs() < ALLOWED_ERRORS * share_error => {}
                None => self.close(&format!("{label}: quantile {probability}"), found, *value, 0.0, 1e-9),
            }
        }
        let losses = [
            ("value at risk", "0.95", reference.value_at_risk_95, &level.value_at_risk),
            ("value at risk", "0.99", reference.value_at_risk_99, &level.value_at_risk),
            ("expected shortfall", "0.95", reference.expected_shortfall_95, &level.expected_shortfall),
            ("expected shortfall", "0.99", reference.expected_shortfall_99, &level.expected_shortfall),
        ];
        for (name, key, known, found) in losses {
            let Some(known) = known else { continue };
            let estimate = found[key];
            let slack = 1e-9 + QUANTILE_RESOLUTION * (1.0 - known);
            self.close(&format!("{label}: {name} {key}"), estimate.value, known, estimate.std_error, slack);
        }
    }

    /// An estimate within the allowed number of errors, plus an absolute slack.
    pub fn close(&mut self, name: &str, found: f64, known: f64, error: f64, slack: f64) {
        let distance = (found - known).abs();
        self.expect(distance <= ALLOWED_ERRORS * error + slack, name, || {
            format!("{found} against {known}: {:.2} standard errors of {error:.2e}", distance / error)
        });
    }

    fn expect(&mut self, holds: bool, name: &str, what: impl FnOnce() -> String) {
        self.compared += 1;
        if !holds {
            self.objections.push(format!("{name}: {}", what()));
        }
    }

    /// Fails with every disagreement; then judges the independent runs together, where small biases add up.
    pub fn finish(self, least_runs: usize) {
        let Self { objections, compared, scores, .. } = self;
        assert!(
            objections.is_empty(),
            "{} of {compared} disagree:\n{}",
            objections.len(),
            objections.join("\n")
        );
        let runs = scores.len();
        assert!(runs >= least_runs, "only {runs} independent runs were compared");
        if runs == 0 {
            return;
        }
        let sum: f64 = scores.iter().map(|z| z * z).sum();
        let chance = ChiSquared::new(runs as f64).unwrap().sf(sum);
        assert!(
            chance > 0.001,
            "{runs} runs: sum of squared scores {sum:.1}, chance {chance:.1e}; scores {scores:.2?}"
        );
        // A bias of the same sign everywhere shows here first.
        let together = scores.iter().sum::<f64>() / (runs as f64).sqrt();
        assert!(
            together.abs() <= ALLOWED_ERRORS,
            "{runs} runs together: z = {together:.2}; scores {scores:.2?}"
        );
    }
}

/// Standard errors between an estimated probability and the true one; none where the count is too small for a normal law.
fn z_score(found: f64, p: f64, paths: u64) -> Option<f64> {
    let paths = paths as f64;
    let expected = p.min(1.0 - p) * paths;
    (expected >= SMALLEST_COUNT).then(|| (found - p) / (p * (1.0 - p) / paths).sqrt())
}

/// The smaller tail of a Poisson law at a count (the binomial law differs by less than the share itself, 2.5e-5).
fn smaller_tail(seen: u64, expected: f64) -> f64 {
    let Ok(law) = Poisson::new(expected) else {
        // Nothing is expected at all.
        return if seen == 0 { 1.0 } else { 0.0 };
    };
    let at_least = if seen == 0 { 1.0 } else { law.sf(seen - 1) };
    law.cdf(seen).min(at_least)
}
