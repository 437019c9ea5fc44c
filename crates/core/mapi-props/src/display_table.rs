//! Display tables: dialogs as rows of controls over the properties of one object.
//! Reference: "Display Tables", "BuildDisplayTable", DTCTL and the DTBL structures (requirements DT-01, DT-02)
//!
//! A provider describes its dialog with [`Control`]s; [`DisplayTable::rows`] makes the rows that MAPI defines of them, and
//! [`DisplayTable::read`] reads such rows, from whomever, with a [`ControlDefect`] for each thing that is not as it should be. Two
//! things the published text leaves to the reader, and are decided here: a set of a filter that begins with `~` allows what it does
//! not name, and one with a `~` in its middle allows what stands before it but not what stands behind.

mod filter;
mod rows;
mod wire;

#[cfg(test)]
mod tests;

use crate::{Guid, PropTag, PropValue};

pub use filter::{CharFilter, FilterError};

/// One row of a display table.
pub type ControlRow = Vec<(PropTag, PropValue)>;

/// PR_CONTROL_FLAGS.
pub mod control_flags {
    /// DT_MULTILINE: an edit control of several lines.
    pub const MULTILINE: u32 = 0x1;
    /// DT_EDITABLE: without it the control only shows.
    pub const EDITABLE: u32 = 0x2;
    /// DT_REQUIRED: the dialog cannot be accepted while it is empty.
    pub const REQUIRED: u32 = 0x4;
    /// DT_SET_IMMEDIATE: the property is set when the user leaves the control.
    pub const SET_IMMEDIATE: u32 = 0x8;
    /// DT_PASSWORD_EDIT: what is typed is not shown.
    pub const PASSWORD_EDIT: u32 = 0x10;
    /// DT_ACCEPT_DBCS: characters of double-byte sets are allowed.
    pub const ACCEPT_DBCS: u32 = 0x20;
    /// DT_SET_SELECTION: the index of the selected row is set when it changes.
    pub const SET_SELECTION: u32 = 0x40;
    /// Every flag there is.
    pub const ALL: u32 = 0x7F;
}

/// ulFlags of a list box.
pub mod list_flags {
    /// MAPI_NO_HBAR: no horizontal scroll bar.
    pub const NO_HBAR: u32 = 0x1;
    /// MAPI_NO_VBAR: no vertical scroll bar.
    pub const NO_VBAR: u32 = 0x2;
}

/// PR_CONTROL_ID: tells a control from all others, also where tables are merged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ControlId(pub Vec<u8>);

impl ControlId {
    /// The control of this number of a provider: its GUID and a LONG.
    #[must_use]
    pub fn new(provider: Guid, number: i32) -> Self {
        let mut bytes = provider.as_bytes().to_vec();
        bytes.extend(number.to_le_bytes());
        Self(bytes)
    }
}

/// Where a control stands, in dialog units; advisory. A page is about 200 by 180.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// PR_XPOS.
    pub x: i32,
    /// PR_YPOS.
    pub y: i32,
    /// PR_DELTAX.
    pub width: i32,
    /// PR_DELTAY.
    pub height: i32,
}

/// One control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// What tells it from others.
    pub id: ControlId,
    /// Where it stands.
    pub area: Area,
    /// [`control_flags`].
    pub flags: u32,
    /// What it is, and which properties it shows.
    pub kind: ControlKind,
}

/// The kinds of controls, with what PR_CONTROL_STRUCTURE holds of each. A `&` in a label stands before its access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlKind {
    /// DTCT_LABEL: text.
    Label {
        /// The text.
        text: String,
    },
    /// DTCT_EDIT: a text that can be typed.
    Edit {
        /// Which characters may be typed.
        filter: CharFilter,
        /// How many at most; 0: as many as one likes.
        max: u32,
        /// The text property.
        prop: PropTag,
    },
    /// DTCT_LBX: a list of rows.
    ListBox {
        /// [`list_flags`].
        bars: u32,
        /// The property that takes the value of the chosen row; PR_NULL: several rows can be chosen.
        set: PropTag,
        /// The table with the rows (PT_OBJECT).
        table: PropTag,
    },
    /// DTCT_COMBOBOX: a text that can be typed, or taken from a table of one column.
    ComboBox {
        /// Which characters may be typed.
        filter: CharFilter,
        /// How many at most; 0: as many as one likes.
        max: u32,
        /// The text property.
        prop: PropTag,
        /// The table with the suggestions (PT_OBJECT).
        table: PropTag,
    },
    /// DTCT_DDLBX: one of the rows of a table.
    DropDown {
        /// The column that is shown.
        display: PropTag,
        /// The column whose value is set.
        set: PropTag,
        /// The table with the rows (PT_OBJECT).
        table: PropTag,
    },
    /// DTCT_CHECKBOX: yes or no.
    CheckBox {
        /// What stands beside it.
        label: String,
        /// The boolean property.
        prop: PropTag,
    },
    /// DTCT_GROUPBOX: a frame.
    GroupBox {
        /// What stands on it.
        label: String,
    },
    /// DTCT_BUTTON: does something.
    Button {
        /// What stands on it.
        label: String,
        /// The property (PT_OBJECT) that is opened as a control object.
        control: PropTag,
    },
    /// DTCT_PAGE: what follows stands on a page of its own.
    Page {
        /// What stands on its tab.
        label: String,
        /// The section of the help file mappings; empty: no help.
        component: String,
        /// The help context; 0: no help.
        context: u32,
    },
    /// DTCT_RADIOBUTTON: one of a group of consecutive rows that share their property.
    RadioButton {
        /// What stands beside it.
        label: String,
        /// How many buttons the group has.
        count: u32,
        /// The LONG property of the group.
        prop: PropTag,
        /// Its value when this one is chosen.
        value: i32,
    },
    /// DTCT_MVLISTBOX: a text property of many values, as a list.
    MvListBox {
        /// The property.
        prop: PropTag,
    },
    /// DTCT_MVDDLBX: the same, folded up.
    MvDropDown {
        /// The property.
        prop: PropTag,
    },
}

impl ControlKind {
    /// PR_CONTROL_TYPE: a number DTCT_*.
    #[must_use]
    pub const fn number(&self) -> i32 {
        match self {
            Self::Label { .. } => 0,
            Self::Edit { .. } => 1,
            Self::ListBox { .. } => 2,
            Self::ComboBox { .. } => 3,
            Self::DropDown { .. } => 4,
            Self::CheckBox { .. } => 5,
            Self::GroupBox { .. } => 6,
            Self::Button { .. } => 7,
            Self::Page { .. } => 8,
            Self::RadioButton { .. } => 9,
            Self::MvListBox { .. } => 0xB,
            Self::MvDropDown { .. } => 0xC,
        }
    }

    /// The flags that such a control can have. Labels, buttons, frames, pages, lists and radio buttons have none.
    #[must_use]
    pub const fn possible_flags(&self) -> u32 {
        match self {
            Self::Edit { .. } | Self::ComboBox { .. } => {
                control_flags::ALL & !control_flags::SET_SELECTION
            }
            Self::CheckBox { .. } => control_flags::EDITABLE | control_flags::SET_IMMEDIATE,
            Self::DropDown { .. } => {
                control_flags::EDITABLE
                    | control_flags::REQUIRED
                    | control_flags::SET_IMMEDIATE
                    | control_flags::SET_SELECTION
            }
            // SET_SELECTION with SET_IMMEDIATE keeps the index of the chosen row in a property.
            Self::MvListBox { .. } | Self::MvDropDown { .. } | Self::ListBox { .. } => {
                control_flags::SET_SELECTION | control_flags::SET_IMMEDIATE
            }
            _ => 0,
        }
    }

    /// The property whose value it shows or sets; `None` for what has none.
    #[must_use]
    pub fn prop(&self) -> Option<PropTag> {
        match self {
            Self::Edit { prop, .. }
            | Self::ComboBox { prop, .. }
            | Self::CheckBox { prop, .. }
            | Self::RadioButton { prop, .. }
            | Self::MvListBox { prop }
            | Self::MvDropDown { prop } => Some(*prop),
            Self::ListBox { set, .. } | Self::DropDown { set, .. } => {
                Some(*set).filter(|set| *set != PropTag::NULL)
            }
            Self::Label { .. }
            | Self::GroupBox { .. }
            | Self::Button { .. }
            | Self::Page { .. } => None,
        }
    }

    /// What stands on or beside it.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Label { text } => Some(text),
            Self::CheckBox { label, .. }
            | Self::GroupBox { label }
            | Self::Button { label, .. }
            | Self::Page { label, .. }
            | Self::RadioButton { label, .. } => Some(label),
            _ => None,
        }
    }
}

/// Controls in the order of their rows.
///
/// ```
/// use mapi_props::display_table::{Control, ControlId, ControlKind, DisplayTable, control_flags};
/// use mapi_props::{Guid, tags};
///
/// let name = Control {
///     id: ControlId::new(Guid::NIL, 1),
///     area: Default::default(),
///     flags: control_flags::EDITABLE | control_flags::REQUIRED,
///     kind: ControlKind::Edit { filter: "*".parse()?, max: 80, prop: tags::DISPLAY_NAME.raw() },
/// };
/// let table = DisplayTable { controls: vec![name] };
/// let (read, defects) = DisplayTable::read(&table.rows());
/// assert!(read == table && defects.is_empty());
/// # Ok::<(), mapi_props::display_table::FilterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DisplayTable {
    /// The controls.
    pub controls: Vec<Control>,
}

impl DisplayTable {
    /// The rows of the table (BuildDisplayTable).
    #[must_use]
    pub fn rows(&self) -> Vec<ControlRow> {
        self.controls.iter().map(rows::row).collect()
    }

    /// What rows describe. Rows that describe no control are left out, what is wrong in others is mended as its
    /// [`ControlProblem`] says.
    #[must_use]
    pub fn read(rows: &[ControlRow]) -> (Self, Vec<ControlDefect>) {
        rows::read(rows)
    }
}

/// Something in a display table that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("control {row}: {problem}")]
pub struct ControlDefect {
    /// Number of the row, from 0.
    pub row: usize,
    /// What is wrong.
    pub problem: ControlProblem,
}

/// What can be wrong with a row of a display table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlProblem {
    /// A column is missing or of another type. Without type or structure the row is left out, else the column counts as 0.
    #[error("{0} is missing or of another type")]
    Column(PropTag),
    /// A kind of control that there is not; the row is left out.
    #[error("there is no control of type {0}")]
    Kind(i32),
    /// The structure ends too early; the row is left out.
    #[error("its structure ends too early")]
    Truncated,
    /// A text of the structure lies outside of it, does not end or is no text; it counts as empty.
    #[error("a text of its structure lies outside of it, does not end or is no text")]
    Text,
    /// A filter that cannot be read: every character is allowed.
    #[error("its filter {0}")]
    Filter(FilterError),
    /// A property of a type that such a control cannot show; the row is left out.
    #[error("{0} is of a type that it cannot show")]
    Property(PropTag),
    /// Flags that such a control does not have; they are left out.
    #[error("it cannot have the flags 0x{0:X}")]
    Flags(u32),
    /// An id that an earlier control has.
    #[error("an earlier control has its id")]
    SameId,
    /// A group of radio buttons with other than so many rows.
    #[error("its group has not {0} buttons")]
    Group(u32),
}
