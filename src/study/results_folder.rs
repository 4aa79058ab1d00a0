//! A folder of results, one file per identity: what is finished is known after any interruption.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::result::RunResult;

/// A folder of results by identity.
#[derive(Debug, Clone)]
pub struct ResultsFolder {
    folder: PathBuf,
}

impl ResultsFolder {
    /// Opens or makes the folder and checks that it can be written to.
    ///
    /// # Errors
    /// It cannot be made or written to.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let cells = folder.join("cells");
        fs::create_dir_all(&cells)?;
        tempfile::Builder::new().prefix(".liqsim-").tempfile_in(&cells)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Where the result of an identity is kept.
    pub fn path(&self, identity: &str) -> PathBuf {
        self.folder.join("cells").join(format!("{identity}.json"))
    }

    /// The finished result of an identity. A file that cannot be understood counts as none.
    pub fn finished(&self, identity: &str) -> Option<RunResult> {
        let text = fs::read_to_string(self.path(identity)).ok()?;
        let result: RunResult = serde_json::from_str(&text).ok()?;
        (result.identity == identity).then_some(result)
    }

    /// Keeps a finished result. The file appears complete or not at all.
    ///
    /// # Errors
    /// It cannot be written, such as to a full disk.
    pub fn keep(&self, result: &RunResult) -> io::Result<()> {
        let text = serde_json::to_string_pretty(result)? + "\n";
        write_whole(&self.path(&result.identity), |file| file.write_all(text.as_bytes()))
    }

    /// Writes a table beside the results; it appears complete or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_table(
        &self,
        name: &str,
        write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
    ) -> io::Result<()> {
        write_whole(&self.folder.join(name), |file| {
            let mut buffered = io::BufWriter::new(file);
            write(&mut buffered)?;
            buffered.flush()
        })
    }
}

/// Writes to a temporary file in the same folder and puts it in place.
fn write_whole(path: &Path, write: impl FnOnce(&mut NamedTempFile) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".liqsim-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file: the user's mask decides, not the privacy of temporary files.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    write(&mut file)?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
