//! Rows in aligned columns, cut to the terminal's width and to nothing else.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// One column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    title: String,
    align: Align,
    /// Gives way first when the terminal is narrow.
    elastic: bool,
}

impl Column {
    pub(crate) fn left(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            align: Align::Left,
            elastic: false,
        }
    }

    pub(crate) fn right(title: impl Into<String>) -> Self {
        Self {
            align: Align::Right,
            ..Self::left(title)
        }
    }

    /// May be cut to fit the terminal.
    pub(crate) fn elastic(mut self) -> Self {
        self.elastic = true;
        self
    }
}

/// A table being collected.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    cells: Vec<String>,
    /// A line of its own below the cells.
    below: Option<String>,
}

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; its cells are cleaned already.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(Row {
            cells: cells.into_iter().collect(),
            below: None,
        });
    }

    /// Adds a line that is no row, as it is.
    pub(crate) fn heading(&mut self, line: String) {
        self.rows.push(Row {
            cells: Vec::new(),
            below: Some(line),
        });
    }

    /// Puts a line below the last row; it is cleaned and cut already.
    pub(crate) fn below(&mut self, line: String) {
        if let Some(row) = self.rows.last_mut() {
            row.below = Some(line);
        }
    }

    /// Writes the titles and all rows; `width` is the terminal's, none: nothing is cut.
    pub(crate) fn write(&self, out: &mut dyn Write, width: Option<usize>) -> io::Result<()> {
        let widths = self.widths(width);
        let titles: Vec<_> = self.columns.iter().map(|c| c.title.clone()).collect();
        self.line(out, &titles, &widths)?;
        for row in &self.rows {
            if !row.cells.is_empty() {
                self.line(out, &row.cells, &widths)?;
            }
            if let Some(below) = &row.below {
                writeln!(out, "{below}")?;
            }
        }
        Ok(())
    }

    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|c| c.title.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(&row.cells) {
                *width = (*width).max(cell.width());
            }
        }
        let Some(limit) = limit else { return widths };
        let gaps = widths.len().saturating_sub(1) * 2;
        let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
        while over > 0 {
            // The widest elastic column gives way, down to eight.
            let elastic = widths.iter_mut().zip(&self.columns);
            let widest = elastic
                .filter(|(width, column)| column.elastic && **width > 8)
                .max_by_key(|(width, _)| **width);
            let Some((width, _)) = widest else { break };
            *width -= 1;
            over -= 1;
        }
        widths
    }

    fn line(&self, out: &mut dyn Write, cells: &[String], widths: &[usize]) -> io::Result<()> {
        let mut line = String::new();
        for ((cell, width), column) in cells.iter().zip(widths).zip(&self.columns) {
            let cell = cut(cell, *width);
            let pad = " ".repeat(width.saturating_sub(cell.width()));
            match column.align {
                Align::Left => line.extend([cell.as_str(), &pad, "  "]),
                Align::Right => line.extend([pad.as_str(), &cell, "  "]),
            }
        }
        writeln!(out, "{}", line.trim_end())
    }
}

/// The columns that a text takes on the screen.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// At most `width` columns, with `…` where text is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: Option<usize>) -> String {
        let mut table = Table::new([
            Column::left("ID"),
            Column::left("SUBJECT").elastic(),
            Column::right("SIZE"),
        ]);
        table.row(["a1", "日本語のとても長い件名です", "1.0 KB"].map(str::to_owned));
        table.row(["a22", "Hello", "12 B"].map(str::to_owned));
        let mut out = Vec::new();
        table.write(&mut out, width).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_line_up_and_only_a_terminal_cuts() {
        assert_eq!(
            shown(None),
            "ID   SUBJECT                       SIZE\n\
             a1   日本語のとても長い件名です  1.0 KB\n\
             a22  Hello                         12 B\n"
        );
        assert_eq!(
            shown(Some(26)),
            "ID   SUBJECT          SIZE\n\
             a1   日本語のとて…  1.0 KB\n\
             a22  Hello            12 B\n"
        );
    }
}
