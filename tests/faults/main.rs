//! Random inputs of every kind, and random scenarios: nothing panics, hangs, or says what cannot be.

// Long runs by hand say how far they are.
#![allow(clippy::print_stderr, clippy::print_stdout)]

mod large_files;
mod random_files;
mod random_inputs;
mod random_scenarios;
