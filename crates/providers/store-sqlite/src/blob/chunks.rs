//! Chunks: 256 KiB pieces of a value, each raw or compressed, whichever is smaller.

use std::borrow::Cow;
use std::cell::RefCell;

use mapi_spi::Result;
use rusqlite::Connection;
use zstd::zstd_safe::{CCtx, DCtx, compress_bound, get_dict_id_from_frame, get_frame_content_size};

use super::dictionary::{self, Dictionary};
use crate::failure::corrupt;

/// Bytes of a chunk; the last one of a value may be shorter.
pub(crate) const CHUNK: usize = 256 * 1024;
/// Numbers set aside for the chunks of one value: `chunk.id = blob.id * CHUNKS_PER_BLOB + n`.
pub(crate) const CHUNKS_PER_BLOB: u64 = 1 << 20;
/// Compression level: fast, and enough for text.
pub(super) const LEVEL: i32 = 3;
/// Values up to this many bytes are compressed with the store's dictionary; larger ones make up for it themselves.
const SMALL: usize = 64 * 1024;

thread_local! {
    // Setting up a context takes as long as compressing a message.
    static PACKING: RefCell<CCtx<'static>> = RefCell::new(CCtx::create());
    static UNPACKING: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

/// Bytes in stored form: 0 raw, 1 zstd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) form: u8,
    pub(crate) data: Vec<u8>,
}

/// The smaller of raw and compressed.
pub(crate) fn pack(raw: &[u8], dictionary: Option<&Dictionary>) -> Packed {
    let dictionary = dictionary.filter(|_| raw.len() <= SMALL);
    let mut data = Vec::with_capacity(compress_bound(raw.len()));
    let done = PACKING.with_borrow_mut(|context| match dictionary {
        Some(dictionary) => context.compress_using_cdict(&mut data, raw, &dictionary.0),
        None => context.compress(&mut data, raw, LEVEL),
    });
    match done {
        Ok(len) if len < raw.len() => {
            data.shrink_to_fit();
            Packed { form: 1, data }
        }
        _ => Packed {
            form: 0,
            data: raw.to_vec(),
        },
    }
}

/// The bytes again; `most` is the largest size that they may have.
pub(crate) fn unpack<'a>(
    db: &Connection,
    form: u8,
    data: &'a [u8],
    most: usize,
) -> Result<Cow<'a, [u8]>> {
    match form {
        0 => Ok(Cow::Borrowed(data)),
        1 => inflate(db, data, most).map(Cow::Owned),
        _ => Err(corrupt(format!(
            "a part of the store has the unknown form {form}"
        ))),
    }
}

fn inflate(db: &Connection, data: &[u8], most: usize) -> Result<Vec<u8>> {
    let damaged = || corrupt("a compressed part of the store is damaged");
    let size = get_frame_content_size(data).ok().flatten();
    let size = size.and_then(|size| usize::try_from(size).ok());
    let size = size.filter(|size| *size <= most).ok_or_else(damaged)?;
    let dictionary = match get_dict_id_from_frame(data) {
        Some(number) => Some(dictionary::reading(db, number.get())?),
        None => None,
    };
    let mut bytes = Vec::with_capacity(size);
    let done = UNPACKING.with_borrow_mut(|context| match &dictionary {
        Some(dictionary) => context.decompress_using_ddict(&mut bytes, data, dictionary),
        None => context.decompress(&mut bytes, data),
    });
    if done.is_ok_and(|len| len == size) {
        Ok(bytes)
    } else {
        Err(damaged())
    }
}

/// The chunks of a whole value in memory.
pub(super) fn pack_all(bytes: &[u8], dictionary: Option<&Dictionary>) -> Vec<Packed> {
    bytes
        .chunks(CHUNK)
        .map(|chunk| pack(chunk, dictionary))
        .collect()
}
