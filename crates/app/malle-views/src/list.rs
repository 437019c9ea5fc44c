//! One row of a message list.

use mapi::{MessageStatus, TableRow, icon_name};
use mapi_props::{PropTag, PropValue, message_flags, tags};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// The columns that a list row is made from.
pub const LIST_COLUMNS: [PropTag; 13] = [
    tags::SUBJECT.raw(),
    tags::SENT_REPRESENTING_NAME.raw(),
    tags::SENT_REPRESENTING_SMTP_ADDRESS.raw(),
    tags::SENT_REPRESENTING_EMAIL_ADDRESS.raw(),
    tags::SENDER_NAME.raw(),
    tags::SENDER_EMAIL_ADDRESS.raw(),
    tags::CLIENT_SUBMIT_TIME.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::MESSAGE_SIZE.raw(),
    tags::MESSAGE_FLAGS.raw(),
    tags::FLAG_STATUS.raw(),
    tags::MESSAGE_CLASS.raw(),
    tags::MSG_STATUS.raw(),
];

/// A message in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRow {
    /// Its id for people.
    pub id: String,
    /// Path of its folder.
    pub folder: String,
    /// PR_SUBJECT.
    pub subject: Option<String>,
    /// Display name of who wrote it, for narrow columns.
    pub from_name: Option<String>,
    /// Who wrote it: `Name <address>`.
    pub from: Option<String>,
    /// PR_CLIENT_SUBMIT_TIME.
    pub date: Option<mapi_props::FileTime>,
    /// PR_MESSAGE_DELIVERY_TIME.
    pub received: Option<mapi_props::FileTime>,
    /// PR_MESSAGE_SIZE in bytes.
    pub size: i64,
    /// MSGFLAG_READ.
    pub read: bool,
    /// MSGFLAG_HASATTACH.
    pub has_attachments: bool,
    /// PR_FLAG_STATUS says flagged.
    pub flagged: bool,
    /// The name of the icon of its class; see [`mapi::icon_name`].
    pub icon: &'static str,
    /// PR_MSG_STATUS: what views remember of it.
    pub status: MessageStatus,
    /// Further columns by canonical name; none: the message has no such property.
    pub extra: Vec<(String, Option<PropValue>)>,
}

/// The list row of a table row that has [`LIST_COLUMNS`] first and `extra` columns after them.
#[must_use]
pub fn list_row(row: &TableRow, id: String, folder: &str, extra: &[String]) -> ListRow {
    let flags = long(row.value(tags::MESSAGE_FLAGS));
    let flags = u32::try_from(flags).unwrap_or_default();
    let text = |tags: &[mapi_props::Tag<str>]| {
        let found = tags
            .iter()
            .find_map(|tag| row.get(*tag).filter(|t| !t.is_empty()));
        found.filter(|t| !t.trim().is_empty())
    };
    let name = text(&[tags::SENT_REPRESENTING_NAME, tags::SENDER_NAME]);
    let address = text(&[
        tags::SENT_REPRESENTING_SMTP_ADDRESS,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
        tags::SENDER_EMAIL_ADDRESS,
    ]);
    let cells = row.cells().iter().skip(LIST_COLUMNS.len());
    let value = |value: &PropValue| match value {
        PropValue::Error(_) | PropValue::Null => None,
        value => Some(value.clone()),
    };
    ListRow {
        id,
        folder: folder.to_owned(),
        subject: row.get(tags::SUBJECT),
        from: mailbox(name.as_deref(), address.as_deref()),
        from_name: name.or(address),
        date: row.get(tags::CLIENT_SUBMIT_TIME),
        received: row.get(tags::MESSAGE_DELIVERY_TIME),
        size: long(row.value(tags::MESSAGE_SIZE)),
        read: flags & message_flags::READ != 0,
        has_attachments: flags & message_flags::HASATTACH != 0,
        icon: icon_name(row.get(tags::MESSAGE_CLASS).as_deref().unwrap_or("IPM")),
        status: status(row),
        flagged: long(row.value(tags::FLAG_STATUS)) == 2,
        extra: extra
            .iter()
            .cloned()
            .zip(cells.map(|cell| value(&cell.value)))
            .collect(),
    }
}

fn status(row: &TableRow) -> MessageStatus {
    let bits = row.get(tags::MSG_STATUS).unwrap_or_default();
    MessageStatus(bits.cast_unsigned())
}

/// Bits of PR_MSG_STATUS by the names that people use for them.
pub const STATUS_NAMES: [(&str, MessageStatus); 8] = [
    ("highlighted", MessageStatus::HIGHLIGHTED),
    ("tagged", MessageStatus::TAGGED),
    ("hidden", MessageStatus::HIDDEN),
    ("delete-marked", MessageStatus::DELMARKED),
    ("draft", MessageStatus::DRAFT),
    ("answered", MessageStatus::ANSWERED),
    ("remote-download", MessageStatus::REMOTE_DOWNLOAD),
    ("remote-delete", MessageStatus::REMOTE_DELETE),
];

/// The names of the bits that are set.
fn names(status: MessageStatus) -> Vec<&'static str> {
    let set = STATUS_NAMES.iter().filter(|(_, bit)| status.0 & bit.0 != 0);
    set.map(|(name, _)| *name).collect()
}

fn long(value: Option<&PropValue>) -> i64 {
    match value {
        Some(PropValue::Long(n)) => i64::from(*n),
        Some(PropValue::I8(n)) => *n,
        _ => 0,
    }
}

/// `Name <address>`, or what there is of both.
pub(crate) fn mailbox(name: Option<&str>, address: Option<&str>) -> Option<String> {
    match (name, address) {
        (Some(name), Some(address)) if name != address => Some(format!("{name} <{address}>")),
        (Some(one), _) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

impl Serialize for ListRow {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let time = |t: Option<mapi_props::FileTime>| t.map(|t| t.to_string());
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("folder", &self.folder)?;
        map.serialize_entry("subject", &self.subject)?;
        map.serialize_entry("from", &self.from)?;
        map.serialize_entry("date", &time(self.date))?;
        map.serialize_entry("received", &time(self.received))?;
        map.serialize_entry("size", &self.size)?;
        map.serialize_entry("read", &self.read)?;
        map.serialize_entry("has_attachments", &self.has_attachments)?;
        map.serialize_entry("icon", self.icon)?;
        map.serialize_entry("status", &names(self.status))?;
        for (name, value) in &self.extra {
            let json = value.as_ref().map(mapi_props::json::value);
            map.serialize_entry(name, &json)?;
        }
        map.end()
    }
}
