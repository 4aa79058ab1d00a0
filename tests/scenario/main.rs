//! The scenario file.

mod fuzz;
mod problems;
mod valid;
mod values;
