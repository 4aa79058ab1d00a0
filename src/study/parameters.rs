//! What the errors of fitted parameters do to a result.
//!
//! The parameters of every model with errors are drawn [`DRAWS`] times about their estimates. Each draw goes through all levels on the same
//! [`GROUPS`] groups of paths: random numbers are common to the draws, so that most of the luck of the paths is common too, and the
//! rest is taken out by an analysis of variance (`stats::parameters`). Where crossing probabilities are quick (few jumps on a path)
//! each draw takes the liquidation probability from as many sets of points.
//!
//! Values stay those of the estimate. A draw has a 256th of the run's paths, at least [`LEAST_PATHS`] and at most [`MOST_PATHS`]: all draws
//! together at most as many as the run, or 262,144, and never more than a million. They are a function of scenario and seed
//! alone: parts of a run know nothing of them, whoever joins the parts works them out.

use super::safe::Depths;
use super::search::at_levels;
use super::simulation::RunError;
use crate::engine::{Executor, Plan, RunOptions, Worker};
use crate::estimate::Estimators;
use crate::model::Model;
use crate::numeric::{Purpose, Stream, elementary};
use crate::result::{LevelMeans, LevelResult, Note, RunResult};
use crate::scenario::{PathBudget, Scenario};
use crate::stats::{Scale, Tally, variance_of_effects};

/// Draws of the parameters.
pub const DRAWS: u64 = 256;
/// Groups of paths that every draw goes through.
const GROUPS: u64 = 4;
/// Fewest paths of a draw.
const LEAST_PATHS: u64 = 1024;
/// Most paths of a draw: a run of many machines must not wait for it.
const MOST_PATHS: u64 = 4096;
/// Points of a level for every group, where liquidation probabilities come from crossing probabilities.
const POINTS: u64 = 1024;
/// Fewer liquidations than this on the paths of a draw, in the mean, say nothing of how they vary from draw to draw.
const LEAST_EVENTS: f64 = 5.0;

/// Standard deviations of a level's quantities over the draws, sampling taken out; none where too few paths were liquidated to tell.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Deviations {
    leverage: f64,
    /// Of the logit.
    liquidation: Option<f64>,
    /// Of the logit.
    loss: Option<f64>,
    mean_return: f64,
    bad_debt: f64,
}

/// How much results vary over draws of the parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    levels: Vec<Deviations>,
    /// Paths of a draw.
    paths: u64,
    /// Draws that no model can have, in whose place the estimate stood.
    replaced: u64,
    /// Keys of the parameters, those of several assets with the name of the asset.
    names: Vec<String>,
}

/// A scenario with drawn parameters.
struct Drawn {
    scenario: Scenario,
    is_replaced: bool,
}

impl Drawn {
    /// The draw of a number.
    fn new(scenario: &Scenario, number: u64) -> Self {
        let mut drawn = scenario.clone();
        let seed = scenario.simulation.seed;
        let models: Option<Vec<(usize, Model)>> = scenario
            .assets
            .iter()
            .enumerate()
            .filter_map(|(place, asset)| asset.errors.as_ref().map(|errors| (place, asset, errors)))
            .map(|(place, asset, errors)| {
                let mut noise = Stream::new(seed, Purpose::Parameters(place as u16), number);
                Some((place, errors.draw(&asset.model, &mut noise)?))
            })
            .collect();
        let is_replaced = models.is_none();
        for (place, model) in models.into_iter().flatten() {
            drawn.assets[place].model = model;
        }
        Self { scenario: drawn, is_replaced }
    }
}

/// What a draw gives at a level: means by group of paths, and liquidation probabilities where they do not rest on paths.
#[derive(Debug, Default)]
struct Drawing {
    means: Vec<LevelMeans>,
    crossing: Vec<Option<f64>>,
}

/// How much the results of a scenario vary over draws of its parameters, for a run of some paths; also at `further` levels. None where no
/// asset has errors, or the work was stopped.
///
/// # Errors
/// A drawn scenario cannot be simulated.
pub fn spread(
    scenario: &Scenario,
    further: &[f64],
    paths: u64,
    options: &RunOptions<'_>,
) -> Result<Option<Spread>, RunError> {
    if scenario.assets.iter().all(|asset| asset.errors.is_none()) {
        return Ok(None);
    }
    let mut leverages: Vec<f64> = scenario.account.leverage.iter().chain(further).copied().collect();
    leverages.retain(|leverage| *leverage > 0.0);
    leverages.sort_by(f64::total_cmp);
    leverages.dedup();
    let of_group = (paths / DRAWS).clamp(LEAST_PATHS, MOST_PATHS) / GROUPS;
    let mut asked = at_levels(scenario, leverages.clone());
    asked.simulation.paths = PathBudget::Fixed(of_group);
    let mut seeds = vec![0; GROUPS as usize];
    Stream::new(scenario.simulation.seed, Purpose::Repeat, 0).words(&mut seeds);
    let executor = Executor::new(RunOptions { progress: &|_| {}, ..*options })?;
    let one = |(): &mut (), number: u64| -> Result<(Vec<Drawing>, bool), RunError> {
        let Drawn { scenario, is_replaced } = Drawn::new(&asked, number);
        Ok((drawings(&scenario, &seeds, of_group)?, is_replaced))
    };
    let Some(found) = executor.map(0..DRAWS, || (), one) else { return Ok(None) };
    let draws: Vec<(Vec<Drawing>, bool)> = found.into_iter().collect::<Result<_, _>>()?;
    let replaced = draws.iter().filter(|(_, is_replaced)| *is_replaced).count() as u64;
    let levels = leverages.iter().enumerate().map(|(level, leverage)| {
        // By draw and group.
        let table = |of: &dyn Fn(&LevelMeans) -> f64| -> Vec<Vec<f64>> {
            draws.iter().map(|(levels, _)| levels[level].means.iter().map(of).collect()).collect()
        };
        let crossing: Option<Vec<Vec<f64>>> =
            draws.iter().map(|(levels, _)| levels[level].crossing.iter().copied().collect()).collect();
        Deviations {
            leverage: *leverage,
            liquidation: match crossing {
                Some(probabilities) => Some(of_probabilities(&probabilities)),
                None => of_shares(&table(&|means| means.liquidated), of_group as f64),
            },
            loss: of_shares(&table(&|means| means.lost), of_group as f64),
            mean_return: variance_of_effects(&table(&|means| means.mean_return)).sqrt(),
            bad_debt: variance_of_effects(&table(&|means| means.bad_debt)).sqrt(),
        }
    });
    Ok(Some(Spread { levels: levels.collect(), paths: GROUPS * of_group, replaced, names: names(scenario) }))
}

/// The results of a drawn scenario by level, on a group of paths and with points of its own for every seed.
fn drawings(scenario: &Scenario, seeds: &[u64], of_group: u64) -> Result<Vec<Drawing>, RunError> {
    let mut plan = Plan::new(scenario)?;
    let follower = plan.follower();
    let levels = plan.terms.len();
    let mut drawings: Vec<Drawing> = (0..levels).map(|_| Drawing::default()).collect();
    let mut all = vec![LevelMeans::default(); levels];
    let mut worker = Worker::new(&plan);
    for block in 0..seeds.len() as u64 {
        if !worker.run_block(block, of_group as usize)
            && let Some(broken) = worker.broken()
        {
            return Err(broken.clone().into());
        }
        let tally = worker.tally();
        for (level, (drawing, before)) in drawings.iter_mut().zip(&mut all).enumerate() {
            let now = LevelMeans::of(&*follower, tally, level);
            drawing.means.push(now.of_last(before, block));
            *before = now;
        }
    }
    drop(worker);
    for seed in seeds {
        plan.law.seed = *seed;
        let known = Estimators::new(scenario, &plan)?.at_a_glance(POINTS, &Executor::alone());
        for (drawing, known) in drawings.iter_mut().zip(known) {
            drawing.crossing.push(known);
        }
    }
    Ok(drawings)
}

/// Standard deviation of the logit over the draws of probabilities that are known well.
fn of_probabilities(table: &[Vec<f64>]) -> f64 {
    let logit = |p: &f64| elementary::ln(p / (1.0 - p));
    let logits: Vec<Vec<f64>> = table.iter().map(|row| row.iter().map(logit).collect()).collect();
    variance_of_effects(&logits).sqrt()
}

/// The same of shares of `paths` in each group. The logit is that of all groups of a draw, half an event added to both sides (Haldane 1956,
/// Anscombe 1956), and that of a group lies on its tangent there.
fn of_shares(table: &[Vec<f64>], paths: f64) -> Option<f64> {
    let groups = table.first().map_or(0, Vec::len) as f64;
    let all = groups * paths;
    let events = |row: &Vec<f64>| row.iter().sum::<f64>() * paths;
    let mean = table.iter().map(events).sum::<f64>() / table.len() as f64;
    if mean < LEAST_EVENTS || all - mean < LEAST_EVENTS {
        return None;
    }
    let logits = |row: &Vec<f64>| -> Vec<f64> {
        let (yes, no) = (events(row) + 0.5, all - events(row) + 0.5);
        let (logit, slope) = (elementary::ln(yes / no), all * (1.0 / yes + 1.0 / no));
        let share = events(row) / all;
        row.iter().map(|own| logit + slope * (own - share)).collect()
    };
    Some(variance_of_effects(&table.iter().map(logits).collect::<Vec<_>>()).sqrt())
}

fn names(scenario: &Scenario) -> Vec<String> {
    let several = scenario.assets.len() > 1;
    let mut names = Vec::new();
    for asset in &scenario.assets {
        for name in asset.errors.iter().flat_map(|errors| errors.names()) {
            names.push(if several { format!("{}.{name}", asset.name) } else { name.clone() });
        }
    }
    names
}

impl Spread {
    /// The deviation of the logit of the liquidation probability at a level, where it is known.
    pub fn at(&self, leverage: f64) -> Option<f64> {
        self.levels.iter().find(|level| level.leverage == leverage)?.liquidation
    }

    /// Gives the estimates of a result their second intervals, and says so in its notes.
    pub fn add_to(&self, result: &mut RunResult) {
        let mut unknown = Vec::new();
        for level in &mut result.levels {
            let Some(deviations) = self.levels.iter().find(|own| own.leverage == level.leverage) else {
                continue;
            };
            deviations.add_to(level);
            let is_known = level.liquidation_probability.high_with_parameters.is_some();
            if level.is_liquidatable() && !is_known && level.liquidation_probability.high > 0.0 {
                unknown.push(level.leverage);
            }
        }
        result.notes.extend(self.notes(unknown).iter().map(Note::text));
    }

    /// What to know of the second intervals; `unknown` are levels without one.
    pub fn notes(&self, unknown: Vec<f64>) -> Vec<Note> {
        let Self { paths, replaced, names, .. } = self;
        let (draws, paths, replaced) = (DRAWS, *paths, *replaced);
        let mut notes = vec![Note::ParameterErrors { names: names.clone(), draws, paths, replaced }];
        if !unknown.is_empty() {
            notes.push(Note::NoParameterInterval { levels: unknown, paths });
        }
        notes
    }
}

impl Deviations {
    fn add_to(&self, level: &mut LevelResult) {
        let probabilities = [
            (&mut level.liquidation_probability, self.liquidation),
            (&mut level.loss_probability, self.loss),
        ];
        for (estimate, deviation) in probabilities {
            if let Some(deviation) = deviation {
                *estimate = estimate.with_parameter_error(deviation, Scale::Logit);
            }
        }
        level.mean_return = level.mean_return.with_parameter_error(self.mean_return, Scale::Linear);
        level.bad_debt = level.bad_debt.with_parameter_error(self.bad_debt, Scale::Positive);
    }
}

/// Gives the levels of a finished run their second intervals where the scenario asks for them. The tally is that of the run; a run
/// that was stopped gets none.
///
/// # Errors
/// See [`spread`].
pub fn add_parameter_errors(
    scenario: &Scenario,
    tally: &Tally,
    result: &mut RunResult,
    options: &RunOptions<'_>,
) -> Result<(), RunError> {
    if !scenario.simulation.parameter_errors || result.interrupted {
        return Ok(());
    }
    let depths = Depths::new(scenario, tally);
    let safe: Vec<f64> = result.safe_leverage.iter().map(|safe| safe.leverage).collect();
    let Some(spread) = spread(scenario, &safe, result.paths, options)? else { return Ok(()) };
    spread.add_to(result);
    if let Some(depths) = depths {
        for safe in &mut result.safe_leverage {
            if let Some(deviation) = spread.at(safe.leverage) {
                *safe = depths.with_parameter_error(*safe, deviation);
            }
        }
    }
    Ok(())
}
