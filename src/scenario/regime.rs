//! The regime-switching model of a scenario file.

use serde_json::{Value as Json, json};

use crate::model::{Regime, RegimeState};

use super::errors::ErrorsFile;
use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::range::Range;
use super::shape::{List, Placed, Shape, any_of, wrong_type};
use super::table::table;
use super::tree::{Node, Value, number, quoted};
use crate::model::check::{DRIFT, RATE, VOLATILITY};

/// Most states of a chain: more than anyone can estimate.
const MOST_STATES: usize = 20;

/// How far probabilities and rows of rates may be from the sum they should have: the digits people write.
const SLACK: f64 = 1e-6;

table! {
    /// Regime switching: a Markov chain chooses among geometric Brownian motions.
    struct RegimeFile {
        /// The states, a table with `drift` and `volatility` for each.
        required states: List<StateFile>,
        /// Switches per year from the state of the row to the state of the column: a square matrix; the diagonal is 0, or
        /// minus the sum of the rest of its row.
        required switching_rates: List<List<f64>>,
        /// State at the start: its number, counted from 0, "stationary" (the long-run law; used if absent), or a list with the
        /// probability of each.
        optional start: StartChoice,
        /// Errors of the fitted numbers, which parameter_errors draws from.
        optional errors: ErrorsFile,
    }
}

table! {
    /// Drift and volatility in one state.
    struct StateFile {
        /// Growth rate of the expected price per year, as a fraction.
        required drift: Ratio where DRIFT,
        /// Volatility per square root of a year, as a fraction.
        required volatility: Ratio where VOLATILITY,
    }
}

/// The law of the state at the start, as it is written.
#[derive(Debug, Clone)]
pub(super) enum StartChoice {
    Stationary,
    State(i128),
    Probabilities(List<Ratio>),
}

impl Shape for StartChoice {
    fn expected() -> String {
        "\"stationary\", the number of a state, or a list of probabilities".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "stationary" => Some(Self::Stationary),
            Value::Integer(number) => Some(Self::State(*number)),
            Value::List(_) => List::read(node, label, problems).map(Self::Probabilities),
            _ => {
                problems.push(wrong_type::<Self>(node, label));
                None
            }
        }
    }

    fn schema() -> Json {
        any_of(vec![
            json!({ "const": "stationary" }),
            json!({ "type": "integer", "minimum": 0 }),
            List::<Ratio>::schema(),
        ])
    }
}

impl RegimeFile {
    /// The model, if all of its values were read and fit each other.
    pub fn resolve(&self, problems: &mut Problems) -> Option<Regime> {
        let states = self.states.as_ref()?;
        let count = states.value.written;
        if count == 0 || count > MOST_STATES {
            let message = format!("`states` must hold 1 to {MOST_STATES} states, but holds {count}");
            let help = "a state is a table such as { drift = 0, volatility = 0.6 }";
            problems.push(Problem::new(Code::OutOfRange, &states.place, message).help(help));
            return None;
        }
        let rates = self.switching_rates.as_ref().and_then(|rates| matrix(rates, count, problems));
        let start = match &self.start {
            Some(start) => probabilities(start, count, problems).map(Some),
            None => Some(None),
        };
        let states: Vec<RegimeState> = states
            .value
            .items
            .iter()
            .map(|state| {
                let StateFile { drift, volatility, .. } = &state.value;
                let (drift, volatility) = (drift.as_ref()?.value.0, volatility.as_ref()?.value.0);
                Some(RegimeState { drift, volatility })
            })
            .collect::<Option<_>>()?;
        let (rates, start) = (rates?, start?);
        let start = start.flatten().unwrap_or_else(|| Regime::stationary(&rates));
        (states.len() == count).then_some(Regime { states, switching_rates: rates, start })
    }
}

/// The rates with a diagonal of zeros, if they are a square matrix of rates.
fn matrix(rates: &Placed<List<List<f64>>>, count: usize, problems: &mut Problems) -> Option<Vec<Vec<f64>>> {
    let mut problem = |code, place: &Place, message: String| {
        let help = "switching_rates has a row and a column for every state: [[0, 6], [24, 0]] switches from the first state to \
                    the second 6 times a year, and back 24 times a year";
        problems.push(Problem::new(code, place, message).help(help));
    };
    if rates.value.written != count {
        let message =
            format!("`switching_rates` has {} rows, but there are {count} states", rates.value.written);
        problem(Code::Conflict, &rates.place, message);
        return None;
    }
    let mut result = Vec::with_capacity(count);
    let mut is_valid = rates.value.items.len() == count;
    for (i, row) in rates.value.items.iter().enumerate() {
        if row.value.written != count {
            let message = format!(
                "row {i} of `switching_rates` has {} numbers, but there are {count} states",
                row.value.written
            );
            problem(Code::Conflict, &row.place, message);
            is_valid = false;
            continue;
        }
        if row.value.items.len() != count {
            is_valid = false;
            continue;
        }
        let mut values: Vec<f64> = row.value.items.iter().map(|rate| rate.value).collect();
        let diagonal = std::mem::take(&mut values[i]);
        for (rate, placed) in values.iter().zip(&row.value.items) {
            if !RATE.contains(*rate) {
                let message = format!("a switching rate must be {}, but is {}", RATE, number(*rate));
                problem(Code::OutOfRange, &placed.place, message);
                is_valid = false;
            }
        }
        let exit: f64 = values.iter().sum();
        if diagonal != 0.0 && (diagonal + exit).abs() > SLACK * exit.max(1.0) {
            let message = format!(
                "the diagonal of `switching_rates` must be 0 or minus the sum of its row, {}, but is {}",
                number(-exit),
                number(diagonal)
            );
            problem(Code::Conflict, &row.value.items[i].place, message);
            is_valid = false;
        }
        result.push(values);
    }
    is_valid.then_some(result)
}

/// The probabilities of the states at the start; none inside for the stationary law.
fn probabilities(
    start: &Placed<StartChoice>,
    count: usize,
    problems: &mut Problems,
) -> Option<Option<Vec<f64>>> {
    let message = match &start.value {
        StartChoice::Stationary => return Some(None),
        StartChoice::State(state) => match usize::try_from(*state) {
            Ok(state) if state < count => {
                return Some(Some((0..count).map(|k| f64::from(u8::from(k == state))).collect()));
            }
            _ => format!("`start` is {state}, but the states are numbered from 0 to {}", count - 1),
        },
        StartChoice::Probabilities(list) => {
            let values: Vec<f64> = list.items.iter().map(|p| p.value.0).collect();
            if values.len() != list.written {
                return None;
            }
            let in_range = Range::at_least(0.0).at_most(1.0);
            let total: f64 = values.iter().sum();
            if list.written != count {
                format!("`start` has {} probabilities, but there are {count} states", list.written)
            } else if let Some(wrong) = values.iter().find(|p| !in_range.contains(**p)) {
                format!("a probability of `start` must be {}, but is {}", in_range, number(*wrong))
            } else if (total - 1.0).abs() > SLACK {
                format!("the probabilities of `start` must have the sum 1, but have {}", number(total))
            } else {
                return Some(Some(values));
            }
        }
    };
    let help = format!("use a state's number, a probability for each, or {}", quoted("stationary"));
    problems.push(Problem::new(Code::OutOfRange, &start.place, message).help(help));
    None
}
