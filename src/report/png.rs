//! PNG: the picture of [`super::svg`] in pixels, with the letters of a font of its own, so that it is the same on any machine.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

use super::{RenderError, svg};
use crate::result::RunResult;

/// DejaVu Sans: Latin, Greek, Cyrillic and the signs of mathematics.
const FONT: &[u8] = include_bytes!("assets/DejaVuSans.subset.ttf");
const FAMILY: &str = "DejaVu Sans";
/// Pixels per unit of the drawing: sharp on dense screens.
const SCALE: f32 = 2.0;

/// The picture of one result or several.
///
/// # Errors
/// As for SVG.
pub fn render(results: &[RunResult]) -> Result<Vec<u8>, RenderError> {
    let picture = |reason: &dyn std::fmt::Display| RenderError::Picture(reason.to_string());
    let mut fonts = Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let options = Options { font_family: FAMILY.to_owned(), fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(&svg::render(results)?, &options).map_err(|error| picture(&error))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| picture(&"it has no size"))?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or_else(|| picture(&"it has no size"))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| picture(&error))
}
