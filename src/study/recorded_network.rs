//! What a unit of hashrate earned on each day of a record, so that a miner can be opened on any of them.

use crate::account::NetworkDay;
use crate::account::miner::OpenMiner;
use crate::market::{DailyValues, bitcoin_subsidy};
use crate::numeric::elementary;

const DAY: i64 = 86_400;
/// Days whose mean fee stands for one that was not recorded.
const FEE_DAYS: i64 = 7;
/// Blocks that are expected in a day.
const BLOCKS_PER_DAY: f64 = 144.0;

/// Recorded difficulty and fees with bitcoin's subsidy.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedNetwork {
    difficulty: DailyValues,
    fees: Option<DailyValues>,
}

impl RecordedNetwork {
    /// From difficulties, and fees in coins a day where they are recorded.
    pub fn new(difficulty: DailyValues, fees: Option<DailyValues>) -> Self {
        Self { difficulty, fees }
    }

    /// Logarithm of coins per block over difficulty on a day counted from 1970; NaN where the difficulty is not known.
    fn on(&self, day: i64) -> f64 {
        let Some(difficulty) = self.difficulty.on(day) else { return f64::NAN };
        let known: Vec<f64> = self.fees.iter().flat_map(|fees| fees.between(day - FEE_DAYS, day)).collect();
        let of_the_day = self.fees.as_ref().and_then(|fees| fees.on(day));
        let fee = of_the_day.unwrap_or_else(|| known.iter().sum::<f64>() / known.len().max(1) as f64);
        elementary::ln((bitcoin_subsidy(day) + fee / BLOCKS_PER_DAY) / difficulty)
    }

    /// The same for the days in which stretches end that follow each other from a time on, in seconds.
    pub(super) fn by_place(&self, first: i64, interval: u64, places: usize) -> Vec<f64> {
        let end = |place: usize| first + (place as i64 + 1) * interval as i64;
        (0..places).map(|place| self.on((end(place) - 1).div_euclid(DAY))).collect()
    }
}

/// The network of a miner some days after each start: as his own at the start, moved as the recorded one moved.
#[derive(Debug, Default)]
pub(super) struct NetworkColumns {
    coins: Vec<f64>,
    power: Vec<f64>,
    hashprice: Vec<f64>,
    difficulty: Vec<f64>,
}

impl NetworkColumns {
    /// By start: the record then and now, and the log-price now over that at the start.
    pub fn set<'a>(
        &'a mut self,
        opened: &OpenMiner,
        starts: &[f64],
        now: &[f64],
        log_prices: &[f64],
    ) -> NetworkDay<'a> {
        for column in [&mut self.coins, &mut self.power, &mut self.hashprice, &mut self.difficulty] {
            column.clear();
        }
        for ((start, now), log_price) in starts.iter().zip(now).zip(log_prices) {
            let moved = elementary::exp(now - start);
            // A start whose days are not all known does not count.
            let moved = if moved.is_finite() { moved } else { 1.0 };
            let coins = opened.hashprice / opened.price * moved;
            self.coins.push(coins);
            self.power.push(opened.miner.electricity.price.median);
            self.hashprice.push(coins * opened.price * elementary::exp(*log_price));
            self.difficulty.push(opened.difficulty / moved);
        }
        let Self { coins, power, hashprice, difficulty } = self;
        NetworkDay { coins, power, hashprice, difficulty }
    }
}
