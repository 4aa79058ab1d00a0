//! What a model says of its bars beside them.

use super::draw_hedges::Draws;
use super::innovations::Innovations;

/// What a price was driven by.
#[derive(Debug, Clone, Copy)]
pub enum Driving<'a> {
    /// Normals of each bar.
    Normals(Drivers<'a>),
    /// One innovation a step.
    Innovations(Innovations<'a>),
    /// One draw of a past day each day.
    Draws(Draws<'a>),
}

/// What drove the last moves of a price whose variance has a driver of its own.
#[derive(Debug, Clone, Copy)]
pub struct Drivers<'a> {
    /// The standard normals that were handed in for the price, by entry of the moves.
    pub price: &'a [f64],
    /// The model's own, independent of these.
    pub other: &'a [f64],
    /// The variance at the end, by path.
    pub variance: &'a [f64],
}
