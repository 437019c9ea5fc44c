//! Tables: small ones in columns, those that only lay out a page as the text in them.

use unicode_width::UnicodeWidthStr;

use super::flow::Flow;

/// The widest table that is shown in columns.
const MAX_WIDTH: usize = 120;
/// What stands between two columns.
const GAP: &str = "  ";

/// A table that is being read.
#[derive(Debug)]
pub(super) struct Table {
    /// What the table stands in.
    pub(super) outside: Flow,
    rows: Vec<Vec<String>>,
}

/// The text of a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its lines.
    pub(super) text: String,
    /// In columns, so that it wants empty lines around it.
    pub(super) columns: bool,
}

impl Table {
    pub(super) const fn new(outside: Flow) -> Self {
        Self {
            outside,
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(super) fn cell(&mut self, text: String) {
        match self.rows.last_mut() {
            Some(row) => row.push(text),
            None => self.rows.push(vec![text]),
        }
    }

    /// The flow outside and the table's text.
    pub(super) fn finish(self) -> (Flow, Shown) {
        let Self { outside, mut rows } = self;
        rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        let shown = match widths(&rows) {
            Some(widths) => Shown {
                text: lines(rows.iter().map(|row| in_columns(row, &widths))),
                columns: true,
            },
            None => Shown {
                text: lines(rows.iter().map(|row| one_after_another(row))),
                columns: false,
            },
        };
        (outside, shown)
    }
}

fn lines(rows: impl Iterator<Item = String>) -> String {
    rows.collect::<Vec<_>>().join("\n")
}

/// The width of each column, if the table is one of columns: at least two rows and columns, each cell a line.
fn widths(rows: &[Vec<String>]) -> Option<Vec<usize>> {
    let columns = rows.iter().map(Vec::len).max()?;
    let full = rows.iter().filter(|row| row.len() == columns).count();
    if rows.len() < 2 || columns < 2 || full < 2 || rows.iter().flatten().any(|c| c.contains('\n'))
    {
        return None;
    }
    let mut widths = vec![0; columns];
    for row in rows.iter().filter(|row| row.len() == columns) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    // A row with fewer cells, as one that spans the table, stands by itself.
    let used = widths.iter().filter(|w| **w > 0).count();
    let total = widths.iter().sum::<usize>() + GAP.len() * used.saturating_sub(1);
    (used >= 2 && total <= MAX_WIDTH).then_some(widths)
}

fn in_columns(row: &[String], widths: &[usize]) -> String {
    if row.len() != widths.len() {
        return one_after_another(row);
    }
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths).filter(|(_, width)| **width > 0) {
        line.push_str(cell);
        let missing = width.saturating_sub(cell.width()) + GAP.len();
        line.extend(std::iter::repeat_n(' ', missing));
    }
    line.trim_end().to_owned()
}

fn one_after_another(row: &[String]) -> String {
    let cells: Vec<&str> = row
        .iter()
        .map(String::as_str)
        .filter(|c| !c.is_empty())
        .collect();
    let gap = if cells.iter().any(|c| c.contains('\n')) {
        "\n"
    } else {
        GAP
    };
    cells.join(gap)
}
