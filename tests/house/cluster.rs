//! The recipes for clusters in docs/recipes.md: their scripts are run as a cluster would run them, and come to the bytes of the whole run.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const LIQSIM: &str = env!("CARGO_BIN_EXE_liqsim");
/// In place of the recipes' 1e10 paths and 64 parts.
const PATHS: &str = "20_000";
const PARTS: usize = 3;

/// The block of code after a word of the recipes.
fn recipe(after: &str) -> String {
    let text = fs::read_to_string(Path::new(ROOT).join("docs/recipes.md")).unwrap();
    let rest = text.split_once(after).unwrap_or_else(|| panic!("{after}")).1;
    let block = rest.split("```").nth(1).unwrap();
    block.split_once('\n').unwrap().1.replace("1e10", PATHS)
}

fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("scenarios")).unwrap();
    let scenario = "scenarios/btc-perp-30d.toml";
    fs::copy(Path::new(ROOT).join(scenario), folder.path().join(scenario)).unwrap();
    folder
}

/// Runs a script in a shell in which `liqsim` is this build.
fn shell(folder: &Path, script: &str, variables: &[(&str, String)]) {
    let programs = std::env::join_paths(
        std::iter::once(Path::new(LIQSIM).parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(folder).env("PATH", programs.unwrap());
    command.envs(variables.iter().map(|(name, value)| (*name, value.as_str())));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// The result must be that of the whole run; its scenario has the same text, so all bytes are the same.
fn assert_whole(folder: &Path) {
    let run = format!("liqsim run scenarios/btc-perp-30d.toml --paths {PATHS} -o whole.json");
    shell(folder, &run, &[]);
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(read("result.json") == read("whole.json"));
}

#[test]
fn the_array_of_slurm_makes_the_whole() {
    let folder = workplace();
    let script = recipe("**Slurm**");
    for task in 1..=PARTS {
        let variables =
            [("SLURM_ARRAY_TASK_ID", task.to_string()), ("SLURM_ARRAY_TASK_COUNT", PARTS.to_string())];
        shell(folder.path(), &script, &variables);
        // A task that is put into the queue again finds itself finished.
        shell(folder.path(), &script, &variables);
    }
    shell(folder.path(), "liqsim merge parts -o result.json -o report.html", &[]);
    assert_whole(folder.path());
}

#[test]
fn the_pods_of_kubernetes_make_the_whole() {
    let folder = workplace();
    let job = recipe("**Kubernetes**");
    let script = job.split_once("- -c\n").unwrap().1.trim().strip_prefix("- ").unwrap().to_owned();
    // A text of several lines in YAML is one with spaces between them.
    let script =
        script.split_whitespace().collect::<Vec<_>>().join(" ").replace("/64\"", &format!("/{PARTS}\""));
    for index in 0..PARTS {
        shell(folder.path(), &script, &[("JOB_COMPLETION_INDEX", index.to_string())]);
    }
    shell(folder.path(), "liqsim merge parts -o result.json", &[]);
    assert_whole(folder.path());
}

#[test]
fn the_rules_of_snakemake_make_the_whole() {
    let folder = workplace();
    let rules = recipe("**Snakemake**");
    let commands: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("shell: \"")?.strip_suffix('"')).collect();
    let [whole, part] = commands[..] else { panic!("{rules}") };
    fs::create_dir(folder.path().join("parts")).unwrap();
    let outputs: Vec<String> = (1..=PARTS).map(|number| format!("parts/{number}.part")).collect();
    for (number, output) in outputs.iter().enumerate() {
        let command = part
            .replace("{input}", "scenarios/btc-perp-30d.toml")
            .replace("{wildcards.k}", &(number + 1).to_string())
            .replace("{N}", &PARTS.to_string())
            .replace("{output}", output);
        shell(folder.path(), &command, &[]);
    }
    shell(
        folder.path(),
        &whole.replace("{input}", &outputs.join(" ")).replace("{output}", "result.json"),
        &[],
    );
    assert_whole(folder.path());
}
