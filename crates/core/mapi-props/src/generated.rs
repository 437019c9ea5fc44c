//! Tables made by `cargo xtask codegen` from `data/*.csv`. Lookups over them are in [`crate::names`].

pub mod guids;
pub(crate) mod named;
pub(crate) mod protocol_codes;
pub(crate) mod tag_names;
pub mod tags;
