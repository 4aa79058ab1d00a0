//! The values of single keys: numbers, ratios, counts, durations, text and fixed words.

use serde_json::{Value as Json, json};

use crate::market::Duration;
use crate::venue::{Contract, MaintenanceBasis, Side, TierRule};

use super::problem::{Code, Problem, Problems};
use super::range::Range;
use super::shape::{Numeric, Shape, suggest, wrong_type};
use super::tree::{Node, Value, number, quoted, ticked};
use super::types::{MarginMode, Monitoring};

/// A number of the file, if it is one and finite.
fn finite(node: &Node, label: &str, problems: &mut Problems) -> Option<Option<f64>> {
    let value = match node.value {
        Value::Integer(integer) => integer as f64,
        Value::Float(float) => float,
        _ => return None,
    };
    if value.is_finite() {
        return Some(Some(value));
    }
    let message = format!("{} must be a finite number, but is {}", ticked(label), node.shown());
    problems.push(Problem::new(Code::NotFinite, &node.place, message));
    Some(None)
}

impl Shape for f64 {
    fn expected() -> String {
        "a number".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        finite(node, label, problems).unwrap_or_else(|| {
            let mut problem = wrong_type::<Self>(node, label);
            if let Value::Text(text) = &node.value
                && text.trim().parse::<f64>().is_ok()
            {
                problem = problem.help("write the number without quotes");
            }
            problems.push(problem);
            None
        })
    }

    fn schema() -> Json {
        json!({ "type": "number" })
    }
}

impl Numeric for f64 {
    fn number(self) -> f64 {
        self
    }

    fn remedy(self, _: Range) -> Option<String> {
        None
    }
}

/// A fraction: a number, or text with a unit (`"5%"`, `"10bp"`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ratio(pub f64);

impl Numeric for Ratio {
    fn number(self) -> f64 {
        self.0
    }

    fn remedy(self, range: Range) -> Option<String> {
        range.contains(self.0 / 100.0).then(|| format!("for percent write \"{}%\"", number(self.0)))
    }
}

/// Reads `"5%"` or `"10bp"`. The unit becomes a power of ten of the text, so `"0.4%"` is the same double as `0.004`.
fn parse_ratio(text: &str) -> Option<f64> {
    let text = text.trim();
    let (number, exponent) = match (text.strip_suffix('%'), text.strip_suffix("bp")) {
        (Some(number), _) => (number, "e-2"),
        (_, Some(number)) => (number, "e-4"),
        _ => return None,
    };
    let number: String = number.trim_end().chars().filter(|c| *c != '_').collect();
    if !number.bytes().all(|byte| byte.is_ascii_digit() || b".+-".contains(&byte)) {
        return None;
    }
    format!("{number}{exponent}").parse().ok().filter(|value: &f64| value.is_finite())
}

impl Shape for Ratio {
    fn expected() -> String {
        "a fraction such as 0.05, \"5%\" or \"10bp\"".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        if let Some(fraction) = finite(node, label, problems) {
            return fraction.map(Self);
        }
        if let Value::Text(text) = &node.value
            && let Some(ratio) = parse_ratio(text)
        {
            return Some(Self(ratio));
        }
        let mut problem = wrong_type::<Self>(node, label);
        if let Value::Text(text) = &node.value
            && text.trim().parse::<f64>().is_ok()
        {
            let text = text.trim();
            problem = problem.help(format!("write the fraction without quotes, or add a unit: \"{text}%\""));
        }
        problems.push(problem);
        None
    }

    fn schema() -> Json {
        json!({ "type": ["number", "string"], "pattern": "^\\s*[+-]?[0-9_.]+\\s*(%|bp)\\s*$" })
    }
}

/// A whole number that is not negative; `1e6` is one too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count(pub u64);

impl Numeric for Count {
    fn number(self) -> f64 {
        self.0 as f64
    }

    fn remedy(self, _: Range) -> Option<String> {
        None
    }
}

impl Shape for Count {
    fn expected() -> String {
        "a whole number".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        // Above 2^53 a float no longer tells neighbouring whole numbers apart.
        const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
        let refuse = |message: String| Problem::new(Code::OutOfRange, &node.place, message);
        match node.value {
            Value::Integer(integer) => match u64::try_from(integer) {
                Ok(count) => return Some(Self(count)),
                Err(_) if integer < 0 => {
                    problems
                        .push(refuse(format!("{} must not be negative, but is {integer}", ticked(label))));
                }
                Err(_) => {
                    let message = format!("{} must be at most {}, but is {integer}", ticked(label), u64::MAX);
                    problems.push(refuse(message));
                }
            },
            Value::Float(float) if float.fract() == 0.0 && (0.0..=LARGEST_EXACT).contains(&float) => {
                return Some(Self(float as u64));
            }
            Value::Float(_) => problems.push(refuse(format!(
                "{} must be a whole number, but is {}",
                ticked(label),
                node.shown()
            ))),
            _ => problems.push(wrong_type::<Self>(node, label)),
        }
        None
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": 0 })
    }
}

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

/// Pattern of the text of a duration.
const DURATION_PATTERN: &str = "^\\s*([0-9.]+\\s*[ywdhms]\\s*)+$";

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
        super::shape::any_of(vec![json!({ "const": "continuous" }), Duration::schema()])
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
words!(Contract: "linear" => Contract::Linear, "inverse" => Contract::Inverse);
words!(TierRule: "marginal" => TierRule::Marginal, "whole" => TierRule::Whole);
words!(MaintenanceBasis: "mark" => MaintenanceBasis::Mark, "entry" => MaintenanceBasis::Entry);

#[cfg(test)]
mod tests {
    use super::parse_ratio;

    #[test]
    fn a_ratio_with_a_unit_is_the_same_double_as_the_fraction() {
        for (text, value) in
            [("5%", 0.05), ("0.4%", 0.004), ("10bp", 0.001), ("-1.25 %", -0.0125), ("2.5bp", 0.00025)]
        {
            assert_eq!(parse_ratio(text), Some(value), "{text}");
        }
    }

    #[test]
    fn a_ratio_needs_a_number_and_a_unit() {
        for text in ["", "%", "5", "5 pct", "1e2%", "inf%", "nan%", "--5%", "5%%", "bp"] {
            assert_eq!(parse_ratio(text), None, "{text}");
        }
    }
}
