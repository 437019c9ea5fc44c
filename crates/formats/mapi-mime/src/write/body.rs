//! The body of a message: which parts it has and how each is encoded.
//! [MS-OXCMAIL] 2.1.3.3–2.1.3.4, RFC 2046 §5.1, RFC 2387

use std::borrow::Cow;
use std::io::{self, Read};

use mapi_props::{
    AttachmentTree, Defect, LargeSource, MessageTree, PropKey, PropTag, PropValue, TreeContent,
    TreeProps, TreeValue, tags,
};

use super::field::Parameters;
use super::{Writer, field, has_content, text_of};
use crate::names::media_type_of;
use crate::transfer::base64::{EncodeReader, Lines};
use crate::transfer::quoted_printable;
use crate::{charset, structure};

/// A part to be written.
pub(super) enum Part<'a> {
    Multi {
        subtype: &'static str,
        root_type: Option<&'static str>,
        parts: Vec<Part<'a>>,
    },
    Text {
        media_type: &'static str,
        charset: &'static str,
        bytes: Cow<'a, [u8]>,
    },
    Attachment(&'a AttachmentTree),
}

impl<'a> Part<'a> {
    pub(super) fn attachment(attachment: &'a AttachmentTree) -> Self {
        Self::Attachment(attachment)
    }
}

/// The outermost part: mixed [ alternative [ text, related [ html, shown ] ], others ], as far as there is need.
pub(super) fn root<'a>(tree: &'a MessageTree, losses: &mut Vec<Defect>) -> Part<'a> {
    let mut html = bytes_of(&tree.props, tags::HTML.raw());
    let native = tree.props.value(tags::NATIVE_BODY_INFO);
    if native.and_then(PropValue::as_long) == Some(1) && html.take().is_some() {
        // [MS-OXBBODY] 2.1.3.1: the text was written last, so that the HTML says something else.
        losses.push(Defect {
            code: "body-out-of-date",
            detail: "the HTML is older than the text".to_owned(),
        });
    }
    let text = bytes_of(&tree.props, tags::BODY.raw());
    let mut shown = Vec::new();
    let mut others = Vec::new();
    for attachment in &tree.attachments {
        if !has_content(attachment) {
            let name = text_of(&attachment.props, tags::DISPLAY_NAME).to_owned();
            losses.push(Defect {
                code: "attachment-without-data",
                detail: name,
            });
        } else if html.is_some() && is_shown(attachment) {
            shown.push(Part::Attachment(attachment));
        } else {
            others.push(Part::Attachment(attachment));
        }
    }
    let html = html.map(|bytes| {
        let page = tree
            .props
            .value(tags::INTERNET_CPID)
            .and_then(PropValue::as_long);
        let charset = html_charset(&bytes, page);
        let html = Part::Text {
            media_type: "text/html",
            charset,
            bytes,
        };
        multi_if("related", Some("text/html"), html, shown)
    });
    let text = text.map(|bytes| Part::Text {
        media_type: "text/plain",
        charset: "utf-8",
        bytes,
    });
    let body = match (text, html) {
        (Some(text), Some(html)) => Part::Multi {
            subtype: "alternative",
            root_type: None,
            parts: vec![text, html],
        },
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) if others.len() == 1 => return others.remove(0),
        (None, None) => Part::Text {
            media_type: "text/plain",
            charset: "utf-8",
            bytes: Cow::Borrowed(b""),
        },
    };
    multi_if("mixed", None, body, others)
}

/// `first` alone, or a multipart of it and `rest`.
fn multi_if<'a>(
    subtype: &'static str,
    root_type: Option<&'static str>,
    first: Part<'a>,
    rest: Vec<Part<'a>>,
) -> Part<'a> {
    if rest.is_empty() {
        return first;
    }
    let parts = std::iter::once(first).chain(rest).collect();
    Part::Multi {
        subtype,
        root_type,
        parts,
    }
}

/// Whether the HTML body shows an attachment.
fn is_shown(attachment: &AttachmentTree) -> bool {
    let props = &attachment.props;
    let hidden = props
        .value(tags::ATTACHMENT_HIDDEN)
        .and_then(PropValue::as_bool)
        == Some(true);
    let flags = props
        .value(tags::ATTACH_FLAGS)
        .and_then(PropValue::as_long)
        .unwrap_or(0);
    let named = props
        .text(tags::ATTACH_CONTENT_ID)
        .or(props.text(tags::ATTACH_CONTENT_LOCATION));
    (hidden || flags & 4 != 0) && named.is_some_and(|n| !n.is_empty())
}

/// The bytes of a text or binary property; text as UTF-8. A source that cannot be read counts as none.
fn bytes_of(props: &TreeProps, tag: PropTag) -> Option<Cow<'_, [u8]>> {
    match props.get(&PropKey::from(tag))? {
        TreeValue::Value(PropValue::Unicode(text)) => Some(Cow::Borrowed(text.as_bytes())),
        TreeValue::Value(PropValue::Binary(bytes)) => Some(Cow::Borrowed(bytes)),
        TreeValue::Large(_, source) => {
            let mut bytes = Vec::new();
            source.open().ok()?.read_to_end(&mut bytes).ok()?;
            Some(Cow::Owned(bytes))
        }
        TreeValue::Value(_) => None,
    }
}

/// The charset to declare for HTML bytes in a code page.
fn html_charset(bytes: &[u8], page: Option<i32>) -> &'static str {
    let declared = page.and_then(charset::label_of);
    match declared {
        Some("us-ascii") | None if bytes.is_ascii() => "us-ascii",
        Some(label) if label != "us-ascii" => label,
        _ if std::str::from_utf8(bytes).is_ok() => "utf-8",
        _ => "windows-1252",
    }
}

/// Writes a text part: plain if it can be, else quoted-printable, else base64 where most of it is not ASCII.
pub(super) fn text(
    writer: &mut Writer<'_>,
    media_type: &str,
    charset: &str,
    bytes: &[u8],
) -> io::Result<()> {
    let charset = if charset == "utf-8" && bytes.is_ascii() {
        "us-ascii"
    } else {
        charset
    };
    let mut content_type = Parameters::new(media_type);
    content_type.add("charset", charset);
    writer.line(&content_type.field("Content-Type"))?;
    let high = bytes.iter().filter(|b| !b.is_ascii()).count();
    if is_plain(bytes) {
        writer.line("Content-Transfer-Encoding: 7bit")?;
        writer.line("")?;
        write_lines(writer, bytes)
    } else if high * 3 > bytes.len() || charset.starts_with("utf-16") {
        writer.line("Content-Transfer-Encoding: base64")?;
        writer.line("")?;
        io::copy(&mut EncodeReader::new(bytes, LINES), writer.out).map(|_| ())
    } else {
        writer.line("Content-Transfer-Encoding: quoted-printable")?;
        writer.line("")?;
        quoted_printable::encode(bytes, writer.out)?;
        writer
            .out
            .write_all(if bytes.ends_with(b"\n") { b"" } else { b"\r\n" })
    }
}

const LINES: Lines = Lines {
    len: 76,
    crlf: true,
    last_eol: true,
};

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
                && !line.ends_with(b" ")
        })
}

/// Writes text with CRLF line ends, and one at its end.
fn write_lines(writer: &mut Writer<'_>, bytes: &[u8]) -> io::Result<()> {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for line in body.split(|b| *b == b'\n') {
        writer
            .out
            .write_all(line.strip_suffix(b"\r").unwrap_or(line))?;
        writer.out.write_all(b"\r\n")?;
    }
    Ok(())
}

/// Writes an attachment's data as base64, so that no byte changes on its way.
pub(super) fn data(
    writer: &mut Writer<'_>,
    attachment: &AttachmentTree,
    data: &LargeSource,
) -> io::Result<()> {
    let props = &attachment.props;
    let declared = props
        .text(tags::ATTACH_MIME_TAG)
        .filter(|t| is_media_type(t))
        .map(str::to_ascii_lowercase);
    let by_name = media_type_of(text_of(props, tags::ATTACH_EXTENSION));
    let media_type =
        declared.unwrap_or_else(|| by_name.unwrap_or("application/octet-stream").to_owned());
    if let TreeContent::Storage(_) = attachment.content {
        writer.loss("ole-object", text_of(props, tags::DISPLAY_NAME).to_owned());
    }
    // RFC 2046 §5.2 and RFC 2045 §6.4: these types allow no base64; their bytes still travel.
    let composite = media_type.starts_with("message/") || media_type.starts_with("multipart/");
    if composite && write_composite(writer, &media_type, props, data)? {
        return Ok(());
    }
    let media_type = if composite {
        "application/octet-stream"
    } else {
        &media_type
    };
    let mut content_type = Parameters::new(media_type);
    if let Some(charset) = props
        .text(tags::TEXT_ATTACHMENT_CHARSET)
        .filter(|_| media_type.starts_with("text/"))
    {
        content_type.add("charset", charset);
    }
    writer.line(&content_type.field("Content-Type"))?;
    writer.line("Content-Transfer-Encoding: base64")?;
    disposition(writer, props)?;
    writer.line("")?;
    io::copy(&mut EncodeReader::new(data.open()?, LINES), writer.out).map(|_| ())
}

/// Largest message/* part that is looked at to see whether it can stand as it is.
const COMPOSITE_MAX: u64 = 1 << 20;

/// Writes a message/* part as it is if it is plain ASCII; says whether it was.
fn write_composite(
    writer: &mut Writer<'_>,
    media_type: &str,
    props: &TreeProps,
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
    if !is_plain(&bytes) {
        return Ok(false);
    }
    writer.line(&Parameters::new(media_type).field("Content-Type"))?;
    disposition(writer, props)?;
    writer.line("")?;
    write_lines(writer, &bytes)?;
    Ok(true)
}

fn is_media_type(text: &str) -> bool {
    let token = |t: &str| {
        !t.is_empty()
            && t.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    text.len() < 200
        && text
            .split_once('/')
            .is_some_and(|(t, s)| token(t) && token(s))
}

/// Content-Disposition with the name, Content-ID and Content-Location of an attachment.
pub(super) fn disposition(writer: &mut Writer<'_>, props: &TreeProps) -> io::Result<()> {
    let hidden = props
        .value(tags::ATTACHMENT_HIDDEN)
        .and_then(PropValue::as_bool)
        == Some(true);
    let mut value = Parameters::new(if hidden { "inline" } else { "attachment" });
    let name = props
        .text(tags::ATTACH_LONG_FILENAME)
        .or(props.text(tags::ATTACH_FILENAME));
    if let Some(name) = name.filter(|n| !n.is_empty()) {
        value.add("filename", name);
    }
    writer.line(&value.field("Content-Disposition"))?;
    let id: String = text_of(props, tags::ATTACH_CONTENT_ID)
        .chars()
        .filter(|c| !c.is_control() && !c.is_whitespace())
        .collect();
    if !id.is_empty() {
        writer.line(&field::field("Content-ID", &format!("<{id}>")))?;
    }
    let location = text_of(props, tags::ATTACH_CONTENT_LOCATION);
    if !location.is_empty() {
        writer.line(&field::unstructured("Content-Location", location))?;
    }
    Ok(())
}
