//! Forecasts through history beside what came.

use serde::Serialize;

use crate::stats::{Coverage, Estimate};
use crate::study::Forecasts;

use super::reliability::{RecordDocument, RecordedScore, ReliabilityRow};
use super::replay::{Realised, Replayed};
use super::table::Table;
use super::{Layout, RenderError, json, number, text};

/// What a walk through history found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WalkForwardReport {
    /// What was walked through.
    #[serde(flatten)]
    pub of: Replayed,
    /// Kind of the model that was estimated anew for each forecast.
    pub model: String,
    /// Days of history that a forecast is made from.
    pub window_days: f64,
    /// Approximations and warnings.
    pub notes: Vec<String>,
    /// One entry per horizon and level.
    pub levels: Vec<LevelRow>,
    /// Calibration tables, by horizon.
    pub calibration: Vec<BinRow>,
    /// Tests of coverage, by horizon.
    pub coverage: Vec<CoverageRow>,
}

/// One level over one horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelRow {
    /// The horizon in days.
    pub horizon_days: f64,
    /// The level.
    pub leverage: f64,
    /// Number of forecasts, each for one start.
    pub starts: usize,
    /// Share of them that was liquidated.
    pub realised: Realised,
    /// Mean of the forecast probabilities; the error is that of the simulation.
    pub predicted: Estimate,
    /// Brier score: mean square of forecast less outcome.
    pub brier: f64,
    /// Brier score of the share of starts within the window that were liquidated.
    pub brier_reference: f64,
    /// 1 − score/reference with its interval; none where nothing happened or the reference is never wrong.
    pub skill: Option<Realised>,
}

/// A row of a calibration table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BinRow {
    /// The horizon in days.
    pub horizon_days: f64,
    /// Forecasts from this probability ...
    pub from: f64,
    /// ... up to this one.
    pub to: f64,
    /// Number of forecasts, of all levels.
    pub forecasts: usize,
    /// Their mean.
    pub predicted: f64,
    /// Share of them that was liquidated.
    pub realised: Realised,
}

/// The tests of one event of the price at the horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoverageRow {
    /// The horizon in days.
    pub horizon_days: f64,
    /// The event.
    pub event: String,
    /// Its tests.
    #[serde(flatten)]
    pub coverage: Coverage,
}

impl WalkForwardReport {
    /// As a page shows it.
    pub fn document(&self) -> RecordDocument {
        let mut horizons: Vec<f64> = self.calibration.iter().map(|row| row.horizon_days).collect();
        horizons.dedup();
        let score = |horizon: f64| RecordedScore {
            model: self.model.clone(),
            horizon_days: horizon,
            independent_horizons: None,
            reliability: self
                .calibration
                .iter()
                .filter(|row| row.horizon_days == horizon)
                .map(|row| {
                    ReliabilityRow::new(
                        (row.from, row.to),
                        row.forecasts,
                        row.predicted,
                        [row.realised.value, row.realised.low, row.realised.high],
                    )
                })
                .collect(),
        };
        RecordDocument {
            scenario: self.of.scenario.clone(),
            answer: format!(
                "{} forecasts of {} in {} rows beside what came: the dashed line is where as many came as were forecast.",
                number::count(self.calibration.iter().map(|row| row.forecasts as u64).sum()),
                self.model,
                self.calibration.len()
            ),
            line: format!(
                "{}: forecasts of {} from the {} before each",
                self.of.prices,
                self.model,
                number::days(self.window_days)
            ),
            notes: self.notes.clone(),
            table: Table::of_texts(LEVEL_HEAD, self.levels.iter().map(level_cells)),
            scores: horizons.into_iter().map(score).collect(),
        }
    }

    /// Adds the forecasts of a horizon.
    pub fn add(&mut self, horizon_days: f64, forecasts: &Forecasts) {
        self.levels.extend(forecasts.levels.iter().map(|level| LevelRow {
            horizon_days,
            leverage: level.leverage,
            starts: level.forecasts,
            realised: level.realised.into(),
            predicted: level.predicted,
            brier: level.brier,
            brier_reference: level.brier_reference,
            skill: level.skill.map(Realised::from),
        }));
        self.calibration.extend(forecasts.calibration.iter().map(|row| BinRow {
            horizon_days,
            from: row.from,
            to: row.to,
            forecasts: row.forecasts,
            predicted: row.predicted,
            realised: row.realised.into(),
        }));
        self.coverage.extend(forecasts.coverage.iter().map(|(event, coverage)| CoverageRow {
            horizon_days,
            event: event.words().to_owned(),
            coverage: *coverage,
        }));
    }
}

/// The JSON text, ending with a line break.
pub fn render_walk_forward_json(report: &WalkForwardReport) -> Result<String, RenderError> {
    json::render(report)
}

const LEVEL_HEAD: [&str; 8] = [
    "Horizon",
    "Leverage",
    "Forecasts",
    "Happened",
    "95 % interval",
    "Predicted",
    "Brier score (of the window's share)",
    "Skill [95 % interval]",
];
const BIN_HEAD: [&str; 6] =
    ["Horizon", "Forecasts of", "Number", "Predicted on average", "Happened", "95 % interval"];
const COVERAGE_HEAD: [&str; 7] = [
    "Horizon",
    "Price at the horizon",
    "Forecasts",
    "Should be",
    "Was",
    "p (Kupiec)",
    "p (independent; both)",
];

/// Text for people, ending with a line break.
pub fn render_walk_forward_table(report: &WalkForwardReport, layout: Layout) -> String {
    let mut lines = format!("{}\n{}\n", report.of.scenario, about(report));
    let [levels, bins, coverage] = tables(report);
    lines += &levels.terminal();
    lines += "Calibration: forecasts of all levels by size\n";
    lines += &bins.terminal();
    lines += "Coverage of the price at the horizon, forecasts that do not overlap\n";
    lines += &coverage.terminal();
    for note in &report.notes {
        lines += &text::wrap(note, layout.width.unwrap_or(110).min(110), "- ", "  ");
    }
    lines
}

/// Markdown, ending with a line break.
pub fn render_walk_forward_markdown(report: &WalkForwardReport) -> String {
    let mut lines = format!("## {}\n\n{}\n", super::table::escape(&report.of.scenario), about(report));
    for table in tables(report) {
        lines += &format!("\n{}", table.markdown());
    }
    for note in &report.notes {
        lines += &format!("\n{note}\n");
    }
    lines
}

/// Skill and rates of each level, reliability, coverage.
fn tables(report: &WalkForwardReport) -> [Table; 3] {
    [
        Table::of_texts(LEVEL_HEAD, report.levels.iter().map(level_cells)),
        Table::of_texts(BIN_HEAD, report.calibration.iter().map(bin_cells)),
        Table::of_texts(COVERAGE_HEAD, report.coverage.iter().map(coverage_cells)),
    ]
}

fn about(report: &WalkForwardReport) -> String {
    format!(
        "{}\n{} estimated from the {} days before each forecast",
        report.of.line(),
        report.model,
        report.window_days
    )
}

fn percent(value: f64) -> String {
    format!("{:.2}", 100.0 * value)
}

fn interval(of: Realised) -> String {
    format!("[{}, {}]", percent(of.low), percent(of.high))
}

fn level_cells(row: &LevelRow) -> [String; 8] {
    let skill = |skill: Realised| format!("{:+.2} [{:+.2}, {:+.2}]", skill.value, skill.low, skill.high);
    [
        number::days(row.horizon_days),
        number::leverage(row.leverage),
        number::count(row.starts as u64),
        format!("{} %", percent(row.realised.value)),
        interval(row.realised),
        format!("{} %", percent(row.predicted.value)),
        format!("{:.4} ({:.4})", row.brier, row.brier_reference),
        row.skill.map_or_else(|| number::NOTHING.to_owned(), skill),
    ]
}

fn bin_cells(row: &BinRow) -> [String; 6] {
    [
        number::days(row.horizon_days),
        format!("{:.0} to {:.0} %", 100.0 * row.from, 100.0 * row.to),
        number::count(row.forecasts as u64),
        format!("{} %", percent(row.predicted)),
        format!("{} %", percent(row.realised.value)),
        interval(row.realised),
    ]
}

fn coverage_cells(row: &CoverageRow) -> [String; 7] {
    let found = row.coverage;
    [
        number::days(row.horizon_days),
        row.event.clone(),
        number::count(found.outcomes as u64),
        number::rate(found.expected),
        format!("{} %", percent(found.events as f64 / found.outcomes as f64)),
        format!("{:.3}", found.kupiec.p_value),
        format!("{:.3}; {:.3}", found.independence.p_value, found.conditional.p_value),
    ]
}
