//! Discrete monitoring: the account sees the price at the ends of intervals and nothing of the way there.
//!
//! A look is a bar of no duration whose whole move is a gap. Where the model can, all paths take several intervals in one stride: their
//! prices stay in the first-level cache, and only paths that may have touched a barrier become bars. A jump inside an
//! interval is added after the continuous move: nobody sees which came first.

use super::columns::{AssetStreams, list_due_by};
use super::grid::GridPoint;
use crate::account::Observer;
use crate::market::Bars;
use crate::model::{LONGEST_STRIDE, Stepper, Stride};
use crate::numeric::{Guide, Stream, reset};

/// Columns for looks at the prices of a block.
pub(super) struct Looks {
    /// Log-prices of a stride, by asset (there is one), then by interval and path.
    rows: Vec<Vec<f64>>,
    bars: Vec<Bars>,
    due: Vec<u32>,
    /// When the due jumps happened.
    times: Vec<f64>,
    /// The due jump of each path; 0 in between.
    jumps: Vec<f64>,
}

impl Looks {
    pub fn new(assets: usize, lanes: usize) -> Self {
        Self {
            rows: vec![Vec::with_capacity(LONGEST_STRIDE * lanes)],
            bars: (0..assets).map(|asset| Bars::with_capacity(asset, lanes)).collect(),
            due: Vec::with_capacity(lanes),
            times: Vec::with_capacity(lanes),
            jumps: Vec::with_capacity(lanes),
        }
    }

    /// Moves all paths from `start` over the intervals that end at some points, looking at each.
    pub fn stride(
        &mut self,
        start: f64,
        points: &[GridPoint],
        (stepper, guide): (&mut dyn Stepper, &mut Guide),
        streams: &mut AssetStreams,
        prices: &mut [f64],
    ) {
        let (paths, end) = (prices.len(), points.last().map_or(start, |point| point.time));
        let rows = &mut self.rows[0];
        rows.resize(points.len() * paths, 0.0);
        let mut durations = [0.0; LONGEST_STRIDE];
        let mut from = start;
        for ((row, point), duration) in rows.chunks_exact_mut(paths).zip(points).zip(&mut durations) {
            streams.moves.normals(row);
            *duration = point.time - from;
            guide.all(*duration, row);
            from = point.time;
        }
        let durations = &durations[..points.len()];
        let events = &mut streams.events;
        stepper.stride(Stride { durations, open: prices, rows, volatility_times: 1.0, events });
        self.jumps.resize(paths, 0.0);
        list_due_by(stepper.event_times(), end, &mut self.due);
        loop {
            let times = stepper.event_times();
            // Only what has just happened on a path can be due again.
            let mut count = 0;
            for place in 0..self.due.len() {
                let lane = self.due[place];
                self.due[count] = lane;
                count += usize::from(times[lane as usize] <= end);
            }
            self.due.truncate(count);
            if self.due.is_empty() {
                break;
            }
            self.times.clear();
            self.times.extend(self.due.iter().map(|lane| times[*lane as usize]));
            stepper.happen(&self.due, &mut self.jumps, &mut streams.events);
            for (lane, time) in self.due.iter().zip(&self.times) {
                let lane = *lane as usize;
                let first = points.iter().take_while(|point| point.time < *time).count();
                for row in first..points.len() {
                    rows[row * paths + lane] += self.jumps[lane];
                }
                self.jumps[lane] = 0.0;
            }
        }
        prices.copy_from_slice(&rows[(points.len() - 1) * paths..]);
    }

    /// Shows the observer the prices of the last stride.
    pub fn show_stride(&mut self, points: &[GridPoint], observer: &mut dyn Observer, noise: &mut Stream) {
        let rows = std::mem::take(&mut self.rows);
        self.show(points, &rows, observer, noise);
        self.rows = rows;
    }

    /// Shows the observer the log-prices, by asset, at some points, by point and path.
    pub fn show(
        &mut self,
        points: &[GridPoint],
        prices: &[Vec<f64>],
        observer: &mut dyn Observer,
        noise: &mut Stream,
    ) {
        let mut times = [0.0; LONGEST_STRIDE];
        for (time, point) in times.iter_mut().zip(points) {
            *time = point.time;
        }
        if observer.look(&times[..points.len()], prices) {
            return;
        }
        for (row, point) in points.iter().enumerate() {
            for (bars, prices) in self.bars.iter_mut().zip(prices) {
                let paths = prices.len() / points.len();
                bars.lanes.clear();
                bars.lanes.extend(0..paths as u32);
                reset(&mut bars.start, paths, point.time);
                reset(&mut bars.duration, paths, 0.0);
                reset(&mut bars.variance, paths, 0.0);
                for column in [&mut bars.open, &mut bars.close, &mut bars.extreme] {
                    column.clear();
                    column.extend_from_slice(&prices[row * paths..][..paths]);
                }
            }
            observer.observe(&self.bars, noise);
        }
    }
}
