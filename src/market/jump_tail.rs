//! What one jump of a price does beyond a limit, in the mean.
//!
//! A position whose price jumps past its liquidation price is liquidated where the jump ends. What it owes there is a straight line in the
//! price beyond a limit, as the payoff of an option is, so that what it owes in the mean, given where the price was just before the
//! jump, is that of an option on the jump alone.

use crate::numeric::{cubic, first_of_four};

/// Fewest and most nodes of a table.
const FEWEST: f64 = 64.0;
const MOST: f64 = 65_536.0;

/// Of the jump J of a log-price (mirrored where the limit is above), by the distance d of the limit: the chance P(J < −d), and the mean of
/// |eᵖᴶ − e⁻ᵖᵈ| where J < −d and 0 elsewhere, with p = 1 or, where prices are divided by, −1.
#[derive(Debug, Clone, PartialEq)]
pub struct JumpTail {
    /// Nodes per unit of distance.
    density: f64,
    nodes: Vec<[f64; 2]>,
}

impl JumpTail {
    /// From both by distance, smooth over a `width`, up to a distance beyond which no jump goes that matters. Cubics between 32 nodes a width
    /// leave a relative error of 1e-7 of exponential tails, of normal ones of 1e-7 two widths out and 1e-4 eight.
    pub fn new((width, last): (f64, f64), known: impl Fn(f64) -> [f64; 2]) -> Self {
        let count = (32.0 * last / width).clamp(FEWEST, MOST).ceil();
        let density = count / last;
        let nodes = (0..=count as usize).map(|node| known(node as f64 / density)).collect();
        Self { density, nodes }
    }

    /// The chance and the mean at a distance.
    #[inline(always)]
    pub fn at(&self, distance: f64) -> [f64; 2] {
        let place = self.density * distance.max(0.0);
        let (first, t) = first_of_four(place, self.nodes.len());
        match self.nodes.get(first..first + 4) {
            // Beyond the last node is nothing that matters.
            Some(nodes) if t <= 2.0 => {
                let [mut chance, mut mean] = [0.0; 2];
                for (weight, node) in cubic(t).iter().zip(nodes) {
                    chance += weight * node[0];
                    mean += weight * node[1];
                }
                [chance, mean]
            }
            _ => [0.0; 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_nodes_is_what_the_law_says_and_beyond_is_nothing() {
        let known = |d: f64| [(-d / 0.05).exp(), 0.04 * (-d / 0.04).exp()];
        let tail = JumpTail::new((0.04, 1.2), known);
        for step in 0..900 {
            let distance = 1.3e-3 * f64::from(step);
            for (found, known) in tail.at(distance).into_iter().zip(known(distance)) {
                assert!((found - known).abs() <= 3e-7 * known, "{distance}: {found} {known}");
            }
        }
        assert_eq!(tail.at(-0.1), known(0.0));
        assert_eq!(tail.at(1.21), [0.0; 2]);
        assert_eq!(tail.at(f64::INFINITY), [0.0; 2]);
        assert_eq!(tail.at(f64::NAN), known(0.0));
    }
}
