//! Stress laid over a model: shocks of the price, and spells of other volatility.
//!
//! A shock moves the price by a fraction at a time, as a gap: an account meets it at the open of the next bar. A spell multiplies the
//! volatility of the continuous move from one time to another; jumps, and whatever the model's variance does by itself, stay
//! as they are. Both are what-ifs and not part of the law: a shock moves the expected price by its size, a spell leaves it.

use serde::Serialize;

use crate::market::Duration;
use crate::numeric::elementary;

/// A move of the price at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shock {
    /// When, after 0 and before the horizon.
    pub at: Duration,
    /// Size as a fraction of the price, more than −1: −0.3 takes 30 % off.
    pub size: f64,
}

/// A time of other volatility.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spell {
    /// Start.
    pub from: Duration,
    /// End, after the start.
    pub to: Duration,
    /// Factor on the volatility; not negative.
    pub volatility_times: f64,
}

/// All that is laid over one asset's model.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Stress {
    /// Shocks, in any order.
    pub shocks: Vec<Shock>,
    /// Spells, in any order; where they overlap the factors multiply.
    pub spells: Vec<Spell>,
}

impl Stress {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.shocks.is_empty() && self.spells.is_empty()
    }

    /// Times at which bars have to end.
    pub fn edges(&self) -> impl Iterator<Item = Duration> {
        let spells = self.spells.iter().flat_map(|spell| [spell.from, spell.to]);
        self.shocks.iter().map(|shock| shock.at).chain(spells)
    }

    /// Factor on the volatility of a bar that starts at this time, in years, and ends at the next edge at the latest.
    pub fn volatility_times(&self, start: f64) -> f64 {
        self.spells
            .iter()
            .filter(|spell| spell.from.years() <= start && start < spell.to.years())
            .map(|spell| spell.volatility_times)
            .product()
    }

    /// Move of the log-price at an edge, in years.
    pub fn log_shock(&self, time: f64) -> f64 {
        self.shocks
            .iter()
            .filter(|shock| shock.at.years() == time)
            .map(|shock| elementary::ln_1p(shock.size))
            .sum()
    }
}
