//! Bad debt of jumps, expected before each: the same means as what jumps leave owing where they end, with much smaller errors.

use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::result::RunResult;
use liqsim::scenario::{Source, parse};
use liqsim::study::run_levels;

const MERTON: &str = r#"kind = "merton", drift = 0.0, volatility = 0.5, jumps = { rate = 20.0, mean = -0.02, std_dev = 0.07 }"#;
const KOU: &str = r#"kind = "kou", drift = 0.1, volatility = 0.5, jumps = { rate = 20.0, up_probability = 0.4, up_mean = 0.04, down_mean = 0.05 }"#;
const BATES: &str = r#"kind = "bates", drift = 0.0, variance = 0.36, long_run_variance = 0.36, mean_reversion = 4.0, vol_of_vol = 1.9, correlation = -0.3, jumps = { rate = 20.0, mean = -0.02, std_dev = 0.06 }"#;

const FORFEIT: &str = r#"contract = "linear", maintenance = 0.005"#;
const CLOSE: &str =
    r#"contract = "linear", maintenance = 0.01, liquidation = { fee = "0.5%", slippage = "0.4%" }"#;
const INVERSE: &str = r#"contract = "inverse", maintenance = 0.01, taker_fee = "5bp", liquidation = { fee = "1%", slippage = "0.5%" }"#;
/// A touch leaves something owing already.
const SLIPPING: &str =
    r#"contract = "linear", maintenance = 0.005, liquidation = { fee = "0%", slippage = "1%" }"#;
const LOAN: &str = r#"contract = "spot", loan = { liquidation = "78%", bonus = "5%" }"#;

const FUNDING: &str = r#"funding = { rate = "0.03%", every = "8h" }"#;
const FROM_ENTRY: &str = r#"funding = { rate = "-0.03%", every = "8h", basis = "entry" }"#;

/// Model, venue, side, account and leverages; by how much the variance falls at least.
const CASES: [(&str, &str, &str, &str, [f64; 2], f64); 12] = [
    (MERTON, FORFEIT, "long", "", [5.0, 20.0], 1.5),
    (MERTON, CLOSE, "short", "", [5.0, 20.0], 1.5),
    (MERTON, INVERSE, "long", "", [5.0, 20.0], 1.5),
    (MERTON, INVERSE, "short", "", [5.0, 20.0], 1.5),
    (MERTON, CLOSE, "long", FUNDING, [5.0, 20.0], 1.5),
    (MERTON, SLIPPING, "long", FROM_ENTRY, [5.0, 20.0], 0.8),
    (MERTON, INVERSE, "long", FUNDING, [5.0, 20.0], 1.5),
    (KOU, FORFEIT, "long", "", [5.0, 20.0], 1.5),
    (KOU, FORFEIT, "short", FUNDING, [5.0, 20.0], 1.5),
    (KOU, INVERSE, "short", "", [5.0, 20.0], 1.5),
    (BATES, CLOSE, "long", "", [5.0, 20.0], 1.5),
    (KOU, LOAN, "long", "", [2.0, 3.0], 1.5),
];

fn run(
    (model, venue, side, account): (&str, &str, &str, &str),
    leverage: [f64; 2],
    simulation: &str,
) -> RunResult {
    let text = format!(
        r#"
        name = "gap-debts"
        simulation = {{ horizon = "30d", {simulation} }}
        assets.X = {{ price = 250.0, model = {{ {model} }} }}
        [account]
        equity = 1_000.0
        leverage = {leverage:?}
        venue = {{ {venue} }}
        positions = [{{ asset = "X", side = "{side}" }}]
        {account}
        "#
    );
    let scenario =
        parse(Source::new("gap-debts.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"));
    let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
    run_levels(&scenario, &options).unwrap()
}

/// Against what is owed where jumps end, over independent paths: 24 comparisons within 4.5 errors of both (false alarm 2e-4). The error of
/// those paths tells what a path is worth.
#[test]
fn expected_debts_are_what_jumps_leave_owing() {
    for (model, venue, side, account, leverage, least) in CASES {
        let setup = (model, venue, side, account);
        let plain = run(setup, leverage, "paths = 2_000_000, seed = 11, sampling = \"pseudo\"");
        let expected = run(setup, leverage, "paths = 262_144, seed = 5");
        for (plain, found) in plain.levels.iter().zip(&expected.levels) {
            let (known, found) = (plain.bad_debt, found.bad_debt);
            let z = (found.value - known.value) / found.std_error.hypot(known.std_error);
            let worth = (known.std_error / found.std_error).powi(2) * 2_000_000.0 / 262_144.0;
            assert!(known.value > 0.0 && z.abs() < 4.5, "{setup:?} {}x: {found:?} {known:?}", plain.leverage);
            assert!(worth > least, "{setup:?} {}x is worth {worth:.1}", plain.leverage);
        }
    }
}

/// Over 40 seeds the spread of the mean is within 4/√80 of the error that is stated (8 comparisons, false alarm 5e-4).
#[test]
fn stated_errors_of_debts_are_the_spread() {
    let setups = [
        (MERTON, FORFEIT, "long", ""),
        (KOU, CLOSE, "short", FUNDING),
        (BATES, CLOSE, "long", ""),
        (MERTON, SLIPPING, "long", FROM_ENTRY),
    ];
    for setup in setups {
        let (mut values, mut stated) = ([const { Vec::new() }; 2], [0.0; 2]);
        for seed in 0..40 {
            let result = run(setup, [5.0, 20.0], &format!("paths = 32_768, seed = {seed}"));
            for (level, result) in result.levels.iter().enumerate() {
                values[level].push(result.bad_debt.value);
                stated[level] += result.bad_debt.std_error.powi(2) / 40.0;
            }
        }
        for (values, stated) in values.iter().zip(stated) {
            let mean = values.iter().sum::<f64>() / 40.0;
            let spread = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 39.0;
            let ratio = (spread / stated).sqrt();
            assert!((0.55..1.45).contains(&ratio), "{setup:?}: {ratio:.2}");
        }
    }
}

/// What a run of independent paths states is what its jumps left owing.
#[test]
fn independent_paths_count_what_is_owed() {
    let setup = (MERTON, FORFEIT, "long", "");
    let worth = |sampling: &str| {
        run(setup, [5.0, 20.0], &format!("paths = 65_536, seed = 5, sampling = \"{sampling}\"")).levels[0]
            .bad_debt
    };
    let (plain, expected) = (worth("pseudo"), worth("auto"));
    assert!(plain.std_error > 2.0 * expected.std_error, "{plain:?} {expected:?}");
}
