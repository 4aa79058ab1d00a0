//! Names and texts that every output can show as they are: in one line, in the order in which they are written.

use crate::market::is_hidden;

use super::problem::{Code, Place, Problem, Problems};
use super::tree::{Node, Value};

/// Reports keys and texts that hold line ends, other control characters, or marks that turn the direction of writing.
pub(super) fn check(node: &Node, problems: &mut Problems) {
    match &node.value {
        Value::Text(text) => check_text(text, &node.place, problems),
        Value::List(items) => items.iter().for_each(|item| check(item, problems)),
        Value::Table(table) => {
            for entry in &table.entries {
                check_text(&entry.key, &entry.key_place, problems);
                check(&entry.node, problems);
            }
        }
        _ => {}
    }
}

fn check_text(text: &str, place: &Place, problems: &mut Problems) {
    if let Some(sign) = text.chars().find(|sign| is_hidden(*sign)) {
        let message = format!(
            "the text holds U+{:04X}, which cannot be seen and changes how a line is shown",
            u32::from(sign)
        );
        problems
            .push(Problem::new(Code::WrongType, place, message).help("write it in plain signs, in one line"));
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Source, parse};

    #[test]
    fn names_that_would_break_a_line_are_refused_at_their_place() {
        let scenario = |name: &str, asset: &str| {
            format!(
                "name = \"{name}\"\nsimulation.horizon = \"1d\"\nassets.\"{asset}\" = {{ price = 1, model = {{ kind = \"gbm\", drift = 0, \
                 volatility = 1 }} }}\naccount = {{ equity = 1, leverage = [2], venue = \"flat-0.5pct\", positions = [{{ asset = \
                 \"{asset}\", side = \"long\" }}] }}\n"
            )
        };
        let problems = |name, asset| {
            let text = scenario(name, asset);
            parse(Source::new("s.toml", text), &[]).map(drop).map_err(|problems| problems.to_string())
        };
        assert_eq!(problems("Ðoge ✓ 長い", "B-1"), Ok(()));
        for name in [r"a\u001b[31mb", r"a\nb", r"a\u202eb", r"a\u0000"] {
            assert!(problems(name, "B").unwrap_err().contains("s.toml:1:8"), "{name}");
            assert!(problems("a", name).unwrap_err().contains("cannot be seen"), "{name}");
        }
    }
}
