//! Tables of the file: one declaration gives the struct, its reader and its schema.

use super::problem::{Code, Place, Problem, Problems};
use super::range::Range;
use super::shape::{Numeric, Placed, Shape, wrong_type};
use super::suggest::{nearest, suggest};
use super::tree::{Node, Table, Value, number, ticked};

/// A field's documentation as one line of help, without the final full stop.
pub(super) fn help_of(doc: &[&str]) -> String {
    doc.concat().trim().trim_end_matches('.').to_owned()
}

/// The fields of a table while it is read.
pub(super) struct Fields<'a> {
    table: &'a Table,
    place: &'a Place,
    label: &'a str,
    missing: Vec<(&'static str, Problem)>,
    /// Keys that are missing unless there is a miner.
    unless_miner: Vec<&'static str>,
    problems: &'a mut Problems,
}

impl<'a> Fields<'a> {
    /// Starts to read a table; any other value is reported.
    pub fn of<T: Shape>(node: &'a Node, label: &'a str, problems: &'a mut Problems) -> Option<Self> {
        match &node.value {
            Value::Table(table) => {
                let (missing, unless_miner) = (Vec::new(), Vec::new());
                Some(Self { table, place: &node.place, label, missing, unless_miner, problems })
            }
            _ => {
                problems.push(wrong_type::<T>(node, label));
                None
            }
        }
    }

    /// A field that may be absent.
    pub fn optional<T: Shape>(&mut self, key: &str, doc: &[&str]) -> Option<Placed<T>> {
        let node = self.table.get(key)?;
        let mut found = Problems::default();
        let value = Placed::read(node, key, &mut found);
        // What the key means, unless a deeper reader knows better.
        self.problems.extend(found.into_list().into_iter().map(|problem| match problem.help {
            None => problem.help(format!("{key}: {}", help_of(doc))),
            Some(_) => problem,
        }));
        value
    }

    /// A field that must be there.
    pub fn required<T: Shape>(&mut self, key: &'static str, doc: &[&str]) -> Option<Placed<T>> {
        if self.table.get(key).is_none() {
            let message = format!("{} has no key `{key}`", ticked(self.label));
            let help = format!("add `{key}`, {}: {}", T::expected(), help_of(doc));
            self.missing.push((key, Problem::new(Code::MissingKey, self.place, message).help(help)));
        }
        self.optional(key, doc)
    }

    /// A field that must be there unless the scenario has a miner, which only the scenario knows.
    pub fn unless_miner<T: Shape>(&mut self, key: &'static str, doc: &[&str]) -> Option<Placed<T>> {
        self.unless_miner.push(key);
        self.required(key, doc)
    }

    /// Keeps a number that lies in its range; any other is reported.
    pub fn within<T: Numeric>(
        &mut self,
        read: Option<Placed<T>>,
        key: &str,
        doc: &[&str],
        range: Range,
    ) -> Option<Placed<T>> {
        let read = read?;
        let value = read.value.number();
        if range.contains(value) {
            return Some(read);
        }
        let message = format!("`{key}` must be {}, but is {}", range, number(value));
        let help = read.value.remedy(range).unwrap_or_else(|| format!("{key}: {}", help_of(doc)));
        self.problems.push(Problem::new(Code::OutOfRange, &read.place, message).help(help));
        None
    }

    /// Reports the keys that are not among the known ones, and the required ones that are missing. A missing key with a
    /// misspelt one in its place is one problem, not two. Returns the known keys that are given, and what is missing unless there is
    /// a miner.
    pub fn close(mut self, known: &[&'static str]) -> (Vec<&'static str>, Vec<Problem>) {
        for entry in &self.table.entries {
            if !known.contains(&entry.key.as_str()) {
                let near = nearest(&entry.key, known.iter().copied());
                self.missing.retain(|(key, _)| near != Some(key));
                let message = format!("unknown key {} in {}", ticked(&entry.key), ticked(self.label));
                let help = suggest(&entry.key, known.iter().copied());
                self.problems.push(Problem::new(Code::UnknownKey, &entry.key_place, message).help(help));
            }
        }
        let mut postponed = Vec::new();
        for (key, problem) in self.missing {
            if self.unless_miner.contains(&key) {
                postponed.push(problem);
            } else {
                self.problems.push(problem);
            }
        }
        (known.iter().copied().filter(|key| self.table.get(key).is_some()).collect(), postponed)
    }
}

/// Declares a table of the file: the struct, its reader and its schema.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        struct $name:ident {
            $( $(#[doc = $field_doc:literal])+ $need:ident $field:ident: $type:ty $(where $range:expr)?, )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub(super) struct $name {
            $( $(#[doc = $field_doc])+ pub $field: Option<$crate::scenario::shape::Placed<$type>>, )+
            /// The keys that are given, also those whose value could not be read.
            #[allow(dead_code, reason = "only tables whose keys exclude each other look at it")]
            pub given: Vec<&'static str>,
            /// What is missing unless the scenario has a miner.
            #[allow(dead_code, reason = "only the account has such keys")]
            pub missing_without_miner: Vec<$crate::scenario::problem::Problem>,
        }

        impl $crate::scenario::shape::Shape for $name {
            fn expected() -> String {
                "a table".to_owned()
            }

            fn read(
                node: &$crate::scenario::tree::Node,
                label: &str,
                problems: &mut $crate::scenario::problem::Problems,
            ) -> Option<Self> {
                let mut fields = $crate::scenario::table::Fields::of::<Self>(node, label, problems)?;
                $(
                    let doc: &[&str] = &[$($field_doc),+];
                    let $field = fields.$need(stringify!($field), doc);
                    $( let $field = fields.within($field, stringify!($field), doc, $range); )?
                )+
                let (given, missing_without_miner) = fields.close(&[$(stringify!($field)),+]);
                Some(Self { $($field,)+ given, missing_without_miner })
            }

            fn schema() -> serde_json::Value {
                let mut properties = serde_json::Map::new();
                let mut required: Vec<&str> = Vec::new();
                $(
                    #[allow(unused_mut, reason = "only fields with a range change it")]
                    let mut schema = <$type as $crate::scenario::shape::Shape>::schema();
                    $( $crate::scenario::range::add_to($range, &mut schema); )?
                    schema["description"] = $crate::scenario::table::help_of(&[$($field_doc),+]).into();
                    properties.insert(stringify!($field).to_owned(), schema);
                    if stringify!($need) == "required" {
                        required.push(stringify!($field));
                    }
                )+
                serde_json::json!({
                    "type": "object",
                    "description": $crate::scenario::table::help_of(&[$($doc),+]),
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                })
            }
        }
    };
}
pub(super) use table;
