//! Where the margin tiers of a venue come from: one rate, a table, half the initial margin, or margin levels.

use crate::venue::{Contract, MarginTier, TierBand, TierError, TierRule};

use super::problem::{Code, Place, Problem, Problems};
use super::shape::{List, Placed};
use super::terms::{Rates, TierFile, VenueFile};
use super::tree::number;

impl VenueFile {
    /// The tiers, if they are sound; everything that is wrong is reported.
    pub(super) fn tiers(
        &self,
        rule: TierRule,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Vec<MarginTier>> {
        let is_given = |key| self.given.contains(&key);
        let is_spot = self.contract.as_ref().is_some_and(|contract| contract.value == Contract::Spot);
        let rates = self.rates.as_ref().map_or(Rates::Given, |rates| rates.value);
        let flat = |rate| {
            let max_leverage = self.max_leverage.as_ref().map_or(f64::INFINITY, |cap| cap.value);
            vec![MarginTier { up_to: f64::INFINITY, rate, deduction: 0.0, max_leverage }]
        };
        if is_spot || is_given("margin_level") || is_given("loan") {
            return self.margin_level_rate(is_spot, place, problems).map(flat);
        }
        match (is_given("maintenance"), is_given("tiers")) {
            (true, true) => {
                let message = "`maintenance` and `tiers` exclude each other";
                let help = "keep `maintenance` for one rate, or `tiers` for several";
                problems.push(Problem::new(Code::Conflict, place, message).help(help));
                None
            }
            (false, true) => {
                if let Some(cap) = &self.max_leverage {
                    let message = "`max_leverage` and `tiers` exclude each other";
                    let help = "give each tier its own `max_leverage`";
                    problems.push(Problem::new(Code::Conflict, &cap.place, message).help(help));
                }
                self.tiers.as_ref().and_then(|tiers| resolve_tiers(tiers, rule, rates, problems))
            }
            (is_flat, false) if rates == Rates::HalfInitial => {
                if is_flat {
                    let message = "`maintenance` and `rates = \"half_initial\"` exclude each other";
                    let help =
                        "keep `maintenance` for a rate, or `rates` for one that follows from `max_leverage`";
                    problems.push(Problem::new(Code::Conflict, place, message).help(help));
                }
                if !is_given("max_leverage") {
                    let help = "add `max_leverage` or `tiers`: the rate is half the initial margin there";
                    let message = "`rates = \"half_initial\"` has no `max_leverage` to follow";
                    problems.push(Problem::new(Code::MissingKey, place, message).help(help));
                }
                self.max_leverage.as_ref().map(|cap| flat(half_initial(cap.value)))
            }
            (true, false) => self.maintenance.as_ref().map(|maintenance| flat(maintenance.value.0)),
            (false, false) => {
                let message = "the venue has neither `maintenance` nor `tiers`";
                let help = "add `maintenance`, a fraction such as \"0.5%\", or `tiers`";
                problems.push(Problem::new(Code::MissingKey, place, message).help(help));
                None
            }
        }
    }

    /// The margin level of liquidation less 1: what must be held for each unit of debt.
    fn margin_level_rate(&self, is_spot: bool, place: &Place, problems: &mut Problems) -> Option<f64> {
        let is_given = |key| self.given.contains(&key);
        let mut problem = |code, message: String, help: &str| {
            problems.push(Problem::new(code, place, message).help(help));
        };
        let key = if is_given("loan") { "loan" } else { "margin_level" };
        match (is_spot, is_given("margin_level"), is_given("loan")) {
            (true, false, false) => {
                let help = "add `margin_level`, such as { call = 1.3, liquidation = 1.1 }, or `loan`";
                problem(Code::MissingKey, "a spot margin venue has no `margin_level`".to_owned(), help);
            }
            (true, true, true) => {
                let message = "`margin_level` and `loan` exclude each other".to_owned();
                problem(
                    Code::Conflict,
                    message,
                    "keep one: a loan to value of 80 % is a margin level of 1.25",
                );
            }
            (true, ..) => {}
            (false, ..) => {
                let help = "use `maintenance` or `tiers`, or contract = \"spot\"";
                problem(Code::Conflict, format!("`{key}` is for spot margin only"), help);
                return None;
            }
        }
        for other in ["maintenance", "tiers"] {
            if is_given(other) && (is_given("margin_level") || is_given("loan")) {
                let help = "a spot margin account is liquidated at a margin level, assets over debt";
                problem(Code::Conflict, format!("`{other}` and `{key}` exclude each other"), help);
            }
        }
        let (_, liquidation) = self.margin_levels();
        liquidation.map(|level| level - 1.0)
    }

    /// Margin levels (assets over debt) of a call and of liquidation.
    pub(super) fn margin_levels(&self) -> (Option<f64>, Option<f64>) {
        match (&self.margin_level, &self.loan) {
            (Some(level), _) => (
                level.value.call.as_ref().map(|call| call.value),
                level.value.liquidation.as_ref().map(|level| level.value),
            ),
            (None, Some(loan)) => (
                loan.value.call.as_ref().map(|call| 1.0 / call.value.0),
                loan.value.liquidation.as_ref().map(|ratio| 1.0 / ratio.value.0),
            ),
            (None, None) => (None, None),
        }
    }
}

/// Tiers with their deductions. Neighbours are compared pair by pair, so that every break of the order is reported.
fn resolve_tiers(
    file: &Placed<List<TierFile>>,
    rule: TierRule,
    rates: Rates,
    problems: &mut Problems,
) -> Option<Vec<MarginTier>> {
    let items = &file.value.items;
    if file.value.written == 0 {
        let help = "add at least one tier, such as { up_to = 50_000, rate = \"0.4%\", max_leverage = 125 }";
        problems.push(Problem::new(Code::OutOfRange, &file.place, "`tiers` is empty").help(help));
        return None;
    }
    let mut is_complete = true;
    let mut bands = Vec::with_capacity(items.len());
    for (index, tier) in items.iter().enumerate() {
        if tier.value.up_to.is_none() && index + 1 < items.len() {
            let problem =
                Problem::new(Code::MissingKey, &tier.place, "a tier before the last has no valid `up_to`");
            problems.push(problem.help("add its upper edge; only the last tier can be without one"));
        }
        let cap = tier.value.max_leverage.as_ref();
        let rate = tier_rate(index, tier, rates, problems);
        is_complete &= rate.is_some();
        bands.push(TierBand {
            up_to: tier.value.up_to.as_ref().map_or(f64::INFINITY, |edge| edge.value),
            rate: rate.unwrap_or(f64::NAN),
            max_leverage: cap.map_or(f64::INFINITY, |cap| cap.value),
        });
    }
    if !is_complete {
        return None;
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

/// The rate of a tier, written or from its highest leverage; what is missing or too much is reported.
fn tier_rate(index: usize, tier: &Placed<TierFile>, rates: Rates, problems: &mut Problems) -> Option<f64> {
    let TierFile { rate, max_leverage, given, .. } = &tier.value;
    match rates {
        Rates::Given => {
            if !given.contains(&"rate") {
                let help = "add `rate`, the maintenance margin rate, a fraction such as \"0.5%\"";
                let message = format!("`tiers[{index}]` has no key `rate`");
                problems.push(Problem::new(Code::MissingKey, &tier.place, message).help(help));
            }
            rate.as_ref().map(|rate| rate.value.0)
        }
        Rates::HalfInitial => {
            if let Some(rate) = rate {
                let help = "leave it out: the rate follows from `max_leverage`";
                let message = "`rate` and `rates = \"half_initial\"` exclude each other";
                problems.push(Problem::new(Code::Conflict, &rate.place, message).help(help));
            }
            if !given.contains(&"max_leverage") {
                let help = "add `max_leverage`: the maintenance rate is half the initial margin there";
                let message = format!("`tiers[{index}]` has no key `max_leverage`");
                problems.push(Problem::new(Code::MissingKey, &tier.place, message).help(help));
            }
            max_leverage.as_ref().map(|cap| half_initial(cap.value))
        }
    }
}

/// Half the initial margin at the highest leverage.
fn half_initial(max_leverage: f64) -> f64 {
    0.5 / max_leverage
}
