//! Returns of a level at which its distribution is looked at closely: those of a path that closes at known
//! prices.

use super::intervals::Intervals;

/// The chances of tails whose means are looked at, too.
pub(super) const TAILS: [f64; 2] = [0.05, 0.01];

/// Rising returns, every other one that of a mark between intervals whose chances are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Cuts {
    returns: Vec<f64>,
    /// Those at about the ends of tails.
    tails: [usize; TAILS.len()],
}

impl Cuts {
    /// From the returns at rising prices, the cuts of intervals; none where they neither rise nor fall, or are
    /// too many.
    pub fn new(mut returns: Vec<f64>, intervals: &Intervals) -> Option<Self> {
        let falls = returns.first() > returns.last();
        if falls {
            returns.reverse();
        }
        let rises = returns.len() > 1
            && returns.len() < 2 * Intervals::MOST
            && returns.windows(2).all(|pair| pair[0] < pair[1]);
        let last = returns.len().saturating_sub(1);
        let cut = |chance: f64| {
            let [low, high] = intervals.about(chance);
            if falls { last.saturating_sub(2 * high) } else { 2 * low }
        };
        rises.then(|| Self { tails: TAILS.map(cut), returns })
    }

    /// The returns, rising.
    pub fn returns(&self) -> &[f64] {
        &self.returns
    }

    /// The numbers of those at about the ends of [`TAILS`].
    pub(super) fn tails(&self) -> [usize; TAILS.len()] {
        self.tails
    }
}
