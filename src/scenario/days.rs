//! Whole days: durations of what happens once a day.

use serde_json::Value as Json;

use crate::market::Duration;

use super::problem::{Code, Problem, Problems};
use super::range::Range;
use super::shape::{Numeric, Shape};
use super::tree::{Node, ticked};

const SECONDS_PER_DAY: u64 = 86_400;

/// A whole number of days, as a duration such as `"30d"`. A range of it is in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Days(pub u32);

impl Days {
    /// A duration of whole days in days; none for any other.
    pub fn of(duration: Duration) -> Option<Self> {
        let days = duration.seconds() / SECONDS_PER_DAY;
        let is_whole = duration.seconds().is_multiple_of(SECONDS_PER_DAY);
        u32::try_from(days).ok().filter(|_| is_whole).map(Self)
    }
}

impl Numeric for Days {
    fn number(self) -> f64 {
        f64::from(self.0)
    }

    fn remedy(self, _: Range) -> Option<String> {
        None
    }
}

impl Shape for Days {
    fn expected() -> String {
        "a whole number of days such as \"30d\"".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        let duration = Duration::read(node, label, problems)?;
        let days = Self::of(duration);
        if days.is_none() {
            let message = format!("{} must be {}, but is {duration}", ticked(label), Self::expected());
            let help = "a miner's accounts are made once a day";
            problems.push(Problem::new(Code::OutOfRange, &node.place, message).help(help));
        }
        days
    }

    fn schema() -> Json {
        Duration::schema()
    }
}
