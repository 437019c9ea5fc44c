//! What a message that arrives must have, made where it brings nothing. Reference: "Setting Properties on Incoming Messages"
//! (requirements INC-01, MSG-03)

use mapi_props::{FileTime, MessageTree, PropTag, PropValue, Tag, TreeProps, recipient_type, tags};

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
    stand_in(props, &SENDER);
    stand_in(props, &RECEIVER);
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
