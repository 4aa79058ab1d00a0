//! Sound scenarios in their many spellings, options, identities, and the schema.

use std::fs;

use liqsim::market::Duration;
use liqsim::model::{Gbm, Jumps, Merton, Model};
use liqsim::result::LevelResult;
use liqsim::scenario::{
    Monitoring, PathBudget, PreciseMetric, Scenario, Source, catalogue_venue, is_metric, load, metrics,
    parse, schema,
};
use liqsim::venue::{Contract, Liquidation, MaintenanceBasis, Side, TierRule, catalogue_names};
use serde_json::{Value, json};

const SCENARIO: &str = r#"
[simulation]
horizon = "30d"

[assets.BTC]
price = 64_000
model = { kind = "gbm", drift = 0, volatility = "60%" }

[account]
equity = 10_000.0
leverage = [5, 2, 2.0, 10]
venue = { contract = "linear", maintenance = "0.5%" }
positions = [{ asset = "BTC", side = "long" }]
"#;

fn read(text: &str, overrides: &[&str]) -> Scenario {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    parse(Source::new("folder/my scenario.toml", text), &overrides)
        .unwrap_or_else(|problems| panic!("{problems}"))
}

fn with(overrides: &[&str]) -> Scenario {
    read(SCENARIO, overrides)
}

fn days(days: u64) -> Duration {
    Duration::from_seconds(days * 86_400)
}

#[test]
fn what_is_left_out_has_its_default() {
    let scenario = with(&[]);
    assert_eq!(scenario.name, "my scenario");
    assert_eq!(scenario.simulation.horizon, days(30));
    assert_eq!(scenario.simulation.paths, PathBudget::Fixed(1_000_000));
    assert_eq!(scenario.simulation.seed, 1);
    assert_eq!(scenario.simulation.monitoring, Monitoring::Continuous);
    assert_eq!(scenario.assets[0].model, Model::Gbm(Gbm { drift: 0.0, volatility: 0.6 }));
    assert_eq!(scenario.account.leverage, [2.0, 5.0, 10.0]);
    assert_eq!(scenario.account.positions[0].side, Side::Long);
    assert!(scenario.limits.is_empty());
    let venue = scenario.account.venue;
    assert_eq!(
        (venue.name.as_str(), venue.contract, venue.rule),
        ("inline", Contract::Linear, TierRule::Marginal)
    );
    assert_eq!((venue.close_fee, venue.taker_fee, venue.liquidation), (0.0, 0.0, Liquidation::Forfeit));
    assert_eq!(venue.maintenance_basis, MaintenanceBasis::Mark);
    assert_eq!((venue.tiers[0].up_to, venue.tiers[0].rate), (f64::INFINITY, 0.005));
}

#[test]
fn the_contract_s_own_example_is_read() {
    let text = r#"
        name = "BTC perpetual long, 30 days"
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
        leverage = [1, 2, 3, 5, 10, 20, 50, 100]
        venue = "binance-usdm-btcusdt"
        [[account.positions]]
        asset = "BTC"
        side = "long"
        [[limits]]
        leverage = 5
        metric = "liquidation_probability"
        max = 0.25
    "#;
    // At leverage 100 the notional of a million is in the tier that allows 75: a note of the result, not a problem.
    let scenario = read(text, &[]);
    let problems =
        parse(Source::new("example.toml", text), &["account.leverage=[151]".to_owned()]).unwrap_err();
    assert!(problems.to_string().contains("leverage 151 is above the venue's cap of 150"), "{problems}");
    let jumps = Jumps { rate: 20.0, mean: -0.01, std_dev: 0.05 };
    assert_eq!(scenario.assets[0].model, Model::Merton(Merton { drift: 0.0, volatility: 0.55, jumps }));
    assert_eq!(scenario.account.venue.tiers.len(), 12);
    assert_eq!(scenario.limits[0].leverage, Some(5.0));
}

#[test]
fn numbers_have_several_spellings() {
    for (spelling, seconds) in [("36h", 129_600), ("1d12h", 129_600), ("1.5d", 129_600), ("90m", 5_400)] {
        let horizon = with(&[&format!("simulation.horizon={spelling}")]).simulation.horizon;
        assert_eq!(horizon.seconds(), seconds, "{spelling}");
    }
    for spelling in ["0.0005", "5bp", "'5 bp'", "0.05%", "5e-4"] {
        let fee = with(&["account.venue.taker_fee=0", &format!("account.venue.taker_fee={spelling}")]);
        assert_eq!(fee.account.venue.taker_fee, 0.0005, "{spelling}");
    }
    for spelling in ["1000000", "1_000_000", "1e6", "1000000.0", "0xF4240"] {
        let paths = with(&[&format!("simulation.paths={spelling}")]).simulation.paths;
        assert_eq!(paths, PathBudget::Fixed(1_000_000), "{spelling}");
    }
    assert_eq!(with(&["simulation.seed=18446744073709551615"]).simulation.seed, u64::MAX);
}

#[test]
fn leverage_is_a_list_a_number_or_a_range() {
    let levels = |text: &str| with(&[&format!("account.leverage={text}")]).account.leverage;
    assert_eq!(levels("7"), [7.0]);
    assert_eq!(levels("[3, 1, 2.5, 3]"), [1.0, 2.5, 3.0]);
    assert_eq!(levels("{ from = 1, to = 100, count = 3 }"), [1.0, 10.0, 100.0]);
    assert_eq!(levels("{ from = 1, to = 3, count = 3 }"), [1.0, 1.73205, 3.0]);
}

#[test]
fn the_number_of_paths_or_their_precision_can_be_given() {
    let precise = with(&["simulation.precision=1%"]).simulation.paths;
    assert_eq!(
        precise,
        PathBudget::Precision { relative: 0.01, metric: PreciseMetric::default(), max_paths: 100_000_000 }
    );
    let capped = with(&["simulation.precision=0.02", "simulation.max_paths=1e7"]).simulation.paths;
    assert_eq!(
        capped,
        PathBudget::Precision { relative: 0.02, metric: PreciseMetric::default(), max_paths: 10_000_000 }
    );
}

#[test]
fn an_option_takes_the_place_of_the_other_way_to_say_how_many_paths() {
    let fixed = SCENARIO.replace("[assets.BTC]", "paths = 5\n[assets.BTC]");
    let precise = SCENARIO.replace("[assets.BTC]", "precision = 0.1\nmax_paths = 7\n[assets.BTC]");
    let precision =
        PathBudget::Precision { relative: 0.01, metric: PreciseMetric::default(), max_paths: 100_000_000 };
    assert_eq!(read(&fixed, &["simulation.precision=1%"]).simulation.paths, precision);
    assert_eq!(read(&precise, &["simulation.paths=9"]).simulation.paths, PathBudget::Fixed(9));
}

#[test]
fn monitoring_is_at_every_instant_or_at_an_interval() {
    assert_eq!(with(&["simulation.monitoring=continuous"]).simulation.monitoring, Monitoring::Continuous);
    let hourly = Monitoring::Every(Duration::from_seconds(3_600));
    assert_eq!(with(&["simulation.monitoring=1h"]).simulation.monitoring, hourly);
    assert_eq!(with(&["simulation.monitoring=7d"]).simulation.monitoring, Monitoring::Every(days(7)));
}

#[test]
fn options_set_keys_list_items_and_tables_that_are_not_there() {
    let scenario = with(&[
        "name = Test run",
        "account.positions.0.side=short",
        "\"assets\".'BTC'.price = 1.5",
        "account.venue.liquidation.fee=1.25%",
        "limits=[{ metric = 'mean_return', min = 0 }]",
    ]);
    assert_eq!(scenario.name, "Test run");
    assert_eq!(scenario.account.positions[0].side, Side::Short);
    assert_eq!(scenario.assets[0].price, 1.5);
    assert_eq!(
        scenario.account.venue.liquidation,
        Liquidation::Close { fee: 0.0125, slippage: 0.0, partial: None }
    );
    assert_eq!(scenario.limits[0].min, Some(0.0));
    let bare = SCENARIO.replace("[simulation]\nhorizon = \"30d\"\n", "");
    assert_eq!(read(&bare, &["simulation.horizon=2d"]).simulation.horizon, days(2));
}

#[test]
fn tiers_get_the_deductions_that_make_the_requirement_continuous() {
    let tiers = "[{ up_to = 50_000, rate = '0.4%', max_leverage = 125 }, { up_to = 250_000, rate = '0.5%' }, { rate = 0.01 }]";
    let text = SCENARIO.replace("maintenance = \"0.5%\"", &format!("tiers = {tiers}"));
    let venue = read(&text, &[]).account.venue;
    // Binance's published maintenance amounts for these bands: 50 = 50,000·0.1 %, 1,300 = 250,000·0.5 % + 50.
    let deductions: Vec<f64> = venue.tiers.iter().map(|tier| tier.deduction.round()).collect();
    assert_eq!(deductions, [0.0, 50.0, 1300.0]);
    assert_eq!(venue.tiers[0].max_leverage, 125.0);
    assert_eq!(venue.tiers[2].up_to, f64::INFINITY);
    let whole = read(&text, &["account.venue.rule=whole"]).account.venue;
    assert!(whole.tiers.iter().all(|tier| tier.deduction == 0.0));
}

#[test]
fn every_venue_of_the_catalogue_is_read_and_can_be_used() {
    assert!(!catalogue_names().is_empty());
    for name in catalogue_names() {
        let listed = catalogue_venue(name).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(listed.venue.name, *name);
        assert!(listed.title.is_some() && listed.source.is_some() && listed.as_of.is_some(), "{name}");
        // An equity of 1 is small in coins as in dollars.
        let scenario = with(&[&format!("account.venue={name}"), "account.equity=1", "account.leverage=[2]"]);
        assert_eq!(scenario.account.venue, listed.venue);
    }
    let problems = catalogue_venue("binance-usdm-btcusd").unwrap_err().to_string();
    assert!(problems.contains("did you mean `binance-usdm-btcusdt`?"), "{problems}");
}

#[test]
fn a_venue_file_is_looked_up_from_the_folder_of_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("venues")).unwrap();
    let terms = "title = \"Mine\"\ncontract = \"linear\"\nmaintenance = \"1%\"\nmax_leverage = 20\ntaker_fee = \"10bp\"\n";
    fs::write(folder.path().join("venues/mine.toml"), terms).unwrap();
    let path = folder.path().join("scenario.toml");
    fs::write(&path, SCENARIO).unwrap();
    let scenario = load(&path, &["account.venue=venues/mine.toml".to_owned()]).unwrap();
    assert_eq!(scenario.name, "scenario");
    assert_eq!(
        (scenario.account.venue.name.as_str(), scenario.account.venue.taker_fee),
        ("venues/mine.toml", 0.001)
    );
    assert_eq!(scenario.account.venue.tiers[0].max_leverage, 20.0);
}

#[test]
fn line_ends_and_byte_order_marks_do_not_matter() {
    let windows = format!("\u{feff}{}", SCENARIO.replace('\n', "\r\n"));
    assert_eq!(read(&windows, &[]), with(&[]));
    let broken = windows.replace("price", "prise");
    let problems = parse(Source::new("scenario.toml", broken), &[]).unwrap_err();
    let misspelt = problems.iter().next().unwrap();
    assert_eq!(misspelt.place.line_and_column(), Some((6, 1)));
    let first = "\u{feff}naame = \"x\"\n".to_owned() + SCENARIO;
    let problems = parse(Source::new("scenario.toml", first), &[]).unwrap_err();
    assert_eq!(problems.iter().next().unwrap().place.line_and_column(), Some((1, 1)));
    assert!(problems.to_string().contains("scenario.toml:1:1"), "{problems}");
}

#[test]
fn columns_are_counted_in_characters() {
    let text = SCENARIO
        .replace("price = 64_000", "\"prïce\" = 64_000")
        .replace("side = \"long\"", "side = \"löng\", x = 1");
    let problems = parse(Source::new("scenario.toml", text.as_str()), &[]).unwrap_err();
    let columns: Vec<_> = problems.iter().filter_map(|problem| problem.place.line_and_column()).collect();
    let line = text.lines().last().unwrap();
    let column = 1 + line.split("x = 1").next().unwrap().chars().count();
    assert!(columns.contains(&(13, column)), "{columns:?}");
    assert!(problems.to_string().contains(&format!("scenario.toml:13:{column}")), "{problems}");
}

#[test]
fn the_identity_covers_what_determines_the_result_and_nothing_else() {
    let base = with(&[]).identity();
    assert_eq!(base.len(), 32);
    assert!(base.bytes().all(|byte| byte.is_ascii_hexdigit()));
    for same in [
        "name=Other",
        "simulation.seed=1",
        "simulation.horizon=720h",
        "simulation.paths=1e6",
        "account.leverage=[2, 5, 10]",
        "account.venue.maintenance=0.005",
        "limits=[{ metric = 'mean_return', min = 0 }]",
    ] {
        assert_eq!(with(&[same]).identity(), base, "{same}");
    }
    let mut seen = vec![base];
    for other in [
        "simulation.seed=2",
        "simulation.horizon=31d",
        "simulation.paths=1000",
        "simulation.precision=1%",
        "simulation.monitoring=1h",
        "assets.BTC.price=64001",
        "assets.BTC.model.volatility=0.61",
        "assets.BTC.model={ kind = 'merton', drift = 0, volatility = 0.6, jumps = { rate = 0, mean = 0, std_dev = 0 } }",
        "account.equity=1",
        "account.leverage=[2, 5]",
        "account.positions.0.side=short",
        "account.venue.maintenance=0.006",
        "account.venue.max_leverage=50",
        "account.venue.taker_fee=1bp",
        "account.venue.close_fee=1bp",
        "account.venue.rule=whole",
        "account.venue.maintenance_basis=entry",
        "account.venue.liquidation.fee=1%",
    ] {
        let identity = with(&[other]).identity();
        assert!(!seen.contains(&identity), "{other}");
        seen.push(identity);
    }
}

/// A level of a result, as a run would write it.
fn level() -> Value {
    let estimate = json!({ "value": 0.1, "std_error": 0.1, "low": 0.1, "high": 0.1 });
    let cost = json!({ "mean": estimate, "p05": 0.1, "p50": 0.1, "p95": 0.1 });
    let quantiles =
        ["0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99"].map(|name| (name.to_owned(), json!(0.1)));
    let level = json!({
        "leverage": 2.0, "liquidation_price": 1.0, "bankruptcy_price": 1.0,
        "liquidation_probability": estimate, "loss_probability": estimate, "mean_return": estimate, "bad_debt": estimate,
        "time_to_liquidation_days": { "mean": 1.0, "std_error": 1.0, "p05": 1.0, "p50": 1.0, "p95": 1.0 },
        "return": { "std_dev": 1.0, "skewness": 1.0, "kurtosis": 1.0, "quantiles": Value::Object(quantiles.into_iter().collect()) },
        "value_at_risk": { "0.95": estimate, "0.99": estimate },
        "expected_shortfall": { "0.95": estimate, "0.99": estimate },
        "kelly": { "fraction": 0.1, "log_growth": 0.1 },
        "exits": { "horizon": estimate, "liquidated": estimate, "stopped": estimate, "target": estimate,
            "called": estimate, "expired": estimate },
        "costs": { "fees": cost, "funding": cost, "interest": cost, "slippage": cost, "liquidation": cost,
            "options": cost },
        "margin_calls": { "probability": estimate, "number": estimate, "money": estimate, "share_met": 1.0 },
        "partial_liquidations": { "probability": estimate, "number": estimate },
        "max_drawdown": { "0.5": estimate, "0.75": estimate, "0.95": estimate, "0.99": estimate },
    });
    // Through the type, so that a key the result no longer has, or has anew, fails here.
    serde_json::to_value(serde_json::from_value::<LevelResult>(level).unwrap()).unwrap()
}

fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value.as_object() {
        Some(object) => {
            for (key, value) in object {
                leaves(value, &format!("{path}.{key}"), found);
            }
        }
        None => found.push(path.trim_start_matches('.').to_owned()),
    }
}

#[test]
fn limits_can_name_every_number_of_a_level_of_the_result() {
    let mut keys = Vec::new();
    leaves(&level(), "", &mut keys);
    // Curves over time and spreads of costs are for reports.
    let for_reports = |key: &str| {
        let last = key.rsplit('.').next().unwrap_or(key);
        ["leverage", "survival", "equity_over_time", "share_met", "method"].contains(&last)
            || (key.starts_with("costs") && ["p05", "p50", "p95"].contains(&last))
    };
    for key in keys.iter().filter(|key| !for_reports(key)) {
        assert!(is_metric(key), "{key}");
    }
    // Of a miner alone.
    let of_miners = |metric: &str| {
        [
            "default_",
            "time_to_default",
            "coin_liquidation",
            "margin_call_",
            "underwater",
            "coins_mined",
            "start",
        ]
        .iter()
        .any(|prefix| metric.starts_with(prefix))
    };
    for metric in metrics().filter(|metric| !of_miners(metric)) {
        let value = format!("{metric}.value");
        assert!(keys.iter().any(|key| key == metric || *key == value), "{metric} is not in the result");
    }
    for other in [
        "",
        ".value",
        "value",
        "leverage",
        "kelly",
        "kelly.fraction.value",
        "mean_return.mean",
        "mean_return.value.low",
    ] {
        assert!(!is_metric(other), "{other}");
    }
}

/// What of JSON Schema the scenario's schema uses; the path of the first mismatch.
fn mismatch(schema: &Value, value: &Value, path: &str) -> Option<String> {
    let wrong = |what: &str| Some(format!("{path}: {what}"));
    if let Some(alternatives) = schema.get("anyOf").or(schema.get("oneOf")).and_then(Value::as_array) {
        let fitting = alternatives.iter().filter(|one| mismatch(one, value, path).is_none()).count();
        let is_fine = if schema.get("oneOf").is_some() { fitting == 1 } else { fitting > 0 };
        return if is_fine { None } else { wrong("no alternative fits") };
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return wrong("is another constant");
    }
    if schema.get("enum").is_some_and(|words| !words.as_array().unwrap().contains(value)) {
        return wrong("is not among the words");
    }
    if let Some(types) = schema.get("type") {
        let name = match value {
            Value::Object(_) => "object",
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Number(_) => "number",
            _ => "other",
        };
        let fits = |wanted: &Value| {
            wanted == name
                || (wanted == "integer" && value.as_f64().is_some_and(|number| number.fract() == 0.0))
        };
        if !types.as_array().map_or_else(|| fits(types), |types| types.iter().any(fits)) {
            return wrong("is of another type");
        }
    }
    if let Some(number) = value.as_f64() {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        if bound("minimum").is_some_and(|low| number < low)
            || bound("exclusiveMinimum").is_some_and(|low| number <= low)
            || bound("maximum").is_some_and(|high| number > high)
        {
            return wrong("is out of range");
        }
    }
    if let Some(object) = value.as_object() {
        for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !object.contains_key(key.as_str().unwrap()) {
                return wrong(&format!("has no {key}"));
            }
        }
        for (key, value) in object {
            let inner = format!("{path}.{key}");
            let property = schema.get("properties").and_then(|properties| properties.get(key));
            match property.or(schema.get("additionalProperties")) {
                None | Some(Value::Bool(false)) => return Some(format!("{inner}: is unknown")),
                Some(schema) => {
                    if let Some(found) = mismatch(schema, value, &inner) {
                        return Some(found);
                    }
                }
            }
        }
    }
    let items = value.as_array().into_iter().flatten().enumerate();
    items.filter_map(|(index, item)| mismatch(&schema["items"], item, &format!("{path}[{index}]"))).next()
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    let schema = schema();
    let tiers =
        "tiers = [{ up_to = 1e5, rate = '0.4%', max_leverage = 125 }, { rate = 0.01 }], rule = 'whole'";
    let merton = "{ kind = \"merton\", drift = '5%', volatility = 0.5, jumps = { rate = 20, mean = -0.01, std_dev = '5%' } }";
    for (old, new) in [
        ("", ""),
        ("[simulation]", "name = 'x'\n[simulation]"),
        ("horizon = \"30d\"", "horizon = \"30d\"\npaths = 10\nseed = 7\nmonitoring = \"1h\""),
        (
            "horizon = \"30d\"",
            "horizon = \"30d\"\nprecision = \"1%\"\nmax_paths = 1e9\nmonitoring = \"continuous\"",
        ),
        ("{ kind = \"gbm\", drift = 0, volatility = \"60%\" }", merton),
        ("[5, 2, 2.0, 10]", "{ from = 1, to = 10, count = 5 }"),
        ("[5, 2, 2.0, 10]", "5"),
        ("{ contract = \"linear\", maintenance = \"0.5%\" }", "'flat-0.5pct'"),
        ("maintenance = \"0.5%\"", tiers),
        (
            "maintenance = \"0.5%\"",
            "maintenance = 0.01, max_leverage = 20, maintenance_basis = 'entry', close_fee = '5bp', liquidation = { fee = '1%' }",
        ),
        (
            "maintenance = \"0.5%\"",
            "maintenance = 0.01, liquidation = 'forfeit', title = 't', settlement = 's', source = 's', as_of = 'd', unconfirmed = 'u'",
        ),
        (
            "side = \"long\" }]",
            "side = \"short\" }]\nmargin = 'isolated'\n[[limits]]\nleverage = 5\nmetric = 'mean_return'\nmin = '-5%'\nmax = 1",
        ),
    ] {
        assert!(SCENARIO.contains(old), "{old}");
        let text = SCENARIO.replacen(old, new, 1);
        read(&text, &[]);
        assert_eq!(mismatch(&schema, &as_json(&text), ""), None, "{text}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema = schema();
    for (old, new) in [
        ("horizon", "horizn"),
        ("horizon = \"30d\"", ""),
        ("horizon = \"30d\"", "horizon = 30"),
        ("\"gbm\"", "\"mertn\""),
        ("drift = 0,", ""),
        ("drift = 0,", "drift = 0, jumps = 1,"),
        ("\"60%\"", "-0.6"),
        ("64_000", "0"),
        ("[5, 2, 2.0, 10]", "[5, 0]"),
        ("[5, 2, 2.0, 10]", "{ from = 1, to = 10 }"),
        ("\"linear\"", "\"lin\""),
        ("maintenance", "maintenence"),
        ("\"long\"", "\"up\""),
    ] {
        let text = SCENARIO.replacen(old, new, 1);
        assert!(parse(Source::new("scenario.toml", text.as_str()), &[]).is_err(), "{text}");
        assert!(mismatch(&schema, &as_json(&text), "").is_some(), "{text}");
    }
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn check(schema: &Value, path: &str, keys: &mut usize) {
        for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            *keys += 1;
            let description = property.get("description").and_then(Value::as_str).unwrap_or_default();
            assert!(description.len() > 10, "{path}.{key} is described as {description:?}");
            check(property, &format!("{path}.{key}"), keys);
        }
        for inner in ["additionalProperties", "items"] {
            if let Some(inner) = schema.get(inner) {
                check(inner, path, keys);
            }
        }
        for key in ["anyOf", "oneOf"] {
            for one in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
                check(one, path, keys);
            }
        }
    }
    let mut keys = 0;
    check(&schema(), "", &mut keys);
    assert!(keys > 50, "{keys} keys");
}

#[test]
fn a_limit_of_the_file_rests_while_an_override_has_other_levels() {
    let text = include_str!("../../scenarios/btc-perp-30d.toml");
    assert!(!read(text, &[]).limits.is_empty());
    assert!(read(text, &["account.leverage=[4, 6]"]).limits.iter().all(|limit| limit.leverage.is_none()));
}
