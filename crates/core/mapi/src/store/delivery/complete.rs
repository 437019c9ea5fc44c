//! What a message that arrives must have, made where it brings nothing. Reference: "Setting Properties on Incoming Messages"
//! (requirements INC-01, MSG-03)

use mapi_props::person::{PersonTags, RECEIVED_BY, RECEIVED_FOR, REPRESENTING, SENDER};
use mapi_props::{FileTime, MessageTree, PropValue, Tag, TreeProps, recipient_type, tags};

/// The class of an incoming message that names none.
const DEFAULT_CLASS: &str = "IPM.Note";

/// Sets what an incoming message must have.
pub(super) fn complete(message: &mut MessageTree, now: FileTime) {
    let me = Address::of(
        &message.props,
        tags::RECEIVED_BY_ADDRTYPE,
        tags::RECEIVED_BY_EMAIL_ADDRESS,
    );
    if let Some(me) = me {
        name_me(message, &me);
    }
    let props = &mut message.props;
    let class = props.text(tags::MESSAGE_CLASS).unwrap_or_default();
    if class.trim().is_empty() {
        props.set(tags::MESSAGE_CLASS, DEFAULT_CLASS);
    }
    if props.value(tags::MESSAGE_DELIVERY_TIME).is_none() {
        props.set(tags::MESSAGE_DELIVERY_TIME, now);
    }
    stand_in(props, &SENDER, &REPRESENTING);
    stand_in(props, &RECEIVED_BY, &RECEIVED_FOR);
}

/// Whoever represents nobody represents himself: all properties together, so that two people are not mixed.
fn stand_in(props: &mut TreeProps, who: &PersonTags, represented: &PersonTags) {
    let represented = represented.each();
    if represented.iter().any(|tag| props.value(*tag).is_some()) {
        return;
    }
    for (from, to) in who.each().into_iter().zip(represented) {
        if let Some(value) = props.value(from).cloned() {
            props.set(to, value);
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
