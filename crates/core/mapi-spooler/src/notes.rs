//! What transports said since the last round. Reference: "IMAPISupport::SpoolerNotify" (requirement XP-01)

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use mapi::EntryId;
use mapi::spool::Spool;
use mapi_props::Guid;
use mapi_spi::{ItemId, SpoolerNotice};

use crate::options::Waker;

/// So many messages are remembered one by one that transports want again. One that wants more wants all that it keeps.
const WANTED: usize = 50_000;

/// Where transports leave word for the next round.
#[derive(Debug)]
pub(crate) struct Notes {
    heard: Mutex<Heard>,
    /// The queue whose messages they name.
    spool: Spool,
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
    pub(crate) wanted: BTreeSet<(Guid, ItemId)>,
    /// They want all that they deferred.
    pub(crate) want_all: BTreeSet<Guid>,
    /// They can do nothing more, and why.
    pub(crate) broken: BTreeMap<Guid, String>,
}

impl Heard {
    fn want(&mut self, transport: Guid, item: ItemId) {
        if self.want_all.contains(&transport) {
            return;
        }
        self.wanted.insert((transport, item));
        if self.wanted.len() > WANTED {
            self.wanted.retain(|(by, _)| *by != transport);
            self.want_all.insert(transport);
        }
    }
}

impl Notes {
    pub(crate) fn new(spool: Spool, wake: Option<Waker>) -> Self {
        Self {
            heard: Mutex::default(),
            spool,
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
                SpoolerNotice::SentDeferred(id) => match self.spool.item(&EntryId::from(id)) {
                    Ok(item) => heard.want(transport, item),
                    Err(_) => return,
                },
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
        heard.want_all.extend(left.want_all);
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
