//! What a message is told when it arrives: whom it is for, by which address it came, when.
//! Reference: "IXPLogon::StartMessage", "PR_RECEIVED_BY_ENTRYID" (requirement XP-01)

use mapi_mime::ImportContext;
use mapi_props::entry_id::{OneOff, recipient_search_key};
use mapi_props::person::{RECEIVED_BY, RECEIVED_FOR};
use mapi_props::{
    FileTime, MessageTree, PropValue, Tag, TreeProps, object_type, recipient_type, tags,
};

use super::ADDRESS_TYPE;
use super::route::{Router, address_of};
use crate::address::Address;
use crate::parcel::{Content, Posted};
use crate::settings::Settings;

/// Messages in messages that are taken apart, of a mail.
const DEPTH: usize = 32;

/// Makes a message of what was posted at `time`.
///
/// # Errors
/// What is wrong with it, for a person.
pub(super) fn arrived(
    posted: Posted,
    time: FileTime,
    settings: &Settings,
    router: &Router<'_>,
) -> Result<MessageTree, String> {
    let mut tree = match posted.content {
        Content::Tree(tree) => *tree,
        Content::Mail(mail) => {
            let bytes = mail.bytes().map_err(|e| e.to_string())?;
            let mut context = ImportContext::new(time);
            context.limits.depth = context.limits.depth.min(DEPTH);
            mapi_mime::parse(bytes, &context).map_err(|none| none.to_string())?
        }
    };
    tree.props.set(tags::MESSAGE_DELIVERY_TIME, time);
    tree.recipients.iter_mut().for_each(complete);
    let led = received_as(&mut tree, &posted.envelope, settings, router);
    say_by_whom(&mut tree.props, &led, settings);
    Ok(tree)
}

/// The address by which it came, one that all may see first. Notes whether this mailbox is among those whom it is to, and those who get a copy.
fn received_as(
    tree: &mut MessageTree,
    envelope: &str,
    settings: &Settings,
    router: &Router<'_>,
) -> Address {
    let (mut to_me, mut cc_me, mut named, mut hidden) = (false, false, None, None);
    for row in &tree.recipients {
        let Some(address) = address_of(row).filter(|a| router.is_of(a, &settings.addresses)) else {
            continue;
        };
        match row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long) {
            Some(recipient_type::TO) | None => to_me = true,
            Some(recipient_type::CC) => cc_me = true,
            _ => {
                hidden.get_or_insert(address);
                continue;
            }
        }
        named.get_or_insert(address);
    }
    tree.props.set(tags::MESSAGE_TO_ME, to_me);
    tree.props.set(tags::MESSAGE_CC_ME, cc_me);
    tree.props.set(tags::MESSAGE_RECIP_ME, to_me || cc_me);
    let told = Address::parse(envelope);
    told.or(named)
        .or(hidden)
        .unwrap_or_else(|| settings.first().clone())
}

/// PR_RECEIVED_BY_… and PR_RCVD_REPRESENTING_…: nobody receives for another here.
fn say_by_whom(props: &mut TreeProps, address: &Address, settings: &Settings) {
    // As the identity of the service is named: an answer has this name as its author's.
    let first = settings.first();
    let name = settings.name.as_deref().unwrap_or_else(|| first.name());
    let search_key = recipient_search_key(ADDRESS_TYPE, address.as_str());
    for person in [RECEIVED_BY, RECEIVED_FOR] {
        props.set(person.name, name);
        props.set(person.address_type, ADDRESS_TYPE);
        props.set(person.address, address.as_str());
        props.set(person.search_key, search_key.as_slice());
        if let Ok(id) = OneOff::new(name, ADDRESS_TYPE, address.as_str()).encode() {
            props.set(person.entry_id, id);
        }
        if let Some(smtp) = person.smtp {
            props.set(smtp, address.as_str());
        }
    }
}

/// The base properties of a recipient. An identifier of the sender's says nothing here: it has a one-off one.
fn complete(row: &mut TreeProps) {
    let text = |tag: Tag<str>| row.text(tag).map(str::to_owned);
    let Some(address) = text(tags::EMAIL_ADDRESS) else {
        return;
    };
    let kind = text(tags::ADDRTYPE).unwrap_or_else(|| ADDRESS_TYPE.to_owned());
    let name = text(tags::DISPLAY_NAME).unwrap_or_else(|| address.clone());
    if row.value(tags::ENTRYID).is_none()
        && let Ok(id) = OneOff::new(&name, &kind, &address).encode()
    {
        row.set(tags::ENTRYID, id);
    }
    if row.value(tags::SEARCH_KEY).is_none() {
        row.set(tags::SEARCH_KEY, recipient_search_key(&kind, &address));
    }
    let mut default = |tag: Tag<i32>, value: i32| {
        if row.value(tag).is_none() {
            row.set(tag, value);
        }
    };
    default(tags::OBJECT_TYPE, object_type::MAILUSER);
    default(tags::DISPLAY_TYPE, 0);
    default(tags::RECIPIENT_TYPE, recipient_type::TO);
    for (tag, value) in [(tags::ADDRTYPE, kind), (tags::DISPLAY_NAME, name)] {
        if row.text(tag).is_none() {
            row.set(tag, value);
        }
    }
}
