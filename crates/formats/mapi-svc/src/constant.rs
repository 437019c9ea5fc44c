//! The names that numbers of a description may be written with.
//! Reference: "PidTagResourceFlags", "PidTagResourceType"; the values are those of the public headers.

use mapi_props::tags;

/// Where a number stands decides which names it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A section of a message service.
    Service,
    /// A section of a provider.
    Provider,
    /// Any other section.
    Extra,
}

type Names = &'static [(&'static str, u32)];

/// PR_RESOURCE_TYPE of a provider.
const TYPES: Names = &[
    ("MAPI_STORE_PROVIDER", 33),
    ("MAPI_AB_PROVIDER", 35),
    ("MAPI_TRANSPORT_PROVIDER", 36),
];

/// PR_RESOURCE_FLAGS of a service.
const SERVICE_FLAGS: Names = &[
    ("SERVICE_DEFAULT_STORE", 0x1),
    ("SERVICE_SINGLE_COPY", 0x2),
    ("SERVICE_CREATE_WITH_STORE", 0x4),
    ("SERVICE_PRIMARY_IDENTITY", 0x8),
    ("SERVICE_NO_PRIMARY_IDENTITY", 0x20),
];

/// PR_RESOURCE_FLAGS of a provider.
const PROVIDER_FLAGS: Names = &[
    ("STATUS_DEFAULT_OUTBOUND", 0x1),
    ("STATUS_DEFAULT_STORE", 0x2),
    ("STATUS_PRIMARY_IDENTITY", 0x4),
    ("STATUS_SIMPLE_STORE", 0x8),
    ("STATUS_XP_PREFER_LAST", 0x10),
    ("STATUS_NO_PRIMARY_IDENTITY", 0x20),
    ("STATUS_NO_DEFAULT_STORE", 0x40),
    ("STATUS_TEMP_SECTION", 0x80),
    ("STATUS_OWN_STORE", 0x100),
    ("STATUS_NEED_IPM_TREE", 0x800),
    ("STATUS_PRIMARY_STORE", 0x1000),
    ("STATUS_SECONDARY_STORE", 0x2000),
];

const NONE: Names = &[];

/// The names that a number of property `id` may have; those of the flags may be joined.
fn names(id: u16, place: Place) -> Names {
    let (flags, kind) = (tags::RESOURCE_FLAGS.id(), tags::RESOURCE_TYPE.id());
    match place {
        Place::Service if id == flags => SERVICE_FLAGS,
        Place::Provider if id == flags => PROVIDER_FLAGS,
        _ if id == kind => TYPES,
        _ => NONE,
    }
}

/// The number that names joined by `|` stand for; none if one of them is no name of this place.
pub(crate) fn number(id: u16, place: Place, text: &str) -> Option<u32> {
    let names = names(id, place);
    let one = |name: &str| {
        let is_it = |known: &&(&str, u32)| known.0.eq_ignore_ascii_case(name.trim());
        names.iter().find(is_it).map(|(_, bits)| *bits)
    };
    if id == tags::RESOURCE_TYPE.id() {
        return one(text);
    }
    text.split('|')
        .try_fold(0, |all, name| Some(all | one(name)?))
}

/// A number by its names, if it is made of them wholly.
pub(crate) fn text(id: u16, place: Place, number: u32) -> Option<String> {
    let names = names(id, place);
    if id == tags::RESOURCE_TYPE.id() {
        let found = names.iter().find(|(_, kind)| *kind == number)?;
        return Some(found.0.to_owned());
    }
    let said: Vec<_> = names.iter().filter(|(_, bit)| number & bit != 0).collect();
    let whole = said.iter().fold(0, |all, (_, bit)| all | bit) == number;
    let joined = || said.iter().map(|(n, _)| *n).collect::<Vec<_>>().join("|");
    (whole && !said.is_empty()).then(joined)
}

/// What may be written for a number, for people.
pub(crate) fn allowed(id: u16, place: Place) -> String {
    let names = names(id, place);
    let listed = || names.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ");
    let figures = "eight hexadecimal digits in memory order (01000000 is 1)";
    match names {
        [] => figures.to_owned(),
        _ if id == tags::RESOURCE_TYPE.id() => format!("one of {}, or {figures}", listed()),
        _ => format!("{}, several joined by |, or {figures}", listed()),
    }
}

/// Whether a provider can be of this kind.
pub(crate) fn is_provider_type(number: i32) -> bool {
    u32::try_from(number).is_ok_and(|n| TYPES.iter().any(|(_, kind)| *kind == n))
}
