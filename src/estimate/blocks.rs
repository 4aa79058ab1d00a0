//! Which blocks of a run's paths somebody has: a ledger of half-open ranges.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A set of blocks, as ranges that rise and do not touch. Written as `[[start, end], ...]`, each without its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<[u64; 2]>", try_from = "Vec<[u64; 2]>")]
pub struct Blocks(Vec<Range<u64>>);

/// Ranges that do not rise, or one without a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ranges of blocks must rise, and none may be empty")]
pub struct BlocksError;

impl Blocks {
    /// A single range; none of it is no block.
    pub fn of(range: Range<u64>) -> Self {
        Self(if range.is_empty() { Vec::new() } else { vec![range] })
    }

    /// The ranges, rising.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.0
    }

    /// Number of blocks.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// The one after the last block; 0 if there is none.
    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |range| range.end)
    }

    /// The first blocks that both have.
    pub fn shared_with(&self, other: &Self) -> Option<Range<u64>> {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(one), Some(two)) = (mine.peek(), theirs.peek()) {
            let (start, end) = (one.start.max(two.start), one.end.min(two.end));
            if start < end {
                return Some(start..end);
            }
            if one.end <= two.end {
                mine.next()
            } else {
                theirs.next()
            };
        }
        None
    }

    /// Adds the blocks of another.
    pub fn add(&mut self, other: &Self) {
        let mut all: Vec<Range<u64>> = self.0.iter().chain(&other.0).cloned().collect();
        all.sort_by_key(|range| range.start);
        self.0.clear();
        for range in all {
            match self.0.last_mut().filter(|last| last.end >= range.start) {
                Some(last) => last.end = last.end.max(range.end),
                None => self.0.push(range),
            }
        }
    }

    /// What is missing of a range.
    pub fn gaps(&self, wanted: Range<u64>) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut next = wanted.start;
        for range in &self.0 {
            let end = range.start.min(wanted.end);
            if next < end {
                gaps.push(next..end);
            }
            next = next.max(range.end);
        }
        if next < wanted.end {
            gaps.push(next..wanted.end);
        }
        gaps
    }
}

impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Range { start, end }) in self.0.iter().enumerate() {
            write!(f, "{}{start}..{end}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl From<Blocks> for Vec<[u64; 2]> {
    fn from(blocks: Blocks) -> Self {
        blocks.0.into_iter().map(|range| [range.start, range.end]).collect()
    }
}

impl TryFrom<Vec<[u64; 2]>> for Blocks {
    type Error = BlocksError;

    fn try_from(ranges: Vec<[u64; 2]>) -> Result<Self, BlocksError> {
        let rises = ranges.is_sorted_by(|one, next| one[1] <= next[0]);
        let is_sound = rises && ranges.iter().all(|[start, end]| start < end);
        is_sound.then(|| Self(ranges.into_iter().map(|[start, end]| start..end).collect())).ok_or(BlocksError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_where_they_touch_and_name_what_is_missing() {
        let mut blocks = Blocks::default();
        for (start, end) in [(8, 12), (0, 2), (2, 5), (20, 21)] {
            blocks.add(&Blocks::of(start..end));
        }
        assert_eq!(blocks.ranges(), [0..5, 8..12, 20..21]);
        assert_eq!((blocks.count(), blocks.end()), (10, 21));
        assert_eq!(blocks.to_string(), "0..5, 8..12, 20..21");
        assert_eq!(blocks.gaps(0..30), [5..8, 12..20, 21..30]);
        assert_eq!(blocks.gaps(1..9), std::slice::from_ref(&(5..8)));
        assert_eq!(blocks.gaps(9..11), []);
        assert_eq!(Blocks::of(3..3).gaps(1..2), std::slice::from_ref(&(1..2)));
    }

    #[test]
    fn what_both_have_is_found() {
        let blocks = Blocks(vec![0..5, 8..12]);
        assert_eq!(blocks.shared_with(&Blocks(vec![5..8, 12..13])), None);
        assert_eq!(blocks.shared_with(&Blocks(vec![6..7, 11..20])), Some(11..12));
        assert_eq!(Blocks::of(3..4).shared_with(&blocks), Some(3..4));
        assert_eq!(blocks.shared_with(&Blocks::default()), None);
    }

    #[test]
    fn ranges_are_read_as_they_are_written() {
        let blocks = Blocks(vec![0..5, 8..12]);
        let text = serde_json::to_string(&blocks).unwrap();
        assert_eq!(text, "[[0,5],[8,12]]");
        assert_eq!(serde_json::from_str::<Blocks>(&text).unwrap(), blocks);
        for wrong in ["[[5,5]]", "[[3,2]]", "[[0,4],[3,6]]", "[[4,6],[0,2]]"] {
            assert!(serde_json::from_str::<Blocks>(wrong).is_err(), "{wrong}");
        }
    }
}
