//! Work of a run that its parts share out, beside the paths: sums over numbered units of work, and what is found out on the way to
//! them, which is the same in every part.
//!
//! Each piece of such work has a key. A part does its portion of the units of every sum and keeps what it found; the sums of parts add
//! up exactly, so whoever joins all of them has the sums of the whole and finds out nothing anew.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::numeric::ExactSum;

/// Which of so many equal pieces of all work are done here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// The first piece, from 0.
    pub start: u64,
    /// The one after the last.
    pub end: u64,
    /// How many pieces there are in all.
    pub of: u64,
}

impl Portion {
    /// Its units of so many: portions that cover all pieces once cover all units once.
    pub fn units(&self, all: u64) -> Range<u64> {
        // At most the number of units, for no portion ends beyond all pieces.
        let edge = |piece: u64| (u128::from(all) * u128::from(piece) / u128::from(self.of.max(1))) as u64;
        edge(self.start)..edge(self.end)
    }
}

/// What work that is shared out has come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SharedWork {
    /// What was found out, by key: the same in every part.
    found: BTreeMap<String, Value>,
    /// Sums over the units that were done, by key.
    sums: BTreeMap<String, Vec<ExactSum>>,
}

/// Two parts found different answers to the same question, by this key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("they differ in what must be the same in all parts ({0})")]
pub struct OtherWork(pub String);

impl SharedWork {
    /// What was found out, without the sums: what another portion of the same run need not find out again.
    pub fn found(&self) -> Self {
        Self { found: self.found.clone(), sums: BTreeMap::new() }
    }

    /// Whether another one may be added.
    ///
    /// # Errors
    /// Something was found out differently.
    pub fn agrees_with(&self, other: &Self) -> Result<(), OtherWork> {
        let differs =
            |(key, value): &(&String, &Value)| self.found.get(*key).is_some_and(|own| own != *value);
        let is_longer = |(key, sums): &(&String, &Vec<ExactSum>)| {
            self.sums.get(*key).is_some_and(|own| own.len() != sums.len())
        };
        let found = other.found.iter().find(differs).map(|(key, _)| key);
        match found.or_else(|| other.sums.iter().find(is_longer).map(|(key, _)| key)) {
            Some(key) => Err(OtherWork(key.clone())),
            None => Ok(()),
        }
    }

    /// Adds the sums of other units, and what was found out on the way to them.
    ///
    /// # Errors
    /// Something was found out differently; then nothing is added.
    pub fn merge(&mut self, other: &Self) -> Result<(), OtherWork> {
        self.agrees_with(other)?;
        for (key, value) in &other.found {
            self.found.entry(key.clone()).or_insert_with(|| value.clone());
        }
        for (key, theirs) in &other.sums {
            let own = self.sums.entry(key.clone()).or_insert_with(|| vec![ExactSum::default(); theirs.len()]);
            own.iter_mut().zip(theirs).for_each(|(own, theirs)| *own += *theirs);
        }
        Ok(())
    }

    pub(super) fn known<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_value(self.found.get(key)?.clone()).ok()
    }

    pub(super) fn keep<T: Serialize>(&mut self, key: &str, found: &T) {
        // What has no place in JSON, such as an infinite number, is found out again.
        if let Ok(value) = serde_json::to_value(found) {
            self.found.insert(key.to_owned(), value);
        }
    }

    pub(super) fn sums(&self, key: &str, width: usize) -> Option<&[ExactSum]> {
        self.sums.get(key).map(Vec::as_slice).filter(|sums| sums.len() == width)
    }

    pub(super) fn keep_sums(&mut self, key: &str, sums: Vec<ExactSum>) {
        self.sums.insert(key.to_owned(), sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_cover_all_units_once() {
        for (units, of) in [(0, 3), (5, 17), (1_000, 7), (64, 64)] {
            let mut next = 0;
            for start in 0..of {
                let range = Portion { start, end: start + 1, of }.units(units);
                assert_eq!(range.start, next);
                next = range.end;
            }
            assert_eq!(next, units);
            assert_eq!(Portion { start: 0, end: of, of }.units(units), 0..units);
        }
    }

    #[test]
    fn what_differs_is_not_added() {
        let mut one = SharedWork::default();
        one.keep("points", &3);
        one.keep_sums("net", vec![ExactSum::default(); 2]);
        let mut other = one.clone();
        assert_eq!(one.merge(&other), Ok(()));
        other.keep("points", &4);
        assert_eq!(one.merge(&other), Err(OtherWork("points".to_owned())));
        other.keep("points", &3);
        other.keep_sums("net", Vec::new());
        assert_eq!(one.merge(&other), Err(OtherWork("net".to_owned())));
    }
}
