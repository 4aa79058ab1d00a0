//! Where in a JSON text the table stands, and its rows.

use serde_json::{Map, Value};

use super::super::names::{OFFSET, plain};
use super::super::stamp;
use super::super::words::shorten;

/// Keys under which programs put their bars.
const INSIDE: [&str; 12] = [
    "data", "result", "results", "candles", "prices", "list", "rows", "values", "ohlcv", "ohlc", "Data",
    "bars",
];
/// Lists of names of columns.
const NAMES: [&str; 4] = ["columns", "column_names", "fields", "header"];
/// Under this name stand the times that are the keys of objects of rows or of columns.
const KEY: &str = "timestamp";
/// Parts of the keys under which an answer without bars says why.
const SAID: [&str; 7] = ["msg", "message", "error", "description", "information", "note", "reason"];
/// No table lies deeper than this.
const DEEPEST: usize = 8;

/// The rows of the table in a value.
pub(super) fn rows(value: Value) -> Result<Vec<Value>, String> {
    inside(value, 0)
}

fn inside(value: Value, depth: usize) -> Result<Vec<Value>, String> {
    match value {
        Value::Array(mut list) => {
            let holders = list.iter().filter(|entry| entry.is_object() && is_table(entry, depth + 1)).count();
            match (holders, list.len()) {
                (1, 1) => list.pop().map_or(Ok(Vec::new()), |only| inside(only, depth + 1)),
                (0, _) => Ok(list),
                _ => Err(format!(
                    "{holders} tables in one list{}: keep that of one instrument",
                    first_name(&list).map_or_else(String::new, |name| format!(" (the first is of {name})"))
                )),
            }
        }
        Value::Object(object) => in_object(object, depth),
        other => Err(format!("it is {}", shorten(&other.to_string()))),
    }
}

fn in_object(mut object: Map<String, Value>, depth: usize) -> Result<Vec<Value>, String> {
    if let Some(rows) = frame(&object)
        .or_else(|| of_rows(&object))
        .or_else(|| of_columns(&object))
        .or_else(|| of_columns_apart(&object))
    {
        return Ok(rows);
    }
    let tables: Vec<String> =
        object.iter().filter(|(_, value)| is_table(value, depth + 1)).map(|(key, _)| key.clone()).collect();
    let usual = INSIDE.iter().find(|key| tables.iter().any(|table| table == *key));
    let key = match (usual, &tables[..]) {
        (Some(key), _) => (*key).to_owned(),
        (None, [only]) => only.clone(),
        (None, []) => {
            let keys: Vec<&str> = object.keys().map(String::as_str).collect();
            let empty = object.iter().find(|(_, value)| value.as_array().is_some_and(Vec::is_empty));
            return Err(match (said(&object), empty) {
                (Some(words), _) => format!("it says {words:?}"),
                (None, Some((key, _))) => format!("the list {key:?} is empty"),
                _ => format!("its keys are {}", shorten(&keys.join(", "))),
            });
        }
        (None, several) => {
            return Err(format!("it holds several tables ({}): keep one", shorten(&several.join(", "))));
        }
    };
    inside(object.remove(&key).unwrap_or_default(), depth + 1)
}

/// Whether a value is a list of rows, and no row itself.
pub(super) fn is_list_of_rows(value: &Value) -> bool {
    value.as_array().and_then(|list| list.first()).is_some_and(|first| first.is_array() || first.is_object())
}

/// Whether a table stands in a value.
fn is_table(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(_) => is_list_of_rows(value),
        Value::Object(object) if depth < DEEPEST => {
            parts(object).is_some()
                || has_times_as_keys(object)
                || columns(object).is_some()
                || object.values().any(|value| is_table(value, depth + 1))
        }
        _ => false,
    }
}

/// What the first entry of a list is called.
fn first_name(list: &[Value]) -> Option<String> {
    list.first()?.as_object()?.values().find_map(Value::as_str).map(shorten)
}

/// The words of an answer that holds no bars.
fn said(object: &Map<String, Value>) -> Option<String> {
    let is_said = |key: &str| SAID.iter().any(|part| key.to_ascii_lowercase().contains(part));
    object.iter().find_map(|(key, value)| match value {
        Value::String(words) if is_said(key) && !words.is_empty() => Some(shorten(words)),
        Value::Array(list) if is_said(key) => list.first().and_then(Value::as_str).map(shorten),
        Value::Object(inside) => said(inside),
        _ => None,
    })
}

/// The zone that is said of times, such as that of an exchange, outside the rows.
pub(super) fn zone(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    let is_zone = |key: &str| {
        let key = plain(key);
        OFFSET.contains(&key.as_str()) || key.ends_with("timezone")
    };
    object.iter().find_map(|(key, value)| match value {
        Value::String(words) if is_zone(key) => Some(words.clone()),
        value => zone(value),
    })
}

/// The names of columns and the rows of a table in parts.
fn parts(object: &Map<String, Value>) -> Option<(Vec<&str>, &Vec<Value>)> {
    let names = NAMES.iter().find_map(|key| object.get(*key)?.as_array())?;
    let names: Vec<&str> = names.iter().map(Value::as_str).collect::<Option<_>>()?;
    let of_rows = |value: &'_ Value| -> bool {
        let is_row = |row: &Value| row.as_array().is_some_and(|fields| fields.len() == names.len());
        value.as_array().is_some_and(|rows| !rows.is_empty() && rows.iter().all(is_row))
    };
    let usual = object.get("data").filter(|value| of_rows(value));
    let data = usual.or_else(|| object.values().find(|value| of_rows(value)))?.as_array()?;
    Some((names, data))
}

/// A table in parts: names of columns, rows, and perhaps an index (pandas; MOEX, InfluxDB, Nasdaq Data Link).
fn frame(object: &Map<String, Value>) -> Option<Vec<Value>> {
    let (names, data) = parts(object)?;
    let index = object.get("index").and_then(Value::as_array);
    let index = index.filter(|index| index.len() == data.len() && are_times(index.iter()));
    let row = |(number, row): (usize, &Value)| {
        let named =
            names.iter().zip(row.as_array()?).map(|(name, field)| ((*name).to_owned(), field.clone()));
        let time =
            index.filter(|_| !names.contains(&KEY)).map(|index| (KEY.to_owned(), index[number].clone()));
        Some(Value::Object(named.chain(time).collect()))
    };
    data.iter().enumerate().map(row).collect()
}

fn has_times_as_keys(object: &Map<String, Value>) -> bool {
    object.len() > 1 && object.keys().all(|key| is_time(key))
}

/// An object of bars under their times.
fn of_rows(object: &Map<String, Value>) -> Option<Vec<Value>> {
    if !has_times_as_keys(object) {
        return None;
    }
    let row = |(key, bar): (&String, &Value)| match bar {
        Value::Object(bar) => {
            let mut bar = bar.clone();
            bar.entry(KEY).or_insert_with(|| Value::String(key.clone()));
            Some(Value::Object(bar))
        }
        // A list of prices, or one, under each time.
        Value::Array(fields) => Some(Value::Array(
            std::iter::once(Value::String(key.clone())).chain(fields.iter().cloned()).collect(),
        )),
        value => Some(Value::Array(vec![Value::String(key.clone()), value.clone()])),
    };
    object.iter().map(row).collect()
}

/// Whether all of these can be times, and no numbers of rows.
fn are_times<'a>(mut values: impl Iterator<Item = &'a Value>) -> bool {
    values.all(|value| match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number >= 1e8),
        Value::String(text) => is_time(text),
        _ => false,
    })
}

/// Seconds since 1970 have nine digits and more from 1973 on, dates without marks eight; others are words.
fn is_time(text: &str) -> bool {
    match text.parse::<f64>() {
        Ok(number) => number >= 1e8 || text.len() == 8 && number >= 19_700_101.0,
        Err(_) => stamp::read(text).is_ok_and(|stamp| stamp.day.is_some()),
    }
}

type Column<'a> = (&'a String, Vec<&'a Value>);

fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

/// The columns of an object of columns: lists of one length, or (from pandas) objects of rows that are counted or have times;
/// single values beside them are left out.
fn columns(object: &Map<String, Value>) -> Option<Vec<Column<'_>>> {
    let columns: Vec<Column<'_>> = object
        .iter()
        .filter_map(|(name, column)| match column {
            Value::Array(values) => Some((name, values.iter().collect())),
            Value::Object(values) => Some((name, in_order(values))),
            _ => None,
        })
        .collect();
    let length = columns.first()?.1.len();
    let are_even = columns.iter().all(|(_, list)| list.len() == length && list.iter().all(|v| is_plain(v)));
    let is_counted = |key: &String| key.parse::<u64>().is_ok() || is_time(key);
    let are_rows = object.values().filter_map(Value::as_object).all(|values| values.keys().all(is_counted));
    (columns.len() > 1 && length > 0 && are_even && are_rows).then_some(columns)
}

fn of_columns(object: &Map<String, Value>) -> Option<Vec<Value>> {
    let columns = columns(object)?;
    // The keys of the rows, where they are times and the same in all columns.
    let keys = |(name, _): &Column<'_>| -> Option<Vec<Value>> {
        Some(object.get(*name)?.as_object()?.keys().cloned().map(Value::String).collect())
    };
    let all: Option<Vec<Vec<Value>>> = columns.iter().map(keys).collect();
    let times = all.and_then(|mut all| all.pop().filter(|last| all.iter().all(|other| other == last)));
    let times =
        times.filter(|times| are_times(times.iter()) && !object.contains_key(KEY)).map(|mut times| {
            times.sort_by_key(|time| time.as_str().and_then(|text| text.parse::<u64>().ok()));
            times
        });
    let row = |index: usize| {
        let fields = columns.iter().map(|(name, list)| ((*name).clone(), list[index].clone()));
        let time = times.as_ref().map(|times| (KEY.to_owned(), times[index].clone()));
        Value::Object(fields.chain(time).collect())
    };
    Some((0..columns[0].1.len()).map(row).collect())
}

/// Columns that stand in several objects, one in another: the lists of the commonest length, if no two have one name.
fn of_columns_apart(object: &Map<String, Value>) -> Option<Vec<Value>> {
    let mut lists: Vec<(&String, &Vec<Value>)> = Vec::new();
    collect(object, &mut lists, 0);
    let alike = |length: usize| lists.iter().filter(|(_, list)| list.len() == length).count();
    let length = lists.iter().map(|(_, list)| list.len()).max_by_key(|length| alike(*length))?;
    lists.retain(|(_, list)| list.len() == length);
    let mut names: Vec<&String> = lists.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    if length < 2 || names.len() < 2 || names.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let row = |index: usize| {
        Value::Object(lists.iter().map(|(name, list)| ((*name).clone(), list[index].clone())).collect())
    };
    Some((0..length).map(row).collect())
}

fn collect<'a>(object: &'a Map<String, Value>, lists: &mut Vec<(&'a String, &'a Vec<Value>)>, depth: usize) {
    for (name, value) in object {
        match value {
            Value::Array(list) if !list.is_empty() && list.iter().all(is_plain) => lists.push((name, list)),
            Value::Array(list) => {
                if let [Value::Object(only)] = &list[..] {
                    collect(only, lists, depth + 1);
                }
            }
            Value::Object(inside) if depth < DEEPEST => collect(inside, lists, depth + 1),
            _ => {}
        }
    }
}

/// The values of rows that are counted: by number, as 10 comes before 9 in the alphabet.
fn in_order(values: &Map<String, Value>) -> Vec<&Value> {
    let mut rows: Vec<(Option<u64>, &Value)> =
        values.iter().map(|(key, value)| (key.parse().ok(), value)).collect();
    if rows.iter().all(|(number, _)| number.is_some()) {
        rows.sort_by_key(|(number, _)| *number);
    }
    rows.into_iter().map(|(_, value)| value).collect()
}
