//! Which messages of the queue a transport may be given now.

use mapi::spool::Waiting;
use mapi_kit::outgoing::state::{Cause, Phase};
use mapi_props::Guid;

use super::Sending;

/// So often a message may fail with its transport before it is doubted whether that is the transport's fault: then the one
/// behind it is tried too.
const DOUBT: u32 = 3;

/// Whether a message may be given to a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// It may, as far as its state says.
    Now {
        /// The transport had deferred it, and wants it again.
        again: bool,
    },
    /// Not it, but those behind it.
    Not,
    /// Neither it nor those behind it: the transport can send nothing now.
    Stop,
}

/// What was met on the way through the queue for one transport.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Messages that the transport failed with, so often that it may be their fault.
    doubtful: u32,
}

impl Queue {
    /// Meets a message that the transport could not send after so many attempts, for its own reasons. Whether those behind it may
    /// be tried: two in a row are not the messages' fault.
    pub(super) const fn may_pass(&mut self, attempts: u32) -> bool {
        if attempts < DOUBT {
            return false;
        }
        self.doubtful += 1;
        self.doubtful < 2
    }
}

impl Sending<'_> {
    /// Whether `transport` may be given this message now.
    pub(super) fn due(&self, waiting: &Waiting, transport: Guid, queue: &mut Queue) -> Due {
        if self.work.is_unsettled(waiting.item) {
            return Due::Not;
        }
        let phase = &waiting.state.phase;
        if *phase != Phase::Held && self.wants_again(transport, waiting.item) {
            return Due::Now { again: true };
        }
        if self.tried.contains(&(waiting.item, transport)) {
            return self.met(waiting, transport, queue);
        }
        match phase {
            Phase::Ready => self.routed(waiting, transport),
            Phase::Waiting { until, cause, .. } => {
                let concerns = waiting.state.transport.is_none_or(|t| t == transport);
                let due = *until <= self.spool.now() || self.forced(*cause, transport);
                if due || !concerns && *cause != Cause::SendTime {
                    return self.routed(waiting, transport);
                }
                self.met(waiting, transport, queue)
            }
            Phase::Started | Phase::Committing | Phase::Held | Phase::Unknown | Phase::Deferred => {
                Due::Not
            }
        }
    }

    /// Whether something makes a message due before its time. What its sender wants later stays for later.
    fn forced(&self, cause: Cause, transport: Guid) -> bool {
        match cause {
            Cause::SendTime => false,
            Cause::Transport | Cause::Recipients => {
                self.wanted.force || self.turned_back || self.heard.ready.contains(&transport)
            }
        }
    }

    /// A message that waits: those behind it wait too if it is the transport that it waits for.
    fn met(&self, waiting: &Waiting, transport: Guid, queue: &mut Queue) -> Due {
        let state = &waiting.state;
        let for_it = matches!(
            state.phase,
            Phase::Waiting {
                cause: Cause::Transport,
                ..
            }
        );
        if !for_it || state.transport != Some(transport) || queue.may_pass(state.attempts) {
            return Due::Not;
        }
        Due::Stop
    }

    /// As far as it is known which transports serve it next.
    fn routed(&self, waiting: &Waiting, transport: Guid) -> Due {
        match self.work.roster.route(waiting.item, waiting.change) {
            Some(route) if !route.next.contains(&transport) => Due::Not,
            _ => Due::Now { again: false },
        }
    }
}
