//! The walk of a whole account: several positions, payments, the owner's orders, on the histories of all its assets.
//!
//! The protocol is that of a barrier's walk: an entry every so many hours, all bars before it known, the share of own past starts as the
//! reference. But what happened is decided by the account's follower on the recorded bars, and each forecast is a run of the
//! account: a barrier's distance alone tells neither. Models are estimated anew at every entry; `forecast`, the equal mixture, is the mean of
//! the probabilities of its halves.

use std::sync::atomic::{AtomicU64, Ordering};

use super::barrier::Barrier;
use super::methods::ForecastMethod;
use super::walk::{ForecastWalk, HorizonForecasts, WalkOptions};
use crate::engine::{Plan, Progress, RunOptions};
use crate::market::{Duration, PriceHistory};
use crate::model::{Har, LEAST_HOURS, Model, ScaledHistory};
use crate::numeric::ln;
use crate::scenario::{PathBudget, Scenario};
use crate::study::as_known::AsKnown;
use crate::study::replay::{Fates, Replay, ReplayError};
use crate::study::simulation::{RunError, run_sampled};
use crate::study::walk_forward::{Shares, WalkForwardError, in_threads};
use crate::venue::Side;

/// Seconds of an hour.
const HOUR: u64 = 3600;

/// What was said at one entry, by method and level; why nothing where a model could not be estimated.
type Said = Result<[Vec<f64>; 3], String>;

/// What happened to the starts of one horizon.
struct Happened {
    scenario: Scenario,
    bars: usize,
    fates: Fates,
    shares: Shares,
}

/// Walks through the histories of the assets that an account holds, by their names, the account as it stands at every level: its sides are
/// not exchanged. `options.refit` plays no part. The result does not depend on the threads; progress counts entries.
///
/// # Errors
/// The scenario cannot be replayed or simulated, there is nothing to judge, or no model can be estimated anywhere.
pub fn walk_accounts(
    histories: &[(String, &PriceHistory)],
    scenario: &Scenario,
    options: &WalkOptions,
    run: &RunOptions<'_>,
) -> Result<ForecastWalk, WalkForwardError> {
    let replay = match histories {
        [(_, history)] => Replay::new(history),
        _ => Replay::of_several(histories)?,
    };
    let hour_bars = replay.bars_of(Duration::from_seconds(HOUR));
    if hour_bars == 0 {
        return Err(ReplayError::LongBars(replay.interval()).into());
    }
    let first = options.since.map_or(i64::MIN, |since| since * HOUR as i64);
    let first = first.max(replay.range().0 + (LEAST_HOURS as u64 * HOUR) as i64);
    let until = options.until.map_or(i64::MAX, |until| until * HOUR as i64).min(replay.range().1);
    let happened = |hours: &usize| -> Result<Happened, WalkForwardError> {
        let mut scenario = scenario.clone();
        scenario.simulation.horizon = Duration::from_seconds(*hours as u64 * HOUR);
        scenario.simulation.paths = PathBudget::Fixed(options.paths as u64);
        scenario.simulation.seed = options.seed;
        let fates = replay.fates(&scenario, &replay.plan(&scenario)?)?;
        Ok(Happened { bars: hours * hour_bars, shares: Shares::new(&fates), scenario, fates })
    };
    let horizons = options.horizons.iter().map(happened).collect::<Result<Vec<_>, _>>()?;
    let shortest = options.horizons.iter().copied().min().unwrap_or(0);
    let places = (0..horizons.iter().map(|one| one.fates.counted.len()).max().unwrap_or(0))
        .filter(|place| replay.end(*place) >= first)
        .step_by((options.every * hour_bars).max(1))
        .filter(|place| replay.end(*place) + (shortest as u64 * HOUR) as i64 <= until);
    let entries: Vec<usize> = places.collect();
    if entries.is_empty() {
        return Err(super::ForecastError::NothingToJudge { hours: shortest }.into());
    }
    let done = AtomicU64::new(0);
    let at = |number: usize| -> Result<Vec<Option<Said>>, WalkForwardError> {
        if run.stop.load(Ordering::Relaxed) {
            return Err(RunError::Interrupted.into());
        }
        let place = entries[number];
        let said = horizons.iter().map(|of| match of.is_judged(&replay, place, until) {
            true => of.said(histories, replay.end(place), run).map(Some),
            false => Ok(None),
        });
        let said = said.collect::<Result<Vec<_>, _>>()?;
        let paths_done = done.fetch_add(1, Ordering::Relaxed) + 1;
        (run.progress)(Progress { paths_done, paths_planned: entries.len() as u64 });
        Ok(said)
    };
    let said = in_threads(entries.len(), run.threads, at)?;
    let judged: Vec<HorizonForecasts> = horizons
        .iter()
        .enumerate()
        .map(|(number, of)| {
            let said = entries.iter().zip(&said).map(|(place, said)| (*place, said[number].as_ref()));
            of.judged(&replay, said)
        })
        .collect();
    if judged.iter().all(|one| one.entries.is_empty()) {
        let reasons = said.into_iter().flatten().flatten().filter_map(Result::err);
        return Err(WalkForwardError::NeverFitted(reasons.into_iter().next().unwrap_or_default()));
    }
    Ok(ForecastWalk {
        barriers: barriers(&horizons[0].scenario)?,
        methods: ForecastMethod::ALL.to_vec(),
        every: options.every.max(1),
        horizons: judged,
    })
}

/// The levels of an account as a walk names them: by the side of its first position, and by the nearest price that liquidates while all
/// others stand still.
fn barriers(scenario: &Scenario) -> Result<Vec<Barrier>, WalkForwardError> {
    let plan = Plan::new(scenario).map_err(ReplayError::from)?;
    let first = scenario.account.positions.first();
    let side = first.map_or(Side::Long, |position| position.side);
    let price =
        first.and_then(|position| scenario.assets.get(position.asset)).map_or(1.0, |asset| asset.price);
    let distance = |at: f64| ln(at / price).abs();
    let barrier = |level: &crate::engine::LevelTerms| Barrier {
        side,
        leverage: level.leverage,
        distance: level.liquidation_price.map_or(f64::INFINITY, distance),
    };
    Ok(plan.terms.iter().map(barrier).collect())
}

impl Happened {
    /// Whether what came of a start is known before a time, and a reference for it.
    fn is_judged(&self, replay: &Replay, place: usize, until: i64) -> bool {
        place >= self.bars
            && self.fates.counted.get(place) == Some(&true)
            && replay.end(place) + (self.bars as u64 * replay.interval().seconds()) as i64 <= until
    }

    /// The probabilities that each method gives from the bars before a second.
    fn said(
        &self,
        histories: &[(String, &PriceHistory)],
        time: i64,
        run: &RunOptions<'_>,
    ) -> Result<Said, WalkForwardError> {
        let horizon = self.scenario.simulation.horizon;
        let har = |known: &PriceHistory, _: &Model| {
            Har::of_history(known, String::new(), 0.0).map(Model::Har).map_err(|error| error.to_string())
        };
        let scaled = |known: &PriceHistory, _: &Model| {
            let found = ScaledHistory::of_history(known, String::new(), horizon);
            found.map(Model::ScaledHistory).map_err(|error| error.to_string())
        };
        let mut scenario = self.scenario.clone();
        // Such models say themselves how assets move together.
        scenario.dependence = crate::model::Dependence::default();
        let mut halves = Vec::new();
        for refit in [&har as &crate::study::Refit<'_>, &scaled] {
            let known = AsKnown::new(&scenario, histories, refit)
                .ok_or(ReplayError::SeveralAssets(scenario.assets.len()))?;
            let scenario = match known.between(None, time) {
                Ok(scenario) => scenario,
                Err(reason) => return Ok(Err(reason)),
            };
            let alone = RunOptions { threads: Some(1), stop: run.stop, progress: &|_| {} };
            let result = run_sampled(&scenario, &alone)?;
            halves.push(
                result.levels.iter().map(|level| level.liquidation_probability.value).collect::<Vec<f64>>(),
            );
        }
        let both = halves[0].iter().zip(&halves[1]).map(|(a, b)| 0.5 * (a + b)).collect();
        let [har, scaled] = std::array::from_fn(|half| std::mem::take(&mut halves[half]));
        Ok(Ok([har, scaled, both]))
    }

    /// What was said beside what came.
    fn judged<'a>(
        &self,
        replay: &Replay,
        said: impl Iterator<Item = (usize, Option<&'a Said>)>,
    ) -> HorizonForecasts {
        let mut forecasts = HorizonForecasts {
            hours: (self.scenario.simulation.horizon.seconds() / HOUR) as usize,
            entries: Vec::new(),
            probabilities: vec![Vec::new(); ForecastMethod::ALL.len()],
            references: Vec::new(),
            outcomes: Vec::new(),
        };
        for (place, said) in said {
            let Some(Ok(said)) = said else { continue };
            forecasts.entries.push(replay.end(place).div_euclid(HOUR as i64));
            for (all, one) in forecasts.probabilities.iter_mut().zip(said) {
                all.push(one.clone());
            }
            // The last start that was known by then began a horizon ago.
            forecasts.references.push(self.shares.between(0, place - self.bars));
            let outcomes = self.fates.liquidated.iter().map(|liquidated| liquidated[place] > 0.5);
            forecasts.outcomes.push(outcomes.collect());
        }
        forecasts
    }
}
