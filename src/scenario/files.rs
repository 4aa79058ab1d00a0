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

    /// Whether messages may quote what a file holds, where a scenario in `folder` names it. What is no table and lies elsewhere is
    /// kept to itself: a stranger's scenario may name any file.
    fn may_quote(&self, _path: &Path, _folder: &Path) -> bool {
        true
    }
}

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        read_input(path, LARGEST_DATA)
    }

    fn may_quote(&self, path: &Path, folder: &Path) -> bool {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        TABLES.contains(&extension.to_ascii_lowercase().as_str())
            || Below::folders_of(folder).is_ok_and(|below| below.resolve(path).is_ok())
    }
}

/// Endings of files that hold tables of prices or rates.
const TABLES: [&str; 5] = ["csv", "tsv", "parquet", "gz", "zst"];

/// The file system below some folders, links resolved: for the scenarios of strangers.
#[derive(Debug, Clone)]
pub struct Below(Vec<PathBuf>);

impl Below {
    /// Files below these folders.
    ///
    /// # Errors
    /// One of them is not there.
    pub fn new<P: AsRef<Path>>(folders: impl IntoIterator<Item = P>) -> io::Result<Self> {
        folders.into_iter().map(std::fs::canonicalize).collect::<io::Result<_>>().map(Self)
    }

    /// Files below the working folder, or below the repository of a scenario's folder (that folder itself where it is in none).
    ///
    /// # Errors
    /// One of them is not there.
    pub fn folders_of(folder: &Path) -> io::Result<Self> {
        let folder = std::fs::canonicalize(if folder == Path::new("") { Path::new(".") } else { folder })?;
        let repository = folder.ancestors().find(|folder| folder.join(".git").exists());
        let repository = repository.unwrap_or(&folder).to_owned();
        Self::new([PathBuf::from("."), repository])
    }

    /// The same with further folders.
    ///
    /// # Errors
    /// One of them is not there.
    pub fn and<P: AsRef<Path>>(self, folders: impl IntoIterator<Item = P>) -> io::Result<Self> {
        Ok(Self([self.0, Self::new(folders)?.0].concat()))
    }

    /// The file that a path leads to.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let is_below = |path: &Path| self.0.iter().any(|folder| path.starts_with(folder));
        let outside = || {
            let message = "it lies outside the folders that scenarios may read from";
            io::Error::new(io::ErrorKind::PermissionDenied, message)
        };
        match std::fs::canonicalize(path) {
            Ok(path) if is_below(&path) => Ok(path),
            Ok(_) => Err(outside()),
            // Whether a file is there is said of what lies below only.
            Err(error) => {
                let there = path.ancestors().skip(1).find_map(|folder| std::fs::canonicalize(folder).ok());
                Err(if there.is_some_and(|folder| is_below(&folder)) { error } else { outside() })
            }
        }
    }
}

impl Files for Below {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        read_input(&self.resolve(path)?, LARGEST_DATA)
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

    /// Whether messages may quote what a file holds.
    pub fn may_quote(&self, path: &Path, folder: &Path) -> bool {
        self.from.may_quote(path, folder)
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn links_and_parents_lead_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["inside/deep", "outside", "inside/.git"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["inside/a.csv", "inside/deep/b", "outside/c"] {
            fs::write(at(name), name).unwrap();
        }
        let below = Below::new([at("inside")]).unwrap();
        assert_eq!(below.read(&at("inside/a.csv")).unwrap(), b"inside/a.csv");
        assert_eq!(below.read(&at("outside/../inside/deep/b")).unwrap(), b"inside/deep/b");
        let refused =
            |path: &str| below.read(&at(path)).unwrap_err().kind() == io::ErrorKind::PermissionDenied;
        assert!(refused("inside/../outside/c") && refused("outside/c") && refused("outside/none/at/all"));
        assert_eq!(below.read(&at("inside/none")).unwrap_err().kind(), io::ErrorKind::NotFound);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("outside/c"), at("inside/link.csv")).unwrap();
            assert!(refused("inside/link.csv"));
        }
        let wider = below.and([at("outside")]).unwrap();
        assert!(wider.read(&at("outside/c")).is_ok());
        // The whole repository of a scenario is its own; of what lies elsewhere tables alone are quoted.
        let deep = at("inside/deep");
        assert!(Disk.may_quote(&at("inside/a.csv"), &deep) && Disk.may_quote(&at("inside/deep/b"), &deep));
        assert!(!Disk.may_quote(&at("outside/c"), &deep));
        assert!(Disk.may_quote(&at("outside/c.csv"), &deep));
    }
}
