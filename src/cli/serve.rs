//! `serve`: a local page on which every number of a scenario can be moved.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use liqsim::scenario::Source;
use liqsim::serve::{ServeError, Server};

use super::confined;
use super::failure::{WrongScenarios, error_with_help, warn};
use super::interrupt;
use super::output::print;

/// What the page starts with where no file is given.
const EXAMPLE: &str = include_str!("../../scenarios/btc-perp-30d.toml");

/// Open a page on this machine where every number of a scenario can be moved and the answer follows
///
/// Only this machine reaches the page, and only with the token in its address. What you find goes back into a file with "Copy as TOML" or
/// "Copy as command". Ctrl-C ends it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liqsim serve\n  liqsim serve liqsim.toml --open\n  liqsim serve liqsim.toml --port 8080 --set simulation.horizon=7d"
)]
pub struct Serve {
    /// Scenario file (TOML); an example if none
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Override a key of the scenario, such as simulation.horizon=7d; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,

    /// Port of 127.0.0.1 to listen on; any free one by default
    #[arg(long, value_name = "N", default_value = "0", hide_default_value = true)]
    port: u16,

    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

impl Serve {
    /// Serves until it is interrupted.
    pub fn execute(self) -> anyhow::Result<()> {
        let wrong = |problems| anyhow::Error::from(WrongScenarios(vec![problems]));
        let source = match &self.file {
            Some(file) => confined::read(file).map_err(wrong)?,
            None => {
                let example = Source::new("scenario.toml", EXAMPLE);
                match confined::files(Path::new("scenario.toml")) {
                    Some(files) => example.with_files(files),
                    None => example,
                }
            }
        };
        let server = Server::new(source, &self.overrides, self.port).map_err(|error| match error {
            ServeError::Scenario(problems) => wrong(problems),
            error @ ServeError::Listen(_) => error_with_help(error, "leave --port out: any free one will do"),
            error => error.into(),
        })?;
        let stop = interrupt::stop_flag()?;
        print(&format!("Open {}\nCtrl-C ends it.\n", server.address()))?;
        if self.open && open(&server.address()).is_err() {
            warn("there is no browser to be found; open the address by hand");
        }
        server.run(&stop);
        interrupt::is_writing();
        Ok(())
    }
}

/// Shows an address in the browser of whoever is logged in.
fn open(address: &str) -> std::io::Result<()> {
    let (program, arguments): (_, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start", ""]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop)
}
