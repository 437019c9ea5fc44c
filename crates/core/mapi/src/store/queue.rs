//! The outgoing queue: messages that were submitted and are not sent yet.
//! Reference: "Outgoing Queue Tables", "IMsgStore::GetOutgoingQueue" (requirements TAB-10, OUT-08)

use std::ops::ControlFlow;

use mapi_props::{
    Bag, BitOp, PropTag, PropValue, Restriction, SortColumn, SortOrderSet, message_flags, tags,
};
use mapi_spi::{Anchor, Depth, FolderKind, ItemId, ItemKind, Result, Row, RowSet, ScanBody, View};

use super::MsgStore;
use crate::TableBuilder;
use crate::table::{MemoryRow, MemoryRows, Source};

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

impl MsgStore {
    /// The table of messages that wait to be sent (MSGFLAG_SUBMIT), whichever folder they are in, the one submitted first
    /// at the top. PR_SUBMIT_FLAGS is 0 where nobody set it.
    pub fn outgoing_queue(&self) -> TableBuilder {
        let store = self.clone();
        let rows = MemoryRows::new(&COLUMNS, move || store.queued())
            .in_order(vec![SortColumn::ascending(tags::CLIENT_SUBMIT_TIME)])
            .told(self.feed(), &self.context.member, |entry| !entry.folder);
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
            restriction: Some(Restriction::Bitmask {
                op: BitOp::NonZero,
                tag: tags::MESSAGE_FLAGS.raw(),
                mask: message_flags::SUBMIT,
            }),
            sort: SortOrderSet::default(),
        };
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut rows = Vec::new();
        for folder in self.real_folders()? {
            view.container = folder;
            let page = store.view(&view, &Anchor::Start, i64::from(u32::MAX), call)?;
            let row = |row: Row| self.queue_row(&view.columns, row);
            rows.extend(page.rows.into_iter().map(row));
        }
        Ok(rows)
    }

    /// Every folder that holds messages of its own.
    fn real_folders(&self) -> Result<Vec<ItemId>> {
        let root = self.context.info().root;
        let all = RowSet::Hierarchy {
            depth: Depth::All,
            deleted: false,
        };
        let mut folders = vec![root];
        let call = &self.context.call;
        self.context.spi()?.scan(root, all, call, &mut |row| {
            let links = row.meta.kind == ItemKind::Folder(FolderKind::Search);
            // A folder without messages has none in the queue.
            let empty = matches!(row.body, ScanBody::Folder(_, counts) if counts.contents == 0);
            if !links && !empty {
                folders.push(row.meta.id);
            }
            ControlFlow::Continue(())
        })?;
        Ok(folders)
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
