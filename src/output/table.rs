//! Tables for reading; the only file that names `comfy_table`.
//!
//! Columns are as wide as their widest cell, save one that takes what is left of the line; no cell is wrapped.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use unicode_width::UnicodeWidthStr;

use super::shown::cut;

/// How wide a table is when nobody looks at it on a terminal (columns).
pub const WIDTH_WITHOUT_TERMINAL: usize = 120;

/// The column that takes what is left is never narrower (columns).
const NARROWEST_FLEXIBLE: usize = 16;
const GAP: u16 = 2;

/// A column's head.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    title: &'static str,
    alignment: CellAlignment,
    is_flexible: bool,
}

impl Column {
    /// Numbers: aligned to the right.
    #[must_use]
    pub const fn number(title: &'static str) -> Self {
        Self { title, alignment: CellAlignment::Right, is_flexible: false }
    }

    /// Short texts.
    #[must_use]
    pub const fn text(title: &'static str) -> Self {
        Self { title, alignment: CellAlignment::Left, is_flexible: false }
    }

    /// Texts of any length, cut to what the other columns leave. One per table.
    #[must_use]
    pub const fn flexible(title: &'static str) -> Self {
        Self { title, alignment: CellAlignment::Left, is_flexible: true }
    }
}

/// The terminal's width, or a fixed one when stdout is none (columns).
#[must_use]
pub fn width() -> usize {
    Table::new().width().map_or(WIDTH_WITHOUT_TERMINAL, usize::from)
}

/// The table's lines, each with its newline. Cells must be single lines (see `shown::one_line`).
#[must_use]
pub fn render(columns: &[Column], mut rows: Vec<Vec<String>>, width: usize) -> String {
    fit(columns, &mut rows, width);
    let header_line = LineStyle::none().fill('─');
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(header_line)).force_no_tty();
    table.set_header(columns.iter().map(|column| column.title));
    table.add_rows(rows);
    for (column, head) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, GAP)).set_cell_alignment(head.alignment);
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

fn fit(columns: &[Column], rows: &mut [Vec<String>], width: usize) {
    let widest = |position: usize| {
        let cells = rows.iter().filter_map(|row| row.get(position)).map(|cell| cell.width());
        cells.chain([columns[position].title.width()]).max().unwrap_or(0)
    };
    let others: usize = (0..columns.len()).filter(|&position| !columns[position].is_flexible).map(widest).sum();
    let gaps = usize::from(GAP) * columns.len();
    let left = width.saturating_sub(others + gaps).max(NARROWEST_FLEXIBLE);
    for row in rows {
        for (cell, _) in row.iter_mut().zip(columns).filter(|(_, column)| column.is_flexible) {
            *cell = cut(cell, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_column_takes_what_the_line_leaves_and_nothing_is_wrapped() {
        let columns = [Column::number("plays"), Column::flexible("text")];
        let rows = vec![vec!["12".to_owned(), "summer dress with flowers".to_owned()]];
        let fitting = render(&columns, rows.clone(), 27);
        assert_eq!(fitting, "plays  text\n───────────────────────────\n   12  summer dress with…\n");
        let narrow = render(&columns, rows, 1);
        assert!(narrow.ends_with("   12  summer dress wi…\n"), "{narrow}");
    }
}
