//! Estimates with errors from independent scramblings, refined until they are good enough.

use serde::{Deserialize, Serialize};

use super::points::{LANES, Points, SOBOL};
use super::problem::{Problem, Scratch};
use crate::account::FirstPassage;
use crate::engine::{Executor, PathLaw, Plan};
use crate::estimate::estimator::{Answer, Effort, Estimator};
use crate::numeric::{ExactSum, Purpose, Stream, elementary};
use crate::scenario::Monitoring;
use crate::stats::{Estimate, Method};

/// Independent scramblings of every net for quick estimates: the error itself is known to a fifth.
const FEW: usize = 16;
/// For precise ones: to a tenth, and its law is nearly normal (beyond 4 errors 1.7e-4 in place of 6.3e-5; with 16 it is 1.2e-3).
const MANY: usize = 64;
/// Relative error below which an estimate is a precise one.
const PRECISE: f64 = 0.006;
/// Points of a net that one thread takes at a time.
const PART: u32 = 1 << 10;
/// Points of one net, at most.
const MOST_POINTS: u32 = 1 << 26;
/// Points of all scramblings of a net, at most, that only says how many are needed, and the share of those allowed: every part of a run
/// computes it anew.
const PILOT: (u64, u64) = (1 << 14, 16);
/// Points of the first net, and where several events are expected on a path: there the smaller one is rarely enough.
const FIRST: (u32, u32) = (32, 64);
/// So many times fewer, where an error above this is good enough: a run of fewer than 2,500 paths.
const COARSE: (u32, f64) = (4, 0.01);
const SEVERAL_EVENTS: f64 = 2.0;
/// Events on a path beyond which a point costs more than a plain path.
const MANY_EVENTS: f64 = 8.0;

/// First-passage probabilities of an account's levels.
#[derive(Debug, Clone)]
pub struct Crossing {
    seed: u64,
    horizon: f64,
    /// The problem before it is led anywhere.
    own: Problem,
    importance: bool,
    /// By level, whether it is liquidated by first passage.
    served: Vec<bool>,
    /// By level, whether its barrier can be reached, though too rarely to be told from never.
    is_remote: Vec<bool>,
    groups: Vec<Group>,
    /// Whether log-prices are mirrored.
    is_mirrored: bool,
    /// Mirrored log-prices by level.
    barriers: Vec<f64>,
    /// Sums that the scramblings of a net share, at most: one for each but where there are many numbers.
    replicates: usize,
    /// Which of several horizons it is; their scramblings differ.
    date: u64,
}

/// Levels that share their paths.
#[derive(Debug, Clone)]
struct Group {
    levels: Vec<usize>,
    barriers: Vec<f64>,
    /// Rising log-prices, mirrored as barriers are; none under a tilt.
    marks: Vec<f64>,
    problem: Problem,
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
        let unsolved = Self {
            seed: law.seed,
            horizon,
            own,
            importance,
            served: passage.distances.iter().map(Option::is_some).collect(),
            is_remote: Vec::new(),
            groups: Vec::new(),
            is_mirrored: passage.sign() > 0.0,
            barriers,
            replicates: MANY,
            date: 0,
        };
        Some(unsolved.grouped())
    }

    /// The same up to another horizon, in years, with its number: without marks, and with few sums.
    pub(super) fn up_to(&self, date: u64, horizon: f64) -> Self {
        Self { own: self.own.over(horizon), horizon, date, replicates: FEW, ..self.clone() }.grouped()
    }

    /// With its levels sorted by what leads their paths.
    fn grouped(self) -> Self {
        let Self { own, barriers, horizon, importance, .. } = &self;
        let mut groups: Vec<Group> = Vec::new();
        for (level, barrier) in barriers.iter().enumerate().filter(|(_, barrier)| barrier.is_finite()) {
            let problem = led(own, *importance, *barrier, *horizon);
            if problem.most(*barrier, *horizon) < SMALLEST {
                continue;
            }
            match groups.iter_mut().find(|group| group.problem == problem) {
                Some(group) => {
                    group.levels.push(level);
                    group.barriers.push(*barrier);
                }
                None => groups.push(Group {
                    levels: vec![level],
                    barriers: vec![*barrier],
                    marks: Vec::new(),
                    problem,
                }),
            }
        }
        let is_grouped = |level: usize| groups.iter().any(|group| group.levels.contains(&level));
        let is_remote = barriers.iter().enumerate();
        let is_remote = is_remote.map(|(level, barrier)| barrier.is_finite() && !is_grouped(level)).collect();
        Self { is_remote, groups, ..self }
    }

    /// The same, which tells where liquidated paths close, too: beyond these marks, rising log-prices.
    #[must_use]
    pub fn with_marks(mut self, marks: &[f64]) -> Self {
        let mirrored = || marks.iter().rev().map(|mark| -mark).collect();
        for group in self.groups.iter_mut().filter(|group| !group.problem.is_tilted()) {
            group.marks = if self.is_mirrored { mirrored() } else { marks.to_vec() };
        }
        self
    }

    /// Whether rare levels are within reach.
    pub fn reaches_rare_levels(&self) -> bool {
        self.groups.iter().all(|group| group.problem.can_be_led())
    }

    /// The horizon in years.
    pub(super) fn horizon(&self) -> f64 {
        self.horizon
    }

    /// The probabilities of touching two barriers, mirrored log-prices, from the same nets; none if the work was stopped.
    pub(super) fn at(
        &self,
        barriers: [f64; 2],
        effort: &Effort,
        executor: &Executor<'_>,
    ) -> Option<[Estimate; 2]> {
        let problem = led(&self.own, self.importance, barriers[0], self.horizon);
        let (levels, barriers) = (vec![0, 1], barriers.to_vec());
        let group = Group { levels, barriers, marks: Vec::new(), problem };
        // A number of its own, so that its nets are not those of a level.
        let (found, _) = self.refine(self.served.len(), &group, effort, executor)?;
        Some([found[0], found[1]])
    }

    /// The probabilities of a group, of touching barriers and then of closing beyond marks, too, and the points of the net that they are from: small nets say how large it has to be, and where the
    /// error must be met it grows until the worst is good enough. None if the work was stopped before the first net was done. Of a portion
    /// of the work these are the probabilities of the small nets.
    fn refine(
        &self,
        number: usize,
        group: &Group,
        effort: &Effort,
        executor: &Executor<'_>,
    ) -> Option<(Vec<Estimate>, u64)> {
        let scramblings = scramblings(effort);
        let key = format!("points {number} of {scramblings}, {}", self.name(group));
        let found = executor.once(&key, |executor| self.pilot(number, group, effort, executor));
        // A file may hold anything.
        let Pilot { mut known, mut next } = found.filter(|pilot| pilot.known.0.len() == group.numbers())?;
        while let Some(points) = next {
            let Some(found) = self.round(number, group, points, scramblings, executor) else { break };
            next =
                next_points(points, scramblings, group.touching(&found), effort).filter(|_| effort.until_met);
            known = (found, u64::from(points) * scramblings as u64);
        }
        Some(known)
    }

    /// What small nets say of a group.
    fn pilot(&self, number: usize, group: &Group, effort: &Effort, executor: &Executor<'_>) -> Option<Pilot> {
        let scramblings = scramblings(effort);
        let most = PILOT.0.min(effort.paths / PILOT.1);
        let has_several = group.problem.expected_events(self.horizon) > SEVERAL_EVENTS;
        let mut points = if has_several { FIRST.1 } else { FIRST.0 };
        if effort.relative > COARSE.1 {
            points /= COARSE.0;
        }
        let mut pilot = None;
        loop {
            let Some(found) = self.round(number, group, points, scramblings, executor) else { return pilot };
            let all = u64::from(points) * scramblings as u64;
            let next = next_points(points, scramblings, group.touching(&found), effort);
            pilot = Some(Pilot { known: (found, all), next });
            match next.filter(|next| u64::from(*next) * scramblings as u64 <= most) {
                Some(next) => points = next,
                None => return pilot,
            }
        }
    }

    /// What tells a group from others in the work that parts of a run share.
    fn name(&self, group: &Group) -> String {
        let (barrier, horizon) = (group.barriers[0].to_bits(), self.horizon.to_bits());
        format!("{barrier:016x}, {} marks, {horizon:016x}", group.marks.len())
    }

    /// Fresh scramblings of a net of some points; none if the work was stopped, or if a portion of it is done here.
    fn round(
        &self,
        number: usize,
        group: &Group,
        points: u32,
        scramblings: usize,
        executor: &Executor<'_>,
    ) -> Option<Vec<Estimate>> {
        let mut keys = vec![0; scramblings];
        let block = self.date << 32 | u64::from(points);
        Stream::new(self.seed, Purpose::Crossing(number as u16), block).words(&mut keys);
        let touching = group.barriers.len();
        let closing = group.numbers() - touching;
        // Those of closing beyond marks are many: scramblings share their sums.
        let (replicates, own_replicates) = (keys.len().min(FEW), keys.len().min(self.replicates));
        let first = own_replicates * touching;
        let together = LANES.min(keys.len());
        let sets = keys.len() / together;
        let parts = points.div_ceil(PART) as usize;
        // By part of the net, then by set of scramblings.
        let one = |(scratch, out): &mut (Scratch, Vec<f64>), unit: u64, sums: &mut [ExactSum]| {
            let (part, set) = (unit as usize / sets, unit as usize % sets);
            let start = part as u32 * PART;
            let points = Points {
                sobol: &SOBOL,
                keys: &keys[set * together..][..together],
                all: points,
                part: start..points.min(start + PART),
            };
            out.clear();
            out.resize(together * group.numbers(), 0.0);
            group.problem.sum(self.horizon, (&group.barriers, &group.marks), points, scratch, out);
            for (key, means) in (set * together..).zip(out.chunks_exact(group.numbers())) {
                let own = [key % own_replicates * touching, first + key % replicates * closing];
                for (start, means) in own.into_iter().zip([&means[..touching], &means[touching..]]) {
                    let sums = sums[start..].iter_mut().zip(means);
                    sums.for_each(|(sum, mean)| sum.add(*mean * RAISED));
                }
            }
        };
        let key = format!("net {number} of {points} x {scramblings}, {}", self.name(group));
        let (units, width) = ((parts * sets) as u64, first + replicates * closing);
        let sums = executor.sum(&key, (units, width), Default::default, one)?;
        let estimate = |means: &mut dyn Iterator<Item = f64>| {
            let means: Vec<f64> = means.collect();
            let found = Estimate::of_replicates(means.into_iter());
            // Nothing that the sums can hold is a bound, and no zero.
            let high = if found.value == 0.0 { SMALLEST } else { found.high };
            Estimate { high, ..found }.by(Method::QuasiMonteCarlo)
        };
        let column = |sums: &[ExactSum], number: usize, of: usize, scale: f64| {
            let own = sums.iter().skip(number).step_by(of);
            estimate(&mut own.map(|sum| sum.value() / scale))
        };
        let (of_touching, of_closing) = sums.split_at(first);
        let [shared, own] = [replicates, own_replicates].map(|sums| RAISED * (keys.len() / sums) as f64);
        let found = (0..touching).map(|number| column(of_touching, number, touching, own));
        Some(found.chain((0..closing).map(|number| column(of_closing, number, closing, shared))).collect())
    }
}

/// Probabilities are added up as multiples of this, which an exact sum still holds: it is exact down to 2⁻¹²⁸.
const RAISED: f64 = (1_u64 << 60) as f64;
/// A probability whose terms are all below what is held: 2⁻¹⁸⁸.
const SMALLEST: f64 = 1.0 / (RAISED * RAISED * RAISED * 256.0);

/// What small nets say: the probabilities and all points of the last of them, and the points of the one to come, if any.
#[derive(Debug, Serialize, Deserialize)]
struct Pilot {
    known: (Vec<Estimate>, u64),
    next: Option<u32>,
}

/// Points of the next net; none if the last is good enough, or there is no budget for more.
fn next_points(points: u32, scramblings: usize, found: &[Estimate], effort: &Effort) -> Option<u32> {
    let worst = found.iter().map(|p| p.std_error / p.value).fold(0.0, f64::max);
    let all = u64::from(points) * scramblings as u64;
    // Where nothing was seen the comparison with not-a-number fails: go on.
    if worst <= effort.relative || 2 * all > effort.paths || points >= MOST_POINTS {
        return None;
    }
    // The error falls about as points^(-3/4); a net that is still too small is work thrown away.
    let doublings = (4.0 / 3.0 * elementary::log2(worst / effort.relative)).ceil();
    let most = (effort.paths / (2 * all)).max(1).ilog2() + 1;
    let doublings = if doublings.is_finite() { (doublings as u32).clamp(1, most) } else { 1 };
    Some((u64::from(points) << doublings).min(MOST_POINTS.into()) as u32)
}

/// Independent scramblings for an effort.
fn scramblings(effort: &Effort) -> usize {
    if effort.relative < PRECISE { MANY } else { FEW }
}

impl Estimator for Crossing {
    fn method(&self) -> Method {
        Method::QuasiMonteCarlo
    }

    fn serves(&self, level: usize) -> bool {
        self.served[level]
    }

    fn is_quick(&self) -> bool {
        self.own.expected_events(self.horizon) <= MANY_EVENTS
    }

    fn answer(&self, wanted: &[usize], effort: &Effort, executor: &Executor<'_>) -> Vec<Option<Answer>> {
        let never = Answer::of(Estimate::exact(0.0).by(Method::QuasiMonteCarlo), 0, scramblings(effort));
        let wants = |level: &usize| wanted.contains(level);
        let is_grouped = |level: &usize| self.groups.iter().any(|group| group.levels.contains(level));
        let hardly =
            Answer { probability: Estimate { high: SMALLEST, ..never.probability }, ..never.clone() };
        let mut answers: Vec<Option<Answer>> = (0..self.served.len())
            .map(|level| {
                let is_idle = self.served[level] && wants(&level) && !is_grouped(&level);
                is_idle.then(|| if self.is_remote[level] { hardly.clone() } else { never.clone() })
            })
            .collect();
        for (number, group) in self.groups.iter().enumerate() {
            let group = group.of(&wants, effort.closings);
            if group.levels.is_empty() {
                continue;
            }
            let Some((found, paths)) = self.refine(number, &group, effort, executor) else { break };
            let beyond = |place: usize| {
                let marks = group.marks.len();
                let start = group.barriers.len() + place * marks;
                let mut beyond = found[start..start + marks].to_vec();
                if self.is_mirrored {
                    beyond.reverse();
                }
                beyond
            };
            for (place, (level, probability)) in group.levels.iter().zip(group.touching(&found)).enumerate() {
                let (is_tilted, beyond) = (group.problem.is_tilted(), beyond(place));
                let answer = Answer::of(*probability, paths, never.replicates);
                answers[*level] = Some(Answer { is_tilted, beyond, ..answer });
            }
        }
        // Points with events cost too much to be had for every date.
        if effort.closings && self.own.expected_events(self.horizon) == 0.0 {
            self.tell_dates(wanted, effort, executor, &mut answers);
        }
        answers
    }

    /// An error that is an estimate itself may be small by chance only.
    fn is_better(&self, answer: &Answer, plain: &Estimate, _paths: u64) -> bool {
        plain.value == 0.0 || answer.probability.std_error < plain.std_error
    }
}

impl Group {
    /// The group without the levels that are not wanted, and without its marks unless those are.
    fn of(&self, wants: &dyn Fn(&usize) -> bool, closings: bool) -> Self {
        let kept =
            self.levels.iter().copied().zip(self.barriers.iter().copied()).filter(|(level, _)| wants(level));
        let (levels, barriers) = kept.unzip();
        let marks = if closings { self.marks.clone() } else { Vec::new() };
        Self { levels, barriers, marks, problem: self.problem.clone() }
    }

    /// How many numbers are found.
    fn numbers(&self) -> usize {
        self.barriers.len() * (1 + self.marks.len())
    }

    /// What was found of its barriers themselves.
    fn touching<'f>(&self, found: &'f [Estimate]) -> &'f [Estimate] {
        &found[..self.barriers.len()]
    }
}

/// The problem led to a barrier, where that is wanted.
fn led(own: &Problem, importance: bool, barrier: f64, horizon: f64) -> Problem {
    if importance { own.led_to(barrier, horizon) } else { own.clone() }
}
