//! One file per output format; pure functions of a finished result.

mod calibration;
mod check;
mod columns;
mod csv;
mod flat;
mod format;
pub mod html;
mod json;
mod liquidation;
mod markdown;
mod number;
mod parquet;
mod plot;
mod png;
mod reference;
mod replay;
mod safe;
mod svg;
mod sweep;
mod table;
mod text;
mod track_record;
mod venue;
mod walk_forward;

pub use calibration::CalibrationReport;
pub use check::{VerdictFormat, github_annotations, render_check, render_comparisons};
pub use flat::{Cell, row as flat_row};
pub use format::{FileFormat, Format, Layout, RenderError, UnknownExtension, render, render_file};
pub use liquidation::{
    LeverageLiquidationPrice, LiquidationPrice, ScenarioLiquidationPrices,
    render_json as render_liquidation_json,
};
pub use number::count;
pub use parquet::ParquetTable;
pub use plot::plot;
pub use reference::reference;
pub use replay::{Realised, ReplayFormat, ReplayReport, ReplayRow, Replayed, render_replay};
pub use safe::{SafeEntry, SafeReport, render_safe_csv, render_safe_json, render_safe_table};
pub use sweep::{SweepAxis, SweepCell, SweepReport};
pub use track_record::{ReliabilityRow, Score, ScoreRow, TrackReport, forecasts_csv};
pub use venue::{
    list as venue_list, render_json as render_venue_json, render_list_json as render_venue_list_json,
    sheet as venue_sheet,
};
pub use walk_forward::{
    WalkForwardReport, render_walk_forward_json, render_walk_forward_markdown, render_walk_forward_table,
};
