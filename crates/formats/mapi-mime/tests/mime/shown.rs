//! Message trees as text for snapshots, and their original bytes.
use std::fmt::Write as _;
use std::io::Read;

use mapi_mime::{decode_code_page, open_attachment, rebuild};
use mapi_props::{
    AttachmentTree, LargeSource, MessageTree, PropKey, PropTag, PropValue, Segment, TreeContent,
    TreeProps, TreeValue, tags,
};

/// The bytes that the tree's recipe gives.
pub(crate) fn original(tree: &MessageTree) -> Vec<u8> {
    let mut out = Vec::new();
    let recipe = tree.original.as_ref().unwrap();
    rebuild(recipe, |path| open_attachment(tree, path))
        .read_to_end(&mut out)
        .unwrap();
    out
}

pub(crate) fn bytes_of(source: &LargeSource) -> Vec<u8> {
    let mut out = Vec::new();
    source.open().unwrap().read_to_end(&mut out).unwrap();
    assert_eq!(out.len() as u64, source.size());
    out
}

/// The tree as indented lines.
pub(crate) fn show(tree: &MessageTree) -> String {
    let mut out = String::new();
    show_message(tree, 0, &mut out);
    for segment in &tree.original.as_ref().unwrap().segments {
        match segment {
            Segment::Literal(bytes) => writeln!(out, "recipe: {} bytes", bytes.len()).unwrap(),
            Segment::Attachment {
                attachment,
                encoding,
            } => writeln!(out, "recipe: attachment {attachment:?} {encoding:?}").unwrap(),
        }
    }
    for defect in &tree.defects {
        writeln!(out, "defect: {}: {}", defect.code, defect.detail).unwrap();
    }
    out
}

fn show_message(tree: &MessageTree, depth: usize, out: &mut String) {
    show_props(&tree.props, depth, out);
    let pad = "  ".repeat(depth);
    for row in &tree.recipients {
        writeln!(out, "{pad}recipient").unwrap();
        show_props(row, depth + 1, out);
    }
    for attachment in &tree.attachments {
        writeln!(out, "{pad}attachment").unwrap();
        show_props(&attachment.props, depth + 1, out);
        match &attachment.content {
            TreeContent::None => writeln!(out, "{pad}  no data").unwrap(),
            TreeContent::Data(data) | TreeContent::Storage(data) => {
                let bytes = bytes_of(data);
                let start = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
                writeln!(out, "{pad}  data: {} bytes {start:?}", bytes.len()).unwrap();
            }
            TreeContent::Message(inner) => show_message(inner, depth + 2, out),
        }
    }
}

fn show_props(props: &TreeProps, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    for (key, value) in props.iter() {
        let name = match key {
            PropKey::Id(id) => format!("0x{id:04X}"),
            PropKey::Named(name) => format!("{:?}", name.kind),
        };
        // The header is in the sample itself.
        if *key == PropKey::from(PropTag::from(tags::TRANSPORT_MESSAGE_HEADERS)) {
            continue;
        }
        let text = match value {
            TreeValue::Value(PropValue::Binary(bytes)) => shown_bytes(bytes),
            TreeValue::Value(value) => format!("{value:?}"),
            TreeValue::Large(ty, source) => format!("{ty} {source:?}"),
        };
        writeln!(out, "{pad}{name} {text}").unwrap();
    }
}

fn shown_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') || text.ends_with('\0') => format!("{text:?}"),
        _ => format!("{} bytes", bytes.len()),
    }
}

/// What a reader of the mail sees, line ends and the last one apart.
pub(crate) fn essence(tree: &MessageTree) -> String {
    let mut out = String::new();
    let text = |tag| tree.props.text(tag).unwrap_or_default().trim().to_owned();
    for tag in [
        tags::SUBJECT,
        tags::SENT_REPRESENTING_NAME,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
        tags::SENDER_EMAIL_ADDRESS,
        tags::REPLY_RECIPIENT_NAMES,
        tags::IN_REPLY_TO_ID,
        tags::CONVERSATION_TOPIC,
        tags::MESSAGE_CLASS,
        tags::BODY,
    ] {
        // Reports are written as mail until reports are written as such.
        let value = text(tag);
        let value = if value.starts_with("REPORT.") {
            "IPM.Note".to_owned()
        } else {
            value
        };
        writeln!(out, "{tag:?} {value:?}").unwrap();
    }
    for tag in [tags::IMPORTANCE, tags::SENSITIVITY] {
        writeln!(out, "{:?}", tree.props.value(tag)).unwrap();
    }
    if let Some(html) = tree.props.value(tags::HTML).and_then(PropValue::as_bytes) {
        let page = tree
            .props
            .value(tags::INTERNET_CPID)
            .and_then(PropValue::as_long)
            .unwrap();
        let html = decode_code_page(html, page);
        writeln!(out, "html {:?}", html.trim()).unwrap();
    }
    for row in &tree.recipients {
        let address = row.text(tags::EMAIL_ADDRESS).unwrap_or_default();
        if !address.is_empty() {
            let name = row.text(tags::DISPLAY_NAME);
            writeln!(
                out,
                "{:?} {name:?} {address}",
                row.value(tags::RECIPIENT_TYPE)
            )
            .unwrap();
        }
    }
    for attachment in &tree.attachments {
        essence_of_attachment(attachment, &mut out);
    }
    out
}

fn essence_of_attachment(attachment: &AttachmentTree, out: &mut String) {
    let props = &attachment.props;
    for tag in [
        tags::ATTACH_LONG_FILENAME,
        tags::ATTACH_MIME_TAG,
        tags::ATTACH_CONTENT_ID,
    ] {
        writeln!(out, "  {:?}", props.text(tag)).unwrap();
    }
    match &attachment.content {
        TreeContent::None => {}
        TreeContent::Data(data) | TreeContent::Storage(data) => {
            let mut bytes = bytes_of(data);
            // Reports and signed text are text, their line ends are CRLF in new MIME.
            let media = props.text(tags::ATTACH_MIME_TAG).unwrap_or_default();
            if media.starts_with("message/") || media.starts_with("multipart/") {
                bytes.retain(|b| *b != b'\r');
                bytes = bytes.trim_ascii_end().to_vec();
            }
            writeln!(out, "  {bytes:?}").unwrap();
        }
        TreeContent::Message(inner) => out.push_str(&essence(inner)),
    }
}
