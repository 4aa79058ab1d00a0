//! Price histories.

mod faults;
mod history;
mod layouts;
mod mutations;
