//! Tests of the whole room: files of another producer, the shared corpus, hostile files, round trips.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

mod by_hand;
mod corpus;
mod hostile;
mod large;
mod roundtrip;
mod shown;
