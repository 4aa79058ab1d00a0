//! The law that the next innovation of a path is drawn from.

/// How the innovation of a step is drawn.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lean {
    /// Probability that it is far.
    pub far: f64,
    /// Else its mean is this far from 0, on either side.
    pub shift: f64,
    /// Probability of the side of the goal.
    pub towards: f64,
}
