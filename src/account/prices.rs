//! Where each position of an account would be liquidated if only its own asset moved.

use super::pool::{Held, Pool, Room};
use crate::numeric::exp;

/// Prices are looked for between the start times this and over this, in logarithms.
const FARTHEST: f64 = 25.0;
/// Looks on the way there: the requirement may jump; ever farther apart.
const LOOKS: usize = 400;
/// Halvings between two looks: 1e-14 of the price.
const HALVINGS: usize = 48;

/// Prices of one position's asset at which its pool is liquidated or bankrupt while all other assets stand still, as
/// ratios to the price at the start; none where there is no such price on that side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionPrices {
    /// Place of the position in the scenario's list.
    pub position: usize,
    /// Notional at the start over the equity of the account.
    pub size: f64,
    /// Where the equity of the pool meets what all of its positions need: below the price at the start, and above.
    pub liquidation: [Option<f64>; 2],
    /// Where the equity of the pool is 0: below, and above.
    pub bankruptcy: [Option<f64>; 2],
}

impl PositionPrices {
    /// The nearer of two prices on either side.
    pub fn nearest([below, above]: [Option<f64>; 2]) -> Option<f64> {
        match (below, above) {
            (Some(below), Some(above)) => Some(if below * above >= 1.0 { below } else { above }),
            (below, above) => below.or(above),
        }
    }
}

/// The prices of all positions of an account at the start, in the order of the scenario's list.
pub fn prices(pools: &[Pool]) -> Vec<PositionPrices> {
    let mut all: Vec<PositionPrices> = pools.iter().flat_map(of_pool).collect();
    all.sort_by_key(|prices| prices.position);
    all
}

fn of_pool(pool: &Pool) -> impl Iterator<Item = PositionPrices> {
    let stakes = pool.opening();
    let cash = pool.opening_cash();
    pool.legs.iter().map(move |leg| {
        let held = Held { cash, legs: &stakes };
        let at = |y: f64| {
            let mut x = vec![1.0; pool.assets.len()];
            x[leg.place] = exp(y);
            x
        };
        let mut gradient = vec![0.0; pool.assets.len()];
        let mut excess = |y: f64| pool.room(held, Room::Margin(1.0), &at(y), &mut gradient);
        let liquidation = [-1.0, 1.0].map(|direction| first_below(direction, &mut excess));
        let mut equity = |y: f64| pool.equity(held, &at(y));
        let bankruptcy = [-1.0, 1.0].map(|direction| first_below(direction, &mut equity));
        PositionPrices { position: leg.position, size: leg.exposure.abs(), liquidation, bankruptcy }
    })
}

/// Where a function of the log-price that is positive at 0 first falls to 0 in a direction, as a ratio of prices.
fn first_below(direction: f64, function: &mut dyn FnMut(f64) -> f64) -> Option<f64> {
    let mut near = 0.0;
    for look in 1..=LOOKS {
        let share = look as f64 / LOOKS as f64;
        let mut far = FARTHEST * share * share;
        if function(direction * far) > 0.0 {
            near = far;
            continue;
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (near + far);
            if function(direction * middle) > 0.0 { near = middle } else { far = middle }
        }
        return Some(exp(direction * far));
    }
    None
}
