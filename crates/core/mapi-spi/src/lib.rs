//! The boundary between MAPI's objects and the providers behind them.
//!
//! Narrow role traits over plain data: object-safe, `&self`, `Send + Sync + Debug`, blocking. A provider
//! implements few, coarse methods; everything that MAPI promises beyond them (transacted handles, tables with
//! bookmarks, notifications …) is written once in `mapi-kit` and `mapi`. Read in this order: [`Call`], [`Store`],
//! [`ChangeSet`], [`View`], [`LogEntry`], [`Support`].
//!
//! All property tags here are in the store's own identifiers (0x8000+ as the store maps them). Names are mapped
//! once, above, through [`Store::ids_from_names`].

mod call;
mod change;
mod error;
mod info;
mod item;
mod large;
mod lease;
mod log;
mod maintain;
mod progress;
mod provider;
mod queue;
mod search;
mod secret;
mod store;
mod support;
mod transport;
mod turn;
mod ui;
mod view;

pub use call::{Call, CancelToken, OnCancel};
pub use change::{
    BulkOutcome, ChangeSet, CommitMode, CommitOutcome, DeleteMode, Durability, Expect, FlagPatch,
    FolderSave, FolderTarget, ItemFailure, Items, MessageSave, MessageTarget, NewValue, Op,
    OpOutcome, Origin, PropPatch, RecipePart, Saved, SyncRow,
};
pub use error::{Error, Result};
pub use info::{Capabilities, Limits, StoreInfo};
pub use item::{
    FolderCounts, FolderData, FolderKind, ItemId, ItemKind, ItemMeta, MessageData, ThreadId,
};
pub use large::{LargeReader, Lease, Stage, Staged};
pub use lease::{Epoch, Role, Tenure};
pub use log::{Inverse, LogEntry, LogKind, LogPage};
pub use maintain::{CheckReport, Maintain, Problem, Room, StoreFigures};
pub use progress::{Progress, ProgressEvent, Share};
pub use provider::{
    Identity, OpenMode, OpenStore, ProviderDescription, ProviderDraft, ProviderKind,
    SectionDescription, Service, ServiceConfig, ServiceDescription, ServiceDraft, ServiceEvent,
    ServiceLayer, Setting, SettingKind, SettingProblem, SettingsData, UiUse, enter_by_description,
    service_flags, settings_table,
};
pub use queue::{QUEUE_STATE, QueuePlace, Queued};
pub use search::{SearchAction, SearchCriteria, SearchData, SearchPhase, SearchSave};
pub use secret::Secret;
pub use store::{NameCreation, Store};
pub use support::{StatusChange, Support};
pub use transport::{
    Arrival, Attempt, Attempts, Fate, Inbox, Mark, OneOf, OpenTransport, Outgoing, Reach, Refusal,
    SpoolerNotice, Transport, TransportNotice, flush_flags, submit_one, validate_flags,
};
pub use turn::{Turn, Turns};
pub use ui::{
    Headless, ProfileAnswer, ProfileChoice, SettingsSheet, SheetData, SheetRequest, SheetRow,
    UiHost, WizardMove, WizardPage,
};
pub use view::{
    Anchor, Depth, Direction, Page, QueryPlan, Row, RowKey, RowKeys, RowSet, ScanBody, ScanRow,
    View,
};
