//! Numbers of the file: plain ones, ratios with a unit, counts.

use serde_json::{Value as Json, json};

use super::check::AMOUNT;
use super::problem::{Code, Problem, Problems};
use super::range::{Range, add_to};
use super::shape::{Numeric, Shape, any_of, wrong_type};
use super::tree::{Node, Value, number, ticked};

/// A number of the file, if it is one and finite.
fn finite(node: &Node, label: &str, problems: &mut Problems) -> Option<Option<f64>> {
    let value = match node.value {
        Value::Integer(integer) => integer as f64,
        Value::Float(float) => float,
        _ => return None,
    };
    if value.is_finite() {
        return Some(Some(without_sign_of_zero(value)));
    }
    let message = format!("{} must be a finite number, but is {}", ticked(label), node.shown());
    problems.push(Problem::new(Code::NotFinite, &node.place, message));
    Some(None)
}

/// A negative zero as zero: what divides by it, or writes it, knows one of them.
fn without_sign_of_zero(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value }
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
    let value: f64 = format!("{number}{exponent}").parse().ok()?;
    value.is_finite().then_some(without_sign_of_zero(value))
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

/// An amount, and the coin it is counted in if that is said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Amount {
    pub amount: f64,
    pub coin: Option<String>,
}

impl Shape for Amount {
    fn expected() -> String {
        "a number, or coins such as \"0.5 BTC\"".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            return f64::read(node, label, problems).map(|amount| Self { amount, coin: None });
        };
        let amount = text.trim().split_once(char::is_whitespace).and_then(|(amount, coin)| {
            let amount: f64 = amount.replace('_', "").parse().ok()?;
            amount.is_finite().then(|| Self { amount, coin: Some(coin.trim().to_owned()) })
        });
        if amount.is_none() {
            let problem = wrong_type::<Self>(node, label);
            problems.push(match text.trim().parse::<f64>() {
                Ok(_) => problem.help("write the number without quotes"),
                Err(_) => problem,
            });
        }
        amount
    }

    fn schema() -> Json {
        let mut amount = f64::schema();
        add_to(AMOUNT, &mut amount);
        any_of(vec![amount, json!({ "type": "string", "pattern": "^\\s*[0-9_.eE+]+\\s+\\S+\\s*$" })])
    }
}

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
