//! The scenario on the page: as it was read, and with what a question changes.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::change::{Change, Step};
use super::field::{Field, fields};
use crate::scenario::{Problems, Scenario, Source, WriteError, parse};

/// What the page wants to know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// In the order in which they were made.
    pub changes: Vec<Change>,
    /// The level that is looked at; chosen by the result if none.
    #[serde(default)]
    pub leverage: Option<f64>,
    /// How fine the answer is to be: 0 is the coarsest.
    #[serde(default)]
    pub stage: usize,
}

/// A scenario with a question's changes.
#[derive(Debug)]
pub(super) struct Posed {
    pub scenario: Scenario,
    /// All that was changed in the file, as options of the command line.
    pub options: Vec<String>,
    /// Levels of the file that the changed venue does not allow.
    pub left_out: Vec<f64>,
}

/// The scenario as it was read.
#[derive(Debug)]
pub(super) struct Desk {
    source: Source,
    /// Options that come before those of every question.
    overrides: Vec<String>,
    /// Listed in the file; none where it lists none.
    levels: Vec<f64>,
    /// What the page shows at its start.
    pub start: Value,
}

/// Why a scenario cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeskError {
    #[error(transparent)]
    Scenario(#[from] Problems),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("the scenario's own text cannot be read again: {0}")]
    Again(#[from] toml::de::Error),
}

/// What the page shows at its start.
#[derive(Serialize)]
struct Start<'a> {
    version: &'static str,
    file: &'a str,
    /// Whether the command that is shown finds the file.
    is_file: bool,
    name: &'a str,
    levels: &'a [f64],
    fields: Vec<Field>,
    toml: &'a str,
}

impl Desk {
    pub fn new(source: Source, overrides: &[String]) -> Result<Self, DeskError> {
        let scenario = parse(source.clone(), overrides)?;
        let toml = scenario.to_toml()?;
        let values = values(toml::Value::Table(toml::from_str(&toml)?));
        let has_levels = values["account"].get("leverage").is_some();
        let levels = if has_levels { scenario.account.leverage.clone() } else { Vec::new() };
        let start = json!(Start {
            version: env!("CARGO_PKG_VERSION"),
            file: source.name(),
            is_file: Path::new(source.name()).is_file(),
            name: &scenario.name,
            levels: &levels,
            fields: fields(&crate::scenario::schema(), &values),
            toml: &toml,
        });
        Ok(Self { source, overrides: overrides.to_vec(), levels, start })
    }

    /// Whether the file lists levels, so that another one can be looked at.
    pub fn has_levels(&self) -> bool {
        !self.levels.is_empty()
    }

    /// The scenario that a question is about. Levels that are not looked at give way where a change rules them out.
    pub fn pose(&self, question: &Question) -> Result<Posed, Problems> {
        let mut levels = self.levels.clone();
        let mut left_out = Vec::new();
        let looked_at = question.leverage.filter(|_| !levels.is_empty());
        if let Some(leverage) = looked_at.filter(|leverage| !levels.contains(leverage)) {
            levels.push(leverage);
            levels.sort_by(f64::total_cmp);
        }
        let mut is_listed = levels != self.levels;
        loop {
            let mut changes = question.changes.clone();
            if is_listed {
                let path = vec![Step::from("account"), Step::from("leverage")];
                changes.push(Change { path, value: json!(levels) });
            }
            let changed = changes.iter().map(Change::option);
            let options: Vec<String> = self.overrides.iter().cloned().chain(changed).collect();
            let problems = match parse(self.source.clone(), &options) {
                Ok(scenario) => return Ok(Posed { scenario, options, left_out }),
                Err(problems) => problems,
            };
            let refused: Option<Vec<Option<f64>>> =
                problems.iter().map(|problem| refused_level(problem.place.key()?, &levels)).collect();
            match refused {
                // All that is wrong is the range that the file gives.
                Some(refused) if !is_listed && !levels.is_empty() && !refused.is_empty() => is_listed = true,
                Some(refused) if refused.iter().flatten().any(|level| Some(*level) != looked_at) => {
                    let gone = |level: &f64| refused.contains(&Some(*level)) && Some(*level) != looked_at;
                    left_out.extend(levels.iter().copied().filter(gone));
                    levels.retain(|level| !gone(level));
                    if levels.is_empty() {
                        return Err(problems);
                    }
                }
                _ => return Err(problems),
            }
        }
    }

    /// The command that runs what a question is about.
    pub fn command(&self, posed: &Posed) -> String {
        let options = posed.options.iter().flat_map(|option| ["--set".to_owned(), quoted(option)]);
        let words = ["liqsim".to_owned(), "run".to_owned(), quoted(self.source.name())];
        words.into_iter().chain(options).collect::<Vec<_>>().join(" ")
    }
}

/// The level that a problem is about, none in it for the list as a whole; nothing if it is about something else.
fn refused_level(key: &str, levels: &[f64]) -> Option<Option<f64>> {
    let rest = key.strip_prefix("account.leverage")?;
    let index = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    Some(index.and_then(|index| levels.get(index.parse::<usize>().ok()?).copied()))
}

/// The problems as the page reads them.
pub(super) fn refusal(problems: &Problems) -> Value {
    json!({ "problems": problems.iter().collect::<Vec<_>>() })
}

/// A word of a shell's command line.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=,:+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The values of a text, dates as their text.
fn values(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(integer) => json!(integer),
        toml::Value::Float(float) => json!(float),
        toml::Value::Boolean(boolean) => json!(boolean),
        toml::Value::Datetime(date) => json!(date.to_string()),
        toml::Value::Array(items) => items.into_iter().map(values).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, values(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("account.equity=5000"), "account.equity=5000");
        assert_eq!(quoted("a b's"), r"'a b'\''s'");
        assert_eq!(quoted("x=[1,2]"), "'x=[1,2]'");
    }

    #[test]
    fn a_problem_of_a_level_names_it() {
        assert_eq!(refused_level("account.leverage[1]", &[1.0, 5.0]), Some(Some(5.0)));
        assert_eq!(refused_level("account.leverage", &[1.0]), Some(None));
        assert_eq!(refused_level("account.equity", &[1.0]), None);
    }
}
