//! The answer of a run in one sentence: the chosen level first, then how far the limit is kept.

use super::assumed::{health_factor, loan_to_value};
use super::figures;
use crate::result::{LevelResult, RunResult};
use crate::scenario::Scenario;
use crate::stats::Estimate;
use crate::venue::{Liquidation, Side};

/// The probability of liquidation up to which a leverage is called safe.
pub const SAFE: f64 = 0.01;

/// One sentence that answers the question of the scenario; the second one says up to where liquidation stays rare.
pub fn answer(scenario: &Scenario, result: &RunResult) -> String {
    chosen(scenario, result).map_or_else(String::new, |level| answer_of(scenario, result, level))
}

/// The same for the level at a leverage; none if it was not computed.
pub fn answer_at(scenario: &Scenario, result: &RunResult, leverage: f64) -> Option<String> {
    let level = result.levels.iter().find(|level| level.leverage == leverage)?;
    Some(answer_of(scenario, result, level))
}

fn answer_of(scenario: &Scenario, result: &RunResult, level: &LevelResult) -> String {
    let mut text = what_happens(scenario, level);
    if result.levels.len() > 1 {
        text += &limit(scenario, result);
    }
    text
}

/// The level that a result is read at: of a miner the one nearest to half debt; else the lowest that a limit names; else the
/// lowest that is not safe; else the highest.
pub fn chosen<'a>(scenario: &Scenario, result: &'a RunResult) -> Option<&'a LevelResult> {
    if scenario.miner.is_some() {
        let far = |level: &LevelResult| (0.5 - 1.0 / level.leverage).abs();
        return result.levels.iter().min_by(|a, b| far(a).total_cmp(&far(b)));
    }
    let named = scenario.limits.iter().filter_map(|limit| limit.leverage).fold(f64::INFINITY, f64::min);
    result
        .levels
        .iter()
        .find(|level| level.leverage == named)
        .or_else(|| result.levels.iter().find(|level| level.liquidation_probability.high > SAFE))
        .or(result.levels.last())
}

/// What happens at a level.
fn what_happens(scenario: &Scenario, level: &LevelResult) -> String {
    let account = &scenario.account;
    let horizon = scenario.simulation.horizon.in_words();
    let liquidated =
        with(&figures::probability(&level.liquidation_probability)) + &both(&level.liquidation_probability);
    let asset = |index: usize| scenario.assets.get(index).map_or("", |asset| asset.name.as_str());
    let leverage = figures::leverage(level.leverage);
    if let Some(miner) = &scenario.miner {
        let debt = figures::rate(loan_to_value(level.leverage));
        let lost =
            if level.liquidation_price.is_none() { "the machines" } else { "machines or pledged coins" };
        let coin = asset(miner.asset);
        let time = level.time_to_liquidation_days.map(|time| time.p50);
        let time = time.map_or(String::new(), |days| format!(", in the median after {days:.0} days"));
        return format!(
            "With a debt of {debt} of the assets this {coin} miner loses {lost} within {horizon} {liquidated}{time}."
        );
    }
    if account.positions.len() > 1 {
        let any = "at least one position of this account";
        return format!("At {leverage}, {any} is liquidated within {horizon} {liquidated}.");
    }
    let Some(position) = account.positions.first() else { return String::new() };
    if matches!(account.venue.liquidation, Liquidation::Repay { .. }) {
        let share = figures::rate(loan_to_value(level.leverage));
        let health = health_factor(account, level.leverage);
        let health = health.map_or_else(String::new, |health| format!(" (health factor {health:.2})"));
        let mut text = format!(
            "Borrowed at {share} of the coins' value{health}, the loan is liquidated within {horizon} {liquidated}"
        );
        if let Some(calls) = &level.margin_calls {
            text += &format!("; a margin call comes {}", with(&figures::probability(&calls.probability)));
        }
        return text + ".";
    }
    let side = if position.side == Side::Long { "long" } else { "short" };
    let opened = format!("Opened at {leverage}, this {} {side}", asset(position.asset));
    let stopped = level
        .exits
        .get("stopped")
        .filter(|_| scenario.policy.stop_loss.is_some() || scenario.policy.trailing_stop.is_some());
    match stopped {
        Some(stopped) => format!(
            "{opened} is closed by its stop within {horizon} {}, and liquidated {liquidated}.",
            with(&figures::probability(stopped))
        ),
        None => format!("{opened} is liquidated within {horizon} {liquidated}."),
    }
}

/// Both intervals of a probability, where there are two.
fn both(probability: &Estimate) -> String {
    let known = figures::interval(probability).zip(figures::interval_with_parameters(probability));
    known.map_or_else(String::new, |(sampling, wide)| {
        format!(
            " ({sampling} by sampling, {wide} with parameters, if the future resembles the window of the fit)"
        )
    })
}

/// Up to where liquidation stays at or below the limit.
fn limit(scenario: &Scenario, result: &RunResult) -> String {
    let owes = scenario.miner.is_some();
    let is_loan = owes || matches!(scenario.account.venue.liquidation, Liquidation::Repay { .. });
    let found = result.safe_leverage.iter().find(|safe| safe.max_probability == SAFE);
    let known = found.map(|safe| safe.low);
    let wide = found.and_then(|safe| safe.low_with_parameters).filter(|low| *low > 0.0);
    let wide = wide.map_or_else(String::new, |low| {
        format!(" (up to {} counting in errors of the parameters)", figures::leverage_at_most(low))
    });
    let safe = known.or_else(|| {
        let kept = result.levels.iter().take_while(|level| level.liquidation_probability.high <= SAFE);
        kept.last().map(|level| level.leverage)
    });
    let what = match scenario.policy.is_empty() {
        _ if owes => "that",
        true if !is_loan => "it",
        _ => "liquidation",
    };
    // A debt is said in whole per cent, rounded down.
    let debt = safe.filter(|_| is_loan).map(|safe| ((1.0 - 1.0 / safe.max(1.0)) * 100.0).floor() / 100.0);
    match safe {
        Some(_) if debt == Some(0.0) => {
            format!(
                " Without debt {what} stays at or below {}; no level with debt that was computed does.",
                figures::rate(SAFE)
            )
        }
        Some(safe) if safe > 0.0 && is_loan => format!(
            " Up to {} {what} stays at or below {}.",
            figures::rate(debt.unwrap_or(0.0)),
            figures::rate(SAFE)
        ),
        Some(safe) if safe > 0.0 => format!(
            " Up to {}{wide} {what} stays at or below {}.",
            figures::leverage_at_most(safe),
            figures::rate(SAFE)
        ),
        _ => format!(" No level that was computed keeps {what} at or below {}.", figures::rate(SAFE)),
    }
}

/// A probability in a sentence.
fn with(probability: &str) -> String {
    match probability.strip_prefix("< ") {
        Some(bound) => format!("with a probability below {bound}"),
        None => match probability.strip_prefix("> ") {
            Some(bound) => format!("with a probability above {bound}"),
            None => format!("with a probability of {probability}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_no_equality() {
        assert_eq!(with("< 0.001 %"), "with a probability below 0.001 %");
        assert_eq!(with("11.4 %"), "with a probability of 11.4 %");
    }
}
