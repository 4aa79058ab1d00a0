//! From the facts of a run to its notes.

use super::charges;
use super::mining;
use super::notes::{FEW_EVENTS, Note};
use super::records;
use super::run_result::LevelResult;
use super::several;
use super::sources::Sources;
use crate::account::OpenAccount;
use crate::engine::Plan;
use crate::estimate::{Choice, Ending, Outcome};
use crate::numeric::ExactSum;
use crate::scenario::{Monitoring, Sampling, Scenario};
use crate::stats::Method;
use crate::venue::{Contract, Venue};

/// A mean rests on few of its paths if these are less than this share of them ...
const UNEVEN: f64 = 0.01;
/// ... or if all together keep no more than this.
const ROUNDED: f64 = 1e-9;

/// All notes of a run.
pub(super) fn notes(
    scenario: &Scenario,
    plan: &Plan,
    outcome: &Outcome,
    levels: &[LevelResult],
    choices: &[Choice],
) -> Vec<Note> {
    let paths = outcome.tally.paths;
    let mut notes: Vec<Note> = ending(outcome.ending, paths).into_iter().collect();
    notes.extend(prices(scenario));
    let sampling = scenario.simulation.sampling;
    if plan.account.miner.is_some() {
        notes.push(Note::CountedDefaults { paths });
    } else if sampling != Sampling::Pseudo {
        let sources = levels.iter().map(|level| level.leverage).zip(choices.iter().cloned());
        let sources = Sources::new(sampling, paths, sources)
            .mirrored(!outcome.tally.mirrors.is_empty())
            .led(!outcome.tally.replicates.is_empty())
            .hedged(outcome.tally.replicates.are_hedged());
        // Counts over a history are no independent paths; another note says what they are.
        if outcome.past.is_none() || sources.has_choice() {
            notes.push(Note::Sampling(sources));
        }
    }
    notes.extend(few(outcome, levels, choices));
    notes.extend(means(outcome, plan, levels));
    let account = &scenario.account;
    let mut venues: Vec<&Venue> = Vec::new();
    for venue in account.positions.iter().map(|position| account.venue_of(position)) {
        if !venues.contains(&venue) {
            venues.push(venue);
        }
    }
    notes.extend(venues.into_iter().flat_map(|venue| venue_notes(venue, &plan.account)));
    notes.extend(records::notes(scenario));
    notes.extend(records::past(scenario, &plan.law, outcome.past.as_ref()));
    notes.extend(several::notes(scenario, plan));
    if scenario.simulation.step.is_some() && !plan.account.takes_step() {
        notes.push(Note::UnusedStep);
    }
    let idle = plan.account.idle_stops().into_iter().zip(levels).filter(|(is_idle, _)| *is_idle);
    let idle: Vec<f64> = idle.map(|(_, level)| level.leverage).collect();
    if !idle.is_empty() {
        notes.push(Note::StopBeyondLiquidation { levels: idle });
    }
    notes.push(Note::QuantileResolution);
    if let Some(opened) = &plan.account.miner {
        notes.extend(mining::notes(opened));
        return notes;
    }
    notes.extend(charges::notes(&plan.account));
    if levels.len() > 1 && !plan.account.schedule.is_empty() && plan.account.ordered().is_some() {
        notes.push(Note::InTurns { levels: levels.len() });
    }
    notes
}

fn ending(ending: Ending, paths: u64) -> Option<Note> {
    Some(match ending {
        Ending::Complete => return None,
        Ending::Interrupted { planned } => Note::Interrupted { paths, planned },
        Ending::PrecisionReached { metric, relative } => Note::PrecisionReached { paths, metric, relative },
        Ending::PrecisionMissed { metric, relative, reached } => {
            Note::PrecisionMissed { paths, metric, relative, reached }
        }
    })
}

/// What the prices of the assets that are held take for granted.
fn prices(scenario: &Scenario) -> Vec<Note> {
    let is_held = |asset: &usize| scenario.account.positions.iter().any(|position| position.asset == *asset);
    let mut notes = Vec::new();
    for asset in (0..scenario.assets.len()).filter(is_held).map(|asset| &scenario.assets[asset]) {
        if let Some(step) = asset.model.step(scenario.simulation.horizon) {
            notes.push(Note::SteppedModel { asset: asset.name.clone(), step });
        }
        if !asset.stress.is_empty() {
            notes.push(Note::Stress {
                asset: asset.name.clone(),
                shocks: asset.stress.shocks.len(),
                spells: asset.stress.spells.len(),
            });
        }
    }
    if let Monitoring::Every(every) = scenario.simulation.monitoring {
        notes.push(Note::DiscreteMonitoring { every });
    }
    notes
}

/// Levels at which few paths were liquidated.
fn few(outcome: &Outcome, levels: &[LevelResult], choices: &[Choice]) -> Vec<Note> {
    let paths = outcome.tally.paths;
    let events = |level: usize| outcome.tally.levels[level].liquidated.mapped(0.0, 1.0).powers[0];
    let of = |rests_on_paths: bool| -> Vec<(f64, f64)> {
        levels
            .iter()
            .zip(choices)
            .enumerate()
            .filter(|(_, (level, choice))| {
                let is_counted = matches!(choice.probability.method, Method::Counted | Method::Stratified);
                let is_certain = choice.answer.as_ref().is_some_and(|answer| answer.is_certain());
                level.is_liquidatable() && !is_certain && is_counted == rests_on_paths
            })
            .map(|(number, (level, _))| (level.leverage, events(number)))
            .filter(|(_, events)| *events < FEW_EVENTS)
            .collect()
    };
    let (sure, unsure) = (of(false), of(true));
    let mut notes = Vec::new();
    if !sure.is_empty() {
        notes.push(Note::FewLiquidated { levels: sure, paths });
    }
    if !unsure.is_empty() {
        notes.push(Note::FewEvents { levels: unsure, paths });
    }
    notes
}

/// Levels whose mean return is carried by a few paths: of so wide a law the paths that carry its mean are not among those drawn.
fn means(outcome: &Outcome, plan: &Plan, levels: &[LevelResult]) -> Option<Note> {
    let (paths, follower) = (outcome.tally.paths, plan.follower());
    let resting = |number: usize| {
        let [count, sum, squares, ..] = follower.survivor_returns(&outcome.tally, number).powers;
        // Of what the survivors have at the end, as a fraction of the equity: as many equal ones would be as uneven.
        let (kept, of_squares) = (count + sum, count + 2.0 * sum + squares);
        let is_lost = kept <= ROUNDED * count || of_squares <= 0.0;
        let is_lost = is_lost || squares >= ExactSum::LARGEST;
        let equal = if is_lost { 0.0 } else { kept * kept / of_squares };
        (equal < FEW_EVENTS && equal < UNEVEN * count).then_some(equal)
    };
    let found = levels.iter().enumerate();
    let found: Vec<(f64, f64)> =
        found.filter_map(|(number, level)| Some((level.leverage, resting(number)?))).collect();
    (plan.account.miner.is_none() && !found.is_empty())
        .then_some(Note::MeanBeyondPaths { levels: found, paths })
}

/// What the venue's terms mean for the reading of the numbers.
fn venue_notes(venue: &Venue, account: &OpenAccount) -> Vec<Note> {
    let levels = &account.levels;
    let mut notes = Vec::new();
    let capped: Vec<(f64, f64, f64)> = levels
        .iter()
        .filter_map(|level| {
            let equity = venue.largest_notional_at(level.leverage, &level.holding) / level.leverage;
            Some((level.leverage, level.exceeded_cap?, equity))
        })
        .collect();
    if !capped.is_empty() {
        notes.push(Note::AboveCapAtSize { levels: capped });
    }
    // Of several positions another note says what the account is counted in.
    if venue.contract == Contract::Inverse && !levels.is_empty() {
        notes.push(Note::CoinMargined(super::notes::Currency::Coin));
    }
    if venue.liquidation.is_in_parts() {
        notes.push(Note::PartialLiquidation);
    }
    if let Some(grace) = venue.grace {
        notes.push(Note::Grace { grace });
    }
    if let Some(terms) = &venue.unconfirmed {
        notes.push(Note::UnconfirmedTerms { venue: venue.name.clone(), terms: terms.clone() });
    }
    notes
}
