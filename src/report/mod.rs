//! One file per output format; pure functions of a finished result.

mod calibration;
mod cell;
mod check;
mod columns;
mod csv;
mod differences;
mod flat;
mod format;
mod har;
mod har_page;
pub mod html;
mod json;
mod liquidation;
mod markdown;
mod miner;
mod network;
mod number;
mod out_of_sample;
#[cfg(feature = "parquet")]
mod parquet;
mod plot;
#[cfg(feature = "png")]
mod png;
mod ranking;
mod reference;
mod reliability;
mod render;
mod replay;
mod rows;
mod safe;
mod safe_line;
mod svg;
mod sweep;
mod sweep_tables;
mod table;
mod terminal;
mod text;
mod track_record;
mod vary;
mod venue;
mod walk_forward;

pub use calibration::CalibrationReport;
pub use cell::Cell;
pub use check::{VERDICT_FORMATS, github_annotations, render_check, render_comparisons};
pub use differences::{DIFFERENCE_FORMATS, render_differences};
pub use flat::table as level_table;
pub use format::{Format, Layout, RenderError, UnknownFormat};
pub use har::{render_har_json, render_har_table};
pub use har_page::render_har_page;
pub use liquidation::render_json as render_liquidation_json;
pub use network::render_network_table;
pub use number::{count, price as shown_price};
pub use plot::plot;
pub use ranking::Ranking;
pub use reference::reference;
pub use reliability::{RecordDocument, RecordedScore, ReliabilityRow, Score};
pub use render::{RUN_FORMATS, render, render_file};
pub use replay::{REPLAY_FORMATS, Realised, ReplayReport, ReplayRow, Replayed, render_replay};
pub use rows::{TABLE_FORMATS, TableWriter};
pub use safe::{render_safe_csv, render_safe_json, render_safe_table};
pub use safe_line::line as safe_line;
pub use sweep::{MOST_MAPPED, SweepAxis, SweepCell, SweepReport};
pub use sweep_tables::SweepTables;
pub use table::Table;
pub use text::is_warning;
pub use track_record::{ScoreRow, TrackReport, forecasts_csv};
pub use vary::{render_vary_json, render_vary_table};
pub use venue::{
    list as venue_list, render_json as render_venue_json, render_list_json as render_venue_list_json,
    sheet as venue_sheet,
};
pub use walk_forward::{
    WalkForwardReport, render_walk_forward_json, render_walk_forward_markdown, render_walk_forward_table,
};
