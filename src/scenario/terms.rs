//! The terms of a venue as they are written, in a venue file or in a scenario, and what they mean.

use serde_json::{Value as Json, json};

use crate::venue::{
    Contract, Flows, Liquidation, MaintenanceBasis, MarginTier, TierBand, TierError, TierRule, Venue,
};

use super::flows::{BorrowFile, FundingFile};
use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::range::Range;
use super::shape::{List, Placed, Shape, any_of, wrong_type};
use super::table::table;
use super::tree::{Node, Value, number};

/// Maintenance rates: below the whole notional.
const MAINTENANCE: Range = Range::above(0.0).at_most(0.99);
/// Leverage caps.
const CAP: Range = Range::at_least(1.0);
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
        /// What the contract settles in: "linear" (the quote currency) or "inverse" (the coin).
        required contract: Contract,
        /// Maintenance margin rate of every position; replaces tiers.
        optional maintenance: Ratio where MAINTENANCE,
        /// Highest leverage at entry, with a single maintenance rate; no limit if absent.
        optional max_leverage: f64 where CAP,
        /// Margin tiers by rising notional; replace maintenance. Deductions follow from the edges.
        optional tiers: List<TierFile>,
        /// How tiers apply: "marginal" (each rate to its own slice; used if absent) or "whole" (one rate to everything).
        optional rule: TierRule,
        /// Notional that the maintenance rate applies to: at the "mark" price (used if absent) or at "entry".
        optional maintenance_basis: MaintenanceBasis,
        /// Closing fee that the venue counts into the maintenance margin, as a fraction; 0 if absent.
        optional close_fee: Ratio where FEE,
        /// Fee as a fraction of the notional, paid at entry and at exit; 0 if absent.
        optional taker_fee: Ratio where FEE,
        /// What happens to the collateral at liquidation: "forfeit" (all of it is gone; used if absent) or { fee }.
        optional liquidation: LiquidationFile,
        /// Funding of a perpetual contract, such as { rate = "1bp", every = "8h" }; none if absent.
        optional funding: FundingFile,
        /// Interest on what is borrowed, such as { rate = "12%" }; none if absent.
        optional borrow: BorrowFile,
    }
}

table! {
    /// One band of notional.
    struct TierFile {
        /// Upper edge of the band, in the settlement currency; only the last tier can leave it out.
        optional up_to: f64 where Range::above(0.0),
        /// Maintenance margin rate.
        required rate: Ratio where MAINTENANCE,
        /// Highest leverage at entry in this band; no limit if absent.
        optional max_leverage: f64 where CAP,
    }
}

table! {
    /// A fee at liquidation; the rest of the collateral is returned.
    struct LiquidationFeeFile {
        /// Fee as a fraction of the notional at the liquidation price.
        required fee: Ratio where FEE,
    }
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

/// A venue of the catalogue or of a file, with what people want to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedVenue {
    /// The terms.
    pub venue: Venue,
    /// What is charged over time.
    pub flows: Flows,
    /// Title for people.
    pub title: Option<String>,
    /// Name of the settlement currency.
    pub settlement: Option<String>,
    /// Where the terms are from.
    pub source: Option<String>,
    /// The day the terms were valid.
    pub as_of: Option<String>,
    /// What could not be confirmed about the terms.
    pub unconfirmed: Option<String>,
}

impl VenueFile {
    /// The terms, if they are sound; everything that is wrong is reported.
    pub fn resolve(&self, name: &str, place: &Place, problems: &mut Problems) -> Option<ListedVenue> {
        let is_given = |key| self.given.contains(&key);
        let rule = self.rule.as_ref().map_or(TierRule::Marginal, |rule| rule.value);
        let rate_of = |ratio: &Option<Placed<Ratio>>| ratio.as_ref().map_or(0.0, |ratio| ratio.value.0);
        let tiers = match (is_given("maintenance"), is_given("tiers")) {
            (true, false) => self.maintenance.as_ref().map(|maintenance| {
                vec![MarginTier {
                    up_to: f64::INFINITY,
                    rate: maintenance.value.0,
                    deduction: 0.0,
                    max_leverage: self.max_leverage.as_ref().map_or(f64::INFINITY, |cap| cap.value),
                }]
            }),
            (false, true) => {
                if let Some(cap) = &self.max_leverage {
                    let message = "`max_leverage` and `tiers` exclude each other";
                    let help = "give each tier its own `max_leverage`";
                    problems.push(Problem::new(Code::Conflict, &cap.place, message).help(help));
                }
                self.tiers.as_ref().and_then(|tiers| resolve_tiers(tiers, rule, problems))
            }
            (true, true) => {
                let message = "`maintenance` and `tiers` exclude each other";
                let help = "keep `maintenance` for one rate, or `tiers` for several";
                problems.push(Problem::new(Code::Conflict, place, message).help(help));
                None
            }
            (false, false) => {
                let message = "the venue has neither `maintenance` nor `tiers`";
                let help = "add `maintenance`, a fraction such as \"0.5%\", or `tiers`";
                problems.push(Problem::new(Code::MissingKey, place, message).help(help));
                None
            }
        };
        let liquidation = match self.liquidation.as_ref().map(|liquidation| &liquidation.value) {
            None | Some(LiquidationFile::Forfeit) => Liquidation::Forfeit,
            Some(LiquidationFile::Fee(fee)) => Liquidation::Fee { rate: fee.fee.as_ref()?.value.0 },
        };
        let text = |text: &Option<Placed<String>>| text.as_ref().map(|text| text.value.clone());
        Some(ListedVenue {
            venue: Venue {
                name: name.to_owned(),
                contract: self.contract.as_ref()?.value,
                tiers: tiers?,
                rule,
                maintenance_basis: self
                    .maintenance_basis
                    .as_ref()
                    .map_or(MaintenanceBasis::Mark, |basis| basis.value),
                close_fee: rate_of(&self.close_fee),
                taker_fee: rate_of(&self.taker_fee),
                liquidation,
            },
            flows: Flows {
                funding: self.funding.as_ref().and_then(|funding| funding.value.resolve(problems)),
                borrow: self.borrow.as_ref().and_then(|borrow| borrow.value.resolve()),
            },
            title: text(&self.title),
            settlement: text(&self.settlement),
            source: text(&self.source),
            as_of: text(&self.as_of),
            unconfirmed: text(&self.unconfirmed),
        })
    }
}

/// Tiers with their deductions. Neighbours are compared pair by pair, so that every break of the order is reported.
fn resolve_tiers(
    file: &Placed<List<TierFile>>,
    rule: TierRule,
    problems: &mut Problems,
) -> Option<Vec<MarginTier>> {
    let items = &file.value.items;
    if file.value.written == 0 {
        let help = "add at least one tier, such as { up_to = 50_000, rate = \"0.4%\", max_leverage = 125 }";
        problems.push(Problem::new(Code::OutOfRange, &file.place, "`tiers` is empty").help(help));
        return None;
    }
    let mut bands = Vec::with_capacity(items.len());
    for (index, tier) in items.iter().enumerate() {
        if tier.value.up_to.is_none() && index + 1 < items.len() {
            let problem =
                Problem::new(Code::MissingKey, &tier.place, "a tier before the last has no valid `up_to`");
            problems.push(problem.help("add its upper edge; only the last tier can be without one"));
        }
        bands.push(TierBand {
            up_to: tier.value.up_to.as_ref().map_or(f64::INFINITY, |edge| edge.value),
            rate: tier.value.rate.as_ref()?.value.0,
            max_leverage: tier.value.max_leverage.as_ref().map_or(f64::INFINITY, |cap| cap.value),
        });
    }
    for (pair, tier) in bands.windows(2).zip(items.iter().skip(1)) {
        let (message, at, help) = match MarginTier::table(pair, rule) {
            Err(TierError::UnsortedEdge { up_to, previous, .. }) if previous < f64::INFINITY => (
                format!(
                    "`up_to` must rise from tier to tier, but {} follows {}",
                    number(up_to),
                    number(previous)
                ),
                tier.value.up_to.as_ref().map(|edge| &edge.place),
                "sort the tiers by `up_to`",
            ),
            Err(TierError::FallingRate { rate, previous, .. }) => (
                format!(
                    "`rate` must not fall from tier to tier, but {} follows {}",
                    number(rate),
                    number(previous)
                ),
                tier.value.rate.as_ref().map(|rate| &rate.place),
                "a larger position needs at least the rate of a smaller one",
            ),
            _ => continue,
        };
        problems.push(Problem::new(Code::OutOfRange, at.unwrap_or(&tier.place), message).help(help));
    }
    // Any error has been reported above, by the ranges of the keys or by the comparison of neighbours.
    MarginTier::table(&bands, rule).ok()
}
