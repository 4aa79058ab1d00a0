//! Files of recorded prices or rates that a scenario names, with what the file does not say itself.

use serde_json::{Value as Json, json};

use crate::market::{
    ColumnChoice, DateOrder, DecimalMark, FundingHistory, HistoryError, HistoryReport, Period, PriceHistory,
    ReadOptions,
};

use super::problem::{Code, Problem, Problems};
use super::shape::{Placed, Shape, any_of, wrong_type};
use super::table::table;
use super::tree::{Node, Value, quoted, ticked};

table! {
    /// A recorded file, and how it is read where it does not say so itself; the same words as the options of `liqsim calibrate`.
    struct RecordedTable {
        /// The file (CSV, JSON or Parquet, plain or gzip); the path starts from the scenario's folder.
        required file: String,
        /// First year, month, day or time that is used (UTC), such as "2023" or "2023-01-31".
        optional since: Start,
        /// Last year, month or day that is used, whole; or the time before which bars must start.
        optional until: End,
        /// Order of day and month in dates such as 03/04/2024.
        optional dates: DateOrder,
        /// The mark before the decimals in numbers such as 1.234.
        optional decimals: DecimalMark,
        /// Columns by name or number (from 1), such as "time=Day,close=Last"; of rates "rate=NAME", or "percent=NAME" where they are in per cent.
        optional columns: ColumnChoice,
        /// Whether times before 2009 and after tomorrow are taken as they are; false if absent.
        optional allow_times: bool,
    }
}

/// The first second of a period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start(i64);

/// The second after a period.
#[derive(Debug, Clone, Copy)]
pub(super) struct End(i64);

fn period<T: Shape>(node: &Node, label: &str, problems: &mut Problems) -> Option<Period> {
    let found = match &node.value {
        Value::Text(text) => Period::parse(text),
        Value::Integer(number) => Period::parse(&number.to_string()),
        _ => None,
    };
    if found.is_none() {
        problems.push(wrong_type::<T>(node, label));
    }
    found
}

macro_rules! periods {
    ($($type:ident => $end:ident),+) => {$(
        impl Shape for $type {
            fn expected() -> String {
                "a year, a month, a day or a time, such as \"2024\", \"2024-01-31\" or \"2024-01-31T05:00:00Z\"".to_owned()
            }

            fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
                period::<Self>(node, label, problems).map(|period| Self(period.$end))
            }

            fn schema() -> Json {
                any_of(vec![json!({ "type": "string" }), json!({ "type": "integer" })])
            }
        }
    )+};
}

periods!(Start => start, End => end);

impl Shape for ColumnChoice {
    fn expected() -> String {
        "a choice of columns such as \"time=Day,close=Last\"".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            problems.push(wrong_type::<Self>(node, label));
            return None;
        };
        let wrong = |words: String| {
            let message = format!("{} must be {}: {words}", ticked(label), Self::expected());
            problems.push(Problem::new(Code::WrongType, &node.place, message));
        };
        text.parse().map_err(wrong).ok()
    }

    fn schema() -> Json {
        json!({ "type": "string" })
    }
}

/// A recorded file as it is written: its name alone, or a table.
#[derive(Debug, Clone)]
pub(super) struct RecordedFile {
    /// Name of the file.
    pub name: String,
    since: Option<i64>,
    until: Option<i64>,
    reading: ReadOptions,
}

impl Shape for RecordedFile {
    fn expected() -> String {
        "the name of a file in quotes, or a table with `file`".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Text(name) => {
                Some(Self { name: name.clone(), since: None, until: None, reading: ReadOptions::default() })
            }
            Value::Table(_) => {
                let before = problems.len();
                let table = RecordedTable::read(node, label, problems)?;
                let reading = ReadOptions {
                    now: None,
                    any_times: table.allow_times.as_ref().is_some_and(|allow| allow.value),
                    dates: table.dates.as_ref().map(|dates| dates.value),
                    decimals: table.decimals.as_ref().map(|mark| mark.value),
                    columns: table.columns.map(|columns| columns.value).unwrap_or_default(),
                };
                let since = table.since.map(|since| since.value.0);
                let until = table.until.map(|until| until.value.0);
                // What could not be read changes what the file means.
                (problems.len() == before).then_some(Self { name: table.file?.value, since, until, reading })
            }
            _ => {
                problems.push(wrong_type::<Self>(node, label));
                None
            }
        }
    }

    fn schema() -> Json {
        any_of(vec![String::schema(), RecordedTable::schema()])
    }
}

/// What is said of a file whose content is none of a stranger's business.
pub(super) const UNQUOTED: &str =
    "it cannot be read as that, and lies outside the scenario's folders, so nothing of it is shown";

/// What was read from a recorded file.
#[derive(Debug)]
pub(super) struct Recorded<T> {
    /// Its content within the times asked for.
    pub content: T,
    /// A hash of the file and of how it was read.
    pub hash: String,
}

const HELP: &str = "paths start from the folder of the scenario; where an option is asked for, write the file as a table, such as \
     { file = \"prices.csv\", dates = \"day-first\", columns = \"time=Day,close=Last\", allow_times = true }";

impl Placed<RecordedFile> {
    /// The bars; what is wrong with the file is reported, and what was found in it noted. `asset` is what notes call it.
    pub fn prices(&self, problems: &mut Problems) -> Option<Recorded<PriceHistory>> {
        let read = self.content("price file", problems, PriceHistory::from_bytes)?;
        let (history, mut report) = read.content;
        let RecordedFile { since, until, .. } = self.value;
        let history = history.between(since, until);
        report.keep_between(since, until);
        if history.bars.len() < 2 {
            self.empty("price file", problems);
            return None;
        }
        self.note(&report, problems);
        Some(Recorded { content: history, hash: read.hash })
    }

    /// The rates, as [`Placed::prices`].
    pub fn rates(&self, problems: &mut Problems) -> Option<Recorded<FundingHistory>> {
        let read = self.content("funding file", problems, FundingHistory::from_bytes)?;
        let (history, mut report) = read.content;
        let RecordedFile { since, until, .. } = self.value;
        let history = history.between(since, until);
        report.keep_between(since, until);
        if history.times.len() < 2 {
            self.empty("funding file", problems);
            return None;
        }
        self.note(&report, problems);
        Some(Recorded { content: history, hash: read.hash })
    }

    fn content<T>(
        &self,
        what: &str,
        problems: &mut Problems,
        read: impl FnOnce(&str, &[u8], &ReadOptions) -> Result<T, HistoryError>,
    ) -> Option<Recorded<T>> {
        let source = self.place.source();
        let RecordedFile { name, reading, since, until } = &self.value;
        let mut problem = |message: String| {
            problems.push(Problem::new(Code::Unreadable, &self.place, message).help(HELP));
        };
        let bytes = match source.file(name) {
            Ok(bytes) => bytes,
            Err(error) => {
                let shown = quoted(&source.folder().join(name).display().to_string());
                problem(format!("{what} {shown}: {error}"));
                return None;
            }
        };
        let options = ReadOptions { now: source.now(), ..reading.clone() };
        match read(name, &bytes, &options) {
            Ok(content) => {
                let mut hasher = blake3::Hasher::new();
                hasher.update(&bytes);
                if (since, until, reading) != (&None, &None, &ReadOptions::default()) {
                    hasher.update(format!("{since:?} {until:?} {reading:?}").as_bytes());
                }
                Some(Recorded { content, hash: hasher.finalize().to_hex()[..32].to_owned() })
            }
            Err(error) if source.may_quote(name) => {
                problem(format!("{what}: {error}"));
                None
            }
            Err(_) => {
                problem(format!("{what} {}: {UNQUOTED}", quoted(name)));
                None
            }
        }
    }

    fn empty(&self, what: &str, problems: &mut Problems) {
        let message = format!("{what}: fewer than two rows are left between `since` and `until`");
        problems.push(Problem::new(Code::OutOfRange, &self.place, message).help("choose a wider range"));
    }

    fn note(&self, report: &HistoryReport, problems: &mut Problems) {
        for line in report.lines() {
            problems.note(format!("{}: {line}.", self.value.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::super::{Scenario, Source, parse};

    const START: &str = "[simulation]\nhorizon = \"1d\"\n[account]\nequity = 1000\nleverage = [2]\n\
        venue = { contract = \"linear\", maintenance = 0.005 }\n[[account.positions]]\nasset = \"X\"\nside = \"long\"\n\
        [assets.X]\nprice = 1.0\n";

    /// The hours of a day whose month cannot be told: 2024-02-01 or 2024-01-02.
    fn bars() -> String {
        let bar = |hour: usize| format!("01/02/2024 {hour:02}:00,1,1.1,0.9,1\n");
        "Date,Open,High,Low,Close\n".to_owned() + &(0..24).map(bar).collect::<String>()
    }

    fn read(model: &str, now: Option<i64>) -> Result<Scenario, String> {
        let files: BTreeMap<PathBuf, Arc<[u8]>> = BTreeMap::from([
            ("bars.csv".into(), bars().into_bytes().into()),
            (
                "funding.csv".into(),
                Arc::from(&b"time,rate\n1706745600,1e-4\n1706774400,2e-4\n1706803200,x\n"[..]),
            ),
        ]);
        let source = Source::new("test", format!("{START}[assets.X.model]\n{model}")).at(now);
        parse(source.with_files(Arc::new(files)), &[]).map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_scenario_says_how_its_file_is_read() {
        let bootstrap =
            |prices: &str| read(&format!("kind = \"bootstrap\"\nblock = 3\nprices = {prices}"), None);
        let asked = bootstrap("\"bars.csv\"").unwrap_err();
        assert!(
            asked.contains("order of day and month") && asked.contains("dates = \"day-first\""),
            "{asked}"
        );
        let day_first = bootstrap("{ file = \"bars.csv\", dates = \"day-first\" }").unwrap();
        let one_day =
            bootstrap("{ file = \"bars.csv\", dates = \"day-first\", until = \"2024-02-01T12:00\" }")
                .unwrap();
        assert_ne!(day_first.identity(), one_day.identity());
        assert!(day_first.found().iter().any(|found| found.contains("day first")), "{:?}", day_first.found());
        for (table, words) in [
            ("{ file = \"bars.csv\", dates = \"first\" }", "\"day-first\" or \"month-first\""),
            ("{ file = \"bars.csv\", dates = \"day-first\", since = \"2025\" }", "fewer than two rows"),
            ("{ file = \"bars.csv\", since = \"soon\" }", "a year, a month, a day or a time"),
            ("{ file = \"bars.csv\", columns = \"price=1\" }", "nothing that a column is read for"),
            ("{ dates = \"day-first\" }", "`file`"),
        ] {
            let error = bootstrap(table).unwrap_err();
            assert!(error.contains(words), "{table}: {error}");
        }
    }

    #[test]
    fn bars_after_tomorrow_are_refused_where_the_present_is_known() {
        let model =
            "kind = \"bootstrap\"\nblock = 3\nprices = { file = \"bars.csv\", dates = \"day-first\" }";
        assert!(read(model, None).is_ok() && read(model, Some(1_780_000_000)).is_ok());
        let error = read(model, Some(1_600_000_000)).unwrap_err();
        assert!(error.contains("bars start between 2009 and tomorrow"), "{error}");
        let allowed = model.replace("\" }", "\", allow_times = true }");
        assert!(read(&allowed, Some(1_600_000_000)).is_ok());
    }
}
