//! Lines for people: what was run, what the columns mean, the notes.

use crate::market::{Duration, SECONDS_PER_DAY};
use crate::result::{NoteText, RunResult};

use super::number;

/// What the columns mean, where their heads cannot say it.
pub const LEGEND: &str = "Intervals are at 95 %. Returns and losses are fractions of the collateral. VaR: loss not \
     exceeded with this probability; ES: expected shortfall, the mean loss beyond it.";

/// What the columns of accounts mean that are followed step by step.
pub const ACCOUNT_LEGEND: &str = "Costs and money called are means over all paths, as fractions of the collateral; negative is \
     income. Drawdown: largest fall of equity from its highest value so far.";

/// Notes that say how the numbers were computed; every other one is a warning.
const METHOD: [&str; 14] = [
    "sampling",
    "quantile_resolution",
    "in_turns",
    "stepped_model",
    "stress",
    "not_charged",
    "coin_margined",
    "discrete_monitoring",
    "precision_reached",
    "few_liquidated",
    "past_horizons",
    "shared_past",
    "parameter_errors",
    "parameters_beyond_draws",
];

/// Whether a note is shown without being asked for.
pub fn is_warning(note: &NoteText) -> bool {
    !METHOD.contains(&note.code.as_str())
}

/// What was run: horizon, paths, seed and version.
pub fn run_line(result: &RunResult) -> String {
    format!(
        "{} · {} paths · seed {} · liqsim {}",
        Duration::from_seconds((result.horizon_days * SECONDS_PER_DAY).round() as u64),
        number::count(result.paths),
        result.seed,
        result.liqsim
    )
}

/// A paragraph broken into lines of at most so many columns, the first one after `first`, the others after `indent`.
/// A word that does not fit stands on a line of its own.
pub fn wrap(text: &str, width: usize, first: &str, indent: &str) -> String {
    let mut lines = String::from(first);
    let mut column = first.chars().count();
    let mut line_is_empty = true;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !line_is_empty && column + 1 + length > width {
            lines.push('\n');
            lines.push_str(indent);
            column = indent.chars().count();
            line_is_empty = true;
        }
        if !line_is_empty {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
        line_is_empty = false;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_at_words() {
        assert_eq!(wrap("one two three four", 10, "- ", "  "), "- one two\n  three\n  four\n");
        assert_eq!(wrap("a verylongwordthatdoesnotfit b", 8, "", ""), "a\nverylongwordthatdoesnotfit\nb\n");
        assert_eq!(wrap("", 8, "- ", ""), "- \n");
    }
}
