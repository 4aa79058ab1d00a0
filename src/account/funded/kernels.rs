//! Loops over the paths of a block, compiled for every instruction set.

use super::Funded;
use super::lines::Segment;
use crate::account::opening::Opening;
use crate::account::settlement::log_barrier;
use crate::account::sums::add_sums;
use crate::market::Bars;
use crate::numeric::{Kernel, exp};
use crate::stats::Tally;

/// What each path has, whatever the level.
#[derive(Debug)]
pub(super) struct Columns {
    /// +1 where the holder gains as x grows, else −1.
    pub sign: f64,
    pub x: Vec<f64>,
    /// Charged so far for a unit of exposure.
    pub funding: Vec<f64>,
    /// Levels below this index are open.
    pub open_levels: Vec<u32>,
    /// The segment of the nearest barrier, and the charges between which it holds and its logarithm is approximated.
    constant: Vec<f64>,
    slope: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    /// With u the barrier's change in proportion since its logarithm was taken, the mirrored log-price of the barrier
    /// is at most logarithm ± u + u², and no bar that stays off that touches it.
    logarithm: Vec<f64>,
    per_charge: Vec<f64>,
    origin: Vec<f64>,
    pub log_nearest: Vec<f64>,
}

/// ln(1 + u) and −ln(1 + u) are at most ±u + u² down to u = −0.68.
const LARGEST_CHANGE: f64 = 0.5;

impl Columns {
    pub fn new(sign: f64) -> Self {
        let none = Vec::new;
        Self {
            sign,
            x: none(),
            funding: none(),
            open_levels: Vec::new(),
            constant: none(),
            slope: none(),
            low: none(),
            high: none(),
            logarithm: none(),
            per_charge: none(),
            origin: none(),
            log_nearest: none(),
        }
    }

    pub fn begin(&mut self, lanes: usize, levels: usize) {
        for column in [
            &mut self.x,
            &mut self.funding,
            &mut self.constant,
            &mut self.slope,
            &mut self.low,
            &mut self.high,
            &mut self.logarithm,
            &mut self.per_charge,
            &mut self.origin,
            &mut self.log_nearest,
        ] {
            column.clear();
            column.resize(lanes, 0.0);
        }
        self.open_levels.clear();
        self.open_levels.resize(lanes, levels as u32);
    }

    /// The mirrored log-price of the nearest barrier of a path, not approximated.
    pub fn exact_log_nearest(&self, lane: usize) -> f64 {
        log_barrier(self.sign, self.slope[lane].mul_add(self.funding[lane], self.constant[lane]))
    }

    #[inline(always)]
    pub fn leave_open(&mut self, lane: usize, levels: usize, barrier: Segment) {
        self.open_levels[lane] = levels as u32;
        let (charged, at) = (self.funding[lane], barrier.at(self.funding[lane]));
        let per_charge = if barrier.slope == 0.0 { 0.0 } else { barrier.slope / at };
        let reach = LARGEST_CHANGE / per_charge.abs();
        self.constant[lane] = barrier.constant;
        self.slope[lane] = barrier.slope;
        self.low[lane] = barrier.low.max(charged - reach);
        self.high[lane] = barrier.high.min(charged + reach);
        self.logarithm[lane] = log_barrier(self.sign, at);
        self.per_charge[lane] = per_charge;
        self.origin[lane] = charged;
        self.log_nearest[lane] = self.logarithm[lane];
    }
}

/// What is followed of the level whose turn it is on each path.
#[derive(Debug, Default)]
pub(super) struct Turn {
    cash: Vec<f64>,
    exposure: Vec<f64>,
    peak: Vec<f64>,
    /// The deepest fall and the peak that it was from: a comparison of two ratios is two products.
    fall: Vec<f64>,
    fall_peak: Vec<f64>,
    pub ended: Vec<Ended>,
}

/// How a level ended on a path.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ended {
    pub drawdown: f64,
    pub funding: f64,
    /// By the venue.
    pub kept: f64,
}

impl Turn {
    pub fn begin(&mut self, lanes: usize, levels: &[Opening]) {
        for column in
            [&mut self.cash, &mut self.exposure, &mut self.peak, &mut self.fall, &mut self.fall_peak]
        {
            column.clear();
        }
        self.ended.clear();
        self.ended.resize(lanes, Ended::default());
        for opening in levels.iter().cycle().take(lanes) {
            let start = opening.start;
            self.cash.push(start.cash);
            self.exposure.push(start.exposure);
            self.peak.push(1.0);
            self.fall.push(1.0 - (start.cash + start.exposure));
            self.fall_peak.push(1.0);
        }
    }

    #[inline(always)]
    pub fn end(&mut self, lane: usize, equity: f64, funding: f64, kept: f64) {
        let last_fall = 1.0 - equity / self.peak[lane].max(equity);
        let drawdown = (self.fall[lane] / self.fall_peak[lane]).max(last_fall);
        self.ended[lane] = Ended { drawdown, funding, kept };
    }
}

/// A payment at a moment, on all paths.
pub(super) struct Pay<'a> {
    pub power: f64,
    pub log_prices: &'a [f64],
    /// By path; empty where no funding is due.
    pub rates: &'a [f64],
    pub on_the_mark: bool,
    pub columns: &'a mut Columns,
    pub turn: &'a mut Turn,
    pub flagged: &'a mut Vec<u32>,
}

/// Paths that are looked at together.
const CHUNK: usize = 64;

impl Kernel for Pay<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { power, log_prices, rates, on_the_mark, columns, turn, flagged } = self;
        let n = log_prices.len();
        let (x, funding) = (&mut columns.x[..n], &mut columns.funding[..n]);
        for (x, log_price) in x.iter_mut().zip(log_prices) {
            *x = exp(power * log_price);
        }
        // Whoever holds an exposure pays, and the long of an inverse contract has a negative one.
        if on_the_mark {
            for ((funding, x), rate) in funding.iter_mut().zip(&*x).zip(rates) {
                *funding = (power * rate).mul_add(*x, *funding);
            }
        } else {
            for (funding, rate) in funding.iter_mut().zip(rates) {
                *funding = power.mul_add(*rate, *funding);
            }
        }
        let sign = columns.sign;
        let (constant, slope) = (&columns.constant[..n], &columns.slope[..n]);
        let (low, high) = (&columns.low[..n], &columns.high[..n]);
        let (logarithm, per_charge) = (&columns.logarithm[..n], &columns.per_charge[..n]);
        let (origin, log_nearest) = (&columns.origin[..n], &mut columns.log_nearest[..n]);
        for start in (0..n).step_by(CHUNK) {
            let end = (start + CHUNK).min(n);
            let mut any = false;
            for i in start..end {
                let barrier = slope[i].mul_add(funding[i], constant[i]);
                let change = (funding[i] - origin[i]) * per_charge[i];
                log_nearest[i] = (sign + change).mul_add(change, logarithm[i]);
                any |= (sign * x[i] <= barrier) | (funding[i] < low[i]) | (funding[i] > high[i]);
            }
            if any {
                for i in start..end {
                    let barrier = slope[i].mul_add(funding[i], constant[i]);
                    if (sign * x[i] <= barrier) | (funding[i] < low[i]) | (funding[i] > high[i]) {
                        flagged.push(i as u32);
                    }
                }
            }
        }
        let (cash, exposure) = (&turn.cash[..n], &turn.exposure[..n]);
        let (peak, fall, fall_peak) = (&mut turn.peak[..n], &mut turn.fall[..n], &mut turn.fall_peak[..n]);
        for i in 0..n {
            let equity = exposure[i].mul_add(x[i] - funding[i], cash[i]);
            let top = if equity > peak[i] { equity } else { peak[i] };
            peak[i] = top;
            let fallen = top - equity;
            let is_deeper = fallen * fall_peak[i] > fall[i] * top;
            fall[i] = if is_deeper { fallen } else { fall[i] };
            fall_peak[i] = if is_deeper { top } else { fall_peak[i] };
        }
    }
}

/// The candidates of a batch, booked one by one; a kernel for the sake of its multiply-adds.
pub(super) struct Book<'a> {
    pub funded: &'a mut Funded,
    pub bars: &'a Bars,
}

impl Kernel for Book<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for k in 0..self.funded.candidates.indices.len() {
            self.funded.book(k, self.bars);
        }
    }
}

/// The end of a block.
pub(super) struct Close<'a> {
    pub funded: &'a mut Funded,
    pub log_price: &'a [f64],
    pub weights: &'a [f64],
    pub tally: &'a mut Tally,
}

impl Kernel for Close<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { funded, log_price, weights, tally } = self;
        let lanes = log_price.len();
        let power = funded.power;
        for (x, log_price) in funded.columns.x.iter_mut().zip(log_price) {
            *x = exp(power * *log_price);
        }
        funded.tally_records(tally, weights);
        for (lane, weight) in weights.iter().enumerate() {
            let open_levels = funded.columns.open_levels[lane] as usize;
            if open_levels > 0 {
                let level = &funded.levels[open_levels - 1];
                let kept = (-funded.columns.sign).mul_add(level.taker_fee, 1.0);
                let z = kept.mul_add(funded.columns.x[lane], -funded.columns.funding[lane]);
                let equity = level.start.exposure.mul_add(z, level.start.cash);
                funded.survivor_sums[open_levels - 1].add(z - 1.0, *weight);
                let closing_equity = &mut tally.levels[open_levels - 1].closing_equity;
                funded.closings.add(open_levels - 1, closing_equity, equity, *weight);
            }
        }
        funded.tally_turns(weights, tally);
        funded.tally_passes(weights, tally);
        add_sums(&mut funded.survivor_sums, &mut funded.liquidated_sums, lanes, tally);
    }
}
