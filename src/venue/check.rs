//! What the terms of a venue may be: ranges that the file format and values put together in code share.

use super::{
    Borrow, Contract, Flows, Funding, FundingRates, Liquidation, MarginTier, OrnsteinUhlenbeck, PartialClose,
    RecordedOrder, TierBand, TierError, Venue,
};
use crate::numeric::Range;

/// Maintenance rates: below the whole notional.
pub const MAINTENANCE: Range = Range::above(0.0).at_most(0.99);
/// Leverage caps.
pub const CAP: Range = Range::at_least(1.0);
/// What a coin of size adds to a rate.
pub const PER_UNIT: Range = Range::at_least(0.0).at_most(0.1);
/// Margin levels (assets over debt).
pub const MARGIN_LEVEL: Range = Range::above(1.0).at_most(10.0);
/// Fees and slippage, as fractions.
pub const FEE: Range = Range::at_least(0.0).at_most(0.5);
/// What is taken off the price of coins as collateral.
pub const HAIRCUT: Range = Range::at_least(0.0).at_most(0.99);
/// Shares of a debt or of a position.
pub const SHARE: Range = Range::above(0.0).at_most(1.0);
/// Funding rates per interval, as fractions.
pub const FUNDING_RATE: Range = Range::at_least(-0.1).at_most(0.1);
/// Largest funding rates.
pub const FUNDING_CAP: Range = Range::above(0.0).at_most(0.1);
/// Funding rates put in by code: what no venue pays can still be computed with.
const ANY_RATE: Range = Range::at_least(f64::MIN).at_most(f64::MAX);
/// Speeds of return of a funding rate, per year.
pub const REVERSION: Range = Range::at_least(0.01).at_most(1e6);
/// Volatilities of a funding rate per square root of a year.
pub const FUNDING_VOLATILITY: Range = Range::at_least(0.0).at_most(100.0);
/// Correlations.
pub const CORRELATION: Range = Range::at_least(-1.0).at_most(1.0);
/// Interest per year, as a fraction.
pub const INTEREST: Range = Range::at_least(0.0).at_most(50.0);

/// Terms that no venue can have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VenueError {
    /// A number outside its range.
    #[error("`{key}` must be {range}, but is {value}")]
    OutOfRange {
        /// Key of the number, as venue files write it.
        key: &'static str,
        /// What it may be.
        range: Range,
        /// What it is.
        value: f64,
    },
    /// The margin tiers.
    #[error(transparent)]
    Tier(#[from] TierError),
    /// A step of a partial liquidation that goes down by no tier.
    #[error("`partial` must go down by at least one tier")]
    NoTiers,
    /// A call that comes with the liquidation or after it.
    #[error("the margin level of the call must be above {liquidation}, that of liquidation, but is {call}")]
    LateCall {
        /// Margin level of the call.
        call: f64,
        /// Margin level of liquidation.
        liquidation: f64,
    },
    /// Time is given after a call, and there is no call.
    #[error("`grace` has no meaning without a call")]
    GraceWithoutCall,
    /// A way of liquidation that belongs to another contract.
    #[error("a lender repays debts on spot margin only")]
    RepayWithoutDebt,
    /// Time between payments without length.
    #[error("`every` must be longer than 0")]
    NoInterval,
    /// Rates of a record are fewer than what is asked of them.
    #[error("the record of funding has {rows} rates, and row {first} was asked for")]
    ShortRecord {
        /// Rates of the record.
        rows: usize,
        /// Row that payments begin at, from 0.
        first: usize,
    },
}

fn within(key: &'static str, range: Range, value: f64) -> Result<(), VenueError> {
    if range.contains(value) { Ok(()) } else { Err(VenueError::OutOfRange { key, range, value }) }
}

impl Venue {
    /// The same, if such terms can be.
    ///
    /// # Errors
    /// The first term that cannot, with its range.
    pub fn checked(self) -> Result<Self, VenueError> {
        self.check()?;
        Ok(self)
    }

    /// Whether such terms can be.
    ///
    /// # Errors
    /// The first that cannot, with its range.
    pub fn check(&self) -> Result<(), VenueError> {
        match self.contract {
            // A rate is a margin level less 1, which can be above 1.
            Contract::Spot => {
                let Some(tier) = self.tiers.first() else { return Err(TierError::Empty.into()) };
                within("margin_level.liquidation", MARGIN_LEVEL, 1.0 + tier.rate)?;
            }
            Contract::Linear | Contract::Inverse => {
                let bands: Vec<TierBand> = self.tiers.iter().map(MarginTier::band).collect();
                MarginTier::table(&bands, self.rule)?;
            }
        }
        if let Some(tier) = self.tiers.iter().find(|tier| !(0.0..f64::INFINITY).contains(&tier.deduction)) {
            return Err(TierError::Deduction(tier.deduction).into());
        }
        within("maintenance_per_unit", PER_UNIT, self.maintenance_per_unit)?;
        if let Some(initial) = &self.initial {
            within("initial", MAINTENANCE, initial.base)?;
            within("initial_per_unit", PER_UNIT, initial.per_unit)?;
        }
        within("close_fee", FEE, self.close_fee)?;
        within("taker_fee", FEE, self.taker_fee)?;
        if let Some(haircut) = self.haircut {
            within("haircut", HAIRCUT, haircut)?;
        }
        self.liquidation.check(self.contract)?;
        if let (Some(call), Some(tier)) = (self.call_level, self.tiers.first()) {
            within("margin_level.call", MARGIN_LEVEL, call)?;
            let liquidation = 1.0 + tier.rate;
            if call <= liquidation {
                return Err(VenueError::LateCall { call, liquidation });
            }
        }
        if self.grace.is_some() && self.call_level.is_none() {
            return Err(VenueError::GraceWithoutCall);
        }
        Ok(())
    }
}

impl Liquidation {
    fn check(&self, contract: Contract) -> Result<(), VenueError> {
        match *self {
            Self::Forfeit => Ok(()),
            Self::Close { fee, slippage, partial } => {
                within("liquidation.fee", FEE, fee)?;
                within("liquidation.slippage", FEE, slippage)?;
                match partial {
                    None => Ok(()),
                    Some(PartialClose::Tiers(0)) => Err(VenueError::NoTiers),
                    Some(PartialClose::Tiers(_)) => Ok(()),
                    Some(PartialClose::Fraction(fraction)) => within("liquidation.partial", SHARE, fraction),
                    Some(PartialClose::First { fraction, above }) => {
                        within("liquidation.partial.first", SHARE, fraction)?;
                        within("liquidation.partial.above", Range::at_least(0.0), above)
                    }
                }
            }
            Self::Repay { penalty, close_factor, close_all_below, .. } => {
                if contract != Contract::Spot {
                    return Err(VenueError::RepayWithoutDebt);
                }
                within("loan.penalty", FEE, penalty)?;
                within("loan.close_factor", SHARE, close_factor)?;
                within("loan.close_all_below", Range::at_least(0.0).at_most(1.0), close_all_below)
            }
        }
    }
}

impl Flows {
    /// Whether such charges can be.
    ///
    /// # Errors
    /// The first that cannot, with its range.
    pub fn check(&self) -> Result<(), VenueError> {
        if let Some(funding) = &self.funding {
            funding.check()?;
        }
        self.borrow.as_ref().map_or(Ok(()), Borrow::check)
    }
}

impl Borrow {
    fn check(&self) -> Result<(), VenueError> {
        within("borrow.rate", INTEREST, self.rate)
    }
}

impl Funding {
    fn check(&self) -> Result<(), VenueError> {
        if self.every.seconds() == 0 {
            return Err(VenueError::NoInterval);
        }
        match &self.rates {
            FundingRates::Constant { rate } => within("funding.rate", ANY_RATE, *rate),
            FundingRates::Ou(law) => law.check(),
            FundingRates::Recorded(record) => {
                let (rows, first) = match record.order {
                    RecordedOrder::From(first) => (record.rates.len(), first),
                    RecordedOrder::Blocks(length) => {
                        within("funding.block", Range::at_least(1.0), length)?;
                        (record.rates.len(), 0)
                    }
                };
                match rows > first {
                    true => record.rates.iter().try_for_each(|rate| {
                        within("funding.recorded", Range::at_least(-1.0).at_most(1.0), *rate)
                    }),
                    false => Err(VenueError::ShortRecord { rows, first }),
                }
            }
        }
    }
}

impl OrnsteinUhlenbeck {
    fn check(&self) -> Result<(), VenueError> {
        within("funding.mean", FUNDING_RATE, self.mean)?;
        within("funding.reversion", REVERSION, self.reversion)?;
        within("funding.volatility", FUNDING_VOLATILITY, self.volatility)?;
        within("funding.correlation", CORRELATION, self.correlation)?;
        within("funding.initial", FUNDING_RATE, self.initial)?;
        self.cap.map_or(Ok(()), |cap| within("funding.cap", FUNDING_CAP, cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Duration;
    use crate::venue::{Compounding, GrowingRate};

    fn linear() -> Venue {
        Venue::new(Contract::Linear, vec![MarginTier::flat(0.005, 0.0).unwrap()])
    }

    fn spot(level: f64) -> Venue {
        let tier = MarginTier {
            up_to: f64::INFINITY,
            rate: level - 1.0,
            deduction: 0.0,
            max_leverage: f64::INFINITY,
        };
        Venue::new(Contract::Spot, vec![tier])
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_key_and_its_range() {
        assert_eq!(linear().check(), Ok(()));
        assert_eq!(spot(1.25).check(), Ok(()));
        let close = |fee, slippage, partial| Liquidation::Close { fee, slippage, partial };
        for (venue, message) in [
            (
                Venue { taker_fee: f64::NAN, ..linear() },
                "`taker_fee` must be at least 0 and at most 0.5, but is NaN",
            ),
            (
                Venue { close_fee: -1e-4, ..linear() },
                "`close_fee` must be at least 0 and at most 0.5, but is -0.0001",
            ),
            (
                Venue { maintenance_per_unit: 0.2, ..linear() },
                "`maintenance_per_unit` must be at least 0 and at most 0.1",
            ),
            (
                Venue { initial: Some(GrowingRate { base: 0.0, per_unit: 0.0 }), ..linear() },
                "`initial` must be greater than 0 and at most 0.99, but is 0",
            ),
            (Venue { tiers: Vec::new(), ..linear() }, "at least one margin tier is needed"),
            (Venue { tiers: Vec::new(), ..spot(1.25) }, "at least one margin tier is needed"),
            (spot(1.0), "`margin_level.liquidation` must be greater than 1 and at most 10, but is 1"),
            (
                Venue { call_level: Some(1.2), ..spot(1.25) },
                "must be above 1.25, that of liquidation, but is 1.2",
            ),
            (
                Venue { grace: Some(Duration::from_seconds(3600)), ..spot(1.25) },
                "`grace` has no meaning without a call",
            ),
            (Venue { liquidation: close(0.6, 0.0, None), ..linear() }, "`liquidation.fee` must be"),
            (Venue { liquidation: close(0.0, -0.1, None), ..linear() }, "`liquidation.slippage` must be"),
            (
                Venue { liquidation: close(0.0, 0.0, Some(PartialClose::Tiers(0))), ..linear() },
                "`partial` must go down by at least one tier",
            ),
            (
                Venue { liquidation: close(0.0, 0.0, Some(PartialClose::Fraction(0.0))), ..linear() },
                "`liquidation.partial` must be greater than 0 and at most 1, but is 0",
            ),
            (
                Venue {
                    liquidation: Liquidation::Repay {
                        penalty: 0.0,
                        close_factor: 1.0,
                        close_all_below: 0.0,
                        bonus: false,
                    },
                    ..linear()
                },
                "a lender repays debts on spot margin only",
            ),
            (
                Venue {
                    liquidation: Liquidation::Repay {
                        penalty: 0.0,
                        close_factor: 0.0,
                        close_all_below: 0.0,
                        bonus: false,
                    },
                    ..spot(1.25)
                },
                "`loan.close_factor` must be greater than 0",
            ),
        ] {
            let found = venue.checked().unwrap_err().to_string();
            assert!(found.contains(message), "{found:?} does not hold {message:?}");
        }
    }

    #[test]
    fn wrong_charges_are_refused() {
        let hours = Duration::from_seconds(8 * 3600);
        let flows = |funding| Flows { funding: Some(funding), borrow: None };
        assert_eq!(flows(Funding::constant(1e-4, hours)).check(), Ok(()));
        let law = OrnsteinUhlenbeck {
            mean: 1e-4,
            reversion: 0.0,
            volatility: 0.0,
            correlation: 0.0,
            initial: 0.0,
            cap: None,
        };
        let ou = Funding { rates: FundingRates::Ou(law), ..Funding::constant(0.0, hours) };
        for (flows, message) in [
            (flows(Funding::constant(f64::NAN, hours)), "`funding.rate` must be at least"),
            (flows(Funding::constant(1e-4, Duration::from_seconds(0))), "`every` must be longer than 0"),
            (flows(ou), "`funding.reversion` must be at least 0.01"),
            (
                Flows {
                    funding: None,
                    borrow: Some(Borrow { rate: -0.1, compounding: Compounding::Hourly }),
                },
                "`borrow.rate` must be at least 0 and at most 50, but is -0.1",
            ),
        ] {
            assert!(flows.check().unwrap_err().to_string().contains(message), "{message}");
        }
    }
}
