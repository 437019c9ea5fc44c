//! Where a table's rows come from: a view of a store, or rows in memory.

use std::fmt::Debug;
use std::sync::Arc;

use mapi_kit::computed::item_entry_id;
use mapi_kit::engine::Plan;
use mapi_props::{Code, PropTag, Restriction, SortOrderSet, tags};
use mapi_spi::{
    Anchor, Call, Direction, Error, ItemId, LogEntry, Page, QueryPlan, Result, Row, RowKey, RowSet,
    View,
};

use super::TableKind;
use super::advise::Feed;
use super::categories::{Categorised, Folds, Outlines};
use crate::EntryId;
use crate::advise::Subscription;
use crate::context::Context;

/// What a table shows now.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) columns: Vec<PropTag>,
    pub(crate) restriction: Option<Restriction>,
    pub(crate) sort: SortOrderSet,
    /// Which headings are expanded.
    pub(crate) folds: Folds,
}

impl Spec {
    /// The same rows without cells, save for the columns that make rows of their own.
    pub(crate) fn keys_only(&self) -> Self {
        let columns = self
            .columns
            .iter()
            .filter(|c| c.ty().is_mv_instance())
            .copied()
            .collect();
        Self {
            columns,
            restriction: self.restriction.clone(),
            sort: self.sort.clone(),
            folds: self.folds.clone(),
        }
    }
}

/// Rows that a table can be laid over.
pub(crate) trait Source: Send + Sync + Debug {
    fn default_columns(&self) -> Vec<PropTag>;
    fn all_columns(&self) -> Vec<PropTag>;
    /// The order before any is asked for; no keys: the rows' own.
    fn default_sort(&self) -> SortOrderSet {
        SortOrderSet::default()
    }
    /// Whether the spec means something here.
    fn check(&self, spec: &Spec) -> Result<()>;
    fn page(&self, spec: &Spec, from: &Anchor, count: i64) -> Result<Page>;
    fn count(&self, spec: &Spec) -> Result<u64>;
    fn position(&self, spec: &Spec, key: &RowKey) -> Result<u64>;
    fn find(
        &self,
        spec: &Spec,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
    ) -> Result<Option<Row>>;
    /// The entry ids of the rows' objects, in order; empty where rows have none of their own.
    fn entry_ids(&self, rows: &[Row]) -> Vec<EntryId>;
    /// How a table over it learns of changes; `None`: not at all.
    fn feed(&self) -> Result<Option<Feed>> {
        Ok(None)
    }
    /// Whether an entry of the log may concern its rows.
    fn concerns(&self, _entry: &LogEntry) -> bool {
        true
    }
    /// Remembers that a registration ends with the logon.
    fn registered(&self, _subscription: &Arc<Subscription>) {}
    /// The same rows, read under no caller's call.
    fn at_rest(&self) -> Option<Arc<dyn Source>> {
        None
    }
    fn has_bookmarks(&self) -> bool {
        true
    }
    fn kind(&self) -> TableKind {
        TableKind::Dynamic
    }
    /// What the table's calls are under.
    fn call(&self) -> Call {
        Call::default()
    }
    /// How the rows will be found.
    fn explain(&self, _spec: &Spec) -> Result<QueryPlan> {
        let detail = "rows that are in no store are not looked up";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }
    /// Does ahead what makes the first reading of a spec slow, under a call of its own.
    fn prepare(&self, spec: &Spec, call: &Call) -> Result<()>;
    /// The rows of a store that may stand in categories.
    fn store_rows(&self) -> Option<&StoreRows> {
        None
    }
}

/// A view of a store.
#[derive(Debug)]
pub(crate) struct StoreRows {
    pub(crate) context: Context,
    pub(crate) container: ItemId,
    pub(crate) rows: RowSet,
    /// The order saved on the folder; no keys if there is none.
    pub(crate) saved: SortOrderSet,
    pub(crate) outlines: Outlines,
    /// The container is a search folder: its messages are in others.
    pub(crate) links: bool,
}

impl StoreRows {
    pub(super) fn view(&self, spec: &Spec) -> View {
        View {
            container: self.container,
            rows: self.rows,
            columns: spec.columns.clone(),
            restriction: spec.restriction.clone(),
            sort: spec.sort.clone(),
        }
    }

    const fn is_hierarchy(&self) -> bool {
        matches!(self.rows, RowSet::Hierarchy { .. })
    }
}

impl Source for StoreRows {
    fn feed(&self) -> Result<Option<Feed>> {
        let notifies = self.context.spi()?.info().capabilities.notify;
        let hub = self.context.opened.hub();
        Ok(notifies.then(|| Feed::Log(Arc::clone(hub))))
    }

    fn concerns(&self, entry: &LogEntry) -> bool {
        super::live::concerns(self, entry)
    }

    fn registered(&self, subscription: &Arc<Subscription>) {
        self.context.member.registrations.enter(subscription);
    }

    fn at_rest(&self) -> Option<Arc<dyn Source>> {
        Some(Arc::new(Self {
            context: self.context.with_call(Call::default()),
            container: self.container,
            rows: self.rows,
            saved: self.saved.clone(),
            outlines: Outlines::default(),
            links: self.links,
        }))
    }

    fn default_columns(&self) -> Vec<PropTag> {
        if self.is_hierarchy() {
            return HIERARCHY.to_vec();
        }
        let mut columns = CONTENTS.to_vec();
        if self.links || self.rows == RowSet::Deep {
            columns.push(tags::PARENT_DISPLAY.raw());
        }
        columns
    }

    fn all_columns(&self) -> Vec<PropTag> {
        let more: &[PropTag] = if self.is_hierarchy() {
            &HIERARCHY_MORE
        } else {
            &CONTENTS_MORE
        };
        self.default_columns()
            .into_iter()
            .chain(more.iter().copied())
            .collect()
    }

    fn default_sort(&self) -> SortOrderSet {
        self.saved.clone()
    }

    fn check(&self, spec: &Spec) -> Result<()> {
        let view = match Categorised::of(self, spec)? {
            Some(categories) => categories.flat(),
            None => self.view(spec),
        };
        Plan::new(self.context.spi()?.info(), &view).map(drop)
    }

    fn page(&self, spec: &Spec, from: &Anchor, count: i64) -> Result<Page> {
        if let Some(categories) = Categorised::of(self, spec)? {
            return categories.page(from, count);
        }
        self.context
            .spi()?
            .view(&self.view(spec), from, count, &self.context.call)
    }

    fn count(&self, spec: &Spec) -> Result<u64> {
        if let Some(categories) = Categorised::of(self, spec)? {
            return categories.count();
        }
        self.context
            .spi()?
            .count(&self.view(spec), &self.context.call)
    }

    fn position(&self, spec: &Spec, key: &RowKey) -> Result<u64> {
        if let Some(categories) = Categorised::of(self, spec)? {
            return categories.position(key);
        }
        self.context
            .spi()?
            .position(&self.view(spec), key, &self.context.call)
    }

    fn find(
        &self,
        spec: &Spec,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
    ) -> Result<Option<Row>> {
        if let Some(categories) = Categorised::of(self, spec)? {
            return categories.find(restriction, from, direction);
        }
        let call = &self.context.call;
        self.context
            .spi()?
            .find(&self.view(spec), restriction, from, direction, call)
    }

    fn entry_ids(&self, rows: &[Row]) -> Vec<EntryId> {
        let uid = &self.context.info().uid;
        let id = |row: &Row| match row.key.item {
            ItemId(0) => Vec::new(),
            item => item_entry_id(uid, self.is_hierarchy(), item),
        };
        rows.iter().map(|row| EntryId::from(id(row))).collect()
    }

    fn call(&self) -> Call {
        self.context.call.clone()
    }

    fn explain(&self, spec: &Spec) -> Result<QueryPlan> {
        let view = match Categorised::of(self, spec)? {
            Some(categories) => categories.flat(),
            None => self.view(spec),
        };
        self.context.spi()?.explain(&view, &self.context.call)
    }

    /// Makes the order's index, where the store keeps one, and counts the rows.
    fn prepare(&self, spec: &Spec, call: &Call) -> Result<()> {
        if let Some(categories) = Categorised::of(self, spec)? {
            return categories.prepare(call);
        }
        let (store, view) = (self.context.spi()?, self.view(&spec.keys_only()));
        store.view(&view, &Anchor::Start, 1, call)?;
        store.count(&view, call).map(drop)
    }

    fn store_rows(&self) -> Option<&StoreRows> {
        Some(self)
    }
}

/// STO-08: required columns of a contents table, and the usual ones.
const CONTENTS: [PropTag; 16] = [
    tags::ENTRYID.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::DISPLAY_CC.raw(),
    tags::DISPLAY_TO.raw(),
    tags::HASATTACH.raw(),
    tags::LAST_MODIFICATION_TIME.raw(),
    tags::MAPPING_SIGNATURE.raw(),
    tags::MESSAGE_CLASS.raw(),
    tags::MESSAGE_FLAGS.raw(),
    tags::MESSAGE_SIZE.raw(),
    tags::MSG_STATUS.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::PARENT_ENTRYID.raw(),
    tags::RECORD_KEY.raw(),
    tags::STORE_ENTRYID.raw(),
    tags::STORE_RECORD_KEY.raw(),
];

const CONTENTS_MORE: [PropTag; 12] = [
    tags::SUBJECT.raw(),
    tags::NORMALIZED_SUBJECT.raw(),
    tags::SENDER_NAME.raw(),
    tags::SENT_REPRESENTING_NAME.raw(),
    tags::CLIENT_SUBMIT_TIME.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::CREATION_TIME.raw(),
    tags::CONVERSATION_INDEX.raw(),
    tags::CONVERSATION_TOPIC.raw(),
    tags::IMPORTANCE.raw(),
    tags::PRIORITY.raw(),
    tags::SENSITIVITY.raw(),
];

/// TAB-04: required columns of a hierarchy table of a store.
const HIERARCHY: [PropTag; 12] = [
    tags::ENTRYID.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::DISPLAY_NAME.raw(),
    tags::COMMENT.raw(),
    tags::DEPTH.raw(),
    tags::DISPLAY_TYPE.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::STATUS.raw(),
    tags::FOLDER_TYPE.raw(),
    tags::SUBFOLDERS.raw(),
    tags::CONTENT_COUNT.raw(),
    tags::CONTENT_UNREAD.raw(),
];

const HIERARCHY_MORE: [PropTag; 5] = [
    tags::PARENT_ENTRYID.raw(),
    tags::RECORD_KEY.raw(),
    tags::CONTAINER_CLASS.raw(),
    tags::ASSOC_CONTENT_COUNT.raw(),
    tags::LAST_MODIFICATION_TIME.raw(),
];
