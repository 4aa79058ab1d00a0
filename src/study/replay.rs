//! What would have happened: a scenario's account on recorded bars, from every bar on.
//!
//! Entry is at the close of a bar; the bars behind it, within the horizon, go to the same follower that simulated bars go
//! to (`starts`). A missing bar leaves the price where it was, and the next one opens with a gap. The paths of a block are
//! starts that follow each other, so a bar of all paths is a stretch of the history.
//!
//! Interest, funding at a constant rate and the owner's scheduled orders are due as long after the entry as in a simulation.
//! Recorded funding is paid when the record says, whatever the time of the entry; only starts whose horizon the record covers count.
//! Mean-reverting funding is no record: every start draws rates of its own, and where they hang together with the price, the recorded moves
//! in units of their standard deviation drive them.
//!
//! Several assets are followed through the time that all their histories have, and a start counts where all have a bar. Which price came to
//! its extreme first within a bar nobody recorded: all come to the losing side at once, which is the worst that the bars allow.

use crate::account::Moment;
use crate::engine::{BLOCK_LANES, LevelTerms, Plan, PlanError, Worker, held};
use crate::market::{Duration, PriceHistory, format_time};
use crate::scenario::{Asset, Scenario};
use crate::stats::{BlockBootstrap, Estimate};
use crate::venue::FundingRates;

use super::grid::Grid;
use super::realised::{RESAMPLES, realised};
use super::recorded_network::RecordedNetwork;
use super::starts::Starts;

/// Seconds of a day.
const DAY: u64 = 86_400;
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

/// A history on its grid, ready to be replayed; of several assets one each, over the same times.
#[derive(Debug, Clone)]
pub struct Replay {
    /// With the name of its asset; the only one is whatever asset a scenario holds.
    grids: Vec<(String, Grid)>,
    /// Logarithm of coins per block over difficulty, by place, where they are recorded too.
    network: Option<Vec<f64>>,
}

/// Why a scenario cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The scenario cannot be evaluated.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// One file of prices is the history of one asset.
    #[error("a history of one asset cannot replay a scenario of {0} assets: give a history for each of them")]
    SeveralAssets(usize),
    /// An asset that no history is of.
    #[error("there is no history of {asset}, only of {known}")]
    NoHistory {
        /// Name of the asset.
        asset: String,
        /// Names of the histories.
        known: String,
    },
    /// Histories that cannot be put on one grid.
    #[error(
        "the bars of {first} and {other} are not of the same length and start at other times: join them to the same bars first"
    )]
    OtherBars {
        /// Name of the first asset.
        first: String,
        /// Name of another.
        other: String,
    },
    /// Histories that do not overlap.
    #[error("the histories of {0} have no time in common")]
    NoCommonTime(String),
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
        Self { grids: vec![(String::new(), Grid::new(history))], network: None }
    }

    /// Puts the histories of several assets, by the names that scenarios know them by, on one grid over the time that all of them have.
    ///
    /// # Errors
    /// Their bars do not fit together, or there is no such time.
    pub fn of_several(histories: &[(String, &PriceHistory)]) -> Result<Self, ReplayError> {
        let mut grids: Vec<(String, Grid)> =
            histories.iter().map(|(name, history)| (name.clone(), Grid::new(history))).collect();
        let names = || grids.iter().map(|(name, _)| name.as_str()).collect::<Vec<&str>>().join(", ");
        let from = grids.iter().map(|(_, grid)| grid.range().0).max().unwrap_or_default();
        let until = grids.iter().map(|(_, grid)| grid.range().1).min().unwrap_or_default();
        if from >= until {
            return Err(ReplayError::NoCommonTime(names()));
        }
        if let [(first, one), others @ ..] = &grids[..] {
            let seconds = one.interval().seconds() as i64;
            let fits = |grid: &Grid| {
                grid.interval() == one.interval() && (grid.range().0 - one.range().0) % seconds == 0
            };
            if let Some((other, _)) = others.iter().find(|(_, grid)| !fits(grid)) {
                return Err(ReplayError::OtherBars { first: first.clone(), other: other.clone() });
            }
        }
        grids = grids.into_iter().map(|(name, grid)| (name, grid.cut(from, until))).collect();
        Ok(Self { grids, network: None })
    }

    /// The same with a recorded network, for scenarios of miners.
    #[must_use]
    pub fn with_network(self, network: &RecordedNetwork) -> Self {
        Self { network: Some(network.by_place(self.grid())), ..self }
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
        let level = |((level, liquidated), defaulted): ((&LevelTerms, &Vec<f64>), &Vec<f64>)| {
            let counted = |fates_of: &[f64]| -> Vec<f64> {
                let counted = fates_of.iter().zip(&fates.counted).filter(|(_, counted)| **counted);
                counted.map(|(fate, _)| *fate).collect()
            };
            let liquidated = counted(liquidated);
            let defaulted = counted(defaulted).iter().sum::<f64>() / starts as f64;
            // Payments on the way can bring about what no price can.
            let can_be = level.is_liquidatable || !plan.account.schedule.is_empty();
            ReplayedLevel {
                leverage: level.leverage,
                starts,
                realised: match can_be {
                    true => realised(&liquidated, &bootstrap, windows),
                    false => Estimate::exact(0.0),
                },
                defaulted: scenario.miner.is_some().then_some(defaulted),
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
        let mut laws = plan.funding.iter().map(|law| &law.funding.rates);
        if laws.any(|rates| matches!(rates, FundingRates::Ou(_))) {
            notes.push(
                "Mean-reverting funding is no record: every start draws rates of its own from where the scenario begins; what hangs together \
                 with the price follows its recorded moves."
                    .to_owned(),
            );
        }
        if plan.law.models.len() > 1 {
            notes.push(
                "Several assets: a start counts where all have a bar, and within a bar all prices come to the losing side at once, the worst \
                 that the bars allow."
                    .to_owned(),
            );
        }
        let is_inside = |moment: &Moment| {
            (moment.funding || moment.interest) && !moment.seconds.is_multiple_of(self.interval().seconds())
        };
        if plan.account.schedule.iter().any(is_inside) {
            notes.push(format!("What is due within a bar of {} is paid at its close.", self.interval()));
        }
        Ok(notes)
    }

    /// The plan of a scenario that can be replayed; recorded funding is due at every bar.
    pub(super) fn plan(&self, scenario: &Scenario) -> Result<Plan, ReplayError> {
        let mut scenario = held(scenario).into_owned();
        self.grids_of(&scenario)?;
        let account = &mut scenario.account;
        let own = account.positions.iter_mut().filter_map(|position| position.terms.as_mut());
        for flows in own.map(|terms| &mut terms.flows).chain([&mut account.flows]) {
            match &mut flows.funding {
                Some(funding) if matches!(funding.rates, FundingRates::Recorded(_)) => {
                    funding.every = self.interval();
                }
                _ => {}
            }
        }
        Ok(Plan::new(&scenario)?)
    }

    /// The histories of the assets of a scenario that holds all of them.
    fn grids_of(&self, held: &Scenario) -> Result<Vec<&Grid>, ReplayError> {
        if let ([(_, grid)], [_]) = (&self.grids[..], &held.assets[..]) {
            return Ok(vec![grid]);
        }
        if self.grids.len() == 1 {
            return Err(ReplayError::SeveralAssets(held.assets.len()));
        }
        let known = || self.grids.iter().map(|(name, _)| name.as_str()).collect::<Vec<&str>>().join(", ");
        let of = |asset: &Asset| {
            let found = self.grids.iter().find(|(name, _)| *name == asset.name);
            found
                .map(|(_, grid)| grid)
                .ok_or_else(|| ReplayError::NoHistory { asset: asset.name.clone(), known: known() })
        };
        held.assets.iter().map(of).collect()
    }

    /// The grid that all histories share the times of.
    fn grid(&self) -> &Grid {
        &self.grids[0].1
    }

    /// Start of the first place and end of the last, in seconds since 1970.
    pub(super) fn range(&self) -> (i64, i64) {
        self.grid().range()
    }

    /// Length of a bar.
    pub(super) fn interval(&self) -> Duration {
        self.grid().interval()
    }

    /// Whole bars in a length of time.
    pub(super) fn bars_of(&self, time: Duration) -> usize {
        (time.seconds() / self.interval().seconds()) as usize
    }

    /// The second at which a place of the grid ends, since 1970.
    pub(super) fn end(&self, place: usize) -> i64 {
        self.grid().end(place)
    }

    /// Change of the log-price of the first asset that a scenario holds from the end of a place to that of another.
    pub(super) fn moved(&self, scenario: &Scenario, from: usize, to: usize) -> Result<f64, ReplayError> {
        let scenario = held(scenario);
        let place = scenario.account.positions.first().map_or(0, |position| position.asset);
        let close = &self.grids_of(&scenario)?[place].close;
        Ok(close[to] - close[from])
    }

    /// What became of the starts at all places of the grid.
    pub(super) fn fates(&self, scenario: &Scenario, plan: &Plan) -> Result<Fates, ReplayError> {
        let horizon = scenario.simulation.horizon;
        let bars = self.bars_of(horizon);
        let grids = self.grids_of(&held(scenario))?;
        let places = grids[0].close.len();
        let starts: Vec<usize> = (0..places.saturating_sub(bars)).collect();
        if bars == 0 || starts.is_empty() {
            return Err(ReplayError::Horizon { horizon, interval: self.interval(), bars: places });
        }
        let is_recorded = |place: usize| grids.iter().all(|grid| grid.recorded[place]);
        let mut counted: Vec<bool> = starts.iter().map(|place| is_recorded(*place)).collect();
        let mut rates = Vec::new();
        // In the plan recorded funding is due at every bar.
        let original = Plan::new(scenario)?;
        for (law, original) in plan.funding.iter().zip(&original.funding) {
            let FundingRates::Recorded(record) = &law.funding.rates else {
                rates.push(None);
                continue;
            };
            rates.push(Some(grids[0].rates_by_place(record)));
            let covered = grids[0].covered(record, original.funding.every, bars);
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
        let mut defaulted = liquidated.clone();
        let network = self.network.as_deref().filter(|_| scenario.miner.is_some());
        let deviations = grids.iter().map(|grid| grid.deviation()).collect();
        let paths = Starts { grids, deviations, bars, rates, network };
        let mut worker = Worker::on(&paths, plan);
        for (block, starts) in (0..).zip(starts.chunks(BLOCK_LANES)) {
            worker.run_block(block, starts.len());
            let mut name = |lane: u32, level: usize| liquidated[level][starts[lane as usize]] = 1.0;
            worker.follower().for_each_liquidated(&mut name);
            let mut name = |lane: u32, level: usize| defaulted[level][starts[lane as usize]] = 1.0;
            worker.follower().for_each_defaulted(&mut name);
        }
        Ok(Fates { liquidated, counted, defaulted })
    }

    /// Leaves the starts at the ends of days on whose way every day of the network is known.
    fn count_days(&self, counted: &mut [bool], bars: usize) -> Result<(), ReplayError> {
        let Some(network) = &self.network else { return Err(ReplayError::NoNetwork) };
        if !DAY.is_multiple_of(self.interval().seconds()) {
            return Err(ReplayError::LongBars(self.interval()));
        }
        let mut unknown = vec![0_usize];
        for value in network {
            unknown.push(unknown[unknown.len() - 1] + usize::from(value.is_nan()));
        }
        for (place, counted) in counted.iter_mut().enumerate() {
            let is_known = unknown[place] == unknown[place + bars + 1];
            *counted &= self.end(place).rem_euclid(DAY as i64) == 0 && is_known;
        }
        if counted.contains(&true) { Ok(()) } else { Err(ReplayError::NetworkRecord) }
    }
}

/// What became of the starts at all places of the grid.
pub(super) struct Fates {
    /// 1 for a start that was liquidated, by level.
    pub liquidated: Vec<Vec<f64>>,
    /// Whether a start counts: it is at a recorded bar, and all that is paid on its way is known.
    pub counted: Vec<bool>,
    /// 1 for a start whose miner was wound up, by level.
    pub defaulted: Vec<Vec<f64>>,
}
