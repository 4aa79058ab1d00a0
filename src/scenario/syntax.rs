//! TOML syntax: text to tree, and what the parser says in words that tell what to do.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue, Error};

use super::problem::{Code, Place, Problem};
use super::source::Source;
use super::tree::{Node, quoted, ticked};

/// What could be read of a text, and its syntax errors.
pub(super) struct Parsed {
    pub root: Node,
    pub errors: Vec<Problem>,
    /// Where the errors are: nothing else in these stretches can be trusted.
    pub damaged: Vec<Range<usize>>,
}

/// Parses a document, going on after errors.
pub(super) fn parse(source: &Arc<Source>) -> Parsed {
    let (table, errors) = DeTable::parse_recoverable(source.text());
    let mut statements = Vec::new();
    if !errors.is_empty() {
        collect_statements(table.get_ref(), source.text(), &mut statements);
        statements.sort_by_key(|span| span.start);
    }
    // One broken value sets off a chain of errors inside it: the first of each statement tells enough, except that
    // a bracket left open is the cause of what follows.
    let mut by_statement: BTreeMap<usize, (Range<usize>, &Error)> = BTreeMap::new();
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        let statement = enclosing(&statements, at).unwrap_or_else(|| line_around(source.text(), at));
        let worst = by_statement.entry(statement.start).or_insert((statement, error));
        let order = |error: &Error| (!is_unclosed(error), error.span().map_or(0, |span| span.start));
        if order(error) < order(worst.1) {
            worst.1 = error;
        }
    }
    let problems =
        by_statement.values().map(|(statement, error)| explain(error, statement, source)).collect();
    let damaged = by_statement
        .into_values()
        .map(|(statement, error)| match is_unclosed(error) {
            // What follows an open bracket may belong anywhere.
            true => statement.start..source.text().len(),
            false => statement,
        })
        .collect();
    Parsed { root: Node::of_document(table.get_ref(), source), errors: problems, damaged }
}

fn is_unclosed(error: &Error) -> bool {
    error.message().starts_with("unclosed")
}

/// Spans of the values that are written in place (not of tables under headers), with their whole lines.
fn collect_statements(table: &DeTable<'_>, text: &str, statements: &mut Vec<Range<usize>>) {
    let in_place = |span: Range<usize>| text.as_bytes().get(span.start) == Some(&b'{');
    for (key, value) in table {
        match value.get_ref() {
            DeValue::Table(inner) if !in_place(value.span()) => collect_statements(inner, text, statements),
            DeValue::Array(items)
                if items.iter().any(|item| item.get_ref().is_table() && !in_place(item.span())) =>
            {
                for item in items.iter().filter_map(|item| item.get_ref().as_table()) {
                    collect_statements(item, text, statements);
                }
            }
            _ => statements.push(key.span().start.min(value.span().start)..value.span().end),
        }
    }
}

fn enclosing(statements: &[Range<usize>], at: usize) -> Option<Range<usize>> {
    let after = statements.partition_point(|span| span.start <= at);
    statements[..after].last().filter(|span| at <= span.end).cloned()
}

fn line_around(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let at = at.min(bytes.len());
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| at + newline);
    start..end
}

/// The parser's message, with what would be right.
fn explain(error: &Error, statement: &Range<usize>, source: &Arc<Source>) -> Problem {
    let text = source.text();
    let span = error.span().unwrap_or(0..0);
    let marked = text.get(span.clone()).unwrap_or_default();
    let message = error.message();
    let problem =
        |message: String, span: Range<usize>| Problem::new(Code::Syntax, &Place::new(source, span), message);
    if message.starts_with("unclosed array") {
        let open = text
            .get(statement.clone())
            .and_then(|text| text.find('['))
            .map_or(span, |at| statement.start + at..statement.start + at + 1);
        return problem("this list is not closed".to_owned(), open).help("add `]` after its last item");
    }
    if message.starts_with("unclosed inline table") {
        let open = text
            .get(statement.clone())
            .and_then(|text| text.find('{'))
            .map_or(span, |at| statement.start + at..statement.start + at + 1);
        return problem("this table is not closed".to_owned(), open).help("add `}` after its last key");
    }
    if message.starts_with("unclosed table") {
        return problem("this table header is not closed".to_owned(), span).help("add `]`");
    }
    if message.starts_with("invalid basic string, expected `\"`") {
        return problem("this text is not closed".to_owned(), span).help("add `\"` at its end");
    }
    if message.starts_with("duplicate key") {
        return problem(format!("{} is given twice", ticked(marked)), span).help("keep one of the two");
    }
    if message.starts_with("key with no value") {
        return problem("a key without a value".to_owned(), span).help("write `key = value`");
    }
    if message.starts_with("string values must be quoted")
        || message.starts_with("invalid literal string, expected")
    {
        return match marked.is_empty() {
            true => problem("a value is missing here".to_owned(), span).help("write `key = value`"),
            false => problem(format!("{} is not a number, and text needs quotes", ticked(marked)), span)
                .help(format!("write {}", quoted(marked))),
        };
    }
    if message.starts_with("unexpected key or value") {
        return problem("the line goes on after the value".to_owned(), span)
            .help("write one `key = value` per line; thousands are separated by `_` only: 64_000");
    }
    problem(message.to_owned(), span).help("a scenario is TOML text: tables `[name]` and lines `key = value`")
}
