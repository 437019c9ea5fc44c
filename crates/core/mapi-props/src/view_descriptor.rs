//! View descriptors: the columns, order, grouping and filter of a folder's view, as two properties hold them.
//! [MS-OXOCFG] 2.2.6
//!
//! PR_VD_BINARY holds the structure, PR_VD_STRINGS the titles of the columns and the text constants of the filter. What a
//! reader is told to ignore (reserved fields, what follows the filter) is kept and written again as it was, so that an
//! edit loses nothing. Two things the published text leaves to the reader, and are decided here: the columns that group
//! are the first ones, and a set bit of their order word says that the group of its number descends, as the set bit
//! of the order of the rows does.

mod binary;
mod filter;
mod wire;

#[cfg(test)]
mod tests;

use crate::{Code, PropName, PropTag, PropType, Restriction};

/// PR_MESSAGE_CLASS of a message that is a view descriptor.
pub const MESSAGE_CLASS: &str = "IPM.Microsoft.FolderDesign.NamedView";

/// PR_VD_VERSION, and the version inside PR_VD_BINARY: the only one there is.
pub const VERSION: u32 = 8;

/// A view: which columns, in which order, in which groups, of which rows.
///
/// ```
/// use mapi_props::view_descriptor::{ViewColumn, ViewDescriptor, ViewSort};
/// use mapi_props::tags;
///
/// let mut view = ViewDescriptor::of([
///     ViewColumn::new(tags::SUBJECT, "Subject"),
///     ViewColumn::new(tags::MESSAGE_DELIVERY_TIME, "Received"),
/// ]);
/// view.sort = ViewSort::Column(1);
/// view.descending = true;
/// let (binary, strings) = view.encode()?;
/// assert_eq!(strings, "Subject\nReceived\n");
/// assert_eq!(ViewDescriptor::decode(&binary, &strings)?, view);
/// # Ok::<(), mapi_props::view_descriptor::ViewError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewDescriptor {
    /// The columns. The first `groups` of them group the rows and are headings rather than columns.
    pub columns: Vec<ViewColumn>,
    /// What the rows are sorted by.
    pub sort: ViewSort,
    /// Whether that descends.
    pub descending: bool,
    /// How many of the columns group the rows (cCat).
    pub groups: u32,
    /// Bit n: group n descends (ulCatSort).
    pub groups_descending: u32,
    filter: Option<ViewFilter>,
    kept: Kept,
}

/// What the rows of a view are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewSort {
    /// The column of this index.
    Column(u32),
    /// Conversations.
    Conversations,
}

impl Default for ViewSort {
    fn default() -> Self {
        Self::Column(0)
    }
}

/// One column of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewColumn {
    /// What it shows.
    pub property: ViewProperty,
    /// Its heading; without line feeds.
    pub title: String,
    /// Its width in pixels.
    pub width: u32,
    /// VCDF_… bits but the one for named properties, which follows from `property`; see the constants.
    pub flags: u32,
    kept: KeptColumn,
}

/// The property that a column shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewProperty {
    /// One with a fixed identifier. The type PT_NULL is a column that shows nothing.
    Tag(PropTag),
    /// A named one, whatever its number in the store.
    Named(PropName, PropType),
}

/// A filter in the form in which it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ViewFilter {
    restriction: Restriction,
    bytes: Vec<u8>,
    strings: Vec<String>,
}

/// Fields that readers are to ignore.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Kept {
    first: [u8; 8],
    flags: u32,
    presentation: u32,
    second: [u8; 24],
    rest: Vec<u8>,
    strings: Vec<String>,
}

/// The same of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct KeptColumn {
    first: u32,
    second: [u8; 12],
    /// Kind, identifier and the half of it in the tag, where they say nothing or say it twice.
    kind: u32,
    id: Option<u32>,
    short_id: Option<u16>,
    /// What follows the end of a name in its buffer, and whether there is one.
    name_end: Option<Vec<u8>>,
}

impl ViewColumn {
    /// VCDF_RIGHT_JUSTIFY.
    pub const RIGHT: u32 = 0x1;
    /// VCDF_CENTER_JUSTIFY.
    pub const CENTER: u32 = 0x2;
    /// VCDF_BITMAP: the heading is a picture.
    pub const BITMAP: u32 = 0x8;
    /// VCDF_NOT_SORTABLE.
    pub const NOT_SORTABLE: u32 = 0x20;
    /// VCDF_SORTDESCENDING: the column's own direction is downwards.
    pub const DESCENDING: u32 = 0x40;
    /// VCDF_MOVEABLE.
    pub const MOVEABLE: u32 = 0x100;

    /// What the published example sets for an ordinary column beside the bits above: the dialogs that offer it.
    const OFFERED: u32 = 0x2E00;
    /// The same for one of many values, which does not sort.
    const OFFERED_MULTI: u32 = 0x6A00 | Self::NOT_SORTABLE;
    /// The property is a named one.
    const NAMED: u32 = 0x1000;

    /// A column of this property, 100 pixels wide, as people may move and sort it.
    #[must_use]
    pub fn new(tag: impl Into<PropTag>, title: &str) -> Self {
        Self::of(ViewProperty::Tag(tag.into()), title)
    }

    /// A column of a named property.
    #[must_use]
    pub fn named(name: PropName, ty: PropType, title: &str) -> Self {
        Self::of(ViewProperty::Named(name, ty), title)
    }

    fn of(property: ViewProperty, title: &str) -> Self {
        let offered = if property.ty().is_multi() {
            Self::OFFERED_MULTI
        } else {
            Self::OFFERED
        };
        Self {
            property,
            title: title.to_owned(),
            width: 100,
            flags: Self::MOVEABLE | offered,
            kept: KeptColumn::default(),
        }
    }

    /// Whether it shows something; a column of PT_NULL keeps a place.
    #[must_use]
    pub fn shows(&self) -> bool {
        !matches!(self.property.ty(), PropType::NULL | PropType::UNSPECIFIED)
    }
}

impl ViewProperty {
    /// The type of its values.
    #[must_use]
    pub const fn ty(&self) -> PropType {
        match self {
            Self::Tag(tag) => tag.ty(),
            Self::Named(_, ty) => *ty,
        }
    }
}

impl ViewDescriptor {
    /// A view of these columns, sorted by the first, upwards.
    #[must_use]
    pub fn of(columns: impl IntoIterator<Item = ViewColumn>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Reads PR_VD_BINARY and PR_VD_STRINGS. Columns without a title have an empty one.
    ///
    /// # Errors
    /// [`ViewError`] for bytes that are no descriptor, with the place.
    pub fn decode(binary: &[u8], strings: &str) -> Result<Self, ViewError> {
        binary::decode(binary, strings)
    }

    /// The two properties.
    ///
    /// # Errors
    /// [`ViewProblem::Count`] for an index or number that says more columns than there are; [`ViewProblem::LineFeed`] for a
    /// title with one.
    pub fn encode(&self) -> Result<(Vec<u8>, String), ViewError> {
        binary::encode(self)
    }

    /// Which rows the view shows; `None`: all. Text is PT_UNICODE, whatever the width it was written in.
    #[must_use]
    pub fn filter(&self) -> Option<&Restriction> {
        self.filter.as_ref().map(|f| &f.restriction)
    }

    /// Has the view show these rows only. Properties are those of the store that the descriptor is kept in.
    ///
    /// # Errors
    /// [`ViewProblem::Unwritable`] for what a descriptor cannot say: RES_COUNT, word matches, constants of types without a
    /// place in it (GUIDs, many values); [`ViewProblem::LineFeed`] for text with one; [`ViewProblem::TooDeep`].
    pub fn set_filter(&mut self, filter: Option<&Restriction>) -> Result<(), ViewError> {
        self.filter = filter.map(filter::write).transpose()?;
        // What followed the old filter would be read as a part of the new one, or as one where there is none.
        self.kept.rest.clear();
        Ok(())
    }

    /// The columns that group, with whether each descends.
    pub fn group_columns(&self) -> impl Iterator<Item = (&ViewColumn, bool)> {
        let count = usize::try_from(self.groups).unwrap_or(usize::MAX);
        let descends = |n: usize| n < 32 && self.groups_descending >> n & 1 == 1;
        let groups = self.columns.iter().take(count).enumerate();
        groups.map(move |(n, column)| (column, descends(n)))
    }

    /// The columns to be shown: those that show something and do not group.
    pub fn shown_columns(&self) -> impl Iterator<Item = &ViewColumn> {
        let count = usize::try_from(self.groups).unwrap_or(usize::MAX);
        self.columns.iter().skip(count).filter(|c| c.shows())
    }

    /// The column that the rows are sorted by; `None`: conversations.
    #[must_use]
    pub fn sort_column(&self) -> Option<&ViewColumn> {
        match self.sort {
            ViewSort::Column(index) => self.columns.get(usize::try_from(index).ok()?),
            ViewSort::Conversations => None,
        }
    }
}

/// Why bytes are no view descriptor, or a view cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{problem}, at byte {at} of the view descriptor")]
pub struct ViewError {
    /// Where in PR_VD_BINARY.
    pub at: usize,
    /// What is wrong.
    pub problem: ViewProblem,
}

/// What is wrong with a view descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewProblem {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// Another version.
    #[error("the version is {0}, not 8")]
    Version(u32),
    /// A number of columns, or a place among them, that there is not.
    #[error("{0} does not fit the columns there are")]
    Count(u32),
    /// A kind of name that there is not.
    #[error("a property name of the unknown kind {0}")]
    NameKind(u32),
    /// A name that is no UTF-16.
    #[error("a property name is no text")]
    NameText,
    /// A restriction, operator or flag that there is not.
    #[error("{0} stands for no restriction, operator or flag")]
    Mark(u32),
    /// A constant whose type has no place in a descriptor.
    #[error("a constant of type 0x{0:04X} has no place in a view")]
    Type(u16),
    /// A text constant that PR_VD_STRINGS does not hold.
    #[error("the text of a constant is missing")]
    Text,
    /// Nested deeper than [`crate::codec::MAX_DEPTH`].
    #[error("the filter is nested too deep")]
    TooDeep,
    /// A filter that no descriptor can hold.
    #[error("{0} has no place in a view")]
    Unwritable(&'static str),
    /// A line feed where it would end the text.
    #[error("a text of a view cannot hold a line feed")]
    LineFeed,
}

impl ViewError {
    /// The result code: `MAPI_E_TOO_COMPLEX` for filters that cannot be said, `MAPI_E_INVALID_PARAMETER` for other things
    /// that cannot be written, else `MAPI_E_CORRUPT_DATA`.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self.problem {
            ViewProblem::TooDeep | ViewProblem::Unwritable(_) => Code::TOO_COMPLEX,
            ViewProblem::LineFeed => Code::INVALID_PARAMETER,
            ViewProblem::Version(_) => Code::VERSION,
            _ => Code::CORRUPT_DATA,
        }
    }

    const fn unplaced(problem: ViewProblem) -> Self {
        Self { at: 0, problem }
    }
}
