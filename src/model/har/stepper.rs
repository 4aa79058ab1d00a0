//! Moves the price of each path along its day.

use super::super::{Moves, Stepper};
use super::Har;
use super::days::{DayShape, HourShape};
use super::variances::DAY;
use super::walk::{Pairing, Walk};
use crate::market::{Draws, Driving, Duration};
use crate::numeric::{Guide, Kernel, Nets, Replacement, Stream, dispatch, replace, upper_tail};

/// Seconds of a day.
const SECONDS: u64 = 86_400;
/// Factor from the squared range to the variance of a Brownian motion (Parkinson 1980): 1/(4 ln 2).
const RANGE_TO_VARIANCE: f64 = 0.360_673_760_222_240_85;
/// Times that are this near to the end of an hour, in hours, are there.
const NEAR: f64 = 1e-6;

/// Steps through days; their ends are its events.
#[derive(Debug)]
pub struct HarStepper {
    model: Har,
    walk: Walk,
    /// Hours of the current day that have passed, by path.
    elapsed: Vec<f64>,
    /// Whether none has passed of any path's.
    is_fresh: bool,
    /// Number of the current day from 1; all paths are in the same.
    number: u64,
    day_end: Vec<f64>,
    everyone: Vec<u32>,
    words: Vec<u64>,
    /// Leads the normals that days are drawn by, where nets do.
    guide: Guide,
    normals: Vec<f64>,
    /// Whether neighbouring paths are mirror images of each other.
    is_paired: bool,
}

/// Gives the second path of each pair of neighbours the word of the first with the other sign, where both are listed.
fn mirror(lanes: &[u32], words: &mut [u64]) {
    for place in 1..lanes.len() {
        if lanes[place] % 2 == 1 && lanes[place - 1] + 1 == lanes[place] {
            words[place] = words[place - 1] ^ 1;
        }
    }
}

impl HarStepper {
    pub fn new(model: Har, lanes: usize) -> Self {
        let column = || Vec::with_capacity(lanes);
        Self {
            model,
            walk: Walk::default(),
            elapsed: column(),
            is_fresh: true,
            number: 1,
            day_end: column(),
            everyone: Vec::with_capacity(lanes),
            words: Vec::with_capacity(lanes),
            guide: Guide::default(),
            normals: Vec::new(),
            is_paired: false,
        }
    }

    /// The same with paths in pairs: the second of two neighbours draws the days of the first with the other signs.
    pub fn paired(model: Har, lanes: usize) -> Self {
        let is_paired = model.normal.is_none();
        Self { is_paired, ..Self::new(model, lanes) }
    }

    /// Lets the listed paths begin their next day.
    fn next_day(&mut self, lanes: &[u32], noise: &mut Stream) {
        self.words.resize(lanes.len(), 0);
        if self.guide.is_led() && lanes.len() == self.walk.lanes() {
            self.normals.resize(lanes.len(), 0.0);
            noise.normals(&mut self.normals);
            self.guide.all(days_over(1), &mut self.normals);
            dispatch(ToWords { normals: &self.normals, words: &mut self.words });
        } else {
            noise.words(&mut self.words);
        }
        let pairing = match self.is_paired && lanes.len() == self.walk.lanes() {
            true => Pairing::Mirrored,
            false => Pairing::Single,
        };
        if self.is_paired && pairing == Pairing::Single {
            mirror(lanes, &mut self.words);
        }
        self.walk.next(self.model.dynamics(), lanes, &self.words, pairing);
    }

    /// Moves paths on within days that are normal given their variance; a bridge lies inside.
    fn advance_normally(&self, return_variance: f64, moves: Moves<'_>) {
        let Moves { lanes, duration, normals, open, close, variance, volatility_times, .. } = moves;
        for (i, lane) in lanes.iter().enumerate() {
            let deviation = volatility_times * self.walk.scale[*lane as usize];
            variance[i] = return_variance * deviation * deviation * duration[i] / days_over(1);
            close[i] = open[i] + variance[i].sqrt() * normals[i] + self.model.log_drift * duration[i];
        }
    }

    /// Moves a path on within its day for some years: the change of its log-price without drift, and the lowest and highest on the way
    /// over the price before.
    pub fn step(&mut self, lane: usize, years: f64) -> [f64; 3] {
        let days = &self.model.days;
        let (day, scale) = (self.walk.day[lane] as usize, self.walk.scale[lane]);
        let hours = days.hours_of(day);
        let from = self.elapsed[lane];
        let to = from + years * (DAY as f64 / days_over(1));
        self.elapsed[lane] = to;
        self.is_fresh = false;
        let before = if from > 0.0 { price_at(hours, from) } else { 0.0 };
        let [end, low, high] =
            piece(&days.days()[day], hours, from, to).map(|price| scale * (price - before));
        [end, low.min(high).min(0.0), low.max(high).max(0.0)]
    }
}

/// Close, low and high of a piece of a day, over the price before the day: from one number of hours to another.
fn piece(day: &DayShape, hours: &[HourShape], from: f64, to: f64) -> [f64; 3] {
    if from < NEAR && to > DAY as f64 - NEAR {
        return [day.close, day.low, day.high];
    }
    let (start, end) = (price_at(hours, from), price_at(hours, to));
    let (mut low, mut high) = (start.min(end), start.max(end));
    // Hours whose end lies in the piece.
    let first = (from + NEAR).floor() as usize;
    let last = ((to + NEAR).floor() as usize).min(DAY);
    for [hour_low, hour_high, _] in hours.get(first..last).unwrap_or_default() {
        low = low.min(*hour_low);
        high = high.max(*hour_high);
    }
    [end, low, high]
}

/// The price after some hours of a day: straight between the closes of its hours.
fn price_at(hours: &[HourShape], time: f64) -> f64 {
    let whole = ((time + NEAR).floor() as usize).min(DAY);
    let close = |after: usize| if after == 0 { 0.0 } else { hours[after - 1][2] };
    let share = time - whole as f64;
    if share < NEAR || whole == DAY {
        close(whole)
    } else {
        close(whole) + share * (close(whole + 1) - close(whole))
    }
}

/// Length of so many days in years, as the grid has it.
fn days_over(days: u64) -> f64 {
    Duration::from_seconds(days * SECONDS).years()
}

/// The smaller of two numbers, as lanes compare.
#[inline(always)]
fn less(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// The larger one.
#[inline(always)]
fn more(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Whether moves over these years are whole days.
fn is_whole_day(durations: &[f64]) -> bool {
    let least = days_over(1) * (1.0 - NEAR / DAY as f64);
    durations.iter().fold(true, |all, duration| all & (*duration > least))
}

/// All paths on along the whole of their day: its own extremes are theirs.
struct WholeDay<'a, 'm> {
    walk: &'a Walk,
    log_drift: f64,
    moves: Moves<'m>,
}

impl Kernel for WholeDay<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { walk, log_drift, moves } = self;
        let n = walk.lanes();
        let [day_low, day_high, day_close] = &walk.shape;
        let (day_low, day_high, day_close) = (&day_low[..n], &day_high[..n], &day_close[..n]);
        let (scale, times) = (&walk.scale[..n], moves.volatility_times);
        let (duration, open) = (&moves.duration[..n], &moves.open[..n]);
        let (close, variance) = (&mut moves.close[..n], &mut moves.variance[..n]);
        let (low, high) = (&mut moves.low[..n], &mut moves.high[..n]);
        for i in 0..n {
            let (one, other) = (scale[i] * day_low[i], scale[i] * day_high[i]);
            let (least, most) = (less(less(one, other), 0.0), more(more(one, other), 0.0));
            close[i] = open[i] + times * (scale[i] * day_close[i]) + log_drift * duration[i];
            low[i] = less(open[i] + times * least, close[i]);
            high[i] = more(open[i] + times * most, close[i]);
            // Only for the time of a hit inside the bar.
            variance[i] = RANGE_TO_VARIANCE * (high[i] - low[i]) * (high[i] - low[i]);
        }
    }
}

/// From a normal to a word that draws a day: a farther one, to the other side, by a larger one.
struct ToWords<'a> {
    normals: &'a [f64],
    words: &'a mut [u64],
}

impl Kernel for ToWords<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        const WORDS: f64 = (1_u64 << 52) as f64;
        for (word, normal) in self.words.iter_mut().zip(self.normals) {
            let chance = 1.0 - 2.0 * upper_tail(normal.abs());
            let chance = if chance > 0.0 { chance } else { 0.0 };
            let place = (chance * WORDS) as i64 as u64;
            let place = if place < 1 << 52 { place } else { (1 << 52) - 1 };
            *word = (place << 12) | u64::from(*normal < 0.0);
        }
    }
}

impl Stepper for HarStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.walk.begin(lanes, &self.model.state());
        self.everyone.clear();
        self.everyone.extend(0..lanes as u32);
        self.number = 1;
        self.is_fresh = true;
        self.elapsed.clear();
        self.elapsed.resize(lanes, 0.0);
        self.day_end.clear();
        self.day_end.resize(lanes, days_over(1));
        self.guide.rest();
        let everyone = std::mem::take(&mut self.everyone);
        self.next_day(&everyone, noise);
        self.everyone = everyone;
    }

    fn lead(&mut self, nets: &mut Nets, horizon: f64, lanes: usize, noise: &mut Stream) {
        if self.model.normal.is_some() {
            return;
        }
        let days = (horizon / days_over(1)).ceil();
        self.guide.begin(nets, days as usize, days * days_over(1), lanes);
        // The first day is drawn again.
        self.walk.begin(lanes, &self.model.state());
        let everyone = std::mem::take(&mut self.everyone);
        self.next_day(&everyone, noise);
        self.everyone = everyone;
    }

    fn event_times(&self) -> &[f64] {
        &self.day_end
    }

    fn events_together(&self) -> bool {
        true
    }

    fn knows_extremes(&self) -> bool {
        self.model.normal.is_none()
    }

    fn takes_normals(&self) -> bool {
        self.model.normal.is_some()
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        if let Some(normal) = self.model.normal {
            return self.advance_normally(normal.return_variance, moves);
        }
        if self.is_fresh && moves.lanes.len() == self.walk.lanes() && is_whole_day(moves.duration) {
            self.elapsed.fill(DAY as f64);
            self.is_fresh = false;
            dispatch(WholeDay { walk: &self.walk, log_drift: self.model.log_drift, moves });
            return;
        }
        let Moves { lanes, duration, open, close, variance, low, high, volatility_times, .. } = moves;
        for (i, lane) in lanes.iter().enumerate() {
            let [end, least, most] = self.step(*lane as usize, duration[i]).map(|x| volatility_times * x);
            close[i] = open[i] + end + self.model.log_drift * duration[i];
            low[i] = (open[i] + least).min(close[i]);
            high[i] = (open[i] + most).max(close[i]);
            // Only for the time of a hit inside the bar.
            variance[i] = RANGE_TO_VARIANCE * (high[i] - low[i]) * (high[i] - low[i]);
        }
    }

    fn drivers<'a>(&'a self, _normals: &'a [f64]) -> Option<Driving<'a>> {
        let (Walk { expected, day, scale, .. }, season) = (&self.walk, &self.model.season);
        Some(Driving::Draws(Draws {
            expected,
            season: season[(self.number - 1) as usize % season.len()],
            day,
            turn: scale,
            begin: days_over(self.number - 1),
            length: days_over(1),
        }))
    }

    fn happen(&mut self, lanes: &[u32], _log_price: &mut [f64], noise: &mut Stream) {
        self.next_day(lanes, noise);
        for lane in lanes {
            self.elapsed[*lane as usize] = 0.0;
        }
        self.is_fresh = lanes.len() == self.walk.lanes();
        self.number += 1;
        self.day_end.fill(days_over(self.number));
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        self.walk.replace(replacements);
        replace(&mut self.elapsed, replacements);
    }
}
