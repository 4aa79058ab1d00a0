//! What passes from models to accounts: units of time, the time grid, and bars; and recorded history of prices and funding.

mod bars;
mod draw_hedges;
mod drivers;
mod duration;
mod funding_grid;
mod funding_history;
mod hedges;
mod hidden;
mod history;
mod innovation_hedges;
mod innovations;
mod input_file;
mod jump_tail;
mod marks;
mod martingale;
mod network_history;
mod varying;

pub use bars::{Bars, LONGEST_STRIDE, Sides};
pub use draw_hedges::{
    CLASSES, DRAW_CELLS, DRAW_ROWS, DrawChances, DrawGrid, DrawHedges, DrawSlab, DrawnDay, Draws, REACHES,
};
pub use drivers::{Drivers, Driving};
pub use duration::{Duration, DurationError, SECONDS_PER_DAY, SECONDS_PER_YEAR};
pub use funding_history::FundingHistory;
pub use hedges::{
    CELLS, Entry, HedgeGrid, Hedges, JUMPS, JumpHedges, Line, MARK_TERMS, MarkSlopes, ROWS, TERMS, Terms,
    half, shifted, single,
};
pub use hidden::is_hidden;
pub use history::{
    ColumnChoice, DateOrder, DecimalMark, HistoricalBar, HistoryError, HistoryReport, Issue, IssueKind,
    Period, PriceHistory, RateRefusal, ReadOptions, Refusal, ResampleError, Role, format_time, parse_time,
};
pub use innovation_hedges::{
    Chances, Hedging, InnovationGrid, InnovationHedges, MARK_NODES, NODES, STEP_CELLS, STEP_ROWS, Slab,
};
pub use innovations::Innovations;
pub use input_file::{LARGEST_DATA, read_input, read_limited};
pub use jump_tail::JumpTail;
pub use marks::{LAST_BINS, MARK_CELLS, MARK_ONE, MARK_PLACES, MarkLine, MarkTable};
pub use martingale::{Martingale, Stops};
pub use network_history::{DailyValues, Epoch, bitcoin_subsidy};
pub use varying::Varying;
