//! The message store as a provider implements it.

mod identified;

use std::fmt::Debug;
use std::ops::ControlFlow;
use std::path::PathBuf;

use mapi_props::{Bag, Code, LargeRef, PropName, Restriction};

use crate::{
    Anchor, Call, ChangeSet, CommitOutcome, Direction, Epoch, Error, FolderData, ItemId, ItemMeta,
    LargeReader, LogPage, Maintain, MessageData, Origin, Page, QueryPlan, QueuePlace, Queued,
    Result, Role, Row, RowKey, RowKeys, RowSet, ScanRow, SearchData, Stage, Staged, StoreInfo,
    Tenure, ThreadId, View,
};

/// A message store. All methods block; all may be called from several threads at once. What a method does that a store
/// leaves out is right for one that cannot write, has no search folders and tells nobody what happens in it.
///
/// Common errors: `MAPI_E_NOT_FOUND` (no such object), `MAPI_E_USER_CANCEL` and `MAPI_E_TIMEOUT` (from the call),
/// `MAPI_E_BUSY` (another process holds the store too long), `MAPI_E_DISK_ERROR`, `MAPI_E_NOT_ENOUGH_DISK`,
/// `MAPI_E_CORRUPT_STORE`. A failed call has changed nothing unless it says how far it went.
pub trait Store: Send + Sync + Debug {
    /// What the store is and can do. Answers from memory.
    fn info(&self) -> &StoreInfo;

    /// Stored properties of the store object.
    fn store_props(&self, call: &Call) -> Result<Bag>;

    /// One folder, soft-deleted ones too (see its meta).
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the number is unknown or a message's.
    fn folder(&self, id: ItemId, call: &Call) -> Result<FolderData>;

    /// One message, soft-deleted ones too (see its meta): one consistent snapshot.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the number is unknown or a folder's.
    fn message(&self, id: ItemId, call: &Call) -> Result<MessageData>;

    /// Up to `count` rows from `from` on (backwards, ending there, when negative), true for one change-log number.
    /// Results equal the reference store's for every view.
    ///
    /// # Errors
    /// `MAPI_E_TOO_COMPLEX` for a restriction or sort that means nothing (see `mapi-query`),
    /// `MAPI_E_NOT_FOUND` if the container is gone.
    fn view(&self, view: &View, from: &Anchor, count: i64, call: &Call) -> Result<Page>;

    /// Rows of the view in all. May cost O(n).
    fn count(&self, view: &View, call: &Call) -> Result<u64>;

    /// How many rows stand before the row of this key, or before where it would stand. May cost O(n).
    fn position(&self, view: &View, key: &RowKey, call: &Call) -> Result<u64>;

    /// The first row from `from` on in `direction` that also matches `restriction`.
    /// Backward search begins with the row before the anchor.
    fn find(
        &self,
        view: &View,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
        call: &Call,
    ) -> Result<Option<Row>>;

    /// Shows the sort keys of every row of the view once, in no particular order, true for one change-log number, which it
    /// returns. With `only`, a list that names each item once, it shows those rows alone that these items make. The view
    /// names its sort columns; of the others only those count that make rows of their own. For tables that arrange their
    /// rows themselves, as categories do.
    ///
    /// # Errors
    /// Those of [`Self::view`].
    fn each_key(
        &self,
        view: &View,
        only: Option<&[ItemId]>,
        call: &Call,
        each: &mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>,
    ) -> Result<u64>;

    /// The rows of these places (item and instance) that are in the view's row set now, in the order given, with the
    /// change-log number for which they are true. Does not look at the view's restriction: `also`, where it is given,
    /// says which of them to leave out.
    ///
    /// # Errors
    /// Those of [`Self::view`].
    fn rows_at(
        &self,
        view: &View,
        places: &[(ItemId, u32)],
        also: Option<&Restriction>,
        call: &Call,
    ) -> Result<(u64, Vec<Row>)>;

    /// How the store will answer this view, without reading its rows. The words of a plan are for people.
    ///
    /// # Errors
    /// Those of [`Self::view`].
    fn explain(&self, view: &View, call: &Call) -> Result<QueryPlan> {
        self.folder(view.container, call)?;
        Ok(QueryPlan {
            index: "every row".to_owned(),
            expression: None,
            exact: view.restriction.is_none(),
            ordered: false,
        })
    }

    /// Shows every object of a container in id order (folders of a deep hierarchy: parents first) at one
    /// change-log number, which it returns. Mandatory; `view` is an accelerator over this.
    fn scan(
        &self,
        container: ItemId,
        rows: RowSet,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64>;

    /// Shows every message of a conversation in id order, soft-deleted ones too, at one change-log number, which it
    /// returns; none if there is no such conversation. A store of an older format looks for conversations first: in short
    /// transactions, with progress, from where it was left.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` in a read-only store of an older format, which cannot look.
    fn thread(
        &self,
        thread: ThreadId,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64>;

    /// The conversation of a message, where a store of an older format looks for conversations first; none for an
    /// associated message.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is no such message; those of [`Self::thread`].
    fn thread_of(&self, message: ItemId, call: &Call) -> Result<Option<ThreadId>> {
        Ok(self.message(message, call)?.meta.thread)
    }

    /// The messages of all folders whose PR_INTERNET_MESSAGE_ID is this text (a small PT_UNICODE, the same to the byte), by number;
    /// no associated or soft-deleted ones, and none in deleted folders. Of each folder at most `limit`, those with the lowest
    /// numbers: whoever learnt an id from a message has sent his own later.
    ///
    /// Mail brings such ids, and anybody can send any number of messages with one. So a store that people keep their mail in
    /// has an index for it, and reads no more messages than it gives.
    fn with_message_id(&self, id: &str, limit: usize, call: &Call) -> Result<Vec<ItemMeta>> {
        identified::look(self, id, limit, call)
    }

    /// Commits a change set: the only way to write. When it returns, every reader sees it and the log holds it.
    ///
    /// # Errors
    /// For [`crate::CommitMode::Atomic`] the first failing operation's: `MAPI_E_OBJECT_CHANGED`,
    /// `MAPI_E_OBJECT_DELETED`, `MAPI_E_COLLISION`, `MAPI_E_FOLDER_CYCLE`, `MAPI_E_HAS_FOLDERS`,
    /// `MAPI_E_HAS_MESSAGES`, `MAPI_E_NO_ACCESS` (read-only store) …
    fn commit(&self, changes: ChangeSet, call: &Call) -> Result<CommitOutcome> {
        drop(changes);
        call.check().and_then(|()| Err(read_only()))
    }

    /// Criteria and state of a search folder; `None` before they are set, and for other folders.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is no such folder.
    fn search(&self, folder: ItemId, call: &Call) -> Result<Option<SearchData>> {
        self.folder(folder, call).map(|_| None)
    }

    /// Populates a search folder that is in [`crate::SearchPhase::Rebuild`], from where it was left, and says what it is then.
    /// Works in transactions of at most 50 ms, reports progress, stops between them when the call ends; called again,
    /// by whomever, it goes on. Ends early when the search is stopped, and begins anew when it is set anew meanwhile.
    ///
    /// # Errors
    /// `MAPI_E_NOT_INITIALIZED` without criteria; `MAPI_E_NO_ACCESS` in a read-only store with something left to do.
    fn run_search(&self, folder: ItemId, call: &Call) -> Result<SearchData> {
        self.search(folder, call)?
            .ok_or_else(|| Error::new(Code::NOT_INITIALIZED, "the search has no criteria yet"))
    }

    /// Makes all commits so far survive a power cut.
    fn sync(&self, call: &Call) -> Result<()> {
        call.check()
    }

    /// Starts a large value.
    fn stage(&self, call: &Call) -> Result<Box<dyn Stage>> {
        call.check().and_then(|()| Err(read_only()))
    }

    /// A value of `size` bytes with this BLAKE3, if it is here already, as if it had just been staged: nothing needs to
    /// be written twice. A store whose keys are not made of the content has none.
    fn adopt(&self, key: &[u8; 32], size: u64, call: &Call) -> Result<Option<Staged>> {
        let _ = (key, size);
        call.check().map(|()| None)
    }

    /// Opens a large value of `item` as its bag names it. Content stays readable while the item holds it; after
    /// that it may be `MAPI_E_OBJECT_DELETED`.
    ///
    /// # Errors
    /// A `Remote` value is asked for through [`crate::Support::fetch`], which waits until the call's deadline;
    /// without a deadline this fails at once with kind `NotDownloaded` (`MAPI_E_NETWORK_ERROR`, never NOT_FOUND).
    fn large(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<Box<dyn LargeReader>>;

    /// Which of these source hashes ([`crate::MessageSave::source`]) the folder holds a message of, in order.
    fn known_sources(
        &self,
        folder: ItemId,
        sources: &[[u8; 32]],
        call: &Call,
    ) -> Result<Vec<Option<ItemId>>> {
        self.folder(folder, call)?;
        Ok(vec![None; sources.len()])
    }

    /// An engine's own rows for an object (or the store), by key.
    fn sync_rows(
        &self,
        origin: Origin,
        object: Option<ItemId>,
        call: &Call,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let _ = (origin, object);
        call.check().map(|()| Vec::new())
    }

    /// Identifiers of names, in order; `None` where unknown and not created. Persistent, one mapping per store,
    /// the same for concurrent creators.
    ///
    /// # Errors
    /// `MAPI_E_NOT_ENOUGH_RESOURCES` when no identifier is left, `MAPI_E_NO_ACCESS` when creating in a read-only store.
    fn ids_from_names(
        &self,
        names: &[PropName],
        create: NameCreation,
        call: &Call,
    ) -> Result<Vec<Option<u16>>>;

    /// Names of identifiers, in order; `None` where there is none.
    fn names_from_ids(&self, ids: &[u16], call: &Call) -> Result<Vec<Option<PropName>>>;

    /// The whole mapping, by identifier.
    fn all_names(&self, call: &Call) -> Result<Vec<(u16, PropName)>>;

    /// Entries after `since`, at most `limit`, leaving out those of `except`.
    fn log(&self, since: u64, except: Option<Origin>, limit: usize, call: &Call)
    -> Result<LogPage>;

    /// Waits until the log's last number is above `seen` (by any process) or the call ends, and returns it.
    ///
    /// # Errors
    /// `MAPI_E_TIMEOUT` when the deadline came first.
    fn wait(&self, seen: u64, call: &Call) -> Result<u64> {
        let _ = (seen, call);
        let detail = "this store tells nobody what happens in it";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// Messages that wait to be sent (MSGFLAG_SUBMIT) in order of submission: at most `limit`, those after `after`. Costs what it
    /// gives, however many other messages there are.
    fn queue(&self, after: Option<QueuePlace>, limit: usize, call: &Call) -> Result<Vec<Queued>> {
        let _ = (after, limit);
        call.check().map(|()| Vec::new())
    }

    /// The file on which the lock lies that makes a process the only holder of `role`, beside the store's own. None where
    /// the store is in this process alone: in its memory, or kept from all others while it is open. Nobody keeps such a
    /// store open for background work.
    fn lease_file(&self, role: Role) -> Option<PathBuf> {
        let _ = role;
        None
    }

    /// Begins the next epoch of `role`, durably; from then on whatever is written under an older one is refused
    /// (`MAPI_E_END_OF_SESSION`). Only who has the lock calls it; `holder` is what it says of itself.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` by a store without background work, `MAPI_E_NO_ACCESS` by a read-only one.
    fn begin_epoch(&self, role: Role, holder: &str, call: &Call) -> Result<Epoch> {
        let _ = (holder, call);
        let detail = format!("this kind of store needs no {role}");
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    /// Who holds `role`, or held it last; `None` before the first.
    fn tenure(&self, role: Role, call: &Call) -> Result<Option<Tenure>> {
        let _ = role;
        call.check().map(|()| None)
    }

    /// Care of the store's file, where there is one.
    fn maintain(&self) -> Option<&dyn Maintain> {
        None
    }
}

fn read_only() -> Error {
    Error::new(Code::NO_ACCESS, "the store is read-only")
}

/// Whether unknown names get an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameCreation {
    /// Never.
    No,
    /// A client asked for it: always, until 0xFFFE is reached.
    Explicit,
    /// Met in mail: within [`crate::Limits::mail_names`]; beyond that `None`.
    FromMail,
}
