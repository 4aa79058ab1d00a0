//! Several assets that draw the same past days: what happened to them together happens to them together again.
//!
//! One random word a day (or a start) serves all assets, so that each draws the same past hours and the same sign, and scales them by its own variance. For
//! that every asset is estimated from its own bars up to the last hour that all files reach, and draws only days (starts) whose
//! hours, the one before included, are in all files or in none.

use std::collections::{BTreeMap, BTreeSet};

use super::har::{EstimateError, Har, Hours, LEAST_HOURS};
use super::{Mixture, Model, ScaledHistory};

/// Fewest days of the past, each 24 hours long and counted every 6 hours.
const LEAST_DAYS: usize = 1_000;
/// Hours of a day.
const DAY: usize = 24;

/// Why assets cannot draw the same past days.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SharedPastError {
    /// Days of one kind cannot be those of another.
    #[error(
        "`{first}` and `{other}` do not draw the same past days, so nothing would say how their prices move together"
    )]
    Kinds {
        /// Kind of the first asset.
        first: &'static str,
        /// Kind of another.
        other: &'static str,
    },
    /// There are no days to draw.
    #[error("`har` without `prices` or `days` draws no past days that several assets could share")]
    NoDays,
    /// The time up to which all were recorded does not suffice for one of them.
    #[error("asset {asset}, up to the last hour that all price files reach: {error}")]
    Estimate {
        /// Its place in the scenario, from 1.
        asset: usize,
        /// Why.
        error: EstimateError,
    },
    /// They were not recorded together for long enough.
    #[error("the price files share {days} days of hours: at least {} are needed", LEAST_HOURS / DAY)]
    FewHours {
        /// Days.
        days: usize,
    },
    /// Nothing to draw.
    #[error("the assets have {found} past {what} in common, too few to draw from")]
    FewDays {
        /// How many.
        found: usize,
        /// Days or starts.
        what: &'static str,
    },
}

/// Lets models of recorded hours, one an asset, draw the same past days; a single one stays as it is.
///
/// # Errors
/// See [`SharedPastError`].
pub fn share_past(models: &[Model]) -> Result<Vec<Model>, SharedPastError> {
    let [first, others @ ..] = models else { return Ok(Vec::new()) };
    if others.is_empty() {
        return Ok(models.to_vec());
    }
    if let Some(other) = others.iter().find(|other| other.kind() != first.kind()) {
        return Err(SharedPastError::Kinds { first: first.kind(), other: other.kind() });
    }
    let end = models.iter().filter_map(hours_of).map(|hours| hours.hour(hours.len())).min();
    let models = models.iter().enumerate().map(|(index, model)| match end {
        Some(end) => until(model, end).map_err(|error| SharedPastError::Estimate { asset: index + 1, error }),
        None => Ok(model.clone()),
    });
    let models = models.collect::<Result<Vec<Model>, _>>()?;
    let together = Together::of(&models.iter().filter_map(hours_of).collect::<Vec<_>>())?;
    let hashes: Vec<&str> = models.iter().map(hash_of).collect();
    let by = blake3::hash(hashes.join(" ").as_bytes()).to_hex()[..32].to_owned();
    let days = match models.iter().map(har_of).collect::<Option<Vec<&Har>>>() {
        Some(hars) => Some(common_days(&hars, &together)?),
        None => None,
    };
    let starts = match models.iter().map(scaled_of).collect::<Option<Vec<&ScaledHistory>>>() {
        Some(histories) => Some(common_starts(&histories, &together)?),
        None => None,
    };
    let shared = |model: &Model| {
        let har = |har: &Har| har.drawing(days.as_ref()?, &by);
        let scaled = |history: &ScaledHistory| Some(history.drawing(starts.as_ref()?, &by));
        Some(match model {
            Model::Har(one) => Model::Har(har(one)?),
            Model::ScaledHistory(one) => Model::ScaledHistory(scaled(one)?),
            Model::Forecast(one) => {
                Model::Forecast(Mixture::new(har(one.har())?, scaled(one.scaled_history())?))
            }
            _ => return None,
        })
    };
    models.iter().map(|model| shared(model).ok_or(SharedPastError::NoDays)).collect()
}

/// Correlation of the log returns of hours in what assets draw together; none where they do not draw the same.
pub fn recorded_correlation(models: &[Model]) -> Option<Vec<Vec<f64>>> {
    let moves: Vec<Vec<f64>> = models
        .iter()
        .map(|model| match model {
            Model::Har(har) if har.normal_days().is_none() => Some(har.first_hours()),
            Model::Forecast(mixture) => Some(mixture.har().first_hours()),
            Model::ScaledHistory(history) => Some(history.first_hours()),
            _ => None,
        })
        .collect::<Option<_>>()?;
    if moves.len() < 2 || !draw_together(&models.iter().collect::<Vec<_>>()) {
        return None;
    }
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let deviations: Vec<f64> = moves.iter().map(|own| product(own, own).sqrt()).collect();
    let row = |i: usize| {
        let of = |j: usize| match i == j {
            true => 1.0,
            // Drawn as they were or mirrored, moves have a mean of zero.
            false => (product(&moves[i], &moves[j]) / (deviations[i] * deviations[j])).clamp(-0.999, 0.999),
        };
        (0..moves.len()).map(of).collect::<Vec<f64>>()
    };
    let matrix: Vec<Vec<f64>> = (0..moves.len()).map(row).collect();
    matrix.iter().flatten().all(|entry| entry.is_finite()).then_some(matrix)
}

/// Whether a random word means the same past hours to all models; true of a single one.
pub(crate) fn draw_together(models: &[&Model]) -> bool {
    let days_of = |model: &Model| {
        har_of(model)
            .map(|har| har.days().days().iter().map(|day| (day.hour, day.weight)).collect::<Vec<_>>())
    };
    let starts_of =
        |model: &Model| scaled_of(model).map(|history| history.hours_of_starts().collect::<Vec<_>>());
    models.windows(2).all(|pair| {
        let [one, other] = pair else { return true };
        one.kind() == other.kind() && days_of(one) == days_of(other) && starts_of(one) == starts_of(other)
    })
}

fn har_of(model: &Model) -> Option<&Har> {
    match model {
        Model::Har(har) => Some(har),
        Model::Forecast(mixture) => Some(mixture.har()),
        _ => None,
    }
}

fn scaled_of(model: &Model) -> Option<&ScaledHistory> {
    match model {
        Model::ScaledHistory(history) => Some(history),
        Model::Forecast(mixture) => Some(mixture.scaled_history()),
        _ => None,
    }
}

fn hours_of(model: &Model) -> Option<&Hours> {
    har_of(model).and_then(Har::hours).or_else(|| scaled_of(model).map(|history| history.record().hours()))
}

fn hash_of(model: &Model) -> &str {
    har_of(model).map(Har::hash).or_else(|| scaled_of(model).map(ScaledHistory::hash)).unwrap_or_default()
}

fn until(model: &Model, hour: i64) -> Result<Model, EstimateError> {
    Ok(match model {
        Model::Har(har) => Model::Har(har.until(hour)?),
        Model::ScaledHistory(history) => Model::ScaledHistory(history.until(hour)?),
        Model::Forecast(one) => {
            Model::Forecast(Mixture::new(one.har().until(hour)?, one.scaled_history().until(hour)?))
        }
        model => model.clone(),
    })
}

/// Where several histories were recorded together.
struct Together {
    first: i64,
    /// Hours before each that some have and others have not.
    apart: Vec<u32>,
    /// Whether there is anything to compare.
    is_known: bool,
}

impl Together {
    fn of(histories: &[&Hours]) -> Result<Self, SharedPastError> {
        let first = histories.iter().map(|hours| hours.hour(0)).max().unwrap_or(0);
        let end = histories.iter().map(|hours| hours.hour(hours.len())).min().unwrap_or(first);
        let (mut apart, mut count, mut common) = (vec![0], 0, 0);
        for hour in first..end {
            let held = histories.iter().filter(|hours| hours.holds(hour)).count();
            count += u32::from(held != 0 && held != histories.len());
            common += usize::from(held == histories.len());
            apart.push(count);
        }
        if !histories.is_empty() && common < LEAST_HOURS {
            return Err(SharedPastError::FewHours { days: common / DAY });
        }
        Ok(Self { first, apart, is_known: !histories.is_empty() })
    }

    /// Whether all histories have the same hours of the so many from one on, and the one before.
    fn agree(&self, hour: i64, count: usize) -> bool {
        let place = |hour: i64| usize::try_from(hour - self.first).ok().and_then(|at| self.apart.get(at));
        !self.is_known
            || place(hour - 1).zip(place(hour + count as i64)).is_some_and(|(before, after)| before == after)
    }
}

/// The days that all have, with the weights of the first.
fn common_days(hars: &[&Har], together: &Together) -> Result<BTreeMap<i64, f64>, SharedPastError> {
    if hars.iter().any(|har| har.normal_days().is_some()) {
        return Err(SharedPastError::NoDays);
    }
    let all: Vec<BTreeMap<i64, f64>> = hars.iter().map(|har| har.starts_of_days()).collect();
    let is_common = |hour: &i64| all.iter().all(|days| days.contains_key(hour)) && together.agree(*hour, DAY);
    let mut days = all[0].clone();
    days.retain(|hour, _| is_common(hour));
    match days.len() < LEAST_DAYS {
        true => Err(SharedPastError::FewDays { found: days.len(), what: "days" }),
        false => Ok(days),
    }
}

/// The hours of the starts that all have, in order.
fn common_starts(histories: &[&ScaledHistory], together: &Together) -> Result<Vec<i64>, SharedPastError> {
    let all: Vec<BTreeSet<i64>> =
        histories.iter().map(|history| history.hours_of_starts().collect()).collect();
    let length = histories[0].length();
    let is_common =
        |hour: &i64| all.iter().all(|hours| hours.contains(hour)) && together.agree(*hour, length);
    let starts: Vec<i64> = all[0].iter().copied().filter(is_common).collect();
    match starts.is_empty() {
        true => Err(SharedPastError::FewDays { found: 0, what: "starts" }),
        false => Ok(starts),
    }
}
