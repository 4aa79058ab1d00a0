//! What `liqsim check` asserts, and the names of the metrics it can look at.

use super::file::LimitFile;
use super::problem::{Code, Problem, Problems};
use super::shape::Placed;
use super::suggest::suggest;
use super::tree::{number, ticked};
use super::types::Limit;

/// Keys of a level of the result that hold an estimate.
const ESTIMATES: [&str; 35] = [
    "liquidation_probability",
    "loss_probability",
    "mean_return",
    "bad_debt",
    "value_at_risk.0.95",
    "value_at_risk.0.99",
    "expected_shortfall.0.95",
    "expected_shortfall.0.99",
    "exits.horizon",
    "exits.liquidated",
    "exits.stopped",
    "exits.target",
    "exits.called",
    "exits.expired",
    "costs.fees.mean",
    "costs.funding.mean",
    "costs.interest.mean",
    "costs.slippage.mean",
    "costs.liquidation.mean",
    "costs.options.mean",
    "margin_calls.probability",
    "margin_calls.number",
    "margin_calls.money",
    "partial_liquidations.probability",
    "partial_liquidations.number",
    "max_drawdown.0.5",
    "max_drawdown.0.75",
    "max_drawdown.0.95",
    "max_drawdown.0.99",
    "default_probability",
    "default_on_bills_probability",
    "coin_liquidation_probability",
    "margin_call_probability",
    "underwater_days",
    "coins_mined",
];

/// Parts of an estimate; the key alone means its value.
const PARTS: [&str; 6] = ["value", "std_error", "low", "high", "low_with_parameters", "high_with_parameters"];

/// Keys of a level of the result that hold a number.
const NUMBERS: [&str; 19] = [
    "liquidation_price",
    "bankruptcy_price",
    "time_to_liquidation_days.mean",
    "time_to_liquidation_days.std_error",
    "time_to_liquidation_days.p05",
    "time_to_liquidation_days.p50",
    "time_to_liquidation_days.p95",
    "return.std_dev",
    "return.skewness",
    "return.kurtosis",
    "return.quantiles.0.01",
    "return.quantiles.0.05",
    "return.quantiles.0.25",
    "return.quantiles.0.5",
    "return.quantiles.0.75",
    "return.quantiles.0.95",
    "return.quantiles.0.99",
    "kelly.fraction",
    "kelly.log_growth",
];

/// The keys of a level of the result that a limit can name; an estimate can also be followed by `.value`, `.std_error`,
/// `.low` or `.high`, and where errors of parameters are asked for by `.low_with_parameters` or `.high_with_parameters`.
pub fn metrics() -> impl Iterator<Item = &'static str> + Clone {
    ESTIMATES.into_iter().chain(NUMBERS)
}

/// Whether a limit can name this metric.
pub fn is_metric(name: &str) -> bool {
    let estimate = PARTS
        .iter()
        .find_map(|part| name.strip_suffix(part).and_then(|rest| rest.strip_suffix('.')))
        .filter(|estimate| ESTIMATES.contains(estimate));
    estimate.is_some() || metrics().any(|metric| metric == name)
}

/// The nearest metric; part of a name, such as "probability", counts as near.
fn suggest_metric(name: &str) -> String {
    match metrics().find(|metric| name.len() > 3 && metric.contains(name)) {
        Some(metric) => format!("did you mean `{metric}`?"),
        None => suggest(name, metrics()),
    }
}

/// The limit, if it is sound and applies; `levels` are the account's leverage levels, if all of those are known.
pub(super) fn resolve(
    limit: &Placed<LimitFile>,
    levels: Option<&[Placed<f64>]>,
    problems: &mut Problems,
) -> Option<Limit> {
    let file = &limit.value;
    let mut report = |code, place, message: String, help: String| {
        problems.push(Problem::new(code, place, message).help(help));
    };
    if let Some(metric) = file.metric.as_ref().filter(|metric| !is_metric(&metric.value)) {
        let message = format!("unknown metric {}", ticked(&metric.value));
        report(Code::UnknownName, &metric.place, message, suggest_metric(&metric.value));
    }
    match (&file.min, &file.max) {
        (None, None) if !file.given.iter().any(|key| ["min", "max"].contains(key)) => {
            let help = "add `min`, `max` or both".to_owned();
            report(Code::MissingKey, &limit.place, "a limit has neither `min` nor `max`".to_owned(), help);
        }
        (Some(min), Some(max)) if min.value.0 > max.value.0 => {
            let message = format!("`min` {} is above `max` {}", number(min.value.0), number(max.value.0));
            report(Code::Conflict, &min.place, message, "no value can fulfil this; swap the two".to_owned());
        }
        _ => {}
    }
    if let (Some(leverage), Some(levels)) = (&file.leverage, levels)
        && levels.iter().all(|level| level.value != leverage.value)
    {
        // Other levels chosen by an override leave a limit of the file without its level: it does not apply then.
        if levels.iter().any(|level| !level.place.is_in_source_of(&leverage.place)) {
            return None;
        }
        let message = format!("leverage {} is not one of the account's levels", number(leverage.value));
        let near = levels.iter().map(|level| level.value).min_by(|a, b| {
            let distance = |level: f64| (level - leverage.value).abs();
            distance(*a).total_cmp(&distance(*b))
        });
        let near =
            near.map_or_else(String::new, |near| format!(", or use the nearest level, {}", number(near)));
        report(Code::UnknownName, &leverage.place, message, format!("add it to `leverage`{near}"));
    }
    Some(Limit {
        leverage: file.leverage.as_ref().map(|leverage| leverage.value),
        metric: file.metric.as_ref()?.value.clone(),
        min: file.min.as_ref().map(|min| min.value.0),
        max: file.max.as_ref().map(|max| max.value.0),
    })
}
