//! Numbers as people read them: as many digits as the standard error supports, bounds in place of zeros.

use crate::numeric::{elementary, plain_number};
use crate::stats::Estimate;

/// Stands for what does not exist or is not known.
pub const NOTHING: &str = "—";

/// Percentages with more decimals than this are written as a power of ten.
const MOST_DECIMALS: usize = 6;

/// Probabilities below this are written as a power of ten.
const SMALL_PROBABILITY: f64 = 1e-5;

/// A whole number with separators: `1,000,000`.
pub fn count(number: u64) -> String {
    group(&number.to_string())
}

/// Thousands separators for the digits before the point.
fn group(number: &str) -> String {
    let (whole, fraction) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0
            && digit.is_ascii_digit()
            && (whole.len() - index).is_multiple_of(3)
            && !text.ends_with('-')
        {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// A leverage: `12.5x`.
pub fn leverage(leverage: f64) -> String {
    format!("{}x", trim(&format!("{leverage:.2}")))
}

/// A price with two decimals or six digits, whichever is more.
pub fn price(price: Option<f64>) -> String {
    match price {
        None => "none".to_owned(),
        Some(price) if !price.is_finite() => NOTHING.to_owned(),
        Some(price) => group(&format!("{price:.0$}", decimals_for_digits(price, 6).max(2))),
    }
}

/// Days, as a length of time with a fitting unit: `3.2 d`, `5.1 h`, `12 min`.
pub fn days(days: f64) -> String {
    let hours = days * 24.0;
    match days {
        _ if !days.is_finite() => NOTHING.to_owned(),
        _ if hours < 1.0 => format!("{:.0} min", (hours * 60.0).max(1.0)),
        _ if hours < 48.0 => format!("{hours:.1} h"),
        _ if days < 100.0 => format!("{days:.1} d"),
        _ => format!("{days:.0} d"),
    }
}

/// A probability with its interval: `22.79 % [22.71, 22.87]`. No event seen is an upper bound (`< 3.7e-6`), no event
/// missed a lower bound (`> 99.99963 %`).
pub fn probability(estimate: &Estimate) -> (String, Option<String>) {
    let Estimate { value, std_error, low, high, .. } = *estimate;
    if !value.is_finite() {
        return (NOTHING.to_owned(), None);
    }
    if value == 0.0 {
        // A bound of zero means that the event is impossible, not that it was not seen.
        let text =
            if high == 0.0 { "none".to_owned() } else { format!("< {}", power_of_ten(high, f64::ceil)) };
        return (text, None);
    }
    if value == 1.0 {
        return (
            if low == 1.0 { "100 %".to_owned() } else { format!("> {}", percent_from_below(low)) },
            None,
        );
    }
    if value < SMALL_PROBABILITY {
        let text = |value| power_of_ten(value, f64::round);
        return (text(value), Some(format!("[{}, {}]", text(low), text(high))));
    }
    // One more digit where the interval would seem to reach what it does not.
    let reaches_an_end = |decimals: usize| {
        let shown = |value: f64| fixed(100.0 * value, decimals);
        (low > 0.0 && shown(low) == shown(0.0)) || (high < 1.0 && shown(high) == shown(1.0))
    };
    let mut decimals = decimals_for_error(100.0 * std_error);
    while decimals < MOST_DECIMALS && reaches_an_end(decimals) {
        decimals += 1;
    }
    let text = |value: f64| fixed(100.0 * value, decimals);
    (format!("{} %", text(value)), Some(format!("[{}, {}]", text(low), text(high))))
}

/// A fraction as a percentage with the digits that its standard error supports: `22.79 %`. Without an error (exact, or
/// none is known) one decimal.
pub fn percent(value: f64, std_error: Option<f64>) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
    let decimals = match std_error {
        Some(error) if error > 0.0 && error.is_finite() => decimals_for_error(100.0 * error),
        _ => usize::from(value.fract() != 0.0),
    };
    let text = fixed(100.0 * value, decimals);
    // What is not zero does not look like it where the error says that it is not.
    if decimals == MOST_DECIMALS && value != 0.0 && text.chars().all(|c| c == '0' || c == '.') {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{} %", power_of_ten(100.0 * value.abs(), f64::round));
    }
    format!("{} %", group(&text))
}

/// A standard error as a percentage with one digit: `± 0.04 %`.
pub fn plus_minus(std_error: f64) -> Option<String> {
    (std_error > 0.0 && std_error.is_finite())
        .then(|| format!("± {} %", fixed(100.0 * std_error, decimals_for_error(100.0 * std_error))))
}

/// A rate as a percentage with all its digits: `0.4 %`.
pub fn rate(rate: f64) -> String {
    // Twelve decimals hide the rounding of the factor 100 and nothing else.
    format!("{} %", trim(&format!("{:.12}", 100.0 * rate)))
}

/// A quantity with separators, and twelve digits at most: `1,266,300`.
pub fn plain(quantity: f64) -> String {
    group(&plain_number(quantity))
}

/// Decimals that show the first digit of an error and no more.
fn decimals_for_error(error: f64) -> usize {
    if error > 0.0 && error.is_finite() { decimals_for_digits(error, 1).min(MOST_DECIMALS) } else { 2 }
}

/// Decimals that show so many significant digits of a number.
fn decimals_for_digits(number: f64, digits: i32) -> usize {
    if number == 0.0 {
        return 0;
    }
    let exponent = elementary::log10(number.abs()).floor() as i32;
    (digits - 1 - exponent).clamp(0, 12) as usize
}

/// A number with fixed decimals, without the sign of a zero.
fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| c == '0' || c == '.') => zero.to_owned(),
        _ => text,
    }
}

/// Two significant digits and a power of ten (`3.7e-6`), rounded as asked for.
fn power_of_ten(value: f64, round: fn(f64) -> f64) -> String {
    if value <= 0.0 || !value.is_finite() {
        return NOTHING.to_owned();
    }
    let exponent = elementary::log10(value).floor() as i32;
    // Rounded to 1e-9 first, so that a bound that is a round number stays one.
    let tenths = round((value / 10f64.powi(exponent - 1) * 1e9).round() / 1e9);
    if tenths >= 100.0 {
        format!("{:.1}e{}", tenths / 100.0, exponent + 1)
    } else {
        format!("{:.1}e{exponent}", tenths / 10.0)
    }
}

/// A lower bound near one as a percentage, rounded down, with two digits of what is missing to one.
fn percent_from_below(low: f64) -> String {
    let decimals = decimals_for_digits(100.0 * (1.0 - low), 2);
    let scale = 10f64.powi(decimals as i32);
    let tenths = ((100.0 * low * scale * 1e3).round() / 1e3).floor();
    format!("{:.decimals$} %", tenths / scale)
}

/// Without zeros after the last digit of a fraction.
fn trim(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64, std_error: f64, low: f64, high: f64) -> String {
        let (value, interval) = probability(&Estimate::new(value, std_error, [low, high]));
        interval.map_or(value.clone(), |interval| format!("{value} {interval}"))
    }

    #[test]
    fn a_probability_has_the_digits_that_its_error_supports() {
        assert_eq!(shown(0.227851, 0.00042, 0.22703, 0.22867), "22.79 % [22.70, 22.87]");
        assert_eq!(shown(0.2279, 0.013, 0.2035, 0.2544), "23 % [20, 25]");
        assert_eq!(shown(0.0000889, 0.0000094, 0.0000723, 0.0001093), "0.0089 % [0.0072, 0.0109]");
        assert_eq!(shown(1e-6, 1e-6, 1.77e-7, 5.66e-6), "1.0e-6 [1.8e-7, 5.7e-6]");
    }

    #[test]
    fn an_interval_never_seems_to_reach_what_it_does_not() {
        assert_eq!(shown(1e-4, 1e-4, 1.77e-5, 5.66e-4), "0.010 % [0.002, 0.057]");
        assert_eq!(shown(0.9999, 1e-4, 0.999434, 0.9999823), "99.990 % [99.943, 99.998]");
    }

    #[test]
    fn no_event_seen_is_an_upper_bound_and_no_event_missed_a_lower_one() {
        // Exact 95 % bounds for 0 of 10^6: 1 - 0.025^(1e-6) = 3.6889e-6 (rounded outwards).
        assert_eq!(shown(0.0, 0.0, 0.0, 3.6889e-6), "< 3.7e-6");
        assert_eq!(shown(0.0, 0.0, 0.0, 3.61e-6), "< 3.7e-6");
        assert_eq!(shown(0.0, 0.0, 0.0, 9.96e-6), "< 1.0e-5");
        assert_eq!(shown(0.0, 0.0, 0.0, 4e-6), "< 4.0e-6");
        assert_eq!(shown(1.0, 0.0, 1.0 - 3.6889e-6, 1.0), "> 99.99963 %");
        assert_eq!(shown(0.0, 0.0, 0.0, 0.3), "< 3.0e-1");
        assert_eq!(shown(0.0, 0.0, 0.0, 0.0), "none");
    }

    #[test]
    fn percentages_show_what_their_error_supports() {
        assert_eq!(percent(-0.0000001, Some(0.0004)), "0.00 %");
        assert_eq!(percent(0.01234, Some(0.0004)), "1.23 %");
        assert_eq!(percent(3.14e-9, Some(1e-9)), "3.1e-7 %");
        assert_eq!(percent(-3.14e-9, Some(1e-9)), "-3.1e-7 %");
        assert_eq!(percent(-1.0, Some(0.0)), "-100 %");
        assert_eq!(percent(-0.4567, None), "-45.7 %");
        assert_eq!(percent(12.3456, None), "1,234.6 %");
        assert_eq!(percent(-12.0, None), "-1,200 %");
        assert_eq!(percent(f64::NAN, None), "—");
        assert_eq!(plus_minus(0.00042).as_deref(), Some("± 0.04 %"));
        assert_eq!(plus_minus(0.0), None);
    }

    #[test]
    fn prices_counts_leverages_and_times_are_readable() {
        assert_eq!(price(Some(51_456.789)), "51,456.79");
        assert_eq!(price(Some(0.000_012_345_67)), "0.0000123457");
        assert_eq!(price(Some(1.5)), "1.50000");
        assert_eq!(price(None), "none");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(count(999), "999");
        assert_eq!(group("-123456.7"), "-123,456.7");
        assert_eq!(group("-123"), "-123");
        assert_eq!(leverage(5.0), "5x");
        assert_eq!(leverage(100.0), "100x");
        assert_eq!(leverage(1.2229), "1.22x");
        for (value, text) in
            [(0.0001, "1 min"), (0.02, "29 min"), (0.2125, "5.1 h"), (3.24, "3.2 d"), (365.0, "365 d")]
        {
            assert_eq!(days(value), text);
        }
    }
}
