//! What the documents say works: every shell command of the README and of `--help`, and the pages made by commands.
//!
//! Commands run in a folder of their own with the scenarios in it, and with prices and results under the names that the examples
//! use. Left out are only lines that build or test the project, that write to the home folder, and that need a program which is not
//! here. All else is run as it stands, with fewer paths: whether a command works is not a matter of a million.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, StandardNormal};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const LIQSIM: &str = env!("CARGO_BIN_EXE_liqsim");

/// Paths of a command that leaves their number to its scenario, and the most that one may ask for by itself: what it does is seen
/// with as many.
const FEW_PATHS: &str = "5000";
const MOST_PATHS: f64 = 100_000.0;

/// A folder with the scenarios and the starter, of few paths.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(ROOT).join("scenarios"), &folder.path().join("scenarios"));
    for name in ["liqsim.toml", "long.toml", "short.toml"] {
        let made = liqsim(folder.path(), &["init", "-o", name]);
        assert!(made.status.success());
        let path = folder.path().join(name);
        let text = fs::read_to_string(&path).unwrap().replace("paths = 1_000_000", "paths = 20_000");
        let limit = "\n[[limits]]\nmetric = \"liquidation_probability\"\nleverage = 2\nmax = 0.5\n";
        fs::write(path, text + limit).unwrap();
    }
    for name in ["result.json", "before.json", "after.json"] {
        assert!(liqsim(folder.path(), &["run", "liqsim.toml", "-o", name]).status.success());
    }
    let tiers = r#"[{ "symbol": "ETHUSDT", "brackets": [{ "notionalCap": 300000, "maintMarginRatio": 0.004, "initialLeverage": 125 },
        { "notionalCap": 800000, "maintMarginRatio": 0.005, "initialLeverage": 100 }] }]"#;
    fs::write(folder.path().join("tiers.json"), tiers).unwrap();
    assert!(
        liqsim(folder.path(), &["check", "liqsim.toml", "--save", "baseline.json"]).status.code() != Some(2)
    );
    let hourly = prices(1);
    fs::write(folder.path().join("btc_1h.csv"), &hourly).unwrap();
    // Fits of every model, to a quarter of the bars.
    for (name, text) in [("btc_1h.csv.gz", hourly), ("btc_usdt_1h.csv.gz", prices(4))] {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        fs::write(folder.path().join(name), packed.finish().unwrap()).unwrap();
    }
    fs::write(folder.path().join("network.csv"), network()).unwrap();
    folder
}

/// The first of November 2023.
const START: i64 = 1_698_796_800;

/// Difficulties and fees of the same days.
fn network() -> String {
    let row = |day: i64| {
        let difficulty = 30e12 * (0.02 * (day / 14) as f64 + 0.03 * ((day / 14 * 7) % 5) as f64).exp();
        format!("{},{difficulty:.0},{}\n", START + 86_400 * day, 10 + day % 7)
    };
    "time,difficulty,fees\n".to_owned() + &(0..840).map(row).collect::<String>()
}

/// Made-up bars of some hours from November 2023 to January 2026: weeks of 30 % and of 90 % volatility, and a jump every 400 hours.
fn prices(hours: usize) -> String {
    let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
    let (mut rng, mut price) = (SmallRng::seed_from_u64(1), 10_000.0_f64);
    for hour in (0..19_700_i64).step_by(hours) {
        let volatility = if hour / 168 % 4 == 0 { 0.9 } else { 0.3 };
        let z: f64 = StandardNormal.sample(&mut rng);
        let jump = if hour % 400 == 0 { 0.05 * z.signum() } else { 0.0 };
        let open = price;
        price *= (volatility * (hours as f64 / 8760.0).sqrt() * z + jump).exp();
        let (high, low) = (1.001 * open.max(price), 0.999 * open.min(price));
        text += &format!("{},{open:.2},{high:.2},{low:.2},{price:.2},1\n", START + 3600 * hour);
    }
    text
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(LIQSIM).args(arguments).current_dir(folder).output().unwrap()
}

/// The same commands over fewer paths.
fn of_few_paths(line: &str) -> String {
    if let Some((first, then)) = line.split_once(" && ") {
        return format!("{} && {}", of_few_paths(first), of_few_paths(then));
    }
    if let Some((before, rest)) = line.split_once("--paths ") {
        let (count, after) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        let count = count.parse().unwrap_or(MOST_PATHS).min(MOST_PATHS);
        return format!("{before}--paths {count}{after}");
    }
    let taken = ["run", "safe", "sweep", "check", "risk"].iter().find_map(|command| {
        let rest = line.strip_prefix("liqsim ")?.strip_prefix(command)?;
        rest.starts_with(' ').then(|| format!("liqsim {command} --paths {FEW_PATHS}{rest}"))
    });
    taken.unwrap_or_else(|| line.to_owned())
}

/// Runs a line in a shell in which `liqsim` is this build; none if it is to be left out.
fn run_line(folder: &Path, line: &str) -> Option<Output> {
    let needs_jq = line.contains("| jq") && Command::new("jq").arg("--version").output().is_err();
    // Home folders are not for tests.
    if needs_jq || line.contains('~') || !line.starts_with("liqsim ") {
        return None;
    }
    if line.starts_with("liqsim serve") {
        return Some(served(folder, line));
    }
    // A starter is written only where there is none.
    let fresh = tempfile::tempdir().unwrap();
    let folder = if line.starts_with("liqsim init") { fresh.path() } else { folder };
    let path = std::env::join_paths(
        std::iter::once(Path::new(LIQSIM).parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let shell = Command::new("sh").args(["-c", line]).current_dir(folder).env("PATH", path.unwrap()).output();
    Some(shell.unwrap())
}

/// A page is served until it is interrupted; no browser is opened.
fn served(folder: &Path, line: &str) -> Output {
    let words = line.split_whitespace().skip(1).filter(|word| *word != "--open");
    let mut command = Command::new(LIQSIM);
    command.args(words).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It says where it is, or why not.
    let _ = child.stdout.as_mut().unwrap().read(&mut [0; 256]).unwrap();
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    child.wait_with_output().unwrap()
}

/// The commands must work, and at least so many must be there. A check that does not pass has worked too.
fn all_work(folder: &Path, lines: &[String], least: usize) {
    let mut done = 0;
    let mut wrong = Vec::new();
    for line in lines {
        let Some(output) = run_line(folder, &of_few_paths(line)) else { continue };
        done += 1;
        if !matches!(output.status.code(), Some(0 | 1)) {
            wrong.push(format!("{line}\n{}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(done >= least, "only {done} commands were run");
}

#[cfg(unix)]
#[test]
fn the_commands_of_the_documents_work() {
    let folder = workplace();
    let mut lines = Vec::new();
    for document in ["README.md", "docs/README.md", "docs/guide.md", "docs/recipes.md"] {
        let text = fs::read_to_string(Path::new(ROOT).join(document)).unwrap();
        for block in text.split("```sh\n").skip(1) {
            let block = block.split("```").next().unwrap();
            lines.extend(block.replace("\\\n", " ").lines().map(|line| line.trim().to_owned()));
        }
    }
    all_work(folder.path(), &lines, 30);
}

#[cfg(unix)]
#[test]
fn the_examples_of_every_command_work() {
    let folder = workplace();
    let help = String::from_utf8(liqsim(folder.path(), &["--help"]).stdout).unwrap();
    let commands: Vec<&str> = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .lines()
        .take_while(|line| line.starts_with("  "))
        // Longer descriptions go on in lines that are further to the right.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut lines = Vec::new();
    for command in commands.iter().filter(|command| **command != "help") {
        let help = String::from_utf8(liqsim(folder.path(), &[command, "--help"]).stdout).unwrap();
        let examples = help.split_once("Example").map(|(_, examples)| examples).unwrap_or_default();
        // An example may go on in the next line.
        let found: Vec<String> = examples
            .split("\n  liqsim ")
            .skip(1)
            .map(|example| example.split("\n\n").next().unwrap_or_default())
            .map(|example| format!("liqsim {}", example.split_whitespace().collect::<Vec<_>>().join(" ")))
            .map(|example| example.replace(" \\ ", " "))
            .collect();
        assert!(!found.is_empty(), "`liqsim {command} --help` shows an example");
        lines.extend(found);
    }
    all_work(folder.path(), &lines, 28);
}

#[test]
fn the_reference_of_the_scenario_file_is_that_of_the_schema() {
    let made = liqsim(Path::new(ROOT), &["schema", "--format", "markdown"]);
    let page = fs::read_to_string(Path::new(ROOT).join("docs/format.md")).unwrap();
    assert!(
        String::from_utf8(made.stdout).unwrap() == page,
        "docs/format.md is out of date: cargo run -- schema --format markdown > docs/format.md"
    );
}

#[test]
fn every_metric_is_explained() {
    let folder = Path::new(ROOT);
    for metric in liqsim::scenario::metrics() {
        let output = liqsim(folder, &["explain", metric]);
        assert!(output.status.success(), "{metric}");
    }
    let unknown = liqsim(folder, &["explain", "liquidation_probabilty"]);
    let message = String::from_utf8(unknown.stderr).unwrap();
    assert!(message.contains("did you mean \"liquidation_probability\"?"), "{message}");
}

/// The parts of the documents that the program writes: what stands between `<!-- NAME -->` and `<!-- end -->`.
fn generated(name: &str) -> String {
    let output = |arguments: &[&str]| {
        let output = liqsim(Path::new(ROOT), arguments);
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    match name {
        "models" => {
            let fitted = output(&["calibrate", "--help"]);
            let row = |kind: &str, title: &str| {
                let fit = if fitted.contains(&format!("- {kind}:")) { "yes" } else { "" };
                format!("| `{kind}` | {title} | {fit} |\n")
            };
            let models = output(&["models"]);
            let heads =
                models.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_once(": "));
            let rows: String = heads.map(|(kind, title)| row(kind, title)).collect();
            format!("| kind | what it is | fitted by `calibrate` |\n|---|---|---|\n{rows}")
        }
        "venues" => {
            let venues: serde_json::Value =
                serde_json::from_str(&output(&["venues", "--format", "json"])).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let row = |venue: &serde_json::Value| {
                let (name, contract) = (text(&venue["terms"]["name"]), text(&venue["terms"]["contract"]));
                format!("| `{name}` | {} | {contract} | {} |\n", text(&venue["title"]), text(&venue["as_of"]))
            };
            let rows: String = venues.as_array().unwrap().iter().map(row).collect();
            format!("| name | what it is | contract | terms of |\n|---|---|---|---|\n{rows}")
        }
        "metrics" => {
            let mut keys: Vec<&str> = Vec::new();
            for metric in liqsim::scenario::metrics() {
                let key = metric.split('.').next().unwrap();
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
            let row = |key: &&str| {
                let entry = output(&["explain", key]);
                let text = entry.split_once('\n').unwrap().1.replace('\n', " ");
                let sentence = text.split_inclusive(['.', ':', ';']).next().unwrap();
                format!(
                    "| `{key}` | {} |\n",
                    sentence.trim().trim_end_matches(['.', ':', ';']).replace('|', "\\|")
                )
            };
            format!("| metric | what it is |\n|---|---|\n{}", keys.iter().map(row).collect::<String>())
        }
        "validation" => output(&["validate", "--self"]),
        "example" => {
            let line = ["run", "scenarios/btc-perp-30d.toml"];
            format!("```console\n$ liqsim {}\n{}```\n", line.join(" "), output(&line))
        }
        _ => panic!("nothing makes {name}"),
    }
}

/// Which parts stand in which document.
const GENERATED: [(&str, &[&str]); 3] = [
    ("README.md", &["example"]),
    ("docs/reference.md", &["models", "venues", "metrics"]),
    ("docs/validation.md", &["validation"]),
];

/// After a change of the program: `README_UPDATE=1 cargo test --test house documentation`.
#[test]
fn the_tables_of_the_documents_are_those_of_the_program() {
    for (document, names) in GENERATED {
        let path = Path::new(ROOT).join(document);
        let mut text = fs::read_to_string(&path).unwrap();
        for name in names {
            let (start, end) = (format!("<!-- {name} -->\n"), "<!-- end -->");
            let from = text.find(&start).unwrap() + start.len();
            let to = from + text[from..].find(end).unwrap();
            let made = generated(name);
            if std::env::var_os("README_UPDATE").is_some() {
                text.replace_range(from..to, &made);
            } else {
                assert!(
                    text[from..to] == made,
                    "{name} in {document} is out of date: README_UPDATE=1 cargo test --test house documentation"
                );
            }
        }
        if std::env::var_os("README_UPDATE").is_some() {
            fs::write(&path, text).unwrap();
        }
    }
}

#[test]
fn the_readme_is_short() {
    let lines = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap().lines().count();
    assert!(lines <= 150, "README.md has {lines} lines: the rest belongs to docs/");
}

/// The codes of notes, and those that the source gives to problems: what stands in quotes right after the arrow that makes one.
fn codes() -> Vec<String> {
    let text = fs::read_to_string(Path::new(ROOT).join("src/scenario/problem.rs")).unwrap();
    let quoted = text.split("=>").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    let is_code = |code: &&str| code.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
    let problems = quoted.filter_map(|rest| rest.split('"').next()).filter(is_code);
    problems.chain(liqsim::result::Note::CODES).map(str::to_owned).collect()
}

#[test]
fn every_note_problem_model_and_key_is_explained() {
    let folder = Path::new(ROOT);
    let mut names = codes();
    assert!(names.len() > 25 && names.iter().any(|name| name == "few_events"), "{names:?}");
    let models = String::from_utf8(liqsim(folder, &["models"]).stdout).unwrap();
    let kinds = models.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_once(':'));
    names.extend(kinds.map(|(kind, _)| kind.to_owned()));
    let schema = liqsim::scenario::schema();
    for part in ["simulation", "account", "policy"] {
        let keys = schema["properties"][part]["properties"].as_object().unwrap();
        names.extend(keys.keys().map(|key| format!("{part}.{key}")));
    }
    let unexplained: Vec<&String> =
        names.iter().filter(|name| !liqsim(folder, &["explain", name]).status.success()).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
}

#[test]
fn manual_pages_are_made_for_the_program_and_its_commands() {
    let page = |arguments: &[&str]| String::from_utf8(liqsim(Path::new(ROOT), arguments).stdout).unwrap();
    assert!(page(&["man"]).contains(".TH liqsim 1"));
    let run = page(&["man", "run"]);
    assert!(run.contains("liqsim\\-run") && run.contains("\\-\\-paths"), "{run}");
}

#[test]
fn a_picture_is_drawn_as_svg_and_as_text() {
    let folder = workplace();
    let output = liqsim(folder.path(), &["run", "long.toml", "short.toml", "--plot", "-o", "curve.svg"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Probability of liquidation\n") && text.contains('█'), "{text}");
    assert!(liqsim(folder.path(), &["run", "long.toml", "-o", "curve.png"]).status.success());
    let pixels = fs::read(folder.path().join("curve.png")).unwrap();
    assert!(pixels.starts_with(b"\x89PNG\r\n"));
    let picture = fs::read_to_string(folder.path().join("curve.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("</svg>"), "{picture}");
    // A band and a line for each scenario, a circle for each level.
    assert_eq!(picture.matches("<polygon").count(), 2);
    assert!(picture.matches("<circle").count() >= 10 && picture.contains("Leverage"));
}
