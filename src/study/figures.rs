//! Numbers in sentences, tables and pages: per cent, with the digits that the error supports.
//!
//! The last digit shown is the largest power of ten that is not above the width of the interval; at most one decimal from
//! 10 %, two from 1 %, three below. Ends of intervals are rounded outwards. Below 0.001 % a number is a bound, and what was
//! never seen is the upper end of its interval, never zero.

use crate::stats::Estimate;

/// Probabilities below this are said to be below it.
pub const SMALLEST_SHOWN: f64 = 1e-5;

/// A probability: `11.4 %`, `0.365 %`, `< 0.001 %`; none seen is `< 0.004 %`, none missed `> 99.9 %`.
pub fn probability(estimate: &Estimate) -> String {
    let Estimate { value, low, high, .. } = *estimate;
    if !value.is_finite() {
        return "unknown".to_owned();
    }
    if value == 0.0 {
        return if high == 0.0 { "0 %".to_owned() } else { format!("< {}", bound(high.max(SMALLEST_SHOWN))) };
    }
    if value < SMALLEST_SHOWN {
        return format!("< {}", bound(SMALLEST_SHOWN));
    }
    if value == 1.0 {
        let decimals = decimals_of(1.0 - low);
        return if low == 1.0 {
            "100 %".to_owned()
        } else {
            format!("> {} %", shown(floor(100.0 * low, decimals), decimals))
        };
    }
    let decimals = decimals(estimate);
    format!("{} %", shown(100.0 * value, decimals))
}

/// The interval of a probability, its ends rounded outwards: `11.3 to 11.5 %`; none where the probability is a bound.
pub fn interval(estimate: &Estimate) -> Option<String> {
    let Estimate { value, low, high, .. } = *estimate;
    if !(SMALLEST_SHOWN..1.0).contains(&value) {
        return None;
    }
    Some(between(low, high, decimals(estimate)))
}

/// The interval of a probability that counts in the errors of the parameters, where it is known.
pub fn interval_with_parameters(estimate: &Estimate) -> Option<String> {
    let (low, high) = estimate.low_with_parameters.zip(estimate.high_with_parameters)?;
    if !(SMALLEST_SHOWN..1.0).contains(&estimate.value) {
        return None;
    }
    // Ends that lie far apart say something with a digit more than the value has.
    let most = if estimate.value >= 0.1 { 1 } else { 3 };
    Some(between(low, high, decimals_of(0.25 * (high - low)).min(most)))
}

/// Ends in per cent, rounded outwards.
fn between(low: f64, high: f64, decimals: usize) -> String {
    let low = shown(floor(100.0 * low, decimals).max(0.0), decimals);
    let high = shown(ceil(100.0 * high, decimals).min(100.0), decimals);
    format!("{low} to {high} %")
}

/// How rare a probability is, in words: `about 1 in 9`; none where there is nothing to divide by.
pub fn one_in(value: f64) -> Option<String> {
    if !(value > 0.0 && value <= 0.5) {
        return None;
    }
    let times = 1.0 / value;
    let digits = (times.max(1.0)).to_string().split('.').next().map_or(1, str::len);
    let unit = 10f64.powi(digits.saturating_sub(2) as i32);
    Some(format!("about 1 in {}", grouped(&format!("{:.0}", (times / unit).round() * unit))))
}

/// A rate with all its digits: `42.3 %`, `0.05 %`.
pub fn rate(rate: f64) -> String {
    let text = format!("{:.4}", 100.0 * rate);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{} %", grouped(if text == "-0" { "0" } else { text }))
}

/// A leverage: `5x`, `12.5x`.
pub fn leverage(leverage: f64) -> String {
    let text = format!("{leverage:.2}");
    format!("{}x", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A safe leverage, rounded down so that it is never above what is known to be safe.
pub fn leverage_at_most(safe: f64) -> String {
    leverage((safe * 100.0 + 1e-9).floor() / 100.0)
}

/// A price or an amount of money: separators, and decimals where the number is small.
pub fn amount(amount: f64) -> String {
    let size = amount.abs();
    let text = match size {
        _ if size >= 1000.0 || amount.fract() == 0.0 => format!("{amount:.0}"),
        _ if size >= 1.0 => format!("{amount:.2}"),
        _ => format!("{amount:.6}").trim_end_matches('0').to_owned(),
    };
    grouped(&text)
}

/// Thousands separators for the digits before the point.
pub fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_at(number.find('.').unwrap_or(number.len()));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// Decimals of a per cent that the interval supports.
pub fn decimals(estimate: &Estimate) -> usize {
    let most = match estimate.value {
        value if value >= 0.1 => 1,
        value if value >= 0.01 => 2,
        _ => 3,
    };
    decimals_of(estimate.high - estimate.low).min(most)
}

/// Decimals of a per cent whose last digit is the largest power of ten not above a width.
fn decimals_of(width: f64) -> usize {
    let mut step = 1.0;
    let mut decimals = 0;
    while decimals < 3 && step > 100.0 * width {
        step /= 10.0;
        decimals += 1;
    }
    decimals
}

/// A bound from above as a per cent with one digit, rounded up.
fn bound(high: f64) -> String {
    let percent = 100.0 * high;
    let (mut unit, mut decimals) = (10.0, 0);
    while unit > percent * (1.0 + 1e-12) && decimals < 3 {
        unit /= 10.0;
        decimals += usize::from(unit < 0.99);
    }
    format!("{} %", shown((percent / unit - 1e-9).ceil() * unit, decimals))
}

fn floor(value: f64, decimals: usize) -> f64 {
    let scale = 10f64.powi(decimals as i32);
    (value * scale + 1e-9).floor() / scale
}

fn ceil(value: f64, decimals: usize) -> f64 {
    let scale = 10f64.powi(decimals as i32);
    (value * scale - 1e-9).ceil() / scale
}

/// Fixed decimals, without the sign of a zero.
fn shown(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| c == '0' || c == '.') => zero.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { low, high, ..Estimate::normal(value, (high - low) / 3.92) }
    }

    #[test]
    fn digits_follow_the_interval() {
        for (value, low, high, text, range) in [
            (0.1138, 0.1131, 0.1148, "11.4 %", "11.3 to 11.5 %"),
            (0.11, 0.08, 0.15, "11 %", "8 to 15 %"),
            (0.003_68, 0.003_54, 0.003_81, "0.37 %", "0.35 to 0.39 %"),
            (0.003_651, 0.003_640, 0.003_661, "0.365 %", "0.364 to 0.367 %"),
            (0.0168, 0.0166, 0.0169, "1.68 %", "1.66 to 1.69 %"),
        ] {
            let estimate = estimate(value, low, high);
            assert_eq!(probability(&estimate), text);
            assert_eq!(interval(&estimate).as_deref(), Some(range));
        }
    }

    #[test]
    fn the_second_interval_has_the_digits_of_its_own_width() {
        let wide = |value: f64, low: f64, high: f64| Estimate {
            low_with_parameters: Some(low),
            high_with_parameters: Some(high),
            ..estimate(value, value - 1e-5, value + 1e-5)
        };
        for (estimate, text) in [
            (wide(0.0242, 0.0130, 0.0444), "1.3 to 4.5 %"),
            (wide(0.227, 0.1816, 0.2801), "18 to 29 %"),
            (wide(8.9e-5, 1.66e-5, 4.757e-4), "0.00 to 0.05 %"),
        ] {
            assert_eq!(interval_with_parameters(&estimate).as_deref(), Some(text));
        }
        assert_eq!(interval_with_parameters(&estimate(0.1, 0.09, 0.11)), None);
    }

    #[test]
    fn what_was_not_seen_is_a_bound_and_never_zero() {
        assert_eq!(probability(&estimate(0.0, 0.0, 3.7e-6)), "< 0.001 %");
        assert_eq!(probability(&estimate(0.0, 0.0, 1.9e-4)), "< 0.02 %");
        assert_eq!(probability(&estimate(0.0, 0.0, 0.3)), "< 30 %");
        assert_eq!(probability(&estimate(9e-7, 8.6e-7, 9.5e-7)), "< 0.001 %");
        assert_eq!(probability(&estimate(0.0, 0.0, 0.0)), "0 %");
        assert_eq!(probability(&estimate(1.0, 0.9995, 1.0)), "> 99.95 %");
    }

    #[test]
    fn words_of_other_numbers() {
        assert_eq!(one_in(0.114).as_deref(), Some("about 1 in 9"));
        assert_eq!(one_in(9e-7).as_deref(), Some("about 1 in 1,100,000"));
        assert_eq!(leverage_at_most(3.319), "3.31x");
        assert_eq!((leverage(5.0), leverage(12.5)), ("5x".to_owned(), "12.5x".to_owned()));
        assert_eq!(
            (rate(0.423), rate(0.0005), rate(0.0)),
            ("42.3 %".to_owned(), "0.05 %".to_owned(), "0 %".to_owned())
        );
        assert_eq!(
            (amount(64_700.0), amount(1.5), amount(0.000_012)),
            ("64,700".to_owned(), "1.50".to_owned(), "0.000012".to_owned())
        );
    }
}
