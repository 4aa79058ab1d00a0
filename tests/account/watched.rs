//! A follower that keeps what it is told, for twins that follow the same path with their own money.

use std::sync::{Arc, Mutex};

use liqsim::account::{Due, Follower, Hit, Observer, Survivors};
use liqsim::market::{Bars, Sides};
use liqsim::numeric::Stream;
use liqsim::stats::{Sums, Tally};

/// A bar or a settlement as the account sees it: when, the log-prices at its start by asset, and whether payments are due.
#[derive(Clone)]
pub struct Event {
    pub start: f64,
    pub end: f64,
    pub open: Vec<f64>,
    pub settles: bool,
}

/// Passes everything on to a follower of one path and keeps what it was told. `times` are those of the schedule's moments.
pub struct Watched {
    pub inner: Box<dyn Follower>,
    pub events: Arc<Mutex<Vec<Event>>>,
    pub times: Vec<f64>,
}

impl Observer for Watched {
    fn begin(&mut self, lanes: usize) {
        self.inner.begin(lanes);
    }
    fn watched_side(&self) -> Option<Sides> {
        self.inner.watched_side()
    }
    fn observe(&mut self, bars: &[Bars], noise: &mut Stream) {
        for i in 0..bars[0].len() {
            let start = bars[0].start[i];
            let open = bars.iter().map(|bars| bars.open[i]).collect();
            let end = start + bars[0].duration[i];
            self.events.lock().unwrap().push(Event { start, end, open, settles: false });
        }
        self.inner.observe(bars, noise);
    }
    fn settle(&mut self, moment: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        let time = self.times[moment];
        let open = log_prices.iter().map(|prices| prices[0]).collect();
        self.events.lock().unwrap().push(Event { start: time, end: time, open, settles: true });
        self.inner.settle(moment, log_prices, due);
    }
}

impl Follower for Watched {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        self.inner.finish(log_prices, weights, tally);
    }
    fn broken(&self) -> Option<usize> {
        self.inner.broken()
    }
    fn survivors(&self, tally: &Tally) -> Vec<Survivors> {
        self.inner.survivors(tally)
    }

    fn survivor_returns(&self, tally: &Tally, level: usize) -> Sums {
        self.inner.survivor_returns(tally, level)
    }
    fn hits(&self) -> &[Hit] {
        self.inner.hits()
    }
}
