//! One file per output format; pure functions of a finished result.

mod check;
mod columns;
mod csv;
mod format;
pub mod html;
mod json;
mod liquidation;
mod markdown;
mod number;
mod plot;
mod reference;
mod svg;
mod table;
mod text;

pub use check::{VerdictFormat, github_annotations, render_check, render_comparisons};
pub use format::{Format, Layout, RenderError, UnknownExtension, render};
pub use liquidation::{
    LeverageLiquidationPrice, LiquidationPrice, ScenarioLiquidationPrices,
    render_json as render_liquidation_json,
};
pub use number::count;
pub use plot::plot;
pub use reference::reference;
