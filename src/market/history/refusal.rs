//! The reasons for which a file is refused, in words that say what to do.

use super::super::Duration;
use super::rate_refusal::RateRefusal;
use super::words::{usual_name, way_out};

/// A refusal with the line that it is about.
pub(in crate::market) type Refused = (Option<u64>, Refusal);

/// The reasons for which a file is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Packed or binary in a way that is not read.
    #[error("this is {format}, which is not read: {remedy}")]
    Packed {
        /// What it is.
        format: &'static str,
        /// The way out.
        remedy: &'static str,
    },
    /// Bytes that are no letters.
    #[error("a binary file of an unknown kind, no text: write the prices as CSV in UTF-8")]
    NotText,
    /// Broken text.
    #[error("{0}")]
    Malformed(String),
    /// JSON that holds no list of bars.
    #[error("JSON without bars: {0}; a list of lists or of objects is read, one bar each")]
    Json(String),
    /// No separator makes a table of it.
    #[error("no table: rows of fields with commas, semicolons, tabs or | between them are read")]
    NoTable,
    /// The header has no time.
    #[error(
        "no column of times: name one of them \"timestamp\" (start of the bar), or say --columns time=NAME; the header is {0:?}"
    )]
    NoTimes(String),
    /// Times of another zone, which no cell says.
    #[error("{0:?} says that times are not UTC: write them in UTC, or with the offset in the cells")]
    ZoneBeside(String),
    /// The header only has the end of the bar.
    #[error(
        "only the end of the bars is there ({0:?}): add a column of their starts, or say --columns time={0}"
    )]
    OnlyEnds(String),
    /// The header has no close.
    #[error(
        "no column of prices: name one of them \"close\", or say --columns close=NAME; the header is {0:?}"
    )]
    NoPrices(String),
    /// The header has no column of what the file is read for.
    #[error(
        "no column of {what}: name one of them \"{}\"{}; the header is {header:?}",
        usual_name(what),
        way_out(what)
    )]
    NoValues {
        /// What is looked for.
        what: &'static str,
        /// The header.
        header: String,
    },
    /// Some of open, high and low, but not all.
    #[error(
        "open, high and low must stand together, or only \"close\" (--columns close=NAME reads it alone); the header is {0:?}"
    )]
    PartialRange(String),
    /// Two columns have the name that is looked for.
    #[error("{count} columns are called {name:?}: say which by its number, such as --columns {role}={first}")]
    SameName {
        /// The name.
        name: String,
        /// How many there are.
        count: usize,
        /// What it is looked for.
        role: &'static str,
        /// Number of the first, from 1.
        first: usize,
    },
    /// A column that the user asks for is not there.
    #[error("there is no column {name:?}; the header is {header:?}")]
    UnknownColumn {
        /// As it was asked for.
        name: String,
        /// The header.
        header: String,
    },
    /// Another number of fields than the header or the rows before.
    #[error(
        "the row has {found} fields, {by} {expected}: quote numbers that hold the separator, and give every row the same columns"
    )]
    Fields {
        /// Fields of the row.
        found: usize,
        /// Fields there should be.
        expected: usize,
        /// Who says so.
        by: &'static str,
    },
    /// Rows with another separator than the rest.
    #[error(
        "the fields are divided by {found:?} here, by {expected:?} in the other rows: write all rows in one way"
    )]
    Separator {
        /// In this row.
        found: char,
        /// In the others.
        expected: char,
    },
    /// A quoted field that takes in the rows behind it.
    #[error("a field begins with a quote and does not end in its row: remove the quote, or close it")]
    Quote,
    /// A header of other columns inside the file.
    #[error("another header, with other columns than the rows before: split the file here")]
    SecondHeader,
    /// A field that is not what its column needs.
    #[error("{value:?} is not a {expected}")]
    Value {
        /// The text of the field.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Several instruments.
    #[error(
        "column {column:?} names {first:?} and {second:?}: a history is of one instrument, keep the rows of one"
    )]
    Symbols {
        /// Name of the column.
        column: String,
        /// One of them.
        first: String,
        /// Another one.
        second: String,
    },
    /// No header, and numbers that do not tell.
    #[error(
        "no header, and the numbers do not tell {0}: add a header line, or say --columns time=1,open=2,high=3,low=4,close=5 (by number)"
    )]
    NoOrder(&'static str),
    /// Trades instead of bars.
    #[error("these look like single trades, not bars: join them to bars of one interval first")]
    Trades,
    /// Numbers that can be read in two ways.
    #[error("{value:?} is {whole} or {part}: say --decimals point or --decimals comma")]
    Decimals {
        /// The text of the field.
        value: String,
        /// Read with marks of thousands.
        whole: String,
        /// Read with decimals.
        part: String,
    },
    /// Numbers that were written as a spreadsheet showed them.
    #[error(
        "most prices are written with an exponent and few digits, such as 4.3E+04: a spreadsheet wrote what it showed, and the rest is lost; write the file again from its source"
    )]
    LostDigits,
    /// Decimal points and decimal commas in one file.
    #[error("{comma:?} has a decimal comma and {point:?} a decimal point: write all numbers in one way")]
    MixedDecimals {
        /// A number with a comma.
        comma: String,
        /// A number with a point.
        point: String,
    },
    /// Dates that can be read in two ways.
    #[error(
        "the order of day and month cannot be told from {value:?} and the rest of the file: say --dates day-first or --dates month-first"
    )]
    Dates {
        /// One of them.
        value: String,
    },
    /// Dates that fit no order of day and month.
    #[error("{first:?} and {second:?} have different orders of day and month")]
    MixedDates {
        /// Day first.
        first: String,
        /// Month first.
        second: String,
    },
    /// Dates of which a spreadsheet exchanged day and month in some.
    #[error(
        "dates jump to and fro, and are in order once day and month are exchanged in {count} of them (the first is read as {time}): a spreadsheet took these for the other order of day and month; write the file again from its source"
    )]
    HalfConverted {
        /// The first of them, as it was read.
        time: String,
        /// How many there are.
        count: usize,
    },
    /// A zone whose offset is not known.
    #[error(
        "{value:?} names a time zone whose offset is not known: write times in UTC, or with an offset such as +01:00"
    )]
    Zone {
        /// The text of the field.
        value: String,
    },
    /// Hours that are counted from 1 to 24.
    #[error(
        "{0:?} is hour 24: hours run from 0 to 23. Where they are counted from 1 to 24 they name the ends of the bars as a rule: write the hour at which each bar starts, one less; where 24:00 is a start, it is 00:00 of the next day"
    )]
    Hour24(String),
    /// Numbers that are no times.
    #[error(
        "column {column:?} runs from {from} to {to}, as seconds since 1970 from {read_from} to {read_to}: bars start between 2009 and tomorrow. {guess}"
    )]
    NotTimes {
        /// Name of the column.
        column: String,
        /// Smallest.
        from: String,
        /// Largest.
        to: String,
        /// What that would be.
        read_from: String,
        /// What that would be.
        read_to: String,
        /// What they might be and what to do.
        guess: String,
    },
    /// A single time outside what is believed.
    #[error(
        "{value:?} is {read}: bars start between 2009 and tomorrow; remove the row, or say --allow-times for older series"
    )]
    OutOfTime {
        /// The text of the field.
        value: String,
        /// What that is.
        read: String,
    },
    /// Bars of a length that no source has.
    #[error(
        "most rows are {0} apart, which no bars are: single trades are to be joined to bars first, and another column of times is chosen by --columns time=NAME"
    )]
    Interval(Duration),
    /// No interval that most bars have.
    #[error(
        "only {share:.0} % of the rows are {interval} after the one before, the commonest distance: these are no bars of one interval"
    )]
    Irregular {
        /// In per cent.
        share: f64,
        /// The commonest distance.
        interval: Duration,
    },
    /// Bars of one length one after the other, and then bars of another.
    #[error(
        "{count} bars in a row from {time} on are {other} apart, and most of the others {interval}: these are bars of two lengths; keep one of them, with --since or --until where they follow each other"
    )]
    TwoIntervals {
        /// Bars of the other length, one after the other.
        count: usize,
        /// Where they begin.
        time: String,
        /// Their distance.
        other: Duration,
        /// The commonest distance.
        interval: Duration,
    },
    /// Bars of another length among those of one.
    #[error(
        "every {other} from {time} on a row stands twice with other values: bars of {other} stand among those of {interval}, or pages overlap where their last row was not finished; keep one of the two"
    )]
    Among {
        /// The first.
        time: String,
        /// Their distance.
        other: Duration,
        /// The commonest distance.
        interval: Duration,
    },
    /// Most bars contradict their columns.
    #[error(
        "open or close lies outside low and high in {count} of {rows} bars: the columns are in another order than was read ({order}); --columns open=..,high=..,low=..,close=.. says which is which"
    )]
    Crossed {
        /// Bars.
        count: usize,
        /// Of so many.
        rows: usize,
        /// As they were read.
        order: String,
    },
    /// A high or a low that is far from open and close in most bars.
    #[error(
        "{column} {value} is far from open {open} and close {close}, as in most bars: the column is another one than was read ({order}); --columns open=..,high=..,low=..,close=.. says which is which"
    )]
    Range {
        /// High or low.
        column: &'static str,
        /// Its value.
        value: f64,
        /// Of the same bar.
        open: f64,
        /// Of the same bar.
        close: f64,
        /// As the columns were read.
        order: String,
    },
    /// Closes that go up and down in turns.
    #[error(
        "nearly every move of the close is taken back by the next bar: two instruments or sources in turns in one file? Keep the rows of one"
    )]
    Turns,
    /// Closes that depend on their turn.
    #[error(
        "the close moves by {apart:.2} % in the mean in every {}, and the other way in the rest: {turns} instruments or sources in turns in one file? Keep the rows of one",
        match turns { 2 => "second bar", 3 => "third bar", _ => "fourth bar" }
    )]
    InTurns {
        /// Courses.
        turns: usize,
        /// Largest mean move of a turn, in per cent.
        apart: f64,
    },
    /// Bars between others, on straight lines.
    #[error(
        "{count} of {bars} closes lie on straight lines between others: bars that nobody recorded were filled in; keep the recorded ones"
    )]
    Interpolated {
        /// Closes on lines.
        count: usize,
        /// Of so many.
        bars: usize,
    },
    /// Bars copied from longer ones.
    #[error(
        "the close changes every {step} and stands still between, though bars are {interval} apart: prices of {step} were copied to shorter bars; keep one row of each {step}"
    )]
    Copied {
        /// Distance of the bars.
        interval: Duration,
        /// Distance of the changes.
        step: Duration,
    },
    /// Opens are the next closes.
    #[error(
        "nearly every bar closes where the bar before it opens: open and close are exchanged, or times run backwards"
    )]
    Exchanged,
    /// The same times again with other values.
    #[error(
        "{count} of {rows} rows repeat the time of another with other values, the first {time}: several instruments or intervals in one file, or times that lost digits"
    )]
    Conflicts {
        /// Rows.
        count: usize,
        /// Of so many.
        rows: usize,
        /// The first.
        time: String,
    },
    /// Rows without prices.
    #[error(
        "{count} of {rows} rows have no price above 0: the columns are other ones than was read ({order})"
    )]
    Unpriced {
        /// Rows.
        count: usize,
        /// Of so many.
        rows: usize,
        /// As they were read.
        order: String,
    },
    /// A price that no market has.
    #[error(
        "the close changes by a factor of {factor:.2} in every other bar: several instruments in one file, or a column that is no price"
    )]
    Jumps {
        /// Median.
        factor: f64,
    },
    /// Rates that are not what they look like.
    #[error(transparent)]
    Rates(#[from] RateRefusal),
    /// Fewer than two usable rows.
    #[error("{bars} usable bars of {rows} rows: at least 2 are needed")]
    TooFew {
        /// Bars that are left.
        bars: usize,
        /// Rows of data in the file.
        rows: usize,
    },
}
