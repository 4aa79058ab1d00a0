//! A walk through a history: a forecast at one entry after the other, each from the hours before it, beside what came.

use rayon::prelude::*;

use crate::model::{Extremes, Hours, LEAST_HOURS};

use super::barrier::Barrier;
use super::methods::{Estimated, ForecastError, ForecastMethod};

/// How history is walked through. Times are in hours.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkOptions {
    /// Horizons, rising, of whole days.
    pub horizons: Vec<usize>,
    /// Between two entries.
    pub every: usize,
    /// Between two estimates.
    pub refit: usize,
    /// Paths of `har` at each entry; with its mirror image each counts twice.
    pub paths: usize,
    /// Seed of all randomness.
    pub seed: u64,
    /// No entry before this hour after 1970.
    pub since: Option<i64>,
    /// No horizon that ends after this hour after 1970.
    pub until: Option<i64>,
}

impl WalkOptions {
    /// Every 25 hours, so that entries walk through the hours of the day; estimates every 30 days; 5,000 paths.
    pub fn new(horizons: Vec<usize>) -> Self {
        Self { horizons, every: 25, refit: 30 * 24, paths: 5_000, seed: 1, since: None, until: None }
    }
}

/// The forecasts of one walk.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastWalk {
    /// What was asked.
    pub barriers: Vec<Barrier>,
    /// The methods, in the order of the probabilities.
    pub methods: Vec<ForecastMethod>,
    /// Between two entries, in hours.
    pub every: usize,
    /// By horizon.
    pub horizons: Vec<HorizonForecasts>,
}

/// The forecasts over one horizon. Rows are entries, columns barriers.
#[derive(Debug, Clone, PartialEq)]
pub struct HorizonForecasts {
    /// Hours of the horizon.
    pub hours: usize,
    /// Hours after 1970 at each entry.
    pub entries: Vec<i64>,
    /// Probabilities, by method in the order of [`ForecastWalk::methods`]; NaN where a model could not be estimated.
    pub probabilities: Vec<Vec<Vec<f64>>>,
    /// Share of all own starts before the entry, with a whole horizon before it, that were liquidated.
    pub references: Vec<Vec<f64>>,
    /// What came.
    pub outcomes: Vec<Vec<bool>>,
}

/// What was said at one entry: its hour, and by horizon the probabilities by method and barrier.
type Said = (usize, Vec<Vec<Vec<f64>>>);

/// Models whose forecasts come from elsewhere.
#[derive(Clone, Copy)]
pub struct OtherModels<'a> {
    /// Their names.
    pub names: &'a [&'static str],
    /// Probabilities at an entry (seconds since 1970) by model, horizon and barrier; none of a model that says nothing there.
    pub at: &'a (dyn Fn(i64) -> Vec<Option<Vec<Vec<f64>>>> + Sync),
}

/// Walks through a history; periods between two estimates are walked through at the same time, and the result does not depend on how
/// many.
///
/// # Errors
/// See [`ForecastError`].
pub fn walk(
    hours: &Hours,
    barriers: &[Barrier],
    options: &WalkOptions,
) -> Result<ForecastWalk, ForecastError> {
    walk_beside(hours, barriers, options, OtherModels { names: &[], at: &|_| Vec::new() })
}

/// The same with other models beside.
///
/// # Errors
/// See [`ForecastError`].
pub fn walk_beside(
    hours: &Hours,
    barriers: &[Barrier],
    options: &WalkOptions,
    others: OtherModels<'_>,
) -> Result<ForecastWalk, ForecastError> {
    if let Some(hours) = options.horizons.iter().find(|hours| **hours == 0 || !hours.is_multiple_of(24)) {
        return Err(ForecastError::Horizon { hours: *hours });
    }
    let shortest = options.horizons.iter().copied().min().unwrap_or(24);
    let first = options.since.map_or(0, |since| (since - hours.hour(0)).max(0) as usize).max(LEAST_HOURS);
    let end = options.until.map_or(hours.len(), |until| (until - hours.hour(0)).max(0) as usize);
    let end = end.min(hours.len());
    let entries: Vec<usize> =
        (first..(end + 1).saturating_sub(shortest)).step_by(options.every.max(1)).collect();
    let (Some(&start), Some(_)) = (entries.first(), entries.last()) else {
        return Err(ForecastError::NothingToJudge { hours: shortest });
    };
    let extremes: Vec<Extremes> =
        options.horizons.iter().map(|horizon| Extremes::of(hours, *horizon)).collect();
    let periods: Vec<&[usize]> = entries
        .chunk_by(|a, b| (a - start) / options.refit.max(1) == (b - start) / options.refit.max(1))
        .collect();
    let said: Vec<Vec<Said>> = periods
        .par_iter()
        .map(|entries| -> Result<Vec<Said>, ForecastError> {
            let (Some(&from), Some(&until)) = (entries.first(), entries.last()) else {
                return Ok(Vec::new());
            };
            let estimated = Estimated::new(hours, &extremes, from, until)?;
            let at =
                |entry: usize| estimated.at(hours, &extremes, barriers, entry, options.paths, options.seed);
            let beside = |entry: usize, own: Vec<[Vec<f64>; 3]>| {
                let mut all: Vec<Vec<Vec<f64>>> = own.into_iter().map(Vec::from).collect();
                for said in (others.at)(3600 * hours.hour(entry)) {
                    for (number, all) in all.iter_mut().enumerate() {
                        let found = said.as_ref().and_then(|said| said.get(number).cloned());
                        all.push(found.unwrap_or_else(|| vec![f64::NAN; barriers.len()]));
                    }
                }
                all
            };
            Ok(entries.iter().filter_map(|entry| Some((*entry, beside(*entry, at(*entry)?)))).collect())
        })
        .collect::<Result<_, _>>()?;
    let said: Vec<Said> = said.into_iter().flatten().collect();
    let horizons = extremes
        .iter()
        .enumerate()
        .map(|(number, extremes)| judged(hours, extremes, barriers, &said, number, end))
        .collect();
    let methods =
        ForecastMethod::ALL.into_iter().chain(others.names.iter().map(|name| ForecastMethod::Fitted(name)));
    Ok(ForecastWalk {
        barriers: barriers.to_vec(),
        methods: methods.collect(),
        every: options.every.max(1),
        horizons,
    })
}

/// What was said of one horizon beside what came.
fn judged(
    hours: &Hours,
    extremes: &Extremes,
    barriers: &[Barrier],
    said: &[Said],
    number: usize,
    end: usize,
) -> HorizonForecasts {
    // Liquidated starts before each place, by barrier, and starts.
    let mut before = vec![vec![0_u32; barriers.len()]];
    let mut starts = vec![0_u32];
    for (index, (down, up)) in extremes.down.iter().zip(&extremes.up).enumerate() {
        let counts = hours.is_recorded(index);
        let last = &before[index];
        let next = last
            .iter()
            .zip(barriers)
            .map(|(count, barrier)| count + u32::from(counts && barrier.is_passed(*down, *up)))
            .collect();
        before.push(next);
        starts.push(starts[index] + u32::from(counts));
    }
    let mut forecasts = HorizonForecasts {
        hours: extremes.hours,
        entries: Vec::new(),
        probabilities: vec![Vec::new(); said.first().and_then(|(_, by)| by.get(number)).map_or(0, Vec::len)],
        references: Vec::new(),
        outcomes: Vec::new(),
    };
    for (entry, by_horizon) in said {
        // A start at place p is the p-th; the last that was known by then began a horizon ago.
        let known = entry.saturating_sub(extremes.hours);
        let came = extremes.at(*entry).filter(|_| entry + extremes.hours <= end);
        let Some((down, up)) = came.filter(|_| hours.is_recorded(entry - 1) && known > 0) else { continue };
        forecasts.entries.push(hours.hour(*entry));
        for (all, one) in forecasts.probabilities.iter_mut().zip(&by_horizon[number]) {
            all.push(one.clone());
        }
        let count = f64::from(starts[known].max(1));
        forecasts.references.push(before[known].iter().map(|hits| f64::from(*hits) / count).collect());
        forecasts.outcomes.push(barriers.iter().map(|barrier| barrier.is_passed(down, up)).collect());
    }
    forecasts
}
