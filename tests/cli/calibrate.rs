//! `calibrate` as a user meets it: prices in, table or JSON and a scenario that runs out.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;

/// Three years of days with two regimes of volatility and a gap, a duplicate and a crossed bar.
fn prices() -> String {
    let mut rng = StdRng::seed_from_u64(1);
    let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
    let mut price: f64 = 20_000.0;
    for day in 0..1_100_i64 {
        let open = price;
        let volatility = if day / 60 % 3 == 0 { 0.05 } else { 0.02 };
        let z: f64 = StandardNormal.sample(&mut rng);
        price *= (volatility * z).exp();
        if day == 500 {
            continue;
        }
        let (high, low) = (open.max(price) * 1.005, open.min(price) * if day == 600 { 1.5 } else { 0.995 });
        let line = format!("{},{open:.2},{high:.2},{low:.2},{price:.2},1\n", 1_600_041_600 + 86_400 * day);
        text += &line;
        if day == 700 {
            text += &line;
        }
    }
    text
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("btc_usdt_1d.csv"), prices()).unwrap();
    folder
}

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

#[track_caller]
fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = liqsim(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn fail(folder: &Path, arguments: &[&str]) -> String {
    let output = liqsim(folder, arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_table_names_every_model_and_every_problem_of_the_file() {
    let folder = folder();
    let table = succeed(folder.path(), &["calibrate", "btc_usdt_1d.csv"]);
    for part in [
        "BTC · btc_usdt_1d.csv",
        "1100 rows; used 1099 bars of 1d",
        "gaps: 1 (nothing is filled in",
        "duplicates: 1 (left out)",
        "crossed bars: 1 (high and low widened",
        "gbm",
        "merton-mle",
        "kou",
        "garch-normal",
        "garch-t",
        "gjr-t",
        "regime",
        "heston",
        "Out of sample",
        "har takes no part",
        "with the best log score out of sample",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    // Volatility changes every 60 days: whoever knows one only is last.
    let json =
        succeed(folder.path(), &["calibrate", "btc_usdt_1d.csv", "--horizon", "7d", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let scores = json["out_of_sample"]["scores"].as_array().unwrap();
    assert_eq!(scores[0]["name"], json["chosen"]);
    let gbm = scores.iter().find(|score| score["name"] == "gbm").unwrap();
    assert!(gbm["behind"].as_f64().unwrap() > 0.0, "{scores:?}");
}

#[test]
fn a_file_too_short_for_forecasts_is_chosen_from_by_bic() {
    let folder = folder();
    let table = succeed(folder.path(), &["calibrate", "btc_usdt_1d.csv", "--horizon", "90d"]);
    for part in ["the file has room for 7 forecasts over 90d", "chosen by BIC", "with the smallest BIC"] {
        assert!(table.contains(part), "{part}: {table}");
    }
}

#[test]
fn json_holds_estimates_errors_and_tests() {
    let folder = folder();
    let text = succeed(
        folder.path(),
        &["calibrate", "btc_usdt_1d.csv", "--model", "garch", "--format", "json", "--describe"],
    );
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["bars"], 1099);
    assert_eq!(json["fits"][0]["name"], "garch-t");
    assert_eq!(json["fits"][0]["kind"], "garch");
    for key in ["omega", "alpha", "beta", "dof"] {
        assert!(json["fits"][0]["parameters"][key]["value"].as_f64().unwrap() > 0.0, "{key}");
    }
    assert!(json["fits"][0]["bic"].as_f64().unwrap() < 0.0);
    assert!(json["fits"][0]["tests"]["ljung_box"]["p_value"].as_f64().is_some());
    assert_eq!(json["volatilities"].as_array().unwrap().len(), 5);
    assert_eq!(json["problems"].as_array().unwrap().len(), 3);
    assert_eq!(json["hash"].as_str().unwrap().len(), 64);
}

/// Every model that this build can simulate is one command away from its history.
#[test]
fn calibrate_then_run_is_two_commands() {
    let folder = folder();
    let kinds = succeed(folder.path(), &["models"]);
    let mut ran = 0;
    for model in [
        "gbm",
        "merton",
        "kou",
        "garch",
        "garch-normal",
        "gjr",
        "gjr-normal",
        "heston",
        "bates",
        "regime",
        "hawkes",
        "auto",
    ] {
        for drift in ["zero", "estimate"] {
            let arguments =
                ["calibrate", "btc_usdt_1d.csv", "--model", model, "--drift", drift, "-o", "scenario.toml"];
            let output = liqsim(folder.path(), &arguments);
            if !output.status.success() {
                // There are few jumps in this history; that must be said.
                let message = String::from_utf8_lossy(&output.stderr).into_owned();
                assert!(
                    ["merton", "bates", "hawkes"].contains(&model) && message.contains("jumps were detected"),
                    "{message}"
                );
                continue;
            }
            let scenario = fs::read_to_string(folder.path().join("scenario.toml")).unwrap();
            assert!(scenario.contains("1100 rows, BLAKE3 "), "{scenario}");
            assert!(scenario.contains(" ± "), "{scenario}");
            let kind =
                scenario.lines().find_map(|line| line.strip_prefix("kind = ")).unwrap().trim_matches('"');
            if !kinds.contains(&format!("{kind}:")) {
                continue;
            }
            let result =
                succeed(folder.path(), &["run", "scenario.toml", "--paths", "2000", "--format", "json"]);
            let result: Value = serde_json::from_str(&result).unwrap();
            let levels = result["levels"].as_array().unwrap();
            let probability =
                |index: usize| levels[index]["liquidation_probability"]["value"].as_f64().unwrap();
            assert!(probability(6) > 0.5 && probability(6) > probability(3), "{result}");
            ran += 1;
        }
    }
    assert!(ran >= 2);
}

#[test]
fn the_drift_is_zero_unless_asked_for() {
    let folder = folder();
    let scenario = |drift: &[&str]| {
        let arguments = [&["calibrate", "btc_usdt_1d.csv", "--model", "gbm", "-o", "-"], drift].concat();
        succeed(folder.path(), &arguments)
    };
    let zero = scenario(&[]);
    assert!(zero.contains("\ndrift = 0.0\n") && zero.contains("none on purpose"), "{zero}");
    let estimate = scenario(&["--drift", "estimate"]);
    assert!(
        !estimate.contains("\ndrift = 0.0\n") && estimate.contains("asked for by --drift estimate"),
        "{estimate}"
    );
}

#[test]
fn the_range_and_the_interval_choose_the_bars() {
    let folder = folder();
    let describe = |extra: &[&str]| {
        let text = succeed(
            folder.path(),
            &[&["calibrate", "btc_usdt_1d.csv", "--describe", "--format", "json"], extra].concat(),
        );
        serde_json::from_str::<Value>(&text).unwrap()
    };
    // A day is included whole; a time is where bars must start before.
    let days = describe(&["--since", "2021-01-01", "--until", "2021-01-31"]);
    assert_eq!(
        (days["bars"].as_u64(), days["from"].as_str(), days["to"].as_str()),
        (Some(31), Some("2021-01-01"), Some("2021-01-31"))
    );
    let times = describe(&["--since", "2021-01-01", "--until", "2021-01-31T00:00:00Z"]);
    assert_eq!(times["bars"], 30);
    let joined = describe(&["--interval", "2d"]);
    assert_eq!(joined["interval"], "2d");
    assert!(joined.get("fits").is_none());
}

#[test]
fn prices_come_from_standard_input_as_well() {
    let folder = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_liqsim"))
        .args(["calibrate", "-", "--model", "gbm", "-o", "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(prices().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let scenario = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && scenario.contains("[assets.ASSET.model]"), "{scenario}");
}

#[test]
fn what_cannot_be_done_is_said_with_what_to_try() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("short.csv"), "timestamp,close\n2024-01-01,1\n2024-01-02,2\n").unwrap();
    let flat: String = (0..200).map(|day| format!("{},5\n", 1_600_041_600 + 86_400 * day)).collect();
    fs::write(path.join("flat.csv"), format!("timestamp,close\n{flat}")).unwrap();
    for (arguments, words) in [
        (vec!["calibrate", "none.csv"], "cannot read none.csv"),
        (vec!["calibrate", "short.csv"], "1 returns are too few to fit a model"),
        (vec!["calibrate", "flat.csv"], "the price never moves"),
        (
            vec!["calibrate", "btc_usdt_1d.csv", "--since", "2030-01-01"],
            "no bars are left between --since and --until",
        ),
        (vec!["calibrate", "btc_usdt_1d.csv", "--since", "soon"], "must be a year, a month, a day or a time"),
        (vec!["calibrate", "btc_usdt_1d.csv", "--interval", "1h"], "must be a whole multiple of the old"),
        (vec!["calibrate", "btc_usdt_1d.csv", "--model", "sabr"], "possible values: auto, gbm, merton"),
        (
            vec!["calibrate", "btc_usdt_1d.csv", "-o", "no/folder/x.toml", "--model", "gbm"],
            "cannot write no/folder/x.toml",
        ),
    ] {
        let message = fail(path, &arguments);
        assert!(message.contains(words), "{words}: {message}");
    }
}

/// Four hundred days of hours whose variance wanders.
fn hours() -> String {
    let mut rng = StdRng::seed_from_u64(4);
    let mut text = "timestamp,open,high,low,close\n".to_owned();
    let (mut price, mut log_variance): (f64, f64) = (20_000.0, 0.0);
    for hour in 0..400 * 24_i64 {
        let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
        log_variance = 0.995 * log_variance + 0.1 * draw();
        let open = price;
        price *= (0.006 * (0.5 * log_variance).exp() * draw()).exp();
        let (high, low) = (open.max(price) * 1.001, open.min(price) * 0.999);
        text += &format!("{},{open:.4},{high:.4},{low:.4},{price:.4}\n", 1_656_633_600 + 3_600 * hour);
    }
    text
}

#[test]
fn har_writes_numbers_and_past_days_that_need_no_history() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("btc_usdt_1h.csv"), hours()).unwrap();
    let arguments = ["calibrate", "btc_usdt_1h.csv", "--model", "har"];
    let table = succeed(folder.path(), &[&arguments[..], &["-o", "har.toml", "--horizon", "3d"]].concat());
    for part in ["intercept", "b90", "R² ", "Season of the variance", "har.toml and har-days.csv.gz"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let json: Value =
        serde_json::from_str(&succeed(folder.path(), &[&arguments[..], &["--format", "json"]].concat()))
            .unwrap();
    assert!(json["har"]["coefficients"]["b1"]["std_error"].as_f64().unwrap() > 0.0);
    // The page: hours and weekdays as bars, as high as their factors, and the coefficients of the table.
    succeed(folder.path(), &[&arguments[..], &["--html", "har.html"]].concat());
    let page = fs::read_to_string(folder.path().join("har.html")).unwrap();
    assert_eq!(page.matches("<rect ").count(), 24 + 7);
    let hours: Vec<f64> =
        json["har"]["season"]["hours"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    let most = hours.iter().copied().fold(0.0, f64::max);
    for (hour, factor) in hours.iter().enumerate() {
        assert!(page.contains(&format!("<title>{hour}:00 UTC: {factor:.2}</title>")), "{hour}");
    }
    assert!(
        page.contains(&format!("most {most:.2} at"))
            && page.contains("intercept")
            && !page.contains("<script")
    );
    let refused =
        fail(folder.path(), &["calibrate", "btc_usdt_1h.csv", "--model", "gbm", "--html", "gbm.html"]);
    assert!(refused.contains("only har has one"), "{refused}");
    let run = |file: &str| -> Value {
        let text = succeed(
            folder.path(),
            &["run", file, "--paths", "2000", "--set", "account.leverage=[10]", "--format", "json"],
        );
        serde_json::from_str(&text).unwrap()
    };
    let written = fs::read_to_string(folder.path().join("har.toml")).unwrap();
    let (start, rest) = written.split_once("days = ").unwrap();
    let (_, account) = rest.split_once("\n[account]").unwrap();
    let own = format!("{start}prices = \"btc_usdt_1h.csv\"\n[account]{account}");
    fs::write(folder.path().join("own.toml"), own).unwrap();
    let with_prices = run("own.toml");
    // What is drawn from whole past horizons is no count of independent paths.
    for (kind, method) in [("har", "counted"), ("scaled_history", "history"), ("forecast", "mixture")] {
        let text = fs::read_to_string(folder.path().join("own.toml")).unwrap();
        let text = text.replace("kind = \"har\"", &format!("kind = \"{kind}\""));
        fs::write(folder.path().join("kind.toml"), text).unwrap();
        let level = &run("kind.toml")["levels"][0];
        assert_eq!(level["liquidation_probability"]["method"], method);
        assert_eq!(level["mean_return"]["method"], method);
    }
    fs::remove_file(folder.path().join("btc_usdt_1h.csv")).unwrap();
    let alone = run("har.toml");
    let level = |result: &Value, key: &str| result["levels"][0][key]["value"].as_f64().unwrap();
    // The same draws on the same days, up to the digits of the file.
    assert_eq!(level(&alone, "liquidation_probability"), level(&with_prices, "liquidation_probability"));
    assert!((level(&alone, "mean_return") - level(&with_prices, "mean_return")).abs() < 1e-5);
    let short = fail(folder.path(), &["calibrate", "-", "--model", "har"]);
    assert!(!short.is_empty());
}

#[test]
fn a_network_is_estimated_beside_the_prices() {
    let folder = folder();
    let row = |day: i64| {
        let epoch = day / 14;
        let difficulty = 30e12 * (0.015 * epoch as f64 + 0.04 * ((epoch * 7) % 5) as f64).exp();
        format!("{},{difficulty:.0},{}\n", 1_600_041_600 + 86_400 * day, 20 + day % 9)
    };
    let rows: String = (0..1_100).map(row).collect();
    fs::write(folder.path().join("network.csv"), format!("time,difficulty,fees\n{rows}")).unwrap();
    let arguments = ["calibrate", "btc_usdt_1d.csv", "--network", "network.csv"];
    let table = succeed(folder.path(), &arguments);
    for part in ["growth", "response", "pass_through", "volatility", "[assets.BTC.network]", "fees = 0.1"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    let json: Value =
        serde_json::from_str(&succeed(folder.path(), &[&arguments[..], &["--format", "json"]].concat()))
            .unwrap();
    assert!(
        json["response"]["std_error"].as_f64().unwrap() > 0.0 && json["retargets"].as_u64().unwrap() > 60
    );
    succeed(folder.path(), &[&arguments[..], &["--model", "gbm", "-o", "net.toml"]].concat());
    assert!(fs::read_to_string(folder.path().join("net.toml")).unwrap().contains("[assets.BTC.network]"));
    let run = succeed(folder.path(), &["run", "net.toml", "--paths", "200"]);
    assert!(run.contains("Hashprice") || run.contains("hashprice"), "{run}");
    fs::write(folder.path().join("few.csv"), format!("time,difficulty\n{}", row(0) + &row(1))).unwrap();
    let error = fail(folder.path(), &["calibrate", "btc_usdt_1d.csv", "--network", "few.csv"]);
    assert!(error.contains("few.csv, line 2"), "{error}");
}
