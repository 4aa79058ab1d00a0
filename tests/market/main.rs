//! Price histories.

mod history;
