//! Tables whose key `kind` decides what other keys they have.

use serde_json::{Value as Json, json};

use super::problem::{Code, Problem, Problems};
use super::shape::{Placed, Shape, wrong_type};
use super::suggest::nearest;
use super::tree::{Node, Table, Value, ticked};

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
                let (kind, rest) = $crate::scenario::kinds::split_kind::<Self>(node, label, Self::KINDS, problems)?;
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
                    $( $crate::scenario::kinds::with_kind(
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
