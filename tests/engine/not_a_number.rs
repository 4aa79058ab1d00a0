//! A model that gives prices which are no numbers ends the run, by name, path and time; so does what makes
//! the money of an account none.

use std::sync::Arc;

use liqsim::account::policy::ExitAfter;
use liqsim::engine::{BLOCK_LANES, Broken, NotANumber, Plan, RunOptions, Worker};
use liqsim::market::Duration;
use liqsim::model::{Model, Moves, PriceModel, Stepper};
use liqsim::numeric::{Replacement, Stream};
use liqsim::scenario::{MarginMode, Monitoring, PathBudget, Scenario};
use liqsim::study::{RunError, SimulateError, run, run_levels, run_sharing, simulate};
use liqsim::venue::{Borrow, Compounding, Funding, FundingBasis, FundingRates, Side};

use crate::common::{Setup, days};

/// A random walk that has no logarithm of a price below `floor`, and none of path `lane` of a block from a
/// day on.
#[derive(Debug, Clone, Copy)]
struct Breaks {
    floor: f64,
    lane: (usize, f64),
    day: f64,
    /// What the log-price of that path becomes.
    value: f64,
}

/// One that does not break.
const WHOLE: Breaks =
    Breaks { floor: f64::NEG_INFINITY, lane: (0, f64::INFINITY), day: 0.0, value: f64::NAN };

impl PriceModel for Breaks {
    fn name(&self) -> &str {
        "one that breaks"
    }

    fn parameters(&self) -> Vec<(&str, f64)> {
        vec![("floor", self.floor), ("lane", self.lane.0 as f64), ("day", self.lane.1)]
    }

    fn stepper(&self, _lanes: usize) -> Box<dyn Stepper> {
        Box::new(*self)
    }

    fn step(&self, _horizon: Duration) -> Option<Duration> {
        None
    }
}

impl Stepper for Breaks {
    fn begin(&mut self, _lanes: usize, _noise: &mut Stream) {
        self.day = 0.0;
    }

    fn event_times(&self) -> &[f64] {
        &[]
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        self.day += 365.0 * moves.duration[0];
        for (i, years) in moves.duration.iter().enumerate() {
            let close = moves.open[i] + 0.8 * years.sqrt() * moves.normals[i];
            let breaks =
                close < self.floor || moves.lanes[i] as usize == self.lane.0 && self.day > self.lane.1;
            moves.close[i] = if breaks { self.value } else { close };
            moves.variance[i] = 0.64 * years;
        }
    }

    fn happen(&mut self, _lanes: &[u32], _log_price: &mut [f64], _noise: &mut Stream) {}

    fn replace(&mut self, _replacements: &[Replacement]) {}
}

fn scenario(model: Breaks, monitoring: Monitoring) -> Scenario {
    let model = Model::Custom(Arc::new(model));
    let (horizon, side, leverage) = (days(30), Side::Long, vec![2.0, 5.0]);
    let mut scenario =
        Setup { model, horizon, monitoring, side, maintenance: 0.01, leverage, seed: 3 }.scenario();
    scenario.simulation.paths = PathBudget::Fixed(20_000);
    scenario
}

fn broken(scenario: &Scenario, threads: usize) -> NotANumber {
    match run(scenario, &RunOptions { threads: Some(threads), ..RunOptions::default() }) {
        Err(RunError::NotANumber(found)) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_path_is_named_whatever_the_threads_and_the_account() {
    let at_the_end = Monitoring::Every(days(30));
    let whole = scenario(WHOLE, at_the_end);
    let plan = Plan::new(&whole).unwrap();
    let mut worker = Worker::new(&plan);
    let closes: Vec<f64> = (0..19)
        .flat_map(|block| {
            assert!(worker.run_block(block, BLOCK_LANES));
            worker.closing_log_prices(0).to_vec()
        })
        .collect();
    // Some paths of some blocks fall below it.
    let mut sorted = closes.clone();
    sorted.sort_by(f64::total_cmp);
    let floor = 0.5 * (sorted[3] + sorted[4]);
    let first = closes.iter().position(|price| *price < floor).unwrap() as u64;
    let mut breaks = scenario(Breaks { floor, ..WHOLE }, at_the_end);
    for managed in [false, true] {
        if managed {
            breaks.policy.exit_after = Some(ExitAfter { time: days(20) });
        }
        for threads in [1, 2, 5] {
            let NotANumber { model, asset, path, days, .. } = broken(&breaks, threads);
            assert_eq!((model.as_str(), asset), ("one that breaks", 0));
            assert!(path == first || managed, "{path} for {first}");
            assert!((days - 30.0).abs() < 1e-9 || managed, "{days}");
        }
    }
}

#[test]
fn the_day_is_that_of_the_first_bar_without_a_price() {
    for monitoring in [Monitoring::Every(days(1)), Monitoring::Every(Duration::from_seconds(43_200))] {
        let found = broken(&scenario(Breaks { lane: (5, 10.25), ..WHOLE }, monitoring), 2);
        let expected = if monitoring == Monitoring::Every(days(1)) { 11.0 } else { 10.5 };
        assert_eq!(found.path, 5);
        assert!((found.days - expected).abs() < 1e-9, "{found:?}");
        assert!(found.to_string().contains("`one that breaks` gives path 5 of asset 0"), "{found}");
    }
    // Watched continuously: the only bar ends at the horizon.
    let found = broken(&scenario(Breaks { lane: (5, 10.25), ..WHOLE }, Monitoring::Continuous), 2);
    assert_eq!((found.path, found.days.round()), (5, 30.0));
}

#[test]
fn simulated_bars_end_there_too() {
    let scenario = scenario(Breaks { lane: (5, 10.25), ..WHOLE }, Monitoring::Every(days(1)));
    let found = simulate(&scenario, 10, days(1), &RunOptions::default(), |_| Ok::<(), SimulateError>(()));
    match found {
        Err(SimulateError::Run(RunError::NotANumber(found))) => {
            assert_eq!((found.path, found.days.round()), (5, 11.0));
        }
        other => panic!("{other:?}"),
    }
}

fn funding(rate: f64) -> Option<Funding> {
    let every = Duration::from_seconds(28_800);
    Some(Funding { rates: FundingRates::Constant { rate }, every, basis: FundingBasis::Mark })
}

/// A price without bounds on one path of the second block makes the funding that a huge rate brings infinite:
/// by every follower (ordered, level by level, general, general with two positions), at the first payment
/// after it, whatever the number of threads and of accounts on the same paths.
#[test]
fn money_that_is_no_number_ends_the_run_too() {
    let model = Breaks { lane: (5, 10.25), value: f64::INFINITY, ..WHOLE };
    let at_the_end = Monitoring::Every(days(30));
    let mut plain = scenario(model, at_the_end);
    // Received, so that nobody is liquidated before; the exponential of the program ends at 1e304.
    plain.account.flows.funding = funding(-1e5);
    let mut each = plain.clone();
    // Money that is lent to some levels only: they are not in order.
    each.account.leverage = vec![0.5, 5.0];
    each.account.flows.borrow = Some(Borrow { rate: 0.1, compounding: Compounding::Hourly });
    let mut managed = plain.clone();
    managed.policy.exit_after = Some(ExitAfter { time: days(20) });
    let mut several = plain.clone();
    several.account.positions.push(several.account.positions[0].clone());
    several.account.positions.iter_mut().for_each(|position| position.share = 0.5);
    several.account.margin = MarginMode::Cross;
    for scenario in [&plain, &each, &managed, &several] {
        let plan = Plan::new(scenario).unwrap();
        let mut worker = Worker::new(&plan);
        assert!(!worker.run_block(1, BLOCK_LANES), "{scenario:?}");
        let found = worker.broken().expect("the funding of path 5 is infinite");
        assert_eq!((found.what, found.asset, found.path), (Broken::Money, 0, BLOCK_LANES as u64 + 5));
        // The model moves from payment to payment: the one at 10⅓ days sees it first.
        assert!((found.days - 10.0 - 1.0 / 3.0).abs() < 1e-9, "{found:?}");
        assert!(found.to_string().contains("sum of money that is not a number on path 1029"), "{found}");
        assert_eq!(broken(scenario, 3).path, 5);
    }
    let shared = [plain.clone(), managed.clone()];
    let result = run_sharing(&shared, &RunOptions::default());
    assert!(matches!(&result, Err(RunError::NotANumber(found)) if found.path == 5), "{result:?}");
}

/// A rate that is none is refused by its name before anything is run.
#[test]
fn a_rate_that_is_no_number_is_refused() {
    let mut funded = scenario(WHOLE, Monitoring::Continuous);
    funded.account.flows.funding = funding(f64::NAN);
    let mut lent = scenario(WHOLE, Monitoring::Continuous);
    lent.account.flows.borrow = Some(Borrow { rate: f64::NAN, compounding: Compounding::Hourly });
    for (scenario, key) in [(&funded, "`funding.rate`"), (&lent, "`borrow.rate`")] {
        let error = run_levels(scenario, &RunOptions::default()).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
}
