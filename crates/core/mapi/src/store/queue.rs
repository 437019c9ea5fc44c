//! The outgoing queue: messages that were submitted and are not sent yet.
//! Reference: "Outgoing Queue Tables", "IMsgStore::GetOutgoingQueue" (requirements TAB-10, OUT-08)

use std::ops::ControlFlow;

use mapi_props::{
    Bag, BitOp, Code, PropTag, PropValue, Restriction, SortColumn, SortOrderSet, message_flags,
    tags,
};
use mapi_spi::{
    Anchor, ChangeSet, Depth, Error, Expect, FlagPatch, FolderKind, ItemId, ItemKind, MessageSave,
    MessageTarget, Op, PropPatch, Result, Row, RowSet, ScanBody, View,
};

use super::MsgStore;
use crate::table::{MemoryRow, MemoryRows, Source};
use crate::{EntryId, TableBuilder};

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

    /// Takes a message out of the outgoing queue again (AbortSubmit): it is a draft as before, in the folder that it was
    /// submitted from, and can be changed.
    ///
    /// # Errors
    /// `MAPI_E_NOT_IN_QUEUE` for one that is not waiting, or not any more; `MAPI_E_UNABLE_TO_ABORT` while it is being handed
    /// over (PR_SUBMIT_FLAGS has SUBMITFLAG_LOCKED); `MAPI_E_INVALID_ENTRYID`, `MAPI_E_UNKNOWN_ENTRYID`; `MAPI_E_NO_ACCESS`
    /// in a read-only store.
    pub fn abort_submit(&self, message: &EntryId) -> Result<()> {
        let id = self
            .writable()
            .and_then(|()| self.context.message_id(message));
        self.errors.track(id.and_then(|id| self.abort(id)))
    }

    fn abort(&self, id: ItemId) -> Result<()> {
        let gone = || Error::new(Code::NOT_IN_QUEUE, "the message is not waiting to be sent");
        loop {
            let data = match self.context.spi()?.message(id, &self.context.call) {
                Ok(data) if !data.meta.deleted => data,
                Ok(_) => return Err(gone()),
                Err(e) if e.code() == Code::NOT_FOUND => return Err(gone()),
                Err(e) => return Err(e),
            };
            if data.meta.flags & message_flags::SUBMIT == 0 {
                return Err(gone());
            }
            let marks = data.body.props.value(tags::SUBMIT_FLAGS);
            if marks.and_then(PropValue::as_long).unwrap_or(0) & LOCKED != 0 {
                let detail = "the message is being handed over";
                return Err(Error::new(Code::UNABLE_TO_ABORT, detail));
            }
            let set = ChangeSet::one(Op::SaveMessage(Box::new(taken_back(id, data.meta.change))));
            match self.context.commit(set) {
                // Somebody took hold of it meanwhile.
                Err(e) if e.code() == Code::OBJECT_CHANGED => {}
                other => return other.map(drop),
            }
        }
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

/// SUBMITFLAG_LOCKED.
const LOCKED: i32 = 1;

/// What takes a message of this change number out of the queue.
fn taken_back(message: ItemId, change: u64) -> MessageSave {
    MessageSave {
        target: MessageTarget::Existing(message),
        expect: Expect::Exactly(change),
        patch: PropPatch {
            delete: vec![tags::CLIENT_SUBMIT_TIME.id(), tags::SUBMIT_FLAGS.id()],
            ..PropPatch::default()
        },
        recipients: None,
        attachments: None,
        flags: FlagPatch {
            set: message_flags::UNSENT,
            clear: message_flags::SUBMIT,
        },
        content_changed: false,
        source: None,
    }
}
