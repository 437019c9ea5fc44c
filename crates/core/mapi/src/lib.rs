//! MAPI's objects in Rust: sessions, stores, folders, messages, attachments and tables.
//!
//! A complete program: log on, write a message with a recipient and a file, list the Inbox, read.
//!
//! ```
//! use std::sync::Arc;
//! use mapi::{
//!     EmbeddedHost, Logon, MapiProp, Mapi, ModifyMode, PropValue, RelOp, Restriction, SaveFlags, Session,
//!     SortColumn, attach_method, columns, recipient_type, tags,
//! };
//!
//! fn main() -> mapi::Result<()> {
//!     let service = Arc::new(store_memory::MemoryService::default());
//!     let host = EmbeddedHost::new().service(service).profile("work", store_memory::NAME);
//!     let session = Session::logon(&Mapi::initialize(Arc::new(host)), Logon::profile("work"))?;
//!     let inbox = session.default_store()?.receive_folder("IPM.Note")?;
//!
//!     let message = inbox.create_message()?;
//!     message.set(tags::SUBJECT, "RE: Budget")?;
//!     message.set(tags::BODY, "Agreed, with one change.")?;
//!     let ann = vec![
//!         (tags::RECIPIENT_TYPE.raw(), PropValue::from(recipient_type::TO)),
//!         (tags::DISPLAY_NAME.raw(), PropValue::from("Ann")),
//!         (tags::EMAIL_ADDRESS.raw(), PropValue::from("ann@example.com")),
//!     ];
//!     message.modify_recipients(ModifyMode::Add, &[ann])?;
//!     let file = message.create_attachment()?;
//!     file.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
//!     file.set(tags::ATTACH_LONG_FILENAME, "change.txt")?;
//!     file.set(tags::ATTACH_DATA_BIN, b"less of it".as_slice())?;
//!     file.save_changes(SaveFlags::NONE)?;
//!     message.save_changes(SaveFlags::NONE)?;
//!
//!     let with_files = Restriction::property(tags::HASATTACH, RelOp::Eq, true);
//!     let list = inbox.contents().columns(columns![tags::SUBJECT, tags::DISPLAY_TO]);
//!     let table = list.restrict(with_files).sort([SortColumn::ascending(tags::SUBJECT)]).open()?;
//!     for row in table.query_rows(50)? {
//!         let message = inbox.open_message(row.entry_id())?;
//!         println!("to {}: {}", row.get(tags::DISPLAY_TO).unwrap_or_default(), message.get(tags::BODY)?);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Rust idiom over MAPI's words: [`Mapi`] initialises, [`Session`] logs on, a [`MsgStore`] opens a [`Folder`], which
//! opens and creates a [`Message`]; [`MapiProp`] is what they all share. Typed tags (`tags::SUBJECT`) let the compiler
//! know a property's type; raw ones ([`PropTag`], [`PropValue`]) stand beside them. Everything blocks, and everything can
//! be cancelled: see [`Session::with_call`].
//!
//! * Messages and attachments are transacted, stores and folders are not (X-1, X-2).
//! * Objects open read-only unless asked (X-3); folders opened by role or path come with the best access there is.
//! * Warnings are values ([`Returned`]), errors carry MAPI's code and a closed kind ([`Error`]).
//! * [`MsgStore::advise`], [`Table::advise`] and [`Session::advise`] tell a [`Sink`] of changes by whomever, `listen` hands
//!   them out one by one; none is told before it is durable.
//! * After [`Session::logoff`] every handle answers `MAPI_E_END_OF_SESSION`.
//!
//! Deliberately absent here: any provider's name, files and sockets (the host's), MIME (`mapi-mime`), how values compare
//! (`mapi-query`).

mod admin;
mod advise;
mod attachment;
mod blind;
mod compose;
mod context;
mod embedded_host;
mod entry_id;
mod event;
mod flags;
mod folder;
mod forms;
mod host;
mod message;
mod message_file;
mod opened;
mod placing;
mod profile_section;
mod progress;
mod prop;
mod receipts;
mod reporting;
mod returned;
pub mod rtf;
mod session;
mod sheet;
pub mod spool;
mod status;
mod store;
mod stream;
mod subsystem;
mod table;

pub use admin::{MsgServiceAdmin, NewService, ProfAdmin, ProviderAdmin};
pub use advise::{
    AdviseSink, Coalesced, Connection, ErrorNotification, ExtendedNotification, Listener,
    NewMailNotification, Notification, Refresh, Sink, TableEvent, TableNotification,
};
pub use attachment::{Attachment, Storage, StorageElement, StorageStream};
pub use compose::{Addressee, BodyForm, Compose, ForwardAs, Language, Quoting, ReplyTo};
pub use context::LastError;
pub use embedded_host::{EmbeddedHost, OpenFile, SystemSupport};
pub use entry_id::{EntryId, ShortId};
pub use event::{EventKind, ObjectEvent, StoreEvents};
pub use flags::{
    CopyFlags, CopyFolderFlags, CopyPropFlags, CreateFolderFlags, DeleteFlags, DeleteFolderFlags,
    EmptyFolderFlags, EventMask, FlushFlags, FormFlags, InitFlags, InstallFormFlags, LogoffFlags,
    LogonFlags, NameFlags, OpenFlags, ProfileFlags, PropAccess, PropertyFlags, ReadFlags, RowFlags,
    RtfFlags, RtfSyncFlags, SaveFlags, SearchFlags, SearchState, SectionFlags, ServiceFlags,
    SettingsFlags, ShowFormFlags, SortFlags, StoreFlags, StoreLogoffFlags, TableFlags, TreeFlags,
    UtilityFlags, ValidateFlags, WizardFlags,
};
pub use folder::{
    Arrangement, BulkReport, CopiedFolder, DefaultView, Folder, FolderCopyReport, FolderView,
    ImportItem, ImportOptions, ImportOutcome, ListedView, MessageStatus, SearchCriteria,
    ShownColumn, ViewPlace, view_error,
};
pub use forms::{
    FormContainer, FormHost, FormInfo, FormLibrary, FormSource, FormToken, Forms, Installed,
    MessageSite, SiteStatus,
};
pub use host::{
    FlushRequest, Host, HostFile, Profile, ProfileEntry, ProfileProvider, ProfileService,
    ProfileUse, SectionAccess, UnseenUse, letter_after, letter_uid, resource_flags,
};
pub use mapi_kit::report::Language as ReportLanguage;
pub use message::{Message, Original, Receipt, RecipientTrack, Reference};
pub use message_file::{
    MessageStorage, OnStorage, Scratch, StorageAccess, StorageBytes, StorageCommit, StorageMessage,
};
pub use opened::Object;
pub use profile_section::ProfileSection;
pub use progress::{Delayed, ProgressLimits, ProgressObject, TOP_LEVEL, watched_by, with_dialog};
pub use prop::{Interface, MapiProp, Prop, PropData, PropProblem, Typed};
pub use reporting::{CentralReports, ReceiptPolicy, Reporting};
pub use returned::Returned;
pub use session::{Logon, ServiceFailure, Session, StoreRole};
pub use sheet::{SheetControl, SheetObject, build_display_table, read_display_table};
pub use status::Status;
pub use store::{
    Conversation, ConversationMember, Delivered, LockState, MsgStore, OutboxEntry, OutboxRecipient,
    RoleState, Search, SpecialFolder,
};
pub use stream::PropStream;
pub use subsystem::Mapi;
pub use table::{
    Bookmark, ExpandedRows, TABLE_TARGET, Table, TableBuilder, TableData, TableDataRow, TableKind,
    TablePosition, TableRow, TableStatus, TableWork, Utilities,
};

pub use mapi_forms::{Form, Icon, icon_name};
pub use mapi_kit::conversation::ConversationIndex;
pub use mapi_kit::large::ValueReader;
/// What is known of a message that waits to be sent.
pub use mapi_kit::outgoing::state as queue_state;
pub use mapi_kit::outgoing::{Disposition, Sent};
pub use mapi_kit::recipients::ModifyMode;
pub use mapi_kit::report::{Delivery, Failure, ReceiptTo, Reporter, StatusReport};
/// Property sheets while somebody fills them in, whatever draws them.
pub use mapi_kit::sheet::{Choice, Field, Page, Refused, Sheet, Taken, cancelled};
pub use mapi_kit::subject::{SubjectTopic, topic as subject_topic};
pub use mapi_kit::tracking::Track;
/// Display tables: dialogs as rows.
pub use mapi_props::display_table;
/// Views as their descriptors say them.
pub use mapi_props::view_descriptor::{
    ViewColumn, ViewDescriptor, ViewError, ViewProblem, ViewProperty, ViewSort,
};
pub use mapi_props::{
    BitOp, Code, FileTime, FuzzyLevel, Guid, Kind, MatchKind, MessageTree, NameKind, PropName,
    PropTag, PropType, PropValue, RelOp, Restriction, SortColumn, SortOrder, SortOrderSet,
    SubObject, Tag, access, attach_method, folder_type, guids, message_flags, object_type,
    recipient_type, store_support, tags,
};
/// The query language of people, for [`MsgStore::search_for`].
pub use mapi_query::language as query;
pub use mapi_spi::{
    Call, CancelToken, Capabilities, CheckReport, Depth, Direction, Durability, Error,
    FolderCounts, FolderKind, Headless, Identity, ItemId, Limits, OpenMode, Problem, ProfileAnswer,
    ProfileChoice, Progress, ProgressEvent, ProviderDescription, ProviderDraft, ProviderKind,
    QueryPlan, Result, Secret, SectionDescription, Service, ServiceConfig, ServiceDescription,
    ServiceDraft, ServiceEvent, Setting, SettingKind, SettingProblem, SettingsData, SettingsSheet,
    SheetData, SheetRequest, SheetRow, StoreFigures, Support, Turn, Turns, UiHost, UiUse,
    WizardMove, WizardPage, service_flags, settings_table,
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
