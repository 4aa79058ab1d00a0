//! Parts of one run, made apart and joined again.
//!
//! A run of a fixed number of paths is cut between blocks into shards of nearly the same size. Tallies are counts and exact sums, so
//! the merged shards are the tally of the whole run, bit for bit; what does not come from the paths (crossing probabilities, the
//! fan of prices) is computed from the scenario when they are joined.

use std::fmt;
use std::num::NonZero;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::engine::BLOCK_LANES;
use crate::stats::{MOST_PATHS, Tally};

/// One of several parts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Its paths among so many: whole blocks, but for the last of all.
    pub(crate) fn paths(&self, paths: u64) -> Range<u64> {
        let lanes = BLOCK_LANES as u64;
        let blocks = u128::from(paths.div_ceil(lanes));
        let edge = |number: u64| {
            // At most the number of blocks.
            let block = (blocks * u128::from(number) / u128::from(self.of.get())) as u64;
            block.saturating_mul(lanes).min(paths)
        };
        edge(self.number.get() - 1)..edge(self.number.get())
    }
}

/// The tally of a shard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Partial {
    /// Version of liqsim.
    pub liqsim: String,
    /// Hash of everything that determines the result of the run.
    pub identity: String,
    /// Which part of the run.
    pub shard: Shard,
    /// What its paths came to.
    pub tally: Tally,
}

/// Why parts do not make a run; parts are named by their place in the list, from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There are none.
    #[error("there are no parts")]
    Nothing,
    /// A part is of another run than the first one.
    #[error("part {0} of the list is of another run than part 0")]
    Foreign(usize),
    /// A part is one of another number of parts than the first one.
    #[error("part {0} of the list is one of another number of parts than part 0")]
    OtherCount(usize),
    /// Two parts are the same.
    #[error("parts {0} and {1} of the list are the same")]
    Twice(usize, usize),
    /// Together they have more paths than a run can count.
    #[error("together the parts have more paths than a run can count")]
    TooManyPaths,
    /// Parts that are not there.
    #[error("not all parts are there; missing: {0:?}")]
    Missing(Vec<u64>),
}

impl Partial {
    /// The tally of the whole run.
    ///
    /// # Errors
    /// See [`MergeError`].
    pub fn merge(parts: &[Self]) -> Result<Tally, MergeError> {
        let first = parts.first().ok_or(MergeError::Nothing)?;
        let is_of_run = |part: &Self| part.identity == first.identity && part.liqsim == first.liqsim;
        if let Some(foreign) = parts.iter().position(|part| !is_of_run(part)) {
            return Err(MergeError::Foreign(foreign));
        }
        if let Some(other) = parts.iter().position(|part| part.shard.of != first.shard.of) {
            return Err(MergeError::OtherCount(other));
        }
        for (place, part) in parts.iter().enumerate() {
            if let Some(before) = parts[..place].iter().position(|other| other.shard == part.shard) {
                return Err(MergeError::Twice(before, place));
            }
        }
        let is_there = |number: &u64| parts.iter().any(|part| part.shard.number.get() == *number);
        let missing: Vec<u64> =
            (1..=first.shard.of()).filter(|number| !is_there(number)).take(MOST_NAMED).collect();
        if !missing.is_empty() {
            return Err(MergeError::Missing(missing));
        }
        let paths = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.tally.paths));
        if paths.is_none_or(|paths| paths > MOST_PATHS) {
            return Err(MergeError::TooManyPaths);
        }
        let mut tally = Tally::new(first.tally.levels.len());
        parts.iter().for_each(|part| tally.merge(&part.tally));
        Ok(tally)
    }
}

/// Missing parts that are named.
const MOST_NAMED: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_blocks_that_cover_all_paths_once() {
        for (paths, of) in [(1, 1), (2_000, 3), (5_121, 11), (1_000_000, 7)] {
            let mut next = 0;
            for number in 1..=of {
                let shard: Shard = format!("{number}/{of}").parse().unwrap();
                let range = shard.paths(paths);
                assert_eq!(range.start, next);
                assert!(range.end == paths || range.end.is_multiple_of(BLOCK_LANES as u64));
                next = range.end;
            }
            assert_eq!(next, paths);
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError), "{text}");
        }
    }
}
