//! Columns over the paths of a block.

/// Room that a column has beyond its paths, five lines of a first-level cache: columns that are allocated one
/// after the other do not have the same path at the same place of a page. There they take each other's lines
/// of the cache, and a processor takes a load for the late reader of a store to another column (a settlement
/// date takes one and a half times as long).
pub(crate) const APART: usize = 39;

/// Copies the first entries of a column.
#[inline(always)]
pub(crate) fn unpack<const N: usize>(column: &[f64; N], entries: &mut [f64]) {
    match entries.first_chunk_mut() {
        Some(entries) => *entries = *column,
        None => entries.copy_from_slice(&column[..entries.len()]),
    }
}

/// A column of as many paths as are moved together: the entries as they lie, or, if they are fewer, a copy that the first one fills up.
#[inline(always)]
pub(crate) fn whole<'a, const N: usize>(entries: &'a [f64], room: &'a mut [f64; N]) -> &'a [f64; N] {
    match entries.first_chunk() {
        Some(entries) => entries,
        None => {
            room.fill(entries[0]);
            room[..entries.len()].copy_from_slice(entries);
            room
        }
    }
}

/// A column of equal numbers.
pub(crate) fn reset(column: &mut Vec<f64>, lanes: usize, value: f64) {
    column.clear();
    column.reserve_exact(lanes + APART);
    column.resize(lanes, value);
}

/// Numbers in a line of a first-level cache.
const LINE: usize = 8;

/// Numbers from one row of an aligned column to the next, for rows over so many paths: a line more than these, else the same path would
/// have the same place in the first-level cache in all rows.
pub(crate) fn pitch(lanes: usize) -> usize {
    lanes.next_multiple_of(LINE) + LINE
}

/// A column whose first number starts a line of the first-level cache: a vector that crosses two lines takes a processor twice the time.
#[derive(Debug, Default)]
pub(crate) struct Aligned {
    room: Vec<f64>,
    start: usize,
    length: usize,
}

impl Aligned {
    /// Makes it so long; it may then hold anything.
    pub fn resize(&mut self, length: usize) {
        if self.room.len() < length + LINE {
            self.room.resize(length + LINE, 0.0);
            self.start = self.room.as_ptr().align_offset(LINE * size_of::<f64>()).min(LINE);
        }
        self.length = length;
    }
}

impl AsRef<[f64]> for Aligned {
    fn as_ref(&self) -> &[f64] {
        &self.room[self.start..][..self.length]
    }
}

impl AsMut<[f64]> for Aligned {
    fn as_mut(&mut self) -> &mut [f64] {
        &mut self.room[self.start..][..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A column begins at a line of the cache, whatever it was before.
    #[test]
    fn aligned_columns_begin_at_a_line() {
        let mut column = Aligned::default();
        for length in [1, 7, 8, 1000, 3, 100_000, 64] {
            column.resize(length);
            assert_eq!((column.as_ref().len(), column.as_ref().as_ptr().align_offset(64)), (length, 0));
            column.as_mut().fill(length as f64);
        }
        assert!(
            [1, 8, 300, 1024].iter().all(|lanes| pitch(*lanes).is_multiple_of(8) && pitch(*lanes) > *lanes)
        );
    }
}
