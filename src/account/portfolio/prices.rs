//! Where each position of an account would be liquidated if only its own asset moved.

use super::purse::Purse;
use crate::numeric::elementary;
use crate::venue::Side;

/// Prices are looked for between the start times this and over this, in logarithms.
const FARTHEST: f64 = 25.0;
/// Halvings of that range: 1e-13 of the price.
const HALVINGS: usize = 50;

/// Prices of one position's asset at which its purse is liquidated or bankrupt while all other assets stand still, as
/// ratios to the price at the start; none where it cannot be reached on the position's losing side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PositionPrices {
    /// Place of the position in the scenario's list.
    pub position: usize,
    /// Notional at entry over the equity of the account.
    pub size: f64,
    /// Where the equity of the purse meets what all of its positions need.
    pub liquidation: Option<f64>,
    /// Where the equity of the purse is 0.
    pub bankruptcy: Option<f64>,
}

/// The prices of all positions of an account at the start, in the order of the scenario's list.
pub fn prices(purses: &[Purse]) -> Vec<PositionPrices> {
    let mut all: Vec<PositionPrices> = purses.iter().flat_map(of_purse).collect();
    all.sort_by_key(|prices| prices.position);
    all
}

fn of_purse(purse: &Purse) -> impl Iterator<Item = PositionPrices> {
    let held = purse.opening();
    purse.legs.iter().zip(&purse.places).map(move |(leg, place)| {
        let (mut x, mut gradient) = (vec![1.0; purse.assets.len()], vec![0.0; purse.assets.len()]);
        let direction = if leg.side == Side::Long { -1.0 } else { 1.0 };
        let mut excess = |y: f64| {
            x[*place] = elementary::exp(y);
            purse.excess(held, &x, &mut gradient)
        };
        let liquidation = first_below(direction, &mut excess);
        let mut x = vec![1.0; purse.assets.len()];
        let mut equity = |y: f64| {
            x[*place] = elementary::exp(y);
            purse.equity(held, &x)
        };
        let bankruptcy = first_below(direction, &mut equity);
        PositionPrices { position: leg.position, size: leg.entry_exposure.abs(), liquidation, bankruptcy }
    })
}

/// Where a function of the log-price that is positive at 0 and concave in the price, falls to 0 in a direction.
fn first_below(direction: f64, function: &mut dyn FnMut(f64) -> f64) -> Option<f64> {
    let (mut near, mut far) = (0.0, FARTHEST);
    if function(direction * far) > 0.0 {
        return None;
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (near + far);
        if function(direction * middle) > 0.0 { near = middle } else { far = middle }
    }
    Some(elementary::exp(direction * far))
}
