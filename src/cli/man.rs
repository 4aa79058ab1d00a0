//! `man`: the manual page.

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

use super::failure::error_with_help;
use super::output::print;

/// Print the manual page of liqsim or of one of its commands
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim man > liqsim.1\n  liqsim man run > liqsim-run.1")]
pub struct ManPage {
    /// The command; the program as a whole if none
    command: Option<String>,
}

impl ManPage {
    /// Prints the page (roff).
    pub fn execute(self) -> anyhow::Result<()> {
        let mut program = super::Arguments::command();
        program.build();
        let shown = match self.command {
            None => program,
            Some(name) => named(&program, &name)?,
        };
        let mut page = Vec::new();
        Man::new(shown).render(&mut page)?;
        print(&String::from_utf8(page)?)
    }
}

fn named(program: &Command, name: &str) -> anyhow::Result<Command> {
    let found = program.get_subcommands().find(|command| command.get_name() == name);
    found
        .cloned()
        .ok_or_else(|| error_with_help(format_args!("there is no command \"{name}\""), "see `liqsim --help`"))
}
