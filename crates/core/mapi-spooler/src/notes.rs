//! What transports said since the last round. Reference: "IMAPISupport::SpoolerNotify" (requirement XP-01)

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mapi_props::Guid;
use mapi_spi::SpoolerNotice;

use crate::options::Waker;

/// Where transports leave word for the next round.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    heard: Mutex<Heard>,
    wake: Option<Waker>,
}

/// What was said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// They have something that arrived.
    pub(crate) mail: BTreeSet<Guid>,
    /// They can send what they put off.
    pub(crate) ready: BTreeSet<Guid>,
    /// They reach something else now.
    pub(crate) changed: BTreeSet<Guid>,
    /// Messages that they deferred and want again.
    pub(crate) wanted: BTreeSet<(Guid, Vec<u8>)>,
    /// They can do nothing more, and why.
    pub(crate) broken: BTreeMap<Guid, String>,
}

impl Notes {
    pub(crate) fn new(wake: Option<Waker>) -> Self {
        Self {
            heard: Mutex::default(),
            wake,
        }
    }

    /// Notes what a transport says. It may be in the middle of anything.
    pub(crate) fn note(&self, transport: Guid, notice: SpoolerNotice) {
        {
            let mut heard = self.lock();
            match notice {
                SpoolerNotice::NewMail => drop(heard.mail.insert(transport)),
                SpoolerNotice::ReadyToSend => drop(heard.ready.insert(transport)),
                SpoolerNotice::SentDeferred(id) => {
                    heard.wanted.insert((transport, id));
                }
                SpoolerNotice::ConfigChange => drop(heard.changed.insert(transport)),
                SpoolerNotice::CriticalError(why) => drop(heard.broken.insert(transport, why)),
                // Of a later version of the boundary.
                _ => return,
            }
        }
        if let Some(wake) = &self.wake {
            wake.wake();
        }
    }

    /// Takes what was said; who is broken stays so.
    pub(crate) fn take(&self) -> Heard {
        let mut heard = self.lock();
        let broken = heard.broken.clone();
        let taken = std::mem::take(&mut *heard);
        heard.broken = broken;
        taken
    }

    /// Puts back what a round could not act on.
    pub(crate) fn put_back(&self, left: Heard) {
        let mut heard = self.lock();
        heard.mail.extend(left.mail);
        heard.ready.extend(left.ready);
        heard.changed.extend(left.changed);
        heard.wanted.extend(left.wanted);
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
