//! What a level comes to on the paths of a block.

use super::cuts::Cuts;
use super::intervals::MARKS;
use super::places::Places;

/// What a level comes to by path of a block.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcomes<'a> {
    /// Returns.
    pub returns: &'a [f64],
    /// Not zero where the level was liquidated.
    pub liquidated: &'a [u8],
    /// Bad debt, where it is expected given more than what happened.
    pub debts: Option<&'a [f64]>,
    /// The control variate of the returns.
    pub controls: Option<&'a [f64]>,
    /// That of liquidations.
    pub hedged: Option<&'a [f64]>,
    /// Where the paths closed, and the returns at the marks between.
    pub closed: Option<(&'a Places, &'a Cuts)>,
    /// The control variates of closing below these marks, by net.
    pub marked: Option<&'a [[f32; MARKS]]>,
}
