//! Local delivery: a transport between the mailboxes of one machine, through files in a spool directory.
//! Requirement XP-01; the design is docs/design/local-delivery.md
//!
//! What is sent to a mailbox lies in *parcels* until its owner takes it: one file holds the messages of one batch for one
//! mailbox, in order, and appears whole or not at all. [`LocalDeliveryService`] is the message service; [`Post`] is the way in for
//! programs that have RFC 5322 and no profile; [`parcel`] reads and writes the files.
//!
//! Deliberately absent: stores, queues and profiles. A parcel that was read is given to the spooler, which keeps it.

mod address;
mod machine;
pub mod parcel;
mod post;
mod service;
mod settings;
mod spool;
mod transport;
mod trouble;

pub use post::{Answer, Envelope, Post};
pub use service::{LocalDeliveryService, NAME};
