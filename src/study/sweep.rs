//! Many scenarios as one plan: the cells of sweeps, in groups that share their simulated paths.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use super::levels::run_sharing;
use super::simulation::RunError;
use crate::engine::{self, PlanError, Progress, RunOptions};
use crate::result::RunResult;
use crate::scenario::{self, Axis, AxisError, MOST_CELLS, Problems, Scenario, Source, Sweep, read_sweep};

/// Levels of all cells of a group together: each level of a group takes memory on every thread, and levels whose state no longer fits
/// into the second-level cache cost more than the paths that they share.
const MOST_LEVELS: usize = 64;

/// A scenario's text with the cells of its table `[sweep]`; one cell where it has none.
#[derive(Debug, Clone)]
pub struct SweptSource {
    source: Source,
    /// Its cells.
    pub cells: Sweep,
}

impl SweptSource {
    /// Reads the table; the scenarios of the cells are read by [`SweepPlan::new`].
    ///
    /// # Errors
    /// What is wrong with the text as such or with the table.
    pub fn new(source: Source) -> Result<Self, Problems> {
        let cells = read_sweep(source.clone())?;
        Ok(Self { source, cells })
    }

    /// The same with more keys that take several values, by their short names or in full.
    ///
    /// # Errors
    /// What is wrong with the scenario, or with a key in it.
    pub fn over(mut self, axes: &[Axis], overrides: &[String]) -> Result<Self, OverError> {
        if axes.is_empty() {
            return Ok(self);
        }
        let first = [self.cells.overrides(0), overrides.to_vec()].concat();
        let scenario = scenario::parse(self.source.clone(), &first)?;
        for axis in axes {
            let axis = axis.resolved(&scenario)?;
            self.cells.axes.retain(|known| known.key != axis.key);
            self.cells.axes.push(axis);
        }
        // Values that are typed are combined with all others.
        self.cells.is_paired = false;
        match self.cells.cells() {
            cells if cells > MOST_CELLS => Err(OverError::Cells(cells)),
            _ => Ok(self),
        }
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// The text, which is read once: a file that changes while a sweep runs changes no cell of it.
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// The files that it names and that hold something else now than when they were read: no cell has seen that.
    pub fn changed_files(&self) -> Vec<PathBuf> {
        self.source.changed_files()
    }

    /// The value of a key in a cell; none where this source does not sweep it.
    pub fn value(&self, cell: usize, key: &str) -> Option<String> {
        let at = self.cells.axes.iter().position(|axis| axis.key == key)?;
        Some(self.cells.values(cell)[at].trim_matches('"').to_owned())
    }

    /// What tells a cell from the others.
    pub fn label(&self, cell: usize) -> String {
        if self.cells.axes.is_empty() { self.name().to_owned() } else { self.cells.overrides(cell).join(" ") }
    }
}

/// What is changed in the scenarios of all cells.
#[derive(Debug, Clone, Default)]
pub struct SweepChanges {
    /// Keys with their values, such as `simulation.horizon=7d`.
    pub overrides: Vec<String>,
    /// Number of paths, in place of the scenarios' paths or precision.
    pub paths: Option<u64>,
    /// Seed, in place of the scenarios'.
    pub seed: Option<u64>,
}

/// A cell of a plan.
#[derive(Debug, Clone)]
pub struct SweptCell {
    /// Which source it is of.
    pub source: usize,
    /// Which cell of that source it is.
    pub cell: usize,
    /// Title of its scenario.
    pub name: String,
    /// Hash of what determines its result: cells with the same have the same result, and are run once.
    pub identity: String,
    /// Whether a miner stands in place of positions.
    pub has_miner: bool,
    /// Whether its result counts in errors of the parameters.
    pub with_parameters: bool,
}

/// Why a scenario cannot be swept over a key.
#[derive(Debug, thiserror::Error)]
pub enum OverError {
    /// The scenario is wrong.
    #[error(transparent)]
    Scenario(#[from] Problems),
    /// The key means nothing in it.
    #[error(transparent)]
    Axis(#[from] AxisError),
    /// Too many combinations.
    #[error("the sweep has {0} cells, and at most {MOST_CELLS} are possible: give fewer values")]
    Cells(usize),
}

/// Why a sweep cannot be planned or run.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// A cell is no scenario.
    #[error(transparent)]
    Scenario(#[from] Problems),
    /// A cell cannot be simulated.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A group was not run to its end.
    #[error(transparent)]
    Run(#[from] RunError),
    /// What is finished cannot be kept.
    #[error("what is finished cannot be kept: {0}")]
    Keep(io::Error),
}

/// Every cell of several sources, and what there is to run.
#[derive(Debug, Clone)]
pub struct SweepPlan {
    sources: Vec<SweptSource>,
    changes: SweepChanges,
    cells: Vec<SweptCell>,
    groups: Vec<Vec<usize>>,
}

impl SweepPlan {
    /// Reads every cell, so that what is wrong comes to light before anything is run, and puts those that are not finished into
    /// groups that share their paths. `is_finished` is asked by identity.
    ///
    /// # Errors
    /// See [`SweepError`].
    pub fn new(
        sources: Vec<SweptSource>,
        changes: SweepChanges,
        is_finished: impl Fn(&str) -> bool,
    ) -> Result<Self, SweepError> {
        let mut plan = Self { sources, changes, cells: Vec::new(), groups: Vec::new() };
        let mut planned = HashSet::new();
        // By path key: the group that still takes cells, and its levels.
        let mut open: HashMap<String, (usize, usize)> = HashMap::new();
        for source in 0..plan.sources.len() {
            for cell in 0..plan.sources[source].cells.cells() {
                let scenario = plan.read(source, cell)?;
                let identity = scenario.identity();
                if planned.insert(identity.clone()) && !is_finished(&identity) {
                    let levels = scenario.account.leverage.len();
                    let key = engine::path_key(&scenario)?;
                    let known = open.get(&key).filter(|(_, taken)| taken + levels <= MOST_LEVELS);
                    let (group, taken) = known.copied().unwrap_or_else(|| {
                        plan.groups.push(Vec::new());
                        (plan.groups.len() - 1, 0)
                    });
                    plan.groups[group].push(plan.cells.len());
                    open.insert(key, (group, taken + levels));
                }
                let has_miner = scenario.miner.is_some();
                let with_parameters = scenario.simulation.parameter_errors;
                let name = scenario.name;
                plan.cells.push(SweptCell { source, cell, name, identity, has_miner, with_parameters });
            }
        }
        Ok(plan)
    }

    /// The sources.
    pub fn sources(&self) -> &[SweptSource] {
        &self.sources
    }

    /// Every cell, source by source.
    pub fn cells(&self) -> &[SweptCell] {
        &self.cells
    }

    /// The places of the cells that are not finished, in groups that share their paths: the units of work.
    pub fn groups(&self) -> &[Vec<usize>] {
        &self.groups
    }

    /// Pairs of cells that differ in the venue alone: the first with the other values of its source, and every other one.
    pub fn pairs_of_venues(&self) -> Vec<(usize, usize)> {
        const VENUE: &str = "account.venue";
        let others = |cell: &SweptCell| {
            let axes = &self.sources[cell.source].cells.axes;
            let is_swept = axes.iter().any(|axis| axis.key == VENUE);
            let values = self.sources[cell.source].cells.overrides(cell.cell).into_iter();
            let rest = values.filter(|change| !change.starts_with(&format!("{VENUE}="))).collect::<Vec<_>>();
            is_swept.then_some((cell.source, rest))
        };
        let known: Vec<_> = self.cells.iter().map(others).collect();
        let pair = |(place, own): (usize, &Option<_>)| {
            let first = known.iter().position(|other| own.is_some() && other == own)?;
            (first < place).then_some((first, place))
        };
        known.iter().enumerate().filter_map(pair).collect()
    }

    /// Number of cells to run.
    pub fn to_run(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// The scenario of a cell of the plan.
    ///
    /// # Errors
    /// A file that it names has become unreadable or wrong since the plan was made.
    pub fn scenario(&self, cell: &SweptCell) -> Result<Scenario, Problems> {
        self.read(cell.source, cell.cell)
    }

    fn read(&self, source: usize, cell: usize) -> Result<Scenario, Problems> {
        let source = &self.sources[source];
        let overrides = [source.cells.overrides(cell), self.changes.overrides.clone()].concat();
        let scenario = scenario::parse_cell(source.source.clone(), &overrides)?;
        Ok(scenario.with(self.changes.paths, self.changes.seed))
    }

    /// Runs the cells of a group on the same paths: the results of single runs, bit for bit.
    ///
    /// # Errors
    /// See [`SweepError`]; part of the paths is another result than that of the cell.
    pub fn run_group(&self, group: &[usize], options: &RunOptions<'_>) -> Result<Vec<RunResult>, SweepError> {
        let scenarios =
            group.iter().map(|cell| self.scenario(&self.cells[*cell])).collect::<Result<Vec<_>, _>>()?;
        let results = run_sharing(&scenarios, options)?;
        if options.stop.load(Ordering::Relaxed) { Err(RunError::Interrupted.into()) } else { Ok(results) }
    }

    /// How far the whole sweep is while a group of so many cells runs, in thousandths of a cell.
    pub fn progress(&self, finished: usize, running: usize, group: Progress) -> Progress {
        const PARTS: u64 = 1000;
        let part = PARTS * running as u64 * group.paths_done / group.paths_planned.max(1);
        Progress {
            paths_done: PARTS * finished as u64 + part.min(PARTS * running as u64),
            paths_planned: PARTS * self.cells.len() as u64,
        }
    }
}
