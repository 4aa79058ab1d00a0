//! How forecasts of the same model came true on the file that `risk` forecasts from.

use std::path::Path;

use serde_json::{Value, json};

use liqsim::market::{PriceHistory, format_time};
use liqsim::model::Hours;
use liqsim::report::{RecordDocument, Score, TrackReport, count};
use liqsim::scenario::Scenario;
use liqsim::stats::Estimate;
use liqsim::study::{ForecastMethod, Scores, WalkOptions, barriers, scores, walk};

use super::failure::error_with_help;

/// Horizons that do not overlap, below which a track record tells nothing.
const FEWEST_HORIZONS: f64 = 30.0;

/// Hours between two forecasts, so that they walk through the hours of the day.
const EVERY_HOURS: usize = 25;

/// How forecasts of the same kind came true on the same file.
pub struct Record {
    scores: Scores,
    first: i64,
    last: i64,
    bars: usize,
}

impl Record {
    /// How forecasts of the same model came true on the same file, for the same side and leverages.
    pub fn of(
        history: &PriceHistory,
        scenario: &Scenario,
        method: ForecastMethod,
        threads: Option<usize>,
    ) -> anyhow::Result<Self> {
        let help = "forecasts need hourly bars with lows and highs, 365 days and more";
        let hours = Hours::of(history).map_err(|error| error_with_help(error, help))?;
        // Forecasts are judged over whole days.
        let days = scenario.simulation.horizon.seconds().div_ceil(86_400).max(1) as usize;
        let mut options = WalkOptions { every: EVERY_HOURS, ..WalkOptions::new(vec![24 * days]) };
        options.seed = scenario.simulation.seed;
        let barriers = barriers(scenario, false)?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build()?;
        let scores = match pool.install(|| walk(&hours, &barriers, &options)) {
            Ok(walk) => scores(&[walk], 0, method, scenario.simulation.seed),
            // A history that is just long enough to forecast from has no record.
            Err(_) => scores(&[], 0, method, scenario.simulation.seed),
        };
        let first = history.bars.first().map_or(0, |bar| bar.time);
        let last = history.bars.last().map_or(0, |bar| bar.time);
        Ok(Self { scores, first, last, bars: history.bars.len() })
    }

    /// The track record in words.
    pub fn words(&self) -> String {
        let scores = &self.scores;
        if scores.independent_horizons < FEWEST_HORIZONS {
            return format!(
                "Track record: {:.0} horizons that do not overlap on this file are too few to tell whether such forecasts come true.",
                scores.independent_horizons
            );
        }
        let skill = scores.brier_skill.map_or_else(
            || "never was anything liquidated".to_owned(),
            |skill| {
                format!(
                    "Brier skill {:.3} ({:.3} to {:.3}) over the share of all past starts",
                    skill.value, skill.low, skill.high
                )
            },
        );
        let slope = scores
            .logistic
            .map_or_else(String::new, |of| format!(", slope {:.2} (1 is right)", of.slope.value));
        format!(
            "Track record: {} forecasts on this file, {:.0} horizons that do not overlap: {skill}{slope};\nmean forecast inside what \
             happened at {} of {} leverages.",
            count(scores.forecasts as u64),
            scores.independent_horizons,
            scores.inside,
            scores.cells
        )
    }

    /// The record as a page shows it.
    pub fn document(&self, scenario: &Scenario, prices: &Path) -> RecordDocument {
        let report = TrackReport {
            liqsim: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.clone(),
            prices: vec![prices.file_name().unwrap_or_default().to_string_lossy().into_owned()],
            every_hours: EVERY_HOURS,
            notes: Vec::new(),
            scores: vec![(&self.scores).into()],
        };
        report.document()
    }

    /// The forecast and its record as JSON.
    pub fn json(&self) -> Value {
        let Record { scores, first, last, bars } = self;
        let score = |estimate: Option<Estimate>| estimate.map(Score::from);
        json!({
            "model": scores.method.name(),
            "first_bar": format_time(*first),
            "last_bar": format_time(*last),
            "bars": bars,
            "track_record": {
                "forecasts": scores.forecasts,
                "independent_horizons": scores.independent_horizons,
                "brier_skill": score(scores.brier_skill),
                "slope": score(scores.logistic.map(|of| of.slope)),
                "low_ratio": score(scores.low_ratio),
                "inside": scores.inside,
                "cells": scores.cells,
            },
        })
    }
}
