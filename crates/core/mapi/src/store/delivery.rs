//! Delivery: an incoming message is put where messages of its class arrive, and everybody who asked is told.
//! Reference: "Handling an Incoming Message", "IMsgStore::NotifyNewMail" (requirements INC-01, STO-06, SUB-02)

use mapi_kit::report;
use mapi_props::{
    Code, MessageTree, PropTag, PropValue, Tag, TreeProps, message_flags, recipient_type, tags,
};
use mapi_spi::{ChangeSet, Durability, Error, Op, Result};

use super::MsgStore;
use crate::{EntryId, ImportItem, ImportOptions, ImportOutcome, OpenFlags};

/// The class of an incoming message that names none.
const DEFAULT_CLASS: &str = "IPM.Note";

/// What became of an incoming message.
#[derive(Debug)]
pub struct Delivered {
    /// The message.
    pub entry_id: EntryId,
    /// The receive folder that it is in.
    pub folder_id: EntryId,
    /// What could not be kept, `header-not-promoted`.
    pub defects: Vec<mapi_props::Defect>,
}

impl MsgStore {
    /// Delivers a message: puts it, unread, into the receive folder of its class, makes it durable, and then tells of new
    /// mail once. It is a message of its own however often the same is delivered.
    ///
    /// What is missing is made: the class (IPM.Note), the time of delivery (now), PR_SENT_REPRESENTING_… (the sender's),
    /// PR_RCVD_REPRESENTING_… (PR_RECEIVED_BY_…'s) and, where PR_RECEIVED_BY_… says whose mailbox this is,
    /// PR_MESSAGE_TO_ME, _CC_ME and _RECIP_ME: whether that address itself is named, not a list that it may be on. A message
    /// that asks for a read report owes one from now on (MSGFLAG_RN_PENDING, MSGFLAG_NRN_PENDING).
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` in a read-only store; `MAPI_E_USER_CANCEL`, `MAPI_E_NOT_ENOUGH_DISK` … Nothing was delivered
    /// then, and nobody told.
    pub fn deliver(&self, message: MessageTree) -> Result<Delivered> {
        let delivered = self.writable().and_then(|()| self.take_in(message));
        self.errors.track(delivered)
    }

    fn take_in(&self, mut message: MessageTree) -> Result<Delivered> {
        self.complete(&mut message);
        let class = message.props.text(tags::MESSAGE_CLASS).unwrap_or_default();
        let (folder_id, _) = self.receive_folder_id(class)?;
        let folder = self.open_folder(&folder_id, OpenFlags::MODIFY)?;
        let item = ImportItem {
            flags: message_flags::UNMODIFIED | report::pending(&message.props),
            tree: message,
            source: None,
        };
        let options = ImportOptions {
            durability: Durability::Full,
            associated: false,
            turn: None,
        };
        let outcome = folder.import(vec![item], options)?.pop();
        let (entry_id, defects) = match outcome {
            Some(ImportOutcome::Imported { id, defects }) => (id, defects),
            Some(ImportOutcome::Failed(error)) => return Err(error),
            Some(ImportOutcome::Skipped { .. }) | None => {
                return Err(Error::new(Code::CALL_FAILED, "the store gave no result"));
            }
        };
        self.announce(&entry_id)?;
        Ok(Delivered {
            entry_id,
            folder_id,
            defects,
        })
    }

    /// Tells of new mail that was delivered by other means than [`Self::deliver`]: a message that is saved already.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`, `MAPI_E_INVALID_ENTRYID`, `MAPI_E_UNKNOWN_ENTRYID` for the message; `MAPI_E_NO_ACCESS` in a
    /// read-only store.
    pub fn notify_new_mail(&self, message: &EntryId) -> Result<()> {
        let told = self.writable().and_then(|()| self.announce(message));
        self.errors.track(told)
    }

    fn announce(&self, message: &EntryId) -> Result<()> {
        let message = self.context.message_id(message)?;
        let op = Op::NotifyNewMail { message };
        self.context.commit(ChangeSet::one(op)).map(drop)
    }

    /// Sets what an incoming message must have (INC-01).
    fn complete(&self, message: &mut MessageTree) {
        let me = Address::of(
            &message.props,
            tags::RECEIVED_BY_ADDRTYPE,
            tags::RECEIVED_BY_EMAIL_ADDRESS,
        );
        if let Some(me) = me {
            name_me(message, &me);
        }
        let props = &mut message.props;
        if props
            .text(tags::MESSAGE_CLASS)
            .is_none_or(|class| class.trim().is_empty())
        {
            props.set(tags::MESSAGE_CLASS, DEFAULT_CLASS);
        }
        if props.value(tags::MESSAGE_DELIVERY_TIME).is_none() {
            props.set(tags::MESSAGE_DELIVERY_TIME, self.context.now());
        }
        stand_in(props, &SENDER);
        stand_in(props, &RECEIVER);
    }
}

/// Who is represented where nobody says so, property by property: who it is himself, and whom he represents.
type StandIn = [(PropTag, PropTag); 5];

const SENDER: StandIn = [
    (
        tags::SENDER_ENTRYID.raw(),
        tags::SENT_REPRESENTING_ENTRYID.raw(),
    ),
    (tags::SENDER_NAME.raw(), tags::SENT_REPRESENTING_NAME.raw()),
    (
        tags::SENDER_ADDRTYPE.raw(),
        tags::SENT_REPRESENTING_ADDRTYPE.raw(),
    ),
    (
        tags::SENDER_EMAIL_ADDRESS.raw(),
        tags::SENT_REPRESENTING_EMAIL_ADDRESS.raw(),
    ),
    (
        tags::SENDER_SEARCH_KEY.raw(),
        tags::SENT_REPRESENTING_SEARCH_KEY.raw(),
    ),
];

const RECEIVER: StandIn = [
    (
        tags::RECEIVED_BY_ENTRYID.raw(),
        tags::RCVD_REPRESENTING_ENTRYID.raw(),
    ),
    (
        tags::RECEIVED_BY_NAME.raw(),
        tags::RCVD_REPRESENTING_NAME.raw(),
    ),
    (
        tags::RECEIVED_BY_ADDRTYPE.raw(),
        tags::RCVD_REPRESENTING_ADDRTYPE.raw(),
    ),
    (
        tags::RECEIVED_BY_EMAIL_ADDRESS.raw(),
        tags::RCVD_REPRESENTING_EMAIL_ADDRESS.raw(),
    ),
    (
        tags::RECEIVED_BY_SEARCH_KEY.raw(),
        tags::RCVD_REPRESENTING_SEARCH_KEY.raw(),
    ),
];

/// Whoever represents nobody represents himself: all properties together, so that two people are not mixed.
fn stand_in(props: &mut TreeProps, by: &StandIn) {
    if by.iter().any(|(_, to)| props.value(*to).is_some()) {
        return;
    }
    for (from, to) in by {
        if let Some(value) = props.value(*from).cloned() {
            props.set(*to, value);
        }
    }
}

/// Says whether the mailbox's own address is among the recipients.
fn name_me(message: &mut MessageTree, me: &Address) {
    let named = |kind: i32| {
        let is_me = |row: &TreeProps| {
            let address = Address::of(row, tags::ADDRTYPE, tags::EMAIL_ADDRESS);
            kind_of(row) == kind && address.as_ref() == Some(me)
        };
        message.recipients.iter().any(is_me)
    };
    let (to, cc) = (named(recipient_type::TO), named(recipient_type::CC));
    let any = to || cc || named(recipient_type::BCC);
    for (tag, value) in [
        (tags::MESSAGE_TO_ME, to),
        (tags::MESSAGE_CC_ME, cc),
        (tags::MESSAGE_RECIP_ME, any),
    ] {
        if message.props.value(tag).is_none() {
            message.props.set(tag, value);
        }
    }
}

/// PR_RECIPIENT_TYPE without its flags.
fn kind_of(row: &TreeProps) -> i32 {
    let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
    kind.unwrap_or_default() & 0xF
}

/// An address as addresses are compared: its type and text without case.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    kind: String,
    text: String,
}

impl Address {
    fn of(props: &TreeProps, kind: Tag<str>, text: Tag<str>) -> Option<Self> {
        Some(Self {
            kind: props.text(kind)?.to_ascii_uppercase(),
            text: props.text(text)?.to_ascii_uppercase(),
        })
    }
}
