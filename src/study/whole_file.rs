//! Files that appear complete or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

/// How the names of temporary files begin.
const PREFIX: &str = ".liqsim-";
/// Between the making of a temporary file and its lock there is no longer time.
const UNLOCKED: Duration = Duration::from_secs(2);

/// Writes a file through a temporary one in the same folder, so that it is never seen half written, not even after a
/// power cut.
///
/// # Errors
/// What `write` fails with, or the file cannot be written.
pub fn write_whole<E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), E>,
) -> Result<(), E> {
    let mut file = BufWriter::new(temporary_beside(path)?);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    // Or the name may be on the disk before the content, and a power cut leaves an empty file.
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Checks that files can be made in the folder of a path, and removes temporary files there whose writers were killed.
///
/// # Errors
/// They cannot be made.
pub fn can_write(path: &Path) -> io::Result<()> {
    temporary_beside(path)?;
    remove_abandoned(folder_of(path));
    Ok(())
}

/// Removes the temporary files of a folder that nobody writes to: their writers hold a lock, which the system takes from a process that
/// ends. What cannot be told or removed stays.
fn remove_abandoned(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_old = |metadata: &fs::Metadata| {
            let age = metadata.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
            metadata.is_file() && age.is_some_and(|age| age > UNLOCKED)
        };
        let is_temporary = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_temporary
            && entry.metadata().is_ok_and(|metadata| is_old(&metadata))
            && fs::File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes the temporary files of a folder, which a process that was killed could not. Nobody else may be writing there.
///
/// # Errors
/// The folder cannot be read, or a file cannot be removed.
pub fn remove_leftovers(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file: the user's mask decides, not the privacy of temporary files.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder_of(path))?;
    // Without locks nothing is taken for abandoned.
    let _ = file.as_file().try_lock();
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_writers_that_were_killed_are_removed_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let written = folder.path().join("result.json");
        let at_work = temporary_beside(&written).unwrap();
        let abandoned = folder.path().join(".liqsim-abc");
        let (young, foreign) = (folder.path().join(".liqsim-new"), folder.path().join("notes"));
        let old = SystemTime::now() - Duration::from_secs(60);
        for file in [&abandoned, &foreign] {
            fs::File::create(file).unwrap().set_modified(old).unwrap();
        }
        at_work.as_file().set_modified(old).unwrap();
        fs::write(&young, "").unwrap();
        can_write(&written).unwrap();
        assert!(!abandoned.exists());
        assert!(at_work.path().exists() && young.exists() && foreign.exists());
    }
}
