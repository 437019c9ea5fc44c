//! Reading properties. Reference: "IMAPIProp::GetProps", "IMAPIProp::GetPropList"

use mapi_props::{Code, PropTag, PropType, PropValue, Slot, Tag};
use mapi_query::convert_in;
use mapi_spi::{Error, Result};

use super::object::{Object, PropSource};
use super::{Prop, Typed};
use crate::Returned;

pub(super) fn get_props(object: &impl Object, tags: &[PropTag]) -> Result<Returned<Vec<Prop>>> {
    object.with_source(&mut |source| values(source, tags))
}

/// Values of `tags`, in order.
pub(crate) fn values(source: &dyn PropSource, tags: &[PropTag]) -> Result<Returned<Vec<Prop>>> {
    if tags.is_empty() {
        return Err(Error::new(
            Code::INVALID_PARAMETER,
            "no property tag was given",
        ));
    }
    let props: Vec<Prop> = tags.iter().map(|tag| read(source, *tag)).collect();
    let failed = props.iter().any(|p| p.tag.ty() == PropType::ERROR);
    Ok(Returned::warn_if(props, failed, Code::W_ERRORS_RETURNED))
}

/// One property, or PT_ERROR under its identifier.
fn read(source: &dyn PropSource, tag: PropTag) -> Prop {
    match value(source, tag, source.value_limit()) {
        Ok(value) => Prop {
            tag: value.tag(tag.id()),
            value,
        },
        Err(code) => Prop {
            tag: tag.with_type(PropType::ERROR),
            value: PropValue::Error(code),
        },
    }
}

/// All properties by value.
pub(crate) fn all(source: &dyn PropSource) -> Returned<Vec<Prop>> {
    let tags = list(source)
        .into_iter()
        .filter(|t| t.ty() != PropType::OBJECT);
    let props: Vec<Prop> = tags.map(|tag| read(source, tag)).collect();
    let failed = props.iter().any(|p| p.tag.ty() == PropType::ERROR);
    Returned::warn_if(props, failed, Code::W_ERRORS_RETURNED)
}

/// All tags, by identifier; text as PT_UNICODE.
pub(crate) fn list(source: &dyn PropSource) -> Vec<PropTag> {
    let stored = source.ids().into_iter().filter_map(|id| {
        let ty = source.slot(id)?.ty();
        Some(PropTag::new(id, wide(ty)))
    });
    let computed = source
        .computed_tags()
        .into_iter()
        .filter(|t| source.computed(*t).is_some());
    let mut tags: Vec<PropTag> = computed.chain(source.objects().iter().copied()).collect();
    for tag in stored {
        if !tags.iter().any(|t| t.id() == tag.id()) {
            tags.push(tag);
        }
    }
    for tag in source.derived_tags() {
        if !tags.iter().any(|t| t.id() == tag.id()) {
            tags.push(tag);
        }
    }
    tags.retain(|t| !t.is_secure());
    tags.sort_unstable();
    tags.dedup();
    tags
}

/// One value of any size.
pub(super) fn get_one<T: Typed + ?Sized>(object: &impl Object, tag: Tag<T>) -> Result<T::Value> {
    let raw = tag.raw();
    let large = object.with_source(&mut |source| match source.slot(raw.id()) {
        Some(Slot::Large(l)) if source.computed(raw).is_none() => Ok(Some(l)),
        _ => Ok(None),
    })?;
    let value = match large {
        Some(l) if l.ty == raw.ty() => {
            let bytes = object.open_large(&l)?.read_all()?;
            match l.ty {
                PropType::UNICODE => PropValue::Unicode(String::from_utf8(bytes).map_err(|e| {
                    Error::caused(Code::CORRUPT_DATA, format!("{raw} is no text"), e)
                })?),
                _ => PropValue::Binary(bytes),
            }
        }
        _ => object.with_source(&mut |source| {
            value(source, raw, u64::MAX)
                .map_err(|code| Error::new(code, format!("{raw} cannot be read")))
        })?,
    };
    T::from_value(value)
        .ok_or_else(|| Error::new(Code::NOT_FOUND, format!("{raw} is there with another type")))
}

fn value(
    source: &dyn PropSource,
    tag: PropTag,
    limit: u64,
) -> std::result::Result<PropValue, Code> {
    if source.objects().iter().any(|o| o.id() == tag.id()) {
        return Err(Code::NO_SUPPORT);
    }
    let value = match (source.computed(tag), source.derived(tag)) {
        (Some(value), _) => value,
        (None, Some(Ok(value))) if bytes_of(&value) > limit => return Err(Code::NOT_ENOUGH_MEMORY),
        (None, Some(made)) => made.map_err(|e| e.code())?,
        (None, None) => match source.slot(tag.id()).ok_or(Code::NOT_FOUND)? {
            Slot::Value(value) => value,
            Slot::Large(l) if asks_for(tag.ty(), l.ty) => return Err(Code::NOT_ENOUGH_MEMORY),
            Slot::Large(_) => return Err(Code::NOT_FOUND),
        },
    };
    let ty = match tag.ty() {
        PropType::UNSPECIFIED => wide(value.ty()),
        ty => ty,
    };
    convert_in(&value, ty, source.code_page()).ok_or(Code::NOT_FOUND)
}

/// Bytes as stores count them that keep a value out of the bag.
fn bytes_of(value: &PropValue) -> u64 {
    let bytes = match value {
        PropValue::Unicode(text) => text.len(),
        PropValue::Binary(bytes) => bytes.len(),
        _ => 0,
    };
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn asks_for(asked: PropType, stored: PropType) -> bool {
    let text = |t: PropType| t.is_string() && !t.is_multi();
    asked == PropType::UNSPECIFIED || asked == stored || (text(asked) && text(stored))
}

const fn wide(ty: PropType) -> PropType {
    match ty {
        PropType::STRING8 => PropType::UNICODE,
        PropType::MV_STRING8 => PropType::MV_UNICODE,
        ty => ty,
    }
}
