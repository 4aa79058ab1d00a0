//! A tree as TOML text: what was read, with everything that was changed in it.

use super::tree::{Node, Table, Value};

/// Tables down to this depth have headers of their own (`[assets.BTC.model]`); deeper ones stand inline.
const DEEPEST_HEADER: usize = 3;

/// The text of a table as a document; it reads back as the same values.
pub(super) fn to_toml(table: &Table) -> String {
    let mut text = String::new();
    write_table(table, &mut Vec::new(), &mut text);
    text.trim_start().to_owned()
}

/// Keys first, then the tables that have headers.
fn write_table(table: &Table, path: &mut Vec<String>, text: &mut String) {
    let depth = path.len();
    let has_header = |node: &Node| depth < DEEPEST_HEADER && is_headed(node);
    for entry in table.entries.iter().filter(|entry| !has_header(&entry.node)) {
        *text += &format!("{} = {}\n", key(&entry.key), inline(&entry.node));
    }
    for entry in table.entries.iter().filter(|entry| has_header(&entry.node)) {
        path.push(key(&entry.key));
        match &entry.node.value {
            Value::Table(inner) => {
                // A table of nothing but tables needs no line of its own.
                if inner.entries.is_empty() || inner.entries.iter().any(|entry| !is_headed(&entry.node)) {
                    *text += &format!("\n[{}]\n", path.join("."));
                }
                write_table(inner, path, text);
            }
            Value::List(items) => {
                for item in items {
                    *text += &format!("\n[[{}]]\n", path.join("."));
                    if let Value::Table(inner) = &item.value {
                        for entry in &inner.entries {
                            *text += &format!("{} = {}\n", key(&entry.key), inline(&entry.node));
                        }
                    }
                }
            }
            _ => {}
        }
        path.pop();
    }
}

/// Whether a value is a table, or a list of tables that are more than a pair of numbers.
fn is_headed(node: &Node) -> bool {
    match &node.value {
        Value::Table(_) => true,
        Value::List(items) => {
            !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Table(_)))
        }
        _ => false,
    }
}

fn key(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !key.is_empty() && key.bytes().all(is_bare) { key.to_owned() } else { quote(key) }
}

/// A value on one line.
pub(super) fn inline(node: &Node) -> String {
    match &node.value {
        Value::Text(text) | Value::Date(text) => quote(text),
        Value::Integer(integer) => integer.to_string(),
        Value::Float(float) => format!("{float:?}").to_lowercase(),
        Value::Boolean(boolean) => boolean.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Table(table) if table.entries.is_empty() => "{}".to_owned(),
        Value::Table(table) => {
            let entries: Vec<String> = table
                .entries
                .iter()
                .map(|entry| format!("{} = {}", key(&entry.key), inline(&entry.node)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

fn quote(text: &str) -> String {
    // JSON's escapes are TOML's, which wants one more.
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}
