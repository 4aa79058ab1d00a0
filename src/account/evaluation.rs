//! What the engine asks of an account.

use crate::market::{Bars, Sides};
use crate::numeric::{Replacement, Stream};
use crate::stats::{Histogram, Sums, Tally};

/// What the model of an asset knows of the hopes of paths: given the asset and the distances that are left, it may replace the logarithms
/// of the hopes.
pub type Foresight<'a> = dyn Fn(usize, &[f64], &mut [f64]) + 'a;

/// Follows all leverage levels of an account along the paths of a block.
///
/// There are two ways to do the same: [`Nested`](super::Nested) needs each path's running extreme only, and
/// [`Ledger`](super::Ledger) keeps the state of every level on every path. Levels are in order of rising leverage.
pub trait Evaluation: Send {
    /// Starts a block of `lanes` paths.
    fn begin(&mut self, lanes: usize);

    /// The extreme that bars must carry; none if the evaluation needs open and close only.
    fn watched_side(&self) -> Option<Sides>;

    /// The side on which the account loses; none if that depends.
    fn losing_side(&self) -> Option<Sides> {
        self.watched_side()
    }

    /// Takes in the next bars of some paths, one batch per asset over the same paths and times, in the order of events
    /// that [`Bars`] documents; `hit_noise` draws the times of hits.
    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream);

    /// Lets the cash flows happen that are due at a moment of the account's schedule, at these log-prices (by asset and
    /// path) and funding rates (by law and path; empty where none is due), and compares the new barriers with the price. Accounts
    /// without a schedule are never asked.
    fn settle(&mut self, _moment: usize, _log_prices: &[Vec<f64>], _funding_rates: &[f64]) {}

    /// Takes in looks at the prices of all paths at some times in a row, if the evaluation can do so at once; `false`, and nothing
    /// done, if it wants every look as a batch of bars. `log_prices` are by asset, then by look and path.
    fn look(&mut self, _times: &[f64], _log_prices: &[Vec<f64>]) -> bool {
        false
    }

    /// Chooses paths that are replaced by copies of others, all at the same time and at these log-prices (by asset and path),
    /// changes the weights so that weighted sums stay right on average, and replaces its own state of them. None for an
    /// evaluation that leaves the paths alone.
    fn select(
        &mut self,
        _log_prices: &[Vec<f64>],
        _weights: &mut [f64],
        _noise: &mut Stream,
        _foresight: &Foresight<'_>,
    ) -> &[Replacement] {
        &[]
    }

    /// Closes what has survived to the horizon, at these log-prices (by asset and path, relative to the start), and adds
    /// the block to a tally, perhaps holding some of it back. `weights` are those of the paths.
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally);

    /// Adds to the tally what was held back of the blocks finished so far.
    fn flush(&mut self, _tally: &mut Tally) {}

    /// The survivors of a level in a tally that was made by this evaluation, and flushed.
    fn survivors(&self, tally: &Tally, level: usize) -> Survivors;

    /// If a level is liquidated exactly when the price first touches a barrier that never moves: the barriers by level, as
    /// log-prices mirrored so that liquidation lies below; −∞ where there is none.
    fn fixed_barriers(&self) -> Option<&[f64]> {
        None
    }

    /// Names the path and the level of every liquidation of the current block so far.
    fn for_each_liquidated(&self, name: &mut dyn FnMut(u32, usize)) {
        for hit in self.hits() {
            name(hit.lane, hit.level as usize);
        }
    }

    /// The liquidations of the current block so far; with many levels only those whose times were drawn.
    fn hits(&self) -> &[Hit];
}

/// One liquidation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The path within the block.
    pub lane: u32,
    /// The level.
    pub level: u32,
    /// Years since the start.
    pub time: f64,
    /// Equity left, as a fraction of the equity put up.
    pub recovered: f64,
    /// Loss beyond the collateral, as a fraction of the equity put up.
    pub bad_debt: f64,
}

/// The paths on which a level was not liquidated.
#[derive(Debug, Clone, PartialEq)]
pub struct Survivors {
    /// Sums of the return.
    pub returns: Sums,
    /// Closing equity, 1 + return.
    pub closing_equity: Histogram,
}
