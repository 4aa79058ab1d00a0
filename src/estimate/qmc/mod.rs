//! Liquidation probabilities without sampled hits.
//!
//! Where nothing but the price moves an account, a level's liquidation is a first passage of the price through a fixed
//! barrier. For models whose log-price is a Brownian motion between jumps or switches of volatility its probability is estimated apart
//! from all other results, from far fewer paths, by means that leave it unbiased:
//!
//! 1. given the ends of its continuous stretches, a path's chance of touching the barrier is known exactly; it takes the
//!    place of the hit;
//! 2. the paths are not independent but the points of a scrambled net (`points`): the first coordinate decides the closing price, the others
//!    the events and how the path gets there;
//! 3. a Brownian motion that goes the same way, and whose chance of touching the barrier is known, is a control variate (`twin`);
//! 4. the error comes from independent scramblings (`estimate`).
//!
//! Normal jumps are part of the Gaussian closing price (`normal_jumps`), and paths to a rare level are drawn from an exponentially tilted
//! law (`law`) that makes liquidation likely, and weighted. Other events are drawn first, and the price given them (`events`,
//! `event_law`). Which net a model takes says `problem`. `depth` turns the question round: which barrier is touched with a given
//! probability.

mod beyond;
mod dates;
mod depth;
mod estimate;
mod event_law;
mod events;
mod law;
mod normal_jumps;
mod points;
mod problem;
mod twin;

pub use estimate::Crossing;
