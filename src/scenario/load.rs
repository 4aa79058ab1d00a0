//! The whole way from a text, or from values, to a [`Scenario`].

use std::path::Path;
use std::sync::Arc;

use super::file::ScenarioFile;
use super::problem::{Code, Place, Problem, Problems};
use super::shape::Shape;
use super::source::Source;
use super::tree::{Node, Value};
use super::types::Scenario;
use super::written::Written;
use super::{overrides, printable, resolve, syntax, title};

/// Reads a scenario file and sets the keys of `overrides` (`"account.equity=5000"`).
///
/// # Errors
///
/// Everything that is wrong with the file and the overrides.
pub fn load(path: &Path, overrides: &[String]) -> Result<Scenario, Problems> {
    parse(Source::read(path)?, overrides)
}

/// Reads a scenario from text and sets the keys of `overrides`.
///
/// # Errors
///
/// Everything that is wrong with the text and the overrides.
pub fn parse(source: Source, overrides: &[String]) -> Result<Scenario, Problems> {
    let source = Arc::new(source);
    let (root, errors) = syntax::parse(&source);
    if errors.is_empty() {
        return read(root, &source, overrides);
    }
    // Beside the syntax errors, report what is certainly wrong in the lines that could be read: a key may be missing
    // only because its line was not understood, and what depends on several keys may depend on a damaged one.
    let (root, mut problems) = changed(root, &source, overrides);
    ScenarioFile::read(&root, "scenario", &mut problems);
    let mut all = Problems::default();
    all.extend(problems.into_list().into_iter().filter(|problem| problem.code != Code::MissingKey));
    all.extend(errors);
    Err(all.sorted())
}

/// Reads a cell of a sweep, whose table was read before: with it, every cell would read the values of all.
///
/// # Errors
/// As [`parse`].
pub fn parse_cell(source: Source, overrides: &[String]) -> Result<Scenario, Problems> {
    let source = Arc::new(source);
    let (mut root, errors) = syntax::parse(&source);
    if !errors.is_empty() {
        return parse(Arc::unwrap_or_clone(source), overrides);
    }
    if let Value::Table(table) = &mut root.value {
        table.entries.retain(|entry| entry.key != "sweep");
    }
    read(root, &source, overrides)
}

/// Reads a scenario from the values that its text would hold, under the same checks, and sets the keys of `overrides`. The place of a problem
/// is the path of its key. `source` names the values in messages and says where files are looked up; its text plays no part.
///
/// # Errors
///
/// Everything that is wrong with the values and the overrides.
pub fn from_value(
    source: Source,
    value: &serde_json::Value,
    overrides: &[String],
) -> Result<Scenario, Problems> {
    let source = Arc::new(source);
    read(Node::of_json(value, &source), &source, overrides)
}

/// The tree with the options set, its places under their keys, and what is wrong with the options.
fn changed(mut root: Node, source: &Arc<Source>, overrides: &[String]) -> (Node, Problems) {
    let mut problems = Problems::default();
    for text in overrides {
        overrides::apply(&mut root, source, text, &mut problems);
    }
    root.name_places("");
    printable::check(&root, &mut problems);
    (root, problems)
}

fn read(root: Node, source: &Arc<Source>, overrides: &[String]) -> Result<Scenario, Problems> {
    if matches!(&root.value, Value::Table(table) if table.entries.is_empty()) {
        let problem = Problem::new(Code::Empty, &Place::whole(source), "the file holds no scenario");
        return Err(problem.help("`liqsim init` writes a scenario to start from").into());
    }
    let before = root.clone();
    let (root, mut problems) = changed(root, source, overrides);
    let scenario = ScenarioFile::read(&root, "scenario", &mut problems)
        .and_then(|file| resolve::resolve(&file, &stem(source), &mut problems));
    match scenario {
        Some(scenario) if problems.is_empty() => {
            let is_renamed = overrides.iter().any(|text| text.trim_start().starts_with("name"));
            let name = match is_renamed || overrides.is_empty() {
                true => scenario.name,
                false => title::adapted(&scenario.name, &before, &root),
            };
            Ok(Scenario { name, written: Written::new(root, source, problems.found()), ..scenario })
        }
        _ => Err(problems.sorted()),
    }
}

/// The name of a scenario without one: that of its file.
fn stem(source: &Source) -> String {
    let stem = Path::new(source.name()).file_stem();
    stem.map_or_else(|| source.name().to_owned(), |stem| stem.to_string_lossy().into_owned())
}
