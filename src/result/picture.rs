//! What a result keeps for pictures only: the shape of a distribution, and the fan of prices over time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::{PathLaw, PathLawError, PriceDates};
use crate::market::{Duration, SECONDS_PER_DAY, SECONDS_PER_YEAR};
use crate::numeric::{exp, ln};
use crate::scenario::{Asset, Monitoring, Scenario};
use crate::stats::{Bin, Distribution};

/// Most bins of a distribution.
const MOST_BINS: usize = 64;
/// Probability that may fall into either end bin.
const TAIL: f64 = 5e-4;
const DAYS_PER_YEAR: f64 = SECONDS_PER_YEAR / SECONDS_PER_DAY;
/// Dates of a fan.
const DATES: u64 = 20;
const FAN_QUANTILES: [(&str, f64); 5] =
    [("0.05", 0.05), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95)];

/// Closing equity in units of the equity put up (1 + return), in bins of constant relative width.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EquityDistribution {
    /// Probability that nothing is left.
    pub total_loss: f64,
    /// Lower edge of the first bin.
    pub low: f64,
    /// Upper edge of the last bin.
    pub high: f64,
    /// Probability of each bin; the first and the last hold what lies beyond them too. All bins have the same ratio of
    /// upper to lower edge.
    pub probabilities: Vec<f64>,
}

impl EquityDistribution {
    /// At most 64 bins of a distribution.
    pub(super) fn new(distribution: &Distribution) -> Self {
        let total = distribution.weight();
        let lost = distribution.bins().iter().take_while(|bin| bin.high == 0.0).count();
        let bins = &distribution.bins()[lost..];
        let inside: f64 = bins.iter().map(|bin| bin.weight).sum();
        let low = beyond_tail(bins.iter(), inside).map_or(1.0, |bin| bin.low);
        let high = beyond_tail(bins.iter().rev(), inside).map_or(1.0, |bin| bin.high);
        let width = ln(high / low);
        let count = (width * 1024.0).ceil().clamp(1.0, MOST_BINS as f64) as usize;
        let edges: Vec<f64> = (0..=count).map(|i| low * exp(width * i as f64 / count as f64)).collect();
        let mut probabilities = vec![0.0; count];
        let mut place = 0;
        for bin in bins {
            place += edges[place..].iter().take_while(|edge| **edge <= bin.middle()).count();
            probabilities[place.clamp(1, count) - 1] += bin.weight / total;
        }
        Self { total_loss: (total - inside) / total, low, high, probabilities }
    }
}

/// The first bin before which there is more than the tail's share.
fn beyond_tail<'a>(mut bins: impl Iterator<Item = &'a Bin>, total: f64) -> Option<&'a Bin> {
    let mut weight = 0.0;
    bins.find(|bin| {
        weight += bin.weight;
        weight > TAIL * total
    })
}

/// Quantiles of an asset's price over time, from a small run of its own on dates that divide the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriceFan {
    /// The asset of the position.
    pub asset: String,
    /// Paths behind the fan.
    pub paths: u64,
    /// Days since the start; the first is 0.
    pub days: Vec<f64>,
    /// By probability, one price per day.
    pub quantiles: BTreeMap<String, Vec<f64>>,
}

/// The fans of scenarios, each drawn once for all that have the same.
#[derive(Debug, Default)]
pub struct PriceFans {
    /// What was drawn last: of which paths, and the price at the start.
    drawn: Option<((String, f64), PriceFan)>,
}

impl PriceFans {
    /// The fan of a scenario's position; none if it has none.
    ///
    /// # Errors
    /// If the scenario cannot be simulated.
    pub fn of(&mut self, scenario: &Scenario) -> Result<Option<PriceFan>, PathLawError> {
        let mut scenario = scenario.clone();
        let step = (scenario.simulation.horizon.seconds() / DATES).max(1);
        scenario.simulation.monitoring = Monitoring::Every(Duration::from_seconds(step));
        let place = scenario.account.positions.first().map_or(0, |position| position.asset);
        let Some(asset) = scenario.assets.get(place) else { return Ok(None) };
        let law = PathLaw::new(&scenario, &[], None)?;
        let Some(law) = law.of_asset(place) else { return Ok(None) };
        let key = (law.key(&scenario.simulation.paths, false), asset.price);
        let known = self.drawn.take().filter(|(drawn, _)| *drawn == key);
        let (_, fan) = self.drawn.insert(
            known.unwrap_or_else(|| (key, PriceFan::new(&law, asset, scenario.simulation.paths.most()))),
        );
        Ok(Some(PriceFan { asset: asset.name.clone(), ..fan.clone() }))
    }
}

impl PriceFan {
    /// The fan of an asset, the first of a law with a pause at each date.
    fn new(law: &PathLaw, asset: &Asset, paths: u64) -> Self {
        let PriceDates { paths, times, ratios, .. } = PriceDates::new(law, paths);
        let weights = FAN_QUANTILES.map(|(_, p)| p * paths as f64);
        let at_dates: Vec<_> = ratios.iter().filter_map(|ratios| ratios.quantiles(weights)).collect();
        let quantiles = FAN_QUANTILES.iter().enumerate().map(|(place, (key, _))| {
            let prices = at_dates.iter().map(|quantiles| asset.price * quantiles[place]);
            ((*key).to_owned(), std::iter::once(asset.price).chain(prices).collect())
        });
        Self {
            asset: asset.name.clone(),
            paths,
            days: std::iter::once(0.0).chain(times.iter().map(|time| time * DAYS_PER_YEAR)).collect(),
            quantiles: quantiles.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Histogram;

    #[test]
    fn a_distribution_keeps_all_probability_and_the_total_losses_apart() {
        let mut histogram = Histogram::default();
        histogram.add(0.0, 250.0);
        for i in 0..750 {
            histogram.add(0.5 + f64::from(i) / 500.0, 1.0);
        }
        let distribution = EquityDistribution::new(&Distribution::new(&histogram));
        assert_eq!(distribution.total_loss, 0.25);
        assert!(distribution.probabilities.len() <= MOST_BINS);
        assert!((distribution.probabilities.iter().sum::<f64>() - 0.75).abs() < 1e-12);
        assert!((distribution.low - 0.5).abs() < 1e-3 && (distribution.high - 2.0).abs() < 2e-3);
        // Half of what is left lies below 1.25, give or take a bin.
        let bins = distribution.probabilities.len() as f64;
        let middle =
            ((1.25 / distribution.low).ln() / (distribution.high / distribution.low).ln() * bins) as usize;
        let below: f64 = distribution.probabilities[..middle].iter().sum();
        assert!((below - 0.375).abs() < 0.02, "{below}");
    }

    #[test]
    fn a_distribution_of_total_losses_only_has_no_weight_elsewhere() {
        let mut histogram = Histogram::default();
        histogram.add(0.0, 10.0);
        let distribution = EquityDistribution::new(&Distribution::new(&histogram));
        assert_eq!((distribution.total_loss, distribution.probabilities.iter().sum::<f64>()), (1.0, 0.0));
    }
}
