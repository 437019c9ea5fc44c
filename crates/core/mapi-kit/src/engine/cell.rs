//! Cells: what a column shows of a row.
//! Reference: "IMAPITable::SetColumns", "Working with large columns"; checks TAB-21, TAB-22.

use std::io::Read;

use mapi_props::{AnsiString, Code, PropTag, PropType, PropValue};
use mapi_query::{Large, Row, convert, decode_ansi};

/// Characters of a large text that a cell shows.
pub const PREVIEW_CHARS: usize = 255;

/// What column `tag` shows of a row: the value, PT_NULL where the column is only reserved, else PT_ERROR.
#[must_use]
pub fn cell(row: &dyn Row, tag: PropTag) -> PropValue {
    if tag.id() == 0 || tag.ty() == PropType::NULL {
        return PropValue::Null;
    }
    let missing = || PropValue::Error(Code::NOT_FOUND);
    if let Some(large) = row.large(tag.id()) {
        return large_cell(row, tag, large);
    }
    let Some(value) = row.get(tag) else {
        return missing();
    };
    let wanted = if tag.ty().is_mv_instance() && value.multi_len().is_none() {
        tag.ty().single()
    } else {
        tag.ty().without_instance()
    };
    match convert(&value, wanted) {
        Some(PropValue::Object) => PropValue::Error(Code::NOT_ENOUGH_MEMORY),
        Some(value) => value,
        None => missing(),
    }
}

fn large_cell(row: &dyn Row, tag: PropTag, large: Large) -> PropValue {
    let open_it = PropValue::Error(Code::NOT_ENOUGH_MEMORY);
    let wanted = match tag.ty().without_instance() {
        PropType::UNSPECIFIED => large.ty,
        ty if ty.is_mv_instance() => ty.single(),
        ty => ty,
    };
    if !large.ty.is_string() {
        return if wanted == large.ty {
            open_it
        } else {
            PropValue::Error(Code::NOT_FOUND)
        };
    }
    let Some(text) = preview(row, tag.id(), large) else {
        return open_it;
    };
    convert(&PropValue::Unicode(text), wanted).unwrap_or(PropValue::Error(Code::NOT_FOUND))
}

/// The first characters of a large text; `None` if it is not at hand.
fn preview(row: &dyn Row, id: u16, large: Large) -> Option<String> {
    // No encoding of a character takes more than four bytes.
    let limit = u64::try_from(PREVIEW_CHARS * 4).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    row.open(id)?.take(limit).read_to_end(&mut bytes).ok()?;
    let text = if large.ty == PropType::STRING8 {
        let text = AnsiString {
            code_page: large.code_page,
            bytes,
        };
        decode_ansi(&text).into_owned()
    } else {
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Some(text.chars().take(PREVIEW_CHARS).collect())
}
