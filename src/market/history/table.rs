//! From the text of a file to rows of times and numbers: layout, columns, conventions, each decided from the whole file.

use std::collections::BTreeMap;

use crate::numeric::elementary;

use super::columns::{self, Columns, Want};
use super::instruments::{Close, Labels, are_words, is_ticker};
use super::issue::{Issue, IssueKind};
use super::layout::Layout;
use super::number::{self, Evidence, Field, is_missing};
use super::options::{DecimalMark, ReadOptions, Role};
use super::order;
use super::refusal::{Refusal, Refused};
use super::sheet::Sheet;
use super::text::Text;
use super::times::Times;
use super::words::shorten;

/// Rows before the way in which their numbers are written proves anything.
const FEWEST: usize = 10;
/// Where the paths of `simulate` are placed, which have no date: 2020-01-01.
const SIMULATED_START: i64 = 1_577_836_800;

/// A row as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::market) struct Row {
    /// Line of the file, from 1.
    pub line: u64,
    /// Seconds since 1970.
    pub time: i64,
    /// Open, high, low and close, NaN where there is none; four times the value of a single column.
    pub prices: [f64; 4],
    /// Volume; 0 where there is none.
    pub volume: f64,
}

/// The rows of a file in its own order.
#[derive(Debug)]
pub(in crate::market) struct Table {
    pub rows: Vec<Row>,
    /// Whether a single column holds the price.
    pub close_only: bool,
    /// Which column is which, in words.
    pub order: String,
    /// Name or number of the column of closes or of rates.
    pub value: String,
    /// What a column calls the instrument.
    pub symbol: Option<String>,
    pub issues: Vec<Issue>,
    /// What was decided in reading, in words.
    pub decisions: Vec<String>,
}

/// Reads the rows of a text.
pub(in crate::market) fn read(text: &Text<'_>, want: Want, options: &ReadOptions) -> Result<Table, Refused> {
    let layout = Layout::of(&text.head)?;
    let mut sheet = Sheet { text, layout };
    let mut issues = Vec::new();
    if sheet.layout.preamble > 0 {
        let kind = IssueKind::Preamble { lines: sheet.layout.preamble };
        issues.push(Issue { time: 0, line: Some(1), kind });
    }
    let sample = sheet.sample()?;
    let mut decisions = Vec::new();
    let head = Some(sheet.layout.head_line);
    let columns = if !sheet.layout.headers.is_empty() {
        let (columns, words) =
            columns::of_header(&sheet.layout, &sample, want, options).map_err(|reason| (head, reason))?;
        decisions.extend(words);
        columns
    } else if !options.columns.is_empty() {
        order::chosen(sheet.layout.fields, options).map_err(|reason| (head, reason))?
    } else {
        let mark = sheet.evidence(&sample).decide(sheet.layout.separator, options.decimals);
        let (columns, words) = order::of_rows(&sample, mark.unwrap_or(DecimalMark::Point), options)
            .map_err(|reason| (head, reason))?;
        decisions.extend(words);
        columns
    };
    let order = columns.words(&sheet.layout);
    let survey = sheet.survey(&columns, options, &mut issues)?;
    let mark = match survey.numbers.decide(sheet.layout.separator, options.decimals) {
        Ok(mark) => mark,
        Err(Some(reason)) => return Err((None, reason)),
        Err(None) => sheet.smoother_mark(&columns, &survey.numbers)?,
    };
    if mark == DecimalMark::Comma {
        decisions.push("numbers have decimal commas".to_owned());
    }
    let name = sheet.column_name(columns.time);
    let (times, words) = survey.times.decide(&name, options)?;
    decisions.extend(words);
    if columns.relative {
        decisions.push("a simulated path: its start is taken as 2020-01-01".to_owned());
    }
    let is_asked = options.columns.of(Role::PerCent).is_some();
    let is_per_cent = want == Want::Rates && (is_asked || sheet.column_name(columns.close).contains('%'));
    if is_per_cent {
        let why = if is_asked { "asked for" } else { "the name of their column says" };
        decisions.push(format!("rates are in per cent, as {why}"));
    }
    let rows = sheet.rows(&columns, mark, &times, is_per_cent, &mut issues)?;
    sheet.check_labels(&columns, &sample, &rows)?;
    let (close_only, value) = (columns.range.is_none(), sheet.column_name(columns.close));
    Ok(Table { rows, close_only, order, value, symbol: survey.symbol, issues, decisions })
}

/// What the whole file says of its conventions.
struct Survey {
    numbers: Evidence,
    times: Times,
    symbol: Option<String>,
}

impl Sheet<'_> {
    fn evidence(&self, sample: &[Vec<String>]) -> Evidence {
        let mut evidence = Evidence::default();
        for field in sample.iter().flatten().filter(|field| super::stamp::read(field).is_err()) {
            evidence.add(field);
        }
        evidence
    }

    /// Looks at every row: conventions of numbers and times, and the names of instruments.
    fn survey(
        &mut self,
        columns: &Columns,
        options: &ReadOptions,
        issues: &mut Vec<Issue>,
    ) -> Result<Survey, Refused> {
        let mut survey = Survey { numbers: Evidence::default(), times: Times::default(), symbol: None };
        let mut digits: BTreeMap<usize, (bool, usize)> = BTreeMap::new();
        let mut cut = None;
        let (mut rows, mut lost): (usize, Vec<u64>) = (0, Vec::new());
        // Words in place of a time: sums and means at the end, nothing between rows.
        let mut words: Vec<(u64, String)> = Vec::new();
        let names: Vec<String> = (0..self.layout.fields).map(|column| self.column_name(column)).collect();
        let last_column = self.layout.fields - 1;
        let value_columns: Vec<usize> = (0..self.layout.fields)
            .filter(|column| {
                columns.uses(*column) && *column != columns.time && columns.clock != Some(*column)
            })
            .collect();
        let tickers: Vec<usize> = match (columns.symbol, self.layout.headers.is_empty()) {
            (Some(column), _) => vec![column],
            (None, true) => (0..self.layout.fields).filter(|column| !columns.uses(*column)).collect(),
            (None, false) => Vec::new(),
        };
        let is_named = columns.symbol.is_some();
        let mut first_of: BTreeMap<usize, String> = BTreeMap::new();
        self.for_each(Some(issues), &mut |line, record, is_last| {
            let field = |column: usize| record.get(column).unwrap_or_default();
            let time = field(columns.time);
            if is_word(time) && survey.times.raw.len() > 1 {
                words.push((line, shorten(time)));
                return Ok(());
            }
            if let Some((line, time)) = words.first() {
                return Err((Some(*line), super::times::no_time(time)));
            }
            for column in &tickers {
                let name = field(*column);
                if name.is_empty() || !is_named && !is_ticker(name) {
                    continue;
                }
                let first = first_of.entry(*column).or_insert_with(|| name.to_owned());
                if !first.eq_ignore_ascii_case(name) {
                    let (column, first, second) = (names[*column].clone(), shorten(first), shorten(name));
                    return Err((Some(line), Refusal::Symbols { column, first, second }));
                }
                survey.symbol.get_or_insert_with(|| name.to_owned());
            }
            if is_last && columns.uses(last_column) {
                let (has_mark, length) = number::visible_digits(field(last_column));
                let (longest_mark, longest) = digits.get(&last_column).copied().unwrap_or_default();
                if (has_mark, length) < (longest_mark, longest) || longest == 0 {
                    cut = Some(line);
                    return Ok(());
                }
            }
            if columns.uses(last_column) {
                let seen = number::visible_digits(field(last_column));
                let longest = digits.entry(last_column).or_insert(seen);
                *longest = (*longest).max(seen);
            }
            for column in &value_columns {
                survey.numbers.add(field(*column));
            }
            rows += 1;
            if number::has_lost_digits(field(columns.close)) {
                lost.push(line);
            }
            if columns.relative {
                let seconds: Option<i64> = time.parse().ok();
                let wrong =
                    || (Some(line), Refusal::Value { value: shorten(time), expected: "number of seconds" });
                let shifted = (SIMULATED_START + seconds.ok_or_else(wrong)?).to_string();
                survey.times.add(line, &shifted, None, options)?;
                return Ok(());
            }
            survey.times.add(line, time, columns.clock.map(field), options)?;
            Ok(())
        })?;
        if rows >= FEWEST && 2 * lost.len() > rows {
            return Err((lost.first().copied(), Refusal::LostDigits));
        }
        let words = words.into_iter().map(|(line, _)| (line, IssueKind::Remark));
        let left_out = cut.map(|line| (line, IssueKind::CutLine)).into_iter().chain(words);
        issues.extend(left_out.map(|(line, kind)| Issue { time: 0, line: Some(line), kind }));
        Ok(survey)
    }

    /// The decimal mark under which prices move less, where numbers such as 1.234 have two readings.
    fn smoother_mark(&mut self, columns: &Columns, evidence: &Evidence) -> Result<DecimalMark, Refused> {
        let mut roughness = |mark| -> Result<Option<f64>, Refused> {
            let (mut last, mut sum, mut steps, mut wrong) = (f64::NAN, 0.0, 0.0, false);
            self.for_each(None, &mut |_, record, _| {
                match number::read(record.get(columns.close).unwrap_or_default(), mark) {
                    Field::Number(price) if price > 0.0 => {
                        if last > 0.0 {
                            sum += f64::abs(elementary::ln(price / last));
                            steps += 1.0;
                        }
                        last = price;
                    }
                    Field::Wrong => wrong = true,
                    _ => {}
                }
                Ok(())
            })?;
            Ok((!wrong && steps > 0.0).then(|| sum / steps))
        };
        let (point, comma) = (roughness(DecimalMark::Point)?, roughness(DecimalMark::Comma)?);
        match (point, comma) {
            (Some(_), None) => Ok(DecimalMark::Point),
            (None, Some(_)) => Ok(DecimalMark::Comma),
            (Some(point), Some(comma)) if 4.0 * point < comma => Ok(DecimalMark::Point),
            (Some(point), Some(comma)) if 4.0 * comma < point => Ok(DecimalMark::Comma),
            _ => Err((None, evidence.ask())),
        }
    }

    /// The rows with their times and numbers.
    fn rows(
        &mut self,
        columns: &Columns,
        mark: DecimalMark,
        times: &[i64],
        is_per_cent: bool,
        issues: &mut Vec<Issue>,
    ) -> Result<Vec<Row>, Refused> {
        let is_out = |issue: &&Issue| matches!(issue.kind, IssueKind::CutLine | IssueKind::Remark);
        let left_out: Vec<Option<u64>> = issues.iter().filter(is_out).map(|issue| issue.line).collect();
        let mut rows: Vec<Row> = Vec::with_capacity(times.len());
        let mut timeless = Vec::new();
        self.for_each(None, &mut |line, record, _| {
            if left_out.contains(&Some(line)) {
                return Ok(());
            }
            let field = |column: usize| record.get(column).unwrap_or_default();
            if is_missing(field(columns.time)) {
                timeless.push(line);
                return Ok(());
            }
            let time = times.get(rows.len()).copied().unwrap_or_default();
            let price = |column: usize| match number::read(field(column), mark) {
                Field::Number(number) => Ok(number),
                Field::Missing => Ok(f64::NAN),
                Field::Wrong => {
                    let value = shorten(field(column));
                    Err((Some(line), Refusal::Value { value, expected: "number" }))
                }
            };
            let mut close = price(columns.close)?;
            if is_per_cent && !field(columns.close).ends_with('%') {
                close /= 100.0;
            }
            let prices = match columns.range {
                Some([open, high, low]) => [price(open)?, price(high)?, price(low)?, close],
                None => [close; 4],
            };
            let volume = columns.volume.map_or(0.0, |column| number::volume(field(column), mark));
            rows.push(Row { line, time, prices, volume });
            Ok(())
        })?;
        let timeless =
            timeless.into_iter().map(|line| Issue { time: 0, line: Some(line), kind: IssueKind::NoTime });
        issues.extend(timeless);
        Ok(rows)
    }

    /// Looks for words in unused columns that tell two courses of prices apart.
    fn check_labels(
        &mut self,
        columns: &Columns,
        sample: &[Vec<String>],
        rows: &[Row],
    ) -> Result<(), Refused> {
        let mut labels: Vec<Labels> = (0..self.layout.fields)
            .filter(|column| !columns.uses(*column) && are_words(sample, *column))
            .map(Labels::new)
            .collect();
        if labels.is_empty() || columns.symbol.is_some() || columns.relative {
            return Ok(());
        }
        let mut next = 0;
        self.for_each(None, &mut |line, record, _| {
            if rows.get(next).is_some_and(|row| row.line == line) {
                next += 1;
                labels.iter_mut().for_each(|words| words.add(record.get(words.column).unwrap_or_default()));
            }
            Ok(())
        })?;
        let closes: Vec<Close> = rows.iter().map(|row| (row.line, row.time, row.prices[3])).collect();
        labels.iter().try_for_each(|words| words.check(&closes, &self.column_name(words.column)))
    }

    fn column_name(&self, column: usize) -> String {
        match self.layout.headers.iter().find_map(|header| header.get(column).filter(|name| !name.is_empty()))
        {
            Some(name) => shorten(name),
            None => format!("{}", column + 1),
        }
    }
}

/// Whether a field is a word: letters without a digit, and not one that says that there is nothing.
fn is_word(field: &str) -> bool {
    field.contains(char::is_alphabetic) && !field.contains(|c: char| c.is_ascii_digit()) && !is_missing(field)
}
