//! A scenario back as text: what ran, with everything that was changed after the file was read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::document::to_toml;
use super::load::parse;
use super::problem::{Code, Place, Problem, Problems};
use super::source::Source;
use super::tree::{Entry, Node, Table, Value, quoted};
use super::types::{PathBudget, Scenario};
use crate::model::Model;

/// Why a scenario cannot be written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// It was not read from text or values.
    #[error("a scenario that was put together in code has no text: read it from values instead")]
    NeverWritten,
    /// Nobody else could read the model.
    #[error("a model of one's own has no text")]
    OwnModel,
    /// Fields were set in code after it was read.
    #[error("the scenario was changed in code after it was read: change its text or values instead")]
    Changed,
}

/// A scenario with everything that it needs: text and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The scenario's text, as [`Scenario::to_toml`] gives it.
    pub toml: String,
    /// Each file that it names, under its path from the scenario's folder.
    pub files: BTreeMap<PathBuf, Arc<[u8]>>,
    /// The BLAKE3 hash of each file, in hexadecimal digits: what travels may be damaged.
    pub hashes: BTreeMap<PathBuf, String>,
}

impl Scenario {
    /// The text of what would run: options set, one cell of a sweep, the title, number of paths and seed as they are now. It reads back
    /// as a scenario with the same identity; comments are gone.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn to_toml(&self) -> Result<String, WriteError> {
        Ok(self.document()?.0)
    }

    /// The text and every file that it names, so that it can be run where these are not.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn bundle(&self) -> Result<Bundle, WriteError> {
        let (toml, source) = self.document()?;
        let relative = |(path, bytes): (PathBuf, Arc<[u8]>)| {
            (path.strip_prefix(source.folder()).map_or(path.clone(), PathBuf::from), bytes)
        };
        let files: BTreeMap<_, _> = source.files().all().into_iter().map(relative).collect();
        let hashes = files.iter().map(|(path, bytes)| (path.clone(), hash(bytes))).collect();
        Ok(Bundle { toml, files, hashes })
    }

    /// Every file that it names, under the path that it was read from, as it was read.
    pub fn files(&self) -> BTreeMap<PathBuf, Arc<[u8]>> {
        self.written.values().map(|(_, source)| source.files().all()).unwrap_or_default()
    }

    /// What was found in the files of prices and rates that it names, a line each.
    pub fn found(&self) -> &[String] {
        self.written.found()
    }

    fn document(&self) -> Result<(String, &Source), WriteError> {
        if self.assets.iter().any(|asset| matches!(asset.model, Model::Custom(_))) {
            return Err(WriteError::OwnModel);
        }
        let (table, source) = self.written.values().ok_or(WriteError::NeverWritten)?;
        let mut table = table.clone();
        // What ran is one cell.
        table.entries.retain(|entry| entry.key != "sweep");
        table.set(&["name"], Value::Text(self.name.clone()));
        table.set(&["simulation", "seed"], Value::Integer(self.simulation.seed.into()));
        // An option for one takes the place of the other in the file.
        match self.simulation.paths {
            PathBudget::Fixed(paths) => {
                table.set(&["simulation", "paths"], Value::Integer(paths.into()));
                table.remove("simulation", &["precision", "max_paths"]);
            }
            PathBudget::Precision { .. } => table.remove("simulation", &["paths"]),
        }
        let toml = to_toml(&table);
        let again = parse(source.with_text(toml.as_str()), &[]).map_err(|_| WriteError::Changed)?;
        if again.identity() == self.identity() { Ok((toml, source)) } else { Err(WriteError::Changed) }
    }
}

impl Bundle {
    /// Reads the scenario, with the files of the bundle.
    ///
    /// # Errors
    /// As for any text; a file that is missing or not the one that was bundled.
    pub fn scenario(&self) -> Result<Scenario, Problems> {
        let source = Source::new("bundle", self.toml.as_str()).with_files(Arc::new(self.files.clone()));
        let is_other = |(path, known): &(&PathBuf, &String)| {
            self.files.get(*path).is_none_or(|bytes| hash(bytes) != **known)
        };
        if let Some((path, _)) = self.hashes.iter().find(is_other) {
            let message =
                format!("the file {} is not the one that was bundled", quoted(&path.display().to_string()));
            let place = Place::whole(&Arc::new(source));
            return Err(Problem::new(Code::Unreadable, &place, message)
                .help("bundle the scenario again")
                .into());
        }
        parse(source, &[])
    }
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl Table {
    /// Sets a value at the end of a path of tables, which are made where they are missing.
    fn set(&mut self, path: &[&str], value: Value) {
        let Some((key, rest)) = path.split_first() else { return };
        let index = self.entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
            // The title comes first, as in any file.
            let index = if *key == "name" { 0 } else { self.entries.len() };
            let node = Node::nowhere(Value::Table(Self::default()));
            let (key, key_place) = ((*key).to_owned(), node.place.clone());
            self.entries.insert(index, Entry { key, key_place, node });
            index
        });
        match (&mut self.entries[index].node.value, rest.is_empty()) {
            (Value::Table(table), false) => table.set(rest, value),
            (place, _) => *place = value,
        }
    }

    fn remove(&mut self, table: &str, keys: &[&str]) {
        for entry in self.entries.iter_mut().filter(|entry| entry.key == table) {
            if let Value::Table(inner) = &mut entry.node.value {
                inner.entries.retain(|entry| !keys.contains(&entry.key.as_str()));
            }
        }
    }
}
