//! The width of text that nobody typed: whether a table was opened with MAPI_UNICODE.
//! Reference: "Working with Unicode Columns" (requirement TAB-23)

use mapi_props::{PropTag, PropType, PropValue, SortOrderSet};
use mapi_query::convert;

/// The width of default columns, of sort keys as they are told, and of cells whose column names no type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Width {
    /// PT_UNICODE.
    #[default]
    Wide,
    /// PT_STRING8.
    Ansi,
}

impl Width {
    const fn text(self) -> PropType {
        match self {
            Self::Wide => PropType::UNICODE,
            Self::Ansi => PropType::STRING8,
        }
    }

    /// The tag in this width, if it is text.
    pub(super) fn tag(self, tag: PropTag) -> PropTag {
        if !tag.ty().is_string() {
            return tag;
        }
        let flags = tag.ty().0 & PropType::MVI_FLAG;
        tag.with_type(PropType(self.text().0 | flags))
    }

    pub(super) fn tags(self, tags: Vec<PropTag>) -> Vec<PropTag> {
        tags.into_iter().map(|tag| self.tag(tag)).collect()
    }

    pub(super) fn sort(self, mut sort: SortOrderSet) -> SortOrderSet {
        for column in &mut sort.columns {
            column.tag = self.tag(column.tag);
        }
        sort
    }

    /// A cell of this column: text in a column without a type is given in this width.
    pub(super) fn cell(self, column: PropTag, value: PropValue) -> PropValue {
        let typed = column.ty() != PropType::UNSPECIFIED;
        let wanted = match value.ty() {
            PropType::UNICODE | PropType::STRING8 => self.text(),
            PropType::MV_UNICODE | PropType::MV_STRING8 => self.text().multi(),
            _ => return value,
        };
        if typed || wanted == value.ty() {
            return value;
        }
        convert(&value, wanted).unwrap_or(value)
    }
}
