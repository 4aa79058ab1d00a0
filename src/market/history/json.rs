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
            if let Some(columns) = of_columns(&object) {
                return Ok(columns);
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

/// An object of columns: lists of one length (or, from pandas, objects of rows).
fn of_columns(object: &Map<String, Value>) -> Option<Vec<Value>> {
    if object.len() < 2 {
        return None;
    }
    let lists: Option<Vec<(&String, Vec<&Value>)>> = object
        .iter()
        .map(|(name, column)| match column {
            Value::Array(values) => Some((name, values.iter().collect())),
            Value::Object(values) => Some((name, in_order(values))),
            _ => None,
        })
        .collect();
    let lists = lists?;
    let length = lists[0].1.len();
    let is_plain = |value: &&Value| !value.is_array() && !value.is_object();
    if length == 0 || lists.iter().any(|(_, list)| list.len() != length || !list.iter().all(is_plain)) {
        return None;
    }
    let row = |index: usize| {
        Value::Object(lists.iter().map(|(name, list)| ((*name).clone(), list[index].clone())).collect())
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
