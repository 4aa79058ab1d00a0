//! What closing positions leaves: the only fill, of a liquidation and of an order alike.
//!
//! A fill is worse than the mark by its slippage. What the positions of a pool are worth at their fills is the equity; below
//! zero it is bad debt: on isolated margin the owner loses the collateral and no more, the rest falls to the venue's
//! insurance fund and then to the winning side. Fees are paid from what is left; one that is no longer covered is not bad
//! debt: nobody has lost it. Each position follows its own venue: where one returns nothing, its part of what is left (by its
//! notional) is kept.
//!
//! A lender takes a penalty on the debt that is repaid. Where that is the bonus of whoever repays (a pool), collateral A pays
//! for A/(1 + bonus) of the debt, and what is left of it is bad debt; a bank's own penalty comes last instead.
//!
//! Source: Aave v3.3, LiquidationLogic.sol (deficit).

use super::group::Group;
use super::pool::{Held, Pool};
use crate::venue::{Contract, Liquidation, Side};

/// What is left of a pool after everything has been closed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Remains {
    /// Returned to the owner.
    pub recovered: f64,
    /// Kept by the venue, or lost to the price of its fills.
    pub kept: f64,
    /// Loss beyond the collateral.
    pub bad_debt: f64,
}

impl Remains {
    /// What is left where an equity at the mark became another at the fills, and fees are due.
    #[inline(always)]
    pub fn after(at_mark: f64, at_fill: f64, fees: f64) -> Self {
        let recovered = (at_fill - fees).max(0.0);
        let bad_debt = (-at_fill).max(0.0);
        Self { recovered, kept: at_mark + bad_debt - recovered, bad_debt }
    }

    /// The same where debts are repaid for a bonus: assets D + E pay for D·(D + E)/(D + B) of debts D with bonus B.
    #[inline(always)]
    fn with_bonus(self, equity: f64, debt: f64, bonus: f64) -> Self {
        let left = debt - debt * (debt + equity).max(0.0) / (debt + bonus);
        let bad_debt = self.bad_debt.max(left);
        Self { bad_debt, kept: self.kept + bad_debt - self.bad_debt, ..self }
    }
}

/// What a liquidation at u leaves of a position that is alone with its collateral: cash and exposure as in
/// [`margin`](super::margin).
#[inline(always)]
pub fn liquidate_alone(
    liquidation: &Liquidation,
    contract: Contract,
    side: Side,
    (cash, exposure): (f64, f64),
    u: f64,
) -> Remains {
    let equity = exposure.mul_add(u, cash);
    match *liquidation {
        Liquidation::Forfeit => Remains { recovered: 0.0, ..Remains::after(equity, equity, f64::INFINITY) },
        Liquidation::Close { fee, slippage, .. } => {
            let filled = u * contract.x(slippage.mul_add(-side.sign(), 1.0));
            Remains::after(equity, exposure.mul_add(filled, cash), fee * exposure.abs() * u)
        }
        Liquidation::Repay { penalty, bonus, .. } => {
            let debt = if side == Side::Long { (-cash).max(0.0) } else { exposure.abs() * u };
            let remains = Remains::after(equity, equity, penalty * debt);
            if bonus { remains.with_bonus(equity, debt, penalty * debt) } else { remains }
        }
    }
}

/// The constant and the slope in u of what is owed beyond the collateral after a liquidation at u of such a position: the bad debt is this
/// where it is positive.
#[inline(always)]
pub fn owed_line(
    liquidation: &Liquidation,
    contract: Contract,
    side: Side,
    (cash, exposure): (f64, f64),
) -> (f64, f64) {
    match *liquidation {
        Liquidation::Forfeit => (-cash, -exposure),
        Liquidation::Close { slippage, .. } => {
            (-cash, -exposure * contract.x(slippage.mul_add(-side.sign(), 1.0)))
        }
        // What pays for the debt pays for the bonus on it, too.
        Liquidation::Repay { penalty, bonus: true, .. } => match side {
            Side::Long => (-cash, -exposure / (1.0 + penalty)),
            Side::Short => (-cash / (1.0 + penalty), -exposure),
        },
        Liquidation::Repay { .. } => (-cash, -exposure),
    }
}

impl Pool {
    /// What a liquidation of all positions at price ratios (by place) leaves.
    pub fn liquidate(&self, held: Held<'_>, x: &[f64]) -> Remains {
        let (equity, debt) = (self.equity(held, x), self.debt(held));
        let (mut lost, mut fees, mut bonus) = (0.0, 0.0, 0.0);
        let (mut needed, mut forfeited, mut shortfall) = (0.0, 0.0, 0.0_f64);
        for group in &self.groups {
            let notional = self.notional_of_group(group, held, x);
            let weight = self.weight(group, held, x);
            needed += weight;
            match group.liquidation {
                Liquidation::Forfeit => forfeited += weight,
                Liquidation::Close { fee, slippage, .. } => {
                    fees += fee * notional;
                    for leg in group.first..group.end {
                        let (exposure, price) = (held.legs[leg].exposure, x[self.legs[leg].place]);
                        lost += self.legs[leg].lost(exposure, price, slippage);
                    }
                }
                Liquidation::Repay { penalty, bonus: is_bonus, .. } => {
                    let owed = self.owed_by(group, held, x, debt);
                    fees += penalty * owed;
                    if is_bonus {
                        bonus += penalty * owed;
                        shortfall += owed;
                    }
                }
            }
        }
        let mut remains = Remains::after(equity, equity - lost, fees);
        if shortfall > 0.0 {
            remains = remains.with_bonus(equity - lost, shortfall, bonus);
        }
        if forfeited > 0.0 {
            let kept = remains.recovered * (forfeited / needed).min(1.0);
            remains.recovered = if forfeited == needed { 0.0 } else { remains.recovered - kept };
            remains.kept = equity + remains.bad_debt - remains.recovered;
        }
        remains
    }

    /// Notional of a group at price ratios (by place).
    pub fn notional_of_group(&self, group: &Group, held: Held<'_>, x: &[f64]) -> f64 {
        group.unit.notional(self.size_of(group, held), x[group.place]).0
    }

    /// The part of the debt of the pool that a group of a margin loan answers for: money in proportion to what was bought, or
    /// its own coins.
    pub fn owed_by(&self, group: &Group, held: Held<'_>, x: &[f64], debt: f64) -> f64 {
        if held.legs[group.first].exposure < 0.0 {
            return self.notional_of_group(group, held, x);
        }
        let bought = self.groups.iter().filter(|one| self.legs[one.first].is_funded);
        let bought = bought.filter(|one| held.legs[one.first].exposure > 0.0);
        let all: f64 = bought.map(|one| self.notional_of_group(one, held, x)).sum();
        if all > 0.0 { debt * self.notional_of_group(group, held, x) / all } else { 0.0 }
    }

    /// What a group counts for in what is left.
    fn weight(&self, group: &Group, held: Held<'_>, x: &[f64]) -> f64 {
        if self.groups.len() == 1 { 1.0 } else { self.notional_of_group(group, held, x) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is owed is a straight line beyond where it begins, after every kind of liquidation.
    #[test]
    fn bad_debt_is_the_line_where_that_is_positive() {
        let close = Liquidation::Close { fee: 0.01, slippage: 0.02, partial: None };
        let repay =
            |bonus| Liquidation::Repay { penalty: 0.05, close_factor: 1.0, close_all_below: 0.0, bonus };
        for liquidation in [Liquidation::Forfeit, close, repay(false), repay(true)] {
            for (contract, side, cash, exposure) in [
                (Contract::Linear, Side::Long, -4.0, 5.0),
                (Contract::Linear, Side::Short, 6.0, -5.0),
                (Contract::Inverse, Side::Long, 6.0, -5.0),
                (Contract::Inverse, Side::Short, -4.0, 5.0),
            ] {
                // Loans are against coins.
                if matches!(liquidation, Liquidation::Repay { .. }) && contract == Contract::Inverse {
                    continue;
                }
                let (constant, slope) = owed_line(&liquidation, contract, side, (cash, exposure));
                let mut owing = 0;
                for step in 1..60 {
                    let u = 0.05 * f64::from(step);
                    let left = liquidate_alone(&liquidation, contract, side, (cash, exposure), u);
                    let owed = slope.mul_add(u, constant).max(0.0);
                    assert!(
                        (left.bad_debt - owed).abs() < 1e-12,
                        "{liquidation:?} {side:?} {u}: {left:?} {owed}"
                    );
                    owing += u32::from(owed > 0.0);
                }
                assert!(owing > 5, "{liquidation:?} {side:?}");
            }
        }
    }
}
