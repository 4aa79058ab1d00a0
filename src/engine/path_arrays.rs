//! Paths that a caller brings, as arrays of prices.

use std::ops::Range;

use super::given::{BarColumns, GivenPaths};
use crate::market::Duration;
use crate::numeric::ln;

/// Bars of one asset on all paths: path by path, bar by bar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssetPaths {
    /// Price at the start of every path.
    pub start: f64,
    /// First price of each bar.
    pub open: Vec<f64>,
    /// Highest price.
    pub high: Vec<f64>,
    /// Lowest price.
    pub low: Vec<f64>,
    /// Last price.
    pub close: Vec<f64>,
}

impl AssetPaths {
    /// Paths of which only the prices at the ends of intervals are known: in between each goes straight from one to the next.
    ///
    /// `prices` are path by path, the price at the start left out.
    pub fn of_closes(start: f64, prices: Vec<f64>, bars: usize) -> Self {
        let before = |(place, _): (usize, &f64)| {
            if bars == 0 || place.is_multiple_of(bars) { start } else { prices[place - 1] }
        };
        let open: Vec<f64> = prices.iter().enumerate().map(before).collect();
        let of = |choose: fn(f64, f64) -> f64| {
            open.iter().zip(&prices).map(|(open, close)| choose(*open, *close)).collect()
        };
        Self { start, high: of(f64::max), low: of(f64::min), open, close: prices }
    }
}

/// Why arrays are no paths.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PathArraysError {
    /// There is no bar, or no path.
    #[error("there are no bars: every asset needs at least one path of at least one bar")]
    Empty,
    /// A bar has no length.
    #[error("the length of a bar must be at least a second")]
    Interval,
    /// The arrays differ in length, or are no whole number of paths.
    #[error(
        "asset {asset}: open, high, low and close must have {expected} prices each, as many as the first asset has, in whole paths"
    )]
    Length {
        /// Place of the asset.
        asset: usize,
        /// Prices of the first asset's open.
        expected: usize,
    },
    /// A price is not positive and finite, or lies outside the low and the high of its bar.
    #[error(
        "asset {asset}, path {path}, bar {bar}: prices must be positive and finite, the low not above and the high not below open and close"
    )]
    Price {
        /// Place of the asset.
        asset: usize,
        /// The path.
        path: usize,
        /// The bar.
        bar: usize,
    },
}

/// Paths of some assets, as log-prices over those at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct PathArrays {
    interval: Duration,
    bars: usize,
    paths: usize,
    assets: Vec<AssetPaths>,
}

impl PathArrays {
    /// Paths of so many bars of a length; the assets are in the order of the scenario that they are for.
    ///
    /// # Errors
    /// See [`PathArraysError`].
    pub fn new(
        interval: Duration,
        bars: usize,
        mut assets: Vec<AssetPaths>,
    ) -> Result<Self, PathArraysError> {
        let expected = assets.first().map_or(0, |asset| asset.open.len());
        if expected == 0 || bars == 0 {
            return Err(PathArraysError::Empty);
        }
        if interval.seconds() == 0 {
            return Err(PathArraysError::Interval);
        }
        for (asset, own) in assets.iter_mut().enumerate() {
            let AssetPaths { start, open, high, low, close } = own;
            let is_whole = |column: &&mut Vec<f64>| column.len() == expected;
            if !expected.is_multiple_of(bars)
                || ![&mut *open, &mut *high, &mut *low, &mut *close].iter().all(is_whole)
            {
                return Err(PathArraysError::Length { asset, expected });
            }
            let is_price = |price: f64| price > 0.0 && price.is_finite();
            let is_bar = |place: usize| {
                let (open, high, low, close) = (open[place], high[place], low[place], close[place]);
                is_price(low) && is_price(high) && low <= open.min(close) && high >= open.max(close)
            };
            if let Some(place) = (0..expected).find(|place| !is_price(*start) || !is_bar(*place)) {
                return Err(PathArraysError::Price { asset, path: place / bars, bar: place % bars });
            }
            for column in [open, high, low, close] {
                column.iter_mut().for_each(|price| *price = ln(*price / *start));
            }
        }
        Ok(Self { interval, bars, paths: expected / bars, assets })
    }

    /// Number of paths.
    pub fn paths(&self) -> usize {
        self.paths
    }

    /// Number of assets.
    pub fn assets(&self) -> usize {
        self.assets.len()
    }

    /// Length of every path.
    pub fn horizon(&self) -> Duration {
        Duration::from_seconds(self.interval.seconds() * self.bars as u64)
    }

    /// The paths of some of the assets, in this order.
    pub(crate) fn of_assets(&self, assets: &[usize]) -> Option<Self> {
        let assets =
            assets.iter().map(|asset| self.assets.get(*asset).cloned()).collect::<Option<Vec<_>>>()?;
        Some(Self { assets, ..*self })
    }
}

impl GivenPaths for PathArrays {
    fn interval(&self) -> Duration {
        self.interval
    }

    fn bars(&self) -> usize {
        self.bars
    }

    fn columns(&self, asset: usize, bar: usize, paths: Range<usize>) -> BarColumns {
        let own = &self.assets[asset];
        let of = |column: &[f64]| paths.clone().map(|path| column[path * self.bars + bar]).collect();
        BarColumns { open: of(&own.open), high: of(&own.high), low: of(&own.low), close: of(&own.close) }
    }
}
