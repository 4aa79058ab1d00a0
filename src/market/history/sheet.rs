//! The rows of a text, one after the other, without what is none.

use csv::StringRecord;

use super::columns::{self, Want};
use super::issue::{Issue, IssueKind};
use super::layout::{Layout, has_values, holds_rows, is_comment, is_rule, knows_names, other_separator};
use super::lines::records;
use super::options::{DecimalMark, ReadOptions};
use super::order;
use super::refusal::{Refusal, Refused};
use super::text::Text;

/// Rows that decide about columns.
const SAMPLE: usize = 500;

/// The text of a file with what is known of it.
pub(super) struct Sheet<'a> {
    pub text: &'a Text<'a>,
    pub layout: Layout,
}

impl Sheet<'_> {
    /// Calls with every row and its line, and says whether the last line ends; leaves out what is no row.
    pub fn for_each(
        &mut self,
        mut issues: Option<&mut Vec<Issue>>,
        each: &mut dyn FnMut(u64, &StringRecord, bool) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let ((begin, first_line), separator) = (self.layout.data, self.layout.separator);
        let unread = |error: std::io::Error| (None, Refusal::Malformed(error.to_string()));
        let text = self.text.from(begin).map_err(unread)?;
        let (mut reader, mut lines) = records(text, begin, first_line, separator);
        let mut record = StringRecord::new();
        let mut report = |line, kind| {
            if let Some(issues) = &mut issues {
                issues.push(Issue { time: 0, line: Some(line), kind });
            }
        };
        // Words alone in a line may begin another table, which ends the rows of this one.
        let (mut after_words, mut other): (bool, Option<(u64, Refusal)>) = (false, None);
        loop {
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => {
                    if let Some((line, _)) = other {
                        report(line, IssueKind::OtherTable);
                    }
                    return Ok(());
                }
                Err(error) => {
                    let line = error.position().map(|position| lines.of(begin + position.byte() as usize));
                    return Err((line, Refusal::Malformed(error.to_string())));
                }
            }
            let line = lines.of(begin + record.position().map_or(0, |position| position.byte() as usize));
            // A last line that does not end may have been cut.
            let is_last = self.text.is_open && begin as u64 + reader.position().byte() >= self.text.length;
            if is_rule(&record) {
                continue;
            }
            if record.iter().all(str::is_empty) {
                report(line, IssueKind::EmptyRow);
            } else if holds_rows(&record, separator) {
                return Err((Some(line), Refusal::Quote));
            } else if let Some(reason) = other_separator(&record, separator).filter(|_| !is_last) {
                return Err((Some(line), reason));
            } else if is_comment(&record) || is_alone(&record) && !has_values(&record) {
                after_words = record.len() == 1;
                report(line, IssueKind::Remark);
            } else if self.layout.fits(&record) {
                if let Some((line, reason)) = other {
                    return Err((Some(line), reason));
                }
                after_words = false;
                if !has_values(&record) {
                    self.check_header(line, &record)?;
                    report(line, IssueKind::RepeatedHeader);
                } else {
                    each(line, &record, is_last)?;
                }
            } else if is_last && record.len() < self.layout.fields {
                report(line, IssueKind::CutLine);
            } else if other.is_none() {
                let by = if self.layout.headers.is_empty() { "the rows before" } else { "the header" };
                let reason = Refusal::Fields { found: record.len(), expected: self.layout.fields, by };
                if !after_words || has_values(&record) {
                    return Err((Some(line), reason));
                }
                other = Some((line, reason));
            }
        }
    }

    /// A header inside the file must be the same again, or suit rows that began without one.
    fn check_header(&self, line: u64, record: &StringRecord) -> Result<(), Refused> {
        let same = |header: &StringRecord| {
            header.iter().zip(record).all(|(a, b)| a.eq_ignore_ascii_case(b)) && header.len() <= record.len()
        };
        if self.layout.headers.iter().any(same) {
            return Ok(());
        }
        if self.layout.headers.is_empty() && knows_names(record) {
            let layout = Layout { headers: vec![record.clone()], ..self.layout.clone() };
            let named = columns::of_header(&layout, &[], Want::Prices, &ReadOptions::default());
            let sample = Sheet { text: self.text, layout: self.layout.clone() }.sample()?;
            let read = order::of_rows(&sample, DecimalMark::Point, &ReadOptions::default());
            if let (Ok((named, _)), Ok((read, _))) = (named, read)
                && (named.time, named.range, named.close) == (read.time, read.range, read.close)
            {
                return Ok(());
            }
        }
        Err((Some(line), Refusal::SecondHeader))
    }

    /// The first rows, as text.
    pub fn sample(&self) -> Result<Vec<Vec<String>>, Refused> {
        let mut rows = Vec::new();
        let (begin, line) = self.layout.data;
        let head = &self.text.head.as_bytes()[begin..];
        let (mut reader, _) = records(head, begin, line, self.layout.separator);
        for record in reader.records().take(SAMPLE) {
            let Ok(record) = record else { break };
            if self.layout.fits(&record) && has_values(&record) && !is_comment(&record) {
                rows.push(record.iter().take(self.layout.fields).map(str::to_owned).collect());
            }
        }
        Ok(rows)
    }
}

/// Whether a single field says something.
fn is_alone(record: &StringRecord) -> bool {
    record.iter().filter(|field| !field.is_empty()).count() == 1
}
