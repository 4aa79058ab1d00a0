//! What a venue asks of one position, and where it is liquidated: the margin solver in prices and settlement units.

use super::margin::{Exposure, Requirement};
use crate::venue::{Holding, LiquidationPrice, MarginError, Others, Venue};

/// The maintenance margin of one position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Maintenance {
    /// Rate of the position's tier; where it depends on the quantity, of this quantity.
    pub rate: f64,
    /// Deduction of the position's tier, in settlement units.
    pub deduction: f64,
    /// What must be held, in settlement units: notional·rate − deduction, plus the closing fee where the venue counts
    /// it in.
    pub amount: f64,
}

impl Venue {
    /// What a holding must hold at a mark price.
    pub fn maintenance(&self, holding: &Holding, price: f64) -> Maintenance {
        let rules = Requirement::new(self, holding.side, (holding.entry, holding.entry), 1.0);
        let Exposure { cash, exposure } = Exposure::of(holding, self.contract, 1.0);
        let u = self.contract.x(price / holding.entry);
        let (rate, deduction) = rules.quoted(exposure.abs(), u);
        Maintenance { rate, deduction, amount: rules.needed(exposure.abs(), u, rules.owed(cash)).0 }
    }

    /// The first mark price, moving from the entry against the holder, at which equity is at or below the maintenance
    /// margin.
    ///
    /// # Errors
    /// A number of the holding out of range, or a position that is liquidated at entry.
    pub fn liquidation_price(&self, holding: &Holding) -> Result<LiquidationPrice, MarginError> {
        holding.checked_notional(self.contract)?;
        let rules = Requirement::new(self, holding.side, (holding.entry, holding.entry), 1.0);
        let Exposure { cash, exposure } = Exposure::of(holding, self.contract, 1.0);
        let (size, collateral) = (exposure.abs(), holding.collateral);
        let barrier = rules.barrier(exposure, cash, 1.0);
        let requirement = rules.needed(size, 1.0, rules.owed(cash)).0;
        if collateral <= requirement || barrier >= exposure.signum() {
            // On the edge of a tier the far side decides: what it asks says why.
            let beyond = rules.needed(size, 1.0 - 1e-9 * exposure.signum(), rules.owed(cash)).0;
            let requirement =
                if collateral <= requirement { requirement } else { (beyond * 1e6).round() / 1e6 };
            return Err(MarginError::LiquidatedAtEntry { collateral, requirement });
        }
        let u = exposure.signum() * barrier;
        let price = holding.price_at(self.contract, size * u);
        let at = if price.is_some() { u } else { 1.0 };
        // The tier on the far side of an edge decides there.
        let (rate, deduction) =
            rules.quoted(size, if exposure > 0.0 { at * (1.0 - 1e-9) } else { at * (1.0 + 1e-9) });
        Ok(LiquidationPrice { price, rate, deduction })
    }

    /// The mark price at which equity is zero, closing fees not counted; none where no positive finite price is.
    pub fn bankruptcy_price(&self, holding: &Holding) -> Option<f64> {
        let notional = holding.notional(self.contract, holding.entry)
            - holding.gain_sign(self.contract) * holding.collateral;
        holding.price_at(self.contract, notional)
    }

    /// The liquidation price of one position that shares its collateral (cross margin) while the others stay at their
    /// marks: what they have gained or lost is collateral, what they need is not free.
    ///
    /// # Errors
    /// As [`Venue::liquidation_price`].
    pub fn cross_liquidation_price(
        &self,
        holding: &Holding,
        others: Others,
    ) -> Result<LiquidationPrice, MarginError> {
        let collateral = holding.collateral + others.profit - others.maintenance;
        self.liquidation_price(&Holding { collateral, ..*holding })
    }
}
