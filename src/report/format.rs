//! The output formats, and the choice among them.

use std::path::Path;

/// A format of output. What can be written in which of them is said by the lists beside what writes it:
/// [`RUN_FORMATS`](super::RUN_FORMATS), [`VERDICT_FORMATS`](super::VERDICT_FORMATS),
/// [`REPLAY_FORMATS`](super::REPLAY_FORMATS), [`TABLE_FORMATS`](super::TABLE_FORMATS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Text for people.
    Table,
    /// The JSON contract.
    Json,
    /// Rows as text; what does not exist is an empty cell.
    Csv,
    /// Markdown as GitHub shows it.
    Markdown,
    /// A page with pictures.
    Html,
    /// A picture of lines.
    Svg,
    /// The same picture in pixels.
    #[cfg(feature = "png")]
    Png,
    /// Rows of typed columns; what does not exist is null.
    #[cfg(feature = "parquet")]
    Parquet,
    /// JUnit XML: a suite per scenario, a case per limit and per level of a baseline.
    Junit,
    /// SARIF 2.1.0: a finding for each that does not pass.
    Sarif,
    /// A file that the program reads: a scenario or a venue.
    Toml,
    /// Part of a run, in few bytes.
    Part,
}

impl Format {
    /// The name, as it is asked for.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// The extension of its files, without the dot.
    pub fn extension(self) -> &'static str {
        self.words().1
    }

    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        self.words().2
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Table => ("table", "txt", "Text for people"),
            Self::Json => ("json", "json", "JSON; an array for several files"),
            Self::Csv => ("csv", "csv", "Rows for other programs"),
            Self::Markdown => ("markdown", "md", "Markdown, as GitHub shows it"),
            Self::Html => ("html", "html", "A page with pictures"),
            Self::Svg => ("svg", "svg", "A picture"),
            #[cfg(feature = "png")]
            Self::Png => ("png", "png", "A picture in pixels"),
            #[cfg(feature = "parquet")]
            Self::Parquet => ("parquet", "parquet", "Rows of typed columns"),
            Self::Junit => ("junit", "xml", "JUnit XML"),
            Self::Sarif => ("sarif", "sarif", "SARIF, as for GitHub code scanning"),
            Self::Toml => ("toml", "toml", "The data file, a starting point for one of your own"),
            Self::Part => ("part", "part", "Part of a run, in few bytes"),
        }
    }

    /// The one with a name, of those in a list.
    ///
    /// # Errors
    /// None in the list has it.
    pub fn named(name: &str, list: &[Self]) -> Result<Self, UnknownFormat> {
        let found = list.iter().copied().find(|format| format.name() == name);
        found.ok_or_else(|| UnknownFormat::Name {
            name: name.to_owned(),
            known: listed(list.iter().map(|format| format.name().to_owned())),
        })
    }

    /// The one that the extension of a file stands for, in upper or lower case, of those in a list.
    ///
    /// # Errors
    /// The extension stands for none in the list.
    pub fn of_file(path: &Path, list: &[Self]) -> Result<Self, UnknownFormat> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let found = list.iter().copied().find(|format| format.extension().eq_ignore_ascii_case(extension));
        found.ok_or_else(|| UnknownFormat::Extension {
            path: path.display().to_string(),
            known: listed(list.iter().map(|format| format!(".{}", format.extension()))),
        })
    }
}

/// "a, b and c".
fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// No format of a list is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownFormat {
    /// By its name.
    #[error("\"{name}\" is no format of this; known are {known}")]
    Name {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// By the name of a file.
    #[error("the extension of \"{path}\" stands for no format; known are {known}")]
    Extension {
        /// The file.
        path: String,
        /// Extensions that stand for one.
        known: String,
    },
}

/// How text for people is laid out; the other formats do not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Columns available; none for as many as are needed.
    pub width: Option<usize>,
    /// Whether to use colours and bold type (ANSI escapes).
    pub colour: bool,
    /// Whether to show every column instead of the ones that fit 80 columns.
    pub wide: bool,
    /// Whether to show how the numbers were computed below the table; warnings are shown always.
    pub notes: bool,
}

impl Layout {
    /// For files: as wide as needed, everything that is known.
    pub const FILE: Self = Self { width: None, colour: false, wide: true, notes: true };
}

/// Why a result could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// JSON.
    #[error("cannot write the result as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// CSV.
    #[error("cannot write the result as CSV: {0}")]
    Csv(#[from] ::csv::Error),
    /// A page.
    #[error("cannot fill the page: {0}")]
    Page(#[from] minijinja::Error),
    /// A picture.
    #[error("cannot draw the picture: {0}")]
    Picture(String),
    /// Another thing's format.
    #[error("this cannot be written as {}", .0.name())]
    Format(Format),
    /// JUnit XML.
    #[error("cannot write the verdict as JUnit XML: {0}")]
    Junit(#[from] quick_junit::SerializeError),
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::RUN_FORMATS;

    #[test]
    fn the_extension_chooses_the_format() {
        for (path, format) in [
            ("a.json", Format::Json),
            ("b/a.CSV", Format::Csv),
            ("a.b.md", Format::Markdown),
            ("a.txt", Format::Table),
            #[cfg(feature = "png")]
            ("a.Png", Format::Png),
        ] {
            assert_eq!(Format::of_file(Path::new(path), RUN_FORMATS), Ok(format));
        }
    }

    #[test]
    fn an_unknown_extension_is_an_error_that_lists_the_known_ones() {
        for path in ["a.xls", "json", "a.", "dir.json/a", ".json", "a.sarif"] {
            let message = Format::of_file(Path::new(path), RUN_FORMATS).unwrap_err().to_string();
            assert!(
                message.contains(path) && message.contains("known are .json, .csv, .md, .txt, .html"),
                "{message}"
            );
        }
    }

    #[test]
    fn names_and_extensions_tell_formats_apart() {
        let message = Format::named("xls", &[Format::Table, Format::Json]).unwrap_err().to_string();
        assert_eq!(message, "\"xls\" is no format of this; known are table and json");
        for list in [RUN_FORMATS, super::super::VERDICT_FORMATS, super::super::REPLAY_FORMATS] {
            for format in list {
                assert_eq!(Format::named(format.name(), list), Ok(*format));
                assert_eq!(
                    Format::of_file(Path::new(&format!("a.{}", format.extension())), list),
                    Ok(*format)
                );
            }
        }
    }
}
