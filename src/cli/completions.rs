//! `completions`: scripts that complete the command line.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::output::print;

/// Print a script that completes liqsim's arguments in a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  liqsim completions bash > ~/.local/share/bash-completion/completions/liqsim"
)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub fn execute(self) -> anyhow::Result<()> {
        // Into memory first: the generator panics where it cannot write.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Arguments::command(), "liqsim", &mut script);
        print(&String::from_utf8(script)?)
    }
}
