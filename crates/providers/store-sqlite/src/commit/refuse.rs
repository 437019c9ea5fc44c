//! What is refused before anything is written.

use mapi_props::{Bag, Code, LargePlace, Slot, StoredAttachment, StoredMessage, message_flags};
use mapi_spi::{Error, Expect, ItemMeta, Result};

/// Conflict check.
pub(super) fn unexpected(meta: &ItemMeta, expect: Expect) -> Result<()> {
    match expect {
        Expect::Exactly(change) if change != meta.change => Err(Error::new(
            Code::OBJECT_CHANGED,
            format!("item {} was saved by somebody else", meta.id),
        )),
        Expect::Exactly(_) | Expect::Any => Ok(()),
    }
}

/// Soft-deleted messages.
pub(super) fn deleted(meta: &ItemMeta) -> Result<()> {
    if !meta.deleted {
        return Ok(());
    }
    Err(Error::new(
        Code::OBJECT_DELETED,
        format!("message {} is deleted", meta.id),
    ))
}

/// Messages that are in the outgoing queue.
pub(super) fn submitted(meta: &ItemMeta) -> Result<()> {
    if meta.flags & message_flags::SUBMIT == 0 {
        return Ok(());
    }
    Err(Error::new(
        Code::SUBMITTED,
        format!("message {} is being sent", meta.id),
    ))
}

/// Copies of values that only a server has: they could never be fetched.
pub(super) fn remote(meta: &ItemMeta, body: &StoredMessage) -> Result<()> {
    if !has_remote(body) {
        return Ok(());
    }
    let detail = format!(
        "a value of message {} is on a server and cannot be copied",
        meta.id
    );
    Err(Error::not_downloaded(detail))
}

fn has_remote(body: &StoredMessage) -> bool {
    let in_bag = |bag: &Bag| {
        bag.iter()
            .any(|(_, slot)| matches!(slot, Slot::Large(l) if l.place == LargePlace::Remote))
    };
    in_bag(&body.props)
        || body.recipients.iter().any(in_bag)
        || body
            .attachments
            .iter()
            .any(|a| in_bag(&a.props) || a.embedded.as_deref().is_some_and(has_remote))
}

/// Messages embedded in each other deeper than the store allows.
pub(super) fn too_deep(attachments: &[StoredAttachment], limit: u32) -> Result<()> {
    if depth(attachments) <= limit {
        return Ok(());
    }
    Err(Error::new(
        Code::TOO_BIG,
        "messages are embedded in each other too deep",
    ))
}

/// How deep messages are embedded in these attachments.
fn depth(attachments: &[StoredAttachment]) -> u32 {
    let embedded = attachments.iter().filter_map(|a| a.embedded.as_deref());
    embedded
        .map(|m| 1 + depth(&m.attachments))
        .max()
        .unwrap_or(0)
}
