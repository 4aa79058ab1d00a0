//! `validate`: check scenario files without running them.

use clap::Args;

use crate::report::count;
use crate::scenario::{PathBudget, Scenario};

use super::output::print;
use super::sources::Sources;

/// Check scenario files and show every problem with its place
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  liqsim validate liqsim.toml")]
pub struct Validate {
    #[command(flatten)]
    sources: Sources,
}

impl Validate {
    /// One line per file if all are right.
    pub fn execute(self) -> anyhow::Result<()> {
        let scenarios = self.sources.load()?;
        let lines = self.sources.files.iter().zip(&scenarios);
        print(
            &lines
                .map(|(file, scenario)| format!("{}: ok: {}\n", file.display(), summary(scenario)))
                .collect::<String>(),
        )
    }
}

/// What would be run.
fn summary(scenario: &Scenario) -> String {
    let simulation = &scenario.simulation;
    let paths = match simulation.paths {
        PathBudget::Fixed(paths) => count(paths),
        PathBudget::Precision { max_paths, .. } => format!("at most {}", count(max_paths)),
    };
    format!(
        "{}, {} levels, {}, {paths} paths, venue {}",
        scenario.name,
        scenario.account.leverage.len(),
        simulation.horizon,
        scenario.account.venue.name
    )
}
