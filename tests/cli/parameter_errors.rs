//! Errors of parameters as a user meets them: `calibrate -o` writes them, `--parameter-errors` counts them in, tables tell which is which.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;

/// Hours whose variance comes in clusters, with jumps and a wick on both sides of every bar: clusters of four days and many jumps, or
/// clusters of three weeks and fewer.
fn prices(days: i64, is_slow: bool) -> String {
    let (memory, shock, rare) = if is_slow { (0.998, 0.06, 2.9) } else { (0.99, 0.12, 2.7) };
    let mut rng = StdRng::seed_from_u64(4);
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
    let (mut price, mut log_variance) = (20_000.0_f64, 0.0_f64);
    for hour in 0..24 * days {
        let open = price;
        log_variance = memory * log_variance + shock * normal();
        let jump = if normal().abs() > rare { 0.06 * normal() } else { 0.0 };
        price *= (0.006 * (0.5 * log_variance).exp() * normal() + jump).exp();
        let (high, low) = (1.002 * open.max(price), 0.998 * open.min(price));
        text += &format!("{},{open:.2},{high:.2},{low:.2},{price:.2},1\n", 1_600_041_600 + 3600 * hour);
    }
    text
}

fn folder(days: i64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("btc_usdt_1h.csv"), prices(days, false)).unwrap();
    fs::write(folder.path().join("slow_usdt_1h.csv"), prices(days, true)).unwrap();
    folder
}

fn liqsim(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim"))
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap()
}

#[track_caller]
fn done(folder: &Path, line: &str) -> String {
    let output = liqsim(folder, line);
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every model that can be fitted writes what it knows, and runs with it.
#[test]
fn what_calibrate_writes_runs_with_errors_of_the_parameters() {
    let folder = folder(430);
    for (model, of) in [
        ("gbm", "--interval 1d"),
        ("merton --estimator mle", "--interval 1d"),
        ("merton", ""),
        ("kou", "--interval 1d"),
        ("garch", "--interval 1d"),
        ("garch-normal", "--interval 1d"),
        ("gjr", "--interval 1d"),
        ("gjr-normal", "--interval 1d"),
        ("regime", "--interval 1d"),
        ("hawkes", ""),
        ("heston", ""),
        ("bates", ""),
        ("har", ""),
    ] {
        let name = model.split(' ').next().unwrap();
        // The moments of realised variance want clusters that last.
        let file = if ["heston", "bates"].contains(&name) { "slow" } else { "btc" };
        let line =
            format!("calibrate {file}_usdt_1h.csv --asset BTC --model {model} {of} -o {name}.toml --force");
        done(folder.path(), &line);
        let text = fs::read_to_string(folder.path().join(format!("{name}.toml"))).unwrap();
        assert!(text.contains("[assets.BTC.model.errors]"), "{model}");
        let run = format!(
            "run {name}.toml --parameter-errors --paths 2000 --leverage 10 --horizon 3d --format json"
        );
        let result: Value = serde_json::from_str(&done(folder.path(), &run)).unwrap();
        let probability = &result["levels"][0]["liquidation_probability"];
        let end = |key: &str| probability[key].as_f64().unwrap_or_else(|| panic!("{model}: no {key}"));
        assert!(
            end("low_with_parameters") <= end("low") && end("high") <= end("high_with_parameters"),
            "{model}"
        );
        assert!(result["scenario_toml"].as_str().unwrap().contains("parameter_errors = true"));
    }
}

#[test]
fn run_safe_and_check_show_both_intervals_and_say_which_is_which() {
    let folder = folder(100);
    done(folder.path(), "calibrate btc_usdt_1h.csv --model gbm -o gbm.toml");
    let table = done(folder.path(), "run gbm.toml --parameter-errors --paths 20000 --leverage 5,10");
    assert!(table.contains("with para-") && table.contains("if the future"), "{table}");
    assert!(table.contains("with parameters, if the future"), "{table}");
    let plain = done(folder.path(), "run gbm.toml --paths 20000 --leverage 5,10");
    assert!(!plain.contains("parameters"), "{plain}");
    let wide = done(folder.path(), "run gbm.toml --parameter-errors --paths 20000 --leverage 5,10 --wide");
    assert!(wide.contains("interval with"), "{wide}");
    let safe = done(folder.path(), "safe gbm.toml --parameter-errors --paths 20000");
    assert!(safe.contains("with parameters"), "{safe}");
    let json: Value = serde_json::from_str(&done(
        folder.path(),
        "safe gbm.toml --parameter-errors --paths 20000 --format json",
    ))
    .unwrap();
    assert!(
        json["safe_leverage"][0]["low_with_parameters"].as_f64() < json["safe_leverage"][0]["low"].as_f64()
    );
    // A report reads back what a run wrote.
    done(folder.path(), "run gbm.toml --parameter-errors --paths 20000 --leverage 5,10 -o result.json");
    done(folder.path(), "report result.json -o page.html");
    assert!(fs::read_to_string(folder.path().join("page.html")).unwrap().contains("if the future"));
    let scenario = fs::read_to_string(folder.path().join("gbm.toml")).unwrap();
    let limit = "\n[[limits]]\nmetric = \"liquidation_probability.high_with_parameters\"\nmax = 1.0\n";
    fs::write(folder.path().join("gate.toml"), scenario + limit).unwrap();
    done(folder.path(), "check gate.toml --parameter-errors --paths 20000 --leverage 5");
    let undecided = liqsim(folder.path(), "check gate.toml --paths 20000 --leverage 5");
    assert_eq!(undecided.status.code(), Some(1));
}

#[test]
fn a_model_without_errors_is_told_what_to_do() {
    let folder = folder(30);
    done(folder.path(), "calibrate btc_usdt_1h.csv --model gbm -o gbm.toml");
    let scenario = fs::read_to_string(folder.path().join("gbm.toml")).unwrap();
    let (before, rest) = scenario.split_once("[assets.BTC.model.errors]").unwrap();
    let after = rest.split_once("[account]").unwrap().1;
    fs::write(folder.path().join("bare.toml"), format!("{before}[account]{after}")).unwrap();
    let output = liqsim(folder.path(), "run bare.toml --parameter-errors");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("has no errors of its parameters") && said.contains("liqsim calibrate PRICES"),
        "{said}"
    );
}

/// The default forecast has those of har, whole past horizons have none, and a shipped fit brings its own.
#[test]
fn risk_counts_parameters_in_where_it_knows_their_errors() {
    let folder = folder(400);
    let of = |rest: &str| -> Value {
        serde_json::from_str(&done(
            folder.path(),
            &format!("risk BTC {rest} --leverage 10 --for 3d --paths 20000 --format json"),
        ))
        .unwrap()
    };
    let has =
        |result: &Value| result["levels"][0]["liquidation_probability"]["high_with_parameters"].is_f64();
    assert!(has(&of("--prices btc_usdt_1h.csv")));
    assert!(has(&of("--prices btc_usdt_1h.csv --model har")));
    assert!(!has(&of("--prices btc_usdt_1h.csv --model scaled-history")));
    assert!(has(&of("")));
    assert!(!has(&of("--volatility 60% --price 100")));
    let text = done(folder.path(), "risk BTC --leverage 10 --for 3d --paths 20000 -o risk.toml");
    assert!(
        text.contains("with parameters") && text.contains("if the future resembles the window"),
        "{text}"
    );
    // What was written is what ran.
    let again: Value = serde_json::from_str(&done(folder.path(), "run risk.toml --format json")).unwrap();
    assert_eq!(again["levels"][0]["liquidation_probability"], of("")["levels"][0]["liquidation_probability"]);
}
