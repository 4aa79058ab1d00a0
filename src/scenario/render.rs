//! Problems as text: the place, an excerpt with a caret, and what would be right.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use super::problem::{Place, Problem, Problems};

/// More problems than this are counted, not shown: a file that is not a scenario at all has thousands.
const MOST_SHOWN: usize = 20;
/// Characters of a line kept before and after the start of the marked stretch.
const CONTEXT: usize = 200;

impl Problems {
    /// The problems as text of at most `width` columns where that is possible, with ANSI colours if `colour`.
    pub fn render(&self, colour: bool, width: usize) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.hyperlink(false).term_width(width.max(40));
        let mut shown: Vec<String> = self.iter().take(MOST_SHOWN).map(|one| render(one, &renderer)).collect();
        let more = self.len().saturating_sub(MOST_SHOWN);
        if more > 0 {
            shown.push(format!("... and {more} more problem{}", if more == 1 { "" } else { "s" }));
        }
        shown.join("\n\n")
    }
}

fn render(problem: &Problem, renderer: &Renderer) -> String {
    let name = problem.place.source().name();
    let mut group = annotate_snippets::Group::with_title(
        Level::ERROR.primary_title(problem.message.as_str()).id(problem.code.name()),
    );
    match (problem.place.line_and_column(), excerpt(&problem.place)) {
        (Some((line, column)), Some(excerpt)) => {
            let mark = AnnotationKind::Primary.span(excerpt.marked);
            let snippet = Snippet::source(excerpt.text).line_start(line).annotation(mark);
            // The column of a cut line cannot be told from the excerpt.
            group = match excerpt.is_cut {
                true => group.element(Origin::path(name).line(line).char_column(column)).element(snippet),
                false => group.element(snippet.path(name)),
            };
        }
        // Values without a text have their key as their place.
        _ => {
            let place = problem.place.key().map_or_else(|| name.to_owned(), |key| format!("{name}: {key}"));
            group = group.element(Origin::path(place));
        }
    }
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The first line of a place.
struct Excerpt {
    text: String,
    /// The bytes of the place in it.
    marked: Range<usize>,
    /// Whether a very long line was cut on both sides.
    is_cut: bool,
}

fn excerpt(place: &Place) -> Option<Excerpt> {
    let span = place.span()?;
    let text = place.source().text();
    let before = text.get(..span.start)?;
    let mut line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    if text[line_start..].starts_with('\u{feff}') && span.start > line_start {
        line_start += '\u{feff}'.len_utf8();
    }
    let line = text[line_start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let start = (span.start - line_start).min(line.len());
    let end = (span.end.max(span.start) - line_start).min(line.len());
    if !line.is_char_boundary(start) || !line.is_char_boundary(end) {
        return None;
    }
    let cut_start = line[..start].char_indices().rev().nth(CONTEXT).map_or(0, |(at, _)| at);
    let cut_end = line[start..].char_indices().nth(CONTEXT).map_or(line.len(), |(at, _)| start + at);
    let (lead, trail) =
        (if cut_start > 0 { "..." } else { "" }, if cut_end < line.len() { "..." } else { "" });
    let shift = |at: usize| at.min(cut_end) - cut_start + lead.len();
    let is_cut = cut_start > 0 || cut_end < line.len();
    let text = format!("{lead}{}{trail}", &line[cut_start..cut_end]);
    Some(Excerpt { text, marked: shift(start)..shift(end), is_cut })
}
