//! What a venue asks a position to hold: constant + (rate + growth·N)·N within each tier.
//!
//! | terms | constant | rate | growth |
//! |---|---|---|---|
//! | tiers of notional, basis "mark" | −dₙ | mₙ + f | 0 |
//! | tiers of quantity z (OKX, Kraken) | 0 | mₙ − dₙ/z + f | 0 |
//! | rate growing by g per coin (Deribit), linear contract | −dₙ | mₙ + g·q + f | 0 |
//! | the same, inverse contract, where the coins are N | −dₙ | mₙ + f | g |
//! | basis "entry" | any of these at N₀ | 0 | 0 |
//! | spot margin at level k = (1 + m)(1 + f), long owing N₀ − c | (k − 1)·(N₀ − c) | 0 | 0 |
//! | spot margin, short owing the coins | 0 | k − 1 | 0 |
//!
//! with m the maintenance rate, d the deduction and f the closing fee in the requirement. Spot margin: level = assets/debt
//! = (debt + equity)/debt falls to k where equity is (k − 1)·debt.
//!
//! Sources: Deribit support 25944738177565 (rates grow with size); OKX help 6997123251341 (isolated spot margin, from
//! which the product of 1 + m and 1 + f); Binance support pages on the margin level.

use super::{Contract, Holding, MaintenanceBasis, Side, TierSize, Venue};

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

/// The requirement within one tier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requirement {
    pub constant: f64,
    pub rate: f64,
    pub growth: f64,
    /// Rate and deduction as people know them.
    quoted: (f64, f64),
    quoted_growth: f64,
}

impl Requirement {
    /// At a notional, which may be 0 but not infinite.
    pub fn at(&self, notional: f64) -> f64 {
        notional * (self.rate + self.growth * notional) + self.constant
    }

    /// Rate and deduction as people know them, at a notional.
    pub fn quoted(&self, notional: f64) -> (f64, f64) {
        let growth = if self.quoted_growth > 0.0 { self.quoted_growth * notional } else { 0.0 };
        (self.quoted.0 + growth, self.quoted.1)
    }
}

impl Venue {
    /// What a holding must hold at a mark price.
    pub fn maintenance(&self, holding: &Holding, price: f64) -> Maintenance {
        let notional = holding.notional(self.contract, price);
        let index = if self.tier_follows_the_mark(holding.side) {
            self.tier_index(notional)
        } else {
            self.tier_index(self.tier_size_of(holding))
        };
        let requirement = self.requirement(holding, index);
        let (rate, deduction) = requirement.quoted(notional);
        Maintenance { rate, deduction, amount: requirement.at(notional) }
    }

    /// The requirement on a holding while it is in a tier.
    pub(crate) fn requirement(&self, holding: &Holding, index: usize) -> Requirement {
        let tier = &self.tiers[index];
        let entry_notional = holding.notional(self.contract, holding.entry);
        if self.contract == Contract::Spot {
            let excess = (1.0 + tier.rate) * (1.0 + self.close_fee) - 1.0;
            let (constant, rate) = match holding.side {
                Side::Long => (excess * (entry_notional - holding.collateral).max(0.0), 0.0),
                Side::Short => (0.0, excess),
            };
            return Requirement { constant, rate, growth: 0.0, quoted: (tier.rate, 0.0), quoted_growth: 0.0 };
        }
        let (mut rate, deduction) = match self.tier_size {
            TierSize::Notional => (tier.rate, tier.deduction),
            TierSize::Quantity => (tier.rate - tier.deduction / holding.quantity, 0.0),
        };
        let mut growth = 0.0;
        match self.contract {
            Contract::Inverse => growth = self.maintenance_per_unit,
            Contract::Linear | Contract::Spot => rate += self.maintenance_per_unit * holding.quantity,
        }
        let of_the_mark = Requirement {
            constant: -deduction,
            rate: rate + self.close_fee,
            growth,
            quoted: (rate, deduction),
            quoted_growth: growth,
        };
        match self.maintenance_basis {
            MaintenanceBasis::Mark => of_the_mark,
            MaintenanceBasis::Entry => Requirement {
                constant: of_the_mark.at(entry_notional),
                rate: 0.0,
                growth: 0.0,
                quoted: of_the_mark.quoted(entry_notional),
                quoted_growth: 0.0,
            },
        }
    }

    /// Whether a position changes tier as the price moves.
    pub(crate) fn tier_follows_the_mark(&self, side: Side) -> bool {
        match self.contract {
            Contract::Spot => side == Side::Short,
            Contract::Linear | Contract::Inverse => {
                self.maintenance_basis == MaintenanceBasis::Mark && self.tier_size == TierSize::Notional
            }
        }
    }

    /// What the edges of the tiers are compared with at entry.
    pub(crate) fn tier_size_of(&self, holding: &Holding) -> f64 {
        match self.tier_size {
            TierSize::Notional => holding.notional(self.contract, holding.entry),
            TierSize::Quantity => holding.quantity,
        }
    }

    /// The tier of a size; the top one above the table. [`Venue::tiers`] is never empty.
    pub(crate) fn tier_index(&self, size: f64) -> usize {
        self.tiers.partition_point(|tier| tier.up_to < size).min(self.tiers.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{MarginTier, TierBand, TierRule};

    fn near(got: f64, wanted: f64) {
        assert!((got - wanted).abs() <= 1e-12 * wanted.abs(), "{got} is not {wanted}");
    }

    #[test]
    fn rates_that_grow_with_the_size_are_those_of_the_documents() {
        // Deribit: 1 % + 0.005 % per BTC. 200 BTC need 2 %, linear or inverse.
        let growing = |contract| Venue {
            maintenance_per_unit: 0.00005,
            ..Venue::new(contract, vec![MarginTier::flat(0.01, 0.0).unwrap()])
        };
        let linear = Holding { side: Side::Long, entry: 5e4, quantity: 200.0, collateral: 1e6 };
        near(growing(Contract::Linear).maintenance(&linear, 6e4).amount, 0.02 * 200.0 * 6e4);
        let inverse = Holding { quantity: 1e7, collateral: 20.0, ..linear };
        near(growing(Contract::Inverse).maintenance(&inverse, 5e4).amount, 0.02 * 200.0);
        // At 25,000 the same contracts are 400 BTC and need 3 %.
        near(growing(Contract::Inverse).maintenance(&inverse, 2.5e4).amount, 0.03 * 400.0);
    }

    #[test]
    fn tiers_of_quantity_do_not_move_with_the_price() {
        let bands = [
            TierBand { up_to: 10.0, rate: 0.01, max_leverage: 50.0 },
            TierBand { up_to: 100.0, rate: 0.02, max_leverage: 20.0 },
        ];
        let holding = Holding { side: Side::Short, entry: 1.0, quantity: 20.0, collateral: 5.0 };
        for (rule, wanted) in
            [(TierRule::Whole, 20.0 * 0.02), (TierRule::Marginal, 10.0 * 0.01 + 10.0 * 0.02)]
        {
            let tiers = MarginTier::table(&bands, rule).unwrap();
            let venue = Venue { rule, tier_size: TierSize::Quantity, ..Venue::new(Contract::Linear, tiers) };
            for price in [0.1, 1.0, 50.0] {
                near(venue.maintenance(&holding, price).amount, wanted * price);
            }
        }
    }

    #[test]
    fn a_spot_margin_account_is_liquidated_at_its_level() {
        // Liquidation at assets/debt = 1.1: 300 borrowed 200 of; assets of 220 are left at a price of 73.33.
        let venue = Venue::new(Contract::Spot, vec![MarginTier::flat(0.1, 0.0).unwrap()]);
        let long = Holding { side: Side::Long, entry: 100.0, quantity: 3.0, collateral: 100.0 };
        near(venue.liquidation_price(&long).unwrap().price.unwrap(), 220.0 / 3.0);
        // 2 coins borrowed and sold: assets 300, debt 2·S.
        let short = Holding { side: Side::Short, quantity: 2.0, ..long };
        near(venue.liquidation_price(&short).unwrap().price.unwrap(), 300.0 / 2.2);
        // Interest makes the debt larger; without debt nothing liquidates.
        let later = Holding { collateral: 90.0, ..long };
        near(venue.liquidation_price(&later).unwrap().price.unwrap(), 1.1 * 210.0 / 3.0);
        let owned = Holding { collateral: 300.0, ..long };
        assert_eq!(venue.liquidation_price(&owned).unwrap().price, None);
    }
}
