//! Sweeps: cells, tables, and going on after a kill.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use liqsim::engine::{Progress, RunOptions};
use liqsim::result::RunResult;
use liqsim::scenario::Source;
use liqsim::study::{GroupPart, RunError, SweepChanges, SweepError, SweepPlan, SweptSource};

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder with the closed-form scenario and a sweep table.
fn folder(sweep: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-flat-rate.toml");
    let scenario = fs::read_to_string(file).unwrap();
    fs::write(folder.path().join("a.toml"), scenario + sweep).unwrap();
    folder
}

const GRID: &str = "\n[sweep]\nassets.BTC.model.volatility = { from = 0.4, to = 0.8, count = 5 }\n\"simulation.horizon\" = [\"1d\", \"7d\", \"30d\"]\n";

/// Every file below a folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if entry.is_dir() {
            files.extend(
                contents(&entry).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)),
            );
        } else {
            files.insert(name, fs::read(&entry).unwrap());
        }
    }
    files
}

/// All cells are of what a file held when the sweep began; that it holds something else now is seen.
#[test]
fn a_file_that_changes_while_a_sweep_runs_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let prices = folder.path().join("prices.csv");
    let bars = |price: f64| -> String {
        let bar = |hour: i64| {
            format!("{},{price},{},{},{price}\n", 1_704_067_200 + 3_600 * hour, 1.01 * price, 0.99 * price)
        };
        "time,open,high,low,close\n".to_owned() + &(0..50).map(bar).collect::<String>()
    };
    fs::write(&prices, bars(100.0)).unwrap();
    let scenario = folder.path().join("a.toml");
    let text = "[simulation]\nhorizon = \"1d\"\npaths = 100\n[assets.X]\nprice = 1.0\nmodel = { kind = \"bootstrap\", prices = \"prices.csv\", block = 5 }\n\
        [account]\nequity = 1000\nleverage = [2]\nvenue = { contract = \"linear\", maintenance = 0.005 }\npositions = [{ asset = \"X\", side = \"long\" }]\n\
        [sweep]\n\"simulation.horizon\" = [\"1d\", \"2d\"]\n";
    fs::write(&scenario, text).unwrap();
    let source = SweptSource::new(Source::read(&scenario).unwrap()).unwrap();
    let plan = SweepPlan::new(vec![source], SweepChanges::default(), |_| false).unwrap();
    assert!(plan.sources()[0].changed_files().is_empty());
    fs::write(&prices, bars(200.0)).unwrap();
    assert_eq!(plan.sources()[0].changed_files(), std::slice::from_ref(&prices));
    assert_eq!(plan.scenario(&plan.cells()[1]).unwrap().identity(), plan.cells()[1].identity);
    fs::remove_file(&prices).unwrap();
    assert_eq!(plan.sources()[0].changed_files(), [prices]);
}

/// Cells on shared paths that were stopped go on from the blocks they had, to the results of an undisturbed run.
#[test]
fn a_group_goes_on_from_what_was_kept_of_it() {
    let folder = folder("\n[sweep]\n\"account.leverage\" = [[3], [7], [20]]\n");
    let source = SweptSource::new(Source::read(&folder.path().join("a.toml")).unwrap()).unwrap();
    let changes = SweepChanges { paths: Some(300_000), ..SweepChanges::default() };
    let plan = SweepPlan::new(vec![source], changes, |_| false).unwrap();
    let [group] = plan.groups() else { panic!("{:?}", plan.groups()) };
    let whole = plan.run_group(group, &RunOptions::default()).unwrap();

    let stop = AtomicBool::new(false);
    let progress = |progress: Progress| stop.store(progress.paths_done > 60_000, Ordering::Relaxed);
    let options = RunOptions { threads: Some(1), stop: &stop, progress: &progress };
    let mut kept: Option<GroupPart> = None;
    let mut keep = |part: &GroupPart| {
        kept = Some(part.clone());
        Ok(())
    };
    let mut none = |_: &RunResult| panic!("no cell is finished");
    let cut = plan.run_group_kept(group, None, &mut keep, &mut none, &options);
    assert!(matches!(cut, Err(SweepError::Run(RunError::Interrupted))), "{cut:?}");
    let kept = kept.unwrap();
    assert!((4..=58).contains(&kept.blocks()), "{}", kept.blocks());

    // All of the cells, and two of them, as where one was finished before the work ended.
    for part in [&group[1..], group] {
        let least = AtomicU64::new(u64::MAX);
        let progress = |progress: Progress| {
            least.fetch_min(progress.paths_done, Ordering::Relaxed);
        };
        let options = RunOptions { progress: &progress, ..RunOptions::default() };
        let mut found = Vec::new();
        let mut finished = |result: &RunResult| {
            found.push(result.clone());
            Ok(())
        };
        plan.run_group_kept(part, Some(&kept), &mut |_| Ok(()), &mut finished, &options).unwrap();
        assert_eq!(found, whole[whole.len() - part.len()..]);
        assert!(least.into_inner() > 1024 * kept.blocks(), "blocks that were kept are run again");
    }
    // Of other cells nothing is taken.
    let other = SweptSource::new(Source::read(&folder.path().join("a.toml")).unwrap()).unwrap();
    let changes = SweepChanges { paths: Some(300_000), seed: Some(99), ..SweepChanges::default() };
    let plan = SweepPlan::new(vec![other], changes, |_| false).unwrap();
    let whole = plan.run_group(&plan.groups()[0], &RunOptions::default()).unwrap();
    let mut found = Vec::new();
    let mut finished = |result: &RunResult| {
        found.push(result.clone());
        Ok(())
    };
    let group = &plan.groups()[0];
    plan.run_group_kept(group, Some(&kept), &mut |_| Ok(()), &mut finished, &RunOptions::default()).unwrap();
    assert_eq!(found, whole);
}

/// Cells that run to a precision go on from the blocks they had; one that had enough before is handed on then, and not run again.
#[test]
fn a_group_that_runs_to_a_precision_goes_on_from_what_was_kept_of_it() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-flat-rate.toml");
    let text = fs::read_to_string(file).unwrap();
    let to_a_precision = "precision = \"2%\"\nmax_paths = 10_000_000\nsampling = \"pseudo\"";
    let text = text.replace("paths = 1_000_000", to_a_precision);
    assert!(text.contains(to_a_precision));
    let sweep = "\n[sweep]\n\"account.leverage\" = [[3], [20]]\n";
    let source = SweptSource::new(Source::new("precise", text + sweep)).unwrap();
    let plan = SweepPlan::new(vec![source], SweepChanges::default(), |_| false).unwrap();
    let [group] = plan.groups() else { panic!("{:?}", plan.groups()) };
    let whole = plan.run_group(group, &RunOptions::default()).unwrap();
    // The rare level takes more paths than the other.
    assert!(
        whole[0].paths >= 2 * whole[1].paths && whole[1].paths >= 32_768,
        "{} {}",
        whole[0].paths,
        whole[1].paths
    );

    for stop_at in [10_000, 2 * whole[1].paths - 20_000] {
        let stop = AtomicBool::new(false);
        let progress = |progress: Progress| stop.store(progress.paths_done > stop_at, Ordering::Relaxed);
        let options = RunOptions { threads: Some(1), stop: &stop, progress: &progress };
        let (mut kept, mut found): (Option<GroupPart>, Vec<RunResult>) = (None, Vec::new());
        let mut keep = |part: &GroupPart| {
            // As through the file in which it is kept.
            kept = Some(serde_json::from_str(&serde_json::to_string(part)?)?);
            Ok(())
        };
        let mut finished = |result: &RunResult| {
            found.push(result.clone());
            Ok(())
        };
        let cut = plan.run_group_kept(group, None, &mut keep, &mut finished, &options);
        assert!(matches!(cut, Err(SweepError::Run(RunError::Interrupted))), "{cut:?}");
        let kept = kept.unwrap();
        let fewest = if stop_at < whole[1].paths { 4 } else { 32 };
        assert!((fewest..=stop_at / 1024).contains(&kept.blocks()), "{}", kept.blocks());
        let rest = if stop_at < whole[1].paths { &group[..] } else { &group[..1] };
        assert_eq!(found, whole[rest.len()..]);

        let least = AtomicU64::new(u64::MAX);
        let progress = |progress: Progress| {
            least.fetch_min(progress.paths_done, Ordering::Relaxed);
        };
        let options = RunOptions { progress: &progress, ..RunOptions::default() };
        let mut finished = |result: &RunResult| {
            found.push(result.clone());
            Ok(())
        };
        plan.run_group_kept(rest, Some(&kept), &mut |_| Ok(()), &mut finished, &options).unwrap();
        found.sort_by(|one, other| one.levels[0].leverage.total_cmp(&other.levels[0].leverage));
        assert!(found == whole, "stopped at {stop_at}");
        assert!(least.into_inner() > 1024 * kept.blocks(), "blocks that were kept are run again");
    }
}

#[test]
fn every_cell_is_a_file_and_a_row_of_the_index() {
    let folder = folder(GRID);
    let output = liqsim(
        folder.path(),
        &[
            "sweep",
            "a.toml",
            "-o",
            "out",
            "--paths",
            "2000",
            "--rank-by",
            "liquidation_probability",
            "--descending",
        ],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.starts_with("15 cells in out, 15 of them new\n"), "{shown}");
    assert!(shown.contains("20 of 90 rows shown, by falling liquidation_probability"), "{shown}");
    let index = fs::read_to_string(folder.path().join("out/index.csv")).unwrap();
    let lines: Vec<_> = index.lines().collect();
    assert_eq!(lines.len(), 16);
    assert_eq!(lines[0], "cell,file,scenario,identity,assets.BTC.model.volatility,simulation.horizon");
    assert!(lines[2].ends_with(",0.4,7d"), "{}", lines[2]);
    // Six levels a cell, and a header.
    let results = fs::read_to_string(folder.path().join("out/results.csv")).unwrap();
    assert_eq!(results.lines().count(), 1 + 15 * 6);
    assert_eq!(results.lines().filter(|line| line.starts_with("cell,file,")).count(), 1);
    // A cell is what a run of its values gives, but for the line that only a run shows.
    let run = liqsim(
        folder.path(),
        &[
            "run",
            "a.toml",
            "--paths",
            "2000",
            "--format",
            "json",
            "--set",
            "assets.BTC.model.volatility=0.4",
            "--set",
            "simulation.horizon=7d",
        ],
    );
    let run: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let cell = folder.path().join(format!("out/cells/{}.json", run["identity"].as_str().unwrap()));
    let cell: serde_json::Value = serde_json::from_str(&fs::read_to_string(cell).unwrap()).unwrap();
    assert_eq!(cell["levels"], run["levels"]);
}

#[test]
fn a_killed_sweep_goes_on_and_gives_the_same_bytes() {
    let folder = folder(GRID);
    let arguments =
        |output: &'static str| ["sweep", "a.toml", "-o", output, "--paths", "300000", "--threads", "1"];
    assert!(liqsim(folder.path(), &arguments("whole")).status.success());
    let mut killed = Command::new(env!("CARGO_BIN_EXE_liqsim"))
        .args(arguments("parts"))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Killed as soon as there is a first cell.
    let cells = folder.path().join("parts/cells");
    let some = || {
        fs::read_dir(&cells).is_ok_and(|mut entries| {
            entries
                .any(|entry| entry.unwrap().path().extension().is_some_and(|extension| extension == "json"))
        })
    };
    while !some() && killed.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let resumed = liqsim(folder.path(), &arguments("parts"));
    assert!(resumed.status.success());
    assert!(!text(&resumed.stdout).contains("15 of them new"), "{}", text(&resumed.stdout));
    let parts: BTreeMap<_, _> = contents(&folder.path().join("parts"))
        .into_iter()
        .filter(|(name, _)| !name.contains(".liqsim-"))
        .collect();
    assert_eq!(contents(&folder.path().join("whole")), parts);
    let again = liqsim(folder.path(), &arguments("parts"));
    assert!(text(&again.stdout).starts_with("15 cells in parts, 0 of them new"));
}

#[test]
fn a_damaged_cell_is_run_again() {
    let folder = folder("\n[sweep]\n\"simulation.seed\" = [1, 2]\n");
    let arguments = ["sweep", "a.toml", "-o", "out", "--paths", "1000"];
    assert!(liqsim(folder.path(), &arguments).status.success());
    let cell = fs::read_dir(folder.path().join("out/cells")).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&cell).unwrap();
    fs::write(&cell, &whole[..whole.len() / 2]).unwrap();
    let output = liqsim(folder.path(), &arguments);
    assert!(text(&output.stdout).starts_with("2 cells in out, 1 of them new"));
    assert_eq!(fs::read(&cell).unwrap(), whole);
}

#[test]
fn wrong_cells_and_folders_are_clear_errors() {
    let wrong = folder("\n[sweep]\n\"assets.BTC.model.volatility\" = [0.4, -1.0]\n");
    let output = liqsim(wrong.path(), &["sweep", "a.toml", "-o", "out", "--paths", "1000"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("volatility"), "{}", text(&output.stderr));
    fs::write(wrong.path().join("file"), "").unwrap();
    let output = liqsim(wrong.path(), &["sweep", "a.toml", "-o", "file/out", "--paths", "1000"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot write to the folder file/out"), "{}", text(&output.stderr));
    let output = liqsim(wrong.path(), &["sweep", "a.toml", "-o", "out", "--rank-by", "luck"]);
    assert!(text(&output.stderr).contains("unknown metric"));
}
