//! Parts of a run, by the program: joined they are the whole run, byte for byte, and what does not belong together is refused.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The shipped scenario under its own name, beside the prices that some of them name.
fn folder(scenario: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    fs::create_dir(folder.path().join("prices")).unwrap();
    for file in [&format!("{scenario}.toml"), "prices/btc-usdt-1h-2022-11.csv"] {
        fs::copy(root.join(file), folder.path().join(file)).unwrap();
    }
    fs::rename(folder.path().join(format!("{scenario}.toml")), folder.path().join("a.toml")).unwrap();
    folder
}

fn succeeds(folder: &Path, arguments: &[&str]) -> Output {
    let output = liqsim(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    output
}

/// 4300 paths are four blocks and a part of one: shards of one and of two blocks, and one with the part.
fn assert_same_bytes(scenario: &str) {
    let folder = folder(scenario);
    let (at, set) = (folder.path(), "account.equity=4000");
    let common = ["a.toml", "--paths", "4300", "--seed", "7", "--set", set];
    let files = ["-o", "whole.json", "-o", "whole.html", "-o", "whole.csv", "-o", "whole.md"];
    let whole = succeeds(at, &[&["run"], &common[..], &files[..], &["--plot"]].concat());
    for (rest, name) in [
        (["--shard", "1/3", "--threads", "1"], "part-1.json"),
        (["--blocks", "1..3", "--threads", "2"], "part-2.part"),
        (["--shard", "3/3", "--threads", "1"], "part-3.part"),
    ] {
        let arguments = [&["run"], &common[..], &rest[..], &["-o", name]].concat();
        assert!(succeeds(at, &arguments).stdout.is_empty());
    }
    let tree = succeeds(at, &["merge", "part-3.part", "part-1.json", "-o", "tree.part"]);
    assert!(tree.stdout.is_empty() && text(&tree.stderr).contains("2 blocks are still missing"));
    let parts = ["merge", "part-2.part", "tree.part", "--plot"];
    let outputs = ["-o", "parts.json", "-o", "parts.html", "-o", "parts.csv", "-o", "parts.md"];
    let merged = succeeds(at, &[&parts[..], &outputs[..]].concat());
    assert_eq!(text(&merged.stdout), text(&whole.stdout));
    for extension in ["json", "html", "csv", "md"] {
        let read = |name: &str| fs::read(at.join(format!("{name}.{extension}"))).unwrap();
        assert!(read("whole") == read("parts"), "{scenario}: {extension}");
    }
}

#[test]
fn nets_and_safe_leverage() {
    assert_same_bytes("btc-perp-30d");
}

#[test]
fn a_policy_and_equity_over_time() {
    assert_same_bytes("btc-stop-and-reserve");
}

#[test]
fn several_positions() {
    assert_same_bytes("btc-eth-cross-pair");
}

#[test]
fn rare_events_beside_the_paths() {
    assert_same_bytes("model-heston");
}

/// Runs as long as these make use of what is known of the closing price, and of what hedges liquidations.
#[test]
fn long_runs() {
    for scenario in ["model-heston", "model-merton"] {
        let folder = folder(scenario);
        let common = ["run", "a.toml", "--paths", "20000", "--seed", "7"];
        succeeds(folder.path(), &[&common[..], &["-o", "whole.json"]].concat());
        for (shard, name) in [("1/3", "1.part"), ("2/3", "2.json"), ("3/3", "3.part")] {
            succeeds(folder.path(), &[&common[..], &["--shard", shard, "-o", name]].concat());
        }
        succeeds(folder.path(), &["merge", "3.part", "1.part", "-o", "tree.part"]);
        succeeds(folder.path(), &["merge", "2.json", "tree.part", "-o", "parts.json"]);
        let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
        assert!(read("whole.json") == read("parts.json"), "{scenario}");
    }
}

#[test]
fn recorded_prices() {
    assert_same_bytes("model-bootstrap");
}

/// Recorded prices go along in the parts, and in what is joined of them: the folder of the scenario may be gone by then.
#[test]
fn parts_carry_the_files_that_the_scenario_names() {
    let (from, to) = (folder("model-bootstrap"), tempfile::tempdir().unwrap());
    let common = ["run", "a.toml", "--paths", "4300"];
    succeeds(from.path(), &[&common[..], &["-o", "whole.json"]].concat());
    let whole = fs::read(from.path().join("whole.json")).unwrap();
    for (shard, name) in [("1/3", "1.part"), ("2/3", "2.json"), ("3/3", "3.part")] {
        let rest = ["--shard", shard, "--resume", "kept", "-o", name];
        succeeds(from.path(), &[&common[..], &rest[..]].concat());
        fs::copy(from.path().join(name), to.path().join(name)).unwrap();
    }
    drop(from);
    succeeds(to.path(), &["merge", "3.part", "1.part", "-o", "tree.part"]);
    succeeds(to.path(), &["merge", "tree.part", "2.json", "-o", "whole.json"]);
    assert!(fs::read(to.path().join("whole.json")).unwrap() == whole);
    assert!(fs::metadata(to.path().join("tree.part")).unwrap().len() < 400_000);
}

#[test]
fn more_shards_than_blocks_and_runs_to_a_precision_are_refused() {
    let folder = folder("btc-flat-rate");
    let run = |rest: &[&str]| liqsim(folder.path(), &[&["run", "a.toml"], rest].concat());
    let many = run(&["--paths", "1000", "--shard", "1/3"]);
    assert_eq!(many.status.code(), Some(2));
    assert!(text(&many.stderr).contains("1000 paths cannot be cut into 3 shards"), "{}", text(&many.stderr));
    let precise = run(&[
        "--shard",
        "1/3",
        "--set",
        "simulation={horizon = \"1d\", precision = \"1%\", max_paths = 1e6}",
    ]);
    assert_eq!(precise.status.code(), Some(2));
    assert!(text(&precise.stderr).contains("number of paths"), "{}", text(&precise.stderr));
    for wrong in ["0/2", "3/2", "two"] {
        assert_eq!(run(&["--shard", wrong]).status.code(), Some(2), "{wrong}");
    }
    let table = run(&["--paths", "2000", "--shard", "1/2", "-o", "part.csv"]);
    assert!(text(&table.stderr).contains("one .part or .json file"));
    for (range, words) in
        [("3..3", "such as 0..128"), ("1..x", "such as 0..128"), ("0..3", "there are no blocks 0..3")]
    {
        let output = run(&["--paths", "2000", "--blocks", range, "-o", "part.part"]);
        assert_eq!(output.status.code(), Some(2), "{range}");
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
    let both = run(&["--blocks", "0..1", "--shard", "1/2"]);
    assert_eq!(both.status.code(), Some(2));
}

/// A precision is met after the same blocks as on one machine; what is missing until then is named wave by wave.
#[test]
fn a_precision_in_waves() {
    let folder = folder("btc-flat-rate");
    let at = folder.path();
    let precise = "simulation={horizon = \"1d\", precision = \"1%\", max_paths = 3e5, sampling = \"pseudo\"}";
    let set = ["--set", precise, "--set", "account.leverage=[20]"];
    let whole = succeeds(at, &[&["run", "a.toml", "--format", "json"], &set[..]].concat());
    let mut files = Vec::new();
    let mut blocks = "0..32".to_owned();
    let merged = loop {
        let name = format!("{}.part", files.len());
        succeeds(at, &[&["run", "a.toml", "--blocks", &blocks, "-o", &name], &set[..]].concat());
        files.push(name);
        let arguments = ["merge", "--format", "json"].into_iter().chain(files.iter().map(String::as_str));
        let output = liqsim(at, &arguments.collect::<Vec<_>>());
        if output.status.success() {
            break output;
        }
        assert_eq!(output.status.code(), Some(2));
        let told = text(&output.stderr);
        let rest = told.split("missing: ").nth(1).unwrap_or_else(|| panic!("{told}"));
        blocks = rest.split_whitespace().next().unwrap().to_owned();
    };
    assert!(files.len() > 1);
    assert_eq!(text(&merged.stdout), text(&whole.stdout));
}

/// A folder stands for the parts in it.
#[test]
fn a_folder_of_parts() {
    let folder = folder("btc-flat-rate");
    let at = folder.path();
    fs::create_dir(at.join("parts")).unwrap();
    let common = ["a.toml", "--paths", "50_000", "--set", "simulation.sampling=pseudo"];
    let whole = succeeds(at, &[&["run"], &common[..], &["--format", "json"]].concat());
    for block in 0..49 {
        let (range, name) = (format!("{block}..{}", block + 1), format!("parts/{block}.part"));
        succeeds(at, &[&["run"], &common[..], &["--blocks", &range, "-o", &name]].concat());
    }
    let merged = succeeds(at, &["merge", "parts", "--format", "json"]);
    assert_eq!(text(&merged.stdout), text(&whole.stdout));
}

#[test]
fn what_does_not_belong_together_is_named() {
    let folder = folder("btc-flat-rate");
    let at = folder.path();
    for (name, shard, seed) in
        [("1", "1/3", "1"), ("2", "2/3", "1"), ("3", "3/3", "1"), ("other", "3/3", "2"), ("half", "2/2", "1")]
    {
        let file = format!("{name}.json");
        succeeds(at, &["run", "a.toml", "--paths", "4000", "--seed", seed, "--shard", shard, "-o", &file]);
    }
    let refuses = |files: &[&str], words: &str| {
        let output = liqsim(at, &[&["merge"], files].concat());
        assert_eq!(output.status.code(), Some(2), "{files:?}");
        assert!(text(&output.stderr).contains(words), "{files:?}: {}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    };
    refuses(&["1.json", "3.json"], "missing: 1..2");
    refuses(&["1.json", "3.json"], "--blocks 1..2 -o FILE");
    refuses(&["2.json"], "missing: 0..1, 2..4");
    refuses(&["1.json", "2.json", "3.json", "2.json"], "2.json and 2.json both hold blocks 1..2");
    refuses(&["1.json", "2.json", "other.json"], "other.json is of another run than 1.json");
    refuses(&["1.json", "3.json", "half.json"], "3.json and half.json both hold blocks 2..4");
    refuses(&["1.json", "3.json", "-o", "a.part", "-o", "b.json"], "a part goes to one file");
    refuses(&["prices"], "holds no part");
    refuses(&["a.toml"], "a.toml is no part of a run");
    refuses(&["nothing.json"], "cannot read nothing.json");
    let whole = fs::read_to_string(at.join("2.json")).unwrap();
    // One path more in some bin.
    let place = whole.find("16777216]").expect("a bin of one path");
    fs::write(at.join("2.json"), format!("{}33554432]{}", &whole[..place], &whole[place + 9..])).unwrap();
    refuses(&["1.json", "2.json", "3.json"], "2.json is no part of a run: it is damaged");
    fs::write(at.join("2.json"), &whole[..whole.len() / 2]).unwrap();
    refuses(&["1.json", "2.json", "3.json"], "2.json is no part of a run");
}

/// Parts whose files are too large to go along, as if they had been: the files must be what they were, where they were.
#[test]
fn a_file_that_is_not_carried_must_be_the_same() {
    let folder = folder("model-bootstrap");
    let at = folder.path();
    for shard in ["1/2", "2/2"] {
        let file = format!("{}.json", &shard[..1]);
        succeeds(at, &["run", "a.toml", "--paths", "2000", "--shard", shard, "-o", &file]);
        let whole = fs::read_to_string(at.join(&file)).unwrap();
        let (start, rest) = whole.split_once(",\"files\":{").expect("files that go along");
        let end = rest.split_once('}').unwrap().1;
        fs::write(at.join(&file), format!("{start}{end}")).unwrap();
    }
    let merge = || liqsim(at, &["merge", "1.json", "2.json"]);
    assert!(merge().status.success());
    let prices = at.join("prices/btc-usdt-1h-2022-11.csv");
    let text_of = fs::read_to_string(&prices).unwrap();
    let shorter = text_of.trim_end().rsplit_once('\n').unwrap().0;
    fs::write(&prices, format!("{shorter}\n")).unwrap();
    let output = merge();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is no longer what was run"), "{}", text(&output.stderr));
    fs::remove_file(&prices).unwrap();
    let output = merge();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("prices/btc-usdt-1h-2022-11.csv"), "{}", text(&output.stderr));
}

#[test]
fn miners() {
    assert_same_bytes("miner-coin-loan-180d");
}
