//! The values that a scenario was read from.

use std::sync::Arc;

use super::source::Source;
use super::tree::{Node, Table, Value};
use super::types::Scenario;

/// The values that a scenario was read from, and the files that they name; nothing where it was made otherwise.
#[derive(Debug, Clone, Default)]
pub struct Written {
    from: Option<Arc<(Table, Source)>>,
    /// What was found in the files.
    found: Arc<[String]>,
}

/// Where a scenario came from is no part of what it is.
impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Written {
    pub(super) fn new(root: Node, source: &Arc<Source>, found: &[String]) -> Self {
        let table = match root.value {
            Value::Table(table) => table,
            _ => Table::default(),
        };
        Self { from: Some(Arc::new((table, source.as_ref().clone()))), found: found.into() }
    }

    /// The values and where they came from; none where the scenario was made otherwise.
    pub(super) fn values(&self) -> Option<(&Table, &Source)> {
        self.from.as_deref().map(|(table, source)| (table, source))
    }
}

impl Scenario {
    /// What was found in the files of prices and rates that it names, a line each.
    pub fn found(&self) -> &[String] {
        &self.written.found
    }
}
