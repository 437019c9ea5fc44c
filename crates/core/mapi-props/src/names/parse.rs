//! Reading what people write for a property.

use super::{guid, named_by_name, suggest, tag};
use crate::{Guid, NameKind, PropName, PropTag, PropType, names};

/// What a text stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagOrName {
    /// A tag. One of 0x8000 and above was written as a number, or is an address book's.
    Tag(PropTag),
    /// A named property and the type of its values, PT_UNSPECIFIED when nobody says.
    Name(PropName, PropType),
}

impl TagOrName {
    /// The type of the property's values, PT_UNSPECIFIED when nobody says.
    #[must_use]
    pub const fn ty(&self) -> PropType {
        match self {
            Self::Tag(tag) => tag.ty(),
            Self::Name(_, ty) => *ty,
        }
    }

    /// The same property with values of another type.
    #[must_use]
    pub fn with_type(self, ty: PropType) -> Self {
        match self {
            Self::Tag(tag) => Self::Tag(tag.with_type(ty)),
            Self::Name(name, _) => Self::Name(name, ty),
        }
    }
}

/// A text that stands for no property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No such name.
    #[error("`{text}` is no known property{}", suggest_text(*.suggestion))]
    Unknown {
        /// As written.
        text: String,
        /// The closest known name.
        suggestion: Option<&'static str>,
    },
    /// Two properties have this short name.
    #[error("`{text}` may mean {first} or {second}")]
    Ambiguous {
        /// As written.
        text: String,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// Not of any form that a property is written in.
    #[error("`{text}` is no property: {reason}")]
    Malformed {
        /// As written.
        text: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A named property that the store does not know.
    #[error("the store has no property {text}")]
    NotInStore {
        /// The property's name.
        text: String,
    },
}

fn suggest_text(name: Option<&'static str>) -> String {
    name.map_or_else(String::new, |n| format!("; did you mean {n}?"))
}

/// Reads a property: `PidTagSubject`, `PR_SUBJECT`, `PR_SUBJECT_A`, `0x0037001F`, `Subject`; or a named one:
/// `PidLidFileUnder`, `dispidFileUnder`, `PidNameKeywords`, `FileUnder`, `PSETID_Address:0x8005`,
/// `PS_PUBLIC_STRINGS:Keywords`, `{00020329-0000-0000-c000-000000000046}:"any text"`.
///
/// Any of them may end in `:PT_…` (`PSETID_Address:0x8005:PT_UNICODE`) to set the type;
/// `PT_MV_UNICODE|MV_INSTANCE` is a type too. The short name `Subject` means `PidTagSubject` if there is
/// one, else the only `PidLid…` or `PidName…` property of that name.
///
/// ```
/// use mapi_props::names::{TagOrName, parse_tag};
/// use mapi_props::{PropName, PropType, guids, tags};
///
/// assert_eq!(parse_tag("PR_SUBJECT")?, TagOrName::Tag(tags::SUBJECT.raw()));
/// let file_under = PropName::id(guids::PSETID_ADDRESS, 0x8005);
/// assert_eq!(parse_tag("PidLidFileUnder")?, TagOrName::Name(file_under, PropType::UNICODE));
/// assert_eq!(
///     parse_tag("PidTagSubjekt").unwrap_err().to_string(),
///     "`PidTagSubjekt` is no known property; did you mean PidTagSubject?",
/// );
/// # Ok::<(), mapi_props::names::NameError>(())
/// ```
///
/// # Errors
/// [`NameError`]: the name is unknown, stands for two properties, or is no name.
pub fn parse_tag(text: &str) -> Result<TagOrName, NameError> {
    let text = text.trim();
    if let Some((head, rest)) = text.split_once(':') {
        if let Some(set) = set_guid(head) {
            return parse_named(text, set, rest);
        }
        let Some(ty) = parse_type(rest) else {
            return Err(unknown_set(text, head));
        };
        return parse_plain(head).map(|property| property.with_type(ty));
    }
    parse_plain(text)
}

/// Reads a property type: `PT_UNICODE`, `PT_MV_UNICODE|MV_INSTANCE`, `0x001F`.
#[must_use]
pub fn parse_type(text: &str) -> Option<PropType> {
    if let Some(base) = text.strip_suffix("|MV_INSTANCE") {
        let ty = PropType::from_name(base).filter(|t| t.is_multi())?;
        return Some(PropType(ty.0 | PropType::MV_INSTANCE));
    }
    let number = || {
        hex(text, 4)
            .and_then(|n| u16::try_from(n).ok())
            .map(PropType)
    };
    PropType::from_name(text).or_else(number)
}

fn parse_plain(text: &str) -> Result<TagOrName, NameError> {
    if text.starts_with("0x") || text.starts_with("0X") {
        let number = hex(text, 8)
            .ok_or_else(|| malformed(text, "0x and eight hexadecimal digits are expected"))?;
        return Ok(TagOrName::Tag(PropTag(number)));
    }
    if let Some(tag) = tag(text) {
        return Ok(TagOrName::Tag(tag));
    }
    if let Some((name, ty)) = named_by_name(text) {
        return Ok(TagOrName::Name(name, ty));
    }
    short(text)
}

/// A canonical name without its prefix.
fn short(text: &str) -> Result<TagOrName, NameError> {
    if let Some(tag) = tag(&format!("PidTag{text}")) {
        return Ok(TagOrName::Tag(tag));
    }
    let (lid, name) = (format!("PidLid{text}"), format!("PidName{text}"));
    match (named_by_name(&lid), named_by_name(&name)) {
        (Some(a), Some(b)) if a != b => Err(NameError::Ambiguous {
            text: text.to_owned(),
            first: lid,
            second: name,
        }),
        (Some((n, ty)), _) | (None, Some((n, ty))) => Ok(TagOrName::Name(n, ty)),
        (None, None) => Err(NameError::Unknown {
            text: text.to_owned(),
            suggestion: suggest::closest(text),
        }),
    }
}

/// What follows `set:`.
fn parse_named(text: &str, set: Guid, rest: &str) -> Result<TagOrName, NameError> {
    let (kind, ty) = if rest.starts_with('"') {
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        let Some(Ok(name)) = stream.next() else {
            return Err(malformed(
                text,
                "the quoted name does not end or has a bad escape",
            ));
        };
        let tail = rest.get(stream.byte_offset()..).unwrap_or_default();
        let ty = match tail.strip_prefix(':') {
            Some(ty) => {
                Some(parse_type(ty).ok_or_else(|| malformed(text, "unknown property type"))?)
            }
            None if tail.is_empty() => None,
            None => return Err(malformed(text, "something follows the quoted name")),
        };
        (NameKind::Text(name), ty)
    } else {
        let split = rest
            .rsplit_once(':')
            .and_then(|(key, ty)| Some((key, parse_type(ty)?)));
        let (key, ty) = split.map_or((rest, None), |(key, ty)| (key, Some(ty)));
        (bare_key(text, key)?, ty)
    };
    let name = PropName { guid: set, kind };
    let ty = ty
        .or_else(|| names::named(&name).map(|n| n.ty))
        .unwrap_or_default();
    Ok(TagOrName::Name(name, ty))
}

fn bare_key(text: &str, key: &str) -> Result<NameKind, NameError> {
    if key.is_empty() {
        return Err(malformed(
            text,
            "a number or a name is expected after the property set",
        ));
    }
    if let Some(digits) = key.strip_prefix("0x").or_else(|| key.strip_prefix("0X")) {
        let number = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| !digits.starts_with('+'));
        return number
            .map(NameKind::Id)
            .ok_or_else(|| malformed(text, "bad number"));
    }
    if key.bytes().all(|b| b.is_ascii_digit()) {
        return key
            .parse()
            .map(NameKind::Id)
            .map_err(|_| malformed(text, "the number is too large"));
    }
    Ok(NameKind::Text(key.to_owned()))
}

/// The GUID that a set is written as: by name or in figures.
fn set_guid(head: &str) -> Option<Guid> {
    guid(head).or_else(|| head.parse().ok())
}

fn unknown_set(text: &str, head: &str) -> NameError {
    if head.starts_with("PS") {
        NameError::Unknown {
            text: head.to_owned(),
            suggestion: suggest::closest_set(head),
        }
    } else {
        malformed(
            text,
            "a property set is expected before the colon, or a property type after it",
        )
    }
}

fn malformed(text: &str, reason: &'static str) -> NameError {
    NameError::Malformed {
        text: text.to_owned(),
        reason,
    }
}

/// `0x` and exactly `digits` hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u32> {
    let figures = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))?;
    if figures.len() != digits || !figures.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(figures, 16).ok()
}
