//! The output formats of a run, and the choice among them.

use std::path::Path;

/// A format that is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text for people.
    Table,
    /// The JSON contract.
    Json,
    /// One row per scenario and leverage.
    Csv,
    /// A GitHub table with notes.
    Markdown,
    /// A page with pictures.
    Html,
    /// A picture of the probability over leverage.
    Svg,
}

/// The format of an output file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Text of whatever kind.
    Text(Format),
    /// The picture of [`Format::Svg`] in pixels.
    #[cfg(feature = "png")]
    Png,
}

/// Extensions of output files and the formats they stand for.
const EXTENSIONS: &[(&str, FileFormat)] = &[
    ("json", FileFormat::Text(Format::Json)),
    ("csv", FileFormat::Text(Format::Csv)),
    ("md", FileFormat::Text(Format::Markdown)),
    ("txt", FileFormat::Text(Format::Table)),
    ("html", FileFormat::Text(Format::Html)),
    ("svg", FileFormat::Text(Format::Svg)),
    #[cfg(feature = "png")]
    ("png", FileFormat::Png),
];

/// The extension of an output file stands for no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the extension of \"{path}\" stands for no format; known are {known}")]
pub struct UnknownExtension {
    path: String,
    /// Those that stand for one.
    known: String,
}

/// The format that the extension of a file stands for in a list, in upper or lower case.
pub(super) fn by_extension<F: Copy>(path: &Path, list: &[(&str, F)]) -> Result<F, UnknownExtension> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let found = list.iter().find(|(known, _)| known.eq_ignore_ascii_case(extension));
    found.map(|(_, format)| *format).ok_or_else(|| {
        let known: Vec<String> = list.iter().map(|(known, _)| format!(".{known}")).collect();
        let known = match known.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => known.concat(),
        };
        UnknownExtension { path: path.display().to_string(), known }
    })
}

impl FileFormat {
    /// The format that the extension of an output file stands for, in upper or lower case.
    pub fn from_extension(path: &Path) -> Result<Self, UnknownExtension> {
        by_extension(path, EXTENSIONS)
    }
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
    /// JUnit XML.
    #[error("cannot write the verdict as JUnit XML: {0}")]
    Junit(#[from] quick_junit::SerializeError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_chooses_the_format() {
        for (path, format) in [
            ("a.json", FileFormat::Text(Format::Json)),
            ("b/a.CSV", FileFormat::Text(Format::Csv)),
            ("a.b.md", FileFormat::Text(Format::Markdown)),
            ("a.txt", FileFormat::Text(Format::Table)),
            #[cfg(feature = "png")]
            ("a.Png", FileFormat::Png),
        ] {
            assert_eq!(FileFormat::from_extension(Path::new(path)), Ok(format));
        }
    }

    #[test]
    fn an_unknown_extension_is_an_error_that_lists_the_known_ones() {
        for path in ["a.xls", "json", "a.", "dir.json/a", ".json"] {
            let message = FileFormat::from_extension(Path::new(path)).unwrap_err().to_string();
            assert!(
                message.contains(path) && message.contains("known are .json, .csv, .md, .txt, .html"),
                "{message}"
            );
        }
    }
}
