//! The files of the page.

use super::http::Reply;
use crate::report::html::{FORMAT_SCRIPT, STYLE};

const HTML: &str = include_str!("assets/serve.html");
const OWN_STYLE: &str = include_str!("assets/serve.css");
const SCRIPTS: [&str; 4] = [
    include_str!("assets/curve.js"),
    include_str!("assets/controls.js"),
    include_str!("assets/show.js"),
    include_str!("assets/serve.js"),
];

/// A file of the page by its name.
pub(super) fn file(name: &str) -> Option<Reply> {
    let (kind, text) = match name {
        "" => ("text/html; charset=utf-8", HTML.to_owned()),
        "page.css" => ("text/css; charset=utf-8", [STYLE, OWN_STYLE].concat()),
        "page.js" => {
            ("text/javascript; charset=utf-8", [FORMAT_SCRIPT].iter().chain(&SCRIPTS).copied().collect())
        }
        _ => return None,
    };
    Some(Reply::new(200, kind, text.into_bytes()))
}
