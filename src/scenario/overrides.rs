//! Options of the form `--set a.b=c`, which set keys of a scenario after its file was read.
//!
//! The key is dotted, with quotes where a name needs them and indexes from 0 in lists (`account.positions.0.side`);
//! tables that are missing on the way are made. The value is TOML; what is not TOML is text, so quotes can be left out. Without a
//! value (`policy.stop_loss=`) the key is taken out.

use std::ops::Range;
use std::sync::Arc;

use toml::de::DeValue;

use super::problem::{Code, Place, Problem, Problems};
use super::source::Source;
use super::tree::{Entry, Node, Table, Value, quoted, ticked};

/// Applies an option to the tree of a scenario.
pub(super) fn apply(root: &mut Node, scenario: &Source, text: &str, problems: &mut Problems) {
    let source = Arc::new(Source::of_override(text, scenario));
    let whole = Place::new(&source, 0..text.len());
    match parse(text, &source) {
        Ok((path, value)) => {
            let done = match value {
                Some(value) => set(root, &path, value, &source),
                None => take_out(root, &path, &source),
            };
            if let Err(problem) = done {
                problems.push(problem);
            }
        }
        Err(message) => {
            let help = "write --set KEY=VALUE, such as --set account.equity=5000";
            problems.push(Problem::new(Code::Override, &whole, message).help(help));
        }
    }
}

type Segment = (String, Range<usize>);

/// The path and the value of an option; none where nothing follows the `=`.
fn parse(text: &str, source: &Arc<Source>) -> Result<(Vec<Segment>, Option<Node>), String> {
    let (path, equals) = parse_path(text)?;
    if text[equals + 1..].trim().is_empty() {
        return Ok((path, None));
    }
    let written = &text[equals + 1..];
    let lead = written.len() - written.trim_start().len();
    let (start, written) = (equals + 1 + lead, written.trim());
    let node = match DeValue::parse(written) {
        Ok(value) => {
            let span = value.span();
            Node::of_value(value.get_ref(), span, source, start)
        }
        Err(_) => Node {
            value: Value::Text(written.to_owned()),
            place: Place::new(source, start..start + written.len()),
        },
    };
    Ok((path, Some(node)))
}

/// The dotted key before the first `=` outside quotes, and where that is.
fn parse_path(text: &str) -> Result<(Vec<Segment>, usize), String> {
    let mut path = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let rest = &text[at..];
        let (name, end) = match rest.chars().next().filter(|first| matches!(first, '"' | '\'')) {
            Some(quote) => {
                let length = rest[1..].find(quote).ok_or("a quoted name is not closed")?;
                (&rest[1..=length], at + length + 2)
            }
            None => {
                let length = rest.find(['.', '=']).ok_or("there is no `=` after the key")?;
                (rest[..length].trim_end(), at + length)
            }
        };
        if name.is_empty() {
            return Err("the key has an empty name".to_owned());
        }
        path.push((name.to_owned(), at..end));
        let after = text[end..].trim_start();
        at = text.len() - after.len();
        match after.chars().next() {
            Some('=') => return Ok((path, at)),
            Some('.') => at += 1,
            _ => return Err("there is no `=` after the key".to_owned()),
        }
    }
}

/// Puts a value at the end of a path.
fn set(node: &mut Node, path: &[Segment], value: Node, source: &Arc<Source>) -> Result<(), Problem> {
    let Some(((name, span), rest)) = path.split_first() else {
        *node = value;
        return Ok(());
    };
    let place = Place::new(source, span.clone());
    let shown = node.shown();
    match &mut node.value {
        Value::Table(table) => {
            let index = table.entries.iter().position(|entry| entry.key == *name).unwrap_or_else(|| {
                let empty = Node { value: Value::Table(Table::default()), place: place.clone() };
                table.entries.push(Entry { key: name.clone(), key_place: place, node: empty });
                table.entries.len() - 1
            });
            set(&mut table.entries[index].node, rest, value, source)
        }
        Value::List(items) => {
            let length = items.len();
            match name.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => set(item, rest, value, source),
                None => {
                    let message = format!("{} is not an item of this list", ticked(name));
                    let help = match length {
                        0 => "the list is empty; set it as a whole".to_owned(),
                        1 => "the list has one item, which is number 0".to_owned(),
                        _ => format!("items are numbered from 0 to {}", length - 1),
                    };
                    Err(Problem::new(Code::Override, &place, message).help(help))
                }
            }
        }
        _ => {
            let message = format!("{} cannot be set inside {shown}", quoted(name));
            Err(Problem::new(Code::Override, &place, message)
                .help("only tables and lists have parts; set it as a whole"))
        }
    }
}

/// Takes out what is at the end of a path.
fn take_out(node: &mut Node, path: &[Segment], source: &Arc<Source>) -> Result<(), Problem> {
    let Some(((name, span), rest)) = path.split_first() else { return Ok(()) };
    let missing = || {
        let message = format!("there is no {} to take out", ticked(name));
        Problem::new(Code::Override, &Place::new(source, span.clone()), message)
            .help("nothing after the `=` takes a key out; give a value to set it")
    };
    match &mut node.value {
        Value::Table(table) => {
            let index = table.entries.iter().position(|entry| entry.key == *name).ok_or_else(missing)?;
            if rest.is_empty() {
                table.entries.remove(index);
                return Ok(());
            }
            take_out(&mut table.entries[index].node, rest, source)
        }
        Value::List(items) => {
            let index = name.parse().ok().filter(|index| *index < items.len()).ok_or_else(missing)?;
            if rest.is_empty() {
                items.remove(index);
                return Ok(());
            }
            take_out(&mut items[index], rest, source)
        }
        _ => Err(missing()),
    }
}
