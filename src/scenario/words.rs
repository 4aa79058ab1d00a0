//! Texts of the file: free ones, durations, and words of which only a few are known.

use serde_json::{Value as Json, json};

use crate::market::{DateOrder, DecimalMark, Duration};
use crate::venue::{
    Compounding, Contract, FeePrice, FundingBasis, MaintenanceBasis, Side, TierRule, TierSize,
};

use super::funding::FundingModel;
use super::problem::{Code, Problem, Problems};
use super::shape::{Shape, any_of, wrong_type};
use super::suggest::suggest;
use super::terms::Rates;
use super::tree::{Node, Value, quoted, ticked};
use super::types::{MarginMode, Monitoring, Sampling};

impl Shape for String {
    fn expected() -> String {
        "text in quotes".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        if let Value::Text(text) = &node.value {
            return Some(text.clone());
        }
        problems.push(wrong_type::<Self>(node, label));
        None
    }

    fn schema() -> Json {
        json!({ "type": "string" })
    }
}

impl Shape for bool {
    fn expected() -> String {
        "true or false".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        if let Value::Boolean(boolean) = node.value {
            return Some(boolean);
        }
        problems.push(wrong_type::<Self>(node, label));
        None
    }

    fn schema() -> Json {
        json!({ "type": "boolean" })
    }
}

/// Pattern of the text of a duration.
const DURATION_PATTERN: &str =
    "^\\s*([0-9.]+\\s*(y|mo|w|d|h|m|s|years?|months?|weeks?|days?|hours?|min|minutes?|seconds?)\\s*)+$";

impl Shape for Duration {
    fn expected() -> String {
        "a duration such as \"8h\" or \"30d\"".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(text) => match text.parse() {
                Ok(duration) => return Some(duration),
                Err(error) => {
                    let message = format!("{} cannot be {}", ticked(label), quoted(text));
                    problems
                        .push(Problem::new(Code::WrongType, &node.place, message).help(format!("{error}")));
                }
            },
            Value::Integer(_) | Value::Float(_) => {
                let help = format!("write the unit and quotes, such as \"{}d\"", node.shown());
                problems.push(wrong_type::<Self>(node, label).help(help));
            }
            _ => problems.push(wrong_type::<Self>(node, label)),
        }
        None
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": DURATION_PATTERN })
    }
}

impl Shape for Monitoring {
    fn expected() -> String {
        "\"continuous\" or an interval such as \"1h\"".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        if let Value::Text(text) = &node.value {
            if text == "continuous" {
                return Some(Self::Continuous);
            }
            if let Ok(interval) = text.parse() {
                return Some(Self::Every(interval));
            }
        }
        problems.push(wrong_type::<Self>(node, label));
        None
    }

    fn schema() -> Json {
        any_of(vec![json!({ "const": "continuous" }), Duration::schema()])
    }
}

/// Reads one of a few fixed words.
fn read_word<T: Shape + Copy>(
    node: &Node,
    label: &str,
    words: &[(&str, T)],
    problems: &mut Problems,
) -> Option<T> {
    let Value::Text(text) = &node.value else {
        problems.push(wrong_type::<T>(node, label));
        return None;
    };
    if let Some((_, value)) = words.iter().find(|(word, _)| word == text) {
        return Some(*value);
    }
    let message = format!("{} must be {}, but is {}", ticked(label), T::expected(), quoted(text));
    let help = suggest(text, words.iter().map(|(word, _)| *word));
    let problem = Problem::new(Code::UnknownName, &node.place, message);
    // The message lists the words already: only a near one is worth more.
    problems.push(if help.starts_with("did you") { problem.help(help) } else { problem });
    None
}

/// Declares the words that a key can hold.
macro_rules! words {
    ($type:ty: $($word:literal => $value:expr),+) => {
        impl Shape for $type {
            fn expected() -> String {
                [$(concat!("\"", $word, "\"")),+].join(" or ")
            }

            fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
                read_word(node, label, &[$(($word, $value)),+], problems)
            }

            fn schema() -> Json {
                json!({ "enum": [$($word),+] })
            }
        }
    };
}

words!(Side: "long" => Side::Long, "short" => Side::Short);
words!(MarginMode: "isolated" => MarginMode::Isolated, "cross" => MarginMode::Cross);
words!(Sampling: "auto" => Sampling::Auto, "sobol" => Sampling::Sobol, "pseudo" => Sampling::Pseudo);
words!(Contract: "linear" => Contract::Linear, "inverse" => Contract::Inverse, "spot" => Contract::Spot);
words!(TierRule: "marginal" => TierRule::Marginal, "whole" => TierRule::Whole);
words!(MaintenanceBasis: "mark" => MaintenanceBasis::Mark, "entry" => MaintenanceBasis::Entry);
words!(TierSize: "notional" => TierSize::Notional, "quantity" => TierSize::Quantity);
words!(FeePrice: "basis" => FeePrice::Basis, "bankruptcy" => FeePrice::Bankruptcy);
words!(Rates: "given" => Rates::Given, "half_initial" => Rates::HalfInitial);
words!(FundingBasis: "mark" => FundingBasis::Mark, "entry" => FundingBasis::Entry);
words!(DateOrder: "day-first" => DateOrder::DayFirst, "month-first" => DateOrder::MonthFirst);
words!(DecimalMark: "point" => DecimalMark::Point, "comma" => DecimalMark::Comma);
words!(FundingModel: "ou" => FundingModel::Ou);
words!(Compounding: "hourly" => Compounding::Hourly, "simple" => Compounding::Simple,
    "continuous" => Compounding::Continuous);
