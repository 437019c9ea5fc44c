//! Setting and deleting properties. Reference: "IMAPIProp::SetProps", "IMAPIProp::DeleteProps"

use mapi_props::{Code, PropTag, PropType, PropValue, Slot, tags};
use mapi_query::convert_in;
use mapi_spi::{Error, Result, Staged};

use super::PropProblem;
use super::object::Object;

/// Checked changes of one call.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) set: Vec<(u16, Slot)>,
    pub(crate) delete: Vec<u16>,
    /// Keeps the staged values among them.
    pub(crate) staged: Vec<Staged>,
}

pub(super) fn set_props(
    object: &impl Object,
    props: &[(PropTag, PropValue)],
) -> Result<Vec<PropProblem>> {
    check_call(object, props.is_empty())?;
    props
        .iter()
        .try_for_each(|(tag, value)| check_value(*tag, value))?;
    let unmapped = unmapped(object, props.iter().map(|(tag, _)| *tag))?;
    let mut change = Change::default();
    let mut problems = Vec::new();
    for (index, (tag, value)) in props.iter().enumerate() {
        if *tag == PropTag::NULL || tag.ty() == PropType::ERROR {
            continue;
        }
        let refused = object.refuses(*tag, Some(value));
        let outcome = match refused {
            Some(code) => Err(code),
            None if !good_id(tag.id()) || unmapped.contains(&tag.id()) => Err(Code::UNEXPECTED_ID),
            None => typed(*tag, value),
        };
        match outcome {
            Ok(value) => change.set.push((tag.id(), Slot::Value(value))),
            Err(code) => problems.push(PropProblem {
                index,
                tag: *tag,
                code,
            }),
        }
    }
    if !change.set.is_empty() {
        object.apply(change)?;
    }
    Ok(problems)
}

pub(super) fn delete_props(object: &impl Object, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
    check_call(object, tags.is_empty())?;
    let mut change = Change::default();
    let mut problems = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        match object.refuses(*tag, None) {
            Some(code) => problems.push(PropProblem {
                index,
                tag: *tag,
                code,
            }),
            None => change.delete.push(tag.id()),
        }
    }
    if !change.delete.is_empty() {
        object.apply(change)?;
    }
    Ok(problems)
}

fn check_call(object: &impl Object, empty: bool) -> Result<()> {
    object.context().spi()?;
    if empty {
        return Err(Error::new(Code::INVALID_PARAMETER, "no property was given"));
    }
    if object.can_modify() {
        return Ok(());
    }
    Err(Error::new(Code::NO_ACCESS, "the object is open read-only"))
}

/// What makes the whole call invalid.
fn check_value(tag: PropTag, value: &PropValue) -> Result<()> {
    let object = tag.ty() == PropType::OBJECT || matches!(value, PropValue::Object);
    if object || value.multi_len() == Some(0) {
        return Err(Error::new(
            Code::INVALID_PARAMETER,
            format!("{tag}: neither objects nor multi-values without elements can be set"),
        ));
    }
    if tag.id() == tags::MESSAGE_CLASS.id() {
        check_class(value)?;
    }
    Ok(())
}

/// MSG-02: ASCII 32 to 127, no trailing dot, at most 255 characters.
fn check_class(value: &PropValue) -> Result<()> {
    let good = match value {
        PropValue::Unicode(s) => {
            s.len() <= 255 && s.bytes().all(|b| (32..128).contains(&b)) && !s.ends_with('.')
        }
        PropValue::String8(s) => s.bytes.len() <= 255,
        _ => true,
    };
    if good {
        return Ok(());
    }
    Err(Error::new(
        Code::INVALID_PARAMETER,
        "a message class is at most 255 ASCII characters and does not end with a dot",
    ))
}

/// The value as the tag's type.
fn typed(tag: PropTag, value: &PropValue) -> std::result::Result<PropValue, Code> {
    match (tag.ty(), value) {
        (_, PropValue::Null | PropValue::Error(_)) => Err(Code::INVALID_TYPE),
        (ty, _) if ty.name().is_none() || ty == PropType::NULL => Err(Code::INVALID_TYPE),
        (ty, value) => convert_in(value, ty, 1252).ok_or(Code::UNEXPECTED_TYPE),
    }
}

const fn good_id(id: u16) -> bool {
    !matches!(id, 0 | 0xFFFF)
}

/// Identifiers of 0x8000 and above that stand for no name in this store.
fn unmapped(object: &impl Object, tags: impl Iterator<Item = PropTag>) -> Result<Vec<u16>> {
    let ids: Vec<u16> = tags.filter(|t| t.is_named()).map(PropTag::id).collect();
    if ids.is_empty() {
        return Ok(ids);
    }
    let names = object.context().names(&ids)?;
    Ok(ids
        .into_iter()
        .zip(names)
        .filter(|(_, n)| n.is_none())
        .map(|(id, _)| id)
        .collect())
}
