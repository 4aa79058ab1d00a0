//! Paths of the log-variance from day to day, many at a time.

use super::days::Days;
use super::variances::{DAYS, VarianceState};
use crate::numeric::{Kernel, Replacement, dispatch, exp, replace};

/// No day is wilder: a log-variance of 2 is a deviation of 270 %.
pub const LARGEST_LOG_VARIANCE: f64 = 2.0;
/// Days after which weekdays return, and of the shortest mean.
const WEEK: usize = 7;
/// Days of the second mean.
const MONTH: usize = 30;

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

/// Log-variances of the paths of a block, and the day that each is in. All paths begin their days at the same times.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    lanes: usize,
    /// What was known at the start, the latest day first: the same for all paths.
    known: Vec<f64>,
    /// The days since then, at most 90 of them, by place and path.
    ring: Vec<f64>,
    /// Number of days since the start.
    passed: usize,
    last: Vec<f64>,
    week: Vec<f64>,
    month: Vec<f64>,
    quarter: Vec<f64>,
    short: Vec<f64>,
    /// Log-variance that was expected of the day that each path is in.
    pub expected: Vec<f64>,
    /// Index of that day.
    pub day: Vec<u32>,
    /// Deviation of that day, negative where the day is mirrored.
    pub scale: Vec<f64>,
    /// Lowest, highest and last price of that day in its own units.
    pub shape: [Vec<f64>; 3],
    /// What the draws of a day mean, in the order of the paths that begin it: shock, share of the last hours, sign.
    drawn: [Vec<f64>; 3],
    /// Log-variances that leave the means, by path.
    leaving: [Vec<f64>; 3],
}

/// Which words the paths that begin a day have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pairing {
    /// Each its own.
    Single,
    /// The second of two neighbours is the mirror image of the first and has no word: every path is listed, and words of second paths
    /// are passed over.
    Mirrored,
}

impl Walk {
    /// Starts paths from what is known; none is in a day yet.
    pub fn begin(&mut self, lanes: usize, state: &VarianceState) {
        self.lanes = lanes;
        self.passed = 0;
        self.ring.clear();
        self.known.clear();
        self.known.extend(state.days);
        let [_, last, week, month, quarter, short] = state.regressors();
        let [low, high, close] = &mut self.shape;
        for (column, value) in [
            (&mut self.last, last),
            (&mut self.week, week),
            (&mut self.month, month),
            (&mut self.quarter, quarter),
            (&mut self.short, short),
            (&mut self.scale, 0.0),
            (&mut self.expected, 0.0),
            (low, 0.0),
            (high, 0.0),
            (close, 0.0),
        ] {
            column.clear();
            column.resize(lanes, value);
        }
        self.day.clear();
        self.day.resize(lanes, 0);
    }

    /// Number of paths.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Lets each listed path begin its next day, by a random word each. Paths that are left out do not go on.
    pub fn next(&mut self, dynamics: Dynamics<'_>, lanes: &[u32], words: &[u64], pairing: Pairing) {
        for column in &mut self.drawn {
            column.resize(lanes.len(), 0.0);
        }
        let place = self.passed % DAYS;
        self.ring.resize(self.ring.len().max((place + 1) * self.lanes), 0.0);
        for (column, back) in self.leaving.iter_mut().zip([WEEK, MONTH, DAYS]) {
            column.clear();
            match self.passed.checked_sub(back) {
                Some(day) => column.extend_from_slice(&self.ring[day % DAYS * self.lanes..][..self.lanes]),
                None => column.resize(self.lanes, self.known[back - self.passed - 1]),
            }
        }
        dispatch(NextDay { walk: self, dynamics, lanes, words, pairing });
        self.passed += 1;
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
            &mut self.expected,
        ]
        .into_iter()
        .chain(&mut self.shape)
        {
            replace(column, replacements);
        }
        replace(&mut self.day, replacements);
    }
}

struct NextDay<'a> {
    walk: &'a mut Walk,
    dynamics: Dynamics<'a>,
    lanes: &'a [u32],
    words: &'a [u64],
    pairing: Pairing,
}

/// What a day changes, by path, and what its draws mean, in the order of the paths that begin it.
struct Columns<'a> {
    last: &'a mut [f64],
    week: &'a mut [f64],
    month: &'a mut [f64],
    quarter: &'a mut [f64],
    short: &'a mut [f64],
    scale: &'a mut [f64],
    expected: &'a mut [f64],
    /// The log-variance of the new day.
    newest: &'a mut [f64],
    a_week_ago: &'a [f64],
    a_month_ago: &'a [f64],
    oldest: &'a [f64],
    shock: &'a [f64],
    after: &'a [f64],
    sign: &'a [f64],
}

impl Columns<'_> {
    /// Lets a path begin its day by the draw of a place. Always inlined: only inside the kernel are multiply-adds instructions.
    #[inline(always)]
    fn step(&mut self, coefficients: &[f64; 6], season: f64, (lane, draw): (usize, usize)) {
        let [c, b1, b7, b30, b90, b6] = coefficients;
        let mut mean = b1.mul_add(self.last[lane], *c);
        mean = b7.mul_add(self.week[lane], mean);
        mean = b30.mul_add(self.month[lane], mean);
        mean = b90.mul_add(self.quarter[lane], mean);
        mean = b6.mul_add(self.short[lane], mean);
        self.expected[lane] = mean;
        let value = mean + self.shock[draw];
        let value = if value < LARGEST_LOG_VARIANCE { value } else { LARGEST_LOG_VARIANCE };
        self.week[lane] += (value - self.a_week_ago[lane]) * (1.0 / 7.0);
        self.month[lane] += (value - self.a_month_ago[lane]) * (1.0 / 30.0);
        self.quarter[lane] += (value - self.oldest[lane]) * (1.0 / DAYS as f64);
        self.newest[lane] = value;
        self.last[lane] = value;
        self.short[lane] = self.after[draw];
        self.scale[lane] = self.sign[draw] * exp(0.5 * value) * season;
    }
}

impl Kernel for NextDay<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { walk, dynamics, lanes, words, pairing } = self;
        let Dynamics { coefficients, days, season } = dynamics;
        let [shock, after, sign] = &mut walk.drawn;
        let [low, high, close] = &mut walk.shape;
        let (n, count) = (walk.lanes, lanes.len());
        // What lies about in memory first, so that the rest runs in lanes.
        if pairing == Pairing::Mirrored && count == n {
            let (low, high, close) = (&mut low[..n], &mut high[..n], &mut close[..n]);
            let (shock, after, sign) = (&mut shock[..n], &mut after[..n], &mut sign[..n]);
            let (day, words) = (&mut walk.day[..n], &words[..n]);
            for first in (0..n).step_by(2) {
                let (index, turn, drawn) = days.draw(words[first]);
                // The last of an odd number has no image.
                let second = if first + 1 < n { first + 1 } else { first };
                for (lane, turn) in [(second, -turn), (first, turn)] {
                    day[lane] = index as u32;
                    (shock[lane], after[lane], sign[lane]) = (drawn.shock, drawn.short, turn);
                    (low[lane], high[lane], close[lane]) = (drawn.low, drawn.high, drawn.close);
                }
            }
        } else {
            for (i, (lane, word)) in lanes.iter().zip(words).enumerate() {
                let lane = *lane as usize;
                let (index, turn, day) = days.draw(*word);
                walk.day[lane] = index as u32;
                (shock[i], after[i], sign[i]) = (day.shock, day.short, turn);
                (low[lane], high[lane], close[lane]) = (day.low, day.high, day.close);
            }
        }
        let root = season[walk.passed % WEEK];
        let [a_week_ago, a_month_ago, oldest] = &walk.leaving;
        let mut columns = Columns {
            last: &mut walk.last[..n],
            week: &mut walk.week[..n],
            month: &mut walk.month[..n],
            quarter: &mut walk.quarter[..n],
            short: &mut walk.short[..n],
            scale: &mut walk.scale[..n],
            expected: &mut walk.expected[..n],
            newest: &mut walk.ring[walk.passed % DAYS * n..][..n],
            a_week_ago: &a_week_ago[..n],
            a_month_ago: &a_month_ago[..n],
            oldest: &oldest[..n],
            shock: &shock[..count],
            after: &after[..count],
            sign: &sign[..count],
        };
        if count == n {
            for lane in 0..n {
                columns.step(coefficients, root, (lane, lane));
            }
        } else {
            for (i, lane) in lanes.iter().enumerate() {
                columns.step(coefficients, root, (*lane as usize, i));
            }
        }
    }
}
