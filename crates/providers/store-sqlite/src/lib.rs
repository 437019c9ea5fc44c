//! A message store in one SQLite file: the default.
//!
//! One file per store in WAL mode, read by any number of threads and processes, written by one at a time.
//! `docs/format.md` describes the file. The rooms: `connection` (opening, one writer, a stack of readers), `schema`
//! and `migrations`, `transaction` (one write transaction), `commit` (change sets), `bag`, `blob` (large values,
//! staging, recipes), `order` (indexed orders, and facets for restrictions), `fulltext` (the words of messages), `view`
//! (pages from an index, from a pass, else through the table engine of `mapi-kit`), `queue` (what waits to be sent), `log`, `names`, `epoch` (who does
//! the background work), `maintain` (check, figures, compaction, backup), `platform` (all that differs between systems).
//!
//! Deliberately absent: any meaning of properties. Which are computed and how rows compare is the kit's matter.

mod bag;
mod blob;
mod building;
mod commit;
mod connection;
mod epoch;
mod failure;
mod fulltext;
mod item;
mod log;
mod maintain;
mod migrations;
mod names;
mod order;
mod platform;
mod queries;
mod queue;
mod schema;
mod search;
mod service;
mod store;
mod thread;
mod transaction;
mod view;
mod wake;

pub use service::SqliteService;
pub use store::SqliteStore;
