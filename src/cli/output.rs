//! Where data goes: standard output, and files that appear complete or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use terminal_size::{Height, Width, terminal_size_of};

use liqsim::report::{Format, Layout};
use liqsim::study::{can_write, write_whole};

use super::failure::error_with_help;
use super::own_files::is_replaceable;

/// Writes text to standard output; colours are dropped where they are not wanted. A reader who leaves early has had
/// enough: that changes no exit status.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = anstream::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// The layout that fits standard output.
pub fn terminal_layout() -> Layout {
    // Colours are always asked for: `print` drops them.
    Layout { width: columns(terminal_size_of(io::stdout())), colour: true, wide: false, notes: false }
}

/// Columns of standard error; none if it is not a terminal.
pub fn error_width() -> Option<usize> {
    columns(terminal_size_of(io::stderr()))
}

fn columns(size: Option<(Width, Height)>) -> Option<usize> {
    size.map(|(Width(columns), _)| usize::from(columns))
}

/// A file for a result, in the format of its extension.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    /// The format of the extension.
    pub format: Format,
}

impl OutputFile {
    /// Checks that the file can be written, in one of these formats, so that a wrong path is found before the work and
    /// not after it.
    pub fn prepare(path: &Path, list: &[Format]) -> anyhow::Result<Self> {
        let format = Format::of_file(path, list).map_err(|error| {
            let example = list.first().map_or("txt", |format| format.extension());
            error_with_help(error, format_args!("name the file by its format, such as result.{example}"))
        })?;
        Self::prepare_as(path, format)
    }

    /// The same for a file of a known format.
    pub fn prepare_as(path: &Path, format: Format) -> anyhow::Result<Self> {
        Ok(Self { path: prepare_file(path)?, format })
    }

    /// The same file, or one beside it if there is one already: what was cut short replaces nothing complete.
    pub fn beside_what_is_there(self) -> Self {
        if !self.path.exists() {
            return self;
        }
        let extension = self.path.extension().unwrap_or_default().to_string_lossy().into_owned();
        Self { path: self.path.with_extension(format!("interrupted.{extension}")), format: self.format }
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the whole file at once.
    pub fn write(&self, contents: impl AsRef<[u8]>) -> anyhow::Result<()> {
        write_file(&self.path, contents)
    }
}

/// Checks that a file can be written, and follows links, so that these stay. What is there already must be of the
/// program's own making.
pub fn prepare_file(path: &Path) -> anyhow::Result<PathBuf> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.is_symlink() {
        return Err(error_with_help(
            format_args!("cannot write {}: it is a link to what does not exist", path.display()),
            "remove the link, or name where it leads",
        ));
    }
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        anyhow::bail!("cannot write {}: it is not a file", path.display());
    }
    if !is_replaceable(&path).with_context(|| format!("cannot replace {}", path.display()))? {
        return Err(error_with_help(
            format_args!("{} is there already, and liqsim did not make it", path.display()),
            "name another file, or replace it with --force",
        ));
    }
    can_write(&path).map_err(|error| {
        // Without the path of the temporary file, which the user has never seen.
        let reason = io::Error::from(error.kind());
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        error_with_help(
            format_args!("cannot write {}: {reason}", path.display()),
            format_args!("does the folder {} exist, and may you write to it?", folder.display()),
        )
    })?;
    Ok(path)
}

/// Writes a file through a temporary one in the same folder, so that it is never seen half written.
pub fn write_file(path: &Path, contents: impl AsRef<[u8]>) -> anyhow::Result<()> {
    write_file_with(path, |file| Ok(file.write_all(contents.as_ref())?))
}

/// The same for content that comes piece by piece.
pub fn write_file_with(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    write_whole(path, write).with_context(|| format!("cannot write {}", path.display()))
}
