//! The store as the boundary sees it.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::Instant;

use mapi_kit::engine::{self, Plan};
use mapi_props::{Bag, Code, Guid, LargePlace, LargeRef, PropName, Restriction};
use mapi_spi::{
    Anchor, Call, Capabilities, ChangeSet, CommitOutcome, Direction, Epoch, Error, FolderData,
    ItemId, ItemMeta, LargeReader, Limits, LogPage, Maintain, MessageData, NameCreation, Origin,
    Page, Problem, QueuePlace, Queued, Result, Role, Row, RowKey, RowKeys, RowSet, ScanRow,
    SearchData, SearchPhase, Stage, Staged, Store, StoreInfo, Support, Tenure, ThreadId, View,
};

use crate::commit;
use crate::content::{Key, Reader, Staging, kept};
use crate::rows::Snapshot;
use crate::state::State;

/// PR_MDB_PROVIDER of stores in memory.
const PROVIDER: Guid = Guid::from_fields(
    0x6d61_6c6c,
    0x656d,
    0x4d01,
    [0x8f, 0x1e, 0x3a, 0x70, 0x52, 0x6f, 0x0b, 0x91],
);
/// The root folder.
const ROOT: ItemId = ItemId(1);
/// Stores up to this many items are checked after every commit of a debug build.
const CHECK_ALWAYS: usize = 400;

/// What a store in memory is and can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What it claims. All but categories, an outgoing queue and persistence by default.
    pub capabilities: Capabilities,
    /// Sizes and counts.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            capabilities: Capabilities {
                write: true,
                soft_delete: true,
                associated: true,
                mv_instances: true,
                notify: true,
                remote_values: true,
                search: true,
                submit: true,
                persistent: false,
            },
            limits: Limits::default(),
        }
    }
}

/// A store in memory. Clones of one store share everything.
#[derive(Clone)]
pub struct MemoryStore {
    pub(crate) shared: Arc<Shared>,
    info: StoreInfo,
    pub(crate) support: Arc<dyn Support>,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("uid", &self.info.uid)
            .finish_non_exhaustive()
    }
}

/// What all handles of a store share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: RwLock<State>,
    /// The log's last number, and a bell that rings when it grows.
    last: Mutex<u64>,
    grown: Condvar,
}

impl MemoryStore {
    /// A new, empty store.
    #[must_use]
    pub fn new(options: Options, support: Arc<dyn Support>) -> Self {
        let info = StoreInfo {
            uid: support.new_guid(),
            provider: PROVIDER,
            mapping_signature: support.new_guid(),
            root: ROOT,
            capabilities: options.capabilities,
            limits: options.limits,
            display_name: "Memory".to_owned(),
        };
        let shared = Shared {
            state: RwLock::new(State::new(info.clone())),
            last: Mutex::new(0),
            grown: Condvar::new(),
        };
        Self {
            shared: Arc::new(shared),
            info,
            support,
        }
    }

    /// Another handle on the same store, perhaps one that refuses changes.
    #[must_use]
    pub fn reopened(&self, write: bool, support: Arc<dyn Support>) -> Self {
        let mut info = self.info.clone();
        info.capabilities.write = write;
        info.capabilities.submit = write;
        Self {
            shared: Arc::clone(&self.shared),
            info,
            support,
        }
    }

    /// Lets `writes` more writes through; the one after them fails once with `MAPI_E_DISK_ERROR`.
    /// A test tries every number until a commit succeeds with a failure still waiting.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_STORE` after a panic inside the store.
    pub fn fail_after(&self, writes: u64) -> Result<()> {
        self.shared.write()?.faults.fail_after(writes);
        Ok(())
    }

    /// Takes back a planted failure. Whether it was still waiting.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_STORE` after a panic inside the store.
    pub fn clear_failure(&self) -> Result<bool> {
        Ok(self.shared.write()?.faults.clear())
    }

    /// Forgets log entries up to a number, as stores that live long do.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_STORE` after a panic inside the store.
    pub fn trim_log(&self, up_to: u64) -> Result<()> {
        let mut state = self.shared.write()?;
        let before = state.log.len();
        state.log.retain(|entry| entry.seq > up_to);
        let gone = before - state.log.len();
        state.trimmed += u64::try_from(gone).unwrap_or(0);
        Ok(())
    }

    /// Everything that is wrong with what is kept twice; nothing in a sound store.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_STORE` after a panic inside the store.
    pub fn problems(&self) -> Result<Vec<Problem>> {
        Ok(self.shared.read()?.problems())
    }

    fn writable(&self) -> Result<()> {
        if self.info.capabilities.write {
            return Ok(());
        }
        Err(Error::new(Code::NO_ACCESS, "the store is read-only"))
    }

    /// Refuses to write for a holder of a lease who has been followed by another.
    fn still_holder(&self, state: &State, call: &Call) -> Result<()> {
        let Some(epoch) = call.epoch_in(self.info.uid) else {
            return Ok(());
        };
        let present = state.tenures.get(&epoch.role);
        epoch.check(present.map_or(0, |present| present.number))
    }

    /// The rows of a view and the number for which they are true.
    fn snapshot(&self, container: ItemId, rows: RowSet) -> Result<(Snapshot, u64)> {
        let state = self.shared.read()?;
        Ok((Snapshot::of(&state, container, rows)?, state.last()))
    }
}

impl Shared {
    pub(crate) fn read(&self) -> Result<RwLockReadGuard<'_, State>> {
        self.state.read().map_err(|_| poisoned())
    }

    pub(crate) fn write(&self) -> Result<RwLockWriteGuard<'_, State>> {
        self.state.write().map_err(|_| poisoned())
    }

    /// Tells the waiting what the log's last number is.
    pub(crate) fn ring(&self, last: u64) {
        let mut told = self.last();
        *told = last.max(*told);
        self.grown.notify_all();
    }

    fn last(&self) -> MutexGuard<'_, u64> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn poisoned() -> Error {
    Error::new(
        Code::CORRUPT_STORE,
        "a panic left the store in memory half changed",
    )
}

impl Store for MemoryStore {
    fn info(&self) -> &StoreInfo {
        &self.info
    }

    fn store_props(&self, call: &Call) -> Result<Bag> {
        call.check()?;
        Ok(self.shared.read()?.store_props.clone())
    }

    fn folder(&self, id: ItemId, call: &Call) -> Result<FolderData> {
        call.check()?;
        let item = self.shared.read()?.item(id).cloned();
        item.and_then(|i| i.folder_data())
            .ok_or_else(|| Error::new(Code::NOT_FOUND, format!("there is no folder {id}")))
    }

    fn message(&self, id: ItemId, call: &Call) -> Result<MessageData> {
        call.check()?;
        let item = self.shared.read()?.item(id).cloned();
        item.and_then(|i| i.message_data())
            .ok_or_else(|| Error::new(Code::NOT_FOUND, format!("there is no message {id}")))
    }

    fn view(&self, view: &View, from: &Anchor, count: i64, call: &Call) -> Result<Page> {
        let plan = Plan::new(&self.info, view)?;
        let (rows, seq) = self.snapshot(view.container, view.rows)?;
        engine::page(&plan, &rows, seq, from, count, call)
    }

    fn count(&self, view: &View, call: &Call) -> Result<u64> {
        let plan = Plan::new(&self.info, view)?;
        let (rows, _) = self.snapshot(view.container, view.rows)?;
        engine::count(&plan, &rows, call)
    }

    fn position(&self, view: &View, key: &RowKey, call: &Call) -> Result<u64> {
        let plan = Plan::new(&self.info, view)?;
        let (rows, _) = self.snapshot(view.container, view.rows)?;
        engine::position(&plan, &rows, key, call)
    }

    fn find(
        &self,
        view: &View,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
        call: &Call,
    ) -> Result<Option<Row>> {
        let plan = Plan::new(&self.info, view)?;
        let (rows, _) = self.snapshot(view.container, view.rows)?;
        engine::find(&plan, &rows, restriction, from, direction, call)
    }

    fn each_key(
        &self,
        view: &View,
        only: Option<&[ItemId]>,
        call: &Call,
        each: &mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        let plan = Plan::new(&self.info, view)?;
        let (rows, seq) = self.snapshot(view.container, view.rows)?;
        engine::each_key(&plan, &rows, only, call, each)?;
        Ok(seq)
    }

    fn rows_at(
        &self,
        view: &View,
        places: &[(ItemId, u32)],
        also: Option<&Restriction>,
        call: &Call,
    ) -> Result<(u64, Vec<Row>)> {
        let plan = Plan::new(&self.info, view)?;
        let (rows, seq) = self.snapshot(view.container, view.rows)?;
        Ok((seq, engine::rows_at(&plan, &rows, places, also, call)?))
    }

    fn scan(
        &self,
        container: ItemId,
        rows: RowSet,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        let (rows, seq) = self.snapshot(container, rows)?;
        rows.each(&mut |row| {
            call.check()?;
            Ok(each(row))
        })?;
        Ok(seq)
    }

    fn thread(
        &self,
        thread: ThreadId,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        let state = self.shared.read()?;
        let (rows, seq) = (Snapshot::of_thread(&state, thread), state.last());
        drop(state);
        rows.each(&mut |row| {
            call.check()?;
            Ok(each(row))
        })?;
        Ok(seq)
    }

    fn thread_of(&self, message: ItemId, call: &Call) -> Result<Option<ThreadId>> {
        Ok(self.message(message, call)?.meta.thread)
    }

    fn with_message_id(&self, id: &str, limit: usize, call: &Call) -> Result<Vec<ItemMeta>> {
        call.check()?;
        Ok(self.shared.read()?.with_message_id(id, limit))
    }

    fn commit(&self, changes: ChangeSet, call: &Call) -> Result<CommitOutcome> {
        self.writable()?;
        if let Some(turn) = &changes.turn {
            turn.wait(call)?;
        }
        let mut state = self.shared.write()?;
        self.still_holder(&state, call)?;
        let outcome = commit::run(&mut state, &self.info, changes, call)?;
        if cfg!(debug_assertions)
            && (state.len() <= CHECK_ALWAYS || outcome.seq.is_multiple_of(512))
        {
            let problems = state.problems();
            assert!(problems.is_empty(), "after a commit: {problems:?}");
        }
        drop(state);
        self.shared.ring(outcome.seq);
        Ok(outcome)
    }

    fn search(&self, folder: ItemId, call: &Call) -> Result<Option<SearchData>> {
        self.folder(folder, call)?;
        Ok(self.shared.read()?.search(folder).cloned())
    }

    fn run_search(&self, folder: ItemId, call: &Call) -> Result<SearchData> {
        match self.search(folder, call)? {
            Some(data) if data.phase == SearchPhase::Rebuild => {}
            Some(data) => return Ok(data),
            None => {
                let detail = format!("search folder {folder} has no criteria yet");
                return Err(Error::new(Code::NOT_INITIALIZED, detail));
            }
        }
        self.writable()?;
        let mut state = self.shared.write()?;
        self.still_holder(&state, call)?;
        let data = state.run_search(folder, call)?;
        let last = state.last();
        drop(state);
        self.shared.ring(last);
        Ok(data)
    }

    fn sync(&self, call: &Call) -> Result<()> {
        call.check()
    }

    fn stage(&self, call: &Call) -> Result<Box<dyn Stage>> {
        call.check()?;
        self.writable()?;
        Ok(Box::new(Staging {
            shared: Arc::clone(&self.shared),
            bytes: Vec::new(),
        }))
    }

    fn adopt(&self, key: &Key, size: u64, call: &Call) -> Result<Option<Staged>> {
        call.check()?;
        self.writable()?;
        let content = self.shared.read()?.content(key);
        let there = content.filter(|content| content.size() == size);
        Ok(there.map(|content| kept(*key, content)))
    }

    fn large(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<Box<dyn LargeReader>> {
        call.check()?;
        let key = match value.place {
            LargePlace::Present(key) => key,
            LargePlace::Remote => self.fetched(item, value, call)?,
            LargePlace::Pending(_) => {
                let detail = "a pending value is in its change set only";
                return Err(Error::new(Code::INVALID_PARAMETER, detail));
            }
        };
        let holder = self.shared.read()?.item(item).cloned();
        let holder = holder
            .ok_or_else(|| Error::new(Code::OBJECT_DELETED, format!("item {item} is gone")))?;
        let content = holder.values.get(&key).ok_or_else(|| {
            let detail = format!("item {item} does not hold this value any more");
            Error::new(Code::OBJECT_DELETED, detail)
        })?;
        Ok(Box::new(Reader::new(content)))
    }

    fn known_sources(
        &self,
        folder: ItemId,
        sources: &[[u8; 32]],
        call: &Call,
    ) -> Result<Vec<Option<ItemId>>> {
        call.check()?;
        self.folder(folder, call)?;
        let state = self.shared.read()?;
        Ok(sources
            .iter()
            .map(|s| state.of_source(folder, *s))
            .collect())
    }

    fn sync_rows(
        &self,
        origin: Origin,
        object: Option<ItemId>,
        call: &Call,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        call.check()?;
        let state = self.shared.read()?;
        let first = (origin.0, object, Vec::new());
        let rows = state.sync.range(first..);
        let own = rows.take_while(|((o, id, _), _)| (*o, *id) == (origin.0, object));
        Ok(own
            .map(|((_, _, key), value)| (key.clone(), value.clone()))
            .collect())
    }

    fn queue(&self, after: Option<QueuePlace>, limit: usize, call: &Call) -> Result<Vec<Queued>> {
        call.check()?;
        Ok(self.shared.read()?.queue(after).take(limit).collect())
    }

    fn ids_from_names(
        &self,
        names: &[PropName],
        create: NameCreation,
        call: &Call,
    ) -> Result<Vec<Option<u16>>> {
        call.check()?;
        {
            let state = self.shared.read()?;
            let known: Vec<_> = names.iter().map(|n| state.names.id(n)).collect();
            if create == NameCreation::No || known.iter().all(Option::is_some) {
                return Ok(known);
            }
        }
        self.writable()?;
        let mut state = self.shared.write()?;
        self.still_holder(&state, call)?;
        state.faults.write()?;
        let mut mapping = state.names.clone();
        let limits = self.info.limits;
        let ids = names.iter().map(|n| mapping.make(n, create, limits));
        let ids = ids.collect::<Result<_>>()?;
        state.names = mapping;
        Ok(ids)
    }

    fn names_from_ids(&self, ids: &[u16], call: &Call) -> Result<Vec<Option<PropName>>> {
        call.check()?;
        let state = self.shared.read()?;
        Ok(ids
            .iter()
            .map(|id| state.names.name(*id).cloned())
            .collect())
    }

    fn all_names(&self, call: &Call) -> Result<Vec<(u16, PropName)>> {
        call.check()?;
        let state = self.shared.read()?;
        Ok(state
            .names
            .all()
            .map(|(id, name)| (id, name.clone()))
            .collect())
    }

    fn log(
        &self,
        since: u64,
        except: Option<Origin>,
        limit: usize,
        call: &Call,
    ) -> Result<LogPage> {
        call.check()?;
        let state = self.shared.read()?;
        let new = state
            .log
            .iter()
            .filter(|e| e.seq > since && Some(e.origin) != except);
        Ok(LogPage {
            entries: new.take(limit).cloned().collect(),
            last: state.last(),
            lost: since < state.trimmed,
        })
    }

    fn wait(&self, seen: u64, call: &Call) -> Result<u64> {
        let shared = Arc::clone(&self.shared);
        let _woken = call.cancel.on_cancel(move || shared.ring(0));
        let mut last = self.shared.last();
        loop {
            if *last > seen {
                return Ok(*last);
            }
            call.check()?;
            let rest = call
                .deadline
                .map(|at| at.saturating_duration_since(Instant::now()));
            let grown = &self.shared.grown;
            last = match rest {
                Some(rest) => {
                    let waited = grown.wait_timeout(last, rest);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => grown.wait(last).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn begin_epoch(&self, role: Role, holder: &str, call: &Call) -> Result<Epoch> {
        call.check()?;
        self.writable()?;
        let mut state = self.shared.write()?;
        state.faults.write()?;
        let former = state.tenures.get(&role);
        let number = former.map_or(0, |former| former.number) + 1;
        let tenure = Tenure {
            number,
            since: self.support.now(),
            holder: holder.to_owned(),
        };
        state.tenures.insert(role, tenure);
        Ok(Epoch {
            store: self.info.uid,
            role,
            number,
        })
    }

    fn tenure(&self, role: Role, call: &Call) -> Result<Option<Tenure>> {
        call.check()?;
        Ok(self.shared.read()?.tenures.get(&role).cloned())
    }

    fn maintain(&self) -> Option<&dyn Maintain> {
        None
    }
}
