//! What a venue's margin rules ask of one position of an account, in the account's own units.
//!
//! In the currency that a contract settles in, every contract is linear in some price x: the price itself for a linear
//! contract, one over it for an inverse one, both as a ratio to the entry. With cash w and exposure e (negative where
//! the holder gains as x falls), all as fractions of the equity put up,
//!
//! ```text
//! equity       w + e·x
//! requirement  (rate + close fee)·|e|·x − deduction     in the tier of |e|·x
//!              the same at x = 1                         on the entry basis
//! ```
//!
//! so equity meets the requirement of a tier at x = −(w + deduction)/(e − (rate + close fee)·|e|). Under the marginal
//! rule the requirement is the largest over all tiers, hence the barrier is the one first met.

use crate::venue::{Contract, Holding, MarginTier, Side, TierRule, Venue};

/// The margin rules of a venue for a position of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    tiers: Vec<Tier>,
    whole: bool,
}

/// One tier, in fractions of the equity put up: the requirement is
/// constant + (rate + growth·notional)·notional + debt_rate·debt.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tier {
    constant: f64,
    rate: f64,
    growth: f64,
    /// On the quote currency owed (a long on spot margin).
    debt_rate: f64,
    low: f64,
    high: f64,
}

/// A barrier of one tier for a given exposure: mirrored so that liquidation always lies below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    sign: f64,
    /// Factor of negative cash, and what is added to it.
    debt: f64,
    deduction: f64,
    /// Slope and curvature of the requirement less the exposure, in x.
    slope: f64,
    bend: f64,
    inverse_slope: f64,
    /// Mirrored prices between which the line holds.
    low: f64,
    high: f64,
}

impl Line {
    /// The mirrored barrier of an account with this cash.
    #[inline(always)]
    pub fn barrier(&self, cash: f64) -> f64 {
        let cash = if cash < 0.0 { cash * self.debt } else { cash } + self.deduction;
        let crossing = if self.bend > 0.0 {
            let root = self.slope * self.slope + 4.0 * self.bend * cash;
            let root = if root > 0.0 { root.sqrt() } else { 0.0 };
            self.sign * 2.0 * cash / (self.slope - self.sign * root)
        } else {
            -cash * self.inverse_slope
        };
        let crossing = if crossing > self.low { crossing } else { f64::NEG_INFINITY };
        if crossing < self.high { crossing } else { self.high }
    }
}

impl Line {
    /// The mirrored barrier of a straight line as a constant and a multiple of the cash.
    pub fn straight(&self) -> (f64, f64) {
        (-self.deduction * self.inverse_slope, -self.inverse_slope)
    }
}

/// A position as cash and exposure, in fractions of the equity put up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Collateral less the notional at entry (plus it for a negative exposure).
    pub cash: f64,
    /// Signed notional at entry.
    pub exposure: f64,
}

impl Exposure {
    /// Of a holding in an account of this equity, in settlement units.
    pub fn of(holding: &Holding, contract: Contract, equity: f64) -> Self {
        let exposure = holding.gain_sign(contract) * holding.notional(contract, holding.entry) / equity;
        Self { cash: holding.collateral / equity - exposure, exposure }
    }
}

impl Requirement {
    /// The rules of a venue for a holding in an account of this equity, in settlement units.
    pub fn new(venue: &Venue, holding: &Holding, equity: f64) -> Self {
        let of = |index: usize, low: f64, high: f64| {
            let requirement = venue.requirement(holding, index);
            let debt = holding.notional(venue.contract, holding.entry) - holding.collateral;
            let is_on_debt = venue.contract == Contract::Spot && holding.side == Side::Long;
            let debt_rate = if is_on_debt && debt > 0.0 { requirement.constant / debt } else { 0.0 };
            Tier {
                constant: if is_on_debt { 0.0 } else { requirement.constant / equity },
                rate: requirement.rate,
                growth: requirement.growth * equity,
                debt_rate,
                low,
                high,
            }
        };
        let tiers = if venue.tier_follows_the_mark(holding.side) {
            let mut low = 0.0;
            let last = venue.tiers.len() - 1;
            let tier = |(index, tier): (usize, &MarginTier)| {
                // A position that outgrew the table is still held.
                let high = if index == last { f64::INFINITY } else { tier.up_to / equity };
                let built = of(index, low, high);
                low = high;
                built
            };
            venue.tiers.iter().enumerate().map(tier).collect()
        } else {
            vec![of(venue.tier_index(venue.tier_size_of(holding)), 0.0, f64::INFINITY)]
        };
        // On spot margin a tier's level applies to the whole debt.
        Self { tiers, whole: venue.rule == TierRule::Whole || venue.contract == Contract::Spot }
    }

    /// The requirement on a notional, with this much cash (negative: debt).
    pub fn at(&self, notional: f64, cash: f64) -> f64 {
        self.with_slope(notional, cash).0
    }

    /// The requirement on a notional with this much cash, and what it grows by with the notional; across the edge of a tier
    /// under the whole-position rule it jumps besides.
    #[inline]
    pub fn with_slope(&self, notional: f64, cash: f64) -> (f64, f64) {
        let debt = (-cash).max(0.0);
        let of = |tier: &Tier| {
            let amount =
                tier.constant + (tier.rate + tier.growth * notional) * notional + tier.debt_rate * debt;
            (amount, tier.rate + 2.0 * tier.growth * notional)
        };
        if self.whole {
            let tier = self.tiers.iter().find(|tier| notional <= tier.high).or(self.tiers.last());
            tier.map_or((0.0, 0.0), of)
        } else {
            self.tiers.iter().map(of).fold((0.0, 0.0), |best, one| if one.0 > best.0 { one } else { best })
        }
    }

    /// Whether the requirement is a convex function of the notional alone, made of straight lines.
    pub fn is_straight(&self) -> bool {
        let is_convex = !self.whole || self.tiers.len() == 1;
        is_convex && self.tiers.iter().all(|tier| tier.growth == 0.0 && tier.debt_rate == 0.0)
    }

    /// The barriers of an exposure; empty where it cannot be liquidated by the price.
    ///
    /// Under the whole-position rule the barriers lie in the tiers that the price can lose from: a gain into a higher
    /// tier does not liquidate.
    pub fn lines(&self, exposure: f64) -> Vec<Line> {
        self.scaled_lines(exposure, 1.0)
    }

    /// The prices at which equity is a multiple of the requirement, as [`Requirement::lines`].
    pub fn scaled_lines(&self, exposure: f64, multiple: f64) -> Vec<Line> {
        self.each_line(exposure, multiple).collect()
    }

    /// The mirrored barrier at which equity is a multiple of the requirement, −∞ if there is none.
    pub fn barrier(&self, exposure: f64, cash: f64, multiple: f64) -> f64 {
        let barriers = self.each_line(exposure, multiple).map(|line| line.barrier(cash));
        barriers.fold(f64::NEG_INFINITY, f64::max)
    }

    fn each_line(&self, exposure: f64, multiple: f64) -> impl Iterator<Item = Line> {
        let (sign, size) = (exposure.signum(), exposure.abs());
        let reachable =
            move |tier: &&Tier| !self.whole || if sign > 0.0 { tier.low < size } else { tier.high > size };
        let line = move |tier: &Tier| {
            let slope = multiple * tier.rate * size - exposure;
            let bend = multiple * tier.growth * size * size;
            let (low, high) = match (self.whole, sign > 0.0) {
                (false, _) => (f64::NEG_INFINITY, f64::INFINITY),
                (true, true) => (tier.low / size, tier.high / size),
                (true, false) => (-tier.high / size, -tier.low / size),
            };
            (sign * slope < 0.0 && size > 0.0).then(|| Line {
                sign,
                debt: 1.0 + multiple * tier.debt_rate,
                deduction: -multiple * tier.constant,
                slope,
                bend,
                inverse_slope: 1.0 / slope.abs(),
                low,
                high,
            })
        };
        self.tiers.iter().filter(reachable).filter_map(line)
    }
}

/// The lines that can be the highest for cash between two sums: of straight lines one that is below another at both ends
/// never is.
pub fn highest(lines: &[Line], least: f64, most: f64, kept: &mut Vec<Line>) {
    kept.clear();
    let is_straight = |line: &Line| {
        line.bend == 0.0
            && (line.low, line.high) == (f64::NEG_INFINITY, f64::INFINITY)
            && (line.debt == 1.0 || most < 0.0 || least >= 0.0)
    };
    if lines.len() < 3 || !lines.iter().all(is_straight) {
        kept.extend_from_slice(lines);
        return;
    }
    let ends = |line: &Line| (line.barrier(least), line.barrier(most));
    for (number, line) in lines.iter().enumerate() {
        let (low, high) = ends(line);
        let is_below = lines.iter().enumerate().any(|(other, above)| {
            let (above_low, above_high) = ends(above);
            // Of equal lines the first one stays.
            above_low >= low && above_high >= high && (above_low > low || above_high > high || other < number)
        });
        if !is_below {
            kept.push(*line);
        }
    }
}

/// The mirrored barrier of an account with this cash: the highest of its lines, −∞ if there is none.
#[inline(always)]
pub fn barrier(lines: &[Line], cash: f64) -> f64 {
    lines.iter().map(|line| line.barrier(cash)).fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{MaintenanceBasis, TierBand};

    fn venue(contract: Contract, rule: TierRule, basis: MaintenanceBasis) -> Venue {
        let bands = [(4.0, 0.004), (20.0, 0.01), (100.0, 0.025), (f64::INFINITY, 0.05)]
            .map(|(up_to, rate)| TierBand { up_to, rate, max_leverage: f64::INFINITY });
        Venue {
            rule,
            maintenance_basis: basis,
            close_fee: 0.0006,
            ..Venue::new(contract, MarginTier::table(&bands, rule).unwrap())
        }
    }

    /// The solver of the venue room walks the tiers with the notional; this one takes the largest of all tiers.
    #[test]
    fn barriers_equal_the_liquidation_prices_of_the_venue() {
        let mut compared = 0;
        for contract in [Contract::Linear, Contract::Inverse, Contract::Spot] {
            for rule in [TierRule::Marginal, TierRule::Whole] {
                for basis in [MaintenanceBasis::Mark, MaintenanceBasis::Entry] {
                    let venue = venue(contract, rule, basis);
                    for side in [Side::Long, Side::Short] {
                        for leverage in [1.5, 3.0, 7.0, 15.0, 18.0] {
                            let (entry, equity) = (2.0, 3.0);
                            let (quantity, collateral) = match contract {
                                Contract::Linear | Contract::Spot => (leverage * equity / entry, equity),
                                Contract::Inverse => (leverage * equity * entry, equity),
                            };
                            let holding = Holding { side, entry, quantity, collateral };
                            let expected = venue.liquidation_price(&holding).unwrap().price;
                            let position = Exposure::of(&holding, contract, equity);
                            let lines = Requirement::new(&venue, &holding, equity).lines(position.exposure);
                            let x = position.exposure.signum() * barrier(&lines, position.cash);
                            let price = match contract {
                                Contract::Linear | Contract::Spot => x * entry,
                                Contract::Inverse => entry / x,
                            };
                            match expected {
                                Some(expected) => {
                                    compared += 1;
                                    assert!((price / expected - 1.0).abs() < 1e-12, "{price} {expected}");
                                }
                                None => assert!(!(price > 0.0 && price.is_finite()), "{price}"),
                            }
                        }
                    }
                }
            }
        }
        assert!(compared > 60, "{compared}");
    }

    /// Between two sums the lines that are kept give the same barrier as all of them, and they are few.
    #[test]
    fn the_highest_lines_are_enough() {
        let bands: Vec<_> = (1..=12)
            .map(|tier| TierBand {
                up_to: f64::from(tier * tier),
                rate: 0.004 * f64::from(tier),
                max_leverage: f64::INFINITY,
            })
            .collect();
        let venue = Venue::new(Contract::Linear, MarginTier::table(&bands, TierRule::Marginal).unwrap());
        let mut kept = Vec::new();
        for side in [Side::Long, Side::Short] {
            for quantity in [2.0, 20.0, 90.0] {
                let holding = Holding { side, entry: 1.0, quantity, collateral: 1.0 };
                let position = Exposure::of(&holding, Contract::Linear, 1.0);
                let lines = Requirement::new(&venue, &holding, 1.0).lines(position.exposure);
                assert_eq!(lines.len(), 12);
                let (least, most) = (position.cash - 0.3, position.cash + 0.2);
                highest(&lines, least, most, &mut kept);
                assert!(kept.len() < 8, "{side:?} {quantity}: {}", kept.len());
                for step in 0..=100 {
                    let cash = least + f64::from(step) * 0.005;
                    assert_eq!(barrier(&kept, cash), barrier(&lines, cash), "{side:?} {quantity} {cash}");
                }
            }
        }
    }
}
