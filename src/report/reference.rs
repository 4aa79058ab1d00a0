//! The reference of the scenario file as Markdown, from its JSON Schema.

use std::fmt::Write;

use serde_json::Value;

/// One table per object of the schema, in the order in which they appear; ends with a line break.
pub fn reference(schema: &Value) -> String {
    let mut text = String::from(
        "# The scenario file\n\nTOML with the keys below; made from the schema by `liqsim schema --format markdown`. Ratios are \
         numbers (0.05) or text with a unit (\"5%\", \"10bp\"); durations are text (\"8h\", \"30d\", \"1y\"); unknown keys are errors.\n",
    );
    section(&mut text, "", schema, &mut Vec::new());
    text
}

/// The table of an object and, below it, those of the objects in it; one that is like another is not printed again.
fn section<'a>(text: &mut String, path: &str, object: &'a Value, printed: &mut Vec<(String, &'a Value)>) {
    let Some(properties) = object["properties"].as_object() else { return };
    if let Some((other, _)) = printed.iter().find(|(_, known)| {
        known["properties"] == object["properties"] && known["required"] == object["required"]
    }) {
        let _ = write!(text, "\n## `{path}`\n\n{}\n\nThe keys of `{other}`.\n", describe(object));
        return;
    }
    printed.push((path.to_owned(), object));
    let title = if path.is_empty() { "The file".to_owned() } else { format!("`{path}`") };
    // Writing to a text cannot fail.
    let _ =
        write!(text, "\n## {title}\n\n{}\n\n| key | value | meaning |\n|---|---|---|\n", describe(object));
    let required: Vec<&str> =
        object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut inside = Vec::new();
    for (key, value) in properties {
        let need = if required.contains(&key.as_str()) { " (needed)" } else { "" };
        let _ = writeln!(text, "| `{key}`{need} | {} | {} |", kind(value), describe(value));
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        nested(&path, value, &mut inside);
    }
    for (path, value) in inside {
        section(text, &path, value, printed);
    }
}

/// The objects that a value can be or hold.
fn nested<'a>(path: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    if value["properties"].is_object() {
        let kind = value["properties"]["kind"]["const"].as_str();
        found.push((kind.map_or(path.to_owned(), |kind| format!("{path} ({kind})")), value));
    }
    for key in ["anyOf", "oneOf"] {
        for choice in value[key].as_array().into_iter().flatten() {
            nested(path, choice, found);
        }
    }
    if value["items"].is_object() {
        nested(&format!("{path}[]"), &value["items"], found);
    }
    if value["additionalProperties"].is_object() {
        nested(&format!("{path}.NAME"), &value["additionalProperties"], found);
    }
}

fn describe(value: &Value) -> String {
    value["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|")
}

/// The kind of a value and its bounds, in words.
fn kind(value: &Value) -> String {
    if let Some(word) = value["const"].as_str() {
        return format!("`\"{word}\"`");
    }
    if let Some(words) = value["enum"].as_array() {
        return words
            .iter()
            .filter_map(Value::as_str)
            .map(|word| format!("`\"{word}\"`"))
            .collect::<Vec<_>>()
            .join(" or ");
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(choices) = value[key].as_array() {
            let mut kinds: Vec<String> = choices.iter().map(kind).collect();
            kinds.dedup();
            return kinds.join(" or ");
        }
    }
    let name = match value["type"].as_str() {
        Some("object") => "table",
        Some("array") => "list",
        Some("string") => "text",
        Some(other) => other,
        // A number, or text with a unit such as "5%".
        None if value["type"].is_array() => "ratio",
        None => "",
    };
    let bound = |key: &str, sign: &str| value[key].as_f64().map(|bound| format!("{sign} {bound}"));
    let bounds: Vec<String> = [
        bound("minimum", "≥"),
        bound("exclusiveMinimum", ">"),
        bound("maximum", "≤"),
        bound("exclusiveMaximum", "<"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if bounds.is_empty() { name.to_owned() } else { format!("{name} {}", bounds.join(", ")) }
}
