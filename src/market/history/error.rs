//! Why a file of prices or of rates is refused: what was read, and what to do.

use std::fmt;
use std::io;

use super::refusal::Refusal;

/// Why a file could not be read. It names the file, and the line where there is one.
#[derive(Debug)]
pub enum HistoryError {
    /// The file cannot be read or unpacked.
    Read {
        /// The file as named.
        source_name: String,
        /// The reason.
        error: io::Error,
    },
    /// What it holds cannot be read, or not with certainty.
    Refused {
        /// The file as named.
        source_name: String,
        /// Line, from 1; none where the whole file is meant.
        line: Option<u64>,
        /// The reason.
        reason: Refusal,
    },
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { source_name, error } => write!(f, "cannot read {source_name}: {error}"),
            Self::Refused { source_name, line: Some(line), reason } => {
                write!(f, "{source_name}, line {line}: {reason}")
            }
            Self::Refused { source_name, line: None, reason } => write!(f, "{source_name}: {reason}"),
        }
    }
}

impl std::error::Error for HistoryError {}
