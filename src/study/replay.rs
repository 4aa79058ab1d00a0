//! What would have happened: a scenario's account on recorded bars, from every bar on.
//!
//! Entry is at the close of a bar; the bars behind it, within the horizon, go to the same follower that simulated bars go
//! to (`start_block`). A missing bar leaves the price where it was, and the next one opens with a gap. The paths of a block are
//! starts that follow each other, so a bar of all paths is a stretch of the history.
//!
//! Interest, funding at a constant rate and the owner's scheduled orders are due as long after the entry as in a simulation.
//! Recorded funding is paid when the record says, whatever the time of the entry; only starts whose horizon the record covers count.

use std::ops::Range;

use crate::account::Moment;
use crate::engine::{BLOCK_LANES, LevelTerms, Plan, PlanError};
use crate::market::{Duration, PriceHistory, format_time};
use crate::numeric::elementary;
use crate::scenario::Scenario;
use crate::stats::{BlockBootstrap, Estimate, LevelTally, Method, Z_95};
use crate::venue::{FundingRates, RecordedRates};

use super::recorded_network::RecordedNetwork;
use super::start_block::StartBlock;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Resamples of the bootstrap.
pub(super) const RESAMPLES: usize = 2_000;
/// Blocks of the bootstrap are so many horizons long, to hold the dependence of overlapping starts ...
const BLOCK_HORIZONS: usize = 3;
/// ... but not longer than this part of the history.
const SHORTEST_PART: usize = 8;

/// What became of a level over all starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplayedLevel {
    /// The level.
    pub leverage: f64,
    /// Starts with a whole horizon of history behind them.
    pub starts: usize,
    /// The fraction of them that was liquidated, with an interval that respects their overlap.
    pub realised: Estimate,
    /// Of a miner: the fraction that was wound up because a bill or an instalment could not be paid.
    pub defaulted: Option<f64>,
}

/// A history on its grid, ready to be replayed.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Start of the first bar, in seconds since 1970.
    first: i64,
    interval: u64,
    /// Log-prices by place on the grid.
    pub(super) open: Vec<f64>,
    pub(super) high: Vec<f64>,
    pub(super) low: Vec<f64>,
    pub(super) close: Vec<f64>,
    /// Places that hold a bar.
    recorded: Vec<bool>,
    /// Logarithm of coins per block over difficulty, by place, where they are recorded too.
    pub(super) network: Option<Vec<f64>>,
}

/// Why a scenario cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The scenario cannot be evaluated.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// One file of prices is the history of one asset.
    #[error("a history of one asset cannot replay a scenario of {0} assets")]
    SeveralAssets(usize),
    /// It is told of one position what became of it.
    #[error("replay follows accounts of one position, and this one has {0}")]
    SeveralPositions(usize),
    /// What was paid is not known.
    #[error(
        "a history has no funding rates of a mean-reverting law: name a record (`funding = {{ recorded = \"funding.csv\" }}`) or \
         a constant rate"
    )]
    RandomFunding,
    /// The record of funding and the prices do not overlap long enough.
    #[error(
        "the record of funding runs from {from} to {to}: no start in the history of prices has its whole horizon inside"
    )]
    FundingRecord {
        /// First payment.
        from: String,
        /// Last payment.
        to: String,
    },
    /// What a miner earned is not known.
    #[error(
        "a history of prices does not know what a miner earned: recorded difficulty is needed too (--network FILE)"
    )]
    NoNetwork,
    /// The record of the network and the prices do not overlap long enough.
    #[error("no day in the history of prices has its whole horizon inside the record of the network")]
    NetworkRecord,
    /// Days do not end with bars.
    #[error(
        "a miner's accounts are made at the end of every day, which bars of {0} do not show: days or hours are needed"
    )]
    LongBars(Duration),
    /// The history is too short, or its bars too long.
    #[error(
        "a horizon of {horizon} holds no bar of {interval}, or the history of {bars} bars holds no whole horizon"
    )]
    Horizon {
        /// The horizon.
        horizon: Duration,
        /// Length of a bar.
        interval: Duration,
        /// Bars of the history.
        bars: usize,
    },
}

impl Replay {
    /// Puts a history on its grid.
    pub fn new(history: &PriceHistory) -> Self {
        let interval = history.interval.seconds().max(1);
        let first = history.bars.first().map_or(0, |bar| bar.time);
        let mut replay = Self {
            first,
            interval,
            open: Vec::new(),
            high: Vec::new(),
            low: Vec::new(),
            close: Vec::new(),
            recorded: Vec::new(),
            network: None,
        };
        for bar in &history.bars {
            let place = ((bar.time - first).unsigned_abs() / interval) as usize;
            let still = replay.close.last().copied().unwrap_or_default();
            while replay.close.len() < place {
                replay.push([still; 4], false);
            }
            if replay.close.len() == place {
                replay.push(
                    [
                        elementary::ln(bar.open),
                        elementary::ln(bar.high),
                        elementary::ln(bar.low),
                        elementary::ln(bar.close),
                    ],
                    true,
                );
            }
        }
        replay
    }

    /// The same with a recorded network, for scenarios of miners.
    #[must_use]
    pub fn with_network(self, network: &RecordedNetwork) -> Self {
        let by_place = network.by_place(self.first, self.interval, self.close.len());
        Self { network: Some(by_place), ..self }
    }

    fn push(&mut self, [open, high, low, close]: [f64; 4], recorded: bool) {
        self.open.push(open);
        self.high.push(high);
        self.low.push(low);
        self.close.push(close);
        self.recorded.push(recorded);
    }

    /// What became of every level of a scenario.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub fn levels(&self, scenario: &Scenario) -> Result<Vec<ReplayedLevel>, ReplayError> {
        let plan = self.plan(scenario)?;
        let fates = self.fates(scenario, &plan)?;
        let starts = fates.counted.iter().filter(|counted| **counted).count();
        let horizon = self.bars_of(scenario.simulation.horizon);
        let block = (BLOCK_HORIZONS * horizon).min(starts / SHORTEST_PART).max(1);
        let bootstrap = BlockBootstrap::new(starts, block, RESAMPLES, scenario.simulation.seed);
        let windows = (starts as f64 / horizon as f64).max(1.0);
        let level = |((level, liquidated), defaulted): ((&LevelTerms, &Vec<f64>), &Option<f64>)| {
            let counted = liquidated.iter().zip(&fates.counted).filter(|(_, counted)| **counted);
            let liquidated: Vec<f64> = counted.map(|(liquidated, _)| *liquidated).collect();
            // Payments on the way can bring about what no price can.
            let can_be = level.is_liquidatable || !plan.account.schedule.is_empty();
            ReplayedLevel {
                leverage: level.leverage,
                starts,
                realised: match can_be {
                    true => realised(&liquidated, &bootstrap, windows),
                    false => Estimate::exact(0.0),
                },
                defaulted: *defaulted,
            }
        };
        Ok(plan.terms.iter().zip(&fates.liquidated).zip(&fates.defaulted).map(level).collect())
    }

    /// What a replay of a scenario takes for granted beyond the recorded prices.
    ///
    /// # Errors
    /// If the scenario cannot be replayed.
    pub fn notes(&self, scenario: &Scenario) -> Result<Vec<String>, ReplayError> {
        let plan = self.plan(scenario)?;
        let mut notes = Vec::new();
        if scenario.miner.is_some() {
            notes.push(
                "The same fleet is opened at the end of every day: machines, power and debt stand to price and hashprice as in the scenario, and \
                 price, difficulty, subsidy and fees move from there as recorded."
                    .to_owned(),
            );
        } else if plan.law.continuous && plan.follower().watched_side().is_none() {
            notes.push(
                "Each bar goes from its open to its extreme on the losing side, to the other one and to its close: where a bar meets a stop \
                 and a target, the stop comes first."
                    .to_owned(),
            );
        }
        if let Some(FundingRates::Recorded(_)) =
            plan.account.flows.first().and_then(|flows| flows.funding.as_ref()).map(|funding| &funding.rates)
        {
            notes.push(
                "Funding is paid when the record says; starts whose horizon the record does not cover are left out.".to_owned(),
            );
        }
        let is_inside = |moment: &Moment| {
            (moment.funding || moment.interest) && !moment.seconds.is_multiple_of(self.interval)
        };
        if plan.account.schedule.iter().any(is_inside) {
            notes.push(format!("What is due within a bar of {} is paid at its close.", self.interval()));
        }
        Ok(notes)
    }

    /// The plan of a scenario that can be replayed; recorded funding is due at every bar.
    pub(super) fn plan(&self, scenario: &Scenario) -> Result<Plan, ReplayError> {
        if scenario.assets.len() != 1 {
            return Err(ReplayError::SeveralAssets(scenario.assets.len()));
        }
        if scenario.account.is_portfolio() {
            return Err(ReplayError::SeveralPositions(scenario.account.positions.len()));
        }
        let mut scenario = scenario.clone();
        let account = &mut scenario.account;
        let own = account.positions.iter_mut().filter_map(|position| position.terms.as_mut());
        for flows in own.map(|terms| &mut terms.flows).chain([&mut account.flows]) {
            match &mut flows.funding {
                Some(funding) if matches!(funding.rates, FundingRates::Recorded(_)) => {
                    funding.every = self.interval();
                }
                Some(funding) if matches!(funding.rates, FundingRates::Ou(_)) => {
                    return Err(ReplayError::RandomFunding);
                }
                _ => {}
            }
        }
        Ok(Plan::new(&scenario)?)
    }

    /// Length of a bar.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_seconds(self.interval)
    }

    /// Whole bars in a length of time.
    pub(super) fn bars_of(&self, time: Duration) -> usize {
        (time.seconds() / self.interval) as usize
    }

    /// Log-price at the end of a place of the grid.
    pub(super) fn close(&self, place: usize) -> f64 {
        self.close[place]
    }

    /// What became of the starts at all places of the grid.
    pub(super) fn fates(&self, scenario: &Scenario, plan: &Plan) -> Result<Fates, ReplayError> {
        let horizon = scenario.simulation.horizon;
        let bars = self.bars_of(horizon);
        let starts: Vec<usize> = (0..self.close.len().saturating_sub(bars)).collect();
        if bars == 0 || starts.is_empty() {
            return Err(ReplayError::Horizon { horizon, interval: self.interval(), bars: self.close.len() });
        }
        let mut counted = self.recorded[..starts.len()].to_vec();
        let mut rates = Vec::new();
        let flows = scenario.account.positions.first().map(|position| scenario.account.flows_of(position));
        if let Some(funding) = flows.and_then(|flows| flows.funding)
            && let FundingRates::Recorded(record) = &funding.rates
        {
            rates = self.rates_by_place(record);
            let covered = self.covered(record, funding.every, bars);
            for (place, counted) in counted.iter_mut().enumerate() {
                *counted &= covered.contains(&place);
            }
            if !counted.contains(&true) {
                let at = |time: Option<&i64>| format_time(time.copied().unwrap_or_default());
                return Err(ReplayError::FundingRecord {
                    from: at(record.times.first()),
                    to: at(record.times.last()),
                });
            }
        }
        if scenario.miner.is_some() {
            self.count_days(&mut counted, bars)?;
        }
        let mut liquidated = vec![vec![0.0; starts.len()]; plan.terms.len()];
        let mut block = StartBlock::new(self, plan, &rates);
        for starts in starts.chunks(BLOCK_LANES) {
            let weights: Vec<f64> = starts.iter().map(|start| f64::from(u8::from(counted[*start]))).collect();
            block.run(starts[0], &weights, bars);
            block.for_each_liquidated(&mut |lane, level| liquidated[level][starts[lane as usize]] = 1.0);
        }
        let known = counted.iter().filter(|counted| **counted).count() as f64;
        let share = |level: &LevelTally| {
            let miner = level.miner.as_ref().filter(|_| scenario.miner.is_some())?;
            Some(miner.defaulted.mapped(0.0, 1.0).powers[0] / known)
        };
        let defaulted = block.tally().levels.iter().map(share).collect();
        Ok(Fates { liquidated, counted, defaulted })
    }

    /// Leaves the starts at the ends of days on whose way every day of the network is known.
    fn count_days(&self, counted: &mut [bool], bars: usize) -> Result<(), ReplayError> {
        let Some(network) = &self.network else { return Err(ReplayError::NoNetwork) };
        if !DAY.is_multiple_of(self.interval) {
            return Err(ReplayError::LongBars(self.interval()));
        }
        let mut unknown = vec![0_usize];
        for value in network {
            unknown.push(unknown[unknown.len() - 1] + usize::from(value.is_nan()));
        }
        for (place, counted) in counted.iter_mut().enumerate() {
            let end = self.first + (place as i64 + 1) * self.interval as i64;
            let is_known = unknown[place] == unknown[place + bars + 1];
            *counted &= end.rem_euclid(DAY as i64) == 0 && is_known;
        }
        if counted.contains(&true) { Ok(()) } else { Err(ReplayError::NetworkRecord) }
    }

    /// Sum of the rates that were paid within each place of the grid, its end included.
    fn rates_by_place(&self, record: &RecordedRates) -> Vec<f64> {
        let mut sums = vec![0.0; self.close.len()];
        for (time, rate) in record.times.iter().zip(record.rates.iter()) {
            let since = time - self.first;
            if since > 0
                && let Some(sum) = sums.get_mut(((since - 1) as u64 / self.interval) as usize)
            {
                *sum += rate;
            }
        }
        sums
    }

    /// The starts between whose entry and horizon no payment can be missing at either end of the record.
    fn covered(&self, record: &RecordedRates, every: Duration, bars: usize) -> Range<usize> {
        let (Some(from), Some(to)) = (record.times.first(), record.times.last()) else { return 0..0 };
        // Before its first payment, and behind its last one, nothing is due for one interval.
        let every = every.seconds() as i64;
        let (from, to) = (from - every, to + every);
        let place = |time: i64| (time - self.first).max(0) as u64;
        let first = place(from).div_ceil(self.interval).saturating_sub(1);
        let end = (place(to - 1) / self.interval).saturating_sub(bars as u64);
        first as usize..end as usize
    }
}

/// What became of the starts at all places of the grid.
pub(super) struct Fates {
    /// 1 for a start that was liquidated, by level.
    pub liquidated: Vec<Vec<f64>>,
    /// Whether a start counts: it is at a recorded bar, and all that is paid on its way is known.
    pub counted: Vec<bool>,
    /// Share of the starts that count whose miner was wound up, by level; none without a miner.
    pub defaulted: Vec<Option<f64>>,
}

/// The fraction with its interval; where nothing or everything happened, the exact bound of so many windows apart.
pub(super) fn realised(liquidated: &[f64], bootstrap: &BlockBootstrap, windows: f64) -> Estimate {
    let n = liquidated.len() as f64;
    let value = liquidated.iter().sum::<f64>() / n;
    let (low, high) = bootstrap.interval(liquidated);
    let bound = Estimate::probability(value * windows, value * windows, windows);
    let (low, high) =
        (if value >= 1.0 { bound.low } else { low }, if value <= 0.0 { bound.high } else { high });
    Estimate::new(value, (high - low) / (2.0 * Z_95), [low, high]).by(Method::History)
}
