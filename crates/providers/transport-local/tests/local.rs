//! Local delivery through its service: real files, two profiles and more, an inbox that keeps what it is told to.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed test should stop here"
)]

#[path = "local/addresses.rs"]
mod addresses;
#[path = "local/ascertaining.rs"]
mod ascertaining;
#[path = "local/dropped.rs"]
mod dropped;
#[path = "local/hostile.rs"]
mod hostile;
#[path = "local/receiving.rs"]
mod receiving;
#[path = "local/sending.rs"]
mod sending;
#[path = "local/stopped.rs"]
mod stopped;
#[path = "local/whole.rs"]
mod whole;
#[path = "local/world.rs"]
mod world;
