//! The naive table: all rows in a list, filtered, sorted and counted anew for every question.

use std::cmp::Ordering;

use mapi::{
    BitOp, Direction, EntryId, MatchKind, RelOp, Restriction, SortColumn, SortOrder, SortOrderSet,
    message_flags, tags,
};
use mapi_spi::ItemId;

/// A message as far as the tables show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) item: ItemId,
    pub(super) id: EntryId,
    pub(super) subject: Option<String>,
    pub(super) importance: Option<i32>,
    pub(super) read: bool,
}

/// A restriction that the model understands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Filter {
    All,
    AtLeast(i32),
    WithoutImportance,
    Begins(char),
    Unread,
}

impl Filter {
    pub(super) fn restriction(self) -> Option<Restriction> {
        Some(match self {
            Self::All => return None,
            Self::AtLeast(n) => Restriction::property(tags::IMPORTANCE, RelOp::Ge, n),
            Self::WithoutImportance => Restriction::exist(tags::IMPORTANCE).negate(),
            Self::Begins(c) => {
                Restriction::content(tags::SUBJECT, MatchKind::Prefix, c.to_string())
            }
            Self::Unread => Restriction::Bitmask {
                op: BitOp::Zero,
                tag: tags::MESSAGE_FLAGS.into(),
                mask: message_flags::READ,
            },
        })
    }

    pub(super) fn takes(self, row: &Row) -> bool {
        match self {
            Self::All => true,
            Self::AtLeast(n) => row.importance.is_some_and(|i| i >= n),
            Self::WithoutImportance => row.importance.is_none(),
            Self::Begins(c) => row.subject.as_ref().is_some_and(|s| s.starts_with(c)),
            Self::Unread => !row.read,
        }
    }
}

/// A sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Subject,
    Importance,
}

/// What the view shows, in which order.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) filter: Filter,
    pub(super) sort: Vec<(By, SortOrder)>,
}

impl Spec {
    pub(super) fn order_set(&self) -> SortOrderSet {
        SortOrderSet::by(self.sort.iter().map(|(by, order)| SortColumn {
            tag: match by {
                By::Subject => tags::SUBJECT.raw(),
                By::Importance => tags::IMPORTANCE.raw(),
            },
            order: *order,
        }))
    }

    /// Missing values are last either way; equal rows stand in the order of their numbers.
    fn compare(&self, a: &Row, b: &Row) -> Ordering {
        let part = |(by, order): &(By, SortOrder)| match by {
            By::Subject => missing_last(&a.subject, &b.subject, *order),
            By::Importance => missing_last(&a.importance, &b.importance, *order),
        };
        let keys = self.sort.iter().map(part);
        keys.fold(Ordering::Equal, Ordering::then)
            .then_with(|| a.item.cmp(&b.item))
    }
}

fn missing_last<T: Ord>(a: &Option<T>, b: &Option<T>, order: SortOrder) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if order == SortOrder::Descend => b.cmp(a),
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// A gap between rows; it keeps its meaning when the row beside it goes.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Start,
    End,
    Before(Row),
    After(Row),
}

/// A table over the rows.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) rows: Vec<Row>,
    pub(super) spec: Spec,
    pub(super) cursor: Place,
}

impl Model {
    /// The rows of the view, in order.
    pub(super) fn view(&self) -> Vec<Row> {
        let shown = self.rows.iter().filter(|r| self.spec.filter.takes(r));
        let mut view: Vec<Row> = shown.cloned().collect();
        view.sort_by(|a, b| self.spec.compare(a, b));
        view
    }

    /// How many rows stand before a gap.
    pub(super) fn index(&self, view: &[Row], place: &Place) -> usize {
        match place {
            Place::Start => 0,
            Place::End => view.len(),
            Place::Before(row) => view.partition_point(|r| self.spec.compare(r, row).is_lt()),
            Place::After(row) => view.partition_point(|r| self.spec.compare(r, row).is_le()),
        }
    }

    /// The rows that a reading of `count` rows gives, moving the cursor as it says.
    pub(super) fn read(&mut self, count: i64, stay: bool) -> Vec<Row> {
        let view = self.view();
        let at = self.index(&view, &self.cursor);
        let many = usize::try_from(count.unsigned_abs()).unwrap();
        let range = if count > 0 {
            at..(at + many).min(view.len())
        } else {
            at.saturating_sub(many)..at
        };
        let rows = view[range].to_vec();
        if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
            self.cursor = if stay {
                Place::Before(first.clone())
            } else {
                Place::After(last.clone())
            };
        }
        rows
    }

    /// Moves the cursor by rows from a gap; how far it went.
    pub(super) fn seek(&mut self, from: Place, count: i64) -> i64 {
        let view = self.view();
        let at = i64::try_from(self.index(&view, &from)).unwrap();
        let to = (at + count).clamp(0, i64::try_from(view.len()).unwrap());
        let row = |n: i64| view[usize::try_from(n).unwrap()].clone();
        self.cursor = match to.cmp(&at) {
            Ordering::Equal => from,
            Ordering::Greater => Place::After(row(to - 1)),
            Ordering::Less => Place::Before(row(to)),
        };
        to - at
    }

    /// The first row that matches, from a gap on; the cursor moves to it.
    pub(super) fn find(&mut self, what: Filter, from: &Place, direction: Direction) -> Option<Row> {
        let view = self.view();
        let (before, behind) = view.split_at(self.index(&view, from));
        let row = match direction {
            Direction::Forward => behind.iter().find(|r| what.takes(r)),
            Direction::Backward => before.iter().rev().find(|r| what.takes(r)),
        }?;
        self.cursor = Place::Before(row.clone());
        Some(row.clone())
    }

    /// The gap before a marked row: where the row is now, else where it was, and whether it is gone.
    pub(super) fn follow(&self, marked: &Row) -> (Place, bool) {
        let mut shown = self.rows.iter().filter(|r| self.spec.filter.takes(r));
        match shown.find(|r| r.item == marked.item) {
            Some(row) => (Place::Before(row.clone()), false),
            None => (Place::Before(marked.clone()), true),
        }
    }
}
