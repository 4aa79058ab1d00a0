//! An ordinary day of a level on all paths at once: bills and instalments are paid from cash and free coins, and no lender acts.
//!
//! A path on which more than that happens is left as it was the evening before and marked; [`MinerLevel::live`] lives through
//! its day. Both take the same steps, so it does not show where the line between them runs.

use super::columns::Columns;
use super::ledger::DAYS_PER_YEAR;
use super::terms::{Miner, MinerLevel};
use super::treasury::{Treasury, pay_freely};
use crate::numeric::Kernel;

/// What a level has and owes, by path.
#[derive(Debug, Default)]
pub(super) struct Purses {
    cash: Vec<f64>,
    free: Vec<f64>,
    pledged: Vec<f64>,
    owed: Vec<f64>,
    /// Days on which more was owed on the machines than they sell for.
    under_water: Vec<f64>,
    /// 1 while the miner goes on, 0 afterwards.
    alive: Vec<f64>,
    /// How many go on.
    going_on: usize,
}

impl Purses {
    /// So many paths that start with the same.
    pub fn begin(&mut self, lanes: usize, start: &Treasury) {
        let Treasury { cash, free, pledged, owed } = *start;
        for (column, value) in [
            (&mut self.cash, cash),
            (&mut self.free, free),
            (&mut self.pledged, pledged),
            (&mut self.owed, owed),
            (&mut self.under_water, 0.0),
            (&mut self.alive, 1.0),
        ] {
            column.clear();
            column.resize(lanes, value);
        }
        self.going_on = lanes;
    }

    /// Whether any path goes on.
    pub fn go_on(&self) -> bool {
        self.going_on > 0
    }

    /// What there is on a path; nothing after the end.
    #[inline(always)]
    pub fn get(&self, lane: usize) -> Treasury {
        Treasury {
            cash: self.cash[lane],
            free: self.free[lane],
            pledged: self.pledged[lane],
            owed: self.owed[lane],
        }
    }

    /// Changes what there is on a path.
    pub fn set(&mut self, lane: usize, treasury: &Treasury) {
        (self.cash[lane], self.free[lane]) = (treasury.cash, treasury.free);
        (self.pledged[lane], self.owed[lane]) = (treasury.pledged, treasury.owed);
    }

    /// Ends a path.
    pub fn end(&mut self, lane: usize) {
        self.set(lane, &Treasury::default());
        self.alive[lane] = 0.0;
        self.going_on -= 1;
    }

    /// Ordinary days under water on a path.
    pub fn days_under_water(&self, lane: usize) -> f64 {
        self.under_water[lane]
    }

    /// Debts on coins and pledged coins, by path.
    pub fn pledges(&self) -> (&[f64], &[f64]) {
        (&self.owed, &self.pledged)
    }
}

/// Lives through an ordinary day wherever it is one.
pub(super) struct OrdinaryDay<'a> {
    pub miner: &'a Miner,
    pub level: &'a MinerLevel,
    pub day: &'a Columns,
    /// What is paid on the machines today, if a date of the loan.
    pub instalment: Option<f64>,
    /// What is owed on the machines after that.
    pub claim: f64,
    pub purses: &'a mut Purses,
    /// To be filled: 1 where more happens, else 0.
    pub more: &'a mut [f64],
}

impl Kernel for OrdinaryDay<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // Decided once for all paths, so that nothing in the loop branches.
        match self.instalment {
            Some(instalment) => self.live(|cash, free, sold| pay_freely(cash, free, instalment, sold)),
            None => self.live(|cash, free, _| (cash, free, true)),
        }
    }
}

impl OrdinaryDay<'_> {
    #[inline(always)]
    fn live(self, pay_instalment: impl Fn(f64, f64, f64) -> (f64, f64, bool)) {
        let Self { miner, level, day, claim, purses, more, .. } = self;
        let n = more.len();
        let (price, coins, bill) = (&day.price[..n], &day.coins[..n], &day.bill[..n]);
        let (machines, of_hashrate, of_assets) =
            (&day.machines[..n], &day.of_hashrate[..n], &day.of_assets[..n]);
        let Purses { cash, free, pledged, owed, under_water, alive, .. } = purses;
        let (cash, free, owed) = (&mut cash[..n], &mut free[..n], &mut owed[..n]);
        let (pledged, under_water, alive) = (&pledged[..n], &mut under_water[..n], &alive[..n]);
        // Without a loan on coins nothing is owed on them, and these terms change nothing.
        let (growth, liquidation, call) = miner
            .coin_loan
            .map_or((1.0, 1.0, 1.0), |loan| (1.0 + loan.rate / DAYS_PER_YEAR, loan.liquidation, loan.call));
        let owes = claim > 0.0;
        let kept = miner.sold();
        for i in 0..n {
            let sold = price[i] * kept;
            let before = (cash[i], free[i]);
            let (c, f) = level.earn(miner, before, coins[i], sold, (of_hashrate[i], of_assets[i]));
            let (c, f, bill_is_paid) = pay_freely(c, f, level.hashrate * bill[i], sold);
            let (c, f, instalment_is_paid) = pay_instalment(c, f, sold);
            let debt = owed[i] * growth;
            let worth = pledged[i] * price[i];
            let acts = (owed[i] > 0.0) & ((debt >= liquidation * worth) | (debt >= call * worth));
            let goes_on = alive[i] > 0.0;
            let ordinary = goes_on & bill_is_paid & instalment_is_paid & !acts;
            cash[i] = if ordinary { c } else { cash[i] };
            free[i] = if ordinary { f } else { free[i] };
            owed[i] = if ordinary { debt } else { owed[i] };
            let sunk = ordinary & owes & (claim > level.hashrate * machines[i]);
            under_water[i] += if sunk { 1.0 } else { 0.0 };
            more[i] = if goes_on & !ordinary { 1.0 } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::miner::debt::{CoinLoan, EquipmentLoan};
    use crate::account::miner::fleet::{Electricity, Fleet};
    use crate::account::miner::hedges::Hedges;
    use crate::account::miner::ledger::Course;
    use crate::market::Varying;
    use crate::numeric::{Purpose, Stream};

    const LANES: usize = 64;

    fn miner(with_coin_loan: bool) -> Miner {
        let loan = CoinLoan {
            share: 0.5,
            rate: 0.12,
            call: 0.7,
            target: 0.6,
            liquidation: 0.8,
            penalty: 0.02,
            top_up: true,
        };
        Miner {
            asset: 0,
            cash: 0.05,
            coins: 0.4,
            hold: 0.3,
            sale_fee: 0.01,
            pool_fee: 0.02,
            other_costs: 0.5,
            fleet: Fleet {
                price: 15.0,
                efficiency: 20.0,
                uptime: 0.95,
                degradation: 0.05,
                overhead: 0.05,
                online_after: 0,
                resale_elasticity: 1.0,
                depreciation: 0.1,
                resale_cost: 0.05,
            },
            electricity: Electricity { price: Varying::constant(0.06), curtail: true, take_or_pay: 0.0 },
            equipment_loan: Some(EquipmentLoan {
                share: 0.5,
                rate: 0.12,
                term: 360,
                every: 30,
                recourse: true,
                seizure_cost: 0.1,
            }),
            coin_loan: with_coin_loan.then_some(loan),
            hedges: Hedges::default(),
        }
    }

    /// Wherever the columns take a day as ordinary, living through it path by path leaves the same to the last bit and nothing happens;
    /// where they do not, nothing has changed. Days of all kinds: poor, rich, with a date of the loan and without.
    #[test]
    fn an_ordinary_day_is_the_day_of_the_ledger() {
        let mut dice = Stream::new(5, Purpose::Move(0), 0);
        let mut seen = [0_usize; 3];
        for round in 0..400 {
            let miner = miner(round % 2 == 0);
            let Ok(level) = miner.open(1.3, 60_000.0) else { panic!("the miner starts") };
            let mut roll = |low: f64, high: f64| {
                let mut one = [0.0];
                dice.uniforms(&mut one);
                low + (high - low) * one[0]
            };
            let mut purses = Purses::default();
            purses.begin(LANES, &level.treasury);
            let mut columns = Columns::default();
            columns.begin(LANES);
            let mut before = Vec::new();
            for lane in 0..LANES {
                let price = roll(20_000.0, 80_000.0);
                columns.price[lane] = price;
                columns.coins[lane] = roll(0.0, 2.0) * 50.0 / price;
                columns.bill[lane] = roll(0.0, 100.0);
                columns.machines[lane] = roll(0.0, 30_000.0);
                columns.of_hashrate[lane] = roll(-5.0, 5.0);
                columns.of_assets[lane] = roll(-1e-3, 1e-3);
                let mut treasury = level.treasury;
                treasury.cash = if round % 3 == 0 { 0.0 } else { roll(0.0, 0.2) };
                treasury.free = if round % 5 == 0 { 0.0 } else { roll(0.0, 1e-5) };
                purses.set(lane, &treasury);
                before.push(treasury);
            }
            let number = if round % 4 == 0 { 30 } else { 31 };
            let annuity = level.annuity;
            let is_due = annuity.is_some_and(|annuity| annuity.is_due(number));
            let after = annuity.map(|annuity| if is_due { annuity.after_payment(number) } else { annuity });
            let mut more = vec![0.0; LANES];
            OrdinaryDay {
                miner: &miner,
                level: &level,
                day: &columns,
                instalment: annuity.filter(|_| is_due).map(|annuity| annuity.instalment),
                claim: after.map_or(0.0, |annuity| annuity.claim(number)),
                purses: &mut purses,
                more: &mut more,
            }
            .run();
            for lane in 0..LANES {
                let (mut treasury, mut course) = (before[lane], Course::default());
                let day = columns.day(number, lane);
                let end = level.live(&miner, annuity.as_ref(), &day, &mut treasury, &mut course);
                if more[lane] > 0.0 {
                    assert_eq!(purses.get(lane), before[lane]);
                    seen[0] += 1;
                    continue;
                }
                assert_eq!((purses.get(lane), end), (treasury, None));
                assert_eq!(purses.days_under_water(lane), course.days_under_water);
                assert!(!course.called && !course.coins_sold);
                seen[1] += usize::from(course.days_under_water == 0.0);
                seen[2] += usize::from(course.days_under_water > 0.0);
            }
        }
        assert!(seen.iter().all(|count| *count > 1_000), "{seen:?}");
    }
}
