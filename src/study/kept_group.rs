//! Cells of a sweep that share their paths, and go on from what they had when the work ended, however it ended.

use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::parameters::add_parameter_errors;
use super::simulation::{Prepared, RunError, with_same_paths};
use super::sweep::{SweepError, SweepPlan};
use crate::engine::{BLOCK_LANES, Executor, RunOptions};
use crate::estimate::{Job, OnTheWay, Together};
use crate::result::{PriceFans, RunResult};
use crate::scenario::Scenario;
use crate::stats::Tally;

/// Blocks that are run first; then as many as take about [`PACE`].
const FIRST_BLOCKS: u64 = 4;
/// A piece of the work takes about so long.
const PACE: Duration = Duration::from_millis(700);
/// What was finished is kept so often.
const KEEP_EVERY: Duration = Duration::from_secs(2);

/// What the first blocks of cells on the same paths came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupPart {
    /// Version of liqsim.
    liqsim: String,
    /// The cells.
    identities: Vec<String>,
    /// Number of blocks, from the first.
    blocks: u64,
    /// What they came to, by cell.
    tallies: Vec<Tally>,
    /// What does not rest on the paths, by cell: nothing before it is known, and nothing where it has no place in JSON.
    answers: Vec<Value>,
}

impl GroupPart {
    fn new(identities: &[String], all: &Together<'_>) -> Self {
        let mut part = Self {
            liqsim: env!("CARGO_PKG_VERSION").to_owned(),
            identities: Vec::new(),
            blocks: 0,
            tallies: Vec::new(),
            answers: Vec::new(),
        };
        for (place, OnTheWay { tally, answers }) in all.on_the_way() {
            part.identities.extend(identities.get(place).cloned());
            part.blocks = tally.paths.div_ceil(BLOCK_LANES as u64);
            part.tallies.push(tally);
            part.answers.push(serde_json::to_value(answers).unwrap_or_default());
        }
        part
    }

    /// Number of blocks that are done.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// What is kept of cells, where all of them are in it; cells that are finished are no longer asked for.
    fn of(&self, identities: &[String], scenarios: &[Scenario]) -> Option<Vec<OnTheWay>> {
        let cell = |(identity, scenario): (&String, &Scenario)| {
            let place = self.identities.iter().position(|known| known == identity)?;
            let tally = self.tallies.get(place)?.clone();
            let is_sound = tally.levels.len() == scenario.account.leverage.len()
                && tally.paths == paths_of(self.blocks, scenario.simulation.paths.most());
            let answers = serde_json::from_value(self.answers.get(place)?.clone()).unwrap_or_default();
            is_sound.then_some(OnTheWay { tally, answers })
        };
        let is_own = self.liqsim == env!("CARGO_PKG_VERSION");
        identities.iter().zip(scenarios).map(cell).collect::<Option<_>>().filter(|_| is_own)
    }
}

/// Paths of the first blocks of a run.
fn paths_of(blocks: u64, paths: u64) -> u64 {
    blocks.saturating_mul(BLOCK_LANES as u64).min(paths)
}

impl SweepPlan {
    /// As [`SweepPlan::run_group`], piece by piece: what is finished of the paths goes to `keep` every few seconds, and each
    /// result to `finished` as soon as it is known. `kept` is what an earlier call handed on. The results are the same.
    ///
    /// # Errors
    /// See [`SweepError`]; what is finished by then has been handed on.
    pub fn run_group_kept(
        &self,
        group: &[usize],
        kept: Option<&GroupPart>,
        keep: &mut dyn FnMut(&GroupPart) -> io::Result<()>,
        finished: &mut dyn FnMut(&RunResult) -> io::Result<()>,
        options: &RunOptions<'_>,
    ) -> Result<(), SweepError> {
        let scenarios =
            group.iter().map(|cell| self.scenario(&self.cells()[*cell])).collect::<Result<Vec<_>, _>>()?;
        let identities: Vec<String> = scenarios.iter().map(Scenario::identity).collect();
        let prepared = with_same_paths(&scenarios)?;
        let executor = Executor::new(*options).map_err(RunError::from)?;
        let jobs: Vec<Job<'_>> = prepared.iter().map(Prepared::job).collect();
        let mut all = match kept.and_then(|kept| kept.of(&identities, &scenarios)) {
            Some(known) => Together::knowing(&jobs, known, &executor),
            None => Together::new(&jobs),
        };
        let (mut size, mut kept_at, mut is_kept) = (FIRST_BLOCKS, Instant::now(), true);
        let mut fans = PriceFans::default();
        let is_stopped = || options.stop.load(Ordering::Relaxed);
        loop {
            while let Some((place, outcome)) = all.next_ended(&executor).filter(|_| !is_stopped()) {
                let one = &prepared[place];
                let mut result = one.result(&outcome, &mut fans)?;
                add_parameter_errors(&one.scenario, &outcome.tally, &mut result, options)?;
                if !is_stopped() {
                    finished(&result).map_err(SweepError::Keep)?;
                    all.take_out(place);
                }
            }
            if all.is_over() {
                return Ok(());
            }
            let began = Instant::now();
            if is_stopped() || !all.go_on(size, &executor).map_err(RunError::from)? {
                if !is_kept {
                    keep(&GroupPart::new(&identities, &all)).map_err(SweepError::Keep)?;
                }
                return Err(RunError::Interrupted.into());
            }
            is_kept = false;
            let took = began.elapsed();
            size = if took > 2 * PACE {
                (size / 2).max(1)
            } else if 2 * took < PACE {
                2 * size
            } else {
                size
            };
            if kept_at.elapsed() > KEEP_EVERY {
                keep(&GroupPart::new(&identities, &all)).map_err(SweepError::Keep)?;
                (kept_at, is_kept) = (Instant::now(), true);
            }
        }
    }
}
