//! Returns of a level at which its distribution is looked at closely: those of a path that closes at known
//! prices.

use super::intervals::Intervals;

/// Rising returns, every other one that of a mark between intervals whose chances are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Cuts {
    returns: Vec<f64>,
}

impl Cuts {
    /// From the returns at rising prices; none where they neither rise nor fall, or are too many.
    pub fn new(mut returns: Vec<f64>) -> Option<Self> {
        if returns.first() > returns.last() {
            returns.reverse();
        }
        let rises = returns.len() > 1
            && returns.len() < 2 * Intervals::MOST
            && returns.windows(2).all(|pair| pair[0] < pair[1]);
        rises.then_some(Self { returns })
    }

    /// The returns, rising.
    pub fn returns(&self) -> &[f64] {
        &self.returns
    }
}
