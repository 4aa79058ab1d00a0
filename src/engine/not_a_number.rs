//! Prices that are no numbers: a mistake in a model or in its parameters, which must not become a result.

use super::block::BlockLoop;
use super::path_law::PathLaw;
use crate::account::Observer;
use crate::market::{Bars, SECONDS_PER_DAY, SECONDS_PER_YEAR};
use crate::model::Model;
use crate::numeric::Stream;

const DAYS_PER_YEAR: f64 = SECONDS_PER_YEAR / SECONDS_PER_DAY;

/// Where the price of a path is no number any more.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the model `{model}` gives path {path} of asset {asset} a price that is not a number, at day {days:.3} at the latest: its parameters \
     cannot be right"
)]
pub struct NotANumber {
    /// The model's kind, or its own name.
    pub model: String,
    /// Place of the asset in the scenario.
    pub asset: usize,
    /// Number of the path in the run, from 0.
    pub path: u64,
    /// Days from the start to the end of the first bar that has such a price.
    pub days: f64,
}

impl NotANumber {
    /// That of a path of an asset under a model.
    pub fn new(model: &Model, asset: usize, path: u64, days: f64) -> Self {
        let model = match model {
            Model::Custom(model) => model.name().to_owned(),
            model => model.kind().to_owned(),
        };
        Self { model, asset, path, days }
    }

    /// The first one among the log-prices at the end of a block of a law, by asset and path; the first path has this number. Nothing that
    /// happens to a price makes it a number again, so its end tells.
    pub(super) fn among(log_prices: &[Vec<f64>], law: &PathLaw, (block, first): (u64, u64)) -> Option<Self> {
        let lane_of = |prices: &Vec<f64>| prices.iter().position(|price| price.is_nan());
        let (asset, lane) =
            log_prices.iter().enumerate().find_map(|(asset, prices)| Some((asset, lane_of(prices)?)))?;
        let mut search = Search { asset, lane: lane as u32, years: law.years() };
        BlockLoop::new(law).run_block(block, log_prices[asset].len(), &mut [&mut search]);
        Some(Self::new(&law.models[asset], asset, first + lane as u64, search.years * DAYS_PER_YEAR))
    }
}

/// Looks for the first bar of a path whose close is no number.
struct Search {
    asset: usize,
    lane: u32,
    /// The end of that bar; at first that of the path.
    years: f64,
}

impl Observer for Search {
    fn begin(&mut self, _lanes: usize) {}

    fn observe(&mut self, bars: &[Bars], _noise: &mut Stream) {
        let bars = &bars[self.asset];
        let Some(place) = bars.lanes.iter().position(|lane| *lane == self.lane) else { return };
        if bars.close[place].is_nan() {
            self.years = self.years.min(bars.start[place] + bars.duration[place]);
        }
    }
}
