//! What is wrong with a scenario, and where.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::source::Source;

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The file cannot be opened, is too large, or is not text.
    Unreadable,
    /// There is nothing in the file.
    Empty,
    /// The text is not TOML.
    Syntax,
    /// A `--set` option does not fit the scenario.
    Override,
    /// No such key.
    UnknownKey,
    /// A required key is not there.
    MissingKey,
    /// The value is of another type.
    WrongType,
    /// The number is not a number, or infinite.
    NotFinite,
    /// The value is outside its range.
    OutOfRange,
    /// The text names nothing that exists.
    UnknownName,
    /// Two values exclude each other.
    Conflict,
    /// The venue does not allow it.
    NotAllowed,
    /// A valid wish that this version cannot fulfil.
    NotAvailable,
}

impl Code {
    /// The stable name shown in messages.
    pub fn name(self) -> &'static str {
        match self {
            Code::Unreadable => "unreadable",
            Code::Empty => "empty",
            Code::Syntax => "syntax",
            Code::Override => "override",
            Code::UnknownKey => "unknown_key",
            Code::MissingKey => "missing_key",
            Code::WrongType => "wrong_type",
            Code::NotFinite => "not_finite",
            Code::OutOfRange => "out_of_range",
            Code::UnknownName => "unknown_name",
            Code::Conflict => "conflict",
            Code::NotAllowed => "not_allowed",
            Code::NotAvailable => "not_available",
        }
    }
}

/// A stretch of a source, or the whole of it.
#[derive(Debug, Clone)]
pub struct Place {
    source: Arc<Source>,
    span: Option<Range<usize>>,
    key: Option<Arc<str>>,
}

impl Place {
    /// The bytes `span` of a source.
    pub(super) fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        Self { source: Arc::clone(source), span: Some(span), key: None }
    }

    /// Whether both places are in the same file or override.
    pub(super) fn is_in_source_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
    }

    /// The source as such, without a position.
    pub(super) fn whole(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), span: None, key: None }
    }

    /// The same place under the path of its key.
    pub(super) fn with_key(self, key: &str) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The source.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// Name of the file, or of whatever else holds the text.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// Path of the key from the top of the scenario, such as `account.leverage[2]`; none for places that are no value of it.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Byte range in the text of the source.
    pub fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    /// Line and column, both counted from 1, the column in characters.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        let before = self.source.text().as_bytes().get(..self.span.as_ref()?.start)?;
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column =
            String::from_utf8_lossy(&before[line_start..]).trim_start_matches('\u{feff}').chars().count();
        Some((line, 1 + column))
    }
}

/// Something wrong in a scenario: what, where, and what would be right.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Its kind.
    pub code: Code,
    /// What is wrong, with the offending value.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// Where.
    pub place: Place,
}

impl Problem {
    pub(super) fn new(code: Code, place: &Place, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, place: place.clone() }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl Serialize for Problem {
    /// One flat object: code, message, help, file, line, column, key.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let position = self.place.line_and_column();
        let mut object = serializer.serialize_struct("Problem", 7)?;
        object.serialize_field("code", self.code.name())?;
        object.serialize_field("message", &self.message)?;
        object.serialize_field("help", &self.help)?;
        object.serialize_field("file", self.place.file())?;
        object.serialize_field("line", &position.map(|(line, _)| line))?;
        object.serialize_field("column", &position.map(|(_, column)| column))?;
        object.serialize_field("key", &self.place.key())?;
        object.end()
    }
}

/// Everything that is wrong in a scenario; never empty when returned as an error.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    list: Vec<Problem>,
    /// What was found in files that the scenario names; no problem.
    found: Vec<String>,
}

impl Problems {
    pub(super) fn push(&mut self, problem: Problem) {
        self.list.push(problem);
    }

    pub(super) fn extend(&mut self, others: impl IntoIterator<Item = Problem>) {
        self.list.extend(others);
    }

    /// Notes what was found in a file that the scenario names.
    pub(super) fn note(&mut self, words: String) {
        if !self.found.contains(&words) {
            self.found.push(words);
        }
    }

    /// What was found in files so far.
    pub(super) fn found(&self) -> &[String] {
        &self.found
    }

    pub(super) fn into_list(self) -> Vec<Problem> {
        self.list
    }

    /// Files before options, each in the order of its text.
    pub(super) fn sorted(mut self) -> Self {
        let mut sources: Vec<Arc<Source>> = Vec::new();
        for problem in &self.list {
            if !sources.iter().any(|source| Arc::ptr_eq(source, &problem.place.source)) {
                sources.push(Arc::clone(&problem.place.source));
            }
        }
        self.list.sort_by_key(|Problem { place, .. }| {
            let source = sources.iter().position(|source| Arc::ptr_eq(source, &place.source));
            (place.source.is_override(), source, place.span.as_ref().map_or(0, |span| span.start))
        });
        self
    }

    /// How many problems there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no problem.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The problems, in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self { list: vec![problem], found: Vec::new() }
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false, 120))
    }
}

impl std::error::Error for Problems {}
