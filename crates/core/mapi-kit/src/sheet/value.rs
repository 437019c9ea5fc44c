//! A property of a sheet: as it is, and as it was last read or set.

use mapi_props::PropValue;

/// The value of one property.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) now: Option<PropValue>,
    was: Option<PropValue>,
}

impl Held {
    pub(super) fn new(value: Option<PropValue>) -> Self {
        let value = value.filter(|v| !matches!(v, PropValue::Null | PropValue::Error(_)));
        Self {
            now: value.clone(),
            was: value,
        }
    }

    pub(super) fn enter(&mut self, value: PropValue) {
        self.now = Some(value);
    }

    /// An empty text is as good as none, and so is a box without a tick: nobody sees the difference.
    pub(super) fn is_changed(&self) -> bool {
        let none = |value: &PropValue| is_empty(value) || *value == PropValue::Bool(false);
        let some = |value: &Option<PropValue>| value.clone().filter(|value| !none(value));
        some(&self.now) != some(&self.was)
    }

    pub(super) fn settle(&mut self) {
        self.was.clone_from(&self.now);
    }
}

pub(super) fn is_empty(value: &PropValue) -> bool {
    match value {
        PropValue::Unicode(text) => text.is_empty(),
        PropValue::String8(text) => text.bytes.is_empty(),
        PropValue::MvUnicode(texts) => texts.is_empty(),
        PropValue::Binary(bytes) => bytes.is_empty(),
        _ => false,
    }
}

/// A value as a text of one control.
pub(super) fn text_of(value: &PropValue) -> String {
    match value {
        PropValue::Unicode(text) => text.clone(),
        PropValue::String8(text) => String::from_utf8_lossy(&text.bytes).into_owned(),
        PropValue::MvUnicode(texts) => texts.join("\n"),
        PropValue::Long(number) => number.to_string(),
        PropValue::I2(number) => number.to_string(),
        PropValue::I8(number) => number.to_string(),
        PropValue::Bool(on) => on.to_string(),
        PropValue::Binary(bytes) => bytes.iter().map(|b| format!("{b:02X}")).collect(),
        _ => String::new(),
    }
}
