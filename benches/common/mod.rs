//! What the benches share: scenarios, a clock, and the straightforward loop that everything is measured against.

// Each bench compiles this module and uses a part of it.
#![allow(dead_code)]

pub mod clock;
#[path = "../../tests/common/history.rs"]
pub mod history;
pub mod straightforward;

use liqsim::engine::Plan;
use liqsim::scenario::{Scenario, Source, parse};

/// The seven leverages of the straightforward loop.
pub const LEVERAGES: [f64; 7] = [2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0];
/// Maintenance rate of every scenario.
pub const MAINTENANCE: f64 = 0.005;
/// Volatility of every scenario; of the continuous part where there are jumps.
pub const VOLATILITY: f64 = 0.6;
/// Days of every path.
pub const DAYS: u32 = 30;

pub const GBM: &str = "kind = \"gbm\"\ndrift = 0.0\nvolatility = 0.6";

/// Merton's model with this many jumps a year.
pub fn merton(rate: f64) -> String {
    format!(
        "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.6\njumps = {{ rate = {rate:?}, mean = -0.02, std_dev = 0.05 }}"
    )
}

/// A long on one asset over 30 days; `simulation` holds the keys beside the horizon.
pub fn scenario(model: &str, leverage: &[f64], simulation: &str) -> Scenario {
    account_scenario(model, leverage, simulation, "")
}

/// The same with further keys of the account.
pub fn account_scenario(model: &str, leverage: &[f64], simulation: &str, account: &str) -> Scenario {
    let text = format!(
        "[simulation]\nhorizon = \"{DAYS}d\"\n{simulation}\n[assets.X]\nprice = 100.0\n[assets.X.model]\n{model}\n\
         [account]\nequity = 1000.0\nleverage = {leverage:?}\n\
         venue = {{ contract = \"linear\", maintenance = {MAINTENANCE}, taker_fee = 0.0 }}\n{account}\n\
         [[account.positions]]\nasset = \"X\"\nside = \"long\"\n"
    );
    match parse(Source::new("bench.toml", text), &[]) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{}", problems.render(false, 100)),
    }
}

/// The plan of a scenario.
pub fn plan(model: &str, leverage: &[f64], simulation: &str) -> Plan {
    Plan::new(&scenario(model, leverage, simulation)).expect("the venue allows every level")
}

/// `count` leverages between 2x and 100x in equal ratios.
pub fn levels(count: usize) -> Vec<f64> {
    if count == 1 {
        return vec![10.0];
    }
    (0..count).map(|i| 2.0 * 50_f64.powf(i as f64 / (count - 1) as f64)).collect()
}

const HESTON: &str =
    "variance = 0.36\nlong_run_variance = 0.36\nmean_reversion = 4.0\nvol_of_vol = 1.9\ncorrelation = -0.3";

/// Every model that needs no record, by name.
pub fn laws() -> Vec<(&'static str, String)> {
    let jumps = "jumps = { rate = 20.0, mean = -0.02, std_dev = 0.05 }";
    vec![
        ("gbm", GBM.to_owned()),
        ("merton", merton(20.0)),
        (
            "kou",
            "kind = \"kou\"\ndrift = 0.0\nvolatility = 0.6\n\
             jumps = { rate = 20.0, up_probability = 0.4, up_mean = 0.04, down_mean = 0.05 }"
                .to_owned(),
        ),
        ("heston", format!("kind = \"heston\"\ndrift = 0.0\n{HESTON}")),
        ("bates", format!("kind = \"bates\"\ndrift = 0.0\n{HESTON}\n{jumps}")),
        (
            "garch, normal",
            "kind = \"garch\"\nlog_drift = 0.0\nstep = \"1h\"\nomega = 1e-6\nalpha = 0.1\nbeta = 0.87".to_owned(),
        ),
        (
            "garch, Student-t",
            "kind = \"garch\"\nlog_drift = 0.0\nstep = \"1h\"\nomega = 1e-6\nalpha = 0.1\nbeta = 0.87\ndof = 4.5".to_owned(),
        ),
        (
            "regime",
            "kind = \"regime\"\nstates = [{ drift = 0.0, volatility = 0.4 }, { drift = 0.0, volatility = 1.0 }]\n\
             switching_rates = [[0, 10], [30, 0]]"
                .to_owned(),
        ),
        (
            "hawkes",
            "kind = \"hawkes\"\ndrift = 0.0\nvolatility = 0.6\n\
             jumps = { rate = 10.0, mean = -0.02, std_dev = 0.05, excitation = 250.0, decay = 500.0 }"
                .to_owned(),
        ),
    ]
}
