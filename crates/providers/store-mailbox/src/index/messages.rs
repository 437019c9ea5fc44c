//! Messages of the index: the file of each, what its container says of it, and what tables show.

use std::collections::HashMap;

use mapi_kit::conversation::{Links, place};
use mapi_props::codec::decode_stored;
use mapi_props::{Bag, FileTime, StoredMessage, message_flags, tags};
use mapi_spi::{ItemId, ItemKind, ItemMeta, LogKind, Result, ThreadId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Change, Index, Told};
use crate::failure::{Lift, bad};

/// A message as lists need it most.
#[derive(Debug, Clone)]
pub(crate) struct Hot {
    pub(crate) meta: ItemMeta,
    /// PR_MESSAGE_DELIVERY_TIME.
    pub(crate) delivered: Option<FileTime>,
}

/// Where a message lies, and what is said of it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Of a Maildir: the file's path from the Maildir on.
    pub(crate) at: Vec<u8>,
    /// Of an mbox: where its separator line starts, and how many bytes there are until the next one.
    pub(crate) start: u64,
    pub(crate) length: u64,
    /// Of an mbox: BLAKE3 of the message.
    pub(crate) hash: Option<Vec<u8>>,
    /// The letters of a Maildir name, one bit each.
    pub(crate) letters: u8,
    /// When it was first seen here.
    pub(crate) born: FileTime,
    /// When its file, or the mbox, had been changed last by then: the time of a message that tells none.
    pub(crate) modified: FileTime,
    /// When the container says that it came.
    pub(crate) received: Option<FileTime>,
}

/// A message of the index by its file.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: ItemId,
    pub(crate) folder: ItemId,
    /// Grows when the file's content does change.
    pub(crate) version: u64,
    pub(crate) file: File,
}

/// A file, or a piece of one, that holds no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) folder: ItemId,
    /// As in [`File`].
    pub(crate) at: Vec<u8>,
    pub(crate) start: u64,
    /// Why.
    pub(crate) reason: String,
}

/// A message to be written.
#[derive(Debug)]
pub(crate) struct Fresh<'a> {
    pub(crate) folder: ItemId,
    pub(crate) key: &'a [u8],
    pub(crate) file: &'a File,
    pub(crate) flags: u32,
    pub(crate) status: u32,
    pub(crate) size: u64,
    pub(crate) delivered: Option<FileTime>,
    pub(crate) bag: &'a [u8],
    pub(crate) links: Links,
}

const HOT: &str =
    "id, folder, flags, status, size, change, version, thread, delivered FROM message WHERE";
const REFUSED: &str = "folder, at, start, reason";
const FILE: &str = "id, folder, version, at, start, length, hash, letters, born, received, modified FROM message WHERE";

fn hot(r: &Row<'_>) -> rusqlite::Result<Hot> {
    let delivered: Option<i64> = r.get(8)?;
    Ok(Hot {
        meta: ItemMeta {
            id: ItemId(r.get(0)?),
            parent: ItemId(r.get(1)?),
            kind: ItemKind::Message { associated: false },
            deleted: false,
            flags: r.get(2)?,
            status: r.get(3)?,
            size: r.get(4)?,
            change: r.get(5)?,
            content_version: r.get(6)?,
            thread: Some(ThreadId(r.get(7)?)),
        },
        delivered: delivered.map(|at| FileTime(at.cast_unsigned())),
    })
}

fn refused(r: &Row<'_>) -> rusqlite::Result<Refused> {
    Ok(Refused {
        folder: ItemId(r.get(0)?),
        at: r.get(1)?,
        start: r.get(2)?,
        reason: r.get(3)?,
    })
}

fn known(r: &Row<'_>) -> rusqlite::Result<Known> {
    let received: Option<i64> = r.get(9)?;
    Ok(Known {
        id: ItemId(r.get(0)?),
        folder: ItemId(r.get(1)?),
        version: r.get(2)?,
        file: File {
            at: r.get(3)?,
            start: r.get(4)?,
            length: r.get(5)?,
            hash: r.get(6)?,
            letters: r.get(7)?,
            born: FileTime(r.get::<_, i64>(8)?.cast_unsigned()),
            received: received.map(|at| FileTime(at.cast_unsigned())),
            modified: FileTime(r.get::<_, i64>(10)?.cast_unsigned()),
        },
    })
}

pub(super) fn read(db: &Connection, folder: ItemId) -> Result<Vec<Hot>> {
    let sql = format!("SELECT {HOT} folder = ?1 ORDER BY id");
    let mut select = db.prepare_cached(&sql).lift()?;
    let rows = select.query_map([folder.0], hot).lift()?;
    rows.map(Lift::lift).collect()
}

fn find_hot(db: &Connection, id: u64) -> Result<Option<Hot>> {
    db.prepare_cached(&format!("SELECT {HOT} id = ?1"))
        .and_then(|mut s| s.query_row([id], hot).optional())
        .lift()
}

fn find_known(db: &Connection, id: u64) -> Result<Option<Known>> {
    db.prepare_cached(&format!("SELECT {FILE} id = ?1"))
        .and_then(|mut s| s.query_row([id], known).optional())
        .lift()
}

fn bag(db: &Connection, id: u64) -> Result<Option<Vec<u8>>> {
    db.prepare_cached("SELECT data FROM bag WHERE id = ?1")
        .and_then(|mut s| s.query_row([id], |r| r.get(0)).optional())
        .lift()
}

impl Index {
    /// A message with its file, of one moment.
    pub(crate) fn message(&self, id: ItemId) -> Result<Option<(Hot, Known)>> {
        let mut db = self.db();
        let txn = db.transaction().lift()?;
        let Some(hot) = find_hot(&txn, id.0)? else {
            return Ok(None);
        };
        Ok(find_known(&txn, id.0)?.map(|known| (hot, known)))
    }

    /// What is remembered of a message: a stored message in its canonical form.
    pub(crate) fn bag(&self, id: ItemId) -> Result<Option<Vec<u8>>> {
        bag(&self.db(), id.0)
    }

    /// The messages of a folder by their keys.
    pub(crate) fn known(&self, folder: ItemId) -> Result<HashMap<Vec<u8>, Known>> {
        let db = self.db();
        let sql =
            format!("SELECT {FILE} folder = ?1").replacen("modified FROM", "modified, key FROM", 1);
        let mut select = db.prepare_cached(&sql).lift()?;
        let rows = select
            .query_map([folder.0], |r| Ok((r.get(11)?, known(r)?)))
            .lift()?;
        rows.map(Lift::lift).collect()
    }

    /// Files of a folder that hold no message, by their keys.
    pub(crate) fn refused(&self, folder: ItemId) -> Result<HashMap<Vec<u8>, Refused>> {
        let db = self.db();
        let sql = format!("SELECT {REFUSED}, key FROM refused WHERE folder = ?1");
        let mut select = db.prepare_cached(&sql).lift()?;
        let rows = select
            .query_map([folder.0], |r| Ok((r.get(4)?, refused(r)?)))
            .lift()?;
        rows.map(Lift::lift).collect()
    }

    /// All files that hold no message.
    pub(crate) fn all_refused(&self) -> Result<Vec<Refused>> {
        let db = self.db();
        let sql = format!("SELECT {REFUSED} FROM refused ORDER BY folder, at, start");
        let mut select = db.prepare_cached(&sql).lift()?;
        let rows = select.query_map([], refused).lift()?;
        rows.map(Lift::lift).collect()
    }
}

impl Change<'_> {
    /// Whether a folder has a message of this key.
    pub(crate) fn has(&self, folder: ItemId, key: &[u8]) -> Result<bool> {
        self.db
            .prepare_cached("SELECT 1 FROM message WHERE folder = ?1 AND key = ?2")
            .and_then(|mut s| s.exists(params![folder.0, key]))
            .lift()
    }

    /// The number that the next message gets.
    pub(crate) const fn next_id(&self) -> u64 {
        self.next_item
    }

    /// Enters a message.
    pub(crate) fn insert(&mut self, fresh: &Fresh<'_>) -> Result<()> {
        let id = self.new_item();
        let thread = place(self, &fresh.links, None)?;
        let Fresh { file, folder, .. } = fresh;
        self.db
            .prepare_cached(
                "INSERT INTO message (id, folder, key, at, start, length, hash, letters, flags, status, size, change,
                 version, thread, delivered, born, received, modified)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 1, ?13, ?14, ?15, ?16, ?17)",
            )
            .and_then(|mut s| {
                s.execute(params![
                    id,
                    folder.0,
                    fresh.key,
                    file.at,
                    file.start,
                    file.length,
                    file.hash,
                    file.letters,
                    fresh.flags,
                    fresh.status,
                    fresh.size,
                    self.change_number(),
                    thread.0,
                    fresh.delivered.map(|at| at.0.cast_signed()),
                    file.born.0.cast_signed(),
                    file.received.map(|at| at.0.cast_signed()),
                    file.modified.0.cast_signed(),
                ])
            })
            .lift()?;
        self.put_bag(id, fresh.bag)?;
        self.count(folder.0, 1, unread(fresh.flags))?;
        self.tell_message(
            LogKind::Created,
            id,
            folder.0,
            fresh.flags,
            (Vec::new(), None),
        );
        Ok(())
    }

    /// Writes a message anew whose file says something else than before. With `content` it is not only the flags.
    pub(crate) fn replace(
        &mut self,
        known: &Known,
        fresh: &Fresh<'_>,
        content: bool,
    ) -> Result<()> {
        let id = known.id.0;
        let Some(old) = find_hot(self.db, id)? else {
            return Ok(());
        };
        let version = known.version + u64::from(content);
        let change = match content {
            true => self.change_number(),
            false => old.meta.change,
        };
        let file = fresh.file;
        self.db
            .prepare_cached(
                "UPDATE message SET at = ?2, start = ?3, length = ?4, hash = ?5, letters = ?6, flags = ?7, status = ?8,
                 size = ?9, change = ?10, version = ?11, delivered = ?12, received = ?13 WHERE id = ?1",
            )
            .and_then(|mut s| {
                s.execute(params![
                    id,
                    file.at,
                    file.start,
                    file.length,
                    file.hash,
                    file.letters,
                    fresh.flags,
                    fresh.status,
                    fresh.size,
                    change,
                    version,
                    fresh.delivered.map(|at| at.0.cast_signed()),
                    file.received.map(|at| at.0.cast_signed()),
                ])
            })
            .lift()?;
        self.put_bag(id, fresh.bag)?;
        if content && let Some(own) = old.meta.thread {
            place(self, &fresh.links, Some(own))?;
        }
        self.flags_changed(&old, fresh.flags, fresh.status)
    }

    /// Notes that a message has another name or place, and perhaps other flags that no property tells.
    pub(crate) fn renew(
        &mut self,
        known: &Known,
        file: &File,
        flags: u32,
        status: u32,
    ) -> Result<()> {
        let id = known.id.0;
        let Some(old) = find_hot(self.db, id)? else {
            return Ok(());
        };
        let kept = message_flags::HASATTACH;
        let flags = flags & !kept | old.meta.flags & kept;
        self.db
            .prepare_cached(
                "UPDATE message SET at = ?2, start = ?3, length = ?4, letters = ?5, flags = ?6, status = ?7
                 WHERE id = ?1",
            )
            .and_then(|mut s| {
                s.execute(params![
                    id,
                    file.at,
                    file.start,
                    file.length,
                    file.letters,
                    flags,
                    status
                ])
            })
            .lift()?;
        if (flags, status) == (old.meta.flags, old.meta.status) {
            return Ok(());
        }
        self.flags_changed(&old, flags, status)
    }

    fn flags_changed(&mut self, old: &Hot, flags: u32, status: u32) -> Result<()> {
        let (id, folder) = (old.meta.id.0, old.meta.parent.0);
        self.count(folder, 0, unread(flags) - unread(old.meta.flags))?;
        let mut changed = Vec::new();
        if flags != old.meta.flags {
            changed.push(tags::MESSAGE_FLAGS.id());
        }
        if status != old.meta.status {
            changed.push(tags::MSG_STATUS.id());
        }
        changed.sort_unstable();
        let inverse = former(old, Bag::new());
        self.tell_message(
            LogKind::Modified,
            id,
            folder,
            flags,
            (changed, Some(inverse)),
        );
        Ok(())
    }

    /// Takes a message out; its number is never used again.
    pub(crate) fn remove(&mut self, id: u64) -> Result<()> {
        let Some(old) = find_hot(self.db, id)? else {
            return Ok(());
        };
        let props = match bag(self.db, id)? {
            Some(bytes) => decode_stored(&bytes).map_err(bad)?.props,
            None => Bag::new(),
        };
        for sql in [
            "DELETE FROM message WHERE id = ?1",
            "DELETE FROM bag WHERE id = ?1",
        ] {
            self.db
                .prepare_cached(sql)
                .and_then(|mut s| s.execute([id]))
                .lift()?;
        }
        let folder = old.meta.parent.0;
        self.count(folder, -1, -unread(old.meta.flags))?;
        let inverse = former(&old, props);
        let flags = old.meta.flags;
        self.tell_message(
            LogKind::Deleted,
            id,
            folder,
            flags,
            (Vec::new(), Some(inverse)),
        );
        Ok(())
    }

    /// Notes that a file holds no message.
    pub(crate) fn refuse(
        &self,
        folder: ItemId,
        key: &[u8],
        file: &File,
        reason: &str,
    ) -> Result<()> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO refused (folder, key, at, start, reason) VALUES (?1, ?2, ?3, ?4, ?5)")
            .and_then(|mut s| s.execute(params![folder.0, key, file.at, file.start, reason]))
            .lift()?;
        Ok(())
    }

    /// Forgets a file that held no message.
    pub(crate) fn unrefuse(&self, folder: ItemId, key: &[u8]) -> Result<()> {
        self.db
            .prepare_cached("DELETE FROM refused WHERE folder = ?1 AND key = ?2")
            .and_then(|mut s| s.execute(params![folder.0, key]))
            .lift()?;
        Ok(())
    }

    pub(super) fn relabel(&mut self, part: ThreadId, whole: ThreadId) -> Result<()> {
        self.db
            .prepare_cached("UPDATE message SET thread = ?2 WHERE thread = ?1")
            .and_then(|mut s| s.execute([part.0, whole.0]))
            .lift()?;
        Ok(())
    }

    fn put_bag(&self, id: u64, bag: &[u8]) -> Result<()> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO bag (id, data) VALUES (?1, ?2)")
            .and_then(|mut s| s.execute(params![id, bag]))
            .lift()?;
        Ok(())
    }

    fn tell_message(
        &mut self,
        kind: LogKind,
        object: u64,
        parent: u64,
        flags: u32,
        (changed, inverse): (Vec<u16>, Option<Bag>),
    ) {
        self.told.push(Told {
            kind,
            object,
            folder: false,
            parent,
            flags,
            changed,
            inverse,
        });
    }
}

/// What a message's flags and status were, beside its other former values.
fn former(old: &Hot, mut props: Bag) -> Bag {
    props.set(tags::MESSAGE_FLAGS, old.meta.flags.cast_signed());
    props.set(tags::MSG_STATUS, old.meta.status.cast_signed());
    props
}

const fn unread(flags: u32) -> i64 {
    if flags & message_flags::READ == 0 {
        1
    } else {
        0
    }
}

/// A message of the index in the form in which it is kept.
pub(crate) fn encode(body: &StoredMessage) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    mapi_props::codec::encode_stored(body, &mut bytes).map_err(bad)?;
    Ok(bytes)
}
