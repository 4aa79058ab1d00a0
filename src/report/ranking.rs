//! The best levels of a sweep by a metric, as one table.

use super::check::measured;
use super::columns;
use super::number;
use super::table::Table;
use crate::result::LevelResult;
use crate::stats::Estimate;
use crate::study::{Metrics, is_gain};

/// Rows that are shown.
const MOST_RANKED: usize = 20;

/// What cells are ranked by, unless something else is asked for.
const USUAL: &str = "liquidation_probability";

/// The best levels by a metric.
pub struct Ranking<'a> {
    metric: &'a str,
    descending: bool,
    seen: usize,
    best: Vec<Ranked>,
}

/// A level with its place in the ranking and what is shown of it.
#[derive(Debug)]
struct Ranked {
    estimate: Estimate,
    row: Vec<String>,
}

impl<'a> Ranking<'a> {
    /// Best first by a metric, such as `expected_shortfall.0.95`: what is a gain by falling values, what is a
    /// loss by rising ones; `descending` means falling values of anything. By the probability of liquidation
    /// without a metric.
    pub fn new(metric: Option<&'a str>, descending: bool) -> Self {
        let metric = metric.unwrap_or(USUAL);
        Self { metric, descending: descending || is_gain(metric), seen: 0, best: Vec::new() }
    }

    /// Takes a level of a cell into account, if it has the metric; `values` tell the cell from the others.
    pub(super) fn look(
        &mut self,
        level: &LevelResult,
        paths: u64,
        cell: usize,
        values: impl FnOnce() -> Vec<String>,
    ) {
        let Some(found) = Metrics::new(level, paths).get(self.metric) else { return };
        self.seen += 1;
        let estimate = found.estimate();
        // What was not seen is told apart by its bound.
        let order = |a: &Estimate, b: &Estimate| {
            let by_value = a.value.total_cmp(&b.value);
            by_value.then(a.high.total_cmp(&b.high))
        };
        let is_before = |other: &Ranked| match self.descending {
            true => order(&estimate, &other.estimate).is_le(),
            false => order(&estimate, &other.estimate).is_ge(),
        };
        let place = self.best.partition_point(is_before);
        if place < MOST_RANKED {
            let row = self.row(level, estimate, cell, values());
            self.best.insert(place, Ranked { estimate, row });
            self.best.truncate(MOST_RANKED);
        }
    }

    /// Liquidations and returns; beside another metric without the quantiles of the return.
    fn columns(&self) -> impl Iterator<Item = &'static columns::Column> {
        columns::ranked().take(if self.metric == USUAL { usize::MAX } else { 3 })
    }

    fn row(&self, level: &LevelResult, estimate: Estimate, cell: usize, values: Vec<String>) -> Vec<String> {
        let mut row = vec![cell.to_string()];
        row.extend(values);
        row.push(number::leverage(level.leverage));
        row.extend(self.columns().map(|column| (column.cell)(level)));
        if self.metric != USUAL {
            let (value, interval) = measured(self.metric, estimate.value, estimate.low, estimate.high);
            row.extend([value, interval]);
        }
        row
    }

    /// The table, best first, and how many rows it leaves out; `heads` are those of what tells cells apart.
    pub fn table(&self, heads: Vec<String>) -> String {
        let mut head = vec!["Cell".to_owned()];
        head.extend(heads);
        head.push("Leverage".to_owned());
        head.extend(self.columns().map(|column| column.head.join("\n")));
        if self.metric != USUAL {
            // A long name takes two lines.
            head.extend([self.metric.replacen(['.', '_'], "\n", 1), "95 %\ninterval".to_owned()]);
        }
        let rows = self.best.iter().map(|ranked| ranked.row.clone());
        let order = if self.descending { "falling" } else { "rising" };
        format!(
            "{}{} of {} rows shown, by {order} {}; results.csv has all\n",
            Table::of_texts(head, rows).terminal(),
            number::count(self.best.len() as u64),
            number::count(self.seen as u64),
            self.metric
        )
    }
}
