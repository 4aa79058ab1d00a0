//! A text and where it came from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{Disk, Files, FilesRead};

/// A text and where it came from.
#[derive(Debug, Clone)]
pub struct Source {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) folder: PathBuf,
    pub(super) is_override: bool,
    pub(super) files: FilesRead,
    pub(super) now: Option<i64>,
}

impl Source {
    /// A text with the name that messages show for it; files it names are looked up from the current folder.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let files = FilesRead::from(Arc::new(Disk));
        let (name, text) = (name.into(), text.into());
        Self { name, text, folder: PathBuf::new(), is_override: false, files, now: None }
    }

    /// The same text with other files behind the names in it than those of the file system.
    #[must_use]
    pub fn with_files(self, files: Arc<dyn Files>) -> Self {
        Self { files: FilesRead::from(files), ..self }
    }

    /// The same text read at a time in seconds since 1970, from the program's clock: recorded files that it names hold nothing after tomorrow.
    #[must_use]
    pub fn at(self, now: Option<i64>) -> Self {
        Self { now, ..self }
    }

    /// The text that a file held; files it names are looked up from the folder of that file.
    pub fn of_file(path: &Path, text: impl Into<String>) -> Self {
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Self { folder, ..Self::new(path.display().to_string(), text) }
    }

    /// The text of a `--set` option; files it names are looked up from the folder of the scenario it is for.
    pub(super) fn of_override(text: &str, scenario: &Self) -> Self {
        let (folder, files) = (scenario.folder.clone(), scenario.files.clone());
        Self { is_override: true, folder, files, now: scenario.now, ..Self::new("--set", text) }
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Another text in the same place, with the same files.
    pub(super) fn with_text(&self, text: impl Into<String>) -> Self {
        Self { text: text.into(), is_override: false, ..self.clone() }
    }

    /// A file that the text names; relative paths start from its folder.
    pub(super) fn file(&self, name: &str) -> std::io::Result<Arc<[u8]>> {
        self.files.get(&self.folder.join(name))
    }

    /// Whether messages may quote what a file holds that the text names.
    pub(super) fn may_quote(&self, name: &str) -> bool {
        self.files.may_quote(&self.folder.join(name), &self.folder)
    }

    /// The folder that relative paths in the text start from.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The present, if it is known.
    pub(super) fn now(&self) -> Option<i64> {
        self.now
    }

    /// The files that it named.
    pub(super) fn files(&self) -> &FilesRead {
        &self.files
    }

    /// The files that it named and that hold something else now than when they were read.
    pub fn changed_files(&self) -> Vec<PathBuf> {
        self.files.changed()
    }

    /// Whether the text is a `--set` option.
    pub(super) fn is_override(&self) -> bool {
        self.is_override
    }
}
