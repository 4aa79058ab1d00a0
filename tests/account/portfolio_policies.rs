//! What the owner of several positions does, and funding that varies by position.
//!
//! An account of one position with half the share at twice the leverage is the same account, but it is followed as one of several: every
//! policy must give the numbers of the follower of one position, which shares no code with it beyond the venue's rules (`naive_policies` compares
//! two positions with a naive loop). Driftless prices give nothing: what is lost on average is what was paid.
//!
//! False alarms for another seed: about 480 comparisons at 4.5 standard errors, 0.4 %.

use crate::common::run_scenario;
use liqsim::engine::{Plan, Worker};
use liqsim::result::{LevelResult, RunResult};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::{Cost, Estimate};

const ERRORS: f64 = 4.5;

fn read(text: &str) -> Scenario {
    parse(Source::new("several.toml", text), &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn one(model: &str, side: &str, venue: &str, several: bool, rest: &str) -> RunResult {
    let (share, leverage) = if several { (0.5, "[6, 20]") } else { (1.0, "[3, 10]") };
    let seed = if several { 31 } else { 32 };
    run_scenario(&read(&format!(
        r#"
        simulation = {{ horizon = "14d", paths = 10_000, seed = {seed}, sampling = "pseudo" }}
        assets.X = {{ price = 250.0, model = {model} }}
        [account]
        equity = 1_000.0
        leverage = {leverage}
        venue = {venue}
        positions = [{{ asset = "X", side = "{side}", share = {share:?} }}]
        {rest}
        "#
    )))
}

fn expect_equal(what: &str, a: &LevelResult, b: &LevelResult) -> usize {
    let mut compared = 0;
    let mut near = |name: &str, a: Estimate, b: Estimate| {
        compared += 1;
        let error = a.std_error.hypot(b.std_error) + 1e-12;
        assert!((a.value - b.value).abs() < ERRORS * error, "{what}: {name}: {a:?} and {b:?}");
    };
    near("liquidation", a.liquidation_probability, b.liquidation_probability);
    near("mean return", a.mean_return, b.mean_return);
    near("bad debt", a.bad_debt, b.bad_debt);
    for exit in ["called", "expired", "horizon"] {
        if let (Some(a), Some(b)) = (a.exits.get(exit), b.exits.get(exit)) {
            near(exit, *a, *b);
        }
    }
    for cost in ["fees", "funding"] {
        let of = |level: &LevelResult| level.costs.as_ref().and_then(|costs| Some(costs.get(cost)?.mean));
        if let (Some(a), Some(b)) = (of(a), of(b)) {
            near(cost, a, b);
        }
    }
    for date in [4, 9, 19] {
        let median = |level: &LevelResult| level.equity_over_time.as_ref().unwrap()[date].quantiles["0.5"];
        near("median equity", median(a), median(b));
    }
    assert_eq!(a.margin_calls.is_some(), b.margin_calls.is_some(), "{what}");
    if let Some((a, b)) = a.margin_calls.zip(b.margin_calls) {
        near("called", a.probability, b.probability);
        near("calls", a.number, b.number);
        near("money", a.money, b.money);
    }
    compared
}

const POLICIES: [&str; 8] = [
    r#"margin_call = { level = 1.5, target = 3, reserve = 400 }"#,
    r#"margin_call = { level = 2, target = 4, reserve = 300, delay = "3h", otherwise = "close" }"#,
    r#"margin_call = { level = 2, target = 5, reserve = 2_000, delay = "2d" }"#,
    r#"margin_call = { level = 1.5, target = 3 }"#,
    r#"deleverage = { target = 3, above = 12 }"#,
    r#"deleverage = { target = 5, every = "1d" }"#,
    r#"add_margin = { amount = 50, every = "3d" }"#,
    r#"exit_after = "5d""#,
];

#[test]
fn a_policy_of_several_positions_is_that_of_one_where_there_is_one() {
    let gbm = r#"{ kind = "gbm", drift = 0.0, volatility = 0.8 }"#;
    let jumps = r#"{ kind = "merton", drift = 0.1, volatility = 0.6, jumps = { rate = 60.0, mean = -0.01, std_dev = 0.05 } }"#;
    let linear = r#"{ contract = "linear", maintenance = 0.01, taker_fee = "5bp", liquidation = { fee = "1%" }, funding = { rate = "2bp", every = "8h" } }"#;
    let inverse = r#"{ contract = "inverse", maintenance = 0.01, taker_fee = "5bp" }"#;
    let mut compared = 0;
    for policy in POLICIES {
        for (model, side, venue) in [(gbm, "long", linear), (jumps, "short", linear), (gbm, "short", inverse)]
        {
            let policy = format!("[policy]\n{policy}");
            let (several, single) =
                (one(model, side, venue, true, &policy), one(model, side, venue, false, &policy));
            for (a, b) in several.levels.iter().zip(&single.levels) {
                let what = format!("{policy} {side} {venue} {}x", b.leverage);
                compared += expect_equal(&what, a, b);
            }
        }
    }
    assert!(compared > 250, "{compared}");
}

#[test]
fn money_is_lost_to_costs_only() {
    let account = |margin: &str, policy: &str| {
        read(&format!(
            r#"
            simulation = {{ horizon = "7d", paths = 3_000, seed = 3, sampling = "pseudo" }}
            correlation = {{ "A/B" = 0.5 }}
            assets.A = {{ price = 100.0, model = {{ kind = "merton", drift = 0.0, volatility = 0.7,
                jumps = {{ rate = 60.0, mean = -0.02, std_dev = 0.05 }} }} }}
            assets.B = {{ price = 20.0, model = {{ kind = "gbm", drift = 0.0, volatility = 0.9 }} }}
            [account]
            equity = 1_000.0
            leverage = [3, 9]
            margin = "{margin}"
            venue = {{ contract = "linear", maintenance = 0.01, taker_fee = "5bp", liquidation = {{ fee = "1%" }},
                funding = {{ model = "ou", mean = "2bp", reversion = 100, volatility = 0.002, correlation = 0.3 }} }}
            positions = [
                {{ asset = "A", side = "long", share = 0.5, borrow = {{ rate = "40%" }}, venue =
                    {{ contract = "spot", margin_level = {{ liquidation = 1.03 }}, taker_fee = "5bp" }} }},
                {{ asset = "B", side = "short", share = 0.3 }}, {{ asset = "A", side = "short", share = 0.2 }}]
            [policy]
            {policy}
            "#
        ))
    };
    for policy in POLICIES {
        let committed = match policy {
            _ if policy.contains("reserve = 400") => 0.4,
            _ if policy.contains("reserve = 300") => 0.3,
            _ if policy.contains("reserve") => 2.0,
            _ if policy.contains("add_margin") => 0.1,
            _ => 0.0,
        };
        for margin in ["cross", "isolated"] {
            for level in run_scenario(&account(margin, policy)).levels {
                let paid: f64 = level.costs.iter().flatten().map(|(_, cost)| cost.mean.value).sum();
                let gained = (1.0 + committed) * level.mean_return.value - level.bad_debt.value;
                let error = (1.0 + committed) * level.mean_return.std_error;
                assert!(
                    (gained + paid).abs() < ERRORS * error,
                    "{margin} {}x {policy}: gained {gained}, paid {paid}, error {error}",
                    level.leverage
                );
            }
        }
    }
}

/// Positions on still prices: what each pays is the sum of its rates.
fn paid(positions: &str, seed: u64, paths: usize) -> Vec<f64> {
    let scenario = read(&format!(
        r#"
        simulation = {{ horizon = "20d", seed = {seed} }}
        assets.A = {{ price = 100.0, model = {{ kind = "gbm", drift = 0.0, volatility = 1e-7 }} }}
        assets.B = {{ price = 20.0, model = {{ kind = "gbm", drift = 0.0, volatility = 1e-7 }} }}
        [account]
        equity = 1_000.0
        leverage = 1
        margin = "cross"
        venue = {{ contract = "linear", maintenance = 0.01 }}
        positions = [{positions}]
        "#
    ));
    let plan = Plan::new(&scenario).unwrap();
    (0..paths as u64)
        .map(|path| {
            let mut worker = Worker::new(&plan);
            worker.run_block(path, 1);
            let account = worker.tally().levels[0].account.as_ref().unwrap();
            account.costs[Cost::Funding as usize].mapped(0.0, 1.0).powers[1]
        })
        .collect()
}

const OU: &str = r#"funding = { model = "ou", mean = "1bp", reversion = 100, volatility = 0.004 }"#;

/// The sum S of n rates that return to their mean, decay c a payment, stationary variance s²: with f₀ at the mean the k-th one has the
/// variance s²(1 − c^(2k)) and the covariance with the next c times that.
fn variance_of_sum(n: i32) -> f64 {
    let (reversion, volatility) = (100.0_f64, 0.004_f64);
    let c = (-reversion * 8.0 / 8_760.0).exp();
    let stationary = volatility * volatility / (2.0 * reversion);
    let mut sum = 0.0;
    for j in 1..=n {
        for k in 1..=n {
            sum += stationary * (1.0 - c.powi(2 * j.min(k))) * c.powi((j - k).abs());
        }
    }
    sum
}

#[test]
fn positions_on_one_asset_and_venue_pay_the_same_rate_and_others_their_own() {
    // Long and short of the same size under the same terms: what one pays the other receives.
    let both = format!(
        r#"{{ asset = "A", side = "long", share = 2, {OU} }}, {{ asset = "A", side = "short", share = 2, {OU} }}"#
    );
    assert!(paid(&both, 1, 20).iter().all(|paid| paid.abs() < 1e-9));
    // A cash-and-carry receives them: 60 payments with a mean of 1 bp on twice the equity.
    let carry = format!(
        r#"{{ asset = "A", side = "long", share = 2, venue = {{ contract = "spot", margin_level = {{ liquidation = 1.1 }} }} }},
        {{ asset = "A", side = "short", share = 2, {OU} }}"#
    );
    // On two assets the rates are independent, and so they are under other terms on the same one.
    let apart = format!(
        r#"{{ asset = "A", side = "short", share = 2, {OU} }}, {{ asset = "B", side = "short", share = 2, {OU} }}"#
    );
    let other = OU.replace("0.004", "0.0040000001");
    let terms = format!(
        r#"{{ asset = "A", side = "short", share = 2, {OU} }}, {{ asset = "A", side = "short", share = 2, {other} }}"#
    );
    for (positions, count) in [(carry, 1.0), (apart, 2.0), (terms, 2.0)] {
        let n = 2_000.0_f64;
        let sums = paid(&positions, 2, n as usize);
        let mean = sums.iter().sum::<f64>() / n;
        let variance = sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() / n;
        let known = (-count * 2.0 * 60.0 * 1e-4, count * 4.0 * variance_of_sum(60));
        let error = (known.1 / n).sqrt();
        assert!((mean - known.0).abs() < ERRORS * error, "{positions}: {mean} {known:?}");
        // A normal sum's variance has a relative error of √(2/n).
        assert!(
            (variance / known.1 - 1.0).abs() < ERRORS * (2.0 / n).sqrt(),
            "{positions}: {variance} {known:?}"
        );
    }
}

/// A record in its order: every path pays the rates of its rows, and two venues their own.
#[test]
fn recorded_rates_are_paid_by_the_positions_that_have_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, rates: &dyn Fn(i64) -> f64| {
        let rows = (0..90).map(|k| format!("{},{:.7}\n", 1_700_006_400 + 28_800 * k, rates(k)));
        let text = format!("timestamp,funding_rate\n{}", rows.collect::<String>());
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let a = write("a.csv", &|k| 1e-5 * k as f64);
    let b = write("b.csv", &|k| 2e-4 - 1e-6 * k as f64);
    let short = |asset: &str, file: &str, from: &str| {
        format!(
            r#"{{ asset = "{asset}", side = "short", share = 2, funding = {{ recorded = "{file}"{from} }} }}"#
        )
    };
    let from = r#", from = "2023-11-16""#;
    let both = format!("{}, {}", short("A", &a, from), short("B", &b, from));
    // The first row after midnight of the 16th, and the 59 after it.
    let first = (1_700_092_800_i64 - 1_700_006_400) / 28_800 + 1;
    let owed: f64 = (first..first + 60).map(|k| -2.0 * (1e-5 * k as f64 + 2e-4 - 1e-6 * k as f64)).sum();
    for found in paid(&both, 3, 3) {
        assert!((found - owed).abs() < 1e-7, "{found} {owed}");
    }
    // In blocks two records of the same dates go together: with opposite rates nothing is left.
    let mirrored = write("c.csv", &|k| -1e-5 * k as f64);
    let both = format!("{}, {}", short("A", &a, ""), short("B", &mirrored, ""));
    assert!(paid(&both, 4, 20).iter().all(|paid| paid.abs() < 1e-7));
    assert!(paid(&short("A", &a, ""), 4, 20).iter().any(|paid| paid.abs() > 1e-3));
}
