//! The leverage levels, and whether the venue lets the position be opened at each of them.

use crate::account::LevelError;
use crate::numeric::elementary;
use crate::venue::{Contract, MarginError};

use super::file::{AccountFile, LEVERAGE, LeverageChoice, MOST_LEVELS};
use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::shape::{List, Placed};
use super::tree::number;
use super::types::{Account, Position};

/// The levels that could be read.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    /// In ascending order without duplicates.
    pub values: Vec<Placed<f64>>,
    /// Whether these are all that were written.
    pub is_complete: bool,
}

impl Levels {
    /// With one level more, at a place.
    pub fn with(mut self, value: f64, place: &Place) -> Self {
        self.values.push(Placed { value, place: place.clone() });
        in_order(self.values, self.is_complete)
    }
}

/// The levels of an account, by leverage or by loan to value; `is_loan` tells whether a lender liquidates it.
pub(super) fn of_account(
    account: &AccountFile,
    is_loan: impl FnOnce() -> bool,
    problems: &mut Problems,
) -> Option<Levels> {
    let Some(ltv) = &account.ltv else {
        return account.leverage.as_ref().and_then(|leverage| resolve(leverage, problems));
    };
    if let Some(leverage) = &account.leverage {
        let message = "`ltv` and `leverage` exclude each other";
        let help = "a loan to value of V is a leverage of 1/(1 - V): keep one of the two";
        problems.push(Problem::new(Code::Conflict, &leverage.place, message).help(help));
        return None;
    }
    if !is_loan() {
        let message = "`ltv` is that of a loan, and the venue is no lender";
        let help = "use `leverage`, or a venue with `loan` terms such as \"loan-aave-like\"";
        problems.push(Problem::new(Code::Conflict, &ltv.place, message).help(help));
        return None;
    }
    let List { items, written } = &ltv.value.0;
    if *written == 0 {
        let help = "give at least one, such as ltv = [\"50%\", \"60%\"]";
        problems.push(Problem::new(Code::OutOfRange, &ltv.place, "`ltv` is empty").help(help));
    }
    let (sound, broken): (Vec<_>, Vec<_>) =
        items.iter().partition(|ratio| (0.0..1.0).contains(&ratio.value.0));
    for ratio in broken {
        let message =
            format!("loan to value must be at least 0 and less than 1, but is {}", number(ratio.value.0));
        let help = "it is the debt over the worth of the collateral, such as \"60%\"";
        problems.push(Problem::new(Code::OutOfRange, &ratio.place, message).help(help));
    }
    let level = |ratio: &Placed<Ratio>| {
        // Twelve digits hide the rounding of the subtraction and nothing else.
        let exact = 1.0 / (1.0 - ratio.value.0);
        Placed { value: format!("{exact:.11e}").parse().unwrap_or(exact), place: ratio.place.clone() }
    };
    let is_complete = !sound.is_empty() && *written == sound.len();
    Some(in_order(sound.into_iter().map(level).collect(), is_complete))
}

/// Ascending, without duplicates.
fn in_order(mut values: Vec<Placed<f64>>, is_complete: bool) -> Levels {
    values.sort_by(|a, b| a.value.total_cmp(&b.value));
    values.dedup_by(|a, b| a.value == b.value);
    Levels { values, is_complete }
}

/// The levels, each with its place.
fn resolve(choice: &Placed<LeverageChoice>, problems: &mut Problems) -> Option<Levels> {
    let written = match &choice.value {
        LeverageChoice::List(list) => Some(list.written),
        LeverageChoice::Spaced(_) => None,
    };
    let levels = match &choice.value {
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
    Some(in_order(levels, is_complete))
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

/// `count` levels from `from` to `to` in equal ratios, both ends exact, the rest rounded to six significant
/// digits.
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
    account: &Account,
    position: &Position,
    price: f64,
    problems: &mut Problems,
) {
    let (venue, equity) = (account.venue_of(position), account.equity);
    let mut reported = None;
    for level in levels {
        let Err(error) = account.level(position, price, level.value) else { continue };
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
