//! What was wrong with a price history, and what was done about it.

use std::fmt;

use crate::numeric::elementary;

use super::time::format_time;

/// Something wrong with a price history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Issue {
    /// Start of the bar concerned, in seconds since 1970.
    pub time: i64,
    /// Line of the file; none for what concerns no single line.
    pub line: Option<u64>,
    /// What it is.
    pub kind: IssueKind,
}

/// The kinds of problems, each with what was done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum IssueKind {
    /// Bars are missing before this one; nothing is filled in.
    Gap {
        /// How many bars of the history's interval fit into the gap.
        missing: u64,
    },
    /// Payments of a record that are missing, by its most frequent interval.
    Unpaid {
        /// How many.
        missing: u64,
    },
    /// The bar does not start on the grid of the interval; kept.
    OffGrid,
    /// The same bar again; left out.
    Duplicate,
    /// Another bar of the same time with other values; the last in the file is kept.
    Conflict,
    /// Earlier than the bar before it; put in its place.
    OutOfOrder,
    /// The whole file runs from new to old; turned round.
    NewestFirst,
    /// A price is missing; the bar is left out.
    MissingPrice,
    /// A funding rate is missing; the payment is left out.
    MissingRate,
    /// A price is zero or negative; the bar is left out.
    NonPositivePrice,
    /// The high is below, or the low above, the open or the close; widened to hold them.
    Crossed,
    /// The volume is negative; set to zero.
    NegativeVolume,
    /// A high or low far beyond open and close, against what is usual in this file; kept.
    Spike {
        /// The distance as a factor: 1.5 is a high 50 % above, or open and close 50 % above the low.
        factor: f64,
    },
    /// A close that moves far and is taken back by the next bar, as wrong prints are; kept.
    Reversal {
        /// The log return to this bar.
        log_return: f64,
    },
    /// A line that repeats the header; left out.
    RepeatedHeader,
    /// Lines before the header, which hold no column names; left out.
    Preamble {
        /// How many.
        lines: u64,
    },
    /// A line of words or a remark among the rows; left out.
    Remark,
    /// Another table behind the rows; left out.
    OtherTable,
    /// A row of nothing but separators; left out.
    EmptyRow,
    /// A row without a time; left out.
    NoTime,
    /// The last line does not end, and what it says may be cut short; left out.
    CutLine,
    /// A move far beyond what is usual that is not taken back, as a change of the unit makes it; kept.
    Step {
        /// The log return to this bar.
        log_return: f64,
    },
    /// The bar does not open at the close before it, where nearly all others do; kept.
    Break,
    /// The bar closes where the one before it opens, and so do its neighbours; kept.
    Exchanged,
    /// Closes on a straight line up to this bar, as where a gap was filled in; kept.
    Line {
        /// How many moves are the same.
        bars: usize,
    },
    /// Closes that stand still from this bar on, where the market moves otherwise; kept.
    Still {
        /// How many.
        bars: usize,
    },
    /// The market closes at weekends.
    Weekends {
        /// How many.
        weeks: usize,
    },
    /// All times are the last second of their bars; moved to the first.
    EndTimes,
    /// Times lie near those of a grid, not on it; moved onto it.
    Jitter {
        /// The farthest, in seconds.
        seconds: u64,
    },
    /// An hour stands twice when clocks are put back; the last in the file is kept.
    ClockChange,
    /// A bar of the new interval that is not covered from start to end by the first or last bars; left out.
    IncompleteEnd,
}

impl IssueKind {
    /// What it is called, in the plural, for counting.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "gaps",
            Self::Unpaid { .. } => "stretches without payments",
            Self::OffGrid => "bars off the grid",
            Self::Duplicate => "duplicates",
            Self::Conflict => "conflicting duplicates",
            Self::OutOfOrder => "bars out of order",
            Self::NewestFirst => "files newest first",
            Self::MissingPrice => "bars without a price",
            Self::MissingRate => "payments without a rate",
            Self::NonPositivePrice => "prices of zero or less",
            Self::Crossed => "crossed bars",
            Self::NegativeVolume => "negative volumes",
            Self::Spike { .. } => "spikes",
            Self::Reversal { .. } => "reversals",
            Self::RepeatedHeader => "repeated headers",
            Self::Preamble { .. } => "lines before the header",
            Self::Remark => "lines that are no rows",
            Self::OtherTable => "other tables",
            Self::EmptyRow => "empty rows",
            Self::NoTime => "rows without a time",
            Self::CutLine => "lines cut short",
            Self::Step { .. } => "steps",
            Self::Break => "bars that do not follow the one before",
            Self::Exchanged => "bars against the order",
            Self::Line { .. } => "closes on a straight line",
            Self::Still { .. } => "closes that stand still",
            Self::Weekends { .. } => "markets that close at weekends",
            Self::EndTimes => "times at the ends of bars",
            Self::Jitter { .. } => "times near a grid",
            Self::ClockChange => "hours that stand twice",
            Self::IncompleteEnd => "incomplete bars at the ends",
        }
    }

    /// What was done about it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "nothing is filled in",
            Self::Unpaid { .. } => "nothing is paid there",
            Self::OffGrid => "kept; returns to and from it are not used",
            Self::Duplicate | Self::RepeatedHeader | Self::Preamble { .. } | Self::Remark => "left out",
            Self::OtherTable | Self::EmptyRow | Self::NoTime | Self::CutLine | Self::MissingRate => {
                "left out"
            }
            Self::Step { .. } => {
                "kept; if the unit changed or was split, cut the file there or divide the prices before"
            }
            Self::Break => {
                "kept; the others open at the close before them: a bar may be missing, or be from another source"
            }
            Self::Exchanged => {
                "kept; the others open at the close before them: open and close may be exchanged here"
            }
            Self::Line { .. } => "kept; if a gap was filled in, remove these bars",
            Self::Still { .. } => "kept; if bars were copied from the one before, remove them",
            Self::Weekends { .. } => {
                "moves from Friday to Monday are in no return, and so in no fit; volatilities count a year of 365 such days of trading"
            }
            Self::EndTimes => "moved to the start of the bar",
            Self::Jitter { .. } => "moved onto it",
            Self::ClockChange => "the last in the file is kept; write times in UTC or with offsets",
            Self::Conflict => "the last in the file is kept",
            Self::OutOfOrder => "put in its place",
            Self::NewestFirst => "turned round",
            Self::MissingPrice | Self::NonPositivePrice | Self::IncompleteEnd => "the bar is left out",
            Self::Crossed => "high and low widened to hold open and close",
            Self::NegativeVolume => "set to zero",
            Self::Spike { .. } => "kept; remove the bar if the print is wrong",
            Self::Reversal { .. } => "kept; remove the bar if the print is wrong",
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.line {
            Some(line) => format!("{} (line {line})", format_time(self.time)),
            None => format_time(self.time),
        };
        let line = format!("line {}", self.line.unwrap_or_default());
        match self.kind {
            IssueKind::Preamble { lines: 1 } => write!(f, "1 line before the header"),
            IssueKind::Preamble { lines } => write!(f, "{lines} lines before the header"),
            IssueKind::RepeatedHeader => write!(f, "the header again in {line}"),
            IssueKind::Remark => write!(f, "words instead of a row in {line}"),
            IssueKind::OtherTable => write!(f, "another table begins in {line}, behind the rows"),
            IssueKind::EmptyRow => write!(f, "nothing but separators in {line}"),
            IssueKind::NoTime => write!(f, "no time in {line}"),
            IssueKind::CutLine => {
                write!(f, "{line} is the last and does not end: its last number may be cut")
            }
            IssueKind::Step { log_return } => {
                write!(
                    f,
                    "a log return of {log_return:+.3} that stays (a factor of {:.4}) at {place}",
                    elementary::exp(log_return)
                )
            }
            IssueKind::Break => write!(f, "{place} does not open where the bar before it closes"),
            IssueKind::Exchanged => write!(f, "{place} closes where the bar before it opens"),
            IssueKind::Line { bars } => {
                write!(f, "{bars} moves of the same size one after the other up to {place}")
            }
            IssueKind::Still { bars } => {
                write!(f, "{bars} bars from {place} on close where the one before them does")
            }
            IssueKind::Weekends { weeks } => {
                write!(f, "no bar on {weeks} Saturdays between weeks with bars")
            }
            IssueKind::EndTimes => write!(f, "all times are the last second of a bar"),
            IssueKind::Jitter { seconds } => {
                write!(
                    f,
                    "times are up to {seconds} s off those of even bars, as a program that asks now and then leaves them"
                )
            }
            IssueKind::ClockChange => {
                write!(
                    f,
                    "{place} stands twice with different values, as where clocks are put back: an hour lacks elsewhere"
                )
            }
            IssueKind::NewestFirst => write!(f, "the file runs from new to old"),
            IssueKind::Gap { missing } => {
                let bars = if missing == 1 { "bar" } else { "bars" };
                write!(f, "{missing} {bars} missing before {place}")
            }
            IssueKind::Unpaid { missing } => {
                let payments = if missing == 1 { "payment" } else { "payments" };
                write!(f, "{missing} {payments} missing before {place}")
            }
            IssueKind::OffGrid => write!(f, "{place} is off the grid"),
            IssueKind::Duplicate => write!(f, "{place} stands twice"),
            IssueKind::Conflict => write!(f, "{place} stands twice with different values"),
            IssueKind::OutOfOrder => write!(f, "{place} is out of order"),
            IssueKind::MissingPrice => write!(f, "a price is missing at {place}"),
            IssueKind::MissingRate => write!(f, "a rate is missing at {place}"),
            IssueKind::NonPositivePrice => write!(f, "a price is zero or negative at {place}"),
            IssueKind::Crossed => write!(f, "open or close lies outside low and high at {place}"),
            IssueKind::NegativeVolume => write!(f, "the volume is negative at {place}"),
            IssueKind::Spike { factor } => {
                write!(f, "a high or low {factor:.2} times beyond open and close at {place}")
            }
            IssueKind::Reversal { log_return } => {
                write!(f, "a log return of {log_return:+.3}, taken back by the next bar, at {place}")
            }
            IssueKind::IncompleteEnd => write!(f, "the bar of {place} is not covered whole"),
        }
    }
}

/// Where a history came from and what was wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryReport {
    /// The file as named, or `standard input`.
    pub source: String,
    /// BLAKE3 hash of the file's bytes as read (before decompression), hexadecimal.
    pub hash: String,
    /// What a column of the file calls the instrument.
    pub symbol: Option<String>,
    /// Rows of data in the file, before anything was left out.
    pub rows: usize,
    /// All problems, in the order of the file, then in the order of time.
    pub issues: Vec<Issue>,
    /// What was decided in reading where files differ, such as `dates are read day first (31/01/2024)`.
    pub decisions: Vec<String>,
}

/// Problems of one kind that are shown with their places; the rest are counted.
const SHOWN: usize = 5;

impl HistoryReport {
    /// What was decided and what was found wrong, a line each: the same words in every command.
    pub fn lines(&self) -> Vec<String> {
        let decided = self.decisions.iter().map(|words| format!("read as: {words}"));
        let found = self.by_kind().into_iter().map(|(name, issues)| {
            let places: Vec<String> = issues.iter().take(SHOWN).map(ToString::to_string).collect();
            let more = match issues.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!("; and {more} more (all with calibrate --format json)"),
            };
            format!("{name}: {} ({}): {}{more}", issues.len(), issues[0].kind.action(), places.join("; "))
        });
        decided.chain(found).collect()
    }

    /// Leaves out what lies outside these times (seconds since 1970; none for no bound).
    pub fn keep_between(&mut self, since: Option<i64>, until: Option<i64>) {
        self.issues.retain(|issue| {
            issue.line.is_some() && issue.time == 0
                || since.is_none_or(|since| issue.time >= since)
                    && until.is_none_or(|until| issue.time < until)
        });
    }

    /// The kinds of problems found with how often each was, and the first few of each, in order of first appearance.
    pub fn by_kind(&self) -> Vec<(&'static str, Vec<&Issue>)> {
        let mut kinds: Vec<(&'static str, Vec<&Issue>)> = Vec::new();
        for issue in &self.issues {
            let name = issue.kind.name();
            match kinds.iter_mut().find(|(known, _)| *known == name) {
                Some((_, issues)) => issues.push(issue),
                None => kinds.push((name, vec![issue])),
            }
        }
        kinds
    }
}
