//! Where in its file a limit stands, for messages about it.

use super::tree::Value;
use super::types::{Limit, Scenario};

impl Scenario {
    /// The line of the file on which a limit at a level stands; none where it was set otherwise.
    pub fn line_of_limit(
        &self,
        metric: &str,
        leverage: f64,
        (min, max): (Option<f64>, Option<f64>),
    ) -> Option<usize> {
        let (table, _) = self.written.values()?;
        let Value::List(limits) = &table.get("limits")?.value else { return None };
        // A limit without its level is in the file, and not in the scenario.
        let is_whole = limits.len() == self.limits.len();
        let item = limits.iter().enumerate().find(|(number, item)| {
            let is_named = matches!(item.at(&["metric"]).map(|node| &node.value), Some(Value::Text(name)) if name == metric);
            let limit = self.limits.get(*number).filter(|_| is_whole);
            let is_meant = |limit: &Limit| {
                limit.leverage.is_none_or(|wanted| wanted == leverage) && (limit.min, limit.max) == (min, max)
            };
            is_named && limit.is_none_or(is_meant)
        });
        let (_, item) = item?;
        let place = &item.at(&["metric"])?.place;
        place.line_and_column().filter(|_| !place.source().is_override()).map(|(line, _)| line)
    }
}
