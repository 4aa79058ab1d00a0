//! How large a position and how much leverage a venue lets be opened.

use super::{Contract, Holding, Side, TierSize, Venue};

impl Venue {
    /// Highest leverage (notional over equity) allowed when a holding is opened; none above the table of tiers.
    ///
    /// On spot margin a venue's cap is on assets over equity, so a short, whose assets are its equity and what the
    /// borrowed coins were sold for, has one less.
    pub fn max_leverage(&self, holding: &Holding) -> Option<f64> {
        let size = self.tier_size_of(holding);
        let top = self.tiers.last()?;
        let tier = (size <= top.up_to).then(|| &self.tiers[self.tier_index(size)])?;
        let initial = self.initial.map_or(f64::INFINITY, |initial| {
            1.0 / (initial.base + initial.per_unit * holding.coins(self.contract, holding.entry))
        });
        Some(self.side_cap(holding.side, tier.max_leverage.min(initial)))
    }

    /// Highest leverage allowed at any size.
    pub fn largest_leverage(&self, side: Side) -> f64 {
        let of_tiers = self.tiers.iter().map(|tier| tier.max_leverage).fold(0.0, f64::max);
        let of_initial = self.initial.map_or(f64::INFINITY, |initial| 1.0 / initial.base);
        self.side_cap(side, of_tiers.min(of_initial))
    }

    /// The largest notional at entry (settlement units) that can be opened at all; infinite for an open top.
    pub fn largest_notional(&self, holding: &Holding) -> f64 {
        self.tiers.last().map_or(0.0, |top| self.notional_of_size(top.up_to, holding))
    }

    /// The largest notional at entry (settlement units) that can be opened with a leverage; 0 if none can.
    pub fn largest_notional_at(&self, leverage: f64, holding: &Holding) -> f64 {
        let allows = |cap: f64| self.side_cap(holding.side, cap) >= leverage;
        let tiers = self.tiers.iter().rev().find(|tier| allows(tier.max_leverage));
        let of_tiers = tiers.map_or(0.0, |tier| self.notional_of_size(tier.up_to, holding));
        let of_initial = self.initial.map_or(f64::INFINITY, |initial| {
            let coins = ((1.0 / leverage - initial.base) / initial.per_unit).max(0.0);
            match self.contract {
                Contract::Inverse => coins,
                Contract::Linear | Contract::Spot => coins * holding.entry,
            }
        });
        of_tiers.min(of_initial)
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

    fn side_cap(&self, side: Side, cap: f64) -> f64 {
        match (self.contract, side) {
            (Contract::Spot, Side::Short) => cap - 1.0,
            _ => cap,
        }
    }

    fn notional_of_size(&self, size: f64, holding: &Holding) -> f64 {
        match self.tier_size {
            TierSize::Notional => size,
            TierSize::Quantity => {
                Holding { quantity: size, ..*holding }.notional(self.contract, holding.entry)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{GrowingRate, MarginTier, TierBand, TierRule};

    const LONG: Holding = Holding { side: Side::Long, entry: 100.0, quantity: 1.0, collateral: 1.0 };

    fn two_tiers(contract: Contract) -> Venue {
        let band = |up_to, rate, max_leverage| TierBand { up_to, rate, max_leverage };
        let bands = [band(100.0, 0.01, 50.0), band(200.0, 0.02, 20.0)];
        Venue::new(contract, MarginTier::table(&bands, TierRule::Whole).unwrap())
    }

    #[test]
    fn a_notional_on_an_edge_belongs_to_the_lower_tier() {
        let venue = two_tiers(Contract::Linear);
        let of = |notional: f64| {
            let holding = Holding { quantity: notional / 100.0, ..LONG };
            (venue.maintenance(&holding, 100.0).rate, venue.max_leverage(&holding))
        };
        assert_eq!(of(100.0), (0.01, Some(50.0)));
        assert_eq!(of(100.5), (0.02, Some(20.0)));
        assert_eq!(of(200.0), (0.02, Some(20.0)));
        assert_eq!(of(200.5).1, None);
        assert_eq!(venue.largest_notional(&LONG), 200.0);
        assert_eq!([60.0, 50.0, 20.0].map(|l| venue.largest_notional_at(l, &LONG)), [0.0, 100.0, 200.0]);
    }

    #[test]
    fn edges_of_quantity_are_turned_into_notional() {
        let venue = Venue { tier_size: TierSize::Quantity, ..two_tiers(Contract::Inverse) };
        let holding = Holding { quantity: 150.0, ..LONG };
        assert_eq!(venue.max_leverage(&holding), Some(20.0));
        // 200 quote units at a price of 100 are 2 coins.
        assert_eq!(venue.largest_notional(&holding), 2.0);
    }

    #[test]
    fn an_initial_rate_that_grows_caps_the_leverage() {
        // Deribit: 2 % + 0.005 % per BTC, so 50x for dust and 25x for 400 BTC.
        let initial = GrowingRate { base: 0.02, per_unit: 0.00005 };
        let flat = vec![MarginTier::flat(0.01, 0.0).unwrap()];
        let venue = Venue { initial: Some(initial), ..Venue::new(Contract::Linear, flat) };
        let holding = Holding { quantity: 400.0, ..LONG };
        assert_eq!(venue.max_leverage(&holding), Some(25.0));
        assert!((venue.largest_notional_at(25.0, &holding) - 40_000.0).abs() < 1e-6);
        assert_eq!(venue.largest_notional_at(60.0, &holding), 0.0);
    }

    #[test]
    fn on_spot_margin_a_short_has_one_less() {
        let venue = two_tiers(Contract::Spot);
        assert_eq!(venue.max_leverage(&LONG), Some(50.0));
        assert_eq!(venue.max_leverage(&Holding { side: Side::Short, ..LONG }), Some(49.0));
    }
}
