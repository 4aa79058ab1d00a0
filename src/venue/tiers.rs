//! Margin tiers: how much equity a venue asks for at a notional.
//!
//! A venue publishes bands of notional, each with a maintenance rate mₙ. Under the marginal rule each rate applies to
//! its own slice, which exchanges write as `notional·mₙ − dₙ` with a deduction dₙ ("maintenance amount", "cum"):
//!
//! ```text
//! d₁ = 0,   dₙ = floorₙ·(mₙ − mₙ₋₁) + dₙ₋₁
//! ```
//!
//! so that the requirement is continuous at the edges. Under the whole rule one rate applies to the whole position: every
//! deduction is 0 and the requirement jumps at the edges. A notional on an edge belongs to the lower tier.
//!
//! Source: Binance support FAQ b3c689c1f50a44cabb3a84e663b81d93, "How to Calculate Liquidation Price of USDⓈ-M Futures
//! Contracts"; the same recursion is in Hyperliquid's documents, `trading/margin-tiers`.

use thiserror::Error;

use super::{MarginTier, TierRule};

/// One band of notional as a venue publishes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TierBand {
    /// Upper edge of the band (notional in settlement units); infinite for an open top.
    pub up_to: f64,
    /// Maintenance margin rate.
    pub rate: f64,
    /// Highest leverage allowed in the band at entry; infinite for no cap.
    pub max_leverage: f64,
}

/// What is wrong with a table of tiers. `tier` counts from 1, as venues do.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum TierError {
    /// There is no tier at all.
    #[error("at least one margin tier is needed")]
    Empty,
    /// An upper edge that is not positive (or not a number).
    #[error("upper edge {up_to} of tier {tier} must be greater than 0")]
    Edge {
        /// The tier.
        tier: usize,
        /// Its edge.
        up_to: f64,
    },
    /// An upper edge that is not above the one before.
    #[error("upper edge {up_to} of tier {tier} must be greater than {previous}, the edge of the tier before")]
    UnsortedEdge {
        /// The tier.
        tier: usize,
        /// Its edge.
        up_to: f64,
        /// The edge of the tier before.
        previous: f64,
    },
    /// A maintenance rate outside (0, 1).
    #[error("maintenance rate {rate} of tier {tier} must be greater than 0 and less than 1")]
    Rate {
        /// The tier.
        tier: usize,
        /// Its rate.
        rate: f64,
    },
    /// A maintenance rate below the one before: a requirement that falls with size is a slip of the pen.
    #[error(
        "maintenance rate {rate} of tier {tier} must not be less than {previous}, the rate of the tier before"
    )]
    FallingRate {
        /// The tier.
        tier: usize,
        /// Its rate.
        rate: f64,
        /// The rate of the tier before.
        previous: f64,
    },
    /// A leverage cap below 1.
    #[error("max_leverage {max_leverage} of tier {tier} must be at least 1")]
    MaxLeverage {
        /// The tier.
        tier: usize,
        /// Its cap.
        max_leverage: f64,
    },
    /// A deduction that is negative or not a number.
    #[error("deduction {0} must be at least 0 and finite")]
    Deduction(f64),
}

impl MarginTier {
    /// The band as a venue publishes it.
    pub fn band(&self) -> TierBand {
        TierBand { up_to: self.up_to, rate: self.rate, max_leverage: self.max_leverage }
    }

    /// Tiers with their deductions, from bands by rising notional.
    ///
    /// # Errors
    /// The first band that breaks an order or a range.
    pub fn table(bands: &[TierBand], rule: TierRule) -> Result<Vec<Self>, TierError> {
        let mut tiers: Vec<Self> = Vec::with_capacity(bands.len());
        for (index, &TierBand { up_to, rate, max_leverage }) in bands.iter().enumerate() {
            let tier = index + 1;
            if up_to.is_nan() || up_to <= 0.0 {
                return Err(TierError::Edge { tier, up_to });
            }
            if !(rate > 0.0 && rate < 1.0) {
                return Err(TierError::Rate { tier, rate });
            }
            if max_leverage.is_nan() || max_leverage < 1.0 {
                return Err(TierError::MaxLeverage { tier, max_leverage });
            }
            let mut deduction = 0.0;
            if let Some(below) = tiers.last() {
                if up_to <= below.up_to {
                    return Err(TierError::UnsortedEdge { tier, up_to, previous: below.up_to });
                }
                if rate < below.rate {
                    return Err(TierError::FallingRate { tier, rate, previous: below.rate });
                }
                if rule == TierRule::Marginal {
                    deduction = below.up_to * (rate - below.rate) + below.deduction;
                }
            }
            tiers.push(Self { up_to, rate, deduction, max_leverage });
        }
        if tiers.is_empty() { Err(TierError::Empty) } else { Ok(tiers) }
    }

    /// One tier for every size, without a leverage cap, with a deduction as published (0 for a flat rate).
    ///
    /// # Errors
    /// A rate outside (0, 1), or a deduction that is negative or not finite.
    pub fn flat(rate: f64, deduction: f64) -> Result<Self, TierError> {
        if !(rate > 0.0 && rate < 1.0) {
            return Err(TierError::Rate { tier: 1, rate });
        }
        if !(deduction >= 0.0 && deduction.is_finite()) {
            return Err(TierError::Deduction(deduction));
        }
        Ok(Self { up_to: f64::INFINITY, rate, deduction, max_leverage: f64::INFINITY })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(up_to: f64, rate: f64, max_leverage: f64) -> TierBand {
        TierBand { up_to, rate, max_leverage }
    }

    #[test]
    fn a_flat_rate_needs_a_rate_and_a_deduction_in_range() {
        assert_eq!(MarginTier::flat(0.0, 0.0), Err(TierError::Rate { tier: 1, rate: 0.0 }));
        assert_eq!(MarginTier::flat(0.01, -1.0), Err(TierError::Deduction(-1.0)));
        assert_eq!(MarginTier::flat(0.01, f64::INFINITY), Err(TierError::Deduction(f64::INFINITY)));
    }

    #[test]
    fn every_broken_table_names_the_tier_and_the_number() {
        let table = |bands: &[TierBand]| MarginTier::table(bands, TierRule::Marginal).unwrap_err();
        let first = band(100.0, 0.01, 50.0);
        assert_eq!(table(&[]), TierError::Empty);
        assert_eq!(table(&[band(0.0, 0.01, 50.0)]), TierError::Edge { tier: 1, up_to: 0.0 });
        assert!(matches!(table(&[band(f64::NAN, 0.01, 50.0)]), TierError::Edge { tier: 1, .. }));
        for rate in [0.0, 1.0, -0.1, f64::INFINITY] {
            assert_eq!(table(&[first, band(200.0, rate, 50.0)]), TierError::Rate { tier: 2, rate });
        }
        assert!(matches!(table(&[band(1.0, f64::NAN, 50.0)]), TierError::Rate { .. }));
        assert_eq!(
            table(&[first, band(100.0, 0.02, 20.0)]),
            TierError::UnsortedEdge { tier: 2, up_to: 100.0, previous: 100.0 }
        );
        assert_eq!(
            table(&[first, band(200.0, 0.005, 20.0)]),
            TierError::FallingRate { tier: 2, rate: 0.005, previous: 0.01 }
        );
        assert_eq!(
            table(&[first, band(200.0, 0.02, 0.5)]),
            TierError::MaxLeverage { tier: 2, max_leverage: 0.5 }
        );
    }

    #[test]
    fn the_message_says_what_would_be_right() {
        let error = MarginTier::table(&[band(100.0, 0.01, 50.0), band(50.0, 0.02, 20.0)], TierRule::Whole)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "upper edge 50 of tier 2 must be greater than 100, the edge of the tier before"
        );
    }

    #[test]
    fn the_whole_rule_has_no_deductions() {
        let bands = [band(100.0, 0.01, 50.0), band(200.0, 0.02, 20.0)];
        let tiers = MarginTier::table(&bands, TierRule::Whole).unwrap();
        assert!(tiers.iter().all(|tier| tier.deduction == 0.0));
    }
}
