//! What the block loop asks of whatever watches the bars of its paths.

use crate::market::{Bars, Driving, Sides};
use crate::numeric::{Replacement, Stream};

/// What the model of an asset knows of the value functions of paths: given the asset and the distances that are
/// left, it may replace the logarithms of the values.
pub type Foresight<'a> = dyn Fn(usize, &[f64], &mut [f64]) + 'a;

/// What has driven an asset over its last bars, where a model says.
pub type Driven<'a> = dyn Fn(usize) -> Option<Driving<'a>> + 'a;

/// Watches the paths of a block: the follower of an account, a recorder of bars, the fan of prices, particles.
///
/// Calls come in this order: `begin`; then for every stretch of time `observe` or `look`, and at the common times
/// at which something is due `settle` and `select`. What is known at the end of the block is read from the observer
/// by whoever lent it to the loop.
pub trait Observer: Send {
    /// Starts a block of `lanes` paths.
    fn begin(&mut self, lanes: usize);

    /// The extreme that bars must carry; none if the observer needs open and close only.
    fn watched_side(&self) -> Option<Sides> {
        None
    }

    /// Takes in what drove the bars that [`observe`](Self::observe) is shown next.
    fn follow(&mut self, _bars: &[Bars], _driven: &Driven<'_>) {}

    /// An event of an asset is due on some paths at the ends of the bars shown last, at these log-prices of the asset by path: a jump may move
    /// them.
    fn before_events(&mut self, _asset: usize, _lanes: &[u32], _log_prices: &[f64]) {}

    /// Takes in the next bars of some paths, one batch per asset over the same paths and times, in the order of events
    /// that [`Bars`] documents; `noise` draws the times of hits.
    fn observe(&mut self, bars: &[Bars], noise: &mut Stream);

    /// By path, how near an extreme has to come to matter, mirrored so that it comes from above (times +1
    /// where lows are watched, −1 where highs are): bars that surely stay above this need no extreme. None if
    /// every extreme matters.
    fn nearest(&self) -> Option<&[f64]> {
        None
    }

    /// The same as [`observe`](Self::observe) where only some bars may come as near as
    /// [`nearest`](Self::nearest), `near` by index in the batches and ascending: but for the first, the others
    /// have no start, which is the same for all, and no extreme. Who says how near that is has to implement it.
    fn observe_near(&mut self, bars: &[Bars], _near: &[u32], noise: &mut Stream) {
        self.observe(bars, noise);
    }

    /// Whether the observer takes in several monitoring dates at once; if not, it is shown every date as a batch of bars.
    fn looks_at_once(&self) -> bool {
        false
    }

    /// Takes in the prices of some paths in a row, from `first` on, at some monitoring dates in a row, at most [`LONGEST_STRIDE`](crate::market::LONGEST_STRIDE):
    /// `log_prices` are by asset, then by date and path. All paths are shown these dates before any is shown the next. Asked of observers that take them at once.
    fn look(&mut self, _times: &[f64], _first: usize, _log_prices: &[&[f64]]) {}

    /// Lets what is due happen at a date of the account's schedule, at these log-prices (by asset and path). Who has no
    /// schedule is never asked.
    fn settle(&mut self, _date: usize, _log_prices: &[Vec<f64>], _due: Due<'_>) {}

    /// Chooses paths that are replaced by copies of others, all at the same time and at these log-prices (by asset and
    /// path), changes the weights so that weighted sums stay right on average, and replaces its own state of them. None
    /// for an observer that leaves the paths alone.
    fn select(
        &mut self,
        _log_prices: &[Vec<f64>],
        _weights: &mut [f64],
        _noise: &mut Stream,
        _foresight: &Foresight<'_>,
    ) -> &[Replacement] {
        &[]
    }
}

/// What is due to an account at a date of its schedule.
#[derive(Debug, Clone, Copy, Default)]
pub struct Due<'a> {
    /// Funding rates by law and path; empty where none is due.
    pub funding: &'a [f64],
    /// The day of the network that a miner works in; none without a miner.
    pub network: Option<NetworkDay<'a>>,
}

/// A day of a network, by path.
#[derive(Debug, Clone, Copy)]
pub struct NetworkDay<'a> {
    /// Coins per PH/s, before the pool's fee.
    pub coins: &'a [f64],
    /// Price of power per kWh.
    pub power: &'a [f64],
    /// Quote currency per PH/s.
    pub hashprice: &'a [f64],
    /// Difficulty in force.
    pub difficulty: &'a [f64],
}
