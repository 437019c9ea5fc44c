//! Mailboxes opened in their place: what they show, that it stays, and that nothing in them is ever changed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests say what went wrong by failing"
)]

#[path = "mailbox/changes.rs"]
mod changes;
#[path = "mailbox/equal.rs"]
mod equal;
#[path = "mailbox/index.rs"]
mod index;
#[path = "mailbox/reading.rs"]
mod reading;
#[path = "mailbox/world.rs"]
mod world;
