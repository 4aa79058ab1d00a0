//! Where a run takes its liquidation probabilities from, how precise they must be, and what it says about them.
//!
//! | `sampling` | model and account | liquidation probability |
//! |---|---|---|
//! | auto, sobol | gbm, merton, kou, hawkes, regime, watched continuously, nothing but the price moves the account | crossing probabilities (see [`Crossing`]) |
//! | auto | any model but gbm and merton, or discrete looks, nothing but the price moves the account | particles where it is rare (see [`RareEvents`]) |
//! | auto, sobol | any other model but bootstrap, watched continuously | hits counted by strata of what drives the price (see `driver`) |
//! | otherwise | | hits counted on the run's paths |

use super::crossing::{Crossing, CrossingEstimate, CrossingTarget};
use super::plan::Plan;
use super::rare::{RARE, RareBudget, RareEstimate, RareEvents};
use super::run::RunError;
use crate::scenario::{PathBudget, Sampling, Scenario};
use crate::stats::Estimate;

/// Where the scenario names no precision: relative standard error aimed at, times the square root of the number of paths;
/// half of what plain sampling has at a probability of one half. Like that it falls as paths are added.
const RELATIVE: f64 = 0.5;
/// Paths of the run for every point of a level, or for every particle, at most.
const PATHS_PER_POINT: u64 = 4;
/// Fewest points that are worth the trouble.
const LEAST_POINTS: u64 = 4096;
/// Shorter runs have no particles: a pilot and what an error needs would outweigh them.
const LEAST_PATHS: u64 = 20_000;
/// The error is an estimate itself, right to about a fifth.
const SAFETY: f64 = 0.7;

/// An estimate with a larger relative error may be too skewed for its interval; plain sampling knows better then.
const ROUGH: f64 = 0.1;

/// A liquidation probability that does not rest on the run's paths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Apart {
    /// From crossing probabilities.
    Crossing(CrossingEstimate),
    /// From particles.
    Particles(RareEstimate),
}

impl Apart {
    /// The probability.
    pub fn probability(&self) -> Estimate {
        match self {
            Self::Crossing(estimate) => estimate.probability,
            Self::Particles(estimate) => estimate.probability,
        }
    }

    /// Number of plain paths with sampled hits that would have the same error.
    fn effective_paths(&self) -> f64 {
        match self {
            Self::Crossing(estimate) => estimate.effective_paths(),
            Self::Particles(estimate) => estimate.effective_paths(),
        }
    }

    /// Plain paths that one path of its own is worth.
    fn gain(&self) -> f64 {
        let paths = match self {
            Self::Crossing(estimate) => estimate.points,
            Self::Particles(estimate) => estimate.paths,
        };
        self.effective_paths() / paths as f64
    }
}

/// The probabilities of a run of some paths that do not rest on these, by level; none if no level has any.
pub(super) fn estimates_apart(scenario: &Scenario, plan: &Plan, paths: u64) -> Option<Vec<Option<Apart>>> {
    let sampling = scenario.simulation.sampling;
    if sampling == Sampling::Pseudo {
        return None;
    }
    let fixed = RELATIVE / (paths.max(1) as f64).sqrt();
    let passage = plan.account.first_passage()?;
    let is_known = |level: &usize| passage.distances[*level].is_some();
    let crossing = Crossing::of(&plan.law, &passage, sampling == Sampling::Auto);
    let particles = match &crossing {
        Some(crossing) if crossing.reaches_rare_levels() => None,
        _ if sampling != Sampling::Auto || paths < LEAST_PATHS => None,
        _ => RareEvents::of(&plan.law, &passage),
    };
    let rare = particles.map(|particles| {
        particles.estimate(&match scenario.simulation.paths {
            PathBudget::Fixed(_) => RareBudget { relative: fixed, paths: paths / PATHS_PER_POINT },
            PathBudget::Precision { relative, max_paths } => {
                RareBudget { relative: SAFETY * relative, paths: max_paths }
            }
        })
    });
    let rare = rare.unwrap_or_else(|| vec![None; plan.terms.len()]);
    let mut estimates: Vec<Option<Apart>> = rare.into_iter().map(|one| one.map(Apart::Particles)).collect();
    if let Some(crossing) = crossing {
        let target = match scenario.simulation.paths {
            PathBudget::Fixed(_) => CrossingTarget {
                relative: fixed,
                max_points: (paths / PATHS_PER_POINT).clamp(LEAST_POINTS, 1 << 24),
            },
            PathBudget::Precision { relative, max_paths } => {
                CrossingTarget { relative: SAFETY * relative, max_points: max_paths.max(LEAST_POINTS) }
            }
        };
        let crossing = crossing.without(&|level| estimates[level].is_some() || !is_known(&level));
        for (level, found) in
            crossing.estimate(&target).into_iter().enumerate().filter(|(level, _)| is_known(level))
        {
            estimates[level].get_or_insert(Apart::Crossing(found));
        }
    }
    estimates.iter().any(Option::is_some).then_some(estimates)
}

/// Whether liquidations are counted by the strata of what drives the price: where the scenario wants the most of its paths,
/// normals drive the price and no net does better. A miner's defaults depend on more than the price: they are counted.
pub(super) fn is_stratified(scenario: &Scenario, plan: &Plan) -> bool {
    let (asset, _) = plan.account.losing_side();
    let wanted = scenario.simulation.sampling != Sampling::Pseudo && plan.account.miner.is_none();
    let has_nets = || {
        let passage = plan.account.first_passage()?;
        let is_whole = passage.distances.iter().all(Option::is_some);
        Crossing::of(&plan.law, &passage, false).filter(|_| is_whole)
    };
    wanted && plan.law.is_driven(asset) && plan.law.continuous && has_nets().is_none()
}

/// A depth, a distance of log-prices, that does not rest on the run's paths, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DepthApart {
    /// From crossing probabilities.
    Crossing(Estimate),
    /// From particles.
    Particles(Estimate),
}

impl DepthApart {
    /// The depth.
    pub fn depth(&self) -> Estimate {
        match self {
            Self::Crossing(depth) | Self::Particles(depth) => *depth,
        }
    }
}

/// The depth that the paths of a scenario reach with a probability, from a first guess of it: from nets where there are any, from
/// particles where the probability is rare; none where the scenario wants neither, a run is short or they do not get there. Does not
/// depend on the threads.
///
/// # Errors
/// See [`RunError`].
pub fn depth_apart(
    scenario: &Scenario,
    probability: f64,
    guess: f64,
    paths: u64,
    threads: Option<usize>,
) -> Result<Option<DepthApart>, RunError> {
    let sampling = scenario.simulation.sampling;
    if sampling == Sampling::Pseudo || paths < LEAST_PATHS {
        return Ok(None);
    }
    let is_auto = sampling == Sampling::Auto;
    let plan = Plan::new(scenario)?;
    let Some(passage) = plan.account.first_passage() else { return Ok(None) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?;
    let relative = RELATIVE / (paths as f64).sqrt();
    let most = paths / PATHS_PER_POINT;
    let crossing = Crossing::of(&plan.law, &passage, is_auto);
    let found = match crossing.filter(|crossing| probability > RARE || crossing.reaches_rare_levels()) {
        Some(crossing) if guess > 0.0 => {
            let target = CrossingTarget { relative, max_points: most.clamp(LEAST_POINTS, 1 << 24) };
            pool.install(|| crossing.depth(probability, guess, &target)).map(DepthApart::Crossing)
        }
        _ => None,
    };
    let particles = || {
        let rare = RareEvents::of(&plan.law, &passage).filter(|_| is_auto && probability <= RARE)?;
        let budget = RareBudget { relative, paths: most };
        pool.install(|| rare.depth(probability, &budget)).map(DepthApart::Particles)
    };
    let found = found.or_else(particles);
    Ok(found.filter(|found| found.depth().std_error < ROUGH * found.depth().value))
}

/// The better of an estimate apart and the plain one of a level, which rests on so many paths.
pub(super) fn better(apart: Option<&Apart>, plain: Estimate, paths: u64) -> Estimate {
    match apart {
        Some(apart) if is_used(apart, plain, paths) => apart.probability(),
        _ => plain,
    }
}

fn is_used(apart: &Apart, plain: Estimate, paths: u64) -> bool {
    let Estimate { value, std_error, .. } = apart.probability();
    let is_fine = value > 0.0 && std_error > 0.0 && std_error < ROUGH * value;
    match apart {
        Apart::Crossing(_) => is_fine && (plain.value == 0.0 || std_error < plain.std_error),
        // By what is known without the plain estimate: choosing by that would make both biased.
        Apart::Particles(_) => is_fine && apart.effective_paths() > paths as f64,
    }
}

/// What a result says about the estimates apart in it: `used` are the leverages and estimates that stand in it.
/// `stratified` are those whose hits were counted by strata.
pub(super) fn note(used: &[(f64, Apart)], stratified: &[(f64, Estimate)], paths: u64) -> String {
    let over = |of: &dyn Fn(&Apart) -> f64, is: &dyn Fn(&Apart) -> bool| {
        span(used.iter().filter(|(_, apart)| is(apart)).map(|(_, apart)| of(apart)))
    };
    let listed = |is: &dyn Fn(&Apart) -> bool| {
        let levels = used.iter().filter(|(_, apart)| is(apart));
        levels.map(|(leverage, _)| format!("{leverage}x")).collect::<Vec<_>>().join(", ")
    };
    let is_crossing = |apart: &Apart| matches!(apart, Apart::Crossing(_));
    let is_particles = |apart: &Apart| matches!(apart, Apart::Particles(_));
    let mut text = String::new();
    if let Some((_, Apart::Crossing(CrossingEstimate { scramblings, .. }))) =
        used.iter().find(|(_, apart)| is_crossing(apart))
    {
        let tilted = listed(&|apart| matches!(apart, Apart::Crossing(estimate) if estimate.is_tilted));
        let importance = match tilted.is_empty() {
            true => String::new(),
            false => format!(", importance sampling at {tilted}"),
        };
        text += &format!(
            "Liquidation probabilities are exact crossing probabilities between the ends of continuous stretches, averaged over \
             {scramblings} independently scrambled Sobol nets{importance}: effective sample size {} plain paths, \
             gain (plain paths per point) {}. ",
            over(&Apart::effective_paths, &is_crossing),
            over(&Apart::gain, &is_crossing)
        );
    }
    let rare = listed(&is_particles);
    if !rare.is_empty() {
        text += &format!(
            "The liquidation probability at {rare} is rare and comes from particles, paths that are selected on their way towards \
             liquidation and weighted: effective sample size {} plain paths, gain (plain paths per particle) {}. ",
            over(&Apart::effective_paths, &is_particles),
            over(&Apart::gain, &is_particles)
        );
    }
    if !stratified.is_empty() {
        let effective =
            stratified.iter().map(|(_, p)| p.value * (1.0 - p.value) / (p.std_error * p.std_error));
        let list: Vec<String> = stratified.iter().map(|(leverage, _)| format!("{leverage}x")).collect();
        text += &format!(
            "At {} liquidations are counted by strata of how far the Brownian motion went that drives the price: effective sample size \
             {} plain paths, gain {}. ",
            list.join(", "),
            span(effective.clone()),
            span(effective.map(|n| n / paths as f64))
        );
    }
    text + &format!("All else comes from {paths} plain paths; sampling = \"pseudo\" counts hits on those.")
}

/// The smallest and the largest of some numbers, in words.
fn span(values: impl Iterator<Item = f64>) -> String {
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
    let short = |x: f64| if x < 1000.0 { format!("{x:.1}") } else { format!("{x:.1e}") };
    let (low, high) = (short(low), short(high));
    if low == high { low } else { format!("{low} to {high}") }
}

/// What a result says where every liquidation is counted.
pub(super) fn counted(sampling: Sampling, paths: u64) -> Option<String> {
    let counted = format!(
        "Liquidations are counted on {paths} independent paths: effective sample size {paths}, gain 1."
    );
    let crossing = "Crossing probabilities are for gbm, merton, kou, hawkes and regime, watched continuously";
    match sampling {
        Sampling::Pseudo => None,
        Sampling::Sobol => Some(format!("{counted} {crossing}, where only the price moves the account.")),
        Sampling::Auto => Some(format!(
            "{counted} {crossing}; rare levels of other models have particles from {LEAST_PATHS} paths on; both where only the \
             price moves the account. Strata are for prices that are watched continuously."
        )),
    }
}
