//! Files that are read as input: regular ones, up to a stated size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes of the largest file of prices or payments, packed or not.
pub const LARGEST_DATA: u64 = 1 << 30;

/// Reads a whole file. A pipe, a device or a socket may never end, so none of them is opened; links to files are
/// followed.
///
/// # Errors
/// It is no regular file, larger than `largest` bytes, or cannot be read.
pub fn read_input(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    read_limited(open_input(path)?, largest)
}

/// Opens a regular file.
pub(super) fn open_input(path: &Path) -> io::Result<File> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if !metadata.is_file() {
        return Err(io::Error::other(
            "it is not a regular file: a pipe may never end; say `-` and pipe it in (`COMMAND | liqsim ... -`), or write it to a file first",
        ));
    }
    File::open(path)
}

/// The error of a file or stream that is larger than the most that is read.
pub(super) fn too_large(largest: u64) -> io::Error {
    let mebibytes = largest >> 20;
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("it holds more than {mebibytes} MiB, which is the most that is read"),
    )
}

/// Reads to the end of a stream of at most `largest` bytes.
///
/// # Errors
/// There are more, or they cannot be read.
pub fn read_limited(stream: impl Read, largest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte beyond the limit tells a stream of that size from a longer one without reading it all.
    stream.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        return Err(too_large(largest));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_the_limit_is_read_and_a_longer_one_is_not() {
        assert_eq!(read_limited(&[7_u8; 10][..], 10).unwrap(), [7; 10]);
        assert_eq!(read_limited(&[7_u8; 11][..], 10).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        // Never read to its end, which does not come.
        assert!(read_limited(io::repeat(0), 1 << 20).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_not_opened() {
        for device in ["/dev/zero", "/dev/null", "/dev/tty"] {
            let error = read_input(Path::new(device), 100).unwrap_err().to_string();
            assert!(error.contains("not a regular file") || !Path::new(device).exists(), "{device}: {error}");
        }
    }
}
