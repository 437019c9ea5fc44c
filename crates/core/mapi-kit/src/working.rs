//! Working copies: what an open message or attachment holds until it is saved.
//!
//! A working copy is a snapshot and the changes since, as plain data. Levels nest by value: an attachment's copy goes
//! into its message's copy when it is saved, an embedded message's copy into its attachment's; the outermost save turns
//! everything into one [`mapi_spi::MessageSave`] (requirement X-2). Values of any size lie inline in a copy; saving
//! moves those over the store's limit out ([`crate::lift`]).

use std::sync::Arc;

use mapi_props::{
    Bag, Code, PropTag, PropValue, StoredAttachment, StoredMessage, attach_method, message_flags,
    tags,
};
use mapi_spi::{Error, ItemMeta, MessageData, Result};

use crate::recipients::{ModifyMode, RecipientRow, modify};

/// The working copy of a message.
#[derive(Debug, Clone)]
pub struct WorkingMessage {
    /// Its properties as they would be saved.
    pub props: Bag,
    /// PR_MESSAGE_FLAGS as it would be saved.
    pub flags: u32,
    recipients: Vec<RecipientRow>,
    attachments: Vec<(i32, StoredAttachment)>,
    base: Base,
    next_row: i32,
    next_attachment: i32,
    pub(crate) recipients_changed: bool,
    pub(crate) attachments_changed: bool,
}

/// What the copy was made from.
#[derive(Debug, Clone)]
struct Base {
    body: Arc<StoredMessage>,
    meta: Option<ItemMeta>,
    flags: u32,
}

/// Initial flags of a message from CreateMessage (8.2).
const INITIAL: u32 = message_flags::READ | message_flags::UNMODIFIED | message_flags::UNSENT;
/// Flags that SetProps may replace before the first save (8.2).
const SETTABLE: u32 =
    message_flags::READ | message_flags::UNSENT | message_flags::RESEND | message_flags::FROMME;

impl WorkingMessage {
    /// A message that was never saved. Its search key is there from the start (EID-05).
    #[must_use]
    pub fn new(search_key: [u8; 16], associated: bool) -> Self {
        let mut props = Bag::new();
        props.set(tags::SEARCH_KEY, search_key.as_slice());
        let flags = if associated {
            INITIAL | message_flags::ASSOCIATED
        } else {
            INITIAL
        };
        Self {
            props,
            ..Self::of(Arc::default(), None, flags)
        }
    }

    /// A copy of a stored message.
    #[must_use]
    pub fn open(data: MessageData) -> Self {
        let flags = data.meta.flags;
        Self::of(Arc::new(data.body), Some(data.meta), flags)
    }

    /// A copy of an embedded message; its flags lie among its properties.
    #[must_use]
    pub fn open_embedded(body: StoredMessage) -> Self {
        let flags = body
            .props
            .value(tags::MESSAGE_FLAGS)
            .and_then(PropValue::as_long)
            .map_or(0, i32::cast_unsigned);
        Self::of(Arc::new(body), None, flags)
    }

    fn of(body: Arc<StoredMessage>, meta: Option<ItemMeta>, flags: u32) -> Self {
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        Self {
            props: body.props.clone(),
            flags,
            recipients: (0..)
                .zip(&body.recipients)
                .map(|(row_id, props)| RecipientRow {
                    row_id,
                    props: props.clone(),
                })
                .collect(),
            attachments: (0..).zip(body.attachments.iter().cloned()).collect(),
            next_row: count(body.recipients.len()),
            next_attachment: count(body.attachments.len()),
            base: Base { body, meta, flags },
            recipients_changed: false,
            attachments_changed: false,
        }
    }

    /// What the store knows of the message, unless it was never saved or is embedded.
    #[must_use]
    pub const fn meta(&self) -> Option<&ItemMeta> {
        self.base.meta.as_ref()
    }

    /// The message as it was when opened or last saved.
    #[must_use]
    pub fn saved_body(&self) -> &StoredMessage {
        &self.base.body
    }

    /// Whether a save would change something.
    #[must_use]
    pub fn is_modified(&self) -> bool {
        self.recipients_changed
            || self.attachments_changed
            || self.flags != self.base.flags
            || self.props != self.base.body.props
    }

    /// The message as it would be saved, saved attachments included.
    #[must_use]
    pub fn current_body(&self) -> StoredMessage {
        StoredMessage {
            props: self.props.clone(),
            recipients: self.recipients.iter().map(|r| r.props.clone()).collect(),
            attachments: self.attachments.iter().map(|(_, a)| a.clone()).collect(),
        }
    }

    /// Takes over a whole recipient list under new row numbers.
    pub fn replace_recipients(&mut self, rows: Vec<Bag>) {
        self.recipients.clear();
        for props in rows {
            let row_id = self.next_row;
            self.next_row += 1;
            self.recipients.push(RecipientRow { row_id, props });
        }
        self.recipients_changed = true;
    }

    /// Flags as they were when opened or last saved.
    #[must_use]
    pub const fn saved_flags(&self) -> u32 {
        self.base.flags
    }

    /// Takes over what the store now holds; changes that were saved are in it. Row numbers and attachment numbers
    /// stay, so that handles to attachments stay good.
    pub fn rebase(&mut self, data: MessageData) {
        let MessageData { meta, body } = data;
        self.props = body.props.clone();
        self.flags = meta.flags;
        renumber(
            &mut self.recipients,
            &body.recipients,
            &mut self.next_row,
            |row_id, props| RecipientRow {
                row_id,
                props: props.clone(),
            },
            |row| row.row_id,
        );
        renumber(
            &mut self.attachments,
            &body.attachments,
            &mut self.next_attachment,
            |n, a| (n, a.clone()),
            |(n, _)| *n,
        );
        self.base = Base {
            flags: meta.flags,
            body: Arc::new(body),
            meta: Some(meta),
        };
        self.recipients_changed = false;
        self.attachments_changed = false;
    }

    /// Takes over what the attachment now holds: the save of an embedded message.
    pub fn rebase_embedded(&mut self, body: StoredMessage) {
        let flags = body
            .props
            .value(tags::MESSAGE_FLAGS)
            .and_then(PropValue::as_long);
        self.flags = flags.map_or(0, i32::cast_unsigned);
        self.props = body.props.clone();
        self.base = Base {
            flags: self.flags,
            body: Arc::new(body),
            meta: None,
        };
        self.recipients_changed = false;
        self.attachments_changed = false;
    }

    /// Takes over new message flags that were set past this copy (SetReadFlag); pending edits stay.
    pub fn flags_changed(&mut self, change: impl Fn(u32) -> u32) {
        self.flags = change(self.flags);
        self.base.flags = change(self.base.flags);
        if let Some(meta) = &mut self.base.meta {
            meta.flags = change(meta.flags);
        }
    }

    /// Sets PR_MESSAGE_FLAGS as SetProps may: before the first save, READ, UNSENT, RESEND and FROMME only.
    ///
    /// # Errors
    /// `MAPI_E_COMPUTED` after the first save.
    pub fn set_flags(&mut self, flags: u32) -> Result<()> {
        if self.base.meta.is_some() {
            return Err(Error::new(
                Code::COMPUTED,
                "PR_MESSAGE_FLAGS can be set only before the first save",
            ));
        }
        self.flags = (self.flags & !SETTABLE) | (flags & SETTABLE);
        Ok(())
    }

    /// Recipients, in order.
    #[must_use]
    pub fn recipients(&self) -> &[RecipientRow] {
        &self.recipients
    }

    /// ModifyRecipients; see [`modify`].
    ///
    /// # Errors
    /// Those of [`modify`]; nothing has changed then.
    pub fn modify_recipients(
        &mut self,
        mode: ModifyMode,
        rows: &[Vec<(PropTag, PropValue)>],
    ) -> Result<()> {
        modify(&mut self.recipients, &mut self.next_row, mode, rows)?;
        self.recipients_changed = true;
        Ok(())
    }

    /// Saved attachments with their numbers, in order.
    #[must_use]
    pub fn attachments(&self) -> &[(i32, StoredAttachment)] {
        &self.attachments
    }

    /// The saved attachment of this number.
    #[must_use]
    pub fn attachment(&self, number: i32) -> Option<&StoredAttachment> {
        self.attachments
            .iter()
            .find(|(n, _)| *n == number)
            .map(|(_, a)| a)
    }

    /// A number for a new attachment; never given twice while the message is open.
    pub const fn next_attachment_number(&mut self) -> i32 {
        let number = self.next_attachment;
        self.next_attachment += 1;
        number
    }

    /// Takes over a saved attachment: the attachment's SaveChanges.
    pub fn put_attachment(&mut self, number: i32, attachment: StoredAttachment) {
        self.attachments_changed = true;
        match self.attachments.iter_mut().find(|(n, _)| *n == number) {
            Some((_, place)) => *place = attachment,
            None => self.attachments.push((number, attachment)),
        }
    }

    /// Takes all attachments out; final with the message's save.
    pub fn delete_attachments(&mut self) {
        self.attachments_changed |= !self.attachments.is_empty();
        self.attachments.clear();
    }

    /// Takes an attachment out; final with the message's save.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is no saved attachment of this number.
    pub fn delete_attachment(&mut self, number: i32) -> Result<()> {
        let before = self.attachments.len();
        self.attachments.retain(|(n, _)| *n != number);
        if self.attachments.len() == before {
            return Err(Error::new(
                Code::NOT_FOUND,
                format!("there is no attachment {number}"),
            ));
        }
        self.attachments_changed = true;
        Ok(())
    }
}

/// Takes over `stored` under the numbers in use. Another count means that somebody else's save shows through: then the
/// numbers of what was here mean nothing any more and all are new.
fn renumber<T, S>(
    mine: &mut Vec<T>,
    stored: &[S],
    next: &mut i32,
    make: impl Fn(i32, &S) -> T,
    number: impl Fn(&T) -> i32,
) {
    let mut numbers: Vec<i32> = mine.iter().map(number).collect();
    if numbers.len() != stored.len() {
        let count = i32::try_from(stored.len()).unwrap_or(i32::MAX);
        numbers = (*next..next.saturating_add(count)).collect();
        *next = next.saturating_add(count);
    }
    *mine = numbers
        .into_iter()
        .zip(stored)
        .map(|(n, s)| make(n, s))
        .collect();
}

/// The working copy of an attachment.
#[derive(Debug, Clone)]
pub struct WorkingAttachment {
    /// PR_ATTACH_NUM.
    pub number: i32,
    /// The attachment as it would be saved.
    pub copy: StoredAttachment,
}

impl WorkingAttachment {
    /// A new attachment: no method, not placed in the text, with a record key that stays with it.
    #[must_use]
    pub fn new(number: i32, record_key: [u8; 16]) -> Self {
        let mut props = Bag::new();
        props.set(tags::ATTACH_METHOD, attach_method::NONE);
        props.set(tags::RENDERING_POSITION, -1);
        props.set(tags::RECORD_KEY, record_key.as_slice());
        Self {
            number,
            copy: StoredAttachment {
                props,
                embedded: None,
            },
        }
    }

    /// A copy of a saved attachment.
    #[must_use]
    pub fn open(number: i32, saved: &StoredAttachment) -> Self {
        Self {
            number,
            copy: saved.clone(),
        }
    }

    /// PR_ATTACH_METHOD.
    #[must_use]
    pub fn method(&self) -> i32 {
        self.copy
            .props
            .value(tags::ATTACH_METHOD)
            .and_then(PropValue::as_long)
            .unwrap_or(0)
    }
}
