//! The assets that an account holds: what the others do is nothing to it.

use std::borrow::Cow;

use super::path_law::select;
use crate::scenario::Scenario;

/// A scenario without the assets that no position, no collateral and no miner is in, so that these change neither a draw nor a number.
pub fn held(scenario: &Scenario) -> Cow<'_, Scenario> {
    let is_held = |asset: &usize| {
        scenario.account.positions.iter().any(|position| position.asset == *asset)
            || scenario.account.coins.is_some_and(|coins| coins.asset == *asset)
            || scenario.miner.as_ref().is_some_and(|miner| miner.asset == *asset)
    };
    let assets: Vec<usize> = (0..scenario.assets.len()).filter(is_held).collect();
    if assets.is_empty() || assets.len() == scenario.assets.len() {
        return Cow::Borrowed(scenario);
    }
    let mut reduced = scenario.clone();
    reduced.assets = assets.iter().map(|asset| scenario.assets[*asset].clone()).collect();
    reduced.dependence = select(&scenario.dependence, &assets);
    let positions = reduced.account.positions.iter_mut().map(|position| &mut position.asset);
    let coins = reduced.account.coins.iter_mut().map(|coins| &mut coins.asset);
    let miner = reduced.miner.iter_mut().map(|miner| &mut miner.asset);
    for held in positions.chain(coins).chain(miner) {
        if let Some(place) = assets.iter().position(|asset| *asset == *held) {
            *held = place;
        }
    }
    Cow::Owned(reduced)
}
