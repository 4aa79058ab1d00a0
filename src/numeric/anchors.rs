//! Where led Brownian motions stand at evenly spaced times, from the points of nets.
//!
//! Made in the order of the bridge, the last time first, then the middle, then the quarters: what is decided first has the best
//! coordinates (Moskowitz and Caflisch 1996).

use super::dispatch::{Kernel, dispatch};
use super::nets::Nets;

/// Fills with where the paths of the nets stand at the start and at so many anchors, a power of two, up to a horizon, by anchor and path; `drawn`
/// is room to work in.
pub(super) fn fill(
    at: &mut Vec<f64>,
    nets: &mut Nets,
    (anchors, horizon): (usize, f64),
    drawn: &mut Vec<f64>,
) {
    nets.normals(drawn);
    let (lanes, spacing) = (drawn.len(), horizon / anchors as f64);
    at.clear();
    at.resize((anchors + 1) * lanes, 0.0);
    for (at, normal) in at[anchors * lanes..].iter_mut().zip(&*drawn) {
        *at = horizon.sqrt() * normal;
    }
    let mut width = anchors;
    while width > 1 {
        let half = width / 2;
        // The middle of a bridge of length t has the variance t/4.
        let deviation = 0.5 * (width as f64 * spacing).sqrt();
        for middle in (half..anchors).step_by(width) {
            nets.normals(drawn);
            let (before, rest) = at.split_at_mut(middle * lanes);
            let (out, after) = rest.split_at_mut(lanes);
            let before = &before[(middle - half) * lanes..][..lanes];
            let after = &after[(half - 1) * lanes..][..lanes];
            dispatch(Middle { before, after, deviation, normals: drawn, out });
        }
        width = half;
    }
}

/// Where a bridge stands in the middle.
struct Middle<'a> {
    before: &'a [f64],
    after: &'a [f64],
    deviation: f64,
    normals: &'a [f64],
    out: &'a mut [f64],
}

impl Kernel for Middle<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { before, after, deviation, normals, out } = self;
        for (((out, before), after), normal) in out.iter_mut().zip(before).zip(after).zip(normals) {
            *out = deviation.mul_add(*normal, 0.5 * (before + after));
        }
    }
}
