//! Numbers of notes in words.

use crate::numeric::plain_number;

/// A fraction in per cent, without what the factor of 100 does to its last digits.
pub(super) fn percent(fraction: f64) -> f64 {
    (fraction * 1e12).round() / 1e10
}

/// A leverage as tables show it; that of a position that is open already has many digits.
pub(super) fn times(leverage: f64) -> String {
    let shown = (leverage * 100.0).round() / 100.0;
    format!("{}x", plain_number(if shown > 0.0 { shown } else { leverage }))
}

/// Leverages in words.
pub(super) fn listed(levels: &[f64]) -> String {
    levels.iter().map(|leverage| times(*leverage)).collect::<Vec<_>>().join(", ")
}

/// Leverages with their numbers of liquidations.
pub(super) fn events(levels: &[(f64, f64)]) -> String {
    let level = |(leverage, events): &(f64, f64)| format!("{} ({events:.0})", times(*leverage));
    levels.iter().map(level).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::times;

    #[test]
    fn a_leverage_has_the_digits_of_the_tables() {
        assert_eq!(
            (times(4.722_627_737_226_277_5), times(10.0), times(0.001)),
            ("4.72x".into(), "10x".into(), "0.001x".into())
        );
    }
}
