//! The leverage levels, and whether the venue lets the position be opened at each of them.

use crate::account::{Level, LevelError};
use crate::numeric::elementary;
use crate::venue::{Contract, MarginError, Side, Venue};

use super::file::{LEVERAGE, LeverageChoice, MOST_LEVELS};
use super::problem::{Code, Problem, Problems};
use super::shape::{List, Placed};
use super::tree::number;

/// The levels that could be read.
pub(super) struct Levels {
    /// In ascending order without duplicates.
    pub values: Vec<Placed<f64>>,
    /// Whether these are all that were written.
    pub is_complete: bool,
}

/// The levels, each with its place.
pub(super) fn resolve(choice: &Placed<LeverageChoice>, problems: &mut Problems) -> Option<Levels> {
    let written = match &choice.value {
        LeverageChoice::List(list) => Some(list.written),
        LeverageChoice::Spaced(_) => None,
    };
    let mut levels = match &choice.value {
        LeverageChoice::List(list) => list_levels(list, choice, problems),
        LeverageChoice::Spaced(range) => {
            let (from, to, count) = (range.from.as_ref()?, range.to.as_ref()?, range.count.as_ref()?);
            if from.value >= to.value {
                let message = format!(
                    "`from` must be less than `to`, but {} is not less than {}",
                    number(from.value),
                    number(to.value)
                );
                let help = "swap the two; for a single level write a list, such as leverage = [5]";
                problems.push(Problem::new(Code::Conflict, &from.place, message).help(help));
                return None;
            }
            log_spaced(from.value, to.value, count.value.0)
                .into_iter()
                .map(|value| Placed { value, place: choice.place.clone() })
                .collect()
        }
    };
    let is_complete = !levels.is_empty() && written.is_none_or(|written| written == levels.len());
    levels.sort_by(|a, b| a.value.total_cmp(&b.value));
    levels.dedup_by(|a, b| a.value == b.value);
    Some(Levels { values: levels, is_complete })
}

fn list_levels(
    list: &List<f64>,
    choice: &Placed<LeverageChoice>,
    problems: &mut Problems,
) -> Vec<Placed<f64>> {
    if list.written == 0 {
        let help = "give at least one level, such as leverage = [2, 5, 10]";
        problems.push(Problem::new(Code::OutOfRange, &choice.place, "`leverage` is empty").help(help));
    }
    if list.written > MOST_LEVELS {
        let message =
            format!("`leverage` has {} levels, but at most {MOST_LEVELS} are possible", list.written);
        problems.push(Problem::new(Code::OutOfRange, &choice.place, message).help("keep those that matter"));
    }
    let (sound, broken): (Vec<_>, Vec<_>) =
        list.items.iter().partition(|level| LEVERAGE.contains(level.value));
    for level in broken {
        let message = format!("leverage must be {}, but is {}", LEVERAGE, number(level.value));
        let help = "leverage is notional over equity: 5 is a position of five times the collateral";
        problems.push(Problem::new(Code::OutOfRange, &level.place, message).help(help));
    }
    sound.into_iter().cloned().collect()
}

/// `count` levels from `from` to `to` in equal ratios, both ends exact, the rest rounded to six significant digits.
fn log_spaced(from: f64, to: f64, count: u64) -> Vec<f64> {
    let last = count - 1;
    (0..count)
        .map(|index| match index {
            0 => from,
            _ if index == last => to,
            _ => {
                let exact = from * elementary::powf(to / from, index as f64 / last as f64);
                format!("{exact:.5e}").parse().unwrap_or(exact)
            }
        })
        .collect()
}

/// Reports every level at which the venue does not let the position be opened.
pub(super) fn check(
    levels: &[Placed<f64>],
    venue: &Venue,
    side: Side,
    price: f64,
    equity: f64,
    problems: &mut Problems,
) {
    let mut reported = None;
    for level in levels {
        let Err(error) = Level::open(venue, side, price, equity, level.value) else { continue };
        // Levels of a range share one place, and one message is enough for it.
        let span = level.place.span();
        if reported == span {
            continue;
        }
        reported = span;
        let leverage = number(level.value);
        let (message, help) = match error {
            LevelError::AboveTopTier { notional, largest } => (
                format!(
                    "leverage {leverage} is a notional of {}, but the venue's tiers end at {}",
                    number(notional),
                    number(largest)
                ),
                format!(
                    "at this equity the largest leverage is {}{}",
                    number((largest / equity * 1e6).floor() / 1e6),
                    if venue.contract == Contract::Inverse { "; the equity is in coins" } else { "" }
                ),
            ),
            LevelError::AboveCap { max_leverage, .. } => (
                format!("leverage {leverage} is above the venue's cap of {}", number(max_leverage)),
                format!("the venue `{}` allows at most {} at any size", venue.name, number(max_leverage)),
            ),
            LevelError::Margin(MarginError::LiquidatedAtEntry { collateral, requirement }) => (
                format!("at leverage {leverage} the position is liquidated at entry"),
                format!(
                    "after the entry fee the equity is {}, and the maintenance margin is {}; use less leverage",
                    number(collateral),
                    number(requirement)
                ),
            ),
            other => {
                (format!("leverage {leverage} is not possible: {other}"), "use less leverage".to_owned())
            }
        };
        problems.push(Problem::new(Code::NotAllowed, &level.place, message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::log_spaced;

    #[test]
    fn log_spaced_levels_have_equal_ratios_and_exact_ends() {
        let levels = log_spaced(1.0, 125.0, 25);
        assert_eq!((levels.len(), levels[0], levels[24]), (25, 1.0, 125.0));
        let ratio = 125f64.powf(1.0 / 24.0);
        for pair in levels.windows(2) {
            assert!((pair[1] / pair[0] / ratio - 1.0).abs() < 2e-5, "{pair:?}");
        }
        assert_eq!(levels[1], 1.22284);
    }
}
