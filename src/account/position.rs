//! One leverage of one isolated position, ready for the simulation.
//!
//! Money is counted in what the contract settles in: quote currency for a linear contract and on spot margin, coin for an
//! inverse one. With equity E put up, leverage L and taker fee φ, the notional at entry is N₀ = L·E, and the entry fee leaves
//! a wallet of W = E − φ·N₀. At r times the entry price the notional is N₀·u with
//!
//! ```text
//! u = r (linear, spot),  u = 1/r (inverse)
//! equity                    W + σ·N₀·(u − 1)           σ = +1 where the holder gains with u, else −1
//! return if closed there    (W + σ·N₀·(u − 1) − φ·N₀·u)/E − 1  =  constant + slope·u − 1,  never below −1
//!                           constant = 1 − L·(φ + σ),  slope = L·(σ − φ)
//! ```
//!
//! The floor is what isolated margin means: a loss beyond the collateral is the venue's bad debt.

use thiserror::Error;

use super::fill::{Remains, liquidate_alone};
use super::margin::Exposure;
use crate::numeric::{elementary, plain_number};
use crate::venue::{Contract, Holding, Liquidation, LiquidationPrice, MarginError, Side, Venue};

/// One leverage of one isolated position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Notional over equity at entry.
    pub leverage: f64,
    /// Collateral put up, in settlement units; every fraction below is of this.
    pub equity: f64,
    /// The position: its collateral is the equity less the entry fee.
    pub holding: Holding,
    /// Where it is liquidated, and the maintenance terms that decide it.
    pub liquidation: LiquidationPrice,
    /// Mark price at which equity is zero, closing fees not counted; none if it cannot be reached.
    pub bankruptcy_price: Option<f64>,
    /// Equity after an ordinary close is `closing_constant + closing_slope·u`, as a fraction of the equity put up and
    /// before the floor at 0, where ln u is [`Level::closing_exponent`] times the log return since the entry.
    pub closing_constant: f64,
    /// See [`Level::closing_constant`].
    pub closing_slope: f64,
    /// What was paid at entry, as a fraction of the equity put up.
    pub entry_fee: f64,
    contract: Contract,
    /// The venue's leverage cap for a position of this size, where the level is above it: the venue would refuse the
    /// entry, though it allows the leverage for smaller positions.
    pub exceeded_cap: Option<f64>,
    terms: Liquidation,
}

/// What a liquidation leaves, as fractions of the equity put up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiquidationFill {
    /// Returned to the owner.
    pub recovered: f64,
    /// Loss beyond the collateral.
    pub bad_debt: f64,
}

/// Why a level cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum LevelError {
    /// Equity is not a positive number.
    #[error("equity {} must be positive and finite", plain_number(*.0))]
    Equity(f64),
    /// Leverage is not a positive number.
    #[error("leverage {} must be positive and finite", plain_number(*.0))]
    Leverage(f64),
    /// The position is larger than the venue's table of tiers.
    #[error(
        "notional {} is above {}, the top of the venue's margin tiers",
        plain_number(*.notional),
        plain_number(*.largest)
    )]
    AboveTopTier {
        /// Notional at entry.
        notional: f64,
        /// Upper edge of the top tier.
        largest: f64,
    },
    /// The venue allows less leverage at any size.
    #[error("leverage {} is above {}, the venue's cap", plain_number(*.leverage), plain_number(*.max_leverage))]
    AboveCap {
        /// The leverage asked for.
        leverage: f64,
        /// The cap.
        max_leverage: f64,
    },
    /// Liquidated at entry, or a number out of range.
    #[error(transparent)]
    Margin(#[from] MarginError),
}

impl Level {
    /// Opens a position of `leverage·equity` notional at the entry price and pays the taker fee from the equity.
    ///
    /// # Errors
    /// A number out of range, a leverage above the venue's largest or a size above its table, or liquidation at entry.
    /// A leverage that the venue allows for smaller positions only is not an error, see [`Level::exceeded_cap`].
    pub fn open(
        venue: &Venue,
        side: Side,
        entry: f64,
        equity: f64,
        leverage: f64,
    ) -> Result<Self, LevelError> {
        Self::with_fee(venue, side, entry, (equity, leverage), venue.taker_fee)
    }

    /// A position that is open already at a price, with this equity now: no fee is paid.
    ///
    /// # Errors
    /// As [`Level::open`].
    pub fn held(
        venue: &Venue,
        side: Side,
        price: f64,
        equity: f64,
        leverage: f64,
    ) -> Result<Self, LevelError> {
        Self::with_fee(venue, side, price, (equity, leverage), 0.0)
    }

    fn with_fee(
        venue: &Venue,
        side: Side,
        entry: f64,
        (equity, leverage): (f64, f64),
        entry_fee: f64,
    ) -> Result<Self, LevelError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        if !positive(equity) {
            return Err(LevelError::Equity(equity));
        }
        if !positive(leverage) {
            return Err(LevelError::Leverage(leverage));
        }
        let notional = leverage * equity;
        let collateral = equity - entry_fee * notional;
        let quantity = venue.contract.quantity(notional, entry);
        let holding = Holding { side, entry, quantity, collateral };
        let Some(max_leverage) = venue.max_leverage(&holding) else {
            let largest = venue.largest_notional(&holding);
            return Err(LevelError::AboveTopTier { notional, largest });
        };
        let largest = venue.largest_leverage(side);
        if leverage > largest {
            return Err(LevelError::AboveCap { leverage, max_leverage: largest });
        }
        let liquidation = venue.liquidation_price(&holding)?;
        let gain = holding.gain_sign(venue.contract);
        Ok(Self {
            leverage,
            equity,
            holding,
            liquidation,
            bankruptcy_price: venue.bankruptcy_price(&holding),
            closing_constant: 1.0 - leverage * (entry_fee + gain),
            entry_fee: leverage * entry_fee,
            closing_slope: leverage * (gain - venue.taker_fee),
            exceeded_cap: (leverage > max_leverage).then_some(max_leverage),
            contract: venue.contract,
            terms: venue.liquidation,
        })
    }

    /// Wallet plus unrealised profit at a mark price, in settlement units; negative beyond bankruptcy.
    pub fn equity_at(&self, price: f64) -> f64 {
        self.holding.equity_at(self.contract, price)
    }

    /// Return on the equity put up if the position is closed at this price and the taker fee paid; at least −1.
    pub fn return_at(&self, price: f64) -> f64 {
        let ratio = self.contract.x(price / self.holding.entry);
        (self.closing_constant + self.closing_slope * ratio).max(0.0) - 1.0
    }

    /// What the log return since the entry is multiplied by before [`Level::closing_slope`] applies to its exponential:
    /// −1 for an inverse contract, else 1.
    pub fn closing_exponent(&self) -> f64 {
        self.contract.power()
    }

    /// What is left when the position is liquidated at this price (beyond the liquidation price after a gap).
    pub fn liquidate_at(&self, price: f64) -> LiquidationFill {
        let Exposure { cash, exposure } = Exposure::of(&self.holding, self.contract, self.equity);
        let u = self.contract.x(price / self.holding.entry);
        let side = self.holding.side;
        let Remains { recovered, bad_debt, .. } =
            liquidate_alone(&self.terms, self.contract, side, (cash, exposure), u);
        LiquidationFill { recovered, bad_debt }
    }

    /// Liquidation price as a log return from the entry: negative for a long; none if it cannot be reached.
    pub fn log_barrier(&self) -> Option<f64> {
        self.liquidation.price.map(|price| elementary::ln(price / self.holding.entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{MarginTier, TierBand, TierRule};

    fn venue(bands: &[(f64, f64, f64)]) -> Venue {
        let bands: Vec<_> =
            bands.iter().map(|&(up_to, rate, max_leverage)| TierBand { up_to, rate, max_leverage }).collect();
        Venue::new(Contract::Linear, MarginTier::table(&bands, TierRule::Marginal).unwrap())
    }

    fn flat(taker_fee: f64, liquidation: Liquidation) -> Venue {
        Venue { taker_fee, liquidation, ..venue(&[(f64::INFINITY, 0.005, f64::INFINITY)]) }
    }

    fn near(got: f64, wanted: f64) {
        assert!((got - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{got} is not {wanted}");
    }

    #[test]
    fn liquidation_prices_are_the_closed_forms() {
        // Long (S·q − equity)/(q·(1 − rate)), short (S·q + equity)/(q·(1 + rate)). Maintenance is not divided
        // by leverage: at 20x that would be 0.95/(1 − 0.00025).
        let venue = flat(0.0, Liquidation::Forfeit);
        for leverage in [1.5, 5.0, 20.0, 100.0] {
            let long = Level::open(&venue, Side::Long, 64_000.0, 10_000.0, leverage).unwrap();
            let short = Level::open(&venue, Side::Short, 64_000.0, 10_000.0, leverage).unwrap();
            near(long.log_barrier().unwrap(), ((1.0 - 1.0 / leverage) / 0.995).ln());
            near(short.log_barrier().unwrap(), ((1.0 + 1.0 / leverage) / 1.005).ln());
            near(long.bankruptcy_price.unwrap(), 64_000.0 * (1.0 - 1.0 / leverage));
        }
        let unlevered = Level::open(&venue, Side::Long, 64_000.0, 10_000.0, 1.0).unwrap();
        assert_eq!((unlevered.log_barrier(), unlevered.bankruptcy_price), (None, None));
    }

    #[test]
    fn fees_are_paid_at_entry_and_at_the_close() {
        // 1000 at 5x from 100 with 0.1 %: 50 units, 5 paid at entry, 5.5 at a close at 110.
        for (side, profit) in [(Side::Long, 500.0), (Side::Short, -500.0)] {
            let level = Level::open(&flat(0.001, Liquidation::Forfeit), side, 100.0, 1000.0, 5.0).unwrap();
            near(level.holding.collateral, 995.0);
            near(level.equity_at(110.0), 995.0 + profit);
            near(level.return_at(110.0), (profit - 10.5) / 1000.0);
            near(level.closing_constant + level.closing_slope * 1.1, 1.0 + level.return_at(110.0));
        }
    }

    #[test]
    fn a_loss_stops_at_the_collateral_and_the_rest_is_bad_debt() {
        let level = Level::open(&flat(0.001, Liquidation::Forfeit), Side::Long, 100.0, 1000.0, 5.0).unwrap();
        assert_eq!(level.return_at(70.0), -1.0);
        near(level.liquidate_at(70.0).bad_debt, (1500.0 - 995.0) / 1000.0);
        assert_eq!(level.liquidate_at(85.0), LiquidationFill { recovered: 0.0, bad_debt: 0.0 });
    }

    #[test]
    fn a_liquidation_fee_leaves_the_rest_to_the_owner() {
        // At 85: 1000 − 750 = 250 left, fee 1 % of 4250. At 80.5 the fee takes more than the 25 left.
        let venue = flat(0.0, Liquidation::Close { fee: 0.01, slippage: 0.0, partial: None });
        let level = Level::open(&venue, Side::Long, 100.0, 1000.0, 5.0).unwrap();
        near(level.liquidate_at(85.0).recovered, 0.2075);
        assert_eq!(level.liquidate_at(80.5), LiquidationFill { recovered: 0.0, bad_debt: 0.0 });
        near(level.liquidate_at(79.0).bad_debt, 0.05);
    }

    #[test]
    fn what_the_venue_does_not_allow_is_refused_with_its_numbers() {
        let tiered = venue(&[(1e5, 0.004, 100.0), (1e6, 0.01, 20.0)]);
        let open =
            |venue: &Venue, leverage| Level::open(venue, Side::Long, 100.0, 1e4, leverage).unwrap_err();
        assert!(Level::open(&tiered, Side::Long, 100.0, 1e4, 10.0).is_ok());
        assert_eq!(
            Level::open(&tiered, Side::Long, 100.0, 1e3, 101.0),
            Err(LevelError::AboveCap { leverage: 101.0, max_leverage: 100.0 })
        );
        assert_eq!(open(&tiered, 101.0), LevelError::AboveTopTier { notional: 1.01e6, largest: 1e6 });
        // 20x is the cap for a notional of 300,000, though 100x is allowed for less.
        assert_eq!(Level::open(&tiered, Side::Long, 100.0, 1e4, 30.0).unwrap().exceeded_cap, Some(20.0));
        assert_eq!(Level::open(&tiered, Side::Long, 100.0, 1e4, 10.0).unwrap().exceeded_cap, None);
        let flat = flat(0.001, Liquidation::Forfeit);
        // 200x: 2000 paid at entry leave 8000 against a margin of 10,000.
        assert_eq!(
            open(&flat, 200.0),
            LevelError::Margin(MarginError::LiquidatedAtEntry { collateral: 8000.0, requirement: 1e4 })
        );
        assert_eq!(open(&flat, -1.0), LevelError::Leverage(-1.0));
        assert!(matches!(open(&flat, f64::NAN), LevelError::Leverage(_)));
        assert_eq!(Level::open(&flat, Side::Long, 1.0, 0.0, 2.0), Err(LevelError::Equity(0.0)));
    }

    #[test]
    fn an_inverse_position_is_counted_in_coin() {
        // 2 coins at 3x from 50,000: 300,000 contracts of 1, 0.1 % paid at entry and on what is closed.
        let venue = Venue { contract: Contract::Inverse, ..flat(0.001, Liquidation::Forfeit) };
        for (side, gained) in [(Side::Long, 1.0), (Side::Short, -1.0)] {
            let level = Level::open(&venue, side, 50_000.0, 2.0, 3.0).unwrap();
            near(level.holding.quantity, 300_000.0);
            near(level.holding.collateral, 2.0 - 0.006);
            // At 60,000 the contracts are worth 5 coins in place of 6.
            near(level.equity_at(60_000.0), 1.994 + gained);
            near(level.return_at(60_000.0), (gained - 0.006 - 0.005) / 2.0);
            let ratio = (level.closing_exponent() * 1.2_f64.ln()).exp();
            near(level.closing_constant + level.closing_slope * ratio, 1.0 + level.return_at(60_000.0));
        }
        // The leverage form of the liquidation price: a short of 1x cannot be liquidated, a long can.
        let venue = Venue { taker_fee: 0.0, ..venue };
        let open = |side, leverage| Level::open(&venue, side, 50_000.0, 2.0, leverage).unwrap();
        near(open(Side::Long, 3.0).liquidation.price.unwrap(), 50_000.0 * 3.0 * 1.005 / 4.0);
        near(open(Side::Short, 3.0).liquidation.price.unwrap(), 50_000.0 * 3.0 * 0.995 / 2.0);
        assert_eq!(open(Side::Short, 1.0).log_barrier(), None);
        assert!(open(Side::Long, 1.0).log_barrier().is_some());
    }

    #[test]
    fn a_fully_hedged_inverse_short_keeps_its_value_in_dollars() {
        let venue = Venue { contract: Contract::Inverse, ..flat(0.0, Liquidation::Forfeit) };
        let level = Level::open(&venue, Side::Short, 50_000.0, 2.0, 1.0).unwrap();
        for price in [1_000.0, 30_000.0, 50_000.0, 70_000.0, 1e6] {
            near(level.equity_at(price) * price, 100_000.0);
        }
    }
}
