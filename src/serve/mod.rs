//! A local page that recomputes: every number of a scenario can be moved, and the answer follows at once.
//!
//! The server listens on this machine alone and answers nobody without the token of its address. An answer is that of
//! [`crate::study::run`] for the scenario with its changes: first with few paths, then with more, at last with the scenario's own.
//! The newest question cancels the one before it.

mod answer;
mod change;
mod desk;
mod field;
mod guard;
mod http;
mod newest;
mod page;
mod server;

pub use server::{ServeError, Server};
