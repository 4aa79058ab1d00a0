//! What a result says of an account of several positions.

use super::notes::{Collateral, Currency, Note};
use crate::account::Pool;
use crate::engine::Plan;
use crate::scenario::{CoinEquity, MarginMode, Scenario};
use crate::venue::Contract;

/// Largest sum of shares that counts as 1.
const ROUNDING: f64 = 1e-9;

/// The notes; none for an account of one position.
pub(super) fn notes(scenario: &Scenario, plan: &Plan) -> Vec<Note> {
    let account = &scenario.account;
    let mut notes = Vec::new();
    if !plan.account.levels.is_empty() || plan.account.pools.is_empty() {
        return notes;
    }
    if let Some(CoinEquity { asset, quantity, haircut }) = account.coins {
        let coin = scenario.assets[asset].name.clone();
        notes.push(Note::CoinCollateral { coin, quantity, haircut });
    }
    let is_only = account.positions.len() == 1 && account.positions[0].share == 1.0;
    if !(is_only && account.coins.is_some()) {
        notes.push(several(scenario));
    }
    let sum: f64 = account.positions.iter().map(|position| position.share).sum();
    if (sum - 1.0).abs() > ROUNDING {
        notes.push(Note::Shares { sum });
    }
    let pools = plan.account.pools.first().map_or(&[][..], Vec::as_slice);
    if plan.law.continuous && pools.iter().any(|pool| pool.assets.len() > 1) {
        notes.push(Note::BridgedMargin);
    }
    let inverse = |position| account.venue_of(position).contract == Contract::Inverse;
    if account.positions.iter().any(inverse) {
        let first = account.positions[0].asset;
        let in_coin = account.positions.iter().all(|position| inverse(position) && position.asset == first);
        notes.push(Note::CoinMargined(if in_coin { Currency::CommonCoin } else { Currency::Quote }));
    }
    let is_recorded = |asset: usize| scenario.assets[asset].model.is_recorded();
    if account.positions.iter().any(|position| is_recorded(position.asset)) {
        notes.push(Note::RecordedExtremes);
    }
    let levels: Vec<f64> = plan
        .terms
        .iter()
        .zip(&plan.account.pools)
        .filter(|(_, pools)| pools.iter().any(Pool::exceeds_cap))
        .map(|(level, _)| level.leverage)
        .collect();
    if !levels.is_empty() {
        notes.push(Note::AboveCapTogether { levels });
    }
    notes
}

/// What it means that there are several.
fn several(scenario: &Scenario) -> Note {
    let account = &scenario.account;
    let alone = account.positions.iter().filter(|position| position.collateral.is_some()).count();
    Note::SeveralPositions {
        collateral: match (account.margin, alone) {
            (MarginMode::Cross, 0) => Collateral::Shared,
            (MarginMode::Cross, _) => Collateral::PartlyShared,
            (MarginMode::Isolated, _) => Collateral::Isolated,
        },
        is_resized: scenario.policy.margin_call.is_some() || scenario.policy.deleverage.is_some(),
    }
}
