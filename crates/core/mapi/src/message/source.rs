//! Properties of a message.

use mapi_kit::computed::{Facts, Owner, computed, is_computed, listed};
use mapi_kit::import::is_original;
use mapi_kit::working::WorkingMessage;
use mapi_props::{Code, PropTag, PropValue, Slot, tags};
use mapi_spi::{ItemId, ItemKind, ItemMeta, Result, StoreInfo};

use super::bodies::{Bodies, Stored};
use super::{MessageInner, State};
use crate::prop::PropSource;

pub(super) struct MessageSource<'a> {
    pub(super) inner: &'a MessageInner,
    pub(super) info: &'a StoreInfo,
    pub(super) state: &'a State,
    /// The folder it goes to; `None` for an embedded message.
    pub(super) folder: Option<ItemId>,
    /// It is in a storage of its own, which says of itself what stores would make.
    pub(super) on_storage: bool,
}

/// Properties that are made for a message in a storage too; others are what the storage says.
const OF_ANY: [u16; 6] = [
    tags::ACCESS.id(),
    tags::ACCESS_LEVEL.id(),
    tags::OBJECT_TYPE.id(),
    tags::MESSAGE_FLAGS.id(),
    tags::HASATTACH.id(),
    tags::STORE_SUPPORT_MASK.id(),
];

/// Tables of a message.
const OBJECTS: [PropTag; 2] = [tags::MESSAGE_RECIPIENTS, tags::MESSAGE_ATTACHMENTS];

/// Properties that a message has only once it lies in a folder.
const OF_STORED: [u16; 6] = [
    tags::ENTRYID.id(),
    tags::RECORD_KEY.id(),
    tags::INSTANCE_KEY.id(),
    tags::CHANGE_NUMBER.id(),
    tags::MESSAGE_SIZE.id(),
    tags::MSG_STATUS.id(),
];

impl PropSource for MessageSource<'_> {
    fn slot(&self, id: u16) -> Option<Slot> {
        if is_original(id) {
            return None;
        }
        self.state.working.props.get(&id).cloned()
    }

    fn computed(&self, tag: PropTag) -> Option<PropValue> {
        let (id, working) = (tag.id(), &self.state.working);
        if id == tags::ACCESS_LEVEL.id() {
            return Some(PropValue::Long(i32::from(self.state.modify)));
        }
        if self.on_storage && !OF_ANY.contains(&id) {
            return None;
        }
        let saved = working.meta().is_some();
        if !saved && OF_STORED.contains(&id) {
            return None;
        }
        if self.folder.is_none() && id == tags::PARENT_ENTRYID.id() {
            return None;
        }
        let parent = self.folder.unwrap_or(ItemId(0));
        let unsaved = unsaved_meta(parent, working.flags);
        let meta = working.meta().unwrap_or(&unsaved);
        computed(
            &Facts {
                info: self.info,
                meta,
                counts: None,
                depth: 0,
                instance: 0,
            },
            tag,
        )
    }

    fn derived(&self, tag: PropTag) -> Option<Result<PropValue>> {
        let made = |bodies: &Bodies, stored: &Stored<'_>| bodies.get(stored, tag);
        self.inner.with_bodies(self.state, made)
    }

    fn derived_tags(&self) -> Vec<PropTag> {
        let made = |bodies: &Bodies, stored: &Stored<'_>| bodies.tags(stored);
        self.inner.with_bodies(self.state, made)
    }

    fn value_limit(&self) -> u64 {
        u64::from(self.info.limits.inline_bytes)
    }

    fn ids(&self) -> Vec<u16> {
        let ids = self.state.working.props.iter().map(|(id, _)| *id);
        ids.filter(|id| !is_original(*id)).collect()
    }

    fn computed_tags(&self) -> Vec<PropTag> {
        listed(Owner::Message).collect()
    }

    fn objects(&self) -> &'static [PropTag] {
        &OBJECTS
    }

    fn code_page(&self) -> u16 {
        let of = |tag| {
            self.state
                .working
                .props
                .value(tag)
                .and_then(PropValue::as_long)
        };
        of(tags::MESSAGE_CODEPAGE)
            .and_then(|n| u16::try_from(n).ok())
            .unwrap_or(1252)
    }
}

fn unsaved_meta(parent: ItemId, flags: u32) -> ItemMeta {
    ItemMeta {
        id: ItemId(0),
        parent,
        kind: ItemKind::Message {
            associated: flags & mapi_props::message_flags::ASSOCIATED != 0,
        },
        deleted: false,
        change: 0,
        content_version: 0,
        thread: None,
        flags,
        status: 0,
        size: 0,
    }
}

/// Properties that every save makes anew.
const MADE_BY_SAVE: [u16; 4] = [
    tags::NORMALIZED_SUBJECT.id(),
    tags::DISPLAY_TO.id(),
    tags::DISPLAY_CC.id(),
    tags::DISPLAY_BCC.id(),
];

/// Times that can be set until the first save only.
const TIMES: [u16; 2] = [tags::CREATION_TIME.id(), tags::LAST_MODIFICATION_TIME.id()];

/// Why a property of a message cannot be set or deleted.
pub(super) fn refuses(
    working: &WorkingMessage,
    embedded: bool,
    id: u16,
    value: Option<&PropValue>,
) -> Option<Code> {
    let saved = working.meta().is_some() || (embedded && !working.saved_body().props.is_empty());
    if id == tags::MESSAGE_FLAGS.id() {
        return match value {
            Some(PropValue::Long(_)) if !saved => None,
            Some(PropValue::Long(_)) | None => Some(Code::COMPUTED),
            Some(_) => Some(Code::UNEXPECTED_TYPE),
        };
    }
    let made = is_computed(Owner::Message, id)
        || MADE_BY_SAVE.contains(&id)
        || OBJECTS.iter().any(|o| o.id() == id)
        || is_original(id)
        || (saved && TIMES.contains(&id));
    made.then_some(Code::COMPUTED)
}
