//! The bootstrap model of a scenario file, with the price file that it names.

use serde_json::Value as Json;

use crate::market::{Duration, PriceHistory};
use crate::model::Bootstrap;

use super::numbers::{Count, Ratio};
use super::problem::{Code, Problem, Problems};
use super::shape::{Placed, Shape, any_of};
use super::table::table;
use super::tree::{Node, Value, quoted};
use crate::model::check::DRIFT;

table! {
    /// Stationary block bootstrap: recorded bars put together anew, highs and lows included.
    struct BootstrapFile {
        /// Price history: a CSV file with open, high, low and close, plain or gzip; the path starts from the scenario's folder.
        required prices: String,
        /// Mean length of a block: a duration such as "2d", or a number of bars. Volatility clusters of this length survive.
        required block: BlockChoice,
        /// Growth rate of the expected price per year, as a fraction; that of the record if absent.
        optional drift: Ratio where DRIFT,
    }
}

/// Mean length of a block, as it is written.
#[derive(Debug, Clone)]
pub(super) enum BlockChoice {
    Bars(u64),
    Time(Duration),
}

impl Shape for BlockChoice {
    fn expected() -> String {
        "a duration such as \"2d\" or a number of bars".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(_) => Duration::read(node, label, problems).map(Self::Time),
            _ => Count::read(node, label, problems).map(|count| Self::Bars(count.0)),
        }
    }

    fn schema() -> Json {
        any_of(vec![Duration::schema(), Count::schema()])
    }
}

impl BootstrapFile {
    /// The model, if all of its values were read and the price file is sound; `horizon` is the length of the paths.
    pub fn resolve(&self, horizon: Option<Duration>, problems: &mut Problems) -> Option<Bootstrap> {
        let (history, hash) = read(self.prices.as_ref()?, problems)?;
        let block = self.block.as_ref()?;
        let bars = match block.value {
            BlockChoice::Bars(bars) => bars as f64,
            BlockChoice::Time(time) => time.seconds() as f64 / history.interval.seconds() as f64,
        };
        if bars < 1.0 {
            let message =
                format!("`block` must be at least one bar, which is {} in this price file", history.interval);
            let help = "a day or a few keeps the clusters of hourly bars, a few weeks those of daily ones";
            problems.push(Problem::new(Code::OutOfRange, &block.place, message).help(help));
            return None;
        }
        let drift = self.drift.as_ref().map(|drift| drift.value.0);
        Some(Bootstrap::new(&history, hash, bars, drift, horizon?))
    }
}

/// The price history of bars with lows and highs, and the hash of its file.
pub(super) fn read(prices: &Placed<String>, problems: &mut Problems) -> Option<(PriceHistory, String)> {
    let path = prices.place.source().folder().join(&prices.value);
    let shown = quoted(&path.display().to_string());
    let mut problem = |code, message: String| {
        let help =
            "a CSV of bars with open, high, low and close; paths start from the folder of the scenario";
        problems.push(Problem::new(code, &prices.place, message).help(help));
    };
    let bytes = match prices.place.source().file(&prices.value) {
        Ok(bytes) => bytes,
        Err(error) => {
            problem(Code::Unreadable, format!("price file {shown}: {error}"));
            return None;
        }
    };
    match PriceHistory::from_bytes(&prices.value, &bytes) {
        Ok((history, _)) if history.close_only => {
            problem(Code::Unreadable, format!("price file {shown} has closes only, without highs and lows"));
            None
        }
        Ok((history, _)) => Some((history, blake3::hash(&bytes).to_hex()[..32].to_owned())),
        Err(error) => {
            problem(Code::Unreadable, format!("price file {shown}: {error}"));
            None
        }
    }
}
