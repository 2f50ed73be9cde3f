//! Tables.

use super::{TerminalStyle, escape};

/// Maximum number of characters that are shown of a cell.
const MAX_CELL_CHARS: usize = 80;

const COLUMN_GAP: &str = "  ";

/// A table with a header. A column is as wide as its widest cell. Every character counts as one column, so wide
/// characters (CJK) may shift the cells after them.
pub struct TextTable {
    /// `None` once it has been rendered.
    header: Option<Vec<String>>,
    /// The minimum widths of the columns.
    widths: Vec<usize>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub fn new(header: &[&str]) -> Self {
        let widths = header.iter().map(|name| name.chars().count()).collect();
        Self { header: Some(header.iter().map(|name| (*name).to_owned()).collect()), widths, rows: Vec::new() }
    }

    /// Adds a row. Its cells are escaped for a terminal and truncated.
    pub fn add_row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<_> = cells.into_iter().map(|cell| truncate(&escape(&cell))).collect();
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push(cells);
    }

    /// Returns the header and the rows, one per line.
    pub fn render(mut self, style: TerminalStyle) -> String {
        self.render_new_rows(style)
    }

    /// Returns the rows that were added since the last call, the first time with the header. Columns never become
    /// narrower.
    pub fn render_new_rows(&mut self, style: TerminalStyle) -> String {
        let header = self.header.take().map(|header| style.dim(&format_row(&header, &self.widths)) + "\n");
        let rows = self.rows.drain(..).map(|row| format_row(&row, &self.widths) + "\n");
        header.into_iter().chain(rows).collect()
    }
}

fn format_row(cells: &[String], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    padded.collect::<Vec<_>>().join(COLUMN_GAP).trim_end().to_owned()
}

fn truncate(text: &str) -> String {
    match text.char_indices().nth(MAX_CELL_CHARS) {
        Some(_) => text.chars().take(MAX_CELL_CHARS - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_letters() {
        let mut table = TextTable::new(&["DEVICE", "WHERE", "ID"]);
        table.add_row(["iPhone".to_owned(), "São Paulo".to_owned(), "a".to_owned()]);
        table.add_row(["Safari on iPhone".to_owned(), String::new(), "b".to_owned()]);
        let expected = "\
DEVICE            WHERE      ID
iPhone            São Paulo  a
Safari on iPhone             b
";
        assert_eq!(table.render(TerminalStyle::PLAIN), expected);
    }

    #[test]
    fn more_of_it_stands_below_what_was_shown() {
        let mut table = TextTable::new(&["A", "B"]);
        table.add_row(["long".to_owned(), "b".to_owned()]);
        assert_eq!(table.render_new_rows(TerminalStyle::PLAIN), "A     B\nlong  b\n");
        table.add_row(["a".to_owned(), "b".to_owned()]);
        assert_eq!(table.render_new_rows(TerminalStyle::PLAIN), "a     b\n");
    }

    #[test]
    fn a_cell_neither_controls_the_terminal_nor_fills_it() {
        let mut table = TextTable::new(&["NAME"]);
        table.add_row([format!("\u{1b}[2J{}", "x".repeat(100))]);
        assert_eq!(table.render(TerminalStyle::PLAIN), format!("NAME\n\\u{{1b}}[2J{}…\n", "x".repeat(70)));
    }
}
