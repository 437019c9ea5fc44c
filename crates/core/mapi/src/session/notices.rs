//! What the transports of a session tell its spooler. Reference: "IMAPISupport::SpoolerNotify" (requirement XP-01)

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mapi_props::Guid;
use mapi_spi::SpoolerNotice;

/// Who hears them: told the transport's PR_PROVIDER_UID, on whatever thread the transport speaks.
type Heard = Arc<dyn Fn(Guid, SpoolerNotice) + Send + Sync>;

/// Where transports speak and the spooler of the session listens, if it has one.
#[derive(Default)]
pub(crate) struct Notices(Mutex<Option<Heard>>);

impl Notices {
    /// From now on this one hears; nobody, if there is none.
    pub(crate) fn tell(&self, heard: Option<Heard>) {
        // What was there is dropped after the lock is given back: it may own anything.
        let _before = std::mem::replace(&mut *self.lock(), heard);
    }

    /// A transport says something. Nobody hears where no spooler works.
    pub(super) fn say(&self, transport: Guid, notice: SpoolerNotice) {
        let heard = self.lock().clone();
        if let Some(heard) = heard {
            heard(transport, notice);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Notices")
            .field(&self.lock().is_some())
            .finish()
    }
}
