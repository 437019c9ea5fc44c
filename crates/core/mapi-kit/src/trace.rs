//! A store whose calls are logged: `--log spi=trace`.
//!
//! One event per call at trace level under the target `spi`: the call, what it is about, its result
//! code and its time. Property values, names and bytes are never logged, only numbers of them.

use std::fmt::{self, Arguments};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use mapi_props::{Bag, Code, LargeRef, PropName, Restriction};
use mapi_spi::{
    Anchor, Call, ChangeSet, CheckReport, CommitOutcome, Direction, Epoch, Error, FolderData,
    ItemId, ItemMeta, LargeReader, LogPage, Maintain, MessageData, NameCreation, Op, OpenStore,
    Origin, Page, QueryPlan, QueuePlace, Queued, Result, Role, Room, Row, RowKey, RowKeys, RowSet,
    ScanRow, SearchData, Service, ServiceLayer, Stage, Staged, Store, StoreFigures, StoreInfo,
    Support, Tenure, ThreadId, View,
};

/// The target under which calls are logged.
pub const TARGET: &str = "spi";

/// A service whose stores log their calls.
#[derive(Debug)]
pub struct TracedService(Arc<dyn Service>);

impl TracedService {
    /// The same service, its stores logged.
    #[must_use]
    pub const fn new(inner: Arc<dyn Service>) -> Self {
        Self(inner)
    }
}

impl ServiceLayer for TracedService {
    fn below(&self) -> &dyn Service {
        self.0.as_ref()
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        let store = self.0.open_store(open, support, call)?;
        Ok(Arc::new(Traced::new(store)))
    }
}

/// A store that logs its calls and passes them on.
#[derive(Debug, Clone)]
pub struct Traced(Arc<dyn Store>);

impl Traced {
    /// The same store, logged.
    #[must_use]
    pub const fn new(inner: Arc<dyn Store>) -> Self {
        Self(inner)
    }
}

/// Runs a call and logs it. Costs one check where nobody listens.
fn traced<T>(call: &str, about: Arguments<'_>, run: impl FnOnce() -> Result<T>) -> Result<T> {
    if !tracing::enabled!(target: TARGET, tracing::Level::TRACE) {
        return run();
    }
    let start = Instant::now();
    let result = run();
    let micros = start.elapsed().as_micros();
    let code = result.as_ref().map_or_else(Error::code, |_| Code::S_OK);
    let about = about.to_string();
    let gap = if about.is_empty() { "" } else { " " };
    tracing::trace!(target: TARGET, "{call}{gap}{about}: {code} in {micros} µs");
    result
}

/// A view as the log shows it.
struct Shown<'a>(&'a View);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let View {
            container,
            rows,
            columns,
            restriction,
            sort,
        } = self.0;
        let columns = columns.len();
        let keys = sort.columns.len();
        let filter = if restriction.is_some() {
            ", restricted"
        } else {
            ""
        };
        write!(
            f,
            "{rows:?} of {container} ({columns} columns, {keys} sort keys{filter})"
        )
    }
}

/// An anchor as the log shows it.
struct At<'a>(&'a Anchor);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Anchor::Start => f.write_str("the start"),
            Anchor::End => f.write_str("the end"),
            Anchor::At(key) => write!(f, "{}", key.item),
            Anchor::After(key) => write!(f, "after {}", key.item),
            Anchor::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// The operations of a change set as the log shows them.
struct Ops<'a>(&'a ChangeSet);

impl fmt::Display for Ops<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChangeSet {
            ops, mode, values, ..
        } = self.0;
        write!(f, "{mode:?}, {} values:", values.len())?;
        for op in ops.iter().take(8) {
            write!(f, " {}", op_name(op))?;
        }
        if ops.len() > 8 {
            write!(f, " … {} operations", ops.len())?;
        }
        Ok(())
    }
}

const fn op_name(op: &Op) -> &'static str {
    match op {
        Op::SaveFolder(_) => "SaveFolder",
        Op::SaveMessage(_) => "SaveMessage",
        Op::Deliver(_) => "Deliver",
        Op::PatchStore(_) => "PatchStore",
        Op::SetFlags { .. } => "SetFlags",
        Op::SetStatus { .. } => "SetStatus",
        Op::SettleReport { .. } => "SettleReport",
        Op::Move { .. } => "Move",
        Op::Copy { .. } => "Copy",
        Op::Delete { .. } => "Delete",
        Op::Recover { .. } => "Recover",
        Op::MoveFolder { .. } => "MoveFolder",
        Op::RecoverFolder { .. } => "RecoverFolder",
        Op::CopyFolder { .. } => "CopyFolder",
        Op::DeleteFolder { .. } => "DeleteFolder",
        Op::EmptyFolder { .. } => "EmptyFolder",
        Op::SetSearch(_) => "SetSearch",
        Op::NotifyNewMail { .. } => "NotifyNewMail",
    }
}

impl Store for Traced {
    fn info(&self) -> &StoreInfo {
        self.0.info()
    }

    fn store_props(&self, call: &Call) -> Result<Bag> {
        traced("store_props", format_args!(""), || self.0.store_props(call))
    }

    fn folder(&self, id: ItemId, call: &Call) -> Result<FolderData> {
        traced("folder", format_args!("{id}"), || self.0.folder(id, call))
    }

    fn message(&self, id: ItemId, call: &Call) -> Result<MessageData> {
        traced("message", format_args!("{id}"), || self.0.message(id, call))
    }

    fn view(&self, view: &View, from: &Anchor, count: i64, call: &Call) -> Result<Page> {
        let about = format_args!("{} {count} rows from {}", Shown(view), At(from));
        traced("view", about, || self.0.view(view, from, count, call))
    }

    fn count(&self, view: &View, call: &Call) -> Result<u64> {
        traced("count", format_args!("{}", Shown(view)), || {
            self.0.count(view, call)
        })
    }

    fn position(&self, view: &View, key: &RowKey, call: &Call) -> Result<u64> {
        traced(
            "position",
            format_args!("{} of {}", Shown(view), key.item),
            || self.0.position(view, key, call),
        )
    }

    fn find(
        &self,
        view: &View,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
        call: &Call,
    ) -> Result<Option<Row>> {
        let about = format_args!("{} {direction:?} from {}", Shown(view), At(from));
        traced("find", about, || {
            self.0.find(view, restriction, from, direction, call)
        })
    }

    fn each_key(
        &self,
        view: &View,
        only: Option<&[ItemId]>,
        call: &Call,
        each: &mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        let of = match only {
            Some(items) => format!(" of {} items", items.len()),
            None => String::new(),
        };
        traced("each_key", format_args!("{}{of}", Shown(view)), || {
            self.0.each_key(view, only, call, each)
        })
    }

    fn rows_at(
        &self,
        view: &View,
        places: &[(ItemId, u32)],
        also: Option<&Restriction>,
        call: &Call,
    ) -> Result<(u64, Vec<Row>)> {
        let about = format_args!("{} at {} places", Shown(view), places.len());
        traced("rows_at", about, || {
            self.0.rows_at(view, places, also, call)
        })
    }

    fn explain(&self, view: &View, call: &Call) -> Result<QueryPlan> {
        traced("explain", format_args!("{}", Shown(view)), || {
            self.0.explain(view, call)
        })
    }

    fn scan(
        &self,
        container: ItemId,
        rows: RowSet,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        traced("scan", format_args!("{rows:?} of {container}"), || {
            self.0.scan(container, rows, call, each)
        })
    }

    fn thread(
        &self,
        thread: ThreadId,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        traced("thread", format_args!("{}", thread.0), || {
            self.0.thread(thread, call, each)
        })
    }

    fn thread_of(&self, message: ItemId, call: &Call) -> Result<Option<ThreadId>> {
        traced("thread_of", format_args!("{message}"), || {
            self.0.thread_of(message, call)
        })
    }

    fn with_message_id(&self, id: &str, limit: usize, call: &Call) -> Result<Vec<ItemMeta>> {
        traced("with_message_id", format_args!("at most {limit}"), || {
            self.0.with_message_id(id, limit, call)
        })
    }

    fn commit(&self, changes: ChangeSet, call: &Call) -> Result<CommitOutcome> {
        let about = Ops(&changes).to_string();
        traced("commit", format_args!("{about}"), || {
            self.0.commit(changes, call)
        })
    }

    fn search(&self, folder: ItemId, call: &Call) -> Result<Option<SearchData>> {
        traced("search", format_args!("{folder}"), || {
            self.0.search(folder, call)
        })
    }

    fn run_search(&self, folder: ItemId, call: &Call) -> Result<SearchData> {
        traced("run_search", format_args!("{folder}"), || {
            self.0.run_search(folder, call)
        })
    }

    fn sync(&self, call: &Call) -> Result<()> {
        traced("sync", format_args!(""), || self.0.sync(call))
    }

    fn adopt(&self, key: &[u8; 32], size: u64, call: &Call) -> Result<Option<Staged>> {
        traced("adopt", format_args!("{size} bytes"), || {
            self.0.adopt(key, size, call)
        })
    }

    fn stage(&self, call: &Call) -> Result<Box<dyn Stage>> {
        traced("stage", format_args!(""), || self.0.stage(call))
    }

    fn large(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<Box<dyn LargeReader>> {
        let about = format_args!("{} bytes of {item}", value.size);
        traced("large", about, || self.0.large(item, value, call))
    }

    fn known_sources(
        &self,
        folder: ItemId,
        sources: &[[u8; 32]],
        call: &Call,
    ) -> Result<Vec<Option<ItemId>>> {
        let about = format_args!("{} in {folder}", sources.len());
        traced("known_sources", about, || {
            self.0.known_sources(folder, sources, call)
        })
    }

    fn sync_rows(
        &self,
        origin: Origin,
        object: Option<ItemId>,
        call: &Call,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let about = format_args!("{origin:?} {object:?}");
        traced("sync_rows", about, || {
            self.0.sync_rows(origin, object, call)
        })
    }

    fn queue(&self, after: Option<QueuePlace>, limit: usize, call: &Call) -> Result<Vec<Queued>> {
        traced("queue", format_args!("{limit} after {after:?}"), || {
            self.0.queue(after, limit, call)
        })
    }

    fn ids_from_names(
        &self,
        names: &[PropName],
        create: NameCreation,
        call: &Call,
    ) -> Result<Vec<Option<u16>>> {
        let about = format_args!("{} names, create {create:?}", names.len());
        traced("ids_from_names", about, || {
            self.0.ids_from_names(names, create, call)
        })
    }

    fn names_from_ids(&self, ids: &[u16], call: &Call) -> Result<Vec<Option<PropName>>> {
        let about = format_args!("{} identifiers", ids.len());
        traced("names_from_ids", about, || self.0.names_from_ids(ids, call))
    }

    fn all_names(&self, call: &Call) -> Result<Vec<(u16, PropName)>> {
        traced("all_names", format_args!(""), || self.0.all_names(call))
    }

    fn log(
        &self,
        since: u64,
        except: Option<Origin>,
        limit: usize,
        call: &Call,
    ) -> Result<LogPage> {
        let about = format_args!("{limit} entries after {since}");
        traced("log", about, || self.0.log(since, except, limit, call))
    }

    fn wait(&self, seen: u64, call: &Call) -> Result<u64> {
        traced("wait", format_args!("for more than {seen}"), || {
            self.0.wait(seen, call)
        })
    }

    fn lease_file(&self, role: Role) -> Option<PathBuf> {
        self.0.lease_file(role)
    }

    fn begin_epoch(&self, role: Role, holder: &str, call: &Call) -> Result<Epoch> {
        traced("begin_epoch", format_args!("{role}"), || {
            self.0.begin_epoch(role, holder, call)
        })
    }

    fn tenure(&self, role: Role, call: &Call) -> Result<Option<Tenure>> {
        traced("tenure", format_args!("{role}"), || {
            self.0.tenure(role, call)
        })
    }

    fn maintain(&self) -> Option<&dyn Maintain> {
        self.0.maintain().is_some().then_some(self)
    }
}

impl Traced {
    fn care(&self) -> Result<&dyn Maintain> {
        let missing = || Error::new(Code::NO_SUPPORT, "the store has no file");
        self.0.maintain().ok_or_else(missing)
    }
}

impl Maintain for Traced {
    fn check(&self, call: &Call) -> Result<CheckReport> {
        traced("check", format_args!(""), || self.care()?.check(call))
    }

    fn figures(&self, call: &Call) -> Result<StoreFigures> {
        traced("figures", format_args!(""), || self.care()?.figures(call))
    }

    fn compact(&self, call: &Call) -> Result<u64> {
        traced("compact", format_args!(""), || self.care()?.compact(call))
    }

    fn complete(&self, call: &Call) -> Result<()> {
        traced("complete", format_args!(""), || self.care()?.complete(call))
    }

    fn sweep(&self, call: &Call) -> Result<()> {
        traced("sweep", format_args!(""), || self.care()?.sweep(call))
    }

    fn room(&self, call: &Call) -> Result<Room> {
        traced("room", format_args!(""), || self.care()?.room(call))
    }

    fn backup(&self, to: &Path, call: &Call) -> Result<()> {
        traced("backup", format_args!(""), || self.care()?.backup(to, call))
    }
}
