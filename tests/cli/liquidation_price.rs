//! `liquidation-price`: published worked examples through the command line, and wrong flags.

use std::process::{Command, Output};

fn liquidation_price(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim"))
        .arg("liquidation-price")
        .args(arguments.split_whitespace())
        .output()
        .unwrap()
}

#[track_caller]
fn json(arguments: &str) -> serde_json::Value {
    let output = liquidation_price(&format!("{arguments} --format json"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn assert_close(value: &serde_json::Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value / expected - 1.0).abs() < 1e-8, "{value} is not {expected}");
}

#[track_caller]
fn assert_fails_with(arguments: &str, words: &[&str]) {
    let output = liquidation_price(arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for word in words {
        assert!(message.contains(word), "\"{word}\" is not in: {message}");
    }
}

const LINEAR: &str = "--contract linear --side long --entry 10 --quantity 1";

/// freqtrade `tests/exchange/test_exchange.py`, Binance form.
#[test]
fn a_linear_long_matches_the_published_example() {
    let price = json(&format!("{LINEAR} --collateral 2 --maintenance 1% --deduction 0.01"));
    assert_close(&price["liquidation_price"], 8.070707070707071);
    assert_close(&price["bankruptcy_price"], 8.0);
    assert_eq!(price["maintenance"], 0.01);
    assert_eq!(price["deduction"], 0.01);
    assert_eq!(price.as_object().unwrap().len(), 4);
}

/// freqtrade `tests/exchange/test_exchange.py`, OKX form.
#[test]
fn a_close_fee_adds_to_the_maintenance_rate() {
    let price = json(
        "--contract linear --side short --entry 10 --quantity 1 --collateral 2 --maintenance 0.01 --close-fee 6bp",
    );
    assert_close(&price["liquidation_price"], 11.87413417771621);
}

/// Bybit help centre: maintenance on the entry notional.
#[test]
fn maintenance_may_be_fixed_at_entry() {
    let price = json(
        "--contract linear --side long --entry 20_000 --quantity 1 --collateral 400 --maintenance 0.5% \
         --maintenance-basis entry",
    );
    assert_close(&price["liquidation_price"], 19_700.0);
}

/// A public decimal test suite for inverse contracts: Q(1 + m)/(c + Q/P) = 1005/0.013.
#[test]
fn an_inverse_long_matches_the_published_example() {
    let price = json(
        "--contract inverse --side long --entry 100000 --quantity 1000 --collateral 0.003 --maintenance 0.005",
    );
    assert_close(&price["liquidation_price"], 77_307.692_307_692_31);
}

/// The same suite: the collateral covers any rise of the price.
#[test]
fn a_price_out_of_reach_is_null_and_none() {
    let position = "--contract inverse --side short --entry 100000 --quantity 1000 --collateral 0.02 --maintenance 0.005";
    assert!(json(position)["liquidation_price"].is_null());
    let table = liquidation_price(position);
    assert!(String::from_utf8_lossy(&table.stdout).contains("liquidation price  none"));
}

#[test]
fn leverage_stands_for_the_collateral() {
    let with = |flags: &str| json(&format!("{LINEAR} --maintenance 1% {flags}"));
    assert_eq!(with("--leverage 5"), with("--collateral 2"));
    let inverse = |flags: &str| {
        json(&format!("--contract inverse --side short --entry 100 --quantity 1000 --maintenance 1% {flags}"))
    };
    assert_eq!(inverse("--leverage 5"), inverse("--collateral 2"));
}

/// Second tier of the table in the venue's data file: 0.5 % from 300 k, so the deduction is 300 k × 0.1 %.
#[test]
fn a_venue_stands_for_the_maintenance_flags() {
    let position = "--side short --entry 64000 --quantity 8 --collateral 51200";
    let price = json(&format!("--venue binance-usdm-btcusdt {position}"));
    assert_eq!(price["maintenance"], 0.005);
    assert_close(&price["deduction"], 300.0);
    assert_eq!(price, json(&format!("--contract linear --maintenance 0.005 --deduction 300 {position}")));
}

#[test]
fn missing_flags_are_all_named() {
    assert_fails_with(
        "",
        &[
            "--contract",
            "--side",
            "--entry",
            "--quantity",
            "--collateral (or --leverage)",
            "--maintenance (or --venue)",
        ],
    );
    assert_fails_with(&format!("{LINEAR} --maintenance 1%"), &["missing --collateral (or --leverage)\n"]);
    assert_fails_with("--venue flat-0.5pct --long --entry 1 --leverage 2", &["missing --quantity\n"]);
}

#[test]
fn flags_that_exclude_each_other_are_refused() {
    assert_fails_with(
        &format!("{LINEAR} --maintenance 1% --collateral 2 --leverage 5"),
        &["--leverage", "--collateral"],
    );
    assert_fails_with(&format!("{LINEAR} --leverage 5 --maintenance 1% --venue flat-0.5pct"), &["--venue"]);
    assert_fails_with(
        &format!("{LINEAR} --leverage 5 --deduction 1 --venue flat-0.5pct"),
        &["--deduction", "--maintenance"],
    );
    assert_fails_with("liqsim.toml --side long", &["FILE", "--side"]);
    assert_fails_with(
        "--contract inverse --venue flat-0.5pct --side long --entry 1 --quantity 1 --leverage 2",
        &["--contract", "flat-0.5pct"],
    );
}

#[test]
fn numbers_out_of_range_are_refused() {
    for flags in [
        "--entry 0",
        "--entry -1",
        "--entry nan",
        "--entry inf",
        "--entry 1e999",
        "--quantity 0",
        "--collateral -2",
        "--collateral zero",
        "--leverage 0",
        "--maintenance 0",
        "--maintenance 100%",
        "--maintenance -1%",
        "--maintenance 1% --deduction -1",
        "--maintenance 1% --close-fee 2",
        "--side sideways",
        "--contract quanto",
        "--maintenance 1% --maintenance-basis last",
    ] {
        assert_fails_with(flags, &["error: invalid value", flags.split_whitespace().last().unwrap()]);
    }
}

#[test]
fn positions_that_cannot_be_opened_are_refused() {
    assert_fails_with(
        &format!("{LINEAR} --collateral 0.05 --maintenance 1%"),
        &["collateral 0.05", "help: "],
    );
    assert_fails_with(
        "--venue binance-usdm-btcusdt --side long --entry 64000 --quantity 1 --leverage 151",
        &["leverage 151", "150"],
    );
    assert_fails_with(
        "--venue nowhere --side long --entry 1 --quantity 1 --leverage 2",
        &["nowhere", "liqsim venues"],
    );
    // Both numbers are finite, their product is not.
    assert_fails_with(
        "--contract linear --side long --entry 1e200 --quantity 1e200 --leverage 2 --maintenance 1%",
        &["notional"],
    );
}

/// By flags and in a scenario a position that is open already has one liquidation price: linear and inverse, long and short.
#[test]
fn an_open_position_has_the_price_of_its_scenario() {
    let folder = tempfile::tempdir().unwrap();
    for (venue, price, side, quantity, margin) in [
        ("binance-usdm-btcusdt", "64700", "long", "0.5", "5000"),
        ("binance-usdm-btcusdt", "64700", "short", "8", "60000"),
        ("hyperliquid-eth", "2400", "short", "2", "900"),
        ("okx-swap-ethusdt", "2400", "long", "3", "1200"),
        ("binance-coinm-btcusd", "64700", "short", "6000", "0.02"),
        ("bitmex-xbtusd", "64700", "long", "6000", "0.02"),
    ] {
        let entry = if price == "2400" { "2500" } else { "61000" };
        let file = folder.path().join(format!("{venue}-{side}.toml"));
        let made = Command::new(env!("CARGO_BIN_EXE_liqsim"))
            .args([
                "init",
                "--venue",
                venue,
                "--side",
                side,
                "--price",
                price,
                "--entry",
                entry,
                "--quantity",
                quantity,
            ])
            .args(["--margin", margin, "--force", "-o"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(made.status.success(), "{venue}: {}", String::from_utf8_lossy(&made.stderr));
        let flags = json(&format!(
            "--venue {venue} --{side} --entry {entry} --quantity {quantity} --margin {margin}"
        ));
        let scenario = json(&file.display().to_string());
        for key in ["liquidation_price", "bankruptcy_price"] {
            let expected = flags[key].as_f64().unwrap();
            assert_close(&scenario["levels"][0][key], expected);
        }
    }
}

/// Of margin-vectors.md: Binance FAQ (BN1), freqtrade's tests (BN5, BN6, BN10, OK4, HL1, HL12), freqtrade#7294 (GT1), dYdX documents (DY1),
/// the developer forum's COIN-M position (CM1). The digits are those that are printed there.
#[test]
fn published_positions_have_their_published_prices() {
    for (flags, expected, tolerance) in [
        (
            "--contract linear --long --entry 1456.84 --quantity 3683.979 --margin 1535443.01 --maintenance 10% --deduction 135365",
            1114.784_96,
            1e-8,
        ),
        (
            "--contract linear --short --entry 10 --quantity 1 --margin 2 --maintenance 1% --deduction 0.01",
            11.891_089_108_910_89,
            1e-12,
        ),
        (
            "--contract linear --short --entry 10 --quantity 1 --margin 3.3333333333 --maintenance 1% --deduction 0.01",
            13.211_221_122_079_207,
            1e-12,
        ),
        (
            "--contract linear --long --entry 8 --quantity 1 --margin 1.6 --maintenance 1% --deduction 0.01",
            6.454_545_454_545_454,
            1e-12,
        ),
        (
            "--contract linear --long --entry 10 --quantity 1 --margin 2 --maintenance 1% --close-fee 6bp",
            8.085_708_510_208_207,
            1e-12,
        ),
        (
            "--contract linear --long --entry 2458.5 --quantity 0.015 --margin 36.864593 --maintenance 1%",
            0.869_158_25,
            1e-4,
        ),
        (
            "--contract linear --short --entry 67400 --quantity 0.00031 --margin 20.887308 --maintenance 1%",
            133_443.973_171_51,
            1e-4,
        ),
        (
            "--contract linear --long --entry 1680.05 --quantity 0.5423 --margin 182.81 --maintenance 0.5% --close-fee 0.0000075",
            1349.7074,
            1e-7,
        ),
        ("--contract linear --short --entry 3000 --quantity 3 --margin 1000 --maintenance 5%", 3174.60, 1e-5),
        (
            "--contract inverse --long --entry 45000 --quantity 10000000 --margin 101 --maintenance 12.5% --deduction 11.81",
            33_578.859_744_834,
            1e-12,
        ),
    ] {
        let found = json(flags)["liquidation_price"].as_f64().unwrap();
        assert!((found / expected - 1.0).abs() < tolerance, "{found} is not {expected}: {flags}");
    }
}
