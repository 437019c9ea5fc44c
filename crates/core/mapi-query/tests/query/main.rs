//! Matching and order as their users see them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod model;
mod orders;
mod restrictions;
mod sample;
mod streams;
mod words;
