//! Safe leverage for people and for machines.

use serde::Serialize;

use crate::engine::{Kelly, RunResult, SafeLeverage};
use crate::study::{Criterion, CurvePoint};

use super::table::grid;
use super::{Layout, RenderError, json, number, text};

/// What `safe` found for one scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SafeReport {
    /// Version of liqsim.
    pub liqsim: String,
    /// Title of the scenario.
    pub scenario: String,
    /// Hash of what determines the result.
    pub identity: String,
    /// Seed of all randomness.
    pub seed: u64,
    /// Number of simulated paths.
    pub paths: u64,
    /// Length of every path in days.
    pub horizon_days: f64,
    /// What is asked of a leverage.
    pub criterion: Criterion,
    /// `one_pass` (each path's largest survivable leverage) or `search` (runs at several levels).
    pub method: String,
    /// Approximations and warnings.
    pub notes: Vec<String>,
    /// One entry per limit.
    pub safe_leverage: Vec<SafeEntry>,
    /// The probability of liquidation at every leverage with a band for all together; empty after a search.
    pub curve: Vec<CurvePoint>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SafeEntry {
    /// The largest probability of liquidation, where that is the criterion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_probability: Option<f64>,
    /// The limit of another criterion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The leverage; 0 if even the smallest is too much.
    pub leverage: f64,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// Whether it is the venue that allows no more.
    pub limited_by_venue: bool,
    /// The share of wealth as collateral and the growth, where that is the criterion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kelly: Option<Kelly>,
}

impl From<SafeLeverage> for SafeEntry {
    fn from(safe: SafeLeverage) -> Self {
        Self {
            max_probability: Some(safe.max_probability),
            max: None,
            leverage: safe.leverage,
            low: Some(safe.low),
            high: Some(safe.high),
            limited_by_venue: safe.limited_by_venue,
            kelly: None,
        }
    }
}

/// JSON: an object for one scenario, an array for several.
pub fn render_safe_json(reports: &[SafeReport]) -> Result<String, RenderError> {
    match reports {
        [report] => json::render(report),
        _ => json::render(reports),
    }
}

/// Text for people, ending with a line break.
pub fn render_safe_table(reports: &[SafeReport], layout: Layout) -> String {
    reports.iter().map(|report| table(report, layout)).collect::<Vec<_>>().join("\n")
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
    let head = [condition(report.criterion), "Leverage", "95 % interval", ""];
    let rows = report.safe_leverage.iter().map(|entry| {
        let limit = entry.max_probability.or(entry.max);
        vec![
            limit.map_or_else(String::new, |limit| format!("at most {}", number::rate(limit))),
            leverage(entry.leverage, entry.low, entry.high),
            match (entry.low, entry.high) {
                (Some(low), Some(high)) => {
                    format!(
                        "[{}, {}]",
                        leverage(low, entry.low, entry.high),
                        leverage(high, entry.low, entry.high)
                    )
                }
                _ => String::new(),
            },
            match (entry.limited_by_venue, entry.kelly) {
                (true, _) => "the venue allows no more".to_owned(),
                (_, Some(kelly)) => format!(
                    "{} of wealth as collateral, log growth {}",
                    number::percent(kelly.fraction, None),
                    number::percent(kelly.log_growth, None)
                ),
                _ => String::new(),
            },
        ]
    });
    lines += &grid(head.iter().map(|head| (*head).to_owned()).collect(), rows);
    for note in &report.notes {
        lines += &text::wrap(note, layout.width.unwrap_or(110).min(110), "- ", "  ");
    }
    lines
}

fn condition(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::LiquidationProbability => "Probability of liquidation",
        Criterion::ValueAtRisk => "VaR 95 %",
        Criterion::ExpectedShortfall => "ES 95 %",
        Criterion::LossProbability => "Probability of a loss",
        Criterion::Kelly => "Most log growth",
        Criterion::MeanPerShortfall => "Most mean return per ES 95 %",
    }
}

/// A leverage with the decimals that its interval supports.
fn leverage(value: f64, low: Option<f64>, high: Option<f64>) -> String {
    let width = low.zip(high).map_or(0.0, |(low, high)| high - low);
    let decimals = if width > 0.0 { (1.0 - width.log10()).floor().clamp(0.0, 5.0) as usize } else { 2 };
    format!("{value:.decimals$}x")
}

/// The line below the table of a run; none where nothing was asked for.
pub(super) fn line(result: &RunResult) -> Option<String> {
    let entries: Vec<String> = result
        .safe_leverage
        .iter()
        .map(|safe| {
            let text = |value| leverage(value, Some(safe.low), Some(safe.high));
            let limited = if safe.limited_by_venue { " (the venue allows no more)" } else { "" };
            format!(
                "{} [{}, {}]{limited} for at most {}",
                text(safe.leverage),
                text(safe.low),
                text(safe.high),
                number::rate(safe.max_probability)
            )
        })
        .collect();
    (!entries.is_empty())
        .then(|| format!("Safe leverage by probability of liquidation: {}.", entries.join("; ")))
}
