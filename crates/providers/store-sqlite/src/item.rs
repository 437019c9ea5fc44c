//! The `item` and `folder` tables: what the store knows of an item beside its properties.

use mapi_props::Code;
use mapi_spi::{Error, FolderCounts, FolderKind, ItemId, ItemKind, ItemMeta, Result, ThreadId};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::failure::{Lift, corrupt};

/// Part of a container: associated messages instead of normal ones.
pub(crate) const ASSOCIATED: u8 = 1;
/// Part of a container: soft-deleted items instead of living ones.
pub(crate) const DELETED: u8 = 2;

/// The columns that [`meta_at`] reads, in its order.
macro_rules! meta_columns {
    ($alias:literal) => {
        concat!(
            $alias,
            ".id, ",
            $alias,
            ".parent, ",
            $alias,
            ".kind, ",
            $alias,
            ".part, ",
            $alias,
            ".flags, ",
            $alias,
            ".status, ",
            $alias,
            ".size, ",
            $alias,
            ".change, ",
            $alias,
            ".content, ",
            $alias,
            ".thread"
        )
    };
}
pub(crate) use meta_columns;

/// Columns of [`meta_columns`].
pub(crate) const META_COLUMNS: usize = 10;

/// What an item is, as a number in the file.
pub(crate) const fn kind_number(kind: ItemKind) -> u8 {
    match kind {
        ItemKind::Folder(FolderKind::Root) => 0,
        ItemKind::Folder(FolderKind::Generic) => 1,
        ItemKind::Folder(FolderKind::Search) => 2,
        ItemKind::Message { .. } => 3,
    }
}

/// The part of its container in which an item stands.
pub(crate) const fn part_of(meta: &ItemMeta) -> u8 {
    let associated = matches!(meta.kind, ItemKind::Message { associated: true });
    part(associated, meta.deleted)
}

/// The part for these two answers.
pub(crate) const fn part(associated: bool, deleted: bool) -> u8 {
    (if associated { ASSOCIATED } else { 0 }) | (if deleted { DELETED } else { 0 })
}

/// Reads the columns of [`meta_columns`], which begin a row.
pub(crate) fn meta_at(row: &Row<'_>) -> Result<ItemMeta> {
    let part: u8 = row.get(3).lift()?;
    let kind = match row.get::<_, u8>(2).lift()? {
        0 => ItemKind::Folder(FolderKind::Root),
        1 => ItemKind::Folder(FolderKind::Generic),
        2 => ItemKind::Folder(FolderKind::Search),
        3 => ItemKind::Message {
            associated: part & ASSOCIATED != 0,
        },
        other => return Err(corrupt(format!("an item of kind {other}"))),
    };
    Ok(ItemMeta {
        id: ItemId(row.get(0).lift()?),
        parent: ItemId(row.get(1).lift()?),
        kind,
        deleted: part & DELETED != 0,
        flags: row.get(4).lift()?,
        status: row.get(5).lift()?,
        size: row.get(6).lift()?,
        change: row.get(7).lift()?,
        content_version: row.get(8).lift()?,
        thread: row.get::<_, Option<u64>>(9).lift()?.map(ThreadId),
    })
}

/// An item, if there is one of this number.
pub(crate) fn meta(db: &Connection, id: ItemId) -> Result<Option<ItemMeta>> {
    db.prepare_cached(concat!(
        "SELECT ",
        meta_columns!("i"),
        " FROM item i WHERE i.id = ?1"
    ))
    .and_then(|mut s| s.query_row([id.0], |r| Ok(meta_at(r))).optional())
    .lift()?
    .transpose()
}

/// The counters of a folder.
pub(crate) fn counts(db: &Connection, id: ItemId) -> Result<FolderCounts> {
    db.prepare_cached(
        "SELECT contents, unread, associated, folders, removed FROM folder WHERE id = ?1",
    )
    .and_then(|mut s| s.query_row([id.0], counts_at))
    .lift()
}

fn counts_at(r: &Row<'_>) -> rusqlite::Result<FolderCounts> {
    Ok(FolderCounts {
        contents: r.get(0)?,
        unread: r.get(1)?,
        associated: r.get(2)?,
        folders: r.get(3)?,
        deleted: r.get(4)?,
    })
}

/// A folder that is there and not soft-deleted.
pub(crate) fn live_folder(db: &Connection, id: ItemId) -> Result<ItemMeta> {
    live(db, id, |kind| matches!(kind, ItemKind::Folder(_)))
}

/// A message that is there and not soft-deleted.
pub(crate) fn live_message(db: &Connection, id: ItemId) -> Result<ItemMeta> {
    live(db, id, |kind| matches!(kind, ItemKind::Message { .. }))
}

fn live(db: &Connection, id: ItemId, fits: impl Fn(ItemKind) -> bool) -> Result<ItemMeta> {
    let Some(meta) = meta(db, id)? else {
        return Err(absence(db, id)?);
    };
    if !fits(meta.kind) {
        return Err(Error::new(
            Code::NOT_FOUND,
            format!("item {id} is of another kind"),
        ));
    }
    if meta.deleted {
        return Err(Error::new(
            Code::OBJECT_DELETED,
            format!("item {id} is deleted"),
        ));
    }
    Ok(meta)
}

/// Why an item that is asked for is not there: deleted for good, or never there.
pub(crate) fn absence(db: &Connection, id: ItemId) -> Result<Error> {
    let last: u64 = db
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'item'")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()?;
    if id.0 != 0 && id.0 <= last {
        return Ok(Error::new(
            Code::OBJECT_DELETED,
            format!("item {id} is deleted"),
        ));
    }
    Ok(Error::new(
        Code::NOT_FOUND,
        format!("there is no such item as {id}"),
    ))
}
