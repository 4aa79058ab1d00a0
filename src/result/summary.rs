//! From the tally of all paths to the numbers of the result.

use super::drawn;
use super::means::TAILS;
use super::mining::{MinerResult, NetworkResult};
use super::notes::Note;
use super::noting;
use super::passage;
use super::picture::EquityDistribution;
use super::run_result::{Interval, Kelly, LevelResult, PositionResult, Quantiles, ReturnStats, RunResult};
use super::time::TimeToLiquidation;
use crate::account::Survivors;
use crate::engine::Plan;
use crate::estimate::{Choice, Ending, Estimators, Outcome, PastErrors};
use crate::market::{SECONDS_PER_DAY, Sides};
use crate::numeric::ExactSum;
use crate::scenario::{RESULT_VERSION, Scenario};
use crate::stats::{Beyond, Distribution, Estimate, Sums, Tally};

const QUANTILES: [(&str, f64); 7] = [
    ("0.01", 0.01),
    ("0.05", 0.05),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("0.75", 0.75),
    ("0.95", 0.95),
    ("0.99", 0.99),
];

/// The result of a run of a scenario: what its plan, its estimators and their outcome say.
pub fn summarise(scenario: &Scenario, plan: &Plan, estimators: &Estimators, outcome: &Outcome) -> RunResult {
    let Outcome { tally, answers, ending, past } = outcome;
    let horizon_days = scenario.simulation.horizon.seconds() as f64 / SECONDS_PER_DAY;
    let follower = plan.follower();
    let choices: Vec<Choice> = (0..plan.terms.len())
        .map(|k| choose(plan, estimators.probability(answers, k, tally), tally, k))
        .collect();
    let level = |((k, choice), survivors): ((usize, &Choice), Survivors)| {
        level_result(plan, survivors, (tally, choice, past.as_ref()), k, horizon_days)
    };
    let survivors = follower.survivors(tally);
    let levels: Vec<LevelResult> = choices.iter().enumerate().zip(survivors).map(level).collect();
    let notes = noting::notes(scenario, plan, outcome, &levels, &choices);
    let mut levels = levels;
    if let Some(method) = drawn::method(scenario) {
        levels.iter_mut().for_each(|level| drawn::name(level, method));
    }
    RunResult {
        liqsim: env!("CARGO_PKG_VERSION").to_owned(),
        result_version: RESULT_VERSION,
        scenario: scenario.name.clone(),
        identity: scenario.identity(),
        seed: scenario.simulation.seed,
        paths: tally.paths,
        horizon_days,
        interrupted: matches!(ending, Ending::Interrupted { .. }),
        notes: notes.iter().map(Note::text).collect(),
        levels,
        independent_horizons: past.as_ref().map(|past| past.independent_horizons),
        network: NetworkResult::of(plan, tally),
        ..RunResult::default()
    }
}

/// Without a liquidation price at the start only payments on the way can bring a liquidation about.
fn choose(plan: &Plan, choice: Choice, tally: &Tally, k: usize) -> Choice {
    match plan.terms[k].is_liquidatable || tally.levels[k].account.is_some() {
        true => choice,
        false => Choice { probability: Estimate::exact(0.0), ..choice },
    }
}

fn level_result(
    plan: &Plan,
    survivors: Survivors,
    (tally, choice, past): (&Tally, &Choice, Option<&PastErrors>),
    k: usize,
    horizon_days: f64,
) -> LevelResult {
    let level = &plan.terms[k];
    let cell = &tally.levels[k];
    let n = tally.paths as f64;
    let liquidated = cell.liquidated.mapped(0.0, 1.0);
    let mut returns = survivors.returns;
    returns += liquidated;
    let mut closing_equity = survivors.closing_equity;
    closing_equity += &cell.recovered;
    let nets = &tally.replicates;
    let liquidation_probability = choice.probability;
    let known = choice.answer.as_ref().map(|_| liquidation_probability);
    let beyond = Beyond {
        probabilities: choice.answer.as_ref().map_or(&[][..], |answer| &answer.beyond),
        is_above: plan.account.losing_side().1 == Sides::Low,
    };
    let correction = nets.correction(k, ((liquidated.powers[0] / n, known), beyond), n);
    let place = (k, correction.as_ref());
    let distribution = Distribution::new(&closing_equity);
    let (losses, distribution) = match &correction {
        Some(correction) => {
            let corrected = distribution.corrected(correction);
            (corrected.share_below(1.0) * n, corrected)
        }
        None => (closing_equity.weight_below(1.0), distribution),
    };
    let bad_debt = cell.bad_debt.mapped(0.0, 1.0);
    let bad_debt = Estimate::mean(bad_debt.powers[1], bad_debt.squares[2], n);
    let bad_debt = nets.bad_debt(k, &bad_debt, n).unwrap_or(bad_debt);
    let loss_probability =
        nets.loss(place, losses, n).unwrap_or_else(|| Estimate::probability(losses, losses, n));
    let mean_return = Estimate::mean(returns.powers[1], returns.squares[2], n);
    let mean_return = nets.mean(k, &mean_return, n).unwrap_or(mean_return);
    let mean_return = if returns.squares[2] < ExactSum::LARGEST {
        mean_return
    } else {
        // Squares that sums do not hold: single paths carry the mean, and its error is as large.
        Estimate::normal(mean_return.value, mean_return.std_error.max(mean_return.value.abs()))
    };
    let (liquidation_probability, loss_probability, mean_return, bad_debt) = match past {
        Some(past) => (
            past.liquidation(k, liquidation_probability),
            past.loss(k, loss_probability),
            past.mean_return(k, mean_return, n),
            past.bad_debt(k, bad_debt, n),
        ),
        None => (liquidation_probability, loss_probability, mean_return, bad_debt),
    };
    // Independent paths that would leave what is counted as open.
    let m = past.map_or(n, |past| past.effective_paths(&[liquidation_probability, loss_probability]).min(n));
    let tails =
        |of: &dyn Fn(f64) -> Estimate| TAILS.iter().map(|(key, p)| ((*key).to_owned(), of(*p))).collect();
    let dates = choice.answer.as_ref().map_or(&[][..], |answer| &answer.by_date);
    let lost = passage::lost_by_date(cell, liquidation_probability, dates, m / n);
    let (fraction, log_growth) = distribution.kelly();
    // Only some paths are followed: of few, none may be.
    let account = cell.account.as_deref().filter(|account| account.followed() > 0.0);
    LevelResult {
        leverage: level.leverage,
        liquidation_price: level.liquidation_price,
        bankruptcy_price: level.bankruptcy_price,
        liquidation_probability,
        loss_probability,
        mean_return,
        bad_debt: Estimate { low: bad_debt.low.max(0.0), ..bad_debt },
        time_to_liquidation_days: TimeToLiquidation::of(
            (&cell.time, &cell.times),
            &passage::known_dates(liquidation_probability, dates).unwrap_or_default(),
            horizon_days,
        ),
        returns: return_stats(&returns, &distribution, &|p| nets.of_quantile(place, p, m)),
        value_at_risk: tails(&|p| distribution.value_at_risk(p, nets.of_quantile(place, 1.0 - p, m))),
        expected_shortfall: tails(&|p| distribution.expected_shortfall(p, nets.of_tail(place, 1.0 - p, m))),
        kelly: Kelly { fraction, log_growth },
        exits: passage::exits(cell, liquidation_probability, (n, m)),
        survival: passage::survival(&lost, horizon_days),
        costs: account.map(|account| passage::costs(account, m / n)),
        margin_calls: account.and_then(|account| passage::margin_calls(account, m / n)),
        partial_liquidations: account.and_then(|account| passage::partial_liquidations(account, m / n)),
        max_drawdown: account.map(|account| passage::drawdown(account, m / n)),
        equity_over_time: cell
            .account
            .as_deref()
            .map(|account| passage::equity_over_time(account, &plan.account.schedule, m / n)),
        distribution: Some(EquityDistribution::new(&distribution)),
        positions: level.positions.iter().map(PositionResult::new).collect(),
        miner: plan.account.miner.as_ref().and_then(|opened| {
            let (level, of) = (&opened.levels[k], cell.miner.as_deref()?);
            Some(Box::new(MinerResult::new(opened, level, of, n, &plan.account.schedule)))
        }),
    }
}

/// `told` are the independent paths that would tell as much of the quantile of a probability.
fn return_stats(sums: &Sums, distribution: &Distribution, told: &dyn Fn(f64) -> f64) -> ReturnStats {
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
        let Estimate { std_error, low, high, .. } = distribution.quantile_estimate(p, told(p));
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
