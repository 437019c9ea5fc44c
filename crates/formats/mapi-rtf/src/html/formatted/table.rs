//! Tables: rows are kept until all are there, as the columns of HTML are those of the whole table.
//! RTF 1.9.1, "Table Definitions"

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::reader::words;

/// What is said of a row.
#[derive(Debug, Clone, Default)]
pub(super) struct RowShape {
    left: i32,
    heading: bool,
    cells: Vec<CellShape>,
    /// The cell whose right edge has not come yet.
    next: CellShape,
}

#[derive(Debug, Clone, Copy, Default)]
struct CellShape {
    right: i32,
    border: bool,
    merged: bool,
    merged_down: bool,
    begins_down: bool,
}

/// How many cells of a row are described.
const CELLS: usize = 256;
/// Edges closer than this, in twips, are one.
const NEAR: i32 = 15;

impl RowShape {
    pub(super) fn set(&mut self, word: words::Table, value: Option<i32>) {
        use words::Table as W;
        match word {
            W::Row => *self = Self::default(),
            W::Cell => {
                let mut cell = std::mem::take(&mut self.next);
                cell.right = place(value);
                if self.cells.len() < CELLS {
                    self.cells.push(cell);
                }
            }
            W::MergeNext => self.next.merged = true,
            W::MergeFirstDown => self.next.begins_down = true,
            W::MergeNextDown => self.next.merged_down = true,
            W::Left => self.left = place(value),
            W::Border => self.next.border = true,
            W::NoBorder => self.next.border = false,
            W::Heading => self.heading = true,
            W::MergeFirst | W::Background => {}
        }
    }
}

/// A place on a page in twips, none of which is that wide.
fn place(value: Option<i32>) -> i32 {
    value.unwrap_or(0).clamp(-1_000_000, 1_000_000)
}

/// A table that is being read.
#[derive(Debug)]
pub(super) struct Table {
    /// The row of the table around it.
    pub(super) around: RowShape,
    rows: Vec<Row>,
    cells: Vec<String>,
    cell: String,
}

#[derive(Debug)]
struct Row {
    shape: RowShape,
    cells: Vec<String>,
}

impl Table {
    pub(super) const fn new(around: RowShape) -> Self {
        Self {
            around,
            rows: Vec::new(),
            cells: Vec::new(),
            cell: String::new(),
        }
    }

    /// What is in the cell that is being read.
    pub(super) const fn cell(&mut self) -> &mut String {
        &mut self.cell
    }

    pub(super) fn end_cell(&mut self) {
        self.cells.push(std::mem::take(&mut self.cell));
    }

    pub(super) fn end_row(&mut self, shape: &RowShape) {
        if !self.cell.is_empty() {
            self.end_cell();
        }
        if !self.cells.is_empty() {
            let cells = std::mem::take(&mut self.cells);
            self.rows.push(Row {
                shape: shape.clone(),
                cells,
            });
        }
    }

    /// The table, all rows of which have ended. Without `shaped`, each cell is as wide as any other.
    pub(super) fn html(self, shaped: bool) -> String {
        let edges = if shaped {
            edges(&self.rows)
        } else {
            Vec::new()
        };
        let border = self
            .rows
            .iter()
            .any(|row| row.shape.cells.iter().any(|cell| cell.border));
        let mut html = String::from(if border {
            "<table border=\"1\" style=\"border-collapse:collapse\">\n"
        } else {
            "<table>\n"
        });
        let downs = downs(&self.rows, &edges);
        for (index, row) in self.rows.iter().enumerate() {
            html.push_str("<tr>");
            row.html(index, &edges, &downs, &mut html);
            html.push_str("</tr>\n");
        }
        html.push_str("</table>\n");
        html
    }
}

impl Row {
    /// The cells with what is said of each; the merged ones go with the one before.
    fn html(
        &self,
        index: usize,
        edges: &[i32],
        downs: &HashMap<(usize, usize), usize>,
        html: &mut String,
    ) {
        let tag = if self.shape.heading { "th" } else { "td" };
        let mut open = false;
        for (number, cell) in self.cells.iter().enumerate() {
            let shape = self.shape.cells.get(number);
            if shape.is_some_and(|shape| shape.merged) && open {
                html.push_str(cell);
                continue;
            }
            if shape.is_some_and(|shape| shape.merged_down) && cell_is_empty(cell) {
                continue;
            }
            if open {
                let _ = write!(html, "</{tag}>");
            }
            open = true;
            let _ = write!(html, "<{tag}");
            for (name, count) in [
                ("colspan", self.columns(number, edges)),
                ("rowspan", downs.get(&(index, number)).copied().unwrap_or(1)),
            ] {
                if count > 1 {
                    let _ = write!(html, " {name}=\"{count}\"");
                }
            }
            html.push('>');
            html.push_str(one_paragraph(cell));
        }
        if open {
            let _ = write!(html, "</{tag}>");
        }
    }

    /// The edges of a cell and of those merged with it.
    fn edges(&self, number: usize) -> Option<(i32, i32)> {
        let cells = self.shape.cells.get(number..)?;
        let first = cells.first()?;
        let before = number
            .checked_sub(1)
            .and_then(|before| self.shape.cells.get(before));
        let left = before.map_or(self.shape.left, |before| before.right);
        let merged = cells.iter().skip(1).take_while(|cell| cell.merged).last();
        Some((left, merged.unwrap_or(first).right))
    }

    /// How many columns a cell goes over.
    fn columns(&self, number: usize, edges: &[i32]) -> usize {
        let Some((left, right)) = self.edges(number) else {
            return 1;
        };
        let place = |edge: i32| edges.partition_point(|known| known + NEAR < edge);
        place(right).saturating_sub(place(left)).max(1)
    }
}

/// The edges of the columns, in order.
fn edges(rows: &[Row]) -> Vec<i32> {
    let lefts = rows.iter().map(|row| row.shape.left);
    let rights = rows.iter().flat_map(|row| {
        // A merged cell's own edges are seen by nobody.
        let next = row
            .shape
            .cells
            .iter()
            .skip(1)
            .map(|cell| cell.merged)
            .chain([false]);
        let ends = row
            .shape
            .cells
            .iter()
            .zip(next)
            .filter(|(_, merged)| !merged);
        ends.take(row.cells.len()).map(|(cell, _)| cell.right)
    });
    let mut edges: Vec<i32> = lefts.chain(rights).collect();
    edges.sort_unstable();
    let mut last = None;
    edges.retain(|edge| {
        let near = last.is_some_and(|last: i32| edge.saturating_sub(last) <= NEAR);
        if !near {
            last = Some(*edge);
        }
        !near
    });
    edges
}

/// For the cells that go on in rows below (row and number), over how many rows.
fn downs(rows: &[Row], edges: &[i32]) -> HashMap<(usize, usize), usize> {
    let mut downs = HashMap::new();
    let mut open: HashMap<usize, (usize, usize)> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        for (number, (shape, cell)) in row.shape.cells.iter().zip(&row.cells).enumerate() {
            let left = row.edges(number).map_or(0, |(left, _)| left);
            let column = edges.partition_point(|known| known + NEAR < left);
            if shape.merged_down && cell_is_empty(cell) {
                if let Some(first) = open.get(&column) {
                    *downs.entry(*first).or_insert(1) += 1;
                }
            } else if shape.begins_down {
                open.insert(column, (index, number));
            } else {
                open.remove(&column);
            }
        }
    }
    downs
}

fn cell_is_empty(cell: &str) -> bool {
    matches!(cell, "" | "<div><br></div>\n")
}

/// A cell without the element around its only paragraph, when that says nothing.
fn one_paragraph(cell: &str) -> &str {
    match cell
        .strip_prefix("<div>")
        .and_then(|cell| cell.strip_suffix("</div>\n"))
    {
        Some(inner) if !inner.contains("</div>") => {
            if inner == "<br>" {
                ""
            } else {
                inner
            }
        }
        _ => cell,
    }
}
