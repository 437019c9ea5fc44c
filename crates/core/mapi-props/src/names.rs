//! Names of tags, named properties, property sets and protocol codes, both ways.
//!
//! All lookups are binary searches in generated arrays: no set-up, no allocation.

mod parse;
mod suggest;
mod text;

use crate::generated::{guids, named, protocol_codes, tag_names};
use crate::{Guid, NameKind, PropName, PropTag, PropType};

pub use parse::{NameError, TagOrName, parse_tag, parse_type};
pub use text::{NameMap, NoNames, name_text, parse_local_tag, tag_text};

/// The `PidTag…` name of a tag below 0x8000, `PidTagSubject`.
///
/// Text is found in either width; a tag of type PT_UNSPECIFIED or PT_ERROR by its identifier alone.
/// None for identifiers of 0x8000 and above, which mean something else in every store
/// (see [`address_book_name`]).
#[must_use]
pub fn canonical_name(tag: PropTag) -> Option<&'static str> {
    if tag.is_named() {
        None
    } else {
        find(tag, "PidTag")
    }
}

/// The preferred `PR_…` name of a tag below 0x8000, `PR_SUBJECT`. Found as by [`canonical_name`].
#[must_use]
pub fn pr_name(tag: PropTag) -> Option<&'static str> {
    if tag.is_named() {
        None
    } else {
        find(tag, "PR_")
    }
}

/// The name of a tag of 0x8000 and above in an address book, where these identifiers are fixed:
/// `PR_EMS_AB_…`, `PidTagAddressBook…`.
#[must_use]
pub fn address_book_name(tag: PropTag) -> Option<&'static str> {
    if !tag.is_named() {
        return None;
    }
    find(tag, "PidTag").or_else(|| find(tag, "PR_"))
}

/// Every name of exactly this tag, the preferred one first.
pub fn all_names(tag: PropTag) -> impl Iterator<Item = &'static str> {
    let from = tag_names::NAMES.partition_point(|(t, _)| *t < tag.0);
    let rows = tag_names::NAMES.get(from..).unwrap_or_default();
    rows.iter()
        .take_while(move |(t, _)| *t == tag.0)
        .map(|(_, name)| *name)
}

/// The tag with this very name: `PidTagSubject`, `PR_SUBJECT`, `PR_SUBJECT_A`, `ptagSubject`.
#[must_use]
pub fn tag(name: &str) -> Option<PropTag> {
    let (tag, _) = by_name(tag_names::NAMES, tag_names::NAMES_BY_NAME, name, |row| {
        row.1
    })?;
    Some(PropTag(*tag))
}

/// A well-known named property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedProperty {
    /// The preferred name: `PidLidFileUnder`, `PidNameKeywords`, `dispidReferredBy`.
    pub name: &'static str,
    /// The type that its values have.
    pub ty: PropType,
}

/// What is known about a named property.
#[must_use]
pub fn named(name: &PropName) -> Option<NamedProperty> {
    named_all(name).next()
}

/// Every name of a named property, the preferred one first.
pub fn named_all(name: &PropName) -> impl Iterator<Item = NamedProperty> {
    // Rows of one set lie together but sets are in the order of their names, so the set is found by a scan of the
    // few sets and the row inside by binary search.
    let (lids, texts): (&[_], &[_]) = match &name.kind {
        NameKind::Id(id) => (same(named::LIDS, |r| r.0, name.guid, |r| r.1.cmp(id)), &[]),
        NameKind::Text(t) => (
            &[],
            same(named::TEXTS, |r| r.0, name.guid, |r| r.1.cmp(t.as_str())),
        ),
    };
    let lids = lids.iter().map(|r| NamedProperty { name: r.3, ty: r.2 });
    lids.chain(texts.iter().map(|r| NamedProperty { name: r.3, ty: r.2 }))
}

/// The named property with this very name (`PidLidFileUnder`, `dispidFileUnder`, `PidNameKeywords`) and its type.
#[must_use]
pub fn named_by_name(name: &str) -> Option<(PropName, PropType)> {
    if let Some(row) = by_name(named::LIDS, named::LIDS_BY_NAME, name, |r| r.3) {
        return Some((PropName::id(row.0, row.1), row.2));
    }
    let row = by_name(named::TEXTS, named::TEXTS_BY_NAME, name, |r| r.3)?;
    Some((PropName::text(row.0, row.1), row.2))
}

/// The name of a property set, class, interface or provider: `PSETID_Address`, `PS_MAPI`.
#[must_use]
pub fn guid_name(guid: Guid) -> Option<&'static str> {
    guids::GUIDS
        .iter()
        .find(|(g, _)| *g == guid)
        .map(|(_, name)| *name)
}

/// The GUID with this very name.
#[must_use]
pub fn guid(name: &str) -> Option<Guid> {
    let at = guids::GUIDS
        .binary_search_by(|(_, n)| (*n).cmp(name))
        .ok()?;
    guids::GUIDS.get(at).map(|(guid, _)| *guid)
}

/// The first name of a store protocol's code: `ecNoFreeJses`, and the names of MAPI's own codes too.
#[must_use]
pub fn protocol_code_name(code: u32) -> Option<&'static str> {
    let at = protocol_codes::CODES.partition_point(|(c, _)| *c < code);
    protocol_codes::CODES
        .get(at)
        .filter(|(c, _)| *c == code)
        .map(|(_, name)| *name)
}

/// The store protocol's code with this very name.
#[must_use]
pub fn protocol_code(name: &str) -> Option<u32> {
    by_name(
        protocol_codes::CODES,
        protocol_codes::CODES_BY_NAME,
        name,
        |row| row.1,
    )
    .map(|row| row.0)
}

/// The first name with this prefix: of the tag, of the tag in the other text width, of the identifier.
fn find(tag: PropTag, prefix: &str) -> Option<&'static str> {
    let exact = |tag| all_names(tag).find(|name| name.starts_with(prefix));
    let tag = tag.with_type(tag.ty().without_instance());
    let twin = match tag.ty() {
        PropType::STRING8 => Some(PropType::UNICODE),
        PropType::UNICODE => Some(PropType::STRING8),
        PropType::MV_STRING8 => Some(PropType::MV_UNICODE),
        PropType::MV_UNICODE => Some(PropType::MV_STRING8),
        _ => None,
    };
    exact(tag).or_else(|| match tag.ty() {
        PropType::UNSPECIFIED | PropType::ERROR => of_id(tag.id(), prefix),
        _ => twin.and_then(|ty| exact(tag.with_type(ty))),
    })
}

/// The first name with this prefix of any tag of `id`; wide text before narrow.
fn of_id(id: u16, prefix: &str) -> Option<&'static str> {
    let wide = all_names(PropTag::new(id, PropType::UNICODE)).find(|name| name.starts_with(prefix));
    let of = |tag: u32| PropTag(tag).id();
    let from = tag_names::NAMES.partition_point(|(t, _)| of(*t) < id);
    let rows = tag_names::NAMES.get(from..).unwrap_or_default().iter();
    let mut names = rows
        .take_while(|(t, _)| of(*t) == id)
        .map(|(_, name)| *name);
    wide.or_else(|| names.find(|name| name.starts_with(prefix)))
}

fn by_name<T>(
    table: &'static [T],
    index: &[u16],
    name: &str,
    name_of: impl Fn(&T) -> &'static str,
) -> Option<&'static T> {
    let row = |at: &u16| table.get(usize::from(*at));
    let at = index
        .binary_search_by(|at| row(at).map_or("", &name_of).cmp(name))
        .ok()?;
    index.get(at).and_then(row)
}

/// The rows of one set for which `cmp` says equal; they lie together and in order of `cmp`.
fn same<T>(
    table: &'static [T],
    set_of: impl Fn(&T) -> Guid,
    set: Guid,
    cmp: impl Fn(&T) -> std::cmp::Ordering,
) -> &'static [T] {
    let Some(start) = table.iter().position(|row| set_of(row) == set) else {
        return &[];
    };
    let rows = table.get(start..).unwrap_or_default();
    let len = rows
        .iter()
        .position(|row| set_of(row) != set)
        .unwrap_or(rows.len());
    let rows = rows.get(..len).unwrap_or_default();
    let from = rows.partition_point(|row| cmp(row).is_lt());
    let to = rows.partition_point(|row| cmp(row).is_le());
    rows.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests;
