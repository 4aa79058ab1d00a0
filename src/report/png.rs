//! PNG: the picture of [`super::svg`] in pixels, with the letters of a font of its own, so that it is the same on any machine.

use std::sync::Arc;

use flate2::Crc;
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
    Ok(signed(pixels.encode_png().map_err(|error| picture(&error))?))
}

/// The picture with the name of what made it, as a text chunk after its head (PNG 1.2, 4.2.3 "tEXt").
fn signed(picture: Vec<u8>) -> Vec<u8> {
    // Eight bytes of signature, then the head: length, name, 13 bytes, checksum.
    const HEAD: usize = 8 + 12 + 13;
    let text = [&b"tEXtSoftware\0"[..], concat!("liqsim ", env!("CARGO_PKG_VERSION")).as_bytes()].concat();
    let mut checksum = Crc::new();
    checksum.update(&text);
    let length = (text.len() as u32 - 4).to_be_bytes();
    [&picture[..HEAD], &length, &text, &checksum.sum().to_be_bytes(), &picture[HEAD..]].concat()
}
