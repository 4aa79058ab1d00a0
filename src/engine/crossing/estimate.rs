//! Estimates with errors from independent scramblings, refined until they are good enough.

use rayon::prelude::*;

use super::points::{LANES, Points, SOBOL};
use super::problem::{Problem, Scratch};
use crate::account::FirstPassage;
use crate::engine::path_law::PathLaw;
use crate::engine::plan::Plan;
use crate::numeric::{Purpose, Stream, elementary};
use crate::scenario::Monitoring;
use crate::stats::Estimate;

/// Independent scramblings of every net; their spread gives the error.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scramblings {
    count: usize,
    /// Quantile of Student's t with `count` − 1 degrees of freedom for a two-sided 95 % interval.
    t_95: f64,
}

/// For quick estimates: the error itself is known to a fifth.
const FEW: Scramblings = Scramblings { count: 16, t_95: 2.131_449_545_559_323 };
/// For precise ones: to a tenth, and its law is nearly normal (beyond 4 errors 1.7e-4 in place of 6.3e-5; with 16 it is 1.2e-3).
const MANY: Scramblings = Scramblings { count: 64, t_95: 1.998_340_542_520_741 };
/// Relative error below which an estimate is a precise one.
const PRECISE: f64 = 0.006;
/// Points of all scramblings from which on threads are worth their start.
const PARALLEL: u64 = 1 << 15;
/// Points of a net that one thread takes at a time.
const PART: u32 = 1 << 12;
/// Points of the first net, and where several events are expected on a path: there the smaller one is rarely enough.
const FIRST: (u32, u32) = (32, 64);
const SEVERAL_EVENTS: f64 = 2.0;

/// First-passage probabilities of an account's levels.
#[derive(Debug, Clone)]
pub struct Crossing {
    seed: u64,
    horizon: f64,
    /// The problem before it is led anywhere.
    own: Problem,
    importance: bool,
    levels: usize,
    groups: Vec<Group>,
}

/// Levels that share their paths.
#[derive(Debug, Clone)]
struct Group {
    levels: Vec<usize>,
    barriers: Vec<f64>,
    problem: Problem,
}

/// When an estimate is good enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossingTarget {
    /// Relative standard error at every level.
    pub relative: f64,
    /// Most points of one net times the number of scramblings.
    pub max_points: u64,
}

/// The estimate of one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossingEstimate {
    /// The probability.
    pub probability: Estimate,
    /// Paths that it took, over all scramblings.
    pub points: u64,
    /// Independent scramblings that they are divided into.
    pub scramblings: usize,
    /// Whether the paths were drawn from a tilted law.
    pub is_tilted: bool,
}

impl CrossingEstimate {
    /// Number of plain paths with sampled hits that would have the same error.
    pub fn effective_paths(&self) -> f64 {
        let Estimate { value, std_error, .. } = self.probability;
        value * (1.0 - value) / (std_error * std_error)
    }
}

impl Crossing {
    /// The problem of a plan; see [`Crossing::of`].
    pub fn new(plan: &Plan, importance: bool) -> Option<Self> {
        Self::of(&plan.law, &plan.account.first_passage()?, importance)
    }

    /// The problem of levels that are liquidated by first passage, on the paths of a law; none if the law is of another kind, or the
    /// price is not watched continuously.
    pub fn of(law: &PathLaw, passage: &FirstPassage, importance: bool) -> Option<Self> {
        let model = law.models.get(passage.asset)?;
        if law.monitoring != Monitoring::Continuous || !law.is_undisturbed(passage.asset) {
            return None;
        }
        let horizon = law.years();
        let own = Problem::of(model, -passage.sign(), horizon)?;
        let barriers: Vec<f64> =
            passage.distances.iter().map(|distance| -distance.unwrap_or(f64::INFINITY)).collect();
        let mut groups: Vec<Group> = Vec::new();
        for (level, barrier) in barriers.iter().enumerate().filter(|(_, barrier)| barrier.is_finite()) {
            let problem = led(&own, importance, *barrier, horizon);
            match groups.iter_mut().find(|group| group.problem == problem) {
                Some(group) => {
                    group.levels.push(level);
                    group.barriers.push(*barrier);
                }
                None => groups.push(Group { levels: vec![level], barriers: vec![*barrier], problem }),
            }
        }
        Some(Self { seed: law.seed, horizon, own, importance, levels: barriers.len(), groups })
    }

    /// Whether rare levels are within reach.
    pub fn reaches_rare_levels(&self) -> bool {
        self.groups.iter().all(|group| group.problem.can_be_led())
    }

    /// The problem without some levels, whose estimates will be exact zeros.
    pub fn without(mut self, is_left_out: &dyn Fn(usize) -> bool) -> Self {
        for group in &mut self.groups {
            let kept: Vec<(usize, f64)> = group
                .levels
                .iter()
                .copied()
                .zip(group.barriers.iter().copied())
                .filter(|(level, _)| !is_left_out(*level))
                .collect();
            (group.levels, group.barriers) = kept.into_iter().unzip();
        }
        self.groups.retain(|group| !group.levels.is_empty());
        self
    }

    /// Estimates every level; uses the threads of the current pool where that pays. The result does not depend on them.
    pub fn estimate(&self, target: &CrossingTarget) -> Vec<CrossingEstimate> {
        let scramblings = if target.relative < PRECISE { MANY } else { FEW };
        let never = CrossingEstimate {
            probability: Estimate::exact(0.0),
            points: 0,
            scramblings: scramblings.count,
            is_tilted: false,
        };
        let mut estimates = vec![never; self.levels];
        for (number, group) in self.groups.iter().enumerate() {
            let (probabilities, points) = self.refine(number, group, target, scramblings);
            for (level, probability) in group.levels.iter().zip(probabilities) {
                estimates[*level] =
                    CrossingEstimate { probability, points, is_tilted: group.problem.is_tilted(), ..never };
            }
        }
        estimates
    }

    /// The probabilities of touching two barriers, mirrored log-prices, from the same nets.
    pub(super) fn at(&self, barriers: [f64; 2], target: &CrossingTarget) -> [Estimate; 2] {
        let problem = led(&self.own, self.importance, barriers[0], self.horizon);
        let group = Group { levels: vec![0, 1], barriers: barriers.to_vec(), problem };
        let scramblings = if target.relative < PRECISE { MANY } else { FEW };
        // A number of its own, so that its nets are not those of a level.
        let (found, _) = self.refine(self.levels, &group, target, scramblings);
        [found[0], found[1]]
    }

    /// The probabilities of a group, from nets that grow until the worst is good enough, and the points of the last.
    fn refine(
        &self,
        number: usize,
        group: &Group,
        target: &CrossingTarget,
        scramblings: Scramblings,
    ) -> (Vec<Estimate>, u64) {
        let has_several = group.problem.expected_events(self.horizon) > SEVERAL_EVENTS;
        let mut points = if has_several { FIRST.1 } else { FIRST.0 };
        loop {
            let probabilities = self.round(number, group, points, scramblings);
            let worst = probabilities.iter().map(|p| p.std_error / p.value).fold(0.0, f64::max);
            let all = u64::from(points) * scramblings.count as u64;
            // Where nothing was seen the comparison with not-a-number fails: go on.
            if worst <= target.relative || 2 * all > target.max_points || points >= 1 << 26 {
                return (probabilities, all);
            }
            // The error falls about as points^(-3/4); a net that is still too small is work thrown away.
            let doublings = (4.0 / 3.0 * elementary::log2(worst / target.relative)).ceil();
            let most = (target.max_points / (2 * all)).max(1).ilog2() + 1;
            points <<= if doublings.is_finite() { (doublings as u32).clamp(1, most) } else { 1 };
        }
    }

    /// Fresh scramblings of a net of some points.
    fn round(&self, number: usize, group: &Group, points: u32, scramblings: Scramblings) -> Vec<Estimate> {
        let mut keys = vec![0; scramblings.count];
        Stream::new(self.seed, Purpose::Crossing(number as u16), u64::from(points)).words(&mut keys);
        let count = group.barriers.len();
        let together = LANES.min(keys.len());
        let parts = points.div_ceil(PART) as usize;
        // By part, then by scrambling and level.
        let mut sums = vec![0.0; parts * keys.len() * count];
        let one = |scratch: &mut Scratch, task: usize, out: &mut [f64]| {
            let groups = keys.len() / together;
            let start = (task / groups) as u32 * PART;
            let points = Points {
                sobol: &SOBOL,
                keys: &keys[task % groups * together..][..together],
                all: points,
                part: start..points.min(start + PART),
            };
            group.problem.sum(self.horizon, &group.barriers, points, scratch, out);
        };
        if u64::from(points) * scramblings.count as u64 >= PARALLEL {
            sums.par_chunks_exact_mut(together * count)
                .enumerate()
                .for_each_init(Scratch::default, |scratch, (task, out)| one(scratch, task, out));
        } else {
            let mut scratch = Scratch::default();
            for (task, out) in sums.chunks_exact_mut(together * count).enumerate() {
                one(&mut scratch, task, out);
            }
        }
        let mut means = vec![0.0; keys.len() * count];
        for part in sums.chunks_exact(means.len()) {
            means.iter_mut().zip(part).for_each(|(mean, sum)| *mean += sum);
        }
        (0..count)
            .map(|level| combined(means.iter().skip(level).step_by(count).copied(), scramblings))
            .collect()
    }
}

/// The problem led to a barrier, where that is wanted.
fn led(own: &Problem, importance: bool, barrier: f64, horizon: f64) -> Problem {
    if importance { own.led_to(barrier, horizon) } else { own.clone() }
}

/// Mean of the scramblings, with the interval of Student's t.
fn combined(means: impl Iterator<Item = f64> + Clone, scramblings: Scramblings) -> Estimate {
    let n = scramblings.count as f64;
    let value = means.clone().sum::<f64>() / n;
    let squares: f64 = means.map(|mean| (mean - value) * (mean - value)).sum();
    let std_error = (squares / (n * (n - 1.0))).sqrt();
    let half = scramblings.t_95 * std_error;
    Estimate::new(value, std_error, [(value - half).max(0.0), (value + half).min(1.0)])
}
