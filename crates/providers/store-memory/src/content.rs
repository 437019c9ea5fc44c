//! Large values: kept once by the hash of their bytes, some as recipes of others.

mod base64;
mod reader;

use std::collections::BTreeMap;
use std::sync::Arc;

use mapi_props::{Bag, Encoding, LargePlace, Slot, StoredAttachment, StoredMessage};

use crate::state::{Data, Item};

pub(crate) use reader::{Reader, Staging, kept};

/// BLAKE3 of the bytes.
pub(crate) type Key = [u8; 32];

/// A large value.
#[derive(Debug)]
pub(crate) enum Content {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// Parts one after another, and how many bytes they make.
    Recipe { parts: Vec<Part>, size: u64 },
}

/// One part of a recipe.
#[derive(Debug)]
pub(crate) enum Part {
    Literal(Vec<u8>),
    Value {
        of: Arc<Content>,
        encoding: Encoding,
    },
}

impl Content {
    /// A recipe of these parts.
    pub(crate) fn recipe(parts: Vec<Part>) -> Self {
        let mut recipe = Self::Recipe { parts, size: 0 };
        let whole = len(recipe.render().len());
        if let Self::Recipe { size, .. } = &mut recipe {
            *size = whole;
        }
        recipe
    }

    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => len(bytes.len()),
            Self::Recipe { size, .. } => *size,
        }
    }

    pub(crate) const fn is_recipe(&self) -> bool {
        matches!(self, Self::Recipe { .. })
    }

    /// All bytes.
    pub(crate) fn render(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            Self::Recipe { parts, .. } => parts.iter().flat_map(Part::render).collect(),
        }
    }

    pub(crate) fn key(&self) -> Key {
        match self {
            Self::Bytes(bytes) => *blake3::hash(bytes).as_bytes(),
            Self::Recipe { .. } => *blake3::hash(&self.render()).as_bytes(),
        }
    }
}

impl Part {
    fn render(&self) -> Vec<u8> {
        match self {
            Self::Literal(bytes) => bytes.clone(),
            Self::Value { of, encoding } => match *encoding {
                Encoding::Identity => of.render(),
                Encoding::Base64 {
                    line_len,
                    crlf,
                    last_eol,
                } => base64::encode(&of.render(), line_len, crlf, last_eol),
            },
        }
    }
}

/// The key and size of a large value at hand.
pub(crate) const fn present(slot: &Slot) -> Option<(Key, u64)> {
    match slot {
        Slot::Large(large) => match large.place {
            LargePlace::Present(key) => Some((key, large.size)),
            LargePlace::Remote | LargePlace::Pending(_) => None,
        },
        Slot::Value(_) => None,
    }
}

/// Every slot of an item, in a fixed order.
pub(crate) fn slots_of(item: &Item) -> Vec<&Slot> {
    let mut slots = Vec::new();
    match &item.data {
        Data::Folder { props, .. } => slots.extend(props.iter().map(|(_, s)| s)),
        Data::Message { body, .. } => slots_of_message(body, &mut slots),
    }
    slots
}

/// Every slot of a message, in a fixed order.
pub(crate) fn slots_of_message<'a>(message: &'a StoredMessage, slots: &mut Vec<&'a Slot>) {
    slots.extend(message.props.iter().map(|(_, s)| s));
    for recipient in &message.recipients {
        slots.extend(recipient.iter().map(|(_, s)| s));
    }
    for attachment in &message.attachments {
        slots.extend(attachment.props.iter().map(|(_, s)| s));
        if let Some(embedded) = &attachment.embedded {
            slots_of_message(embedded, slots);
        }
    }
}

/// Every bag of a message's recipients and attachments, to be changed.
pub(crate) fn each_inner_bag(
    recipients: Option<&mut Vec<Bag>>,
    attachments: Option<&mut Vec<StoredAttachment>>,
    each: &mut dyn FnMut(&mut Bag),
) {
    recipients.into_iter().flatten().for_each(&mut *each);
    for attachment in attachments.into_iter().flatten() {
        each(&mut attachment.props);
        if let Some(embedded) = attachment.embedded.as_deref_mut() {
            each(&mut embedded.props);
            each_inner_bag(
                Some(&mut embedded.recipients),
                Some(&mut embedded.attachments),
                each,
            );
        }
    }
}

/// The values that these slots name, out of those known.
pub(crate) fn held<'a>(
    slots: impl IntoIterator<Item = &'a Slot>,
    known: impl Fn(&Key) -> Option<Arc<Content>>,
) -> Option<BTreeMap<Key, Arc<Content>>> {
    let keys = slots.into_iter().filter_map(present);
    keys.map(|(key, _)| Some((key, known(&key)?))).collect()
}

fn len(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
