//! Broken scenarios and what is said of them: each message names the place, the offending value and the remedy.

use std::fs;

use liqsim::scenario::{Problems, Source, load, parse};

/// A sound scenario that the cases below break with one edit each.
const SOUND: &str = r#"name = "BTC perpetual long, 30 days"

[simulation]
horizon = "30d"
paths = 1_000_000
seed = 1
monitoring = "continuous"

[assets.BTC]
price = 64_000.0

[assets.BTC.model]
kind = "merton"
drift = 0.0
volatility = 0.55
jumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }

[account]
equity = 10_000.0
margin = "isolated"
leverage = [1, 2, 3, 5, 10, 20]
venue = { contract = "linear", maintenance = "0.5%", max_leverage = 125, taker_fee = "5bp" }

[[account.positions]]
asset = "BTC"
side = "long"

[[limits]]
leverage = 5
metric = "liquidation_probability"
max = 0.25
"#;

const MAINTENANCE: &str = r#"maintenance = "0.5%", max_leverage = 125"#;

/// What is wrong, the text to replace, and what to put in its place.
#[rustfmt::skip]
const EDITS: &[(&str, &str, &str)] = &[
    // Keys and types.
    ("a misspelt key", "volatility = 0.55", "volatilty = 0.55"),
    ("a misspelt table", "[simulation]", "[simulaton]"),
    ("a key that is like no other", "seed = 1", "seed = 1\ncolour = \"red\""),
    ("a misspelt policy", "[[limits]]", "[policy]\nstop_los = { distance = \"8%\" }\n\n[[limits]]"),
    ("a missing key", "horizon = \"30d\"\n", ""),
    ("a missing key of an inline table", "rate = 20.0, ", ""),
    ("a missing table", "[[account.positions]]\nasset = \"BTC\"\nside = \"long\"\n", ""),
    ("jumps of a model without jumps", "kind = \"merton\"", "kind = \"gbm\""),
    ("text for a number", "price = 64_000.0", "price = \"high\""),
    ("a number in quotes", "price = 64_000.0", "price = \"64000\""),
    ("a fraction in quotes without a unit", "volatility = 0.55", "volatility = \"0.55\""),
    ("a ratio with an unknown unit", "taker_fee = \"5bp\"", "taker_fee = \"5 pips\""),
    ("a list for a number", "equity = 10_000.0", "equity = [10_000.0]"),
    ("a table for a list", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = { start = 1, to = 20, count = 5 }"),
    ("a boolean for a number", "drift = 0.0", "drift = true"),
    ("a date for a number", "drift = 0.0", "drift = 2026-01-01"),
    ("a number for a table", "jumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }", "jumps = 20"),
    ("a number for a word", "side = \"long\"", "side = 1"),
    ("a number for a name", "name = \"BTC perpetual long, 30 days\"", "name = 7"),
    // Numbers.
    ("not a number", "volatility = 0.55", "volatility = nan"),
    ("an infinity", "price = 64_000.0", "price = -inf"),
    ("a number too large for a double", "price = 64_000.0", "price = 1e999"),
    ("a negative volatility", "volatility = 0.55", "volatility = -0.55"),
    ("a volatility of zero", "volatility = 0.55", "volatility = 0"),
    ("a volatility in percent without a unit", "volatility = 0.55", "volatility = 55"),
    ("a drift beyond reason", "drift = 0.0", "drift = 1e6"),
    ("a negative jump rate", "rate = 20.0", "rate = -20.0"),
    ("a negative jump deviation", "std_dev = 0.05", "std_dev = -0.05"),
    ("a price of zero", "price = 64_000.0", "price = 0"),
    ("a negative equity", "equity = 10_000.0", "equity = -1"),
    // Simulation.
    ("zero paths", "paths = 1_000_000", "paths = 0"),
    ("a negative number of paths", "paths = 1_000_000", "paths = -5"),
    ("half a path", "paths = 1_000_000", "paths = 0.5"),
    ("paths in quotes", "paths = 1_000_000", "paths = \"1e6\""),
    ("paths beside precision", "paths = 1_000_000", "paths = 1_000_000\nprecision = \"1%\""),
    ("max_paths without precision", "paths = 1_000_000", "max_paths = 1_000_000"),
    ("a precision of zero", "paths = 1_000_000", "precision = 0"),
    ("a negative seed", "seed = 1", "seed = -1"),
    ("a seed beyond 64 bits", "seed = 1", "seed = 18446744073709551616"),
    ("a horizon of zero", "horizon = \"30d\"", "horizon = \"0d\""),
    ("a horizon without a unit", "horizon = \"30d\"", "horizon = 30"),
    ("a horizon with an unknown unit", "horizon = \"30d\"", "horizon = \"30 moons\""),
    ("a negative horizon", "horizon = \"30d\"", "horizon = \"-30d\""),
    ("a horizon beyond reason", "horizon = \"30d\"", "horizon = \"2000y\""),
    ("an unknown way of monitoring", "monitoring = \"continuous\"", "monitoring = \"contiguous\""),
    ("a monitoring interval of zero", "monitoring = \"continuous\"", "monitoring = \"0h\""),
    ("a monitoring interval beyond the horizon", "monitoring = \"continuous\"", "monitoring = \"60d\""),
    // Assets and models.
    ("an unknown kind of model", "kind = \"merton\"", "kind = \"mertn\""),
    ("a kind like no other", "kind = \"merton\"", "kind = \"lognormal\""),
    ("a kind that is no text", "kind = \"merton\"", "kind = 3"),
    ("a model without a kind", "kind = \"merton\"\n", ""),
    ("a step of no length", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"heston\"\ndrift = 0\nvariance = 0.3\nlong_run_variance = 0.3\nmean_reversion = 3\nvol_of_vol = 1\ncorrelation = -0.5\nstep = \"0h\"\n"),
    ("a correlation beyond 1", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"heston\"\ndrift = 0\nvariance = 0.3\nlong_run_variance = 0.3\nmean_reversion = 3\nvol_of_vol = 1\ncorrelation = -50\n"),
    ("jumps up that have no mean price", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"kou\"\ndrift = 0\nvolatility = 0.5\njumps = { rate = 20, up_probability = 0.4, up_mean = 1.2, down_mean = 0.05 }\n"),
    ("a rate of jumps that never calms down", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"hawkes\"\ndrift = 0\nvolatility = 0.5\njumps = { rate = 20, mean = 0, std_dev = 0.05, excitation = 300, decay = 200 }\n"),
    ("a variance that has no long run", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"garch\"\nlog_drift = 0\nstep = \"1d\"\nomega = 1e-5\nalpha = 0.2\nbeta = 0.85\n"),
    ("a weight of falls below zero", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"garch\"\nlog_drift = 0\nstep = \"1d\"\nomega = 1e-5\nalpha = 0.1\ngamma = -0.2\nbeta = 0.8\n"),
    ("a drift where only a log_drift exists", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"garch\"\ndrift = 0\nstep = \"1d\"\nomega = 1e-5\nalpha = 0.1\nbeta = 0.8\n"),
    ("rates that are no square matrix", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"regime\"\nstates = [{ drift = 0, volatility = 0.4 }, { drift = 0, volatility = 0.9 }]\nswitching_rates = [[0, 5], [5, 0, 1], [0, 0]]\n"),
    ("a row of rates that is too long, and a negative rate", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"regime\"\nstates = [{ drift = 0, volatility = 0.4 }, { drift = 0, volatility = 0.9 }]\nswitching_rates = [[0, -5], [5, 0, 1]]\n"),
    ("a diagonal that is not minus its row", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"regime\"\nstates = [{ drift = 0, volatility = 0.4 }, { drift = 0, volatility = 0.9 }]\nswitching_rates = [[-3, 5], [5, -5]]\n"),
    ("a start beyond the states", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"regime\"\nstates = [{ drift = 0, volatility = 0.4 }, { drift = 0, volatility = 0.9 }]\nswitching_rates = [[0, 5], [5, 0]]\nstart = 2\n"),
    ("a start whose probabilities are not 1", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"regime\"\nstates = [{ drift = 0, volatility = 0.4 }, { drift = 0, volatility = 0.9 }]\nswitching_rates = [[0, 5], [5, 0]]\nstart = [0.5, 0.4]\n"),
    ("no states", "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "kind = \"regime\"\nstates = []\nswitching_rates = []\n"),
    ("errors of a parameter that the model has not", "jumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "jumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\nerrors = { names = [\"volatility\", \"jump.rate\"], covariance = [[1e-4, 0], [0, 4]] }\n"),
    ("errors that no estimates have", "jumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "jumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\nerrors = { names = [\"volatility\", \"jumps.rate\"], covariance = [[1e-4, 0.03], [0.03, 4]] }\n"),
    ("errors that are asked for and not there", "[simulation]\n", "[simulation]\nparameter_errors = true\n"),
    ("pairs that are no pairs of assets", "[account]\n", "[correlation]\n\"BTC/BTC\" = 1\n\"BTC/ETH\" = 0.5\n\"BTC\" = 2\n\n[account]\n"),
    ("stress without its keys", "[account]\n", "[[assets.BTC.stress]]\nat = \"3d\"\n[[assets.BTC.stress]]\nfrom = \"3d\"\nto = \"2d\"\nvolatility_times = 2\n\n[account]\n"),
    ("no asset", "[assets.BTC]\nprice = 64_000.0\n\n[assets.BTC.model]\nkind = \"merton\"\ndrift = 0.0\nvolatility = 0.55\njumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }\n", "[assets]\n"),
    // Account.
    ("a misspelt side", "side = \"long\"", "side = \"lnog\""),
    ("a side like no other", "side = \"long\"", "side = \"buy\""),
    ("a position in no asset", "asset = \"BTC\"", "asset = \"BTCC\""),
    ("no position", "[[account.positions]]\nasset = \"BTC\"\nside = \"long\"\n", "positions = []\n"),
    ("a share of some positions only", "[[limits]]", "[[account.positions]]\nasset = \"BTC\"\nside = \"short\"\nshare = 0.5\n\n\n[[limits]]"),
    ("more collateral than there is", "[[limits]]", "[[account.positions]]\nasset = \"BTC\"\nside = \"short\"\ncollateral = \"120%\"\n\n\n[[limits]]"),
    ("no collateral left for the first position", "[[limits]]", "[[account.positions]]\nasset = \"BTC\"\nside = \"short\"\ncollateral = 1\n\n\n[[limits]]"),
    ("a hedge of an asset that is not held", "[[limits]]", "[policy]\nhedge = { share = \"50%\", asset = \"ETH\" }\n\n\n[[limits]]"),
    ("a hedge without a size", "[[limits]]", "[policy]\nhedge = { collateral = 0.2 }\n\n\n[[limits]]"),
    ("a step of the account without length", "seed = 1", "seed = 1\nstep = \"0h\""),
    ("a hedge too large for the account", "[[limits]]", "[policy]\nhedge = { share = \"4000%\" }\n\n[[limits]]"),
    ("no leverage", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = []"),
    ("a leverage of zero", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = [0, 2, -3, 5]"),
    ("text among the leverages", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = [1, \"2x\", 5]"),
    ("an infinite leverage", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = [5, inf]"),
    ("a leverage range of one", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = { from = 5, to = 20, count = 1 }"),
    ("a leverage range upside down", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = { from = 20, to = 5, count = 5 }"),
    ("a leverage above the venue's cap", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = [5, 150, 200]"),
    ("a leverage range above the venue's cap", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = { from = 5, to = 500, count = 40 }"),
    ("a leverage that is liquidated at entry", MAINTENANCE, r#"maintenance = "5%""#),
    ("a notional above the top tier", MAINTENANCE, "tiers = [{ up_to = 50_000, rate = 0.01 }, { up_to = 120_000, rate = 0.02 }]"),
    ("a leverage above the cap of every tier", MAINTENANCE, "tiers = [{ up_to = 50_000, rate = 0.01, max_leverage = 12 }, { rate = 0.02, max_leverage = 8 }]"),
    // Venue.
    ("an unknown venue", "venue = {", "venue = \"binance-usdm-btcusd\"\nsome = {"),
    ("a venue like no other", "venue = {", "venue = \"moon\"\nsome = {"),
    ("a venue file that is missing", "venue = {", "venue = \"terms/missing.toml\"\nsome = {"),
    ("a venue that is a number", "venue = {", "venue = 5\nsome = {"),
    ("spot margin without a level", "contract = \"linear\"", "contract = \"spot\""),
    ("spot margin with the terms of a contract", "contract = \"linear\", maintenance = \"0.5%\", max_leverage = 125", "contract = \"spot\", maintenance = \"1%\", maintenance_basis = \"entry\", margin_level = { call = 1.05, liquidation = 1.1 }"),
    ("a margin level of a contract", MAINTENANCE, "margin_level = { liquidation = 1.1 }"),
    ("two ways to write a margin level", "contract = \"linear\", maintenance = \"0.5%\"", "contract = \"spot\", margin_level = { liquidation = 1.1 }, loan = { call = \"85%\", liquidation = \"80%\" }"),
    ("a call after the liquidation", "contract = \"linear\", maintenance = \"0.5%\"", "contract = \"spot\", loan = { call = \"85%\", liquidation = \"80%\" }"),
    ("half the initial margin of an unknown leverage", MAINTENANCE, "rates = \"half_initial\""),
    ("half the initial margin beside rates", MAINTENANCE, "rates = \"half_initial\", tiers = [{ up_to = 100_000, rate = 0.01, max_leverage = 40 }, { rate = 0.02 }]"),
    ("tiers without rates", MAINTENANCE, "tiers = [{ up_to = 100_000, max_leverage = 40 }, { max_leverage = 20 }]"),
    ("an initial rate without its growth", MAINTENANCE, "maintenance = \"0.5%\", initial = \"2%\""),
    ("a partial liquidation of nothing", "taker_fee = \"5bp\"", "liquidation = { fee = \"1%\", partial = 0 }"),
    ("a contract like no other", "contract = \"linear\"", "contract = \"linaer\""),
    ("maintenance in percent without a unit", MAINTENANCE, "maintenance = 0.5, max_leverage = 125, close_fee = 5"),
    ("neither maintenance nor tiers", MAINTENANCE, "max_leverage = 125"),
    ("maintenance beside tiers", MAINTENANCE, "maintenance = \"0.5%\", tiers = [{ rate = 0.004 }]"),
    ("no tiers", MAINTENANCE, "tiers = []"),
    ("unsorted tiers", MAINTENANCE, "tiers = [{ up_to = 300_000, rate = 0.004 }, { up_to = 100_000, rate = 0.005 }, { up_to = 90_000, rate = 0.006 }]"),
    ("falling rates of tiers", MAINTENANCE, "tiers = [{ up_to = 300_000, rate = 0.004 }, { up_to = 800_000, rate = 0.003 }]"),
    ("an open tier before the last", MAINTENANCE, "tiers = [{ rate = 0.004 }, { up_to = 800_000, rate = 0.005 }]"),
    ("a deduction that does not belong", MAINTENANCE, "tiers = [{ rate = 0.004, deduction = 300 }]"),
    ("an unknown outcome of liquidation", "taker_fee = \"5bp\"", "liquidation = \"forfiet\""),
    ("a liquidation fee beyond reason", "taker_fee = \"5bp\"", "liquidation = { fee = 1.25 }"),
    // Limits.
    ("an unknown metric", "metric = \"liquidation_probability\"", "metric = \"liquidation_probabilty\""),
    ("an unknown quantile", "metric = \"liquidation_probability\"", "metric = \"return.quantiles.0.1\""),
    ("a limit without bounds", "max = 0.25\n", ""),
    ("a limit upside down", "max = 0.25", "min = 0.5\nmax = 0.25"),
    ("a limit for a leverage that is not computed", "leverage = 5\n", "leverage = 6\n"),
    // Syntax.
    ("a comma for thousands", "price = 64_000.0", "price = 64,000.0"),
    ("a ratio without quotes", "volatility = 0.55", "volatility = 55%"),
    ("text without quotes", "side = \"long\"", "side = long"),
    ("a key without a value", "seed = 1", "seed ="),
    ("a key alone", "seed = 1", "seed"),
    ("a text that is not closed", "horizon = \"30d\"", "horizon = \"30d"),
    ("a list that is not closed", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = [1, 2, 3, 5, 10, 20"),
    ("a table that is not closed", "std_dev = 0.05 }", "std_dev = 0.05"),
    ("a header that is not closed", "[account]", "[account"),
    ("a key given twice", "seed = 1", "seed = 1\nseed = 2"),
    ("a table given twice", "[[limits]]", "[simulation]\npaths = 3\n\n[[limits]]"),
    ("a colon for an equals sign", "seed = 1", "seed: 1"),
    ("a list over several lines that is not closed", "leverage = [1, 2, 3, 5, 10, 20]", "leverage = [\n    1,\n    2,\n"),
    ("a damaged header", "[account]", "[account settings]"),
    ("a syntax error beside a misspelt key", "price = 64_000.0", "price = 64,000.0\nprise = 3"),
];

fn problems_of(text: &str, overrides: &[&str]) -> Problems {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let problems =
        parse(Source::new("scenario.toml", text), &overrides).expect_err("a broken scenario was accepted");
    assert!(!problems.is_empty());
    problems
}

fn edited(old: &str, new: &str) -> String {
    assert_eq!(SOUND.matches(old).count(), 1, "{old:?} must occur exactly once");
    SOUND.replace(old, new)
}

#[test]
fn the_scenario_that_the_cases_start_from_is_sound() {
    if let Err(problems) = parse(Source::new("scenario.toml", SOUND), &[]) {
        panic!("{problems}");
    }
}

#[test]
fn every_broken_scenario_is_refused_with_its_message() {
    let mut all = String::new();
    for (wrong, old, new) in EDITS {
        all += &format!("## {wrong}\n\n{}\n\n", problems_of(&edited(old, new), &[]));
    }
    insta::assert_snapshot!("edits", all);
}

#[test]
fn every_message_has_a_place_and_a_remedy() {
    for (wrong, old, new) in EDITS {
        for problem in &problems_of(&edited(old, new), &[]) {
            assert!(problem.place.line_and_column().is_some(), "{wrong}: no place in {problem:?}");
            assert!(problem.help.is_some(), "{wrong}: no remedy in {problem:?}");
        }
    }
}

#[test]
fn broken_overrides_are_shown_in_the_option() {
    let mut all = String::new();
    for texts in [
        &["account.equity=-1"][..],
        &["account.equty=5000"],
        &["simulation.horizon=30"],
        &["account.positions.0.side=sideways"],
        &["account.positions.3.side=short"],
        &["account.positions.first.side=short"],
        &["account.equity.amount=5"],
        &["account.equity"],
        &["=5"],
        &["account..equity=5"],
        &["\"account=5"],
        &["account.equity="],
        &["account.leverage=[5, 500]"],
        &["account.leverage=[5, 50"],
        &["simulation.paths=10", "simulation.precision=1%"],
        &["simulation.paths=0", "simulation.seed=x"],
    ] {
        all += &format!("## {}\n\n{}\n\n", texts.join(" "), problems_of(SOUND, texts));
    }
    insta::assert_snapshot!("overrides", all);
}

#[test]
fn all_problems_of_a_file_are_reported_at_once() {
    let mut text = SOUND.to_owned();
    let edits = [
        ("horizon = \"30d\"", "horizon = \"0d\""),
        ("paths = 1_000_000", "paths = 0"),
        ("seed = 1", "sead = 1"),
        ("price = 64_000.0", "price = nan"),
        ("volatility = 0.55", "volatility = -0.55"),
        ("rate = 20.0, ", ""),
        ("equity = 10_000.0", "equity = \"lots\""),
        ("leverage = [1, 2, 3, 5, 10, 20]", "leverage = [1, 0, -2]"),
        ("maintenance = \"0.5%\"", "maintenance = \"0.5 percent\""),
        ("asset = \"BTC\"", "asset = \"ETH\""),
        ("side = \"long\"", "side = \"up\""),
        ("metric = \"liquidation_probability\"", "metric = \"probability\""),
        ("max = 0.25", "min = 2\nmax = 1"),
    ];
    for (old, new) in edits {
        assert_eq!(text.matches(old).count(), 1, "{old:?} must occur exactly once");
        text = text.replace(old, new);
    }
    let problems = problems_of(&text, &["account.margin=crossed"]);
    insta::assert_snapshot!("many", problems);
    // Every edit has its problem; the list of leverages has two, and its option one.
    assert_eq!(problems.len(), edits.len() + 2);
}

#[test]
fn several_syntax_errors_are_reported_at_once() {
    let text = SOUND
        .replace("64_000.0", "64,000.0")
        .replace("side = \"long\"", "side = long")
        .replace("seed = 1", "seed 1");
    insta::assert_snapshot!("syntax", problems_of(&text, &[]));
}

#[test]
fn files_that_are_no_scenario_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = String::new();
    let garbage: Vec<u8> =
        (0..10_000_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend("name = \"x\"\n".encode_utf16().flat_map(u16::to_le_bytes));
    let cases: [(&str, &[u8]); 9] = [
        ("empty.toml", b""),
        ("comments.toml", b"# nothing yet\n\n"),
        ("garbage.toml", &garbage),
        ("zeros.toml", &[0; 5000]),
        ("program.toml", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00"),
        ("latin1.toml", b"# ok\nname = \"caf\xe9\"\n"),
        ("utf16.toml", &utf16),
        ("prose.toml", b"Dear sir,\nplease find enclosed\nmy scenario.\n"),
        ("json.toml", b"{ \"simulation\": { \"horizon\": \"30d\" } }\n"),
    ];
    for (name, bytes) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let problems = load(&path, &[]).expect_err("no scenario was accepted");
        all += &format!("## {name}\n\n{problems}\n\n");
    }
    for path in [folder.path().join("missing.toml"), folder.path().to_path_buf()] {
        let problems = load(&path, &[]).expect_err("no scenario was accepted");
        all += &format!("## {}\n\n{problems}\n\n", if path.is_dir() { "a folder" } else { "missing.toml" });
    }
    insta::assert_snapshot!("files", all.replace(&folder.path().display().to_string(), "FOLDER"));
}

#[test]
fn problems_of_a_venue_file_are_shown_in_that_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("terms.toml"),
        "contract = \"linear\"\nmaintenence = 0.005\ntaker_fee = \"x\"\n",
    )
    .unwrap();
    fs::write(folder.path().join("damaged.toml"), "contract = linear\n").unwrap();
    let mut all = String::new();
    for name in ["terms.toml", "damaged.toml", "./missing.toml"] {
        let start = SOUND.find("venue = ").unwrap();
        let end = start + SOUND[start..].find('\n').unwrap();
        let path = folder.path().join("scenario.toml");
        fs::write(&path, format!("{}venue = \"{name}\"{}", &SOUND[..start], &SOUND[end..])).unwrap();
        all += &format!("## {name}\n\n{}\n\n", load(&path, &[]).expect_err("a broken venue was accepted"));
    }
    insta::assert_snapshot!("venue_files", all.replace(&folder.path().display().to_string(), "FOLDER"));
}

#[test]
fn long_lines_are_cut_and_many_problems_are_counted() {
    let long = format!("seed = 1 {}", "x".repeat(100_000));
    let mut many = SOUND.to_owned();
    for index in 0..500 {
        many += &format!("key{index} = {index}\n");
    }
    let shown = format!(
        "{}\n\n## many\n\n{}",
        problems_of(&SOUND.replace("seed = 1", &long), &[]),
        problems_of(&many, &[])
    );
    assert!(shown.len() < 20_000, "{} bytes", shown.len());
    assert!(shown.ends_with("... and 480 more problems"));
    insta::assert_snapshot!("long", &shown[..1500]);
}

#[test]
fn colours_are_the_callers_choice() {
    let problems = problems_of(&SOUND.replace("price", "prise"), &[]);
    assert!(problems.render(true, 100).contains("\u{1b}["));
    assert!(!problems.render(false, 100).contains("\u{1b}["));
}
