//! What the spooler knows of a message in the queue: its row beside the message, and how that is written.
//! Reference: "MAPI Spooler" (requirements SP-01, OUT-08); docs/design/sending.md
//!
//! One small value, however many recipients there are: what is known of neighbours in the recipient table is written once.

mod wire;

use mapi_props::{FileTime, Guid};
use mapi_spi::{Fate, Refusal, Result};

/// How many transports that declined a recipient are remembered.
pub const DECLINERS: usize = 64;

/// What the spooler knows of a message in the queue. The default is what is known of one without a row: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueState {
    /// How often a transport was given it.
    pub attempts: u32,
    /// Where it stands.
    pub phase: Phase,
    /// PR_PROVIDER_UID of the transport that has it, had it last, or is waited for.
    pub transport: Option<Guid>,
    /// Transports that declined recipients or keep the message for them: what the bits of [`Known`] mean.
    pub decliners: Vec<Guid>,
    /// Since when it is tried, where that is later than its submission: somebody wanted it tried anew. Counts for when it is
    /// given up.
    pub since: Option<FileTime>,
    /// By this its transport may say what became of it, while it is [`Phase::Committing`] ([`mapi_spi::Mark::token`]).
    pub token: Vec<u8>,
    /// How often the transport was asked that in vain.
    pub asked: u32,
    /// What is known of each recipient, by its place in the recipient table; those behind the end are [`Known::OPEN`].
    pub known: Vec<Known>,
}

/// Where a message in the queue stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Phase {
    /// It is sent as soon as its turn comes.
    #[default]
    Ready,
    /// A transport was given it and has not said its last word: nothing has left yet.
    Started,
    /// A transport is saying its last word: [`Known::Leaving`] recipients have it, or have it not.
    Committing,
    /// Not now.
    Waiting {
        /// Not before this.
        until: FileTime,
        /// What for.
        cause: Cause,
        /// Why, for a person.
        why: String,
    },
    /// Somebody said that it is not to be sent for now.
    Held,
    /// Nobody knows whether some recipients have it. It is not sent again unless somebody says so.
    Unknown,
    /// A transport keeps it, and asks for it again by itself.
    Deferred,
}

/// What a message waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The time that its sender wants (PR_DEFERRED_SEND_TIME).
    SendTime,
    /// Its transport, which could send nothing: messages behind it that need the same one wait too.
    Transport,
    /// Some recipients, for whom their transport could do nothing yet; other messages pass it.
    Recipients,
}

/// What is known of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is to be served.
    Open {
        /// Which of [`QueueState::decliners`] declined it, one bit each.
        declined: u64,
        /// Why it was not served yet, for a person; empty: nobody tried.
        why: String,
    },
    /// A transport is saying its last word for it.
    Leaving,
    /// It was sent.
    Sent,
    /// It was refused for good.
    Refused(Refusal),
    /// A transport keeps it, and asks for it again.
    Deferred {
        /// Which had declined it before, as in [`Known::Open`].
        declined: u64,
        /// Which keeps it, as one bit; 0: nobody noted that.
        by: u64,
    },
    /// Nobody knows whether it was sent.
    Unknown,
}

/// What is known of one of whom nothing was noted.
static OPEN: Known = Known::OPEN;

impl Known {
    /// Nothing is known.
    pub const OPEN: Self = Self::Open {
        declined: 0,
        why: String::new(),
    };

    /// What is said of it, for a person; may be empty.
    fn said(&self) -> &str {
        match self {
            Self::Open { why, .. } => why,
            Self::Refused(refusal) => &refusal.text,
            _ => "",
        }
    }

    fn unsay(&mut self) {
        match self {
            Self::Open { why, .. } => *why = String::new(),
            Self::Refused(refusal) => refusal.text = String::new(),
            _ => {}
        }
    }

    /// Whether a transport is still to be found for it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// Whether a transport keeps it.
    #[must_use]
    pub const fn is_deferred(&self) -> bool {
        matches!(self, Self::Deferred { .. })
    }

    /// Whether nothing will become of it any more: PR_RESPONSIBILITY is TRUE.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Sent | Self::Refused(_))
    }
}

impl QueueState {
    /// What is known of the recipient at `place`.
    #[must_use]
    pub fn of(&self, place: usize) -> &Known {
        self.known.get(place).unwrap_or(&OPEN)
    }

    /// Notes something of the recipient at `place`.
    pub fn set(&mut self, place: usize, known: Known) {
        if self.known.len() <= place {
            self.known.resize(place + 1, Known::OPEN);
        }
        if let Some(old) = self.known.get_mut(place) {
            *old = known;
        }
    }

    /// Whether the transport called `uid` declined the recipient at `place`.
    #[must_use]
    pub fn declined(&self, place: usize, uid: Guid) -> bool {
        let bit = self.decliners.iter().position(|d| *d == uid);
        match (self.of(place), bit) {
            (Known::Open { declined, .. }, Some(bit)) => declined & (1 << bit) != 0,
            _ => false,
        }
    }

    /// Notes what the transport called `uid` said of the recipient at `place`. `Sent` counts as sent: an attempt that has said
    /// so beforehand has said [`Known::Leaving`].
    pub fn note(&mut self, place: usize, uid: Guid, fate: &Fate) {
        let declined = match self.of(place) {
            Known::Open { declined, .. } => *declined,
            _ => 0,
        };
        let known = match fate {
            Fate::Sent => Known::Sent,
            Fate::Refused(refusal) => Known::Refused(refusal.clone()),
            Fate::Later { why, .. } => Known::Open {
                declined,
                why: why.clone(),
            },
            Fate::Deferred => Known::Deferred {
                declined,
                by: self.bit(uid),
            },
            // A fate of a later version of the boundary: the recipient is not served, and the transport not asked again.
            _ => Known::Open {
                declined: declined | self.bit(uid),
                why: String::new(),
            },
        };
        self.set(place, known);
    }

    /// Whether the transport called `uid` keeps the message for the recipient at `place`.
    #[must_use]
    pub fn is_kept_by(&self, place: usize, uid: Guid) -> bool {
        let bit = self.decliners.iter().position(|d| *d == uid);
        match (self.of(place), bit) {
            (Known::Deferred { by: 0, .. }, _) => true,
            (Known::Deferred { by, .. }, Some(bit)) => by & (1 << bit) != 0,
            _ => false,
        }
    }

    /// The bit of a transport; none if there are too many.
    fn bit(&mut self, uid: Guid) -> u64 {
        let known = self.decliners.iter().position(|d| *d == uid);
        let at = known.unwrap_or(self.decliners.len());
        if at >= DECLINERS {
            return 0;
        }
        if known.is_none() {
            self.decliners.push(uid);
        }
        1 << at
    }

    /// Whether the message is, or may be, in hands from which nobody takes it back whole: it stays locked.
    #[must_use]
    pub fn has_left(&self) -> bool {
        let left = |k: &Known| matches!(k, Known::Sent | Known::Leaving | Known::Unknown);
        self.known.iter().any(left)
    }

    /// The row's value.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::write(self)
    }

    /// Reads a row's value.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_DATA` for one that is damaged, `MAPI_E_VERSION` for one that a later version of the spooler wrote. Such a
    /// message must not be sent: nobody knows how far it was.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        wire::read(bytes)
    }
}

#[cfg(test)]
mod tests;
