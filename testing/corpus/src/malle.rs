//! A mail as malle reads it.

use std::io::Read;

use anyhow::{Context, Result};
use hmac_sha256::Hash;
use mapi_mime::{ImportContext, decode_code_page, parse};
use mapi_props::{
    AttachmentTree, FileTime, LargeSource, MessageTree, PropKey, PropTag, PropValue, TreeContent,
};
use mapi_props::{TreeProps, TreeValue, recipient_type, tags};

use crate::{Attached, Reading};

/// Reads a mail.
///
/// # Errors
/// Why `bytes` hold none.
pub fn read(bytes: &[u8]) -> Result<Reading> {
    message(&parse_now(bytes)?)
}

fn parse_now(bytes: &[u8]) -> Result<MessageTree> {
    let now = ImportContext::new(FileTime::from_unix(1_795_357_205));
    Ok(parse(bytes.to_vec(), &now)?)
}

fn message(tree: &MessageTree) -> Result<Reading> {
    // The body of a signed message stands beside its wrapper, the attachments in it.
    let opened = match signed_bytes(tree)? {
        Some(signed) => Some(parse_now(&signed)?),
        None => None,
    };
    let attached = &opened.as_ref().unwrap_or(tree).attachments;
    let subject = content(&tree.props, tags::SUBJECT.into())?.unwrap_or_default();
    Ok(Reading {
        subject: String::from_utf8_lossy(&subject).trim().to_owned(),
        to: addresses(tree, recipient_type::TO),
        cc: addresses(tree, recipient_type::CC),
        attachments: attached.iter().map(attachment).collect::<Result<_>>()?,
        text: [
            body(tree, tags::BODY.into())?,
            body(tree, tags::HTML.into())?,
        ],
    })
}

/// The signed entity of clear-signed S/MIME, which [MS-OXOSMIME] keeps in one attachment, as a plain multipart: what a
/// reader sees on opening it.
fn signed_bytes(tree: &MessageTree) -> Result<Option<Vec<u8>>> {
    const SIGNED: &[u8] = b"multipart/signed";
    let class = tree.props.text(tags::MESSAGE_CLASS).unwrap_or_default();
    let wrapper = tree.attachments.first().map(|a| &a.content);
    let (true, Some(TreeContent::Data(data))) = (class.ends_with(".MultipartSigned"), wrapper)
    else {
        return Ok(None);
    };
    let bytes = all(data)?;
    let at = bytes
        .windows(SIGNED.len())
        .position(|w| w.eq_ignore_ascii_case(SIGNED))
        .context("the wrapper is multipart/signed")?;
    let (before, after) = bytes.split_at(at);
    let after = after.get(SIGNED.len()..).unwrap_or_default();
    Ok(Some([before, b"multipart/mixed", after].concat()))
}

fn addresses(tree: &MessageTree, kind: i32) -> Vec<String> {
    // The table of a report also holds the recipients that it tells of, with the report's time.
    let of_kind = |row: &&TreeProps| {
        row.value(tags::RECIPIENT_TYPE) == Some(&PropValue::from(kind))
            && row.value(tags::REPORT_TIME).is_none()
    };
    let rows = tree.recipients.iter().filter(of_kind);
    let found = rows.filter_map(|row| row.text(tags::SMTP_ADDRESS));
    found
        .filter(|a| a.contains('@'))
        .map(str::to_owned)
        .collect()
}

fn attachment(attachment: &AttachmentTree) -> Result<Attached> {
    Ok(match &attachment.content {
        TreeContent::Message(tree) => Attached::Message(Box::new(message(tree)?)),
        TreeContent::Data(data) | TreeContent::Storage(data) => {
            Attached::Bytes(sha256(&all(data)?))
        }
        TreeContent::None => Attached::Bytes(sha256(b"")),
    })
}

fn sha256(bytes: &[u8]) -> String {
    Hash::hash(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// A body as text in one line; empty where there is none.
fn body(tree: &MessageTree, tag: PropTag) -> Result<String> {
    let bytes = content(&tree.props, tag)?.unwrap_or_default();
    let html = tag == PropTag::from(tags::HTML);
    let page = match tree.props.value(tags::INTERNET_CPID) {
        Some(PropValue::Long(page)) => Some(*page),
        _ => None,
    };
    let text = match page.filter(|_| html) {
        Some(page) => decode_code_page(&bytes, page),
        None => String::from_utf8_lossy(&bytes).into_owned(),
    };
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The bytes of a text or binary property, small or large; text as UTF-8.
fn content(props: &TreeProps, tag: PropTag) -> Result<Option<Vec<u8>>> {
    Ok(match props.get(&PropKey::from(tag)) {
        Some(TreeValue::Value(PropValue::Unicode(text))) => Some(text.clone().into_bytes()),
        Some(TreeValue::Value(PropValue::Binary(bytes))) => Some(bytes.clone()),
        Some(TreeValue::Large(_, data)) => Some(all(data)?),
        _ => None,
    })
}

fn all(data: &LargeSource) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    data.open()?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
