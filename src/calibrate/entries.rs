//! Forecasts of fitted models at the entries of a walk through history.

use super::annual::AnnualFits;
use super::calibration::Target;
use super::passages::Passages;
use crate::market::{Duration, PriceHistory};
use crate::study::Barrier;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Models that are estimated once a year from the bars before, with the variance of each entry; never from what comes behind it.
pub struct FittedEntries<'a> {
    fits: AnnualFits<'a>,
    names: Vec<&'static str>,
    passages: Passages<'a>,
}

impl<'a> FittedEntries<'a> {
    /// For entries from a time on and horizons of so many days, rising; `paths` are those of a forecast.
    ///
    /// # Errors
    /// There are no horizons.
    pub fn new(
        history: &'a PriceHistory,
        targets: &[Target],
        first: i64,
        (days, barriers, paths): (&'a [usize], &'a [Barrier], usize),
    ) -> Result<Self, String> {
        let last = history.bars.last().map_or(first, |bar| bar.time);
        let times = (0..).map(|year| first + year * super::annual::YEAR).take_while(|time| *time <= last);
        Ok(Self {
            fits: AnnualFits::of(history, targets, times),
            names: targets.iter().map(|target| target.name()).collect(),
            passages: Passages::new(Duration::from_seconds(DAY), days, barriers, paths)?,
        })
    }

    /// Names of the models.
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Probabilities at a time, by model, horizon and barrier; none of a model that could not be estimated.
    pub fn at(&self, time: i64) -> Vec<Option<Vec<Vec<f64>>>> {
        let of = |name: &&'static str| {
            let hits = self.passages.of(&self.fits.model(name, time).ok()?).ok()?;
            let share = |hits: f64| hits / self.passages.paths as f64;
            Some(hits.into_iter().map(|row| row.into_iter().map(share).collect()).collect())
        };
        self.names.iter().map(of).collect()
    }
}
