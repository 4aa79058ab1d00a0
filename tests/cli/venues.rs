//! `venues`: words that filter, and venue files made of the tiers that other programs keep.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Bands of BTC/USDT as ccxt keeps them (freqtrade's copy of 2026-05-01).
const BANDS: [(f64, f64, f64, f64); 12] = [
    (300e3, 0.004, 150.0, 0.0),
    (800e3, 0.005, 100.0, 300.0),
    (3e6, 0.0065, 75.0, 1500.0),
    (12e6, 0.01, 50.0, 12e3),
    (70e6, 0.02, 25.0, 132e3),
    (100e6, 0.025, 20.0, 482e3),
    (230e6, 0.05, 10.0, 2_982e3),
    (480e6, 0.1, 5.0, 14_482e3),
    (600e6, 0.125, 4.0, 26_482e3),
    (800e6, 0.15, 3.0, 41_482e3),
    (1.2e9, 0.25, 2.0, 121_482e3),
    (1.8e9, 0.5, 1.0, 421_482e3),
];

fn ccxt() -> serde_json::Value {
    let tiers: Vec<_> = BANDS
        .iter()
        .map(|(cap, rate, leverage, cum)| {
            serde_json::json!({ "maxNotional": cap, "maintenanceMarginRate": rate, "maxLeverage": leverage, "info": { "cum": cum.to_string() } })
        })
        .collect();
    serde_json::json!({ "ETH/USDT:USDT": [tiers[0]], "BTC/USDT:USDT": tiers, "BTC/USDT:USDT-260925": [tiers[0]] })
}

fn binance() -> serde_json::Value {
    let brackets: Vec<_> = BANDS
        .iter()
        .map(|(cap, rate, leverage, cum)| {
            serde_json::json!({ "notionalCap": cap, "maintMarginRatio": rate, "initialLeverage": leverage, "cum": cum })
        })
        .collect();
    serde_json::json!([{ "symbol": "BTCUSDT", "brackets": brackets }])
}

#[test]
fn words_filter_the_list() {
    let here = Path::new(".");
    let list = text(&liqsim(here, &["venues", "bybit"]).stdout);
    assert!(list.contains("bybit-linear-btcusdt") && !list.contains("binance"), "{list}");
    let both = text(&liqsim(here, &["venues", "hyperliquid", "ETH", "--format", "json"]).stdout);
    let both: serde_json::Value = serde_json::from_str(&both).unwrap();
    assert_eq!(both.as_array().unwrap().len(), 1);
    assert_eq!(liqsim(here, &["venues", "bybit", "solana"]).status.code(), Some(2));
}

#[test]
fn no_number_of_a_sheet_shows_its_rounding() {
    for name in liqsim::venue::catalogue_names() {
        let sheet = text(&liqsim(Path::new("."), &["venues", name]).stdout);
        // A rounding stands behind the point; the long numbers of addresses have none.
        let is_number = |word: &&str| word.parse::<f64>().is_ok() || word.ends_with('x');
        for number in sheet.split_whitespace().filter(is_number).filter(|word| word.contains('.')) {
            let digits = number.chars().filter(char::is_ascii_digit).count();
            // 100/9 has no end.
            assert!(digits <= 14, "{name}: {number}");
        }
    }
}

#[test]
fn imported_tiers_give_the_prices_of_the_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    for (file, content) in [("ccxt.json", ccxt()), ("binance.json", binance())] {
        fs::write(folder.path().join(file), content.to_string()).unwrap();
        let made = liqsim(folder.path(), &["venues", "BTCUSDT", "--import", file, "-o", "mine.toml"]);
        assert!(made.status.success() && text(&made.stdout).contains("12 tiers"), "{made:?}");
        assert!(liqsim(folder.path(), &["init", "--force", "--leverage", "2,5,10"]).status.success());
        let levels = |venue: &str| {
            let output = liqsim(
                folder.path(),
                &[
                    "liquidation-price",
                    "liqsim.toml",
                    "--set",
                    &format!("account.venue={venue}"),
                    "--format",
                    "json",
                    "--set",
                    "account.equity=2_000_000",
                ],
            );
            assert!(output.status.success(), "{output:?}");
            serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["levels"].clone()
        };
        assert_eq!(levels("mine.toml"), levels("binance-usdm-btcusdt"));
        let run = liqsim(folder.path(), &["run", "liqsim.toml", "--venue", "mine.toml", "--paths", "500"]);
        assert!(run.status.success() && text(&run.stdout).contains("mine.toml"), "{run:?}");
    }
}

#[test]
fn an_import_that_is_not_clear_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ccxt.json"), ccxt().to_string()).unwrap();
    fs::write(folder.path().join("no.json"), "[1, 2]").unwrap();
    for (arguments, words) in [
        (&["--import", "ccxt.json"][..], &["tiers of 3 contracts", "ETH/USDT:USDT"][..]),
        (&["SOLUSDT", "--import", "ccxt.json"], &["no contract SOLUSDT"]),
        (&["--import", "no.json"], &["neither leverage tiers of ccxt", "fetchLeverageTiers"]),
        (&["--import", "missing.json"], &["missing.json"]),
    ] {
        let output = liqsim(folder.path(), &[&["venues"], arguments].concat());
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        for word in words {
            assert!(message.contains(word), "{message}");
        }
    }
    let printed = liqsim(folder.path(), &["venues", "BTC/USDT:USDT", "--import", "ccxt.json"]);
    assert!(text(&printed.stdout).contains("tiers = ["), "{printed:?}");
}
