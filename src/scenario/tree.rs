//! TOML text as a tree whose every key and value knows its place.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

pub(super) use crate::numeric::plain_number as number;

use super::problem::Place;
use super::source::Source;

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub value: Value,
    pub place: Place,
}

/// The values of TOML. Dates are not used in scenarios and kept only to be refused by name.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Integer(i128),
    Float(f64),
    Boolean(bool),
    Date(String),
    List(Vec<Node>),
    Table(Table),
}

/// Keys and values in the order of the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub entries: Vec<Entry>,
}

/// One key with its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    pub key_place: Place,
    pub node: Node,
}

impl Table {
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }
}

impl Node {
    /// The table of a parsed document; places are in `source`, whose text it was parsed from.
    pub fn of_document(table: &DeTable<'_>, source: &Arc<Source>) -> Self {
        let place = Place::new(source, 0..0);
        Self { value: Value::Table(convert_table(table, source, 0)), place }
    }

    /// A parsed value; its text starts `offset` bytes into the text of `source`.
    pub fn of_value(value: &DeValue<'_>, span: Range<usize>, source: &Arc<Source>, offset: usize) -> Self {
        let value = match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(integer) => match i128::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(integer) => Value::Integer(integer),
                // Beyond any number that a scenario can hold: the range checks refuse it as infinite.
                Err(_) => Value::Float(f64::INFINITY),
            },
            // Text that the parser let through after reporting it as malformed.
            DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(boolean) => Value::Boolean(*boolean),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Array(items) => Value::List(
                items
                    .iter()
                    .map(|item| Self::of_value(item.get_ref(), item.span(), source, offset))
                    .collect(),
            ),
            DeValue::Table(table) => Value::Table(convert_table(table, source, offset)),
        };
        Self { value, place: Place::new(source, offset + span.start..offset + span.end) }
    }

    /// A value that nobody wrote.
    pub fn nowhere(value: Value) -> Self {
        Self { value, place: Place::whole(&Arc::new(Source::new("", ""))) }
    }

    /// A value that has no text; its place is the path of its key.
    pub fn of_json(value: &Json, source: &Arc<Source>) -> Self {
        let value = match value {
            // A key without a value is absent; only lists have a place for nothing.
            Json::Null => Value::Text("null".to_owned()),
            Json::Bool(boolean) => Value::Boolean(*boolean),
            Json::String(text) => Value::Text(text.clone()),
            Json::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(whole), _) => Value::Integer(whole.into()),
                (_, Some(whole)) => Value::Integer(whole.into()),
                _ => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::Array(items) => Value::List(items.iter().map(|item| Self::of_json(item, source)).collect()),
            Json::Object(entries) => Value::Table(Table {
                entries: entries
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        key_place: Place::whole(source),
                        node: Self::of_json(value, source),
                    })
                    .collect(),
            }),
        };
        Self { value, place: Place::whole(source) }
    }

    /// Tells every place below the path of its key.
    pub fn name_places(&mut self, path: &str) {
        if !path.is_empty() {
            self.place = self.place.clone().with_key(path);
        }
        match &mut self.value {
            Value::Table(table) => {
                for entry in &mut table.entries {
                    let path = match path {
                        "" => entry.key.clone(),
                        _ => format!("{path}.{}", entry.key),
                    };
                    entry.key_place = entry.key_place.clone().with_key(&path);
                    entry.node.name_places(&path);
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    item.name_places(&format!("{path}[{index}]"));
                }
            }
            _ => {}
        }
    }

    /// The value at a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| match &node.value {
            Value::Table(table) => table.get(key),
            _ => None,
        })
    }

    /// The value in words, to follow "but is".
    pub fn shown(&self) -> String {
        match &self.value {
            Value::Text(text) => format!("the text {}", quoted(text)),
            Value::Integer(integer) => integer.to_string(),
            Value::Float(float) => number(*float),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::Date(date) => format!("the date {date}"),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }
}

fn convert_table(table: &DeTable<'_>, source: &Arc<Source>, offset: usize) -> Table {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_place: Place::new(source, offset + key.span().start..offset + key.span().end),
            node: Node::of_value(value.get_ref(), value.span(), source, offset),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_place.span().map(|span| span.start));
    Table { entries }
}

/// Text from a user in a message: escaped, and cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", cut(text))
}

/// A key or name from a user in a message: escaped, and cut where it is long.
pub(super) fn ticked(text: &str) -> String {
    format!("`{}`", cut(text))
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(60).collect::<String>().escape_debug().to_string();
    if text.chars().nth(60).is_some() {
        shown.push_str("...");
    }
    shown.replace("\\\"", "\"").replace("\\'", "'")
}
