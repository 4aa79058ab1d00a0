//! Where the work of a run is done: the only place that knows threads.
//!
//! Work is cut into numbered units. They are handed out in rising order, and every unit handed out is finished, so what
//! has been done when a run is interrupted is a prefix. Whoever asks for units puts their parts together in the order of
//! the numbers: a result depends on which units were done and on nothing else.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::shared_work::{Portion, SharedWork};
use crate::numeric::ExactSum;

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
    pool: Option<Arc<rayon::ThreadPool>>,
    options: RunOptions<'a>,
    /// Where parts of a run share work.
    shared: Option<Shared>,
}

/// Work that is shared out among parts of a run.
struct Shared {
    /// What is done here; none where all parts are joined.
    portion: Option<Portion>,
    work: Mutex<SharedWork>,
}

impl Shared {
    fn work(&self) -> MutexGuard<'_, SharedWork> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Executor<'a> {
    /// The executor of a run.
    ///
    /// # Errors
    /// If the threads cannot be started.
    pub fn new(options: RunOptions<'a>) -> Result<Self, ThreadsError> {
        let pool = match options.threads {
            Some(1) => None,
            threads => {
                Some(Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?))
            }
        };
        Ok(Self { pool, options, shared: None })
    }

    /// The same for a portion of the work that is shared out, or for what is left of it once all portions are joined; with what is known
    /// of it already.
    #[must_use]
    pub fn sharing(self, portion: Option<Portion>, known: SharedWork) -> Self {
        Self { shared: Some(Shared { portion, work: Mutex::new(known) }), ..self }
    }

    /// What is known of the work that is shared out.
    pub fn into_work(self) -> SharedWork {
        let work = self.shared.map(|shared| shared.work.into_inner().unwrap_or_else(PoisonError::into_inner));
        work.unwrap_or_default()
    }

    /// Whether a portion is done here alone, so that no sum is known.
    pub fn is_portion(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.portion.is_some())
    }

    /// Whether what is found out is kept for others.
    pub fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// The thread of the caller, which nothing stops.
    pub fn alone() -> Executor<'static> {
        let options = RunOptions { threads: Some(1), ..RunOptions::default() };
        Executor { pool: None, options, shared: None }
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

    /// What is found out by work that is not shared out, such as how much of it there is to be; where it is known from another part of the
    /// run it is not done again. None if it finds nothing, which is not kept.
    pub fn once<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        find: impl FnOnce(&Self) -> Option<T>,
    ) -> Option<T> {
        let whole = Self { pool: self.pool.clone(), options: self.options, shared: None };
        let Some(shared) = &self.shared else { return find(&whole) };
        let known = shared.work().known(key);
        if known.is_some() {
            return known;
        }
        let found = find(&whole)?;
        if !self.is_stopped() {
            shared.work().keep(key, &found);
        }
        Some(found)
    }

    /// Sums over units of work, from 0: each adds to `width` exact sums, so that any order and any division give the same bits. None if
    /// the run was stopped before all were done, or where a portion of the units is done here, whose sums are kept under the key.
    pub fn sum<S>(
        &self,
        key: &str,
        (units, width): (u64, usize),
        start: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, u64, &mut [ExactSum]) + Sync,
    ) -> Option<Vec<ExactSum>> {
        let of = |range: Range<u64>| {
            let wanted = range.end.saturating_sub(range.start);
            let threads = self.fold(
                range,
                || (start(), vec![ExactSum::default(); width], 0_u64),
                |(state, sums, done), unit| {
                    work(state, unit, sums);
                    *done += 1;
                },
                |(_, sums, done)| (sums, done),
            );
            let mut total = vec![ExactSum::default(); width];
            let mut all = 0;
            for (sums, done) in threads {
                total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
                all += done;
            }
            (all == wanted).then_some(total)
        };
        let Some(shared) = &self.shared else { return of(0..units) };
        match shared.portion {
            Some(portion) => {
                let sums = of(portion.units(units))?;
                shared.work().keep_sums(key, sums);
                None
            }
            None => {
                let known = shared.work().sums(key, width).map(<[ExactSum]>::to_vec);
                known.or_else(|| of(0..units))
            }
        }
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

    /// What two portions kept, joined, is what one executor comes to, and nothing of it is done again.
    #[test]
    fn portions_of_shared_work_add_up_to_the_whole() {
        let add = |_: &mut (), unit: u64, sums: &mut [ExactSum]| {
            sums[0].add(1.0 / (unit + 1) as f64);
            sums[1].add(unit as f64);
        };
        let ask = |executor: &Executor<'_>| {
            let units = executor.once("units", |_| Some(1_000_u64))?;
            executor.sum("sum", (units, 2), || (), add)
        };
        let whole = ask(&Executor::alone());
        assert!(whole.is_some());
        let mut joined = SharedWork::default();
        for (start, end) in [(2, 3), (0, 2)] {
            let portion = Portion { start, end, of: 3 };
            let executor = Executor::alone().sharing(Some(portion), SharedWork::default());
            assert_eq!(ask(&executor), None);
            joined.merge(&executor.into_work()).unwrap();
        }
        let executor = Executor::alone().sharing(None, joined);
        assert_eq!(executor.once("units", |_| None::<u64>), Some(1_000));
        let nothing = |_: &mut (), _: u64, _: &mut [ExactSum]| panic!("it is known");
        assert_eq!(executor.sum("sum", (1_000, 2), || (), nothing), whole);
    }
}
