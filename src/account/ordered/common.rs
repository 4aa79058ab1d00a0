//! Barriers that are the same on all paths: nothing but time moves them.

use super::debt::Debt;
use crate::account::margin::{Line, barrier};
use crate::account::opening::Opening;
use crate::numeric::{Kernel, dispatch, ln};

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
    /// By some dates in a row and by the number of open levels, what the nearest barrier never is above.
    ahead: Vec<Vec<f64>>,
    /// The row that holds now.
    row: usize,
}

/// Dates over which one row holds.
const DATES_AHEAD: usize = 32;

impl Common {
    /// The barriers of levels with these debts.
    pub fn new(levels: &[Opening], debt: &Debt) -> Self {
        let lines = |level: &Opening| level.lines(level.start.exposure);
        let mut common = Self {
            sign: levels.first().map_or(1.0, Opening::sign),
            lines: levels.iter().map(lines).collect(),
            x: vec![0.0; levels.len()],
            logs: vec![0.0; levels.len()],
            ahead: Vec::new(),
            row: 0,
        };
        common.renew(debt);
        common.foresee(0);
        common
    }

    /// Takes into account where the barriers are after a date.
    pub fn foresee(&mut self, date: usize) {
        if date / DATES_AHEAD == self.ahead.len() {
            self.ahead.push(vec![f64::NEG_INFINITY; self.logs.len() + 1]);
        }
        for (highest, log) in self.ahead[date / DATES_AHEAD][1..].iter_mut().zip(&self.logs) {
            *highest = highest.max(*log);
        }
    }

    /// Goes on to a date, or back to the first: whether other bounds hold from there on.
    pub fn go_to(&mut self, date: usize) -> bool {
        let row = (date / DATES_AHEAD).min(self.ahead.len() - 1);
        std::mem::replace(&mut self.row, row) != row
    }

    /// Moves them to where the debts put them.
    pub fn renew(&mut self, debt: &Debt) {
        let coins = debt.leading_coins();
        for (level, lines) in self.lines.iter().enumerate() {
            self.x[level] = barrier(lines, debt.leading_cash(level)) / coins;
        }
        dispatch(LogPrices { sign: self.sign, barriers: &self.x, logs: &mut self.logs });
    }

    /// The nearest barrier of so many open levels, as a mirrored log-price; at most this high until other
    /// bounds hold.
    #[inline(always)]
    pub fn nearest(&self, open: usize) -> f64 {
        self.ahead[self.row][open]
    }

    /// The same at the moment, not above it.
    #[inline(always)]
    pub fn exact_nearest(&self, open: usize) -> f64 {
        open.checked_sub(1).map_or(f64::NEG_INFINITY, |level| self.logs[level])
    }

    /// Whether a more leveraged level is never liquidated after another.
    pub fn are_in_order(&self) -> bool {
        self.logs.windows(2).all(|pair| pair[0] <= pair[1])
    }

    /// How many of the open levels a mirrored log-price leaves open.
    #[inline(always)]
    pub fn left_open(&self, open: usize, price: f64) -> usize {
        // From above: most often one level is passed. What is no number passes all of them.
        let mut left = open;
        while left > 0 {
            let stays = price > self.logs[left - 1];
            if stays {
                break;
            }
            left -= 1;
        }
        left
    }
}

/// The mirrored log-price of a mirrored barrier in x; −∞ where no price is on it, ∞ where every price is beyond it.
#[inline(always)]
pub(super) fn log_price(sign: f64, barrier: f64) -> f64 {
    const LEAST: f64 = 1e-300;
    let x = sign * barrier;
    let log_price = sign * ln(x);
    let log_price = if x > 1.0 / LEAST { sign * f64::INFINITY } else { log_price };
    if x < LEAST { -sign * f64::INFINITY } else { log_price }
}

struct LogPrices<'a> {
    sign: f64,
    barriers: &'a [f64],
    logs: &'a mut [f64],
}

impl Kernel for LogPrices<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (log, barrier) in self.logs.iter_mut().zip(self.barriers) {
            *log = log_price(self.sign, *barrier);
        }
    }
}
