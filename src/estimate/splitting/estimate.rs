//! Estimates with errors from independent blocks of particles.

use std::ops::Range;

use super::grid::with_selections;
use super::pilot::{Pilot, Tail};
use super::swarm::{Guide, Particles, Swarm, Watch};
use crate::account::FirstPassage;
use crate::engine::{BlockLoop, Executor, PathLaw, Plan};
use crate::estimate::estimator::{Answer, Effort, Estimator};
use crate::model::{Model, Stepper, Tilt};
use crate::numeric::{ExactSum, elementary};
use crate::stats::{Estimate, Method};

/// Particles of a block. Fewer and far ancestors die out; more, and the columns leave the cache.
const LANES: usize = 1024;
/// Blocks of one step of a pilot.
const PILOT_BLOCKS: u64 = 4;
/// Steps of a pilot, at most.
const MOST_STEPS: u64 = 12;
/// Steps that arrive, until a pilot is done.
const ARRIVALS: u64 = 2;
/// A step that does not come further than all before by this factor is a stall;
const PROGRESS: f64 = 1.01;
/// so many in a row are the end.
const MOST_STALLS: u64 = 3;
/// Fewest blocks whose spread gives an error.
const LEAST_BLOCKS: u64 = 32;
/// How near to its probability a foreseen quantile must come, as a logarithm, before it is refined.
const NEAR: f64 = 0.3;
/// Number of the first block, beyond those of all else; every guide has a range of its own from there.
const FIRST_BLOCK: u64 = 1 << 51;
/// Blocks of a guide, at most.
const MOST_BLOCKS: u64 = 1 << 32;

/// Levels rarer than this are served: above, plain paths do as well.
pub const RARE: f64 = 1e-3;
/// Levels rarer than this are not looked for.
const RAREST: f64 = 1e-15;
/// A guide to a level serves those as well that are up to this much likelier.
const SHARED: f64 = 300.0;

/// Probabilities by which a quantile is surrounded, relative to its own.
const AROUND: [f64; 7] = [2.0, 1.5, 1.2, 1.0, 0.8, 0.65, 0.5];

/// Makes the steppers of particles that are led.
type Led<'a> = Box<dyn Fn(usize) -> Box<dyn Stepper> + Sync + 'a>;

/// Rare liquidations of an account's levels.
#[derive(Debug, Clone)]
pub struct RareEvents {
    /// Of the watched asset alone.
    law: PathLaw,
    watch: Watch,
    /// Distance of log-prices to liquidation, by level; infinite where there is none, or the level is of another kind.
    barriers: Vec<f64>,
}

impl RareEvents {
    /// The problem of a plan; none if none of its levels is liquidated by first passage.
    pub fn new(plan: &Plan) -> Option<Self> {
        Self::of(&plan.law, &plan.account.first_passage()?)
    }

    /// The problem of levels that are liquidated by first passage, on the paths of a law; none where copies of paths gain nothing.
    pub fn of(law: &PathLaw, passage: &FirstPassage) -> Option<Self> {
        let mut law = law.of_asset(passage.asset).filter(|law| law.models[0].gains_by_copies())?;
        law.grid = with_selections(&law.grid, law.models[0].grain());
        let barriers = passage.distances.iter().map(|distance| distance.unwrap_or(f64::INFINITY)).collect();
        Some(Self { law, watch: Watch { side: passage.side, sign: passage.sign() }, barriers })
    }

    /// The depth that paths reach with a small probability, with its 95 % interval; none if particles do not get there, or the work was
    /// stopped.
    pub fn depth(&self, probability: f64, effort: &Effort, executor: &Executor<'_>) -> Option<Estimate> {
        if self.model().foresees() {
            return self.foreseen_depth(probability, effort, executor);
        }
        let key = format!("depth of particles, {:016x}", probability.to_bits());
        let guide = executor.once(&key, |executor| {
            let goal = |tail: &Tail| tail.quantile(probability);
            let (pilot, _) = self.pilot(0, &self.plain_tail(executor)?, &goal, executor)?;
            Some((pilot.has_arrived() && pilot.guide.exponent > 0.0).then_some(pilot.guide))
        });
        let guide @ Guide { exponent, goal, .. } = guide??;
        let barriers: Vec<f64> =
            AROUND.iter().map(|share| goal - elementary::ln(*share) / exponent).collect();
        let first = range_of(0, MOST_STEPS);
        let (found, _) = self.refine(guide, first, &barriers, effort, executor)?;
        // Between two barriers, or beyond the last, the logarithm of the probability is taken as linear in the depth.
        let after = found.iter().position(|estimate| estimate.value < probability).unwrap_or(barriers.len());
        let from = after.clamp(1, barriers.len() - 1) - 1;
        let (near, far) = (found[from], found[from + 1]);
        let slope = elementary::ln(near.value / far.value) / (barriers[from + 1] - barriers[from]);
        let depth = barriers[from] + elementary::ln(near.value / probability) / slope;
        let std_error = near.std_error / near.value / slope;
        let depth = Estimate::normal(depth, std_error).by(Method::Splitting);
        (depth.value.is_finite() && std_error.is_finite()).then_some(depth)
    }

    /// The same where the model knows the hopes.
    fn foreseen_depth(&self, probability: f64, effort: &Effort, executor: &Executor<'_>) -> Option<Estimate> {
        let key = format!("depth of particles, {:016x}", probability.to_bits());
        let search = |executor: &Executor<'_>| Some(self.foreseen_goal(probability, executor));
        let (goal, slope) = executor.once(&key, search)??;
        let first = range_of(0, MOST_STEPS);
        let (found, _) = self.refine(Guide::foreseen(goal), first, &[goal], effort, executor)?;
        let Estimate { value, std_error, .. } = found[0];
        let further = elementary::ln(value / probability) / slope;
        Some(Estimate::normal(goal + further, std_error / value / slope).by(Method::Splitting))
    }

    /// A goal near to the depth of a probability, and how fast the tail falls there: a secant search on the logarithm of the probability, a
    /// goal a step.
    fn foreseen_goal(&self, probability: f64, executor: &Executor<'_>) -> Option<(f64, f64)> {
        let plain = self.plain_tail(executor)?;
        let excess = |p: f64| elementary::ln(p / probability);
        let mut before = (plain.sure, excess(plain.probability(plain.sure)));
        let mut goal = plain.quantile(probability);
        for step in 1..MOST_STEPS {
            let (tail, _) = self.foresee(0, step, goal, executor)?;
            if tail.sure < goal {
                goal = 0.5 * (before.0 + goal);
                continue;
            }
            let here = (goal, excess(tail.probability(goal)));
            let slope = (before.1 - here.1) / (here.0 - before.0);
            if !(slope.is_finite() && slope > 0.0) {
                return None;
            }
            if here.1.abs() < NEAR {
                return Some((goal, slope));
            }
            // The tail flattens: what was seen nearby says how.
            goal += here.1 / slope;
            before = here;
        }
        None
    }

    /// What particles see that the model leads to a goal, and how many there were, the plain ones included.
    fn foresee(&self, number: u64, step: u64, goal: f64, executor: &Executor<'_>) -> Option<(Tail, u64)> {
        let first = range_of(number, step);
        let guide = Guide::foreseen(goal);
        let blocks = self.blocks(guide, first..first + PILOT_BLOCKS, executor)?;
        Some((Tail::new(&blocks, guide), 2 * PILOT_BLOCKS * LANES as u64))
    }

    /// The model of the asset that is watched.
    fn model(&self) -> &Model {
        &self.law.models[0]
    }

    /// What the jumps of particles under a guide are drawn by.
    fn tilt(&self, guide: Guide) -> Tilt {
        let Guide { exponent, goal, .. } = guide;
        Tilt { exponent: self.watch.sign * exponent, goal, horizon: self.law.years() }
    }

    fn plain_tail(&self, executor: &Executor<'_>) -> Option<Tail> {
        let plain = Guide::by_slope(0.0, f64::INFINITY);
        Some(Tail::new(&self.blocks(plain, 0..PILOT_BLOCKS, executor)?, plain))
    }

    /// The pilot to a goal, and the particles that it took.
    fn pilot(
        &self,
        number: u64,
        plain: &Tail,
        goal: &dyn Fn(&Tail) -> f64,
        executor: &Executor<'_>,
    ) -> Option<(Pilot, u64)> {
        let mut pilot = Pilot::new(plain.clone(), goal);
        let mut arrived = None;
        let (mut steps, mut arrivals, mut stalls, mut furthest) = (1, 0, 0, pilot.tail.sure);
        // Who arrives first was often led too hard: the step after it knows better.
        while arrivals < ARRIVALS
            && stalls < MOST_STALLS
            && steps < MOST_STEPS
            && pilot.tail.probability(pilot.tail.sure) > RAREST
        {
            let first = range_of(number, steps);
            let blocks = self.blocks(pilot.guide, first..first + PILOT_BLOCKS, executor)?;
            steps += 1;
            pilot.go_on(Tail::new(&blocks, pilot.guide), goal);
            let has_arrived = pilot.has_arrived();
            if has_arrived {
                arrivals += 1;
                arrived = Some(pilot.clone());
            }
            stalls = if has_arrived || pilot.tail.sure > PROGRESS * furthest { 0 } else { stalls + 1 };
            furthest = furthest.max(pilot.tail.sure);
        }
        Some((arrived.unwrap_or(pilot), steps * PILOT_BLOCKS * LANES as u64))
    }

    /// The estimates of as many blocks as the effort allows, or of as many as make them good enough where that is wanted; also how many
    /// there were. None if the work was stopped before there was any, or if a portion of it is done here.
    fn refine(
        &self,
        guide: Guide,
        first: u64,
        barriers: &[f64],
        effort: &Effort,
        executor: &Executor<'_>,
    ) -> Option<(Vec<Estimate>, u64)> {
        let most = (effort.paths / LANES as u64).clamp(LEAST_BLOCKS, MOST_BLOCKS);
        let (mut done, mut until) = (0, if effort.until_met { LEAST_BLOCKS } else { most });
        // By barrier the sum over blocks, and that of the squares.
        let mut sums = vec![ExactSum::default(); 2 * barriers.len()];
        let mut known = None;
        loop {
            let Some(more) = self.reached(guide, first + done..first + until, barriers, executor) else {
                return known;
            };
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            done = until;
            let estimates: Vec<Estimate> = sums
                .chunks_exact(2)
                .map(|sums| Estimate::of_sums(sums[0].value(), sums[1].value(), done as f64))
                .map(|estimate| estimate.by(Method::Splitting))
                .collect();
            let worst = estimates.iter().map(|p| p.std_error / p.value).fold(0.0, f64::max);
            // Where nothing was seen the comparison with not-a-number fails: go on.
            let is_enough =
                worst <= effort.relative && estimates.iter().all(|p| p.value > 0.0) || until >= most;
            known = Some((estimates, until));
            if is_enough {
                return known;
            }
            until = (2 * until).min(most);
        }
    }

    /// Sums over blocks of the probabilities of reaching some barriers, and of their squares.
    fn reached(
        &self,
        guide: Guide,
        blocks: Range<u64>,
        barriers: &[f64],
        executor: &Executor<'_>,
    ) -> Option<Vec<ExactSum>> {
        let Range { start, end } = blocks;
        let bits = [guide.exponent, guide.goal, barriers[0]].map(f64::to_bits);
        let key = format!("particles {start}..{end}, {:016x} {:016x} {:016x}", bits[0], bits[1], bits[2]);
        let led = self.led(guide);
        let begin = || self.swarm(guide, led.as_ref());
        executor.sum(&key, (end - start, 2 * barriers.len()), begin, |(paths, swarm), unit, sums| {
            paths.run_block(FIRST_BLOCK + start + unit, LANES, &mut [&mut *swarm]);
            let Particles { depths, weights } = swarm.particles(paths.weights());
            for (barrier, sums) in barriers.iter().zip(sums.chunks_exact_mut(2)) {
                let pairs = depths.iter().zip(&weights);
                let sum =
                    pairs.fold(0.0, |sum, (depth, weight)| if depth >= barrier { sum + weight } else { sum });
                let share = sum / LANES as f64;
                sums[0].add(share);
                sums[1].add(share * share);
            }
        })
    }

    /// Runs blocks of particles and gives them in order; none if the work was stopped.
    fn blocks(&self, guide: Guide, blocks: Range<u64>, executor: &Executor<'_>) -> Option<Vec<Particles>> {
        let led = self.led(guide);
        executor.map(
            blocks,
            || self.swarm(guide, led.as_ref()),
            |(paths, swarm), block| {
                paths.run_block(FIRST_BLOCK + block, LANES, &mut [&mut *swarm]);
                swarm.particles(paths.weights())
            },
        )
    }

    /// The steppers that lead to a guide's goal; none where paths are left alone.
    fn led(&self, guide: Guide) -> Option<Led<'_>> {
        (guide.exponent > 0.0).then(|| self.model().led(self.tilt(guide)))
    }

    /// What runs blocks of particles.
    fn swarm(&self, guide: Guide, led: Option<&Led<'_>>) -> (BlockLoop<'_>, Swarm) {
        let paths = BlockLoop::new(&self.law);
        let paths = match led {
            Some(led) => paths.moved_by(0, led(LANES)),
            None => paths,
        };
        (paths, Swarm::new(self.watch, guide))
    }
}

impl Estimator for RareEvents {
    fn method(&self) -> Method {
        Method::Splitting
    }

    fn serves(&self, level: usize) -> bool {
        self.barriers[level].is_finite()
    }

    /// The levels that a pilot finds rare.
    fn answer(&self, wanted: &[usize], effort: &Effort, executor: &Executor<'_>) -> Vec<Option<Answer>> {
        let mut answers = vec![None; self.barriers.len()];
        let Some(groups) = executor.once("particles", |executor| self.groups(wanted, executor)) else {
            return answers;
        };
        let paths = effort.paths / groups.len().max(1) as u64;
        for (number, (guide, used, levels)) in groups.iter().enumerate() {
            let barriers: Vec<f64> = levels.iter().map(|level| self.barriers[*level]).collect();
            let first = range_of(number as u64, MOST_STEPS);
            let effort = Effort { paths, ..*effort };
            let found = self.refine(*guide, first, &barriers, &effort, executor);
            // Of a portion nothing is known but whose work it is.
            let unknown = || (vec![Estimate::exact(0.0).by(Method::Splitting); barriers.len()], 0);
            let Some((found, blocks)) = found.or_else(|| executor.is_portion().then(unknown)) else { break };
            for (level, probability) in levels.iter().zip(found) {
                let (paths, replicates) = (used + blocks * LANES as u64, blocks as usize);
                answers[*level] = Some(Answer::of(probability, paths, replicates));
            }
        }
        answers
    }

    /// By what is known without the plain estimate: choosing by that would make both biased.
    fn is_better(&self, answer: &Answer, _plain: &Estimate, paths: u64) -> bool {
        answer.effective_paths() > paths as f64
    }
}

impl RareEvents {
    /// The rare ones of some levels, grouped by the guide that serves them, and the particles that the way to each guide took; none if the
    /// work was stopped.
    fn groups(&self, wanted: &[usize], executor: &Executor<'_>) -> Option<Vec<(Guide, u64, Vec<usize>)>> {
        let plain = self.plain_tail(executor)?;
        // From the deepest up. A plain pilot can only say which levels are not rare by far.
        let is_candidate =
            |level: &usize| self.serves(*level) && plain.probability(self.barriers[*level]) < 3.0 * RARE;
        let mut levels: Vec<usize> = wanted.iter().copied().filter(is_candidate).collect();
        levels.sort_by(|a, b| self.barriers[*b].total_cmp(&self.barriers[*a]));
        let mut groups: Vec<(Guide, u64, Vec<usize>)> = Vec::new();
        while let Some(deepest) = levels.first() {
            let goal = self.barriers[*deepest];
            let number = groups.len() as u64;
            let (guide, tail, used) = if self.model().foresees() {
                let (tail, used) = self.foresee(number, 1, goal, executor)?;
                (Guide::foreseen(goal), tail, used)
            } else {
                let (pilot, used) = self.pilot(number, &plain, &|_| goal, executor)?;
                (pilot.guide, pilot.tail, used)
            };
            let p = tail.probability(goal);
            if tail.sure < goal {
                // What was made for one goal says nothing of others.
                let reached =
                    |barrier: f64| if guide.is_foreseen { barrier < goal } else { barrier <= tail.sure };
                levels.retain(|level| reached(self.barriers[*level]));
                continue;
            }
            if p > RARE {
                break;
            }
            let shares = |level: &usize| {
                let barrier = self.barriers[*level];
                barrier == goal || !guide.is_foreseen && tail.probability(barrier) <= (SHARED * p).min(RARE)
            };
            let (own, rest) = levels.into_iter().partition(shares);
            levels = rest;
            groups.push((guide, used, own));
        }
        Some(groups)
    }
}

/// Number of the first block of a guide; the first of all is that of plain paths.
fn range_of(group: u64, step: u64) -> u64 {
    (group * (MOST_STEPS + 1) + step) * MOST_BLOCKS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Source, parse};

    /// Selection and tilted jumps change where paths go and not how much they are worth together: a hundredth is more than five errors.
    #[test]
    fn the_weights_of_particles_are_one_on_average() {
        let scenario = parse(Source::new("kou", include_str!("../../../scenarios/model-kou.toml")), &[]);
        let plan = Plan::new(&scenario.unwrap()).unwrap();
        let events = RareEvents::new(&plan).unwrap();
        for exponent in [2.0, 6.0] {
            let guide = Guide::by_slope(exponent, 0.5);
            let sums = events.reached(guide, 0..512, &[0.0], &Executor::alone()).unwrap();
            let mean = Estimate::of_sums(sums[0].value(), sums[1].value(), 512.0);
            assert!(mean.std_error < 0.002 && (mean.value - 1.0).abs() < 4.0 * mean.std_error, "{mean:?}");
        }
    }
}
