//! Price models: one file per law, and the trait they share.

mod gbm;
mod merton;

pub use gbm::Gbm;
pub use merton::{Jumps, Merton};

use serde::Serialize;

/// Any model that a scenario can name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Model {
    /// Geometric Brownian motion.
    Gbm(Gbm),
    /// Jump diffusion with normal log jumps.
    Merton(Merton),
}
