//! Messages: transacted; changes live in the handle until it is saved.
//! Reference: "IMessage" (requirements OUT-01 … OUT-07, X-1 … X-3)

mod bodies;
mod content;
mod conversation;
mod copying;
mod edits;
mod parts;
mod positions;
mod reading;
mod references;
mod reports;
mod saving;
mod settling;
mod source;
mod submitting;
mod tracks;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use mapi_kit::computed::record_key;
use mapi_kit::large::{ValueReader, never_saved};
use mapi_kit::outgoing;
use mapi_kit::working::WorkingMessage;
use mapi_props::{Code, LargeRef, PropTag, PropValue, Slot, message_flags, tags};
use mapi_spi::{Call, Error, ItemId, ItemKind, Result, Staged};

use crate::attachment::AttachmentInner;
use crate::context::{Context, ErrorNote};
use crate::prop::{Change, Object as PropObject, PropSource, StreamHome};
use crate::stream::Streams;
use crate::{EntryId, OpenFlags, SaveFlags, ShortId};

use crate::message_file::STORED;
pub use content::Original;
use edits::Edits;
pub(crate) use positions::stored_position;
pub use reading::Receipt;
pub use references::Reference;
use source::MessageSource;
pub use tracks::RecipientTrack;

/// An open message: a snapshot, and the changes made through this handle. Clones are the same handle.
///
/// ```
/// # fn show(inbox: &mapi::Folder) -> mapi::Result<()> {
/// use mapi::{MapiProp, SaveFlags, tags};
///
/// let message = inbox.create_message()?;
/// message.set(tags::SUBJECT, "RE: budget")?;
/// message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
/// assert_eq!(message.get(tags::NORMALIZED_SUBJECT)?, "budget");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Message {
    pub(crate) inner: Arc<MessageInner>,
}

impl fmt::Debug for Message {
    /// Which message, never what it says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.short_id() {
            Some(id) => write!(f, "Message({id})"),
            None => write!(f, "Message(not in a folder yet)"),
        }
    }
}

pub(crate) struct MessageInner {
    pub(crate) context: Context,
    place: Place,
    pub(crate) state: Mutex<State>,
    errors: ErrorNote,
    streams: Streams,
    bodies: bodies::Bodies,
    /// Values staged for this message and all that is in it, kept while any handle of it is open. An embedded message
    /// uses those of the message in the folder.
    staged: Mutex<Vec<Staged>>,
}

/// Where a message is saved to.
enum Place {
    /// A folder.
    Folder { folder: ItemId, associated: bool },
    /// An attachment.
    Attachment(Arc<AttachmentInner>),
    /// A structured storage of its own.
    Storage,
}

pub(crate) struct State {
    pub(crate) working: WorkingMessage,
    pub(crate) id: Option<ItemId>,
    pub(crate) modify: bool,
    /// Open attachments: opening one twice gives the same instance (INC-05).
    pub(crate) attachments: HashMap<i32, Weak<AttachmentInner>>,
    /// In which order its bodies were written since it was saved.
    edits: Edits,
}

impl State {
    /// The number of a saved message in the store of its own storage.
    fn stored(&self) -> Option<ItemId> {
        self.working.meta().map(|meta| meta.id)
    }
}

impl Message {
    pub(crate) fn open(context: &Context, id: ItemId, flags: OpenFlags) -> Result<Self> {
        Self::open_now(context, id, flags).or_else(|error| {
            let context = context.deferring(error, flags)?;
            let place = Place::Folder {
                folder: context.info().root,
                associated: false,
            };
            let working = WorkingMessage::new([0; 16], false);
            Ok(Self::of(context, place, working, Some(id), false))
        })
    }

    /// The same, telling at once what cannot be opened.
    pub(crate) fn open_now(context: &Context, id: ItemId, flags: OpenFlags) -> Result<Self> {
        let data = context.spi()?.message(id, &context.call)?;
        if data.meta.deleted && !flags.contains(OpenFlags::SHOW_SOFT_DELETES) {
            return Err(Error::new(
                Code::NOT_FOUND,
                format!("message {id} is deleted"),
            ));
        }
        let ItemKind::Message { associated } = data.meta.kind else {
            return Err(Error::new(
                Code::NOT_FOUND,
                format!("item {id} is no message"),
            ));
        };
        let mut modify = context.grant(flags)?;
        if modify && data.meta.flags & message_flags::SUBMIT != 0 {
            if !flags.contains(OpenFlags::BEST_ACCESS) {
                let locked = outgoing::is_locked(&data.body.props);
                return Err(being_sent(locked));
            }
            modify = false;
        }
        let place = Place::Folder {
            folder: data.meta.parent,
            associated,
        };
        let working = WorkingMessage::open(data);
        Ok(Self::of(context.clone(), place, working, Some(id), modify))
    }

    pub(crate) fn create(context: &Context, folder: ItemId, associated: bool) -> Self {
        let key = context.opened.place.support.new_guid().0;
        let working = WorkingMessage::new(key, associated);
        Self::of(
            context.clone(),
            Place::Folder { folder, associated },
            working,
            None,
            true,
        )
    }

    pub(crate) fn embedded(
        attachment: Arc<AttachmentInner>,
        working: WorkingMessage,
        modify: bool,
    ) -> Self {
        let context = attachment.context().clone();
        Self::of(
            context,
            Place::Attachment(attachment),
            working,
            None,
            modify,
        )
    }

    /// The message of a storage's own store, or the first one of an empty storage.
    pub(crate) fn in_storage(context: &Context, modify: bool) -> Result<Self> {
        let working = match context.spi()?.message(STORED, &context.call) {
            Ok(data) => WorkingMessage::open(data),
            Err(e) if e.code() == Code::NOT_FOUND => {
                WorkingMessage::new(context.opened.place.support.new_guid().0, false)
            }
            Err(e) => return Err(e),
        };
        Ok(Self::of(
            context.clone(),
            Place::Storage,
            working,
            None,
            modify,
        ))
    }

    fn of(
        context: Context,
        place: Place,
        working: WorkingMessage,
        id: Option<ItemId>,
        modify: bool,
    ) -> Self {
        let state = State {
            working,
            id,
            modify,
            attachments: HashMap::new(),
            edits: Edits::default(),
        };
        let errors = ErrorNote::default();
        Self {
            inner: Arc::new(MessageInner {
                context,
                place,
                state: Mutex::new(state),
                errors,
                streams: Streams::default(),
                bodies: bodies::Bodies::default(),
                staged: Mutex::default(),
            }),
        }
    }

    /// Its entry id; `None` before the first save and for embedded messages.
    #[must_use]
    pub fn entry_id(&self) -> Option<EntryId> {
        self.item().map(|id| self.inner.context.entry_id(false, id))
    }

    /// Its number in the store; `None` before the first save and for embedded messages.
    #[must_use]
    pub fn item(&self) -> Option<ItemId> {
        self.inner.state().id
    }

    /// Its id for people; `None` before the first save and for embedded messages.
    #[must_use]
    pub fn short_id(&self) -> Option<ShortId> {
        let store = self.inner.context.opened.place.letter.clone();
        self.item().map(|item| ShortId { store, item })
    }

    /// Whether the handle may write (PR_ACCESS_LEVEL).
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.inner.state().modify
    }

    /// PR_MESSAGE_FLAGS.
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.inner.state().working.flags
    }

    /// PR_ENTRYID of the folder that it is in; `None` for embedded messages.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn parent_id(&self) -> Result<Option<EntryId>> {
        self.inner.context.spi()?;
        let state = self.inner.state();
        let folder = match &self.inner.place {
            Place::Folder { folder, .. } => state.working.meta().map_or(*folder, |m| m.parent),
            Place::Attachment(_) | Place::Storage => return Ok(None),
        };
        Ok(Some(self.inner.context.entry_id(true, folder)))
    }

    /// Saves the changes: everything at once or nothing. The handle becomes read-only unless KEEP_OPEN_READWRITE.
    ///
    /// # Errors
    /// `MAPI_E_OBJECT_CHANGED` if somebody saved since this handle was opened (FORCE_SAVE overrides),
    /// `MAPI_E_OBJECT_DELETED` if the message or its folder is gone, `MAPI_E_NO_ACCESS` on a read-only handle. The handle
    /// stays as it was.
    pub fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        self.inner.errors.track(self.save(flags))
    }
}

impl MessageInner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The item in whose bag large values of this message lie: its own, or the outermost message's.
    pub(crate) fn host_item(&self) -> Option<ItemId> {
        match &self.place {
            Place::Folder { .. } => self.state().id,
            Place::Attachment(attachment) => attachment.message().host_item(),
            Place::Storage => self.state().stored(),
        }
    }

    /// What record keys of its attachments begin with: its own record key, or that of the attachment it lies in. `None`
    /// before the first save.
    pub(crate) fn part_key(&self) -> Option<Vec<u8>> {
        match &self.place {
            Place::Folder { .. } => Some(record_key(&self.context.info().uid, self.state().id?)),
            Place::Attachment(attachment) => attachment.record_key(),
            Place::Storage => {
                let stored = self.state().stored()?;
                Some(record_key(&self.context.info().uid, stored))
            }
        }
    }

    /// The same while this message's state is at hand.
    fn host_item_with(&self, state: &State) -> Option<ItemId> {
        match &self.place {
            Place::Folder { .. } => state.id,
            Place::Attachment(attachment) => attachment.message().host_item(),
            Place::Storage => state.stored(),
        }
    }

    pub(crate) fn open_value(&self, value: &LargeRef) -> Result<ValueReader> {
        self.open_value_of(self.host_item(), value)
    }

    fn open_value_of(&self, host: Option<ItemId>, value: &LargeRef) -> Result<ValueReader> {
        let (store, call) = (self.context.spi()?, &self.context.call);
        let staged = self.held().into_iter().find(|s| s.place() == value.place);
        if let Some(staged) = staged {
            return Ok(ValueReader::new(staged.open(call)?, call));
        }
        let item = host.ok_or_else(never_saved)?;
        ValueReader::open(store, item, value, call)
    }

    /// Keeps staged values that the message or something in it names from now on.
    pub(crate) fn hold(&self, staged: Vec<Staged>) {
        match &self.place {
            Place::Folder { .. } | Place::Storage => self.holding().extend(staged),
            Place::Attachment(attachment) => attachment.message().hold(staged),
        }
    }

    /// The staged values that may be named.
    pub(crate) fn held(&self) -> Vec<Staged> {
        match &self.place {
            Place::Folder { .. } | Place::Storage => self.holding().clone(),
            Place::Attachment(attachment) => attachment.message().held(),
        }
    }

    fn holding(&self) -> MutexGuard<'_, Vec<Staged>> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it, or the message it is in, lies in a storage of its own.
    pub(crate) fn is_on_storage(&self) -> bool {
        match &self.place {
            Place::Folder { .. } => false,
            Place::Attachment(attachment) => attachment.message().is_on_storage(),
            Place::Storage => true,
        }
    }

    /// Depth of embedding: 0 for a message of a folder.
    pub(crate) fn depth(&self) -> u32 {
        match &self.place {
            Place::Folder { .. } | Place::Storage => 0,
            Place::Attachment(attachment) => attachment.message().depth() + 1,
        }
    }
}

impl PropObject for Message {
    fn context(&self) -> &Context {
        &self.inner.context
    }

    fn errors(&self) -> &ErrorNote {
        &self.inner.errors
    }

    fn streams(&self) -> &Streams {
        &self.inner.streams
    }

    fn with_source<T>(&self, f: &mut dyn FnMut(&dyn PropSource) -> Result<T>) -> Result<T> {
        self.inner.context.spi()?;
        let state = self.inner.state();
        let folder = match self.inner.place {
            Place::Folder { folder, .. } => Some(folder),
            Place::Attachment(_) | Place::Storage => None,
        };
        f(&MessageSource {
            inner: &self.inner,
            info: self.inner.context.info(),
            state: &state,
            folder,
            on_storage: matches!(self.inner.place, Place::Storage),
        })
    }

    fn can_modify(&self) -> bool {
        self.inner.state().modify
    }

    fn refuses(&self, tag: PropTag, value: Option<&PropValue>) -> Option<Code> {
        let state = self.inner.state();
        let embedded = matches!(self.inner.place, Place::Attachment(_));
        source::refuses(&state.working, embedded, tag.id(), value)
    }

    fn apply(&self, change: Change) -> Result<()> {
        self.inner.context.spi()?;
        let mut state = self.inner.state();
        let set = change.set.iter().map(|(id, _)| *id);
        let ids: Vec<u16> = set.chain(change.delete.iter().copied()).collect();
        state.edits.note(ids.into_iter());
        for (id, slot) in change.set {
            match slot {
                Slot::Value(PropValue::Long(flags)) if id == tags::MESSAGE_FLAGS.id() => {
                    state.working.set_flags(flags.cast_unsigned())?;
                }
                slot => {
                    state.working.props.insert(id, slot);
                }
            }
        }
        for id in change.delete {
            state.working.props.remove(&id);
        }
        drop(state);
        self.inner.hold(change.staged);
        Ok(())
    }

    fn save(&self, flags: SaveFlags) -> Result<()> {
        saving::save(self, flags)
    }

    fn open_large(&self, value: &LargeRef) -> Result<ValueReader> {
        self.inner.open_value(value)
    }

    fn stream_home(&self) -> Box<dyn StreamHome> {
        Box::new(self.clone())
    }
}

impl Message {
    /// The same message opened anew under another call context; unsaved changes stay with this handle.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if it was never saved or is gone.
    pub fn reopen(&self, call: Call, flags: OpenFlags) -> Result<Self> {
        let id = self.item().ok_or_else(|| {
            Error::new(
                Code::NOT_FOUND,
                "a message that was never saved cannot be opened again",
            )
        })?;
        Self::open(&self.inner.context.with_call(call), id, flags)
    }
}

/// Why a message of the outgoing queue is not opened for changes: it waits, or is being handed over (OUT-08).
fn being_sent(locked: bool) -> Error {
    if locked {
        let detail = "the message is being handed over";
        return Error::new(Code::NO_ACCESS, detail);
    }
    Error::new(Code::SUBMITTED, "the message is being sent")
}
