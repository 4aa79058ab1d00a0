//! TOML syntax: text to tree, and what the parser says in words that tell what to do.
//!
//! The parser goes on after an error, but one broken value can set off a chain of errors and hide what follows. So
//! the text is parsed in rounds: each statement with an error is reported once and blanked (which keeps every offset),
//! until the rest parses.

use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue, Error};

use super::problem::{Code, Place, Problem};
use super::source::Source;
use super::tree::{Node, quoted, ticked};

/// More rounds than any file written by people needs.
const MOST_ROUNDS: usize = 8;

/// Parses a document: what could be read of it, and its syntax errors.
pub(super) fn parse(source: &Arc<Source>) -> (Node, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut text = source.text().to_owned();
    for _ in 0..MOST_ROUNDS {
        let (table, errors) = DeTable::parse_recoverable(&text);
        if errors.is_empty() {
            return (Node::of_document(table.get_ref(), source), problems);
        }
        let mut broken = Vec::new();
        for (statement, error) in by_statement(&text, table.get_ref(), &errors) {
            problems.push(explain(error, &statement, source));
            broken.push(line_start(&text, statement.start)..statement.end);
        }
        text = blanked(text, &broken);
    }
    (Node::of_document(&DeTable::new(), source), problems)
}

/// The statements that hold errors, in the order of the text, each with its first error.
fn by_statement<'a>(text: &str, table: &DeTable<'_>, errors: &'a [Error]) -> Vec<(Range<usize>, &'a Error)> {
    let mut values = Vec::new();
    collect_values(table, text, &mut values);
    values.sort_by_key(|span| span.start);
    // What follows a bracket that is never closed was read as part of it.
    let unclosed = errors.iter().find(|error| is_unclosed_value(error));
    let opening = unclosed.and_then(|_| values.iter().find(|span| closing(text, span.start).is_none()));
    let readable = opening.map_or(text.len() + 1, |opening| line_start(text, opening.start));

    let mut errors: Vec<&Error> = errors.iter().filter(|error| start_of(error) < readable).collect();
    errors.sort_by_key(|error| start_of(error));
    let mut found: Vec<(Range<usize>, &Error)> = Vec::new();
    for error in errors {
        let at = start_of(error);
        if found.last().is_none_or(|(statement, _)| at > statement.end) {
            found.push((statement_around(text, &values, at), error));
        }
    }
    if let (Some(opening), Some(error)) = (opening, unclosed) {
        found.push((opening.start..next_statement(text, opening.start), error));
    }
    found
}

fn start_of(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

fn is_unclosed_value(error: &Error) -> bool {
    error.message().starts_with("unclosed array") || error.message().starts_with("unclosed inline table")
}

/// Spans of the values that stand after an equals sign of their own.
fn collect_values(table: &DeTable<'_>, text: &str, values: &mut Vec<Range<usize>>) {
    let is_inline = |span: Range<usize>| text.as_bytes().get(span.start) == Some(&b'{');
    for (_, value) in table {
        match value.get_ref() {
            DeValue::Table(inner) if !is_inline(value.span()) => collect_values(inner, text, values),
            DeValue::Array(items)
                if items.iter().any(|item| item.get_ref().is_table() && !is_inline(item.span())) =>
            {
                for item in items.iter().filter_map(|item| item.get_ref().as_table()) {
                    collect_values(item, text, values);
                }
            }
            _ => values.push(value.span()),
        }
    }
}

/// The lines of the value around `at`, or the line there; the whole table if that line is a header.
fn statement_around(text: &str, values: &[Range<usize>], at: usize) -> Range<usize> {
    let after = values.partition_point(|span| span.start <= at);
    let value = values[..after].last().filter(|span| at <= span.end).cloned().unwrap_or(at..at);
    let start = line_start(text, value.start);
    let end = line_end(text, value.end);
    if !text[start..end].trim_start().starts_with('[') {
        return start..end;
    }
    let lines = text[end..].split_inclusive('\n').skip(1);
    start..end + lines.take_while(|line| !line.trim_start().starts_with('[')).map(str::len).sum::<usize>()
}

fn line_start(text: &str, at: usize) -> usize {
    let bytes = &text.as_bytes()[..at.min(text.len())];
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    text.as_bytes()[at..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |newline| at + newline)
}

/// Where the bracket at `open` is closed, text and comments skipped.
fn closing(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, open);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'#' => at = line_end(text, at),
            quote @ (b'"' | b'\'') => {
                at += 1;
                while bytes.get(at).is_some_and(|byte| byte != quote && *byte != b'\n') {
                    at += if *quote == b'"' && bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Start of the first line after `from` that looks like a header or a key.
fn next_statement(text: &str, from: usize) -> usize {
    let mut at = (line_end(text, from) + 1).min(text.len());
    for line in text[at..].split_inclusive('\n') {
        let is_header = line.starts_with('[') && line.trim_end().ends_with(']') && !line.contains(',');
        let key = line.split('=').next().filter(|key| key.len() < line.len());
        let is_key = key.is_some_and(|key| {
            let key = key.trim();
            !key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.\"".contains(&byte))
        });
        if is_header || is_key {
            break;
        }
        at += line.len();
    }
    at
}

/// The text with some stretches turned into spaces; line ends stay.
fn blanked(text: String, stretches: &[Range<usize>]) -> String {
    let mut bytes = text.into_bytes();
    for stretch in stretches {
        let end = stretch.end.min(bytes.len());
        for byte in &mut bytes[stretch.start.min(end)..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
    // Stretches are whole lines, so no character was cut.
    String::from_utf8(bytes).unwrap_or_default()
}

/// The parser's message, with what would be right.
fn explain(error: &Error, statement: &Range<usize>, source: &Arc<Source>) -> Problem {
    let text = source.text();
    let span = error.span().unwrap_or(0..0);
    let marked = text.get(span.clone()).unwrap_or_default();
    let message = error.message();
    let problem =
        |message: String, span: Range<usize>| Problem::new(Code::Syntax, &Place::new(source, span), message);
    if is_unclosed_value(error) {
        let what = if message.contains("array") { ("list", "]", "item") } else { ("table", "}", "key") };
        let message = format!("this {} is not closed", what.0);
        let help = format!("add `{}` after its last {}", what.1, what.2);
        return problem(message, statement.start..statement.start + 1).help(help);
    }
    if message.starts_with("unclosed table") {
        return problem("this table header is not closed".to_owned(), span)
            .help("write `[name]`; a name with spaces needs quotes");
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
    if message.starts_with("invalid unquoted key") && !marked.is_empty() {
        return problem(format!("{} cannot stand in a key", ticked(marked)), span)
            .help("write `key = value`; keys are of letters, digits, `_` and `-`");
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
