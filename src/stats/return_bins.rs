//! Bins of returns: a quarter of an octave each, either side of zero.

/// Smallest return that is told from none, as a power of two, and the octaves from there up.
const LOWEST: i32 = -12;
const OCTAVES: usize = 18;
/// Returns of one sign: a quarter of an octave each, and those that are smaller than all.
pub(super) const SIDE: usize = 4 * OCTAVES + 1;
/// Those of both signs.
pub(super) const BINS: usize = 2 * SIDE;

/// The bin of a return.
#[inline(always)]
pub(super) fn bin(x: f64) -> usize {
    const FIRST: u64 = ((1023 + LOWEST) as u64) << 2;
    let quarter = (x.abs().to_bits() >> 50).saturating_sub(FIRST - 1).min(SIDE as u64 - 1) as usize;
    if x < 0.0 { SIDE - 1 - quarter } else { SIDE + quarter }
}

/// The upper end of a bin.
pub(super) fn end(bin: usize) -> f64 {
    let edge = |quarter: usize| {
        let octave = LOWEST + (quarter / 4) as i32;
        2.0_f64.powi(octave) * (1.0 + 0.25 * (quarter % 4) as f64)
    };
    match bin.checked_sub(SIDE) {
        None if bin == SIDE - 1 => 0.0,
        None => -edge(SIDE - 2 - bin),
        Some(quarter) => edge(quarter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_return_lies_below_the_end_of_its_bin() {
        for x in
            [-1e9, -63.9, -1.0, -0.99, -0.25, -1e-3, -1e-9, 0.0, 1e-9, 2.5e-4, 0.3, 1.0, 1.25, 60.0, 1e9_f64]
        {
            let bin = bin(x);
            assert!(bin < BINS && (x <= end(bin) || bin + 1 == BINS), "{x}: {bin}, {}", end(bin));
            assert!(bin == 0 || x >= end(bin - 1), "{x}: {bin}, {}", end(bin - 1));
        }
        assert!((1..BINS).all(|bin| end(bin - 1) < end(bin)));
        assert_eq!(end(SIDE - 1), 0.0);
    }
}
