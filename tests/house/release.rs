//! What is handed out: the files that make releases, containers, the action and the hooks say what is so.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const LIQSIM: &str = env!("CARGO_BIN_EXE_liqsim");

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn table(name: &str) -> toml::Table {
    toml::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn yaml(name: &str) -> Yaml {
    let mut documents =
        YamlLoader::load_from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0)
}

fn workflows() -> Vec<String> {
    let names = fs::read_dir(Path::new(ROOT).join(".github/workflows")).unwrap();
    names.map(|entry| format!(".github/workflows/{}", entry.unwrap().file_name().to_string_lossy())).collect()
}

#[test]
fn every_file_for_other_programs_can_be_read() {
    for name in [
        "Cargo.toml",
        "deny.toml",
        "dist-workspace.toml",
        "clippy.toml",
        "rustfmt.toml",
        "rust-toolchain.toml",
    ] {
        table(name);
    }
    for name in workflows().iter().map(String::as_str).chain(["action.yml", ".pre-commit-hooks.yaml"]) {
        yaml(name);
    }
    for name in workflows() {
        let workflow = yaml(&name);
        for (job, body) in workflow["jobs"].as_hash().unwrap() {
            assert!(body["runs-on"].as_str().is_some(), "{name}: {job:?} runs nowhere");
            for step in body["steps"].as_vec().unwrap() {
                assert!(
                    step["run"].as_str().is_some() != step["uses"].as_str().is_some(),
                    "{name}: {step:?}"
                );
            }
        }
        // What a workflow may do is said, and is little.
        assert_eq!(workflow["permissions"]["contents"].as_str(), Some("read"), "{name}");
    }
    assert!(text(".github/workflows/ci.yml").contains("run: .ci/run\n"));
}

#[test]
fn versions_agree() {
    let version = env!("CARGO_PKG_VERSION");
    let package = table("Cargo.toml")["package"].clone();
    let changelog = text("CHANGELOG.md");
    let released = changelog
        .lines()
        .find_map(|line| line.strip_prefix("## [")?.split(']').next().filter(|name| *name != "Unreleased"));
    assert_eq!(released, Some(version), "the newest version of CHANGELOG.md is that of Cargo.toml");
    let oldest = package["rust-version"].as_str().unwrap();
    assert!(
        text(".github/workflows/ci.yml").contains(&format!("cargo +{oldest}.0 check")),
        "the oldest Rust is tried"
    );
    for name in ["README.md", "CONTRIBUTING.md"] {
        assert!(text(name).contains(&format!("Rust {oldest}")), "{name} names the oldest Rust");
    }
    if let Ok(python) = fs::read_to_string(Path::new(ROOT).join("python/Cargo.toml")) {
        let python: toml::Table = toml::from_str(&python).unwrap();
        assert_eq!(
            python["package"]["version"].as_str(),
            Some(version),
            "the Python package has the same version"
        );
    }
}

/// The release tool, the action and `cargo binstall` speak of the same archives.
#[test]
fn whoever_fetches_a_release_asks_for_what_is_made() {
    let dist = table("dist-workspace.toml")["dist"].clone();
    let made: BTreeSet<&str> =
        dist["targets"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let install = text("action/install.sh");
    let mut asked = 0;
    for part in install.split("target=").skip(1).filter_map(|part| part.split_once(" archive=")) {
        let (target, rest) = part;
        assert!(made.contains(target), "action/install.sh asks for {target}");
        let ending = rest.split_whitespace().next().unwrap();
        assert_eq!(ending, if target.contains("windows") { "zip" } else { "tar.xz" }, "{target}");
        asked += 1;
    }
    assert!(asked >= 4, "{asked} targets");
    let binstall = table("Cargo.toml")["package"]["metadata"]["binstall"].clone();
    let url = "{ repo }/releases/download/v{ version }/{ name }-{ target }";
    assert_eq!(binstall["pkg-url"].as_str(), Some(&*format!("{url}.tar.xz")));
    assert!(install.contains("name=liqsim-$target.$archive"));
    for (target, special) in binstall["overrides"].as_table().unwrap() {
        assert!(made.contains(target.as_str()) && target.contains("windows"), "{target}");
        assert_eq!(special["pkg-url"].as_str(), Some(&*format!("{url}.zip")));
    }
    // What the release tool takes by itself would stand in the archives twice.
    for name in dist["include"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        assert!(Path::new(ROOT).join(name).is_file(), "{name} is not there");
        assert!(!["LICENSE", "README", "CHANGELOG"].iter().any(|own| name.starts_with(own)), "{name}");
    }
}

#[test]
fn the_container_holds_the_program_and_not_the_rights_of_root() {
    let file = text("Dockerfile");
    let last = file.split("\nFROM ").last().unwrap();
    assert!(last.starts_with("scratch\n"), "the image is empty but for the program");
    let user = last.lines().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert!(!user.starts_with('0') && user != "root", "{user}");
    assert!(last.contains("ENTRYPOINT [\"/liqsim\"]"));
    for word in last.lines().filter(|line| line.starts_with("COPY ")).flat_map(str::split_whitespace) {
        if let Some(name) = word.strip_prefix("/source/").filter(|name| !name.starts_with("target/")) {
            assert!(Path::new(ROOT).join(name).is_file(), "{name} is not there");
        }
    }
}

#[test]
fn the_hook_validates_the_files_that_it_is_given() {
    for hook in yaml(".pre-commit-hooks.yaml").as_vec().unwrap() {
        let entry = hook["entry"].as_str().unwrap();
        let arguments = entry.strip_prefix("liqsim ").unwrap().split(' ');
        let run = |file: &str| {
            let mut command = Command::new(LIQSIM);
            command.args(arguments.clone()).arg(file).current_dir(ROOT).output().unwrap().status.code()
        };
        assert_eq!(run("scenarios/btc-perp-30d.toml"), Some(0));
        assert_eq!(run("deny.toml"), Some(2));
    }
}

/// The steps of the action that a shell runs, as a runner runs them: in order, with what earlier ones have put out.
#[cfg(unix)]
struct Runner {
    folder: tempfile::TempDir,
    inputs: Vec<(&'static str, String)>,
}

#[cfg(unix)]
impl Runner {
    /// The exit status of every step up to the first that fails, and what was printed.
    fn run(&self) -> (Vec<Option<i32>>, String) {
        let action = yaml("action.yml");
        let output = self.folder.path().join("output");
        fs::write(&output, "").unwrap();
        let (mut statuses, mut printed) = (Vec::new(), String::new());
        for step in action["runs"]["steps"].as_vec().unwrap() {
            let Some(script) = step["run"].as_str() else { continue };
            assert_eq!(step["shell"].as_str(), Some("bash"));
            let mut command = Command::new("bash");
            command.args(["-e", "-o", "pipefail", "-c", script]).current_dir(ROOT);
            let bin = Path::new(LIQSIM).parent().unwrap().to_owned();
            let path = std::env::var_os("PATH").unwrap();
            let path =
                std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path))).unwrap();
            command
                .env("PATH", path)
                .env("RUNNER_TEMP", self.folder.path())
                .env("RUNNER_OS", "Linux")
                .env("RUNNER_ARCH", "X64");
            for name in ["OUTPUT", "PATH", "STEP_SUMMARY"] {
                command.env(format!("GITHUB_{name}"), self.folder.path().join(name.to_lowercase()));
            }
            for (name, value) in step["env"].as_hash().unwrap() {
                command.env(
                    name.as_str().unwrap(),
                    self.filled(value.as_str().unwrap(), &fs::read_to_string(&output).unwrap()),
                );
            }
            let done = command.output().unwrap();
            printed += &String::from_utf8_lossy(&done.stdout);
            printed += &String::from_utf8_lossy(&done.stderr);
            statuses.push(done.status.code());
            if !done.status.success() {
                break;
            }
        }
        (statuses, printed)
    }

    /// What stands for an expression such as `${{ inputs.files }}`.
    fn filled(&self, value: &str, outputs: &str) -> String {
        let Some(name) = value.strip_prefix("${{ ").and_then(|value| value.strip_suffix(" }}")) else {
            return value.to_owned();
        };
        match name {
            "github.action_path" => ROOT.to_owned(),
            "github.action_repository" => "owner/liqsim".to_owned(),
            _ => match (name.strip_prefix("inputs."), name.strip_prefix("steps.check.outputs.")) {
                (Some(input), _) => match self.inputs.iter().find(|(name, _)| *name == input) {
                    Some((_, given)) => given.clone(),
                    None => yaml("action.yml")["inputs"][input]["default"]
                        .as_str()
                        .unwrap_or_else(|| panic!("{input}"))
                        .to_owned(),
                },
                (_, Some(output)) => {
                    let found = outputs.lines().find_map(|line| line.strip_prefix(&format!("{output}=")));
                    found.unwrap_or_default().to_owned()
                }
                _ => panic!("a runner knows no {name}"),
            },
        }
    }
}

#[cfg(unix)]
#[test]
fn the_action_checks_as_a_runner_runs_it() {
    let scenario = |max: &str| {
        let folder = tempfile::tempdir().unwrap();
        let text = text("scenarios/btc-flat-rate.toml");
        let limit =
            format!("\n[[limits]]\nmetric = \"liquidation_probability\"\nleverage = 5\nmax = {max}\n");
        let body = text.split("\n[[limits]]").next().unwrap().to_owned() + &limit;
        fs::write(folder.path().join("scenario.toml"), body).unwrap();
        folder
    };
    let run = |max: &str, more: &[(&'static str, &str)]| {
        let folder = scenario(max);
        let file = folder.path().join("scenario.toml").to_string_lossy().into_owned();
        let mut inputs = vec![
            ("version", "installed".to_owned()),
            ("files", file),
            ("args", "--set simulation.paths=20000".to_owned()),
        ];
        inputs.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        inputs.reverse();
        let runner = Runner { folder, inputs };
        let (statuses, printed) = runner.run();
        (statuses, printed, runner.folder)
    };
    let (statuses, printed, folder) = run("0.9", &[]);
    assert_eq!(statuses, [Some(0); 3], "{printed}");
    let verdicts = folder.path().join("liqsim-verdicts");
    assert!(fs::read_to_string(verdicts.join("liqsim.xml")).unwrap().contains("<testsuites"));
    assert!(fs::read_to_string(verdicts.join("liqsim.sarif")).unwrap().contains("\"version\""));
    assert!(fs::read_to_string(folder.path().join("output")).unwrap().contains("verdict=pass"));
    assert!(fs::metadata(folder.path().join("step_summary")).unwrap().len() > 0);
    // The files are there for the uploads also where the job fails, and it fails last.
    let (statuses, printed, folder) = run("0.0001", &[]);
    assert_eq!(statuses, [Some(0), Some(0), Some(1)], "{printed}");
    assert!(printed.contains("::error"), "{printed}");
    assert!(folder.path().join("liqsim-verdicts/liqsim.sarif").is_file());
    assert_eq!(run("0.0001", &[("fail-on", "never")]).0, [Some(0); 3]);
    assert_eq!(run("0.9", &[("fail-on", "any")]).0, [Some(0); 3]);
    assert_eq!(run("0.9", &[("fail-on", "sometimes")]).0, [Some(0), Some(2)]);
    // Wrong input is no verdict.
    assert_eq!(run("\"x\"", &[]).0, [Some(0), Some(2)]);
    assert_eq!(run("0.9", &[("files", "no-such-file.toml")]).0, [Some(0), Some(2)]);
    assert_eq!(run("0.9", &[("files", "$(touch /tmp/liqsim-was-here)")]).0, [Some(0), Some(2)]);
    assert!(!Path::new("/tmp/liqsim-was-here").exists(), "a name is no command");
}

/// Of all packages of the lock file, those of other platforms included, without a network.
#[test]
fn every_library_has_a_licence_of_the_list() {
    let allowed = table("deny.toml")["licenses"]["allow"].clone();
    let allowed: BTreeSet<String> =
        allowed.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let found = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--all-features"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    // What was never downloaded, for platforms that are not this one, cannot be looked at without a network.
    let Ok(metadata) = serde_json::from_slice::<serde_json::Value>(&found.stdout) else { return };
    let mut seen = 0;
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{} has none", package["name"]));
        let licence = licence.replace('/', " OR ");
        let is_allowed = |part: &str| allowed.contains(part.trim_matches(['(', ')', ' ']));
        // With brackets all of the bracketed choices are meant together; without, AND binds more tightly.
        let fits = match licence.contains('(') {
            true => licence.split(" AND ").all(|choices| choices.split(" OR ").any(is_allowed)),
            false => licence.split(" OR ").any(|all| all.split(" AND ").all(is_allowed)),
        };
        assert!(fits, "{}: {licence} is not allowed by deny.toml", package["name"]);
        seen += 1;
    }
    assert!(seen > 100, "{seen} packages");
}
