//! The scenario file.

mod fuzz;
mod miners;
mod problems;
mod valid;
mod values;
