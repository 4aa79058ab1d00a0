//! The module behind the Python package: the library's calls with Python's values in and out. What a user sees, with its checks of types and
//! its documentation, is written in Python beside it (`liqsim/`); here is only what needs the library.

mod errors;
mod explore;
mod fits;
mod history;
mod parts;
mod paths;
mod result;
mod scenario;
mod study;
mod sweep;
mod table;
mod watch;

use pyo3::prelude::*;

#[pymodule]
mod _liqsim {
    #[pymodule_export]
    use super::explore::Page;
    #[pymodule_export]
    use super::fits::{Calibration, calibrate};
    #[pymodule_export]
    use super::history::History;
    #[pymodule_export]
    use super::parts::Part;
    #[pymodule_export]
    use super::paths::{evaluate, simulate_bars, simulate_closes};
    #[pymodule_export]
    use super::result::Result;
    #[pymodule_export]
    use super::scenario::Scenario;
    #[pymodule_export]
    use super::study::{
        CheckReport, axis, check, compare, liquidation_prices, metrics, replay, run, safe, venue, venue_names,
    };
    #[pymodule_export]
    use super::sweep::{ResultsFolder, SweepPlan, run_sharing};
    #[pymodule_export]
    use super::table::Table;
    /// Version of liqsim.
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
