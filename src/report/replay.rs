//! Recorded history beside the simulation.

use serde::Serialize;

use crate::market::Duration;
use crate::stats::Estimate;
use crate::study::ReplayedLevel;

use super::html::{self, Document};
use super::table::Table;
use super::{Format, Layout, RenderError, json, number, text};

/// What was replayed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replayed {
    /// Version of liqsim.
    pub liqsim: String,
    /// Title of the scenario.
    pub scenario: String,
    /// Name of the file of prices.
    pub prices: String,
    /// First bar.
    pub from: String,
    /// Last bar.
    pub to: String,
    /// Length of a bar in seconds.
    pub interval_seconds: u64,
    /// Number of bars.
    pub bars: usize,
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplayReport {
    /// What was replayed.
    #[serde(flatten)]
    pub of: Replayed,
    /// Approximations and warnings.
    pub notes: Vec<String>,
    /// One entry per horizon and level.
    pub levels: Vec<ReplayRow>,
}

/// One level over one horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplayRow {
    /// The horizon in days.
    pub horizon_days: f64,
    /// The level.
    pub leverage: f64,
    /// Starts with a whole horizon of history behind them.
    pub starts: usize,
    /// Fraction of the starts that was liquidated.
    pub realised: Realised,
    /// Probability of liquidation of the scenario's model.
    pub predicted: Estimate,
    /// Stretches of history of the length of the horizon that do not overlap: starts within one share what happened.
    pub independent_periods: u64,
    /// Whether the intervals of what happened and of the prediction overlap; none where that of what happened is wider than
    /// what is compared, so that nearly everything would.
    pub agrees: Option<bool>,
}

impl ReplayRow {
    /// What was replayed in bars of an interval beside what was simulated.
    pub fn new(replayed: &ReplayedLevel, predicted: Estimate, interval: Duration, horizon: Duration) -> Self {
        let realised = replayed.realised.into();
        let periods = replayed.starts as f64 * interval.days() / horizon.days();
        Self {
            horizon_days: horizon.days(),
            leverage: replayed.leverage,
            starts: replayed.starts,
            independent_periods: (periods as u64).max(1),
            agrees: Self::verdict(realised, &predicted),
            realised,
            predicted,
        }
    }

    /// What the intervals say about each other.
    pub fn verdict(realised: Realised, predicted: &Estimate) -> Option<bool> {
        if realised.low > predicted.high || predicted.low > realised.high {
            return Some(false);
        }
        (realised.high - realised.low <= realised.value.max(predicted.value)).then_some(true)
    }
}

/// A fraction of history with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Realised {
    /// The fraction.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
}

impl From<Estimate> for Realised {
    fn from(estimate: Estimate) -> Self {
        Self { value: estimate.value, low: estimate.low, high: estimate.high }
    }
}

/// The formats of replays.
pub const REPLAY_FORMATS: &[Format] = &[Format::Json, Format::Markdown, Format::Table, Format::Html];

/// The text of a replay, ending with a line break.
///
/// # Errors
/// The format is no replay's ([`REPLAY_FORMATS`]).
pub fn render_replay(report: &ReplayReport, format: Format, layout: Layout) -> Result<String, RenderError> {
    match format {
        Format::Table => Ok(table(report, layout)),
        Format::Json => json::render(report),
        Format::Markdown => Ok(markdown(report)),
        Format::Html => html::render(&[Document::of_replay(report)?], &[]),
        other => Err(RenderError::Format(other)),
    }
}

const HEAD: [&str; 8] =
    ["Horizon", "Leverage", "Starts", "Independent", "Happened", "95 % interval", "Predicted", "Agrees"];

fn table(report: &ReplayReport, layout: Layout) -> String {
    let mut lines = format!("{}\n{}\n", report.of.scenario, report.of.line());
    lines += &Table::of_texts(HEAD, report.levels.iter().map(cells)).terminal();
    for note in &report.notes {
        lines += &text::wrap(note, layout.width.unwrap_or(110).min(110), "- ", "  ");
    }
    lines
}

fn markdown(report: &ReplayReport) -> String {
    let mut lines = format!("## {}\n\n{}\n\n", super::table::escape(&report.of.scenario), report.of.line());
    lines += &Table::of_texts(HEAD, report.levels.iter().map(cells)).markdown();
    for note in &report.notes {
        lines += &format!("\n{note}\n");
    }
    lines
}

impl Replayed {
    /// Which prices, in a line.
    pub(super) fn line(&self) -> String {
        let bars = number::count(self.bars as u64);
        format!("{}: {bars} bars from {} to {}", self.prices, self.from, self.to)
    }
}

fn cells(row: &ReplayRow) -> [String; 8] {
    let Realised { value, low, high } = row.realised;
    // Overlapping starts: the count of events says nothing of the error, so the value is shown though it may be zero.
    let percent = |value: f64| format!("{:.2}", 100.0 * value);
    [
        number::days(row.horizon_days),
        number::leverage(row.leverage),
        number::count(row.starts as u64),
        number::count(row.independent_periods),
        format!("{} %", percent(value)),
        format!("[{}, {}]", percent(low), percent(high)),
        number::probability(&row.predicted).0,
        match row.agrees {
            Some(true) => "yes",
            Some(false) => "no",
            None => "too little data to tell",
        }
        .to_owned(),
    ]
}
