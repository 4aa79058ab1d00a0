//! One table, whoever reads it: heads, and rows of typed cells.
//!
//! It is written for a terminal, as Markdown, as CSV or as Parquet; the Python package hands the same cells on as Arrow. Tables of people hold
//! texts, tables of programs numbers. Tables that may be too long for the memory are written row by row ([`TableWriter`](super::TableWriter)).

use std::io::{self, Write};

use comfy_table::{CellAlignment, LineStyle, TableStyle};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::cell::Cell;
use super::format::Format;
use super::rows::TableWriter;

const RULES: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// Heads and rows; all rows have a cell for every head, those of a column of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Of named cells, the same names in every row.
    pub fn of_rows(rows: impl IntoIterator<Item = Vec<(String, Cell)>>) -> Self {
        let mut table = Self::default();
        for row in rows {
            let (heads, cells) = row.into_iter().unzip();
            table.heads = heads;
            table.rows.push(cells);
        }
        table
    }

    /// Of texts; a line break in a head parts its two lines.
    pub fn of_texts<Row: IntoIterator<Item = String>>(
        heads: impl IntoIterator<Item = impl Into<String>>,
        rows: impl IntoIterator<Item = Row>,
    ) -> Self {
        let row = |row: Row| row.into_iter().map(Cell::Text).collect();
        Self { heads: heads.into_iter().map(Into::into).collect(), rows: rows.into_iter().map(row).collect() }
    }

    /// Names of the columns.
    pub fn heads(&self) -> &[String] {
        &self.heads
    }

    /// The rows.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// Heads in one line.
    fn plain_heads(&self) -> impl Iterator<Item = String> {
        self.heads.iter().map(|head| head.replace('\n', " ").trim().to_owned())
    }

    /// Rules above, below and under the heads, cells to the right, ending with a line break.
    pub fn terminal(&self) -> String {
        let mut drawn = comfy_table::Table::new();
        drawn.load_style(RULES);
        drawn.set_header(&self.heads);
        drawn.add_rows(self.rows.iter().map(|row| row.iter().map(Cell::shown)));
        for (index, column) in drawn.column_iter_mut().enumerate() {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_padding((if index == 0 { 0 } else { 2 }, 0));
        }
        format!("{drawn}\n")
    }

    /// A table of GitHub's Markdown, ending with a line break.
    pub fn markdown(&self) -> String {
        let row = |cells: &mut dyn Iterator<Item = String>| {
            let cells: Vec<_> = cells.map(|cell| escape(&cell)).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut lines = row(&mut self.plain_heads());
        lines += &format!("|{}\n", " ---: |".repeat(self.heads.len()));
        lines.extend(self.rows.iter().map(|cells| row(&mut cells.iter().map(Cell::shown))));
        lines
    }

    /// Writes it as CSV or Parquet, without anything where there is no row.
    ///
    /// # Errors
    /// The sink cannot be written to, or the format is no table's ([`TABLE_FORMATS`](super::TABLE_FORMATS)).
    pub fn write(&self, sink: impl Write + Send, format: Format) -> io::Result<()> {
        let Some(first) = self.rows.first() else { return Ok(()) };
        let columns: Vec<_> = self.heads.iter().cloned().zip(first.iter().cloned()).collect();
        let mut writer = TableWriter::new(sink, format, &columns)?;
        self.rows.iter().try_for_each(|row| writer.push(row.iter()))?;
        writer.finish()
    }
}

/// Text in which nothing is markup and no line ends.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '`' | '<' | '[' | '\\' | '#' => escaped.extend(['\\', character]),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Heads and rows as pages show them: all cells are texts.
impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = |row: &Vec<Cell>| row.iter().map(Cell::shown).collect::<Vec<_>>();
        let mut fields = serializer.serialize_struct("Table", 2)?;
        fields.serialize_field("head", &self.plain_heads().collect::<Vec<_>>())?;
        fields.serialize_field("rows", &self.rows.iter().map(shown).collect::<Vec<_>>())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same cells on a terminal, in Markdown and in CSV.
    #[test]
    fn one_table_is_written_in_every_format() {
        let row = |name: &str, number| {
            let text = ("name".to_owned(), Cell::Text(name.to_owned()));
            vec![text, ("count".to_owned(), Cell::Count(7)), ("number".to_owned(), Cell::Number(number))]
        };
        let table = Table::of_rows([row("-a|b", Some(0.5)), row("c", None)]);
        let rule = "─".repeat(21);
        let drawn = format!(
            "{rule}\nname   count   number\n{rule}\n-a|b       7      0.5\n   c       7         \n{rule}\n"
        );
        assert_eq!(table.terminal(), drawn);
        assert_eq!(
            table.markdown(),
            "| name | count | number |\n| ---: | ---: | ---: |\n| -a\\|b | 7 | 0.5 |\n| c | 7 |  |\n"
        );
        let mut csv = Vec::new();
        table.write(&mut csv, Format::Csv).unwrap();
        assert_eq!(String::from_utf8(csv).unwrap(), "name,count,number\n'-a|b,7,0.5\nc,7,\n");
    }
}
