//! Views: what a table shows, given as one value, and the pages of rows read from it.

use mapi_props::{Bag, PropTag, PropValue, Restriction, SortOrderSet, StoredMessage};

use crate::{ItemId, ItemMeta};

/// What a table shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The folder.
    pub container: ItemId,
    /// Which of its objects.
    pub rows: RowSet,
    /// Cells of a row, in order. PR_NULL and PT_NULL reserve an empty cell (PT_NULL); an unknown or missing
    /// property gives PT_ERROR with `MAPI_E_NOT_FOUND`. Stored and computed properties alike.
    pub columns: Vec<PropTag>,
    /// Which rows; none: all.
    pub restriction: Option<Restriction>,
    /// Their order; empty: delivery time descending for contents, name for hierarchies. Ties: by id.
    pub sort: SortOrderSet,
}

/// How a store answers a view, for whoever asks why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryPlan {
    /// What the rows are found in, in words of the store: an index, or every row.
    pub index: String,
    /// What that index is asked for, in its own language; none: it is not asked for anything, or read through.
    pub expression: Option<String>,
    /// Whether what is found there is exactly what the view shows; else each row is tested with the restriction too.
    pub exact: bool,
    /// Whether rows are read in the order of the view, so that the first ones cost no more than they are; else all
    /// are found and sorted.
    pub ordered: bool,
}

/// Which objects of a container are rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowSet {
    /// Messages.
    Contents {
        /// The associated ones instead.
        associated: bool,
        /// The soft-deleted ones instead.
        deleted: bool,
    },
    /// Messages of the folder and of every ordinary folder below it, neither associated nor soft-deleted, nor in a
    /// soft-deleted folder. Of a search folder: its contents.
    Deep,
    /// Folders below it.
    Hierarchy {
        /// Children only or everything.
        depth: Depth,
        /// The soft-deleted ones instead.
        deleted: bool,
    },
}

/// How deep a hierarchy table goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Direct children.
    Children,
    /// CONVENIENT_DEPTH: everything below; parents before children.
    All,
}

/// The place of a row in its view: it keeps its meaning after the row is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowKey {
    /// The value of each sort column, `None` where missing (these come last).
    pub values: Vec<Option<PropValue>>,
    /// The item.
    pub item: ItemId,
    /// Which instance of the item when multi-valued columns make several rows; else 0.
    pub instance: u32,
}

/// Where reading starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// Before the first row.
    Start,
    /// After the last row.
    End,
    /// Before this row, or where it would stand.
    At(RowKey),
    /// After this row, or where it would stand.
    After(RowKey),
    /// Before the row of this number; may cost as much as counting. Past the end: the end.
    Row(u64),
}

/// Forward or backward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Towards the end, the anchor's row included.
    Forward,
    /// Towards the start, beginning with the row before the anchor.
    Backward,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its place.
    pub key: RowKey,
    /// One cell per column.
    pub cells: Vec<PropValue>,
}

/// A row as its sort keys.
#[derive(Debug, Clone, Copy)]
pub struct RowKeys<'a> {
    /// The item.
    pub item: ItemId,
    /// Which instance of the item.
    pub instance: u32,
    /// A message that is not marked as read.
    pub unread: bool,
    /// The keys of the view's sort columns, one after another.
    pub keys: &'a [u8],
    /// Where each of them ends.
    pub ends: &'a [usize],
}

impl<'a> RowKeys<'a> {
    /// The key of a sort column: bytes in whose order its values stand, the same for values that sort as one (see
    /// `mapi-query`). Empty for a column that the view does not have.
    #[must_use]
    pub fn column(&self, n: usize) -> &'a [u8] {
        let start = match n.checked_sub(1) {
            Some(before) => self.ends.get(before).copied(),
            None => Some(0),
        };
        let key = start.and_then(|start| self.keys.get(start..*self.ends.get(n)?));
        key.unwrap_or_default()
    }
}

/// Rows read in one go, in view order (also when read backwards).
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The change-log number for which this page is true.
    pub seq: u64,
    /// The rows.
    pub rows: Vec<Row>,
    /// The first row is the view's first (or there is none before the anchor).
    pub at_start: bool,
    /// The last row is the view's last (or there is none after the anchor).
    pub at_end: bool,
}

/// What a scan shows of one item.
#[derive(Debug)]
pub struct ScanRow<'a> {
    /// What the store knows of it.
    pub meta: &'a ItemMeta,
    /// A message's tree; for a folder its properties in `props`, no recipients, no attachments.
    pub body: ScanBody<'a>,
    /// PR_DEPTH of a hierarchy row, 0 for direct children and messages.
    pub depth: u32,
}

/// The properties of a scanned item.
#[derive(Debug)]
pub enum ScanBody<'a> {
    /// A message.
    Message(&'a StoredMessage),
    /// A folder with its counters.
    Folder(&'a Bag, &'a crate::FolderCounts),
}
