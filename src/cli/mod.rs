//! One file per subcommand; the only room that prints.

mod calibrate;
mod calibrate_har;
mod calibrate_network;
mod check;
mod compare;
mod completions;
mod confined;
mod explain;
mod exit;
mod failure;
mod histories;
mod init;
mod init_questions;
mod interrupt;
mod level_choice;
mod liquidation_price;
mod man;
mod merge;
mod models;
mod output;
mod own_files;
mod position;
mod prices;
mod progress;
mod replay;
mod report;
mod result_output;
mod run;
mod run_part;
mod safe;
mod risk;
mod risk_market;
mod risk_record;
mod risk_table;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod simulate;
mod sources;
mod starter;
mod sweep;
mod track_record;
mod usual;
mod validate;
mod values;
mod venues;
mod verdicts;
mod walk_forward;

pub use exit::report_failure;
pub use interrupt::watch as watch_signals;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// The version, with the commit where whoever built the program named it in LIQSIM_COMMIT.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    option_env!("LIQSIM_COMMIT").map_or_else(|| version.to_owned(), |commit| format!("{version} ({commit})"))
});

/// Liquidation risk of leveraged crypto positions by simulation
///
/// A scenario file names a volatility model, a venue and a position; the result is, for every leverage, how likely the
/// position is to be liquidated and what its returns look like.
#[derive(Debug, Parser)]
#[command(
    version = VERSION.as_str(),
    propagate_version = true,
    after_help = "Start with:\n  liqsim init\n  liqsim run liqsim.toml\n\nExit status: 0 fine; 1 a check failed; \
                  2 wrong input or failure; 130 or 143 after a \
                  signal that cut the work short."
)]
pub struct Arguments {
    /// Replace files that are there already, also those that liqsim did not make
    #[arg(long, global = true)]
    force: bool,

    /// Let scenarios read files below the working folder and their own repository only (that of a stranger); names that
    /// lead elsewhere are refused
    #[arg(long, global = true)]
    confined: bool,

    /// With --confined: a folder that scenarios may read from besides; repeatable
    #[arg(long, global = true, value_name = "FOLDER", requires = "confined")]
    allow_path: Vec<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    Run(run::Run),
    Risk(risk::Risk),
    Calibrate(calibrate::Calibrate),
    Safe(safe::Safe),
    Sweep(sweep::Sweep),
    Check(check::Check),
    Compare(compare::Compare),
    Replay(replay::Replay),
    Simulate(simulate::Simulate),
    Validate(validate::Validate),
    Merge(merge::Merge),
    Report(report::Report),
    #[cfg(feature = "serve")]
    Serve(serve::Serve),
    LiquidationPrice(liquidation_price::LiquidationPriceOf),
    Venues(venues::Venues),
    Models(models::Models),
    Schema(schema::Schema),
    Init(init::Init),
    Explain(explain::Explain),
    Completions(completions::Completions),
    #[command(name = "man")]
    ManPage(man::ManPage),
}

impl Arguments {
    /// The arguments of this program.
    ///
    /// # Errors
    /// They are wrong, or ask for an answer of the definitions themselves, such as help.
    pub fn of_program() -> Result<Self, clap::Error> {
        // Of all commands only the one that is named gets its arguments defined; an answer may speak of any.
        Self::try_parse().or_else(|_| {
            let mut all = Self::command();
            all.build();
            let found = all.clone().try_get_matches().and_then(|found| Self::from_arg_matches(&found));
            found.map_err(|error| error.format(&mut all))
        })
    }

    /// Does what was asked for; the exit status tells whether checks passed.
    ///
    /// # Errors
    /// Whatever kept it from being done, for [`report_failure`].
    pub fn execute(self) -> anyhow::Result<ExitCode> {
        if self.force {
            own_files::allow_replacing_all();
        }
        if self.confined {
            confined::confine(self.allow_path)?;
        }
        match self.command {
            Command::Check(check) => return check.execute(),
            Command::Validate(validate) => return validate.execute(),
            Command::Compare(compare) => return compare.execute(),
            Command::Run(run) => run.execute(),
            Command::Risk(risk) => risk.execute(),
            Command::Calibrate(calibrate) => calibrate.execute(),
            Command::Safe(safe) => safe.execute(),
            Command::Sweep(sweep) => sweep.execute(),
            Command::Replay(replay) => replay.execute(),
            Command::Simulate(simulate) => simulate.execute(),
            Command::Merge(merge) => merge.execute(),
            Command::Report(report) => report.execute(),
            #[cfg(feature = "serve")]
            Command::Serve(serve) => serve.execute(),
            Command::LiquidationPrice(liquidation_price) => liquidation_price.execute(),
            Command::Venues(venues) => venues.execute(),
            Command::Models(models) => models.execute(),
            Command::Schema(schema) => schema.execute(),
            Command::Init(init) => init.execute(),
            Command::Explain(explain) => explain.execute(),
            Command::Completions(completions) => completions.execute(),
            Command::ManPage(page) => page.execute(),
        }
        .map(|()| interrupt::exit_code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Arguments::command().debug_assert();
    }
}
