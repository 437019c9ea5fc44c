//! The store: the boundary's methods over the rooms of this crate.

mod read;

pub(crate) use read::{
    contents, deep, each_of_messages, expect_folder, folder as read_folder, hierarchy, known_source,
};

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mapi_props::{
    Bag, Code, Guid, LargePlace, LargeRef, PropName, Restriction, StoredMessage, tags,
};
use mapi_spi::{
    Anchor, Call, Capabilities, ChangeSet, CommitOutcome, Direction, Durability, Epoch, Error,
    FolderData, ItemId, ItemMeta, LargeReader, Limits, LogPage, Maintain, MessageData,
    NameCreation, OpenMode, Origin, Page, QueryPlan, QueuePlace, Queued, Result, Role, Row, RowKey,
    RowKeys, RowSet, ScanRow, SearchData, Stage, Staged, Store, StoreInfo, Support, Tenure,
    ThreadId, View,
};
use rusqlite::Connection;

use crate::blob::{Dictionaries, Leases, OpenValue, ValueStage};
use crate::connection::{Birth, Connections, Sharing};
use crate::failure::{Lift, corrupt, explained};
use crate::names::Names;
use crate::search::Searches;
use crate::transaction::Txn;
use crate::wake::Waker;
use crate::{commit, epoch, log, names, queue, thread, view};

/// PR_MDB_PROVIDER of local stores: a store's kind, not one store.
const PROVIDER: Guid = Guid::from_fields(
    0x4b1f_6c2e,
    0x93a7,
    0x4d55,
    [0xb2, 0x0e, 0x6d, 0x61, 0x6c, 0x6c, 0x65, 0x01],
);

/// A message store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    pub(crate) inner: Arc<Inner>,
}

/// What the store shares with the values and stages that clients hold open.
#[derive(Debug)]
pub(crate) struct Inner {
    // First, so that it closes the file before anything else goes.
    pub(crate) connections: Connections,
    pub(crate) info: StoreInfo,
    pub(crate) support: Arc<dyn Support>,
    pub(crate) names: Names,
    pub(crate) leases: Leases,
    pub(crate) dictionaries: Dictionaries,
    pub(crate) waker: Waker,
    pub(crate) searches: Searches,
    /// Folders with fewer messages are sorted anew at each reading rather than indexed.
    pub(crate) index_from: AtomicU64,
}

/// [`Inner::index_from`] unless a test says otherwise.
const WORTH_INDEXING: u64 = 1000;

impl SqliteStore {
    /// Opens the store at `path`, or makes it when the mode says so.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` (no such file, and the mode does not create), `MAPI_E_CORRUPT_STORE` (not a store),
    /// `MAPI_E_VERSION` (a newer format), `MAPI_E_NO_ACCESS`, `MAPI_E_BUSY`, those of the disk.
    pub fn open(
        path: &Path,
        mode: OpenMode,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Self> {
        Self::open_shared(path, mode, Sharing::WherePossible, support, call)
    }

    /// The same for this process alone, as it happens by itself on network folders.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_alone(
        path: &Path,
        mode: OpenMode,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Self> {
        Self::open_shared(path, mode, Sharing::Never, support, call)
    }

    fn open_shared(
        path: &Path,
        mode: OpenMode,
        sharing: Sharing,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Self> {
        let mut root = StoredMessage::default();
        root.props.set(tags::DISPLAY_NAME, "Root");
        let birth = Birth {
            uid: support.new_guid(),
            mapping_signature: support.new_guid(),
            root: &root,
        };
        let connections =
            Connections::open(path, mode, sharing, &birth).map_err(|e| explained(e, path))?;
        let info = read_info(&*connections.reader(call)?, path, mode)?;
        let waker = Waker::new(path, connections.is_alone());
        Ok(Self {
            inner: Arc::new(Inner {
                connections,
                info,
                support,
                names: Names::default(),
                leases: Leases::new(path),
                dictionaries: Dictionaries::default(),
                waker,
                searches: Searches::default(),
                index_from: AtomicU64::new(WORTH_INDEXING),
            }),
        })
    }

    /// Whether the file lies where processes cannot share memory (a network folder), so that this one keeps all
    /// others out while it is open.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.inner.connections.is_alone()
    }

    /// Indexes sorted views of folders with at least so many messages at their first use, instead of 1000.
    pub fn index_from(&self, messages: u64) {
        self.inner.index_from.store(messages, Ordering::Relaxed);
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.inner.connections.path()
    }
}

impl Inner {
    /// Runs one write transaction, then tells those who wait for the log.
    pub(crate) fn write<T>(
        &self,
        origin: Origin,
        durability: Durability,
        call: &Call,
        work: impl FnOnce(&mut Txn<'_>) -> Result<T>,
    ) -> Result<T> {
        let writer = self.connections.writer(call)?;
        self.write_on(&writer, origin, durability, call, work)
    }

    /// The same on a connection in hand.
    pub(crate) fn write_on<T>(
        &self,
        writer: &Connection,
        origin: Origin,
        durability: Durability,
        call: &Call,
        work: impl FnOnce(&mut Txn<'_>) -> Result<T>,
    ) -> Result<T> {
        let run = || {
            let mut txn = Txn::begin(writer, origin, self.support.now(), durability, call)?;
            let done = work(&mut txn)?;
            let logged = txn.has_logged();
            if logged {
                self.waker.begin(txn.seq);
            }
            let seq = txn.commit()?;
            Ok((done, logged.then_some(seq)))
        };
        let (done, logged) = run().map_err(|e| self.explain(e))?;
        if let Some(seq) = logged {
            self.waker.tell(seq);
        }
        Ok(done)
    }

    /// Tells a disk without room from a broken one.
    pub(crate) fn explain(&self, error: Error) -> Error {
        explained(error, self.connections.path())
    }
}

fn read_info(db: &Connection, path: &Path, mode: OpenMode) -> Result<StoreInfo> {
    let mut select = db
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")
        .lift()?;
    let mut guid =
        |key: &str| -> Result<Guid> { select.query_row([key], |r| r.get(0)).map(Guid).lift() };
    let (uid, mapping_signature) = (guid("uid")?, guid("mapping_signature")?);
    let root = select.query_row(["root"], |r| r.get(0)).lift()?;
    let write = mode != OpenMode::ReadOnly;
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned());
    Ok(StoreInfo {
        uid,
        provider: PROVIDER,
        mapping_signature,
        root: ItemId(root),
        capabilities: Capabilities {
            write,
            soft_delete: true,
            associated: true,
            search: true,
            mv_instances: true,
            notify: true,
            submit: write,
            remote_values: true,
            persistent: true,
        },
        limits: Limits::default(),
        display_name: stem.unwrap_or_else(|| "Store".to_owned()),
    })
}

impl Store for SqliteStore {
    fn info(&self) -> &StoreInfo {
        &self.inner.info
    }

    fn store_props(&self, call: &Call) -> Result<Bag> {
        let reader = self.inner.connections.reader(call)?;
        Ok(crate::bag::body(&reader, 0)?.props)
    }

    fn folder(&self, id: ItemId, call: &Call) -> Result<FolderData> {
        let reader = self.inner.connections.reader(call)?;
        reader.begin()?;
        read::folder(&reader, id)
    }

    fn message(&self, id: ItemId, call: &Call) -> Result<MessageData> {
        let reader = self.inner.connections.reader(call)?;
        read::message(&reader, id)
    }

    fn view(&self, view: &View, from: &Anchor, count: i64, call: &Call) -> Result<Page> {
        view::page(&self.inner, view, from, count, call)
    }

    fn count(&self, view: &View, call: &Call) -> Result<u64> {
        view::count(&self.inner, view, call)
    }

    fn position(&self, view: &View, key: &RowKey, call: &Call) -> Result<u64> {
        view::position(&self.inner, view, key, call)
    }

    fn find(
        &self,
        view: &View,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
        call: &Call,
    ) -> Result<Option<Row>> {
        view::find(&self.inner, view, restriction, from, direction, call)
    }

    fn explain(&self, view: &View, call: &Call) -> Result<QueryPlan> {
        view::explain(&self.inner, view, call)
    }

    fn each_key(
        &self,
        view: &View,
        only: Option<&[ItemId]>,
        call: &Call,
        each: &mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        view::each_key(&self.inner, view, only, call, each)
    }

    fn rows_at(
        &self,
        view: &View,
        places: &[(ItemId, u32)],
        also: Option<&Restriction>,
        call: &Call,
    ) -> Result<(u64, Vec<Row>)> {
        view::rows_at(&self.inner, view, places, also, call)
    }

    fn scan(
        &self,
        container: ItemId,
        rows: RowSet,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        let reader = self.inner.connections.reader(call)?;
        reader.begin()?;
        read::scan(&reader, container, rows, call, each)
    }

    fn thread(
        &self,
        thread: ThreadId,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        thread::scan(&self.inner, thread, call, each)
    }

    fn thread_of(&self, message: ItemId, call: &Call) -> Result<Option<ThreadId>> {
        thread::of_message(&self.inner, message, call)
    }

    fn with_message_id(&self, id: &str, limit: usize, call: &Call) -> Result<Vec<ItemMeta>> {
        view::with_message_id(&self.inner, id, limit, call)
    }

    fn commit(&self, changes: ChangeSet, call: &Call) -> Result<CommitOutcome> {
        commit::run(&self.inner, changes, call)
    }

    fn search(&self, folder: ItemId, call: &Call) -> Result<Option<SearchData>> {
        let reader = self.inner.connections.reader(call)?;
        reader.begin()?;
        crate::search::data(&reader, folder)
    }

    fn run_search(&self, folder: ItemId, call: &Call) -> Result<SearchData> {
        crate::search::run(&self.inner, folder, call)
    }

    fn sync(&self, call: &Call) -> Result<()> {
        if self.inner.connections.may_write().is_err() {
            return Ok(());
        }
        // A synced commit reaches every frame before it in the log, whoever wrote it.
        self.inner
            .write(Origin::default(), Durability::Full, call, |_| Ok(()))
    }

    fn adopt(&self, key: &[u8; 32], size: u64, call: &Call) -> Result<Option<Staged>> {
        crate::blob::adopt(&self.inner, key, size, call)
    }

    fn stage(&self, call: &Call) -> Result<Box<dyn Stage>> {
        Ok(Box::new(ValueStage::begin(Arc::clone(&self.inner), call)?))
    }

    fn large(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<Box<dyn LargeReader>> {
        let key = match value.place {
            LargePlace::Present(key) => key,
            LargePlace::Pending(_) => {
                return Err(Error::new(
                    Code::INVALID_PARAMETER,
                    "a pending value is in no store yet",
                ));
            }
            LargePlace::Remote => self.fetch(item, value, call)?,
        };
        Ok(Box::new(OpenValue::open(
            Arc::clone(&self.inner),
            key,
            call,
        )?))
    }

    fn known_sources(
        &self,
        folder: ItemId,
        sources: &[[u8; 32]],
        call: &Call,
    ) -> Result<Vec<Option<ItemId>>> {
        let reader = self.inner.connections.reader(call)?;
        reader.begin()?;
        sources
            .iter()
            .map(|source| read::known_source(&reader, folder, source))
            .collect()
    }

    fn sync_rows(
        &self,
        origin: Origin,
        object: Option<ItemId>,
        call: &Call,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let reader = self.inner.connections.reader(call)?;
        read::sync_rows(&reader, origin, object)
    }

    fn queue(&self, after: Option<QueuePlace>, limit: usize, call: &Call) -> Result<Vec<Queued>> {
        let reader = self.inner.connections.reader(call)?;
        queue::read(&reader, after, limit, call)
    }

    fn ids_from_names(
        &self,
        names: &[PropName],
        create: NameCreation,
        call: &Call,
    ) -> Result<Vec<Option<u16>>> {
        let known = self
            .inner
            .names
            .ids(&*self.inner.connections.reader(call)?, names)?;
        if create == NameCreation::No || known.iter().all(Option::is_some) {
            return Ok(known);
        }
        let limit = self.inner.info.limits.mail_names;
        let made = self
            .inner
            .write(Origin::default(), Durability::Full, call, |txn| {
                Names::make(txn, names, create, limit)
            })?;
        self.inner.names.learn(names, &made);
        Ok(made)
    }

    fn names_from_ids(&self, ids: &[u16], call: &Call) -> Result<Vec<Option<PropName>>> {
        self.inner
            .names
            .names(&*self.inner.connections.reader(call)?, ids)
    }

    fn all_names(&self, call: &Call) -> Result<Vec<(u16, PropName)>> {
        names::all(&*self.inner.connections.reader(call)?)
    }

    fn log(
        &self,
        since: u64,
        except: Option<Origin>,
        limit: usize,
        call: &Call,
    ) -> Result<LogPage> {
        let reader = self.inner.connections.reader(call)?;
        reader.begin()?;
        log::read(&reader, since, except, limit, call)
    }

    fn wait(&self, seen: u64, call: &Call) -> Result<u64> {
        self.inner.waker.wait(seen, call, || {
            log::last(&*self.inner.connections.reader(call)?)
        })
    }

    fn lease_file(&self, role: Role) -> Option<PathBuf> {
        // A store that is alone keeps all others out already.
        (!self.is_alone()).then(|| epoch::lease_file(self.path(), role))
    }

    fn begin_epoch(&self, role: Role, holder: &str, call: &Call) -> Result<Epoch> {
        epoch::begin(&self.inner, role, holder, call)
    }

    fn tenure(&self, role: Role, call: &Call) -> Result<Option<Tenure>> {
        epoch::read(&*self.inner.connections.reader(call)?, role)
    }

    fn maintain(&self) -> Option<&dyn Maintain> {
        Some(self)
    }
}

impl SqliteStore {
    /// Has a Remote value fetched and gives the key that it then has in the item.
    fn fetch(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<[u8; 32]> {
        if call.deadline.is_none() {
            return Err(Error::not_downloaded(format!(
                "a value of item {item} is not downloaded"
            )));
        }
        let before = self.message(item, call)?.body;
        self.inner.support.fetch(item, value, call)?;
        let after = self.message(item, call)?.body;
        read::became(&before, &after, value).ok_or_else(|| {
            corrupt(format!(
                "a value of item {item} was fetched, but the item does not name it"
            ))
        })
    }
}
