//! Answering a low margin: paying in from a limited reserve, or closing part of the positions.

use serde::Serialize;

use crate::account::pool::{Held, Pool, Stake};
use crate::market::Duration;

/// Called when equity over maintenance margin falls to a level; answered after a delay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MarginCall {
    /// Equity over maintenance margin at which the call comes.
    pub level: f64,
    /// Time until it is answered; the price moves on meanwhile.
    pub delay: Duration,
    /// Equity over maintenance margin that the answer restores.
    pub target: f64,
    /// Money to pay in, in units of the equity put up; with none the positions are reduced instead.
    pub reserve: f64,
    /// Whether the positions are closed when the reserve is too small for the target.
    pub close: bool,
}

/// What the owner does about a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer {
    /// Nothing: the margin has recovered.
    Recovered,
    /// Pays in this much, in the currency of the pool, which is enough.
    Pay(f64),
    /// Pays in this much, all there is; and whether everything is closed then.
    PayAll(f64, bool),
    /// Makes all positions so many times as large.
    Resize(f64),
    /// Closes everything.
    Leave,
}

/// Halvings of the share of the positions that is closed.
const HALVINGS: usize = 60;

impl MarginCall {
    /// Whether a call can be answered with what is left of the reserve.
    pub fn can_answer(&self, reserve: f64) -> bool {
        self.reserve == 0.0 || reserve > 0.0
    }

    /// The answer at price ratios, with this much left of the reserve in the currency of the pool.
    pub fn answer(&self, pool: &Pool, held: Held<'_>, reserve: f64, x: &[f64]) -> Answer {
        let needed = pool.needed(held, x);
        let missing = (self.target * needed - pool.margin_balance(held, x)).max(0.0);
        if missing == 0.0 {
            return Answer::Recovered;
        }
        if self.reserve == 0.0 {
            return self.share(pool, held, x).map_or(Answer::Leave, Answer::Resize);
        }
        // Where the margin is on the debt, what is paid in lowers it too.
        let richer = Held { cash: held.cash + missing, ..held };
        let relief = (needed - pool.needed(richer, x)) / missing;
        let wanted = missing / (1.0 + self.target * relief);
        if wanted <= reserve { Answer::Pay(wanted) } else { Answer::PayAll(reserve, self.close) }
    }

    /// The largest share of its positions with which a pool, having paid for closing the rest, has the target; none if even a
    /// billionth is too much.
    fn share(&self, pool: &Pool, held: Held<'_>, x: &[f64]) -> Option<f64> {
        let fee = pool.closing_fee(held, x);
        let value = pool.equity(held, x) - held.cash - pool.coins(x);
        let mut legs = held.legs.to_vec();
        let mut is_short = |share: f64| {
            for (left, stake) in legs.iter_mut().zip(held.legs) {
                *left = Stake {
                    exposure: share * stake.exposure,
                    owed: share * stake.owed,
                    paid: share * stake.paid,
                };
            }
            let left = Held { cash: held.cash + (1.0 - share) * (value - fee), legs: &legs };
            pool.margin_balance(left, x) < self.target * pool.needed(left, x)
        };
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if is_short(middle) { high = middle } else { low = middle }
        }
        (!is_short(0.0) && low >= 1e-9).then_some(low)
    }
}
