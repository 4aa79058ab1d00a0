//! Accounts that share simulated paths have the results of runs of their own, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::AtomicBool;

use liqsim::engine::{Progress, RunOptions, path_key};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::study::{RunError, run_levels as run, run_sharing};

const MODELS: [&str; 5] = [
    r#"{ kind = "gbm", drift = 0.1, volatility = 0.8 }"#,
    r#"{ kind = "merton", drift = 0.1, volatility = 0.5, jumps = { rate = 60.0, mean = -0.02, std_dev = 0.08 } }"#,
    r#"{ kind = "heston", drift = 0.0, variance = 0.4, long_run_variance = 0.36, mean_reversion = 10.0, vol_of_vol = 2.0, correlation = -0.5 }"#,
    r#"{ kind = "garch", log_drift = 0.0, step = "12h", omega = 2e-5, alpha = 0.1, beta = 0.85, dof = 5.0 }"#,
    r#"{ kind = "regime", states = [{ drift = 0.0, volatility = 0.4 }, { drift = -0.2, volatility = 1.2 }], switching_rates = [[-20.0, 20.0], [40.0, -40.0]], start = 0 }"#,
];

/// Accounts on one asset; those of a line that need the same bars come after each other.
const ACCOUNTS: [&str; 10] = [
    r#"leverage = [2, 5, 20], venue = { contract = "linear", maintenance = 0.005 }, positions = [{ asset = "X", side = "long" }]"#,
    r#"leverage = [3, 7], venue = { contract = "linear", maintenance = 0.01, taker_fee = "5bp" }, positions = [{ asset = "X", side = "short" }]"#,
    r#"leverage = [1, 10], venue = { contract = "inverse", maintenance = 0.004 }, positions = [{ asset = "X", side = "short" }]"#,
    r#"leverage = [4, 40], venue = "binance-usdm-btcusdt", positions = [{ asset = "X", side = "long" }]"#,
    r#"leverage = [2, 9], venue = { contract = "linear", maintenance = 0.005, funding = { rate = "3bp", every = "8h" } }, positions = [{ asset = "X", side = "long" }]"#,
    r#"leverage = [3, 8], venue = { contract = "linear", maintenance = 0.005, funding = { rate = "-3bp", every = "8h" } }, positions = [{ asset = "X", side = "short" }]"#,
    r#"leverage = [2, 9], venue = { contract = "linear", maintenance = 0.005 }, funding = { model = "ou", mean = "1bp", reversion = 300.0, volatility = "2%", correlation = 0.5, initial = "1bp", every = "8h" }, positions = [{ asset = "X", side = "long" }]"#,
    r#"leverage = [5, 15], venue = { contract = "linear", maintenance = 0.01 }, funding = { model = "ou", mean = "2bp", reversion = 100.0, volatility = "1%", correlation = -0.5, initial = "0bp", every = "8h" }, positions = [{ asset = "X", side = "short" }]"#,
    "leverage = [4, 12], venue = { contract = \"linear\", maintenance = 0.005 }, positions = [{ asset = \"X\", side = \"long\" }] }\npolicy = { stop_loss = { distance = \"6%\", slippage = \"10bp\" }",
    "leverage = [3, 6], venue = { contract = \"linear\", maintenance = 0.01 }, positions = [{ asset = \"X\", side = \"short\" }] }\npolicy = { take_profit = { distance = \"9%\" }",
];

fn scenario(simulation: &str, assets: &str, account: &str) -> Scenario {
    let text = format!(
        "name = \"sharing\"\nsimulation = {{ horizon = \"5d\", seed = 3, {simulation} }}\n{assets}\naccount = {{ equity = 1_000.0, margin = \"isolated\", {account} }}\n"
    );
    parse(Source::new("sharing.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn options(stop: &AtomicBool) -> RunOptions<'_> {
    RunOptions { threads: Some(2), stop, progress: &|_: Progress| {} }
}

/// Runs every scenario on its own and in the groups that share paths; gives the sizes of these.
fn assert_same_bytes(scenarios: Vec<Scenario>) -> Vec<usize> {
    let stop = AtomicBool::new(false);
    let mut groups: BTreeMap<String, Vec<Scenario>> = BTreeMap::new();
    for scenario in scenarios {
        groups.entry(path_key(&scenario).unwrap()).or_default().push(scenario);
    }
    for group in groups.values() {
        let shared = run_sharing(group, &options(&stop)).unwrap();
        assert_eq!(shared.len(), group.len());
        for (scenario, shared) in group.iter().zip(&shared) {
            let alone = run(scenario, &options(&stop)).unwrap();
            assert_eq!(
                serde_json::to_string(shared).unwrap(),
                serde_json::to_string(&alone).unwrap(),
                "{:?}",
                scenario.account
            );
        }
    }
    let mut sizes: Vec<usize> = groups.values().map(Vec::len).collect();
    sizes.sort_unstable();
    sizes
}

/// 3000 paths are two blocks and a part of one.
fn every_account(model: &str, monitoring: &str) -> Vec<usize> {
    let simulation = format!("paths = 3_000, monitoring = \"{monitoring}\", sampling = \"pseudo\"");
    let assets = format!("assets.X = {{ price = 100.0, model = {model} }}");
    // Funding cannot be correlated with recorded bars.
    let is_recorded = model.contains("bootstrap");
    let accounts = ACCOUNTS.iter().filter(|account| !(is_recorded && account.contains("correlation")));
    assert_same_bytes(accounts.map(|account| scenario(&simulation, &assets, account)).collect())
}

#[test]
fn all_accounts_under_continuous_monitoring() {
    for model in MODELS {
        let sizes = every_account(model, "continuous");
        // Four that only the price moves, four with funding every eight hours, two with a policy.
        assert_eq!(sizes, [2, 4, 4], "{model}");
    }
}

#[test]
fn all_accounts_under_discrete_monitoring() {
    for model in MODELS {
        let sizes = every_account(model, "1h");
        // Funding that follows the price keeps paths from taking several looks at once.
        assert_eq!(sizes, [2, 2, 2, 4], "{model}");
    }
}

#[test]
fn recorded_bars_and_their_two_extremes() {
    let prices = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/prices/btc-usdt-1h-2022-11.csv");
    let model = format!(r#"{{ kind = "bootstrap", prices = "{prices}", block = "1d" }}"#);
    assert_eq!(every_account(&model, "continuous"), [2, 2, 4]);
}

#[test]
fn several_assets_and_positions() {
    let assets = format!(
        "assets.X = {{ price = 100.0, model = {} }}\nassets.Y = {{ price = 7.0, model = {} }}\ncorrelation = {{ \"X/Y\" = 0.6 }}",
        MODELS[1], MODELS[2]
    );
    let positions = r#"positions = [{ asset = "X", side = "long", share = 0.5 }, { asset = "Y", side = "short", share = 0.5 }]"#;
    let account = |leverage: &str, maintenance: f64| {
        format!(
            "leverage = {leverage}, venue = {{ contract = \"linear\", maintenance = {maintenance} }}, {positions}"
        )
    };
    let simulation = "paths = 1_500, step = \"6h\"";
    let mut scenarios = vec![
        scenario(simulation, &assets, &account("[2, 5]", 0.005)),
        scenario(simulation, &assets, &account("[3, 9]", 0.02)),
    ];
    scenarios.extend(ACCOUNTS[..3].iter().map(|account| scenario(simulation, &assets, account)));
    scenarios.push(scenario(simulation, &assets, &ACCOUNTS[0].replace("\"X\"", "\"Y\"")));
    let sizes = assert_same_bytes(scenarios);
    assert_eq!(sizes.iter().sum::<usize>(), 6);
    assert!(sizes.contains(&2), "{sizes:?}");
}

/// Some stop at once because nets answer for them, others need more paths or run out of them.
#[test]
fn precision_and_nets() {
    let assets = format!("assets.X = {{ price = 100.0, model = {} }}", MODELS[1]);
    let accounts = &ACCOUNTS[..4];
    let of = |simulation: &str| -> Vec<Scenario> {
        accounts.iter().map(|account| scenario(simulation, &assets, account)).collect()
    };
    assert_eq!(assert_same_bytes(of("paths = 20_000, sampling = \"auto\"")), [4]);
    let simulation = "precision = \"3%\", max_paths = 100_000";
    assert_eq!(assert_same_bytes(of(&format!("{simulation}, sampling = \"pseudo\""))), [4]);
    let assets = format!("assets.X = {{ price = 100.0, model = {} }}", MODELS[2]);
    let rare =
        accounts.iter().map(|account| scenario("paths = 5_000, sampling = \"auto\"", &assets, account));
    assert_eq!(assert_same_bytes(rare.collect()), [4]);
    let mut mixed = of(&format!("{simulation}, sampling = \"auto\""));
    mixed.extend(of(&format!("{simulation}, sampling = \"pseudo\"")));
    // Paths that nets lead are others than independent ones.
    assert_eq!(assert_same_bytes(mixed), [4, 4]);
}

#[test]
fn other_paths_are_not_shared() {
    let assets = |model: &str| format!("assets.X = {{ price = 100.0, model = {model} }}");
    let one = scenario("paths = 1_000", &assets(MODELS[0]), ACCOUNTS[0]);
    let others = [
        scenario("paths = 1_001", &assets(MODELS[0]), ACCOUNTS[0]),
        scenario("paths = 1_000", &assets(MODELS[1]), ACCOUNTS[0]),
        scenario("paths = 1_000, monitoring = \"1h\"", &assets(MODELS[0]), ACCOUNTS[0]),
        scenario("paths = 1_000", &assets(MODELS[0]), ACCOUNTS[4]),
        {
            let mut other = one.clone();
            other.simulation.seed += 1;
            other
        },
    ];
    let stop = AtomicBool::new(false);
    for other in others {
        assert_ne!(path_key(&one).unwrap(), path_key(&other).unwrap());
        let refused = run_sharing(&[one.clone(), other], &options(&stop));
        assert!(matches!(refused, Err(RunError::DifferentPaths)));
    }
}

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn cells_of_a_sweep_are_those_of_single_sweeps() {
    let folder = tempfile::tempdir().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/model-garch.toml");
    let text = fs::read_to_string(file).unwrap();
    let sweep = "\n[sweep]\n\"account.venue\" = [\"binance-usdm-btcusdt\", \"flat-0.5pct\", \"bybit-linear-btcusdt\"]\n\"simulation.seed\" = [1, 2]\n";
    fs::write(folder.path().join("all.toml"), format!("{text}{sweep}")).unwrap();
    fs::write(folder.path().join("one.toml"), text).unwrap();
    let all = liqsim(folder.path(), &["sweep", "all.toml", "-o", "all", "--paths", "3000"]);
    assert!(all.status.success(), "{}", String::from_utf8_lossy(&all.stderr));
    for venue in ["binance-usdm-btcusdt", "flat-0.5pct", "bybit-linear-btcusdt"] {
        for seed in ["1", "2"] {
            let set = format!("account.venue=\"{venue}\"");
            let arguments =
                ["sweep", "one.toml", "-o", "one", "--paths", "3000", "--seed", seed, "--set", &set];
            assert!(liqsim(folder.path(), &arguments).status.success());
        }
    }
    let cells = |name: &str| -> BTreeMap<_, _> {
        let files = fs::read_dir(folder.path().join(name).join("cells")).unwrap();
        files
            .map(|file| file.unwrap())
            .map(|file| (file.file_name(), fs::read(file.path()).unwrap()))
            .collect()
    };
    assert_eq!(cells("all").len(), 6);
    assert_eq!(cells("all"), cells("one"));
}
