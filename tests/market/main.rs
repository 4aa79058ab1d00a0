//! Price histories.

mod history;
mod layouts;
mod mutations;
