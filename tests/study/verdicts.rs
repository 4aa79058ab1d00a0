//! `check` and `compare` on real runs: exit status, formats, and how often the baseline test alarms.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::model::{Gbm, Model};
use liqsim::result::RunResult;
use liqsim::scenario::{Monitoring, PathBudget};
use liqsim::study::run_levels as run;
use liqsim::study::{Change, ComparisonOptions, Verdict, compare};
use liqsim::venue::Side;

use crate::common::{Setup, days};

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder with a scenario of 60 % volatility, 20,000 paths, whose 5x level is liquidated with probability 0.2278510.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-flat-rate.toml");
    let scenario = fs::read_to_string(file).unwrap().replace("1_000_000", "20_000\nsampling = \"pseudo\"");
    fs::write(folder.path().join("a.toml"), scenario).unwrap();
    folder
}

#[test]
fn the_exit_status_is_the_verdict() {
    let folder = folder();
    for (max, status, word) in [("0.3", 0, "pass"), ("0.2279", 1, "undecided"), ("0.21", 1, "fail")] {
        let limits = format!("limits=[{{leverage = 5, metric = \"liquidation_probability\", max = {max}}}]");
        let output = liqsim(folder.path(), &["check", "a.toml", "--format", "json", "--set", &limits]);
        assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["verdict"], word);
        let found = &report["scenarios"][0]["limits"][0];
        assert_eq!(found["verdict"], word);
        assert_eq!(found["paths_to_decide"].is_u64(), word == "undecided");
        let zero = liqsim(folder.path(), &["check", "a.toml", "--exit-zero", "--set", &limits]);
        assert_eq!(zero.status.code(), Some(0));
    }
    assert_eq!(liqsim(folder.path(), &["check", "missing.toml"]).status.code(), Some(2));
    let nothing = liqsim(folder.path(), &["check", "a.toml", "--set", "limits=[]"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(text(&nothing.stderr).contains("nothing to check"));
}

#[test]
fn deciding_runs_the_paths_that_decide() {
    let folder = folder();
    let limits = "limits=[{leverage = 5, metric = \"liquidation_probability\", max = 0.23}]";
    let undecided = liqsim(folder.path(), &["check", "a.toml", "--set", limits]);
    assert_eq!(undecided.status.code(), Some(1));
    let decided =
        liqsim(folder.path(), &["check", "a.toml", "--decide", "--format", "json", "--set", limits]);
    assert_eq!(decided.status.code(), Some(0), "{}", text(&decided.stdout));
    let report: serde_json::Value = serde_json::from_slice(&decided.stdout).unwrap();
    assert!(report["scenarios"][0]["paths"].as_u64().unwrap() > 100_000);
}

#[test]
fn a_baseline_must_be_met_in_every_digit_or_by_the_tests() {
    let folder = folder();
    let check = |arguments: &[&str]| {
        let all = [&["check", "a.toml", "--set", "limits=[]"], arguments].concat();
        liqsim(folder.path(), &all)
    };
    assert!(check(&["--save", "baseline.json"]).status.success());
    let again = check(&["--baseline", "baseline.json", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(report["scenarios"][0]["baseline"]["must_be_equal"], true);
    let other_seed = check(&["--baseline", "baseline.json", "--seed", "7"]);
    assert_eq!(other_seed.status.code(), Some(0), "{}", text(&other_seed.stdout));
    let wilder = check(&["--baseline", "baseline.json", "--set", "assets.BTC.model.volatility=0.66"]);
    assert_eq!(wilder.status.code(), Some(1));
    assert!(text(&wilder.stdout).contains("WORSE"));
    // One digit of a run that must be equal.
    let path = folder.path().join("baseline.json");
    let mut baseline: Vec<RunResult> =
        serde_json::from_str(&format!("[{}]", fs::read_to_string(&path).unwrap())).unwrap();
    baseline[0].levels[2].mean_return.value += 1e-15;
    fs::write(&path, serde_json::to_string(&baseline).unwrap()).unwrap();
    assert_eq!(check(&["--baseline", "baseline.json"]).status.code(), Some(1));
    fs::write(&path, "{}").unwrap();
    assert_eq!(check(&["--baseline", "baseline.json"]).status.code(), Some(2));
}

#[test]
fn compare_reads_what_run_writes() {
    let folder = folder();
    for (name, seed) in [("a.json", "1"), ("b.json", "2")] {
        assert!(liqsim(folder.path(), &["run", "a.toml", "--seed", seed, "-o", name]).status.success());
    }
    let output =
        liqsim(folder.path(), &["compare", "a.json", "b.json", "-o", "c.xml", "-o", "c.md", "-o", "c.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    let xml = fs::read_to_string(folder.path().join("c.xml")).unwrap();
    assert!(xml.contains("tests=\"6\"") && xml.contains("failures=\"0\""), "{xml}");
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("c.json")).unwrap()).unwrap();
    assert_eq!(json["verdict"], "pass");
    assert!(fs::read_to_string(folder.path().join("c.md")).unwrap().contains("✅ pass"));
}

/// What no run can have written is no result, and the order of levels is none of what a run says.
#[test]
fn results_that_no_run_can_have_written_are_refused() {
    let folder = folder();
    assert!(liqsim(folder.path(), &["run", "a.toml", "-o", "a.json"]).status.success());
    let path = |name: &str| folder.path().join(name);
    let right: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path("a.json")).unwrap()).unwrap();
    let changed = |name: &str, change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = right.clone();
        change(&mut value);
        fs::write(path(name), value.to_string()).unwrap();
    };
    changed("high.json", &|value| value["levels"][0]["liquidation_probability"]["value"] = 5.into());
    changed("low.json", &|value| value["levels"][1]["loss_probability"]["value"] = (-0.5).into());
    changed("none.json", &|value| value["levels"] = serde_json::json!([]));
    changed("twice.json", &|value| value["levels"][1] = value["levels"][0].clone());
    changed("order.json", &|value| value["levels"].as_array_mut().unwrap().reverse());
    fs::write(path("list.json"), "[]").unwrap();
    for (name, words) in [
        ("high.json", "`liquidation_probability` is 5"),
        ("low.json", "`loss_probability` is -0.5"),
        ("none.json", "no levels"),
        ("twice.json", "two levels of"),
        ("list.json", "the list is empty"),
    ] {
        for arguments in [["compare", "a.json", name], ["compare", name, "a.json"]] {
            let output = liqsim(folder.path(), &arguments);
            let error = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{name}");
            assert!(error.contains(words), "{name}: {error}");
        }
        let output = liqsim(folder.path(), &["report", name, "-o", "page.html"]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", text(&output.stdout));
        assert!(!path("page.html").exists());
    }
    let output = liqsim(folder.path(), &["compare", "a.json", "order.json", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("another order"));
}

#[test]
fn github_gets_annotations_and_a_summary() {
    let folder = folder();
    let summary = folder.path().join("summary.md");
    let limits = "limits=[{metric = \"liquidation_probability\", max = \"1%\"}]";
    let output = Command::new(env!("CARGO_BIN_EXE_liqsim"))
        .args(["check", "a.toml", "--github", "--set", limits])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let annotations: Vec<_> = text(&output.stdout)
        .lines()
        .filter(|line| line.starts_with("::error file=a.toml,title="))
        .map(str::to_owned)
        .collect();
    // One annotation a limit: of all levels but 2x it names the worst.
    assert_eq!(annotations.len(), 1);
    assert!(annotations[0].contains("%25") && !annotations[0].contains(" %["), "{}", annotations[0]);
    assert!(
        annotations[0].contains("at 50x") && annotations[0].contains("at 4 more levels"),
        "{}",
        annotations[0]
    );
    assert!(annotations[0].len() < 220, "{}", annotations[0]);
    assert!(
        fs::read_to_string(summary).unwrap().contains("| 5x | liquidation\\_probability | at most 1.000 %")
    );
}

fn result(volatility: f64, seed: u64, paths: u64) -> RunResult {
    let setup = Setup {
        model: Model::Gbm(Gbm { drift: 0.0, volatility }),
        horizon: days(30),
        monitoring: Monitoring::Continuous,
        side: Side::Long,
        maintenance: 0.005,
        leverage: vec![1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0],
        seed,
    };
    let mut scenario = setup.scenario();
    scenario.simulation.paths = PathBudget::Fixed(paths);
    run(&scenario, &RunOptions { threads: Some(1), stop: &AtomicBool::new(false), progress: &|_| {} })
        .unwrap()
}

/// Unchanged runs alarm at most at the stated rate: of 500 pairs at 5 %, a correct test alarms more than 43 times with
/// probability 2e-5 (binomial law), and Holm's method less often still, since the numbers of a run hang together.
#[test]
fn unchanged_runs_alarm_at_most_at_the_stated_rate() {
    let options = ComparisonOptions { false_alarm_rate: 0.05, ..ComparisonOptions::default() };
    let alarms: Vec<String> = (0..500)
        .filter_map(|pair| {
            let comparison =
                compare(&result(0.6, 2 * pair, 4_000), &result(0.6, 2 * pair + 1, 4_000), options.clone());
            let changed = comparison.metrics.iter().find(|found| found.change == Change::Changed);
            changed.map(|found| format!("{} {}", found.leverage, found.metric))
        })
        .collect();
    assert!(alarms.len() <= 43, "{} alarms: {alarms:?}", alarms.len());
}

/// With 100,000 paths a volatility 5 % higher moves the probability at 5x by 0.017, nine standard errors.
#[test]
fn a_volatility_five_per_cent_higher_is_always_seen() {
    for seed in 0..20 {
        let comparison = compare(
            &result(0.6, seed, 100_000),
            &result(0.63, 1000 + seed, 100_000),
            ComparisonOptions::default(),
        );
        assert_eq!(comparison.verdict, Verdict::Fail, "seed {seed}");
    }
}

/// A change that is certain but small does not matter under a tolerance, one that is larger does.
#[test]
fn changes_within_the_tolerance_do_not_count() {
    let (before, after) = (result(0.6, 1, 400_000), result(0.606, 2, 400_000));
    let verdict = |tolerance| {
        compare(&before, &after, ComparisonOptions { tolerance, ..ComparisonOptions::default() }).verdict
    };
    assert_eq!(verdict(0.0), Verdict::Fail);
    let comparison = compare(&before, &after, ComparisonOptions { tolerance: 0.1, ..Default::default() });
    let five = comparison.metrics.iter().find(|found| found.leverage == 5.0).unwrap();
    assert_eq!(five.change, Change::Unchanged);
}

/// The shape that GitHub code scanning reads: a rule, a level, a message, a place and a fingerprint for what does not pass, nothing for what does.
#[test]
fn sarif_has_a_finding_for_each_limit_that_does_not_pass() {
    let folder = folder();
    let limits = "limits=[{metric = \"liquidation_probability\", max = 0.22785}]";
    let arguments = ["check", "a.toml", "--format", "sarif", "-o", "found.sarif", "--set", limits];
    let output = liqsim(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read(folder.path().join("found.sarif")).unwrap(), output.stdout);
    let log: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "liqsim");
    let found = run["results"].as_array().unwrap();
    // 2x and 3x pass, 5x lies on the limit, 10x, 20x and 50x are far beyond.
    let levels: Vec<_> = found.iter().map(|result| result["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["warning", "error", "error", "error"]);
    for result in found {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
            (&"a.toml".into(), &1.into())
        );
        assert!(
            result["message"]["text"].as_str().is_some_and(|text| text.contains("liquidation_probability"))
        );
    }
    assert_eq!(found[1]["partialFingerprints"]["liqsim/v1"], "a.toml: limit: 10x liquidation_probability");
    // The scenario's own limits are 2.5 standard errors of 20,000 paths away.
    let none = liqsim(folder.path(), &["check", "a.toml", "--format", "sarif", "--paths", "200000"]);
    let log: serde_json::Value = serde_json::from_slice(&none.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(0));
}

/// Three scenarios of a folder: one that passes, one that fails, one without limits; and one more file.
#[test]
fn a_folder_has_a_verdict_for_each_scenario_and_one_for_all() {
    let folder = folder();
    let scenario = fs::read_to_string(folder.path().join("a.toml")).unwrap();
    let bare = &scenario[..scenario.find("[[limits]]").unwrap_or(scenario.len())];
    let write = |name: &str, limit: &str| {
        let limits = if limit.is_empty() {
            String::new()
        } else {
            format!("\n[[limits]]\nleverage = 5\nmetric = \"liquidation_probability\"\nmax = {limit}\n")
        };
        let titled: String =
            bare.lines().filter(|line| !line.starts_with("name")).map(|line| format!("{line}\n")).collect();
        fs::write(folder.path().join(name), format!("name = \"{name}\"\n{titled}{limits}")).unwrap();
    };
    fs::create_dir(folder.path().join("gate")).unwrap();
    write("gate/b.toml", "0.3");
    write("gate/a.toml", "0.3");
    write("gate/c.toml", "");
    write("d.toml", "0.1");
    fs::write(folder.path().join("gate/notes.txt"), "not a scenario").unwrap();
    let check = |rest: &[&str]| liqsim(folder.path(), &[&["check"], rest].concat());
    assert_eq!(check(&["gate"]).status.code(), Some(0));
    let outputs = ["-o", "v.json", "-o", "v.xml", "-o", "v.sarif", "-o", "v.md", "-o", "v.html"];
    let all = check(&[&["gate", "d.toml"], &outputs[..]].concat());
    assert_eq!(all.status.code(), Some(1), "{}", text(&all.stderr));
    assert!(
        text(&all.stdout).contains("FAIL: 3 of 4 scenarios pass, 1 fail, 0 undecided"),
        "{}",
        text(&all.stdout)
    );
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&read("v.json")).unwrap();
    let verdicts: Vec<(&str, &str)> = report["scenarios"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["file"].as_str().unwrap(), one["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(
        verdicts,
        [("gate/a.toml", "pass"), ("gate/b.toml", "pass"), ("gate/c.toml", "pass"), ("d.toml", "fail")]
    );
    assert_eq!(report["verdict"], "fail");
    for name in ["gate/a.toml", "gate/b.toml", "gate/c.toml", "d.toml"] {
        for file in ["v.xml", "v.md", "v.html"] {
            assert!(read(file).contains(name), "{file}: {name}");
        }
    }
    let sarif: serde_json::Value = serde_json::from_str(&read("v.sarif")).unwrap();
    let findings = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "d.toml");
    // What is wrong in any of them keeps all from being judged.
    fs::write(folder.path().join("gate/e.toml"), "name = 1\n").unwrap();
    let wrong = check(&["gate", "d.toml"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("gate/e.toml"));
    fs::create_dir(folder.path().join("empty")).unwrap();
    let empty = check(&["empty"]);
    assert_eq!(empty.status.code(), Some(2));
    assert!(text(&empty.stderr).contains("the folder empty holds no scenario"));
    // A baseline knows scenarios by name.
    let twice = check(&["d.toml", "d.toml", "--save", "baseline.json"]);
    assert_eq!(twice.status.code(), Some(2));
    assert!(text(&twice.stderr).contains("two scenarios are named"));
}

/// A calmer market is a change, and no reason to fail when only what is worse is asked about.
#[test]
fn what_became_better_fails_only_where_any_change_does() {
    let folder = folder();
    let check = |arguments: &[&str]| {
        let all =
            [&["check", "a.toml", "--set", "limits=[]", "--baseline", "baseline.json"], arguments].concat();
        liqsim(folder.path(), &all)
    };
    assert!(liqsim(folder.path(), &["check", "a.toml", "--save", "baseline.json"]).status.code() != Some(2));
    let calmer = "assets.BTC.model.volatility=0.5";
    let any = check(&["--set", calmer]);
    assert_eq!(any.status.code(), Some(1));
    let worse = check(&["--set", calmer, "--fail-on", "worse"]);
    assert_eq!(worse.status.code(), Some(0), "{}", text(&worse.stdout));
    assert!(text(&worse.stdout).contains("BETTER") && !text(&worse.stdout).contains("WORSE"));
    let wilder = check(&["--set", "assets.BTC.model.volatility=0.7", "--fail-on", "worse"]);
    assert_eq!(wilder.status.code(), Some(1));
    // One number alone: one row a level, at most.
    let one = check(&["--set", calmer, "--metrics", "bad_debt", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    let metrics = report["scenarios"][0]["baseline"]["metrics"].as_array().unwrap();
    assert!(metrics.len() == 6 && metrics.iter().all(|found| found["metric"] == "bad_debt"), "{metrics:?}");
    assert_eq!(check(&["--metrics", "bad_dept"]).status.code(), Some(2));
}

/// The numbers that a scenario limits come first, in the order of its limits.
#[test]
fn changes_are_shown_in_the_order_of_the_limits() {
    let folder = folder();
    let limits = "limits=[{metric = \"bad_debt\", max = 1}, {metric = \"liquidation_probability\", max = 1}]";
    assert!(
        liqsim(folder.path(), &["check", "a.toml", "--set", limits, "--save", "b.json"]).status.success()
    );
    let wilder = liqsim(
        folder.path(),
        &[
            "check",
            "a.toml",
            "--set",
            limits,
            "--set",
            "assets.BTC.model.volatility=0.75",
            "--baseline",
            "b.json",
        ],
    );
    let shown = text(&wilder.stdout);
    let row = |words: &str| shown.lines().position(|line| line.contains(words) && line.contains("WORSE"));
    let (debt, liquidated, lost) =
        (row("bad_debt"), row("liquidation_probability"), row("expected_shortfall"));
    assert!(liquidated.is_some() && lost.is_none_or(|lost| liquidated < Some(lost)), "{shown}");
    assert!(debt.is_none_or(|debt| Some(debt) < liquidated), "{shown}");
}

#[test]
fn results_over_other_horizons_are_told_apart() {
    use liqsim::scenario::{Source, parse};
    let scenario = include_str!("../../scenarios/btc-perp-30d.toml");
    let mut month = parse(Source::new("a.toml", scenario.to_owned()), &[]).unwrap();
    month.simulation.paths = PathBudget::Fixed(2_000);
    let before = liqsim::study::run(&month, &RunOptions::default()).unwrap();
    let after = RunResult { horizon_days: 7.0, ..before.clone() };
    assert_eq!(compare(&before, &before, ComparisonOptions::default()).verdict, Verdict::Pass);
    let found = compare(&before, &after, ComparisonOptions::default());
    assert_eq!(found.verdict, Verdict::Fail);
    assert!(
        found.notes.iter().any(|note| note.contains("over 30 days, the second over 7")),
        "{:?}",
        found.notes
    );
}

#[test]
fn a_baseline_is_renewed_and_says_what_changed() {
    let folder = folder();
    let check = |arguments: &[&str]| {
        liqsim(folder.path(), &[&["check", "a.toml", "--set", "limits=[]"], arguments].concat())
    };
    assert!(check(&["--save", "baseline.json"]).status.success());
    let wilder = ["--baseline", "baseline.json", "--set", "assets.BTC.model.volatility=0.66"];
    assert_eq!(check(&wilder).status.code(), Some(1));
    let renewed = check(&[&wilder[..], &["--update-baseline"]].concat());
    assert_eq!(renewed.status.code(), Some(0), "{}", text(&renewed.stderr));
    assert!(text(&renewed.stdout).contains("WORSE") && text(&renewed.stdout).contains("renewed"));
    assert_eq!(check(&wilder).status.code(), Some(0));
    // One of another method says so.
    let path = folder.path().join("baseline.json");
    let old = fs::read_to_string(&path).unwrap();
    let version = format!("\"result_version\": {}", liqsim::scenario::RESULT_VERSION);
    assert!(old.contains(&version), "{old}");
    fs::write(
        &path,
        old.replace(&version, "\"result_version\": 6").replace("\"identity\": \"", "\"identity\": \"0"),
    )
    .unwrap();
    let older = check(&[&wilder[..], &["--seed", "8"]].concat());
    assert!(text(&older.stdout).contains("of another method (version 6"), "{}", text(&older.stdout));
    fs::write(&path, old).unwrap();
    // A title that follows an option is still that of the baseline's only scenario.
    let other = check(&["--baseline", "baseline.json", "--horizon", "14d"]);
    assert_eq!(other.status.code(), Some(1), "{}", text(&other.stderr));
    // Of several, those that are new are added and the others stay.
    let copy = fs::read_to_string(folder.path().join("a.toml")).unwrap().replacen(
        "name = \"",
        "name = \"another ",
        1,
    );
    fs::write(folder.path().join("z.toml"), copy).unwrap();
    let both = ["check", "a.toml", "z.toml", "--set", "limits=[]", "--baseline", "baseline.json"];
    assert_eq!(liqsim(folder.path(), &both).status.code(), Some(2));
    let added = liqsim(folder.path(), &[&both[..], &["--update-baseline"]].concat());
    assert!(
        added.status.success() && text(&added.stdout).contains("new in the baseline"),
        "{}",
        text(&added.stdout)
    );
    assert!(liqsim(folder.path(), &both).status.success());
}

/// An annotation stands at the line of its limit.
#[test]
fn annotations_know_the_line_of_their_limit() {
    let folder = folder();
    let path = folder.path().join("a.toml");
    let scenario = fs::read_to_string(&path).unwrap();
    let bare = scenario.split("[[limits]]").next().unwrap().to_owned();
    fs::write(
        &path,
        format!("{bare}[[limits]]\nleverage = 10\nmetric = \"liquidation_probability\"\nmax = \"1%\"\n"),
    )
    .unwrap();
    let line = bare.lines().count() + 3;
    let output = liqsim(folder.path(), &["check", "a.toml", "--github"]);
    let shown = text(&output.stdout);
    assert!(shown.contains(&format!("::error file=a.toml,line={line},title=")), "{shown}");
    let sarif = liqsim(folder.path(), &["check", "a.toml", "--format", "sarif"]);
    let log: serde_json::Value = serde_json::from_slice(&sarif.stdout).unwrap();
    let region = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], line);
}

/// A reader who leaves early does not turn a failed check into a passed one.
#[test]
fn a_verdict_survives_a_broken_pipe() {
    let folder = folder();
    assert!(liqsim(folder.path(), &["run", "a.toml", "--seed", "3", "-o", "a.json"]).status.success());
    assert!(
        liqsim(folder.path(), &["run", "a.toml", "--paths", "19000", "-o", "b.json", "--volatility", "70%"])
            .status
            .success()
    );
    let limits = "limits=[{metric = \"liquidation_probability\", max = \"1%\"}]";
    for arguments in [
        &["check", "a.toml", "--set", limits][..],
        &["check", "a.toml", "--set", limits, "--github"],
        &["check", "a.toml", "--set", limits, "--format", "json"],
        &["compare", "a.json", "b.json"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_liqsim"))
            .args(arguments)
            .current_dir(folder.path())
            .stdout(writer)
            .stderr(std::process::Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output.stderr));
    }
}
