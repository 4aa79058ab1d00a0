//! Parts of runs as few bytes: their JSON with the bins of histograms as steps between them, deflated under a checksum.
//!
//! A histogram is written as pairs `[[bin,count],...]` with rising bins, most of them near each other and their counts multiples of one power of
//! two; steps, and counts without their common zeros, take a byte or two each. The JSON comes back byte for byte.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Begins the bytes, with the version of the format.
const MAGIC: &[u8] = b"liqsim part 2\n";
/// Any version begins so.
const ANY: &[u8] = b"liqsim part ";
/// Bytes of a part before they were deflated, at most.
const MOST_BYTES: u64 = 1 << 30;
/// Pairs below which a list is left as it is.
const FEWEST_PAIRS: usize = 4;

/// Bytes that hold no part, or another version's, or were damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no part of a run of this version of liqsim, or it is damaged: {0}")]
pub struct PackedError(String);

fn damaged(what: impl ToString) -> PackedError {
    PackedError(what.to_string())
}

/// Whether bytes are those of a part, of this version or another.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(ANY)
}

/// The bytes of a part.
///
/// # Errors
/// A number has no place in JSON.
pub fn pack<T: Serialize>(part: &T) -> Result<Vec<u8>, PackedError> {
    let text = serde_json::to_vec(part).map_err(damaged)?;
    let (mut bytes, mut start, mut at) = (Vec::new(), 0, 0);
    while at < text.len() {
        match pairs(&text[at..]) {
            Some((pairs, length)) => {
                write_text(&text[start..at], &mut bytes);
                write_bins(&pairs, &mut bytes);
                at += length;
                start = at;
            }
            None => at += 1,
        }
    }
    write_text(&text[start..], &mut bytes);
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let packed = packed.write_all(&bytes).and_then(|()| packed.finish()).map_err(damaged)?;
    Ok([MAGIC, blake3::hash(&packed).as_bytes(), &packed].concat())
}

/// The part of some bytes.
///
/// # Errors
/// See [`PackedError`].
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, PackedError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it begins otherwise"))?;
    let (checksum, packed) =
        rest.split_at_checked(blake3::OUT_LEN).ok_or_else(|| damaged("it ends early"))?;
    if blake3::hash(packed).as_bytes() != checksum {
        return Err(damaged("its checksum is another"));
    }
    let mut bytes = Vec::new();
    GzDecoder::new(packed).take(MOST_BYTES).read_to_end(&mut bytes).map_err(damaged)?;
    let text = read(&bytes).ok_or_else(|| damaged("it ends early"))?;
    serde_json::from_slice(&text).map_err(damaged)
}

/// The pairs that a text begins with, `[[1,2],[3,4],...]` with rising first numbers, and the length of their text.
fn pairs(text: &[u8]) -> Option<(Vec<(u64, u64)>, usize)> {
    let mut rest = text.strip_prefix(b"[")?;
    let mut pairs: Vec<(u64, u64)> = Vec::new();
    loop {
        let (bin, after) = number(rest.strip_prefix(b"[")?)?;
        let (count, after) = number(after.strip_prefix(b",")?)?;
        if pairs.last().is_some_and(|(last, _)| *last >= bin) {
            return None;
        }
        pairs.push((bin, count));
        rest = after.strip_prefix(b"]")?;
        match rest.split_first()? {
            (b',', after) => rest = after,
            (b']', after) => {
                return (pairs.len() >= FEWEST_PAIRS).then_some((pairs, text.len() - after.len()));
            }
            _ => return None,
        }
    }
}

/// The whole number that a text begins with, if it would be written the same way.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(digits);
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (digits.len() == 1 || digits[0] != b'0').then_some((number, rest))
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    varint(text.len() as u64, out);
    out.extend(text);
}

/// Counts of neighbours that are much alike take less as steps from one to the next: whichever takes fewer bytes.
fn write_bins(pairs: &[(u64, u64)], out: &mut Vec<u8>) {
    let zeros = pairs.iter().map(|(_, count)| count.trailing_zeros()).min().unwrap_or(0).min(63);
    let (mut plain, mut steps) = (Vec::new(), Vec::new());
    let mut last = 0_u64;
    for (_, count) in pairs {
        let count = count >> zeros;
        varint(count, &mut plain);
        let step = count.wrapping_sub(last) as i64;
        // Without its sign, which is the lowest bit: 0, -1, 1, -2, ...
        varint(((step << 1) ^ (step >> 63)) as u64, &mut steps);
        last = count;
    }
    let takes_steps = steps.len() < plain.len();
    varint(pairs.len() as u64, out);
    varint(u64::from(zeros) << 1 | u64::from(takes_steps), out);
    let mut last = 0;
    for (bin, _) in pairs {
        varint(bin - last, out);
        last = *bin;
    }
    out.extend(if takes_steps { steps } else { plain });
}

/// Seven bits a byte, the lowest first.
fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The text again: pieces of it, with bins between them.
fn read(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let rest = &mut bytes;
    let mut text = Vec::new();
    loop {
        let length = usize::try_from(read_varint(rest)?).ok()?;
        let (piece, after) = rest.split_at_checked(length)?;
        text.extend(piece);
        *rest = after;
        if rest.is_empty() {
            return Some(text);
        }
        let (count, kind) = (read_varint(rest)?, u32::try_from(read_varint(rest)?).ok()?);
        let (zeros, takes_steps) = (kind >> 1, kind & 1 == 1);
        let steps: Vec<u64> = (0..count).map(|_| read_varint(rest)).collect::<Option<_>>()?;
        let (mut bin, mut last) = (0_u64, 0_u64);
        for (place, step) in steps.into_iter().enumerate() {
            bin = bin.checked_add(step)?;
            let read = read_varint(rest)?;
            last = match takes_steps {
                true => last.wrapping_add((read >> 1) ^ (read & 1).wrapping_neg()),
                false => read,
            };
            let count = last.checked_shl(zeros)?;
            text.extend(if place == 0 { "[[" } else { ",[" }.bytes());
            digits(bin, &mut text);
            text.push(b',');
            digits(count, &mut text);
            text.push(b']');
        }
        text.push(b']');
    }
}

/// The decimal digits of a number; a part has very many of them.
fn digits(mut number: u64, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out[start..].reverse();
}

fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn everything_that_json_holds_comes_back() {
        let value = json!({
            "bins": [[3, 1 << 24], [4, 5 << 24], [700, 1 << 30], [45_000, 1 << 24], [45_001, u64::MAX]],
            "steps": [[0, 9_000], [1, 9_004], [2, 8_990], [3, 9_001], [4, 8_996], [5, 9_031]],
            "far": [[0, 0], [1, u64::MAX], [2, 1], [3, u64::MAX - 1], [4, 3]],
            "no bins": [[3, 1], [2, 1], [5, 1], [6, 1]],
            "deeper": [[[1, 2], [2, 2], [3, 2], [4, 2]], [[1.5, 2], [2, 2], [3, 2], [4, 2]]],
            "few": [[1, 2]],
            "text": "[[1,2],[2,2],[3,2],[4,2]] \"",
            "others": [0, -1, 0.1, null, true, "", {}, []],
        });
        assert_eq!(unpack::<Value>(&pack(&value).unwrap()).unwrap(), value);
        // More than 64 bits, as exact sums have.
        let wide = vec![i128::MAX, i128::MIN];
        assert_eq!(unpack::<Vec<i128>>(&pack(&wide).unwrap()).unwrap(), wide);
    }

    #[test]
    fn a_histogram_takes_a_few_bytes_a_bin() {
        let bins: Vec<(u64, u64)> =
            (0..5_000).map(|bin| (9_000 + bin, (1 + bin * bin % 200) << 24)).collect();
        let bytes = pack(&bins).unwrap();
        assert!(bytes.len() < 10_000, "{}", bytes.len());
        assert_eq!(unpack::<Vec<(u64, u64)>>(&bytes).unwrap(), bins);
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let bytes = pack(&json!({ "a": [1.5, 2.5], "b": "text" })).unwrap();
        for place in 0..bytes.len() {
            let mut other = bytes.clone();
            other[place] ^= 4;
            assert!(unpack::<Value>(&other).is_err(), "{place}");
            assert!(unpack::<Value>(&bytes[..place]).is_err());
        }
        assert!(unpack::<Value>(b"").is_err());
        assert!(unpack::<Value>(b"{}").is_err());
    }
}
