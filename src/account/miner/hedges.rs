//! Hedges of a miner: a hashprice forward, a future on coins settled daily, a put on coins.
//!
//! On day n, per PH/s at the start and per unit of the assets at the start:
//!
//! ```text
//! forward  share·(hashprice − h(n))                                     up to its term; on hashrate sold, not on coins mined
//! short    share·((S(n − 1) − S(n)) + S(n)·funding)/S(0)                up to its term; losses are paid like bills
//! put      share·max(strike − S/S(0), 0) on its expiry; before that worth share·P(S/S(0)), P by Black and Scholes
//! ```

use serde::Serialize;

use crate::account::policy::ProtectivePut;

const SECONDS_PER_DAY: u64 = 86_400;
const DAYS_PER_YEAR: f64 = 365.0;

/// A hashprice forward, settled daily in cash without margin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Forward {
    /// Share of the hashrate at the start.
    pub share: f64,
    /// Agreed hashprice, quote currency per PH/s and day.
    pub hashprice: f64,
    /// Last day.
    pub term: u32,
}

/// A future on coins, settled daily in cash without margin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Short {
    /// Share of the assets at the start.
    pub share: f64,
    /// Received per day, as a fraction of the notional.
    pub funding: f64,
    /// Last day.
    pub term: u32,
}

/// A put on coins, paid from the cash at the start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CoinPut {
    /// Share of the assets at the start.
    pub share: f64,
    /// Strike, expiry and implied volatility.
    pub option: ProtectivePut,
}

/// All of them, each optional.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Hedges {
    /// Sells hashrate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward: Option<Forward>,
    /// Sells coins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short: Option<Short>,
    /// Insures coins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put: Option<CoinPut>,
}

impl Hedges {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.forward.is_none() && self.short.is_none() && self.put.is_none()
    }

    /// What the put costs per unit of the assets.
    pub fn premium(&self) -> f64 {
        self.put.map_or(0.0, |put| put.share * put.option.premium())
    }

    /// What a day pays per PH/s.
    #[inline(always)]
    pub fn of_hashrate(&self, day: u32, hashprice: f64) -> f64 {
        match self.forward {
            Some(forward) if day <= forward.term => forward.share * (forward.hashprice - hashprice),
            _ => 0.0,
        }
    }

    /// What a day pays per unit of the assets, from the price over that at the start the evening before and now.
    #[inline(always)]
    pub fn of_assets(&self, day: u32, before: f64, now: f64) -> f64 {
        let short = match self.short {
            Some(short) if day <= short.term => short.share * ((before - now) + now * short.funding),
            _ => 0.0,
        };
        let put = match self.put {
            Some(put) if day == put.expiry() => put.share * (put.option.strike - now).max(0.0),
            _ => 0.0,
        };
        short + put
    }

    /// What the put is worth at the end of a day, per unit of the assets; nothing from its expiry on.
    pub fn worth(&self, day: u32, now: f64) -> f64 {
        match self.put {
            Some(put) if day < put.expiry() => {
                put.share * put.option.value(now, f64::from(day) / DAYS_PER_YEAR)
            }
            _ => 0.0,
        }
    }
}

impl CoinPut {
    /// Day of the expiry.
    fn expiry(&self) -> u32 {
        u32::try_from(self.option.expiry.seconds() / SECONDS_PER_DAY).unwrap_or(u32::MAX)
    }
}
