//! Reading items: folders, messages, scans, sources, engines' rows.

use std::ops::ControlFlow;

use mapi_props::{Bag, LargePlace, LargeRef, Slot, StoredMessage};
use mapi_spi::{
    Call, Depth, FolderData, ItemId, ItemKind, MessageData, Origin, Result, RowSet, ScanBody,
    ScanRow,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::{Lift, corrupt, not_found};
use crate::item::{self, META_COLUMNS, meta_at};
use crate::{bag, log, queries};

/// Rows are asked for cancellation this often.
const CHECK_EVERY: usize = 256;

/// A folder with its properties and counters.
pub(crate) fn folder(db: &Connection, id: ItemId) -> Result<FolderData> {
    let meta = item::meta(db, id)?.filter(|m| matches!(m.kind, ItemKind::Folder(_)));
    let meta = meta.ok_or_else(|| not_found(format_args!("folder {id}")))?;
    Ok(FolderData {
        props: bag::body(db, id.0)?.props,
        counts: item::counts(db, id)?,
        meta,
    })
}

/// A message with its tree: one statement, one snapshot.
pub(crate) fn message(db: &Connection, id: ItemId) -> Result<MessageData> {
    let mut select = db.prepare_cached(queries::MESSAGE).lift()?;
    let read = |r: &rusqlite::Row<'_>| Ok((meta_at(r), body_at(db, r)));
    let (meta, body) = select
        .query_row([id.0], read)
        .optional()
        .lift()?
        .ok_or_else(|| not_found(format_args!("message {id}")))?;
    Ok(MessageData {
        meta: meta?,
        body: body?,
    })
}

fn body_at(db: &Connection, row: &rusqlite::Row<'_>) -> Result<StoredMessage> {
    let form = row.get(META_COLUMNS).lift()?;
    let data = row.get_ref(META_COLUMNS + 1).lift()?;
    let data = data
        .as_blob()
        .map_err(|_| corrupt("a bag that is no blob"))?;
    bag::body_of(db, form, data)
}

/// Shows every object of a container in id order; gives the log's number for which that is true.
pub(crate) fn scan(
    db: &Connection,
    container: ItemId,
    rows: RowSet,
    call: &Call,
    each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
) -> Result<u64> {
    let seq = log::last(db)?;
    expect_folder(db, container)?;
    match rows {
        RowSet::Contents {
            associated,
            deleted,
        } => {
            let ids = contents(db, container, item::part(associated, deleted))?;
            each_of_messages(db, &ids, call, each)?;
        }
        RowSet::Deep => {
            let mut ids = Vec::new();
            for folder in deep(db, container)? {
                ids.extend(contents(db, folder, 0)?);
            }
            ids.sort_unstable();
            each_of_messages(db, &ids, call, each)?;
        }
        RowSet::Hierarchy { depth, deleted } => {
            for (id, depth) in hierarchy(db, container, depth, deleted)? {
                call.check()?;
                let FolderData {
                    meta,
                    props,
                    counts,
                } = folder(db, id)?;
                if each(ScanRow {
                    meta: &meta,
                    body: ScanBody::Folder(&props, &counts),
                    depth,
                })
                .is_break()
                {
                    break;
                }
            }
        }
    }
    Ok(seq)
}

/// Shows messages of these numbers.
pub(crate) fn each_of_messages(
    db: &Connection,
    ids: &[u64],
    call: &Call,
    each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
) -> Result<()> {
    for (n, id) in ids.iter().enumerate() {
        if n % CHECK_EVERY == 0 {
            call.check()?;
        }
        let MessageData { meta, body } = message(db, ItemId(*id))?;
        let row = ScanRow {
            meta: &meta,
            body: ScanBody::Message(&body),
            depth: 0,
        };
        if each(row).is_break() {
            break;
        }
    }
    Ok(())
}

/// The container must be a folder, soft-deleted or not.
pub(crate) fn expect_folder(db: &Connection, id: ItemId) -> Result<()> {
    item::meta(db, id)?
        .filter(|m| matches!(m.kind, ItemKind::Folder(_)))
        .map(|_| ())
        .ok_or_else(|| not_found(format_args!("folder {id}")))
}

/// The messages of a part of a container, by number.
pub(crate) fn contents(db: &Connection, container: ItemId, part: u8) -> Result<Vec<u64>> {
    let mut select = db.prepare_cached(queries::CONTENTS).lift()?;
    let mut rows = select.query(params![container.0, part]).lift()?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next().lift()? {
        ids.push(row.get(0).lift()?);
    }
    // Sorting numbers here is far cheaper than letting SQLite sort whole rows.
    ids.sort_unstable();
    Ok(ids)
}

/// The folders below a container with their depths: parents first, then by number.
pub(crate) fn hierarchy(
    db: &Connection,
    container: ItemId,
    depth: Depth,
    deleted: bool,
) -> Result<Vec<(ItemId, u32)>> {
    let sql = match depth {
        Depth::Children => queries::CHILDREN,
        Depth::All => queries::BELOW,
    };
    let mut select = db.prepare_cached(sql).lift()?;
    let rows = select
        .query_map(params![container.0, deleted], |r| {
            Ok((ItemId(r.get(0)?), r.get(1)?))
        })
        .lift()?;
    rows.map(Lift::lift).collect()
}

/// The folders whose messages [`RowSet::Deep`] shows: the container, and those below it that are ordinary and living as
/// are all between.
pub(crate) fn deep(db: &Connection, container: ItemId) -> Result<Vec<ItemId>> {
    let mut select = db.prepare_cached(queries::DEEP).lift()?;
    let rows = select
        .query_map([container.0], |r| r.get(0).map(ItemId))
        .lift()?;
    rows.map(Lift::lift).collect()
}

/// The living message of a folder that came from these bytes.
pub(crate) fn known_source(
    db: &Connection,
    folder: ItemId,
    source: &[u8; 32],
) -> Result<Option<ItemId>> {
    db.prepare_cached(queries::SOURCE)
        .and_then(|mut s| {
            s.query_row(params![source, folder.0], |r| r.get(0).map(ItemId))
                .optional()
        })
        .lift()
}

/// An engine's rows for an object, by key.
pub(crate) fn sync_rows(
    db: &Connection,
    origin: Origin,
    object: Option<ItemId>,
) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut select = db.prepare_cached(queries::SYNC).lift()?;
    let object = object.map_or(0, |o| o.0);
    let rows = select
        .query_map(params![origin.0, object], |r| Ok((r.get(0)?, r.get(1)?)))
        .lift()?;
    rows.map(Lift::lift).collect()
}

/// The key of the value that was Remote in `before` and is Present in `after`, at the same place.
pub(crate) fn became(
    before: &StoredMessage,
    after: &StoredMessage,
    value: &LargeRef,
) -> Option<[u8; 32]> {
    let remote = |slot: &Slot| matches!(slot, Slot::Large(l) if l == value);
    let in_bag = |old: &Bag, new: &Bag| {
        old.iter()
            .filter(|(_, slot)| remote(slot))
            .find_map(|(id, _)| match new.get(id) {
                Some(Slot::Large(LargeRef {
                    place: LargePlace::Present(key),
                    ..
                })) => Some(*key),
                _ => None,
            })
    };
    in_bag(&before.props, &after.props).or_else(|| {
        before
            .attachments
            .iter()
            .zip(&after.attachments)
            .find_map(|(old, new)| {
                let nested = || became(old.embedded.as_deref()?, new.embedded.as_deref()?, value);
                in_bag(&old.props, &new.props).or_else(nested)
            })
    })
}
