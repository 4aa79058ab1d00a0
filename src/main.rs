//! The `liqsim` program.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod cli;

use std::process::ExitCode;

use cli::{Arguments, report_failure, watch_signals};

fn main() -> ExitCode {
    watch_signals();
    let arguments = match Arguments::of_program() {
        Ok(arguments) => arguments,
        // Help is an answer, and an answer that cannot be written is a failure; a reader may leave early.
        Err(answer) => {
            let status = u8::try_from(answer.exit_code()).unwrap_or(2);
            return match answer.print() {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(2),
                _ => ExitCode::from(status),
            };
        }
    };
    match arguments.execute() {
        Ok(status) => status,
        Err(error) => report_failure(&error),
    }
}
