//! A title that still fits when options have changed what it says: the length of time, the side, the only
//! leverage.

use crate::market::Duration;

use super::tree::{Node, Value, number};

/// Units in which a title may say the horizon: their seconds, words and letters.
const UNITS: [(u64, &str, &str); 5] = [
    (86_400, "day", "d"),
    (3_600, "hour", "h"),
    (604_800, "week", "w"),
    (2_592_000, "month", "mo"),
    (31_536_000, "year", "y"),
];

/// The title of a scenario that was changed from `before` to `after`.
pub(super) fn adapted(title: &str, before: &Node, after: &Node) -> String {
    let mut adapted = title.to_owned();
    let horizon = |root: &Node| match &root.at(&["simulation", "horizon"])?.value {
        Value::Text(text) => text.parse::<Duration>().ok(),
        _ => None,
    };
    if let (Some(old), Some(new)) = (horizon(before), horizon(after))
        && old != new
    {
        adapted = with_horizon(&adapted, old, new);
    }
    if let (Some(old), Some(new)) = (side(before), side(after))
        && old != new
    {
        for (old, new) in [(old.clone(), new.clone()), (capitalised(&old), capitalised(&new))] {
            adapted = replaced(&adapted, &old, &new).unwrap_or(adapted);
        }
    }
    if let (Some(old), Some(new)) = (leverage(before), leverage(after))
        && old != new
    {
        adapted =
            replaced(&adapted, &format!("{}x", number(old)), &format!("{}x", number(new))).unwrap_or(adapted);
    }
    adapted
}

fn with_horizon(title: &str, old: Duration, new: Duration) -> String {
    for (seconds, word, letters) in UNITS {
        if !old.seconds().is_multiple_of(seconds) {
            continue;
        }
        let count = old.seconds() / seconds;
        let found = [
            (format!("{count} {word}s"), new.in_words()),
            (format!("{count} {word}"), new.in_words()),
            (format!("{count}-{word}"), new.to_string()),
            (format!("{count}{letters}"), new.to_string()),
        ]
        .into_iter()
        .find_map(|(old, new)| replaced(title, &old, &new));
        if let Some(found) = found {
            return found;
        }
    }
    title.to_owned()
}

/// The side of all positions, if it is one.
fn side(root: &Node) -> Option<String> {
    let Value::List(positions) = &root.at(&["account", "positions"])?.value else { return None };
    let mut sides = positions.iter().map(|position| match position.at(&["side"]).map(|side| &side.value) {
        Some(Value::Text(side)) => Some(side.clone()),
        _ => None,
    });
    let first = sides.next()??;
    sides.all(|side| side.as_ref() == Some(&first)).then_some(first)
}

/// The leverage, if there is one level.
fn leverage(root: &Node) -> Option<f64> {
    let value = |node: &Node| match node.value {
        Value::Integer(whole) => Some(whole as f64),
        Value::Float(float) => Some(float),
        _ => None,
    };
    let node = root.at(&["account", "leverage"])?;
    match &node.value {
        Value::List(levels) if levels.len() == 1 => value(&levels[0]),
        _ => value(node),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The text with a whole word or phrase replaced; none where it is not there.
fn replaced(text: &str, old: &str, new: &str) -> Option<String> {
    let is_apart = |neighbour: Option<char>| neighbour.is_none_or(|neighbour| !neighbour.is_alphanumeric());
    let (at, _) = text.match_indices(old).find(|(at, _)| {
        is_apart(text[..*at].chars().next_back()) && is_apart(text[at + old.len()..].chars().next())
    })?;
    Some(format!("{}{new}{}", &text[..at], &text[at + old.len()..]))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::{Source, syntax};

    fn root(horizon: &str, side: &str, leverage: &str) -> Node {
        let text = format!(
            "[simulation]\nhorizon = \"{horizon}\"\n[account]\nleverage = {leverage}\n[[account.positions]]\nside = \"{side}\"\n"
        );
        syntax::parse(&Arc::new(Source::new("x", text))).0
    }

    #[test]
    fn a_title_says_what_is_run() {
        let before = root("30d", "long", "[5]");
        for (title, horizon, side, leverage, adapted_title) in [
            ("BTC perpetual long, 30 days", "7d", "long", "[5]", "BTC perpetual long, 7 days"),
            ("BTC perpetual long, 30 days", "36h", "short", "[5]", "BTC perpetual short, 36 hours"),
            ("Long for a 30-day month at 5x", "7d", "short", "7", "Short for a 7d month at 7x"),
            ("longing 130 days", "7d", "short", "[5]", "longing 130 days"),
            ("1 month long", "60d", "long", "[2, 5]", "60 days long"),
            ("BTC, 30d", "30d", "long", "[5]", "BTC, 30d"),
        ] {
            assert_eq!(adapted(title, &before, &root(horizon, side, leverage)), adapted_title);
        }
    }
}
