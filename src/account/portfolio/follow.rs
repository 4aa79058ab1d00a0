//! A bar of a purse whose owner acts on the way.
//!
//! As in [`bar`](super::bar) a trigger is a surface that the bridge crosses with the probability of a flat one. Where it does, the prices
//! there are drawn: the bridge at the time of the crossing, moved on to the surface along its normal, which leaves the position along the
//! surface as it is. Then the trigger is pulled, and what is left of the bar is a bridge again, with new triggers. An answer that is due
//! inside a bar splits it at that time. Every level and purse draws for itself, given the ends of the bar.

use super::bar::ROUGHNESS;
use super::evaluation::Portfolio;
use super::nearest::Spread;
use super::purse::Trigger;
use super::state::{Columns, Place};
use crate::account::walk::OUT_OF_REACH;
use crate::market::Bars;
use crate::numeric::{Stream, crossing_probability, exp, first_passage_fraction};

/// Triggers in one bar; each moves the next one away.
const MOST_EVENTS: usize = 256;

/// What is left of a bar: log-prices by place at both ends, and their times.
struct Rest {
    y: (Vec<f64>, Vec<f64>),
    time: (f64, f64),
}

fn ratios(y: &[f64]) -> Vec<f64> {
    y.iter().map(|y| exp(*y)).collect()
}

impl Portfolio {
    /// The bar of one path for one purse of all levels.
    pub(super) fn follow(&mut self, purse: usize, bars: &[Bars], i: usize, noise: &mut Stream) {
        let Some(assets) = self.opened.first().map(|level| level[purse].assets.clone()) else { return };
        let Some(first) = assets.first().map(|asset| &bars[*asset]) else { return };
        let (lane, start, duration) = (first.lanes[i] as usize, first.start[i], first.duration[i]);
        let ends = |close: bool| -> Vec<f64> {
            let end = |asset: &usize| if close { bars[*asset].close[i] } else { bars[*asset].open[i] };
            assets.iter().map(end).collect()
        };
        self.spreads[purse].deviations = assets.iter().map(|asset| bars[*asset].variance[i].sqrt()).collect();
        let mut columns = std::mem::take(&mut self.columns);
        columns.gather(&assets, &self.open_ratios, i);
        columns.x_close.clear();
        if duration > 0.0 {
            columns.x_close.extend(assets.iter().map(|asset| self.close_ratios[*asset][i]));
        }
        for level in 0..self.levels.len() {
            let place = Place { lane, level, purse };
            let slot = &self.slots[self.slot(place)];
            let is_quiet = slot.due > start + duration && self.is_out_of_reach(place, &mut columns);
            if self.slots[self.slot(place)].is_open() && !is_quiet {
                let rest = Rest { y: (ends(false), ends(true)), time: (start, start + duration) };
                self.follow_one(place, rest, duration, noise);
            }
        }
        self.columns = columns;
    }

    /// Whether nothing that is waited for can happen in a bar between the prices at its ends (the open alone, where it has no length).
    fn is_out_of_reach(&self, place: Place, columns: &mut Columns) -> bool {
        let (of, held) = (&self.levels[place.level][place.purse], self.slots[self.slot(place)].held);
        let spread = &self.spreads[place.purse];
        let (triggers, count) = self.triggers(place);
        triggers[..count].iter().all(|trigger| {
            let before = of.room(held, *trigger, &columns.x_open, &mut columns.gradient);
            if before <= 0.0 || columns.x_close.is_empty() {
                return before > 0.0;
            }
            let deviation = spread.along(&columns.gradient);
            let after = of.room(held, *trigger, &columns.x_close, &mut columns.gradient);
            let deviations = deviation * spread.along(&columns.gradient);
            after > 0.0 && 2.0 * before * after / ROUGHNESS >= OUT_OF_REACH * deviations
        })
    }

    fn follow_one(&mut self, place: Place, mut rest: Rest, duration: f64, noise: &mut Stream) {
        let at = self.slot(place);
        let mut gradient = vec![0.0; rest.y.0.len()];
        self.act(place, &ratios(&rest.y.0), &mut gradient, rest.time.0);
        for _ in 0..MOST_EVENTS {
            let (now, end) = rest.time;
            if !self.slots[at].is_open() || now >= end {
                return;
            }
            // An answer that is due on the way ends the part that is looked at.
            let due = self.slots[at].due;
            let (y, until) = match due < end {
                true => (self.between(place, &rest, due.max(now), duration, noise), due.max(now)),
                false => (rest.y.1.clone(), end),
            };
            let spread = self.spreads[place.purse].over((until - now) / duration);
            let Some((trigger, near, far)) = self.nearest_trigger(place, (&rest.y.0, &y), &spread, noise)
            else {
                rest = Rest { y: (y, rest.y.1), time: (until, end) };
                let x = ratios(&rest.y.0);
                if due <= until {
                    self.answer(place, &x);
                }
                self.act(place, &x, &mut gradient, until);
                continue;
            };
            let (normal, uniform) = (self.draws.normal(noise), self.draws.uniform(noise));
            let share = match near.is_finite() {
                true => first_passage_fraction(near.max(1e-12), far.abs(), 1.0, normal, uniform),
                false => 1.0,
            };
            let hit = share.mul_add(until - now, now);
            let part = Rest { y: (rest.y.0, y), time: (now, until) };
            let drawn = self.between(place, &part, hit, duration, noise);
            let (of, held) = (&self.levels[place.level][place.purse], self.slots[at].held);
            self.nearest.distance((of, held, trigger), &drawn, &spread);
            let point = self.nearest.point.clone();
            self.pull(place, trigger, &ratios(&point), hit);
            rest = Rest { y: (point, rest.y.1), time: (hit, end) };
        }
    }

    /// The trigger that the bridge meets in a part of a bar, and the distances of both ends from it; none if it meets none.
    fn nearest_trigger(
        &mut self,
        place: Place,
        (from, to): (&[f64], &[f64]),
        spread: &Spread,
        noise: &mut Stream,
    ) -> Option<(Trigger, f64, f64)> {
        let (of, held) = (&self.levels[place.level][place.purse], self.slots[self.slot(place)].held);
        let (triggers, count) = self.triggers(place);
        let mut uniform = None;
        let mut met: Option<(Trigger, f64, f64)> = None;
        for trigger in &triggers[..count] {
            let near = self.nearest.distance((of, held, *trigger), from, spread);
            let far = self.nearest.distance((of, held, *trigger), to, spread);
            let is_beyond = {
                let mut gradient = vec![0.0; to.len()];
                of.room(held, *trigger, &ratios(to), &mut gradient) <= 0.0
            };
            if !is_beyond && far > 0.0 && 2.0 * near * far > OUT_OF_REACH {
                continue;
            }
            // One draw for all: where a trigger is met, so is every nearer one, and that comes first.
            let uniform = *uniform.get_or_insert_with(|| self.draws.uniform(noise));
            if is_beyond || far <= 0.0 || uniform < crossing_probability(near, far, 1.0) {
                met = met.filter(|known| known.1 <= near).or(Some((*trigger, near, far)));
            }
        }
        met
    }

    /// Log-prices of the bridge at a time inside what is left of a bar.
    fn between(
        &mut self,
        place: Place,
        rest: &Rest,
        time: f64,
        duration: f64,
        noise: &mut Stream,
    ) -> Vec<f64> {
        let (start, end) = rest.time;
        let share = ((time - start) / (end - start)).clamp(0.0, 1.0);
        let deviation = (share * (1.0 - share) * (end - start) / duration).sqrt();
        let normals: Vec<f64> = rest.y.0.iter().map(|_| self.draws.normal(noise)).collect();
        let (spread, factor) = (&self.spreads[place.purse], &self.factors[place.purse]);
        let ends = rest.y.0.iter().zip(&rest.y.1).zip(&spread.deviations).zip(factor);
        ends.map(|(((from, to), whole), row)| {
            let normal: f64 = row.iter().zip(&normals).map(|(row, normal)| row * normal).sum();
            from + share * (to - from) + deviation * whole * normal
        })
        .collect()
    }
}
