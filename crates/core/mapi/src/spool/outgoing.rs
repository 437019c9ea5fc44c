//! A message that is about to be sent: read once, for its transports and for what becomes of it.
//! Reference: "Sending Messages: Transport Provider Tasks" (requirements OUT-08, XP-01)

use mapi_kit::export::{ExportFrom, export, original};
use mapi_kit::import::{AS_WRITTEN, ORIGINAL};
use mapi_kit::report::is_report;
use mapi_props::person::{PersonTags, REPRESENTING, SENDER};
use mapi_props::{
    Bag, MessageTree, PropKey, PropTag, PropValue, StoredMessage, TreeProps, TreeValue, tags,
};
use mapi_spi::{Identity, ItemId, ItemMeta, Result};

use super::{Carrier, Spool};
use crate::{Addressee, blind};

/// What may name blind recipients: the header that a message came with here, and whom the message had that a report is about.
const SECRET: [PropTag; 2] = [
    tags::TRANSPORT_MESSAGE_HEADERS.raw(),
    tags::ORIGINAL_DISPLAY_BCC.raw(),
];

/// A message of the queue, read.
#[derive(Debug)]
pub struct Picked {
    /// What the store knows of it; its change number is that of the state that was read.
    pub meta: ItemMeta,
    /// Its own properties.
    pub props: Bag,
    /// Its recipient rows.
    pub recipients: Vec<Bag>,
}

impl Spool {
    /// Reads a message: what the store needs when it settles it, and all of it as a tree. Large values of the tree are
    /// read when they are needed.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; those of the store.
    pub fn pick(&self, item: ItemId) -> Result<(Picked, MessageTree)> {
        let context = &self.context;
        let data = context.spi()?.message(item, &context.call)?;
        let tree = export(self.from(item), &data.body)?;
        let StoredMessage {
            props, recipients, ..
        } = data.body;
        let meta = data.meta;
        let picked = Picked {
            meta,
            props,
            recipients,
        };
        Ok((picked, tree))
    }

    /// The copy of a message that a transport is given: what is only for its store stays behind, with headers that it came with
    /// and the blind recipients of messages that are attached to it; and it says who sends it and when. A sender that is none
    /// of the user's identities is the transport's, or this store's; whoever represents nobody represents himself. One that was submitted to leave as it was written has those bytes as PR_INTERNET_CONTENT
    /// ([`crate::Message::submit_as_written`]).
    #[must_use]
    pub fn outgoing(&self, message: MessageTree, picked: &Picked, by: &Carrier) -> MessageTree {
        let mut copy = message.into_transmittable();
        if let Some(written) = self.as_written(picked) {
            copy.props.insert(PropKey::Id(ORIGINAL.id()), written);
        }
        blind::leave_attached(&mut copy);
        let props = &mut copy.props;
        for tag in SECRET {
            props.remove(&tag.into());
        }
        // Whoever delivers it says that. In a report the number has another meaning: which message it is about.
        if !is_report(props) {
            props.remove(&tags::INTERNET_RETURN_PATH.raw().into());
        }
        let own = by.identity();
        let own = own.or(self.context.opened.place.identity.as_ref());
        if let Some(own) = own.filter(|_| !self.is_mine(props)) {
            let sender = Addressee::from(own);
            put(props, &SENDER, &sender);
            if nobody(&REPRESENTING, props) {
                put(props, &REPRESENTING, &sender);
            }
        }
        props.set(tags::PROVIDER_SUBMIT_TIME, self.now());
        copy
    }

    fn from(&self, item: ItemId) -> ExportFrom<'_> {
        let context = &self.context;
        ExportFrom {
            store: &context.opened.store,
            names: &context.opened.names,
            item: Some(item),
            staged: &[],
            call: &context.call,
        }
    }

    /// The bytes as which a message leaves, if it was submitted so.
    fn as_written(&self, picked: &Picked) -> Option<TreeValue> {
        let said = picked.props.value(AS_WRITTEN).and_then(PropValue::as_bool);
        let from = self.from(picked.meta.id);
        (said == Some(true)).then(|| original(from, &picked.meta, &picked.props))?
    }

    /// Whether the sender that a message names is the user, in any identity.
    fn is_mine(&self, props: &TreeProps) -> bool {
        let Some(address) = props.text(tags::SENDER_EMAIL_ADDRESS) else {
            return false;
        };
        let kind = props.text(tags::SENDER_ADDRTYPE).unwrap_or("SMTP");
        let smtp = props.text(tags::SENDER_SMTP_ADDRESS).unwrap_or(address);
        if kind == "SMTP" && smtp.to_lowercase() != address.to_lowercase() {
            // What is written for other systems names the second one.
            return false;
        }
        let is_it = |known: &Identity| {
            known.address_type == kind && known.address.to_lowercase() == address.to_lowercase()
        };
        let providers = self.context.member.session.providers.all();
        providers
            .iter()
            .any(|p| p.identity.as_ref().is_some_and(is_it))
    }
}

/// Whether a message says nothing of somebody.
fn nobody(who: &PersonTags, props: &TreeProps) -> bool {
    who.all().all(|tag| props.value(tag).is_none())
}

/// Says of somebody who it is, and nothing that was said before: not the address of another beside it.
fn put(props: &mut TreeProps, tags: &PersonTags, who: &Addressee) {
    for tag in tags.all() {
        props.remove(&tag.into());
    }
    for (tag, value) in who.told_as(tags) {
        props.set(tag, value);
    }
}
