//! How a command fails: what is written to standard error, and the exit status.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use liqsim::scenario::Problems;

use super::output::error_width;

/// Exit status for wrong input or a failure; 1 is for checks that fail.
const FAILURE: u8 = 2;

/// Columns of messages where standard error is not a terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 120;

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

/// Writes the error to standard error and returns the exit status. A broken pipe is success: the reader has had enough.
pub fn report_failure(error: &anyhow::Error) -> ExitCode {
    let broken_pipe = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    if error.chain().filter_map(|cause| cause.downcast_ref()).any(broken_pipe) {
        return ExitCode::SUCCESS;
    }
    let width = error_width().unwrap_or(WIDTH_WITHOUT_TERMINAL);
    let text = match error.downcast_ref::<WrongScenarios>() {
        Some(wrong) => {
            wrong.0.iter().map(|problems| problems.render(true, width)).collect::<Vec<_>>().join("\n\n")
        }
        None => format!("\x1b[1;31merror:\x1b[0m {error:#}"),
    };
    // Nothing is left to be told that standard error cannot be written to.
    let _ = writeln!(anstream::stderr(), "{}", text.trim_end());
    ExitCode::from(FAILURE)
}

/// Writes a warning to standard error.
pub fn warn(message: impl fmt::Display) {
    // A warning that cannot be shown must not stop the work.
    let _ = writeln!(anstream::stderr(), "\x1b[1;33mwarning:\x1b[0m {message}");
}
