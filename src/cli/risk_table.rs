//! The table of `risk`: a line a leverage.

use liqsim::report::shown_price;
use liqsim::result::LevelResult;
use liqsim::stats::Estimate;
use liqsim::study::figures;

/// The levels with their intervals and quantiles of the return.
pub fn table(levels: &[LevelResult]) -> String {
    let wide = |level: &LevelResult| figures::interval_with_parameters(&level.liquidation_probability);
    let is_wide = levels.iter().any(|level| wide(level).is_some());
    let second = |text: &str| if is_wide { format!("  {text:>16}") } else { String::new() };
    let mut text = format!(
        "{:>8}  {:>17}  {:>10}  {:>20}{}  {:>10}  {:>8}  {:>8}\n",
        "Leverage",
        "Liquidation price",
        "Liquidated",
        "95 % interval",
        second("with parameters"),
        "Return 5 %",
        "median",
        "95 %"
    );
    for level in levels {
        let Estimate { value, low, high, .. } = level.liquidation_probability;
        let quantile = |key: &str| {
            level.returns.quantiles.get(key).map_or_else(|| "—".to_owned(), |value| percent(*value))
        };
        text += &format!(
            "{:>8}  {:>17}  {:>10}  {:>20}{}  {:>10}  {:>8}  {:>8}\n",
            figures::leverage(level.leverage),
            shown_price(level.liquidation_price),
            if value > 0.0 { percent(value) } else { format!("< {}", percent(high)) },
            format!("{} to {}", percent(low), percent(high)),
            second(&wide(level).unwrap_or_default()),
            quantile("0.05"),
            quantile("0.5"),
            quantile("0.95"),
        );
    }
    text
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
