//! Links: entries of messages in search folders, with what they weigh there.

use std::borrow::Cow;
use std::collections::BTreeMap;

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
    if let Some(old) = old {
        order::leave(txn, place(folder, old.meta), &only_in(old, new))?;
        txn.count(folder, -weight(old.meta));
    }
    if let Some(new) = new {
        order::enter(txn, place(folder, new.meta), &only_in(new, old))?;
        txn.count(folder, weight(new.meta));
    }
    Ok(())
}

/// The keys of one that another has not.
fn only_in<'a>(one: Keyed<'a>, other: Option<Keyed<'_>>) -> Cow<'a, [(u8, Vec<u8>)]> {
    match other {
        None => Cow::Borrowed(one.keys),
        Some(other) => {
            let keys = one.keys.iter();
            keys.filter(|k| !other.keys.contains(k)).cloned().collect()
        }
    }
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

/// Which folders are where a search looks, at one moment.
#[derive(Debug)]
pub(crate) struct Scopes<'a> {
    db: &'a Connection,
    criteria: &'a SearchCriteria,
    known: BTreeMap<ItemId, bool>,
    /// Messages that lie together are mostly of one folder.
    last: Option<(ItemId, bool)>,
}

impl<'a> Scopes<'a> {
    pub(crate) const fn new(db: &'a Connection, criteria: &'a SearchCriteria) -> Self {
        Self {
            db,
            criteria,
            known: BTreeMap::new(),
            last: None,
        }
    }

    /// Whether the search looks in a folder.
    pub(crate) fn hold(&mut self, folder: ItemId) -> Result<bool> {
        if let Some((_, holds)) = self.last.filter(|(last, _)| *last == folder) {
            return Ok(holds);
        }
        let holds = match self.known.get(&folder) {
            Some(holds) => *holds,
            None => in_scope(self.db, self.criteria, folder)?,
        };
        self.known.insert(folder, holds);
        self.last = Some((folder, holds));
        Ok(holds)
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
