//! What the rows of verdicts say, whatever draws them.

use crate::market::Duration;
use crate::numeric::elementary;
use crate::report::number;
use crate::report::table::Table;
use crate::scenario::metrics;
use crate::stats::Estimate;
use crate::study::{
    AssumptionTest, Assumptions, Change, Comparison, Effect, LimitCheck, MetricComparison, Property, Verdict,
};

/// Heads of the table of limits.
const LIMIT_HEAD: [&str; 6] = ["Leverage", "Metric", "Limit", "Value", "95 % interval", "Verdict"];

/// Heads of the table of a comparison.
const CHANGE_HEAD: [&str; 7] =
    ["Leverage", "Metric", "Before", "After", "Change", "95 % interval of the change", "Finding"];

/// Heads of the table of assumptions.
const ASSUMPTION_HEAD: [&str; 6] =
    ["Assumption", "In the prices", "In the model", "95 % of the model's histories", "p (Holm)", "Verdict"];

/// The table of limits.
pub fn limits(limits: &[LimitCheck]) -> Table {
    Table::of_texts(LIMIT_HEAD, limits.iter().map(limit_row))
}

/// The table of a comparison, of these rows.
pub fn changes(found: &[&MetricComparison]) -> Table {
    Table::of_texts(CHANGE_HEAD, found.iter().map(|found| change_row(found)))
}

/// The table of assumptions.
pub fn assumptions(found: &Assumptions) -> Table {
    Table::of_texts(ASSUMPTION_HEAD, found.tests.iter().map(assumption_row))
}

/// A row of the table of assumptions.
fn assumption_row(test: &AssumptionTest) -> [String; 6] {
    let text = |value: f64| match test.property {
        Property::JumpFrequency => format!("{value:.1}"),
        Property::Distribution => format!("{value:.4}"),
        _ => format!("{} %", trimmed(100.0 * value, 3)),
    };
    [
        test.property.words().to_owned(),
        text(test.observed),
        text(test.expected),
        format!("[{}, {}]", text(test.low), text(test.high)),
        format!("{:.4}", test.adjusted_p_value),
        test.verdict.word().to_uppercase(),
    ]
}

/// One sentence on the prices.
pub fn assumptions_summary(found: &Assumptions) -> String {
    let failed = found.tests.iter().filter(|test| test.verdict != Verdict::Pass).count();
    let tolerance = if found.tolerance > 0.0 {
        format!("; values within {} of the interval do not count", number::rate(found.tolerance))
    } else {
        String::new()
    };
    format!(
        "{failed} of {} assumptions fail against {} returns of {} from {} to {} ({}; {} simulated histories, false-alarm rate of \
         {} over all together{tolerance}).",
        found.tests.len(),
        number::count(found.returns as u64),
        Duration::from_seconds(found.step_seconds),
        found.from,
        found.to,
        found.prices,
        number::count(found.histories as u64),
        number::rate(found.false_alarm_rate)
    )
}

/// An assumption in one line.
pub fn assumption_sentence(test: &AssumptionTest) -> String {
    let [property, observed, _, interval, p, _] = assumption_row(test);
    format!("{property}: {observed} in the prices, {interval} in 95 % of the model's histories, p {p}")
}

/// A row of the table of limits.
fn limit_row(limit: &LimitCheck) -> [String; 6] {
    let metric = &limit.metric;
    let (value, interval) = match (limit.value, limit.low, limit.high) {
        (Some(value), Some(low), Some(high)) => measured(metric, value, low, high),
        _ => (number::NOTHING.to_owned(), String::new()),
    };
    [
        number::leverage(limit.leverage),
        metric.clone(),
        bounds(limit),
        value,
        interval,
        limit.verdict.word().to_uppercase(),
    ]
}

/// A row of the table of a comparison.
fn change_row(found: &MetricComparison) -> [String; 7] {
    let metric = &found.metric;
    let text = |value: Option<f64>| value.map_or(number::NOTHING.to_owned(), |value| plain(metric, value));
    let interval = match (found.low, found.high) {
        (Some(low), Some(high)) => format!("[{}, {}]", plain(metric, low), plain(metric, high)),
        _ => String::new(),
    };
    let size = match (found.difference, found.relative) {
        (Some(0.0), _) => "0".to_owned(),
        (Some(difference), Some(relative)) => {
            format!("{} ({:+.1} %)", plain(metric, difference), 100.0 * relative)
        }
        (Some(difference), None) => plain(metric, difference),
        _ => number::NOTHING.to_owned(),
    };
    let finding = match found.change {
        Change::Unchanged => "unchanged",
        Change::Undecided => "undecided",
        Change::Changed => match found.effect {
            Effect::Worse => "WORSE",
            Effect::Better => "BETTER",
            Effect::Other => "CHANGED",
        },
    };
    [
        number::leverage(found.leverage),
        metric.clone(),
        text(found.before),
        text(found.after),
        size,
        interval,
        finding.to_owned(),
    ]
}

/// Most rows of a comparison that people are shown; JSON and JUnit XML hold all.
pub const MOST_SHOWN: usize = 20;

/// The rows of a comparison that are worth showing, what changed or is undecided: first what the scenario
/// limits, in the order of its limits, then what became worse; by the order of the numbers in a result, the
/// largest change first.
pub fn shown(comparison: &Comparison) -> Vec<&MetricComparison> {
    let mut rows: Vec<_> =
        comparison.metrics.iter().filter(|found| found.change != Change::Unchanged).collect();
    let order = |found: &MetricComparison| {
        let limit = comparison.limited.iter().position(|metric| *metric == found.metric);
        let place = metrics().position(|metric| metric == found.metric);
        (limit.unwrap_or(usize::MAX), found.effect, found.change != Change::Changed, place)
    };
    let size = |found: &MetricComparison| found.difference.map_or(0.0, f64::abs);
    rows.sort_by(|a, b| order(a).cmp(&order(b)).then(size(b).total_cmp(&size(a))));
    rows.truncate(MOST_SHOWN);
    rows
}

/// One sentence on a comparison.
pub fn summary(comparison: &Comparison) -> String {
    let count = |change| comparison.metrics.iter().filter(|found| found.change == change).count();
    let (changed, undecided) = (count(Change::Changed), count(Change::Undecided));
    let total = comparison.metrics.len();
    let method = if comparison.must_be_equal {
        "the same computation, so every digit must agree".to_owned()
    } else {
        let tolerance = if comparison.tolerance > 0.0 {
            format!(", changes within {} do not count", number::rate(comparison.tolerance))
        } else {
            String::new()
        };
        format!(
            "two-sample tests at a false-alarm rate of {} over all together{tolerance}",
            number::rate(comparison.false_alarm_rate)
        )
    };
    let hidden = if changed + undecided > MOST_SHOWN {
        format!(" {MOST_SHOWN} of {} are shown.", changed + undecided)
    } else {
        String::new()
    };
    let with = |effect| {
        let is_changed =
            |found: &&MetricComparison| found.change == Change::Changed && found.effect == effect;
        comparison.metrics.iter().filter(is_changed).count()
    };
    let (worse, better) = (with(Effect::Worse), with(Effect::Better));
    format!(
        "{changed} of {total} numbers changed: {worse} worse, {better} better; {undecided} undecided ({method}).{hidden}"
    )
}

/// The limit in words.
pub fn bounds(limit: &LimitCheck) -> String {
    let text = |value| plain(&limit.metric, value);
    match (limit.min, limit.max) {
        (Some(min), Some(max)) => format!("{} to {}", text(min), text(max)),
        (Some(min), None) => format!("at least {}", text(min)),
        (None, Some(max)) => format!("at most {}", text(max)),
        (None, None) => String::new(),
    }
}

/// A limit that does not pass, over all its levels, in few words: the level of the largest value beyond it
/// first.
pub fn limit_in_short(levels: &[&LimitCheck]) -> String {
    let Some(first) = levels.first() else { return String::new() };
    let [leverage, metric, bounds, value, ..] = limit_row(first);
    let others = match levels.len() - 1 {
        0 => String::new(),
        1 => ", and at one more level".to_owned(),
        count => format!(", and at {count} more levels"),
    };
    let undecided = if first.verdict == Verdict::Undecided { " (too few paths to tell)" } else { "" };
    format!("{metric} is {value} at {leverage}, allowed is {bounds}{others}{undecided}")
}

/// A change in few words.
pub fn change_in_short(found: &MetricComparison) -> String {
    let [leverage, metric, before, after, ..] = change_row(found);
    format!("{metric} at {leverage} {before} -> {after}")
}

/// A limit and what was found, in one line.
pub fn limit_sentence(limit: &LimitCheck) -> String {
    let [leverage, metric, bounds, value, interval, _] = limit_row(limit);
    format!("{leverage} {metric} is {value} {interval}, allowed is {bounds}: {}", limit.reason)
}

/// A change in one line.
pub fn change_sentence(found: &MetricComparison) -> String {
    let [leverage, metric, before, after, size, interval, finding] = change_row(found);
    format!("{leverage} {metric}: {finding}, {before} to {after}, by {size} {interval}").trim_end().to_owned()
}

/// A number and its interval in the unit of its metric.
pub fn measured(metric: &str, value: f64, low: f64, high: f64) -> (String, String) {
    let std_error = (high - low) / 3.92;
    if metric.ends_with("_probability") {
        let (value, interval) = number::probability(&Estimate::new(value, std_error, [low, high]));
        return (value, interval.unwrap_or_default());
    }
    let interval =
        if low < high { format!("[{}, {}]", plain(metric, low), plain(metric, high)) } else { String::new() };
    (plain(metric, value), interval)
}

/// Shares below this are written as a power of ten.
const SMALLEST_PLAIN: f64 = 1e-6;

/// A number in the unit of its metric.
fn plain(metric: &str, value: f64) -> String {
    if metric.ends_with("_price") {
        number::price(Some(value))
    } else if metric.starts_with("time_to") {
        format!("{value:.3} d")
    } else if metric == "underwater_days" {
        format!("{} d", trimmed(value, 4))
    } else if metric == "coins_mined" {
        trimmed(value, 4)
    } else if metric.starts_with("return.skew") || metric.starts_with("return.kurt") {
        format!("{value:.4}")
    } else if value != 0.0 && value.abs() < SMALLEST_PLAIN {
        format!("{:.1e} %", 100.0 * value)
    } else {
        format!("{} %", trimmed(100.0 * value, 4))
    }
}

/// Six decimals at most, as many significant digits as asked for below one.
fn trimmed(value: f64, digits: usize) -> String {
    let magnitude = elementary::log10(value.abs()).floor();
    let decimals = if value == 0.0 { 0 } else { (digits as f64 - 1.0 - magnitude).clamp(0.0, 12.0) as usize };
    format!("{value:.decimals$}")
}
