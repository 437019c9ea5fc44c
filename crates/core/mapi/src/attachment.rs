//! Attachments: transacted in two steps, their own save and then the message's (X-2).
//! Reference: "IAttach" (requirements OUT-06, INC-05)

mod copying;
mod storage;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use mapi_kit::computed::bag_size;
use mapi_kit::large::ValueReader;
use mapi_kit::reference;
use mapi_kit::save::COMPOUND_FILE;
use mapi_kit::working::{WorkingAttachment, WorkingMessage};
use mapi_props::entry_id::attachment_record_key;
use mapi_props::{
    Code, LargePlace, LargeRef, PropTag, PropType, PropValue, Slot, StoredAttachment,
    StoredMessage, attach_method, object_type, tags,
};
use mapi_spi::{Error, Result};

use crate::context::{Context, ErrorNote};
use crate::message::{MessageInner, stored_position};
use crate::prop::{Change, Object as PropObject, PropSource, StreamHome};
use crate::stream::Streams;
use crate::{Message, PropertyFlags, SaveFlags};

pub use storage::{Storage, StorageElement, StorageStream};

/// An open attachment. Clones are the same handle.
///
/// ```
/// # fn show(message: &mapi::Message) -> mapi::Result<()> {
/// use mapi::{MapiProp, SaveFlags, attach_method, tags};
///
/// let file = message.create_attachment()?;
/// file.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
/// file.set(tags::ATTACH_LONG_FILENAME, "notes.txt")?;
/// file.set(tags::ATTACH_DATA_BIN, b"1. agree".as_slice())?;
/// file.save_changes(SaveFlags::NONE)?;
/// message.save_changes(SaveFlags::NONE)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Attachment {
    pub(crate) inner: Arc<AttachmentInner>,
}

impl fmt::Debug for Attachment {
    /// Which attachment, never what is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({})", self.number())
    }
}

pub(crate) struct AttachmentInner {
    message: Arc<MessageInner>,
    state: Mutex<State>,
    errors: ErrorNote,
    streams: Streams,
    /// The embedded message while it is open: in a storage it is opened once (STO-11).
    inner: Mutex<Weak<MessageInner>>,
}

struct State {
    working: WorkingAttachment,
    modify: bool,
    /// The message's copy holds it.
    saved: bool,
}

impl Attachment {
    pub(crate) fn new(
        message: Arc<MessageInner>,
        working: WorkingAttachment,
        modify: bool,
        saved: bool,
    ) -> Self {
        let state = Mutex::new(State {
            working,
            modify,
            saved,
        });
        Self {
            inner: Arc::new(AttachmentInner {
                message,
                state,
                errors: ErrorNote::default(),
                streams: Streams::default(),
                inner: Mutex::default(),
            }),
        }
    }

    /// PR_ATTACH_NUM: good while the message is open.
    #[must_use]
    pub fn number(&self) -> i32 {
        self.inner.state().working.number
    }

    /// PR_ATTACH_METHOD.
    #[must_use]
    pub fn method(&self) -> i32 {
        self.inner.state().working.method()
    }

    /// Whether the handle may write (PR_ACCESS_LEVEL).
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.inner.state().modify
    }

    /// The embedded message (OpenProperty of PR_ATTACH_DATA_OBJ with IID_IMessage). With CREATE a new, empty one. It is
    /// saved into this attachment, which is saved into its message, and so on outwards. Of a message in a storage, one that is
    /// open already is the same object, with the access it was opened with first.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none and it is not created; `MAPI_E_INVALID_PARAMETER` for CREATE without MODIFY;
    /// `MAPI_E_NO_ACCESS` for MODIFY on a read-only attachment; `MAPI_E_TOO_COMPLEX` beyond the store's depth of nesting.
    pub fn open_embedded(&self, flags: PropertyFlags) -> Result<Message> {
        self.inner.errors.track(self.embedded(flags))
    }

    fn embedded(&self, flags: PropertyFlags) -> Result<Message> {
        let context = self.inner.context();
        context.spi()?;
        let modify = flags.contains(PropertyFlags::MODIFY);
        let create = flags.contains(PropertyFlags::CREATE);
        let once = self.inner.message.is_on_storage();
        let mut opened = self.inner.opened();
        if let (true, false, Some(inner)) = (once, create, opened.upgrade()) {
            return Ok(Message { inner });
        }
        let state = self.inner.state();
        if create && !modify {
            return Err(Error::new(Code::INVALID_PARAMETER, "CREATE needs MODIFY"));
        }
        if modify && !state.modify {
            return Err(Error::new(
                Code::NO_ACCESS,
                "the attachment is open read-only",
            ));
        }
        let working = if create {
            if self.inner.message.depth() >= context.info().limits.embed_depth {
                return Err(Error::new(
                    Code::TOO_COMPLEX,
                    "messages are nested too deep",
                ));
            }
            WorkingMessage::new(context.opened.place.support.new_guid().0, false)
        } else {
            let body =
                state.working.copy.embedded.as_deref().ok_or_else(|| {
                    Error::new(Code::NOT_FOUND, "the attachment holds no message")
                })?;
            WorkingMessage::open_embedded(body.clone())
        };
        drop(state);
        let message = Message::embedded(Arc::clone(&self.inner), working, modify);
        *opened = Arc::downgrade(&message.inner);
        Ok(message)
    }
}

impl AttachmentInner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self) -> MutexGuard<'_, Weak<MessageInner>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn context(&self) -> &Context {
        &self.message.context
    }

    pub(crate) fn message(&self) -> &MessageInner {
        &self.message
    }

    /// PR_RECORD_KEY; `None` until the message lies in a folder, as that of the message.
    pub(crate) fn record_key(&self) -> Option<Vec<u8>> {
        let host = self.message.part_key()?;
        record_key(&host, &self.state().working.copy)
    }

    /// PR_RENDERING_POSITION where the text says it, not what is stored (INC-03).
    fn shown_position(&self) -> Option<i32> {
        let (number, stored) = {
            let state = self.state();
            (state.working.number, stored_position(&state.working.copy))
        };
        self.message.shown_position(number, stored)
    }

    /// The data of a storage is an object and other data is none, whichever of its two views it was written through
    /// (INC-05). Small data is settled when the message is saved.
    fn settle_data(&self, state: &mut State) -> Result<()> {
        let id = tags::ATTACH_DATA_BIN.id();
        let ole = state.working.method() == attach_method::OLE;
        let props = &mut state.working.copy.props;
        let Some(Slot::Large(large)) = props.get(&id).cloned() else {
            return Ok(());
        };
        let here = matches!(large.place, LargePlace::Present(_));
        if !here || (!ole && large.ty != PropType::OBJECT) {
            return Ok(());
        }
        let storage = ole && self.begins_as_storage(&large)?;
        let ty = if storage {
            PropType::OBJECT
        } else {
            PropType::BINARY
        };
        props.insert(id, Slot::Large(LargeRef { ty, ..large }));
        Ok(())
    }

    fn begins_as_storage(&self, value: &LargeRef) -> Result<bool> {
        let mut start = [0; COMPOUND_FILE.len()];
        let mut value = self.message.open_value(value)?.into_inner();
        value.read_at(0, &mut start, &self.context().call)?;
        Ok(start == COMPOUND_FILE)
    }

    /// Takes over a saved embedded message.
    pub(crate) fn put_embedded(&self, body: StoredMessage) -> Result<()> {
        let mut state = self.state();
        if !state.modify {
            return Err(Error::new(
                Code::NO_ACCESS,
                "the attachment is no longer writable",
            ));
        }
        let copy = &mut state.working.copy;
        copy.embedded = Some(Box::new(body));
        copy.props.remove(&tags::ATTACH_DATA_BIN.id());
        copy.props
            .set(tags::ATTACH_METHOD, attach_method::EMBEDDED_MSG);
        Ok(())
    }
}

impl PropObject for Attachment {
    fn context(&self) -> &Context {
        self.inner.context()
    }

    fn errors(&self) -> &ErrorNote {
        &self.inner.errors
    }

    fn streams(&self) -> &Streams {
        &self.inner.streams
    }

    fn with_source<T>(&self, f: &mut dyn FnMut(&dyn PropSource) -> Result<T>) -> Result<T> {
        self.context().spi()?;
        let record_key = self.inner.record_key();
        let position = self.inner.shown_position();
        let state = self.inner.state();
        f(&AttachmentSource {
            state: &state,
            context: self.context(),
            record_key,
            position,
        })
    }

    fn can_modify(&self) -> bool {
        self.inner.state().modify
    }

    fn refuses(&self, tag: PropTag, _value: Option<&PropValue>) -> Option<Code> {
        let mut made = COMPUTED.iter().chain([&reference::OWN_WORD]);
        made.any(|c| c.id() == tag.id()).then_some(Code::COMPUTED)
    }

    fn apply(&self, change: Change) -> Result<()> {
        self.context().spi()?;
        let mut state = self.inner.state();
        let copy = &mut state.working.copy;
        let data = tags::ATTACH_DATA_BIN.id();
        let mut refers = false;
        for (id, slot) in change.set {
            if id == data {
                copy.embedded = None;
            }
            refers |= reference::is_said_by(id);
            copy.props.insert(id, slot);
        }
        for id in change.delete {
            if id == data {
                copy.embedded = None;
            }
            refers |= reference::is_said_by(id);
            copy.props.remove(&id);
        }
        if refers {
            reference::say(&mut copy.props);
        }
        drop(state);
        self.inner.message.hold(change.staged);
        Ok(())
    }

    fn save(&self, flags: SaveFlags) -> Result<()> {
        self.context().spi()?;
        let mut state = self.inner.state();
        if !state.modify {
            return Err(Error::new(
                Code::NO_ACCESS,
                "the attachment is open read-only",
            ));
        }
        self.inner.message.writable()?;
        self.inner.settle_data(&mut state)?;
        let (number, copy) = (state.working.number, state.working.copy.clone());
        let mut message = self.inner.message.state();
        if state.saved && message.working.attachment(number).is_none() {
            return Err(Error::new(
                Code::OBJECT_DELETED,
                "the attachment was deleted",
            ));
        }
        let before = message.working.attachment(number).map(stored_position);
        if before != Some(stored_position(&copy)) {
            self.inner.message.settle_positions(&mut message);
        }
        message.working.put_attachment(number, copy);
        state.saved = true;
        state.modify = flags.contains(SaveFlags::KEEP_OPEN_READWRITE);
        Ok(())
    }

    fn open_large(&self, value: &LargeRef) -> Result<ValueReader> {
        self.inner.message.open_value(value)
    }

    fn stream_home(&self) -> Box<dyn StreamHome> {
        Box::new(self.clone())
    }
}

struct AttachmentSource<'a> {
    state: &'a State,
    context: &'a Context,
    record_key: Option<Vec<u8>>,
    /// PR_RENDERING_POSITION where the text says it, not what is stored.
    position: Option<i32>,
}

/// Properties that are made here.
const COMPUTED: [PropTag; 8] = [
    tags::ATTACH_NUM.raw(),
    tags::ATTACH_SIZE.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::ACCESS_LEVEL.raw(),
    tags::RECORD_KEY.raw(),
    tags::STORE_ENTRYID.raw(),
    tags::STORE_RECORD_KEY.raw(),
    tags::MAPPING_SIGNATURE.raw(),
];

impl AttachmentSource<'_> {
    fn holds_object(&self) -> bool {
        let data = self
            .state
            .working
            .copy
            .props
            .get(&tags::ATTACH_DATA_BIN.id());
        self.state.working.copy.embedded.is_some()
            || data.is_some_and(|s| s.ty() == PropType::OBJECT)
    }
}

impl PropSource for AttachmentSource<'_> {
    fn slot(&self, id: u16) -> Option<Slot> {
        if id == tags::RECORD_KEY.id() || id == reference::OWN_WORD.id() {
            return None;
        }
        if let (true, Some(at)) = (id == tags::RENDERING_POSITION.id(), self.position) {
            return Some(Slot::Value(at.into()));
        }
        self.state.working.copy.props.get(&id).cloned()
    }

    fn computed(&self, tag: PropTag) -> Option<PropValue> {
        let (id, info) = (tag.id(), self.context.info());
        let working = &self.state.working;
        Some(match id {
            id if id == tags::ATTACH_NUM.id() => working.number.into(),
            id if id == tags::ATTACH_SIZE.id() => size(&working.copy).into(),
            id if id == tags::OBJECT_TYPE.id() => object_type::ATTACH.into(),
            id if id == tags::ACCESS_LEVEL.id() => i32::from(self.state.modify).into(),
            id if id == tags::RECORD_KEY.id() => self.record_key.clone()?.into(),
            id if id == tags::STORE_ENTRYID.id()
                || id == tags::STORE_RECORD_KEY.id()
                || id == tags::MAPPING_SIGNATURE.id() =>
            {
                return mapi_kit::computed::store_computed(info, tag);
            }
            _ => return None,
        })
    }

    fn ids(&self) -> Vec<u16> {
        self.state
            .working
            .copy
            .props
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| *id != reference::OWN_WORD.id())
            .collect()
    }

    fn computed_tags(&self) -> Vec<PropTag> {
        COMPUTED.to_vec()
    }

    fn objects(&self) -> &'static [PropTag] {
        if self.holds_object() {
            &[tags::ATTACH_DATA_OBJ]
        } else {
            &[]
        }
    }
}

/// PR_RECORD_KEY of an attachment: the key of what it is attached to, and what is stored with it. A store copies the
/// latter with the message, so that alone it would name the original and its copies alike (EID-05).
pub(crate) fn record_key(host: &[u8], attachment: &StoredAttachment) -> Option<Vec<u8>> {
    let own = attachment.props.value(tags::RECORD_KEY)?.as_bytes()?;
    Some(attachment_record_key(host, own))
}

/// PR_ATTACH_SIZE: all its properties, the data included.
pub(crate) fn size(attachment: &StoredAttachment) -> i32 {
    let embedded = attachment
        .embedded
        .as_deref()
        .map_or(0, mapi_kit::computed::message_size);
    let all = bag_size(&attachment.props).saturating_add(embedded);
    i32::try_from(all).unwrap_or(i32::MAX)
}
