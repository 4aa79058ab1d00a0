//! Stress laid over an asset's model, as it is written.

use crate::market::Duration;
use crate::model::{Shock, Spell, Stress};

use super::numbers::Ratio;
use super::problem::{Code, Problem, Problems};
use super::range::Range;
use super::shape::{List, Placed};
use super::table::table;

table! {
    /// One stress: a shock { at, shock }, or a spell of other volatility { from, to, volatility_times }.
    struct StressFile {
        /// Time of a shock, such as "3d": after the start and before the horizon.
        optional at: Duration,
        /// Size of a shock as a fraction of the price: "-30%" takes 30 % off.
        optional shock: Ratio where Range::above(-1.0).at_most(100.0),
        /// Start of a spell, such as "5d".
        optional from: Duration,
        /// End of a spell.
        optional to: Duration,
        /// Factor on the volatility during a spell.
        optional volatility_times: f64 where Range::at_least(0.0).at_most(100.0),
    }
}

const SHOCK_KEYS: [&str; 2] = ["at", "shock"];
const SPELL_KEYS: [&str; 3] = ["from", "to", "volatility_times"];

/// All stresses of an asset; `horizon` is the length of the paths, if it was read.
pub(super) fn resolve(
    list: &Placed<List<StressFile>>,
    horizon: Option<Duration>,
    problems: &mut Problems,
) -> Option<Stress> {
    let mut stress = Stress::default();
    let mut is_valid = list.value.items.len() == list.value.written;
    for item in &list.value.items {
        let file = &item.value;
        let mut problem = |code, message: &str| {
            let help = "a shock is { at = \"3d\", shock = \"-30%\" }, a spell { from = \"5d\", to = \"7d\", volatility_times = 2 }";
            problems.push(Problem::new(code, &item.place, message).help(help));
            is_valid = false;
        };
        let has = |keys: &[&str]| keys.iter().filter(|key| file.given.contains(*key)).count();
        match (has(&SHOCK_KEYS), has(&SPELL_KEYS)) {
            (2, 0) => {
                if let (Some(at), Some(shock)) = (&file.at, &file.shock) {
                    if at.value.seconds() == 0 || horizon.is_some_and(|horizon| at.value >= horizon) {
                        problem(
                            Code::OutOfRange,
                            "the time of a shock must lie after the start and before the horizon",
                        );
                    } else {
                        stress.shocks.push(Shock { at: at.value, size: shock.value.0 });
                    }
                } else {
                    is_valid = false;
                }
            }
            (0, 3) => {
                if let (Some(from), Some(to), Some(times)) = (&file.from, &file.to, &file.volatility_times) {
                    if from.value >= to.value || horizon.is_some_and(|horizon| from.value >= horizon) {
                        problem(Code::OutOfRange, "a spell must start before its end and before the horizon");
                    } else {
                        let volatility_times = times.value;
                        stress.spells.push(Spell { from: from.value, to: to.value, volatility_times });
                    }
                } else {
                    is_valid = false;
                }
            }
            (0, _) => problem(Code::MissingKey, "a spell needs `from`, `to` and `volatility_times`"),
            (_, 0) => problem(Code::MissingKey, "a shock needs `at` and `shock`"),
            _ => problem(Code::Conflict, "a stress is a shock or a spell, not both"),
        }
    }
    is_valid.then_some(stress)
}
