//! From a column of flags to a list of places.

/// Flags that are looked at together.
const TOGETHER: usize = 64;

/// Flags, the lowest bit of a byte each, as the bits of a word.
#[inline(always)]
pub fn flag_bits(flags: &[u8; TOGETHER]) -> u64 {
    // The factor moves the lowest bit of each byte to its place in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    const HIGHEST: u64 = 0xff << 56;
    let gathered = |flags: &[u8; 8]| u64::from_le_bytes(*flags).wrapping_mul(GATHER) & HIGHEST;
    flags.as_chunks().0.iter().fold(0, |bits, flags| bits >> 8 | gathered(flags))
}

/// Lists the places of a column, counted from a first one on, whose flag is set. A flag is 0 or 1. Which are set cannot be
/// foreseen, so there is a branch for many flags together and for each that is set, not for each flag.
#[inline(always)]
pub fn list_flagged(flags: &[u8], first: u32, places: &mut Vec<u32>) {
    let (wholes, rest) = flags.as_chunks::<TOGETHER>();
    for (place, flags) in (first..).step_by(TOGETHER).zip(wholes) {
        let mut bits = flag_bits(flags);
        while bits != 0 {
            places.push(place + bits.trailing_zeros());
            bits &= bits - 1;
        }
    }
    let done = first + (flags.len() - rest.len()) as u32;
    places.extend((done..).zip(rest).filter(|(_, flag)| **flag != 0).map(|(place, _)| place));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_is_listed_in_order() {
        let flags: Vec<u8> = (0..200_u32).map(|i| u8::from(i * i % 7 == 2)).collect();
        for length in [0, 1, 7, 8, 9, 63, 64, 65, 100, 128, 200] {
            let mut places = vec![3];
            list_flagged(&flags[..length], 1000, &mut places);
            let expected = (0..length as u32).filter(|i| i * i % 7 == 2).map(|i| 1000 + i);
            assert_eq!(places, [3].into_iter().chain(expected).collect::<Vec<_>>());
        }
    }
}
