//! The file of a part of a run: what its blocks came to, and the scenario, so that parts can be joined where they are alone. Few bytes for
//! machines ([`pack`]), or JSON for people.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::carried::CarriedFiles;
use super::packed::{self, PackedError, pack, unpack};
use crate::estimate::Partial;
use crate::scenario::{self, Files, Problems, Scenario, Source};

/// Version of the format.
const FORMAT: u32 = 2;

/// What the file of a part holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct PartFile {
    /// Version of the format.
    format: u32,
    /// The scenario.
    pub scenario: PartScenario,
    /// Hash of the partial result as it is written, to tell a damaged file.
    checksum: String,
    /// The partial result.
    pub partial: Partial,
}

/// A scenario as it was given to the run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartScenario {
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// Keys that were set.
    pub overrides: Vec<String>,
    /// Number of paths of the whole run, in place of the scenario's.
    pub paths: Option<u64>,
    /// Seed, in place of the scenario's.
    pub seed: Option<u64>,
    /// The files that it names; none where there are none, or where they are too large to be carried along.
    #[serde(default, skip_serializing_if = "CarriedFiles::is_empty")]
    pub files: CarriedFiles,
}

/// Why a text is no part.
#[derive(Debug, thiserror::Error)]
pub enum PartFileError {
    /// Not JSON of a part.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Of another version.
    #[error("its format is {found}, and this version knows {FORMAT}")]
    Format {
        /// Version of its format.
        found: u32,
    },
    /// Its numbers are not those that were written.
    #[error("it is damaged")]
    Damaged,
    /// Not the bytes of a part.
    #[error(transparent)]
    Packed(#[from] PackedError),
}

impl PartScenario {
    /// The same with the files that the scenario names, which was read from it.
    ///
    /// # Errors
    /// They cannot be deflated.
    pub fn carrying_files_of(self, scenario: &Scenario) -> io::Result<Self> {
        Ok(Self { files: CarriedFiles::new(&scenario.files())?, ..self })
    }

    /// Reads the text as a scenario. Files that it names are those that it carries along; where there are none they must be there, or among
    /// `files` where these are given.
    ///
    /// # Errors
    /// Everything that is wrong with the text.
    pub fn load(&self, files: Option<Arc<dyn Files>>) -> Result<Scenario, Problems> {
        let source = Source::of_file(&self.file, self.text.as_str());
        let source = match files {
            _ if !self.files.is_empty() => source.with_files(Arc::new(self.files.clone())),
            Some(files) => source.with_files(files),
            None => source,
        };
        Ok(scenario::parse(source, &self.overrides)?.with(self.paths, self.seed))
    }
}

impl PartFile {
    /// The file of a partial result.
    ///
    /// # Errors
    /// A number cannot be written as JSON.
    pub fn new(scenario: PartScenario, partial: Partial) -> Result<Self, PartFileError> {
        Ok(Self { format: FORMAT, scenario, checksum: checksum(&partial)?, partial })
    }

    /// The text of the file.
    ///
    /// # Errors
    /// A number cannot be written as JSON.
    pub fn text(&self) -> Result<String, PartFileError> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// The part as few bytes.
    ///
    /// # Errors
    /// A number cannot be written as JSON.
    pub fn bytes(&self) -> Result<Vec<u8>, PartFileError> {
        Self::packed(&self.scenario, &self.partial)
    }

    /// The same of a part that is needed on.
    ///
    /// # Errors
    /// A number cannot be written as JSON.
    pub fn packed(scenario: &PartScenario, partial: &Partial) -> Result<Vec<u8>, PartFileError> {
        Ok(pack(&Packed { scenario, partial })?)
    }

    /// Reads a file, text or bytes.
    ///
    /// # Errors
    /// See [`PartFileError`].
    pub fn parse(contents: &[u8]) -> Result<Self, PartFileError> {
        if packed::is_packed(contents) {
            let Unpacked { scenario, partial } = unpack(contents)?;
            // The bytes have a checksum of their own.
            return Ok(Self { format: FORMAT, scenario, checksum: String::new(), partial });
        }
        let Format { format } = serde_json::from_slice(contents)?;
        if format != FORMAT {
            return Err(PartFileError::Format { found: format });
        }
        let file: Self = serde_json::from_slice(contents)?;
        if checksum(&file.partial)? != file.checksum {
            return Err(PartFileError::Damaged);
        }
        Ok(file)
    }
}

/// What the bytes hold.
#[derive(Serialize)]
struct Packed<'a> {
    scenario: &'a PartScenario,
    partial: &'a Partial,
}

/// The same when it is read.
#[derive(Deserialize)]
struct Unpacked {
    scenario: PartScenario,
    partial: Partial,
}

/// What can be read of any version.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

fn checksum(partial: &Partial) -> Result<String, PartFileError> {
    Ok(blake3::hash(&serde_json::to_vec(partial)?).to_hex()[..32].to_owned())
}
