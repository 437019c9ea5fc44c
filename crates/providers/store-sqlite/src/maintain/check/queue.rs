//! The outgoing queue: what waits to be sent stands there, at its place, and nothing else does.

use mapi_kit::outgoing;
use mapi_props::{FileTime, StoredMessage};
use mapi_spi::{ItemMeta, QueuePlace, Result};
use rusqlite::OptionalExtension;

use super::Check;
use crate::failure::Lift;
use crate::queue;

impl Check<'_> {
    /// The place of a message in the queue.
    pub(super) fn queued(&mut self, meta: &ItemMeta, body: &StoredMessage) -> Result<()> {
        if !queue::is_kept(self.db)? {
            return Ok(());
        }
        let item = meta.id;
        let found: Option<u64> = self
            .db
            .prepare_cached("SELECT submitted FROM queue WHERE item = ?1")
            .and_then(|mut s| s.query_row([item.0], |r| r.get(0)).optional())
            .lift()?;
        let submitted = found.map(FileTime);
        let found = submitted.map(|submitted| QueuePlace { submitted, item });
        if found != outgoing::place(meta, &body.props) {
            let detail = format!("message {item} and the queue disagree");
            self.problem("queue", detail);
        }
        Ok(())
    }
}
