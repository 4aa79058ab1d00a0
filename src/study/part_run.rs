//! Ranges of a run's blocks, each with its portion of the work that does not rest on paths.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::curve;
use super::safe::Depths;
use super::sentence::SAFE;
use super::simulation::{Prepared, RunError};
use crate::engine::{BLOCK_LANES, Executor, Portion, Progress, RunOptions, SharedWork};
use crate::estimate::{Blocks, CurvePart, Partial, Piece, Shard, all_blocks, joined, next_look, part};
use crate::scenario::{PathBudget, Scenario};
use crate::stats::Tally;

/// Makes parts of a run, one range of blocks after the other. What one range found out on its way the next ones take from it.
pub struct PartRun<'a> {
    prepared: Prepared<'a>,
    known: SharedWork,
    /// The run of the curve's levels, of so many paths, where parts share it out.
    curve: Option<(Prepared<'a>, u64)>,
    known_of_curve: SharedWork,
}

impl<'a> PartRun<'a> {
    /// For the parts of a scenario.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn new(scenario: &'a Scenario) -> Result<Self, RunError> {
        let dense = match scenario.simulation.paths {
            PathBudget::Fixed(paths) => curve::shared(scenario, paths),
            PathBudget::Precision { .. } => None,
        };
        let prepare = |(dense, paths)| Ok::<_, RunError>((Prepared::of(Cow::Owned(dense))?, paths));
        Ok(Self {
            prepared: Prepared::new(scenario)?,
            known: SharedWork::default(),
            curve: dense.map(prepare).transpose()?,
            known_of_curve: SharedWork::default(),
        })
    }

    /// The same with what another part of the run found out already.
    #[must_use]
    pub fn knowing(self, hints: &PartHints) -> Self {
        Self { known: hints.work.clone(), known_of_curve: hints.curve.clone(), ..self }
    }

    fn budget(&self) -> &PathBudget {
        &self.prepared.scenario.simulation.paths
    }

    /// Number of blocks of the run, the most that it may take under a precision target; a block is [`BLOCK_LANES`] paths, the last may have
    /// fewer.
    pub fn blocks(&self) -> u64 {
        all_blocks(self.budget())
    }

    /// The blocks of a shard.
    ///
    /// # Errors
    /// There are not as many blocks, or nobody knows how many there are.
    pub fn shard(&self, shard: Shard) -> Result<Range<u64>, RunError> {
        let PathBudget::Fixed(paths) = *self.budget() else { return Err(RunError::ShardOfPrecision) };
        let range = shard.blocks(self.blocks());
        if range.is_empty() {
            return Err(RunError::TooManyShards { shards: shard.of(), paths });
        }
        Ok(range)
    }

    /// Runs the blocks of a range.
    ///
    /// # Errors
    /// See [`RunError`]; a range that is interrupted is none.
    pub fn run(&mut self, blocks: Range<u64>, options: &RunOptions<'_>) -> Result<Partial, RunError> {
        let all = self.blocks();
        if blocks.is_empty() || blocks.end > all {
            return Err(RunError::NoSuchBlocks { start: blocks.start, end: blocks.end, all });
        }
        let lanes = BLOCK_LANES as u64;
        let paths = match *self.budget() {
            PathBudget::Fixed(paths) => paths,
            PathBudget::Precision { max_paths, .. } => max_paths,
        };
        let paths_of = |range: &Range<u64>| range.start * lanes..(range.end * lanes).min(paths);
        let whole = paths_of(&blocks);
        let progress = |progress: Progress| {
            let paths_done = progress.paths_done - whole.start;
            (options.progress)(Progress { paths_done, paths_planned: whole.end - whole.start });
        };
        let executor = Executor::new(RunOptions { progress: &progress, ..*options })?;
        let mut pieces = Vec::new();
        let mut next = blocks.start;
        while next < blocks.end {
            let until = next_look(self.budget(), next);
            let range = next..until.min(blocks.end);
            next = range.end;
            let tally = part(&self.prepared.job(), paths_of(&range), &executor)?;
            pieces.push(Piece { until, tally: tally.ok_or(RunError::Interrupted)? });
        }
        let portion = Portion { start: blocks.start, end: blocks.end, of: all };
        let work = self.portion(portion, &pieces, executor)?;
        self.known = work.found();
        let curve = self.curve_portion(portion, options)?.map(Box::new);
        if let Some(curve) = &curve {
            self.known_of_curve = curve.work.found();
        }
        let identity = self.prepared.scenario.identity();
        let (liqsim, blocks) = (env!("CARGO_PKG_VERSION").to_owned(), Blocks::of(blocks));
        Ok(Partial { liqsim, identity, blocks, pieces, work, curve })
    }

    /// A portion of the curve.
    fn curve_portion(
        &self,
        portion: Portion,
        options: &RunOptions<'_>,
    ) -> Result<Option<CurvePart>, RunError> {
        let Some((dense, paths)) = &self.curve else { return Ok(None) };
        let lanes = BLOCK_LANES as u64;
        let blocks = portion.units(paths.div_ceil(lanes));
        let executor = Executor::new(RunOptions { progress: &|_| {}, ..*options })?;
        let tally = match blocks.is_empty() {
            true => Tally::new(dense.plan.terms.len()),
            false => {
                let range = blocks.start * lanes..(blocks.end * lanes).min(*paths);
                part(&dense.job(), range, &executor)?.ok_or(RunError::Interrupted)?
            }
        };
        let executor = executor.sharing(Some(portion), self.known_of_curve.clone());
        dense.estimators.answers(&PathBudget::Fixed(*paths), *paths, &executor);
        if executor.is_stopped() {
            return Err(RunError::Interrupted);
        }
        Ok(Some(CurvePart { tally, work: executor.into_work() }))
    }

    /// A portion of what does not rest on paths. Under a precision target nobody knows beforehand how much there will be: it is left to
    /// whoever joins the parts.
    fn portion(
        &self,
        portion: Portion,
        pieces: &[Piece],
        executor: Executor<'_>,
    ) -> Result<SharedWork, RunError> {
        let PathBudget::Fixed(paths) = *self.budget() else { return Ok(SharedWork::default()) };
        let Prepared { scenario, estimators, .. } = &self.prepared;
        let executor = executor.sharing(Some(portion), self.known.clone());
        estimators.answers(self.budget(), paths, &executor);
        let depths = pieces.first().and_then(|piece| Depths::new(scenario, &piece.tally));
        if let Some(depths) = depths {
            depths.of_run(paths).apart(SAFE, &executor)?;
        }
        if executor.is_stopped() { Err(RunError::Interrupted) } else { Ok(executor.into_work()) }
    }

    /// The blocks that a part needs to be as much of the run as its next look asks for; none if it is all of the run.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn missing(&mut self, part: &Partial, options: &RunOptions<'_>) -> Result<Vec<Range<u64>>, RunError> {
        if let PathBudget::Fixed(_) = self.budget() {
            return Ok(part.blocks.gaps(0..self.blocks()));
        }
        let executor = Executor::new(*options)?.sharing(None, self.known.clone());
        let missing = joined(&self.prepared.job(), part, &executor).err().unwrap_or_default();
        self.known = executor.into_work().found();
        Ok(missing)
    }
}

/// What one part of a run found out that the others need not find out again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PartHints {
    work: SharedWork,
    curve: SharedWork,
}

impl PartHints {
    /// Those of a part.
    pub fn of(part: &Partial) -> Self {
        let curve = part.curve.as_ref().map(|curve| curve.work.found());
        Self { work: part.work.found(), curve: curve.unwrap_or_default() }
    }
}

/// Simulates one part of a scenario's paths.
///
/// # Errors
/// See [`RunError`]; an interrupted part is none.
pub fn run_shard(scenario: &Scenario, shard: Shard, options: &RunOptions<'_>) -> Result<Partial, RunError> {
    let mut run = PartRun::new(scenario)?;
    run.run(run.shard(shard)?, options)
}
