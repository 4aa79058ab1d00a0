//! Random inputs of every kind, and random scenarios: nothing panics, hangs, or says what cannot be.

mod large_files;
mod random_files;
mod random_inputs;
mod random_scenarios;
