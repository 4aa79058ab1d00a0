//! Tables in JSON as lines of fields: lists of lists (ccxt, freqtrade, exchanges), lists of objects, objects of columns,
//! one value a line.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::error::{Refusal, Refused, shorten};

/// Keys under which programs put their bars.
const INSIDE: [&str; 10] =
    ["data", "result", "candles", "prices", "list", "rows", "values", "ohlcv", "Data", "bars"];

/// The table of a JSON text as lines with commas.
pub(super) fn text(json: &str) -> Result<String, Refused> {
    let refuse = |line, words: String| (line, Refusal::Json(words));
    let whole: Result<Value, _> = serde_json::from_str(json);
    let rows = match whole {
        Ok(value) => bars(value).map_err(|words| refuse(None, words))?,
        Err(error) => lines(json).ok_or_else(|| refuse(Some(error.line() as u64), error.to_string()))?,
    };
    table(&rows).map_err(|words| refuse(None, words))
}

/// One value a line.
fn lines(json: &str) -> Option<Vec<Value>> {
    let lines: Vec<&str> = json.lines().filter(|line| !line.trim().is_empty()).collect();
    let rows: Option<Vec<Value>> = lines.iter().map(|line| serde_json::from_str(line).ok()).collect();
    rows.filter(|rows| rows.len() > 1)
}

/// The list of bars in a value.
fn bars(value: Value) -> Result<Vec<Value>, String> {
    match value {
        Value::Array(rows) => Ok(rows),
        Value::Object(mut object) => {
            if let Some(rows) =
                split_frame(&object).or_else(|| of_rows(&object)).or_else(|| of_columns(&object))
            {
                return Ok(rows);
            }
            let inside =
                INSIDE.iter().find(|key| object.get(**key).is_some_and(|v| v.is_array() || v.is_object()));
            // The only list of lists or objects, whatever it is called.
            let is_table =
                |value: &Value| value.as_array().is_some_and(|v| v.first().is_some_and(|v| !v.is_string()));
            let only = || {
                let mut tables = object.iter().filter(|(_, value)| is_table(value));
                tables.next().filter(|_| tables.next().is_none()).map(|(key, _)| key.clone())
            };
            let key = inside.map(|key| (*key).to_owned()).or_else(only);
            match key.and_then(|key| object.remove(&key)) {
                Some(inside) => bars(inside),
                None => {
                    let keys: Vec<&str> = object.keys().map(String::as_str).collect();
                    let said = ["msg", "message", "error"].iter().find_map(|key| object.get(*key));
                    Err(match said {
                        Some(words) => format!("it says {}", shorten(&words.to_string())),
                        None => format!("its keys are {}", shorten(&keys.join(", "))),
                    })
                }
            }
        }
        other => Err(format!("it is {}", shorten(&other.to_string()))),
    }
}

/// Under this name stand the times that are the keys of objects of rows or of columns.
const KEY: &str = "timestamp";

/// A data frame of pandas in three parts: names of columns, index, rows.
fn split_frame(object: &Map<String, Value>) -> Option<Vec<Value>> {
    let list = |key: &str| object.get(key).and_then(Value::as_array);
    let (names, data) = (list("columns")?, list("data")?);
    let names: Vec<&str> = names.iter().map(Value::as_str).collect::<Option<_>>()?;
    let index = list("index").filter(|index| index.len() == data.len() && are_times(index.iter()));
    let row = |(number, row): (usize, &Value)| {
        let fields = row.as_array().filter(|fields| fields.len() == names.len())?;
        let named = names.iter().zip(fields).map(|(name, field)| ((*name).to_owned(), field.clone()));
        let time =
            index.filter(|_| !names.contains(&KEY)).map(|index| (KEY.to_owned(), index[number].clone()));
        Some(Value::Object(named.chain(time).collect()))
    };
    data.iter().enumerate().map(row).collect()
}

/// An object of bars under their times.
fn of_rows(object: &Map<String, Value>) -> Option<Vec<Value>> {
    let keys: Vec<Value> = object.keys().cloned().map(Value::String).collect();
    if keys.len() < 2 || !are_times(keys.iter()) {
        return None;
    }
    let row = |(key, bar): (&String, &Value)| {
        let mut bar = bar.as_object()?.clone();
        bar.entry(KEY).or_insert_with(|| Value::String(key.clone()));
        Some(Value::Object(bar))
    };
    object.iter().map(row).collect()
}

/// Whether all of these can be times, and no numbers of rows.
fn are_times<'a>(mut values: impl Iterator<Item = &'a Value>) -> bool {
    // Seconds since 1970 have nine digits and more from 1973 on; dates are words.
    values.all(|value| match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number >= 1e8),
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) => number >= 1e8,
            Err(_) => super::stamp::read(text).is_ok_and(|stamp| stamp.day.is_some()),
        },
        _ => false,
    })
}

/// An object of columns: lists of one length (or, from pandas, objects of rows); single values beside them are left out.
fn of_columns(object: &Map<String, Value>) -> Option<Vec<Value>> {
    let columns: Vec<(&String, Vec<&Value>)> = object
        .iter()
        .filter_map(|(name, column)| match column {
            Value::Array(values) => Some((name, values.iter().collect())),
            Value::Object(values) => Some((name, in_order(values))),
            _ => None,
        })
        .collect();
    let length = columns.first()?.1.len();
    let is_plain = |value: &&Value| !value.is_array() && !value.is_object();
    if columns.len() < 2
        || length == 0
        || columns.iter().any(|(_, list)| list.len() != length || !list.iter().all(is_plain))
    {
        return None;
    }
    // The keys of the rows, where they are times and the same in all columns.
    let keys = |column: &Value| -> Option<Vec<Value>> {
        Some(column.as_object()?.keys().cloned().map(Value::String).collect())
    };
    let all: Option<Vec<Vec<Value>>> =
        columns.iter().map(|(name, _)| object.get(*name).and_then(keys)).collect();
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
    Some((0..length).map(row).collect())
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

fn table(rows: &[Value]) -> Result<String, String> {
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
            let keys: Vec<&String> = object.keys().filter(|key| !object[*key].is_object()).collect();
            line(&mut text, keys.iter().map(|key| Value::String((*key).clone())).collect::<Vec<_>>().iter())?;
            for row in rows {
                let Value::Object(row) = row else {
                    return Err("objects and other values in one list".to_owned());
                };
                let lacking = keys.iter().find(|key| !row.contains_key(**key));
                if let Some(key) = lacking {
                    return Err(format!("an object has no {key:?}, which the first one has"));
                }
                line(&mut text, keys.iter().map(|key| &row[*key]))?;
            }
        }
        other => return Err(format!("its first entry is {}", shorten(&other.to_string()))),
    }
    Ok(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_every_shape_become_lines() {
        for (json, lines) in [
            ("[[1,2.5],[2,3]]", "1,2.5\n2,3\n"),
            ("[{\"t\":1,\"c\":\"2.5\"},{\"c\":3,\"t\":2}]", "\"c\",\"t\"\n\"2.5\",1\n3,2\n"),
            ("{\"time\":[1,2],\"close\":[3,null]}", "\"close\",\"time\"\n3,1\nnull,2\n"),
            (
                "{\"t\":{\"0\":7,\"10\":9,\"9\":8},\"c\":{\"0\":1,\"10\":3,\"9\":2}}",
                "\"c\",\"t\"\n1,7\n2,8\n3,9\n",
            ),
            ("{\"retCode\":0,\"result\":{\"symbol\":\"BTCUSDT\",\"list\":[[1,2],[3,4]]}}", "1,2\n3,4\n"),
            (
                "{\"s\":\"ok\",\"t\":[1706745600,1706749200],\"c\":[2,3]}",
                "\"c\",\"t\"\n2,1706745600\n3,1706749200\n",
            ),
            (
                "{\"c\":{\"1706745600\":2,\"1706749200\":3},\"o\":{\"1706745600\":4,\"1706749200\":5}}",
                "\"c\",\"o\",\"timestamp\"\n2,4,\"1706745600\"\n3,5,\"1706749200\"\n",
            ),
            (
                "{\"2024-02-01\":{\"c\":2,\"o\":4},\"2024-02-02\":{\"c\":3,\"o\":5}}",
                "\"c\",\"o\",\"timestamp\"\n2,4,\"2024-02-01\"\n3,5,\"2024-02-02\"\n",
            ),
            (
                "{\"columns\":[\"c\",\"o\"],\"index\":[1706745600,1706749200],\"data\":[[2,4],[3,5]]}",
                "\"c\",\"o\",\"timestamp\"\n2,4,1706745600\n3,5,1706749200\n",
            ),
            ("{\"t\":1,\"c\":2}\n{\"t\":2,\"c\":3}\n", "\"c\",\"t\"\n2,1\n3,2\n"),
        ] {
            let found = text(json).unwrap();
            let sorted = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
            // The order of keys is that of the library's map.
            if !json.contains("\"t\":1") {
                assert_eq!(sorted(&found), sorted(lines), "{json}");
            }
            assert_eq!(found.lines().count(), lines.lines().count(), "{json}");
        }
    }

    #[test]
    fn json_without_bars_says_what_it_is() {
        let words = |json: &str| text(json).unwrap_err().1.to_string();
        assert!(words("{\"code\":-1121,\"msg\":\"Invalid symbol.\"}").contains("Invalid symbol."));
        assert!(words("[[1,2],[3").starts_with("JSON without bars"));
        assert!(words("[]").contains("empty"));
        assert!(words("[{\"t\":1,\"c\":2},{\"t\":1}]").contains("no \"c\""));
    }
}
