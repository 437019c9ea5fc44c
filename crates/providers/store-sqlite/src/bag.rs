//! The `bag` table: everything small of an item, encoded, compressed when it pays.

mod parted;

use std::borrow::Cow;
use std::sync::Arc;

use mapi_props::StoredMessage;
use mapi_props::codec::{CodecError, decode_stored, encode_stored};
use mapi_spi::{Error, Result};
use rusqlite::{Connection, OptionalExtension, params};

use crate::blob::{Dictionary, pack_bytes, unpack_bytes};
use crate::failure::{Lift, corrupt};

pub(crate) use parted::Long;
use parted::Parted;

/// From this many bytes on compression is tried.
const WORTH_IT: usize = 1024;
/// A bag never unpacks to more than this: SQLite's own limit of a value.
pub(crate) const MOST: usize = 1_000_000_000;

/// A bag in stored form: 0 raw or in parts (see [`parted`]), 1 zstd.
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
    if let Some(parts) = parted::Parts::of(body)? {
        let data = parts.pack(dictionary()?.as_deref())?;
        return Ok(Stored { form: 0, data });
    }
    let mut data = Vec::with_capacity(512);
    encode_into(body, &mut data)?;
    if data.len() < WORTH_IT {
        return Ok(Stored { form: 0, data });
    }
    let dictionary = dictionary()?;
    let packed = pack_bytes(&data, dictionary.as_deref());
    // Saving less than an eighth is not worth unpacking at every reading.
    if packed.form == 1 && packed.data.len() < data.len() - data.len() / 8 {
        return Ok(Stored {
            form: 1,
            data: packed.data,
        });
    }
    Ok(Stored { form: 0, data })
}

/// The same in a store that has no dictionary yet.
pub(crate) fn pack_first(body: &StoredMessage) -> Result<Stored> {
    pack(body, || Ok(None))
}

/// Appends the encoded body.
pub(crate) fn encode_into(body: &StoredMessage, out: &mut Vec<u8>) -> Result<()> {
    encode_stored(body, out).map_err(unstorable)
}

/// What the codec says about a message that has no stored form.
fn unstorable(error: CodecError) -> Error {
    Error::caused(error.code(), "the message cannot be stored", error)
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

/// A bag ready to be read property by property.
#[derive(Debug)]
pub(crate) struct Unpacked<'a> {
    /// The encoded stored message, without its long properties if it has some.
    pub(crate) lean: Cow<'a, [u8]>,
    pub(crate) long: Option<Long<'a>>,
}

/// Unpacks what is asked for most; long properties wait until they are asked for.
pub(crate) fn unpack<'a>(db: &'a Connection, form: u8, data: &'a [u8]) -> Result<Unpacked<'a>> {
    if form == 0 && parted::is_parted(data) {
        let Parted { lean, long } = Parted::read(db, data)?;
        let long = Some(long);
        return Ok(Unpacked { lean, long });
    }
    let lean = unpack_bytes(db, form, data, MOST)?;
    Ok(Unpacked { lean, long: None })
}

/// The body of a stored form.
pub(crate) fn body_of(db: &Connection, form: u8, data: &[u8]) -> Result<StoredMessage> {
    if form == 0 && parted::is_parted(data) {
        return Parted::read(db, data)?.whole();
    }
    decode(&unpack_bytes(db, form, data, MOST)?)
}

/// The first bytes of what is encoded in a stored form, to learn a dictionary from.
pub(crate) fn sample(db: &Connection, form: u8, data: &[u8]) -> Result<Vec<u8>> {
    let unpacked = unpack(db, form, data)?;
    let mut bytes = unpacked.lean.into_owned();
    if let Some(long) = unpacked.long {
        bytes.extend_from_slice(&long.bytes()?);
    }
    Ok(bytes)
}

/// The body of an item; `None` if there is none.
pub(crate) fn find(db: &Connection, id: u64) -> Result<Option<StoredMessage>> {
    let mut select = db
        .prepare_cached("SELECT form, data FROM bag WHERE id = ?1")
        .lift()?;
    let body = |r: &rusqlite::Row<'_>| {
        let data = r.get_ref(1)?.as_blob()?;
        Ok(body_of(db, r.get(0)?, data))
    };
    select.query_row([id], body).optional().lift()?.transpose()
}

/// The body of an item that exists.
pub(crate) fn body(db: &Connection, id: u64) -> Result<StoredMessage> {
    find(db, id)?.ok_or_else(|| corrupt(format!("item {id} has no properties")))
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
