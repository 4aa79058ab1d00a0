//! The answer of a run in a sentence or two.

use crate::engine::{LevelResult, RunResult};
use crate::market::{Duration, SECONDS_PER_DAY};

use super::super::number;

/// Probabilities of liquidation that people ask for.
const TARGETS: [f64; 3] = [0.01, 0.05, 0.1];

/// What the result says about leverage: the safe leverage where it is known, else what the simulated levels say.
pub fn sentence(result: &RunResult) -> String {
    let safe: Vec<String> = result
        .safe_leverage
        .iter()
        .map(|safe| {
            let limit = if safe.limited_by_venue { "; the venue allows no more" } else { "" };
            format!(
                "up to {} for at most {} (95 % interval {} to {}{limit})",
                number::leverage(safe.leverage),
                number::rate(safe.max_probability),
                number::leverage(safe.low),
                number::leverage(safe.high)
            )
        })
        .collect();
    if safe.is_empty() {
        return of_levels(result);
    }
    format!("Safe leverage by the probability of liquidation: {}. {}", safe.join("; "), of_levels(result))
}

/// What the simulated levels say: the highest simulated level that surely keeps each target, and what the next one does.
fn of_levels(result: &RunResult) -> String {
    let horizon = Duration::from_seconds((result.horizon_days * SECONDS_PER_DAY).round() as u64);
    let mut kept: Vec<(String, f64, &LevelResult)> = Vec::new();
    for target in TARGETS {
        // A level below which every level keeps the target, by the upper end of its interval.
        let levels = result.levels.iter().take_while(|level| level.liquidation_probability.high <= target);
        let Some(level) = levels.last() else { continue };
        match kept.last_mut() {
            // The stricter target says more about the same level.
            Some((_, _, last)) if last.leverage == level.leverage => {}
            _ => kept.push((number::rate(target), target, level)),
        }
    }
    let shown = |level: &LevelResult| number::probability(&level.liquidation_probability).0;
    let parts: Vec<String> = kept
        .iter()
        .map(|(target, _, level)| {
            format!(
                "{} keeps the probability of liquidation below {target} ({})",
                number::leverage(level.leverage),
                shown(level)
            )
        })
        .collect();
    let next = kept.last().map_or(result.levels.first(), |(_, _, last)| {
        result.levels.iter().find(|level| level.leverage > last.leverage)
    });
    let mut text = if parts.is_empty() {
        format!(
            "Over {horizon}, no simulated level keeps the probability of liquidation below {}",
            number::rate(TARGETS[2])
        )
    } else {
        format!("Over {horizon}, {}", parts.join("; "))
    };
    if let Some(next) = next {
        text +=
            &format!("; {} is liquidated with probability {}", number::leverage(next.leverage), shown(next));
    }
    text + "."
}
