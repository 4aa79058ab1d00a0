//! From a column of flags to a list of places.

/// Lists the places of a column, counted from a first one on, whose flag is set. A flag is the lowest bit of
/// its byte: eight are passed over at once, most often there is none.
#[inline(always)]
pub fn list_flagged(flags: &[u8], first: u32, places: &mut Vec<u32>) {
    let (eighths, rest) = flags.as_chunks();
    for (place, flags) in (first..).step_by(8).zip(eighths) {
        let mut flags = u64::from_le_bytes(*flags);
        while flags != 0 {
            places.push(place + flags.trailing_zeros() / u8::BITS);
            flags &= flags - 1;
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
        let flags: Vec<u8> = (0..100_u32).map(|i| u8::from(i * i % 7 == 2)).collect();
        for length in [0, 1, 7, 8, 9, 64, 100] {
            let mut places = vec![3];
            list_flagged(&flags[..length], 1000, &mut places);
            let expected = (0..length as u32).filter(|i| i * i % 7 == 2).map(|i| 1000 + i);
            assert_eq!(places, [3].into_iter().chain(expected).collect::<Vec<_>>());
        }
    }
}
