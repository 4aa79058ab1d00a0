//! The files that a scenario names: where they are read from, and what was read.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::market::{LARGEST_DATA, read_input};

/// Where the files that a scenario names are read from.
pub trait Files: Send + Sync {
    /// The whole file; paths are those of the scenario, joined to its folder.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
}

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        read_input(path, LARGEST_DATA)
    }
}

/// Files by their paths, such as those of a bundle.
impl Files for BTreeMap<PathBuf, Arc<[u8]>> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let found = self.get(path).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(found.to_vec())
    }
}

/// Files that are read once: whoever asks again gets the same bytes, also where the file has changed meanwhile.
#[derive(Clone)]
pub(super) struct FilesRead {
    from: Arc<dyn Files>,
    read: Arc<Mutex<BTreeMap<PathBuf, Arc<[u8]>>>>,
}

impl FilesRead {
    pub fn from(from: Arc<dyn Files>) -> Self {
        Self { from, read: Arc::default() }
    }

    /// The whole file.
    pub fn get(&self, path: &Path) -> io::Result<Arc<[u8]>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(path) {
            return Ok(Arc::clone(known));
        }
        let bytes: Arc<[u8]> = self.from.read(path)?.into();
        read.insert(path.to_owned(), Arc::clone(&bytes));
        Ok(bytes)
    }

    /// The files that hold other bytes now than when they were read; one that is gone has changed too.
    pub fn changed(&self) -> Vec<PathBuf> {
        let is_changed = |(path, bytes): &(PathBuf, Arc<[u8]>)| {
            !self.from.read(path).is_ok_and(|now| now[..] == bytes[..])
        };
        self.all().into_iter().filter(is_changed).map(|(path, _)| path).collect()
    }

    /// Everything that was read so far.
    pub fn all(&self) -> BTreeMap<PathBuf, Arc<[u8]>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for FilesRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().keys()).finish()
    }
}
