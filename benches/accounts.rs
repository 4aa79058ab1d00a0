//! What an account costs, the price being the same: blocks of paths over 30 days at 10 levels, as ratios to an account that only the price
//! moves. `cargo bench --bench accounts`; processor time of one thread, medians of interleaved rounds.
//!
//! With `LIQSIM_OLD` naming an older program, both programs then run the matrix as scenario files, one thread, sampling "pseudo": every model
//! with the plain account, at every instant and hourly, and every account under gbm. Their processor times stand side by side:
//! `LIQSIM_OLD=path/to/liqsim cargo bench --bench accounts`.

// A report on standard output is what this program is for.
#![allow(clippy::print_stdout)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::clock::{Work, children_seconds, interleaved, median};
use common::straightforward::{Law, simulate};
use common::{GBM, levels, merton};
use liqsim::engine::{BLOCK_LANES, Plan, Worker};
use liqsim::scenario::{Source, parse};

const ROUNDS: usize = 9;
/// Seconds of each round of each work.
const LEAST: f64 = 0.05;
/// Paths of the straightforward loop in a round.
const NAIVE_PATHS: u64 = 2_000;
/// Paths of both programs in their first run, and the processor seconds that the older one is given in those that are compared: the clock of
/// finished programs has steps of a hundredth of a second.
const PATHS: u64 = 20_000;
const SECONDS: f64 = 0.5;
const MOST_PATHS: u64 = 20_000_000;
/// Runs of each program.
const RUNS: usize = 5;
/// The models that programs are compared on, with an hour as the step of those that have one.
const MODELS: [(&str, &str); 8] = [
    ("gbm", GBM),
    (
        "merton",
        "kind = \"merton\"\ndrift = 0.0\nvolatility = 0.6\njumps = { rate = 20.0, mean = -0.02, std_dev = 0.05 }",
    ),
    (
        "kou",
        "kind = \"kou\"\ndrift = 0.0\nvolatility = 0.6\njumps = { rate = 20.0, up_probability = 0.5, up_mean = 0.03, down_mean = 0.04 }",
    ),
    (
        "heston",
        "kind = \"heston\"\ndrift = 0.0\nvariance = 0.36\nlong_run_variance = 0.36\nmean_reversion = 5.0\nvol_of_vol = 1.5\n\
         correlation = -0.5",
    ),
    (
        "bates",
        "kind = \"bates\"\ndrift = 0.0\nvariance = 0.36\nlong_run_variance = 0.36\nmean_reversion = 5.0\nvol_of_vol = 1.5\n\
         correlation = -0.5\njumps = { rate = 20.0, mean = -0.02, std_dev = 0.05 }",
    ),
    (
        "garch",
        "kind = \"garch\"\nlog_drift = 0.0\nstep = \"1h\"\nomega = 1e-6\nalpha = 0.08\nbeta = 0.9\ndof = 5.0",
    ),
    (
        "regime",
        "kind = \"regime\"\nstates = [{ drift = 0.0, volatility = 0.4 }, { drift = 0.0, volatility = 1.0 }]\n\
         switching_rates = [[0.0, 96.0], [224.0, 0.0]]",
    ),
    (
        "hawkes",
        "kind = \"hawkes\"\ndrift = 0.0\nvolatility = 0.6\n\
         jumps = { mean = -0.01, std_dev = 0.04, rate = 38.0, excitation = 244.0, decay = 1494.0 }",
    ),
];

const FLAT: &str = r#"{ contract = "linear", maintenance = 0.005 }"#;
const TIERED: &str = r#""binance-usdm-btcusdt""#;
const PARTIAL: &str =
    r#"{ contract = "linear", maintenance = 0.005, liquidation = { fee = 0, partial = "20%" } }"#;

/// An account to be measured: the economics are those of the plain one where the name says `idle` or `share`.
struct Case {
    name: &'static str,
    venue: &'static str,
    /// Lines before the account (further assets), and after its venue.
    assets: &'static str,
    account: &'static str,
    positions: &'static str,
}

const LONG: &str = r#"positions = [{ asset = "X", side = "long" }]"#;

impl Case {
    const fn of(name: &'static str, account: &'static str) -> Self {
        Self { name, venue: FLAT, assets: "", account, positions: LONG }
    }

    fn text(&self, model: &str, simulation: &str) -> String {
        let Self { venue, assets, account, positions, .. } = self;
        let leverage = levels(10);
        format!(
            "[simulation]\nhorizon = \"30d\"\n{simulation}\n[assets.X]\nprice = 100.0\n[assets.X.model]\n{model}\n{assets}\n\
             [account]\nequity = 1000.0\nleverage = {leverage:?}\nvenue = {venue}\n{positions}\n{account}\n"
        )
    }

    fn plan(&self, model: &str) -> Plan {
        match parse(Source::new("bench.toml", self.text(model, "")), &[]) {
            Ok(scenario) => Plan::new(&scenario).expect("the venue allows every level"),
            Err(problems) => panic!("{}", problems.render(false, 100)),
        }
    }
}

/// The matrix: the plain account first.
fn cases() -> Vec<Case> {
    const OTHER: &str = "[assets.Y]\nprice = 10.0\nmodel = { kind = \"gbm\", drift = 0.0, volatility = 0.6 }";
    const CROSS: &str = r#"margin = "cross""#;
    let mut cases = vec![
        Case::of("plain", ""),
        Case::of("funding, constant, 8h", r#"funding = { rate = "1bp", every = "8h" }"#),
        Case::of("funding, constant, 1h", r#"funding = { rate = "0.1bp", every = "1h" }"#),
        Case::of(
            "funding, mean-reverting, 8h",
            r#"funding = { model = "ou", mean = "1bp", reversion = 235, volatility = 0.0019, correlation = 0.1 }"#,
        ),
        Case {
            venue: TIERED,
            ..Case::of("funding, constant, 8h, twelve tiers", r#"funding = { rate = "1bp", every = "8h" }"#)
        },
        Case::of("interest, hourly", r#"borrow = { rate = "10%" }"#),
        Case::of("interest, hours begun", r#"borrow = { rate = "10%", compounding = "simple" }"#),
        Case::of("interest, every instant", r#"borrow = { rate = "10%", compounding = "continuous" }"#),
        Case::of(
            "funding, 8h, and interest, hourly",
            "funding = { rate = \"1bp\", every = \"8h\" }\nborrow = { rate = \"10%\" }",
        ),
        Case::of("idle policy", "[policy]\nexit_after = \"30d\""),
        Case {
            positions: r#"positions = [{ asset = "X", side = "long", share = 0.999999 }]"#,
            ..Case::of("share 0.999999", "")
        },
        Case { assets: OTHER, ..Case::of("idle second asset", "") },
        Case {
            positions: r#"positions = [{ asset = "X", side = "long" }, { asset = "X", side = "long" }]"#,
            ..Case::of("two halves, cross", CROSS)
        },
        Case {
            positions: r#"positions = [{ asset = "X", side = "long", share = 1 }, { asset = "X", side = "short", share = 0.3 }]"#,
            ..Case::of("long and short, cross", CROSS)
        },
        Case {
            assets: OTHER,
            positions: r#"positions = [{ asset = "X", side = "long", share = 1 }, { asset = "Y", side = "short", share = 0.3 }]"#,
            ..Case::of("two assets, isolated, funding", r#"funding = { rate = "1bp", every = "8h" }"#)
        },
    ];
    for (name, policy) in [
        ("stop_loss", r#"stop_loss = { distance = "8%" }"#),
        ("take_profit", r#"take_profit = { distance = "20%" }"#),
        ("trailing_stop", r#"trailing_stop = { distance = "10%" }"#),
        ("margin_call", "margin_call = { level = 1.5, target = 3, reserve = 500 }"),
        ("deleverage", r#"deleverage = { target = 5, every = "1d" }"#),
        ("add_margin", r#"add_margin = { amount = 50, every = "7d" }"#),
        (
            "protective_put",
            r#"protective_put = { strike = "90%", expiry = "30d", implied_volatility = 0.6 }"#,
        ),
    ] {
        let policy: &'static str = Box::leak(format!("[policy]\n{policy}").into_boxed_str());
        cases.push(Case::of(name, policy));
    }
    cases.push(Case { venue: PARTIAL, ..Case::of("partial liquidation", "") });
    cases
}

fn main() {
    // `cargo test --benches` runs this too; it is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    // The straightforward loop, which runs on the pool of the calling thread, gets one thread.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let _pool = pool.expect("a pool of one thread");
    for (name, model) in [("gbm", GBM.to_owned()), ("merton, 20 a year", merton(20.0))] {
        in_this_process(name, &model);
    }
    if let Some(old) = std::env::var_os("LIQSIM_OLD") {
        beside(Path::new(&old));
    }
    miners();
}

/// Fleets on credit over 18 months, and pledged coins over 6, by path and day; 100,000 paths of the first on two cores.
fn miners() {
    const DAYS: [f64; 2] = [540.0, 180.0];
    let texts = [
        include_str!("../scenarios/miner-fleet-on-credit-540d.toml"),
        include_str!("../scenarios/miner-coin-loan-180d.toml"),
    ];
    let plans = texts.map(|text| match parse(Source::new("bench.toml", text.to_owned()), &[]) {
        Ok(scenario) => Plan::new(&scenario).expect("the miner can start at every level"),
        Err(problems) => panic!("{}", problems.render(false, 100)),
    });
    let mut works = Vec::new();
    for (name, plan) in ["machines on credit, 4 levels", "coins pledged, 3 levels"].into_iter().zip(&plans) {
        let (mut worker, mut block) = (Worker::new(plan), 0);
        works.push(Work::new(name, move || {
            worker.run_block(block, BLOCK_LANES);
            block += 1;
        }));
    }
    let times = interleaved(&mut works, ROUNDS, LEAST);
    println!("miners");
    for ((work, time), days) in works.iter().zip(&times).zip(DAYS) {
        println!("  {:<42} {:>9.1} ns a path and day", work.name, 1e9 * time / BLOCK_LANES as f64 / days);
    }
    let whole = times[0] * 1e5 / BLOCK_LANES as f64 / 2.0;
    println!("  {:<42} {whole:>9.2} s on two cores", "100,000 paths of the first");
}

/// Blocks of every case, interleaved with the straightforward loop of 720 steps a path.
fn in_this_process(name: &str, model: &str) {
    let cases = cases();
    let mut works: Vec<Work<'_>> = Vec::new();
    for case in &cases {
        let plan: &'static Plan = Box::leak(Box::new(case.plan(model)));
        let mut worker = Worker::new(plan);
        let mut block = 0;
        works.push(Work::new(case.name, move || {
            worker.run_block(block, BLOCK_LANES);
            block += 1;
        }));
    }
    let mut seed = 0;
    works.push(Work::new("straightforward loop", move || {
        seed += 1;
        std::hint::black_box(simulate(NAIVE_PATHS, seed, Law::Gbm));
    }));
    let times = interleaved(&mut works, ROUNDS, LEAST);
    let a_path: Vec<f64> = times
        .iter()
        .enumerate()
        .map(|(k, time)| 1e9 * time / if k < cases.len() { BLOCK_LANES as f64 } else { NAIVE_PATHS as f64 })
        .collect();
    let naive = a_path[cases.len()];
    println!(
        "{name}, 10 levels, 30 days: ns a path, over the plain account, over the straightforward loop (gbm, hourly)"
    );
    for (work, path) in works.iter().zip(&a_path) {
        println!("  {:<42} {path:>9.0}  {:>7.1}  {:>7.3}", work.name, path / a_path[0], path / naive);
    }
}

/// Both programs over the matrix as files.
fn beside(old: &Path) {
    let programs = Programs {
        old: old.to_owned(),
        new: PathBuf::from(env!("CARGO_BIN_EXE_liqsim")),
        folder: std::env::temp_dir().join(format!("liqsim-accounts-{}", std::process::id())),
    };
    std::fs::create_dir_all(&programs.folder).expect("a folder for the scenarios");
    let heading =
        "us of processor a path, of the older program, of this one, new over old, new over the first new";
    let plain = &cases()[0];
    for (name, monitoring) in [("at every instant", ""), ("hourly", "monitoring = \"1h\"\n")] {
        println!("plain account, {name}: {heading}");
        for (name, model) in MODELS {
            programs.compare(name, None, &|paths| {
                plain.text(model, &format!("{monitoring}{}", simulation(paths)))
            });
        }
    }
    println!("gbm: {heading}");
    let mut first = None;
    for case in &cases() {
        let own = programs.compare(case.name, first, &|paths| case.text(GBM, &simulation(paths)));
        first = first.or(own);
    }
    let _ = std::fs::remove_dir_all(&programs.folder);
}

fn simulation(paths: u64) -> String {
    format!("paths = {paths}\nsampling = \"pseudo\"")
}

/// An older program, this one, and where their scenarios are written.
struct Programs {
    old: PathBuf,
    new: PathBuf,
    folder: PathBuf,
}

impl Programs {
    /// Prints the times of both on a scenario that is made for a number of paths; returns that of this one, in seconds a path.
    fn compare(&self, name: &str, first: Option<f64>, text: &dyn Fn(u64) -> String) -> Option<f64> {
        let seconds = |program: &Path, paths: u64| {
            let file = self.folder.join("scenario.toml");
            std::fs::write(&file, text(paths)).expect("a scenario is written");
            seconds(program, &file)
        };
        let (Some(before), Some(_)) = (seconds(&self.old, PATHS), seconds(&self.new, PATHS)) else {
            println!("  {name:<42} refused by one of them");
            return None;
        };
        let paths = ((PATHS as f64 * SECONDS / before.max(0.01)) as u64).clamp(PATHS, MOST_PATHS);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            before.extend(seconds(&self.old, paths));
            after.extend(seconds(&self.new, paths));
        }
        let (before, after) = (median(before) / paths as f64, median(after) / paths as f64);
        let over_first = after / first.unwrap_or(after);
        println!(
            "  {name:<42} {:>9.3} {:>9.3}  {:>7.3}  {over_first:>7.1}",
            1e6 * before,
            1e6 * after,
            after / before
        );
        Some(after)
    }
}

/// Processor seconds of one run; none where the program refuses it.
fn seconds(program: &Path, file: &Path) -> Option<f64> {
    let before = children_seconds();
    let status = Command::new(program)
        .arg("run")
        .arg(file)
        .args(["--threads", "1", "--format", "json"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    status.success().then(|| children_seconds() - before)
}
