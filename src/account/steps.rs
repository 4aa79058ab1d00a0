//! A liquidation that closes no more than the margin needs: step by step, each venue in its own way.
//!
//! Where steps are tiers, a liquidation lowers the position's *risk limit* by so many tiers, and closes what is above it. The
//! limit stays there: a position of a fixed quantity whose notional has grown beyond it since (a short, by the very move that
//! liquidates it again) is taken down to the tier below the limit, not to the same edge once more. So every liquidation but the first
//! closes a whole tier, and there are at most as many as tiers. Sources: BitMEX and Bybit (help centre 000001098): the
//! risk limit is lowered level by level, and what exceeds it is closed; at the lowest level everything is. OKX lowers two
//! tiers at a time; Hyperliquid sends a fifth of a large position to the book first (documents, trading/liquidations).
//!
//! A lender sells collateral for the debt D: repaying the share c of it takes c·D·(1 + penalty) from the assets A, so the
//! loan to value v = D/A becomes (1 − c)·v/(1 − c·v·(1 + penalty)): lower, as long as v·(1 + penalty) < 1. Of several
//! collaterals the same share is sold. Source: Aave v3, LiquidationLogic.sol (close factor 50 %, all below a health factor of
//! 0.95; health factor = A·threshold/D).
//!
//! Where steps are fractions, or shares of a debt, a rest of less than a hundredth of what was opened is closed
//! with them: venues leave no dust (dYdX: 1000 USDC, Aave: 1000 base units).

use super::group::Group;
use super::pool::{Held, Pool, Room, Stake};
use crate::venue::{Liquidation, PartialClose};

/// Steps by fraction close a rest of less than this share of what was opened.
const LEAST_OPEN: f64 = 0.01;
/// Steps of one liquidation: fractions of a hundredth at least, down to a hundredth.
const MOST_STEPS: usize = 1_000;

/// No tier has been left yet.
pub const NO_LIMIT: u32 = u32::MAX;

/// A pool that a venue has closed parts of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reduced {
    /// Money, less what the positions were bought for.
    pub cash: f64,
    /// What is left of each leg.
    pub legs: Vec<Stake>,
    /// The tier that each leg's group was taken down to.
    pub limits: Vec<u32>,
    /// Kept by the venues, or lost to the price of their fills.
    pub kept: f64,
    /// Interest in coins, paid with what was closed.
    pub interest: f64,
}

/// What one step leaves of a group.
enum Left {
    /// A share of its size, and the tier that it is down to.
    Share(f64, u32),
    /// A share of its size, where a lender takes this penalty out of what is sold and repays this much.
    Repaid { share: f64, penalty: f64 },
    /// Nothing.
    Nothing,
}

impl Pool {
    /// Whether a lender calls before it liquidates.
    pub fn has_lender(&self) -> bool {
        self.groups.iter().any(|group| group.lender.is_some())
    }

    /// Whether some venue closes no more than it needs, or waits before it does.
    pub fn acts_in_steps(&self) -> bool {
        self.has_lender() || self.groups.iter().any(|group| group.liquidation.is_in_parts())
    }

    /// Takes a pool that is to be liquidated at price ratios and closes as little of it as lets the margin hold again, but at
    /// least one step; `limits` are the tiers that earlier liquidations left each leg's group in. None where the venues know
    /// no steps, or where no step helps: then everything is closed.
    pub fn reduce(&self, held: Held<'_>, limits: &[u32], x: &[f64]) -> Option<Reduced> {
        if !self.groups.iter().any(|group| group.liquidation.is_in_parts()) {
            return None;
        }
        let mut done = Reduced {
            cash: held.cash,
            legs: held.legs.to_vec(),
            limits: limits.to_vec(),
            ..Reduced::default()
        };
        let mut gradient = vec![0.0; x.len()];
        for step in 0..MOST_STEPS {
            let held = Held { cash: done.cash, legs: &done.legs };
            if self.equity(held, x) <= 0.0 {
                return None;
            }
            let lefts: Vec<Left> =
                self.groups.iter().map(|group| self.step(group, held, &done.limits, x, step)).collect();
            if lefts.iter().all(|left| matches!(left, Left::Nothing)) {
                return None;
            }
            for (group, left) in self.groups.iter().zip(lefts) {
                self.close_part(group, left, &mut done, x);
            }
            let held = Held { cash: done.cash, legs: &done.legs };
            if self.room(held, Room::Margin(1.0), x, &mut gradient) > 0.0 {
                return Some(done);
            }
        }
        None
    }

    /// Closes what a step does not leave of a group.
    fn close_part(&self, group: &Group, left: Left, done: &mut Reduced, x: &[f64]) {
        let (share, limit, penalty) = match left {
            Left::Share(share, limit) => (share, limit, None),
            Left::Repaid { share, penalty } => (share, NO_LIMIT, Some(penalty)),
            Left::Nothing => (0.0, NO_LIMIT, None),
        };
        let (fee, slippage) = match group.liquidation {
            Liquidation::Close { fee, slippage, .. } => (fee, slippage),
            Liquidation::Forfeit | Liquidation::Repay { .. } => (0.0, 0.0),
        };
        let mut taken = penalty.unwrap_or(0.0);
        for leg in group.first..group.end {
            let terms = &self.legs[leg];
            let (unit, price) = (terms.unit, x[terms.place]);
            let stake = &mut done.legs[leg];
            let closed = (1.0 - share) * stake.exposure;
            let lost = terms.lost(closed, price, slippage);
            let paid = fee * unit.notional(closed.abs(), price).0;
            done.cash += closed * unit.value(price) - lost - paid;
            done.interest -= (1.0 - share) * stake.owed * unit.value(price);
            stake.exposure -= closed;
            stake.owed *= share;
            stake.paid *= share;
            if share == 0.0 {
                *stake = Stake::default();
            }
            done.limits[leg] = limit;
            taken += lost + paid;
        }
        done.cash -= penalty.unwrap_or(0.0);
        done.kept += taken;
    }

    /// One step of a group.
    fn step(&self, group: &Group, held: Held<'_>, limits: &[u32], x: &[f64], step: usize) -> Left {
        let size = self.size_of(group, held);
        let is_dust = |share: f64| share * size < LEAST_OPEN * group.opened;
        if size == 0.0 {
            return Left::Nothing;
        }
        match group.liquidation {
            Liquidation::Close { partial: Some(partial), .. } => match partial {
                PartialClose::Fraction(fraction) if is_dust(1.0 - fraction) => Left::Nothing,
                PartialClose::Fraction(fraction) => Left::Share(1.0 - fraction, NO_LIMIT),
                PartialClose::First { fraction, above } => {
                    let notional = group.tier_size(size, x[group.place]);
                    match step == 0 && notional > above {
                        true => Left::Share(1.0 - fraction, NO_LIMIT),
                        false => Left::Nothing,
                    }
                }
                PartialClose::Tiers(count) => group.tiers_down(size, limits[group.first], count, x),
            },
            Liquidation::Repay { penalty, close_factor, close_all_below, .. } => {
                let debt = self.debt(held);
                let owed = self.owed_by(group, held, x, debt);
                let is_short = held.legs[group.first].exposure < 0.0;
                let all = if is_short { owed } else { debt };
                let (assets, covered) = match is_short {
                    true => (
                        owed + self.equity(held, x),
                        (owed + self.equity(held, x)) / (1.0 + group.first_rate()),
                    ),
                    false => self.securities(held, x),
                };
                let helps = all * (1.0 + penalty) < assets;
                if close_factor >= 1.0 || !helps || covered < close_all_below * all {
                    return Left::Nothing;
                }
                let repaid = close_factor * owed;
                let sold = if is_short { repaid } else { repaid * (1.0 + penalty) };
                let share = 1.0 - sold / self.notional_of_group(group, held, x);
                if is_dust(share) { Left::Nothing } else { Left::Repaid { share, penalty: penalty * repaid } }
            }
            Liquidation::Forfeit | Liquidation::Close { partial: None, .. } => Left::Nothing,
        }
    }
}

impl Group {
    /// Down to the edge of the tier so many below that of the size or its limit.
    fn tiers_down(&self, size: f64, limit: u32, count: usize, x: &[f64]) -> Left {
        let of_tiers = self.tier_size(size, x[self.place]);
        let last = self.edges.len() - 1;
        let tier = self.edges.partition_point(|edge| *edge < of_tiers).min(last).min(limit as usize);
        match tier.checked_sub(count) {
            None => Left::Nothing,
            Some(below) => Left::Share((self.edges[below] / of_tiers).min(1.0 - f64::EPSILON), below as u32),
        }
    }
}
