//! Price histories.

mod courses;
mod exporters;
mod faults;
mod history;
mod layouts;
mod mutations;
