//! Links: entries of messages in search folders, with what they weigh there.

use mapi_spi::{ItemId, ItemKind, ItemMeta, Result, SearchCriteria};
use rusqlite::{Connection, params};

use crate::failure::Lift;
use crate::item;
use crate::order::{self, Place};
use crate::transaction::{Delta, Txn};

/// A message with the keys under which it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyed<'a> {
    pub(crate) meta: &'a ItemMeta,
    pub(crate) keys: &'a [(u8, Vec<u8>)],
}

/// Whether a message may be a link at all.
pub(crate) fn is_eligible(meta: &ItemMeta) -> bool {
    !meta.deleted && meta.kind == ItemKind::Message { associated: false }
}

/// Whether the message with this date key is a link of a folder.
pub(crate) fn holds_link(db: &Connection, folder: u64, message: Keyed<'_>) -> Result<bool> {
    let date = message.keys.iter().find(|(ord, _)| *ord == order::DATE);
    let Some((_, date)) = date else {
        return Ok(false);
    };
    db.prepare_cached(
        "SELECT 1 FROM entry WHERE container = ?1 AND part = 0 AND ord = 0 AND key = ?2 AND item = ?3",
    )
    .and_then(|mut s| s.exists(params![folder, date, message.meta.id.0]))
    .lift()
}

/// Whether a stored message is a link of a folder.
pub(crate) fn find_link(db: &Connection, folder: u64, id: u64) -> Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM item i CROSS JOIN entry e ON e.container = ?1 AND e.part = 0 AND e.ord = 0
         AND e.key = i.date AND e.item = i.id WHERE i.id = ?2",
    )
    .and_then(|mut s| s.exists(params![folder, id]))
    .lift()
}

/// Moves a link from what it was to what it is; `None`: there is none.
pub(crate) fn put_link(
    txn: &mut Txn<'_>,
    folder: u64,
    old: Option<Keyed<'_>>,
    new: Option<Keyed<'_>>,
) -> Result<()> {
    let missing_in = |side: Option<Keyed<'_>>, key: &(u8, Vec<u8>)| {
        side.is_none_or(|other| !other.keys.contains(key))
    };
    if let Some(old) = old {
        let gone: Vec<_> = old
            .keys
            .iter()
            .filter(|k| missing_in(new, k))
            .cloned()
            .collect();
        order::leave(txn, place(folder, old.meta), &gone)?;
        txn.count(folder, -weight(old.meta));
    }
    if let Some(new) = new {
        let come: Vec<_> = new
            .keys
            .iter()
            .filter(|k| missing_in(old, k))
            .cloned()
            .collect();
        order::enter(txn, place(folder, new.meta), &come)?;
        txn.count(folder, weight(new.meta));
    }
    Ok(())
}

const fn place(folder: u64, meta: &ItemMeta) -> Place {
    Place {
        container: folder,
        part: 0,
        item: meta.id.0,
    }
}

fn weight(meta: &ItemMeta) -> Delta {
    Delta {
        contents: 1,
        unread: i64::from(order::is_unread(meta.flags)),
        ..Delta::default()
    }
}

/// Whether a folder is where a search looks.
pub(crate) fn in_scope(db: &Connection, criteria: &SearchCriteria, folder: ItemId) -> Result<bool> {
    let mut at = folder;
    loop {
        if criteria.scope.contains(&at) {
            return Ok(true);
        }
        let above = item::meta(db, at)?.map(|m| m.parent);
        match above.filter(|above| criteria.recursive && *above != at) {
            Some(above) => at = above,
            None => return Ok(false),
        }
    }
}
