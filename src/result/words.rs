//! Numbers of notes in words.

/// A fraction in per cent, without what the factor of 100 does to its last digits.
pub(super) fn percent(fraction: f64) -> f64 {
    (fraction * 1e12).round() / 1e10
}

/// Leverages in words.
pub(super) fn listed(levels: &[f64]) -> String {
    levels.iter().map(|leverage| format!("{leverage}x")).collect::<Vec<_>>().join(", ")
}

/// Leverages with their numbers of liquidations.
pub(super) fn events(levels: &[(f64, f64)]) -> String {
    let level = |(leverage, events): &(f64, f64)| format!("{leverage}x ({events:.0})");
    levels.iter().map(level).collect::<Vec<_>>().join(", ")
}
