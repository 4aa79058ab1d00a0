//! Shapes: what values of the file can be read as. One declaration gives the reader and the schema, which so cannot
//! drift apart.
//!
//! A reader reports everything that does not fit and goes on: a field that is absent or reported is `None`, so the
//! checks that follow can still look at the rest.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::problem::{Code, Place, Problem, Problems};
use super::range::Range;
use super::tree::{Node, Value, ticked};

/// Something that a value of the file can be read as.
pub(super) trait Shape: Sized {
    /// In words, to follow "must be".
    fn expected() -> String;

    /// Reads a value that messages call `label`; what does not fit is reported.
    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self>;

    /// Its JSON Schema.
    fn schema() -> Json;
}

/// A value that can have a range.
pub(super) trait Numeric: Copy {
    /// The number that the range is of.
    fn number(self) -> f64;

    /// What may have been meant by a value outside its range, if that can be guessed.
    fn remedy(self, range: Range) -> Option<String>;
}

/// A value that was read, and its place.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub value: T,
    pub place: Place,
}

impl<T: Shape> Placed<T> {
    pub fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        T::read(node, label, problems).map(|value| Self { value, place: node.place.clone() })
    }
}

/// The problem of a value of another type.
pub(super) fn wrong_type<T: Shape>(node: &Node, label: &str) -> Problem {
    let message = format!("{} must be {}, but is {}", ticked(label), T::expected(), node.shown());
    Problem::new(Code::WrongType, &node.place, message)
}

/// A table with names of the user's choice as keys.
#[derive(Debug, Clone)]
pub(super) struct Named<T> {
    pub entries: Vec<(Placed<String>, T)>,
    /// How many names the text has.
    pub written: usize,
}

impl<T: Shape> Shape for Named<T> {
    fn expected() -> String {
        "a table of named tables".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        let Value::Table(table) = &node.value else {
            problems.push(wrong_type::<Self>(node, label));
            return None;
        };
        let mut entries = Vec::new();
        for entry in &table.entries {
            let name = Placed { value: entry.key.clone(), place: entry.key_place.clone() };
            if let Some(value) = T::read(&entry.node, &format!("{label}.{}", entry.key), problems) {
                entries.push((name, value));
            }
        }
        Some(Self { entries, written: table.entries.len() })
    }

    fn schema() -> Json {
        json!({ "type": "object", "additionalProperties": T::schema(), "minProperties": 1 })
    }
}

/// A list; items that could not be read are reported and left out.
#[derive(Debug, Clone)]
pub(super) struct List<T> {
    pub items: Vec<Placed<T>>,
    /// How many items the text has.
    pub written: usize,
}

impl<T: Shape> Shape for List<T> {
    fn expected() -> String {
        "a list".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        let Value::List(items) = &node.value else {
            problems.push(wrong_type::<Self>(node, label));
            return None;
        };
        let written = items.len();
        let read = |(index, item)| Placed::read(item, &format!("{label}[{index}]"), problems);
        Some(Self { items: items.iter().enumerate().filter_map(read).collect(), written })
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": T::schema() })
    }
}

/// A schema that allows any of several shapes.
pub(super) fn any_of(alternatives: Vec<Json>) -> Json {
    Json::Object(JsonMap::from_iter([("anyOf".to_owned(), Json::Array(alternatives))]))
}
