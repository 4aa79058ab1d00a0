//! How the text of a source is read from a file, and what keeps it from being one.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use super::files::Files;
use super::problem::{Code, Place, Problem, Problems};
use super::source::Source;
use crate::market::{read_input, read_limited};

/// Largest file that is read; a scenario holds a few kilobytes.
pub(super) const LARGEST: u64 = 1 << 20;

impl Source {
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
        let read =
            if is_standard_input { read_limited(io::stdin(), LARGEST) } else { read_input(path, LARGEST) };
        let bytes = read.map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let help = "check the path; `liqsim init` writes a scenario to start from";
                empty.refuse(None, "the file does not exist", help)
            }
            ErrorKind::FileTooLarge => empty.too_large(),
            _ => {
                let help = "check that it is a file and may be read";
                empty.refuse(None, &format!("cannot read the file: {error}"), help)
            }
        })?;
        empty.with_bytes(bytes)
    }

    /// Reads a file from certain files, which those that it names are read from too.
    ///
    /// # Errors
    ///
    /// As [`Source::read`].
    pub fn read_from(path: &Path, files: Arc<dyn Files>) -> Result<Self, Problems> {
        Self::new("", "").with_files(files).read_named(path)
    }

    /// A file that this one names, read from where it reads its files.
    pub(super) fn read_named(&self, path: &Path) -> Result<Self, Problems> {
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let files = self.files.clone();
        let empty = Self { folder, files, ..Self::new(path.display().to_string(), "") };
        match self.files.get(path) {
            Ok(bytes) => empty.with_bytes(bytes.to_vec()),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let help = "check the path; paths start from the folder of the scenario";
                Err(empty.refuse(None, "the file does not exist", help))
            }
            Err(error) => {
                let help = "check that it is a file and may be read";
                Err(empty.refuse(None, &format!("cannot read the file: {error}"), help))
            }
        }
    }

    fn too_large(&self) -> Problems {
        self.refuse(None, "the file is larger than 1 MiB", "a scenario is a few kilobytes of TOML text")
    }

    /// The source with the text that a file holds.
    fn with_bytes(self, bytes: Vec<u8>) -> Result<Self, Problems> {
        if bytes.len() as u64 > LARGEST {
            return Err(self.too_large());
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
}
