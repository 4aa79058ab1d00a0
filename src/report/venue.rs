//! Venues for people and programs: the list of the catalogue, and the terms of one.

use serde::Serialize;

use crate::scenario::ListedVenue;
use crate::venue::{
    Contract, FundingTerms, Liquidation, MaintenanceBasis, PartialClose, TierRule, TierSize, Venue,
};

use super::{RenderError, json, number, text};

const WIDTH: usize = 100;

/// One venue as JSON writes it.
#[derive(Serialize)]
struct VenueJson<'a> {
    title: &'a Option<String>,
    settlement: &'a Option<String>,
    source: &'a Option<String>,
    as_of: &'a Option<String>,
    unconfirmed: &'a Option<String>,
    bad_debt: &'a Option<String>,
    /// Edges and caps without a limit are null.
    terms: &'a Venue,
    #[serde(skip_serializing_if = "Option::is_none")]
    funding: Option<FundingTerms>,
}

impl<'a> VenueJson<'a> {
    fn of(listed: &'a ListedVenue) -> Self {
        let ListedVenue { venue, title, settlement, source, as_of, bad_debt, .. } = listed;
        let unconfirmed = &venue.unconfirmed;
        let funding = listed.funding;
        Self { title, settlement, source, as_of, unconfirmed, bad_debt, terms: venue, funding }
    }
}

/// One venue as JSON, ending with a line break.
pub fn render_json(listed: &ListedVenue) -> Result<String, RenderError> {
    json::render(&VenueJson::of(listed))
}

/// All venues as a JSON array, ending with a line break.
pub fn render_list_json(listed: &[&ListedVenue]) -> Result<String, RenderError> {
    json::render(&listed.iter().map(|listed| VenueJson::of(listed)).collect::<Vec<_>>())
}

/// One line per venue: name, contract, first tier, highest leverage, date, and a star where terms are unconfirmed.
pub fn list(listed: &[&ListedVenue]) -> String {
    let head = ["venue", "contract", "first tier", "up to", "max", "as of"].map(str::to_owned);
    let rows = listed.iter().map(|listed| {
        let venue = &listed.venue;
        let first = &venue.tiers[0];
        let star = if venue.unconfirmed.is_some() { " *" } else { "" };
        [
            venue.name.clone(),
            contract(venue.contract).to_owned(),
            first_rate(venue),
            limit(first.up_to),
            cap(venue),
            listed.as_of.clone().unwrap_or_default() + star,
        ]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut lines = String::new();
    for row in &rows {
        let [name, contract, first, up_to, max, as_of] = row;
        lines += &format!(
            "{name:0$}  {contract:1$}  {first:>2$}  {up_to:>3$}  {max:>4$}  {as_of}\n",
            widths[0], widths[1], widths[2], widths[3], widths[4],
        );
    }
    lines + "\n* some terms could not be confirmed: `liqsim venues NAME` says which\n"
}

/// The terms of one venue, line by line.
pub fn sheet(listed: &ListedVenue) -> String {
    let venue = &listed.venue;
    let mut lines = listed.title.clone().unwrap_or_else(|| venue.name.clone()) + "\n\n";
    let mut line = |key: &str, value: &str| {
        lines += &text::wrap(value, WIDTH, &format!("{key:<14}"), &" ".repeat(14));
    };
    let settlement = listed.settlement.as_deref().unwrap_or("?");
    line("contract", &format!("{}, settled in {settlement}", contract(venue.contract)));
    if venue.contract == Contract::Spot {
        let call = venue.call_level.map_or(String::new(), |call| format!("call at {}, ", level_text(call)));
        let level = 1.0 + venue.tiers[0].rate;
        let loan_to_value = number::percent(1.0 / level, None);
        line(
            "margin level",
            &format!("{call}liquidation at {} (loan to value {loan_to_value})", level_text(level)),
        );
        if let Some(grace) = venue.grace {
            line("grace", &format!("{grace} after a call, then liquidation"));
        }
    } else {
        let basis = match venue.maintenance_basis {
            MaintenanceBasis::Mark => "of the notional at the mark price",
            MaintenanceBasis::Entry => "of the notional at entry",
        };
        let rule = match venue.rule {
            _ if venue.tiers.len() == 1 => "one rate",
            TierRule::Marginal => "each rate applies to its own slice",
            TierRule::Whole => "the rate of the tier applies to the whole position",
        };
        let growth = match venue.maintenance_per_unit {
            0.0 => String::new(),
            growth => format!(", plus {} per coin of size", number::rate(growth)),
        };
        line("maintenance", &format!("{basis}; {rule}{growth}"));
    }
    if let Some(initial) = venue.initial {
        let (base, growth) = (number::rate(initial.base), number::rate(initial.per_unit));
        line("initial", &format!("{base} plus {growth} per coin of size"));
    }
    line("taker fee", &number::rate(venue.taker_fee));
    if venue.close_fee > 0.0 {
        line("close fee", &format!("{} in the requirement", number::rate(venue.close_fee)));
    }
    if let Some(FundingTerms { every, cap }) = listed.funding {
        let cap = cap.map_or(String::new(), |cap| format!(", at most {} either way", number::rate(cap)));
        line("funding", &format!("every {every}{cap}; the rate is the scenario's"));
    }
    line("liquidation", &liquidation(&venue.liquidation));
    for (key, value) in [
        ("bad debt", &listed.bad_debt),
        ("source", &listed.source),
        ("as of", &listed.as_of),
        ("unconfirmed", &venue.unconfirmed),
    ] {
        if let Some(value) = value {
            line(key, value);
        }
    }
    let size = match (venue.tier_size, venue.contract) {
        (TierSize::Notional, _) => "notional up to",
        (TierSize::Quantity, Contract::Inverse) => "quote units up to",
        (TierSize::Quantity, _) => "coins up to",
    };
    lines += &format!("\n{size:>18}  {:>8}  {:>14}  {:>8}\n", "rate", "deduction", "leverage");
    for tier in &venue.tiers {
        let (rate, deduction) = (number::rate(tier.rate), number::plain(tier.deduction));
        lines += &format!(
            "{:>18}  {rate:>8}  {deduction:>14}  {:>8}\n",
            limit(tier.up_to),
            leverage_cap(tier.max_leverage)
        );
    }
    lines
}

fn contract(contract: Contract) -> &'static str {
    match contract {
        Contract::Linear => "linear",
        Contract::Inverse => "inverse",
        Contract::Spot => "spot",
    }
}

fn first_rate(venue: &Venue) -> String {
    match venue.contract {
        Contract::Spot => format!("level {}", level_text(1.0 + venue.tiers[0].rate)),
        Contract::Linear | Contract::Inverse => number::rate(venue.tiers[0].rate),
    }
}

/// A margin level with at most four decimals.
fn level_text(level: f64) -> String {
    number::plain((level * 1e4).round() / 1e4)
}

fn cap(venue: &Venue) -> String {
    leverage_cap(venue.largest_leverage(crate::venue::Side::Long))
}

fn leverage_cap(cap: f64) -> String {
    if cap.is_finite() { format!("{}x", number::plain(cap)) } else { "-".to_owned() }
}

fn limit(up_to: f64) -> String {
    if up_to.is_finite() { number::count(up_to as u64) } else { "any".to_owned() }
}

fn liquidation(terms: &Liquidation) -> String {
    match *terms {
        Liquidation::Forfeit => "all of the collateral is gone".to_owned(),
        Liquidation::Close { fee, slippage, partial } => {
            let mut words = format!("closed in the market for a fee of {}", number::rate(fee));
            if slippage > 0.0 {
                words += &format!(", {} worse than the mark price", number::rate(slippage));
            }
            words += &match partial {
                None => ", all at once".to_owned(),
                Some(PartialClose::Tiers(1)) => ", tier by tier until the margin holds".to_owned(),
                Some(PartialClose::Tiers(count)) => {
                    format!(", {count} tiers at a time until the margin holds")
                }
                Some(PartialClose::Fraction(_)) => ", in parts until the margin holds".to_owned(),
                Some(PartialClose::First { fraction, above }) => format!(
                    ", {} first where the position is larger than {}, then the rest",
                    number::percent(fraction, None),
                    number::count(above as u64)
                ),
            };
            words + "; the rest is returned"
        }
        Liquidation::Repay { penalty, close_factor, close_all_below, bonus } => {
            let mut words = "collateral is sold to repay ".to_owned();
            words += &match close_factor < 1.0 {
                true => format!("{} of the debt until the margin holds", number::percent(close_factor, None)),
                false => "the debt".to_owned(),
            };
            if close_all_below > 0.0 {
                words += &format!(", all of it below a health factor of {close_all_below}");
            }
            let name = if bonus { "bonus" } else { "penalty" };
            words + &format!(", with a {name} of {} on it; the rest is returned", number::rate(penalty))
        }
    }
}
