//! The terms of a venue as they are written, in a venue file or in a scenario.

use serde_json::{Value as Json, json};

use crate::market::Duration;
use crate::venue::{Contract, FeePrice, MaintenanceBasis, PartialClose, TierRule, TierSize};

use super::borrow::BorrowFile;
use super::check::HAIRCUT;
use super::funding::FundingFile;
use super::numbers::{Count, Ratio};
use super::problem::Problems;
use super::range::Range;
use super::shape::{List, Shape, any_of, wrong_type};
use super::table::table;
use super::tree::{Node, Value};

/// Maintenance rates: below the whole notional.
const MAINTENANCE: Range = Range::above(0.0).at_most(0.99);
/// Leverage caps.
const CAP: Range = Range::at_least(1.0);
/// What a coin of size adds to a rate.
const PER_UNIT: Range = Range::at_least(0.0).at_most(0.1);
/// Margin levels.
const LEVEL: Range = Range::above(1.0).at_most(1.9);
/// Loan to value.
const LOAN_TO_VALUE: Range = Range::at_least(0.1).at_most(0.99);
/// Fees.
const FEE: Range = Range::at_least(0.0).at_most(0.5);

table! {
    /// A venue's terms for one contract.
    struct VenueFile {
        /// Title for people; used in files only.
        optional title: String,
        /// Name of the settlement currency; used in files only.
        optional settlement: String,
        /// Where the terms are from; used in files only.
        optional source: String,
        /// The day the terms were valid, such as "2026-01-31"; used in files only.
        optional as_of: String,
        /// What could not be confirmed about the terms; used in files only.
        optional unconfirmed: String,
        /// Who bears losses beyond the collateral; used in files only.
        optional bad_debt: String,
        /// What the contract settles in: "linear" (the quote currency), "inverse" (the coin), or "spot" for coins bought
        /// or sold with borrowed money.
        required contract: Contract,
        /// Maintenance margin rate of every position; replaces tiers.
        optional maintenance: Ratio where MAINTENANCE,
        /// Added to the maintenance rate per coin of the position's size; 0 if absent.
        optional maintenance_per_unit: Ratio where PER_UNIT,
        /// Initial margin rate where it rises with the size: with initial_per_unit it caps the leverage.
        optional initial: Ratio where MAINTENANCE,
        /// Added to the initial margin rate per coin of the position's size.
        optional initial_per_unit: Ratio where PER_UNIT,
        /// Margin levels (assets over debt) of spot margin; replace maintenance.
        optional margin_level: MarginLevelFile,
        /// A lender's terms for coins as collateral, by loan to value (debt over assets): 80 % is a margin level of 1.25. Its
        /// interest is `borrow`.
        optional loan: LoanFile,
        /// Where maintenance rates are from: "given" (used if absent) or "half_initial", half the initial margin at the
        /// highest leverage, 1/(2·max_leverage), in place of maintenance or of each tier's rate.
        optional rates: Rates,
        /// Highest leverage at entry, with a single maintenance rate; no limit if absent.
        optional max_leverage: f64 where CAP,
        /// Margin tiers by rising notional; replace maintenance. Deductions follow from the edges.
        optional tiers: List<TierFile>,
        /// How tiers apply: "marginal" (each rate to its own slice; used if absent) or "whole" (one rate to everything).
        optional rule: TierRule,
        /// What the edges of the tiers are compared with: "notional" at the mark price (used if absent) or "quantity"
        /// (coins of a linear, quote units of an inverse contract).
        optional tier_size: TierSize,
        /// Notional that the maintenance rate applies to: at the "mark" price (used if absent) or at "entry".
        optional maintenance_basis: MaintenanceBasis,
        /// Closing fee that the venue counts into the maintenance margin, as a fraction; 0 if absent.
        optional close_fee: Ratio where FEE,
        /// The price that this closing fee is counted at: that of the maintenance margin ("basis"; used if absent), or the
        /// price at which nothing is left of the collateral ("bankruptcy").
        optional close_fee_price: FeePrice,
        /// Fee as a fraction of the notional, paid at entry and at exit; 0 if absent.
        optional taker_fee: Ratio where FEE,
        /// What happens to the collateral at liquidation: "forfeit" (all of it is gone; used if absent) or { fee, slippage, partial }.
        optional liquidation: LiquidationFile,
        /// Funding of a perpetual contract, such as { rate = "1bp", every = "8h" }; none if absent.
        optional funding: FundingFile,
        /// Interest on what is borrowed, such as { rate = "12%" }; none if absent.
        optional borrow: BorrowFile,
        /// What is taken off the price of coins that are collateral of a linear contract, such as "5%".
        optional haircut: Ratio where HAIRCUT,
    }
}

table! {
    /// One band of notional.
    struct TierFile {
        /// Upper edge of the band, in the settlement currency; only the last tier can leave it out.
        optional up_to: f64 where Range::above(0.0),
        /// Maintenance margin rate; left out with rates = "half_initial" only.
        optional rate: Ratio where MAINTENANCE,
        /// Highest leverage at entry in this band; no limit if absent.
        optional max_leverage: f64 where CAP,
    }
}

table! {
    /// Margin levels of spot margin: assets over debt.
    struct MarginLevelFile {
        /// Level at which the account is called.
        optional call: f64 where LEVEL,
        /// Level at which it is liquidated.
        required liquidation: f64 where LEVEL,
    }
}

table! {
    /// A lender's terms for coins as collateral against a debt.
    struct LoanFile {
        /// Loan to value at which the borrower is called.
        optional call: Ratio where LOAN_TO_VALUE,
        /// Time given after a call: a loan to value that is not below the call by then is liquidated; without it a call has no
        /// consequence.
        optional grace: Duration,
        /// Loan to value at which collateral is sold, grace or not.
        required liquidation: Ratio where LOAN_TO_VALUE,
        /// Share of the debt that one liquidation repays, such as "50%"; all of it if absent.
        optional close_factor: Ratio where Range::above(0.0).at_most(1.0),
        /// Health factor (liquidation loan to value over loan to value) below which all of the debt is repaid at once.
        optional close_all_below: f64 where Range::above(0.0).at_most(1.0),
        /// What the lender keeps, as a fraction of the debt that is repaid; 0 if absent.
        optional penalty: Ratio where FEE,
        /// In place of penalty, for a pool of lenders: what whoever repays gets on top, as a fraction of the debt that is repaid.
        /// What the collateral does not pay for, bonus included, is bad debt.
        optional bonus: Ratio where FEE,
    }
}

table! {
    /// A close in the market at liquidation; the rest of the collateral is returned.
    struct LiquidationFeeFile {
        /// Fee as a fraction of the notional at the liquidation price.
        required fee: Ratio where FEE,
        /// How much worse than the mark price the close is filled, as a fraction of the price; 0 if absent.
        optional slippage: Ratio where FEE,
        /// Steps of a partial liquidation: "tier", { tiers = 2 }, the fraction of what is open that each step closes, or
        /// { first = "20%", above = 100_000 } for one such step; all at once if absent.
        optional partial: PartialFile,
    }
}

/// Steps of a partial liquidation, as they are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartialFile(pub PartialClose);

table! {
    /// Steps that are more than one tier, or one step before all is closed.
    struct StepsFile {
        /// Number of tiers that each step goes down by.
        optional tiers: Count where Range::at_least(1.0).at_most(100.0),
        /// Fraction that is closed first; if that is not enough, everything is.
        optional first: Ratio where Range::above(0.0).at_most(1.0),
        /// With first: positions of at most this notional are closed at once.
        optional above: f64 where Range::at_least(0.0),
    }
}

impl Shape for PartialFile {
    fn expected() -> String {
        "\"tier\", a fraction such as \"20%\", { tiers = 2 } or { first = \"20%\", above = 100_000 }"
            .to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        if matches!(&node.value, Value::Text(text) if text == "tier") {
            return Some(Self(PartialClose::Tiers(1)));
        }
        if matches!(&node.value, Value::Table(_)) {
            let steps = StepsFile::read(node, label, problems)?;
            return match (&steps.tiers, &steps.first, &steps.above) {
                (Some(tiers), None, None) => Some(Self(PartialClose::Tiers(tiers.value.0 as usize))),
                (None, Some(first), above) => Some(Self(PartialClose::First {
                    fraction: first.value.0,
                    above: above.as_ref().map_or(0.0, |above| above.value),
                })),
                _ => {
                    problems.push(wrong_type::<Self>(node, label));
                    None
                }
            };
        }
        let mut unread = Problems::default();
        match Ratio::read(node, label, &mut unread) {
            Some(Ratio(fraction)) if fraction > 0.0 && fraction <= 1.0 => {
                Some(Self(PartialClose::Fraction(fraction)))
            }
            _ => {
                problems.push(wrong_type::<Self>(node, label));
                None
            }
        }
    }

    fn schema() -> Json {
        any_of(vec![json!({ "const": "tier" }), Ratio::schema(), StepsFile::schema()])
    }
}

/// Where maintenance rates are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rates {
    /// Each is written.
    Given,
    /// Half the initial margin at the highest leverage.
    HalfInitial,
}

/// What happens at liquidation, as it is written.
#[derive(Debug, Clone)]
pub(super) enum LiquidationFile {
    Forfeit,
    Fee(LiquidationFeeFile),
}

impl Shape for LiquidationFile {
    fn expected() -> String {
        "\"forfeit\" or a table such as { fee = \"1.25%\" }".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "forfeit" => Some(Self::Forfeit),
            Value::Table(_) => LiquidationFeeFile::read(node, label, problems).map(Self::Fee),
            _ => {
                problems.push(wrong_type::<Self>(node, label));
                None
            }
        }
    }

    fn schema() -> Json {
        any_of(vec![json!({ "const": "forfeit" }), LiquidationFeeFile::schema()])
    }
}
