//! From a scenario to barriers.

use crate::engine::{Plan, PlanError};
use crate::numeric::ln;
use crate::scenario::Scenario;
use crate::venue::Side;

use super::barrier::Barrier;

/// The barriers of a scenario's levels at its entry, on its own side or on both. Only what moves the price counts: payments, stops and
/// what the owner does are left out.
///
/// # Errors
/// The venue does not allow a level.
pub fn barriers(scenario: &Scenario, both_sides: bool) -> Result<Vec<Barrier>, PlanError> {
    let Some(position) = scenario.account.positions.first() else { return Err(PlanError::Empty) };
    let other = if position.side == Side::Long { Side::Short } else { Side::Long };
    let sides: &[Side] = if both_sides { &[position.side, other] } else { &[position.side] };
    let price = scenario.assets.get(position.asset).ok_or(PlanError::Empty)?.price;
    let mut all = Vec::new();
    for side in sides {
        let mut scenario = scenario.clone();
        for position in &mut scenario.account.positions {
            position.side = *side;
        }
        for level in Plan::new(&scenario)?.terms {
            let distance =
                level.liquidation_price.map_or(f64::INFINITY, |liquidation| ln(liquidation / price).abs());
            all.push(Barrier { side: *side, leverage: level.leverage, distance });
        }
    }
    Ok(all)
}
