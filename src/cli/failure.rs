//! How a command fails, in words.

use std::fmt;
use std::io::Write;

use liqsim::scenario::Problems;

/// Scenario files that are wrong, each with all its problems.
#[derive(Debug)]
pub struct WrongScenarios(pub Vec<Problems>);

impl fmt::Display for WrongScenarios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problems| write!(f, "{problems}"))
    }
}

impl std::error::Error for WrongScenarios {}

/// An error with what to try next.
pub fn error_with_help(message: impl fmt::Display, help: impl fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{message}\nhelp: {help}")
}

/// Writes a warning to standard error.
pub fn warn(message: impl fmt::Display) {
    // A warning that cannot be shown must not stop the work.
    let _ = writeln!(anstream::stderr(), "\x1b[1;33mwarning:\x1b[0m {message}");
}
