//! From the tally of all paths to the numbers of the result.

use super::mining::{self, MinerResult, NetworkResult};
use super::records;
use super::result::{
    Interval, Kelly, LevelResult, Note, PositionResult, Quantiles, ReturnStats, RunResult, TimeToLiquidation,
};
use super::sampling::{self, Apart};
use super::{passage, picture::EquityDistribution, plan::Plan, several};
use crate::account::{Follower, Level};
use crate::market::SECONDS_PER_DAY;
use crate::scenario::{Monitoring, RESULT_VERSION, Scenario};
use crate::stats::{Distribution, Estimate, Sums, Tally};
use crate::venue::{Contract, Flows, Venue};

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ending {
    /// All paths asked for.
    Complete,
    /// Stopped from outside.
    Interrupted {
        /// Paths asked for.
        planned: u64,
    },
    /// The precision asked for was met.
    PrecisionReached {
        /// Relative standard error asked for.
        relative: f64,
    },
    /// The most paths allowed were not enough.
    PrecisionMissed {
        /// Relative standard error asked for.
        relative: f64,
        /// Relative standard error of the worst level; infinite if it was never liquidated.
        reached: f64,
    },
}

const QUANTILES: [(&str, f64); 7] = [
    ("0.01", 0.01),
    ("0.05", 0.05),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("0.75", 0.75),
    ("0.95", 0.95),
    ("0.99", 0.99),
];
const TAILS: [(&str, f64); 2] = [("0.95", 0.95), ("0.99", 0.99)];

/// Fewer liquidations than this make a level's probability too rough to act on (10 % relative error).
const FEW_EVENTS: f64 = 100.0;

/// Leverages whose liquidation probability is not a plain count, with what it is.
#[derive(Debug, Default)]
struct Sources {
    /// Does not rest on the paths.
    apart: Vec<(f64, Apart)>,
    /// Counted by strata.
    stratified: Vec<(f64, Estimate)>,
}

/// The result of a run.
pub(super) fn summarise(
    scenario: &Scenario,
    plan: &Plan,
    tally: &Tally,
    apart: Option<&[Option<Apart>]>,
    ending: Ending,
) -> RunResult {
    let horizon_days = scenario.simulation.horizon.seconds() as f64 / SECONDS_PER_DAY;
    let follower = plan.follower();
    let own = |k: usize| apart.and_then(|apart| apart[k].as_ref());
    let levels: Vec<LevelResult> = (0..plan.terms.len())
        .map(|k| level_result(plan, &*follower, (tally, own(k)), k, horizon_days))
        .collect();
    let mut sources = Sources::default();
    for (k, level) in levels.iter().enumerate() {
        let p = level.liquidation_probability;
        match own(k).filter(|own| own.probability() == p) {
            Some(own) => sources.apart.push((level.leverage, *own)),
            None => sources.stratified.extend(tally.strata.probability(k).map(|p| (level.leverage, p))),
        }
    }
    let notes = notes(scenario, plan, tally, &levels, &sources, ending);
    RunResult {
        liqsim: env!("CARGO_PKG_VERSION").to_owned(),
        result_version: RESULT_VERSION,
        scenario: scenario.name.clone(),
        identity: scenario.identity(),
        seed: scenario.simulation.seed,
        paths: tally.paths,
        horizon_days,
        notes,
        levels,
        network: NetworkResult::of(plan, tally),
        interrupted: matches!(ending, Ending::Interrupted { .. }),
        ..RunResult::default()
    }
}

fn level_result(
    plan: &Plan,
    follower: &dyn Follower,
    (tally, apart): (&Tally, Option<&Apart>),
    k: usize,
    horizon_days: f64,
) -> LevelResult {
    let level = &plan.terms[k];
    let cell = &tally.levels[k];
    let n = tally.paths as f64;
    let survivors = follower.survivors(tally, k);
    let liquidated = cell.liquidated.mapped(0.0, 1.0);
    let mut returns = survivors.returns;
    returns += liquidated;
    let mut closing_equity = survivors.closing_equity;
    closing_equity += &cell.recovered;
    let losses = closing_equity.weight_below(1.0);
    let distribution = Distribution::new(&closing_equity);
    let bad_debt = cell.bad_debt.mapped(0.0, 1.0);
    let bad_debt = Estimate::mean(bad_debt.powers[1], bad_debt.squares[2], n);
    let tails =
        |of: &dyn Fn(f64) -> Estimate| TAILS.iter().map(|(key, p)| ((*key).to_owned(), of(*p))).collect();
    let (fraction, log_growth) = distribution.kelly();
    let account = cell.account.as_deref();
    let counted = || Estimate::probability(liquidated.powers[0], liquidated.squares[0], n);
    // Without a liquidation price at the start only payments on the way can bring one about.
    let liquidation_probability = match level.is_liquidatable || account.is_some() {
        true => sampling::better(apart, tally.strata.probability(k).unwrap_or_else(counted), tally.paths),
        false => Estimate::exact(0.0),
    };
    LevelResult {
        leverage: level.leverage,
        liquidation_price: level.liquidation_price,
        bankruptcy_price: level.bankruptcy_price,
        liquidation_probability,
        loss_probability: Estimate::probability(losses, losses, n),
        mean_return: Estimate::mean(returns.powers[1], returns.squares[2], n),
        bad_debt: Estimate { low: bad_debt.low.max(0.0), ..bad_debt },
        time_to_liquidation_days: TimeToLiquidation::of(&cell.time, &cell.times, horizon_days),
        returns: return_stats(&returns, &distribution, n),
        value_at_risk: tails(&|p| distribution.value_at_risk(p, n)),
        expected_shortfall: tails(&|p| distribution.expected_shortfall(p, n)),
        kelly: Kelly { fraction, log_growth },
        exits: passage::exits(cell, liquidation_probability, n),
        survival: passage::survival(cell, liquidation_probability, horizon_days),
        costs: account.map(passage::costs),
        margin_calls: account.and_then(passage::margin_calls),
        partial_liquidations: account.and_then(passage::partial_liquidations),
        max_drawdown: account.map(passage::drawdown),
        equity_over_time: account.map(|account| passage::equity_over_time(account, &plan.account.schedule)),
        distribution: Some(EquityDistribution::new(&closing_equity)),
        positions: level.positions.iter().map(PositionResult::new).collect(),
        miner: plan.account.miner.as_ref().and_then(|opened| {
            let (level, of) = (&opened.levels[k], cell.miner.as_deref()?);
            Some(Box::new(MinerResult::new(opened, level, of, n, &plan.account.schedule)))
        }),
    }
}

fn return_stats(sums: &Sums, distribution: &Distribution, n: f64) -> ReturnStats {
    let [weight, s1, s2, s3, s4] = sums.powers;
    let mean = s1 / weight;
    let (m2, m3, m4) = (s2 / weight, s3 / weight, s4 / weight);
    let variance = (m2 - mean * mean).max(0.0);
    let third = m3 - 3.0 * mean * m2 + 2.0 * mean.powi(3);
    let fourth = m4 - 4.0 * mean * m3 + 6.0 * mean * mean * m2 - 3.0 * mean.powi(4);
    // Below this the sums hold nothing but rounding.
    let spread = variance > 1e-20;
    let quantiles: Quantiles =
        QUANTILES.iter().map(|(key, p)| ((*key).to_owned(), distribution.quantile(*p) - 1.0)).collect();
    let interval = |p: f64| {
        let Estimate { std_error, low, high, .. } = distribution.quantile_estimate(p, n);
        Interval { std_error, low: low - 1.0, high: high - 1.0 }
    };
    let quantile_intervals = QUANTILES.iter().map(|(key, p)| ((*key).to_owned(), interval(*p))).collect();
    ReturnStats {
        std_dev: variance.sqrt(),
        skewness: spread.then(|| third / (variance * variance.sqrt())),
        kurtosis: spread.then(|| fourth / (variance * variance)),
        quantiles,
        quantile_intervals,
    }
}

fn notes(
    scenario: &Scenario,
    plan: &Plan,
    tally: &Tally,
    levels: &[LevelResult],
    sources: &Sources,
    ending: Ending,
) -> Vec<Note> {
    let Sources { apart, stratified } = sources;
    let mut notes = Vec::new();
    let mut note = |code: &str, message: String| notes.push(Note { code: code.to_owned(), message });
    let paths = tally.paths;
    match ending {
        Ending::Complete => {}
        Ending::Interrupted { planned } => note(
            "interrupted",
            format!(
                "Stopped after {paths} of {planned} paths; the numbers are those of a run of {paths} paths."
            ),
        ),
        Ending::PrecisionReached { relative } => note(
            "precision_reached",
            format!(
                "{paths} paths brought the relative standard error of every liquidation probability to {} % or less.",
                100.0 * relative
            ),
        ),
        Ending::PrecisionMissed { relative, reached } => note(
            "precision_missed",
            format!(
                "max_paths ({paths}) was reached before the precision: the worst level has a relative standard error of \
                 {}, {} % was asked for. Raise max_paths, or leave out levels whose liquidation is too rare.",
                if reached.is_finite() {
                    format!("{:.2} %", 100.0 * reached)
                } else {
                    "unknown size (no event)".into()
                },
                100.0 * relative
            ),
        ),
    }
    for asset in &scenario.assets {
        if let Some(step) = asset.model.step(scenario.simulation.horizon) {
            note(
                "stepped_model",
                format!(
                    "The variance of {} moves in steps of at most {step}, by a scheme that is not exact: in the default steps \
                     probabilities are within 0.2 percentage points beside their errors. A shorter `step` brings less bias.",
                    asset.name
                ),
            );
        }
        if !asset.stress.is_empty() {
            note(
                "stress",
                format!(
                    "{} is under stress ({} shocks, {} spells of other volatility): the numbers answer a what-if, not how \
                     likely it is.",
                    asset.name,
                    asset.stress.shocks.len(),
                    asset.stress.spells.len()
                ),
            );
        }
    }
    if let Monitoring::Every(interval) = scenario.simulation.monitoring {
        note(
            "discrete_monitoring",
            format!(
                "The price is looked at every {interval} only, as a gap from look to look: what it touches in between is not \
                 seen, so the probabilities are below those of a venue that watches continuously."
            ),
        );
    }
    if !(apart.is_empty() && stratified.is_empty()) {
        note("sampling", sampling::note(apart, stratified, paths));
    } else if plan.account.miner.is_some() {
        note("sampling", mining::counted(paths));
    } else if let Some(text) = sampling::counted(scenario.simulation.sampling, paths) {
        note("sampling", text);
    }
    let is_plain = |leverage: f64| apart.iter().all(|(own, _)| *own != leverage);
    let rare: Vec<(f64, f64)> = levels
        .iter()
        .zip(&tally.levels)
        .filter(|(level, _)| level.is_liquidatable())
        .map(|(level, cell)| (level.leverage, cell.liquidated.mapped(0.0, 1.0).powers[0]))
        .filter(|(_, events)| *events < FEW_EVENTS)
        .collect();
    let listed = |plain: bool| {
        let list = rare.iter().filter(|(leverage, _)| is_plain(*leverage) == plain);
        list.map(|(leverage, events)| format!("{leverage}x ({events:.0})")).collect::<Vec<_>>()
    };
    let (list, sure) = (listed(true), listed(false));
    if !sure.is_empty() {
        note(
            "few_liquidated",
            format!(
                "Fewer than {FEW_EVENTS} of the {paths} paths were liquidated at {}: the probability does not rest on them, but time to liquidation and bad debt do.",
                sure.join(", ")
            ),
        );
    }
    if !list.is_empty() {
        note(
            "few_events",
            format!(
                "Fewer than {FEW_EVENTS} liquidations among {paths} paths at {}: read the interval, not the value. More \
                 paths narrow it (--paths {}).",
                list.join(", "),
                paths.saturating_mul(100)
            ),
        );
    }
    let account = &scenario.account;
    let mut venues: Vec<&Venue> = Vec::new();
    for venue in account.positions.iter().map(|position| account.venue_of(position)) {
        if !venues.contains(&venue) {
            venues.push(venue);
        }
    }
    for venue in venues {
        venue_notes(venue, &plan.account.levels, &mut note);
    }
    for (code, message) in records::notes(scenario).into_iter().chain(several::notes(scenario, plan)) {
        note(code, message);
    }
    let idle = plan.account.idle_stops().into_iter().zip(levels).filter(|(is_idle, _)| *is_idle);
    let idle: Vec<String> = idle.map(|(_, level)| format!("{}x", level.leverage)).collect();
    if !idle.is_empty() {
        note(
            "stop_beyond_liquidation",
            format!(
                "At {} the stop lies beyond the liquidation price and can never fill first: bring it nearer, or give it as a \
                 share of the margin, such as stop_loss = {{ loss = \"50%\" }}.",
                idle.join(", ")
            ),
        );
    }
    note(
        "quantile_resolution",
        "Quantiles, value at risk and expected shortfall come from bins: each is within 0.1 % of 1 + return."
            .to_owned(),
    );
    if let Some(opened) = &plan.account.miner {
        mining::notes(opened).into_iter().for_each(|(code, message)| note(code, message));
        return notes;
    }
    let flows: Vec<Flows> = account.positions.iter().map(|position| account.flows_of(position)).collect();
    let (in_steps, horizon) = (plan.account.in_steps, scenario.simulation.horizon.seconds());
    for (code, message) in passage::notes(&flows, &scenario.policy, in_steps, (horizon, plan.law.continuous))
    {
        note(code, message);
    }
    if levels.len() > 1 && !plan.account.schedule.is_empty() && plan.account.ordered().is_some() {
        note(
            "in_turns",
            format!(
                "Costs, drawdown and time to liquidation are followed for one level on each path, in turns: at each level they rest on \
                 one path in {}.",
                levels.len()
            ),
        );
    }
    notes
}

/// What the venue's terms mean for the reading of the numbers.
fn venue_notes(venue: &Venue, levels: &[Level], note: &mut impl FnMut(&str, String)) {
    let capped: Vec<String> = levels
        .iter()
        .filter_map(|level| {
            let cap = level.exceeded_cap?;
            let equity = venue.largest_notional_at(level.leverage, &level.holding) / level.leverage;
            Some(format!(
                "{}x (cap {cap}x; allowed with equity up to {})",
                level.leverage,
                (equity * 1e4).floor() / 1e4
            ))
        })
        .collect();
    if !capped.is_empty() {
        note(
            "above_cap_at_size",
            format!(
                "The venue would refuse a position of this size at {}: put up less equity, or leave the level out.",
                capped.join(", ")
            ),
        );
    }
    // Of several positions another note says what the account is counted in.
    if venue.contract == Contract::Inverse && !levels.is_empty() {
        note(
            "coin_margined",
            "The contract settles in the coin: equity, returns, fees and bad debt are in coins. A return of 0 keeps the \
             coins and not their value."
                .to_owned(),
        );
    }
    if venue.liquidation.is_in_parts() {
        let text = "A path counts as liquidated from the first time at which the venue closes any part of the position; \
                    what is left goes on and may end in any way.";
        note("partial_liquidation", text.to_owned());
    }
    if let Some(grace) = venue.grace {
        note(
            "grace",
            format!(
                "A call that is not answered within {grace} ends in liquidation, unless the price has recovered."
            ),
        );
    }
    if let Some(unconfirmed) = &venue.unconfirmed {
        note("unconfirmed_terms", format!("Terms of the venue `{}`: {unconfirmed}.", venue.name));
    }
}
