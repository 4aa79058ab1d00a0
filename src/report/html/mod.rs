//! HTML: one page that works offline, with interactive pictures and the tables behind them.
//!
//! The page holds the results as JSON and draws them with a chart library that is part of it; it asks no network for
//! anything (a policy in its head forbids it). What can be said without pictures is plain HTML and needs no script.

mod answer;
mod document;
mod page;
mod verdicts;

pub use document::{Document, DocumentError};
pub use page::{FORMAT_SCRIPT, STYLE, ScenarioText, render};
pub use verdicts::{Captioned, Verdicts};
