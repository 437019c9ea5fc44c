//! To whom a reply goes. Reference: "Sending a Reply" (requirement OUT-12)

use std::collections::BTreeSet;

use mapi_props::entry_id::{flat_entries, recipient_search_key};
use mapi_props::person::{PersonTags, RECEIVED_BY, RECEIVED_FOR, REPRESENTING, SENDER};
use mapi_props::{MessageTree, PropTag, PropValue, Tag, TreeProps, recipient_type, tags};

use super::{Addressee, ReplyTo};
use crate::Identity;

/// The keys that a person goes by in a message.
pub(super) fn person_keys(who: &PersonTags, props: &TreeProps) -> Vec<Vec<u8>> {
    let stored = props.value(who.search_key).and_then(PropValue::as_bytes);
    let address = props.text(who.address).filter(|a| !a.is_empty());
    let made = address.map(|address| {
        let kind = props.text(who.address_type).unwrap_or("SMTP");
        recipient_search_key(kind, address)
    });
    stored.map(upper).into_iter().chain(made).collect()
}

/// A person as somebody to write to: by address, else by an entry identifier that says one.
pub(super) fn addressee(who: &PersonTags, props: &TreeProps) -> Option<Addressee> {
    if let Some(address) = props.text(who.address).filter(|a| !a.is_empty()) {
        return Some(Addressee {
            name: props.text(who.name).unwrap_or_default().to_owned(),
            address_type: props.text(who.address_type).unwrap_or("SMTP").to_owned(),
            address: address.to_owned(),
        });
    }
    let entry_id = props.value(who.entry_id).and_then(PropValue::as_bytes)?;
    Addressee::of_one_off(entry_id)
}

type Row = Vec<(PropTag, PropValue)>;

/// The recipients of a reply.
pub(super) fn reply(
    original: &MessageTree,
    to: ReplyTo,
    identities: &[Identity],
    own_addresses: &[String],
) -> Vec<Row> {
    let me = Me::of(original, identities, own_addresses);
    let mut list = List::new(&me);
    let author = authors(original);
    let named = !flat(original).is_empty();
    if !named && !author.is_empty() && me.wrote(original) {
        // A message of one's own goes on to those it was sent to.
        list.add_of(original, recipient_type::TO);
    } else {
        author.iter().for_each(|row| list.add(row.clone()));
    }
    if to == ReplyTo::All {
        list.add_of(original, recipient_type::TO);
        list.add_of(original, recipient_type::CC);
    }
    if list.rows.is_empty() {
        return author;
    }
    list.rows
}

/// Who is to get replies: whom the message names for that, else its author, else its sender.
fn authors(original: &MessageTree) -> Vec<Row> {
    let named = flat(original);
    if !named.is_empty() {
        return named;
    }
    let props = &original.props;
    let author = addressee(&REPRESENTING, props);
    let author = author.or_else(|| addressee(&SENDER, props));
    let author = author.map(|a| a.row(recipient_type::TO));
    author.into_iter().collect()
}

/// PR_REPLY_RECIPIENT_ENTRIES as rows; an identifier of an address book stays itself, with its name of PR_REPLY_RECIPIENT_NAMES.
fn flat(original: &MessageTree) -> Vec<Row> {
    let props = &original.props;
    let list = props.value(tags::REPLY_RECIPIENT_ENTRIES);
    let list = list.and_then(PropValue::as_bytes).unwrap_or_default();
    let names = props.text(tags::REPLY_RECIPIENT_NAMES).unwrap_or_default();
    let mut names = names.split("; ");
    let row = |entry: &[u8]| {
        let name = names.next().unwrap_or_default();
        if entry.is_empty() {
            return None;
        }
        if let Some(person) = Addressee::of_one_off(entry) {
            let fits = !person.address.is_empty();
            return fits.then(|| person.row(recipient_type::TO));
        }
        Some(vec![
            (tags::RECIPIENT_TYPE.raw(), recipient_type::TO.into()),
            (tags::DISPLAY_NAME.raw(), name.into()),
            (tags::ENTRYID.raw(), entry.into()),
        ])
    };
    flat_entries(list).into_iter().filter_map(row).collect()
}

/// Everything that the user goes by.
struct Me {
    keys: BTreeSet<Vec<u8>>,
    /// Without those that the original was received by, which may be a list's.
    own: BTreeSet<Vec<u8>>,
}

impl Me {
    fn of(original: &MessageTree, identities: &[Identity], own_addresses: &[String]) -> Self {
        let of_session = identities.iter().map(|i| Addressee::from(i).search_key());
        let further = own_addresses
            .iter()
            .map(|a| recipient_search_key("SMTP", a));
        let own: BTreeSet<_> = of_session.chain(further).collect();
        let received = [&RECEIVED_BY, &RECEIVED_FOR].map(|who| person_keys(who, &original.props));
        let keys = own.iter().cloned().chain(received.concat()).collect();
        Self { keys, own }
    }

    fn is(&self, row: &Row) -> bool {
        keys_of(row).iter().any(|key| self.keys.contains(key))
    }

    fn wrote(&self, original: &MessageTree) -> bool {
        let keys = person_keys(&REPRESENTING, &original.props);
        keys.iter().any(|key| self.own.contains(key))
    }
}

/// A list of recipients without oneself, each once.
struct List<'a> {
    me: &'a Me,
    seen: BTreeSet<Vec<u8>>,
    rows: Vec<Row>,
}

impl<'a> List<'a> {
    const fn new(me: &'a Me) -> Self {
        Self {
            me,
            seen: BTreeSet::new(),
            rows: Vec::new(),
        }
    }

    fn add(&mut self, row: Row) {
        let keys = keys_of(&row);
        if self.me.is(&row) || keys.iter().any(|key| self.seen.contains(key)) {
            return;
        }
        self.seen.extend(keys);
        self.rows.push(row);
    }

    /// Adds the recipients of one kind. Those of whom a report tells are none of its recipients.
    fn add_of(&mut self, original: &MessageTree, kind: i32) {
        for row in &original.recipients {
            let found = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
            let told = row.value(tags::REPORT_TIME).is_some();
            // MAPI_SUBMITTED stands above the kind, MAPI_P1 for one.
            if found.map(|k| k & i32::MAX) == Some(kind) && !told {
                self.rows_of(row, kind);
            }
        }
    }

    fn rows_of(&mut self, row: &TreeProps, kind: i32) {
        if let Some(row) = kept(row, kind) {
            self.add(row);
        }
    }
}

/// What of a recipient says who it is; what became of the message for it is left out.
const KEPT: [PropTag; 12] = [
    tags::DISPLAY_NAME.raw(),
    tags::ADDRTYPE.raw(),
    tags::EMAIL_ADDRESS.raw(),
    tags::SMTP_ADDRESS.raw(),
    tags::ENTRYID.raw(),
    tags::SEARCH_KEY.raw(),
    tags::RECORD_KEY.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::DISPLAY_TYPE.raw(),
    tags::SEND_RICH_INFO.raw(),
    tags::SEND_INTERNET_ENCODING.raw(),
    tags::TRANSMITABLE_DISPLAY_NAME.raw(),
];

/// A recipient's row for another message; `None` for one who cannot be written to.
pub(super) fn kept(row: &TreeProps, kind: i32) -> Option<Row> {
    let known: Row = KEPT
        .iter()
        .filter_map(|tag| Some((*tag, row.value(*tag)?.clone())))
        .collect();
    let text = |tag: Tag<str>| row.text(tag).filter(|t| !t.is_empty());
    let address = text(tags::EMAIL_ADDRESS).or_else(|| text(tags::SMTP_ADDRESS));
    let entry_id = row.value(tags::ENTRYID).and_then(PropValue::as_bytes);
    let made = match address {
        Some(address) => {
            let address_type = text(tags::ADDRTYPE).unwrap_or("SMTP");
            let name = text(tags::DISPLAY_NAME).unwrap_or_default();
            Addressee {
                name: name.to_owned(),
                address_type: address_type.to_owned(),
                address: address.to_owned(),
            }
            .row(kind)
        }
        None => match entry_id.map(Addressee::of_one_off)? {
            Some(person) if !person.address.is_empty() => person.row(kind),
            Some(_) => return None,
            None => vec![(tags::RECIPIENT_TYPE.raw(), kind.into())],
        },
    };
    let missing = made
        .into_iter()
        .filter(|(tag, _)| known.iter().all(|(have, _)| have.id() != tag.id()));
    Some(missing.chain(known.iter().cloned()).collect())
}

/// The keys that a recipient goes by.
pub(super) fn keys_of(row: &Row) -> Vec<Vec<u8>> {
    let find = |tag: PropTag| row.iter().find(|(t, _)| t.id() == tag.id()).map(|(_, v)| v);
    let text = |tag: Tag<str>| {
        let text = find(tag.raw()).and_then(PropValue::as_str);
        text.filter(|t| !t.is_empty())
    };
    let mut keys = Vec::new();
    if let Some(key) = find(tags::SEARCH_KEY.raw()).and_then(PropValue::as_bytes) {
        keys.push(upper(key));
    }
    if let Some(address) = text(tags::EMAIL_ADDRESS) {
        let kind = text(tags::ADDRTYPE).unwrap_or("SMTP");
        keys.push(recipient_search_key(kind, address));
    }
    if let Some(address) = text(tags::SMTP_ADDRESS) {
        keys.push(recipient_search_key("SMTP", address));
    }
    if keys.is_empty()
        && let Some(entry_id) = find(tags::ENTRYID.raw()).and_then(PropValue::as_bytes)
    {
        keys.push(entry_id.to_vec());
    }
    keys
}

/// A key as those that are made here: writers of old did not always use capitals.
fn upper(key: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(key) {
        Ok(text) => text.to_uppercase().into_bytes(),
        Err(_) => key.to_vec(),
    }
}
