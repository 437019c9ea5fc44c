//! The store as the boundary sees it.

mod care;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mapi_kit::computed::item_entry_id;
use mapi_kit::engine::{self, Plan};
use mapi_kit::held::SourceReader;
use mapi_kit::special;
use mapi_props::{Bag, Code, Guid, LargePlace, LargeRef, PropName, Restriction, tags};
use mapi_spi::{
    Anchor, Call, Capabilities, Direction, Error, FolderData, ItemId, LargeReader, Limits, LogPage,
    Maintain, MessageData, NameCreation, Origin, Page, Result, Row, RowKey, RowKeys, RowSet,
    ScanBody, ScanRow, Store, StoreInfo, Support, ThreadId, View,
};

use crate::failure::{of_file, of_value, vanished};
use crate::index::{Hot, Index, Known, ROOT, SUBTREE, World};
use crate::look::{Looker, When};
use crate::mail::{Into, KeptMails, Mail, Raw, read_of_mbox};
use crate::place;
use crate::rows::Snapshot;
use crate::walk::Kind;

/// PR_MDB_PROVIDER of mailboxes.
const PROVIDER: Guid = Guid::from_fields(
    0x6d61_6c6c,
    0x656d,
    0x4d03,
    [0x9b, 0x52, 0x6d, 0x61, 0x69, 0x6c, 0x64, 0x72],
);

/// Mail where it lies, as a store that can be read.
#[derive(Debug)]
pub struct MailboxStore {
    info: StoreInfo,
    index: Arc<Index>,
    looker: Looker,
    world: Mutex<Option<Arc<World>>>,
    mails: KeptMails,
}

impl MailboxStore {
    /// Opens the mailbox at `root`: a Maildir, an mbox file, or a directory tree of them. What is remembered of it lies in
    /// the directory `beside`, which is made when missing; without one it is forgotten with the store. The first opening
    /// reads every message once, with progress; one that was interrupted goes on.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is nothing at `root`, or no mail in it; `MAPI_E_NO_ACCESS`, `MAPI_E_DISK_ERROR` where
    /// the mailbox or its index cannot be used; those of the call.
    pub fn open(
        root: &Path,
        beside: Option<&Path>,
        support: &dyn Support,
        call: &Call,
    ) -> Result<Self> {
        call.check()?;
        let root = std::path::absolute(root).map_err(|e| of_file(root, e))?;
        std::fs::metadata(&root).map_err(|e| of_file(&root, e))?;
        let files = beside.map(|folder| files_of(folder, &root)).transpose()?;
        let (index, lock) = files.unzip();
        let index = Arc::new(Index::open(index.as_deref(), &root, support)?);
        let info = info(&index, &root);
        let looker = Looker::new(root, Arc::clone(&index), info.limits, lock);
        looker.look(When::Now, call)?;
        Ok(Self {
            info,
            index,
            looker,
            world: Mutex::default(),
            mails: KeptMails::default(),
        })
    }

    /// Looks at all files that may have changed, now. Reading does so by itself, but not more often than it costs.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub fn look(&self, call: &Call) -> Result<()> {
        self.looker.look(When::Now, call)
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// The folders as the index has them.
    pub(crate) fn world(&self) -> Result<Arc<World>> {
        let mut kept = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let world = self.index.world(kept.as_ref())?;
        *kept = Some(Arc::clone(&world));
        Ok(world)
    }

    /// A message out of its file, with what the index knows of it.
    pub(crate) fn mail(&self, id: ItemId, call: &Call) -> Result<(Hot, Arc<Mail>)> {
        call.check()?;
        let (hot, known) = self.find(id)?;
        if let Some(mail) = self.mails.get(&known) {
            return Ok((hot, mail));
        }
        if let Some(mail) = self.read(&known)? {
            return Ok((hot, mail));
        }
        // Another program may have renamed it, or moved it within its file.
        self.looker.again(known.folder, call)?;
        let (hot, known) = self.find(id).map_err(|_| vanished(id))?;
        match self.read(&known)? {
            Some(mail) => Ok((hot, mail)),
            None => Err(vanished(id)),
        }
    }

    fn find(&self, id: ItemId) -> Result<(Hot, Known)> {
        let found = self.index.message(id)?;
        found.ok_or_else(|| Error::new(Code::NOT_FOUND, format!("there is no message {id}")))
    }

    /// Reads the message where it lay last; `None` if it is not there.
    fn read(&self, known: &Known) -> Result<Option<Arc<Mail>>> {
        let world = self.world()?;
        let Some(folder) = world.folders.get(&known.folder) else {
            return Ok(None);
        };
        let mut path = self.looker.path_of(folder);
        let raw = if folder.kind == Kind::Mbox {
            read_of_mbox(&path, &known.file)
        } else {
            path.push(place::from_bytes(&known.file.at));
            Raw::read(&path).map(|(raw, _)| Some(raw))
        };
        let raw = match raw {
            Ok(Some(raw)) => raw,
            Ok(None) => return Ok(None),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(of_file(&path, e)),
        };
        let tree = raw.parse(&known.file, self.info.limits);
        let tree = tree.map_err(|reason| {
            let detail = format!("{} holds no message by now: {reason}", path.display());
            Error::new(Code::CORRUPT_DATA, detail)
        })?;
        let names = self.index.names()?;
        let into = Into {
            uid: self.info.uid,
            names: &names,
            limits: self.info.limits,
        };
        let numbers = (known.id.0, known.version);
        let mail = Arc::new(Mail::new(tree, &raw, &known.file, numbers, into)?);
        self.mails.put(known.clone(), &mail);
        Ok(Some(mail))
    }

    /// The rows of a view as the files are now.
    fn snapshot<'a>(
        &'a self,
        container: ItemId,
        rows: RowSet,
        call: &'a Call,
    ) -> Result<(Snapshot<'a>, u64)> {
        self.looker.look(When::Due, call)?;
        let snapshot = Snapshot::of(self, container, rows, call)?;
        let seq = snapshot.world.seq;
        Ok((snapshot, seq))
    }

    fn show_message(
        &self,
        id: ItemId,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        let (hot, mail) = match self.mail(id, call) {
            Ok(found) => found,
            // It went while the others were shown.
            Err(e) if matches!(e.code(), Code::OBJECT_DELETED | Code::NOT_FOUND) => {
                return Ok(ControlFlow::Continue(()));
            }
            Err(e) => return Err(e),
        };
        Ok(each(ScanRow {
            meta: &hot.meta,
            body: ScanBody::Message(&mail.body),
            depth: 0,
        }))
    }
}

/// The index of a mailbox in the profile's data directory, and the file by which processes look one at a time. Mailboxes
/// are told apart by where they lie.
fn files_of(folder: &Path, root: &Path) -> Result<(PathBuf, PathBuf)> {
    std::fs::create_dir_all(folder).map_err(|e| of_file(folder, e))?;
    let root = std::fs::canonicalize(root).map_err(|e| of_file(root, e))?;
    let hash = blake3::hash(&place::to_bytes(&root)).to_hex();
    let name: String = hash.chars().take(16).collect();
    let file = |end: &str| folder.join(format!("mailbox-{name}.{end}"));
    Ok((file("index"), file("lock")))
}

fn info(index: &Index, root: &Path) -> StoreInfo {
    let name = root.file_name().unwrap_or(root.as_os_str());
    StoreInfo {
        uid: index.uid,
        provider: PROVIDER,
        mapping_signature: index.signature,
        root: ItemId(ROOT),
        capabilities: Capabilities {
            mv_instances: true,
            persistent: true,
            ..Capabilities::default()
        },
        limits: Limits::default(),
        display_name: name.to_string_lossy().into_owned(),
    }
}

impl Store for MailboxStore {
    fn info(&self) -> &StoreInfo {
        &self.info
    }

    fn store_props(&self, call: &Call) -> Result<Bag> {
        call.check()?;
        let world = self.world()?;
        let id_of = |item| item_entry_id(&self.info.uid, true, item);
        let mut props = Bag::new();
        let mut mask = special::IPM_SUBTREE_VALID;
        props.set(tags::IPM_SUBTREE_ENTRYID, id_of(ItemId(SUBTREE)));
        if let Some(inbox) = world.inbox {
            mask |= special::INBOX_VALID;
            props.set(special::INBOX_ENTRYID, id_of(inbox));
        }
        props.set(tags::VALID_FOLDER_MASK, mask);
        Ok(props)
    }

    fn folder(&self, id: ItemId, call: &Call) -> Result<FolderData> {
        self.looker.look(When::Due, call)?;
        let world = self.world()?;
        let folder = world.folders.get(&id);
        folder
            .map(|folder| folder.data.clone())
            .ok_or_else(|| Error::new(Code::NOT_FOUND, format!("there is no folder {id}")))
    }

    fn message(&self, id: ItemId, call: &Call) -> Result<MessageData> {
        let (hot, mail) = self.mail(id, call)?;
        Ok(MessageData {
            meta: hot.meta,
            body: mail.body.clone(),
        })
    }

    fn view(&self, view: &View, from: &Anchor, count: i64, call: &Call) -> Result<Page> {
        let plan = Plan::new(&self.info, view)?;
        let (rows, seq) = self.snapshot(view.container, view.rows, call)?;
        engine::page(&plan, &rows, seq, from, count, call)
    }

    fn count(&self, view: &View, call: &Call) -> Result<u64> {
        let plan = Plan::new(&self.info, view)?;
        let (rows, _) = self.snapshot(view.container, view.rows, call)?;
        engine::count(&plan, &rows, call)
    }

    fn position(&self, view: &View, key: &RowKey, call: &Call) -> Result<u64> {
        let plan = Plan::new(&self.info, view)?;
        let (rows, _) = self.snapshot(view.container, view.rows, call)?;
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
        let (rows, _) = self.snapshot(view.container, view.rows, call)?;
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
        let (rows, seq) = self.snapshot(view.container, view.rows, call)?;
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
        let (rows, seq) = self.snapshot(view.container, view.rows, call)?;
        Ok((seq, engine::rows_at(&plan, &rows, places, also, call)?))
    }

    fn scan(
        &self,
        container: ItemId,
        rows: RowSet,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        let (rows, seq) = self.snapshot(container, rows, call)?;
        rows.each_message(&mut |hot| self.show_message(hot.meta.id, call, each))?;
        for (folder, depth) in rows.folders() {
            let row = ScanRow {
                meta: &folder.data.meta,
                body: ScanBody::Folder(&folder.data.props, &folder.data.counts),
                depth,
            };
            if each(row).is_break() {
                break;
            }
        }
        Ok(seq)
    }

    fn thread(
        &self,
        thread: ThreadId,
        call: &Call,
        each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
    ) -> Result<u64> {
        self.looker.look(When::Due, call)?;
        let seq = self.index.seq()?;
        for id in self.index.members(thread)? {
            if self.show_message(id, call, each)?.is_break() {
                break;
            }
        }
        Ok(seq)
    }

    fn thread_of(&self, message: ItemId, call: &Call) -> Result<Option<ThreadId>> {
        call.check()?;
        Ok(self.find(message)?.0.meta.thread)
    }

    fn large(&self, item: ItemId, value: &LargeRef, call: &Call) -> Result<Box<dyn LargeReader>> {
        let LargePlace::Present(key) = value.place else {
            let detail = "a value of a mailbox is in its message's file";
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        };
        let (_, mail) = self.mail(item, call)?;
        let source = mail.held.source(&key).ok_or_else(|| vanished(item))?;
        Ok(Box::new(SourceReader::new(source, of_value)))
    }

    fn ids_from_names(
        &self,
        names: &[PropName],
        create: NameCreation,
        call: &Call,
    ) -> Result<Vec<Option<u16>>> {
        call.check()?;
        let known = self.index.names()?;
        let ids: Vec<_> = names.iter().map(|name| known.id(name)).collect();
        if create == NameCreation::No || ids.iter().all(Option::is_some) {
            return Ok(ids);
        }
        Err(Error::new(Code::NO_ACCESS, "the store is read-only"))
    }

    fn names_from_ids(&self, ids: &[u16], call: &Call) -> Result<Vec<Option<PropName>>> {
        call.check()?;
        let known = self.index.names()?;
        Ok(ids.iter().map(|id| known.name(*id).cloned()).collect())
    }

    fn all_names(&self, call: &Call) -> Result<Vec<(u16, PropName)>> {
        call.check()?;
        Ok(self.index.names()?.all())
    }

    fn log(
        &self,
        since: u64,
        except: Option<Origin>,
        limit: usize,
        call: &Call,
    ) -> Result<LogPage> {
        self.looker.look(When::Due, call)?;
        self.index.log(since, except, limit)
    }

    fn maintain(&self) -> Option<&dyn Maintain> {
        Some(self)
    }
}
