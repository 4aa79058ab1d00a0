//! Liquidation probabilities without sampled hits.
//!
//! Where nothing but the price moves an account, a level's liquidation is a first passage of the price through a fixed
//! barrier. For models whose log-price is a Brownian motion with jumps (`law`) its probability is estimated apart from all
//! other results, from far fewer paths, by means that leave it unbiased (`kernel`):
//!
//! 1. given the ends of its continuous stretches, a path's chance of touching the barrier is known exactly; it takes the
//!    place of the hit;
//! 2. the paths are not independent but the points of a scrambled net: the first coordinate decides the number of jumps and
//!    the closing price, the others how the path gets there;
//! 3. for a rare level the paths are drawn from an exponentially tilted law that makes liquidation likely, and weighted;
//! 4. a Brownian motion that goes the same way, and whose chance of touching the barrier is known, is a control variate;
//! 5. the error comes from independent scramblings (`estimate`).

mod estimate;
mod kernel;
mod law;

pub use estimate::{Crossing, CrossingEstimate, CrossingTarget};
