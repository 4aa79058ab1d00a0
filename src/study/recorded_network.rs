//! What a unit of hashrate earned on each day of a record, so that a miner can be opened on any of them.

use crate::market::{DailyValues, bitcoin_subsidy};
use crate::numeric::elementary;

use super::grid::Grid;

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

    /// The same for the days in which the places of a history end.
    pub(super) fn by_place(&self, grid: &Grid) -> Vec<f64> {
        (0..grid.close.len()).map(|place| self.on((grid.end(place) - 1).div_euclid(DAY))).collect()
    }
}
