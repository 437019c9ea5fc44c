//! Outgoing messages: where one stands in the queue, and the operations that lock it, take it back and finish it.
//! Reference: "Outgoing Queue Tables", "Message Submission Model" (requirements OUT-08, OUT-09, SP-01)
//!
//! Nothing here commits: what becomes of several messages, of their reports and of what the spooler knows of them can be one
//! atomic change set.

mod finish;
mod lock;
pub mod state;
mod submit;

use mapi_props::{Bag, FileTime, PropValue, message_flags, tags};
use mapi_spi::{ItemKind, ItemMeta, QueuePlace};

pub use finish::{Disposition, Sent, finish, sent_folder, served};
pub use lock::{LOCKED, forgotten, is_locked, lock, submit_flags, taken_back, unlock};
pub use submit::{is_open, submitted_now, submitted_rows};

/// Whether a message waits to be sent: MSGFLAG_SUBMIT, in the contents of a folder, not soft-deleted.
#[must_use]
pub fn is_queued(meta: &ItemMeta) -> bool {
    let message = matches!(meta.kind, ItemKind::Message { associated: false });
    message && !meta.deleted && meta.flags & message_flags::SUBMIT != 0
}

/// Where a message with these properties stands in the queue of its store; `None` if it does not wait to be sent.
#[must_use]
pub fn place(meta: &ItemMeta, props: &Bag) -> Option<QueuePlace> {
    is_queued(meta).then(|| QueuePlace {
        submitted: submitted(props),
        item: meta.id,
    })
}

/// PR_CLIENT_SUBMIT_TIME; 0 where there is none. A FILETIME has 63 bits: what is beyond is as late as can be.
#[must_use]
pub fn submitted(props: &Bag) -> FileTime {
    let time = props.value(tags::CLIENT_SUBMIT_TIME);
    let time = time.and_then(PropValue::as_time).unwrap_or_default();
    FileTime(time.0.min(i64::MAX.cast_unsigned()))
}
