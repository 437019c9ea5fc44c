//! A value as the type that was asked for: text changes its width, nothing else changes.
//! Reference: "IMAPIProp::GetProps" (string properties convert between PT_STRING8 and PT_UNICODE).

use mapi_props::{AnsiString, PropType, PropValue};

use crate::{decode_ansi, encode_ansi};

/// `value` as type `ty`, PT_STRING8 made in windows-1252; `None` if the types do not agree.
///
/// PT_UNSPECIFIED gives the value as it is. Numbers are never coerced.
///
/// ```
/// use mapi_props::{PropType, PropValue};
/// use mapi_query::convert;
/// let narrow = convert(&PropValue::from("é"), PropType::STRING8).unwrap();
/// assert_eq!(convert(&narrow, PropType::UNICODE), Some("é".into()));
/// assert_eq!(convert(&PropValue::Long(1), PropType::I8), None);
/// ```
#[must_use]
pub fn convert(value: &PropValue, ty: PropType) -> Option<PropValue> {
    convert_in(value, ty, 1252)
}

/// [`convert`] with the code page in which PT_STRING8 is made. Text that is PT_STRING8 already keeps its own.
#[must_use]
pub fn convert_in(value: &PropValue, ty: PropType, code_page: u16) -> Option<PropValue> {
    let narrow = |s: &String| encode_ansi(s, code_page);
    let wide = |s: &AnsiString| decode_ansi(s).into_owned();
    Some(match (value, ty) {
        (_, PropType::UNSPECIFIED) => value.clone(),
        (_, ty) if ty == value.ty() => value.clone(),
        (PropValue::Unicode(s), PropType::STRING8) => PropValue::String8(narrow(s)),
        (PropValue::String8(s), PropType::UNICODE) => PropValue::Unicode(wide(s)),
        (PropValue::MvUnicode(v), PropType::MV_STRING8) => {
            PropValue::MvString8(v.iter().map(narrow).collect())
        }
        (PropValue::MvString8(v), PropType::MV_UNICODE) => {
            PropValue::MvUnicode(v.iter().map(wide).collect())
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{convert, convert_in};
    use mapi_props::{AnsiString, PropType, PropValue};

    #[test]
    fn text_changes_width_and_numbers_do_not() {
        let wide = PropValue::from("Łódź");
        let narrow = PropValue::String8(AnsiString {
            code_page: 1250,
            bytes: b"\xa3\xf3d\x9f".to_vec(),
        });
        assert_eq!(
            convert_in(&wide, PropType::STRING8, 1250),
            Some(narrow.clone())
        );
        assert_eq!(convert(&narrow, PropType::UNICODE), Some(wide.clone()));
        assert_eq!(convert(&wide, PropType::UNSPECIFIED), Some(wide.clone()));
        assert_eq!(convert(&wide, PropType::BINARY), None);
        assert_eq!(convert(&PropValue::I2(3), PropType::LONG), None);
        let many = PropValue::MvUnicode(vec!["é".into()]);
        let narrow = PropValue::MvString8(vec![AnsiString {
            code_page: 1252,
            bytes: b"\xe9".to_vec(),
        }]);
        assert_eq!(convert(&many, PropType::MV_STRING8), Some(narrow.clone()));
        assert_eq!(convert(&narrow, PropType::MV_UNICODE), Some(many));
        assert_eq!(convert(&narrow, PropType::UNICODE), None);
    }
}
