//! The `liqsim` program.

mod cli;

use std::process::ExitCode;

use clap::Parser;

use cli::{Arguments, report_failure};

fn main() -> ExitCode {
    match Arguments::parse().execute() {
        Ok(status) => status,
        Err(error) => report_failure(&error),
    }
}
