//! The best levels of a sweep by a metric.

use std::fmt;

use crate::result::LevelResult;
use crate::study::Metrics;

/// Rows that are shown.
const MOST_RANKED: usize = 20;

/// The best levels by a metric.
pub struct Ranking<'a> {
    metric: Option<&'a str>,
    descending: bool,
    best: Vec<(Ranked, String)>,
}

/// A level with its value of the metric.
#[derive(Debug, Clone, Copy)]
struct Ranked {
    value: f64,
    cell: usize,
    leverage: f64,
}

impl<'a> Ranking<'a> {
    /// By rising values of a metric, such as `expected_shortfall.0.95`, or by falling ones; empty without a metric.
    pub fn new(metric: Option<&'a str>, descending: bool) -> Self {
        Self { metric, descending, best: Vec::new() }
    }

    /// Takes a level of a cell into account, if it has the metric; `name` tells the cell from the others.
    pub(super) fn look(
        &mut self,
        level: &LevelResult,
        paths: u64,
        cell: usize,
        name: impl FnOnce() -> String,
    ) {
        let found = self.metric.and_then(|metric| Metrics::new(level, paths).get(metric));
        if let Some(found) = found {
            self.add(Ranked { value: found.estimate().value, cell, leverage: level.leverage }, name);
        }
    }

    fn add(&mut self, ranked: Ranked, name: impl FnOnce() -> String) {
        let is_after = |other: &(Ranked, String)| {
            let order = ranked.value.total_cmp(&other.0.value);
            if self.descending { order.is_le() } else { order.is_ge() }
        };
        let place = self.best.partition_point(is_after);
        if place < MOST_RANKED {
            self.best.insert(place, (ranked, name()));
            self.best.truncate(MOST_RANKED);
        }
    }
}

impl fmt::Display for Ranking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(metric) = self.metric else { return Ok(()) };
        writeln!(f, "By {metric}:")?;
        self.best.iter().try_for_each(|(Ranked { value, cell, leverage }, name)| {
            writeln!(f, "{value:>14.6}  cell {cell}, {leverage}x  {name}")
        })
    }
}
