//! Chunks: 256 KiB pieces of a value, each raw or compressed, whichever is smaller.

use mapi_spi::Result;

use crate::failure::corrupt;

/// Bytes of a chunk; the last one of a value may be shorter.
pub(crate) const CHUNK: usize = 256 * 1024;
/// Numbers set aside for the chunks of one value: `chunk.id = blob.id * CHUNKS_PER_BLOB + n`.
pub(crate) const CHUNKS_PER_BLOB: u64 = 1 << 20;
/// Compression level: fast, and enough for text.
const LEVEL: i32 = 3;

/// Bytes in stored form: 0 raw, 1 zstd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) form: u8,
    pub(crate) data: Vec<u8>,
}

/// The smaller of raw and compressed.
pub(crate) fn pack(raw: &[u8]) -> Packed {
    match zstd::bulk::compress(raw, LEVEL) {
        Ok(data) if data.len() < raw.len() => Packed { form: 1, data },
        _ => Packed {
            form: 0,
            data: raw.to_vec(),
        },
    }
}

/// The bytes again; `most` is the largest size that they may have.
pub(crate) fn unpack(form: u8, data: &[u8], most: usize) -> Result<Vec<u8>> {
    match form {
        0 => Ok(data.to_vec()),
        1 => zstd::bulk::decompress(data, most)
            .map_err(|_| corrupt("a compressed part of the store is damaged")),
        _ => Err(corrupt(format!(
            "a part of the store has the unknown form {form}"
        ))),
    }
}

/// The chunks of a whole value in memory.
pub(super) fn pack_all(bytes: &[u8]) -> Vec<Packed> {
    bytes.chunks(CHUNK).map(pack).collect()
}
