//! Moves on which paths have events of their own: bars end at different times.

use super::{BlockLoop, Observers};
use crate::engine::columns::{correlate, list_due};
use crate::engine::common_jumps::CommonStepper;
use crate::model::Moves;
use crate::numeric::reset;

impl BlockLoop<'_> {
    /// Moves every path of a single asset to a common time by way of the events that happen to all at once.
    pub(super) fn move_by_events(&mut self, time: f64, observers: &mut Observers<'_>) {
        loop {
            let event = self.steppers[0].event_times().first().copied().unwrap_or(f64::INFINITY);
            if self.reached < time {
                let next = if event < time { event } else { time };
                self.move_together(next, observers);
                self.reached = next;
            }
            if event > self.reached {
                break;
            }
            self.steppers[0].happen(&self.everyone, &mut self.prices[0], &mut self.streams[0].events);
        }
    }

    /// Moves every path to a common time, event by event.
    pub(super) fn move_apart(&mut self, time: f64, observers: &mut Observers<'_>) {
        self.active.clone_from(&self.everyone);
        self.in_step = false;
        while !self.active.is_empty() {
            // As long as every path has a bar, columns run in step with the paths and nothing is gathered.
            let all = self.active.len() == self.now.len();
            reset(&mut self.ends, self.active.len(), time);
            let common = self.common_jumps.iter().map(CommonStepper::times);
            for events in self.steppers.iter().map(|stepper| stepper.event_times()).chain(common) {
                if !events.is_empty() && all {
                    for (end, event) in self.ends.iter_mut().zip(events) {
                        *end = if *event < *end { *event } else { *end };
                    }
                } else if !events.is_empty() {
                    for (end, lane) in self.ends.iter_mut().zip(&self.active) {
                        *end = end.min(events[*lane as usize]);
                    }
                }
            }
            self.draw_normals();
            for asset in 0..self.steppers.len() {
                self.advance(asset);
            }
            if self.law.continuous {
                self.show_bars(observers);
            }
            if all {
                self.now.copy_from_slice(&self.ends);
            } else {
                for (end, lane) in self.ends.iter().zip(&self.active) {
                    self.now[*lane as usize] = *end;
                }
            }
            for asset in 0..self.steppers.len() {
                self.happen(asset, observers);
            }
            self.happen_together();
            let ends = &self.ends;
            if ends.iter().fold(true, |arrived, end| arrived & (*end >= time)) {
                self.active.clear();
            }
            // Without a branch: which paths have arrived is chance.
            let mut kept = 0;
            for place in 0..self.active.len() {
                self.active[kept] = self.active[place];
                kept += usize::from(ends[place] < time);
            }
            self.active.truncate(kept);
        }
    }

    /// Moves one asset on the active paths to the ends of their intervals and fills its bars.
    fn advance(&mut self, asset: usize) {
        let n = self.active.len();
        let prices = &mut self.prices[asset];
        let bars = &mut self.bars[asset];
        let streams = &mut self.streams[asset];
        bars.lanes.clone_from(&self.active);
        let all = n == prices.len();
        if all {
            bars.start.clone_from(&self.now);
            bars.open.clone_from(prices);
        } else {
            bars.start.clear();
            bars.start.extend(self.active.iter().map(|lane| self.now[*lane as usize]));
            bars.open.clear();
            bars.open.extend(self.active.iter().map(|lane| prices[*lane as usize]));
        }
        bars.duration.clear();
        bars.duration.extend(self.ends.iter().zip(&bars.start).map(|(end, start)| end - start));
        for column in [&mut bars.close, &mut bars.variance, &mut bars.extreme] {
            column.resize(n, 0.0);
        }
        self.lows.resize(n, 0.0);
        self.highs.resize(n, 0.0);
        self.steppers[asset].advance(
            Moves {
                lanes: &bars.lanes,
                duration: &bars.duration,
                normals: &self.normals[asset],
                open: &bars.open,
                close: &mut bars.close,
                variance: &mut bars.variance,
                low: &mut self.lows,
                high: &mut self.highs,
                volatility_times: self.volatility_times[asset],
            },
            &mut streams.events,
        );
        for seat in &mut self.seats {
            seat.funding.drive(asset, &bars.lanes, &bars.duration, &self.normals[asset]);
        }
        let growth = self.law.dependence.growth(asset);
        if growth != 0.0 {
            for (close, duration) in bars.close.iter_mut().zip(&bars.duration) {
                *close -= growth * duration;
            }
        }
        if self.law.continuous {
            let known = self.steppers[asset].knows_extremes().then_some((&self.lows, &self.highs));
            self.watched.draw(bars, known, None, &mut streams.extremes);
            if let Some(driver) = self.drivers.iter_mut().find(|driver| driver.asset() == asset) {
                let uniforms = self.watched.uniforms(n, &mut streams.extremes);
                driver.follow(bars, &self.normals[asset], uniforms);
            }
        }
        if all {
            prices.copy_from_slice(&bars.close);
        } else {
            for (lane, close) in self.active.iter().zip(&bars.close) {
                prices[*lane as usize] = *close;
            }
        }
    }

    /// Draws the normals of the continuous moves of all assets on the active paths, correlated as the scenario asks.
    fn draw_normals(&mut self) {
        for (normals, streams) in self.normals.iter_mut().zip(&mut self.streams) {
            normals.resize(self.active.len(), 0.0);
            streams.moves.normals(normals);
        }
        self.lead.some(&self.active, (&self.now, &self.ends), &mut self.normals);
        correlate(&mut self.normals, &self.law.mixing);
    }

    /// Lets the jumps happen that hit several assets and are due now.
    fn happen_together(&mut self) {
        for common in &mut self.common_jumps {
            let times = common.times();
            self.due.clear();
            let due =
                self.ends.iter().zip(&self.active).filter(|(end, lane)| times[**lane as usize] <= **end);
            self.due.extend(due.map(|(_, lane)| *lane));
            if !self.due.is_empty() {
                common.happen(&self.due, &mut self.prices);
            }
        }
    }

    /// Lets the events of one asset happen that are due now, announced to those who watch at every instant.
    fn happen(&mut self, asset: usize, observers: &mut Observers<'_>) {
        let events = self.steppers[asset].event_times();
        if events.is_empty() {
            return;
        }
        list_due(events, &self.ends, &self.active, &mut self.due);
        if self.due.is_empty() {
            return;
        }
        if self.law.continuous {
            observers
                .iter_mut()
                .for_each(|observer| observer.before_events(asset, &self.due, &self.prices[asset]));
        }
        self.steppers[asset].happen(&self.due, &mut self.prices[asset], &mut self.streams[asset].events);
    }
}
