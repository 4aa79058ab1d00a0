//! What funding is expected to charge a unit of exposure on a path that closes at a price: as if it went
//! there straight.

use crate::account::schedule::Moment;
use crate::numeric::exp;
use crate::venue::{Flows, FundingBasis};

/// The payments of a path at a constant rate; none at any other.
#[derive(Debug)]
pub(super) struct ExpectedCharge {
    /// Of a payment, over the price where it is made.
    rate: f64,
    basis: FundingBasis,
    /// When payments are due, as shares of the horizon.
    times: Vec<f64>,
}

impl ExpectedCharge {
    /// What is paid on the dates of a schedule.
    pub fn new(flows: &Flows, schedule: &[Moment]) -> Self {
        let horizon = schedule.last().map_or(1, |moment| moment.seconds) as f64;
        let rate = flows.funding.as_ref().and_then(|funding| Some((funding.constant_rate()?, funding.basis)));
        let (rate, basis) = rate.unwrap_or((0.0, FundingBasis::Entry));
        let due = schedule.iter().filter(|moment| moment.funding && rate != 0.0);
        Self { rate, basis, times: due.map(|moment| moment.seconds as f64 / horizon).collect() }
    }

    /// The charge where x is this power of the price, which closes at a log-price.
    pub fn at(&self, power: f64, log_price: f64) -> f64 {
        let of_payment = |time: &f64| match self.basis {
            FundingBasis::Mark => exp(power * log_price * time),
            FundingBasis::Entry => 1.0,
        };
        power * self.rate * self.times.iter().map(of_payment).sum::<f64>()
    }
}
