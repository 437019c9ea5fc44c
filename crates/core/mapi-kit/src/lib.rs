//! What every provider and the client API would otherwise write twice.

pub mod computed;
pub mod content;
pub mod engine;
pub mod entry_ids;
pub mod export;
pub mod import;
pub mod large;
pub mod lift;
pub mod names;
pub mod read_only;
pub mod recipients;
pub mod save;
pub mod subject;
pub mod trace;
pub mod working;
