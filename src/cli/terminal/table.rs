//! Tables.

use super::{Style, clean};

/// Characters of a cell that are shown.
const CELL: usize = 80;

const GAP: &str = "  ";

/// Columns under headings, each as wide as its widest cell. A character counts as one column, so that
/// wide ones (CJK) may push what follows them.
pub struct Table {
    /// `None` once they have been shown.
    header: Option<Vec<String>>,
    /// What the columns take at least.
    widths: Vec<usize>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(header: &[&str]) -> Self {
        let widths = header.iter().map(|name| name.chars().count()).collect();
        Self { header: Some(header.iter().map(|name| (*name).to_owned()).collect()), widths, rows: Vec::new() }
    }

    /// Adds a row; its cells are made fit for a terminal.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<_> = cells.into_iter().map(|cell| shortened(&clean(&cell))).collect();
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push(cells);
    }

    /// All of it, a line each.
    pub fn show(mut self, style: Style) -> String {
        self.more(style)
    }

    /// What was added since the last time, under the headings the first time. Columns do not get
    /// narrower.
    pub fn more(&mut self, style: Style) -> String {
        let header = self.header.take().map(|header| style.dim(&line(&header, &self.widths)) + "\n");
        let rows = self.rows.drain(..).map(|row| line(&row, &self.widths) + "\n");
        header.into_iter().chain(rows).collect()
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    padded.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(CELL) {
        Some(_) => text.chars().take(CELL - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_letters() {
        let mut table = Table::new(&["DEVICE", "WHERE", "ID"]);
        table.row(["iPhone".to_owned(), "São Paulo".to_owned(), "a".to_owned()]);
        table.row(["Safari on iPhone".to_owned(), String::new(), "b".to_owned()]);
        let expected = "\
DEVICE            WHERE      ID
iPhone            São Paulo  a
Safari on iPhone             b
";
        assert_eq!(table.show(Style::PLAIN), expected);
    }

    #[test]
    fn more_of_it_stands_below_what_was_shown() {
        let mut table = Table::new(&["A", "B"]);
        table.row(["long".to_owned(), "b".to_owned()]);
        assert_eq!(table.more(Style::PLAIN), "A     B\nlong  b\n");
        table.row(["a".to_owned(), "b".to_owned()]);
        assert_eq!(table.more(Style::PLAIN), "a     b\n");
    }

    #[test]
    fn a_cell_neither_controls_the_terminal_nor_fills_it() {
        let mut table = Table::new(&["NAME"]);
        table.row([format!("\u{1b}[2J{}", "x".repeat(100))]);
        assert_eq!(table.show(Style::PLAIN), format!("NAME\n\\u{{1b}}[2J{}…\n", "x".repeat(70)));
    }
}
