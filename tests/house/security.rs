//! The figures of SECURITY.md are those of the program.

use std::fs;
use std::path::Path;

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A constant of a source as it is written there.
fn constant(file: &str, name: &str) -> String {
    let text = text(file);
    let line = text.lines().find(|line| line.contains(&format!("const {name}:")));
    let line = line.unwrap_or_else(|| panic!("{file} has no {name}"));
    line.split_once(" = ").unwrap().1.trim_end_matches(';').to_owned()
}

#[test]
fn the_page_on_security_says_what_the_program_does() {
    let page = text("SECURITY.md");
    for (file, name, value, said) in [
        ("src/scenario/reading.rs", "LARGEST", "1 << 20", "a scenario or venue is 1 MiB at most"),
        ("src/serve/http.rs", "LARGEST_HEAD", "16 << 10", "16 KiB of head"),
        ("src/serve/http.rs", "LARGEST_BODY", "256 << 10", "256 KiB of body"),
        ("src/serve/http.rs", "PATIENCE", "Duration::from_secs(5)", "five seconds each without a request"),
        ("src/serve/server.rs", "MOST_CONNECTIONS", "64", "64 at most"),
        (
            "src/scenario/files.rs",
            "TABLES",
            r#"["csv", "tsv", "parquet", "gz", "zst"]"#,
            "no table (.csv, .tsv, .parquet, .gz, .zst)",
        ),
    ] {
        assert_eq!(constant(file, name), value, "{name} has changed: say so in SECURITY.md and here");
        assert!(page.contains(said), "SECURITY.md does not say: {said}");
    }
    // The files that it names are there.
    for name in page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.starts_with("tests/") || name.starts_with("src/"))
    {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(name).exists(), "{name} is not there");
    }
}
