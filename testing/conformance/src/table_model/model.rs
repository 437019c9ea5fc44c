//! The naive table: all rows in a list, filtered, sorted and counted anew for every question.

use std::cmp::Ordering;

use mapi::{
    BitOp, Direction, EntryId, FuzzyLevel, MatchKind, PropTag, PropType, RelOp, Restriction,
    SortColumn, SortOrder, SortOrderSet, message_flags, tags,
};
use mapi_spi::ItemId;

/// An object, or one of the rows that it makes, as far as the tables show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) item: ItemId,
    /// Which of the item's rows.
    pub(super) instance: u32,
    pub(super) id: EntryId,
    pub(super) text: Option<String>,
    pub(super) number: Option<i32>,
    pub(super) read: bool,
    pub(super) depth: i32,
}

/// What the columns of a table are for the model.
#[derive(Debug, Clone)]
pub(super) struct Looks {
    /// Text, of which a table that is expanded shows one value per row.
    pub(super) text: PropTag,
    pub(super) number: PropTag,
    /// Whether MSGFLAG_READ is looked at.
    pub(super) flags: bool,
    /// The order before any is asked for; then by item and instance.
    pub(super) own: Vec<(By, SortOrder)>,
    pub(super) bookmarks: bool,
}

impl Looks {
    pub(super) const fn new(text: PropTag, number: PropTag) -> Self {
        Self {
            text,
            number,
            flags: false,
            own: Vec::new(),
            bookmarks: true,
        }
    }

    pub(super) fn columns(&self) -> [PropTag; 5] {
        [
            self.text,
            self.number,
            tags::MESSAGE_FLAGS.raw(),
            tags::DEPTH.raw(),
            tags::INSTANCE_KEY.raw(),
        ]
    }

    /// A row of a table with these columns.
    pub(super) fn row(&self, row: &mapi::TableRow) -> Row {
        let text = row.value(self.text).map(|v| v.as_str().unwrap().to_owned());
        let number = row.value(self.number).map(|v| v.as_long().unwrap());
        let flags = row.get(tags::MESSAGE_FLAGS).unwrap_or_default();
        let key = row.get(tags::INSTANCE_KEY).unwrap();
        let (item, instance) = key.split_at(8);
        assert_eq!(item, row.item().0.to_be_bytes());
        Row {
            item: row.item(),
            instance: u32::from_be_bytes(instance.try_into().unwrap()),
            id: row.entry_id().clone(),
            text,
            number,
            read: self.flags && flags.cast_unsigned() & message_flags::READ != 0,
            depth: row.get(tags::DEPTH).unwrap_or_default(),
        }
    }

    fn tag(&self, by: By) -> PropTag {
        match by {
            By::Text => self.text,
            By::Number => self.number,
            By::Depth => tags::DEPTH.raw(),
        }
    }

    pub(super) fn order_set(&self, sort: &[(By, SortOrder)]) -> SortOrderSet {
        SortOrderSet::by(sort.iter().map(|(by, order)| SortColumn {
            tag: self.tag(*by),
            order: *order,
        }))
    }

    pub(super) fn restriction(&self, filter: Filter) -> Option<Restriction> {
        let text = self.text.with_type(PropType::UNICODE);
        Some(match filter {
            Filter::All => return None,
            Filter::AtLeast(n) => Restriction::property(self.number, RelOp::Ge, n),
            Filter::WithoutNumber => Restriction::exist(self.number).negate(),
            Filter::Begins(c) => Restriction::Content {
                kind: MatchKind::Prefix,
                fuzzy: FuzzyLevel::default(),
                tag: self.text,
                value_tag: text,
                value: c.to_string().into(),
            },
            Filter::Unread => Restriction::Bitmask {
                op: BitOp::Zero,
                tag: tags::MESSAGE_FLAGS.into(),
                mask: message_flags::READ,
            },
        })
    }
}

/// A restriction that the model understands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Filter {
    All,
    AtLeast(i32),
    WithoutNumber,
    Begins(char),
    Unread,
}

impl Filter {
    pub(super) fn takes(self, row: &Row) -> bool {
        match self {
            Self::All => true,
            Self::AtLeast(n) => row.number.is_some_and(|i| i >= n),
            Self::WithoutNumber => row.number.is_none(),
            Self::Begins(c) => row.text.as_ref().is_some_and(|s| s.starts_with(c)),
            Self::Unread => !row.read,
        }
    }
}

/// A sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Text,
    Number,
    Depth,
}

/// What the view shows, in which order.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) filter: Filter,
    pub(super) sort: Vec<(By, SortOrder)>,
}

impl Spec {
    /// Missing values are last either way; equal rows stand in the order of their numbers.
    fn compare(&self, a: &Row, b: &Row) -> Ordering {
        let part = |(by, order): &(By, SortOrder)| match by {
            By::Text => missing_last(&a.text, &b.text, *order),
            By::Number => missing_last(&a.number, &b.number, *order),
            By::Depth => a.depth.cmp(&b.depth),
        };
        let keys = self.sort.iter().map(part);
        keys.fold(Ordering::Equal, Ordering::then)
            .then_with(|| (a.item, a.instance).cmp(&(b.item, b.instance)))
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
        let same = |r: &&Row| (r.item, r.instance) == (marked.item, marked.instance);
        match shown.find(same) {
            Some(row) => (Place::Before(row.clone()), false),
            None => (Place::Before(marked.clone()), true),
        }
    }
}
