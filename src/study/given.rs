//! Paths that a caller brings, as a price model that plays them back.

use std::sync::Arc;

use super::evaluate_error::EvaluateError;
use crate::market::Duration;
use crate::model::{Moves, PriceModel, Stepper};
use crate::numeric::{Replacement, Stream, elementary, replace};

/// What is known of a price between the closes of two bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Between {
    /// Nothing: the account is looked at when a bar closes.
    Closes,
    /// A Brownian bridge of this volatility per square root of a year joins the closes, and is watched all the time.
    Bridge {
        /// Volatility per square root of a year.
        volatility: f64,
    },
}

/// Paths of the price of one asset, bar by bar.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenPaths {
    /// Length of a bar.
    pub(super) interval: Duration,
    pub(super) paths: usize,
    pub(super) steps: usize,
    /// Variance of the bridge per year; 0 without one.
    variance: f64,
    /// Path by path, bar by bar: log-prices over the path's first price.
    bars: Vec<Bar>,
    knows_extremes: bool,
    /// Hash of everything above.
    hash: [u8; 32],
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Bar {
    open: f64,
    high: f64,
    low: f64,
    close: f64,
}

impl GivenPaths {
    /// From closes: `prices` holds the paths one after the other, each of its price at the start and one at the end of each bar. Only
    /// ratios to a path's first price matter: the account is opened at the price of the scenario.
    ///
    /// # Errors
    /// The number of prices does not fit, or one is no price.
    pub fn from_closes(
        interval: Duration,
        paths: usize,
        prices: &[f64],
        between: Between,
    ) -> Result<Self, EvaluateError> {
        let per_path = shape(interval, paths, prices.len(), 1)?;
        let steps = per_path - 1;
        if steps == 0 {
            return Err(EvaluateError::Shape { paths, prices: prices.len() });
        }
        let variance = match between {
            Between::Closes => 0.0,
            Between::Bridge { volatility } if volatility > 0.0 && volatility.is_finite() => {
                volatility * volatility
            }
            Between::Bridge { volatility } => return Err(EvaluateError::Volatility(volatility)),
        };
        let mut bars = Vec::with_capacity(paths * steps);
        for (path, prices) in prices.chunks_exact(per_path).enumerate() {
            let logs = log_prices(path, prices)?;
            bars.extend(logs.windows(2).map(|ends| {
                let [open, close] = [ends[0], ends[1]];
                Bar { open, high: open.max(close), low: open.min(close), close }
            }));
        }
        Ok(Self::new(interval, paths, steps, variance, bars, false))
    }

    /// From bars: `prices` holds the paths one after the other, each of its bars in order of time, each bar of open, high, low and close. An
    /// open that differs from the close before is a gap: the price jumps over what lies between. Only ratios to a path's first
    /// open matter.
    ///
    /// # Errors
    /// The number of prices does not fit, one is no price, or a high or low lies inside its bar.
    pub fn from_bars(interval: Duration, paths: usize, prices: &[f64]) -> Result<Self, EvaluateError> {
        let per_path = shape(interval, paths, prices.len(), 4)?;
        let steps = per_path / 4;
        let mut bars = Vec::with_capacity(paths * steps);
        for (path, prices) in prices.chunks_exact(per_path).enumerate() {
            let logs = log_prices(path, prices)?;
            for (number, bar) in logs.chunks_exact(4).enumerate() {
                let bar = Bar { open: bar[0], high: bar[1], low: bar[2], close: bar[3] };
                if bar.high < bar.open.max(bar.close) || bar.low > bar.open.min(bar.close) {
                    return Err(EvaluateError::Bar { path, bar: number });
                }
                bars.push(bar);
            }
        }
        Ok(Self::new(interval, paths, steps, 0.0, bars, true))
    }

    fn new(
        interval: Duration,
        paths: usize,
        steps: usize,
        variance: f64,
        bars: Vec<Bar>,
        knows_extremes: bool,
    ) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&interval.seconds().to_le_bytes());
        for bar in &bars {
            for price in [bar.open, bar.high, bar.low, bar.close] {
                hasher.update(&price.to_le_bytes());
            }
        }
        let hash = hasher.finalize().into();
        Self { interval, paths, steps, variance, bars, knows_extremes, hash }
    }

    /// Number of paths.
    pub fn paths(&self) -> usize {
        self.paths
    }

    /// Number of bars of each path.
    pub fn steps(&self) -> usize {
        self.steps
    }
}

/// Prices of each path, whose number must divide by that of a bar.
fn shape(interval: Duration, paths: usize, prices: usize, per_bar: usize) -> Result<usize, EvaluateError> {
    let per_path = prices.checked_div(paths).unwrap_or(0);
    if interval.seconds() == 0
        || per_path == 0
        || per_path * paths != prices
        || !per_path.is_multiple_of(per_bar)
    {
        return Err(EvaluateError::Shape { paths, prices });
    }
    Ok(per_path)
}

/// Log-prices over the first.
fn log_prices(path: usize, prices: &[f64]) -> Result<Vec<f64>, EvaluateError> {
    let log = |(place, price): (usize, &f64)| {
        if *price > 0.0 && price.is_finite() {
            Ok(elementary::ln(price / prices[0]))
        } else {
            Err(EvaluateError::Price { path, place, value: *price })
        }
    };
    // The first price is looked at before anything is divided by it.
    log((0, &prices[0]))?;
    prices.iter().enumerate().map(log).collect()
}

/// Some of the paths, as the law of an asset for one block.
#[derive(Debug, Clone)]
pub(super) struct Playback {
    pub paths: Arc<GivenPaths>,
    /// The path of the block's first lane.
    pub first: usize,
}

impl PriceModel for Playback {
    fn name(&self) -> &str {
        "given paths"
    }

    fn parameters(&self) -> Vec<(&str, f64)> {
        let word = |at: usize| {
            let bytes = [0, 1, 2, 3].map(|byte| self.paths.hash[4 * at + byte]);
            f64::from(u32::from_le_bytes(bytes))
        };
        let names = ["hash.0", "hash.1", "hash.2", "hash.3", "hash.4", "hash.5", "hash.6", "hash.7"];
        let mut parameters: Vec<(&str, f64)> =
            names.iter().enumerate().map(|(at, name)| (*name, word(at))).collect();
        parameters.push(("variance", self.paths.variance));
        parameters
    }

    fn stepper(&self, _lanes: usize) -> Box<dyn Stepper> {
        Box::new(Player { of: self.clone(), lanes: Vec::new(), bar_end: Vec::new(), draws: Vec::new() })
    }

    fn step(&self, _horizon: Duration) -> Option<Duration> {
        None
    }
}

/// Plays paths back; the ends of bars are its events.
#[derive(Debug)]
struct Player {
    of: Playback,
    lanes: Vec<Lane>,
    bar_end: Vec<f64>,
    draws: Vec<f64>,
}

/// Where a path of the block is.
#[derive(Debug, Clone, Copy)]
struct Lane {
    path: usize,
    bar: usize,
    /// Share of the current bar that has passed.
    elapsed: f64,
    /// When in the bar its low and its high fall, as a share.
    low_at: f64,
    high_at: f64,
}

impl Player {
    fn bar(&self, lane: &Lane) -> Bar {
        self.of.paths.bars[lane.path * self.of.paths.steps + lane.bar]
    }

    fn end_of(&self, bar: usize) -> f64 {
        Duration::from_seconds((bar as u64 + 1) * self.of.paths.interval.seconds()).years()
    }

    /// Two draws for each of so many bars.
    fn draw(&mut self, bars: usize, noise: &mut Stream) {
        self.draws.resize(2 * bars, 0.0);
        noise.uniforms(&mut self.draws);
    }
}

impl Stepper for Player {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.draw(lanes, noise);
        let last = self.of.paths.paths - 1;
        self.lanes.clear();
        self.lanes.extend((0..lanes).map(|lane| Lane {
            path: (self.of.first + lane).min(last),
            bar: 0,
            elapsed: 0.0,
            low_at: self.draws[lane],
            high_at: self.draws[lanes + lane],
        }));
        self.bar_end.clear();
        self.bar_end.resize(lanes, self.end_of(0));
    }

    fn event_times(&self) -> &[f64] {
        &self.bar_end
    }

    fn knows_extremes(&self) -> bool {
        self.of.paths.knows_extremes
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        let per_year = 1.0 / self.of.paths.interval.years();
        for (i, lane) in moves.lanes.iter().enumerate() {
            let lane = &mut self.lanes[*lane as usize];
            let bar = self.of.paths.bars[lane.path * self.of.paths.steps + lane.bar];
            let open = moves.open[i];
            let from = lane.elapsed;
            let to = from + moves.duration[i] * per_year;
            // What is left of the bar leads to its close.
            let left = 1.0 - from;
            let (close, rest) = if to >= 1.0 - 1e-9 || left <= 0.0 {
                (bar.close, 0.0)
            } else {
                (open + (bar.close - open) * (to - from) / left, 1.0 - to)
            };
            let variance = self.of.paths.variance * moves.duration[i];
            // A point of the bridge on the way: its variance given both ends.
            let spread = if rest > 0.0 { (variance * rest / left).sqrt() } else { 0.0 };
            moves.close[i] = close + spread * moves.normals[i];
            moves.variance[i] = variance;
            if self.of.paths.knows_extremes {
                // A piece without the bar's low (or high) has that of its ends.
                moves.low[i] = open.min(moves.close[i]);
                moves.high[i] = open.max(moves.close[i]);
                if (from..to).contains(&lane.low_at) {
                    moves.low[i] = moves.low[i].min(bar.low);
                }
                if (from..to).contains(&lane.high_at) {
                    moves.high[i] = moves.high[i].max(bar.high);
                }
            }
            lane.elapsed = to;
        }
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        self.draw(lanes.len(), noise);
        for (k, number) in lanes.iter().enumerate() {
            let mut lane = self.lanes[*number as usize];
            let number = *number as usize;
            if lane.bar + 1 == self.of.paths.steps {
                self.bar_end[number] = f64::INFINITY;
                continue;
            }
            lane.bar += 1;
            lane.elapsed = 0.0;
            (lane.low_at, lane.high_at) = (self.draws[k], self.draws[lanes.len() + k]);
            log_price[number] = self.bar(&lane).open;
            self.lanes[number] = lane;
            self.bar_end[number] = self.end_of(lane.bar);
        }
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        replace(&mut self.lanes, replacements);
        replace(&mut self.bar_end, replacements);
    }
}
