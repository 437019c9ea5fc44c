//! Asking a node of a row.

use std::borrow::Cow;
use std::cmp::Ordering;

use mapi_props::{BitOp, PropTag, PropType, PropValue, RelOp};

use super::node::Node;
use super::stream;
use crate::row::is_body;
use crate::value_order::{MESSAGE_CLASS, same_kind};
use crate::words::WordPattern;
use crate::{Row, compare_column, compare_text, compare_values, convert, decode_ansi};

impl Node {
    pub(super) fn matches(&self, row: &dyn Row) -> bool {
        match self {
            Self::And(children) => children.iter().all(|c| c.matches(row)),
            Self::Or(children) => children.iter().any(|c| c.matches(row)),
            Self::Not(child) => !child.matches(row),
            Self::Text { tag, op, constant } => text(row, *tag, *op, constant),
            Self::Value { tag, op, constant } => value(row, *tag, *op, constant),
            Self::TextContent { tag, needle } => {
                let small = any_text(row, *tag, &|text| needle.is_in_text(text));
                small.unwrap_or_else(|| stream::content(row, tag.id(), needle))
            }
            Self::Words { tag, pattern } => words(row, *tag, pattern),
            Self::ByteContent { tag, needle } => {
                let small = any_value(row, *tag, &|v| {
                    v.as_bytes().is_some_and(|b| needle.is_in_bytes(b))
                });
                small.unwrap_or_else(|| stream::content(row, tag.id(), needle))
            }
            Self::Compare { op, left, right } => compare(row, *op, *left, *right),
            Self::Bitmask { id, op, mask } => bitmask(row, *id, *op, *mask),
            Self::Size { tag, op, size } => self::size(row, *tag, *op, *size),
            Self::Exist { id, ty } => row.ty(*id).is_some_and(|stored| exists_as(stored, *ty)),
            Self::Never => false,
            Self::AnyRecipient(child) => row.any_recipient(&mut |r| child.matches(r)),
            Self::AnyAttachment(child) => row.any_attachment(&mut |a| child.matches(a)),
        }
    }
}

/// Whether `ordering` of value against constant satisfies `op`.
pub(super) const fn holds(op: RelOp, ordering: Ordering) -> bool {
    match op {
        RelOp::Lt => ordering.is_lt(),
        RelOp::Le => ordering.is_le(),
        RelOp::Gt => ordering.is_gt(),
        RelOp::Ge => ordering.is_ge(),
        RelOp::Eq => ordering.is_eq(),
        RelOp::Ne => ordering.is_ne(),
        RelOp::Re => false,
    }
}

fn text(row: &dyn Row, tag: PropTag, op: RelOp, constant: &str) -> bool {
    let test = |text: &str| match op {
        RelOp::Eq | RelOp::Ne if tag.id() == MESSAGE_CLASS => {
            text.eq_ignore_ascii_case(constant) == (op == RelOp::Eq)
        }
        RelOp::Eq | RelOp::Ne => (text == constant) == (op == RelOp::Eq),
        _ if tag.id() == MESSAGE_CLASS => {
            holds(op, compare_text(&text.to_ascii_lowercase(), constant))
        }
        _ => holds(op, compare_text(text, constant)),
    };
    any_text(row, tag, &test).unwrap_or_else(|| match stream::load(row, tag) {
        Some(loaded) if loaded.cut && matches!(op, RelOp::Eq | RelOp::Ne) => op == RelOp::Ne,
        Some(loaded) => text_of(&loaded.value).is_some_and(|t| test(&t)),
        None => false,
    })
}

fn value(row: &dyn Row, tag: PropTag, op: RelOp, constant: &PropValue) -> bool {
    let test = |v: &PropValue| compare_values(v, constant).is_some_and(|o| holds(op, o));
    any_value(row, tag, &test).unwrap_or_else(|| match stream::load(row, tag) {
        Some(loaded) if loaded.cut && matches!(op, RelOp::Eq | RelOp::Ne) => op == RelOp::Ne,
        Some(loaded) => test(&loaded.value),
        None => false,
    })
}

fn words(row: &dyn Row, tag: PropTag, pattern: &WordPattern) -> bool {
    if let Some(small) = any_text(row, tag, &|text| pattern.is_in(text)) {
        return small;
    }
    if is_body(tag) && row.ty(tag.id()).is_none() {
        return row.made_body().is_some_and(|text| pattern.is_in(&text));
    }
    stream::words(row, tag.id(), pattern)
}

fn compare(row: &dyn Row, op: RelOp, left: PropTag, right: PropTag) -> bool {
    let load = |tag: PropTag| match row.get(tag) {
        Some(small) => Some(small),
        None => stream::load(row, tag).map(|l| Cow::Owned(l.value)),
    };
    let (Some(a), Some(b)) = (load(left), load(right)) else {
        return false;
    };
    if !same_kind(a.ty(), left.ty()) || !same_kind(b.ty(), right.ty()) {
        return false;
    }
    let column = if right.id() == MESSAGE_CLASS {
        right
    } else {
        left
    };
    compare_column(column, &a, &b).is_some_and(|o| holds(op, o))
}

fn bitmask(row: &dyn Row, id: u16, op: BitOp, mask: u32) -> bool {
    let value = row.get(PropTag::new(id, PropType::LONG));
    let Some(bits) = value.and_then(|v| v.as_long()) else {
        return false;
    };
    let zero = bits.cast_unsigned() & mask == 0;
    zero == (op == BitOp::Zero)
}

fn size(row: &dyn Row, tag: PropTag, op: RelOp, size: u64) -> bool {
    let test = |bytes: u64| holds(op, bytes.cmp(&size));
    let as_asked = |v: &PropValue| match convert(v, tag.ty().single()) {
        Some(text) if v.ty().is_string() => text.size(),
        _ => v.size(),
    };
    let small = match tag.ty() {
        PropType::UNSPECIFIED => row.get(tag).map(|v| test(v.size())),
        _ => any_value(row, tag, &|v| test(as_asked(v))),
    };
    small.unwrap_or_else(|| stream::size(row, tag, op, size))
}

/// EXIST: no type asks for the identifier only.
fn exists_as(stored: PropType, asked: PropType) -> bool {
    stored != PropType::OBJECT && (asked == PropType::UNSPECIFIED || fits(stored, asked))
}

/// Whether a property stored as `stored` answers for a tag of type `asked`.
fn fits(stored: PropType, asked: PropType) -> bool {
    same_kind(stored, asked.without_instance())
        || (asked.is_mv_instance() && same_kind(stored, asked.single()))
}

/// Whether any value under `tag` passes `test`; `None` if there is no small value, false if it is of another type.
fn any_value(row: &dyn Row, tag: PropTag, test: &dyn Fn(&PropValue) -> bool) -> Option<bool> {
    let value = row.get(tag)?;
    if !fits(value.ty(), tag.ty()) {
        return Some(false);
    }
    Some(match value.multi_len() {
        None => test(&value),
        Some(n) => (0..n).filter_map(|i| value.element(i)).any(|e| test(&e)),
    })
}

/// [`any_value`] for text, without copies.
fn any_text(row: &dyn Row, tag: PropTag, test: &dyn Fn(&str) -> bool) -> Option<bool> {
    if !tag.ty().is_multi()
        && let Some(text) = row.text(tag.id())
    {
        return Some(test(&text));
    }
    let value = row.get(tag)?;
    if !fits(value.ty(), tag.ty()) {
        return Some(false);
    }
    Some(match &*value {
        PropValue::MvUnicode(v) => v.iter().any(|s| test(s)),
        PropValue::MvString8(v) => v.iter().any(|s| test(&decode_ansi(s))),
        single => text_of(single).is_some_and(|t| test(&t)),
    })
}

fn text_of(value: &PropValue) -> Option<Cow<'_, str>> {
    match value {
        PropValue::Unicode(s) => Some(Cow::Borrowed(s)),
        PropValue::String8(s) => Some(decode_ansi(s)),
        _ => None,
    }
}
