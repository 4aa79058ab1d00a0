//! One question at a time, and the newest one first: it stops the one before it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Whose turn it is, and what is kept from one question to the next.
#[derive(Debug, Default)]
pub(super) struct Newest<T> {
    turn: Mutex<Turn>,
    changed: Condvar,
    kept: Mutex<T>,
}

#[derive(Debug, Default)]
struct Turn {
    /// Stop flag of the newest question.
    stop: Arc<AtomicBool>,
    is_busy: bool,
}

impl<T> Newest<T> {
    /// Stops the question before this one, waits until it has stopped, and works on this one; none if a newer one came meanwhile.
    pub fn ask<R>(&self, work: impl FnOnce(&mut T, &AtomicBool) -> R) -> Option<R> {
        let own = Arc::new(AtomicBool::new(false));
        let is_newest = || !own.load(Ordering::Relaxed);
        let mut turn = self.turn();
        turn.stop.store(true, Ordering::Relaxed);
        turn.stop = Arc::clone(&own);
        // Those who wait see that they wait in vain.
        self.changed.notify_all();
        while turn.is_busy && is_newest() {
            turn = self.changed.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        if !is_newest() {
            return None;
        }
        turn.is_busy = true;
        drop(turn);
        let done = work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner), &own);
        self.turn().is_busy = false;
        self.changed.notify_all();
        is_newest().then_some(done)
    }

    /// Stops whatever is worked on.
    pub fn stop(&self) {
        self.turn().stop.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
