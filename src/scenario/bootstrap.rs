//! The bootstrap model of a scenario file, with the price file that it names.

use serde_json::Value as Json;

use crate::market::{Duration, PriceHistory};
use crate::model::Bootstrap;

use super::numbers::{Count, Ratio};
use super::problem::{Code, Problem, Problems};
use super::recorded::{Recorded, RecordedFile};
use super::shape::{Placed, Shape, any_of};
use super::table::table;
use super::tree::{Node, Value, quoted};
use crate::model::check::DRIFT;

table! {
    /// Stationary block bootstrap: recorded bars put together anew, highs and lows included.
    struct BootstrapFile {
        /// Price history: a file of bars with open, high, low and close; the path starts from the scenario's folder.
        required prices: RecordedFile,
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
        let Recorded { content: history, hash } = bars(self.prices.as_ref()?, problems)?;
        let block = self.block.as_ref()?;
        let length = match block.value {
            BlockChoice::Bars(bars) => bars as f64,
            BlockChoice::Time(time) => time.seconds() as f64 / history.interval.seconds() as f64,
        };
        if length < 1.0 {
            let message =
                format!("`block` must be at least one bar, which is {} in this price file", history.interval);
            let help = "a day or a few keeps the clusters of hourly bars, a few weeks those of daily ones";
            problems.push(Problem::new(Code::OutOfRange, &block.place, message).help(help));
            return None;
        }
        let drift = self.drift.as_ref().map(|drift| drift.value.0);
        Some(Bootstrap::new(&history, hash, length, drift, horizon?))
    }
}

/// The bars of a price file that must have lows and highs.
pub(super) fn bars(prices: &Placed<RecordedFile>, problems: &mut Problems) -> Option<Recorded<PriceHistory>> {
    let read = prices.prices(problems)?;
    if read.content.close_only {
        let message =
            format!("price file {} has closes only, without highs and lows", quoted(&prices.value.name));
        let help = "give bars with open, high, low and close";
        problems.push(Problem::new(Code::Unreadable, &prices.place, message).help(help));
        return None;
    }
    Some(read)
}
