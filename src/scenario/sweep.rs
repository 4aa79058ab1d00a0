//! The table `[sweep]`: keys of the scenario that take several values, and the cells that they make.

use serde_json::{Value as Json, json};

use super::document::inline;
use super::problem::{Code, Problem, Problems};
use super::shape::{Shape, wrong_type};
use super::source::Source;
use super::syntax;
use super::tree::{Node, Table, Value, number, ticked};

/// Largest number of values of one key.
const MOST_VALUES: f64 = 100_000.0;

/// A key of the scenario and the values that it takes, as TOML text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// Dotted path of the key.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

/// The cells of a sweep: every combination of the axes, or their values in step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sweep {
    /// The axes in the order of the file; the last one moves fastest.
    pub axes: Vec<Axis>,
    /// Whether the n-th values of all axes belong together.
    pub is_paired: bool,
}

/// Most cells: each is read before the first one is run, and is a file in the end.
pub const MOST_CELLS: usize = 100_000;

impl Sweep {
    /// Number of cells; one without axes.
    pub fn cells(&self) -> usize {
        let lengths = self.axes.iter().map(|axis| axis.values.len());
        if self.is_paired { lengths.min().unwrap_or(1) } else { lengths.fold(1, usize::saturating_mul) }
    }

    /// The values of a cell, in the order of the axes.
    pub fn values(&self, cell: usize) -> Vec<&str> {
        let mut rest = cell;
        let mut values: Vec<&str> = self
            .axes
            .iter()
            .rev()
            .map(|axis| {
                let index = if self.is_paired { cell } else { rest % axis.values.len() };
                rest /= axis.values.len();
                axis.values[index].as_str()
            })
            .collect();
        values.reverse();
        values
    }

    /// The options that make a cell of the scenario.
    pub fn overrides(&self, cell: usize) -> Vec<String> {
        let values = self.values(cell);
        self.axes.iter().zip(values).map(|(axis, value)| format!("{}={value}", axis.key)).collect()
    }
}

/// The sweep of a scenario's text; one without axes where it has none.
///
/// # Errors
/// What is wrong with the text as such or with the table.
pub fn read_sweep(source: Source) -> Result<Sweep, Problems> {
    let source = std::sync::Arc::new(source);
    let (root, errors) = syntax::parse(&source);
    let mut problems = Problems::default();
    problems.extend(errors);
    let node = match &root.value {
        Value::Table(table) => table.get("sweep"),
        _ => None,
    };
    let sweep = match node {
        Some(node) => Sweep::read(node, "sweep", &mut problems).unwrap_or_default(),
        None => Sweep::default(),
    };
    if let (Some(node), true) = (node, sweep.cells() > MOST_CELLS) {
        let message = format!("the sweep has {} cells", sweep.cells());
        let help = format!("at most {MOST_CELLS} are possible: give fewer values, or mode = \"paired\"");
        problems.push(Problem::new(Code::OutOfRange, &node.place, message).help(help));
    }
    if problems.is_empty() { Ok(sweep) } else { Err(problems) }
}

impl Shape for Sweep {
    fn expected() -> String {
        "a table of keys with lists or { from, to, count }".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        let Value::Table(table) = &node.value else {
            problems.push(wrong_type::<Self>(node, label));
            return None;
        };
        let mut sweep = Self::default();
        let mut axes = table.clone();
        if let Some(mode) = table.get("mode") {
            axes.entries.retain(|entry| entry.key != "mode");
            match &mode.value {
                Value::Text(text) if text == "grid" => {}
                Value::Text(text) if text == "paired" => sweep.is_paired = true,
                _ => {
                    let message = format!("`mode` must be \"grid\" or \"paired\", but is {}", mode.shown());
                    problems.push(Problem::new(Code::WrongType, &mode.place, message));
                }
            }
        }
        collect(&axes, "", &mut sweep.axes, problems);
        let lengths: Vec<usize> = sweep.axes.iter().map(|axis| axis.values.len()).collect();
        if sweep.is_paired && lengths.windows(2).any(|pair| pair[0] != pair[1]) {
            let message = format!("paired keys must have equally many values, but have {lengths:?}");
            problems.push(Problem::new(Code::Conflict, &node.place, message));
        }
        Some(sweep)
    }

    fn schema() -> Json {
        json!({ "type": "object", "properties": { "mode": {
            "enum": ["grid", "paired"],
            "description": "Every combination of the values, or the n-th values of all keys together",
        } } })
    }
}

/// Walks down to lists and ranges; the keys on the way make the path.
fn collect(table: &Table, path: &str, axes: &mut Vec<Axis>, problems: &mut Problems) {
    for entry in &table.entries {
        let key = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
        let values = match &entry.node.value {
            Value::List(items) => Some(items.iter().map(inline).collect()),
            Value::Table(inner) if inner.get("from").is_some() => range(inner),
            Value::Table(inner) => {
                collect(inner, &key, axes, problems);
                continue;
            }
            _ => None,
        };
        match values {
            Some(values) if !values.is_empty() => axes.push(Axis { key, values }),
            _ => {
                let message = format!("{} has no values to take", ticked(&key));
                let help = "give a list such as [0.4, 0.6], or { from = 0.4, to = 0.8, count = 5 }";
                problems.push(Problem::new(Code::WrongType, &entry.node.place, message).help(help));
            }
        }
    }
}

/// Equally spaced numbers, both ends included.
fn range(table: &Table) -> Option<Vec<String>> {
    let get = |key: &str| match table.get(key)?.value {
        Value::Integer(integer) => Some(integer as f64),
        Value::Float(float) => Some(float),
        _ => None,
    };
    let (from, to, count) = (get("from")?, get("to")?, get("count")?);
    if table.entries.len() != 3 || !(2.0..=MOST_VALUES).contains(&count) || !(to - from).is_finite() {
        return None;
    }
    let last = count.floor() - 1.0;
    // Twelve digits hide the rounding of the step and nothing else.
    let at = |index: f64| format!("{:.11e}", from + (to - from) * index / last).parse::<f64>().ok();
    (0..=last as usize).map(|index| at(index as f64).map(number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(text: &str) -> Result<Sweep, Problems> {
        read_sweep(Source::new("test", text))
    }

    #[test]
    fn a_grid_has_every_combination_and_the_last_key_moves_fastest() {
        let grid = sweep(
            "[sweep]\nassets.BTC.model.volatility = { from = 0.4, to = 0.8, count = 3 }\n\"simulation.horizon\" = [\"1d\", \"7d\"]",
        )
        .unwrap();
        assert_eq!(grid.cells(), 6);
        assert_eq!(grid.overrides(1), ["assets.BTC.model.volatility=0.4", "simulation.horizon=\"7d\""]);
        assert_eq!(grid.values(5), ["0.8", "\"7d\""]);
        assert_eq!(grid.values(2), ["0.6", "\"1d\""]);
    }

    #[test]
    fn paired_keys_go_in_step() {
        let paired = sweep("[sweep]\nmode = \"paired\"\na = [1, 2]\nb = [[3], { c = 4 }]").unwrap();
        assert_eq!(paired.cells(), 2);
        assert_eq!(paired.overrides(1), ["a=2", "b={ c = 4 }"]);
        assert!(sweep("[sweep]\nmode = \"paired\"\na = [1, 2]\nb = [1]").is_err());
    }

    #[test]
    fn what_is_no_axis_is_a_problem_and_no_sweep_is_one_cell() {
        for text in ["[sweep]\na = []", "[sweep]\na = 1", "[sweep]\na = { from = 1 }", "[sweep]\nmode = 1"] {
            assert!(sweep(text).is_err(), "{text}");
        }
        assert_eq!(sweep("name = \"x\"").unwrap().cells(), 1);
    }
}
