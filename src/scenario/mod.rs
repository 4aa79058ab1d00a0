//! The file format: text to [`Scenario`], problems with their place, schema.
//!
//! A text goes through four stages: TOML to a tree that knows its places (`syntax`, `tree`), options of `--set`
//! (`overrides`), tree to a mirror of the file (`shape`, `table`, `file`, `model`, `venue`), mirror to [`Scenario`] (`resolve`).
//! Each reports what it finds and goes on, so all problems come out at once.

mod precise;
mod types;
mod steps;
mod check;
mod files;
mod source;
mod printable;
mod reading;
mod problem;
mod render;
mod tree;
mod document;
mod over;
mod sweep;
mod syntax;
mod overrides;
mod range;
mod recorded;
mod suggest;
mod shape;
mod table;
mod kinds;
mod numbers;
mod opened;
mod words;
mod precision;
mod file;
mod forecast;
mod of_hours;
mod bootstrap;
mod borrow;
mod garch;
mod days;
mod errors;
mod har;
mod hedges;
mod miner;
mod miner_loans;
mod mining;
mod network;
mod stress;
mod dependence;
mod model;
mod funding;
mod orders;
mod policy;
mod regime;
mod terms;
mod tiers;
mod listed;
mod venue;
mod leverage;
mod equity;
mod title;
mod usual;
mod positions;
mod limits;
mod resolve;
mod written;
mod limit_lines;
mod load;
mod bundle;
mod builder;
mod identity;
mod schema;

pub use builder::ScenarioBuilder;
pub use bundle::{Bundle, WriteError};
pub use check::ScenarioError;
pub use files::{Below, Disk, Files};
pub use identity::RESULT_VERSION;
pub use limits::{is_metric, metrics};
pub use listed::ListedVenue;
pub use load::{from_value, load, parse, parse_cell};
pub use over::AxisError;
pub use precise::PreciseMetric;
pub use problem::{Code, Place, Problem, Problems};
pub use schema::schema;
pub use source::Source;
pub use sweep::{Axis, MOST_CELLS, Sweep, read_sweep};
pub use types::{
    Account, Asset, CoinEquity, Limit, MarginMode, Monitoring, Opened, PathBudget, Position, Sampling,
    Scenario, Simulation, Terms,
};
pub use usual::{Usual, UsualError};
pub use venue::{catalogue_venue, venue_of_text};
pub use written::Written;
