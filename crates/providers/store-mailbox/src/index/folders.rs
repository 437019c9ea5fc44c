//! Folders of the mailbox: their numbers, where they lie, and the picture of them that is true for one number of the log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use mapi_props::{Bag, FileTime, tags};
use mapi_spi::{FolderCounts, FolderData, FolderKind, ItemId, ItemKind, ItemMeta, LogKind, Result};
use rusqlite::{Connection, params};

use super::{Change, Hot, Index, ROOT, Told, seq};
use crate::failure::Lift;
use crate::place;
use crate::walk::Kind;

/// The top of what users see.
pub(crate) const SUBTREE: u64 = 2;
/// Its name.
const SUBTREE_NAME: &str = "IPM Subtree";
/// How long after a change a file system may give the next change the same time: 2 s on FAT.
const GRAIN: u64 = 20_000_000;

/// A folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) data: FolderData,
    pub(crate) kind: Kind,
    /// Where it lies, from the mailbox on.
    pub(crate) place: PathBuf,
}

impl Folder {
    pub(crate) const fn id(&self) -> ItemId {
        self.data.meta.id
    }

    pub(crate) fn name(&self) -> &str {
        let name = self.data.props.text(tags::DISPLAY_NAME);
        name.unwrap_or_default()
    }
}

/// The folders as they are at one number of the log, and their messages once somebody asked for them.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seq: u64,
    pub(crate) folders: BTreeMap<ItemId, Folder>,
    /// Where mail arrives, if there is such a folder.
    pub(crate) inbox: Option<ItemId>,
    contents: Mutex<BTreeMap<ItemId, Arc<[Hot]>>>,
}

impl World {
    /// The direct sub-folders of a folder, by number.
    pub(crate) fn children(&self, of: ItemId) -> impl Iterator<Item = &Folder> {
        let root = ItemId(ROOT);
        let below = move |f: &&Folder| f.data.meta.parent == of && f.id() != root;
        self.folders.values().filter(below)
    }
}

/// Times and sizes of what a folder lies in, as they were when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) looked: FileTime,
    pub(crate) parts: Vec<(FileTime, u64)>,
}

impl Marks {
    /// Whether nothing can have changed since: the same times, which are old enough that a later change has another one.
    pub(crate) fn holds(&self, now: &[(FileTime, u64)]) -> bool {
        let settled = |at: &FileTime| at.0.saturating_add(GRAIN) < self.looked.0;
        self.parts == now && now.iter().all(|(at, _)| settled(at))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let parts = self.parts.iter().flat_map(|(at, size)| [at.0, *size]);
        let numbers = std::iter::once(self.looked.0).chain(parts);
        numbers.flat_map(u64::to_le_bytes).collect()
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, _) = bytes.as_chunks::<8>();
        let mut numbers = numbers.iter().map(|n| u64::from_le_bytes(*n));
        let looked = FileTime(numbers.next()?);
        let mut parts = Vec::new();
        while let (Some(at), Some(size)) = (numbers.next(), numbers.next()) {
            parts.push((FileTime(at), size));
        }
        Some(Self { looked, parts })
    }
}

/// A folder that a walk found, parents first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Names from the top of what users see on.
    pub(crate) names: Vec<String>,
    pub(crate) kind: Kind,
    pub(crate) place: PathBuf,
}

pub(super) fn create(db: &Connection, root: &Path) -> Result<()> {
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let now = place::now().0.cast_signed();
    for (id, name) in [(ROOT, &*name), (SUBTREE, SUBTREE_NAME)] {
        db.execute(
            "INSERT INTO folder (id, parent, name, kind, place, born, change, contents, unread)
             VALUES (?1, ?2, ?3, 0, x'', ?4, 1, 0, 0)",
            params![id, ROOT, name, now],
        )
        .lift()?;
    }
    Ok(())
}

impl Index {
    /// The folders as they are now; `before` if that is still true.
    pub(crate) fn world(&self, before: Option<&Arc<World>>) -> Result<Arc<World>> {
        let mut db = self.db();
        let known = before.map(|world| world.seq);
        if Some(seq(&db)?) == known
            && let Some(world) = before
        {
            return Ok(Arc::clone(world));
        }
        // One snapshot for all that is read.
        let txn = db.transaction().lift()?;
        Ok(Arc::new(World {
            seq: seq(&txn)?,
            folders: read(&txn)?,
            inbox: inbox(&txn)?,
            contents: Mutex::default(),
        }))
    }

    /// The messages of a folder, by number, as they are in this world; `None` when the world is another one by now.
    pub(crate) fn contents(&self, world: &World, folder: ItemId) -> Result<Option<Arc<[Hot]>>> {
        let kept = || {
            world
                .contents
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(rows) = kept().get(&folder) {
            return Ok(Some(Arc::clone(rows)));
        }
        let mut db = self.db();
        let txn = db.transaction().lift()?;
        if seq(&txn)? != world.seq {
            return Ok(None);
        }
        let rows: Arc<[Hot]> = super::messages::read(&txn, folder)?.into();
        kept().insert(folder, Arc::clone(&rows));
        Ok(Some(rows))
    }

    /// What a folder lay in when it was looked at last.
    pub(crate) fn marks(&self, folder: ItemId) -> Result<Option<Marks>> {
        let db = self.db();
        let marks = db
            .prepare_cached("SELECT marks FROM folder WHERE id = ?1")
            .and_then(|mut s| s.query_row([folder.0], |r| r.get::<_, Option<Vec<u8>>>(0)))
            .lift()?;
        Ok(marks.and_then(|bytes| Marks::of_bytes(&bytes)))
    }
}

fn inbox(db: &Connection) -> Result<Option<ItemId>> {
    let id: Option<u64> = db
        .query_row("SELECT inbox FROM state", [], |r| r.get(0))
        .lift()?;
    Ok(id.map(ItemId))
}

fn read(db: &Connection) -> Result<BTreeMap<ItemId, Folder>> {
    let mut select = db
        .prepare_cached(
            "SELECT id, parent, name, kind, place, born, change, contents, unread FROM folder",
        )
        .lift()?;
    let rows = select.query_map([], |r| {
        let id = ItemId(r.get(0)?);
        let (kind, place): (u8, Vec<u8>) = (r.get(3)?, r.get(4)?);
        let born = FileTime(r.get::<_, i64>(5)?.cast_unsigned());
        let mut props = Bag::new();
        props.set(tags::DISPLAY_NAME, r.get::<_, String>(2)?);
        props.set(tags::CREATION_TIME, born);
        props.set(tags::LAST_MODIFICATION_TIME, born);
        if id.0 > SUBTREE {
            props.set(tags::CONTAINER_CLASS, "IPF.Note");
        }
        let data = FolderData {
            meta: meta(id, ItemId(r.get(1)?), r.get(6)?),
            props,
            counts: FolderCounts {
                contents: r.get(7)?,
                unread: r.get(8)?,
                ..FolderCounts::default()
            },
        };
        let kind = match kind {
            1 => Kind::Maildir,
            2 => Kind::Mbox,
            _ => Kind::Bare,
        };
        let place = place::from_bytes(&place);
        Ok((id, Folder { data, kind, place }))
    });
    let rows: Result<BTreeMap<ItemId, Folder>> = rows.lift()?.map(Lift::lift).collect();
    let mut folders = rows?;
    let parents: Vec<ItemId> = folders.values().map(|f| f.data.meta.parent).collect();
    for parent in parents {
        if let Some(folder) = folders.get_mut(&parent) {
            folder.data.counts.folders += 1;
        }
    }
    if let Some(root) = folders.get_mut(&ItemId(ROOT)) {
        // It is its own parent.
        root.data.counts.folders = root.data.counts.folders.saturating_sub(1);
    }
    Ok(folders)
}

fn meta(id: ItemId, parent: ItemId, change: u64) -> ItemMeta {
    let kind = match id.0 {
        ROOT => FolderKind::Root,
        _ => FolderKind::Generic,
    };
    ItemMeta {
        id,
        parent,
        kind: ItemKind::Folder(kind),
        deleted: false,
        change,
        content_version: 1,
        flags: 0,
        status: 0,
        size: 0,
        thread: None,
    }
}

impl Change<'_> {
    /// Makes the folders those that were found; one that is there stays the one it is. Numbers of those that are gone are
    /// not used again, and their messages go with them.
    pub(crate) fn settle_folders(
        &mut self,
        wanted: &[Wanted],
        inbox: Option<&[String]>,
    ) -> Result<()> {
        let old = read(self.db)?;
        let named: BTreeMap<(u64, &str), &Folder> = old
            .values()
            .map(|f| ((f.data.meta.parent.0, f.name()), f))
            .collect();
        let mut ids = BTreeMap::from([(&[][..], SUBTREE)]);
        let mut kept = BTreeSet::from([ROOT, SUBTREE]);
        for want in wanted {
            let Some((name, above)) = want.names.split_last() else {
                continue;
            };
            let Some(parent) = ids.get(above).copied() else {
                continue;
            };
            let id = match named.get(&(parent, name.as_str())) {
                Some(folder) => self.renew_folder(folder, want)?,
                None => self.new_folder(parent, name, want)?,
            };
            ids.insert(&want.names, id);
            kept.insert(id);
        }
        let mut gone: Vec<&Folder> = old.values().filter(|f| !kept.contains(&f.id().0)).collect();
        // Children have higher numbers than their parents.
        gone.sort_by_key(|f| std::cmp::Reverse(f.id()));
        for folder in gone {
            self.remove_folder(folder)?;
        }
        let inbox = inbox.and_then(|names| ids.get(names)).copied();
        self.set_inbox(inbox)
    }

    fn set_inbox(&mut self, inbox: Option<u64>) -> Result<()> {
        let changed = self
            .db
            .execute("UPDATE state SET inbox = ?1 WHERE inbox IS NOT ?1", [inbox])
            .lift()?;
        if changed > 0 {
            // Properties of the store are object 0.
            self.tell_folder(LogKind::Modified, 0, 0);
        }
        Ok(())
    }

    fn tell_folder(&mut self, kind: LogKind, object: u64, parent: u64) {
        self.told.push(Told {
            kind,
            object,
            folder: object != 0,
            parent,
            flags: 0,
            changed: Vec::new(),
            inverse: None,
        });
    }

    fn new_folder(&mut self, parent: u64, name: &str, want: &Wanted) -> Result<u64> {
        let id = self.new_item();
        self.db
            .prepare_cached(
                "INSERT INTO folder (id, parent, name, kind, place, born, change, contents, unread)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0)",
            )
            .and_then(|mut s| {
                s.execute(params![
                    id,
                    parent,
                    name,
                    want.kind as u8,
                    place::to_bytes(&want.place),
                    place::now().0.cast_signed(),
                    self.change_number()
                ])
            })
            .lift()?;
        self.tell_folder(LogKind::Created, id, parent);
        Ok(id)
    }

    fn renew_folder(&mut self, folder: &Folder, want: &Wanted) -> Result<u64> {
        let id = folder.id().0;
        if (folder.kind, &folder.place) != (want.kind, &want.place) {
            self.db
                .execute(
                    "UPDATE folder SET kind = ?2, place = ?3, marks = NULL WHERE id = ?1",
                    params![id, want.kind as u8, place::to_bytes(&want.place)],
                )
                .lift()?;
            if want.kind == Kind::Bare {
                // Its mail is gone, folders below it are not.
                self.remove_messages(folder.id())?;
            }
        }
        Ok(id)
    }

    fn remove_messages(&mut self, folder: ItemId) -> Result<()> {
        for message in super::messages::read(self.db, folder)? {
            self.remove(message.meta.id.0)?;
        }
        self.db
            .execute("DELETE FROM refused WHERE folder = ?1", [folder.0])
            .lift()?;
        Ok(())
    }

    fn remove_folder(&mut self, folder: &Folder) -> Result<()> {
        let id = folder.id();
        self.remove_messages(id)?;
        self.db
            .execute("DELETE FROM folder WHERE id = ?1", [id.0])
            .lift()?;
        self.tell_folder(LogKind::Deleted, id.0, folder.data.meta.parent.0);
        Ok(())
    }

    /// Keeps what a folder lay in when it was looked at.
    pub(crate) fn set_marks(&self, folder: ItemId, marks: &Marks) -> Result<()> {
        self.db
            .prepare_cached("UPDATE folder SET marks = ?2 WHERE id = ?1")
            .and_then(|mut s| s.execute(params![folder.0, marks.to_bytes()]))
            .lift()?;
        Ok(())
    }

    /// Has a folder looked at again, whatever the time of its files.
    pub(crate) fn forget_marks(&self, folder: ItemId) -> Result<()> {
        self.db
            .prepare_cached("UPDATE folder SET marks = NULL WHERE id = ?1")
            .and_then(|mut s| s.execute([folder.0]))
            .lift()?;
        Ok(())
    }

    /// Moves a folder's counters.
    pub(super) fn count(&self, folder: u64, messages: i64, unread: i64) -> Result<()> {
        self.db
            .prepare_cached(
                "UPDATE folder SET contents = contents + ?2, unread = unread + ?3 WHERE id = ?1",
            )
            .and_then(|mut s| s.execute(params![folder, messages, unread]))
            .lift()?;
        Ok(())
    }
}
