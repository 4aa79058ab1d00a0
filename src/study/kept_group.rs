//! Cells of a sweep that share their paths, and go on from what they had when the work ended, however it ended.

use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::parameters::add_parameter_errors;
use super::simulation::{Prepared, RunError, with_same_paths};
use super::sweep::{SweepError, SweepPlan};
use crate::engine::{BLOCK_LANES, Executor, RunOptions};
use crate::estimate::{Job, outcome_of, parts};
use crate::result::{PriceFans, RunResult};
use crate::scenario::{PathBudget, Scenario};
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
}

impl GroupPart {
    fn new(scenarios: &[Scenario]) -> Self {
        let tally = |scenario: &Scenario| Tally::new(scenario.account.leverage.len());
        Self {
            liqsim: env!("CARGO_PKG_VERSION").to_owned(),
            identities: scenarios.iter().map(Scenario::identity).collect(),
            blocks: 0,
            tallies: scenarios.iter().map(tally).collect(),
        }
    }

    /// Number of blocks that are done.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// What is kept of the cells of another part, where all of them are in it; cells that are finished are no longer asked for.
    fn taking(self, kept: Option<&Self>, paths: u64) -> Self {
        let found = kept.filter(|kept| kept.liqsim == self.liqsim).and_then(|kept| {
            let is_sound = |tally: &Tally, own: &Tally| {
                tally.levels.len() == own.levels.len() && tally.paths == paths_of(kept.blocks, paths)
            };
            let cell = |(identity, own): (&String, &Tally)| {
                let place = kept.identities.iter().position(|known| known == identity)?;
                kept.tallies.get(place).filter(|tally| is_sound(tally, own)).cloned()
            };
            let tallies = self.identities.iter().zip(&self.tallies).map(cell).collect::<Option<Vec<_>>>()?;
            Some((kept.blocks, tallies))
        });
        match found {
            Some((blocks, tallies)) => Self { blocks, tallies, ..self },
            None => self,
        }
    }
}

/// Paths of the first blocks of a run.
fn paths_of(blocks: u64, paths: u64) -> u64 {
    blocks.saturating_mul(BLOCK_LANES as u64).min(paths)
}

impl SweepPlan {
    /// As [`SweepPlan::run_group`], piece by piece: what is finished of the paths goes to `keep` every few seconds, and each
    /// result to `finished`. `kept` is what an earlier call handed on. The results are the same. Cells that run to a precision
    /// are run at once.
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
        let prepared = with_same_paths(&scenarios)?;
        let Some(PathBudget::Fixed(paths)) = scenarios.first().map(|first| first.simulation.paths) else {
            return self.run_group(group, options)?.iter().try_for_each(finished).map_err(SweepError::Keep);
        };
        let executor = Executor::new(*options).map_err(RunError::from)?;
        let jobs: Vec<Job<'_>> = prepared.iter().map(Prepared::job).collect();
        let mut part = GroupPart::new(&scenarios).taking(kept, paths);
        let (mut size, mut kept_at, mut is_kept) = (FIRST_BLOCKS, Instant::now(), true);
        while paths_of(part.blocks, paths) < paths {
            let began = Instant::now();
            let until = part.blocks.saturating_add(size);
            let range = paths_of(part.blocks, paths)..paths_of(until, paths);
            match parts(&jobs, range, &executor).map_err(RunError::from)? {
                None => {
                    if !is_kept {
                        keep(&part).map_err(SweepError::Keep)?;
                    }
                    return Err(RunError::Interrupted.into());
                }
                Some(more) => {
                    for (tally, more) in part.tallies.iter_mut().zip(&more) {
                        tally.merge(more);
                    }
                    (part.blocks, is_kept) = (until, false);
                }
            }
            let took = began.elapsed();
            size = if took > 2 * PACE {
                (size / 2).max(1)
            } else if 2 * took < PACE {
                2 * size
            } else {
                size
            };
            if kept_at.elapsed() > KEEP_EVERY {
                keep(&part).map_err(SweepError::Keep)?;
                (kept_at, is_kept) = (Instant::now(), true);
            }
        }
        let mut fans = PriceFans::default();
        for (one, tally) in prepared.iter().zip(part.tallies) {
            let outcome = outcome_of(&one.job(), tally, &executor);
            let mut result = one.result(&outcome, &mut fans)?;
            add_parameter_errors(&one.scenario, &outcome.tally, &mut result, options)?;
            if options.stop.load(Ordering::Relaxed) {
                return Err(RunError::Interrupted.into());
            }
            finished(&result).map_err(SweepError::Keep)?;
        }
        Ok(())
    }
}
