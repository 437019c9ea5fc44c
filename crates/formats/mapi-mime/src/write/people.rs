//! Authors, senders and recipients as fields.
//! [MS-OXCMAIL] 2.1.3.1, RFC 5322 §3.6.2–3.6.3

use std::io;

use mapi_props::entry_id::{OneOff, OneOffStrings, flat_entries};
use mapi_props::person::{PersonTags, REPRESENTING, ROW, SENDER};
use mapi_props::{MessageTree, PropValue, Tag, TreeProps, recipient_type, tags};

use super::{Writer, address, field, text_of};

/// Everybody whom the header names, each as a mailbox.
#[derive(Debug, Default)]
pub(super) struct People {
    from: Option<String>,
    author: Option<String>,
    sender: Option<String>,
    reply_to: Vec<String>,
    to: Vec<String>,
    cc: Vec<String>,
    bcc: Vec<String>,
}

impl People {
    pub(super) fn of(writer: &mut Writer<'_>, tree: &MessageTree) -> Self {
        let props = &tree.props;
        let author = Person::read(writer, props, &REPRESENTING);
        let sender = Person::read(writer, props, &SENDER);
        let anonymous = nobody(text_of(props, tags::SENT_REPRESENTING_NAME));
        let from = author.as_ref().map(Person::mailbox).or(anonymous);
        // A sender of the same address says something only with a name of its own.
        let named = |tag| text_of(props, tag);
        let other = |s: &&Person| match &author {
            Some(a) if a.spec == s.spec => {
                let name = named(tags::SENDER_NAME);
                !name.is_empty() && name != named(tags::SENT_REPRESENTING_NAME)
            }
            _ => from.is_some(),
        };
        let people = Self {
            sender: sender.as_ref().filter(other).map(Person::mailbox),
            from: from.clone().or(sender.as_ref().map(Person::mailbox)),
            author: author.as_ref().or(sender.as_ref()).map(Person::mailbox),
            reply_to: reply_to(writer, props),
            to: recipients(writer, tree, recipient_type::TO),
            cc: recipients(writer, tree, recipient_type::CC),
            bcc: recipients(writer, tree, recipient_type::BCC),
        };
        if people.author.is_none() {
            writer.loss("no-from", "the message has no sender with an address");
        }
        people
    }

    /// The author, or the sender of a message without one, if there is an address.
    pub(super) fn author(&self) -> Option<&str> {
        self.author.as_deref()
    }
}

/// Writes From, Sender, Reply-To, To, Cc, and Bcc where that was asked for.
pub(super) fn write(writer: &mut Writer<'_>, people: &People) -> io::Result<()> {
    for (name, items) in [
        ("From", people.from.as_slice()),
        ("Sender", people.sender.as_slice()),
        ("Reply-To", people.reply_to.as_slice()),
        ("To", people.to.as_slice()),
        ("Cc", people.cc.as_slice()),
        ("Bcc", people.bcc.as_slice()),
    ] {
        if !items.is_empty() {
            writer.line(&field::list(name, items))?;
        }
    }
    Ok(())
}

/// Somebody with an address that a field can hold.
#[derive(Debug, PartialEq, Eq)]
struct Person {
    name: String,
    spec: String,
}

impl Person {
    /// Whom some properties name, by the best address there is: that of Internet mail, one in the entry identifier, one
    /// of another system in its encapsulated form.
    fn read(writer: &mut Writer<'_>, props: &TreeProps, tags: &PersonTags) -> Option<Self> {
        let address_type = text_of(props, tags.address_type);
        let internet = address_type.is_empty() || address_type.eq_ignore_ascii_case("SMTP");
        let stored = text_of(props, tags.address);
        let smtp = tags
            .smtp
            .map(|smtp| text_of(props, smtp))
            .filter(|a| !a.is_empty());
        let smtp = smtp.or(Some(stored).filter(|a| internet && !a.is_empty()));
        let name = text_of(props, tags.name);
        if let Some(smtp) = smtp {
            return Self::new(writer, name, smtp);
        }
        if stored.is_empty() {
            let entry_id = props.value(tags.entry_id).and_then(PropValue::as_bytes)?;
            return Self::of_one_off(writer, entry_id);
        }
        Self::of_system(writer, name, address_type, stored)
    }

    fn new(writer: &mut Writer<'_>, name: &str, address: &str) -> Option<Self> {
        let Some(spec) = address::spec(address, &writer.options.domain) else {
            writer.loss("bad-address", address.chars().take(200).collect::<String>());
            return None;
        };
        if spec.qualified {
            writer.loss("address-without-domain", address);
        }
        // Where the name was only the address, it stays so.
        let name = if name == address { "" } else { name };
        Some(Self {
            name: name.to_owned(),
            spec: spec.text,
        })
    }

    fn of_system(
        writer: &mut Writer<'_>,
        name: &str,
        address_type: &str,
        address: &str,
    ) -> Option<Self> {
        let coded = address::encapsulated(address_type, address, &writer.options.domain)?;
        Self::new(writer, name, &coded)
    }

    fn of_one_off(writer: &mut Writer<'_>, entry_id: &[u8]) -> Option<Self> {
        let one_off = OneOff::decode(entry_id).ok()?;
        let OneOffStrings::Unicode {
            name,
            address_type,
            address,
        } = one_off.strings
        else {
            return None;
        };
        if address_type.eq_ignore_ascii_case("SMTP") {
            return Self::new(writer, &name, &address);
        }
        Self::of_system(writer, &name, &address_type, &address)
    }

    fn mailbox(&self) -> String {
        field::mailbox(&self.name, &self.spec)
    }
}

/// Somebody of whom there is only a name: a group without members, the one form that needs no address (RFC 6854).
fn nobody(name: &str) -> Option<String> {
    let name = field::phrase(name);
    // RFC 2047 §5 (3): an encoded word has white space behind it.
    let gap = if name.ends_with("?=") { " " } else { "" };
    (!name.is_empty()).then(|| format!("{name}{gap}:;"))
}

/// The recipients of one kind. Those of whom a report tells are no recipients of the report.
fn recipients(writer: &mut Writer<'_>, tree: &MessageTree, kind: i32) -> Vec<String> {
    let secret = kind == recipient_type::BCC && !writer.options.with_bcc;
    let mut items = Vec::new();
    for row in &tree.recipients {
        // MAPI_SUBMITTED and the like are bits above the kind.
        let row_kind = row
            .value(tags::RECIPIENT_TYPE)
            .and_then(PropValue::as_long)
            .unwrap_or(recipient_type::TO);
        if row_kind & 0xF != kind || super::report::tells_of(&tree.props, row) {
            continue;
        }
        if secret {
            writer.loss("bcc-left-out", text_of(row, tags::DISPLAY_NAME));
            continue;
        }
        match Person::read(writer, row, &ROW) {
            Some(person) => items.push(person.mailbox()),
            None => {
                let name = text_of(row, tags::DISPLAY_NAME);
                writer.loss("recipient-without-address", name);
                items.extend(nobody(name));
            }
        }
    }
    items
}

/// To whom answers go; where there are no addresses, whom the message names.
fn reply_to(writer: &mut Writer<'_>, props: &TreeProps) -> Vec<String> {
    let items = one_offs(writer, props, tags::REPLY_RECIPIENT_ENTRIES);
    if !items.is_empty() {
        return items;
    }
    nobody(text_of(props, tags::REPLY_RECIPIENT_NAMES))
        .into_iter()
        .collect()
}

/// The mailboxes of a FLATENTRYLIST of one-offs, or of a single one.
pub(super) fn one_offs(writer: &mut Writer<'_>, props: &TreeProps, tag: Tag<[u8]>) -> Vec<String> {
    let bytes = props.value(tag).and_then(PropValue::as_bytes);
    let bytes = bytes.unwrap_or_default();
    if let Some(person) = Person::of_one_off(writer, bytes) {
        return vec![person.mailbox()];
    }
    let mut items = Vec::new();
    for entry in flat_entries(bytes) {
        items.extend(Person::of_one_off(writer, entry).map(|p| p.mailbox()));
    }
    items
}

/// A person of a report's row as reports name them, `rfc822; ann@example.org`; `None` without an address.
pub(super) fn typed(props: &TreeProps) -> Option<String> {
    let address = Some(text_of(props, tags::SMTP_ADDRESS)).filter(|a| !a.is_empty());
    let address = address
        .unwrap_or_else(|| text_of(props, ROW.address))
        .trim();
    let kind = text_of(props, ROW.address_type).to_ascii_lowercase();
    let kind = match kind.as_str() {
        "" | "smtp" if address.is_ascii() => "rfc822",
        "" | "smtp" => "utf-8",
        other => other,
    };
    (!address.is_empty()).then(|| format!("{kind}; {address}"))
}
