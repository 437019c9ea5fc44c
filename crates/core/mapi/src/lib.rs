//! MAPI's objects in Rust: sessions, stores, folders, messages, attachments and tables.
mod context;
mod entry_id;
mod flags;
mod folder;
mod host;
mod message;
mod attachment;
mod opened;
mod prop;
mod returned;
mod session;
mod store;
mod stream;
mod table;

pub use attachment::Attachment;
pub use context::LastError;
pub use entry_id::{EntryId, ShortId};
pub use flags::{
    CopyFlags, CopyFolderFlags, CreateFolderFlags, DeleteFlags, DeleteFolderFlags, EmptyFolderFlags,
    NameFlags, OpenFlags, PropertyFlags, ReadFlags, RowFlags, SaveFlags, TreeFlags,
};
pub use folder::{
    BulkReport, Folder, ImportItem, ImportOptions, ImportOutcome, MessageStatus,
};
pub use host::{Host, Profile, ProfileService};
pub use message::{Message, Original};
pub use opened::Object;
pub use prop::{MapiProp, Prop, PropProblem, Typed};
pub use returned::Returned;
pub use session::{Logon, Mapi, ServiceFailure, Session};
pub use store::{MsgStore, SpecialFolder};
pub use stream::PropStream;
pub use table::{Bookmark, Table, TableBuilder, TablePosition, TableRow};

pub use mapi_kit::large::ValueReader;
pub use mapi_kit::recipients::ModifyMode;
pub use mapi_props::{
    BitOp, Code, FileTime, FuzzyLevel, Guid, Kind, MatchKind, MessageTree, NameKind, PropName,
    PropTag, PropType, PropValue, RelOp, Restriction, SortColumn, SortOrder, SortOrderSet,
    SubObject, Tag, access, attach_method, folder_type, guids, message_flags, object_type,
    recipient_type, store_support, tags,
};
pub use mapi_spi::{
    Call, CancelToken, Capabilities, CheckReport, Direction, Durability, Error, ItemId, Limits,
    OpenMode, Problem, Progress, ProgressEvent, Result, Service, ServiceConfig, StoreFigures,
    Support,
};

/// Tags of any type as one list, for columns and property lists.
///
/// ```
/// use mapi::{columns, tags};
///
/// let columns = columns![tags::SUBJECT, tags::MESSAGE_DELIVERY_TIME];
/// assert_eq!(columns[0].to_string(), "0x0037001F");
/// ```
#[macro_export]
macro_rules! columns {
    ($($tag:expr),* $(,)?) => {
        [$($crate::PropTag::from($tag)),*]
    };
}
