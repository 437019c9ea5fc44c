//! One message of a conversation.

use mapi::{ConversationMember, MapiProp, Message, Result, subject_topic};
use mapi_props::{FileTime, Tag, message_flags, tags};
use serde::Serialize;

use crate::list::mailbox;

/// A message as a line of its conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThreadRow {
    /// Its id for people.
    pub id: String,
    /// The id of the message that it answers.
    pub parent: Option<String>,
    /// How many messages lie above it.
    pub depth: u32,
    /// Path of its folder.
    pub folder: String,
    /// PR_SUBJECT.
    pub subject: Option<String>,
    /// Display name of who wrote it, for narrow columns.
    #[serde(skip)]
    pub from_name: Option<String>,
    /// Who wrote it: `Name <address>`.
    pub from: Option<String>,
    /// When it was sent, else when it came.
    #[serde(serialize_with = "time")]
    pub date: Option<FileTime>,
    /// MSGFLAG_READ.
    pub read: bool,
    /// PR_FLAG_STATUS says flagged.
    pub flagged: bool,
    /// MSGFLAG_HASATTACH.
    pub has_attachments: bool,
    /// The subject without the prefixes of replies: what lines of one topic have in common.
    #[serde(skip)]
    pub topic: String,
}

/// The line of a message in its conversation.
///
/// # Errors
/// Those of reading its properties.
pub fn thread_row(
    message: &Message,
    member: &ConversationMember,
    (id, parent): (String, Option<String>),
    folder: &str,
) -> Result<ThreadRow> {
    let first = |tags: &[Tag<str>]| -> Result<Option<String>> {
        for tag in tags {
            let found = message.find(*tag)?;
            if let Some(text) = found.filter(|text| !text.trim().is_empty()) {
                return Ok(Some(text));
            }
        }
        Ok(None)
    };
    let name = first(&[tags::SENT_REPRESENTING_NAME, tags::SENDER_NAME])?;
    let address = first(&[
        tags::SENT_REPRESENTING_SMTP_ADDRESS,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
        tags::SENDER_EMAIL_ADDRESS,
    ])?;
    let subject = message.find(tags::SUBJECT)?;
    Ok(ThreadRow {
        id,
        parent,
        depth: member.depth,
        folder: folder.to_owned(),
        topic: subject_topic(subject.as_deref().unwrap_or_default()).topic,
        subject,
        from: mailbox(name.as_deref(), address.as_deref()),
        from_name: name.or(address),
        date: (member.time.0 > 0).then_some(member.time),
        read: !member.is_unread(),
        flagged: message.find(tags::FLAG_STATUS)? == Some(2),
        has_attachments: member.flags & message_flags::HASATTACH != 0,
    })
}

#[expect(clippy::ref_option, reason = "serde asks for a reference to the field")]
fn time<S: serde::Serializer>(
    time: &Option<FileTime>,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(to)
}
