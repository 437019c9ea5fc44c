//! A message tree as the head of a record and its large values.

use std::collections::HashMap;
use std::io::{self, Read};

use mapi_props::codec::{CodecError, encode_stored};
use mapi_props::{
    AttachmentTree, Bag, LargePlace, LargeRef, LargeSource, MessageTree, NameKind, PropKey,
    PropName, PropTag, PropType, PropValue, Slot, StoredAttachment, StoredMessage, TreeContent,
    TreeProps, TreeValue, recipient_type, tags,
};

use super::INLINE;
use super::wire::{put_block, put_u32};

/// Identifiers from here on are places among the names of a record.
pub(super) const FIRST_NAME: u16 = 0x8000;
/// Most names.
const NAMES: usize = 0x7FFE;

/// Whom a copy of a message is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Addressing<'a> {
    /// The address that led to the mailbox; empty if it is that of a recipient whom all may see.
    pub envelope: &'a str,
    /// Places of the blind recipients whom this copy is for: they see themselves, and no other does.
    pub hidden: &'a [usize],
}

/// Why a message cannot travel in a parcel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TooMuch {
    /// More named properties than there are identifiers.
    #[error("it has more than {NAMES} named properties")]
    Names,
    /// Nested too deep, or a value without a form.
    #[error("{0}")]
    Codec(#[from] CodecError),
    /// A length beyond 32 bits, or more recipients than fit.
    #[error("its properties and recipients take more than 256 MiB")]
    Length,
    /// A value of it cannot be read.
    #[error("a value of it cannot be read: {0}")]
    Source(#[from] io::Error),
}

impl TooMuch {
    /// Whether it will be so the next time too.
    pub(crate) const fn is_for_good(&self) -> bool {
        !matches!(self, Self::Source(_))
    }
}

/// A record without its frame.
pub(super) struct Encoded {
    pub(super) head: Vec<u8>,
    pub(super) values: Vec<LargeSource>,
}

/// Encodes what of a message may travel: no property that is not for others, no blind recipient but those whom this copy is for,
/// no rows that only a resend has. (Requirements PRP-03, XP-01.)
pub(super) fn encode(tree: &MessageTree, to: Addressing<'_>) -> Result<Encoded, TooMuch> {
    let mut encoder = Encoder::default();
    let message = encoder.message(tree, Some(to))?;
    let mut head = Vec::with_capacity(4096);
    let mut good = put_block(&mut head, to.envelope.as_bytes());
    good &= put_u32(&mut head, encoder.values.len());
    for value in &encoder.values {
        head.extend_from_slice(&value.size().to_le_bytes());
    }
    good &= put_u32(&mut head, encoder.names.len());
    for name in &encoder.names {
        good &= put_name(&mut head, name);
    }
    encode_stored(&message, &mut head)?;
    if !good || u64::try_from(head.len()).is_ok_and(|n| n > super::LONGEST_HEAD) {
        return Err(TooMuch::Length);
    }
    Ok(Encoded {
        head,
        values: encoder.values,
    })
}

fn put_name(head: &mut Vec<u8>, name: &PropName) -> bool {
    head.extend_from_slice(name.guid.as_bytes());
    match &name.kind {
        NameKind::Id(id) => {
            head.push(0);
            head.extend_from_slice(&id.to_le_bytes());
            true
        }
        NameKind::Text(text) => {
            head.push(1);
            put_block(head, text.as_bytes())
        }
    }
}

#[derive(Default)]
struct Encoder {
    ids: HashMap<PropName, u16>,
    names: Vec<PropName>,
    values: Vec<LargeSource>,
}

impl Encoder {
    /// `to` is whom the message is for; `None` for an embedded one, which is content and stays whole.
    fn message(
        &mut self,
        tree: &MessageTree,
        to: Option<Addressing<'_>>,
    ) -> Result<StoredMessage, TooMuch> {
        let travels = match to {
            Some(_) => of_message,
            None => of_embedded,
        };
        let mut message = StoredMessage {
            props: self.bag(&tree.props, travels)?,
            ..StoredMessage::default()
        };
        for (place, row) in tree.recipients.iter().enumerate() {
            let Some(to) = to else {
                message.recipients.push(self.bag(row, travels)?);
                continue;
            };
            let Some(kind) = kind_seen(row, to.hidden.contains(&place)) else {
                continue;
            };
            let mut row = self.bag(row, travels)?;
            row.set(tags::RECIPIENT_TYPE, kind);
            message.recipients.push(row);
        }
        for attachment in &tree.attachments {
            message
                .attachments
                .push(self.attachment(attachment, travels)?);
        }
        Ok(message)
    }

    fn attachment(
        &mut self,
        tree: &AttachmentTree,
        travels: fn(u16) -> bool,
    ) -> Result<StoredAttachment, TooMuch> {
        let mut props = self.bag(&tree.props, travels)?;
        let id = tags::ATTACH_DATA_BIN.id();
        props.remove(&id);
        let mut embedded = None;
        match &tree.content {
            TreeContent::None => {}
            TreeContent::Data(source) => {
                props.insert(id, self.source(PropType::BINARY, source)?);
            }
            TreeContent::Storage(source) => {
                props.insert(id, self.large(PropType::OBJECT, source.clone()));
            }
            TreeContent::Message(message) => {
                embedded = Some(Box::new(self.message(message, None)?));
            }
        }
        Ok(StoredAttachment { props, embedded })
    }

    fn bag(&mut self, props: &TreeProps, travels: fn(u16) -> bool) -> Result<Bag, TooMuch> {
        let mut bag = Bag::with_capacity(props.len());
        for (key, value) in props.iter() {
            let id = match key {
                PropKey::Id(id) if travels(*id) => *id,
                PropKey::Id(_) => continue,
                PropKey::Named(name) => self.name(name)?,
            };
            let slot = self.slot(value)?;
            bag.insert(id, slot);
        }
        Ok(bag)
    }

    fn name(&mut self, name: &PropName) -> Result<u16, TooMuch> {
        if let Some(id) = self.ids.get(name) {
            return Ok(*id);
        }
        let place = self.names.len();
        let id = u16::try_from(place).ok().filter(|_| place < NAMES);
        let id = id
            .and_then(|id| id.checked_add(FIRST_NAME))
            .ok_or(TooMuch::Names)?;
        self.names.push(name.clone());
        self.ids.insert(name.clone(), id);
        Ok(id)
    }

    fn slot(&mut self, value: &TreeValue) -> Result<Slot, TooMuch> {
        match value {
            TreeValue::Large(ty, source) => self.source(*ty, source),
            TreeValue::Value(PropValue::Unicode(text)) if is_large(text.len()) => {
                Ok(self.large(PropType::UNICODE, text.as_bytes().to_vec().into()))
            }
            TreeValue::Value(PropValue::Binary(bytes)) if is_large(bytes.len()) => {
                Ok(self.large(PropType::BINARY, bytes.clone().into()))
            }
            TreeValue::Value(value) => Ok(Slot::Value(value.clone())),
        }
    }

    /// A source, read now if it is small after all.
    fn source(&mut self, ty: PropType, source: &LargeSource) -> Result<Slot, TooMuch> {
        let small = source.size() <= INLINE && matches!(ty, PropType::UNICODE | PropType::BINARY);
        if !small {
            return Ok(self.large(ty, source.clone()));
        }
        let mut bytes = Vec::new();
        source.open()?.take(INLINE + 1).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).ok() != Some(source.size()) {
            let wrong = "it is not as long as it says";
            return Err(TooMuch::Source(io::Error::new(
                io::ErrorKind::InvalidData,
                wrong,
            )));
        }
        if ty == PropType::BINARY {
            return Ok(Slot::Value(PropValue::Binary(bytes)));
        }
        Ok(match String::from_utf8(bytes) {
            Ok(text) => Slot::Value(PropValue::Unicode(text)),
            Err(_) => self.large(ty, source.clone()),
        })
    }

    fn large(&mut self, ty: PropType, source: LargeSource) -> Slot {
        let mut key = [0; 32];
        let place = u64::try_from(self.values.len())
            .unwrap_or(u64::MAX)
            .to_le_bytes();
        key.iter_mut().zip(place).for_each(|(to, from)| *to = from);
        let size = source.size();
        self.values.push(source);
        Slot::Large(LargeRef {
            ty,
            size,
            place: LargePlace::Present(key),
        })
    }
}

fn is_large(len: usize) -> bool {
    u64::try_from(len).is_ok_and(|len| len > INLINE)
}

/// Of a message that is sent. What says whether its formatted body is the newest is part of its body.
pub(super) fn of_message(id: u16) -> bool {
    let tag = PropTag::new(id, PropType::UNSPECIFIED);
    id < FIRST_NAME && (tag.is_transmittable() || id == tags::RTF_IN_SYNC.id())
}

/// Of a message in an attachment, which stays whole but for what is secret.
pub(super) fn of_embedded(id: u16) -> bool {
    id < FIRST_NAME && !PropTag::new(id, PropType::UNSPECIFIED).is_secure()
}

/// Whether receivers see a row; `own`: whoever is in it.
pub(crate) fn row_is_seen(row: &TreeProps, own: bool) -> bool {
    kind_seen(row, own).is_some()
}

/// The PR_RECIPIENT_TYPE that receivers see; `None` for rows that they do not.
fn kind_seen(row: &TreeProps, own: bool) -> Option<i32> {
    let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
    let kind = kind.unwrap_or(recipient_type::TO) & !recipient_type::SUBMITTED;
    let unseen = kind & recipient_type::P1 != 0 || (kind == recipient_type::BCC && !own);
    (!unseen).then_some(kind)
}
