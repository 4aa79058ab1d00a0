//! Fits that are made anew once a year as time goes by, and the models of any time in between.

use rayon::prelude::*;

use super::calibration::{Calibration, Target};
use super::choice::calibrate;
use super::sample::Sample;
use super::scenario::model_of;
use super::state::restated;
use crate::market::PriceHistory;
use crate::model::Model;

/// Seconds between two estimates.
pub const YEAR: i64 = 365 * 86_400;
/// Bars that an estimate rests on at most, and that the variance of today is taken from.
const MOST_BARS: i64 = 20_000;
const RECENT_BARS: i64 = 5_000;

/// Fits at some times, each from the bars before it (the last 20,000 at most).
pub(super) struct AnnualFits<'a> {
    history: &'a PriceHistory,
    times: Vec<i64>,
    fits: Vec<Result<Calibration, String>>,
}

impl<'a> AnnualFits<'a> {
    /// The fits for times that rise: at the first, and at the first that lies a year behind the last fit.
    pub fn of(history: &'a PriceHistory, targets: &[Target], wanted: impl Iterator<Item = i64>) -> Self {
        let mut times: Vec<i64> = Vec::new();
        for time in wanted {
            if times.last().is_none_or(|last| time - last >= YEAR) {
                times.push(time);
            }
        }
        let fit = |time: &i64| -> Result<Calibration, String> {
            let since = time - MOST_BARS * history.interval.seconds() as i64;
            let known = history.between(Some(since), Some(*time));
            let sample = Sample::of(&known).map_err(|error| error.to_string())?;
            calibrate(sample, targets).map_err(|failures| {
                failures.first().map_or_else(String::new, |(name, error)| format!("{name}: {error}"))
            })
        };
        let fits = times.par_iter().map(fit).collect();
        Self { history, times, fits }
    }

    /// The model of a fit by its name, with the parameters that were estimated last and the variance of a time.
    ///
    /// # Errors
    /// It could not be fitted: why.
    pub fn model(&self, name: &str, time: i64) -> Result<Model, String> {
        let place = self.times.partition_point(|made| *made <= time).saturating_sub(1);
        let calibration = self.fits.get(place).ok_or("no fit was made")?.as_ref().map_err(Clone::clone)?;
        let found = calibration.candidates.iter().find(|candidate| candidate.fit.name == name);
        let Some(candidate) = found else {
            let why = calibration.failures.iter().find(|(failed, _)| *failed == name);
            return Err(why.map_or_else(|| "not fitted".to_owned(), |(_, error)| error.to_string()));
        };
        let model = model_of(calibration, &candidate.fit)?;
        let since = time - RECENT_BARS * self.history.interval.seconds() as i64;
        let recent = Sample::of(&self.history.between(Some(since), Some(time)));
        Ok(recent.map_or(model.clone(), |recent| restated(&model, &recent)))
    }
}
