//! The commonest and the middle value.

use std::collections::BTreeMap;

/// The most frequent of distances in time, and how often it is, the shortest of equals.
pub(in crate::market) fn most_frequent(distances: impl Iterator<Item = i64>) -> Option<(i64, usize)> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for distance in distances {
        *counts.entry(distance).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most)
}

/// The middle value; 0 of nothing.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
