//! Large values: chunks keyed by the BLAKE3 of the whole, recipes over them, references and leases.

mod base64;
mod chunks;
mod content;
mod dictionary;
mod lease;
mod prepare;
mod reader;
mod recipe;
mod stage;
mod table;

pub(crate) use chunks::{CHUNK, Packed, pack as pack_bytes, unpack as unpack_bytes};
pub(crate) use content::Content;
pub(crate) use dictionary::{
    Dictionaries, Dictionary, forget as forget_dictionary, make_before as make_dictionary_before,
};
pub(crate) use lease::Leases;
pub(crate) use prepare::{Prepared, prepare};
pub(crate) use reader::{OpenValue, SlotReader};
pub(crate) use recipe::Recipe;
pub(crate) use stage::{ValueStage, adopt};
pub(crate) use table::{Key, find, has_unbound, keys_of, move_refs, sweep, write};
