//! What a result says of an account of several positions.

use super::plan::Plan;
use crate::account::Pool;
use crate::scenario::{MarginMode, Scenario};
use crate::venue::Contract;

/// Largest sum of shares that counts as 1.
const ROUNDING: f64 = 1e-9;

/// The notes; none for an account of one position.
pub(super) fn notes(scenario: &Scenario, plan: &Plan) -> Vec<(&'static str, String)> {
    let account = &scenario.account;
    let mut notes = Vec::new();
    if !plan.account.levels.is_empty() || plan.account.pools.is_empty() {
        return notes;
    }
    let alone = account.positions.iter().filter(|position| position.collateral.is_some()).count();
    let mode = match (account.margin, alone) {
        (MarginMode::Cross, 0) => {
            "All positions share the equity, and the venues close them together: liquidation is that of the account."
        }
        (MarginMode::Cross, _) => {
            "Positions with `collateral` stand alone; the others share the rest of the equity and are closed together. Liquidation means the \
             first one."
        }
        (MarginMode::Isolated, _) => {
            "Each position has its own part of the equity; the others go on without it. Liquidation means the first one."
        }
    };
    let policy = match scenario.policy.margin_call.is_some() || scenario.policy.deleverage.is_some() {
        true => {
            " Margin calls and `deleverage` change all positions that share collateral by the same share."
        }
        false => "",
    };
    notes.push((
        "several_positions",
        format!(
            "{mode}{policy} The return is that of the whole account at the horizon. The liquidation price of a level is the \
             nearest that the price of one asset can reach while all others stand still; `positions` has those of all, on \
             both sides where there are two."
        ),
    ));
    let shares: f64 = account.positions.iter().map(|position| position.share).sum();
    if (shares - 1.0).abs() > ROUNDING {
        notes.push((
            "shares",
            format!(
                "The shares add up to {}: the notional of all positions together is so many times leverage times equity.",
                (shares * 1e6).round() / 1e6
            ),
        ));
    }
    let pools = plan.account.pools.first().map_or(&[][..], Vec::as_slice);
    if plan.law.continuous && pools.iter().any(|pool| pool.assets.len() > 1) {
        notes.push((
            "bridged_margin",
            "Where several prices decide, the margin follows a Brownian bridge towards surfaces that are flat over 3 % of a price: \
             probabilities are within 0.1 percentage points beside their errors."
                .to_owned(),
        ));
    }
    let inverse = |position| account.venue_of(position).contract == Contract::Inverse;
    if account.positions.iter().any(inverse) {
        let first = account.positions[0].asset;
        let in_coin = account.positions.iter().all(|position| inverse(position) && position.asset == first);
        let text = match in_coin {
            true => "All contracts settle in the same coin: equity, returns, fees and bad debt are in coins.",
            false => {
                "Contracts that settle in a coin stand beside others: the account is counted in the quote currency. Shared \
                 collateral stays in it; a coin-margined position on its own holds coins bought at the start."
            }
        };
        notes.push(("coin_margined", text.to_owned()));
    }
    if account.positions.iter().any(|position| scenario.assets[position.asset].model.is_recorded()) {
        notes.push((
            "recorded_extremes",
            "An account of several positions does not see the lows and highs of recorded bars, but a bridge of the variance \
             that their range implies."
                .to_owned(),
        ));
    }
    let exceeded: Vec<String> = plan
        .terms
        .iter()
        .zip(&plan.account.pools)
        .filter(|(_, pools)| pools.iter().any(Pool::exceeds_cap))
        .map(|(level, _)| format!("{}x", level.leverage))
        .collect();
    if !exceeded.is_empty() {
        notes.push((
            "above_cap_at_size",
            format!(
                "The venues would ask more initial margin for positions of these sizes than there is at {}: put up less equity, \
                 or leave the levels out.",
                exceeded.join(", ")
            ),
        ));
    }
    notes
}
