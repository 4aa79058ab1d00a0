//! The `liqsim` program.

fn main() {}
