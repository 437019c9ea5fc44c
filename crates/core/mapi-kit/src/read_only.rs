//! A store that refuses changes, whatever the store below it accepts.
//! Reference: "Read-only message stores"; check FLD-08

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapi_props::{Bag, Code, LargeRef, PropName, Restriction};
use mapi_spi::{
    Anchor, Call, ChangeSet, CheckReport, CommitOutcome, Direction, Epoch, Error, FolderData,
    ItemId, ItemMeta, LargeReader, LogPage, Maintain, MessageData, NameCreation, Origin, Page,
    QueryPlan, QueuePlace, Queued, Result, Role, Room, Row, RowKey, RowKeys, RowSet, ScanRow,
    SearchData, SearchPhase, Stage, Store, StoreFigures, StoreInfo, Tenure, ThreadId, View,
};

/// A store without the capability to write: every change is MAPI_E_NO_ACCESS, everything else passes through.
#[derive(Debug, Clone)]
pub struct ReadOnly {
    inner: Arc<dyn Store>,
    info: StoreInfo,
}

impl ReadOnly {
    /// The same store, read-only.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        let mut info = inner.info().clone();
        info.capabilities.write = false;
        info.capabilities.submit = false;
        Self { inner, info }
    }
}

fn refused() -> Error {
    Error::new(Code::NO_ACCESS, "the store is read-only")
}

impl Store for ReadOnly {
    fn info(&self) -> &StoreInfo {
        &self.info
    }

    fn store_props(&self, call: &Call) -> Result<Bag> {
        self.inner.store_props(call)
    }

    fn folder(&self, id: ItemId, call: &Call) -> Result<FolderData> {
        self.inner.folder(id, call)
    }

    fn message(&self, id: ItemId, call: &Call) -> Result<MessageData> {
        self.inner.message(id, call)
    }

    fn view(&self, view: &View, from: &Anchor, count: i64, call: &Call) -> Result<Page> {
        self.inner.view(view, from, count, call)
    }

    fn count(&self, view: &View, call: &Call) -> Result<u64> {
        self.inner.count(view, call)
    }

    fn position(&self, view: &View, key: &RowKey, call: &Call) -> Result<u64> {
        self.inner.position(view, key, call)
    }

    fn find(
        &self,
        view: &View,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
        call: &Call,
    ) -> Result<Option<Row>> {
        self.inner.find(view, restriction, from, direction, call)
    }

    fn each_key(
        &self,
        view: &View,
        only: Option<&[ItemId]>,
        call: &Call,
        each: &mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        self.inner.each_key(view, only, call, each)
    }

    fn rows_at(
        &self,
        view: &View,
        places: &[(ItemId, u32)],
        also: Option<&Restriction>,
        call: &Call,
    ) -> Result<(u64, Vec<Row>)> {
        self.inner.rows_at(view, places, also, call)
    }

    fn explain(&self, view: &View, call: &Call) -> Result<QueryPlan> {
        self.inner.explain(view, call)
    }

    fn scan(
        &self,
        container: ItemId,
        rows: RowSet,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        self.inner.scan(container, rows, call, each)
    }

    fn thread(
        &self,
        thread: ThreadId,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        self.inner.thread(thread, call, each)
    }

    fn thread_of(&self, message: ItemId, call: &Call) -> Result<Option<ThreadId>> {
        self.inner.thread_of(message, call)
    }

    fn with_message_id(&self, id: &str, limit: usize, call: &Call) -> Result<Vec<ItemMeta>> {
        self.inner.with_message_id(id, limit, call)
    }

    fn commit(&self, _: ChangeSet, _: &Call) -> Result<CommitOutcome> {
        Err(refused())
    }

    fn search(&self, folder: ItemId, call: &Call) -> Result<Option<SearchData>> {
        self.inner.search(folder, call)
    }

    fn run_search(&self, folder: ItemId, call: &Call) -> Result<SearchData> {
        match self.inner.search(folder, call)? {
            Some(search) if search.phase == SearchPhase::Rebuild => Err(refused()),
            Some(search) => Ok(search),
            None => Err(Error::new(
                Code::NOT_INITIALIZED,
                "the search has no criteria yet",
            )),
        }
    }

    fn sync(&self, call: &Call) -> Result<()> {
        call.check()
    }

    fn stage(&self, _: &Call) -> Result<Box<dyn Stage>> {
        Err(refused())
    }

    fn large(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<Box<dyn LargeReader>> {
        self.inner.large(item, value, call)
    }

    fn known_sources(
        &self,
        folder: ItemId,
        sources: &[[u8; 32]],
        call: &Call,
    ) -> Result<Vec<Option<ItemId>>> {
        self.inner.known_sources(folder, sources, call)
    }

    fn sync_rows(
        &self,
        origin: Origin,
        object: Option<ItemId>,
        call: &Call,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        self.inner.sync_rows(origin, object, call)
    }

    fn queue(&self, after: Option<QueuePlace>, limit: usize, call: &Call) -> Result<Vec<Queued>> {
        self.inner.queue(after, limit, call)
    }

    fn ids_from_names(
        &self,
        names: &[PropName],
        create: NameCreation,
        call: &Call,
    ) -> Result<Vec<Option<u16>>> {
        let known = self.inner.ids_from_names(names, NameCreation::No, call)?;
        if create == NameCreation::No || known.iter().all(Option::is_some) {
            Ok(known)
        } else {
            Err(refused())
        }
    }

    fn names_from_ids(&self, ids: &[u16], call: &Call) -> Result<Vec<Option<PropName>>> {
        self.inner.names_from_ids(ids, call)
    }

    fn all_names(&self, call: &Call) -> Result<Vec<(u16, PropName)>> {
        self.inner.all_names(call)
    }

    fn log(
        &self,
        since: u64,
        except: Option<Origin>,
        limit: usize,
        call: &Call,
    ) -> Result<LogPage> {
        self.inner.log(since, except, limit, call)
    }

    fn wait(&self, seen: u64, call: &Call) -> Result<u64> {
        self.inner.wait(seen, call)
    }

    fn lease_file(&self, role: Role) -> Option<PathBuf> {
        self.inner.lease_file(role)
    }

    fn begin_epoch(&self, _: Role, _: &str, _: &Call) -> Result<Epoch> {
        Err(refused())
    }

    fn tenure(&self, role: Role, call: &Call) -> Result<Option<Tenure>> {
        self.inner.tenure(role, call)
    }

    fn maintain(&self) -> Option<&dyn Maintain> {
        self.inner.maintain().is_some().then_some(self)
    }
}

impl ReadOnly {
    fn care(&self) -> Result<&dyn Maintain> {
        let missing = || Error::new(Code::NO_SUPPORT, "the store has no file");
        self.inner.maintain().ok_or_else(missing)
    }
}

impl Maintain for ReadOnly {
    fn check(&self, call: &Call) -> Result<CheckReport> {
        self.care()?.check(call)
    }

    fn figures(&self, call: &Call) -> Result<StoreFigures> {
        self.care()?.figures(call)
    }

    fn compact(&self, _: &Call) -> Result<u64> {
        Err(refused())
    }

    fn room(&self, call: &Call) -> Result<Room> {
        self.care()?.room(call)
    }

    fn backup(&self, to: &Path, call: &Call) -> Result<()> {
        self.care()?.backup(to, call)
    }
}
