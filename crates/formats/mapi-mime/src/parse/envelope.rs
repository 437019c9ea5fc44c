//! Header fields to properties and recipients.
//! [MS-OXCMAIL] 2.2.2 and 2.2.3.2

mod rare;

use mapi_props::entry_id::{OneOff, flat_entry_list, recipient_search_key};
use mapi_props::person::{PersonTags, REPRESENTING, ROW, SENDER};
use mapi_props::{
    Defect, FileTime, MessageTree, PropKey, PropName, PropValue, Tag, TreeProps, TreeValue,
};
use mapi_props::{guids, object_type, recipient_type, tags};

use super::{ImportContext, put_text};
use crate::header::address::{self, Mailbox};
use crate::header::{Field, date, fields};
use crate::structure::short;
use crate::{charset, transfer::Transfer};

/// Reads a message's header into its properties and recipients.
pub(super) fn read(
    tree: &mut MessageTree,
    header: &[u8],
    context: &ImportContext,
    recipients: usize,
    page: i32,
    defects: &mut Vec<Defect>,
) {
    put_header_text(tree, header, context, page, defects);
    let mut reader = Envelope {
        tree,
        context,
        defects,
        from: Vec::new(),
        sender: Vec::new(),
        reply_to: Vec::new(),
        importance: None,
        late: rare::Late::default(),
        named: 0,
        recipients,
        page,
    };
    for (n, field) in fields(header).enumerate() {
        if n >= context.limits.header_fields {
            reader.defect(
                "too-many-headers",
                format!("only the first {n} fields are read"),
            );
            break;
        }
        reader.field(&field);
    }
    reader.finish();
}

/// PR_TRANSPORT_MESSAGE_HEADERS: the header as it stands, cut at the limit.
fn put_header_text(
    tree: &mut MessageTree,
    header: &[u8],
    context: &ImportContext,
    page: i32,
    defects: &mut Vec<Defect>,
) {
    if header.is_empty() {
        return;
    }
    let max = context.limits.header_text;
    let kept = header.get(..max).unwrap_or(header);
    if kept.len() < header.len() {
        crate::defects::note(
            defects,
            "header-text-cut",
            format!("{} of {} bytes kept", kept.len(), header.len()),
        );
    }
    // Only the last character may have been cut in two.
    let kept = match std::str::from_utf8(kept) {
        Err(e) if e.error_len().is_none() && kept.len() < header.len() => {
            kept.get(..e.valid_up_to()).unwrap_or(kept)
        }
        _ => kept,
    };
    let mut text = charset::decode(kept, None, page).text.into_owned();
    if text.contains('\0') {
        text.retain(|c| c != '\0');
    }
    put_text(&mut tree.props, tags::TRANSPORT_MESSAGE_HEADERS, text);
}

/// PR_MESSAGE_DELIVERY_TIME of a message that arrives: topmost Received, else what the container says, else Date,
/// else now; never more than a day ahead.
pub(super) fn delivery_time(
    props: &mut TreeProps,
    container: Option<FileTime>,
    now: FileTime,
    defects: &mut Vec<Defect>,
) {
    const DAY: u64 = 24 * 3600 * 10_000_000;
    let received = props
        .value(tags::MESSAGE_DELIVERY_TIME)
        .and_then(PropValue::as_time);
    let date = props
        .value(tags::CLIENT_SUBMIT_TIME)
        .and_then(PropValue::as_time);
    let mut time = received.or(container).or(date).unwrap_or(now);
    if time.0 > now.0.saturating_add(DAY) {
        let detail = format!("delivery at {} is in the future", date::format(time));
        crate::defects::note(defects, "future-delivery-time", detail);
        time = now;
    }
    props.set(tags::MESSAGE_DELIVERY_TIME, time);
}

struct Envelope<'a> {
    tree: &'a mut MessageTree,
    context: &'a ImportContext,
    defects: &'a mut Vec<Defect>,
    from: Vec<Mailbox>,
    sender: Vec<Mailbox>,
    reply_to: Vec<Mailbox>,
    /// Importance and the rank of the field that said it.
    importance: Option<(u8, i32)>,
    late: rare::Late,
    named: usize,
    /// Recipient rows that may be made.
    recipients: usize,
    /// The code page of raw 8-bit bytes.
    page: i32,
}

/// Addresses read from one From, Sender or Reply-To.
const PEOPLE_MAX: usize = 1000;

/// PS_INTERNET_HEADERS names that the reference registers (`properties.csv`), as it spells them.
const REGISTERED: &[&str] = &[
    "Accept-Language",
    "Content-Base",
    "Content-Class",
    "Xref",
    "X-Sharing-Capabilities",
    "X-Sharing-Config-Url",
    "X-Sharing-Flavor",
    "X-Sharing-Local-Type",
    "X-Sharing-Provider-Guid",
    "X-Sharing-Provider-Name",
    "X-Sharing-Provider-Url",
    "X-Sharing-Remote-Name",
    "X-Sharing-Remote-Store-Uid",
    "X-Sharing-Remote-Type",
    "X-Sharing-Remote-Uid",
];

impl Envelope<'_> {
    fn field(&mut self, field: &Field<'_>) {
        let name = field.name.to_ascii_lowercase();
        match name.as_str() {
            "from" | "sender" | "reply-to" | "to" | "cc" | "bcc" => self.addresses(&name, field),
            "subject" => self.decoded(tags::SUBJECT, field),
            "thread-topic" => self.decoded(tags::CONVERSATION_TOPIC, field),
            "message-id" => self.ids(tags::INTERNET_MESSAGE_ID, field, 1),
            "in-reply-to" => self.ids(tags::IN_REPLY_TO_ID, field, usize::MAX),
            "references" => self.ids(tags::INTERNET_REFERENCES, field, usize::MAX),
            "list-help" => self.raw(tags::LIST_HELP, field),
            "list-subscribe" => self.raw(tags::LIST_SUBSCRIBE, field),
            "list-unsubscribe" => self.raw(tags::LIST_UNSUBSCRIBE, field),
            "return-path" => self.raw(tags::INTERNET_RETURN_PATH, field),
            "date" => self.date(tags::CLIENT_SUBMIT_TIME, field),
            "received" => self.received(field),
            "expires" | "expiry-date" => self.date(tags::EXPIRY_TIME, field),
            "reply-by" => self.date(tags::REPLY_TIME, field),
            "deferred-delivery" => self.date(tags::DEFERRED_DELIVERY_TIME, field),
            "importance" | "x-priority" | "x-msmail-priority" | "priority" => {
                self.importance(&name, field)
            }
            "sensitivity" => self.sensitivity(field),
            "disposition-notification-to" | "x-confirm-reading-to" | "read-receipt-to" => {
                self.read_receipt(field)
            }
            "return-receipt-to" | "generate-delivery-report" => {
                self.flag(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED)
            }
            "autoforwarded" | "auto-forwarded" | "x-autoforward" => {
                if self.text(field).eq_ignore_ascii_case("true") {
                    self.flag(tags::AUTO_FORWARDED);
                }
            }
            "thread-index" => self.thread_index(field),
            _ => self.rare(&name, field),
        }
        let registered = REGISTERED.iter().find(|r| r.eq_ignore_ascii_case(&name));
        if let Some(registered) = registered {
            self.named(registered, field);
        } else if let Some(spelt) = self.context.named_headers.get(&name) {
            self.named(spelt, field);
        }
    }

    fn text(&self, field: &Field<'_>) -> String {
        field.text(self.page)
    }

    fn defect(&mut self, code: &'static str, detail: String) {
        crate::defects::note(self.defects, code, detail);
    }

    /// Puts a value unless an earlier field of that name gave one; notes a second.
    fn first(
        &mut self,
        tag: impl Into<mapi_props::PropTag>,
        field: &Field<'_>,
        value: impl Into<PropValue>,
    ) {
        let key = PropKey::from(tag.into());
        if self.tree.props.contains(&key) {
            return self.defect("repeated-header", short(field.name));
        }
        self.tree.props.insert(key, TreeValue::Value(value.into()));
    }

    fn decoded(&mut self, tag: Tag<str>, field: &Field<'_>) {
        let text = self.text(field);
        self.first(tag, field, text);
    }

    fn raw(&mut self, tag: Tag<str>, field: &Field<'_>) {
        let text = field.unfolded(self.page);
        if !text.is_empty() {
            self.first(tag, field, text);
        }
    }

    /// The first `max` message ids without what stands between them, or the whole text if it has none.
    fn ids(&mut self, tag: Tag<str>, field: &Field<'_>, max: usize) {
        let text = field.unfolded(self.page);
        let found: Vec<String> = message_ids(&text).take(max).collect();
        let value = if found.is_empty() {
            text
        } else {
            found.join(" ")
        };
        if !value.is_empty() {
            self.first(tag, field, value);
        }
    }

    fn flag(&mut self, tag: Tag<bool>) {
        self.tree.props.set(tag, true);
    }

    fn date(&mut self, tag: Tag<FileTime>, field: &Field<'_>) {
        let text = field.unfolded(self.page);
        let whole = date::parse(&text);
        if whole.is_none() {
            self.defect("bad-date", format!("{}: {}", field.name, short(&text)));
        }
        if let Some(time) = whole.or_else(|| date::parse_day(&text)) {
            self.first(tag, field, time);
        }
    }

    /// The topmost Received whose date can be read.
    fn received(&mut self, field: &Field<'_>) {
        if self
            .tree
            .props
            .contains(&PropKey::from(mapi_props::PropTag::from(
                tags::MESSAGE_DELIVERY_TIME,
            )))
        {
            return;
        }
        if let Some(time) = date::parse_received(&field.unfolded(self.page)) {
            self.tree.props.set(tags::MESSAGE_DELIVERY_TIME, time);
        }
    }

    /// [MS-OXCMAIL] 2.2.3.2.4: Importance counts most, then the names that other programs use.
    fn importance(&mut self, name: &str, field: &Field<'_>) {
        let text = self.text(field).to_ascii_lowercase();
        let level = match text.split([' ', '(']).next().unwrap_or_default() {
            "high" | "urgent" | "1" | "2" => 2,
            "normal" | "medium" | "3" => 1,
            "low" | "non-urgent" | "4" | "5" => 0,
            _ => return,
        };
        let rank = ["importance", "x-priority", "x-msmail-priority", "priority"]
            .iter()
            .position(|n| *n == name);
        let rank = rank.and_then(|r| u8::try_from(r).ok()).unwrap_or(u8::MAX);
        if self.importance.is_none_or(|(best, _)| rank < best) {
            self.importance = Some((rank, level));
        }
    }

    fn sensitivity(&mut self, field: &Field<'_>) {
        let level = match self.text(field).to_ascii_lowercase().as_str() {
            "personal" => 1,
            "private" => 2,
            "company-confidential" => 3,
            "normal" => 0,
            other => return self.defect("bad-sensitivity", short(other)),
        };
        self.first(tags::SENSITIVITY, field, level);
    }

    fn thread_index(&mut self, field: &Field<'_>) {
        let text = field.unfolded(self.page);
        let (bytes, odd) = Transfer::Base64.decode(text.as_bytes());
        // [MS-OXOMSG] 2.2.1.3: a header block of 22 bytes, then blocks of 5.
        if odd.is_some() || bytes.len() < 22 {
            return self.defect("bad-thread-index", short(&text));
        }
        self.first(tags::CONVERSATION_INDEX, field, bytes);
    }

    /// A PS_INTERNET_HEADERS named property, as the architecture's limits allow.
    fn named(&mut self, name: &str, field: &Field<'_>) {
        if self.named >= self.context.limits.named_headers {
            return self.defect("header-not-promoted", short(field.name));
        }
        let name = PropName::text(guids::PS_INTERNET_HEADERS, name);
        let key = PropKey::Named(name);
        if !self.tree.props.contains(&key) {
            self.named += 1;
            let text = self.text(field);
            self.tree
                .props
                .insert(key, TreeValue::Value(PropValue::Unicode(text)));
        }
    }

    fn addresses(&mut self, name: &str, field: &Field<'_>) {
        let left = match name {
            "from" | "sender" | "reply-to" => PEOPLE_MAX,
            _ => self.recipients.saturating_sub(self.tree.recipients.len()),
        };
        let mut list = address::parse(&field.unfolded(self.page), left);
        // A group without members is somebody of whom only the name is told (RFC 6854).
        let names = std::mem::take(&mut list.empty_groups);
        let named = names.into_iter().map(|name| Mailbox {
            group: Some(name.clone()),
            name,
            address: String::new(),
        });
        list.mailboxes
            .extend(named.take(left.saturating_sub(list.mailboxes.len())));
        if list.cut || field.raw.len() > crate::header::VALUE_MAX {
            self.defect(
                "too-many-addresses",
                format!("{} holds more than are read", field.name),
            );
        }
        let kind = match name {
            "from" => return append(&mut self.from, list.mailboxes),
            "sender" => return append(&mut self.sender, list.mailboxes),
            "reply-to" => return append(&mut self.reply_to, list.mailboxes),
            "cc" => recipient_type::CC,
            "bcc" => recipient_type::BCC,
            _ => recipient_type::TO,
        };
        for mailbox in list.mailboxes {
            let mut row = TreeProps::default();
            if mailbox.address.is_empty() && mailbox.group.is_none() {
                self.defect("recipient-without-address", short(&mailbox.name));
            }
            set_recipient(&mut row, &mailbox, kind);
            self.tree.recipients.push(row);
        }
    }

    fn finish(mut self) {
        if let Some((_, level)) = self.importance {
            self.tree.props.set(tags::IMPORTANCE, level);
            self.tree.props.set(tags::PRIORITY, level - 1);
        }
        let from = self.from.first().or(self.sender.first()).cloned();
        let sender = self.sender.first().or(self.from.first()).cloned();
        if self.from.is_empty() {
            self.defect("no-from", "there is no From address".to_owned());
        }
        // RFC 5322 §3.6.2: the first of several stands for all, unless Sender says who sent it.
        if self.from.len() > 1 && self.sender.is_empty() {
            let detail = format!("{} in From and nobody in Sender", self.from.len());
            self.defect("several-authors", detail);
        }
        if let Some(from) = &from {
            set_person(&mut self.tree.props, &REPRESENTING, from);
        }
        if let Some(sender) = &sender {
            set_person(&mut self.tree.props, &SENDER, sender);
        }
        self.put_reply_to();
        self.put_late();
    }

    fn put_reply_to(&mut self) {
        if self.reply_to.is_empty() {
            return;
        }
        let names: Vec<&str> = self.reply_to.iter().map(shown).collect();
        let entries: Vec<Vec<u8>> = self.reply_to.iter().filter_map(one_off).collect();
        let names = names.join("; ");
        self.tree.props.set(tags::REPLY_RECIPIENT_NAMES, names);
        self.tree
            .props
            .set(tags::REPLY_RECIPIENT_ENTRIES, flat_entry_list(&entries));
    }
}

/// Each `<…>` of a text, without the white space that folding left in it. RFC 5322 §3.6.4
fn message_ids(text: &str) -> impl Iterator<Item = String> {
    text.split('>').filter_map(|piece| {
        let (_, id) = piece.rsplit_once('<')?;
        let id: String = id.chars().filter(|c| !c.is_whitespace()).collect();
        (!id.is_empty()).then(|| format!("<{id}>"))
    })
}

fn append(list: &mut Vec<Mailbox>, mut more: Vec<Mailbox>) {
    list.append(&mut more);
}

/// The address type of Internet mail.
const SMTP: &str = "SMTP";

fn set_person(props: &mut TreeProps, tags: &PersonTags, mailbox: &Mailbox) {
    props.set(tags.name, shown(mailbox));
    if let Some(entry_id) = one_off(mailbox) {
        props.set(tags.address_type, SMTP);
        props.set(tags.address, mailbox.address.as_str());
        if let Some(smtp) = tags.smtp {
            props.set(smtp, mailbox.address.as_str());
        }
        props.set(
            tags.search_key,
            recipient_search_key(SMTP, &mailbox.address),
        );
        props.set(tags.entry_id, entry_id);
    }
}

fn set_recipient(row: &mut TreeProps, mailbox: &Mailbox, kind: i32) {
    set_person(row, &ROW, mailbox);
    row.set(tags::RECIPIENT_TYPE, kind);
    row.set(tags::OBJECT_TYPE, object_type::MAILUSER);
    // DT_MAILUSER.
    row.set(tags::DISPLAY_TYPE, 0);
}

/// The name, or the address where there is none.
fn shown(mailbox: &Mailbox) -> &str {
    if mailbox.name.is_empty() {
        &mailbox.address
    } else {
        &mailbox.name
    }
}

/// The one-off entry id of a mailbox that has an address.
fn one_off(mailbox: &Mailbox) -> Option<Vec<u8>> {
    if mailbox.address.is_empty() {
        return None;
    }
    OneOff::new(shown(mailbox), SMTP, &mailbox.address)
        .encode()
        .ok()
}
