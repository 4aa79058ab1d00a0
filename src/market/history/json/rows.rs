//! Rows of JSON as lines of fields: lists, or objects whose parts may be objects.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value};

use super::super::stamp;
use super::super::words::shorten;
use super::super::zone::zone_beside;

/// Parts of a row that lie deeper than this are not looked at.
const DEEPEST: usize = 4;

/// The lines of rows of one kind; a zone that holds for times in words stands beside each.
pub(super) fn table(rows: &[Value], zone: Option<&str>) -> Result<String, String> {
    let mut text = String::new();
    let first = rows.first().ok_or_else(|| "the list is empty".to_owned())?;
    match first {
        Value::Array(_) => {
            for row in rows {
                let Value::Array(fields) = row else {
                    return Err("lists and other values in one list".to_owned());
                };
                line(&mut text, fields.iter())?;
            }
        }
        Value::Object(object) => {
            let columns = columns(object);
            if columns.len() < 2
                && let Some((key, _)) = object.iter().find(|(_, value)| value.is_array())
            {
                return Err(format!("a bar holds a list ({key:?}): give its values names of their own"));
            }
            let zone = zone.filter(|zone| {
                zone_beside(zone) && columns.iter().any(|(_, path)| at(object, path).is_some_and(is_date))
            });
            let zone = zone.map(|zone| (Value::from("timezone"), Value::from(zone)));
            let names: Vec<Value> = columns.iter().map(|(name, _)| Value::from(name.as_str())).collect();
            line(&mut text, names.iter().chain(zone.as_ref().map(|(name, _)| name)))?;
            for row in rows {
                let Value::Object(row) = row else {
                    return Err("objects and other values in one list".to_owned());
                };
                let fields = columns.iter().map(|(_, path)| at(row, path).unwrap_or(&Value::Null));
                line(&mut text, fields.chain(zone.as_ref().map(|(_, zone)| zone)))?;
            }
        }
        other => return Err(format!("its first entry is {}", shorten(&other.to_string()))),
    }
    Ok(text)
}

/// Whether a value is a time in words.
fn is_date(value: &Value) -> bool {
    value.as_str().is_some_and(|text| stamp::read(text).is_ok_and(|stamp| stamp.day.is_some()))
}

/// The columns of an object with the way to each: called by their last name, by all names where two have the same.
fn columns(object: &Map<String, Value>) -> Vec<(String, Vec<String>)> {
    let mut paths = Vec::new();
    collect(object, &mut Vec::new(), &mut paths);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in paths.iter().filter_map(|path| path.last()) {
        *counts.entry(name.clone()).or_default() += 1;
    }
    let name = |path: &Vec<String>| match path.last() {
        Some(last) if path.len() == 1 || counts.get(last) == Some(&1) => last.clone(),
        _ => path.join("."),
    };
    paths.into_iter().map(|path| (name(&path), path)).collect()
}

fn collect(object: &Map<String, Value>, before: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    for (key, value) in object {
        before.push(key.clone());
        match value {
            Value::Object(inside) if before.len() < DEEPEST => collect(inside, before, paths),
            // What nothing can use is not read.
            Value::Object(_) | Value::Array(_) => {}
            _ => paths.push(before.clone()),
        }
        before.pop();
    }
}

fn at<'a>(object: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(object.get(first)?, |value, key| value.get(key))
}

fn line<'a>(text: &mut String, fields: impl Iterator<Item = &'a Value>) -> Result<(), String> {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            text.push(',');
        }
        match field {
            Value::Null => text.push_str("null"),
            Value::String(field) => {
                let _ = write!(text, "\"{}\"", field.replace('"', "\"\""));
            }
            Value::Number(_) | Value::Bool(_) => {
                let _ = write!(text, "{field}");
            }
            Value::Array(_) | Value::Object(_) => return Err("a bar holds a list or an object".to_owned()),
        }
    }
    text.push('\n');
    Ok(())
}
