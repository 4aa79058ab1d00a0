//! What the follower knows, and how a block begins.

use super::line::Segment;
use super::nearest::Nearest;
use super::node::Node;
use super::slot::{Aside, Course, Place, Slot, Watch};
use super::unit::{Unit, factor_of, units};

use crate::account::barrier::{ClosedForm, NOWHERE};
use crate::account::follower::Hit;
use crate::account::interest::Growth;
use crate::account::leg::Unit as Settles;
use crate::account::policy::{Orders, Policy};
use crate::account::pool::{Held, Pool, Stake};
use crate::account::schedule::Moment;
use crate::account::steps::NO_LIMIT;
use crate::stats::{AccountSums, Calls, LiquidatedSums, Sums};

/// What one level starts with.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub pools: Vec<Pool>,
    /// By pool and leg.
    pub orders: Vec<Vec<Orders>>,
    /// Interest of the last moment, by pool and leg.
    pub growth: Vec<Vec<Growth>>,
    /// By pool, where it is liquidated as it was opened, if that has a closed form and nothing else is waited for.
    pub closed: Vec<Option<ClosedForm>>,
}

/// Follows the levels of an account.
pub struct General {
    pub(super) levels: Vec<Level>,
    pub(super) units: Vec<Unit>,
    /// The unit of each pool, and the first of its legs among those of a level.
    pub(super) unit_of: Vec<usize>,
    pub(super) first_leg: Vec<usize>,
    pub(super) legs_per_level: usize,
    pub(super) policy: Policy,
    /// Whether a put is counted in coins.
    pub(super) in_coin: bool,
    /// The equity and what the owner keeps ready or pays in, in units of the equity.
    pub(super) committed: f64,
    pub(super) schedule: Vec<Moment>,
    pub(super) continuous: bool,
    pub(super) horizon: f64,
    pub(super) lanes: usize,
    /// By path, level and pool.
    pub(super) slots: Vec<Slot>,
    pub(super) asides: Vec<Aside>,
    /// By path, level and leg: what is left of it, and the tier that its venue took it down to.
    pub(super) stakes: Vec<Stake>,
    pub(super) limits: Vec<u32>,
    /// By path and level.
    pub(super) courses: Vec<Course>,
    /// By path and unit: what the levels wait for together.
    pub(super) watches: Vec<Watch>,
    /// Highest and lowest log-price so far by path, level and leg, where stops trail.
    pub(super) extremes: Vec<(f64, f64)>,
    /// What a put on a unit of notional has paid, by path and asset.
    pub(super) puts: Vec<Vec<f64>>,
    pub(super) is_trailing: bool,
    pub(super) has_lead: bool,
    /// Time up to which interest is charged, in seconds.
    pub(super) charged: u64,
    /// Words of the block's draws.
    pub(super) key: Option<u64>,
    /// Lower triangular factor of the correlations of all assets; empty where they are independent.
    pub(super) factor: Vec<Vec<f64>>,
    pub(super) nearest: Nearest,
    /// Price ratios and log-prices of the pool that is settled.
    pub(super) settled: (Vec<f64>, Vec<f64>),
    /// What a pool holds with interest to come, while its triggers are looked for.
    pub(super) led: Vec<Stake>,
    pub(super) stack: Vec<(Segment, Node)>,
    /// Price ratios by asset, then by path.
    pub(super) ratios: Vec<Vec<f64>>,
    pub(super) hits: Vec<Hit>,
    /// Equity by date, then by recorded path and level.
    pub(super) dated: Vec<Vec<f64>>,
    /// Closing wealth, by level and path of the block just finished.
    pub(super) wealth: Vec<f64>,
    pub(super) survivor_sums: Vec<Sums>,
    pub(super) liquidated_sums: Vec<LiquidatedSums>,
    pub(super) account_sums: Vec<AccountSums>,
}

impl General {
    /// A follower of levels that were [opened](crate::account::open), over a horizon in years. `schedule` holds the moments at
    /// which cash flows and orders are due, in order; `correlation` is that of the drivers of all assets, empty where they are
    /// independent; `continuous` says whether the venues watch at every instant.
    pub fn new(
        levels: Vec<Vec<Pool>>,
        policy: Policy,
        schedule: Vec<Moment>,
        correlation: &[Vec<f64>],
        horizon: f64,
        continuous: bool,
    ) -> Self {
        let count = levels.len();
        let (units, unit_of) = units(levels.first().map_or(&[], Vec::as_slice), correlation);
        let sample = levels.first();
        let legs: Vec<usize> = sample.into_iter().flatten().map(|pool| pool.legs.len()).collect();
        let first_leg = legs.iter().scan(0, |sum, legs| {
            *sum += legs;
            Some(*sum - legs)
        });
        let first_leg = first_leg.collect();
        let seconds = schedule.last().map_or(0, |moment| moment.seconds);
        let next = schedule.iter().find(|moment| moment.interest);
        let waits = policy.waits_for_a_price();
        let written = (policy.stop_loss, policy.take_profit, policy.trailing_stop);
        let level = |pools: Vec<Pool>| Level {
            orders: pools
                .iter()
                .map(|pool| pool.legs.iter().map(|leg| Orders::new(written, leg, pool)).collect())
                .collect(),
            growth: pools
                .iter()
                .map(|pool| pool.legs.iter().map(|leg| Growth::at_start(leg, next)).collect())
                .collect(),
            closed: pools
                .iter()
                .map(|pool| pool.closed_form().filter(|_| !waits && !pool.has_lender()))
                .collect(),
            pools,
        };
        let levels: Vec<Level> = levels.into_iter().map(level).collect();
        let growth = levels.iter().flat_map(|level| level.growth.iter().flatten());
        Self {
            has_lead: growth.clone().any(|growth| growth.lead != 0.0),
            in_coin: sample_is_in_coin(&levels),
            factor: factor_of(correlation),
            units,
            unit_of,
            first_leg,
            legs_per_level: legs.iter().sum(),
            committed: 1.0 + policy.committed(seconds),
            is_trailing: policy.trailing_stop.is_some(),
            policy,
            schedule,
            continuous,
            horizon,
            lanes: 0,
            slots: Vec::new(),
            asides: Vec::new(),
            stakes: Vec::new(),
            limits: Vec::new(),
            courses: Vec::new(),
            watches: Vec::new(),
            extremes: Vec::new(),
            puts: Vec::new(),
            charged: 0,
            key: None,
            nearest: Nearest::default(),
            settled: (Vec::new(), Vec::new()),
            led: Vec::new(),
            stack: Vec::new(),
            ratios: Vec::new(),
            hits: Vec::new(),
            dated: Vec::new(),
            wealth: Vec::new(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
            account_sums: vec![AccountSums::default(); count],
            levels,
        }
    }

    pub(super) fn slot(&self, Place { lane, level, pool }: Place) -> usize {
        (lane * self.levels.len() + level) * self.unit_of.len() + pool
    }

    pub(super) fn course(&mut self, Place { lane, level, .. }: Place) -> &mut Course {
        &mut self.courses[lane * self.levels.len() + level]
    }

    /// The range of the stakes of a pool.
    pub(super) fn stakes_of(&self, Place { lane, level, pool }: Place) -> std::ops::Range<usize> {
        let first = (lane * self.levels.len() + level) * self.legs_per_level + self.first_leg[pool];
        first..first + self.levels[level].pools[pool].legs.len()
    }

    /// A pool and what it holds on a path.
    #[inline]
    pub(super) fn held(&self, place: Place) -> (&Pool, Held<'_>) {
        let cash = self.slots[self.slot(place)].cash;
        let legs = &self.stakes[self.stakes_of(place)];
        (&self.levels[place.level].pools[place.pool], Held { cash, legs })
    }

    /// Starts a block of so many paths.
    pub(super) fn start(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.charged = 0;
        self.key = None;
        self.hits.clear();
        self.dated.clear();
        let next = self.schedule.iter().find(|moment| moment.interest).copied();
        for level in &mut self.levels {
            for (pool, growth) in level.pools.iter().zip(&mut level.growth) {
                for (leg, growth) in pool.legs.iter().zip(growth) {
                    *growth = Growth::at_start(leg, next.as_ref());
                }
            }
        }
        self.slots.clear();
        self.asides.clear();
        self.stakes.clear();
        self.limits.clear();
        self.courses.clear();
        self.extremes.clear();
        self.watches.clear();
        let legs = self.levels.len() * self.legs_per_level;
        if self.is_trailing {
            self.extremes.resize(legs * lanes.max(1), (0.0, 0.0));
        }
        // The first path as all paths begin.
        for number in 0..self.levels.len() {
            self.open_level(number);
        }
        let watches: Vec<Watch> = (0..self.units.len()).map(|unit| self.watch_all(0, unit)).collect();
        repeat(&mut self.slots, lanes);
        repeat(&mut self.asides, lanes);
        repeat(&mut self.stakes, lanes);
        repeat(&mut self.courses, lanes);
        self.limits.resize(legs * lanes, NO_LIMIT);
        self.watches = watches;
        repeat(&mut self.watches, lanes);
        self.puts.clear();
    }

    /// Opens a level on the first path.
    fn open_level(&mut self, number: usize) {
        let mut equity = 0.0;
        let first = self.slots.len();
        for (pool, growth) in self.levels[number].pools.iter().zip(&self.levels[number].growth) {
            let x = vec![1.0; pool.assets.len()];
            let (mut cash, mut stakes) = (pool.opening_cash(), pool.opening());
            let interest = pool.charge_interest((&mut cash, &mut stakes), growth, 0.0, &x);
            equity += pool.equity(Held { cash, legs: &stakes }, &x) * pool.worth(&x);
            self.slots.push(Slot {
                cash,
                pending: pool.pending_interest(Held { cash, legs: &stakes }, growth, &x),
                funding: 0.0,
                interest,
                due: f64::INFINITY,
                deadline: f64::INFINITY,
                low: f64::NEG_INFINITY,
                high: f64::INFINITY,
                left: f64::NAN,
            });
            self.asides.push(Aside {
                fees: pool.entry_fee,
                slippage: 0.0,
                kept: 0.0,
                bad_debt: 0.0,
                near: NOWHERE,
                trails: (f64::INFINITY, f64::INFINITY),
            });
            self.stakes.extend(stakes);
        }
        self.limits.resize(self.stakes.len(), NO_LIMIT);
        self.courses.push(Course {
            peak: 1.0,
            drawdown: (1.0 - equity).max(0.0),
            hit: None,
            exit: None,
            calls: Calls::default(),
            reductions: 0.0,
            reserve: self.policy.margin_call.map_or(0.0, |call| call.reserve),
            paid_in: 0.0,
        });
        for pool in 0..self.slots.len() - first {
            self.renew(Place { lane: 0, level: number, pool });
        }
    }
}

/// The first of equal parts is there; the others are added.
fn repeat<T: Clone>(column: &mut Vec<T>, times: usize) {
    let one = column.clone();
    column.reserve(one.len() * times.saturating_sub(1));
    for _ in 1..times {
        column.extend_from_slice(&one);
    }
    if times == 0 {
        column.clear();
    }
}

fn sample_is_in_coin(levels: &[Level]) -> bool {
    let pools = levels.first().map_or(&[][..], |level| &level.pools);
    pools.iter().any(|pool| pool.coin.is_none() && pool.legs.iter().any(|leg| leg.unit == Settles::Coin))
}
