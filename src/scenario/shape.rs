//! Shapes: one declaration of a table gives its mirror in memory, its reader and its schema, which so cannot drift
//! apart.
//!
//! A reader reports everything that does not fit and goes on: a field that is absent or reported is `None`, so the
//! checks that follow can still look at the rest.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::problem::{Code, Place, Problem, Problems};
use super::range::Range;
use super::tree::{Node, Table, Value, number, ticked};

/// Something that a value of the file can be read as.
pub(super) trait Shape: Sized {
    /// In words, to follow "must be".
    fn expected() -> String;

    /// Reads a value that messages call `label`; what does not fit is reported.
    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self>;

    /// Its JSON Schema.
    fn schema() -> Json;
}

/// A value that can have a range.
pub(super) trait Numeric: Copy {
    /// The number that the range is of.
    fn number(self) -> f64;

    /// What may have been meant by a value outside its range, if that can be guessed.
    fn remedy(self, range: Range) -> Option<String>;
}

/// A value that was read, and its place.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub value: T,
    pub place: Place,
}

impl<T: Shape> Placed<T> {
    pub fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        T::read(node, label, problems).map(|value| Self { value, place: node.place.clone() })
    }
}

/// The problem of a value of another type.
pub(super) fn wrong_type<T: Shape>(node: &Node, label: &str) -> Problem {
    let message = format!("{} must be {}, but is {}", ticked(label), T::expected(), node.shown());
    Problem::new(Code::WrongType, &node.place, message)
}

/// The known name nearest to a misspelt one, if any is near.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let length = name.chars().count();
    known
        .into_iter()
        .filter(|known| known.len().abs_diff(length) <= 1 + length / 3)
        .map(|known| (strsim::osa_distance(&name, &known.to_lowercase()), known))
        .filter(|(distance, _)| *distance <= 1 + length / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// What to say of an unknown name: the nearest known one, or all of them.
pub(super) fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let known: Vec<String> = known.into_iter().map(|one| format!("`{one}`")).collect();
            format!("known are {}", known.join(", "))
        }
    }
}

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
    problems: &'a mut Problems,
}

impl<'a> Fields<'a> {
    /// Starts to read a table; any other value is reported.
    pub fn of<T: Shape>(node: &'a Node, label: &'a str, problems: &'a mut Problems) -> Option<Self> {
        match &node.value {
            Value::Table(table) => {
                Some(Self { table, place: &node.place, label, missing: Vec::new(), problems })
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
        let message = format!("`{key}` must be {}, but is {}", range.in_words(), number(value));
        let help = read.value.remedy(range).unwrap_or_else(|| format!("{key}: {}", help_of(doc)));
        self.problems.push(Problem::new(Code::OutOfRange, &read.place, message).help(help));
        None
    }

    /// Reports the keys that are not among the known ones, and the required ones that are missing. A missing key with a
    /// misspelt one in its place is one problem, not two. Returns the known keys that are given.
    pub fn close(mut self, known: &[&'static str]) -> Vec<&'static str> {
        for entry in &self.table.entries {
            if !known.contains(&entry.key.as_str()) {
                let near = nearest(&entry.key, known.iter().copied());
                self.missing.retain(|(key, _)| near != Some(key));
                let message = format!("unknown key {} in {}", ticked(&entry.key), ticked(self.label));
                let help = suggest(&entry.key, known.iter().copied());
                self.problems.push(Problem::new(Code::UnknownKey, &entry.key_place, message).help(help));
            }
        }
        self.problems.extend(self.missing.into_iter().map(|(_, problem)| problem));
        known.iter().copied().filter(|key| self.table.get(key).is_some()).collect()
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
                let mut fields = $crate::scenario::shape::Fields::of::<Self>(node, label, problems)?;
                $(
                    let doc: &[&str] = &[$($field_doc),+];
                    let $field = fields.$need(stringify!($field), doc);
                    $( let $field = fields.within($field, stringify!($field), doc, $range); )?
                )+
                let given = fields.close(&[$(stringify!($field)),+]);
                Some(Self { $($field,)+ given })
            }

            fn schema() -> serde_json::Value {
                let mut properties = serde_json::Map::new();
                let mut required: Vec<&str> = Vec::new();
                $(
                    #[allow(unused_mut, reason = "only fields with a range change it")]
                    let mut schema = <$type as $crate::scenario::shape::Shape>::schema();
                    $( $range.add_to(&mut schema); )?
                    schema["description"] = $crate::scenario::shape::help_of(&[$($field_doc),+]).into();
                    properties.insert(stringify!($field).to_owned(), schema);
                    if stringify!($need) == "required" {
                        required.push(stringify!($field));
                    }
                )+
                serde_json::json!({
                    "type": "object",
                    "description": $crate::scenario::shape::help_of(&[$($doc),+]),
                    "properties": properties,
                    "required": required,
                    "additionalProperties": false,
                })
            }
        }
    };
}
pub(super) use table;

/// Declares a table whose key `kind` decides what other keys it has.
macro_rules! kinds {
    (
        $(#[doc = $doc:literal])+
        enum $name:ident { $( $kind:literal => $variant:ident($type:ty), )+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub(super) enum $name {
            $( #[doc = concat!("`kind = \"", $kind, "\"`.")] $variant($type), )+
        }

        impl $name {
            /// The kinds, in the order of their declaration.
            pub const KINDS: &[&str] = &[$($kind),+];
        }

        impl $crate::scenario::shape::Shape for $name {
            fn expected() -> String {
                format!("a table with `kind`, one of {}", Self::KINDS.join(", "))
            }

            fn read(
                node: &$crate::scenario::tree::Node,
                label: &str,
                problems: &mut $crate::scenario::problem::Problems,
            ) -> Option<Self> {
                // In two steps, so that every value keeps its place: first the kind, then the rest of the table.
                let (kind, rest) = $crate::scenario::shape::split_kind::<Self>(node, label, Self::KINDS, problems)?;
                match kind.as_str() {
                    $( $kind => {
                        let label = format!("{label} of kind {}", $kind);
                        <$type as $crate::scenario::shape::Shape>::read(&rest, &label, problems).map(Self::$variant)
                    } )+
                    _ => None,
                }
            }

            fn schema() -> serde_json::Value {
                let alternatives = vec![
                    $( $crate::scenario::shape::with_kind(
                        $kind, <$type as $crate::scenario::shape::Shape>::schema()) ),+
                ];
                serde_json::json!({ "oneOf": alternatives })
            }
        }
    };
}
pub(super) use kinds;

/// The kind of a table and the table without it; an absent or unknown kind is reported.
pub(super) fn split_kind<T: Shape>(
    node: &Node,
    label: &str,
    kinds: &[&str],
    problems: &mut Problems,
) -> Option<(String, Node)> {
    let Value::Table(table) = &node.value else {
        problems.push(wrong_type::<T>(node, label));
        return None;
    };
    let Some(kind) = table.get("kind") else {
        let help = format!("add `kind`, one of {}", kinds.join(", "));
        let message = format!("{} has no key `kind`", ticked(label));
        problems.push(Problem::new(Code::MissingKey, &node.place, message).help(help));
        return None;
    };
    let name = Placed::<String>::read(kind, "kind", problems)?;
    if !kinds.contains(&name.value.as_str()) {
        let message = format!("unknown kind {} of {}", ticked(&name.value), ticked(label));
        let known = format!("known are {}", kinds.join(", "));
        let help = nearest(&name.value, kinds.iter().copied())
            .map_or_else(|| known.clone(), |near| format!("did you mean `{near}`? {known}"));
        problems.push(Problem::new(Code::UnknownName, &name.place, message).help(help));
        return None;
    }
    let entries = table.entries.iter().filter(|entry| entry.key != "kind").cloned().collect();
    Some((name.value, Node { value: Value::Table(Table { entries }), place: node.place.clone() }))
}

/// The schema of one kind's table, with its `kind`.
pub(super) fn with_kind(kind: &str, mut schema: Json) -> Json {
    schema["properties"]["kind"] = json!({ "const": kind, "description": "Which law it is" });
    if let Some(required) = schema["required"].as_array_mut() {
        required.insert(0, json!("kind"));
    }
    schema
}

/// A table with names of the user's choice as keys.
#[derive(Debug, Clone)]
pub(super) struct Named<T> {
    pub entries: Vec<(Placed<String>, T)>,
    /// How many names the text has.
    pub written: usize,
}

impl<T: Shape> Shape for Named<T> {
    fn expected() -> String {
        "a table of named tables".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        let Value::Table(table) = &node.value else {
            problems.push(wrong_type::<Self>(node, label));
            return None;
        };
        let mut entries = Vec::new();
        for entry in &table.entries {
            let name = Placed { value: entry.key.clone(), place: entry.key_place.clone() };
            if let Some(value) = T::read(&entry.node, &format!("{label}.{}", entry.key), problems) {
                entries.push((name, value));
            }
        }
        Some(Self { entries, written: table.entries.len() })
    }

    fn schema() -> Json {
        json!({ "type": "object", "additionalProperties": T::schema(), "minProperties": 1 })
    }
}

/// A list; items that could not be read are reported and left out.
#[derive(Debug, Clone)]
pub(super) struct List<T> {
    pub items: Vec<Placed<T>>,
    /// How many items the text has.
    pub written: usize,
}

impl<T: Shape> Shape for List<T> {
    fn expected() -> String {
        "a list".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        let Value::List(items) = &node.value else {
            problems.push(wrong_type::<Self>(node, label));
            return None;
        };
        let written = items.len();
        let read = |(index, item)| Placed::read(item, &format!("{label}[{index}]"), problems);
        Some(Self { items: items.iter().enumerate().filter_map(read).collect(), written })
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": T::schema() })
    }
}

/// A schema that allows any of several shapes.
pub(super) fn any_of(alternatives: Vec<Json>) -> Json {
    Json::Object(JsonMap::from_iter([("anyOf".to_owned(), Json::Array(alternatives))]))
}
