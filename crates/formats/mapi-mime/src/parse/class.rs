//! The message class that a mail's structure stands for.
//! [MS-OXCMAIL] 2.2.3.7, [MS-OXOSMIME] 2.1.3, RFC 3464, RFC 8098

use mapi_props::{MessageTree, PropName, TreeValue, guids, tags};
use mapi_props::{PropKey, PropValue};

use super::Reader;
use crate::header::fields;
use crate::structure::{Entity, Kind};

/// Whether this is a multipart/signed of S/MIME.
pub(super) fn is_smime_signed(entity: &Entity) -> bool {
    let protocol = entity
        .mime
        .content_type
        .param("protocol")
        .unwrap_or_default()
        .to_ascii_lowercase();
    entity.kind == Kind::Multipart
        && entity.mime.is("multipart/signed")
        && matches!(
            protocol.as_str(),
            "application/pkcs7-signature" | "application/x-pkcs7-signature"
        )
}

/// Sets PR_MESSAGE_CLASS and what goes with it.
pub(super) fn set(reader: &mut Reader<'_>, tree: &mut MessageTree, root: usize, signed: bool) {
    let Some(entity) = reader.entities.get(root) else {
        return;
    };
    let class = if signed {
        "IPM.Note.SMIME.MultipartSigned".to_owned()
    } else if is_smime_opaque(entity) {
        let name = PropName::text(guids::PS_INTERNET_HEADERS, "Content-Type");
        let header = reader.source.slice(entity.header.clone());
        let value = fields(header)
            .find(|f| f.is("content-type"))
            .map(|f| f.unfolded(reader.context.code_page));
        if let Some(value) = value {
            tree.props.insert(
                PropKey::Named(name),
                TreeValue::Value(PropValue::Unicode(value)),
            );
        }
        "IPM.Note.SMIME".to_owned()
    } else {
        report(reader, entity).unwrap_or_else(|| "IPM.Note".to_owned())
    };
    tree.props.set(tags::MESSAGE_CLASS, class);
}

/// Opaque-signed or encrypted S/MIME.
fn is_smime_opaque(entity: &Entity) -> bool {
    let mime = &entity.mime;
    let typed = mime.is("application/pkcs7-mime") || mime.is("application/x-pkcs7-mime");
    let name = mime
        .disposition
        .param("filename")
        .or_else(|| mime.content_type.param("name"))
        .unwrap_or_default();
    let named = mime.is("application/octet-stream") && name.to_ascii_lowercase().ends_with(".p7m");
    entity.kind == Kind::Leaf && (typed || named)
}

/// The class of a multipart/report, from what its machine-readable part says.
fn report(reader: &Reader<'_>, entity: &Entity) -> Option<String> {
    if !(entity.kind == Kind::Multipart && entity.mime.is("multipart/report")) {
        return None;
    }
    let parts = || {
        entity
            .children
            .iter()
            .filter_map(|c| reader.entities.get(*c))
    };
    if let Some(status) = parts().find(|e| {
        e.mime.is("message/delivery-status") || e.mime.is("message/global-delivery-status")
    }) {
        let actions = values(reader, status, "action");
        let has = |action: &str| actions.iter().any(|a| a.starts_with(action));
        // One report may tell of several recipients: the worst names it.
        let suffix = match () {
            () if has("failed") => "NDR",
            () if has("delayed") => "Delayed.DR",
            () if has("relayed") => "Relayed.DR",
            () if has("expanded") => "Expanded.DR",
            () if has("delivered") => "DR",
            () => "NDR",
        };
        return Some(format!("REPORT.IPM.Note.{suffix}"));
    }
    let notice = parts().find(|e| {
        e.mime.is("message/disposition-notification")
            || e.mime.is("message/global-disposition-notification")
    })?;
    let disposition = values(reader, notice, "disposition");
    // RFC 8098 §3.2.6: displayed means read; whatever else ended it unread.
    let read = disposition
        .iter()
        .any(|d| d.contains("displayed") || d.contains("dispatched") || d.contains("processed"));
    Some(format!(
        "REPORT.IPM.Note.{}",
        if read { "IPNRN" } else { "IPNNRN" }
    ))
}

/// Bytes of a report that are looked through.
const REPORT_MAX: usize = 1 << 20;

/// Every value of the field `name` in a part that is made of fields, in lower case.
fn values(reader: &Reader<'_>, entity: &Entity, name: &str) -> Vec<String> {
    let raw = reader.source.slice(entity.body.clone());
    let (bytes, _) = entity
        .mime
        .transfer
        .decode(raw.get(..REPORT_MAX).unwrap_or(raw));
    let page = reader.context.code_page;
    let found = fields(&bytes).filter(|f| f.is(name));
    found
        .take(1000)
        .map(|f| f.unfolded(page).to_ascii_lowercase())
        .collect()
}
