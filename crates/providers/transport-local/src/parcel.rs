//! Parcels: files of messages for one mailbox, in order.
//!
//! A parcel is `MALLEPCL`, the version byte `01`, its records, and a last record that says how many there were:
//!
//! * **Record**: kind (`T` a message tree, `M` a mail as it came, `E` the end), length (64 bits), and that many bytes. Numbers are
//!   least significant byte first.
//! * **T and M**: length of the head (64 bits), BLAKE3 of the head, the head, then the large values one after another, each followed
//!   by its BLAKE3.
//! * **Head**: for whom (a block: 32 bits length and UTF-8; empty: whoever of the recipients the mailbox belongs to), 32 bits number
//!   of large values and 64 bits size of each. Of a tree further: 32 bits number of names and each name (property set, `00` and 32 bits
//!   or `01` and a block), then a stored message in the canonical form of `mapi_props::codec`, whose identifiers from 0x8000 on are
//!   places among the names and whose large values are places among the values. Of a mail the only value is its bytes.
//! * **E**: how many records came before (64 bits). Nothing follows it.
//!
//! Readers trust nothing: lengths must tile the file, heads and values must have their hashes, nothing is allocated for what the
//! file only promises. A record that is wrong in itself keeps no other from being read.

mod decode;
mod encode;
mod name;
mod read;
mod value;
mod wire;
mod write;

pub use encode::{Addressing, TooMuch};
pub use read::{Broken, Content, ParcelReader, Posted};
pub use write::{ParcelWriter, WriteError};

pub(crate) use encode::row_is_seen;
pub(crate) use name::{ParcelName, Series};

const MAGIC: &[u8; 8] = b"MALLEPCL";
const VERSION: u8 = 1;
/// Bytes before the first record.
const START: u64 = 9;
/// Kind and length of a record.
const RECORD: u64 = 9;
/// Length and hash of a head.
const HEAD: u64 = 40;
const HASH: u64 = 32;
const TREE: u8 = b'T';
const MAIL: u8 = b'M';
const END: u8 = b'E';

/// Values over this many bytes stand outside of the head, and are streamed.
const INLINE: u64 = 32 << 10;
/// The longest head: enough for some hundred thousand recipients.
const LONGEST_HEAD: u64 = 256 << 20;
/// Most records of a parcel.
const MOST: u64 = 1 << 20;
/// Bytes moved at once.
const STEP: usize = 256 << 10;
