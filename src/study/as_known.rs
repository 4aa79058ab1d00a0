//! A scenario as it would have been written at a time of the past: its models estimated from bars before it.

use std::collections::BTreeMap;

use crate::engine::held;
use crate::market::{HistoricalBar, PriceHistory};
use crate::model::{Model, share_past};
use crate::numeric::elementary::ln;
use crate::scenario::Scenario;

/// Returns that a correlation rests on at least.
const LEAST_RETURNS: usize = 30;

/// Estimates a model of the same kind as a given one from a stretch of history.
pub type Refit<'a> = dyn Fn(&PriceHistory, &Model) -> Result<Model, String> + Sync + 'a;

/// The assets that the account of a scenario holds, each with its history.
pub(super) struct AsKnown<'a> {
    /// Without assets that no position is in.
    scenario: Scenario,
    histories: Vec<&'a PriceHistory>,
    refit: &'a Refit<'a>,
}

impl<'a> AsKnown<'a> {
    /// For histories by the names of assets; a single one is that of the only asset. None if an asset has no history.
    pub fn new(
        scenario: &Scenario,
        histories: &[(String, &'a PriceHistory)],
        refit: &'a Refit<'a>,
    ) -> Option<Self> {
        let scenario = held(scenario).into_owned();
        let of = |name: &String| histories.iter().find(|(own, _)| own == name).map(|(_, history)| *history);
        let found = match (histories, &scenario.assets[..]) {
            ([(_, history)], [_]) => vec![*history],
            (_, assets) => assets.iter().map(|asset| of(&asset.name)).collect::<Option<_>>()?,
        };
        Some(Self { scenario, histories: found, refit })
    }

    /// The scenario with models, and where it has any with correlations, of the bars from one second (since 1970; the first if none) up to
    /// another. Assets whose paths are made of recorded hours draw the same past days.
    ///
    /// # Errors
    /// Why a model cannot be estimated.
    pub fn between(&self, since: Option<i64>, until: i64) -> Result<Scenario, String> {
        let known: Vec<PriceHistory> =
            self.histories.iter().map(|history| history.between(since, Some(until))).collect();
        let mut scenario = self.scenario.clone();
        let refitted = known.iter().zip(&scenario.assets);
        let mut models = refitted
            .map(|(known, asset)| (self.refit)(known, &asset.model))
            .collect::<Result<Vec<_>, _>>()?;
        if models.len() > 1 && models.iter().all(Model::is_of_hours) {
            models = share_past(&models).map_err(|error| error.to_string())?;
        }
        for (asset, model) in scenario.assets.iter_mut().zip(models) {
            asset.model = model;
            // Those of the file are of other parameters.
            asset.errors = None;
        }
        scenario.simulation.parameter_errors = false;
        if known.len() > 1 && !scenario.dependence.correlation.is_empty() {
            scenario.dependence.correlation = correlation(&known)?;
        }
        Ok(scenario)
    }
}

/// Correlations of the log returns of bars that follow each other in all histories.
fn correlation(histories: &[PriceHistory]) -> Result<Vec<Vec<f64>>, String> {
    let step = histories.first().map_or(0, |history| history.interval.seconds() as i64);
    let returns = |history: &PriceHistory| -> BTreeMap<i64, f64> {
        let follows = |pair: &&[HistoricalBar]| pair[1].time - pair[0].time == step;
        let pairs = history.bars.windows(2).filter(follows);
        pairs.map(|pair| (pair[1].time, ln(pair[1].close / pair[0].close))).collect()
    };
    let all: Vec<BTreeMap<i64, f64>> = histories.iter().map(returns).collect();
    let times: Vec<i64> =
        all[0].keys().copied().filter(|time| all.iter().all(|own| own.contains_key(time))).collect();
    if times.len() < LEAST_RETURNS {
        return Err(format!(
            "the histories have {} returns in common, too few for a correlation",
            times.len()
        ));
    }
    let column = |own: &BTreeMap<i64, f64>| -> Vec<f64> {
        let values: Vec<f64> = times.iter().map(|time| own[time]).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|value| value - mean).collect()
    };
    let columns: Vec<Vec<f64>> = all.iter().map(column).collect();
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let entry = |i: usize, j: usize| match i == j {
        true => 1.0,
        false => {
            let (a, b) = (&columns[i], &columns[j]);
            product(a, b) / (product(a, a) * product(b, b)).sqrt()
        }
    };
    let matrix: Vec<Vec<f64>> =
        (0..columns.len()).map(|i| (0..columns.len()).map(|j| entry(i, j)).collect()).collect();
    match matrix.iter().flatten().all(|entry| entry.is_finite()) {
        true => Ok(matrix),
        false => Err("a price never moves: it has no correlation".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Duration;

    fn history(closes: &[(i64, f64)]) -> PriceHistory {
        let bar = |(hour, close): &(i64, f64)| HistoricalBar {
            time: 3600 * hour,
            open: *close,
            high: *close,
            low: *close,
            close: *close,
            volume: 0.0,
        };
        PriceHistory {
            bars: closes.iter().map(bar).collect(),
            interval: Duration::from_seconds(3600),
            close_only: false,
        }
    }

    /// Moves of one are those of the other to the power 2 where both are recorded; one has a hole and a wild move inside it.
    #[test]
    fn only_returns_of_both_count() {
        let moves = |hour: i64| 0.01 * ((hour * 7919 % 13) as f64 - 6.0);
        let (mut level, mut one, mut other) = (0.0_f64, Vec::new(), Vec::new());
        for hour in 0..60 {
            level += moves(hour);
            one.push((hour, level.exp()));
            if hour != 30 {
                let wild = if hour > 30 { 5.0 } else { 0.0 };
                other.push((hour, (wild - 2.0 * level).exp()));
            }
        }
        let found = correlation(&[history(&one), history(&other)]).unwrap();
        assert!((found[0][1] + 1.0).abs() < 1e-12 && found[1][0] == found[0][1], "{found:?}");
        assert!(correlation(&[history(&one[..20]), history(&other)]).is_err());
    }
}
