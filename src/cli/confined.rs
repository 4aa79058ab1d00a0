//! Scenarios of strangers, such as those of a pull request: what they may read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use liqsim::scenario::{Below, Files, Problems, Source};

use super::failure::error_with_help;

/// Folders besides the working folder and the repository of a scenario; there where scenarios are confined to them.
static ALLOWED: OnceLock<Vec<PathBuf>> = OnceLock::new();

/// Confines scenarios to the working folder, their repository and these folders.
pub fn confine(allowed: Vec<PathBuf>) -> anyhow::Result<()> {
    for folder in &allowed {
        if !folder.is_dir() {
            return Err(error_with_help(
                format_args!("--allow-path {}: this is no folder", folder.display()),
                "name the folder that scenarios may read from",
            ));
        }
    }
    ALLOWED.set(allowed).map_err(|_| anyhow::anyhow!("scenarios are confined already"))
}

/// The files that a scenario may read; none where it is not confined.
pub fn files(scenario: &Path) -> Option<Arc<dyn Files>> {
    let allowed = ALLOWED.get()?;
    let folder = scenario.parent().unwrap_or(Path::new(""));
    Some(match Below::folders_of(folder).and_then(|below| below.and(allowed)) {
        Ok(below) => Arc::new(below),
        // Folders that are gone hold no files.
        Err(_) => Arc::new(BTreeMap::<PathBuf, Arc<[u8]>>::new()),
    })
}

/// A scenario file, which reads what it names from where it may; "-" is standard input.
pub fn read(file: &Path) -> Result<Source, Problems> {
    match files(file) {
        None => Source::read(file),
        Some(files) if file == Path::new("-") => Ok(Source::read(file)?.with_files(files)),
        Some(files) => Source::read_from(file, files),
    }
}
