//! A venue's terms for a position counted in units of its equity and of its entry price.

use super::{Contract, GrowingRate, Liquidation, MarginTier, PartialClose, TierSize, Venue};

impl Venue {
    /// What the sizes of tiers, and what coins, are multiplied by where prices are ratios to `entry` and sums
    /// are in units of `equity` (settlement units).
    pub(crate) fn units(&self, entry: f64, equity: f64) -> Units {
        let coins = match self.contract {
            Contract::Linear | Contract::Spot => entry / equity,
            Contract::Inverse => 1.0 / equity,
        };
        let sizes = match (self.tier_size, self.contract) {
            (TierSize::Notional, _) => 1.0 / equity,
            // Quantities are coins of a linear and quote units of an inverse contract.
            (TierSize::Quantity, Contract::Linear | Contract::Spot) => entry / equity,
            (TierSize::Quantity, Contract::Inverse) => 1.0 / (entry * equity),
        };
        Units { sizes, coins }
    }

    /// The same terms where prices are ratios to `entry` and sums are in units of `equity` (settlement units).
    pub fn in_units(&self, entry: f64, equity: f64) -> Self {
        let units = self.units(entry, equity);
        let mut liquidation = self.liquidation;
        if let Liquidation::Close { partial: Some(PartialClose::First { above, .. }), .. } = &mut liquidation
        {
            *above /= equity;
        }
        Self {
            tiers: self.tiers.iter().map(|tier| units.tier(tier)).collect(),
            liquidation,
            maintenance_per_unit: self.maintenance_per_unit / units.coins,
            initial: self
                .initial
                .map(|initial| GrowingRate { per_unit: initial.per_unit / units.coins, ..initial }),
            ..self.clone()
        }
    }
}

/// Factors from a venue's own units to those of a position.
pub(crate) struct Units {
    sizes: f64,
    /// Of a number of coins.
    pub coins: f64,
}

impl Units {
    /// A tier in these units.
    pub fn tier(&self, tier: &MarginTier) -> MarginTier {
        MarginTier { up_to: tier.up_to * self.sizes, deduction: tier.deduction * self.sizes, ..*tier }
    }
}

#[cfg(test)]
mod tests {
    use crate::venue::{Contract, Holding, MarginTier, Side, TierBand, TierRule, TierSize, Venue};

    #[test]
    fn a_position_is_liquidated_at_the_same_ratio_to_its_entry() {
        let bands = [(4e4, 0.004), (9e4, 0.01), (f64::INFINITY, 0.05)].map(|(up_to, rate)| TierBand {
            up_to,
            rate,
            max_leverage: f64::INFINITY,
        });
        for contract in [Contract::Linear, Contract::Inverse] {
            for (tier_size, per_unit) in [(TierSize::Notional, 1e-5), (TierSize::Quantity, 0.0)] {
                let tiers = MarginTier::table(&bands, TierRule::Marginal).unwrap();
                let venue =
                    Venue { tier_size, maintenance_per_unit: per_unit, ..Venue::new(contract, tiers) };
                let (entry, equity) = (50.0, 3e3);
                let (quantity, unit) = match contract {
                    Contract::Inverse => (3.0 * equity * entry, 1.0 / (entry * equity)),
                    Contract::Linear | Contract::Spot => (3.0 * equity / entry, entry / equity),
                };
                let holding = Holding { side: Side::Long, entry, quantity, collateral: equity };
                let scaled = Holding { entry: 1.0, quantity: quantity * unit, collateral: 1.0, ..holding };
                let price = venue.liquidation_price(&holding).unwrap().price.unwrap();
                let ratio = venue.in_units(entry, equity).liquidation_price(&scaled).unwrap().price.unwrap();
                assert!((price / entry / ratio - 1.0).abs() < 1e-12, "{contract:?}: {price} {ratio}");
            }
        }
    }
}
