//! Paths as `ndarray` arrays, in and out.

use ndarray::{Array2, Array4, ArrayView2, ArrayView3};

use super::evaluate_error::EvaluateError;
use super::given::{Between, GivenPaths};
use super::simulate::{SimulateError, SimulatedBar, simulate};
use crate::engine::RunOptions;
use crate::market::Duration;
use crate::scenario::Scenario;

impl GivenPaths {
    /// From prices of shape (paths, bars + 1): the price at the start and one at the end of each bar. See
    /// [`from_closes`](Self::from_closes).
    ///
    /// # Errors
    /// One is no price, or there are too few.
    pub fn from_array(
        interval: Duration,
        prices: ArrayView2<'_, f64>,
        between: Between,
    ) -> Result<Self, EvaluateError> {
        let prices = prices.as_standard_layout();
        Self::from_closes(interval, prices.nrows(), prices.as_slice().unwrap_or_default(), between)
    }

    /// From bars of shape (paths, bars, 4) with open, high, low and close. See [`from_bars`](Self::from_bars).
    ///
    /// # Errors
    /// One is no price, a high or low lies inside its bar, or the last axis is of another length.
    pub fn from_bar_array(interval: Duration, bars: ArrayView3<'_, f64>) -> Result<Self, EvaluateError> {
        let (paths, _, columns) = bars.dim();
        if columns != 4 {
            return Err(EvaluateError::Shape { paths, prices: bars.len() });
        }
        let bars = bars.as_standard_layout();
        Self::from_bars(interval, paths, bars.as_slice().unwrap_or_default())
    }
}

/// Simulated prices as bars of shape (assets, paths, bars, 4): open, high, low and close in quote units. The paths are those of
/// [`simulate`].
///
/// # Errors
/// See [`simulate`].
pub fn simulated_bars(
    scenario: &Scenario,
    paths: u64,
    interval: Duration,
    options: &RunOptions<'_>,
) -> Result<Array4<f64>, SimulateError> {
    let bars = scenario.simulation.horizon.seconds() / interval.seconds().max(1);
    let mut array = Array4::zeros((scenario.assets.len(), paths as usize, bars as usize, 4));
    simulate(scenario, paths, interval, options, |bar: &SimulatedBar| {
        let SimulatedBar { path, asset, bar, open, high, low, close, .. } = *bar;
        for (column, price) in [open, high, low, close].into_iter().enumerate() {
            array[[asset, path as usize, bar, column]] = price;
        }
        Ok::<(), SimulateError>(())
    })?;
    Ok(array)
}

/// Simulated prices of one asset of shape (paths, bars + 1): the price at the start and that at the end of each bar, as
/// [`GivenPaths::from_array`] takes them.
///
/// # Errors
/// See [`simulate`].
pub fn simulated_closes(
    scenario: &Scenario,
    asset: usize,
    paths: u64,
    interval: Duration,
    options: &RunOptions<'_>,
) -> Result<Array2<f64>, SimulateError> {
    let bars = scenario.simulation.horizon.seconds() / interval.seconds().max(1);
    let start = scenario.assets.get(asset).map_or(f64::NAN, |asset| asset.price);
    let mut array = Array2::from_elem((paths as usize, bars as usize + 1), start);
    simulate(scenario, paths, interval, options, |bar: &SimulatedBar| {
        if bar.asset == asset {
            array[[bar.path as usize, bar.bar + 1]] = bar.close;
        }
        Ok::<(), SimulateError>(())
    })?;
    Ok(array)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};

    use super::*;
    use crate::scenario::{Source, parse};
    use crate::study::evaluate;

    const TEXT: &str = r#"
        simulation = { horizon = "2d", paths = 100 }
        assets.X = { price = 100.0, model = { kind = "gbm", drift = 0.0, volatility = 0.9 } }
        [account]
        equity = 1000.0
        leverage = [20]
        venue = { contract = "linear", maintenance = 0.005 }
        positions = [{ asset = "X", side = "long" }]
    "#;

    #[test]
    fn what_is_simulated_can_be_evaluated_whatever_its_layout_in_memory() {
        let scenario = parse(Source::new("arrays", TEXT), &[]).unwrap();
        let (hour, options) = (Duration::from_seconds(3600), RunOptions::default());
        let closes = simulated_closes(&scenario, 0, 70, hour, &options).unwrap();
        let bars = simulated_bars(&scenario, 70, hour, &options).unwrap();
        assert_eq!((closes.dim(), bars.dim()), ((70, 49), (1, 70, 48, 4)));
        assert_eq!(closes.slice(s![.., 1..]), bars.slice(s![0, .., .., 3]));
        assert!(closes.column(0).iter().all(|price| *price == 100.0));
        // Column by column in memory.
        let turned: Array2<f64> = closes.t().to_owned();
        let one = GivenPaths::from_array(hour, closes.view(), Between::Closes).unwrap();
        let other = GivenPaths::from_array(hour, turned.t(), Between::Closes).unwrap();
        assert_eq!(one, other);
        let hits = |given| {
            let result = evaluate(&scenario, vec![given], &options).unwrap();
            (70.0 * result.levels[0].liquidation_probability.value).round() as usize
        };
        let low = scenario.assets[0].price * 0.95;
        let by_closes = closes.rows().into_iter().filter(|path| path.iter().any(|x| *x < low)).count();
        let found = hits(one);
        assert!(found.abs_diff(by_closes) < 15, "{found} of 70 near {by_closes}");
        assert!(hits(GivenPaths::from_bar_array(hour, bars.slice(s![0, .., .., ..])).unwrap()) >= found);
        assert!(GivenPaths::from_bar_array(hour, bars.slice(s![0, .., .., ..3])).is_err());
    }
}
