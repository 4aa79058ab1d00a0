//! Files of the program's own making: read back, and replaced without a word. All others only with `--force`.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use liqsim::market::read_input;

/// Set once, from the arguments.
static FORCE: AtomicBool = AtomicBool::new(false);

/// How the tables begin that the program writes as CSV.
const TABLES: [&[u8]; 4] = [b"scenario,identity,", b"cell,file,", b"path,asset,bar,", b"asset,model,entry,"];

/// How the scenarios and venues begin that the program writes beside what it prints.
const SCENARIOS: [&[u8]; 3] =
    [b"# Fitted by `liqsim ", b"# What `liqsim risk` ran", b"# Imported by `liqsim venues`"];

/// From now on any file may be replaced.
pub fn allow_replacing_all() {
    FORCE.store(true, Ordering::Relaxed);
}

/// Whether all files may be replaced.
pub fn may_replace_all() -> bool {
    FORCE.load(Ordering::Relaxed)
}

/// Whether there is nothing at a path that the program did not make: no file, an empty one, or a file of its own.
///
/// # Errors
/// There is a file that cannot be read.
pub fn is_replaceable(path: &Path) -> io::Result<bool> {
    if may_replace_all() || !path.exists() {
        return Ok(true);
    }
    let contents = fs::read(path)?;
    let begins = |starts: &[&[u8]]| starts.iter().any(|start| contents.starts_with(start));
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    Ok(contents.is_empty()
        || match extension.as_str() {
            "csv" => begins(&TABLES),
            "toml" => begins(&SCENARIOS),
            // All other formats carry the name of what made them.
            _ => contents.windows(6).any(|window| window == b"liqsim"),
        })
}

/// Bytes of the largest result or part that is read.
const LARGEST_RESULT: u64 = 1 << 30;

/// The contents of a part.
pub fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_input(path, LARGEST_RESULT).with_context(|| format!("cannot read {}", path.display()))
}

/// The text of a result.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read_bytes(path)?).with_context(|| format!("cannot read {}", path.display()))
}
