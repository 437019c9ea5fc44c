//! What an entity's header says about its body.
//! RFC 2045 §5–8, RFC 2183

use mapi_props::Defect;

use crate::Limits;
use crate::defects::note;
use crate::header::params::Parameterised;
use crate::header::{Field, fields};
use crate::transfer::Transfer;

/// What the Content-* fields of an entity say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mime {
    pub(crate) content_type: Parameterised,
    pub(crate) disposition: Parameterised,
    pub(crate) transfer: Transfer,
    pub(crate) content_id: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) base: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) class: Option<String>,
    /// Content-Type was there and could be read.
    pub(crate) declared: bool,
}

impl Mime {
    pub(crate) fn media_type(&self) -> &str {
        &self.content_type.value
    }

    pub(crate) fn is(&self, media_type: &str) -> bool {
        self.content_type.value == media_type
    }

    pub(crate) fn is_attachment(&self) -> bool {
        self.disposition.value == "attachment"
    }
}

/// Reads the Content-* fields of a header; of a repeated one the first counts.
pub(super) fn read(header: &[u8], limits: &Limits, defects: &mut Vec<Defect>) -> Mime {
    let mut mime = Mime::default();
    let mut transfer_seen = false;
    for field in fields(header)
        .take(limits.header_fields)
        .filter(|f| f.name.len() > 8 && f.name.as_bytes().first().is_some_and(|b| b | 32 == b'c'))
    {
        match field.name.to_ascii_lowercase().as_str() {
            "content-type" if !mime.declared => read_type(&mut mime, &field, defects),
            "content-disposition" if mime.disposition.value.is_empty() => {
                mime.disposition = Parameterised::parse(&value(&field));
            }
            "content-transfer-encoding" if !transfer_seen => {
                transfer_seen = true;
                let text = value(&field);
                mime.transfer = Transfer::parse(&text).unwrap_or_else(|| {
                    note(defects, "unknown-transfer-encoding", short(&text));
                    Transfer::Identity
                });
            }
            "content-id" => set(&mut mime.content_id, &field),
            "content-location" => set(&mut mime.location, &field),
            "content-base" => set(&mut mime.base, &field),
            "content-description" => set(&mut mime.description, &field),
            "content-class" => set(&mut mime.class, &field),
            "content-type" | "content-disposition" | "content-transfer-encoding" => {
                note(defects, "repeated-header", short(field.name));
            }
            _ => {}
        }
    }
    mime
}

fn read_type(mime: &mut Mime, field: &Field<'_>, defects: &mut Vec<Defect>) {
    let text = value(field);
    let parsed = Parameterised::parse(&text);
    let fine = parsed
        .value
        .split_once('/')
        .is_some_and(|(t, s)| !t.is_empty() && !s.is_empty() && !s.contains('/'));
    if fine {
        mime.content_type = parsed;
        mime.declared = true;
        return;
    }
    note(defects, "bad-content-type", short(&text));
    // RFC 2045 §5.2: what cannot be read is plain text; its charset may still be right.
    mime.declared = true;
    mime.content_type = Parameterised {
        value: "text/plain".to_owned(),
        params: parsed.params,
    };
}

fn value(field: &Field<'_>) -> String {
    field.unfolded(crate::charset::DEFAULT_CODE_PAGE)
}

fn set(slot: &mut Option<String>, field: &Field<'_>) {
    let text = field.text(crate::charset::DEFAULT_CODE_PAGE);
    if slot.is_none() && !text.is_empty() {
        *slot = Some(text);
    }
}

/// A foreign text cut for a defect's detail.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
