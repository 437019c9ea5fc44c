//! Drafts on their way in: Internet mail that somebody else wrote as one, files to attach, a place to compose in without
//! keeping anything.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use mapi::{
    Attachment, Call, EmbeddedHost, Folder, Logon, Mapi, MapiProp, Message, PropertyFlags,
    SaveFlags, Session, SpecialFolder, attach_method, tags,
};
use mapi_mime::{ImportContext, SharedBytes};
use mapi_props::{MessageTree, PropKey, PropTag};

use crate::{now, open_referenced};

/// Header fields of a draft that are kept, by their names in lower case; others say what happened on some way here.
const OWN_FIELDS: &str = "x-";

/// What of an incoming mail no draft says.
const NOT_OF_DRAFTS: [PropTag; 6] = [
    tags::TRANSPORT_MESSAGE_HEADERS.raw(),
    tags::INTERNET_RETURN_PATH.raw(),
    tags::CLIENT_SUBMIT_TIME.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::CREATION_TIME.raw(),
    tags::LAST_MODIFICATION_TIME.raw(),
];

/// Reads Internet mail as a draft: who writes to whom, the text and what is attached, and fields whose names begin with
/// `X-`. When it was sent is said when it is sent.
///
/// # Errors
/// Why the bytes hold no message.
pub fn parse_draft(bytes: Vec<u8>) -> Result<MessageTree, mapi_mime::NoMessage> {
    let mut tree = parse_whole(SharedBytes::from(bytes))?;
    // It is sent as what it says, not as these bytes.
    tree.original = None;
    Ok(tree)
}

/// As [`parse_draft`], and with the bytes themselves.
///
/// # Errors
/// Why the bytes hold no message.
pub(crate) fn parse_whole(bytes: SharedBytes) -> Result<MessageTree, mapi_mime::NoMessage> {
    let mut context = ImportContext::new(now());
    // Whoever is named gets it: none is left out for their number, which the length of the header bounds.
    context.limits.recipients = usize::MAX;
    context.limits.header_fields = usize::MAX;
    for name in field_names(bytes.as_slice()) {
        let key = name.to_ascii_lowercase();
        if key.starts_with(OWN_FIELDS) {
            context.named_headers.insert(key, name);
        }
    }
    let mut tree = mapi_mime::parse(bytes, &context)?;
    for tag in NOT_OF_DRAFTS {
        tree.props.remove(&PropKey::from(tag));
    }
    Ok(tree)
}

/// The names of the fields above the first empty line.
fn field_names(mail: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for line in mail.split(|b| *b == b'\n') {
        if line.is_empty() || line == b"\r" || names.len() > 1000 {
            break;
        }
        let name = line.split(|b| *b == b':').next().unwrap_or_default();
        let plain = !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic());
        if plain && let Ok(name) = std::str::from_utf8(name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Attaches a file of any size: its bytes pass through as a stream.
///
/// # Errors
/// Those of the file, and of the store as the source of one.
pub fn attach_file(message: &Message, path: &Path) -> io::Result<Attachment> {
    let mut file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    attach(message, &name.to_string_lossy(), &mut file)
}

/// Attaches a file that is read when the message is submitted, as it is then (ATTACH_BY_REF_RESOLVE). It has to be there already, so that
/// a wrong name is told now.
///
/// # Errors
/// Those of the file, and of the store as the source of one.
pub fn attach_reference(message: &Message, path: &Path) -> io::Result<()> {
    let whole = std::path::absolute(path)?;
    let no_text = || io::Error::new(io::ErrorKind::InvalidInput, "its name is no Unicode text");
    let text = whole.to_str().ok_or_else(no_text)?;
    open_referenced(text, &Call::default()).map_err(io::Error::other)?;
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    let name = name.to_string_lossy();
    let attached = || -> mapi::Result<()> {
        let attachment = message.create_attachment()?;
        attachment.set(tags::ATTACH_METHOD, attach_method::BY_REF_RESOLVE)?;
        attachment.set(tags::ATTACH_LONG_PATHNAME, text)?;
        attachment.set(tags::ATTACH_LONG_FILENAME, name.as_ref())?;
        attachment.set(tags::DISPLAY_NAME, name.as_ref())?;
        attachment.save_changes(SaveFlags::NONE)
    };
    attached().map_err(io::Error::other)
}

fn attach(message: &Message, name: &str, bytes: &mut dyn Read) -> io::Result<Attachment> {
    let made = || -> mapi::Result<_> {
        let attachment = message.create_attachment()?;
        attachment.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
        attachment.set(tags::ATTACH_LONG_FILENAME, name)?;
        attachment.set(tags::DISPLAY_NAME, name)?;
        attachment.set(tags::RENDERING_POSITION, -1)?;
        let how = PropertyFlags::CREATE | PropertyFlags::MODIFY;
        let data = attachment.open_property(tags::ATTACH_DATA_BIN.raw(), how)?;
        Ok((attachment, data))
    };
    let (attachment, mut data) = made().map_err(io::Error::other)?;
    io::copy(bytes, &mut data)?;
    data.commit().map_err(io::Error::other)?;
    drop(data);
    let saved = attachment.save_changes(SaveFlags::NONE);
    saved.map_err(io::Error::other)?;
    Ok(attachment)
}

/// A folder in memory, for a message that is shown and not kept; it is gone with the session.
///
/// # Errors
/// Those of logging on.
pub fn scratch_folder() -> mapi::Result<(Session, Folder)> {
    let service = Arc::new(store_memory::MemoryService::default());
    let host = EmbeddedHost::new()
        .service(service)
        .files(open_referenced)
        .profile("scratch", store_memory::NAME);
    let mapi = Mapi::initialize(Arc::new(host));
    let session = Session::logon(&mapi, Logon::profile("scratch"))?;
    let folder = session
        .default_store()?
        .special_folder(SpecialFolder::Outbox)?;
    Ok((session, folder))
}

#[cfg(test)]
mod tests {
    use super::parse_draft;
    use mapi_props::tags;

    #[test]
    fn nobody_is_left_out_of_a_draft_for_their_number() {
        let mut mail = String::new();
        for n in 0..20_001 {
            mail.push_str(&format!("Cc: p{n}@example.org\r\n"));
        }
        let tree = parse_draft((mail + "\r\nx").into_bytes()).unwrap();
        assert_eq!(tree.recipients.len(), 20_001);
    }

    #[test]
    fn a_draft_says_what_it_says_and_no_more() {
        let mail = b"From: Me <me@example.org>\r\nTo: ann@example.org\r\nBcc: bob@example.org\r\n\
            Date: Thu, 1 Jan 2026 10:00:00 +0000\r\nSubject: Plans\r\nX-Project: 7\r\n\r\nHello\r\n";
        let tree = parse_draft(mail.to_vec()).unwrap();
        assert_eq!(tree.props.text(tags::SUBJECT), Some("Plans"));
        assert_eq!(tree.recipients.len(), 2);
        assert!(tree.original.is_none());
        assert!(tree.props.value(tags::CLIENT_SUBMIT_TIME).is_none());
        assert!(format!("{:?}", tree.props).contains("X-Project"));
    }
}
