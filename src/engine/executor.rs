//! Where the work of a run is done: the only place that knows threads.
//!
//! Work is cut into numbered units. They are handed out in rising order, and every unit handed out is finished, so what
//! has been done when a run is interrupted is a prefix. Whoever asks for units puts their parts together in the order of
//! the numbers: a result depends on which units were done and on nothing else.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How to run; nothing here changes the result of a finished run.
#[derive(Clone, Copy)]
pub struct RunOptions<'a> {
    /// Number of threads; all CPUs if none.
    pub threads: Option<usize>,
    /// Set from outside to stop: within a fraction of a second what is known so far becomes the result.
    pub stop: &'a AtomicBool,
    /// Called now and then from a worker thread.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl Default for RunOptions<'_> {
    /// All CPUs, never stopped, nobody told.
    fn default() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self { threads: None, stop: &NEVER, progress: &|_| {} }
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Paths finished.
    pub paths_done: u64,
    /// Paths in all; under a precision target the most that may be run.
    pub paths_planned: u64,
}

/// The threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("could not start the worker threads: {0}")]
pub struct ThreadsError(#[from] rayon::ThreadPoolBuildError);

/// Does units of work on some threads until it is told to stop.
pub struct Executor<'a> {
    /// None for a single thread, which is that of the caller.
    pool: Option<rayon::ThreadPool>,
    options: RunOptions<'a>,
}

impl<'a> Executor<'a> {
    /// The executor of a run.
    ///
    /// # Errors
    /// If the threads cannot be started.
    pub fn new(options: RunOptions<'a>) -> Result<Self, ThreadsError> {
        let pool = match options.threads {
            Some(1) => None,
            threads => Some(rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?),
        };
        Ok(Self { pool, options })
    }

    /// The thread of the caller, which nothing stops.
    pub fn alone() -> Executor<'static> {
        Executor { pool: None, options: RunOptions { threads: Some(1), ..RunOptions::default() } }
    }

    /// Whether the run is to stop.
    pub fn is_stopped(&self) -> bool {
        self.options.stop.load(Ordering::Relaxed)
    }

    /// What stops the run, for work that takes long for a single unit.
    pub fn stop(&self) -> &'a AtomicBool {
        self.options.stop
    }

    /// Tells how many paths are done.
    pub fn report(&self, progress: Progress) {
        (self.options.progress)(progress);
    }

    /// Does units of work, each on what its thread has `start`ed with, and gives back what the threads make of it in the `end`.
    pub fn fold<S, T: Send>(
        &self,
        units: Range<u64>,
        start: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, u64) + Sync,
        end: impl Fn(S) -> T + Sync,
    ) -> Vec<T> {
        let next = AtomicU64::new(units.start);
        let one = || {
            let mut state = start();
            while !self.is_stopped() {
                let unit = next.fetch_add(1, Ordering::Relaxed);
                if unit >= units.end {
                    break;
                }
                work(&mut state, unit);
            }
            end(state)
        };
        match &self.pool {
            None => vec![one()],
            Some(pool) => pool.broadcast(|_| one()),
        }
    }

    /// Does units of work and gives back their parts in order; none if the run was stopped before all were done.
    pub fn map<S, T: Send>(
        &self,
        units: Range<u64>,
        start: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, u64) -> T + Sync,
    ) -> Option<Vec<T>> {
        let wanted = units.end.saturating_sub(units.start);
        let threads = self.fold(
            units,
            || (start(), Vec::new()),
            |(state, parts), unit| parts.push((unit, work(state, unit))),
            |(_, parts)| parts,
        );
        let mut parts: Vec<(u64, T)> = threads.into_iter().flatten().collect();
        parts.sort_by_key(|(unit, _)| *unit);
        (parts.len() as u64 == wanted).then(|| parts.into_iter().map(|(_, part)| part).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(stop: &AtomicBool, threads: usize) -> RunOptions<'_> {
        RunOptions { threads: Some(threads), stop, progress: &|_| {} }
    }

    #[test]
    fn parts_come_in_the_order_of_their_units_whatever_the_threads() {
        let stop = AtomicBool::new(false);
        for threads in [1, 3] {
            let executor = Executor::new(options(&stop, threads)).unwrap();
            let found = executor.map(5..100, || 0, |_, unit| unit * unit).unwrap();
            assert_eq!(found, (5..100).map(|unit| unit * unit).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_stopped_gives_no_parts_and_what_was_handed_out_is_finished() {
        let stop = AtomicBool::new(false);
        let executor = Executor::new(options(&stop, 2)).unwrap();
        let work = |_: &mut (), unit| {
            if unit == 7 {
                stop.store(true, Ordering::Relaxed);
            }
        };
        assert_eq!(executor.map(0..1_000_000, || (), work), None);
        assert!(executor.is_stopped());
        assert_eq!(executor.map(0..1, || (), |(), unit| unit), None);
    }
}
