//! The funding rates of a block's paths, payment by payment.

use crate::numeric::{Purpose, Stream};
use crate::venue::{Funding, FundingRates, OrnsteinUhlenbeck, RecordedOrder, RecordedRates, Transition};

/// Deals out rates to the paths of one block after another.
#[derive(Debug, Clone)]
pub(super) struct FundingPath<'a> {
    /// None where no funding is paid.
    funding: Option<&'a Funding>,
    /// The asset whose price it is on.
    asset: usize,
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
    pub fn new(funding: Option<&'a Funding>, asset: usize) -> Self {
        Self {
            funding,
            asset,
            rates: Vec::new(),
            state: Vec::new(),
            driver: Vec::new(),
            rows: Vec::new(),
            noise: Stream::new(0, Purpose::Funding, 0),
            draws: Vec::new(),
            payments: 0,
        }
    }

    /// Starts a block.
    pub fn begin(&mut self, seed: u64, block: u64, lanes: usize) {
        self.noise = Stream::new(seed, Purpose::Funding, block);
        self.payments = 0;
        for column in [&mut self.rates, &mut self.driver, &mut self.state, &mut self.draws] {
            column.clear();
            column.resize(lanes, 0.0);
        }
        let Some(funding) = self.funding else { return };
        match &funding.rates {
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

    /// Whether [`FundingPath::drive`] has to see every move of the price.
    pub fn follows_the_price(&self) -> bool {
        self.funding.is_some_and(Funding::follows_the_price)
    }

    /// Takes in how the driver of an asset's price moved on some paths: standard normals over durations in years.
    pub fn drive(&mut self, asset: usize, lanes: &[u32], durations: &[f64], normals: &[f64]) {
        if asset == self.asset && self.follows_the_price() {
            for ((lane, duration), normal) in lanes.iter().zip(durations).zip(normals) {
                self.driver[*lane as usize] += duration.sqrt() * normal;
            }
        }
    }

    /// The rates of the payment that is due, by path; empty if none is.
    pub fn next(&mut self, is_due: bool) -> &[f64] {
        let Some(funding) = self.funding.filter(|_| is_due) else { return &[] };
        match &funding.rates {
            FundingRates::Constant { .. } => {}
            FundingRates::Ou(law) => self.step(&law.transition(funding.every.years()), law),
            FundingRates::Recorded(record) => self.deal(record),
        }
        self.payments += 1;
        &self.rates
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
