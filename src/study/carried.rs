//! The files that a scenario names, carried along in the parts of its run, so that these can be joined where the files are not.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::scenario::Files;

/// Files of so many bytes together are carried along at most: every part has them.
const MOST_BYTES: usize = 4 << 20;

/// Files under the paths that a scenario was read with: deflated, in hexadecimal digits, which take no more once the part is deflated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CarriedFiles(BTreeMap<PathBuf, String>);

impl CarriedFiles {
    /// All of these files; none where they are too large.
    ///
    /// # Errors
    /// They cannot be deflated.
    pub fn new(files: &BTreeMap<PathBuf, Arc<[u8]>>) -> io::Result<Self> {
        if files.values().map(|bytes| bytes.len()).sum::<usize>() > MOST_BYTES {
            return Ok(Self::default());
        }
        files
            .iter()
            .map(|(path, bytes)| Ok((path.clone(), deflated(bytes)?)))
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Files for CarriedFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        inflated(self.0.get(path).ok_or(io::ErrorKind::NotFound)?)
    }
}

fn deflated(bytes: &[u8]) -> io::Result<String> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    Ok(packed.finish()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn inflated(digits: &str) -> io::Result<Vec<u8>> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "what the part carries of it is damaged");
    let digit = |digit: u8| char::from(digit).to_digit(16).ok_or_else(damaged);
    let byte = |pair: &[u8]| match *pair {
        [high, low] => Ok((digit(high)? << 4 | digit(low)?) as u8),
        _ => Err(damaged()),
    };
    let packed = digits.as_bytes().chunks(2).map(byte).collect::<io::Result<Vec<u8>>>()?;
    let mut bytes = Vec::new();
    // One more than there may be, to see that there are more.
    GzDecoder::new(&packed[..]).take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|_| damaged())?;
    if bytes.len() > MOST_BYTES { Err(damaged()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back_and_damaged_ones_are_refused() {
        let path = PathBuf::from("prices/btc.csv");
        for bytes in [&b""[..], b"time,close\n2024-01-01,1\n", &[0, 255, 128, 7]] {
            let carried = CarriedFiles::new(&BTreeMap::from([(path.clone(), bytes.into())])).unwrap();
            assert!(!carried.is_empty());
            assert_eq!(carried.read(&path).unwrap(), bytes);
            assert_eq!(carried.read(Path::new("btc.csv")).unwrap_err().kind(), io::ErrorKind::NotFound);
            let digits = &carried.0[&path];
            for damaged in [&digits[1..], &digits[..digits.len() - 2], "zz", "é", ""] {
                let kind = inflated(damaged).unwrap_err().kind();
                assert_eq!(kind, io::ErrorKind::InvalidData, "{damaged}");
            }
        }
    }

    #[test]
    fn what_is_too_large_is_not_carried() {
        let file = |length: usize| (PathBuf::from(length.to_string()), Arc::from(vec![0; length]));
        let fits = BTreeMap::from([file(MOST_BYTES - 9), file(9)]);
        assert_eq!(CarriedFiles::new(&fits).unwrap().0.len(), 2);
        assert!(CarriedFiles::new(&BTreeMap::from([file(MOST_BYTES - 9), file(10)])).unwrap().is_empty());
        let bomb = deflated(&vec![0; MOST_BYTES + 1]).unwrap();
        assert_eq!(inflated(&bomb).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
