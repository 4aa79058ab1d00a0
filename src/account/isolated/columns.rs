//! What changes along the paths of a block, by column: the money of every position, and what has become of every level.

use super::terms::Terms;
use crate::account::follower::Hit;
use crate::account::pool::Held;

/// No hit so far.
const NO_HIT: u32 = u32::MAX;

/// One position of one level on all paths.
#[derive(Debug, Clone, Default)]
pub(super) struct Money {
    /// Money, less what the position was bought for.
    pub cash: Vec<f64>,
    pub funding: Vec<f64>,
    /// What it left, in the currency of the account; not a number while it is open.
    pub left: Vec<f64>,
    pub fees: Vec<f64>,
    /// Kept at its liquidation.
    pub kept: Vec<f64>,
    pub bad_debt: Vec<f64>,
}

impl Money {
    /// Ends a position that leaves this much in its own currency, of which a unit is worth so much.
    #[inline(always)]
    pub fn close(&mut self, lane: usize, worth: f64, (left, bad_debt): (f64, f64)) {
        self.left[lane] = left * worth;
        self.bad_debt[lane] = bad_debt * worth;
        for cost in [&mut self.fees, &mut self.funding, &mut self.kept] {
            cost[lane] *= worth;
        }
    }
}

/// One level on all paths.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    pub peak: Vec<f64>,
    pub drawdown: Vec<f64>,
    /// Number of its hit, by path.
    hit: Vec<u32>,
}

impl Course {
    /// The number of the hit on a path.
    #[inline(always)]
    pub fn hit(&self, lane: usize) -> Option<usize> {
        let hit = self.hit[lane];
        (hit != NO_HIT).then_some(hit as usize)
    }
}

/// All levels on the paths of a block.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub lanes: usize,
    /// By level and position.
    pub money: Vec<Money>,
    /// By level.
    pub courses: Vec<Course>,
    /// The first liquidation of each level on each path.
    pub hits: Vec<Hit>,
}

impl Columns {
    /// Opens all levels on so many paths.
    pub fn begin(&mut self, lanes: usize, terms: &Terms) {
        self.lanes = lanes;
        self.hits.clear();
        self.money.resize_with(terms.positions.len(), Money::default);
        self.courses.resize_with(terms.levels, Course::default);
        for (money, position) in self.money.iter_mut().zip(&terms.positions) {
            refill(&mut money.cash, lanes, position.cash);
            refill(&mut money.funding, lanes, 0.0);
            refill(&mut money.left, lanes, f64::NAN);
            refill(&mut money.fees, lanes, position.pool.entry_fee);
            refill(&mut money.kept, lanes, 0.0);
            refill(&mut money.bad_debt, lanes, 0.0);
        }
        for (course, positions) in self.courses.iter_mut().zip(terms.positions.chunks(terms.count)) {
            let equity =
                positions.iter().fold(0.0, |sum, position| sum + (position.stake.exposure + position.cash));
            refill(&mut course.peak, lanes, 1.0);
            refill(&mut course.drawdown, lanes, (1.0 - equity).max(0.0));
            course.hit.clear();
            course.hit.resize(lanes, NO_HIT);
        }
    }

    /// Liquidates a position of a level on a path at a ratio of prices.
    pub fn liquidate(
        &mut self,
        terms: &Terms,
        (level, number): (usize, usize),
        lane: usize,
        (x, time): (f64, f64),
    ) {
        let place = terms.place(level, number);
        let hit = &mut self.courses[level].hit[lane];
        if *hit == NO_HIT {
            *hit = self.hits.len() as u32;
            // What is left of the account is known at the horizon only.
            self.hits.push(Hit {
                lane: lane as u32,
                level: level as u32,
                time,
                recovered: 0.0,
                bad_debt: 0.0,
            });
        }
        let (position, money) = (&terms.positions[place], &mut self.money[place]);
        let held = Held { cash: money.cash[lane], legs: std::slice::from_ref(&position.stake) };
        let remains = position.pool.liquidate(held, &[x]);
        money.kept[lane] = remains.kept;
        money.close(lane, position.pool.worth(&[x]), (remains.recovered, remains.bad_debt));
    }

    /// What a level is worth on a path, its open positions at ratios of prices by asset and path.
    pub fn equity(&self, terms: &Terms, level: usize, lane: usize, ratios: &[Vec<f64>]) -> f64 {
        (0..terms.count).fold(0.0, |sum, number| {
            let place = terms.place(level, number);
            let (position, money) = (&terms.positions[place], &self.money[place]);
            let (left, x) = (money.left[lane], [ratios[position.asset()][lane]]);
            let held = Held { cash: money.cash[lane], legs: std::slice::from_ref(&position.stake) };
            let open = || position.pool.equity(held, &x) * position.pool.worth(&x);
            sum + if left.is_nan() { open() } else { left }
        })
    }

    /// The first path on which some money is not a number.
    pub fn broken(&self) -> Option<usize> {
        let first = |money: &Money| {
            let mut sums = money.cash.iter().zip(&money.kept);
            sums.position(|(cash, kept)| !cash.is_finite() || kept.is_nan())
        };
        self.money.iter().filter_map(first).min()
    }
}

fn refill(column: &mut Vec<f64>, lanes: usize, value: f64) {
    column.clear();
    column.resize(lanes, value);
}
