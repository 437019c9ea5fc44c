//! The few statements through which items change: rows, index entries, counters and references together.

use mapi_props::{StoredMessage, message_flags};
use mapi_spi::{FolderKind, ItemId, ItemKind, ItemMeta, LogKind, Result};
use rusqlite::params;

use super::search::Side;
use super::{Commit, difference};
use crate::blob::move_refs;
use crate::failure::Lift;
use crate::fulltext::{self, Words};
use crate::item::{kind_number, part_of};
use crate::log::Note;
use crate::order::{self, MISSING_KEY, Order, Place, Shape, is_unread};
use crate::transaction::Delta;
use crate::view::in_memory;
use crate::{bag, log, queue};

/// The keys of an item in each order that is kept.
pub(super) type EntryKeys = Vec<(u8, Vec<u8>)>;

/// What an item adds to the counters of its folder.
pub(super) fn weight(meta: &ItemMeta) -> Delta {
    let mut w = Delta::default();
    match meta.kind {
        ItemKind::Folder(FolderKind::Root) => {}
        ItemKind::Folder(_) => w.folders = i64::from(!meta.deleted),
        ItemKind::Message { .. } if meta.deleted => w.removed = 1,
        ItemKind::Message { associated: true } => w.associated = 1,
        ItemKind::Message { associated: false } => {
            w.contents = 1;
            w.unread = i64::from(meta.flags & message_flags::READ == 0);
        }
    }
    w
}

/// Where a message stands.
pub(super) fn place(meta: &ItemMeta) -> Place {
    Place {
        container: meta.parent.0,
        part: part_of(meta),
        item: meta.id.0,
    }
}

/// The key of the date order among an item's keys.
fn date_of(keys: &EntryKeys) -> &[u8] {
    keys.iter()
        .find(|(ord, _)| *ord == order::DATE)
        .map_or(MISSING_KEY, |(_, key)| key)
}

fn side<'a>(meta: &'a ItemMeta, keys: &'a EntryKeys, body: Option<&'a StoredMessage>) -> Side<'a> {
    Side { meta, keys, body }
}

impl Commit<'_> {
    /// Adds a message; its number is set in `meta`.
    pub(super) fn insert_message(
        &mut self,
        meta: &mut ItemMeta,
        body: &StoredMessage,
        source: Option<&[u8; 32]>,
    ) -> Result<()> {
        let packed = self.pack(body)?;
        let keys = self.keys.of(&in_memory(meta, body));
        move_refs(&self.txn, None, Some(body))?;
        meta.id = self.insert_item(meta, date_of(&keys), source)?;
        bag::write(self.txn.db, meta.id.0, &packed)?;
        order::enter(&self.txn, place(meta), &keys)?;
        self.txn.count(meta.parent.0, weight(meta));
        queue::follow(self.txn.db, None, Some((meta, Some(body))))?;
        let words = self.words_of(meta, body, 0);
        let new = side(meta, &keys, Some(body));
        self.follow(None, Some(new), words.as_ref())?;
        self.index_new(meta, date_of(&keys), words)
    }

    /// The stored form of an item's properties.
    pub(super) fn pack(&self, body: &StoredMessage) -> Result<bag::Stored> {
        bag::pack(body, || self.inner.dictionaries.get(self.txn.db))
    }

    /// Adds the row of an item and gives its number.
    pub(super) fn insert_item(
        &self,
        meta: &ItemMeta,
        date: &[u8],
        source: Option<&[u8; 32]>,
    ) -> Result<ItemId> {
        let id = self
            .txn
            .statement(
                "INSERT INTO item (parent, kind, part, flags, status, size, change, content, date, source, thread)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .insert(params![
                meta.parent.0,
                kind_number(meta.kind),
                part_of(meta),
                meta.flags,
                meta.status,
                meta.size,
                meta.change,
                meta.content_version,
                date,
                source,
                meta.thread.map(|thread| thread.0)
            ])
            .lift()?;
        Ok(ItemId(id.cast_unsigned()))
    }

    /// Replaces a message that was saved, where it stands. `words`: those that it has now, if they are at hand.
    pub(super) fn update_message(
        &mut self,
        old: (&ItemMeta, &StoredMessage),
        new: (&ItemMeta, &StoredMessage),
        words: Option<&Words>,
    ) -> Result<()> {
        let packed = self.pack(new.1)?;
        move_refs(&self.txn, Some(old.1), Some(new.1))?;
        let before = self.keys.of(&in_memory(old.0, old.1));
        let after = self.keys.of(&in_memory(new.0, new.1));
        let moved = |a: &EntryKeys, b: &EntryKeys| -> EntryKeys {
            a.iter().filter(|key| !b.contains(key)).cloned().collect()
        };
        order::leave(&self.txn, place(old.0), &moved(&before, &after))?;
        order::enter(&self.txn, place(new.0), &moved(&after, &before))?;
        bag::write(self.txn.db, new.0.id.0, &packed)?;
        self.update_item(new.0, Some(date_of(&after)))?;
        self.recount(old.0, new.0);
        let now = (new.0, Some(new.1));
        queue::follow(self.txn.db, Some((old.0, Some(old.1))), Some(now))?;
        self.follow(
            Some(side(old.0, &before, Some(old.1))),
            Some(side(new.0, &after, Some(new.1))),
            words,
        )
    }

    /// Moves a message to another folder or part: neither properties nor keys change, nor whether it is read.
    pub(super) fn replace_message(&mut self, old: &ItemMeta, new: &ItemMeta) -> Result<()> {
        debug_assert_eq!(is_unread(old.flags), is_unread(new.flags));
        let keys = self.keys_of_stored(old)?;
        order::leave(&self.txn, place(old), &keys)?;
        order::enter(&self.txn, place(new), &keys)?;
        self.update_item(new, None)?;
        self.recount(old, new);
        queue::follow(self.txn.db, Some((old, None)), Some((new, None)))?;
        self.follow(
            Some(side(old, &keys, None)),
            Some(side(new, &keys, None)),
            None,
        )
    }

    /// Writes flags and status of a message.
    pub(super) fn update_flags(&mut self, old: &ItemMeta, new: &ItemMeta) -> Result<()> {
        self.txn
            .statement("UPDATE item SET flags = ?2, status = ?3 WHERE id = ?1")?
            .execute(params![new.id.0, new.flags, new.status])
            .lift()?;
        self.recount(old, new);
        queue::follow(self.txn.db, Some((old, None)), Some((new, None)))?;
        self.follow_flags(old, new)?;
        if is_unread(old.flags) == is_unread(new.flags) || !self.keeps(order::UNREAD) {
            return Ok(());
        }
        let key = vec![(order::UNREAD, self.stored_date(new)?)];
        if is_unread(new.flags) {
            order::enter(&self.txn, place(new), &key)
        } else {
            order::leave(&self.txn, place(old), &key)
        }
    }

    /// Moves the links of a message whose flags, status or conversation changed.
    pub(super) fn follow_flags(&mut self, old: &ItemMeta, new: &ItemMeta) -> Result<()> {
        if self.searches.is_empty() {
            return Ok(());
        }
        let (before, after) = (self.keys_of_stored(old)?, self.keys_of_stored(new)?);
        self.follow(
            Some(side(old, &before, None)),
            Some(side(new, &after, None)),
            None,
        )
    }

    /// Writes what is known of an item beside its properties.
    pub(super) fn update_item(&self, meta: &ItemMeta, date: Option<&[u8]>) -> Result<()> {
        self.txn
            .statement(
                "UPDATE item SET parent = ?2, part = ?3, flags = ?4, status = ?5, size = ?6, change = ?7,
                 content = ?8, date = coalesce(?9, date) WHERE id = ?1",
            )?
            .execute(params![
                meta.id.0,
                meta.parent.0,
                part_of(meta),
                meta.flags,
                meta.status,
                meta.size,
                meta.change,
                meta.content_version,
                date
            ])
            .lift()?;
        Ok(())
    }

    /// Removes a message for good.
    pub(super) fn remove_message(&mut self, meta: &ItemMeta, body: &StoredMessage) -> Result<()> {
        let keys = self.keys.of(&in_memory(meta, body));
        order::leave(&self.txn, place(meta), &keys)?;
        self.follow(Some(side(meta, &keys, Some(body))), None, None)?;
        queue::follow(self.txn.db, Some((meta, Some(body))), None)?;
        move_refs(&self.txn, Some(body), None)?;
        fulltext::leave(&mut self.txn, meta.id.0)?;
        self.remove_rows(meta)
    }

    /// Removes the rows that folders and messages have alike.
    pub(super) fn remove_rows(&mut self, meta: &ItemMeta) -> Result<()> {
        bag::remove(self.txn.db, meta.id.0)?;
        self.txn
            .statement("DELETE FROM sync WHERE object = ?1")?
            .execute([meta.id.0])
            .lift()?;
        self.txn
            .statement("DELETE FROM item WHERE id = ?1")?
            .execute([meta.id.0])
            .lift()?;
        self.txn.count(meta.parent.0, -weight(meta));
        Ok(())
    }

    /// Moves the counters from what an item weighed to what it weighs.
    pub(super) fn recount(&mut self, old: &ItemMeta, new: &ItemMeta) {
        self.txn.count(old.parent.0, -weight(old));
        self.txn.count(new.parent.0, weight(new));
    }

    /// The keys under which a stored message stands; those made of the date are known without reading its bag.
    pub(super) fn keys_of_stored(&self, meta: &ItemMeta) -> Result<EntryKeys> {
        let known = |o: &Order| o.id == order::DATE || o.shape == Shape::Unread;
        if self.txn.orders.iter().all(known) {
            let date = self.stored_date(meta)?;
            let mut keys = vec![(order::DATE, date.clone())];
            if self.keeps(order::UNREAD) && is_unread(meta.flags) {
                keys.push((order::UNREAD, date));
            }
            return Ok(keys);
        }
        let body = bag::body(self.txn.db, meta.id.0)?;
        Ok(self.keys.of(&in_memory(meta, &body)))
    }

    /// Whether entries of an order are kept.
    fn keeps(&self, id: u8) -> bool {
        self.txn.orders.iter().any(|o| o.id == id)
    }

    /// The key of a stored message in the order by date.
    pub(super) fn stored_date(&self, meta: &ItemMeta) -> Result<Vec<u8>> {
        self.txn
            .statement("SELECT date FROM item WHERE id = ?1")?
            .query_row([meta.id.0], |r| r.get(0))
            .lift()
    }

    /// Logs what happened to an item.
    pub(super) fn note(
        &mut self,
        kind: LogKind,
        meta: &ItemMeta,
        changed: &[u16],
        inverse: Option<mapi_spi::Inverse>,
    ) -> Result<()> {
        let folder = matches!(meta.kind, ItemKind::Folder(_));
        let note = Note {
            kind,
            object: meta.id.0,
            folder,
            parent: meta.parent.0,
            flags: meta.flags,
            changed,
            inverse,
        };
        log::append(&mut self.txn, &note)?;
        self.tell_links(meta, changed, note.inverse.as_ref())
    }

    /// Logs the end of an item with its whole small bag.
    pub(super) fn note_end(
        &mut self,
        kind: LogKind,
        meta: &ItemMeta,
        body: &StoredMessage,
    ) -> Result<()> {
        let inverse = difference::whole(&self.inner.info.uid, meta, &body.props);
        self.note(kind, meta, &[], Some(inverse))
    }
}
