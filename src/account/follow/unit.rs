//! Pools that are followed together: those of a level on one asset, or one of several assets.

use super::nearest::{Spread, spread_of};
use crate::account::pool::Pool;
use crate::numeric::cholesky;

/// Over longer pieces, in standard deviations of the log-price, a surface is not taken as flat.
const FLAT: f64 = 0.03;
/// Where pools on assets that move together stand side by side.
const APART: f64 = 0.02;

/// Pools of a level that are followed together.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Their places within the level.
    pub pools: Vec<usize>,
    /// Their assets.
    pub assets: Vec<usize>,
    /// Longest piece of a bar on which triggers are looked for, as a variance.
    pub longest: f64,
    /// Correlations and deviations of the assets.
    pub(super) spread: Spread,
}

impl Unit {
    /// Whether one asset decides.
    pub fn is_line(&self) -> bool {
        self.assets.len() == 1
    }
}

/// Lower triangular factor of the correlations of all assets; empty where they are independent.
pub fn factor_of(correlation: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let is_joined = correlation.iter().enumerate().any(|(i, row)| (0..i).any(|j| row[j] != 0.0));
    // The scenario lets only valid matrices pass.
    if is_joined { cholesky(correlation).unwrap_or_default() } else { Vec::new() }
}

/// The pools of a level by what they are followed with.
pub fn units(pools: &[Pool], correlation: &[Vec<f64>]) -> (Vec<Unit>, Vec<usize>) {
    let mut units: Vec<Unit> = Vec::new();
    let mut unit_of = Vec::with_capacity(pools.len());
    for (number, pool) in pools.iter().enumerate() {
        let known = units.iter().position(|unit| pool.assets.len() == 1 && unit.assets == pool.assets);
        match known {
            Some(unit) => units[unit].pools.push(number),
            None => units.push(Unit {
                pools: vec![number],
                assets: pool.assets.clone(),
                longest: if pool.assets.len() == 1 { f64::INFINITY } else { FLAT * FLAT },
                spread: spread_of(&pool.assets, correlation),
            }),
        }
        unit_of.push(known.unwrap_or(units.len() - 1));
    }
    let joins = |i: usize, j: usize| i != j && correlation.get(i).is_some_and(|row| row[j] != 0.0);
    let assets: Vec<Vec<usize>> = units.iter().map(|unit| unit.assets.clone()).collect();
    for (number, unit) in units.iter_mut().enumerate() {
        let others = assets.iter().enumerate().filter(|(other, _)| *other != number);
        let is_joined = others
            .flat_map(|(_, assets)| assets)
            .any(|other| unit.assets.iter().any(|own| own == other || joins(*own, *other)));
        if is_joined {
            unit.longest = unit.longest.min(APART * APART);
        }
    }
    (units, unit_of)
}
