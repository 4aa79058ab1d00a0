//! What a command that fails writes to standard error, and its exit status.

use std::io::{self, Write};
use std::process::ExitCode;

use super::failure::WrongScenarios;
use super::interrupt;
use super::output::error_width;

/// Exit status for wrong input or a failure; 1 is for checks that fail.
const FAILURE: u8 = 2;

/// Columns of messages where standard error is not a terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 120;

/// Writes the error to standard error and returns the exit status: that of the signal that cut the work short, or
/// that of failures. A broken pipe is success: the reader has had enough.
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
    ExitCode::from(interrupt::status().unwrap_or(FAILURE))
}
