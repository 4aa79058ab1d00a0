//! One question at a time, and the newest one first: it stops the one before it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The stop flag of the newest question, and the place where one is worked on.
#[derive(Debug, Default)]
pub(super) struct Newest<T> {
    stop: Mutex<Arc<AtomicBool>>,
    place: Mutex<T>,
}

impl<T> Newest<T> {
    /// Stops the question before this one, waits until it has stopped, and works on this one; none if a newer one came meanwhile.
    pub fn ask<R>(&self, work: impl FnOnce(&mut T, &AtomicBool) -> R) -> Option<R> {
        let own = Arc::new(AtomicBool::new(false));
        {
            let mut newest = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
            newest.store(true, Ordering::Relaxed);
            *newest = Arc::clone(&own);
        }
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let is_newest = || !own.load(Ordering::Relaxed);
        is_newest().then(|| work(&mut place, &own)).filter(|_| is_newest())
    }

    /// Stops whatever is worked on.
    pub fn stop(&self) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).store(true, Ordering::Relaxed);
    }
}
