//! What comes along with a composed message of the attachments of the original, and the original as one.
//! Requirements OUT-12, OUT-13; RFC 2392 (`cid:`), RFC 2557 §5 (Content-Location)

use std::collections::BTreeSet;

use mapi_props::{MessageTree, TreeProps, attach_method, message_flags, recipient_type, tags};
use mapi_spi::Result;

use crate::blind;
use crate::{
    CopyPropFlags, MapiProp, Message, ModifyMode, OpenFlags, PropertyFlags, SaveFlags, columns,
};

/// ATT_MHTML_REF of PR_ATTACH_FLAGS: the HTML shows it.
const SHOWN: i32 = 4;

/// Copies the attachments that a quotation still shows.
pub(super) fn pictures(from: &Message, to: &Message, refers: &BTreeSet<String>) -> Result<()> {
    if refers.is_empty() || from.attachment_count() == 0 {
        return Ok(());
    }
    let wanted = columns![
        tags::ATTACH_NUM,
        tags::ATTACH_CONTENT_ID,
        tags::ATTACH_CONTENT_LOCATION
    ];
    let table = from.attachments().columns(wanted).open()?;
    for row in table.query_all_rows(0)? {
        let id = row.get(tags::ATTACH_CONTENT_ID).unwrap_or_default();
        let id = id.trim().trim_start_matches('<').trim_end_matches('>');
        let place = row.get(tags::ATTACH_CONTENT_LOCATION).unwrap_or_default();
        let shown = (!id.is_empty() && refers.contains(&format!("cid:{id}")))
            || (!place.is_empty() && refers.contains(place.trim()));
        if let (true, Some(number)) = (shown, row.get(tags::ATTACH_NUM)) {
            picture(from, number, to)?;
        }
    }
    Ok(())
}

fn picture(from: &Message, number: i32, to: &Message) -> Result<()> {
    let original = from.open_attachment(number, OpenFlags::NONE)?;
    let copy = to.create_attachment()?;
    original.copy_to(&copy, None, CopyPropFlags::NONE)?;
    let flags = copy.find(tags::ATTACH_FLAGS)?.unwrap_or_default();
    copy.set(tags::ATTACH_FLAGS, flags | SHOWN)?;
    copy.save_changes(SaveFlags::NONE)
}

/// Copies all attachments as they are. In one store their large values are shared.
pub(super) fn all(from: &Message, to: &Message) -> Result<()> {
    if from.attachment_count() == 0 {
        return Ok(());
    }
    let attachments = columns![tags::MESSAGE_ATTACHMENTS];
    from.copy_props(to, &attachments, CopyPropFlags::NONE)
        .map(drop)
}

/// Attaches the original itself, as it is but for its hidden recipients.
pub(super) fn itself(from: &Message, original: &MessageTree, to: &Message) -> Result<()> {
    let attachment = to.create_attachment()?;
    attachment.set(tags::ATTACH_METHOD, attach_method::EMBEDDED_MSG)?;
    if let Some(subject) = original.props.text(tags::SUBJECT)
        && !subject.is_empty()
    {
        attachment.set(tags::DISPLAY_NAME, subject)?;
    }
    let inner = attachment.open_embedded(PropertyFlags::CREATE | PropertyFlags::MODIFY)?;
    from.copy_to(&inner, None, CopyPropFlags::NONE)?;
    // It is a message that was sent, not one that is being written.
    inner.set(tags::MESSAGE_FLAGS, message_flags::READ.cast_signed())?;
    without_bcc(&inner, &original.props)?;
    inner.save_changes(SaveFlags::NONE)?;
    attachment.save_changes(SaveFlags::NONE)
}

/// Takes those out of a copy who got the original in secret.
fn without_bcc(copy: &Message, original: &TreeProps) -> Result<()> {
    let wanted = columns![tags::ROWID, tags::RECIPIENT_TYPE];
    let rows = copy
        .recipients()
        .columns(wanted)
        .open()?
        .query_all_rows(0)?;
    let hidden = rows.iter().filter(|row| {
        let kind = row.get(tags::RECIPIENT_TYPE).unwrap_or_default();
        kind & 0xF == recipient_type::BCC
    });
    let hidden: Vec<_> = hidden
        .filter_map(|row| Some(vec![(tags::ROWID.raw(), row.get(tags::ROWID)?.into())]))
        .collect();
    if !hidden.is_empty() {
        copy.modify_recipients(ModifyMode::Remove, &hidden)?;
    }
    let headers = blind::headers(original);
    if let Some(cleaned) = headers.and_then(|headers| blind::without_bcc(&headers)) {
        copy.set(tags::TRANSPORT_MESSAGE_HEADERS, cleaned)?;
    }
    Ok(())
}
