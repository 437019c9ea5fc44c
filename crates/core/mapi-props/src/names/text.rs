//! Writing a property so that [`parse_tag`] reads the same one back.

use super::{
    NameError, TagOrName, canonical_name, guid_name, named, named_by_name, parse_tag, pr_name, tag,
};
use crate::{NameKind, PropName, PropTag, PropType};

/// What one store calls its identifiers of 0x8000 and above.
pub trait NameMap {
    /// The identifier of a name, if the store has given it one.
    fn id_of(&self, name: &PropName) -> Option<u16>;

    /// The name of an identifier.
    fn name_of(&self, id: u16) -> Option<PropName>;
}

/// A store without named properties.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNames;

impl NameMap for NoNames {
    fn id_of(&self, _: &PropName) -> Option<u16> {
        None
    }

    fn name_of(&self, _: u16) -> Option<PropName> {
        None
    }
}

/// Reads a property as [`parse_tag`] does and gives the tag that it has in this store.
///
/// # Errors
/// As [`parse_tag`]; [`NameError::NotInStore`] for a named property without an identifier, and for names of
/// address book properties of 0x8000 and above, whose identifiers mean something else in a store.
pub fn parse_local_tag(text: &str, names: &dyn NameMap) -> Result<PropTag, NameError> {
    match parse_tag(text)? {
        TagOrName::Tag(tag) if tag.is_named() && !is_figures(text) => Err(NameError::NotInStore {
            text: text.to_owned(),
        }),
        TagOrName::Tag(tag) => Ok(tag),
        TagOrName::Name(name, ty) => match names.id_of(&name) {
            Some(id) => Ok(PropTag::new(id, ty)),
            None => Err(NameError::NotInStore {
                text: name_text(&name, ty),
            }),
        },
    }
}

/// Whether a tag was written as a number.
fn is_figures(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("0x") || text.starts_with("0X")
}

/// The text of a tag, shortest exact form first: `PidTagSubject`, `PR_SUBJECT_A`, `PidLidFileUnder`, `0x6801001F`.
/// [`parse_local_tag`] with the same names gives the tag back.
#[must_use]
pub fn tag_text(wanted: PropTag, names: &dyn NameMap) -> String {
    if wanted.is_named() {
        let name = names
            .name_of(wanted.id())
            .filter(|n| names.id_of(n) == Some(wanted.id()));
        return name.map_or_else(|| wanted.to_string(), |n| name_text(&n, wanted.ty()));
    }
    [canonical_name(wanted), pr_name(wanted)]
        .into_iter()
        .flatten()
        .find(|name| tag(name) == Some(wanted))
        .map_or_else(|| wanted.to_string(), str::to_owned)
}

/// The text of a named property: `PidLidFileUnder`, else `PSETID_Address:0x8005:PT_UNICODE`.
/// [`parse_tag`] gives name and type back.
#[must_use]
pub fn name_text(name: &PropName, ty: PropType) -> String {
    let known = named(name);
    if let Some(known) = known.filter(|k| k.ty == ty)
        && named_by_name(known.name).is_some_and(|(n, t)| n == *name && t == ty)
    {
        return known.name.to_owned();
    }
    let set = guid_name(name.guid).map_or_else(|| format!("{{{}}}", name.guid), str::to_owned);
    let key = match &name.kind {
        NameKind::Id(id) => format!("0x{id:04X}"),
        NameKind::Text(text) if is_plain(text) => text.clone(),
        NameKind::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
    };
    if known.map(|k| k.ty).unwrap_or_default() == ty {
        format!("{set}:{key}")
    } else {
        format!("{set}:{key}:{ty}")
    }
}

/// Whether a name can be written without quotes: it is a word, and not one that starts like a number.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}
