//! The funding rates of a block's paths, payment by payment.
//!
//! An account of several positions can have several laws. Mean-reverting rates are joined by the prices that they are correlated with
//! and nothing else. Records are dealt out by the same draws: where they have as many rows, every path gets the rows that were
//! recorded together.

use crate::account::Moment;
use crate::numeric::{Purpose, Stream, reset};
use crate::venue::{Funding, FundingRates, OrnsteinUhlenbeck, RecordedOrder, RecordedRates, Transition};

/// A law of funding, and the asset whose price it is on.
#[derive(Debug, Clone, PartialEq)]
pub struct FundingLaw {
    /// Index of the asset.
    pub asset: usize,
    /// The law.
    pub funding: Funding,
}

/// The rates of all laws of an account.
#[derive(Debug, Clone)]
pub(crate) struct FundingPaths<'a> {
    laws: Vec<FundingPath<'a>>,
    /// Rates of the payment at hand, by law and path, where there are several laws.
    rates: Vec<f64>,
}

impl<'a> FundingPaths<'a> {
    pub fn new(laws: &'a [FundingLaw]) -> Self {
        let is_one = laws.len() == 1;
        let path = |(number, law): (u16, &'a FundingLaw)| {
            let shares = is_one || matches!(law.funding.rates, FundingRates::Recorded(_));
            FundingPath::new(law, if shares { 0 } else { number + 1 })
        };
        Self { laws: (0..).zip(laws).map(path).collect(), rates: Vec::new() }
    }

    /// Starts a block.
    pub fn begin(&mut self, seed: u64, block: u64, lanes: usize) {
        self.laws.iter_mut().for_each(|law| law.begin(seed, block, lanes));
    }

    /// Whether [`FundingPaths::drive`] has to see every move of the price.
    pub fn follows_the_price(&self) -> bool {
        self.laws.iter().any(FundingPath::follows_the_price)
    }

    /// Takes in how the driver of an asset's price moved on some paths: standard normals over durations in years.
    pub fn drive(&mut self, asset: usize, lanes: &[u32], durations: &[f64], normals: &[f64]) {
        self.laws.iter_mut().for_each(|law| law.drive(asset, lanes, durations, normals));
    }

    /// The rates of the payments that are due at a moment, by law and path; empty if none is. Laws that are not due have their last
    /// rates; those that are `known` are not drawn.
    pub fn next(&mut self, moment: &Moment, known: &dyn Fn(usize) -> Option<Vec<f64>>) -> &[f64] {
        if !moment.funding {
            return &[];
        }
        for (number, law) in self.laws.iter_mut().enumerate() {
            if law.funding.is_due(moment.seconds) {
                match known(number) {
                    Some(rates) => law.rates = rates,
                    None => law.next(),
                }
            }
        }
        if let [law] = &self.laws[..] {
            return &law.rates;
        }
        self.rates.clear();
        for law in &self.laws {
            self.rates.extend_from_slice(&law.rates);
        }
        &self.rates
    }
}

/// Deals out the rates of one law to the paths of one block after another.
#[derive(Debug, Clone)]
struct FundingPath<'a> {
    funding: &'a Funding,
    /// The asset whose price it is on.
    asset: usize,
    /// Number of its stream.
    number: u16,
    /// Rates of the payment at hand.
    rates: Vec<f64>,
    /// Where a mean-reverting law stands, and what the driver of the prices did since the last payment.
    state: Vec<f64>,
    driver: Vec<f64>,
    /// Row of the record.
    rows: Vec<u32>,
    noise: Stream,
    draws: Vec<f64>,
    payments: usize,
}

impl<'a> FundingPath<'a> {
    fn new(law: &'a FundingLaw, number: u16) -> Self {
        Self {
            funding: &law.funding,
            asset: law.asset,
            number,
            rates: Vec::new(),
            state: Vec::new(),
            driver: Vec::new(),
            rows: Vec::new(),
            noise: Stream::new(0, Purpose::Funding(number), 0),
            draws: Vec::new(),
            payments: 0,
        }
    }

    fn begin(&mut self, seed: u64, block: u64, lanes: usize) {
        self.noise = Stream::new(seed, Purpose::Funding(self.number), block);
        self.payments = 0;
        for column in [&mut self.rates, &mut self.driver, &mut self.state, &mut self.draws] {
            reset(column, lanes, 0.0);
        }
        match &self.funding.rates {
            FundingRates::Constant { rate } => self.rates.fill(*rate),
            FundingRates::Ou(law) => self.state.fill(law.initial),
            FundingRates::Recorded(record) => {
                self.rows.clear();
                self.rows.resize(lanes, 0);
                if let RecordedOrder::Blocks(_) = record.order {
                    self.noise.uniforms(&mut self.draws);
                    for (row, draw) in self.rows.iter_mut().zip(&self.draws) {
                        *row = row_of(*draw, record);
                    }
                }
            }
        }
    }

    fn follows_the_price(&self) -> bool {
        self.funding.follows_the_price()
    }

    fn drive(&mut self, asset: usize, lanes: &[u32], durations: &[f64], normals: &[f64]) {
        if asset == self.asset && self.follows_the_price() {
            for ((lane, duration), normal) in lanes.iter().zip(durations).zip(normals) {
                self.driver[*lane as usize] += duration.sqrt() * normal;
            }
        }
    }

    /// Goes on to the next payment.
    fn next(&mut self) {
        match &self.funding.rates {
            FundingRates::Constant { .. } => {}
            FundingRates::Ou(law) => self.step(&law.transition(self.funding.every.years()), law),
            FundingRates::Recorded(record) => self.deal(record),
        }
        self.payments += 1;
    }

    fn step(&mut self, transition: &Transition, law: &OrnsteinUhlenbeck) {
        self.noise.normals(&mut self.draws);
        let paths = self.state.iter_mut().zip(&mut self.driver).zip(&self.draws).zip(&mut self.rates);
        for (((state, driver), draw), rate) in paths {
            *state = law.mean
                + transition.decay * (*state - law.mean)
                + transition.driven * *driver
                + transition.own * draw;
            *driver = 0.0;
            *rate = law.capped(*state);
        }
    }

    fn deal(&mut self, record: &RecordedRates) {
        match record.order {
            RecordedOrder::From(first) => {
                let rate = record.rates.get(first + self.payments).copied().unwrap_or(0.0);
                self.rates.fill(rate);
            }
            RecordedOrder::Blocks(block) => {
                for (rate, row) in self.rates.iter_mut().zip(&self.rows) {
                    *rate = record.rates[*row as usize];
                }
                // One uniform decides whether a new block begins, and where: given that it does, it is uniform again.
                self.noise.uniforms(&mut self.draws);
                for (row, draw) in self.rows.iter_mut().zip(&self.draws) {
                    let begins = draw * block;
                    *row = if begins < 1.0 {
                        row_of(begins, record)
                    } else {
                        (*row + 1) % record.rates.len() as u32
                    };
                }
            }
        }
    }
}

/// The row that a uniform in (0, 1) falls on.
fn row_of(draw: f64, record: &RecordedRates) -> u32 {
    ((draw * record.rates.len() as f64) as u32).min(record.rates.len() as u32 - 1)
}
