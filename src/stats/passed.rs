//! How many of some rising numbers others are not below.

/// Numbers that are compared at once: as many as stay in registers.
const TOGETHER: usize = 16;

/// Fills with how many of at most 255 rising marks each number is not below; inside a kernel.
#[inline(always)]
pub(super) fn count_passed(marks: &[f64], numbers: &[f64], out: &mut [u8]) {
    for (numbers, out) in numbers.chunks(TOGETHER).zip(out.chunks_mut(TOGETHER)) {
        let mut held = [f64::NEG_INFINITY; TOGETHER];
        held[..numbers.len()].copy_from_slice(numbers);
        // As wide as what is compared, and without a check: else the compiler compares one by one.
        let mut passed = [0_u64; TOGETHER];
        for mark in marks {
            for (passed, x) in passed.iter_mut().zip(&held) {
                *passed = passed.wrapping_add(u64::from(*x >= *mark));
            }
        }
        out.iter_mut().zip(passed).for_each(|(out, passed)| *out = passed as u8);
    }
}
