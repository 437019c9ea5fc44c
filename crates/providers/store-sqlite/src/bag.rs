//! The `bag` table: everything small of an item, encoded, compressed when it pays.

use std::borrow::Cow;
use std::sync::Arc;

use mapi_props::StoredMessage;
use mapi_props::codec::{CodecError, decode_stored, encode_stored};
use mapi_spi::{Error, Result};
use rusqlite::{Connection, OptionalExtension, params};

use crate::blob::{Dictionary, pack_bytes, unpack_bytes};
use crate::failure::{Lift, corrupt};

/// From this many bytes on compression is tried.
const WORTH_IT: usize = 1024;
/// A bag never unpacks to more than this: SQLite's own limit of a value.
pub(crate) const MOST: usize = 1_000_000_000;

/// A bag in stored form: 0 raw, 1 zstd.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) form: u8,
    pub(crate) data: Vec<u8>,
}

/// The stored form of a message, or of a folder as a message without recipients. `dictionary` is asked for when it is
/// worth to compress.
pub(crate) fn pack(
    body: &StoredMessage,
    dictionary: impl FnOnce() -> Result<Option<Arc<Dictionary>>>,
) -> Result<Stored> {
    let mut data = Vec::with_capacity(512);
    encode_into(body, &mut data)?;
    if data.len() >= WORTH_IT {
        let packed = pack_bytes(&data, dictionary()?.as_deref());
        // Saving less than an eighth is not worth unpacking at every reading.
        if packed.form == 1 && packed.data.len() < data.len() - data.len() / 8 {
            return Ok(Stored {
                form: 1,
                data: packed.data,
            });
        }
    }
    Ok(Stored { form: 0, data })
}

/// The same in a store that has no dictionary yet.
pub(crate) fn pack_first(body: &StoredMessage) -> Result<Stored> {
    pack(body, || Ok(None))
}

/// Appends the encoded body.
pub(crate) fn encode_into(body: &StoredMessage, out: &mut Vec<u8>) -> Result<()> {
    encode_stored(body, out).map_err(|e| Error::caused(e.code(), "the message cannot be stored", e))
}

/// The body of encoded bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<StoredMessage> {
    decode_stored(bytes).map_err(bad)
}

/// What the codec says about bytes of our own.
pub(crate) fn bad(error: CodecError) -> Error {
    Error::caused(
        mapi_props::Code::CORRUPT_STORE,
        "the stored properties of an item are damaged",
        error,
    )
}

/// The encoded bytes of a stored form.
pub(crate) fn unpack<'a>(db: &Connection, form: u8, data: &'a [u8]) -> Result<Cow<'a, [u8]>> {
    unpack_bytes(db, form, data, MOST)
}

/// The encoded bytes of an item's bag; `None` if there is none.
pub(crate) fn read(db: &Connection, id: u64) -> Result<Option<Vec<u8>>> {
    let mut select = db
        .prepare_cached("SELECT form, data FROM bag WHERE id = ?1")
        .lift()?;
    let found: Option<(u8, Vec<u8>)> = select
        .query_row([id], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()
        .lift()?;
    match found {
        None => Ok(None),
        Some((0, data)) => Ok(Some(data)),
        Some((form, data)) => Ok(Some(unpack(db, form, &data)?.into_owned())),
    }
}

/// The body of an item that exists.
pub(crate) fn body(db: &Connection, id: u64) -> Result<StoredMessage> {
    let bytes = read(db, id)?.ok_or_else(|| corrupt(format!("item {id} has no properties")))?;
    decode(&bytes)
}

/// Writes the bag of an item, new or not.
pub(crate) fn write(db: &Connection, id: u64, bag: &Stored) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO bag (id, form, data) VALUES (?1, ?2, ?3)")
        .and_then(|mut s| s.execute(params![id, bag.form, bag.data]))
        .lift()?;
    Ok(())
}

/// Removes the bag of an item.
pub(crate) fn remove(db: &Connection, id: u64) -> Result<()> {
    db.prepare_cached("DELETE FROM bag WHERE id = ?1")
        .and_then(|mut s| s.execute([id]))
        .lift()?;
    Ok(())
}
