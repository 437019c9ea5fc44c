//! `PR_SUBJECT=Hello`.

use super::{parse_value, property_end, value};
use crate::json::ValueError;
use crate::names::{NameError, NoNames, TagOrName, name_text, parse_tag, tag_text};
use crate::{PropType, PropValue};

/// A property and its new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The property; a type of PT_UNSPECIFIED has become that of the value.
    pub property: TagOrName,
    /// The value.
    pub value: PropValue,
}

/// A text that is no assignment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssignmentError {
    /// There is no `=`.
    #[error("`{0}` is no assignment: PROPERTY=VALUE is expected")]
    NoEquals(String),
    /// What stands before the `=` is no property.
    #[error(transparent)]
    Property(#[from] NameError),
    /// What stands after the `=` is no value of the property.
    #[error("{property}: {source}")]
    Value {
        /// The property as written.
        property: String,
        /// What is wrong with the value.
        source: ValueError,
    },
}

/// Reads `PROPERTY=VALUE`. The property is written as [`parse_tag`] reads it, the value as [`parse_value`] does.
///
/// ```
/// use mapi_props::names::TagOrName;
/// use mapi_props::{tags, text};
///
/// let set = text::parse_assignment("PR_SUBJECT=Hello")?;
/// assert_eq!(set.property, TagOrName::Tag(tags::SUBJECT.raw()));
/// assert_eq!(set.value, "Hello".into());
/// # Ok::<(), mapi_props::text::AssignmentError>(())
/// ```
///
/// # Errors
/// [`AssignmentError`].
pub fn parse_assignment(text: &str) -> Result<Assignment, AssignmentError> {
    let at = property_end(text, |c| c == '=');
    let (name, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let Some(rest) = rest.strip_prefix('=') else {
        return Err(AssignmentError::NoEquals(text.to_owned()));
    };
    let property = parse_tag(name)?;
    let ty = property.ty();
    let value = parse_value(ty, rest);
    let value = value.map_err(|source| AssignmentError::Value {
        property: name.to_owned(),
        source,
    })?;
    let property = match ty {
        PropType::UNSPECIFIED => property.with_type(value.ty()),
        _ => property,
    };
    Ok(Assignment { property, value })
}

/// The text of an assignment, as [`parse_assignment`] reads it.
#[must_use]
pub fn assignment(assignment: &Assignment) -> String {
    let property = match &assignment.property {
        TagOrName::Tag(tag) => tag_text(*tag, &NoNames),
        TagOrName::Name(name, ty) => name_text(name, *ty),
    };
    format!("{property}={}", value(&assignment.value))
}
