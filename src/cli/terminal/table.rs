//! Tables.

use super::{Style, clean};

/// Characters of a cell that are shown.
const CELL: usize = 80;

const GAP: &str = "  ";

/// Columns under headings, each as wide as its widest cell. A character counts as one column, so that
/// wide ones (CJK) may push what follows them.
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(header: &[&str]) -> Self {
        Self { header: header.iter().map(|name| (*name).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row; its cells are made fit for a terminal.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| shortened(&clean(&cell))).collect());
    }

    /// All of it, a line each.
    pub fn show(&self, style: Style) -> String {
        let widths: Vec<usize> = (0..self.header.len()).map(|column| self.width(column)).collect();
        let mut text = style.dim(&line(&self.header, &widths));
        text.push('\n');
        for row in &self.rows {
            text.push_str(&line(row, &widths));
            text.push('\n');
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let cells = std::iter::once(&self.header).chain(&self.rows).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
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
    fn a_cell_neither_controls_the_terminal_nor_fills_it() {
        let mut table = Table::new(&["NAME"]);
        table.row([format!("\u{1b}[2J{}", "x".repeat(100))]);
        assert_eq!(table.show(Style::PLAIN), format!("NAME\n[2J{}…\n", "x".repeat(76)));
    }
}
