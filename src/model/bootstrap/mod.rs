//! Stationary block bootstrap of recorded bars.
//!
//! A path is recorded history cut into blocks and put together again: after each bar, with probability 1/block, a new block
//! starts at a bar chosen evenly from the whole record, else the next bar of the record follows (from the last one the first). Block
//! lengths are geometric with mean `block`, so volatility clusters up to that length survive. Highs and lows are those
//! of the record, so real wicks decide liquidations; so are gaps between a close and the next open (not across holes in the
//! record).
//!
//! | key | meaning |
//! |---|---|
//! | prices | recorded bars |
//! | block | mean length of a block |
//! | drift | growth rate of the expected price per year; that of the record if absent |
//!
//! A given drift shifts every bar by the same small amount, found from the exact expectation of the bootstrap over the
//! horizon. Nothing happens on a path that did not happen in the record: the worst bar there is the worst that can come.
//!
//! Paths that are led to a goal stay in blocks that go there, and start where such ones begin, with weights that make up for it (`led`).
//!
//! A bar is not divisible. Where something else falls inside one, its price moves in proportion to time, and its low and
//! high belong to the pieces in which a uniform time falls.
//!
//! Source: Politis and Romano (1994), "The stationary bootstrap".

mod led;

use std::sync::Arc;

use serde::Serialize;

use self::led::{Chain, Led};
use super::{Moves, Stepper, Tilt};
use crate::market::{Duration, PriceHistory};
use crate::numeric::{Replacement, Stream, elementary, replace};

/// Bars over which the expectation is followed to find the shift; beyond, its growth has settled.
const MOST_EXPECTED_BARS: u64 = 2000;

/// Factor from the squared range to the variance of a Brownian motion (Parkinson 1980): 1/(4 ln 2).
const RANGE_TO_VARIANCE: f64 = 0.360_673_760_222_240_85;

/// One recorded bar, in logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
struct RecordedBar {
    /// Open over the close before it.
    gap: f64,
    /// Low over open; not positive.
    low: f64,
    /// High over open; not negative.
    high: f64,
    /// Close over open.
    close: f64,
}

/// Recorded bars put together anew.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bootstrap {
    /// Hash of the record: two records with the same hash are the same.
    hash: String,
    interval: Duration,
    /// Mean length of a block in bars.
    block: f64,
    /// Shift of each bar's log return.
    shift: f64,
    #[serde(skip)]
    bars: Arc<[RecordedBar]>,
}

impl Bootstrap {
    /// The bootstrap of a record of at least one bar, whose content has the given hash. `block` is the mean length of a block in bars, at
    /// least 1; `drift` the growth rate of the expected price over the horizon.
    pub fn new(
        history: &PriceHistory,
        hash: String,
        block: f64,
        drift: Option<f64>,
        horizon: Duration,
    ) -> Self {
        let bars: Arc<[RecordedBar]> = history
            .bars
            .iter()
            .enumerate()
            .map(|(i, bar)| RecordedBar {
                gap: if history.is_gap(i) {
                    0.0
                } else {
                    elementary::ln(bar.open / history.bars[i - 1].close)
                },
                low: elementary::ln(bar.low / bar.open),
                high: elementary::ln(bar.high / bar.open),
                close: elementary::ln(bar.close / bar.open),
            })
            .collect();
        let interval = history.interval;
        let shift = drift.map_or(0.0, |drift| {
            let count = (horizon.seconds() / interval.seconds()).clamp(1, MOST_EXPECTED_BARS);
            drift * interval.years() - expected_growth(&bars, block, count)
        });
        Self { hash, interval, block, shift, bars }
    }

    /// Length of the record, without what is missing in it.
    pub fn record(&self) -> Duration {
        Duration::from_seconds(self.bars.len() as u64 * self.interval.seconds())
    }

    /// Length of a bar.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Mean length of a block in bars.
    pub fn block(&self) -> f64 {
        self.block
    }

    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        self.stepper_led_by(lanes, None)
    }

    /// Makes steppers whose paths are led by a tilt; they share the tilted chain.
    pub(super) fn led(&self, tilt: Tilt) -> impl Fn(usize) -> Box<dyn Stepper> + Sync + use<'_> {
        let moves: Vec<f64> = self.bars.iter().map(|bar| bar.gap + bar.close + self.shift).collect();
        let chain = Arc::new(Chain::new(&moves, (self.block, self.interval.years()), tilt));
        move |lanes| Box::new(self.stepper_led_by(lanes, Some(Led::new(Arc::clone(&chain)))))
    }

    fn stepper_led_by(&self, lanes: usize, led: Option<Led>) -> BootstrapStepper {
        let column = || Vec::with_capacity(lanes);
        BootstrapStepper {
            model: self.clone(),
            bar: Vec::with_capacity(lanes),
            steps: Vec::with_capacity(lanes),
            bar_end: column(),
            elapsed: column(),
            low_at: column(),
            high_at: column(),
            draws: Vec::with_capacity(4 * lanes),
            led,
        }
    }
}

/// ln E[S]/n after n bars: with E_k(i) the expected factor of the k bars that begin with bar i,
/// E_{k+1}(i) = e^{r_i}·((1 − 1/block)·E_k(i + 1) + mean(E_k)/block).
fn expected_growth(bars: &[RecordedBar], block: f64, count: u64) -> f64 {
    let n = bars.len();
    let factors: Vec<f64> = bars.iter().map(|bar| elementary::exp(bar.gap + bar.close)).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / n as f64;
    let mut expected = vec![1.0; n];
    let mut next = vec![0.0; n];
    for _ in 0..count {
        let restart = mean(&expected) / block;
        for i in 0..n {
            let following = expected[if i + 1 == n { 0 } else { i + 1 }];
            next[i] = factors[i] * ((1.0 - 1.0 / block) * following + restart);
        }
        std::mem::swap(&mut expected, &mut next);
    }
    elementary::ln(mean(&expected)) / count as f64
}

/// Walks through the record; the ends of bars are its events.
#[derive(Debug)]
struct BootstrapStepper {
    model: Bootstrap,
    /// Current bar of the record, by path.
    bar: Vec<usize>,
    /// Number of the current bar from 1, by path.
    steps: Vec<u64>,
    bar_end: Vec<f64>,
    /// Share of the current bar that has passed, by path.
    elapsed: Vec<f64>,
    /// When in the bar its low and its high fall, as a share.
    low_at: Vec<f64>,
    high_at: Vec<f64>,
    draws: Vec<f64>,
    led: Option<Led>,
}

impl BootstrapStepper {
    fn any_bar(&self, uniform: f64) -> usize {
        let count = self.model.bars.len();
        ((uniform * count as f64) as usize).min(count - 1)
    }
}

impl Stepper for BootstrapStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        for (column, value) in [
            (&mut self.bar_end, self.model.interval.years()),
            (&mut self.elapsed, 0.0),
            (&mut self.low_at, 0.0),
            (&mut self.high_at, 0.0),
        ] {
            column.clear();
            column.resize(lanes, value);
        }
        self.steps.clear();
        self.steps.resize(lanes, 1);
        self.draws.resize(lanes, 0.0);
        noise.uniforms(&mut self.draws);
        match &mut self.led {
            Some(led) => led.begin(&self.draws, &mut self.bar),
            None => self.bar = self.draws.iter().map(|uniform| self.any_bar(*uniform)).collect(),
        }
        noise.uniforms(&mut self.low_at);
        noise.uniforms(&mut self.high_at);
    }

    fn event_times(&self) -> &[f64] {
        &self.bar_end
    }

    fn knows_extremes(&self) -> bool {
        true
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        let Moves { lanes, duration, open, close, variance, low, high, volatility_times, .. } = moves;
        let per_year = 1.0 / self.model.interval.years();
        for (i, lane) in lanes.iter().enumerate() {
            let lane = *lane as usize;
            let bar = self.model.bars[self.bar[lane]];
            let share = duration[i] * per_year;
            let from = self.elapsed[lane];
            let to = from + share;
            let whole = volatility_times * bar.close + self.model.shift;
            close[i] = open[i] + whole * share;
            // A piece without the bar's low (or high) has that of its ends.
            (low[i], high[i]) = (open[i].min(close[i]), open[i].max(close[i]));
            let start = open[i] - whole * from;
            if (from..to).contains(&self.low_at[lane]) {
                low[i] = low[i].min(start + volatility_times * bar.low);
            }
            if (from..to).contains(&self.high_at[lane]) {
                high[i] = high[i].max(start + volatility_times * bar.high);
            }
            // Only for the time of a hit inside the bar.
            let range = volatility_times * (bar.high - bar.low);
            variance[i] = RANGE_TO_VARIANCE * range * range * share;
            self.elapsed[lane] = to;
        }
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        let n = lanes.len();
        let mut draws = std::mem::take(&mut self.draws);
        draws.resize(4 * n, 0.0);
        noise.uniforms(&mut draws);
        for (k, lane) in lanes.iter().enumerate() {
            let lane = *lane as usize;
            let following = if self.bar[lane] + 1 == self.model.bars.len() { 0 } else { self.bar[lane] + 1 };
            self.bar[lane] = match &mut self.led {
                Some(led) => led.next(lane, log_price[lane], following, [draws[k], draws[n + k]]),
                None if draws[k] * self.model.block < 1.0 => self.any_bar(draws[n + k]),
                None => following,
            };
            log_price[lane] += self.model.bars[self.bar[lane]].gap;
            self.low_at[lane] = draws[2 * n + k];
            self.high_at[lane] = draws[3 * n + k];
            self.elapsed[lane] = 0.0;
            self.steps[lane] += 1;
            let seconds = self.steps[lane] * self.model.interval.seconds();
            self.bar_end[lane] = Duration::from_seconds(seconds).years();
        }
        self.draws = draws;
    }

    fn foresee(&self, left: &[f64], logarithms: &mut [f64]) {
        if let Some(led) = &self.led {
            led.hopes(&self.bar, left, logarithms);
        }
    }

    fn weigh(&mut self, _time: f64, weights: &mut [f64]) {
        if let Some(led) = &mut self.led {
            led.weigh(weights);
        }
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        replace(&mut self.bar, replacements);
        replace(&mut self.steps, replacements);
        for column in [&mut self.bar_end, &mut self.elapsed, &mut self.low_at, &mut self.high_at] {
            replace(column, replacements);
        }
    }
}
