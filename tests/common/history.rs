//! Synthetic histories.

use liqsim::market::{Duration, HistoricalBar, PriceHistory};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

const HOUR: i64 = 3600;

/// Hourly bars of a price without drift, with lows and highs from the law of the Brownian bridge.
pub fn walk(volatility: f64, hours: usize, seed: u64) -> PriceHistory {
    let mut random = StdRng::seed_from_u64(seed);
    let variance = volatility * volatility / (365.0 * 24.0);
    let mut price = 100.0_f64.ln();
    let bars = (0..hours)
        .map(|hour| {
            let open = price;
            let normal: f64 = StandardNormal.sample(&mut random);
            price += -0.5 * variance + variance.sqrt() * normal;
            let mut reach = || {
                let u: f64 = 1.0 - random.random::<f64>();
                ((price - open).powi(2) - 2.0 * variance * u.ln()).sqrt()
            };
            let (low, high) = (0.5 * (open + price - reach()), 0.5 * (open + price + reach()));
            HistoricalBar {
                time: hour as i64 * HOUR,
                open: open.exp(),
                high: high.exp(),
                low: low.exp(),
                close: price.exp(),
                volume: 0.0,
            }
        })
        .collect();
    PriceHistory { bars, interval: Duration::from_seconds(3600), close_only: false }
}
