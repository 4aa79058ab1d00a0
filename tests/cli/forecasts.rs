//! Forecasts from recorded hours as a user meets them: `risk`, the kinds in a scenario, the walk through a history.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;

/// Hours of a random walk of 60 % volatility, with a wick on both sides of every bar.
fn prices(days: i64) -> String {
    seeded_prices(days, 2)
}

fn seeded_prices(days: i64, seed: u64) -> String {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
    let mut price: f64 = 20_000.0;
    for hour in 0..24 * days {
        let open = price;
        let z: f64 = StandardNormal.sample(&mut rng);
        price *= (0.6 / 8760.0_f64.sqrt() * z).exp();
        let (high, low) = (1.002 * open.max(price), 0.998 * open.min(price));
        text += &format!("{},{open:.2},{high:.2},{low:.2},{price:.2},1\n", 1_600_041_600 + 3600 * hour);
    }
    text
}

fn folder(days: i64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("btc_usdt_1h.csv"), prices(days)).unwrap();
    folder
}

fn liqsim(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(line.split(' ')).current_dir(folder).output().unwrap()
}

fn done(folder: &Path, line: &str) -> String {
    let output = liqsim(folder, line);
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(folder: &Path, line: &str) -> String {
    let output = liqsim(folder, line);
    assert_eq!(output.status.code(), Some(2), "{line}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn risk_answers_in_a_sentence_and_writes_what_it_ran() {
    let folder = folder(450);
    let line =
        "risk BTC --prices btc_usdt_1h.csv --leverage 5,20 --for 3d --paths 20000 --format json -o what.toml";
    let json: Value = serde_json::from_str(&done(folder.path(), line)).unwrap();
    let answer = json["answer"].as_str().unwrap();
    assert!(
        answer.starts_with("Over the next 3 days from ") && answer.contains("a 20x long is liquidated with"),
        "{answer}"
    );
    assert!(json["assumptions"].as_str().unwrap().contains("binance-usdm-btcusdt"));
    let record = &json["forecast"]["track_record"];
    assert_eq!(json["forecast"]["model"], "forecast");
    assert_eq!(json["forecast"]["bars"], 450 * 24);
    for key in ["forecasts", "independent_horizons", "inside", "cells"] {
        assert!(record[key].is_number(), "{key}: {record}");
    }
    // The scenario that was written gives the same numbers.
    let again: Value = serde_json::from_str(&done(folder.path(), "run what.toml --format json")).unwrap();
    assert_eq!(again["levels"][0]["liquidation_probability"], json["levels"][0]["liquidation_probability"]);
    // A random walk from here: 20x is about 4.5 % from liquidation, three days move 5.4 %.
    let probability = json["levels"][1]["liquidation_probability"]["value"].as_f64().unwrap();
    assert!((0.25..0.6).contains(&probability), "{probability}");
}

#[test]
fn every_kind_runs_with_flows_stops_and_monitoring() {
    let folder = folder(420);
    for kind in ["har", "scaled-history", "forecast"] {
        done(folder.path(), &format!("init --model {kind} --prices btc_usdt_1h.csv --force -o s.toml"));
        for set in [
            "simulation.horizon=36h",
            "simulation.monitoring=1h",
            "account.funding={rate=\"1bp\",every=\"8h\"}",
            "policy.stop_loss={distance=\"4%\"}",
        ] {
            let line =
                format!("run s.toml --paths 3000 --format json --set simulation.horizon=7d --set {set}");
            let json: Value = serde_json::from_str(&done(folder.path(), &line)).unwrap();
            let levels = json["levels"].as_array().unwrap();
            let of = |level: &Value| level["liquidation_probability"]["value"].as_f64().unwrap();
            assert!(
                levels.windows(2).all(|pair| of(&pair[0]) <= of(&pair[1]) + 0.02),
                "{kind} {set}: {levels:?}"
            );
        }
        let text = refused(folder.path(), "run s.toml --set simulation.monitoring=30m");
        assert!(text.contains("cannot be looked at every 30m"), "{text}");
    }
}

#[test]
fn a_walk_writes_every_forecast_and_its_scores() {
    let folder = folder(430);
    done(folder.path(), "init -o s.toml");
    let line = "replay btc_usdt_1h.csv s.toml --horizons 1d,3d --every 25h --paths 500 --format json -o f.csv --walk-forward";
    let json: Value = serde_json::from_str(&done(folder.path(), line)).unwrap();
    let scores = json["scores"].as_array().unwrap();
    assert_eq!(scores.len(), 6);
    for row in scores {
        for key in ["brier_skill", "log_gain", "slope", "intercept", "inside", "cells", "low_ratio"] {
            assert!(!row[key].is_null() || key == "low_ratio", "{key}: {row}");
        }
    }
    let text = fs::read_to_string(folder.path().join("f.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("asset,model,entry,horizon_days,side,leverage,probability,liquidated"));
    let first = lines.next().unwrap();
    assert!(first.starts_with("BTC,har,2021-09-14T00:00:00Z,1,long,1,"), "{first}");
    let total: u64 = scores.iter().map(|row| row["forecasts"].as_u64().unwrap()).sum();
    assert_eq!(text.lines().count() as u64, total + 1);
    // The same bytes on any number of threads.
    let again = done(folder.path(), &line.replace("--format", "--threads 1 --format"));
    assert_eq!(serde_json::from_str::<Value>(&again).unwrap(), json);
}

const PAIR: &str = r#"
name = "pair"
simulation = { horizon = "2d", paths = 500 }
assets.BTC = { price = 20_000.0, model = { kind = "gbm", drift = 0.0, volatility = 0.6 } }
assets.ETH = { price = 1_000.0, model = { kind = "gbm", drift = 0.0, volatility = 0.6 } }
correlation = { "BTC/ETH" = 0.5 }
account = { equity = 1_000.0, margin = "cross", leverage = [5, 20, 40], venue = "flat-0.5pct", positions = [
    { asset = "BTC", side = "long", share = 0.5 }, { asset = "ETH", side = "short", share = 0.5 } ],
    funding = { model = "ou", mean = "1bp", reversion = 50.0, volatility = "1%", every = "8h" } }
"#;

#[test]
fn a_replay_of_several_assets_takes_a_file_for_each() {
    let folder = folder(430);
    fs::write(folder.path().join("other.csv"), seeded_prices(430, 3)).unwrap();
    fs::write(folder.path().join("eth_usdt_4h.csv"), seeded_prices(430, 3)).unwrap();
    fs::write(folder.path().join("pair.toml"), PAIR).unwrap();
    let line = "replay btc_usdt_1h.csv eth=other.csv pair.toml --format json";
    let json: Value = serde_json::from_str(&done(folder.path(), line)).unwrap();
    let levels = json["levels"].as_array().unwrap();
    assert_eq!(levels[0]["starts"], 429 * 24 - 24);
    assert!(levels[2]["realised"]["value"].as_f64().unwrap() > 0.1, "{levels:?}");
    let notes = json["notes"].to_string();
    assert!(notes.contains("losing side at once") && notes.contains("draws rates of its own"), "{notes}");
    // Found by its name, in the other order.
    let other = "replay eth_usdt_4h.csv btc_usdt_1h.csv pair.toml --format json";
    let other: Value = serde_json::from_str(&done(folder.path(), other)).unwrap();
    assert_eq!(other["levels"], json["levels"]);
    for (line, part) in [
        ("replay btc_usdt_1h.csv pair.toml", "no file says that it is of ETH"),
        ("replay btc_usdt_1h.csv BTC=other.csv pair.toml", "two files are of BTC"),
        (
            "replay btc_usdt_1h.csv ETH=other.csv other.csv pair.toml",
            "is of no asset of the scenario, which holds BTC, ETH",
        ),
        (
            "replay btc_usdt_1h.csv ETH=other.csv pair.toml --models gbm --walk-forward",
            "by har, scaled_history and forecast alone",
        ),
        (
            "replay btc_usdt_1h.csv ETH=other.csv pair.toml --whole-account --walk-forward 60d",
            "--whole-account goes with",
        ),
    ] {
        let text = refused(folder.path(), line);
        assert!(text.contains(part) && text.contains("help:"), "{line}\n{text}");
    }
    let walk = "replay btc_usdt_1h.csv ETH=other.csv pair.toml --every 200h --paths 100 --format json -o f.csv --walk-forward";
    let json: Value = serde_json::from_str(&done(folder.path(), walk)).unwrap();
    assert_eq!(json["scores"].as_array().unwrap().len(), 3);
    let text = fs::read_to_string(folder.path().join("f.csv")).unwrap();
    assert!(text.lines().nth(1).unwrap().starts_with("BTC+ETH,har,2021-09-14T00:00:00Z,2,long,5,"), "{text}");
    // Eight entries in 63 days, three models, three levels.
    assert_eq!(text.lines().count(), 1 + 8 * 3 * 3, "{text}");
    let window = "replay btc_usdt_1h.csv ETH=other.csv pair.toml --paths 200 --every 20d --format json --walk-forward 60d";
    let json: Value = serde_json::from_str(&done(folder.path(), window)).unwrap();
    assert_eq!(json["levels"][0]["starts"], 19);
}

#[test]
fn what_cannot_be_forecast_says_what_would_help() {
    let folder = folder(300);
    let short = refused(folder.path(), "risk BTC --prices btc_usdt_1h.csv --leverage 5 --for 3d");
    assert!(short.contains("at least 365 are needed"), "{short}");
    let unknown = refused(folder.path(), "risk NOCOIN --leverage 5 --for 3d");
    assert!(unknown.contains("BTC, DOGE, ETH, SOL") && unknown.contains("--prices"), "{unknown}");
    let shipped = done(folder.path(), "risk SOL --leverage 3 --for 7d --paths 5000");
    assert!(shipped.contains("not today's volatility"), "{shipped}");
}

#[test]
fn risk_without_a_leverage_shows_the_usual_ones_and_the_safe_one() {
    let folder = folder(1);
    let shown = done(folder.path(), "risk SOL --for 7d --paths 5000");
    for said in ["Opened at ", "Safe leverage by probability of liquidation", " 2x ", "10x ", "20x "] {
        assert!(shown.contains(said), "{said}\n{shown}");
    }
    let stopped = done(folder.path(), "risk SOL --for 7d --stop 8% --paths 5000");
    assert!(stopped.contains("  Stopped  "), "{stopped}");
    // A venue that lends up to 3x.
    let few = done(folder.path(), "risk BTC --for 7d --paths 5000 --venue binance-spot-margin-3x");
    assert!(few.contains(" 2x ") && !few.contains(" 5x "), "{few}");
}

/// Two coins that moved alike draw the same past days: a long of the one and a short of the other are liquidated less often than two longs.
#[test]
fn two_coins_draw_the_same_days_and_nothing_else_is_mixed_in() {
    let folder = folder(430);
    // The same way of the price: whoever is long the one and short the other has next to nothing.
    fs::write(folder.path().join("eth_usdt_1h.csv"), prices(430)).unwrap();
    let text = |kinds: [&str; 2], sides: [&str; 2]| {
        let asset = |name: &str, kind: &str, file: &str| {
            let model = match kind {
                "gbm" => "{ kind = \"gbm\", drift = 0.0, volatility = 0.6 }".to_owned(),
                kind => format!("{{ kind = \"{kind}\", prices = \"{file}\" }}"),
            };
            format!("[assets.{name}]\nprice = 100.0\nmodel = {model}\n")
        };
        let position = |name: &str, side: &str| {
            format!("[[account.positions]]\nasset = \"{name}\"\nside = \"{side}\"\n")
        };
        format!(
            "[simulation]\nhorizon = \"3d\"\npaths = 4000\n{}{}[account]\nequity = 1000\nmargin = \"cross\"\nleverage = [20]\n\
             venue = \"flat-0.5pct\"\n{}{}",
            asset("BTC", kinds[0], "btc_usdt_1h.csv"),
            asset("ETH", kinds[1], "eth_usdt_1h.csv"),
            position("BTC", sides[0]),
            position("ETH", sides[1]),
        )
    };
    let probability = |kind: &str, sides: [&str; 2]| {
        fs::write(folder.path().join("two.toml"), text([kind, kind], sides)).unwrap();
        let json: Value = serde_json::from_str(&done(folder.path(), "run two.toml --format json")).unwrap();
        let notes = json["notes"].as_array().unwrap();
        assert!(notes.iter().any(|note| note["code"] == "shared_past"), "{notes:?}");
        json["levels"][0]["liquidation_probability"]["value"].as_f64().unwrap()
    };
    for kind in ["har", "scaled_history", "forecast"] {
        let (same, against) = (probability(kind, ["long", "long"]), probability(kind, ["long", "short"]));
        assert!(same > 0.2 && against < 0.02, "{kind}: {same} {against}");
    }
    for (kinds, words) in
        [(["har", "forecast"], "do not draw the same past days"), (["har", "gbm"], "`ETH` (`gbm`)")]
    {
        fs::write(folder.path().join("two.toml"), text(kinds, ["long", "long"])).unwrap();
        let error = refused(folder.path(), "run two.toml");
        assert!(error.contains(words), "{error}");
    }
    fs::write(folder.path().join("two.toml"), text(["har", "har"], ["long", "long"])).unwrap();
    let error = refused(folder.path(), "run two.toml --set correlation={\"BTC/ETH\"=0.5}");
    assert!(error.contains("no driver that another asset could be correlated with"), "{error}");
}

#[test]
fn pages_show_how_forecasts_came_true() {
    let folder = folder(450);
    done(
        folder.path(),
        "risk BTC --prices btc_usdt_1h.csv --leverage 20 --for 1d --paths 5000 --html risk.html",
    );
    let page = fs::read_to_string(folder.path().join("risk.html")).unwrap();
    assert!(page.contains("\"kind\":\"record\"") && page.contains("\"reliability\":[{"));
    assert!(page.contains("Over the next ") && page.contains("kind = &quot;forecast&quot;"));
    done(folder.path(), "init -o s.toml");
    let line = "replay btc_usdt_1h.csv s.toml --horizons 1d,3d --paths 200 --models har,gbm -o walk.html -o f.csv --walk-forward";
    let table = done(folder.path(), line);
    assert!(table.contains("har") && table.contains("gbm") && !table.contains("scaled_history,"), "{table}");
    let page = fs::read_to_string(folder.path().join("walk.html")).unwrap();
    assert!(page.contains("\"model\":\"gbm\"") && page.contains("Forecasts of har"));
    let text = fs::read_to_string(folder.path().join("f.csv")).unwrap();
    assert!(text.contains("BTC,gbm,") && !text.contains("NaN"));
    let line = "replay btc_usdt_1h.csv s.toml --horizons 1d --paths 500 --walk-forward 400d -o window.html --set \
                assets.BTC.model={kind=\"gbm\",drift=0.0,volatility=0.6}";
    done(folder.path(), line);
    assert!(fs::read_to_string(folder.path().join("window.html")).unwrap().contains("\"kind\":\"record\""));
}
