//! The flags that everybody uses: leverage, horizon, venue, side, stop, volatility, price, equity, and positions already open.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(liqsim(folder.path(), &["init"]).status.success());
    folder
}

/// The JSON of a short run.
#[track_caller]
fn run(folder: &Path, arguments: &[&str]) -> Value {
    let output = liqsim(folder, &[&["run"], arguments, &["--paths", "2000", "--format", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn assert_fails_with(output: &Output, words: &[&str]) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for word in words {
        assert!(message.contains(word), "\"{word}\" is not in: {message}");
    }
}

#[test]
fn flags_are_the_keys_that_they_stand_for() {
    let folder = folder();
    let flags = run(
        folder.path(),
        &[
            "liqsim.toml",
            "--leverage",
            "3,5",
            "--horizon",
            "2w",
            "--short",
            "--stop",
            "6%",
            "--volatility",
            "80%",
            "--price",
            "65000",
            "--equity",
            "2000",
            "--venue",
            "bybit-linear-btcusdt",
        ],
    );
    let keys = run(
        folder.path(),
        &[
            "liqsim.toml",
            "--set",
            "account.leverage=[3.0, 5.0]",
            "--set",
            "simulation.horizon=14d",
            "--set",
            "account.positions.0.side=short",
            "--set",
            "policy.stop_loss={ distance = 0.06 }",
            "--set",
            "assets.BTC.model.volatility=0.8",
            "--set",
            "assets.BTC.price=65000.0",
            "--set",
            "account.equity=2000.0",
            "--set",
            "account.venue=bybit-linear-btcusdt",
        ],
    );
    assert_eq!(flags["identity"], keys["identity"]);
    assert_eq!(flags["levels"], keys["levels"]);
    assert_eq!(flags["horizon_days"], 14.0);
    // The title says what was run.
    assert_eq!(flags["scenario"], "BTC perpetual short, 14 days");
    // --set is more exact, and has the last word.
    let both = run(folder.path(), &["liqsim.toml", "--leverage", "3", "--set", "account.leverage=[4]"]);
    assert_eq!(both["levels"][0]["leverage"], 4.0);
}

#[test]
fn a_position_that_is_open_already_is_the_same_by_flags_and_in_a_file() {
    let folder = folder();
    let flags = run(
        folder.path(),
        &["liqsim.toml", "--price", "64700", "--entry", "61000", "--quantity", "0.5", "--margin", "5000"],
    );
    assert_eq!(flags["levels"].as_array().unwrap().len(), 1);
    // 0.5 coins at 64,700 over 5,000 and the 1,850 that they have gained.
    let leverage = flags["levels"][0]["leverage"].as_f64().unwrap();
    assert!((leverage - 32_350.0 / 6_850.0).abs() < 1e-9, "{leverage}");
    let made = liqsim(
        folder.path(),
        &[
            "init",
            "--price",
            "64700",
            "--entry",
            "61000",
            "--quantity",
            "0.5",
            "--margin",
            "5000",
            "-o",
            "open.toml",
        ],
    );
    assert!(made.status.success(), "{made:?}");
    assert_eq!(run(folder.path(), &["open.toml"])["levels"], flags["levels"]);
    // More margin in the same position.
    let more = run(folder.path(), &["open.toml", "--margin", "9000"]);
    let price = |result: &Value| result["levels"][0]["liquidation_price"].as_f64().unwrap();
    assert!(price(&more) < price(&flags));
}

#[test]
fn a_loan_is_known_by_its_loan_to_value() {
    let folder = tempfile::tempdir().unwrap();
    let made = liqsim(folder.path(), &["init", "--venue", "loan-aave-like", "--horizon", "6mo"]);
    assert!(made.status.success(), "{made:?}");
    let result = run(folder.path(), &["liqsim.toml", "--ltv", "60%"]);
    assert_eq!((&result["levels"][0]["leverage"], &result["horizon_days"]), (&2.5.into(), &180.0.into()));
    for place in ["answer", "assumptions"] {
        assert!(result[place].as_str().unwrap().contains("health factor 1.33"), "{}", result[place]);
    }
    for (arguments, words) in [
        (&["--ltv", "60%", "--leverage", "2"][..], &["--ltv", "--leverage"][..]),
        (&["--set", "account.leverage=[2]"], &["`ltv` and `leverage` exclude each other"]),
        (&["--venue", "binance-usdm-btcusdt"], &["the venue is no lender"]),
        (&["--set", "account.ltv=[1.2]"], &["at least 0 and less than 1, but is 1.2"]),
    ] {
        assert_fails_with(&liqsim(folder.path(), &[&["run", "liqsim.toml"], arguments].concat()), words);
    }
}

#[test]
fn equity_in_coins_is_what_the_account_counts_in() {
    let folder = tempfile::tempdir().unwrap();
    let init = |arguments: &[&str]| {
        let made = liqsim(folder.path(), &[&["init", "--force"], arguments].concat());
        assert!(made.status.success(), "{made:?}");
    };
    init(&["--venue", "binance-coinm-btcusd", "--equity", "0.5 BTC"]);
    let coins = run(folder.path(), &["liqsim.toml"]);
    assert_eq!(coins["levels"], run(folder.path(), &["liqsim.toml", "--equity", "0.5"])["levels"]);
    init(&["--venue", "binance-spot-margin-3x", "--price", "60000", "--leverage", "2"]);
    let worth = run(folder.path(), &["liqsim.toml", "--equity", "0.5 BTC"]);
    assert_eq!(worth["levels"], run(folder.path(), &["liqsim.toml", "--equity", "30000"])["levels"]);
    init(&[]);
    for (equity, venue, words) in [
        ("0.5 BTC", "bybit-linear-btcusdt", &["settles in the quote currency", "account.haircut"][..]),
        ("0.5 ETH", "binance-usdm-btcusdt", &["there is no asset `ETH`"]),
        ("half", "binance-usdm-btcusdt", &["must be a finite number"]),
    ] {
        let line = ["run", "liqsim.toml", "--equity", equity, "--venue", venue];
        assert_fails_with(&liqsim(folder.path(), &line), words);
    }
    // The venue's own haircut on the coin that it lists, and on no other.
    let pledged = run(folder.path(), &["liqsim.toml", "--equity", "0.5 BTC"]);
    let said = run(folder.path(), &["liqsim.toml", "--equity", "0.5 BTC", "--set", "account.haircut=5%"]);
    assert_eq!(pledged["levels"], said["levels"]);
    let other = "assets.SOL={price=100,model={kind=\"gbm\",drift=0,volatility=0.9}}";
    let line = ["run", "liqsim.toml", "--equity", "10 SOL", "--set", other];
    assert_fails_with(&liqsim(folder.path(), &line), &["account.haircut"]);
    assert!(pledged["assumptions"].as_str().unwrap().contains("in 0.5 BTC less 5 %"), "{pledged}");
    assert!(pledged["notes"].as_array().unwrap().iter().any(|note| note["code"] == "coin_collateral"));
}

#[test]
fn what_means_nothing_in_a_scenario_says_what_would() {
    let pair = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-eth-cross-pair.toml");
    let fitted = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-daily-30d.toml");
    let here = Path::new(".");
    assert_fails_with(&liqsim(here, &["run", pair, "--short"]), &["2", "--set account.positions.0.side"]);
    assert_fails_with(
        &liqsim(here, &["safe", pair, "--volatility", "50%"]),
        &["BTC, ETH", "assets.NAME.model"],
    );
    assert_fails_with(&liqsim(here, &["check", fitted, "--volatility", "50%"]), &["garch", "gbm"]);
    assert_fails_with(
        &liqsim(here, &["init", "--model", "garch", "--volatility", "50%", "-o", "-"]),
        &["no single"],
    );
}

#[test]
fn lengths_of_time_are_read_in_every_usual_unit() {
    let folder = folder();
    for (text, days) in [("36h", 1.5), ("2w", 14.0), ("6mo", 180.0), ("1y", 365.0), ("2 weeks", 14.0)] {
        let output = liqsim(
            folder.path(),
            &["validate", "liqsim.toml", "--set", &format!("simulation.horizon={text}")],
        );
        assert!(output.status.success(), "{output:?}");
        let flags = liqsim(
            folder.path(),
            &["run", "liqsim.toml", "--for", text, "--leverage", "2", "--paths", "200", "--format", "json"],
        );
        let result: Value = serde_json::from_slice(&flags.stdout).unwrap();
        assert_eq!(result["horizon_days"], days, "{text}");
    }
}

#[test]
fn a_key_without_a_value_is_taken_out() {
    let folder = folder();
    let output = liqsim(folder.path(), &["validate", "liqsim.toml", "--set", "account.equity="]);
    assert_fails_with(&output, &["`account` has no key `equity`"]);
    let output = liqsim(folder.path(), &["validate", "liqsim.toml", "--set", "policy.stop_loss="]);
    assert_fails_with(&output, &["there is no `policy` to take out"]);
}

#[test]
fn risk_knows_positions_that_are_open() {
    let arguments =
        ["risk", "BTC", "--price", "64700", "--entry", "61000", "--quantity", "0.5", "--margin", "5000"];
    let output = liqsim(
        Path::new("."),
        &[&arguments[..], &["--horizon", "7d", "--paths", "2000", "--format", "json"]].concat(),
    );
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(result["answer"].as_str().unwrap().contains("4.72x long"), "{}", result["answer"]);
    // What an exchange shows for it: (61,000 × 0.5 − 5,000)/(0.5 × (1 − 0.004)).
    let price = result["levels"][0]["liquidation_price"].as_f64().unwrap();
    assert!((price - 25_500.0 / 0.498).abs() < 1e-6, "{price}");
}
