//! Where a script can strike, and what happens there.

use std::fmt;
use std::time::Duration;

use mapi_props::Code;
use mapi_spi::{Fate, Refusal};

/// A step of the contract between spooler and transport. Each is met before what it is named for, unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The transport is logged on.
    Open,
    /// It says what it reaches. A step that cannot fail: errors are passed over.
    Reach,
    /// It looks at its state.
    Validate,
    /// It is given a message; nothing of it is read. Once for each of several.
    Submit,
    /// It has read a message wholly. Only [`crate::WireTransport`] meets it.
    Read,
    /// All is said but the last word, and the mark is not made.
    Committing,
    /// The mark is made, and the last word not said.
    Committed,
    /// The last word is said, and nobody knows yet.
    Said,
    /// It is asked what became of messages of an attempt that was cut off.
    Ascertain,
    /// It is asked what has arrived.
    Receive,
    /// What has arrived is to be delivered.
    Deliver,
    /// It is delivered, and the transport has not heard so.
    Delivered,
    /// The transport has forgotten it, and the spooler has not.
    Forget,
    /// Both have.
    Forgotten,
}

impl Step {
    /// All of them, in the order in which they are met.
    pub const ALL: [Self; 14] = [
        Self::Open,
        Self::Reach,
        Self::Validate,
        Self::Submit,
        Self::Read,
        Self::Committing,
        Self::Committed,
        Self::Said,
        Self::Ascertain,
        Self::Receive,
        Self::Deliver,
        Self::Delivered,
        Self::Forget,
        Self::Forgotten,
    ];

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Reach => "reach",
            Self::Validate => "validate",
            Self::Submit => "submit",
            Self::Read => "read",
            Self::Committing => "committing",
            Self::Committed => "committed",
            Self::Said => "said",
            Self::Ascertain => "ascertain",
            Self::Receive => "receive",
            Self::Deliver => "deliver",
            Self::Delivered => "delivered",
            Self::Forget => "forget",
            Self::Forgotten => "forgotten",
        }
    }
}

/// What happens at a step, once.
pub enum Act {
    /// The step fails with this code.
    Fail(Code),
    /// The transport panics.
    Panic,
    /// The process ends at once, as if it were killed: no destructor runs.
    Die,
    /// The step takes so long, or until it is cancelled: then it fails as the call says.
    Wait(Duration),
    /// It takes until it is cancelled or [`crate::Script::release`] is called.
    Hang,
    /// At [`Step::Submit`]: this becomes of all recipients of the message, which goes nowhere. At [`Step::Ascertain`]: this is said of all
    /// of them.
    Answer(Fate),
    /// Something else happens meanwhile.
    Do(Box<dyn FnOnce() + Send>),
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Do(_) => f.write_str("Do"),
            other => f.write_str(&other.to_text()),
        }
    }
}

impl Act {
    /// As a line of a file. What is to be done by [`Self::Do`] cannot be written down; it becomes nothing.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Fail(code) => format!("fail {:08X}", code.0),
            Self::Panic => "panic".to_owned(),
            Self::Die => "die".to_owned(),
            Self::Wait(time) => format!("wait {}", time.as_millis()),
            Self::Hang => "hang".to_owned(),
            Self::Answer(fate) => format!("answer {}", fate_text(fate)),
            Self::Do(_) => String::new(),
        }
    }

    /// Reads such a line.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (word, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        Some(match word {
            "fail" => Self::Fail(Code(u32::from_str_radix(rest, 16).ok()?)),
            "panic" => Self::Panic,
            "die" => Self::Die,
            "wait" => Self::Wait(Duration::from_millis(rest.parse().ok()?)),
            "hang" => Self::Hang,
            "answer" => Self::Answer(fate_of(rest)?),
            _ => return None,
        })
    }
}

fn fate_text(fate: &Fate) -> String {
    match fate {
        Fate::Refused(_) => "refused".to_owned(),
        Fate::Later { after: None, .. } => "later".to_owned(),
        Fate::Later {
            after: Some(after), ..
        } => format!("later {}", after.as_millis()),
        Fate::Deferred => "deferred".to_owned(),
        Fate::NotMine => "not-mine".to_owned(),
        _ => "sent".to_owned(),
    }
}

fn fate_of(text: &str) -> Option<Fate> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some(match word {
        "sent" => Fate::Sent,
        "refused" => Fate::Refused(refusal()),
        "later" if rest.is_empty() => later(None),
        "later" => later(Some(Duration::from_millis(rest.parse().ok()?))),
        "deferred" => Fate::Deferred,
        "not-mine" => Fate::NotMine,
        _ => return None,
    })
}

fn later(after: Option<Duration>) -> Fate {
    Fate::Later {
        after,
        why: "the script says later".to_owned(),
    }
}

/// A refusal as a mail server has one for an unknown mailbox.
pub(crate) fn refusal() -> Refusal {
    Refusal {
        // MAPI_REASON_TRANSFER_FAILED, MAPI_DIAG_OR_NAME_UNRECOGNIZED
        reason: 0,
        diagnostic: 0,
        status: 550,
        text: "5.1.1 the script says that nobody has this address".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_come_back_from_their_text() {
        let acts = [
            Act::Fail(Code::NETWORK_ERROR),
            Act::Panic,
            Act::Die,
            Act::Wait(Duration::from_millis(70)),
            Act::Hang,
            Act::Answer(Fate::Refused(refusal())),
            Act::Answer(later(Some(Duration::from_secs(2)))),
            Act::Answer(later(None)),
            Act::Answer(Fate::NotMine),
            Act::Answer(Fate::Deferred),
        ];
        for act in acts {
            let text = act.to_text();
            let read = Act::from_text(&text).map(|a| a.to_text());
            assert_eq!(read, Some(text));
        }
        assert!(Act::from_text("explode").is_none());
    }
}
