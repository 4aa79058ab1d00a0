//! A folder of results, one file per identity: what is finished is known after any interruption.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::kept_group::GroupPart;
use super::packed::{pack, unpack};
use super::whole_file::{can_write, remove_leftovers, write_whole};
use crate::result::RunResult;

/// A folder of results by identity. It belongs to one sweep at a time.
#[derive(Debug, Clone)]
pub struct ResultsFolder {
    folder: PathBuf,
    /// Locked as long as anybody holds it; the system takes the lock from a process that ends, however it ends.
    _lock: Arc<File>,
}

impl ResultsFolder {
    /// Opens or makes the folder, takes it for this sweep, checks that it can be written to, and removes what a sweep that
    /// was killed left half written.
    ///
    /// # Errors
    /// It cannot be made or written to, or another sweep is at work in it ([`io::ErrorKind::ResourceBusy`]).
    pub fn open(folder: &Path) -> io::Result<Self> {
        let cells = folder.join("cells");
        fs::create_dir_all(&cells)?;
        let lock = File::create(folder.join(".lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::ResourceBusy, "another sweep is at work in it")
            }
            TryLockError::Error(error) => error,
        })?;
        can_write(&cells.join("any"))?;
        remove_leftovers(folder)?;
        remove_leftovers(&cells)?;
        Ok(Self { folder: folder.to_owned(), _lock: Arc::new(lock) })
    }

    /// Where the result of an identity is kept.
    pub fn path(&self, identity: &str) -> PathBuf {
        self.folder.join("cells").join(format!("{identity}.json"))
    }

    /// The finished result of an identity. A file that cannot be understood, or whose checksum is not that of its content,
    /// counts as none.
    pub fn finished(&self, identity: &str) -> Option<RunResult> {
        let text = fs::read_to_string(self.path(identity)).ok()?;
        let result: RunResult = serde_json::from_str(&unsealed(&text)?).ok()?;
        (result.identity == identity).then_some(result)
    }

    /// Keeps a finished result. The file appears complete or not at all.
    ///
    /// # Errors
    /// It cannot be written, such as to a full disk.
    pub fn keep(&self, result: &RunResult) -> io::Result<()> {
        let text = sealed(&serde_json::to_string_pretty(result)?);
        write_whole(&self.path(&result.identity), |file| file.write_all(text.as_bytes()))
    }

    /// What is kept of the cells that were at work. A file that cannot be understood counts as none.
    pub fn at_work(&self) -> Option<GroupPart> {
        unpack(&fs::read(self.at_work_path()).ok()?).ok()
    }

    /// Keeps what is finished of the cells at work. The file appears complete or not at all.
    ///
    /// # Errors
    /// It cannot be written, such as to a full disk.
    pub fn keep_at_work(&self, part: &GroupPart) -> io::Result<()> {
        let bytes = pack(part).map_err(io::Error::other)?;
        write_whole(&self.at_work_path(), |file| file.write_all(&bytes))
    }

    /// Removes what was kept of cells that are finished now.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn no_longer_at_work(&self) -> io::Result<()> {
        match fs::remove_file(self.at_work_path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn at_work_path(&self) -> PathBuf {
        self.folder.join("cells").join("at-work.part")
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
        write_whole(&self.folder.join(name), write)
    }
}

/// How the checksum of a cell begins, its last key.
const CHECKSUM: &str = ",\n  \"checksum\": \"";

/// The text of an object with a last key: the checksum of what stands before it.
fn sealed(object: &str) -> String {
    let object = object.strip_suffix("\n}").unwrap_or(object);
    format!("{object}{CHECKSUM}{}\"\n}}\n", blake3::hash(object.as_bytes()).to_hex())
}

/// The text without its checksum; none if the two do not belong together.
fn unsealed(text: &str) -> Option<String> {
    let (object, checksum) = text.rsplit_once(CHECKSUM)?;
    let known = blake3::hash(object.as_bytes()).to_hex();
    (checksum.strip_suffix("\"\n}\n")? == known.as_str()).then(|| format!("{object}\n}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_with_any_byte_changed_counts_as_none() {
        let object = "{\n  \"levels\": [1.5]\n}";
        let whole = sealed(object);
        assert_eq!(unsealed(&whole).as_deref(), Some(object));
        for place in 0..whole.len() {
            let mut bytes = whole.clone().into_bytes();
            bytes[place] ^= 1;
            assert_eq!(String::from_utf8(bytes).ok().and_then(|text| unsealed(&text)), None, "byte {place}");
            assert_eq!(unsealed(&whole[..place]), None, "cut at {place}");
        }
    }
}
