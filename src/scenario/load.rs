//! The whole way from a text to a [`Scenario`].

use std::path::Path;
use std::sync::Arc;

use super::file::ScenarioFile;
use super::problem::{Code, Place, Problem, Problems};
use super::shape::Shape;
use super::source::Source;
use super::tree::Value;
use super::types::Scenario;
use super::{overrides, resolve, syntax};

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
    let mut problems = Problems::default();
    let (mut root, errors) = syntax::parse(&source);
    if errors.is_empty() && matches!(&root.value, Value::Table(table) if table.entries.is_empty()) {
        let problem = Problem::new(Code::Empty, &Place::whole(&source), "the file holds no scenario");
        return Err(problem.help("`liqsim init` writes a scenario to start from").into());
    }
    for text in overrides {
        overrides::apply(&mut root, &source, text, &mut problems);
    }
    if errors.is_empty() {
        let scenario = ScenarioFile::read(&root, "scenario", &mut problems)
            .and_then(|file| resolve::resolve(&file, &title(&source), &mut problems));
        return match scenario {
            Some(scenario) if problems.is_empty() => Ok(scenario),
            _ => Err(problems.sorted()),
        };
    }
    // Beside the syntax errors, report what is certainly wrong in the lines that could be read: a key may be missing
    // only because its line was not understood, and what depends on several keys may depend on a damaged one.
    ScenarioFile::read(&root, "scenario", &mut problems);
    let mut all = Problems::default();
    all.extend(problems.into_list().into_iter().filter(|problem| problem.code != Code::MissingKey));
    all.extend(errors);
    Err(all.sorted())
}

/// The name of a scenario without one: that of its file.
fn title(source: &Source) -> String {
    let stem = Path::new(source.name()).file_stem();
    stem.map_or_else(|| source.name().to_owned(), |stem| stem.to_string_lossy().into_owned())
}
