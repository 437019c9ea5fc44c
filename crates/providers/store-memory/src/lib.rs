//! A message store in memory: the strict reference that every other store is compared with.
//!
//! Plain maps under one lock, obviously right rather than quick. Every write goes through
//! one primitive that keeps the counters and a journal, so that whatever fails can be undone; debug
//! builds recount everything after commits.
//!
//! Where the boundary's contract leaves a choice, this store's answer is the definition:
//! * An operation on a folder or message that is gone for good or soft-deleted is
//!   `MAPI_E_OBJECT_DELETED`; a number never given out, or one of the other kind, is
//!   `MAPI_E_NOT_FOUND`. In an [`Items`](mapi_spi::Items) list whatever is gone for good is
//!   `MAPI_E_NOT_FOUND`; soft-deleted messages take only a hard delete and recovery.
//! * Items that a bulk operation leaves alone are in its outcome in both commit modes; they do not
//!   make the operation fail. The operation's own arguments do (a target folder that is gone).
//! * A flag, status or move that changes nothing counts as done and is not logged.
//! * Soft-deleting a folder soft-deletes everything below it. A message is recovered only into a
//!   folder that is there (`MAPI_E_OBJECT_DELETED`).
//! * A submitted message keeps a folder from being deleted (`MAPI_E_SUBMITTED`), and emptying leaves
//!   it with the folders above it.
//! * Copies keep content version and source, lose status, SUBMIT, RN_PENDING and NRN_PENDING.
//! * PR_DELETED_MSG_COUNT counts soft-deleted messages of both tables.
//! * The root folder cannot be renamed (`MAPI_E_NO_ACCESS`); search folders hold nothing, and are neither copied nor
//!   moved nor emptied (`MAPI_E_NO_SUPPORT`). A copy of a folder leaves search folders below it out.
//! * Changes of the store's own properties are logged for item number 0.
//! * An entry of the log names what really changed, PR_MESSAGE_SIZE (as PT_I8) included.
//! * Computed properties in a patch are `MAPI_E_COMPUTED`; PT_NULL, PT_ERROR and empty
//!   multi-values are `MAPI_E_INVALID_PARAMETER`.

mod commit;
mod content;
mod faults;
mod names;
mod remote;
mod rows;
mod search;
mod service;
mod state;
mod store;
mod threads;

pub use service::{MemoryService, NAME};
pub use store::{MemoryStore, Options};
