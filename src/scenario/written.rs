//! The values that a scenario was read from.

use std::sync::Arc;

use super::source::Source;
use super::tree::{Node, Table, Value};

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

    /// What was found in the files.
    pub(super) fn found(&self) -> &[String] {
        &self.found
    }

    /// The values and where they came from; none where the scenario was made otherwise.
    pub(super) fn values(&self) -> Option<(&Table, &Source)> {
        self.from.as_deref().map(|(table, source)| (table, source))
    }
}
