//! The hedges of a miner as they are written.

use crate::account::miner::{CoinPut, Forward, Short};
use crate::account::policy::ProtectivePut;
use crate::market::Duration;

use super::days::Days;
use super::numbers::Ratio;
use super::range::Range;
use super::table::table;

const SECONDS_PER_DAY: u64 = 86_400;

table! {
    /// A hashprice forward, settled daily in cash without margin.
    struct ForwardFile {
        /// Share of the hashrate at the start that is sold.
        required share: Ratio where Range::at_least(0.0).at_most(2.0),
        /// Agreed hashprice, quote currency per PH/s and day.
        required hashprice: f64 where Range::above(0.0).at_most(1e30),
        /// How long it runs.
        required term: Days,
    }
}

table! {
    /// A future on coins, sold, settled daily in cash without margin: losses are paid like bills.
    struct ShortFile {
        /// Notional at the start as a share of the assets.
        required share: Ratio where Range::at_least(0.0).at_most(5.0),
        /// Received per day, as a fraction of the notional such as "1bp"; 0 if absent.
        optional funding: Ratio where Range::at_least(-0.01).at_most(0.01),
        /// How long it runs; to the horizon if absent.
        optional term: Days,
    }
}

table! {
    /// A European put on coins, for the premium of Black and Scholes without interest.
    struct CoinPutFile {
        /// Coins at the start that it is on, as a share of the assets.
        required share: Ratio where Range::at_least(0.0).at_most(5.0),
        /// Strike as a share of the price at the start, such as "90%".
        required strike: Ratio where Range::at_least(0.01).at_most(10.0),
        /// Time from the start to the expiry; beyond the horizon the put is marked there by the same formula.
        required expiry: Days where Range::at_least(1.0),
        /// Implied volatility per square root of a year.
        required implied_volatility: Ratio where Range::above(0.0).at_most(10.0),
    }
}

impl ForwardFile {
    pub fn resolve(&self) -> Option<Forward> {
        Some(Forward {
            share: self.share.as_ref()?.value.0,
            hashprice: self.hashprice.as_ref()?.value,
            term: self.term.as_ref()?.value.0,
        })
    }
}

impl ShortFile {
    /// The future; without a term it runs for these days.
    pub fn resolve(&self, days: u32) -> Option<Short> {
        Some(Short {
            share: self.share.as_ref()?.value.0,
            funding: self.funding.as_ref().map_or(0.0, |funding| funding.value.0),
            term: self.term.as_ref().map_or(days, |term| term.value.0),
        })
    }
}

impl CoinPutFile {
    pub fn resolve(&self) -> Option<CoinPut> {
        Some(CoinPut {
            share: self.share.as_ref()?.value.0,
            option: ProtectivePut {
                strike: self.strike.as_ref()?.value.0,
                expiry: Duration::from_seconds(u64::from(self.expiry.as_ref()?.value.0) * SECONDS_PER_DAY),
                implied_volatility: self.implied_volatility.as_ref()?.value.0,
            },
        })
    }
}
