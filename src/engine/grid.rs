//! The common times of all paths.

use std::collections::BTreeMap;

use crate::market::Duration;
use crate::model::{Model, Stress};
use crate::scenario::Monitoring;

/// A common time of all paths at which something happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridPoint {
    /// Years since the start.
    pub time: f64,
    /// Whether a discretely monitored account is shown the price here.
    pub look: bool,
    /// Whether something is due to an account here.
    pub due: bool,
    /// Whether an observer may select paths here.
    pub select: bool,
}

/// The union of the ends of the models' steps and of the longest bars that are wanted, the edges of stress, the monitoring
/// dates, the times in seconds at which something is due, and the horizon.
pub(super) fn grid(
    models: &[Model],
    stress: &[Stress],
    (horizon, monitoring): (Duration, Monitoring),
    due: &[u64],
    longest: Option<Duration>,
) -> Vec<GridPoint> {
    let end = horizon.seconds();
    let mut points: BTreeMap<u64, GridPoint> = BTreeMap::new();
    let mut at = |seconds: u64, set: &dyn Fn(&mut GridPoint)| {
        let time = Duration::from_seconds(seconds).years();
        set(points.entry(seconds).or_insert(GridPoint { time, look: false, due: false, select: false }));
    };
    for step in models.iter().filter_map(|model| model.step(horizon)).chain(longest) {
        multiples(step, end).for_each(|seconds| at(seconds, &|_| {}));
    }
    for edge in stress.iter().flat_map(Stress::edges) {
        if (1..end).contains(&edge.seconds()) {
            at(edge.seconds(), &|_| {});
        }
    }
    if let Monitoring::Every(interval) = monitoring {
        multiples(interval, end).for_each(|seconds| at(seconds, &|point| point.look = true));
    }
    for seconds in due {
        at(*seconds, &|point| point.due = true);
    }
    at(end, &|_| {});
    points.into_values().collect()
}

/// The multiples of an interval up to the horizon, in seconds.
fn multiples(interval: Duration, horizon: u64) -> impl Iterator<Item = u64> {
    let step = interval.seconds().max(1);
    (1..=horizon / step).map(move |k| k * step)
}
