//! Columns over the paths of a block.

/// Room that a column has beyond its paths, five lines of a first-level cache: columns that are allocated one
/// after the other do not have the same path at the same place of a page. There they take each other's lines
/// of the cache, and a processor takes a load for the late reader of a store to another column (a settlement
/// date takes one and a half times as long).
pub(crate) const APART: usize = 39;

/// A column of equal numbers.
pub(crate) fn reset(column: &mut Vec<f64>, lanes: usize, value: f64) {
    column.clear();
    column.reserve_exact(lanes + APART);
    column.resize(lanes, value);
}
