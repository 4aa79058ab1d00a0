//! When a run takes its liquidation probabilities from crossing probabilities, how precise they must be, and what it says
//! about them.

use super::estimate::{Crossing, CrossingEstimate, CrossingTarget};
use crate::engine::plan::Plan;
use crate::scenario::{PathBudget, Sampling, Scenario};
use crate::stats::Estimate;

/// Where the scenario names no precision: relative standard error aimed at, times the square root of the number of paths;
/// half of what plain sampling has at a probability of one half. Like that it falls as paths are added.
const RELATIVE: f64 = 0.5;
/// Paths of the run for every point of a level, at most.
const PATHS_PER_POINT: u64 = 4;
/// Fewest points that are worth the trouble.
const LEAST_POINTS: u64 = 4096;

/// An estimate with a larger relative error may be too skewed for its interval; plain sampling knows better then.
const ROUGH: f64 = 0.1;

/// The crossing probabilities of a run of some paths, by level; none if the scenario wants plain sampling or the method does
/// not apply.
pub(in crate::engine) fn crossings(
    scenario: &Scenario,
    plan: &Plan,
    paths: u64,
) -> Option<Vec<CrossingEstimate>> {
    let importance = match scenario.simulation.sampling {
        Sampling::Pseudo => return None,
        Sampling::Sobol => false,
        Sampling::Auto => true,
    };
    let target = match scenario.simulation.paths {
        PathBudget::Fixed(_) => CrossingTarget {
            relative: RELATIVE / (paths.max(1) as f64).sqrt(),
            max_points: (paths / PATHS_PER_POINT).clamp(LEAST_POINTS, 1 << 24),
        },
        // The error is an estimate itself, right to about a fifth.
        PathBudget::Precision { relative, max_paths } => {
            CrossingTarget { relative: 0.7 * relative, max_points: max_paths.max(LEAST_POINTS) }
        }
    };
    Some(Crossing::new(plan, importance)?.estimate(&target))
}

/// The better of the crossing and the plain estimate of a level.
pub(in crate::engine) fn better(crossing: Option<&CrossingEstimate>, plain: Estimate) -> Estimate {
    match crossing {
        Some(crossing) if is_used(crossing, plain) => crossing.probability,
        _ => plain,
    }
}

fn is_used(crossing: &CrossingEstimate, plain: Estimate) -> bool {
    let Estimate { value, std_error, .. } = crossing.probability;
    let is_fine = value > 0.0 && std_error > 0.0 && std_error < ROUGH * value;
    is_fine && (plain.value == 0.0 || std_error < plain.std_error)
}

/// What a result says about the crossing probabilities in it: `used` are the leverages and estimates that stand in it.
pub(in crate::engine) fn note(used: &[(f64, &CrossingEstimate)], paths: u64) -> String {
    let over = |of: &dyn Fn(&CrossingEstimate) -> f64| {
        let values = used.iter().map(|(_, estimate)| of(estimate));
        let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
        format!("{low:.1e} to {high:.1e}")
    };
    let tilted: Vec<String> = used
        .iter()
        .filter(|(_, estimate)| estimate.is_tilted)
        .map(|(leverage, _)| format!("{leverage}x"))
        .collect();
    let importance = match tilted.is_empty() {
        true => String::new(),
        false => format!(", importance sampling at {}", tilted.join(", ")),
    };
    format!(
        "Liquidation probabilities are exact crossing probabilities between the ends of continuous stretches, averaged over \
         {} independently scrambled Sobol nets{importance}: effective sample size {} plain paths, gain (plain paths \
         per point) {}. All else comes from {paths} plain paths; sampling = \"pseudo\" counts hits on those.",
        used.first().map_or(0, |(_, estimate)| estimate.scramblings),
        over(&CrossingEstimate::effective_paths),
        over(&|estimate| estimate.effective_paths() / estimate.points as f64),
    )
}
