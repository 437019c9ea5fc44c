//! The reference store, operation by operation.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "store/bulk.rs"]
mod bulk;
#[path = "store/decorators.rs"]
mod decorators;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/folders.rs"]
mod folders;
#[path = "store/host.rs"]
mod host;
#[path = "store/large.rs"]
mod large;
#[path = "store/log.rs"]
mod log;
#[path = "store/messages.rs"]
mod messages;
#[path = "store/names.rs"]
mod names;
#[path = "store/random.rs"]
mod random;
#[path = "store/views.rs"]
mod views;
