//! The store in its file: what conformance cannot see, because it is about files, processes and damage.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

mod basics;
mod brute;
mod dictionary;
mod disasters;
mod ground;
mod identified;
mod indexing;
mod leases;
mod model;
mod orders;
mod outgoing;
mod queue;
mod restricted;
mod restrictions;
mod searches;
mod threads;
mod turns;
mod version_5;
mod versions;
