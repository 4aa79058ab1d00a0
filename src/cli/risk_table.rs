//! The table of `risk`: a line a leverage.

use liqsim::report::{Table, shown_price};
use liqsim::result::LevelResult;
use liqsim::stats::Estimate;
use liqsim::study::figures;

/// The levels with their intervals and quantiles of the return; how often a stop closes them, where there is one.
pub fn table(levels: &[LevelResult]) -> String {
    let wide = |level: &LevelResult| figures::interval_with_parameters(&level.liquidation_probability);
    let stopped = |level: &LevelResult| level.exits.get("stopped").map(|stopped| percent(stopped.value));
    let (is_wide, is_stopped) = (
        levels.iter().any(|level| wide(level).is_some()),
        levels.iter().any(|level| stopped(level).is_some()),
    );
    let mut heads = vec!["Leverage", "Liquidation price", "Liquidated", "95 % interval"];
    heads.extend(is_wide.then_some("with parameters"));
    heads.extend(is_stopped.then_some("Stopped"));
    heads.extend(["Return 5 %", "median", "95 %"]);
    let row = |level: &LevelResult| {
        let Estimate { value, low, high, .. } = level.liquidation_probability;
        let quantile = |key: &str| {
            level.returns.quantiles.get(key).map_or_else(|| "—".to_owned(), |value| percent(*value))
        };
        let mut row = vec![
            figures::leverage(level.leverage),
            shown_price(level.liquidation_price),
            if value > 0.0 { percent(value) } else { format!("< {}", percent(high)) },
            format!("{} to {}", percent(low), percent(high)),
        ];
        row.extend(is_wide.then(|| wide(level).unwrap_or_default()));
        row.extend(is_stopped.then(|| stopped(level).unwrap_or_default()));
        row.extend(["0.05", "0.5", "0.95"].map(quantile));
        row
    };
    Table::of_texts(heads, levels.iter().map(row)).terminal()
}

/// A share in per cent, with as many digits as it takes.
pub fn percent(value: f64) -> String {
    let percent = 100.0 * value;
    match percent.abs() {
        size if size >= 10.0 => format!("{percent:.1} %"),
        size if size >= 0.1 || size == 0.0 => format!("{percent:.2} %"),
        _ => format!("{percent:.4} %"),
    }
}
