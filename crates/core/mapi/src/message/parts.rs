//! Recipients and attachments of a message. Reference: "IMessage" (requirements OUT-02, OUT-06, TAB-06, TAB-07)

use std::sync::Arc;

use mapi_kit::recipients::{ModifyMode, RecipientRow};
use mapi_kit::reference;
use mapi_kit::working::WorkingAttachment;
use mapi_props::{Bag, Code, PropTag, PropValue, SortColumn, StoredAttachment, tags};
use mapi_spi::{Error, Result};

use super::{Message, MessageInner};
use crate::attachment::{Attachment, AttachmentInner, record_key};
use crate::table::{MemoryRow, MemoryRows, Source};
use crate::{EntryId, OpenFlags, TableBuilder};

const RECIPIENT_COLUMNS: [PropTag; 7] = [
    tags::ROWID.raw(),
    tags::RECIPIENT_TYPE.raw(),
    tags::DISPLAY_NAME.raw(),
    tags::ADDRTYPE.raw(),
    tags::EMAIL_ADDRESS.raw(),
    tags::ENTRYID.raw(),
    tags::INSTANCE_KEY.raw(),
];

/// Those of a message that was submitted (OUT-02).
const SERVED_COLUMNS: [PropTag; 8] = [
    tags::ROWID.raw(),
    tags::RECIPIENT_TYPE.raw(),
    tags::DISPLAY_NAME.raw(),
    tags::ADDRTYPE.raw(),
    tags::EMAIL_ADDRESS.raw(),
    tags::ENTRYID.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::RESPONSIBILITY.raw(),
];

const ATTACHMENT_COLUMNS: [PropTag; 8] = [
    tags::ATTACH_NUM.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::RECORD_KEY.raw(),
    tags::RENDERING_POSITION.raw(),
    tags::ATTACH_METHOD.raw(),
    tags::ATTACH_LONG_FILENAME.raw(),
    tags::ATTACH_MIME_TAG.raw(),
    tags::ATTACH_SIZE.raw(),
];

impl Message {
    /// Changes the recipient list. Each row is its properties; PR_ROWID names the row for MODIFY and REMOVE. Seen by others
    /// after the save.
    ///
    /// ```
    /// # fn show(message: &mapi::Message) -> mapi::Result<()> {
    /// use mapi::{ModifyMode, PropTag, PropValue, recipient_type, tags};
    ///
    /// let ann: Vec<(PropTag, PropValue)> = vec![
    ///     (tags::RECIPIENT_TYPE.into(), recipient_type::TO.into()),
    ///     (tags::DISPLAY_NAME.into(), "Ann".into()),
    ///     (tags::ADDRTYPE.into(), "SMTP".into()),
    ///     (tags::EMAIL_ADDRESS.into(), "ann@example.com".into()),
    /// ];
    /// message.modify_recipients(ModifyMode::Add, &[ann])?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for PT_NULL values, a missing PR_ROWID or a wrong PR_RECIPIENT_TYPE; `MAPI_E_NOT_FOUND`
    /// for a PR_ROWID that is not there; `MAPI_E_NO_ACCESS` on a read-only handle. Nothing changes then.
    pub fn modify_recipients(
        &self,
        mode: ModifyMode,
        rows: &[Vec<(PropTag, PropValue)>],
    ) -> Result<()> {
        let modified = self.inner.writable().and_then(|()| {
            let mut state = self.inner.state();
            state.working.modify_recipients(mode, rows)
        });
        self.inner.errors.track(modified)
    }

    /// The table of recipients, as this handle sees them.
    pub fn recipients(&self) -> TableBuilder {
        let inner = Arc::clone(&self.inner);
        let served = |row: &RecipientRow| row.props.contains(&tags::RESPONSIBILITY.id());
        let submitted = inner.state().working.recipients().iter().any(served);
        let columns: &'static [PropTag] = if submitted {
            &SERVED_COLUMNS
        } else {
            &RECIPIENT_COLUMNS
        };
        let fetch = move || {
            inner.context.spi()?;
            Ok(inner
                .state()
                .working
                .recipients()
                .iter()
                .map(recipient_row)
                .collect())
        };
        table(MemoryRows::new(columns, fetch))
    }

    /// The table of saved attachments. Without a sort: by rendering position, then number. Positions of a message in RTF are
    /// ranks until its PR_BODY was read through this handle, then offsets in that text, in UTF-16 units (INC-03).
    pub fn attachments(&self) -> TableBuilder {
        let inner = Arc::clone(&self.inner);
        let fetch = move || {
            inner.context.spi()?;
            let host = inner.part_key();
            let state = inner.state();
            let shown = inner.shown_positions(&state).unwrap_or_default();
            let saved = state.working.attachments().iter();
            let row = |(n, a): &(i32, StoredAttachment)| {
                let mut row = attachment_row(*n, a, host.as_deref());
                if let Some((_, at)) = shown.iter().find(|(number, _)| number == n) {
                    row.props.set(tags::RENDERING_POSITION, *at);
                }
                row
            };
            Ok(saved.map(row).collect())
        };
        let rows = MemoryRows::new(&ATTACHMENT_COLUMNS, fetch).without_bookmarks();
        table(rows.in_order(vec![
            SortColumn::ascending(tags::RENDERING_POSITION),
            SortColumn::ascending(tags::ATTACH_NUM),
        ]))
    }

    /// One of its table properties as a table (OpenProperty with IID_IMAPITable).
    ///
    /// # Errors
    /// `MAPI_E_INTERFACE_NOT_SUPPORTED` for any other property.
    pub fn open_table_property(&self, tag: PropTag) -> Result<crate::Table> {
        let table = if tag.id() == tags::MESSAGE_RECIPIENTS.id() {
            self.recipients().open()
        } else if tag.id() == tags::MESSAGE_ATTACHMENTS.id() {
            self.attachments().open()
        } else {
            Err(Error::new(
                Code::INTERFACE_NOT_SUPPORTED,
                format!("{tag} is no table"),
            ))
        };
        self.inner.errors.track(table)
    }

    /// Number of saved attachments.
    #[must_use]
    pub fn attachment_count(&self) -> usize {
        self.inner.state().working.attachments().len()
    }

    /// A new attachment. It is there for others once it and then the message were saved (X-2).
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle.
    pub fn create_attachment(&self) -> Result<Attachment> {
        let made = self.inner.writable().map(|()| {
            let key = self.inner.context.opened.place.support.new_guid().0;
            let mut state = self.inner.state();
            let number = state.working.next_attachment_number();
            let working = WorkingAttachment::new(number, key);
            let attachment = Attachment::new(Arc::clone(&self.inner), working, true, false);
            state
                .attachments
                .insert(number, Arc::downgrade(&attachment.inner));
            attachment
        });
        self.inner.errors.track(made)
    }

    /// Opens an attachment by number (PR_ATTACH_NUM). One that is open already is the same object, with the access it was
    /// opened with first.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` for MODIFY on a read-only message.
    pub fn open_attachment(&self, number: i32, flags: OpenFlags) -> Result<Attachment> {
        self.inner.errors.track(open(&self.inner, number, flags))
    }

    /// Deletes a saved attachment; final once the message is saved.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` on a read-only handle.
    pub fn delete_attachment(&self, number: i32) -> Result<()> {
        let deleted = self
            .inner
            .writable()
            .and_then(|()| self.inner.state().working.delete_attachment(number));
        self.inner.errors.track(deleted)
    }
}

impl MessageInner {
    pub(crate) fn writable(&self) -> Result<()> {
        self.context.spi()?;
        if self.state().modify {
            return Ok(());
        }
        Err(Error::new(Code::NO_ACCESS, "the message is open read-only"))
    }
}

fn open(message: &Arc<MessageInner>, number: i32, flags: OpenFlags) -> Result<Attachment> {
    message.context.spi()?;
    let mut state = message.state();
    let open: Option<Arc<AttachmentInner>> = state
        .attachments
        .get(&number)
        .and_then(std::sync::Weak::upgrade);
    let saved = state.working.attachment(number);
    if let (Some(inner), Some(_)) = (open, saved) {
        return Ok(Attachment { inner });
    }
    let saved = saved
        .ok_or_else(|| Error::new(Code::NOT_FOUND, format!("there is no attachment {number}")))?;
    let asked = flags.contains(OpenFlags::MODIFY);
    let best = flags.contains(OpenFlags::BEST_ACCESS);
    if asked && !best && !state.modify {
        return Err(Error::new(Code::NO_ACCESS, "the message is open read-only"));
    }
    let working = WorkingAttachment::open(number, saved);
    let modify = (asked || best) && state.modify;
    let attachment = Attachment::new(Arc::clone(message), working, modify, true);
    state
        .attachments
        .insert(number, Arc::downgrade(&attachment.inner));
    Ok(attachment)
}

fn table(rows: MemoryRows) -> TableBuilder {
    TableBuilder::new(Ok(Box::new(rows) as Box<dyn Source>))
}

fn recipient_row(row: &mapi_kit::recipients::RecipientRow) -> MemoryRow {
    let mut props = row.props.clone();
    props.set(tags::ROWID, row.row_id);
    memory_row(row.row_id, props)
}

fn attachment_row(number: i32, attachment: &StoredAttachment, host: Option<&[u8]>) -> MemoryRow {
    let mut props = attachment.props.clone();
    props.remove(&tags::RECORD_KEY.id());
    reference::forget(&mut props);
    if let Some(key) = host.and_then(|host| record_key(host, attachment)) {
        props.set(tags::RECORD_KEY, key);
    }
    props.set(tags::ATTACH_NUM, number);
    props.set(tags::ATTACH_SIZE, crate::attachment::size(attachment));
    if !props.contains(&tags::RENDERING_POSITION.id()) {
        props.set(tags::RENDERING_POSITION, -1);
    }
    // DATA_OBJ and DATA_BIN are reached through the attachment, never as a cell (INC-05).
    props.remove(&tags::ATTACH_DATA_BIN.id());
    memory_row(number, props)
}

fn memory_row(number: i32, props: Bag) -> MemoryRow {
    // Numbers of rows start at 1, as item numbers do.
    let number = u64::try_from(i64::from(number) + 1).unwrap_or(0);
    MemoryRow {
        number,
        props,
        entry_id: EntryId::from(Vec::new()),
    }
}
