//! Leaves of a message: how text and attachments are described and encoded.
//! RFC 2045 §5–6, RFC 2183, RFC 2231, RFC 5322 §2.1.1

use std::io::{self, Read};

use mapi_props::{
    AttachmentTree, LargeSource, PropKey, PropName, PropValue, TreeContent, TreeProps, TreeValue,
    attach_method, guids, tags,
};

use super::field::{self, Parameters};
use super::{Writer, headers, text_of};
use crate::header::date;
use crate::header::params::Parameterised;
use crate::names::{made_up, media_type_of};
use crate::structure;
use crate::transfer::base64::{EncodeReader, Lines};
use crate::transfer::quoted_printable;

const LINES: Lines = Lines {
    len: 76,
    crlf: true,
    last_eol: true,
};

/// Writes a text part: plain if it can be, else quoted-printable or base64, whichever is shorter.
pub(super) fn text(
    writer: &mut Writer<'_>,
    media_type: &str,
    charset: &str,
    bytes: &[u8],
) -> io::Result<()> {
    let ascii = charset == "utf-8" && bytes.is_ascii();
    let mut content_type = Parameters::new(media_type);
    content_type.add("charset", if ascii { "us-ascii" } else { charset });
    writer.line(&content_type.field("Content-Type"))?;
    if is_plain(bytes) {
        writer.line("Content-Transfer-Encoding: 7bit")?;
        writer.line("")?;
        return lines(writer, bytes);
    }
    let escaped = bytes
        .iter()
        .filter(|b| !matches!(b, b'\t' | b'\r' | b'\n' | 32..=60 | 62..=126));
    if escaped.count() * 2 > bytes.len() / 3 || has_lone_cr(bytes) {
        writer.line("Content-Transfer-Encoding: base64")?;
        writer.line("")?;
        return io::copy(&mut EncodeReader::new(bytes, LINES), writer.out).map(|_| ());
    }
    writer.line("Content-Transfer-Encoding: quoted-printable")?;
    writer.line("")?;
    quoted_printable::encode(bytes, writer.out)?;
    let end: &[u8] = if bytes.ends_with(b"\n") { b"" } else { b"\r\n" };
    writer.out.write_all(end)
}

/// A CR without its LF would be escaped well by quoted-printable, but many readers take it for a line end then.
fn has_lone_cr(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
}

/// Whether text can stand as it is: ASCII, short lines, nothing that transport or a boundary could mistake.
fn is_plain(bytes: &[u8]) -> bool {
    let allowed = |b: &u8| matches!(b, b'\t' | b'\r' | b'\n' | 32..=126);
    bytes.iter().all(allowed)
        && bytes.split(|b| *b == b'\n').all(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            line.len() <= 200
                && !line.contains(&b'\r')
                && !line.starts_with(b"--=_")
                && !line.starts_with(b"From ")
                && line != b"."
                && !line.ends_with(b" ")
                && !line.ends_with(b"\t")
        })
}

/// Whether a part that may have no encoding can stand as it is.
fn is_sendable(bytes: &[u8]) -> bool {
    let allowed = |b: &u8| matches!(b, b'\t' | b'\r' | b'\n' | 32..=126);
    bytes.iter().all(allowed)
        && !has_lone_cr(bytes)
        && bytes
            .split(|b| *b == b'\n')
            .all(|line| line.len() <= 998 && !line.starts_with(b"--=_"))
}

/// Writes text with CRLF line ends, and one at its end.
fn lines(writer: &mut Writer<'_>, bytes: &[u8]) -> io::Result<()> {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for line in body.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        writer.out.write_all(line)?;
        writer.out.write_all(b"\r\n")?;
    }
    Ok(())
}

/// Writes a part made of fields.
pub(super) fn fields(writer: &mut Writer<'_>, media_type: &str, text: &str) -> io::Result<()> {
    writer.line(&format!("Content-Type: {media_type}"))?;
    writer.line("")?;
    lines(writer, text.as_bytes())
}

/// Writes an attachment's data as base64, so that no byte changes on its way; `declared` is a Content-Type that the
/// message keeps for it.
pub(super) fn data(
    writer: &mut Writer<'_>,
    attachment: &AttachmentTree,
    place: usize,
    declared: Option<&str>,
) -> io::Result<()> {
    let (TreeContent::Data(data) | TreeContent::Storage(data)) = &attachment.content else {
        return Ok(());
    };
    let props = &attachment.props;
    let media_type = media_type(props);
    // RFC 2046 §5.2 and RFC 2045 §6.4: these types allow no base64; their bytes still travel.
    let composite = media_type.starts_with("message/") || media_type.starts_with("multipart/");
    if composite && write_composite(writer, &media_type, attachment, place, data)? {
        return Ok(());
    }
    let media_type = if composite {
        writer.loss("media-type", format!("{media_type} allows no encoding"));
        "application/octet-stream"
    } else {
        &media_type
    };
    let content_type = content_type(props, media_type, declared);
    writer.line(&content_type.field("Content-Type"))?;
    writer.line("Content-Transfer-Encoding: base64")?;
    disposition(writer, attachment, place)?;
    writer.line("")?;
    io::copy(&mut EncodeReader::new(data.open()?, LINES), writer.out).map(|_| ())
}

/// The declared type if it is one, else what the name's extension suggests.
fn media_type(props: &TreeProps) -> String {
    let declared = props
        .text(tags::ATTACH_MIME_TAG)
        .filter(|t| is_media_type(t))
        .map(str::to_ascii_lowercase);
    let by_name = || media_type_of(text_of(props, tags::ATTACH_EXTENSION));
    declared.unwrap_or_else(|| by_name().unwrap_or("application/octet-stream").to_owned())
}

fn is_media_type(text: &str) -> bool {
    let halves = text.split_once('/');
    text.len() < 200 && halves.is_some_and(|(t, s)| is_token(t) && is_token(s))
}

fn is_token(text: &str) -> bool {
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b);
    !text.is_empty() && text.len() < 100 && text.bytes().all(fine)
}

/// What an embedded message is called: by the type it came with, if that is one of messages.
pub(super) fn message_type(props: &TreeProps) -> String {
    let declared = media_type(props);
    if structure::is_message_type(&declared) {
        declared
    } else {
        "message/rfc822".to_owned()
    }
}

/// Parameters that are written from properties of their own, or describe what is written anew.
const OWN_PARAMETERS: [&str; 4] = ["name", "charset", "boundary", "type"];

/// The Content-Type of an attachment with the parameters that its sender gave it.
fn content_type(props: &TreeProps, media_type: &str, declared: Option<&str>) -> Parameters {
    let mut out = Parameters::new(media_type);
    let charset = text_of(props, tags::TEXT_ATTACHMENT_CHARSET);
    if media_type.starts_with("text/") && is_token(charset) {
        out.add("charset", charset);
    }
    let kept = declared.or_else(|| kept_content_type(props));
    if let Some(kept) = kept
        .map(Parameterised::parse)
        .filter(|k| k.value == media_type)
    {
        for (name, value) in &kept.params {
            if is_token(name) && !OWN_PARAMETERS.contains(&name.as_str()) {
                out.add(name, value);
            }
        }
    }
    out
}

/// The Content-Type field that a message or attachment keeps: PS_INTERNET_HEADERS, `Content-Type`.
pub(super) fn kept_content_type(props: &TreeProps) -> Option<&str> {
    let name = PropName::text(guids::PS_INTERNET_HEADERS, "Content-Type");
    let mac = || props.get(&PropKey::Named(mac_name("AttachmentMacContentType")));
    match props.get(&PropKey::Named(name)).or_else(mac)? {
        TreeValue::Value(PropValue::Unicode(text)) => Some(text),
        _ => None,
    }
}

/// Whether an attachment is what a meeting's organiser or attendee sends: a calendar with a method, not a file.
/// [MS-OXCICAL] 2.1.3.1.1.1, RFC 6047 §2.4
pub(super) fn is_invitation(attachment: &AttachmentTree, place: usize) -> bool {
    let props = &attachment.props;
    let kept = kept_content_type(props).map(Parameterised::parse);
    media_type(props) == "text/calendar"
        && matches!(attachment.content, TreeContent::Data(_))
        && kept.is_some_and(|k| k.value == "text/calendar" && k.param("method").is_some())
        && file_name(attachment, place).is_none()
}

/// Where an attachment lies that is not in its message.
pub(super) enum Place<'a> {
    /// On the web.
    Web(&'a str),
    /// In a file of its sender's machine, or of one that both reach.
    File(&'a str),
}

/// Where an attachment lies that only says so; `None` if it is in the message, or says nothing that a header can hold.
pub(super) fn place(attachment: &AttachmentTree) -> Option<Place<'_>> {
    use attach_method::{BY_REF_ONLY, BY_REF_RESOLVE, BY_REFERENCE, BY_WEBREFERENCE};
    let props = &attachment.props;
    let method = props.value(tags::ATTACH_METHOD);
    let said = [tags::ATTACH_LONG_PATHNAME, tags::ATTACH_PATHNAME];
    let mut said = said.into_iter().filter_map(|tag| props.text(tag));
    let path = said.find(|path| !path.is_empty())?;
    match method.and_then(PropValue::as_long)? {
        BY_WEBREFERENCE => {
            let scheme = path.split_once("://")?.0.to_ascii_lowercase();
            let known = matches!(scheme.as_str(), "http" | "https" | "ftp" | "ftps");
            let plain = path.bytes().all(|b| b.is_ascii_graphic());
            (known && plain).then_some(Place::Web(path))
        }
        BY_REFERENCE | BY_REF_RESOLVE | BY_REF_ONLY => {
            let empty = match &attachment.content {
                TreeContent::None => true,
                TreeContent::Data(data) | TreeContent::Storage(data) => data.size() == 0,
                TreeContent::Message(_) => false,
            };
            (empty && !path.contains(char::is_control)).then_some(Place::File(path))
        }
        _ => None,
    }
}

/// Writes an attachment that is not in the message: where it lies, then the header of what lies there. RFC 2046 §5.2.3, RFC 2017 §3
pub(super) fn elsewhere(
    writer: &mut Writer<'_>,
    attachment: &AttachmentTree,
    number: usize,
    place: &Place<'_>,
) -> io::Result<()> {
    let mut content_type = Parameters::new("message/external-body");
    match place {
        Place::Web(address) => {
            content_type.add("access-type", "URL");
            content_type.add("url", address);
        }
        Place::File(path) => {
            content_type.add("access-type", "local-file");
            content_type.add("name", path);
        }
    }
    writer.line(&content_type.field("Content-Type"))?;
    writer.line("")?;
    if attachment.props.text(tags::ATTACH_MIME_TAG).is_some() {
        let phantom = media_type(&attachment.props);
        writer.line(&format!("Content-Type: {phantom}"))?;
    }
    disposition(writer, attachment, number)?;
    writer.line("")
}

/// The resource fork's part of a file of the Macintosh. RFC 1740
pub(super) fn resource_fork(props: &TreeProps) -> Option<&[u8]> {
    match props.get(&PropKey::Named(mac_name("AttachmentMacInfo")))? {
        TreeValue::Value(PropValue::Binary(bytes)) => Some(bytes),
        _ => None,
    }
}

/// A name in the set of what attachments keep of the Macintosh.
pub(super) fn mac_name(name: &str) -> PropName {
    PropName::text(guids::PSETID_ATTACHMENT, name)
}

/// Writes the part that goes before the data of such a file.
pub(super) fn apple_header(writer: &mut Writer<'_>, bytes: &[u8]) -> io::Result<()> {
    writer.line("Content-Type: application/applefile")?;
    writer.line("Content-Transfer-Encoding: base64")?;
    writer.line("")?;
    io::copy(&mut EncodeReader::new(bytes, LINES), writer.out).map(|_| ())
}

/// Largest message/* part that is looked at to see whether it can stand as it is.
const COMPOSITE_MAX: u64 = 1 << 20;

/// Writes a message/* part as it is if it is plain ASCII; says whether it was.
fn write_composite(
    writer: &mut Writer<'_>,
    media_type: &str,
    attachment: &AttachmentTree,
    place: usize,
    data: &LargeSource,
) -> io::Result<bool> {
    if media_type.starts_with("multipart/")
        || structure::is_message_type(media_type)
        || data.size() > COMPOSITE_MAX
    {
        return Ok(false);
    }
    let mut bytes = Vec::new();
    data.open()?.read_to_end(&mut bytes)?;
    if !is_sendable(&bytes) {
        return Ok(false);
    }
    let content_type = content_type(&attachment.props, media_type, None);
    writer.line(&content_type.field("Content-Type"))?;
    disposition(writer, attachment, place)?;
    writer.line("")?;
    lines(writer, &bytes)?;
    Ok(true)
}

/// The name to declare; `None` where a reader makes up the same one.
fn file_name(attachment: &AttachmentTree, place: usize) -> Option<&str> {
    let props = &attachment.props;
    let name = props
        .text(tags::ATTACH_LONG_FILENAME)
        .or(props.text(tags::ATTACH_FILENAME))
        .filter(|n| !n.is_empty())?;
    (name != made_up(place, &media_type(props))).then_some(name)
}

pub(super) fn is_hidden(props: &TreeProps) -> bool {
    let value = props.value(tags::ATTACHMENT_HIDDEN);
    value.and_then(PropValue::as_bool) == Some(true)
}

/// Content-Disposition with name and times, Content-ID, Content-Location, Content-Base and Content-Description of an
/// attachment.
pub(super) fn disposition(
    writer: &mut Writer<'_>,
    attachment: &AttachmentTree,
    place: usize,
) -> io::Result<()> {
    let props = &attachment.props;
    let inline = is_hidden(props) || is_invitation(attachment, place);
    let mut value = Parameters::new(if inline { "inline" } else { "attachment" });
    let name = file_name(attachment, place);
    if let Some(name) = name {
        value.add("filename", name);
    }
    for (parameter, tag) in [
        ("creation-date", tags::CREATION_TIME),
        ("modification-date", tags::LAST_MODIFICATION_TIME),
    ] {
        if let Some(time) = headers::time_of(props, tag) {
            value.add(parameter, &date::format(time));
        }
    }
    writer.line(&value.field("Content-Disposition"))?;
    let id: String = text_of(props, tags::ATTACH_CONTENT_ID)
        .chars()
        .filter(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>'))
        .collect();
    if !id.is_empty() {
        writer.structured("Content-ID", &format!("<{id}>"))?;
    }
    for (name, tag) in [
        ("Content-Location", tags::ATTACH_CONTENT_LOCATION),
        ("Content-Base", tags::ATTACH_CONTENT_BASE),
    ] {
        let value = text_of(props, tag);
        if !value.is_empty() {
            writer.line(&field::verbatim(name, value))?;
        }
    }
    describe(writer, attachment, name)
}

/// The name shown, where it says more than the name of the file or the subject inside.
fn describe(
    writer: &mut Writer<'_>,
    attachment: &AttachmentTree,
    file_name: Option<&str>,
) -> io::Result<()> {
    let props = &attachment.props;
    let shown = text_of(props, tags::DISPLAY_NAME);
    let known = match &attachment.content {
        TreeContent::Message(inner) => text_of(&inner.props, tags::SUBJECT),
        _ => text_of(props, tags::ATTACH_LONG_FILENAME),
    };
    if shown.is_empty() || shown == known || Some(shown) == file_name {
        return Ok(());
    }
    writer.line(&field::unstructured("Content-Description", shown))
}
