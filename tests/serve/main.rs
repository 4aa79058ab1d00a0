//! The page that recomputes: who is answered, what the answers are, and that nothing is left behind.

mod answers;
mod browser;
mod client;
mod guard;
mod stopping;
