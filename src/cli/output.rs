//! Where data goes: standard output, and files that appear complete or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;
use terminal_size::{Height, Width, terminal_size_of};

use liqsim::report::{FileFormat, Layout};

use super::failure::error_with_help;

/// Writes text to standard output; colours are dropped where they are not wanted.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = anstream::stdout();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("cannot write to standard output")
}

/// The layout that fits standard output.
pub fn terminal_layout() -> Layout {
    // Colours are always asked for: `print` drops them.
    Layout { width: columns(terminal_size_of(io::stdout())), colour: true }
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
pub struct OutputFile<F = FileFormat> {
    path: PathBuf,
    /// The format of the extension.
    pub format: F,
}

impl OutputFile {
    /// Checks that the file can be written, so that a wrong path is found before the work and not after it.
    pub fn prepare(path: &Path) -> anyhow::Result<Self> {
        let format = FileFormat::from_extension(path)
            .map_err(|error| error_with_help(error, "name the file by its format, such as result.json"))?;
        Self::prepare_as(path, format)
    }
}

impl<F> OutputFile<F> {
    /// The same for a file of a known format.
    pub fn prepare_as(path: &Path, format: F) -> anyhow::Result<Self> {
        Ok(Self { path: prepare_file(path)?, format })
    }

    /// Writes the whole file at once.
    pub fn write(&self, contents: impl AsRef<[u8]>) -> anyhow::Result<()> {
        write_file(&self.path, contents)
    }
}

/// Checks that a file can be written, and follows links, so that these stay.
pub fn prepare_file(path: &Path) -> anyhow::Result<PathBuf> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        anyhow::bail!("cannot write {}: it is not a file", path.display());
    }
    temporary_beside(&path)?;
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
    let cannot_write = || format!("cannot write {}", path.display());
    let mut file = io::BufWriter::new(temporary_beside(path)?);
    write(&mut file).with_context(cannot_write)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error).with_context(cannot_write)?;
    file.persist(path).map_err(|error| error.error).with_context(cannot_write)?;
    Ok(())
}

fn temporary_beside(path: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".liqsim-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file: the user's mask decides, not the privacy of temporary files.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).map_err(|error| {
        // Without the path of the temporary file, which the user has never seen.
        let reason = io::Error::from(error.kind());
        error_with_help(
            format_args!("cannot write {}: {reason}", path.display()),
            format_args!("does the folder {} exist, and may you write to it?", folder.display()),
        )
    })
}
