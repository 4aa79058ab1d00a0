//! What a program that builds on liqsim does: a scenario from values, a run, parts and their merge, a sweep, safe leverage, simulated bars,
//! and a price model of its own. It ends with an error where an answer is not what it must be.

use std::error::Error;
use std::sync::Arc;

use liqsim::study::run_shard;
use liqsim::account::Policy;
use liqsim::account::policy::ExitAfter;
use liqsim::market::Duration;
use liqsim::model::{Gbm, Model, Moves, PriceModel, Stepper};
use liqsim::numeric::{Replacement, Stream};
use liqsim::scenario::{Source, from_value, parse};
use liqsim::study::{
    Criterion, SimulateError, SimulatedBar, SweepChanges, SweepPlan, SweptSource, liquidation_prices, merge,
    safe, simulate,
};
use liqsim::venue::Side;
use liqsim::{RunOptions, Scenario, run};
use rand_distr::{Distribution, Uniform};
use serde_json::json;

/// The answer of a check that failed.
fn wrong(what: impl Into<String>) -> Box<dyn Error> {
    what.into().into()
}

fn scenario() -> Result<Scenario, Box<dyn Error>> {
    let value = json!({
        "simulation": { "horizon": "30d", "paths": 50_000, "seed": 3 },
        "assets": { "BTC": { "price": 64_700, "model": { "kind": "gbm", "drift": 0, "volatility": 0.6 } } },
        "account": {
            "equity": 10_000, "leverage": [2, 5, 20], "venue": { "contract": "linear", "maintenance": 0.005 },
            "positions": [{ "asset": "BTC", "side": "long" }],
        },
    });
    let read = from_value(Source::new("outside", ""), &value, &[])?;
    let built = Scenario::builder("outside")
        .horizon("30d".parse()?)
        .paths(50_000)
        .seed(3)
        .asset("BTC", 64_700.0, Model::Gbm(Gbm { drift: 0.0, volatility: 0.6 }.checked()?))
        .equity(10_000.0)
        .leverage([2.0, 5.0, 20.0])
        .venue(json!({ "contract": "linear", "maintenance": 0.005 }))
        .position("BTC", Side::Long)
        .build()?;
    if built.identity() != read.identity() {
        return Err(wrong("a scenario that was built is not the one that was read"));
    }
    Ok(built)
}

/// A value that cannot be is refused with its name, wherever it is put in.
fn refusals(scenario: &Scenario) -> Result<(), Box<dyn Error>> {
    let policy = Policy { exit_after: Some(ExitAfter { time: Duration::from_seconds(0) }), ..Policy::default() };
    let mut without_venue = scenario.clone();
    without_venue.account.venue.taker_fee = f64::NAN;
    let mut without_policy = scenario.clone();
    without_policy.policy = policy;
    for (said, word) in [
        (Gbm { drift: 0.0, volatility: -0.47 }.checked().err().map(|error| error.to_string()), "volatility"),
        (policy.checked().err().map(|error| error.to_string()), "exit_after"),
        (run(&without_venue, &RunOptions::default()).err().map(|error| error.to_string()), "taker_fee"),
        (run(&without_policy, &RunOptions::default()).err().map(|error| error.to_string()), "exit_after"),
    ] {
        match said {
            Some(said) if said.contains(word) => {}
            said => return Err(wrong(format!("{word} is not refused by its name: {said:?}"))),
        }
    }
    Ok(())
}

/// Steps of one size up or down, of which nobody but this crate knows.
#[derive(Debug, Clone)]
struct Steps {
    size: f64,
}

impl PriceModel for Steps {
    fn name(&self) -> &str {
        "steps"
    }
    fn parameters(&self) -> Vec<(&str, f64)> {
        vec![("size", self.size)]
    }
    fn stepper(&self, _lanes: usize) -> Box<dyn Stepper> {
        Box::new(self.clone())
    }
    fn step(&self, _horizon: Duration) -> Option<Duration> {
        Some(Duration::from_seconds(86_400))
    }
}

impl Stepper for Steps {
    fn begin(&mut self, _lanes: usize, _noise: &mut Stream) {}
    fn event_times(&self) -> &[f64] {
        &[]
    }
    fn advance(&mut self, moves: Moves<'_>, noise: &mut Stream) {
        let Ok(coin) = Uniform::new(0.0, 1.0) else { return };
        for i in 0..moves.open.len() {
            let up = coin.sample(noise) < 0.5;
            moves.close[i] = moves.open[i] + if up { self.size } else { -self.size };
            moves.variance[i] = 0.0;
        }
    }
    fn happen(&mut self, _lanes: &[u32], _log_price: &mut [f64], _noise: &mut Stream) {}
    fn replace(&mut self, _replacements: &[Replacement]) {}
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = RunOptions::default();
    let scenario = scenario()?;
    refusals(&scenario)?;
    let whole = run(&scenario, &options)?;
    let five = whole.levels[1].liquidation_probability;
    // The reflection principle gives 0.22785 at 5x.
    if (five.value - 0.22785).abs() > 4.0 * five.std_error.max(1e-6) {
        return Err(wrong(format!("5x is liquidated with {}", five.value)));
    }
    if whole.safe_leverage.is_empty() {
        return Err(wrong("a run tells no safe leverage"));
    }

    let mut part = run_shard(&scenario, "2/3".parse()?, &options)?;
    for other in ["1/3", "3/3"] {
        part.merge(&run_shard(&scenario, other.parse()?, &options)?)?;
    }
    if serde_json::to_string(&merge(&scenario, &part, &options)?)? != serde_json::to_string(&whole)? {
        return Err(wrong("the merged parts are not the whole"));
    }

    let text = scenario.to_toml()?;
    let swept = format!("{text}\n[sweep]\n\"account.leverage\" = [[3], [4], [5]]\n");
    let plan = SweepPlan::new(
        vec![SweptSource::new(Source::new("swept", swept))?],
        SweepChanges::default(),
        |_: &str| false,
    )?;
    let mut results = Vec::new();
    for group in plan.groups() {
        results.extend(plan.run_group(group, &options)?);
    }
    let cells: Vec<f64> = results.iter().map(|cell| cell.levels[0].liquidation_probability.value).collect();
    if cells.len() != 3 || !cells.is_sorted() || (cells[2] - five.value).abs() > 8.0 * five.std_error {
        return Err(wrong(format!("cells of a sweep are liquidated with {cells:?}")));
    }

    let answer = safe(&scenario, Criterion::LiquidationProbability, &[0.01], &options)?;
    if !(1.0..5.0).contains(&answer.safe_leverage[0].leverage) {
        return Err(wrong("no safe leverage"));
    }
    if liquidation_prices(&scenario)?.levels.len() != 3 {
        return Err(wrong("no liquidation prices"));
    }
    let mut bars = 0;
    let day = Duration::from_seconds(86_400);
    simulate(&scenario, 10, day, &options, |bar: &SimulatedBar| {
        bars += usize::from(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close));
        Ok::<(), SimulateError>(())
    })?;
    if bars != 300 {
        return Err(wrong(format!("{bars} sound bars in place of 300")));
    }

    // One step of 25 % down liquidates a 5x long, and happens with one half.
    let mut own = parse(Source::new("own", text), &["simulation.monitoring=1d".into(), "simulation.horizon=1d".into()])?;
    own.assets[0].model = Model::Custom(Arc::new(Steps { size: 0.25 }));
    let found = run(&own, &options)?.levels[1].liquidation_probability;
    if (found.value - 0.5).abs() > 4.0 * found.std_error {
        return Err(wrong(format!("the coin falls with {}", found.value)));
    }
    if own.to_toml().is_ok() {
        return Err(wrong("a model of one's own was written as text"));
    }
    Ok(())
}
