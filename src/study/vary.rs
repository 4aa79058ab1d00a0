//! What beside the leverage can be made safe: how much margin must be added to a position, and where its stop
//! belongs.
//!
//! The position stays as it is. With the margin X its equity is E + X and its leverage L·E/(E + X); a stop
//! lies at a distance from the price now. Every value that is tried is run on the same random numbers, so
//! that the estimates follow the value as the truth does; the limit is closed in on from the safe side (much
//! margin, a near stop). Where more risk comes back on the safe side, which a stop can do to the chance of a
//! loss, the criterion is not monotone: that is looked for over all that was tried, and said.

use std::sync::atomic::Ordering;

use serde::Serialize;

use super::criterion::Criterion;
use super::question::{Question, WITHIN, inner};
use super::simulation::{RunError, share};
use crate::account::policy::{StopLoss, Trigger};
use crate::engine::RunOptions;
use crate::numeric::elementary;
use crate::result::{LevelResult, RunResult};
use crate::scenario::{PathBudget, RESULT_VERSION, Scenario};
use crate::stats::Estimate;
use crate::venue::Side;

/// Values of the first run.
const FIRST_VALUES: usize = 16;
/// Runs after the first: each divides an interval by six.
const ROUNDS: usize = 4;
/// Accounts that are run together.
const TOGETHER: usize = 64;
/// The leverage that margin is added down to: beyond that it is no leveraged position.
const LEAST_LEVERAGE: f64 = 0.5;
/// Distances of stops that are tried, as shares of that to liquidation.
const STOPS: (f64, f64) = (0.02, 0.999);

/// What is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Vary {
    /// The margin behind the position.
    Margin,
    /// The distance of a stop loss.
    Stop,
}

/// What is found for one scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VaryReport {
    /// Version of liqsim.
    pub liqsim: String,
    /// Title of the scenario.
    pub scenario: String,
    /// Hash of what determines the result of the scenario as it is.
    pub identity: String,
    /// Version of the method.
    pub result_version: u32,
    /// Seed of all randomness.
    pub seed: u64,
    /// Number of paths of each run.
    pub paths: u64,
    /// Length of every path in days.
    pub horizon_days: f64,
    /// What is varied.
    pub vary: Vary,
    /// What is asked.
    pub criterion: Criterion,
    /// One entry per limit and level.
    pub answers: Vec<VaryAnswer>,
}

/// The answer for one level and limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VaryAnswer {
    /// The level of the scenario.
    pub leverage: f64,
    /// The limit.
    pub max: f64,
    /// What is limited, as the position is now.
    pub now: Estimate,
    /// The least margin to add, in what the account is counted in; or the widest stop, as a distance from the
    /// price now. None where nothing that was tried keeps the limit; 0 margin, or no stop at all (`is_needed`
    /// false), where the position keeps it as it is.
    pub value: Option<f64>,
    /// The end of its 95 % interval on the safe side: more margin, a nearer stop.
    pub safe_end: Option<f64>,
    /// The other end.
    pub other_end: Option<f64>,
    /// Whether anything has to be done.
    pub is_needed: bool,
    /// The leverage with that margin, or as it was.
    pub leverage_then: Option<f64>,
    /// The price of the stop.
    pub stop_price: Option<f64>,
    /// Where it is liquidated then.
    pub liquidation_price: Option<f64>,
    /// What is limited, at a value that was run near the answer.
    pub then: Option<Estimate>,
    /// How often the stop closes the position, there.
    pub stopped: Option<Estimate>,
    /// Whether all that was tried says that the safe side is safer.
    pub is_monotone: bool,
    /// Where it is not monotone: the ranges of tried values that keep the limit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<(f64, f64)>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum VaryError {
    /// The scenario cannot be run, or the run was cut short.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There is nothing to vary.
    #[error("a miner has neither margin nor a stop")]
    Miner,
    /// Several positions have no single stop.
    #[error("a stop is that of one position, and this account has {0}")]
    Positions(usize),
    /// The criterion has no limit.
    #[error("this criterion has no limit to keep")]
    NoLimit,
}

/// How much margin, or what stop, keeps a criterion within its limits at every level of a scenario.
///
/// # Errors
/// See [`VaryError`].
pub fn vary(
    scenario: &Scenario,
    what: Vary,
    criterion: Criterion,
    limits: &[f64],
    options: &RunOptions<'_>,
) -> Result<VaryReport, VaryError> {
    if scenario.miner.is_some() {
        return Err(VaryError::Miner);
    }
    if what == Vary::Stop && scenario.account.positions.len() != 1 {
        return Err(VaryError::Positions(scenario.account.positions.len()));
    }
    if !criterion.has_limit() {
        return Err(VaryError::NoLimit);
    }
    // As it is: with the margin that there is, and without a stop.
    let mut base = scenario.clone();
    if what == Vary::Stop {
        base.policy.stop_loss = None;
    }
    let now = run_all(std::slice::from_ref(&base), options)?.remove(0);
    let search = Search { base: &base, scenario, what, levels: &now.levels };
    let mut questions: Vec<Question> = (0..now.levels.len())
        .flat_map(|level| limits.iter().map(move |limit| (level, *limit)))
        .map(|(level, limit)| Question {
            level,
            limit,
            is_kept: criterion.limited(&now.levels[level]).is_some_and(|now| WITHIN[1](&now, limit)),
            brackets: [(0.0, search.riskiest(level)); 3],
            tried: vec![(search.riskiest(level), now.levels[level].clone())],
        })
        .collect();
    for round in 0..=ROUNDS {
        let mut wanted: Vec<(usize, f64)> = Vec::new();
        for (index, question) in questions.iter().enumerate().filter(|(_, question)| !question.is_kept) {
            let mut values = match round {
                0 => search.first(question.level),
                _ => question.brackets.iter().flat_map(|(low, high)| inner(*low, *high)).collect(),
            };
            values.sort_by(f64::total_cmp);
            values.dedup();
            wanted.extend(values.into_iter().map(|value| (index, value)));
        }
        if wanted.is_empty() {
            break;
        }
        let scenarios: Vec<Scenario> =
            wanted.iter().map(|(index, value)| search.with(questions[*index].level, *value)).collect();
        for ((index, value), mut result) in wanted.into_iter().zip(run_all(&scenarios, options)?) {
            questions[index].tried.push((value, result.levels.remove(0)));
        }
        for question in &mut questions {
            question.close_in(criterion);
        }
    }
    Ok(VaryReport {
        liqsim: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: scenario.name.clone(),
        identity: scenario.identity(),
        result_version: RESULT_VERSION,
        seed: scenario.simulation.seed,
        paths: now.paths,
        horizon_days: scenario.simulation.horizon.days(),
        vary: what,
        criterion,
        answers: questions.iter().map(|question| search.answer(question, criterion)).collect(),
    })
}

/// Runs scenarios on the same paths, with errors of sampling alone.
fn sampled(
    scenarios: &[Scenario],
    options: &RunOptions<'_>,
) -> Result<impl Iterator<Item = RunResult>, RunError> {
    Ok(share(scenarios, options)?.into_iter().map(|(result, _)| result))
}

/// Runs scenarios that differ in the account only, each of its one level, on the same paths.
fn run_all(scenarios: &[Scenario], options: &RunOptions<'_>) -> Result<Vec<RunResult>, RunError> {
    let mut results = Vec::new();
    for together in scenarios.chunks(TOGETHER) {
        // Runs to a precision stop at different numbers of paths.
        if matches!(together[0].simulation.paths, PathBudget::Precision { .. }) {
            for one in together {
                results.extend(sampled(std::slice::from_ref(one), options)?);
            }
        } else {
            results.extend(sampled(together, options)?);
        }
        if options.stop.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted);
        }
    }
    Ok(results)
}

/// The scenario with one thing varied.
struct Search<'a> {
    base: &'a Scenario,
    scenario: &'a Scenario,
    what: Vary,
    levels: &'a [LevelResult],
}

impl Search<'_> {
    /// The value that is the position as it is: its leverage, or no stop before liquidation.
    fn riskiest(&self, level: usize) -> f64 {
        match self.what {
            Vary::Margin => self.levels[level].leverage,
            Vary::Stop => self.room(level),
        }
    }

    /// Distance to liquidation as a fraction of the price now; the whole price where there is none below, and
    /// once the price above.
    fn room(&self, level: usize) -> f64 {
        let price = self.price();
        self.levels[level]
            .liquidation_price
            .map_or(1.0, |liquidation| (liquidation / price - 1.0).abs().min(1.0))
    }

    /// Price of the first position's asset now.
    fn price(&self) -> f64 {
        let position = self.base.account.positions.first();
        position.and_then(|position| self.base.assets.get(position.asset)).map_or(1.0, |asset| asset.price)
    }

    /// The values that are tried first, in equal ratios.
    fn first(&self, level: usize) -> Vec<f64> {
        let riskiest = self.riskiest(level);
        let (from, to) = match self.what {
            Vary::Margin => (LEAST_LEVERAGE.min(0.5 * riskiest), riskiest),
            Vary::Stop => (STOPS.0 * riskiest, STOPS.1 * riskiest),
        };
        let ratio = |index: usize| index as f64 / (FIRST_VALUES - 1) as f64;
        (0..FIRST_VALUES).map(|index| (from * elementary::powf(to / from, ratio(index))).min(to)).collect()
    }

    /// The scenario of one level with a value.
    fn with(&self, level: usize, value: f64) -> Scenario {
        let mut scenario = self.base.clone();
        let leverage = self.levels[level].leverage;
        match self.what {
            Vary::Margin => {
                // The size stays; money of the policies is in units of the equity.
                let more = leverage / value;
                scenario.account.equity *= more;
                scenario.account.leverage = vec![value];
                if let Some(call) = &mut scenario.policy.margin_call {
                    call.reserve /= more;
                }
                if let Some(add) = &mut scenario.policy.add_margin {
                    add.amount /= more;
                }
            }
            Vary::Stop => {
                scenario.account.leverage = vec![leverage];
                let slippage = self.scenario.policy.stop_loss.map_or(0.0, |stop| stop.slippage);
                let at = Trigger::Price(1.0 - self.sign() * value);
                scenario.policy.stop_loss = Some(StopLoss { at, slippage });
            }
        }
        scenario
    }

    /// +1 for a long, whose stop lies below.
    fn sign(&self) -> f64 {
        match self.base.account.positions.first().map(|position| position.side) {
            Some(Side::Short) => -1.0,
            _ => 1.0,
        }
    }

    fn answer(&self, question: &Question, criterion: Criterion) -> VaryAnswer {
        let level = &self.levels[question.level];
        let limited = |level: &LevelResult| criterion.limited(level).unwrap_or(level.liquidation_probability);
        let now = limited(level);
        let riskiest = self.riskiest(question.level);
        let is_needed = !WITHIN[0](&now, question.limit);
        let [value, safe, other] =
            question.brackets.map(|(holds, _)| if holds > 0.0 { Some(holds) } else { None });
        let (value, safe, other) = match is_needed {
            true => (value, safe, other),
            // Where only the interval crosses the limit its safe end is known.
            false => (Some(riskiest), safe.or(Some(riskiest)), Some(riskiest)),
        };
        let equity = self.base.account.equity;
        let shown = |value: f64| match self.what {
            Vary::Margin => equity * (level.leverage / value - 1.0),
            Vary::Stop => value,
        };
        let near = value.and_then(|value| {
            let far = |tried: f64| (tried - value).abs();
            question.tried.iter().min_by(|a, b| far(a.0).total_cmp(&far(b.0)))
        });
        let holds = question.ranges(criterion);
        let is_monotone = holds.len() < 2 && holds.first().is_none_or(|_| question.holds_first(criterion));
        VaryAnswer {
            leverage: level.leverage,
            max: question.limit,
            now,
            value: value.map(shown),
            safe_end: safe.map(shown),
            other_end: other.map(shown),
            is_needed,
            leverage_then: value.map(|value| if self.what == Vary::Margin { value } else { level.leverage }),
            stop_price: value
                .filter(|_| self.what == Vary::Stop && is_needed)
                .map(|distance| self.price() * (1.0 - self.sign() * distance)),
            liquidation_price: near.and_then(|(_, level)| level.liquidation_price),
            then: near.map(|(_, level)| limited(level)),
            stopped: near.and_then(|(_, level)| level.exits.get("stopped").copied()),
            is_monotone,
            holds: match is_monotone {
                true => Vec::new(),
                false => holds.into_iter().map(|(from, to)| (shown(from), shown(to))).collect(),
            },
        }
    }
}
