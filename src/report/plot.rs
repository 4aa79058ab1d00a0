//! The probability of liquidation over leverage as bars of text, for a terminal.

use crate::result::RunResult;

use super::number;

/// Bars are not longer than this, however wide the terminal is.
const LONGEST_BAR: usize = 60;
/// Bars shorter than this tell nothing.
const SHORTEST_BAR: usize = 10;
/// Eighths of a cell.
const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// One bar per level, the full length for probability one, ending with a line break; nothing where there is no room.
pub fn plot(result: &RunResult, width: Option<usize>) -> String {
    let rows: Vec<(String, String, f64)> = result
        .levels
        .iter()
        .map(|level| {
            let probability = &level.liquidation_probability;
            (number::leverage(level.leverage), number::probability(probability).0, probability.value)
        })
        .collect();
    let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
    let names = longest(&mut rows.iter().map(|(name, _, _)| name.chars().count()));
    let values = longest(&mut rows.iter().map(|(_, value, _)| value.chars().count()));
    let room = width.unwrap_or(usize::MAX).saturating_sub(names + values + 3).min(LONGEST_BAR);
    if room < SHORTEST_BAR {
        return String::new();
    }
    let mut lines = String::from("Probability of liquidation\n");
    for (name, value, probability) in rows {
        lines += &format!("{name:>names$} {:room$} {value:>values$}\n", bar(probability, room));
    }
    lines
}

/// A bar of a share of so many cells.
fn bar(share: f64, cells: usize) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (8 * cells) as f64).round() as usize;
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn bars_have_the_length_of_their_share() {
        assert_eq!(bar(0.0, 10), "");
        assert_eq!(bar(1.0, 10), "██████████");
        assert_eq!(bar(0.55, 10), "█████▌");
        assert_eq!(bar(f64::NAN, 10), "");
    }
}
