//! A calibration of a network for people.

use crate::calibrate::{Measured, NetworkCalibration};
use crate::market::format_time;

use super::calibration::plain;
use super::format::Layout;
use super::table::Table;
use super::text::wrap;

/// Paragraphs are not wider than this, however wide the terminal is.
const WIDEST_PARAGRAPH: usize = 110;
const DAY: i64 = 86_400;

/// Text for people, ending with a line break.
pub fn render_network_table(found: &NetworkCalibration, asset: &str, layout: Layout) -> String {
    let width = layout.width.unwrap_or(usize::MAX).min(WIDEST_PARAGRAPH);
    let (first, last) = found.days;
    let mut text = format!(
        "Network of {asset}: {} retargets from {} to {}\n",
        found.retargets,
        format_time(DAY * first),
        format_time(DAY * last)
    );
    let row = |key: &str, meaning: &str, Measured { value, std_error }: Measured| {
        vec![key.to_owned(), plain(value, 3), plain(std_error, 2), meaning.to_owned()]
    };
    let table = Table::of_texts(
        ["Key", "Value", "Standard error", "Meaning"],
        [
            row("growth", "fall of hashprice a year", found.growth),
            row("response", "of the log gap, per retarget", found.response),
            row("pass_through", "of the price's log return", found.pass_through),
            row("volatility", "per root of a year, without luck", found.volatility),
        ],
    );
    text += &table.terminal();
    let luck = format!(
        "Luck of block times makes {:.0} % of the variance of what is left.",
        100.0 * found.luck_share
    );
    text += &wrap(&luck, width, "", "");
    for note in found.notes() {
        text += &wrap(&note, width, "- ", "  ");
    }
    text += &format!("\n{}", found.table(asset));
    text
}
