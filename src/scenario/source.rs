//! A text and where it came from.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{Disk, Files, FilesRead};
use super::problem::{Code, Place, Problem, Problems};

/// Largest file that is read; a scenario holds a few kilobytes.
pub(super) const LARGEST: u64 = 1 << 20;

/// A text and where it came from.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    folder: PathBuf,
    is_override: bool,
    files: FilesRead,
    now: Option<i64>,
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

    /// Reads a file, or standard input if the path is "-"; files it names are looked up from its folder.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, is larger than 1 MiB, or is not UTF-8 text.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let is_standard_input = path == Path::new("-");
        let name = if is_standard_input { "standard input".to_owned() } else { path.display().to_string() };
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let empty = Self { folder, ..Self::new(name, "") };
        if !is_standard_input && path.is_dir() {
            let help = "give the path of a scenario file inside it";
            return Err(empty.refuse(None, "this is a folder, not a file", help));
        }
        let mut bytes = Vec::new();
        // One byte beyond the limit tells a file of that size from a larger one without reading it all.
        let read = if is_standard_input {
            std::io::stdin().take(LARGEST + 1).read_to_end(&mut bytes)
        } else {
            File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        };
        if let Err(error) = read {
            return Err(if error.kind() == std::io::ErrorKind::NotFound {
                let help = "check the path; `liqsim init` writes a scenario to start from";
                empty.refuse(None, "the file does not exist", help)
            } else {
                let help = "check that it is a file and may be read";
                empty.refuse(None, &format!("cannot read the file: {error}"), help)
            });
        }
        empty.with_bytes(bytes)
    }

    /// A file that this one names, read from where it reads its files.
    pub(super) fn read_named(&self, path: &Path) -> Result<Self, Problems> {
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let files = self.files.clone();
        let empty = Self { folder, files, ..Self::new(path.display().to_string(), "") };
        match self.files.get(path) {
            Ok(bytes) => empty.with_bytes(bytes.to_vec()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let help = "check the path; paths start from the folder of the scenario";
                Err(empty.refuse(None, "the file does not exist", help))
            }
            Err(error) => {
                let help = "check that it is a file and may be read";
                Err(empty.refuse(None, &format!("cannot read the file: {error}"), help))
            }
        }
    }

    /// The source with the text that a file holds.
    fn with_bytes(self, bytes: Vec<u8>) -> Result<Self, Problems> {
        if bytes.len() as u64 > LARGEST {
            let message = "the file is larger than 1 MiB";
            return Err(self.refuse(None, message, "a scenario is a few kilobytes of TOML text"));
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(self.refuse(None, "the file is UTF-16 text", "save it as UTF-8"));
        }
        if bytes.contains(&0) {
            let message = "the file is binary, not text";
            return Err(self.refuse(None, message, "a scenario is TOML text in UTF-8"));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { text, ..self }),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let help = "save the file as UTF-8 text";
                Err(Self { text, ..self }.refuse(Some(offset), "this is not UTF-8 text", help))
            }
        }
    }

    /// The problem of a file that cannot be read as text.
    fn refuse(&self, offset: Option<usize>, message: &str, help: &str) -> Problems {
        let source = Arc::new(self.clone());
        let place = match offset {
            Some(offset) => Place::new(&source, offset..offset + char::REPLACEMENT_CHARACTER.len_utf8()),
            None => Place::whole(&source),
        };
        Problem::new(Code::Unreadable, &place, message).help(help).into()
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
