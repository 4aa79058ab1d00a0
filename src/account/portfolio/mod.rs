//! Accounts with several positions: whose collateral is whose, what the margin rules ask, and when that is too much.
//!
//! A *purse* is collateral that some positions share. On isolated margin every position has a purse of its own, on cross
//! margin one purse holds all positions but those that a scenario sets apart. With log returns y of the assets since the
//! start, a purse with cash w is liquidated, all of its positions at once, as soon as its *excess*
//!
//! ```text
//! G(y) = w + Σ value(y) − Σ requirement(y)
//! ```
//!
//! is 0 or less: a position's requirement counts against all of them, and so does its loss. An account counts as liquidated
//! when its first purse is; what the others hold goes on, and the account's return is the sum.
//!
//! # Between the ends of a bar
//!
//! The log-prices at both ends are known, and between them they are a Brownian bridge with the covariance matrix
//! Σᵢⱼ = ρᵢⱼ·√(VᵢVⱼ), from each bar's variance and the correlation of the drivers. A purse is liquidated in between where the bridge
//! crosses the surface G = 0. Let d₀ and d₁ be the distances of the two ends from the nearest point of the surface in units of
//! the bar's standard deviation, d² = (y − z)ᵀ·Σ⁻¹·(y − z). If the surface were flat in log-prices, the probability of crossing
//! would be exactly exp(−2·d₀·d₁), by the reflection principle along the normal. That is taken. Distances are found by the
//! iteration of Hasofer and Lind (1974) and Rackwitz and Fiessler (1978), which for one asset is Newton's.
//!
//! *Bias.* Exact for one asset, and for any account whose liquidation depends on a ratio of two prices (long and
//! short legs that cancel). Elsewhere the surface is curved, and over a bar with standard deviation s the nearest point misses what
//! the bridge does along the surface: it widens on average by a sixth of the bar's variance there, which shifts the surface by
//! about κs²/12, κ its curvature, of the order of 1 in log-prices: over a whole month as a single bar no bias of 0.2 percentage
//! points is seen in seven accounts of two assets. Hits of two purses inside the same bar are drawn independently,
//! given the ends of all assets (positions on the same side of the same asset excepted); at a correlation of 0.9 that is
//! 2.6 percentage points over a month as a single bar, and falls as bars get shorter. The engine therefore ends the bars of such
//! accounts often enough; `tests/account/portfolio_bias.rs` measures what is left. Where a requirement jumps at a tier edge (rule
//! "whole"), the jump is seen at the ends of bars only.
//!
//! The owner's policies wait for surfaces of the same kind; see `orders` and `follow`.
//!
//! A jump of any asset is a gap: the excess at the prices after it decides, and those are the prices of the fill.
//!
//! Sources: Hasofer and Lind (1974), "Exact and invariant second-moment code format"; Rackwitz and Fiessler (1978),
//! "Structural reliability under combined random load sequences"; the reflection principle as in
//! [`numeric`](crate::numeric).

mod bar;
mod charges;
mod evaluation;
mod follow;
mod leg;
mod nearest;
mod open;
mod orders;
mod prices;
mod purse;
mod state;

pub use evaluation::Portfolio;
pub use open::{OpenError, PositionTerms, open};
pub use prices::{PositionPrices, prices};
pub use purse::Purse;
