//! Cubics between the places of a grid.

/// The first of four neighbours of a place, and how far the place is from the second.
#[inline(always)]
pub fn first_of_four(place: f64, count: usize) -> (usize, f64) {
    let first = (place as usize).saturating_sub(1).min(count - 4);
    (first, place - (first + 1) as f64)
}

/// Weights of the points at −1, 0, 1 and 2 of a cubic through them.
#[inline(always)]
pub fn cubic(t: f64) -> [f64; 4] {
    let (before, after) = (t * (t - 1.0), (t + 1.0) * (t - 2.0));
    [-before * (t - 2.0) / 6.0, after * (t - 1.0) / 2.0, -after * t / 2.0, before * (t + 1.0) / 6.0]
}
