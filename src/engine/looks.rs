//! Discrete monitoring: the account sees the price at the ends of intervals and nothing of the way there.
//!
//! A look is a bar of no duration whose whole move is a gap. Where the model can, paths take several intervals in one stride: first
//! what all of them draw, then a few paths at a time move and are looked at, while their prices are in the first-level cache. A jump
//! inside an interval is added after the continuous move: nobody sees which came first.

use super::columns::{AssetStreams, list_due_by};
use super::grid::GridPoint;
use crate::account::Observer;
use crate::market::{Bars, LONGEST_STRIDE};
use crate::model::{Stepper, Stride};
use crate::numeric::{Aligned, Guide, Stream, pitch, reset};

/// Paths of a stride that move and are looked at together: their prices take 8 KiB. With 64 the calls cost more than the cache gains.
pub(super) const TOGETHER: usize = 128;

/// A jump inside a stride.
#[derive(Debug)]
struct Jump {
    lane: u32,
    /// The first interval whose end sees it.
    interval: u32,
    size: f64,
}

/// Columns for looks at the prices of a block.
pub(super) struct Looks {
    /// Normals of a stride, by interval and path.
    normals: Aligned,
    /// Its jumps, by path and then by time.
    happened: Vec<Jump>,
    /// How many of them the paths that have moved had.
    seen: usize,
    /// Log-prices of the paths that move together, by interval and path.
    rows: Aligned,
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
            normals: Aligned::default(),
            happened: Vec::new(),
            seen: 0,
            rows: Aligned::default(),
            bars: (0..assets).map(|asset| Bars::with_capacity(asset, lanes)).collect(),
            due: Vec::with_capacity(lanes),
            times: Vec::with_capacity(lanes),
            jumps: Vec::with_capacity(lanes),
        }
    }

    /// Draws what moves all paths, so many, from `start` over the intervals that end at some points.
    pub fn plan_stride(
        &mut self,
        start: f64,
        points: &[GridPoint],
        lanes: usize,
        (stepper, guide): (&mut dyn Stepper, &mut Guide),
        streams: &mut AssetStreams,
    ) {
        let pitch = pitch(lanes);
        self.normals.resize(points.len() * pitch);
        let mut durations = [0.0; LONGEST_STRIDE];
        let mut from = start;
        for ((row, point), duration) in
            self.normals.as_mut().chunks_exact_mut(pitch).zip(points).zip(&mut durations)
        {
            let row = &mut row[..lanes];
            streams.moves.normals(row);
            *duration = point.time - from;
            guide.all(*duration, row);
            from = point.time;
        }
        stepper.plan_stride(&durations[..points.len()], lanes, &mut streams.events);
        self.happen(points, lanes, stepper, &mut streams.events);
    }

    /// Lets the jumps of a stride happen.
    fn happen(&mut self, points: &[GridPoint], lanes: usize, stepper: &mut dyn Stepper, events: &mut Stream) {
        self.happened.clear();
        self.seen = 0;
        let end = points.last().map_or(0.0, |point| point.time);
        self.jumps.resize(lanes, 0.0);
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
            stepper.happen(&self.due, &mut self.jumps, events);
            for (lane, time) in self.due.iter().zip(&self.times) {
                let mut interval = 0;
                for point in points {
                    interval += u32::from(point.time < *time);
                }
                let size = std::mem::take(&mut self.jumps[*lane as usize]);
                self.happened.push(Jump { lane: *lane, interval, size });
            }
        }
        self.happened.sort_by_key(|jump| jump.lane);
    }

    /// Moves the paths from `first` on, whose prices these are, over the intervals of the stride. Paths come in turn.
    pub fn stride(&mut self, intervals: usize, first: usize, prices: &mut [f64], stepper: &mut dyn Stepper) {
        let paths = prices.len();
        self.rows.resize(intervals * paths);
        let (normals, rows) = (self.normals.as_ref(), self.rows.as_mut());
        stepper.stride(Stride { intervals, first, open: prices, normals, rows });
        while let Some(Jump { lane, interval, size }) = self.happened.get(self.seen) {
            let place = *lane as usize - first;
            if place >= paths {
                break;
            }
            let seen = rows[*interval as usize * paths..].chunks_exact_mut(paths);
            seen.for_each(|row| row[place] += size);
            self.seen += 1;
        }
        prices.copy_from_slice(&rows[(intervals - 1) * paths..]);
    }

    /// Shows the observer the prices of the paths that moved last, from `first` on.
    pub fn show_stride(
        &mut self,
        points: &[GridPoint],
        first: usize,
        observer: &mut dyn Observer,
        noise: &mut Stream,
    ) {
        let rows = std::mem::take(&mut self.rows);
        self.show(points, first, &[rows.as_ref()], observer, noise);
        self.rows = rows;
    }

    /// Shows the observer the log-prices of the paths from `first` on, by asset, at some points, by point and path.
    pub fn show(
        &mut self,
        points: &[GridPoint],
        first: usize,
        prices: &[&[f64]],
        observer: &mut dyn Observer,
        noise: &mut Stream,
    ) {
        if observer.looks_at_once() {
            let mut times = [0.0; LONGEST_STRIDE];
            for (time, point) in times.iter_mut().zip(points) {
                *time = point.time;
            }
            return observer.look(&times[..points.len()], first, prices);
        }
        for (row, point) in points.iter().enumerate() {
            for (bars, prices) in self.bars.iter_mut().zip(prices) {
                let paths = prices.len() / points.len();
                bars.lanes.clear();
                bars.lanes.extend((first..first + paths).map(|lane| lane as u32));
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
