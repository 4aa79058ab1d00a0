//! Which venue: one of the catalogue, a file, or an inline table; all are read by the same tables.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value as Json, json};

use crate::venue::{catalogue_entry, catalogue_names};

use super::listed::ListedVenue;
use super::printable;
use super::problem::{Code, Place, Problem, Problems};
use super::recorded::UNQUOTED;
use super::shape::{Placed, Shape, any_of, wrong_type};
use super::source::Source;
use super::suggest::nearest;
use super::syntax;
use super::terms::VenueFile;
use super::tree::{Node, Value, quoted, ticked};

/// The venue as it is written in a scenario.
#[derive(Debug, Clone)]
pub(super) enum VenueChoice {
    Named(Placed<String>),
    Inline(Box<Placed<VenueFile>>),
}

impl Shape for VenueChoice {
    fn expected() -> String {
        "a name, a path or a table of terms".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(_) => Placed::read(node, label, problems).map(Self::Named),
            Value::Table(_) => Placed::read(node, label, problems).map(Box::new).map(Self::Inline),
            _ => {
                problems.push(wrong_type::<Self>(node, label));
                None
            }
        }
    }

    fn schema() -> Json {
        any_of(vec![json!({ "type": "string" }), VenueFile::schema()])
    }
}

impl VenueChoice {
    /// The venue's terms; what is wrong with them is reported.
    pub fn resolve(&self, problems: &mut Problems) -> Option<ListedVenue> {
        let found = match self {
            Self::Inline(file) => {
                return file.value.resolve("inline", &file.place, problems);
            }
            Self::Named(name) if is_path(&name.value) => {
                let path = name.place.source().folder().join(&name.value);
                let may_quote = name.place.source().may_quote(&name.value);
                match name.place.source().read_named(&path) {
                    Ok(source) => read_venue(&name.value, source).map_err(|problems| match may_quote {
                        true => problems,
                        false => {
                            let shown = quoted(&path.display().to_string());
                            let message = format!("venue file {shown}: {UNQUOTED}");
                            Problem::new(Code::Unreadable, &name.place, message).into()
                        }
                    }),
                    // The venue file cannot be shown, so the place is the scenario that names it.
                    Err(unreadable) => {
                        Err(unreadable.into_list().into_iter().fold(Problems::default(), |mut all, one| {
                            let message = format!(
                                "venue file {}: {}",
                                quoted(&path.display().to_string()),
                                one.message
                            );
                            let help = Some("paths start from the folder of the scenario".to_owned());
                            all.push(Problem { message, help, place: name.place.clone(), ..one });
                            all
                        }))
                    }
                }
            }
            Self::Named(name) => {
                listed(&name.value).unwrap_or_else(|| Err(unknown_venue(&name.value, &name.place).into()))
            }
        };
        match found {
            Ok(listed) => Some(listed),
            Err(others) => {
                problems.extend(others.into_list());
                None
            }
        }
    }
}

/// Whether a venue's name means a file.
fn is_path(name: &str) -> bool {
    name.ends_with(".toml") || name.contains(['/', '\\'])
}

fn unknown_venue(name: &str, place: &Place) -> Problem {
    let help = match nearest(name, catalogue_names().iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`liqsim venues` lists those that are known; a file needs the ending .toml".to_owned(),
    };
    Problem::new(Code::UnknownName, place, format!("unknown venue {}", ticked(name))).help(help)
}

/// A venue by its catalogue name.
///
/// # Errors
///
/// There is no venue of this name in the catalogue; the message suggests the nearest one.
pub fn catalogue_venue(name: &str) -> Result<ListedVenue, Problems> {
    listed(name).unwrap_or_else(|| {
        let source = Arc::new(Source::new("venue", name));
        Err(unknown_venue(name, &Place::new(&source, 0..name.len())).into())
    })
}

/// A venue of the catalogue, which is read once: a run asks for it when it reads its scenario, when it says
/// what it assumes and when it writes what it ran.
fn listed(name: &str) -> Option<Result<ListedVenue, Problems>> {
    static READ: Mutex<BTreeMap<&'static str, ListedVenue>> = Mutex::new(BTreeMap::new());
    let (name, text) = catalogue_entry(name)?;
    // Whoever panicked while reading has left nothing half done.
    let read = || READ.lock().unwrap_or_else(PoisonError::into_inner);
    let known = read().get(name).cloned();
    Some(known.map_or_else(
        || {
            let venue = read_venue(name, Source::new(name, text))?;
            read().insert(name, venue.clone());
            Ok(venue)
        },
        Ok,
    ))
}

/// Reads the text of a venue file.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn venue_of_text(name: &str, text: &str) -> Result<ListedVenue, Problems> {
    read_venue(name, Source::new(name, text))
}

/// Reads a venue's file.
fn read_venue(name: &str, source: Source) -> Result<ListedVenue, Problems> {
    let source = Arc::new(source);
    let mut problems = Problems::default();
    let (root, errors) = syntax::parse(&source);
    if !errors.is_empty() {
        problems.extend(errors);
        return Err(problems);
    }
    printable::check(&root, &mut problems);
    let listed = VenueFile::read(&root, "venue", &mut problems)
        .and_then(|file| file.resolve(name, &root.place, &mut problems));
    match listed {
        Some(listed) if problems.is_empty() => Ok(listed),
        _ => Err(problems),
    }
}
