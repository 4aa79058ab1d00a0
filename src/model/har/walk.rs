//! Paths of the log-variance from day to day, many at a time.

use super::days::Days;
use super::variances::{DAYS, VarianceState};
use crate::numeric::{Kernel, Replacement, dispatch, exp, replace};

/// No day is wilder: a log-variance of 2 is a deviation of 270 %.
pub const LARGEST_LOG_VARIANCE: f64 = 2.0;
/// Days after which weekdays return.
const WEEK: usize = 7;

/// What every path of the log-variance follows.
#[derive(Debug, Clone, Copy)]
pub struct Dynamics<'a> {
    /// c, b1, b7, b30, b90, b6.
    pub coefficients: &'a [f64; 6],
    /// The days that are drawn from.
    pub days: &'a Days,
    /// Square root of the mean seasonal factor of the next seven days.
    pub season: &'a [f64; WEEK],
}

/// Log-variances of the paths of a block, and the day that each is in.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    lanes: usize,
    /// The last 90 days, by place and path; the oldest stands at the path's place.
    ring: Vec<f64>,
    place: Vec<u32>,
    weekday: Vec<u32>,
    last: Vec<f64>,
    week: Vec<f64>,
    month: Vec<f64>,
    quarter: Vec<f64>,
    short: Vec<f64>,
    /// Index of the day that each path is in.
    pub day: Vec<u32>,
    /// Deviation of that day, negative where the day is mirrored.
    pub scale: Vec<f64>,
}

impl Walk {
    /// Starts paths from what is known; none is in a day yet.
    pub fn begin(&mut self, lanes: usize, state: &VarianceState) {
        self.lanes = lanes;
        self.ring.clear();
        for value in state.days.iter().rev() {
            self.ring.resize(self.ring.len() + lanes, *value);
        }
        let [_, last, week, month, quarter, short] = state.regressors();
        for (column, value) in [
            (&mut self.last, last),
            (&mut self.week, week),
            (&mut self.month, month),
            (&mut self.quarter, quarter),
            (&mut self.short, short),
            (&mut self.scale, 0.0),
        ] {
            column.clear();
            column.resize(lanes, value);
        }
        for column in [&mut self.place, &mut self.weekday, &mut self.day] {
            column.clear();
            column.resize(lanes, 0);
        }
    }

    /// Lets each listed path begin its next day, by a random word each.
    pub fn next(&mut self, dynamics: Dynamics<'_>, lanes: &[u32], words: &[u64]) {
        dispatch(NextDay { walk: self, dynamics, lanes, words });
    }

    /// Replaces some paths by copies of others.
    pub fn replace(&mut self, replacements: &[Replacement]) {
        for column in self.ring.chunks_mut(self.lanes.max(1)) {
            replace(column, replacements);
        }
        for column in [
            &mut self.last,
            &mut self.week,
            &mut self.month,
            &mut self.quarter,
            &mut self.short,
            &mut self.scale,
        ] {
            replace(column, replacements);
        }
        for column in [&mut self.place, &mut self.weekday, &mut self.day] {
            replace(column, replacements);
        }
    }
}

struct NextDay<'a> {
    walk: &'a mut Walk,
    dynamics: Dynamics<'a>,
    lanes: &'a [u32],
    words: &'a [u64],
}

/// The entry of a ring that is so many behind a place.
#[inline(always)]
fn behind(place: usize, days: usize) -> usize {
    if place < days { place + DAYS - days } else { place - days }
}

impl Kernel for NextDay<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { walk, dynamics, lanes, words } = self;
        let Dynamics { coefficients: [c, b1, b7, b30, b90, b6], days, season } = dynamics;
        for (lane, word) in lanes.iter().zip(words) {
            let lane = *lane as usize;
            let (index, sign) = days.draw(*word);
            let day = &days.days()[index];
            let mut mean = b1.mul_add(walk.last[lane], *c);
            mean = b7.mul_add(walk.week[lane], mean);
            mean = b30.mul_add(walk.month[lane], mean);
            mean = b90.mul_add(walk.quarter[lane], mean);
            mean = b6.mul_add(walk.short[lane], mean);
            let value = (mean + day.shock).min(LARGEST_LOG_VARIANCE);
            let place = walk.place[lane] as usize;
            let at = |place: usize| place * walk.lanes + lane;
            let (week, month) = (walk.ring[at(behind(place, 7))], walk.ring[at(behind(place, 30))]);
            let oldest = &mut walk.ring[at(place)];
            walk.week[lane] += (value - week) * (1.0 / 7.0);
            walk.month[lane] += (value - month) * (1.0 / 30.0);
            walk.quarter[lane] += (value - *oldest) * (1.0 / DAYS as f64);
            *oldest = value;
            walk.last[lane] = value;
            walk.short[lane] = day.short;
            let weekday = walk.weekday[lane] as usize;
            walk.scale[lane] = sign * exp(0.5 * value) * season[weekday];
            walk.day[lane] = index as u32;
            walk.place[lane] = if place + 1 == DAYS { 0 } else { place as u32 + 1 };
            walk.weekday[lane] = if weekday + 1 == WEEK { 0 } else { weekday as u32 + 1 };
        }
    }
}
