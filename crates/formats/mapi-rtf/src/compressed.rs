//! The packed form in which PR_RTF_COMPRESSED keeps RTF.
//! [MS-OXRTFCP]
//!
//! A header of 16 bytes, then either a run of literals and references into the last 4096 bytes (LZFu), or the bytes as
//! they are (MELA).

mod compress;
pub(crate) mod crc;
mod decompress;
mod dictionary;
mod header;
#[cfg(test)]
mod tests;

pub use compress::{Packer, compress, store};
pub use decompress::{Decompressor, decompress};
pub use header::{Damage, Header, Packing};
