//! Which files are read, which are replaced, and what is never touched.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-perp-30d.toml");

fn liqsim(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_liqsim")).args(arguments).current_dir(folder).output().unwrap()
}

fn run(folder: &Path, output: &str, more: &[&str]) -> (Option<i32>, String) {
    let found = liqsim(folder, &[&["run", SCENARIO, "--paths", "2000", "-o", output], more].concat());
    (found.status.code(), String::from_utf8_lossy(&found.stderr).into_owned())
}

#[test]
fn what_the_program_made_is_replaced_and_all_else_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["r.json", "r.csv", "r.md", "r.txt", "r.html", "r.svg", "r.png"] {
        if name == "r.png" && !cfg!(feature = "png") {
            continue;
        }
        let path = folder.path().join(name);
        for _ in 0..2 {
            assert_eq!(run(folder.path(), name, &[]).0, Some(0), "{name}");
        }
        let made = fs::read(&path).unwrap();
        fs::write(&path, "time,close\n2024-01-01,1\n").unwrap();
        let (status, told) = run(folder.path(), name, &[]);
        assert_eq!(status, Some(2), "{name}");
        assert!(told.contains("liqsim did not make it") && told.contains("--force"), "{told}");
        assert_eq!(fs::read(&path).unwrap(), b"time,close\n2024-01-01,1\n");
        assert_eq!(run(folder.path(), name, &["--force"]).0, Some(0), "{name}");
        assert_eq!(fs::read(&path).unwrap(), made, "{name}");
    }
    let text = fs::read_to_string(SCENARIO).unwrap();
    fs::write(folder.path().join("mine.toml"), &text).unwrap();
    let prices: String = (0..400)
        .map(|day: i32| format!("{},{}\n", 1_600_000_000 + 86_400 * day, 100.0 + f64::from(day * 7919 % 13)))
        .collect();
    fs::write(folder.path().join("prices.csv"), format!("time,close\n{prices}")).unwrap();
    let found = liqsim(folder.path(), &["calibrate", "prices.csv", "--model", "gbm", "-o", "mine.toml"]);
    assert_eq!(found.status.code(), Some(2));
    assert_eq!(fs::read_to_string(folder.path().join("mine.toml")).unwrap(), text);
    for _ in 0..2 {
        let found =
            liqsim(folder.path(), &["calibrate", "prices.csv", "--model", "gbm", "-o", "fitted.toml"]);
        assert_eq!(found.status.code(), Some(0), "{}", String::from_utf8_lossy(&found.stderr));
    }
}

/// Counted before anything is simulated or written.
#[test]
fn more_rows_than_anybody_wants_by_mistake_are_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let found = liqsim(folder.path(), &["simulate", SCENARIO, "--paths", "1e12", "-o", "bars.csv"]);
    let told = String::from_utf8_lossy(&found.stderr).into_owned();
    assert_eq!(found.status.code(), Some(2), "{told}");
    assert!(told.contains("720000000000000 rows") && told.contains("--allow-large"), "{told}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let found = liqsim(
        folder.path(),
        &["simulate", SCENARIO, "--paths", "2", "--interval", "1d", "--allow-large", "-o", "bars.csv"],
    );
    assert_eq!(found.status.code(), Some(0));
    assert_eq!(fs::read_to_string(folder.path().join("bars.csv")).unwrap().lines().count(), 61);
}

#[cfg(unix)]
#[test]
fn devices_and_links_to_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("nowhere.json", folder.path().join("link.json")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zeros.toml")).unwrap();
    let (status, told) = run(folder.path(), "link.json", &[]);
    assert!(status == Some(2) && told.contains("a link to what does not exist"), "{told}");
    for arguments in [
        &["run", "zeros.toml"][..],
        &["calibrate", "/dev/zero", "--model", "gbm"],
        &["compare", "/dev/zero", "/dev/zero"],
        &["report", "/dev/zero", "-o", "page.html"],
        &["merge", "/dev/zero"],
    ] {
        let found = liqsim(folder.path(), arguments);
        let told = String::from_utf8_lossy(&found.stderr).into_owned();
        assert!(
            found.status.code() == Some(2) && told.contains("not a regular file") && told.contains("say `-`"),
            "{arguments:?}: {told}"
        );
    }
}

#[test]
fn a_small_file_that_unpacks_to_gigabytes_is_refused() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.csv.gz");
    let mut packed =
        flate2::write::GzEncoder::new(fs::File::create(&path).unwrap(), flate2::Compression::fast());
    let zeros = vec![b'0'; 1 << 20];
    (0..1_030).for_each(|_| packed.write_all(&zeros).unwrap());
    packed.finish().unwrap();
    let found = liqsim(folder.path(), &["calibrate", "prices.csv.gz", "--model", "gbm"]);
    let told = String::from_utf8_lossy(&found.stderr).into_owned();
    assert!(found.status.code() == Some(2) && told.contains("more than 1024 MiB"), "{told}");
}

#[test]
fn a_text_that_looks_like_a_formula_is_quoted_in_tables() {
    let folder = tempfile::tempdir().unwrap();
    let name = ["--set", "name='=1+1'"];
    assert_eq!(run(folder.path(), "r.csv", &name).0, Some(0));
    let table = fs::read_to_string(folder.path().join("r.csv")).unwrap();
    assert!(table.lines().nth(1).unwrap().starts_with("'=1+1,"), "{table}");
}
