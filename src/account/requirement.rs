//! What a venue's margin rules ask of one position of an account, in the account's own units.
//!
//! In the currency that a contract settles in, every contract is linear in some price x: the price itself for a linear
//! contract, one over it for an inverse one, both as a ratio to the entry. With cash w and exposure e (negative where
//! the holder gains as x falls), all as fractions of the equity put up,
//!
//! ```text
//! equity       w + e·x
//! requirement  (rate + close fee)·|e|·x − deduction     in the tier of |e|·x
//!              the same at x = 1                         on the entry basis
//! ```
//!
//! so equity meets the requirement of a tier at x = −(w + deduction)/(e − (rate + close fee)·|e|). Under the marginal
//! rule the requirement is the largest over all tiers, hence the barrier is the one first met.

use crate::venue::{Contract, Holding, MaintenanceBasis, Side, TierRule, Venue};

/// The margin rules of a venue for a position of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    tiers: Vec<Tier>,
    whole: bool,
}

/// One tier, in fractions of the equity put up.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tier {
    /// Charged on the notional at the price.
    rate: f64,
    /// Subtracted; holds the whole requirement, negative, on the entry basis.
    deduction: f64,
    low: f64,
    high: f64,
}

/// A barrier of one tier for a given exposure: mirrored so that liquidation always lies below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Added to the cash.
    pub deduction: f64,
    /// One over the slope of equity less requirement, both mirrored.
    pub inverse_slope: f64,
    /// Mirrored prices between which the line holds.
    pub low: f64,
    /// See [`Line::low`].
    pub high: f64,
}

impl Line {
    /// The mirrored barrier of an account with this cash.
    #[inline(always)]
    pub fn barrier(&self, cash: f64) -> f64 {
        let crossing = -(cash + self.deduction) * self.inverse_slope;
        let crossing = if crossing > self.low { crossing } else { f64::NEG_INFINITY };
        if crossing < self.high { crossing } else { self.high }
    }
}

/// A position as cash and exposure, in fractions of the equity put up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Collateral less the notional at entry (plus it for a negative exposure).
    pub cash: f64,
    /// Signed notional at entry.
    pub exposure: f64,
}

impl Exposure {
    /// Of a holding in an account of this equity, in quote units.
    pub fn of(holding: &Holding, contract: Contract, equity: f64) -> Self {
        let (unit, sign) = match contract {
            Contract::Linear => (equity, 1.0),
            Contract::Inverse => (equity / holding.entry, -1.0),
        };
        let side = if holding.side == Side::Long { 1.0 } else { -1.0 };
        let exposure = sign * side * holding.notional(contract, holding.entry) / unit;
        Self { cash: holding.collateral / unit - exposure, exposure }
    }
}

impl Requirement {
    /// The rules of a venue for a holding in an account of this equity, in quote units.
    pub fn new(venue: &Venue, holding: &Holding, equity: f64) -> Self {
        let unit = if venue.contract == Contract::Inverse { equity / holding.entry } else { equity };
        let entry = holding.notional(venue.contract, holding.entry) / unit;
        let whole = venue.rule == TierRule::Whole;
        let mut low = 0.0;
        let mut tiers = Vec::with_capacity(venue.tiers.len());
        for tier in &venue.tiers {
            let (rate, deduction) = (tier.rate + venue.close_fee, tier.deduction / unit);
            let high = tier.up_to / unit;
            tiers.push(Tier { rate, deduction, low, high });
            low = high;
        }
        if let Some(top) = tiers.last_mut() {
            // A position that outgrew the table is still held.
            top.high = f64::INFINITY;
        }
        if venue.maintenance_basis == MaintenanceBasis::Entry {
            // Fixed at entry, whatever the price.
            let fixed = tiers
                .iter()
                .find(|tier| entry <= tier.high)
                .map_or(0.0, |tier| tier.rate * entry - tier.deduction);
            tiers = vec![Tier { rate: 0.0, deduction: -fixed, low: 0.0, high: f64::INFINITY }];
        }
        Self { tiers, whole }
    }

    /// The requirement at a notional.
    pub fn at(&self, notional: f64) -> f64 {
        let of = |tier: &Tier| notional.mul_add(tier.rate, -tier.deduction);
        if self.whole {
            let tier = self.tiers.iter().find(|tier| notional <= tier.high).or(self.tiers.last());
            tier.map_or(0.0, of)
        } else {
            self.tiers.iter().map(of).fold(0.0, f64::max)
        }
    }

    /// The barriers of an exposure; empty where it cannot be liquidated by the price.
    ///
    /// Under the whole-position rule the barriers lie in the tiers that the price can lose from: a gain into a higher
    /// tier does not liquidate.
    pub fn lines(&self, exposure: f64) -> Vec<Line> {
        self.scaled_lines(exposure, 1.0)
    }

    /// The prices at which equity is a multiple of the requirement, as [`Requirement::lines`].
    pub fn scaled_lines(&self, exposure: f64, multiple: f64) -> Vec<Line> {
        let (sign, size) = (exposure.signum(), exposure.abs());
        let reachable =
            |tier: &&Tier| !self.whole || if sign > 0.0 { tier.low < size } else { tier.high > size };
        let line = |tier: &Tier| {
            let slope = size - sign * multiple * tier.rate * size;
            let (low, high) = match (self.whole, sign > 0.0) {
                (false, _) => (f64::NEG_INFINITY, f64::INFINITY),
                (true, true) => (tier.low / size, tier.high / size),
                (true, false) => (-tier.high / size, -tier.low / size),
            };
            (slope > 0.0 && size > 0.0).then(|| Line {
                deduction: multiple * tier.deduction,
                inverse_slope: 1.0 / slope,
                low,
                high,
            })
        };
        self.tiers.iter().filter(reachable).filter_map(line).collect()
    }
}

/// The mirrored barrier of an account with this cash: the highest of its lines, −∞ if there is none.
#[inline(always)]
pub fn barrier(lines: &[Line], cash: f64) -> f64 {
    lines.iter().map(|line| line.barrier(cash)).fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{Liquidation, MarginTier, TierBand};

    fn venue(contract: Contract, rule: TierRule, basis: MaintenanceBasis) -> Venue {
        let bands = [(4.0, 0.004), (20.0, 0.01), (100.0, 0.025), (f64::INFINITY, 0.05)]
            .map(|(up_to, rate)| TierBand { up_to, rate, max_leverage: f64::INFINITY });
        Venue {
            name: "inline".into(),
            contract,
            tiers: MarginTier::table(&bands, rule).unwrap(),
            rule,
            maintenance_basis: basis,
            close_fee: 0.0006,
            taker_fee: 0.0,
            liquidation: Liquidation::Forfeit,
        }
    }

    /// The solver of the venue room walks the tiers with the notional; this one takes the largest of all tiers.
    #[test]
    fn barriers_equal_the_liquidation_prices_of_the_venue() {
        let mut compared = 0;
        for contract in [Contract::Linear, Contract::Inverse] {
            for rule in [TierRule::Marginal, TierRule::Whole] {
                for basis in [MaintenanceBasis::Mark, MaintenanceBasis::Entry] {
                    let venue = venue(contract, rule, basis);
                    for side in [Side::Long, Side::Short] {
                        for leverage in [1.5, 3.0, 7.0, 15.0, 18.0] {
                            let (entry, equity) = (2.0, 3.0);
                            let (quantity, collateral) = match contract {
                                Contract::Linear => (leverage * equity / entry, equity),
                                Contract::Inverse => (leverage * equity, equity / entry),
                            };
                            let holding = Holding { side, entry, quantity, collateral };
                            let expected = venue.liquidation_price(&holding).unwrap().price;
                            let position = Exposure::of(&holding, contract, equity);
                            let lines = Requirement::new(&venue, &holding, equity).lines(position.exposure);
                            let x = position.exposure.signum() * barrier(&lines, position.cash);
                            let price = match contract {
                                Contract::Linear => x * entry,
                                Contract::Inverse => entry / x,
                            };
                            match expected {
                                Some(expected) => {
                                    compared += 1;
                                    assert!((price / expected - 1.0).abs() < 1e-12, "{price} {expected}");
                                }
                                None => assert!(!(price > 0.0 && price.is_finite()), "{price}"),
                            }
                        }
                    }
                }
            }
        }
        assert!(compared > 60, "{compared}");
    }
}
