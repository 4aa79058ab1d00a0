//! Distributions of returns that the known law of the closing price corrects, or control variates of closing
//! below marks: the same numbers as those of plain paths, and honest errors.
//!
//! False alarms for other seeds are stated at each test; seeds are fixed, so a pass stays a pass.

use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::result::{LevelResult, RunResult};
use liqsim::scenario::{Source, parse};
use liqsim::stats::Estimate;
use liqsim::study::run_levels;

use crate::recorded::recorded;

const MERTON: &str = r#"kind = "merton", drift = 0.3, volatility = 0.6, jumps = { rate = 20.0, mean = -0.02, std_dev = 0.05 }"#;
const KOU: &str = r#"kind = "kou", drift = 0.0, volatility = 0.6, jumps = { rate = 20.0, up_probability = 0.4, up_mean = 0.04, down_mean = 0.05 }"#;
const HESTON: &str = r#"kind = "heston", drift = 0.0, variance = 0.36, long_run_variance = 0.36, mean_reversion = 4.0, vol_of_vol = 1.9, correlation = -0.3"#;
const BATES: &str = r#"kind = "bates", drift = 0.0, variance = 0.36, long_run_variance = 0.36, mean_reversion = 4.0, vol_of_vol = 1.9, correlation = -0.3, jumps = { rate = 20.0, mean = -0.02, std_dev = 0.05 }"#;
/// Innovations of these are normal, and Student-t.
const GARCH: &str =
    r#"kind = "garch", log_drift = -0.2, step = "1d", omega = 1.4e-5, alpha = 0.056, beta = 0.93"#;
const GARCH_T: &str =
    r#"kind = "garch", log_drift = -0.2, step = "1d", omega = 1.4e-5, alpha = 0.056, beta = 0.93, dof = 3.5"#;
const HAR: &str = r#"kind = "har", prices = "p.csv""#;

const FUNDING: &str = r#"funding = { rate = "0.02%", every = "8h" }"#;

fn run(model: &str, account: (&str, &str), simulation: &str) -> RunResult {
    run_at("[1, 3, 10]", model, account, simulation)
}

fn run_at(leverage: &str, model: &str, (side, account): (&str, &str), simulation: &str) -> RunResult {
    let text = format!(
        r#"
        name = "closings"
        simulation = {{ horizon = "30d", {simulation} }}
        assets.X = {{ price = 250.0, model = {{ {model} }} }}
        [account]
        equity = 1_000.0
        leverage = {leverage}
        venue = {{ contract = "linear", maintenance = 0.005, taker_fee = "5bp" }}
        positions = [{{ asset = "X", side = "{side}" }}]
        {account}
        "#
    );
    let source = Source::new("closings.toml", &text).with_files(recorded());
    let scenario = parse(source, &[]).unwrap_or_else(|found| panic!("{found}"));
    let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
    run_levels(&scenario, &options).unwrap()
}

const NAMES: [&str; 10] =
    ["loss", "q01", "q05", "q25", "q50", "q75", "q95", "VaR 95 %", "ES 95 %", "ES 99 %"];

/// The numbers of a level, with their errors.
fn numbers(level: &LevelResult) -> [Estimate; 10] {
    let quantile = |key: &str| {
        let interval = level.returns.quantile_intervals[key];
        Estimate::new(level.returns.quantiles[key], interval.std_error, [interval.low, interval.high])
    };
    let [q01, q05, q25, q50, q75, q95] = ["0.01", "0.05", "0.25", "0.5", "0.75", "0.95"].map(quantile);
    let (at_risk, shortfall) = (level.value_at_risk["0.95"], &level.expected_shortfall);
    let [of_tail, of_end] = ["0.95", "0.99"].map(|key| shortfall[key]);
    [level.loss_probability, q01, q05, q25, q50, q75, q95, at_risk, of_tail, of_end]
}

/// 21 runs of 10 numbers at three levels within 4.5 errors of both (false alarm 4e-3), of a million plain
/// paths. Bins leave a quantile up to a ten-thousandth.
#[test]
fn many_plain_paths_say_the_same() {
    for model in [MERTON, KOU, HESTON, BATES, GARCH, GARCH_T, HAR] {
        for account in [("long", ""), ("long", FUNDING), ("short", "")] {
            let corrected = run(model, account, "paths = 65_536, seed = 3");
            let plain = run(model, account, "paths = 1_000_000, seed = 4, sampling = \"pseudo\"");
            for (one, other) in corrected.levels.iter().zip(&plain.levels) {
                for ((found, plain), name) in numbers(one).iter().zip(numbers(other)).zip(NAMES) {
                    let error = found.std_error.hypot(plain.std_error).max(2e-4 * (1.0 + plain.value.abs()));
                    let z = (found.value - plain.value) / error;
                    assert!(
                        z.abs() < 4.5,
                        "{model} {account:?} {}x {name}: {found:?} {plain:?}",
                        one.leverage
                    );
                }
            }
        }
    }
}

/// Over 48 seeds the spread of each number against its stated error. A single ratio has a relative error of
/// 10 %: of some 150 comparisons those below 0.65 are alarms (false alarm 3e-2), and so is a mean, which has
/// an error of 2 %, below 0.95 or above 1.25. Bins of closing equity and the distance from one path to the
/// next make some errors larger than the spread; spreads that they alone make are left out. At 1.6x one path in a
/// thousand is liquidated where innovations have heavy tails: these weigh much in the means of the tail.
#[test]
fn errors_are_as_large_as_the_spread() {
    let cases = [
        (MERTON, ("long", ""), 2.0),
        (MERTON, ("long", FUNDING), 2.0),
        (KOU, ("short", ""), 2.0),
        (HESTON, ("long", FUNDING), 2.0),
        (GARCH, ("long", ""), 2.0),
        (GARCH_T, ("long", ""), 1.6),
        (HAR, ("short", ""), 2.0),
    ];
    let (mut sum, mut count) = (0.0, 0.0);
    for (model, account, leverage) in cases {
        let simulation = |seed: u64| format!("paths = 20_480, seed = {seed}");
        let run = |seed: u64| run_at(&format!("[1, {leverage}, 3, 10]"), model, account, &simulation(seed));
        let runs: Vec<RunResult> = (700..748).map(run).collect();
        for level in 0..4 {
            let found: Vec<[Estimate; 10]> = runs.iter().map(|run| numbers(&run.levels[level])).collect();
            for (index, name) in NAMES.iter().enumerate() {
                let n = found.len() as f64;
                let mean = found.iter().map(|found| found[index].value).sum::<f64>() / n;
                let spread =
                    found.iter().map(|found| (found[index].value - mean).powi(2)).sum::<f64>() / (n - 1.0);
                let stated = found.iter().map(|found| found[index].std_error.powi(2)).sum::<f64>() / n;
                if spread.sqrt() < 1e-4 {
                    continue;
                }
                let ratio = (stated / spread).sqrt();
                let what = format!("{model} {account:?} level {level} {name}");
                assert!(ratio > 0.65, "{what}: {ratio:.2} of {}", spread.sqrt());
                sum += ratio.min(1.5);
                count += 1.0;
            }
        }
    }
    assert!(count > 100.0 && (0.95..1.25).contains(&(sum / count)), "{} of {count}", sum / count);
}

/// How many independent paths a path is worth where few are liquidated: at least twenty for a quantile and
/// the chance of a loss, five for the mean of the tail. At 10x, where most are liquidated, five for the upper quantiles where points
/// tell where those close.
#[test]
fn a_path_is_worth_many() {
    for (model, account) in [(MERTON, ("long", "")), (HESTON, ("long", FUNDING)), (KOU, ("short", ""))] {
        let [corrected, plain] = ["auto", "pseudo"].map(|sampling| {
            run(model, account, &format!("paths = 65_536, seed = 3, sampling = \"{sampling}\""))
        });
        let gain = |level: usize, index: usize| {
            let error = |of: &RunResult| numbers(&of.levels[level])[index].std_error;
            (error(&plain) / error(&corrected)).powi(2)
        };
        for (level, index) in [(0, 0), (0, 2), (0, 3), (0, 4), (0, 5), (0, 6), (1, 0), (1, 4), (1, 5), (1, 6)]
        {
            let found = gain(level, index);
            assert!(found > 20.0, "{model} {account:?} {level} {}: {found}", NAMES[index]);
        }
        assert!(gain(0, 8) > 5.0, "{model} {account:?}: {}", gain(0, 8));
        // Under heston and with funding no points tell.
        for (index, least) in [(5, 5.0), (6, 5.0)].into_iter().filter(|_| model != HESTON) {
            let found = gain(2, index);
            assert!(found > least, "{model} 10x {}: {found}", NAMES[index]);
        }
    }
}

/// The same where control variates tell how likely paths are to close below marks, at 1x and 3x from the lower
/// quartile on, and at 10x, where most are liquidated, above it. Gains at two seeds were twice as large and
/// more, but for one of 1.7 times.
#[test]
fn a_path_hedged_by_mark_is_worth_many() {
    for (model, account, least) in [
        (GARCH, ("long", ""), [80.0, 45.0, 10.0]),
        (GARCH, ("long", FUNDING), [20.0, 30.0, 15.0]),
        (GARCH_T, ("long", ""), [50.0, 30.0, 6.0]),
        (GARCH_T, ("long", FUNDING), [20.0, 20.0, 10.0]),
        (HAR, ("long", ""), [65.0, 25.0, 9.0]),
        (HAR, ("long", FUNDING), [15.0, 20.0, 12.0]),
    ] {
        let [corrected, plain] = ["auto", "pseudo"].map(|sampling| {
            run(model, account, &format!("paths = 131_072, seed = 3, sampling = \"{sampling}\""))
        });
        for (level, indices) in [3..=5, 3..=6, 5..=6].into_iter().enumerate() {
            for index in indices {
                let error = |of: &RunResult| numbers(&of.levels[level])[index].std_error;
                let (found, least) = ((error(&plain) / error(&corrected)).powi(2), least[level]);
                assert!(found > least, "{model} {account:?} {level} {}: {found}", NAMES[index]);
            }
        }
    }
}
