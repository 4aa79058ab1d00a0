//! Commands on a scenario of a miner: what they say where a position has a price, a venue or a size.

use std::process::{Command, Output};

const FLEET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/miner-fleet-on-credit-540d.toml");
const COINS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/miner-coin-loan-180d.toml");

fn liqsim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).output().unwrap()
}

#[track_caller]
fn says(arguments: &[&str]) -> String {
    let output = liqsim(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refuses(arguments: &[&str], words: &[&str]) {
    let output = liqsim(arguments);
    let message = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2), "{message}");
    for word in words {
        assert!(message.contains(word), "\"{word}\" is not in: {message}");
    }
}

/// Coins of 35 % of the assets against a debt of L - 1: they are sold where debt over price is 0.8.
#[test]
fn the_liquidation_price_is_that_of_pledged_coins() {
    let text = says(&["liquidation-price", COINS, "--set", "account.leverage=[1, 1.2]", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let [plain, owing] = &json["levels"].as_array().unwrap()[..] else { panic!("{text}") };
    assert!(plain["liquidation_price"].is_null() && plain["loan_to_value"].is_null(), "{text}");
    let loan_to_value = 0.2 / (0.35 * 1.2);
    let price = 64_700.0 * loan_to_value / 0.8;
    assert!((owing["liquidation_price"].as_f64().unwrap() / price - 1.0).abs() < 1e-9, "{text}");
    assert!((owing["loan_to_value"].as_f64().unwrap() - loan_to_value).abs() < 1e-12, "{text}");
    assert!(says(&["liquidation-price", COINS]).contains("The lender sells them at"));
    refuses(
        &["liquidation-price", FLEET],
        &["a miner without a loan on coins has no liquidation price", "break_even_price_with_debt"],
    );
}

#[test]
fn the_largest_debt_is_said_as_debt() {
    let paths = ["--paths", "400"];
    let text = says(&[&["safe", FLEET, "--max-probability", "5%"][..], &paths].concat());
    assert!(text.contains("Debt over assets"), "{text}");
    let short = ["--set", "simulation.horizon=60d"];
    let safe = |more: &[&str]| -> serde_json::Value {
        let common = ["safe", FLEET, "--format", "json"];
        serde_json::from_str(&says(&[&common[..], &paths, &short, more].concat())).unwrap()
    };
    let json = safe(&["--max-probability", "5%"]);
    let found = &json["safe_leverage"][0];
    let (leverage, debt) = (found["leverage"].as_f64().unwrap(), found["loan_to_value"].as_f64().unwrap());
    assert!(leverage > 1.0 && (debt - (1.0 - 1.0 / leverage)).abs() < 1e-12, "{found}");
    // A loss that the miner has without any debt: no leverage, and none below 1 is looked at.
    let json = safe(&["--criterion", "expected-shortfall", "--max", "1%"]);
    let found = &json["safe_leverage"][0];
    assert_eq!(
        (found["leverage"].as_f64(), found["reason"].as_str()),
        (Some(0.0), Some("even without debt it is more"))
    );
    let csv = says(&[&["safe", FLEET, "--format", "csv"][..], &paths, &short].concat());
    assert!(csv.lines().next().unwrap().ends_with("loan_to_value"), "{csv}");
}

#[test]
fn the_coins_lender_caps_the_debt() {
    let text = says(&[
        "safe",
        COINS,
        "--paths",
        "300",
        "--set",
        "simulation.horizon=2d",
        "--max-probability",
        "50%",
    ]);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the lender of the coins would call at once"), "{text}");
}

#[test]
fn flags_of_positions_are_refused() {
    for (flags, key) in
        [(&["--entry", "61000"][..], "entry"), (&["--short"], "side"), (&["--quantity", "1"], "quantity")]
    {
        let words =
            [&format!("`{key}` is about a position, and this scenario is of a miner")[..], "--leverage"];
        refuses(&[&["run", FLEET][..], flags].concat(), &words);
    }
    refuses(&["run", FLEET, "--stop", "5%"], &["`policy` has no meaning with a miner"]);
}

/// Days and coins are no shares of the equity.
#[test]
fn days_under_water_and_coins_are_compared_in_their_units() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let common = ["run", FLEET, "--paths", "2000", "--leverage", "3"];
    says(&[&common[..], &["-o", &file("before.json")]].concat());
    says(&[&common[..], &["--set", "miner.cash=20%", "-o", &file("after.json")]].concat());
    let output = liqsim(&["compare", &file("before.json"), &file("after.json")]);
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |metric: &str| text.lines().find(|line| line.contains(metric)).unwrap_or_default().to_owned();
    assert!(row("underwater_days").contains(" d "), "{text}");
    assert!(!row("coins_mined").split('(').next().unwrap().contains('%'), "{text}");
}
