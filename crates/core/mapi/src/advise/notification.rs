//! What a sink is told.
//! Reference: "NOTIFICATION", "NEWMAIL_NOTIFICATION", "TABLE_NOTIFICATION", "ERROR_NOTIFICATION", "EXTENDED_NOTIFICATION"
//! (requirements NTF-01, TAB-24)

use mapi_props::{Code, PropTag, PropValue, tags};

use crate::event::{EventKind, ObjectEvent};
use crate::prop::Prop;
use crate::{EntryId, EventMask, TableRow};

/// One event, as a sink is told of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Notification {
    /// fnevCriticalError.
    CriticalError(ErrorNotification),
    /// fnevNewMail.
    NewMail(NewMailNotification),
    /// fnevObjectCreated, Modified, Deleted, Moved, Copied and fnevSearchComplete: see [`ObjectEvent::kind`].
    Object(ObjectEvent),
    /// fnevTableModified.
    Table(TableNotification),
    /// fnevExtended.
    Extended(ExtendedNotification),
    /// Events were lost, because more of them waited than are kept, or the change log no longer has them: whoever made a
    /// picture from events must make it anew. Told whatever the mask; later events follow as usual. Tables say
    /// [`TableEvent::Changed`] or [`TableEvent::Reload`] instead.
    Lost,
}

impl Notification {
    /// The bit of [`EventMask`] that asks for it; none for [`Self::Lost`].
    #[must_use]
    pub const fn event(&self) -> EventMask {
        match self {
            Self::CriticalError(_) => EventMask::CRITICAL_ERROR,
            Self::NewMail(_) => EventMask::NEW_MAIL,
            Self::Table(_) => EventMask::TABLE_MODIFIED,
            Self::Extended(_) => EventMask::EXTENDED,
            Self::Lost => EventMask::NONE,
            Self::Object(event) => match event.kind {
                EventKind::Created => EventMask::OBJECT_CREATED,
                EventKind::Modified => EventMask::OBJECT_MODIFIED,
                EventKind::Deleted => EventMask::OBJECT_DELETED,
                EventKind::Moved => EventMask::OBJECT_MOVED,
                EventKind::Copied => EventMask::OBJECT_COPIED,
                EventKind::NewMail => EventMask::NEW_MAIL,
                EventKind::SearchComplete => EventMask::SEARCH_COMPLETE,
            },
        }
    }
}

/// A store or the session cannot go on as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorNotification {
    /// The store it happened in; none for the session.
    pub entry_id: Option<EntryId>,
    /// What went wrong.
    pub code: Code,
    /// The same for a person.
    pub detail: String,
}

/// A message has arrived. Text is Unicode always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMailNotification {
    /// The message.
    pub entry_id: EntryId,
    /// The receive folder that it is in.
    pub parent_id: EntryId,
    /// PR_MESSAGE_CLASS; empty if the message is gone already.
    pub message_class: String,
    /// PR_MESSAGE_FLAGS when it arrived.
    pub message_flags: u32,
}

/// An event that MAPI has no form for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedNotification {
    /// What it is about.
    pub code: u32,
    /// Bytes whose meaning depends on it.
    pub data: Vec<u8>,
}

impl ExtendedNotification {
    /// The session has been logged off. No data. The last event that its sinks get.
    pub const LOGOFF: u32 = 1;
}

/// What happened to a table's view. Told first to last, these events turn a copy of the rows into the rows as they are:
/// a deleted row goes, an added or modified one comes after the row whose key is `prior`.
#[derive(Debug, Clone, PartialEq)]
pub struct TableNotification {
    /// What happened.
    pub event: TableEvent,
    /// PR_INSTANCE_KEY of the row (propIndex); PR_NULL where there is none.
    pub index: Prop,
    /// PR_INSTANCE_KEY of the row before it in the view, sorted and restricted as it is (propPrior); PR_NULL for the first
    /// row, and where there is none.
    pub prior: Prop,
    /// The row, with the columns set when the event was made; none but for added and modified rows.
    pub row: Option<TableRow>,
    /// Why ([`TableEvent::Error`], and work that failed).
    pub error: Option<Code>,
}

impl TableNotification {
    /// An event without a row.
    pub(crate) fn plain(event: TableEvent, error: Option<Code>) -> Self {
        Self {
            event,
            index: null(),
            prior: null(),
            row: None,
            error,
        }
    }

    pub(crate) fn deleted(key: Vec<u8>) -> Self {
        Self {
            index: instance(key),
            ..Self::plain(TableEvent::RowDeleted, None)
        }
    }

    pub(crate) fn placed(
        event: TableEvent,
        key: Vec<u8>,
        prior: Option<Vec<u8>>,
        row: TableRow,
    ) -> Self {
        Self {
            index: instance(key),
            prior: prior.map_or_else(null, instance),
            row: Some(row),
            ..Self::plain(event, None)
        }
    }
}

fn null() -> Prop {
    Prop {
        tag: PropTag::NULL,
        value: PropValue::Null,
    }
}

fn instance(key: Vec<u8>) -> Prop {
    Prop {
        tag: tags::INSTANCE_KEY.raw(),
        value: PropValue::Binary(key),
    }
}

/// What happened to a table (ulTableEvent).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum TableEvent {
    /// TABLE_CHANGED: more than single rows tell. Read it again; bookmarks and instance keys stay valid.
    Changed = 1,
    /// TABLE_ERROR: the rows cannot be followed any further.
    Error = 2,
    /// TABLE_ROW_ADDED.
    RowAdded = 3,
    /// TABLE_ROW_DELETED.
    RowDeleted = 4,
    /// TABLE_ROW_MODIFIED: other values, perhaps another place.
    RowModified = 5,
    /// TABLE_SORT_DONE.
    SortDone = 6,
    /// TABLE_RESTRICT_DONE.
    RestrictDone = 7,
    /// TABLE_SETCOL_DONE.
    SetColumnsDone = 8,
    /// TABLE_RELOAD: read it again; bookmarks and instance keys are void.
    Reload = 9,
}

impl TableEvent {
    /// MAPI's number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}
