//! The end of a block: what is open is closed at the horizon, and the paths are added to the tally.

use super::columns::{Columns, Money};
use super::terms::{Position, Terms};
use crate::numeric::Kernel;
use crate::stats::{AccountSums, Calls, Cost, Exit, LiquidatedSums, Passage, Sums, Tally};

/// Closes what the levels still hold at these prices and adds their paths.
pub(super) struct Finish<'a> {
    pub terms: &'a Terms,
    pub columns: &'a mut Columns,
    pub ratios: &'a [Vec<f64>],
    pub weights: &'a [f64],
    /// By level.
    pub survivors: &'a mut [Sums],
    pub liquidated: &'a mut [LiquidatedSums],
    pub accounts: &'a mut [AccountSums],
    pub tally: &'a mut Tally,
}

impl Kernel for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { terms, columns, ratios, weights, survivors, liquidated, accounts, tally } = self;
        for (position, money) in terms.positions.iter().zip(&mut columns.money) {
            let x = &ratios[position.asset()];
            (0..columns.lanes).for_each(|lane| close(position, money, lane, x[lane]));
        }
        for (level, cell) in tally.levels.iter_mut().enumerate() {
            let account = cell.account.get_or_insert_default();
            let money = &columns.money[terms.place(level, 0)..][..terms.count];
            let course = &mut columns.courses[level];
            for (lane, weight) in weights.iter().enumerate() {
                let (mut equity, mut bad_debt, mut costs) = (0.0, 0.0, [0.0; Cost::ALL.len()]);
                for money in money {
                    equity += money.left[lane];
                    bad_debt += money.bad_debt[lane];
                    costs[Cost::Fees as usize] += money.fees[lane];
                    costs[Cost::Funding as usize] += money.funding[lane];
                    costs[Cost::Liquidation as usize] += money.kept[lane];
                }
                let peak = course.peak[lane].max(equity);
                let drawdown = course.drawdown[lane].max(1.0 - equity / peak);
                let hit = course.hit(lane);
                let exit = if hit.is_some() { Exit::Liquidated } else { Exit::Horizon };
                let passage = Passage { exit, costs, drawdown, calls: Calls::default(), reductions: 0.0 };
                account.add(&mut accounts[level], &passage, *weight);
                if let Some(hit) = hit {
                    let hit = &mut columns.hits[hit];
                    (hit.recovered, hit.bad_debt) = (equity, bad_debt);
                    continue;
                }
                survivors[level].add(equity - 1.0, *weight);
                cell.closing_equity.add(equity, *weight);
                if bad_debt > 0.0 {
                    liquidated[level].bad_debt.add(bad_debt, *weight);
                }
            }
            account.add_sums(&mut accounts[level]);
        }
    }
}

/// Closes a position in the market, if it is open.
#[inline(always)]
fn close(position: &Position, money: &mut Money, lane: usize, x: f64) {
    if !money.left[lane].is_nan() {
        return;
    }
    let (leg, exposure) = (&position.pool.legs[0], position.stake.exposure);
    let value = exposure * leg.unit.value(x);
    let fee = leg.taker_fee * leg.unit.notional(exposure.abs(), x).0;
    // A fee that is not covered is nobody's loss.
    let fee = fee.min((money.cash[lane] + value).max(0.0));
    money.cash[lane] += value - fee;
    money.fees[lane] += fee;
    let left = money.cash[lane];
    money.close(lane, position.pool.worth(&[x]), (left.max(0.0), (-left).max(0.0)));
}
