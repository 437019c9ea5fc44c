//! What a categorised sort order set asks for: the levels of headings, and the order of the rows below them.
//! Reference: "SSortOrderSet", "SSortOrder"; [MS-OXCDATA] 2.13 (requirement TAB-17)

use mapi_kit::engine::default_sort;
use mapi_props::{Code, SortColumn, SortOrder, SortOrderSet};
use mapi_spi::{Error, Result, RowSet};

/// Category keys that a table may have.
const MAX_CATEGORIES: u32 = 4;

/// One level of headings. Its columns are positions among the flat columns.
#[derive(Debug)]
pub(super) struct Level {
    /// The key: one column, more where COMBINE merges some.
    pub(super) columns: Vec<usize>,
    /// The column whose largest or smallest value orders the headings in place of the key.
    pub(super) by: Option<(usize, Extreme)>,
    /// Headings start expanded.
    pub(super) expanded: bool,
    pub(super) descending: bool,
}

/// Which value of a column stands for all rows of a category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extreme {
    Max,
    Min,
}

/// A categorised sort order set, taken apart.
#[derive(Debug)]
pub(super) struct Levels {
    /// At least one.
    pub(super) levels: Vec<Level>,
    /// Every column with the direction in which its values sort, as the store gets them.
    pub(super) flat: SortOrderSet,
    /// The columns from this one on sort the rows of a category.
    pub(super) leaf: usize,
}

impl Levels {
    /// Takes a sort order set apart that has categories and of which the table has checked the numbers.
    ///
    /// # Errors
    /// `MAPI_E_TOO_COMPLEX` for more than four category keys; `MAPI_E_INVALID_PARAMETER` for COMBINE, CATEG_MAX and
    /// CATEG_MIN in places where they mean nothing.
    pub(super) fn of(sort: &SortOrderSet, rows: RowSet) -> Result<Self> {
        if sort.categories > MAX_CATEGORIES {
            let detail = format!("a table has at most {MAX_CATEGORIES} category keys");
            return Err(Error::new(Code::TOO_COMPLEX, detail));
        }
        let mut made = Self {
            levels: Vec::new(),
            flat: SortOrderSet::default(),
            leaf: 0,
        };
        for (at, column) in sort.columns.iter().enumerate() {
            made.add(at, *column, sort)?;
        }
        made.leaf = made.leaf.max(as_usize(sort.categories));
        if made.leaf == sort.columns.len() {
            made.flat.columns.extend(default_sort(rows).columns);
        }
        Ok(made)
    }

    fn add(&mut self, at: usize, column: SortColumn, sort: &SortOrderSet) -> Result<()> {
        let place = u32::try_from(at).unwrap_or(u32::MAX);
        let is_category = place < sort.categories;
        let descending = match column.order {
            SortOrder::Ascend | SortOrder::Descend => {
                let descending = column.order == SortOrder::Descend;
                if is_category {
                    self.levels.push(Level {
                        columns: vec![at],
                        by: None,
                        expanded: place < sort.expanded,
                        descending,
                    });
                }
                descending
            }
            SortOrder::Combine => {
                let level = self.levels.last_mut().filter(|l| l.by.is_none());
                let Some(level) = level.filter(|_| is_category) else {
                    return misplaced("COMBINE follows the category key that it merges with");
                };
                level.columns.push(at);
                level.expanded = place < sort.expanded;
                level.descending
            }
            SortOrder::CategMax | SortOrder::CategMin => {
                let level = self.levels.last_mut().filter(|l| l.by.is_none());
                let Some(level) = level.filter(|_| place <= sort.categories) else {
                    return misplaced(
                        "CATEG_MAX and CATEG_MIN follow the category that they order",
                    );
                };
                let extreme = match column.order {
                    SortOrder::CategMax => Extreme::Max,
                    _ => Extreme::Min,
                };
                level.by = Some((at, extreme));
                if is_category {
                    level.expanded = place < sort.expanded;
                }
                self.leaf = at + 1;
                level.descending
            }
        };
        let order = if descending {
            SortOrder::Descend
        } else {
            SortOrder::Ascend
        };
        self.flat.columns.push(SortColumn { order, ..column });
        Ok(())
    }

    /// PR_DEPTH of rows that are no headings.
    pub(super) fn depth(&self) -> usize {
        self.levels.len()
    }
}

fn misplaced(why: &str) -> Result<()> {
    Err(Error::new(Code::INVALID_PARAMETER, why.to_owned()))
}

fn as_usize(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use mapi_props::tags;

    use super::*;

    const ROWS: RowSet = RowSet::Contents {
        associated: false,
        deleted: false,
    };

    /// Levels as `columns+by`, with `*` where they start expanded, then the columns of the rows below.
    fn check(orders: &[SortOrder], categories: u32, expanded: u32, expect: &str) {
        let sort = SortOrderSet {
            columns: orders
                .iter()
                .map(|order| SortColumn {
                    tag: tags::SUBJECT.raw(),
                    order: *order,
                })
                .collect(),
            categories,
            expanded,
        };
        let told = match Levels::of(&sort, ROWS) {
            Ok(levels) => {
                let one = |l: &Level| {
                    let by = l.by.map_or(String::new(), |(at, e)| format!("{e:?}{at}"));
                    let star = if l.expanded { "*" } else { "" };
                    format!("{:?}{by}{star}", l.columns)
                };
                let all: Vec<String> = levels.levels.iter().map(one).collect();
                format!(
                    "{} {}..{}",
                    all.join(""),
                    levels.leaf,
                    levels.flat.columns.len()
                )
            }
            Err(e) => format!("{:?}", e.code()),
        };
        assert_eq!(told, expect, "{orders:?} {categories} {expanded}");
    }

    #[test]
    fn sort_orders_are_taken_apart() {
        use SortOrder::{
            Ascend as A, CategMax as Max, CategMin as Min, Combine as C, Descend as D,
        };
        let invalid = format!("{:?}", Code::INVALID_PARAMETER);
        check(&[A], 1, 0, "[0] 1..2");
        check(&[A], 1, 1, "[0]* 1..2");
        check(&[A, D, A], 2, 1, "[0]*[1] 2..3");
        check(&[A, C, A], 2, 1, "[0, 1] 2..3");
        check(&[A, C, A], 2, 2, "[0, 1]* 2..3");
        check(&[A, Max], 1, 1, "[0]Max1* 2..3");
        check(&[A, Max], 2, 1, "[0]Max1 2..3");
        check(&[A, Max, D, Min, A], 3, 2, "[0]Max1*[2]Min3 4..5");
        check(&[A, C, Min, D], 3, 3, "[0, 1]Min2* 3..4");
        check(&[A; 5], 5, 0, &format!("{:?}", Code::TOO_COMPLEX));
        check(&[A, A, C], 1, 0, &invalid);
        check(&[A, Max, C], 3, 0, &invalid);
        check(&[A, Max, Min], 3, 0, &invalid);
        check(&[A, A, Max], 1, 0, &invalid);
        check(&[Max, A], 1, 0, &invalid);
    }
}
