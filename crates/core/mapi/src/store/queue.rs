//! The outgoing queue: messages that were submitted and are not sent yet.
//! Reference: "Outgoing Queue Tables", "IMsgStore::GetOutgoingQueue" (requirements TAB-10, OUT-08)

mod handing_over;
mod leaving;
mod taking_back;

use std::collections::BTreeMap;

use mapi_props::{
    Bag, BitOp, PropTag, PropValue, Restriction, SortColumn, SortOrderSet, message_flags, tags,
};
use mapi_spi::{ItemId, LogEntry, QueuePlace, Queued, Result, Row, RowSet, View};

use super::MsgStore;
use crate::TableBuilder;
use crate::table::{MemoryRow, MemoryRows, Source};

pub use handing_over::LockState;

/// The required columns (TAB-10) and the instance key.
const COLUMNS: [PropTag; 12] = [
    tags::CLIENT_SUBMIT_TIME.raw(),
    tags::DISPLAY_BCC.raw(),
    tags::DISPLAY_CC.raw(),
    tags::DISPLAY_TO.raw(),
    tags::ENTRYID.raw(),
    tags::MESSAGE_FLAGS.raw(),
    tags::MESSAGE_SIZE.raw(),
    tags::PRIORITY.raw(),
    tags::SENDER_NAME.raw(),
    tags::SUBJECT.raw(),
    tags::SUBMIT_FLAGS.raw(),
    tags::INSTANCE_KEY.raw(),
];

/// What there is to be known of a row besides.
const MORE: [PropTag; 9] = [
    tags::MESSAGE_CLASS.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::PARENT_ENTRYID.raw(),
    tags::RECORD_KEY.raw(),
    tags::SEARCH_KEY.raw(),
    tags::SENT_REPRESENTING_NAME.raw(),
    tags::STORE_ENTRYID.raw(),
    tags::STORE_RECORD_KEY.raw(),
];

/// So much of the queue is read at once.
const PAGE: usize = 1000;

impl MsgStore {
    /// The table of messages that wait to be sent (MSGFLAG_SUBMIT), whichever folder they are in, the one submitted first
    /// at the top. PR_SUBMIT_FLAGS is 0 where nobody set it.
    pub fn outgoing_queue(&self) -> TableBuilder {
        let store = self.clone();
        let rows = MemoryRows::new(&COLUMNS, move || store.queued())
            .in_order(vec![SortColumn::ascending(tags::CLIENT_SUBMIT_TIME)])
            .told(self.feed(), &self.context.member, concerns_queue);
        TableBuilder::new(Ok(Box::new(rows) as Box<dyn Source>))
    }

    fn queued(&self) -> Result<Vec<MemoryRow>> {
        let mut view = View {
            container: self.context.info().root,
            rows: RowSet::Contents {
                associated: false,
                deleted: false,
            },
            columns: COLUMNS.into_iter().chain(MORE).collect(),
            restriction: None,
            sort: SortOrderSet::default(),
        };
        // What left the queue after it was read is left out.
        let waits = Restriction::Bitmask {
            op: BitOp::NonZero,
            tag: tags::MESSAGE_FLAGS.raw(),
            mask: message_flags::SUBMIT,
        };
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut rows = Vec::new();
        for (folder, places) in self.queue_by_folder()? {
            view.container = folder;
            let (_, found) = store.rows_at(&view, &places, Some(&waits), call)?;
            let row = |row: Row| self.queue_row(&view.columns, row);
            rows.extend(found.into_iter().map(row));
        }
        Ok(rows)
    }

    /// What waits, by the folder that it is in.
    fn queue_by_folder(&self) -> Result<BTreeMap<ItemId, Vec<(ItemId, u32)>>> {
        let mut folders = BTreeMap::<_, Vec<_>>::new();
        self.each_queued(|queued| {
            let places = folders.entry(queued.folder).or_default();
            places.push((queued.place.item, 0));
        })?;
        Ok(folders)
    }

    /// Shows what waits, in the order of submission.
    pub(super) fn each_queued(&self, mut each: impl FnMut(Queued)) -> Result<()> {
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut after: Option<QueuePlace> = None;
        loop {
            let page = store.queue(after, PAGE, call)?;
            let more = page.len() == PAGE;
            after = page.last().map(|queued| queued.place);
            page.into_iter().for_each(&mut each);
            if !more {
                return Ok(());
            }
        }
    }

    fn queue_row(&self, columns: &[PropTag], row: Row) -> MemoryRow {
        let mut props = Bag::new();
        props.set(tags::SUBMIT_FLAGS, 0);
        for (tag, value) in columns.iter().zip(row.cells) {
            if !matches!(value, PropValue::Error(_) | PropValue::Null) {
                props.set(*tag, value);
            }
        }
        let item = row.key.item;
        MemoryRow {
            number: item.0,
            props,
            entry_id: self.context.entry_id(false, item),
        }
    }
}

/// Whether the queue may be another one after an entry of the log: it is about a message that waits now, or whose flags changed. One that
/// waits is not deleted and moves nowhere.
fn concerns_queue(entry: &LogEntry) -> bool {
    let flags = tags::MESSAGE_FLAGS.id();
    !entry.folder && (entry.flags & message_flags::SUBMIT != 0 || entry.changed.contains(&flags))
}
