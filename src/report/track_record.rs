//! How forecasts from recorded prices have come true.

use serde::Serialize;

use crate::market::parse_time;
use crate::study::{ForecastMethod, ForecastWalk, Scores};
use crate::venue::Side;

use super::reliability::{RecordDocument, RecordedScore, ReliabilityRow, Score};
use super::table::Table;
use super::{Layout, RenderError, json, number, text};

/// The scores of walks through some histories.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrackReport {
    /// Version of liqsim.
    pub liqsim: String,
    /// Name of the scenario.
    pub scenario: String,
    /// The files, without their folders.
    pub prices: Vec<String>,
    /// Hours between two entries.
    pub every_hours: usize,
    /// Approximations and warnings.
    pub notes: Vec<String>,
    /// By model and horizon.
    pub scores: Vec<ScoreRow>,
}

/// The scores of one model over one horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreRow {
    /// Kind of the model.
    pub model: &'static str,
    /// The horizon.
    pub horizon_days: f64,
    /// Entries times sides and leverages.
    pub forecasts: usize,
    /// Horizons that do not overlap.
    pub independent_horizons: f64,
    /// Brier skill over the share of all own past starts.
    pub brier_skill: Option<Score>,
    /// Gain in log score over the same, thousandths of a nat per forecast.
    pub log_gain: Score,
    /// Slope of outcomes on forecasts; 1 is right.
    pub slope: Option<Score>,
    /// Intercept of the same; 0 is right.
    pub intercept: Option<Score>,
    /// Cells (file, side, leverage) whose mean forecast is inside the interval of what happened.
    pub inside: usize,
    /// Cells.
    pub cells: usize,
    /// What happened over what was forecast, of forecasts below 1 %.
    pub low_ratio: Option<Score>,
    /// By size of the forecast.
    pub reliability: Vec<ReliabilityRow>,
}

impl From<&Scores> for ScoreRow {
    fn from(scores: &Scores) -> Self {
        Self {
            model: scores.method.name(),
            horizon_days: scores.hours as f64 / 24.0,
            forecasts: scores.forecasts,
            independent_horizons: scores.independent_horizons,
            brier_skill: scores.brier_skill.map(Score::from),
            log_gain: scores.log_gain.into(),
            slope: scores.logistic.map(|logistic| logistic.slope.into()),
            intercept: scores.logistic.map(|logistic| logistic.intercept.into()),
            inside: scores.inside,
            cells: scores.cells,
            low_ratio: scores.low_ratio.map(Score::from),
            reliability: scores.reliability.iter().map(ReliabilityRow::from).collect(),
        }
    }
}

/// Horizons that do not overlap, below which a record tells nothing.
const FEWEST_HORIZONS: f64 = 30.0;

const HEAD: [&str; 9] = [
    "Model",
    "Horizon",
    "Forecasts",
    "Independent horizons",
    "Brier skill [95 % interval]",
    "Log gain",
    "Slope [95 % interval]",
    "Inside",
    "Below 1 %: happened/forecast",
];
const BIN_HEAD: [&str; 6] =
    ["Model, horizon", "Forecasts of", "Number", "Predicted on average", "Happened", "95 % interval"];

impl TrackReport {
    /// The JSON text, ending with a line break.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn json(&self) -> Result<String, RenderError> {
        json::render(self)
    }

    /// Text for people, ending with a line break.
    pub fn table(&self, layout: Layout) -> String {
        let mut lines = format!("{}\n{}\n", self.scenario, self.about());
        let [scores, bins] = self.tables();
        lines += &scores.terminal();
        lines += "Reliability: forecasts by size\n";
        lines += &bins.terminal();
        for note in &self.notes {
            lines += &text::wrap(note, layout.width.unwrap_or(110).min(110), "- ", "  ");
        }
        lines
    }

    /// Markdown, ending with a line break.
    pub fn markdown(&self) -> String {
        let mut lines = format!("## {}\n\n{}\n", super::table::escape(&self.scenario), self.about());
        for table in self.tables() {
            lines += &format!("\n{}", table.markdown());
        }
        for note in &self.notes {
            lines += &format!("\n{note}\n");
        }
        lines
    }

    /// Scores, and how often what was forecast came.
    fn tables(&self) -> [Table; 2] {
        let bins = self.scores.iter().flat_map(ScoreRow::bins);
        [Table::of_texts(HEAD, self.scores.iter().map(ScoreRow::cells)), Table::of_texts(BIN_HEAD, bins)]
    }

    /// As a page shows it.
    pub fn document(&self) -> RecordDocument {
        let score = |row: &ScoreRow| RecordedScore {
            model: row.model.to_owned(),
            horizon_days: row.horizon_days,
            independent_horizons: Some(row.independent_horizons),
            reliability: row.reliability.clone(),
        };
        RecordDocument {
            scenario: self.scenario.clone(),
            answer: self.answer(),
            line: self.about(),
            notes: self.notes.clone(),
            table: Table::of_texts(HEAD, self.scores.iter().map(ScoreRow::cells)),
            scores: self.scores.iter().map(score).collect(),
        }
    }

    /// What came of the forecasts of the default, or of the first model where that is not shown.
    fn answer(&self) -> String {
        let default = self.scores.iter().find(|row| row.model == ForecastMethod::Forecast.name());
        let Some(model) = default.or(self.scores.first()).map(|row| row.model) else { return String::new() };
        let rows = self.scores.iter().filter(|row| row.model == model);
        let sentences: Vec<String> = rows.map(ScoreRow::words).collect();
        format!("Forecasts of {model}: {}.", sentences.join("; "))
    }

    fn about(&self) -> String {
        format!(
            "{}: a forecast every {} hours from all bars before it",
            self.prices.join(", "),
            self.every_hours
        )
    }
}

fn interval(score: Option<Score>) -> String {
    score.map_or_else(
        || number::NOTHING.to_owned(),
        |Score { value, low, high }| format!("{value:.3} [{low:.3}, {high:.3}]"),
    )
}

impl ScoreRow {
    fn words(&self) -> String {
        let over = number::days(self.horizon_days);
        if self.independent_horizons < FEWEST_HORIZONS {
            return format!(
                "over {over} {:.0} horizons that do not overlap are too few to tell whether they come true",
                self.independent_horizons
            );
        }
        let slope =
            self.slope.map_or_else(String::new, |slope| format!(" slope {:.2} (1 is right),", slope.value));
        let low = self.low_ratio.map_or_else(String::new, |ratio| {
            format!(
                ", those below 1 % came {:.1} times as often as forecast ({:.1} to {:.1})",
                ratio.value,
                ratio.low.max(0.0),
                ratio.high
            )
        });
        format!(
            "over {over}{slope} the mean inside what happened at {} of {} levels{low}",
            self.inside, self.cells
        )
    }

    fn cells(&self) -> [String; 9] {
        [
            self.model.to_owned(),
            number::days(self.horizon_days),
            number::count(self.forecasts as u64),
            format!("{:.0}", self.independent_horizons),
            interval(self.brier_skill),
            format!("{:.1}", self.log_gain.value),
            interval(self.slope),
            format!("{} of {}", self.inside, self.cells),
            interval(self.low_ratio),
        ]
    }

    fn bins(&self) -> Vec<Vec<String>> {
        let percent = |value: f64| format!("{:.2}", 100.0 * value);
        self.reliability
            .iter()
            .map(|bin| {
                vec![
                    format!("{}, {}", self.model, number::days(self.horizon_days)),
                    format!("{} to {} %", 100.0 * bin.from, 100.0 * bin.to),
                    number::count(bin.forecasts as u64),
                    format!("{} %", percent(bin.predicted)),
                    format!("{} %", percent(bin.realised.value)),
                    format!("[{}, {}]", percent(bin.realised.low), percent(bin.realised.high)),
                ]
            })
            .collect()
    }
}

/// Every forecast of some walks as CSV: asset, model, entry (UTC), horizon_days, side, leverage, probability, liquidated.
pub fn forecasts_csv(walks: &[(String, ForecastWalk)], methods: &[ForecastMethod]) -> String {
    let mut text = "asset,model,entry,horizon_days,side,leverage,probability,liquidated\n".to_owned();
    for (asset, walk) in walks {
        for (place, method) in walk.methods.iter().enumerate() {
            if !methods.contains(method) {
                continue;
            }
            for of in &walk.horizons {
                let days = of.hours as f64 / 24.0;
                for (entry, hour) in of.entries.iter().enumerate() {
                    let time = iso(3600 * hour);
                    for (number, barrier) in walk.barriers.iter().enumerate() {
                        if of.probabilities[place][entry][number].is_nan() {
                            continue;
                        }
                        let side = if barrier.side == Side::Long { "long" } else { "short" };
                        text += &format!(
                            "{asset},{},{time},{days},{side},{},{},{}\n",
                            method.name(),
                            barrier.leverage,
                            of.probabilities[place][entry][number],
                            u8::from(of.outcomes[entry][number]),
                        );
                    }
                }
            }
        }
    }
    text
}

/// A time in ISO 8601 (UTC).
fn iso(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    let text = time.to_string();
    debug_assert_eq!(parse_time(&text), Some(seconds));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_iso_8601() {
        assert_eq!(iso(1_502_942_400), "2017-08-17T04:00:00Z");
    }
}
