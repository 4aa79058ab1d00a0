//! The numbers and choices of a scenario that the page can change: what its values are, and what its schema says of them.

use serde::Serialize;
use serde_json::Value;

use super::change::{Path, Step, key_of};
use crate::venue::catalogue_names;

/// Tables that are no part of the question.
const LEFT_OUT: [&str; 3] = ["limits", "name", "sweep"];

/// What is typed into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Number,
    /// A fraction, shown as per cent.
    Ratio,
    Count,
    Duration,
    Choice,
    Flag,
}

/// A value that can be changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Field {
    pub path: Path,
    /// As problems name it.
    pub key: String,
    /// The table that it stands in.
    pub table: String,
    /// Its name among the controls on top and the heading there; none for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<(&'static str, String)>,
    pub kind: Kind,
    pub unit: &'static str,
    pub help: String,
    /// As it is written; null if it is not.
    pub value: Value,
    /// Words that can be chosen.
    pub choices: Vec<String>,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub low: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub high: Value,
    /// What is taken out where nothing is typed.
    pub taken_out: Path,
}

/// All fields of a scenario's values, those on top first.
pub(super) fn fields(schema: &Value, values: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    collect(schema, values, "", &mut Vec::new(), &mut found);
    venues(values, &mut found);
    stop(schema, values, &mut found);
    for field in &mut found {
        field.first = first(&field.path, &field.value, values);
    }
    found.sort_by_key(|field| {
        field.first.as_ref().map_or(usize::MAX, |(heading, _)| rank(heading, &field.key))
    });
    found
}

const HEADINGS: [&str; 3] = ["Position", "Time and price", "What you do"];
/// Order below a heading.
const ORDER: [&str; 7] = ["side", "equity", "venue", "horizon", "price", "volatility", "drift"];

fn rank(heading: &str, key: &str) -> usize {
    let place = |list: &[&str], is: &dyn Fn(&str) -> bool| {
        list.iter().position(|name| is(name)).unwrap_or(list.len())
    };
    place(&HEADINGS, &|name| name == heading) * 10 + place(&ORDER, &|name| key.ends_with(&format!(".{name}")))
}

/// The fields of a value and of what it holds; of what is absent those that take a plain value. What has no help of its own has that of
/// the table it stands in.
fn collect(schema: &Value, value: &Value, above: &str, path: &mut Path, found: &mut Vec<Field>) {
    let help = schema["description"].as_str().unwrap_or(above);
    let shapes = alternatives(schema);
    match value {
        Value::Object(table) => {
            let Some(shape) = shapes.into_iter().find(|shape| is_of(shape, value)) else { return };
            for (key, inside) in shape["properties"].as_object().into_iter().flatten() {
                if !(path.is_empty() && LEFT_OUT.contains(&key.as_str())) {
                    path.push(Step::Key(key.clone()));
                    collect(inside, table.get(key).unwrap_or(&Value::Null), help, path, found);
                    path.pop();
                }
            }
            let named = &shape["additionalProperties"];
            for (key, inside) in table.iter().filter(|_| named.is_object()) {
                path.push(Step::Key(key.clone()));
                collect(named, inside, help, path, found);
                path.pop();
            }
        }
        // The levels have a control of their own.
        Value::Array(_) if key_of(path) == "account.leverage" => {}
        Value::Array(items) => {
            let Some(shape) = shapes.into_iter().find(|shape| shape["items"].is_object()) else { return };
            for (index, inside) in items.iter().enumerate() {
                path.push(Step::Index(index));
                collect(&shape["items"], inside, help, path, found);
                path.pop();
            }
        }
        _ => found.extend(field(schema, &shapes, help, value, path)),
    }
}

/// The shapes that a schema allows.
fn alternatives(schema: &Value) -> Vec<&Value> {
    let choices = ["anyOf", "oneOf"].iter().find_map(|key| schema[key].as_array());
    choices.map_or_else(|| vec![schema], |choices| choices.iter().flat_map(alternatives).collect())
}

/// Whether a table has the shape: all of its keys, and the right word where the shape has one.
fn is_of(shape: &Value, table: &Value) -> bool {
    let Some(table) = table.as_object() else { return false };
    let Some(known) = shape["properties"].as_object() else {
        return shape["additionalProperties"].is_object();
    };
    let fits = |(key, value): (&String, &Value)| {
        known.get(key).is_some_and(|schema| schema["const"].is_null() || schema["const"] == *value)
    };
    table.iter().all(fits)
}

/// The field of a plain value, if the schema has one.
fn field(schema: &Value, shapes: &[&Value], help: &str, value: &Value, path: &Path) -> Option<Field> {
    let choices: Vec<String> = shapes
        .iter()
        .flat_map(|shape| shape["enum"].as_array().cloned().unwrap_or_else(|| vec![shape["const"].clone()]))
        .filter_map(|word| word.as_str().map(str::to_owned))
        .collect();
    let (kind, shape) = shapes.iter().find_map(|shape| Some((kind_of(shape)?, *shape))).or_else(|| {
        // The word that says what the table is decides about its other keys.
        let is_fixed = schema["const"].is_string();
        (!choices.is_empty() && !is_fixed).then_some((Kind::Choice, schema))
    })?;
    let bound = |keys: [&str; 2]| keys.iter().map(|key| &shape[key]).find(|bound| !bound.is_null());
    Some(Field {
        path: path.clone(),
        key: key_of(path),
        table: key_of(&path[..path.len().saturating_sub(1)]),
        first: None,
        kind,
        unit: unit_of(help, path),
        help: help.to_owned(),
        value: value.clone(),
        choices,
        low: bound(["minimum", "exclusiveMinimum"]).cloned().unwrap_or_default(),
        high: bound(["maximum", "exclusiveMaximum"]).cloned().unwrap_or_default(),
        taken_out: path.clone(),
    })
}

/// What a shape takes, if it is typed.
fn kind_of(shape: &Value) -> Option<Kind> {
    match &shape["type"] {
        Value::Array(_) => Some(Kind::Ratio),
        Value::String(name) => match name.as_str() {
            "number" => Some(Kind::Number),
            "integer" => Some(Kind::Count),
            "boolean" => Some(Kind::Flag),
            "string" if !shape["pattern"].is_null() => Some(Kind::Duration),
            _ => None,
        },
        _ => None,
    }
}

/// The unit, as far as the help names it.
fn unit_of(help: &str, path: &[Step]) -> &'static str {
    let is_leverage = matches!(path.last(), Some(Step::Key(name)) if name.ends_with("leverage"));
    let units = [
        ("per square root of a year", "per √year"),
        ("per year", "a year"),
        ("in the quote currency", "quote currency"),
    ];
    match units.iter().find(|(phrase, _)| help.contains(phrase)) {
        _ if is_leverage => "x",
        Some((_, unit)) => unit,
        None => "",
    }
}

/// The choice among the venues of the catalogue, in place of the terms themselves.
fn venues(values: &Value, found: &mut Vec<Field>) {
    let Some(venue) = values["account"].get("venue") else { return };
    found.retain(|field| field.key != "account.venue");
    let path: Path = vec![Step::from("account"), Step::from("venue")];
    found.push(Field {
        key: key_of(&path),
        table: "account".to_owned(),
        first: None,
        kind: Kind::Choice,
        unit: "",
        help: "Terms of the exchange, by their name in the catalogue".to_owned(),
        // Terms of the file's own have no name.
        value: if venue.is_string() { venue.clone() } else { Value::Null },
        choices: catalogue_names().iter().map(ToString::to_string).collect(),
        low: Value::Null,
        high: Value::Null,
        taken_out: path.clone(),
        path,
    });
}

/// A stop that is not there yet can be set, and one that is there goes as a whole.
fn stop(schema: &Value, values: &Value, found: &mut Vec<Field>) {
    let stop: Path = vec![Step::from("policy"), Step::from("stop_loss")];
    let keys = ["distance", "price", "loss"];
    let written = keys.iter().find(|key| !values["policy"]["stop_loss"][**key].is_null());
    let path: Path = stop.iter().cloned().chain([Step::from(*written.unwrap_or(&keys[0]))]).collect();
    if written.is_none() && values["account"].get("positions").is_some() {
        let mut schema = schema;
        for step in &path {
            let Step::Key(key) = step else { return };
            schema = &schema["properties"][key];
        }
        let help = schema["description"].as_str().unwrap_or_default();
        found.extend(field(schema, &alternatives(schema), help, &Value::Null, &path));
    }
    for field in found.iter_mut().filter(|field| field.path == path) {
        field.taken_out.clone_from(&stop);
    }
}

/// The heading and the name of a field among the controls on top.
fn first(path: &[Step], value: &Value, values: &Value) -> Option<(&'static str, String)> {
    let steps: Vec<&str> = path
        .iter()
        .map(|step| match step {
            Step::Key(name) => name.as_str(),
            Step::Index(_) => "*",
        })
        .collect();
    let of = |name: &str, what: &str, is_only: bool| match is_only {
        true => format!("{}{}", what[..1].to_uppercase(), &what[1..]),
        false => format!("{name}: {what}"),
    };
    let position = |what: &str| {
        let index = path.iter().find_map(|step| match step {
            Step::Index(index) => Some(*index),
            Step::Key(_) => None,
        })?;
        let positions = values["account"]["positions"].as_array()?;
        let name = positions.get(index)?["asset"].as_str()?;
        Some((HEADINGS[0], of(name, what, positions.len() == 1)))
    };
    let asset = |name: &str, what: &str| {
        let is_only = values["assets"].as_object().is_some_and(|assets| assets.len() == 1);
        Some((HEADINGS[1], of(name, what, is_only)))
    };
    match steps[..] {
        ["account", "equity"] if !value.is_null() => Some((HEADINGS[0], "Equity".to_owned())),
        ["account", "venue"] => Some((HEADINGS[0], "Venue".to_owned())),
        ["account", "positions", "*", "side"] => position("side"),
        ["account", "positions", "*", what @ ("entry" | "quantity" | "margin")] if !value.is_null() => {
            position(what)
        }
        ["simulation", "horizon"] => Some((HEADINGS[1], "Horizon".to_owned())),
        ["assets", name, "price"] => asset(name, "price"),
        ["assets", name, "model", what @ ("volatility" | "drift")] => asset(name, what),
        ["policy", "stop_loss", "distance"] => {
            Some((HEADINGS[2], "Stop-loss, distance from entry".to_owned()))
        }
        ["policy", "stop_loss", what @ ("price" | "loss")] if !value.is_null() => {
            Some((HEADINGS[2], format!("Stop-loss, {what}")))
        }
        _ => None,
    }
}
