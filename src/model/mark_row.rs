//! A row of chances to close below a mark, by how far above the price that is.

use crate::market::MARK_CELLS;

/// By cell of [`MarkTable::distance`](crate::market::MarkTable::distance).
pub(super) type MarkRow = [f64; MARK_CELLS];

/// Points that a polynomial goes through.
const POINTS: usize = 6;

/// A row with marks nearer by so many cells: 0 below all cells and 1 above. Polynomials of the fifth degree
/// go between cells: a step moves the price by few of them, and what they miss adds up over all.
#[inline(always)]
pub(super) fn shift(row: &MarkRow, cells: f64) -> MarkRow {
    let mut wide = [0.0; 3 * MARK_CELLS];
    wide[MARK_CELLS..2 * MARK_CELLS].copy_from_slice(row);
    wide[2 * MARK_CELLS..].fill(1.0);
    const MOST: f64 = (MARK_CELLS - POINTS) as f64;
    let cells = (-cells).clamp(-MOST, MOST);
    let whole = cells.floor();
    let weights = weights(cells - whole);
    let from = &wide[(MARK_CELLS as f64 + whole) as usize - 2..][..MARK_CELLS + POINTS - 1];
    let mut shifted = [0.0; MARK_CELLS];
    for (cell, shifted) in shifted.iter_mut().enumerate() {
        *shifted = (weights[0] * from[cell] + weights[1] * from[cell + 1])
            + (weights[2] * from[cell + 2] + weights[3] * from[cell + 3])
            + (weights[4] * from[cell + 4] + weights[5] * from[cell + 5]);
    }
    shifted
}

/// Lagrange's weights of the points at −2 to 3.
#[inline(always)]
fn weights(t: f64) -> [f64; POINTS] {
    let at: [f64; POINTS] = std::array::from_fn(|point| t - (point as f64 - 2.0));
    let others =
        |point: usize| (0..POINTS).filter(|other| *other != point).map(|other| at[other]).product::<f64>();
    const OVER: [f64; POINTS] = [-120.0, 24.0, -12.0, 12.0, -24.0, 120.0];
    std::array::from_fn(|point| others(point) / OVER[point])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::MarkTable;
    use crate::numeric::special::normal_cdf;

    /// Between cells of a third of a deviation polynomials are right to 1e-4.
    #[test]
    fn a_normal_law_is_shifted() {
        let at = |moved: f64| -> MarkRow {
            std::array::from_fn(|cell| normal_cdf((MarkTable::distance(cell) - moved) / 3.0))
        };
        for moved in [0.0, 3.0, -7.3, 41.8] {
            let found = shift(&at(0.0), moved);
            for (found, known) in found.iter().zip(at(moved)) {
                assert!((found - known).abs() < 1e-4, "{moved}: {found} {known}");
            }
        }
        assert!(shift(&at(0.0), 1e9)[MARK_CELLS - 1] < 1e-9 && shift(&at(0.0), -1e9)[0] > 1.0 - 1e-9);
    }
}
