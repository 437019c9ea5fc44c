//! Tests of the whole room: samples, shared corpus, hostile mail, round trips, mbox files.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

mod condensed;
mod containers;
mod corpus;
mod forms;
mod headers;
mod hostile;
mod reports;
mod roundtrip;
mod said;
mod samples;
mod shown;
mod write_any;
mod write_corpus;
mod write_forms;
