//! What a miner's result has beyond that of a position: its start, its ends, and the network that it worked in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::notes::Note;
use super::time::TimeToLiquidation;
use crate::account::Moment;
use crate::account::miner::{MinerLevel, OpenMiner};
use crate::engine::Plan;
use crate::market::SECONDS_PER_DAY;
use crate::stats::{Distribution, Estimate, Histogram, MinerTally, Moments, NetworkTally, Tally};

const QUANTILES: [(&str, f64); 3] = [("0.05", 0.05), ("0.5", 0.5), ("0.95", 0.95)];

/// The keys of a level that only a miner has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MinerResult {
    /// Probability of being wound up because a bill or an instalment could not be paid.
    pub default_probability: Estimate,
    /// Probability of being wound up on a bill.
    pub default_on_bills_probability: Estimate,
    /// Probability that the loan on coins is liquidated.
    pub coin_liquidation_probability: Estimate,
    /// Probability of at least one call of the loan on coins.
    pub margin_call_probability: Estimate,
    /// Of the paths in default; none if there are none.
    pub time_to_default_days: Option<TimeToLiquidation>,
    /// Mean number of days on which more is owed on the machines than they sell for.
    pub underwater_days: Estimate,
    /// Mean number of coins mined, after the pool's fee, up to the end or the default.
    pub coins_mined: Estimate,
    /// The start.
    pub start: MinerStart,
    /// Cash, and what stands against the debt, over time.
    pub over_time: Vec<MinerPoint>,
}

/// A miner at the start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MinerStart {
    /// PH/s.
    pub hashrate_ph: f64,
    /// What is owed, quote currency.
    pub debt: f64,
    /// Debt over assets.
    pub loan_to_value: f64,
    /// Instalment of the loan on machines, quote currency; 0 without one.
    pub instalment: f64,
    /// Income after costs over the instalments of the same time; none without an instalment.
    pub coverage: Option<f64>,
    /// Hashprice below which machines do not pay their power.
    pub shutdown_hashprice: f64,
    /// Hashprice that pays all costs.
    pub break_even_hashprice: f64,
    /// Hashprice that pays all costs and the instalments.
    pub break_even_hashprice_with_debt: f64,
    /// Price of the coin that pays all costs at the difficulty of the start.
    pub break_even_price: f64,
    /// The same with the instalments.
    pub break_even_price_with_debt: f64,
}

/// A miner at a date, in units of the equity put up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MinerPoint {
    /// Days since the start.
    pub days: f64,
    /// Quantiles of cash, 0 after a default.
    pub cash: BTreeMap<String, f64>,
    /// Median of what the machines sell for, on the paths without a default so far; none if there are none.
    pub machines: Option<f64>,
    /// Median worth of all coins, on the same paths.
    pub coins: Option<f64>,
    /// Median debt, on the same paths.
    pub debt: Option<f64>,
}

/// The network of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkResult {
    /// Quote currency per PH/s and day.
    pub hashprice_at_start: f64,
    /// Quantiles on the last day.
    pub hashprice_at_horizon: BTreeMap<String, Estimate>,
    /// Quantiles on the last day, before a retarget on it.
    pub difficulty_at_horizon: BTreeMap<String, Estimate>,
    /// Mean share of the days on which the miner's machines are off, of those after they are online.
    pub curtailed_share: Estimate,
    /// Quantiles of hashprice over time, for pictures.
    pub hashprice_over_time: Vec<HashpricePoint>,
}

/// Hashprice at a date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HashpricePoint {
    /// Days since the start.
    pub days: f64,
    /// Quantiles, quote currency per PH/s and day.
    pub quantiles: BTreeMap<String, f64>,
}

impl MinerResult {
    /// The numbers of a level from the tally of `n` paths.
    pub(super) fn new(
        opened: &OpenMiner,
        level: &MinerLevel,
        tally: &MinerTally,
        n: f64,
        schedule: &[Moment],
    ) -> Self {
        let equity = opened.equity;
        let probability = |moments: &Moments| {
            let sums = moments.mapped(0.0, 1.0);
            Estimate::probability(sums.powers[0], sums.squares[0], n)
        };
        let mean = |moments: &Moments, unit: f64| {
            let sums = moments.mapped(0.0, unit);
            let estimate = Estimate::mean(sums.powers[1], sums.squares[2], n);
            Estimate { low: estimate.low.max(0.0), ..estimate }
        };
        Self {
            default_probability: probability(&tally.defaulted),
            default_on_bills_probability: probability(&tally.on_bills),
            coin_liquidation_probability: probability(&tally.coins_sold),
            margin_call_probability: probability(&tally.called),
            time_to_default_days: TimeToLiquidation::of((&tally.defaulted, &tally.times), &[], 1.0),
            underwater_days: mean(&tally.under_water, 1.0),
            coins_mined: mean(&tally.coins, equity),
            start: MinerStart::new(opened, level, equity),
            over_time: over_time(tally, schedule),
        }
    }
}

impl MinerStart {
    fn new(opened: &OpenMiner, level: &MinerLevel, equity: f64) -> Self {
        let miner = &opened.miner;
        let debt = level.leverage - 1.0;
        let price = |hashprice: f64| opened.price * hashprice / opened.hashprice;
        let plain = miner.break_even_hashprice(0.0);
        let with_debt = miner.break_even_hashprice(level.daily_debt_service());
        Self {
            hashrate_ph: level.hashrate * equity,
            debt: debt * equity,
            loan_to_value: debt / level.leverage,
            instalment: level.instalment() * equity,
            coverage: level.coverage(miner, opened.hashprice),
            shutdown_hashprice: miner.shutdown_hashprice(),
            break_even_hashprice: plain,
            break_even_hashprice_with_debt: with_debt,
            break_even_price: price(plain),
            break_even_price_with_debt: price(with_debt),
        }
    }
}

impl NetworkResult {
    /// The network of a run; none without a miner.
    pub(super) fn of(plan: &Plan, tally: &Tally) -> Option<Self> {
        let opened = plan.account.miner.as_ref()?;
        Some(Self::new(opened, tally.network.as_deref()?, tally.paths as f64, &plan.account.schedule))
    }

    /// The numbers of a network that started at a hashprice and a difficulty, from the tally of `n` paths.
    fn new(opened: &OpenMiner, tally: &NetworkTally, n: f64, schedule: &[Moment]) -> Self {
        let off = tally.off.mapped(0.0, 1.0);
        let off = Estimate::mean(off.powers[1], off.squares[2], n);
        let none = Histogram::default();
        Self {
            hashprice_at_start: opened.hashprice,
            hashprice_at_horizon: quantiles(tally.hashprice.last().unwrap_or(&none), opened.hashprice, n),
            difficulty_at_horizon: quantiles(&tally.difficulty, opened.difficulty, n),
            curtailed_share: Estimate { low: off.low.max(0.0), high: off.high.min(1.0), ..off },
            hashprice_over_time: dates(schedule)
                .zip(&tally.hashprice)
                .map(|(days, hashprice)| {
                    let law = Distribution::new(hashprice);
                    let at = |p: f64| law.quantile(p) * opened.hashprice;
                    let quantiles = QUANTILES.iter().map(|(key, p)| ((*key).to_owned(), at(*p)));
                    HashpricePoint { days, quantiles: quantiles.collect() }
                })
                .collect(),
        }
    }
}

/// Quantiles of numbers in this unit, with their errors.
fn quantiles(histogram: &Histogram, unit: f64, n: f64) -> BTreeMap<String, Estimate> {
    let law = Distribution::new(histogram);
    let scaled = |p: f64| {
        let found = law.quantile_estimate(p, n);
        let Estimate { value, std_error, low, high, .. } = found;
        let (value, std_error) = (value * unit, std_error * unit);
        Estimate { value, std_error, low: low * unit, high: high * unit, ..found }
    };
    QUANTILES.iter().map(|(key, p)| ((*key).to_owned(), scaled(*p))).collect()
}

/// Days of the dates of a schedule.
fn dates(schedule: &[Moment]) -> impl Iterator<Item = f64> {
    schedule
        .iter()
        .filter(|moment| moment.date.is_some())
        .map(|moment| moment.seconds as f64 / SECONDS_PER_DAY)
}

fn over_time(tally: &MinerTally, schedule: &[Moment]) -> Vec<MinerPoint> {
    let median = |dates: &[Histogram], date: usize| {
        let histogram = dates.get(date)?;
        histogram.quantile(0.5 * histogram.weight())
    };
    let point = |(date, days): (usize, f64)| {
        let cash = tally.cash.get(date)?;
        let at = |p: f64| cash.quantile(p, cash.weight());
        Some(MinerPoint {
            days,
            cash: QUANTILES.iter().map(|(key, p)| ((*key).to_owned(), at(*p))).collect(),
            machines: median(&tally.machines, date),
            coins: median(&tally.coins_held, date),
            debt: median(&tally.debt, date),
        })
    };
    dates(schedule).enumerate().filter_map(point).collect()
}

/// What a result of a miner has to carry.
pub(super) fn notes(opened: &OpenMiner) -> Vec<Note> {
    let hedges = &opened.miner.hedges;
    let put = hedges.put.is_some().then(|| Note::PutOfMiner { premium: hedges.premium() });
    let always = [
        Note::NetworkEpochs,
        Note::DailyAccounts,
        Note::DefaultAtOnce,
        Note::LendersLosses,
        Note::NetworkEstimates,
    ];
    always.into_iter().chain(put).collect()
}
