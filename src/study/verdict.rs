//! How a check ends.

use serde::{Deserialize, Serialize};

/// How a check ends; ordered so that the worst is the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// What was asserted holds.
    Pass,
    /// The paths are too few to say.
    Undecided,
    /// What was asserted does not hold.
    Fail,
}

impl Verdict {
    /// The worst of several; pass if there are none.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Pass)
    }

    /// The verdict in one lower-case word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Undecided => "undecided",
            Self::Fail => "fail",
        }
    }
}
