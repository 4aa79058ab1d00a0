//! `explain`: what a name means, with formula and source.

use clap::Args;
use serde_json::Value;

use liqsim::scenario;

use super::failure::error_with_help;
use super::output::print;

/// The entries: a heading with one or more names, then paragraphs.
const ENTRIES: &str = include_str!("../../docs/terms.md");

/// Explain a metric, a model, a key of the scenario file or a note, with formula and source
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim explain liquidation_probability\n  liqsim explain merton\n  liqsim explain few_events\n  \
                  liqsim explain account.leverage"
)]
pub struct Explain {
    /// The name; all names that have an entry are listed if there is none
    name: Option<String>,
}

impl Explain {
    /// Prints the entry.
    pub fn execute(self) -> anyhow::Result<()> {
        let Some(name) = self.name else {
            return print(&names().iter().map(|name| format!("{name}\n")).collect::<String>());
        };
        let text = entry(&name).map(str::to_owned).or_else(|| key(&name));
        print(&text.ok_or_else(|| unknown(&name))?)
    }
}

/// Headings with their names, and the text below.
fn entries() -> impl Iterator<Item = (Vec<&'static str>, &'static str)> {
    ENTRIES.split("\n## ").skip(1).map(|entry| {
        let (heading, _) = entry.split_once('\n').unwrap_or((entry, ""));
        (heading.split(", ").map(str::trim).collect(), entry)
    })
}

fn names() -> Vec<&'static str> {
    entries().flat_map(|(names, _)| names).collect()
}

fn entry(name: &str) -> Option<&'static str> {
    // A quantity within a result is explained by its first key: return.quantiles.0.05.
    let of = |name: &str| {
        entries()
            .find(|(names, _)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
            .map(|(_, text)| text)
    };
    of(name).or_else(|| of(name.split('.').next()?).filter(|_| !name.starts_with("account.")))
}

/// What the schema says of a key, by its name or its path.
fn key(name: &str) -> Option<String> {
    let mut found = Vec::new();
    search(&scenario::schema(), "", name, &mut found);
    found.sort();
    found.dedup();
    (!found.is_empty()).then(|| found.concat())
}

fn search(value: &Value, path: &str, name: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                if key == "properties"
                    && let Some(properties) = inner.as_object()
                {
                    for (property, shape) in properties {
                        let path =
                            if path.is_empty() { property.clone() } else { format!("{path}.{property}") };
                        if property == name || path == name {
                            let meaning = shape["description"].as_str().unwrap_or("no description");
                            found.push(format!("{path} (scenario file)\n{meaning}\n"));
                        }
                        search(shape, &path, name, found);
                    }
                } else if key == "additionalProperties" {
                    search(inner, &format!("{path}.NAME"), name, found);
                } else {
                    search(inner, path, name, found);
                }
            }
        }
        Value::Array(members) => members.iter().for_each(|inner| search(inner, path, name, found)),
        _ => {}
    }
}

fn unknown(name: &str) -> anyhow::Error {
    let similarity = |known: &str| strsim::jaro_winkler(known, name);
    let nearest = names().into_iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
    let help = match nearest {
        Some(nearest) if similarity(nearest) > 0.8 => format!("did you mean \"{nearest}\"?"),
        _ => "`liqsim explain` lists all names; keys of the scenario file are known too".to_owned(),
    };
    error_with_help(format_args!("nothing is known of \"{name}\""), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_names_and_says_something() {
        assert!(names().len() > 20);
        for (names, text) in entries() {
            assert!(text.len() > 80, "{names:?}");
        }
    }

    #[test]
    fn quantities_within_a_result_and_keys_of_the_file_are_found() {
        assert!(entry("value_at_risk.0.95").is_some_and(|text| text.contains("not exceeded")));
        assert!(key("account.leverage").is_some_and(|text| text.contains("notional over equity")));
        assert!(key("seed").is_some());
        assert!(entry("nonsense").or(key("nonsense").as_deref().map(|_| "")).is_none());
    }
}
