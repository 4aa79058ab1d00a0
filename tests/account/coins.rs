//! Coins as the collateral of linear contracts: counted at less than their price, and kept.

use crate::common::run_scenario;
use liqsim::engine::Plan;
use liqsim::result::RunResult;
use liqsim::scenario::{PathBudget, Scenario, Source, parse};
use statrs::function::erf::erfc;

/// Ten coins of 100 behind positions on them, and another coin of 20; `rest` are keys of the account.
fn scenario(drift: f64, volatility: f64, rest: &str) -> Result<Scenario, String> {
    let text = format!(
        r#"
        name = "coins"
        simulation = {{ horizon = "30d", paths = 40_000, seed = 11 }}
        assets.X = {{ price = 100.0, model = {{ kind = "gbm", drift = {drift}, volatility = {volatility} }} }}
        assets.Y = {{ price = 20.0, model = {{ kind = "gbm", drift = 0.0, volatility = 0.9 }} }}
        correlation = {{ "X/Y" = 0.5 }}
        [account]
        {rest}
        "#
    );
    parse(Source::new("coins.toml", &text), &[]).map_err(|problems| problems.render(false, 100))
}

fn run(drift: f64, volatility: f64, rest: &str) -> RunResult {
    run_scenario(&scenario(drift, volatility, rest).unwrap_or_else(|problems| panic!("{problems}")))
}

/// One position of the given side with coins as equity.
fn alone(equity: &str, haircut: f64, side: &str, venue: &str, leverage: &str) -> String {
    format!(
        "equity = \"{equity}\"\nhaircut = {haircut}\nleverage = {leverage}\nvenue = {venue}\n\
         positions = [{{ asset = \"X\", side = \"{side}\" }}]"
    )
}

const FREE: &str = r#"{ contract = "linear", maintenance = 0.01, liquidation = { fee = 0 } }"#;
const FEES: &str = r#"{ contract = "linear", maintenance = 0.01, taker_fee = "10bp" }"#;

fn near(got: Option<f64>, wanted: Option<f64>) {
    let is_near = match (got, wanted) {
        (Some(got), Some(wanted)) => (got / wanted - 1.0).abs() < 1e-9,
        (got, wanted) => got == wanted,
    };
    assert!(is_near, "{got:?} is not {wanted:?}");
}

/// With e the notional over the equity, c = 1 the coins and f the entry fee: a long is liquidated where
/// −f − e + e·x + (1 − h)·x = m·e·x, a short where −f + e − e·x + (1 − h)·x = m·e·x; both are bankrupt
/// without h and m.
#[test]
fn prices_are_the_closed_forms() {
    let (m, fee) = (0.01, 0.001);
    for haircut in [0.0, 0.05, 0.3] {
        for leverage in [0.5, 1.0, 3.0, 10.0] {
            let prices = |side: &str| {
                let rest = alone("10 X", haircut, side, FEES, &format!("[{leverage}]"));
                let plan = Plan::new(&scenario(0.0, 0.6, &rest).unwrap()).unwrap();
                (plan.terms[0].liquidation_price, plan.terms[0].bankruptcy_price)
            };
            let f = fee * leverage;
            let (liquidated, bankrupt) = prices("long");
            near(liquidated, Some(100.0 * (leverage + f) / (leverage * (1.0 - m) + 1.0 - haircut)));
            near(bankrupt, Some(100.0 * (leverage + f) / (leverage + 1.0)));
            let above = |slope: f64| (slope > 0.0).then(|| 100.0 * (leverage - f) / slope);
            let (liquidated, bankrupt) = prices("short");
            near(liquidated, above(leverage * (1.0 + m) - 1.0 + haircut));
            near(bankrupt, above(leverage - 1.0));
        }
    }
}

/// Coins of another asset: while they stand still they are money less their haircut.
#[test]
fn other_coins_are_money_while_they_stand_still() {
    let rest = alone("50 Y", 0.1, "long", FREE, "[4]");
    let plan = Plan::new(&scenario(0.0, 0.6, &rest).unwrap()).unwrap();
    near(plan.terms[0].liquidation_price, Some(100.0 * (4.0 - 0.9) / (4.0 * 0.99)));
}

/// First passage of a driftless lognormal price, and no unit of money lost or won by it: the barrier lies
/// above bankruptcy and nothing is charged, so that the mean return is 0 at every haircut. Errors are of the
/// program; four of them, eight comparisons a haircut.
#[test]
fn the_probability_is_that_of_first_passage_and_the_mean_return_nothing() {
    let (volatility, years) = (0.8_f64, 30.0 / 365.0_f64);
    let spread = volatility * years.sqrt();
    let normal = |x: f64| 0.5 * erfc(-x / std::f64::consts::SQRT_2);
    for haircut in [0.05, 0.4] {
        let result = run(0.0, volatility, &alone("10 X", haircut, "long", FREE, "[1, 2, 5, 10]"));
        for level in &result.levels {
            let barrier = (level.liquidation_price.unwrap() / 100.0).ln();
            let drift = -0.5 * spread * spread;
            let wanted = normal((barrier - drift) / spread)
                + (2.0 * drift * barrier / (spread * spread)).exp() * normal((barrier + drift) / spread);
            let p = level.liquidation_probability;
            assert!(
                (p.value - wanted).abs() < 4.0 * p.std_error.max(1e-9),
                "{haircut}: {p:?} is not {wanted}"
            );
            let mean = level.mean_return;
            assert!(mean.value.abs() < 4.0 * mean.std_error, "{haircut}: {mean:?}");
            assert_eq!(level.bad_debt.value, 0.0);
        }
    }
    // Two assets are followed in short bars: 10,000 paths see 5 % of the equity that are lost or won.
    let mut other = scenario(0.0, volatility, &alone("50 Y", 0.2, "short", FREE, "[2, 5]")).unwrap();
    other.simulation.paths = PathBudget::Fixed(10_000);
    for level in &run_scenario(&other).levels {
        assert!(level.mean_return.value.abs() < 4.0 * level.mean_return.std_error, "{level:?}");
    }
}

/// Without a haircut they are what money spent on the same coins is.
#[test]
fn without_a_haircut_they_are_coins_bought_with_the_equity() {
    const SPOT: &str =
        r#"{ contract = "spot", margin_level = { liquidation = 1.01 }, liquidation = { fee = 0 } }"#;
    for (side, leverage) in [("long", 3.0), ("short", 4.0)] {
        let pledged = run(0.2, 0.9, &alone("10 X", 0.0, side, FREE, &format!("[{leverage}]")));
        let bought = run(
            0.2,
            0.9,
            &format!(
                "equity = 1000.0\nmargin = \"cross\"\nleverage = [{leverage}]\nvenue = {FREE}\n\
                 positions = [{{ asset = \"X\", side = \"{side}\", share = 1 }},\n\
                 {{ asset = \"X\", side = \"long\", share = {}, venue = {SPOT} }}]",
                1.0 / leverage
            ),
        );
        let (one, other) = (&pledged.levels[0], &bought.levels[0]);
        near(one.liquidation_price, other.liquidation_price);
        for (one, other) in [
            (one.mean_return.value, other.mean_return.value),
            (one.loss_probability.value, other.loss_probability.value),
            (one.value_at_risk["0.95"].value, other.value_at_risk["0.95"].value),
        ] {
            assert!((one - other).abs() < 1e-9, "{side}: {one} is not {other}");
        }
        let (p, q) = (one.liquidation_probability, other.liquidation_probability);
        assert!((p.value - q.value).abs() < 4.0 * p.std_error.hypot(q.std_error), "{side}: {p:?} {q:?}");
    }
}

/// A price that falls by a tenth without doubt: what comes back is whole, whatever the haircut, and where the
/// owner closes early too.
#[test]
fn the_whole_price_counts_in_the_return() {
    let drift = 0.9_f64.ln() * 365.0 / 30.0;
    for haircut in [0.0, 0.3] {
        let rest = alone("10 X", haircut, "long", FREE, "[2]");
        let level = &run(drift, 1e-6, &rest).levels[0];
        assert!((level.mean_return.value + 0.3).abs() < 1e-4, "{level:?}");
        // Half-way: 0.9^½ of the price.
        let early = format!("{rest}\n[policy]\nexit_after = \"15d\"");
        let level = &run(drift, 1e-6, &early).levels[0];
        assert!((level.mean_return.value - 3.0 * (0.9_f64.sqrt() - 1.0)).abs() < 1e-4, "{level:?}");
        let stopped = format!("{rest}\n[policy]\nstop_loss = {{ distance = \"5%\" }}");
        let level = &run(drift, 1e-6, &stopped).levels[0];
        assert!((level.mean_return.value + 0.15).abs() < 1e-4, "{level:?}");
    }
    // A venue that returns nothing keeps the coins too.
    let rest = alone("10 X", 0.3, "long", &FREE.replace(", liquidation = { fee = 0 }", ""), "[9]");
    assert!((run(drift, 1e-6, &rest).levels[0].mean_return.value + 1.0).abs() < 1e-9);
}

/// The owner's margin call comes at, and restores, equity over maintenance as the venue counts equity.
#[test]
fn a_margin_call_sees_the_equity_that_the_venue_sees() {
    let (haircut, m, level, target) = (0.2, 0.01, 2.0, 4.0);
    let rest = format!(
        "{}\n[policy]\nmargin_call = {{ level = {level}, target = {target}, reserve = 10_000 }}",
        alone("10 X", haircut, "long", FREE, "[5]")
    );
    let drift = 0.85_f64.ln() * 365.0 / 30.0;
    let result = run(drift, 1e-6, &rest);
    // Called where −5 + 5·x + 0.8·x = 2·0.05·x; then paid in until it is 4·0.05·x. The next call comes where that is 2 again.
    let counted = |x: f64, paid: f64| paid - 5.0 + (5.0 + 1.0 - haircut) * x;
    let (mut x, mut paid) = (1.0, 0.0);
    loop {
        let called = (5.0 - paid) / (5.8 - level * m * 5.0);
        if called <= 0.85 {
            break;
        }
        x = f64::min(x, called);
        paid += target * m * 5.0 * called - counted(called, paid);
    }
    let committed = 1.0 + 10.0;
    let wanted = (10.0 - paid + paid - 5.0 + 6.0 * 0.85) / committed - 1.0;
    let got = result.levels[0].mean_return.value;
    assert!(x < 1.0 && paid > 0.0 && (got - wanted).abs() < 1e-4, "{got} is not {wanted}");
    let money = result.levels[0].margin_calls.as_ref().expect("there were calls");
    assert!((money.money.value - paid).abs() < 1e-3, "{money:?} is not {paid}");
}

#[test]
fn what_cannot_be_is_refused_with_the_way_out() {
    let refused = |rest: &str, words: &[&str]| {
        let problems = scenario(0.0, 0.6, rest).expect_err("this is refused");
        assert!(words.iter().all(|word| problems.contains(word)), "{problems}");
    };
    let plain = alone("10 X", 0.05, "long", FREE, "[3]");
    refused(&plain.replace("haircut = 0.05\n", ""), &["how much of `X` counts", "account.haircut"]);
    refused(&plain.replace("\"10 X\"", "1000"), &["`haircut` has no meaning here"]);
    refused(&plain.replace("10 X", "10 Z"), &["there is no asset `Z`"]);
    refused(&plain.replace("0.05", "1.5"), &["haircut"]);
    let spot = plain.replace(
        "side = \"long\"",
        "side = \"long\", venue = { contract = \"spot\", margin_level = { liquidation = 1.1 } }",
    );
    refused(&spot, &["behind linear contracts only"]);
    // 1/50 of the notional is there and 1 % of it needed, but the coins count at 40 %.
    refused(&alone("10 X", 0.6, "long", FREE, "[50]"), &["liquidated at entry"]);
    let inverse = FREE.replace("linear", "inverse").replace("maintenance", "haircut = 0.05, maintenance");
    refused(&plain.replace(FREE, &inverse), &["`haircut` means nothing where the contract is not linear"]);
    // The venue's own haircut stands where the account names none.
    let own = plain.replace("haircut = 0.05\n", "").replace("maintenance", "haircut = 0.05, maintenance");
    let (own, given) = (scenario(0.0, 0.6, &own).unwrap(), scenario(0.0, 0.6, &plain).unwrap());
    assert_eq!(own.account.coins, given.account.coins);
}
