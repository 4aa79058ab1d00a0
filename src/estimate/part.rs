//! Parts of one run, made apart and joined again.
//!
//! A part is what some blocks of the run's paths came to, and the same portion of all work that does not rest on paths (scrambled Sobol
//! points, particles). Tallies are counts and exact sums, and so are the sums of points and particles: parts may be joined two at a time in
//! any order and any tree, and all blocks together are the whole run, bit for bit.

use std::fmt;
use std::num::NonZero;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::blocks::Blocks;
use crate::engine::{BLOCK_LANES, OtherWork, SharedWork};
use crate::scenario::{PathBudget, Scenario};
use crate::stats::{MOST_PATHS, Tally};

/// One of several parts of a run of about the same size: a name for a range of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 1.
    number: NonZero<u64>,
    /// How many there are.
    of: NonZero<u64>,
}

/// A text that is no shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number and how many there are, such as 2/8 for the second of eight")]
pub struct ShardError;

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (number, of) = text.split_once('/').ok_or(ShardError)?;
        let parse = |text: &str| text.trim().parse().map_err(|_| ShardError);
        let shard = Self { number: parse(number)?, of: parse(of)? };
        if shard.number <= shard.of { Ok(shard) } else { Err(ShardError) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// How many shards there are.
    pub fn of(&self) -> u64 {
        self.of.get()
    }

    /// Its blocks among so many; none where there are more shards than blocks.
    pub fn blocks(&self, blocks: u64) -> Range<u64> {
        // At most the number of blocks.
        let edge = |number: u64| (u128::from(blocks) * u128::from(number) / u128::from(self.of.get())) as u64;
        edge(self.number.get() - 1)..edge(self.number.get())
    }
}

/// What the blocks between two looks at a run's precision came to; all of a run without one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// Number of blocks of the run at the look that the piece ends with.
    pub until: u64,
    /// What the paths came to.
    pub tally: Tally,
}

/// A portion of the run of the levels between those of a run, which its curve over leverage shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurvePart {
    /// What its paths came to.
    pub tally: Tally,
    /// Its portion of the work that does not rest on paths.
    pub work: SharedWork,
}

/// A part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partial {
    /// Version of liqsim.
    pub liqsim: String,
    /// Hash of everything that determines the result of the run.
    pub identity: String,
    /// Which blocks of the run.
    pub blocks: Blocks,
    /// What their paths came to, by the looks of the run.
    pub pieces: Vec<Piece>,
    /// Its portion of the work that does not rest on paths.
    pub work: SharedWork,
    /// Its portion of the run's curve; none where that is left to whoever joins the parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Box<CurvePart>>,
}

/// Why two parts cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// They are of two runs.
    #[error("they are parts of two runs")]
    Foreign,
    /// Both have some blocks.
    #[error("both hold blocks {}..{}", .0.start, .0.end)]
    Overlap(Range<u64>),
    /// Together they have more paths than a run can count.
    #[error("together they have more paths than a run can count")]
    TooManyPaths,
    /// They do not agree in what must be the same in both.
    #[error(transparent)]
    Work(#[from] OtherWork),
}

impl Partial {
    /// Adds another part of the same run.
    ///
    /// # Errors
    /// See [`MergeError`]; then nothing is added.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if (&self.identity, &self.liqsim) != (&other.identity, &other.liqsim) {
            return Err(MergeError::Foreign);
        }
        if let Some(range) = self.blocks.shared_with(&other.blocks) {
            return Err(MergeError::Overlap(range));
        }
        if self.paths().checked_add(other.paths()).is_none_or(|paths| paths > MOST_PATHS) {
            return Err(MergeError::TooManyPaths);
        }
        self.work.agrees_with(&other.work)?;
        match (&mut self.curve, &other.curve) {
            (Some(own), Some(theirs)) => {
                own.work.merge(&theirs.work)?;
                own.tally.merge(&theirs.tally);
            }
            (None, Some(theirs)) => self.curve = Some(theirs.clone()),
            (_, None) => {}
        }
        self.work.merge(&other.work)?;
        self.blocks.add(&other.blocks);
        for piece in &other.pieces {
            match self.pieces.iter_mut().find(|own| own.until == piece.until) {
                Some(own) => own.tally.merge(&piece.tally),
                None => self.pieces.push(piece.clone()),
            }
        }
        self.pieces.sort_by_key(|piece| piece.until);
        Ok(())
    }

    /// Number of paths.
    pub fn paths(&self) -> u64 {
        self.pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.tally.paths))
    }

    /// Whether it holds the paths of its blocks in a run of a scenario.
    pub fn is_of(&self, scenario: &Scenario) -> bool {
        let paths = match scenario.simulation.paths {
            PathBudget::Fixed(paths) => paths,
            PathBudget::Precision { max_paths, .. } => max_paths,
        };
        self.is_sound(paths, scenario.account.leverage.len())
    }

    /// Whether it holds the paths of its blocks, in a run of so many paths at most and of so many levels.
    fn is_sound(&self, paths: u64, levels: usize) -> bool {
        let lanes = BLOCK_LANES as u64;
        let all = paths.div_ceil(lanes);
        let expected = self.blocks.count().saturating_mul(lanes);
        let last_is_there = self.blocks.end() == all;
        let expected = if last_is_there { expected.saturating_sub(all * lanes - paths) } else { expected };
        self.blocks.end() <= all
            && self.paths() == expected
            && self.pieces.iter().all(|piece| piece.tally.levels.len() == levels)
    }

    /// What the paths up to a look came to.
    pub fn tally_until(&self, blocks: u64, levels: usize) -> Tally {
        let mut tally = Tally::new(levels);
        let pieces = self.pieces.iter().filter(|piece| piece.until <= blocks);
        pieces.for_each(|piece| tally.merge(&piece.tally));
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_blocks_that_cover_all_once() {
        for (blocks, of) in [(1, 1), (2, 3), (5, 11), (1_000, 7)] {
            let mut next = 0;
            for number in 1..=of {
                let shard: Shard = format!("{number}/{of}").parse().unwrap();
                let range = shard.blocks(blocks);
                assert_eq!(range.start, next);
                next = range.end;
            }
            assert_eq!(next, blocks);
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError), "{text}");
        }
    }

    fn part(range: Range<u64>) -> Partial {
        let lanes = BLOCK_LANES as u64;
        let tally = Tally { paths: (range.end - range.start) * lanes, ..Tally::new(1) };
        let (liqsim, identity) = ("1".to_owned(), "a".to_owned());
        let pieces = vec![Piece { until: 9, tally }];
        Partial {
            liqsim,
            identity,
            blocks: Blocks::of(range),
            pieces,
            work: SharedWork::default(),
            curve: None,
        }
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused_and_change_nothing() {
        let mut one = part(0..3);
        one.merge(&part(5..9)).unwrap();
        let before = one.clone();
        assert_eq!(one.merge(&part(2..4)), Err(MergeError::Overlap(2..3)));
        let foreign = Partial { identity: "b".to_owned(), ..part(3..5) };
        assert_eq!(one.merge(&foreign), Err(MergeError::Foreign));
        let mut huge = part(3..5);
        huge.pieces[0].tally.paths = MOST_PATHS;
        assert_eq!(one.merge(&huge), Err(MergeError::TooManyPaths));
        assert_eq!(one, before);
        let lanes = BLOCK_LANES as u64;
        assert!(one.is_sound(10 * lanes, 1) && !one.is_sound(10 * lanes, 2) && !one.is_sound(8 * lanes, 1));
        assert!(!one.is_sound(9 * lanes - 1, 1));
        one.pieces[0].tally.paths -= 1;
        assert!(one.is_sound(9 * lanes - 1, 1));
    }
}
