//! Barriers that are the same on all paths: nothing but time moves them.

use super::debt::Debt;
use crate::account::margin::{Line, barrier};
use crate::account::opening::Opening;
use crate::numeric::{Kernel, ln};

/// The barriers of all levels, from one settlement date to the next.
#[derive(Debug, Clone)]
pub(super) struct Common {
    sign: f64,
    /// In units of x with the coins of the moment, by level.
    lines: Vec<Vec<Line>>,
    /// Mirrored barriers in x.
    pub x: Vec<f64>,
    /// Their mirrored log-prices; −∞ where there is none.
    pub logs: Vec<f64>,
    /// The nearest barrier by the number of open levels.
    nearest: Vec<f64>,
}

impl Common {
    /// The barriers of levels with these debts.
    pub fn new(levels: &[Opening], debt: &Debt) -> Self {
        let lines = |level: &Opening| level.lines(level.start.exposure);
        let mut common = Self {
            sign: levels.first().map_or(1.0, Opening::sign),
            lines: levels.iter().map(lines).collect(),
            x: vec![0.0; levels.len()],
            logs: vec![0.0; levels.len()],
            nearest: vec![f64::NEG_INFINITY; levels.len() + 1],
        };
        common.renew(debt);
        common
    }

    /// Moves them to where the debts put them.
    pub fn renew(&mut self, debt: &Debt) {
        let coins = debt.leading_coins();
        for (level, lines) in self.lines.iter().enumerate() {
            self.x[level] = barrier(lines, debt.leading_cash(level)) / coins;
            self.logs[level] = log_price(self.sign, self.x[level]);
        }
        self.nearest[1..].copy_from_slice(&self.logs);
    }

    /// The mirrored log-price of the nearest barrier of so many open levels.
    #[inline(always)]
    pub fn nearest(&self, open: usize) -> f64 {
        self.nearest[open]
    }

    /// Whether a more leveraged level is never liquidated after another.
    pub fn are_in_order(&self) -> bool {
        self.logs.windows(2).all(|pair| pair[0] <= pair[1])
    }

    /// How many of the open levels a mirrored log-price leaves open.
    #[inline(always)]
    pub fn left_open(&self, open: usize, price: f64) -> usize {
        let mut left = 0;
        for barrier in &self.logs[..open] {
            left += usize::from(price > *barrier);
        }
        left
    }
}

/// The mirrored log-price of a mirrored barrier in x; −∞ where no price is on it, ∞ where every price is beyond it.
pub(super) fn log_price(sign: f64, barrier: f64) -> f64 {
    const LEAST: f64 = 1e-300;
    let x = sign * barrier;
    if x < LEAST {
        -sign * f64::INFINITY
    } else if x > 1.0 / LEAST {
        sign * f64::INFINITY
    } else {
        sign * ln(x)
    }
}

/// Moves the nearest barrier of each path to where the debts have put it.
pub(super) struct Compare<'a> {
    pub common: &'a Common,
    /// Number of open levels by path.
    pub open: &'a [u32],
    pub log_prices: &'a [f64],
    /// Mirrors log-prices.
    pub sign: f64,
    /// Whether the venue looks at the price at once: it watches at every instant.
    pub watches: bool,
    pub log_nearest: &'a mut [f64],
    /// Paths that it liquidates.
    pub flagged: &'a mut Vec<u32>,
}

impl Kernel for Compare<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        const CHUNK: usize = 64;
        let Self { common, open, log_prices, sign, watches, log_nearest, flagged } = self;
        let barriers = &common.nearest[..];
        let chunks = log_nearest.chunks_mut(CHUNK).zip(open.chunks(CHUNK)).zip(log_prices.chunks(CHUNK));
        for (chunk, ((nearest, open), prices)) in chunks.enumerate() {
            let mut any = false;
            for ((nearest, open), price) in nearest.iter_mut().zip(open).zip(prices) {
                *nearest = barriers[*open as usize];
                any |= sign * price <= *nearest;
            }
            if any & watches {
                for (i, (nearest, price)) in nearest.iter().zip(prices).enumerate() {
                    if sign * price <= *nearest {
                        flagged.push((chunk * CHUNK + i) as u32);
                    }
                }
            }
        }
    }
}
