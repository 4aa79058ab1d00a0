//! `replay --walk-forward`: forecasts through history.

use std::sync::atomic::AtomicBool;

use liqsim::calibrate::refit;
use liqsim::engine::RunOptions;
use liqsim::market::{Duration, PriceHistory};
use liqsim::report::{Replayed, WalkForwardReport};
use liqsim::scenario::Scenario;
use liqsim::study::{Replay as History, WalkForward};

use super::progress::ProgressLine;

/// A walk through history.
pub struct Walk {
    /// How it is walked.
    pub options: WalkForward,
    /// Forecasts made at the same time; one per core if none.
    pub threads: Option<usize>,
}

impl Walk {
    /// Walks once for each horizon through the histories of the scenario's assets; `about` is what is walked through, and the notes on it.
    pub fn report(
        &self,
        (replay, histories): (&History, &[(String, &PriceHistory)]),
        mut scenario: Scenario,
        horizons: &[Duration],
        about: (Replayed, Vec<String>),
        stop: &AtomicBool,
    ) -> anyhow::Result<WalkForwardReport> {
        let (of, notes) = about;
        let model = scenario.assets.first().map_or("", |asset| asset.model.kind()).to_owned();
        let mut report = WalkForwardReport {
            of,
            model,
            window_days: self.options.window.days(),
            notes,
            levels: Vec::new(),
            calibration: Vec::new(),
            coverage: Vec::new(),
        };
        report.notes.push(
            "The reference of the Brier score forecasts the share of the starts within the window that were liquidated; a \
             skill above 0 is better than that. Its interval takes the reference as known."
                .to_owned(),
        );
        let line = ProgressLine::counting(&scenario.name, "forecasts");
        let progress = |progress| line.show(&progress);
        let options = RunOptions { threads: self.threads, stop, progress: &progress };
        for horizon in horizons {
            scenario.simulation.horizon = *horizon;
            let again = |known: &PriceHistory, model: &_| {
                refit(model, known, *horizon).map_err(|error| error.to_string())
            };
            let forecasts = replay.walk_forward(histories, &scenario, self.options, &again, &options)?;
            if let Some(reason) = &forecasts.reason {
                report.notes.push(format!(
                    "{horizon}: at {} origins the model could not be estimated, at the first since {reason}.",
                    forecasts.failed
                ));
            }
            if forecasts.every < *horizon {
                report.notes.push(format!(
                    "{horizon}: forecasts every {} overlap; intervals respect that, and coverage is tested on those that do not.",
                    forecasts.every
                ));
            }
            report.add(horizon.days(), &forecasts);
        }
        Ok(report)
    }
}
