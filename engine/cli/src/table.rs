//! Tables and cards: rows that line up, in any script.
//!
//! Owns: widths and padding. The last column is never padded, so that lines have no tail. Leaves what stands in the
//! cells to the verbs.

use unicode_width::UnicodeWidthStr;

use crate::output::{self, Paint};

/// Space between two columns.
const GAP: &str = "  ";

/// Rows under a head.
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

/// One cell.
pub struct Cell {
    text: String,
    style: fn(Paint, &str) -> String,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, |_, text| text.to_owned())
    }
}

impl Cell {
    /// A cell in a colour, `Paint::good` for example.
    pub fn styled(text: impl Into<String>, style: fn(Paint, &str) -> String) -> Self {
        // A cell is one line, whatever somebody put into a name.
        Self { text: output::one_line(&text.into()), style }
    }
}

impl Table {
    /// A table with these columns.
    pub fn new(head: impl IntoIterator<Item = &'static str>) -> Self {
        Self { head: head.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// As text; the head is left out when it is empty words only.
    pub fn human(&self, paint: Paint) -> String {
        let head: Vec<Cell> = self.head.iter().map(|title| Cell::styled(*title, Paint::dim)).collect();
        let has_head = self.head.iter().any(|title| !title.is_empty());
        let rows = has_head.then_some(&head).into_iter().chain(&self.rows);
        let widths: Vec<usize> = (0..self.head.len()).map(|column| self.width(column)).collect();
        rows.map(|row| line(row, &widths, paint)).collect()
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.width());
        cells.max().unwrap_or(0).max(self.head[column].width())
    }
}

fn line(row: &[Cell], widths: &[usize], paint: Paint) -> String {
    let filled = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
    let mut line = String::new();
    for (column, cell) in row[..filled].iter().enumerate() {
        line += &(cell.style)(paint, &cell.text);
        if column + 1 < filled {
            let padding = widths.get(column).map_or(0, |width| width.saturating_sub(cell.text.width()));
            line += &" ".repeat(padding);
            line += GAP;
        }
    }
    line + "\n"
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_line_up_in_any_script_and_lines_have_no_tail() {
        let mut table = Table::new(["id", "name", ""]);
        table.row(["4711".into(), "Müller & Söhne".into(), Cell::styled("primary", Paint::good)]);
        table.row(["8".into(), "東京商事".into(), "".into()]);
        table.row(["9".into(), "a\nb".into(), "c".into()]);
        expect![[r#"
            id    name
            4711  Müller & Söhne  primary
            8     東京商事
            9     a b             c
        "#]]
        .assert_eq(&table.human(Paint::plain()));
    }
}
