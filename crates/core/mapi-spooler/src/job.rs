//! A message that a transport is given: made ready, tried, and what became of it.

use mapi::spool::{Picked, Settlement};
use mapi_kit::outgoing::state::{Cause, Known, Phase, QueueState};
use mapi_props::{FileTime, Guid, MessageTree};
use mapi_spi::{Error, Fate, Mark, Result};

use crate::outcome::{self, Attempted, Next};

/// A message for one transport.
#[derive(Debug)]
pub(crate) struct Job {
    /// The message in the store.
    pub(crate) picked: Picked,
    /// What was known of it before.
    pub(crate) state: QueueState,
    /// Its entry id.
    pub(crate) entry_id: Vec<u8>,
    /// Whom the transport is to serve.
    pub(crate) places: Vec<usize>,
    /// BEGIN_DEFERRED.
    pub(crate) again: bool,
    /// The copy that is sent; the transport's thread has it while it is tried.
    pub(crate) copy: Option<MessageTree>,
    /// What the transport had said when it was to say its last word.
    pub(crate) marked: Option<Vec<Fate>>,
    /// By this it may say what became of it ([`Mark::token`]).
    pub(crate) token: Vec<u8>,
}

impl Job {
    /// PR_MESSAGE_SIZE.
    pub(crate) const fn size(&self) -> u64 {
        self.picked.meta.size
    }

    /// What is known of it while a transport has it.
    pub(crate) fn started(&self, by: Guid) -> QueueState {
        QueueState {
            attempts: self.state.attempts.saturating_add(1),
            phase: Phase::Started,
            transport: Some(by),
            ..self.state.clone()
        }
    }

    /// What is known of it while the transport says its last word.
    pub(crate) fn committing(&self, by: Guid, mark: &Mark) -> QueueState {
        let mut state = self.started(by);
        state.phase = Phase::Committing;
        state.token = token(mark);
        for (place, fate) in self.places.iter().zip(&mark.fates) {
            match fate {
                Fate::Sent => state.set(*place, Known::Leaving),
                other => state.note(*place, by, other),
            }
        }
        state
    }

    /// Whether the transport failed, or said what nobody understands, when it was to say its last word, but may know what became of it.
    pub(crate) fn cut_off(&self, answer: &Result<Vec<Fate>>) -> bool {
        let understood = matches!(answer, Ok(fates) if fates.len() == self.places.len());
        self.marked.is_some() && !self.token.is_empty() && !understood
    }

    /// Notes what became of it. What it waited for with other transports it waits for still.
    pub(crate) fn note(&mut self, by: Guid, answer: &Result<Vec<Fate>>, stopped: bool) -> Next {
        self.noted(by, |state, attempted| {
            outcome::note(state, attempted, answer, stopped)
        })
    }

    /// Notes what its transport, which failed with this error at its last word, says became of recipients that it was to send to.
    pub(crate) fn learn(&mut self, by: Guid, fates: &[Option<Fate>], error: &Error) -> Next {
        self.noted(by, |state, attempted| {
            outcome::learned(state, attempted, fates, error)
        })
    }

    fn noted(
        &mut self,
        by: Guid,
        note: impl FnOnce(&mut QueueState, &Attempted<'_>) -> Next,
    ) -> Next {
        let before = self.state.phase.clone();
        let waited_with = self.state.transport;
        let attempted = Attempted {
            transport: by,
            places: &self.places,
            marked: self.marked.as_deref(),
        };
        let next = note(&mut self.state, &attempted);
        if next == Next::Stopped {
            return next;
        }
        self.state.attempts = self.state.attempts.saturating_add(1);
        let elsewhere = matches!(before, Phase::Waiting { .. }) && waited_with != Some(by);
        if elsewhere {
            self.state.phase = before;
        } else {
            self.state.phase = Phase::Ready;
            self.state.transport = Some(by);
        }
        next
    }

    /// Has it wait. Where it waits with another transport already, it waits with both for the longer time.
    pub(crate) fn wait(&mut self, by: Guid, until: FileTime, cause: Cause, why: String) {
        let (until, transport, cause) = match &self.state.phase {
            Phase::Waiting {
                until: other,
                cause: its,
                ..
            } if self.state.transport != Some(by) => {
                let cause = if cause == *its {
                    cause
                } else {
                    Cause::Recipients
                };
                (until.max(*other), None, cause)
            }
            _ => (until, Some(by), cause),
        };
        self.state.transport = transport;
        self.state.phase = Phase::Waiting { until, cause, why };
    }

    /// What is to be written of it.
    pub(crate) fn settlement(mut self) -> Settlement {
        let verdict = outcome::verdict(&mut self.state, &self.picked.recipients);
        Settlement {
            message: self.picked,
            state: self.state,
            verdict,
            recipients: None,
            reports: Vec::new(),
        }
    }
}

/// The token of a mark; one that is too long is none.
pub(crate) fn token(mark: &Mark) -> Vec<u8> {
    match mark.token.len() <= Mark::LONGEST_TOKEN {
        true => mark.token.clone(),
        false => Vec::new(),
    }
}
