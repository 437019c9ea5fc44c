//! The message class that a mail's structure stands for.
//! [MS-OXCMAIL] 2.2.3.7, [MS-OXOSMIME] 2.1.3

use mapi_props::{MessageTree, PropName, TreeValue, guids, tags};
use mapi_props::{PropKey, PropValue};

use super::{Reader, report};
use crate::header::fields;
use crate::structure::{Entity, Kind};

/// Whether this is a multipart/signed of S/MIME: what its protocol says, else what its signature is.
pub(super) fn is_smime_signed(entities: &[Entity], entity: &Entity) -> bool {
    if !(entity.kind == Kind::Multipart && entity.mime.is("multipart/signed")) {
        return false;
    }
    match entity.mime.content_type.param("protocol") {
        Some(protocol) if !protocol.is_empty() => is_signature(&protocol.to_ascii_lowercase()),
        _ => match entity.children.as_slice() {
            [_, signature] => entities
                .get(*signature)
                .is_some_and(|e| is_signature(e.mime.media_type())),
            _ => false,
        },
    }
}

fn is_signature(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/pkcs7-signature" | "application/x-pkcs7-signature"
    )
}

/// Sets PR_MESSAGE_CLASS and what goes with it, once the message's parts are read.
pub(super) fn set(reader: &mut Reader<'_>, tree: &mut MessageTree, root: usize, signed: bool) {
    let class = if signed {
        "IPM.Note.SMIME.MultipartSigned"
    } else if reader.entities.get(root).is_some_and(is_smime_opaque) {
        keep_content_type(reader, tree, root);
        "IPM.Note.SMIME"
    } else {
        report::read(reader, tree, root).unwrap_or("IPM.Note")
    };
    tree.props.set(tags::MESSAGE_CLASS, class);
}

/// Keeps the Content-Type of an opaque message, which tells signed from encrypted. [MS-OXOSMIME] 2.1.3.2
fn keep_content_type(reader: &Reader<'_>, tree: &mut MessageTree, root: usize) {
    let Some(entity) = reader.entities.get(root) else {
        return;
    };
    let header = reader.source.slice(entity.header.clone());
    let value = fields(header)
        .find(|f| f.is("content-type"))
        .map(|f| f.unfolded(reader.context.code_page));
    if let Some(value) = value {
        let name = PropName::text(guids::PS_INTERNET_HEADERS, "Content-Type");
        let value = TreeValue::Value(PropValue::Unicode(value));
        tree.props.insert(PropKey::Named(name), value);
    }
}

/// Opaque-signed, encrypted or certificates only: by its type, else by the name that RFC 8551 §3.2.1 gives it.
fn is_smime_opaque(entity: &Entity) -> bool {
    let mime = &entity.mime;
    let typed = mime.is("application/pkcs7-mime") || mime.is("application/x-pkcs7-mime");
    let name = mime
        .disposition
        .param("filename")
        .or_else(|| mime.content_type.param("name"))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    let named = mime.is("application/octet-stream") && matches!(extension, "p7m" | "p7c" | "p7z");
    entity.kind == Kind::Leaf && (typed || named)
}
