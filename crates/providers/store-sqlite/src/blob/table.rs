//! Rows of `blob` and `chunk`: finding, writing, counting references, sweeping.

use mapi_props::{Code, LargePlace, Slot, StoredMessage};
use mapi_spi::{Error, Result};
use rusqlite::{Connection, OptionalExtension, params};

use super::chunks::{CHUNKS_PER_BLOB, Packed};
use super::prepare::Prepared;
use super::recipe::Recipe;
use crate::failure::Lift;
use crate::transaction::Txn;

/// BLAKE3 of a value's content.
pub(crate) type Key = [u8; 32];

/// A value as the table has it.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) id: u64,
    pub(crate) size: u64,
    pub(crate) recipe: Option<Vec<u8>>,
}

/// The value of a key.
pub(crate) fn find(db: &Connection, key: &Key) -> Result<Option<Found>> {
    db.prepare_cached("SELECT id, size, recipe FROM blob WHERE hash = ?1")
        .and_then(|mut s| {
            s.query_row([key], |r| {
                Ok(Found {
                    id: r.get(0)?,
                    size: r.get(1)?,
                    recipe: r.get(2)?,
                })
            })
            .optional()
        })
        .lift()
}

/// Makes sure that a prepared value is in the table; references come later.
pub(crate) fn write(txn: &Txn<'_>, value: &mut Prepared) -> Result<()> {
    if find(txn.db, &value.key)?.is_some() {
        return Ok(());
    }
    let recipe = value.recipe.as_ref().map(Recipe::encode);
    let (key, size) = (value.key, value.size);
    let chunks = value.chunks();
    let stored =
        chunks.iter().map(|c| c.data.len()).sum::<usize>() + recipe.as_ref().map_or(0, Vec::len);
    let id = add(txn.db, Some(&key), size, stored, recipe.as_deref())?;
    put_chunks(txn.db, id, 0, chunks)?;
    for key in value.recipe.iter().flat_map(Recipe::keys) {
        refer(txn.db, &key, 1)?;
    }
    Ok(())
}

/// A new row; its chunks follow.
pub(super) fn add(
    db: &Connection,
    key: Option<&Key>,
    size: u64,
    stored: usize,
    recipe: Option<&[u8]>,
) -> Result<u64> {
    db.prepare_cached(
        "INSERT INTO blob (hash, size, stored, refs, recipe) VALUES (?1, ?2, ?3, 0, ?4)",
    )
    .and_then(|mut s| s.insert(params![key, size, stored, recipe]))
    .lift()
    .map(i64::cast_unsigned)
}

/// Chunks from number `first` on.
pub(super) fn put_chunks(db: &Connection, blob: u64, first: u64, chunks: &[Packed]) -> Result<()> {
    let mut insert = db
        .prepare_cached("INSERT INTO chunk (id, form, data) VALUES (?1, ?2, ?3)")
        .lift()?;
    for (n, chunk) in (first..).zip(chunks) {
        if n >= CHUNKS_PER_BLOB {
            return Err(Error::new(
                Code::TOO_BIG,
                "a value may have at most 256 GiB",
            ));
        }
        insert
            .execute(params![blob * CHUNKS_PER_BLOB + n, chunk.form, chunk.data])
            .lift()?;
    }
    Ok(())
}

/// The references of an item move from what `old` names to what `new` names.
pub(crate) fn move_refs(
    txn: &Txn<'_>,
    old: Option<&StoredMessage>,
    new: Option<&StoredMessage>,
) -> Result<()> {
    let before = old.map(keys_of).unwrap_or_default();
    let after = new.map(keys_of).unwrap_or_default();
    for key in after.iter().filter(|k| before.binary_search(k).is_err()) {
        refer(txn.db, key, 1)?;
    }
    for key in before.iter().filter(|k| after.binary_search(k).is_err()) {
        refer(txn.db, key, -1)?;
    }
    Ok(())
}

fn refer(db: &Connection, key: &Key, by: i64) -> Result<()> {
    let changed = db
        .prepare_cached("UPDATE blob SET refs = refs + ?2 WHERE hash = ?1")
        .and_then(|mut s| s.execute(params![key, by]))
        .lift()?;
    if changed == 0 {
        return Err(Error::new(
            Code::NOT_FOUND,
            "a large value that the change names is not in this store",
        ));
    }
    Ok(())
}

/// The keys of all large values of a tree, each once, in order.
pub(crate) fn keys_of(body: &StoredMessage) -> Vec<Key> {
    let mut keys = Vec::new();
    gather(body, &mut keys);
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn gather(body: &StoredMessage, keys: &mut Vec<Key>) {
    let attached = body.attachments.iter();
    let bags = std::iter::once(&body.props)
        .chain(&body.recipients)
        .chain(attached.clone().map(|a| &a.props));
    for (_, slot) in bags.flat_map(mapi_props::Bag::iter) {
        if let Slot::Large(large) = slot
            && let LargePlace::Present(key) = large.place
        {
            keys.push(key);
        }
    }
    for embedded in attached.filter_map(|a| a.embedded.as_deref()) {
        gather(embedded, keys);
    }
}

/// Whether there are values that nothing refers to.
pub(crate) fn has_unbound(db: &Connection) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM blob WHERE refs = 0 LIMIT 1")
        .and_then(|mut s| s.exists([]))
        .lift()
}

/// Removes some values that nothing refers to; says how many rows went. The caller holds the lease alone.
pub(crate) fn sweep(txn: &Txn<'_>) -> Result<u64> {
    let mut swept = 0;
    while !txn.is_long() {
        let next: Option<(u64, Option<Vec<u8>>)> = txn
            .statement("SELECT id, recipe FROM blob WHERE refs = 0 LIMIT 1")?
            .query_row([], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()
            .lift()?;
        let Some((id, recipe)) = next else { break };
        // Big values go piece by piece, so that no step is long.
        let gone = txn
            .statement(
                "DELETE FROM chunk WHERE id IN (SELECT id FROM chunk WHERE id >= ?1 AND id < ?2 LIMIT 16)",
            )?
            .execute(params![id * CHUNKS_PER_BLOB, (id + 1) * CHUNKS_PER_BLOB])
            .lift()?;
        swept += u64::try_from(gone).unwrap_or(0);
        if gone < 16 {
            for key in recipe
                .as_deref()
                .map(Recipe::decode)
                .transpose()?
                .iter()
                .flat_map(Recipe::keys)
            {
                refer(txn.db, &key, -1)?;
            }
            txn.statement("DELETE FROM blob WHERE id = ?1")?
                .execute([id])
                .lift()?;
            swept += 1;
        }
    }
    Ok(swept)
}
