//! The `liqsim` program.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

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
