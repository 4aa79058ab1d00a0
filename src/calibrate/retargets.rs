//! The retargets of a record: what hashprice, price and difficulty did over each epoch.

use crate::market::{DailyValues, PriceHistory, bitcoin_subsidy};
use crate::numeric::elementary;

const DAY: i64 = 86_400;
const DAYS_PER_YEAR: f64 = 365.0;
/// Blocks that are expected in a day.
pub(super) const BLOCKS_PER_DAY: f64 = 144.0;
/// 86400·10¹⁵/2³²: hashes of a PH/s in a day over those that a block takes at a difficulty of 1.
pub(super) const HASHES: f64 = 86_400.0e15 / 4_294_967_296.0;

/// A retarget of the record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retargeted {
    /// Time from the last day, in years.
    pub t: f64,
    /// Length of the epoch in years.
    pub tau: f64,
    /// Log-return of the price over the epoch.
    pub price_return: f64,
    /// Logarithm of what a PH/s earned at a difficulty of 1: hashprice times difficulty.
    pub log_income: f64,
}

/// The last close of each day, counted from 1970.
pub(super) fn daily_closes(history: &PriceHistory) -> Vec<(i64, f64)> {
    let mut closes: Vec<(i64, f64)> = Vec::new();
    for bar in &history.bars {
        // A bar belongs to the day in which it ends.
        let day = (bar.time + history.interval.seconds() as i64 - 1).div_euclid(DAY);
        match closes.last_mut() {
            Some((last, close)) if *last == day => *close = bar.close,
            _ => closes.push((day, bar.close)),
        }
    }
    closes
}

/// The last day whose difficulty and close are both known, with that close.
pub(super) fn last_day(difficulty: &DailyValues, closes: &[(i64, f64)]) -> Option<(i64, f64)> {
    closes.iter().rev().find(|(day, _)| difficulty.on(*day).is_some()).copied()
}

/// Retargets of epochs that follow each other, with prices at both ends; and the logarithms of the difficulties, one more. Of
/// stretches that are interrupted the longest. Times are counted from the day `last`.
pub(super) fn record(
    difficulty: &DailyValues,
    fees: Option<&DailyValues>,
    closes: &[(i64, f64)],
    last: i64,
) -> (Vec<Retargeted>, Vec<f64>) {
    let price = |day: i64| {
        let at = closes.partition_point(|(known, _)| *known < day);
        closes.get(at).filter(|(known, _)| *known == day).map(|(_, close)| *close)
    };
    let epochs = difficulty.epochs();
    let (mut best, mut current) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for pair in epochs.windows(2) {
        let [epoch, next] = [pair[0], pair[1]];
        // On the day of a retarget sources give a mean of two difficulties: it belongs to the epoch that ends on it.
        let day = next.first_day - 1;
        let follows = day - epoch.last_day <= 1;
        let ends = price(epoch.first_day - 1).zip(price(day));
        let (true, Some((before, close))) = (follows, ends) else {
            current = (Vec::new(), Vec::new());
            continue;
        };
        let known: Vec<f64> = fees.iter().flat_map(|fees| fees.between(epoch.first_day, day)).collect();
        let fee = known.iter().sum::<f64>() / known.len().max(1) as f64 / BLOCKS_PER_DAY;
        let reward = bitcoin_subsidy(epoch.last_day) + fee;
        if current.1.is_empty() {
            current.1.push(elementary::ln(epoch.difficulty));
        }
        current.0.push(Retargeted {
            t: (day - last) as f64 / DAYS_PER_YEAR,
            tau: (day - epoch.first_day + 1) as f64 / DAYS_PER_YEAR,
            price_return: elementary::ln(close / before),
            log_income: elementary::ln(HASHES * reward * close),
        });
        current.1.push(elementary::ln(next.difficulty));
        if current.0.len() > best.0.len() {
            best.clone_from(&current);
        }
    }
    best
}
