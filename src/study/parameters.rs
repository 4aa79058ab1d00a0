//! What the errors of fitted parameters do to a result.
//!
//! The parameters of every model with errors are drawn [`DRAWS`] times about their estimates. Each draw goes through all levels on the same
//! [`GROUPS`] groups of paths: random numbers are common to the draws, so that most of the luck of the paths is common too, and the
//! rest is taken out by an analysis of variance (`stats::parameters`). Where crossing probabilities are quick (few jumps on a path)
//! each draw takes the liquidation probability from as many sets of points.
//!
//! Where a draw has fewer than [`LEAST_EVENTS`] liquidations, its own probability is not known. Then every draw gets paths of its own (the
//! same few paths would be liquidated in all of them), and a Poisson regression of their liquidations on the normals that the parameters were
//! drawn by says how much the probability varies (`stats::poisson`); what is too rare for that, and levels in between, follows from
//! neighbours (`spread`).
//!
//! Values stay those of the estimate. A draw has a 256th of the run's paths, at least [`LEAST_PATHS`] and at most [`MOST_PATHS`]: all draws
//! together at most as many as the run, or 262,144, and never more than a million. They are a function of scenario and seed
//! alone: parts of a run know nothing of them, whoever joins the parts works them out.

use super::levels_at::{at_levels, spaced};
use super::leverage_range::LeverageRange;
use super::safe::Depths;
use super::simulation::RunError;
use super::spread::{Deviations, OnLogit, Spread};
use crate::engine::{Executor, Plan, RunOptions, Worker};
use crate::estimate::Estimators;
use crate::model::Model;
use crate::numeric::{Purpose, Stream, elementary};
use crate::result::{LevelMeans, RunResult};
use crate::scenario::{PathBudget, Scenario};
use crate::stats::{Tally, variance_of_effects, variance_of_log_rate};

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
/// Fewer liquidations than this on all draws together are no hope for a regression.
const LEAST_SEEN: f64 = 20.0;
/// Neighbouring levels lie no further apart than by this factor, so that what lies between follows from them.
const NEAR: f64 = 2.0;

/// A scenario with drawn parameters.
struct Drawn {
    scenario: Scenario,
    /// The normals that they were drawn by; zeros where the estimate stands in the place of a draw.
    normals: Vec<f64>,
    is_replaced: bool,
}

impl Drawn {
    /// The draw of a number.
    fn new(scenario: &Scenario, number: u64) -> Self {
        let mut drawn = scenario.clone();
        let seed = scenario.simulation.seed;
        let (mut all, mut models) = (Vec::new(), Vec::new());
        for (place, asset) in scenario.assets.iter().enumerate() {
            let Some(errors) = &asset.errors else { continue };
            let normals = errors.normals(&mut Stream::new(seed, Purpose::Parameters(place as u16), number));
            models.push(errors.drawn(&asset.model, &normals).map(|model| (place, model)));
            all.extend(normals);
        }
        let models: Option<Vec<(usize, Model)>> = models.into_iter().collect();
        let is_replaced = models.is_none();
        if is_replaced {
            all.fill(0.0);
        }
        for (place, model) in models.into_iter().flatten() {
            drawn.assets[place].model = model;
        }
        Self { scenario: drawn, normals: all, is_replaced }
    }
}

/// The scenario with the parameters of every draw, in whose place the estimate stands where no model can have them; none where no asset has
/// errors.
pub(super) fn drawn_scenarios(scenario: &Scenario) -> impl Iterator<Item = Scenario> + '_ {
    let any = scenario.assets.iter().any(|asset| asset.errors.is_some());
    (0..DRAWS).filter(move |_| any).map(|number| Drawn::new(scenario, number).scenario)
}

/// Paths of a draw for a run of some paths.
pub(super) fn paths_of_draw(paths: u64) -> u64 {
    (paths / DRAWS).clamp(LEAST_PATHS, MOST_PATHS)
}

/// What a draw gives at a level: means by group of paths, and liquidation probabilities where they do not rest on paths.
#[derive(Debug, Default)]
struct Drawing {
    means: Vec<LevelMeans>,
    crossing: Vec<Option<f64>>,
}

/// How much the results of a scenario vary over draws of its parameters, for a run of some paths, at its levels, at `further` ones, and at as many between
/// them as leave no large gap. None where no asset has errors, or the work was stopped.
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
    let wanted: Vec<f64> = scenario.account.leverage.iter().chain(further).copied().collect();
    let leverages =
        filled(wanted, LeverageRange::of(scenario).map_or(f64::INFINITY, |range| range.largest()));
    let of_group = paths_of_draw(paths) / GROUPS;
    let mut asked = at_levels(scenario, leverages.clone());
    asked.simulation.paths = PathBudget::Fixed(of_group);
    let mut seeds = vec![0; GROUPS as usize];
    Stream::new(scenario.simulation.seed, Purpose::Repeat, 0).words(&mut seeds);
    let executor = Executor::new(RunOptions { progress: &|_| {}, ..*options })?;
    let one = |(): &mut (), number: u64| -> Result<(Vec<Drawing>, Drawn), RunError> {
        let drawn = Drawn::new(&asked, number);
        Ok((drawings(&drawn.scenario, &seeds, of_group)?, drawn))
    };
    let Some(found) = executor.map(0..DRAWS, || (), one) else { return Ok(None) };
    let draws: Vec<(Vec<Drawing>, Drawn)> = found.into_iter().collect::<Result<_, _>>()?;
    let replaced = draws.iter().filter(|(_, drawn)| drawn.is_replaced).count() as u64;
    let levels = leverages.iter().enumerate().map(|(level, leverage)| {
        // By draw and group.
        let table = |of: &dyn Fn(&LevelMeans) -> f64| -> Vec<Vec<f64>> {
            draws.iter().map(|(levels, _)| levels[level].means.iter().map(of).collect()).collect()
        };
        let linear = |of: &dyn Fn(&LevelMeans) -> f64| variance_of_effects(&table(of)).sqrt();
        let crossing: Option<Vec<Vec<f64>>> =
            draws.iter().map(|(levels, _)| levels[level].crossing.iter().copied().collect()).collect();
        Deviations {
            leverage: *leverage,
            liquidation: match crossing {
                Some(probabilities) => Some(of_probabilities(&probabilities)),
                None => of_shares(&table(&|means| means.liquidated), of_group as f64),
            },
            loss: of_shares(&table(&|means| means.lost), of_group as f64),
            mean_return: linear(&|means| means.mean_return),
            bad_debt: linear(&|means| means.bad_debt),
            value_at_risk: [0, 1].map(|tail| linear(&|means| means.value_at_risk[tail])),
            expected_shortfall: [0, 1].map(|tail| linear(&|means| means.expected_shortfall[tail])),
        }
    });
    let mut levels: Vec<Deviations> = levels.collect();
    let share = |level: usize| draws.iter().flat_map(move |(levels, _)| &levels[level].means);
    let seen: Vec<f64> = (0..levels.len())
        .map(|level| share(level).map(|means| means.liquidated).sum::<f64>() * of_group as f64)
        .collect();
    let drawn: Vec<Drawn> = draws.into_iter().map(|(_, drawn)| drawn).collect();
    // A level is tried where there is hope of enough events.
    let is_rare: Vec<bool> = (0..levels.len())
        .map(|level| seen[level] >= LEAST_SEEN && levels[level].liquidation.is_none())
        .zip(levels.iter().map(|level| level.liquidation.is_some()).scan(false, |known, is_known| {
            *known |= is_known;
            Some(!*known)
        }))
        .map(|(is_unknown, is_below)| is_unknown && is_below)
        .collect();
    if !regress(&mut levels, &is_rare, &drawn, of_group, &executor)? {
        return Ok(None);
    }
    Ok(Some(Spread { levels, draws: DRAWS, paths: GROUPS * of_group, replaced, names: names(scenario) }))
}

/// Rising leverages with others between them where they lie far apart; one that is alone gets a riskier one beside it, which tells more.
fn filled(mut leverages: Vec<f64>, largest: f64) -> Vec<f64> {
    leverages.retain(|leverage| *leverage > 0.0);
    if let [only] = leverages[..] {
        leverages.push((NEAR * only).min(largest));
    }
    leverages.sort_by(f64::total_cmp);
    leverages.dedup();
    let mut all: Vec<f64> = leverages.first().copied().into_iter().collect();
    for pair in leverages.windows(2) {
        let steps =
            (elementary::ln(pair[1] / pair[0]) / elementary::ln(NEAR) - 1e-9).ceil().max(1.0) as usize;
        all.extend(spaced(pair[0], pair[1], steps + 1).into_iter().skip(1).take(steps - 1));
        all.push(pair[1]);
    }
    all
}

/// Finds the deviations of rare liquidations by regression, on paths that every draw has for itself; false if the work was stopped.
fn regress(
    levels: &mut [Deviations],
    is_rare: &[bool],
    drawn: &[Drawn],
    of_group: u64,
    executor: &Executor<'_>,
) -> Result<bool, RunError> {
    let leverages: Vec<f64> = levels
        .iter()
        .zip(is_rare)
        .filter(|(_, is_rare)| **is_rare)
        .map(|(level, _)| level.leverage)
        .collect();
    if leverages.is_empty() {
        return Ok(true);
    }
    let one = |(): &mut (), number: u64| -> Result<Vec<f64>, RunError> {
        let scenario = at_levels(&drawn[number as usize].scenario, leverages.clone());
        let plan = Plan::new(&scenario)?;
        let follower = plan.follower();
        let mut worker = Worker::new(&plan);
        // Behind the blocks that all draws share.
        for block in (1 + number) * GROUPS..(2 + number) * GROUPS {
            if !worker.run_block(block, of_group as usize)
                && let Some(broken) = worker.broken()
            {
                return Err(broken.clone().into());
            }
        }
        let tally = worker.tally();
        let means = LevelMeans::of(&*follower, tally);
        Ok(means.iter().map(|means| means.liquidated * tally.paths as f64).collect())
    };
    let Some(found) = executor.map(0..drawn.len() as u64, || (), one) else { return Ok(false) };
    let events: Vec<Vec<f64>> = found.into_iter().collect::<Result<_, _>>()?;
    let normals: Vec<Vec<f64>> = drawn.iter().map(|drawn| drawn.normals.clone()).collect();
    let paths = (drawn.len() as u64 * GROUPS * of_group) as f64;
    let rare = levels.iter_mut().zip(is_rare).filter(|(_, is_rare)| **is_rare);
    for (place, (level, _)) in rare.enumerate() {
        let own: Vec<f64> = events.iter().map(|events| events[place]).collect();
        let mean = own.iter().sum::<f64>() / paths;
        if let Some(variance) = variance_of_log_rate(&own, &normals) {
            level.liquidation = Some(OnLogit { deviation: variance.sqrt(), probability: mean });
        }
    }
    Ok(true)
}

/// The results of a drawn scenario by level, on a group of paths and with points of its own for every seed.
fn drawings(scenario: &Scenario, seeds: &[u64], of_group: u64) -> Result<Vec<Drawing>, RunError> {
    let mut plan = Plan::new(scenario)?;
    let follower = plan.follower();
    let mut drawings: Vec<Drawing> = (0..plan.terms.len()).map(|_| Drawing::default()).collect();
    let mut worker = Worker::new(&plan);
    for block in 0..seeds.len() as u64 {
        if !worker.run_block(block, of_group as usize)
            && let Some(broken) = worker.broken()
        {
            return Err(broken.clone().into());
        }
        let tally = worker.take_tally();
        for (drawing, means) in drawings.iter_mut().zip(LevelMeans::of(&*follower, &tally)) {
            drawing.means.push(means);
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

/// Over the draws of probabilities that are known well.
fn of_probabilities(table: &[Vec<f64>]) -> OnLogit {
    let logit = |p: &f64| elementary::ln(p / (1.0 - p));
    let logits: Vec<Vec<f64>> = table.iter().map(|row| row.iter().map(logit).collect()).collect();
    OnLogit { deviation: variance_of_effects(&logits).sqrt(), probability: mean_of(table) }
}

fn mean_of(table: &[Vec<f64>]) -> f64 {
    let count = table.iter().map(Vec::len).sum::<usize>().max(1);
    table.iter().flatten().sum::<f64>() / count as f64
}

/// The same of shares of `paths` in each group. The logit is that of all groups of a draw, half an event added to both sides (Haldane 1956,
/// Anscombe 1956), and that of a group lies on its tangent there.
fn of_shares(table: &[Vec<f64>], paths: f64) -> Option<OnLogit> {
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
    let logits: Vec<Vec<f64>> = table.iter().map(logits).collect();
    Some(OnLogit { deviation: variance_of_effects(&logits).sqrt(), probability: mean_of(table) })
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
    let safe = result.safe_leverage.iter().map(|safe| safe.leverage);
    let ends = [result.curve.first(), result.curve.last()].into_iter().flatten().map(|level| level.leverage);
    let further: Vec<f64> = safe.chain(ends).collect();
    let Some(spread) = spread(scenario, &further, result.paths, options)? else { return Ok(()) };
    spread.add_to(result);
    if let Some(depths) = depths {
        for safe in &mut result.safe_leverage {
            if let Some(deviation) = spread.of_liquidation(safe.leverage, safe.max_probability) {
                *safe = depths.with_parameter_error(*safe, deviation);
            }
        }
    }
    Ok(())
}
