//! Safe leverage for people and for machines.

use crate::study::{Criterion, SafeEntry, SafeReport};

use super::safe_line::leverage;
use super::table::Table;
use super::{Layout, RenderError, json, number, text};

/// JSON: an object for one scenario, an array for several.
pub fn render_safe_json(reports: &[SafeReport]) -> Result<String, RenderError> {
    match reports {
        [report] => json::render(report),
        _ => json::render(reports),
    }
}

/// CSV: one row per report and limit.
pub fn render_safe_csv(reports: &[SafeReport]) -> Result<String, RenderError> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let keys: Vec<&String> = reports.first().map(|report| report.over.keys().collect()).unwrap_or_default();
    let head = ["scenario", "identity", "horizon_days", "paths", "criterion", "max"];
    let found = ["leverage", "low", "high", "limited_by_venue", "method"];
    let names = keys.iter().map(|key| key.as_str());
    let with_parameters = have_parameters(reports);
    let further: &[&str] =
        if with_parameters { &["low_with_parameters", "high_with_parameters"] } else { &[] };
    let in_debt = have_debt(reports);
    let debt = in_debt.then_some("loan_to_value");
    writer.write_record(
        head.into_iter().chain(names).chain(found).chain(further.iter().copied()).chain(debt),
    )?;
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for report in reports {
        for entry in &report.safe_leverage {
            let mut row = vec![
                report.scenario.clone(),
                report.identity.clone(),
                report.horizon_days.to_string(),
                report.paths.to_string(),
                report.criterion.key().to_owned(),
                number(entry.max_probability.or(entry.max)),
            ];
            row.extend(keys.iter().map(|key| report.over.get(*key).cloned().unwrap_or_default()));
            row.extend([
                entry.leverage.to_string(),
                number(entry.low),
                number(entry.high),
                entry.limited_by_venue.to_string(),
                report.method.clone(),
            ]);
            if with_parameters {
                row.extend([number(entry.low_with_parameters), number(entry.high_with_parameters)]);
            }
            if in_debt {
                row.push(number(entry.loan_to_value));
            }
            writer.write_record(row)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| ::csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Text for people, ending with a line break: a table per report, and one for all points of a surface.
pub fn render_safe_table(reports: &[SafeReport], layout: Layout) -> String {
    let surfaces =
        reports.chunk_by(|a, b| !a.over.is_empty() && a.scenario == b.scenario && !b.over.is_empty());
    let render = |reports: &[SafeReport]| match reports {
        [report] if report.over.is_empty() => table(report, layout),
        points => surface(points, layout),
    };
    surfaces.map(render).collect::<Vec<_>>().join("\n")
}

/// A row per point of a surface, a column per limit.
fn surface(points: &[SafeReport], layout: Layout) -> String {
    let Some(first) = points.first() else { return String::new() };
    let mut lines = format!(
        "{}\n{} paths · seed {} · liqsim {}\n",
        first.scenario,
        number::count(first.paths),
        first.seed,
        first.liqsim
    );
    let mut head: Vec<String> =
        first.over.keys().map(|key| key.rsplit('.').next().unwrap_or(key).to_owned()).collect();
    head.extend(first.safe_leverage.iter().map(|entry| match entry.max_probability.or(entry.max) {
        Some(limit) => format!("{}\nat most {}", condition(first.criterion), number::rate(limit)),
        None => condition(first.criterion).to_owned(),
    }));
    let rows = points.iter().map(|point| {
        let cell = |entry: &SafeEntry| {
            let interval = interval(entry).map(|interval| format!(" {interval}")).unwrap_or_default();
            let limited = if entry.limited_by_venue { " (venue)" } else { "" };
            let wide = interval_with_parameters(entry);
            let wide = wide.map(|wide| format!(", with parameters {wide}")).unwrap_or_default();
            format!("{}{interval}{wide}{limited}", leverage(entry.leverage, entry.low, entry.high))
        };
        point.over.values().cloned().chain(point.safe_leverage.iter().map(cell)).collect()
    });
    lines += &Table::of_texts::<Vec<_>>(head, rows).terminal();
    let mut notes: Vec<&String> = points.iter().flat_map(|point| &point.notes).collect();
    notes.dedup();
    for note in notes {
        lines += &text::wrap(note, layout.width.unwrap_or(110).min(110), "- ", "  ");
    }
    lines
}

/// The interval of an answer that counts in errors of the parameters, in brackets.
fn interval_with_parameters(entry: &SafeEntry) -> Option<String> {
    let (low, high) = entry.low_with_parameters.zip(entry.high_with_parameters)?;
    let text = |value| leverage(value, Some(low), Some(high));
    Some(format!("[{}, {}]", text(low), text(high)))
}

/// Whether any answer has such an interval.
fn have_parameters(reports: &[SafeReport]) -> bool {
    let mut entries = reports.iter().flat_map(|report| &report.safe_leverage);
    entries.any(|entry| entry.low_with_parameters.is_some())
}

/// Whether any answer is one of a miner, said as debt too.
fn have_debt(reports: &[SafeReport]) -> bool {
    reports.iter().flat_map(|report| &report.safe_leverage).any(|entry| entry.loan_to_value.is_some())
}

/// The interval of an answer in brackets.
fn interval(entry: &SafeEntry) -> Option<String> {
    let (low, high) = entry.low.zip(entry.high)?;
    let text = |value| leverage(value, entry.low, entry.high);
    Some(format!("[{}, {}]", text(low), text(high)))
}

fn table(report: &SafeReport, layout: Layout) -> String {
    let mut lines = format!(
        "{}\n{} d · {} paths · seed {} · liqsim {}\n",
        report.scenario,
        report.horizon_days,
        number::count(report.paths),
        report.seed,
        report.liqsim
    );
    let with_parameters = have_parameters(std::slice::from_ref(report));
    let mut head = vec![condition(report.criterion), "Leverage", "95 % interval", ""];
    if with_parameters {
        head.insert(3, "with parameters");
    }
    let in_debt = have_debt(std::slice::from_ref(report));
    if in_debt {
        head.insert(2, "Debt over assets");
    }
    let rows = report.safe_leverage.iter().map(|entry| {
        let limit = entry.max_probability.or(entry.max);
        let mut row = vec![
            limit.map_or_else(String::new, |limit| format!("at most {}", number::rate(limit))),
            leverage(entry.leverage, entry.low, entry.high),
            interval(entry).unwrap_or_default(),
            match (&entry.reason, entry.limited_by_venue, entry.kelly) {
                (Some(reason), ..) => reason.clone(),
                (_, true, _) => "the venue allows no more".to_owned(),
                (.., Some(kelly)) => format!(
                    "{} of wealth as collateral, log growth {}",
                    number::percent(kelly.fraction, None),
                    number::percent(kelly.log_growth, None)
                ),
                _ => String::new(),
            },
        ];
        if with_parameters {
            row.insert(3, interval_with_parameters(entry).unwrap_or_default());
        }
        if in_debt {
            row.insert(
                2,
                entry.loan_to_value.map_or(number::NOTHING.to_owned(), |debt| number::percent(debt, None)),
            );
        }
        row
    });
    lines += &Table::of_texts(head, rows).terminal();
    for note in &report.notes {
        lines += &text::wrap(note, layout.width.unwrap_or(110).min(110), "- ", "  ");
    }
    lines
}

/// The criterion as a head.
pub(super) fn condition(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::LiquidationProbability => "Probability of liquidation",
        Criterion::ValueAtRisk => "VaR 95 %",
        Criterion::ExpectedShortfall => "ES 95 %",
        Criterion::LossProbability => "Probability of a loss",
        Criterion::Kelly => "Most log growth",
        Criterion::MeanPerShortfall => "Most mean return per ES 95 %",
    }
}
