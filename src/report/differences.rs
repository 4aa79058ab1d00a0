//! Differences between scenarios on the same paths, for people.

use super::number;
use super::table::Table;
use super::text::wrap;
use super::{Format, Layout, RenderError};
use crate::stats::Estimate;
use crate::study::{Differences, LevelDifference};

const HEADS: [&str; 5] =
    ["Leverage", "Liquidated\nmore, %", "95 % interval\n%", "Return\nmore, %", "95 % interval\n%"];

/// The formats that show differences.
pub const DIFFERENCE_FORMATS: &[Format] = &[Format::Table, Format::Markdown];

/// Text for people, ending with a line break.
///
/// # Errors
/// The format shows no differences ([`DIFFERENCE_FORMATS`]).
pub fn render_differences(
    found: &Differences,
    format: Format,
    layout: Layout,
) -> Result<String, RenderError> {
    let Differences { first, other, paths, levels } = found;
    let title = format!("{other} against {first}");
    let how = format!(
        "Differences in points of a per cent, paired on {} paths that both saw.",
        number::count(*paths)
    );
    let table = Table::of_texts(HEADS, levels.iter().map(cells));
    match format {
        Format::Table => {
            let how = wrap(&how, layout.width.unwrap_or(110).min(110), "", "");
            Ok(format!("{title}\n{how}{}", table.terminal()))
        }
        Format::Markdown => {
            Ok(format!("## {}\n\n{how}\n\n{}", super::table::escape(&title), table.markdown()))
        }
        other => Err(RenderError::Format(other)),
    }
}

fn cells(level: &LevelDifference) -> [String; 5] {
    let [liquidated, interval] = points(&level.liquidation_probability);
    let [returned, of_return] = points(&level.mean_return);
    [number::leverage(level.leverage), liquidated, interval, returned, of_return]
}

/// A difference and its interval, with as many digits as the error leaves.
fn points(of: &Estimate) -> [String; 2] {
    if of.value == 0.0 && of.std_error == 0.0 {
        return ["0".to_owned(), "the same on every path".to_owned()];
    }
    // A tenth of the error: the ends of an interval have one digit more than its error.
    let text =
        |value: f64| number::percent(value, Some(0.1 * of.std_error)).trim_end_matches(" %").to_owned();
    let signed = |value: f64| if value > 0.0 { format!("+{}", text(value)) } else { text(value) };
    [signed(of.value), format!("[{}, {}]", signed(of.low), signed(of.high))]
}
