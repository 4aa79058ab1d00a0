//! A run that goes on from what it had when it ended, however it ended.

use std::fs::{self, File, TryLockError};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::part_file::{PartFile, PartScenario};
use super::part_run::{PartHints, PartRun};
use super::simulation::RunError;
use super::whole_file::{can_write, remove_leftovers, write_whole};
use crate::engine::{BLOCK_LANES, Progress, RunOptions};
use crate::estimate::{MergeError, Partial, next_look};
use crate::scenario::Scenario;

/// Blocks that are run first; then as many as take about [`PACE`].
const FIRST_BLOCKS: u64 = 4;
/// What is lost at most where the work is killed, but for the time between two times of keeping.
const PACE: Duration = Duration::from_millis(700);
/// What was finished is kept so often.
const KEEP_EVERY: Duration = Duration::from_secs(2);
/// Name of a file with what was finished.
const FINISHED: &str = "finished.part";

/// Why a run that is kept came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum KeptRunError {
    /// It cannot be simulated.
    #[error(transparent)]
    Run(#[from] RunError),
    /// What was kept does not belong to it.
    #[error("what was kept does not belong to the run: {0}")]
    Merge(#[from] MergeError),
    /// What was finished cannot be kept.
    #[error("what was finished cannot be kept: {0}")]
    Keep(#[from] io::Error),
}

/// Runs the blocks of a range that a part does not have yet, piece by piece, and hands on what is finished every few seconds; without a range
/// all that the run needs. Ends early where it is stopped, with what was finished; also says whether that is all.
///
/// # Errors
/// See [`KeptRunError`].
pub fn run_kept(
    scenario: &Scenario,
    wanted: Option<Range<u64>>,
    had: Option<Partial>,
    keep: &mut dyn FnMut(&Partial) -> io::Result<()>,
    options: &RunOptions<'_>,
) -> Result<(Option<Partial>, bool), KeptRunError> {
    let mut run = PartRun::new(scenario)?;
    if let Some(had) = &had {
        run = run.knowing(&PartHints::of(had));
    }
    let all = wanted.clone().unwrap_or(0..run.blocks());
    let mut part = had;
    let (mut size, mut kept, mut is_complete) = (FIRST_BLOCKS, Instant::now(), false);
    while !options.stop.load(Ordering::Relaxed) {
        let gaps = match (&part, &wanted) {
            (None, _) => vec![all.clone()],
            (Some(part), Some(wanted)) => part.blocks.gaps(wanted.clone()),
            (Some(part), None) => run.missing(part, options)?,
        };
        let Some(gap) = gaps.first() else {
            is_complete = true;
            break;
        };
        let end = gap.end.min(gap.start.saturating_add(size));
        let end = end.min(next_look(&scenario.simulation.paths, gap.start));
        let before = part.as_ref().map_or(0, Partial::paths);
        let paths_planned = (all.end - all.start) * BLOCK_LANES as u64;
        let progress = |progress: Progress| {
            (options.progress)(Progress { paths_done: before + progress.paths_done, paths_planned });
        };
        let began = Instant::now();
        match run.run(gap.start..end, &RunOptions { progress: &progress, ..*options }) {
            Err(RunError::Interrupted) => break,
            more => match &mut part {
                Some(part) => part.merge(&more?)?,
                None => part = Some(more?),
            },
        }
        let took = began.elapsed();
        size = if took > 2 * PACE {
            (size / 2).max(1)
        } else if 2 * took < PACE {
            2 * size
        } else {
            size
        };
        if let Some(part) = part.as_ref().filter(|_| kept.elapsed() > KEEP_EVERY) {
            keep(part)?;
            kept = Instant::now();
        }
    }
    if let Some(part) = &part {
        keep(part)?;
    }
    Ok((part, is_complete))
}

/// Where what was finished of a range of a run is kept: a file in a folder of its own. It belongs to one process at a time.
#[derive(Debug)]
pub struct KeptPart {
    folder: PathBuf,
    /// Locked as long as it is held; the system takes the lock from a process that ends, however it ends.
    _lock: File,
}

impl KeptPart {
    /// Takes the place of a range of a run below a folder, and removes what a process that was killed left half written.
    ///
    /// # Errors
    /// It cannot be made or written to, or another process is at work in it ([`io::ErrorKind::ResourceBusy`]).
    pub fn open(folder: &Path, scenario: &Scenario, blocks: &Range<u64>) -> io::Result<Self> {
        let folder = folder.join(format!("{}-{}-{}", scenario.identity(), blocks.start, blocks.end));
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join(".lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::ResourceBusy, "another run is at work on these blocks")
            }
            TryLockError::Error(error) => error,
        })?;
        can_write(&folder.join(FINISHED))?;
        remove_leftovers(&folder)?;
        Ok(Self { folder, _lock: lock })
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.join(FINISHED)
    }

    /// What was finished. A file that cannot be understood, or that is of another run, counts as none.
    pub fn finished(&self, scenario: &Scenario) -> Option<Partial> {
        let PartFile { partial, .. } = PartFile::parse(&fs::read(self.path()).ok()?).ok()?;
        let is_own = partial.identity == scenario.identity() && partial.liqsim == env!("CARGO_PKG_VERSION");
        (is_own && partial.is_of(scenario)).then_some(partial)
    }

    /// Keeps what is finished. The file appears complete or not at all.
    ///
    /// # Errors
    /// It cannot be written, such as to a full disk.
    pub fn keep(&self, scenario: &PartScenario, part: &Partial) -> io::Result<()> {
        let bytes = PartFile::packed(scenario, part).map_err(io::Error::other)?;
        write_whole(&self.path(), |file| file.write_all(&bytes))
    }
}

/// The files of parts in a folder, and in those that runs were kept in below it, by name.
///
/// # Errors
/// It cannot be read.
pub fn part_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(Some(path.join(FINISHED)).filter(|file| file.is_file()));
        } else if path.extension().is_some_and(|extension| extension == "part") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
