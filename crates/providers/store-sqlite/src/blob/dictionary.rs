//! The store's dictionary: what its messages have in common, so that small values take a third less room.
//!
//! It is made once, of messages that the store holds, and lies in `meta`. What was compressed with it names it by
//! zstd's number.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use mapi_spi::{Call, Durability, Origin, Result};
use rusqlite::{Connection, OptionalExtension, params};
use zstd::zstd_safe::{CDict, DDict, get_dict_id_from_dict};

use super::chunks::{LEVEL, unpack};
use crate::bag;
use crate::failure::{Lift, corrupt};
use crate::store::Inner;

/// Its bytes at most. Three times as many would gain another hundredth, and every process that reads would load them.
const SIZE: usize = 32 << 10;
/// A set of so many operations is bulk; single saves do not wait until a dictionary is made.
const BULK: usize = 16;
/// Items that a store must have had, and samples that they must give.
const ENOUGH_ITEMS: u64 = 256;
const ENOUGH_SAMPLES: usize = 200;
/// Items looked at, spread over the store, and bytes of each sample.
const LOOKED_AT: u64 = 300;
const SAMPLE: usize = 16 * 1024;
/// Samples shorter than this have nothing to say.
const SHORTEST: usize = 64;

const SELECT: &str = "SELECT value FROM meta WHERE key = 'dictionary'";

/// A dictionary ready to compress with.
pub(crate) struct Dictionary(pub(super) CDict<'static>);

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dictionary({:?})", self.0.get_dict_id())
    }
}

/// What a handle knows of its store's dictionary.
#[derive(Debug)]
pub(crate) struct Dictionaries {
    loaded: RwLock<Option<Arc<Dictionary>>>,
    /// Held by whoever makes one: the greatest item number at which it is worth to try.
    making: Mutex<u64>,
}

impl Default for Dictionaries {
    fn default() -> Self {
        Self {
            loaded: RwLock::default(),
            making: Mutex::new(ENOUGH_ITEMS),
        }
    }
}

impl Dictionaries {
    /// What small values are compressed with, if the store has one by now.
    pub(crate) fn get(&self, db: &Connection) -> Result<Option<Arc<Dictionary>>> {
        let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
        if loaded.is_some() {
            return Ok(loaded.clone());
        }
        drop(loaded);
        let Some(bytes) = stored(db)? else {
            return Ok(None);
        };
        let made = CDict::try_create(&bytes, LEVEL).map(|d| Arc::new(Dictionary(d)));
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        loaded.clone_from(&made);
        Ok(made)
    }
}

/// Makes the store's dictionary before a bulk change, once there are enough messages to learn from. Takes a fifth of a
/// second, once in the life of a store, and no lock but for the moment of writing.
pub(crate) fn make_before(inner: &Inner, operations: usize, call: &Call) -> Result<()> {
    if operations < BULK {
        return Ok(());
    }
    // If another thread is at it, this one need not wait.
    let Ok(mut next) = inner.dictionaries.making.try_lock() else {
        return Ok(());
    };
    let samples = {
        let reader = inner.connections.reader(call)?;
        let last = last_item(&reader)?;
        if last < *next || inner.dictionaries.get(&reader)?.is_some() {
            return Ok(());
        }
        *next = last.saturating_mul(4);
        samples(&reader, last, call)?
    };
    if samples.len() < ENOUGH_SAMPLES {
        return Ok(());
    }
    // Nothing in common is no failure.
    let Ok(made) = zstd::dict::from_samples(&samples, SIZE) else {
        return Ok(());
    };
    inner.write(Origin::default(), Durability::Batch, call, |txn| {
        // Another process may have been faster; its dictionary stays.
        txn.statement("INSERT OR IGNORE INTO meta (key, value) VALUES ('dictionary', ?1)")?
            .execute(params![made])
            .lift()?;
        Ok(())
    })
}

/// Dictionaries to read with, by file. One file has one, which never changes; the cache belongs to the process
/// because whoever reads has a connection at hand and nothing else.
static READING: RwLock<BTreeMap<String, Arc<DDict<'static>>>> = RwLock::new(BTreeMap::new());

/// The dictionary of this number.
pub(super) fn reading(db: &Connection, number: u32) -> Result<Arc<DDict<'static>>> {
    let is_it = |d: &Arc<DDict<'static>>| d.get_dict_id().is_some_and(|id| id.get() == number);
    let file = db.path().unwrap_or_default();
    let known = READING.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(file).filter(|known| is_it(known)) {
        return Ok(Arc::clone(known));
    }
    drop(known);
    let lost = || corrupt(format!("the store has lost its dictionary {number}"));
    let bytes = stored(db)?.ok_or_else(lost)?;
    let made = DDict::try_create(&bytes).map(Arc::new);
    let made = made.filter(is_it).ok_or_else(lost)?;
    let mut known = READING.write().unwrap_or_else(PoisonError::into_inner);
    known.insert(file.to_owned(), Arc::clone(&made));
    Ok(made)
}

/// Forgets what was known of a file that is opened: another one may lie at its place now.
pub(crate) fn forget(db: &Connection) {
    let mut known = READING.write().unwrap_or_else(PoisonError::into_inner);
    known.remove(db.path().unwrap_or_default());
}

fn stored(db: &Connection) -> Result<Option<Vec<u8>>> {
    let found: Option<Vec<u8>> = db
        .prepare_cached(SELECT)
        .and_then(|mut s| s.query_row([], |r| r.get(0)).optional())
        .lift()?;
    match found {
        Some(bytes) if get_dict_id_from_dict(&bytes).is_none() => {
            Err(corrupt("the store's dictionary is damaged"))
        }
        found => Ok(found),
    }
}

fn last_item(db: &Connection) -> Result<u64> {
    db.prepare_cached("SELECT coalesce(max(id), 0) FROM item")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()
}

/// Beginnings of bags, and of what recipes hold beside attachments.
fn samples(db: &Connection, last: u64, call: &Call) -> Result<Vec<Vec<u8>>> {
    let mut samples = Vec::new();
    let step = last.div_ceil(LOOKED_AT).max(1);
    let mut bags = db
        .prepare_cached("SELECT form, data FROM bag WHERE id >= ?1 AND id < ?2 LIMIT 1")
        .lift()?;
    let mut literals = db
        .prepare_cached(
            "SELECT c.form, c.data FROM blob b JOIN chunk c ON c.id = b.id * 1048576
             WHERE b.id >= ?1 AND b.id < ?2 AND b.recipe IS NOT NULL LIMIT 1",
        )
        .lift()?;
    let blobs: u64 = db
        .query_row("SELECT coalesce(max(id), 0) FROM blob", [], |r| r.get(0))
        .lift()?;
    let blob_step = blobs.div_ceil(LOOKED_AT).max(1);
    for n in 0..LOOKED_AT {
        call.check()?;
        for (select, step, of_bags) in [(&mut bags, step, true), (&mut literals, blob_step, false)]
        {
            let range = params![n * step + 1, (n + 1) * step + 1];
            let found: Option<(u8, Vec<u8>)> = select
                .query_row(range, |r| Ok((r.get(0)?, r.get(1)?)))
                .optional()
                .lift()?;
            if let Some((form, data)) = found {
                let mut sample = if of_bags {
                    bag::sample(db, form, &data)?
                } else {
                    unpack(db, form, &data, bag::MOST)?.into_owned()
                };
                sample.truncate(SAMPLE);
                samples.push(sample);
            }
        }
    }
    samples.retain(|sample| sample.len() >= SHORTEST);
    Ok(samples)
}
