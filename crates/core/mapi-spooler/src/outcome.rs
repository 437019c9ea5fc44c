//! What an attempt makes of what is known of a message: the transitions of its state, without any store.
//! Reference: "IXPLogon::SubmitMessage", "IXPLogon::EndMessage" (requirements XP-01, SP-01); docs/design/sending.md

use std::time::Duration;

use mapi::spool::Verdict;
use mapi_kit::outgoing::state::{Known, Phase, QueueState};
use mapi_props::{Bag, Code, Guid};
use mapi_spi::{Error, Fate, Refusal, Result};

use crate::route;

/// MAPI_REASON_TRANSFER_IMPOSSIBLE.
const IMPOSSIBLE: i32 = 1;
/// MAPI_REASON_TRANSFER_FAILED.
const FAILED: i32 = 0;
/// MAPI_DIAG_NO_DIAGNOSTIC.
const NO_DIAGNOSTIC: i32 = -1;
/// MAPI_DIAG_MAXIMUM_TIME_EXPIRED.
const TIME_EXPIRED: i32 = 5;

/// How far a transport came with one message.
#[derive(Debug)]
pub(crate) struct Attempted<'a> {
    /// Which transport.
    pub(crate) transport: Guid,
    /// The recipients that it was given.
    pub(crate) places: &'a [usize],
    /// What it had said when it was to say its last word, if it came so far.
    pub(crate) marked: Option<&'a [Fate]>,
}

/// What is to happen after an attempt, beside what is known of recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing in particular: other transports are asked for those who are left.
    Goes,
    /// Some recipients have to wait; other messages do not.
    Later {
        /// At least so long, if the transport said so.
        after: Option<Duration>,
        /// Why.
        why: String,
    },
    /// The transport can send nothing now, whatever the message.
    Down {
        /// Why.
        why: String,
    },
    /// The call was ended; the message is as it was.
    Stopped,
}

/// Notes in `state`, which is as it was before the attempt, what became of it by what the transport said in the end.
pub(crate) fn note(
    state: &mut QueueState,
    attempted: &Attempted<'_>,
    answer: &Result<Vec<Fate>>,
    stopped: bool,
) -> Next {
    match (answer, attempted.marked) {
        (Ok(fates), _) if fates.len() == attempted.places.len() => said(state, attempted, fates),
        // Nobody understands what it said, so nobody knows what it did.
        (Ok(_), None) => {
            let all = vec![Fate::Sent; attempted.places.len()];
            unanswered(state, attempted, &all)
        }
        (Ok(_) | Err(_), Some(marked)) => unanswered(state, attempted, marked),
        (Err(error), None) => failed(state, attempted, error, stopped),
    }
}

/// The transport said what became of each.
fn said(state: &mut QueueState, attempted: &Attempted<'_>, fates: &[Fate]) -> Next {
    let mut next = Next::Goes;
    for (place, fate) in attempted.places.iter().zip(fates) {
        state.note(*place, attempted.transport, fate);
        if let Fate::Later { after, why } = fate {
            let longest = match &next {
                Next::Later { after, .. } => *after,
                _ => None,
            };
            next = Next::Later {
                after: longest.max(*after),
                why: why.clone(),
            };
        }
    }
    next
}

/// It was to say its last word, and nobody knows whether it did.
pub(crate) fn unanswered(
    state: &mut QueueState,
    attempted: &Attempted<'_>,
    marked: &[Fate],
) -> Next {
    let next = said(state, attempted, marked);
    for (place, fate) in attempted.places.iter().zip(marked) {
        if *fate == Fate::Sent {
            state.set(*place, Known::Unknown);
        }
    }
    next
}

/// The same for a transport that failed with `error` at its last word, and says what became of the recipients that it was to send to. Whom it
/// has not sent to waits as after a failure before that word.
pub(crate) fn learned(
    state: &mut QueueState,
    attempted: &Attempted<'_>,
    fates: &[Option<Fate>],
    error: &Error,
) -> Next {
    let marked = attempted.marked.unwrap_or_default();
    let leaving = marked.iter().filter(|fate| **fate == Fate::Sent).count();
    // Who speaks of others than these speaks of something else.
    let mut fates = (fates.len() == leaving)
        .then_some(fates.iter())
        .into_iter()
        .flatten();
    let of = |fate: &Fate| match fate {
        Fate::Sent => fates.next().cloned().flatten(),
        known => Some(known.clone()),
    };
    let all: Vec<Option<Fate>> = marked.iter().map(of).collect();
    let known: Vec<Fate> = all
        .iter()
        .map(|fate| fate.clone().unwrap_or(Fate::Sent))
        .collect();
    let next = said(state, attempted, &known);
    for (place, fate) in attempted.places.iter().zip(&all) {
        if fate.is_none() {
            state.set(*place, Known::Unknown);
        }
    }
    match next {
        Next::Later { after: None, .. } if is_down(error.code()) => Next::Down {
            why: explained(error),
        },
        next => next,
    }
}

/// Nothing was sent.
fn failed(state: &mut QueueState, attempted: &Attempted<'_>, error: &Error, stopped: bool) -> Next {
    let code = error.code();
    let why = explained(error);
    if stopped && matches!(code, Code::USER_CANCEL | Code::TIMEOUT) {
        return Next::Stopped;
    }
    let fate = match code {
        Code::NOT_ME => Fate::NotMine,
        Code::CANCEL => Fate::Refused(Refusal {
            reason: IMPOSSIBLE,
            diagnostic: NO_DIAGNOSTIC,
            status: 0,
            text: why,
        }),
        _ => Fate::Later { after: None, why },
    };
    let all = vec![fate; attempted.places.len()];
    match said(state, attempted, &all) {
        Next::Later { why, .. } if is_down(code) => Next::Down { why },
        next => next,
    }
}

/// Whether an error says something of the transport rather than of the message.
const fn is_down(code: Code) -> bool {
    matches!(
        code,
        Code::BUSY | Code::NETWORK_ERROR | Code::WAIT | Code::TIMEOUT
    )
}

fn explained(error: &Error) -> String {
    match error.detail() {
        "" => error.code().to_string(),
        detail => detail.to_owned(),
    }
}

/// Why nobody serves a recipient.
pub(crate) fn nobody() -> Refusal {
    Refusal {
        reason: IMPOSSIBLE,
        diagnostic: NO_DIAGNOSTIC,
        status: 0,
        text: "No transport was available for delivery to this recipient.".to_owned(),
    }
}

/// Why a recipient is given up that was tried for so long (MAPI_DIAG_MAXIMUM_TIME_EXPIRED, RFC 3463 X.4.7).
pub(crate) fn expired(after: Duration, why: &str) -> Refusal {
    let hours = after.as_secs() / 3600;
    let after = match (hours % 24, hours / 24) {
        (0, 1) => "a day".to_owned(),
        (0, days) => format!("{days} days"),
        (_, 0) if hours == 1 => "an hour".to_owned(),
        _ => format!("{hours} hours"),
    };
    let text = match why {
        "" => format!("Given up after {after}."),
        why => format!("Given up after {after}: {why}"),
    };
    Refusal {
        reason: FAILED,
        diagnostic: TIME_EXPIRED,
        status: 447,
        text,
    }
}

/// What an attempt that was never ended left behind: recipients for whom the last word was being said may have it.
pub(crate) fn recovered(state: &mut QueueState) {
    ascertained(state, None, &[]);
}

/// The same where the transport says what became of these recipients, in order ([`mapi_spi::Transport::ascertain`]). It may have them
/// wait.
pub(crate) fn ascertained(state: &mut QueueState, by: Option<Guid>, fates: &[Option<Fate>]) {
    let known = state.known.iter().enumerate();
    let leaving = known.filter(|(_, known)| **known == Known::Leaving);
    let leaving: Vec<usize> = leaving.map(|(place, _)| place).collect();
    // Who speaks of others than these speaks of something else.
    let fates = if fates.len() == leaving.len() {
        fates
    } else {
        &[]
    };
    for (at, place) in leaving.into_iter().enumerate() {
        match (by, fates.get(at)) {
            (Some(by), Some(Some(fate))) => state.note(place, by, fate),
            _ => state.set(place, Known::Unknown),
        }
    }
    state.phase = Phase::Ready;
    state.token.clear();
    state.asked = 0;
}

/// What happens to a message of which this much is known; sets the phase, unless that says what it waits for.
pub(crate) fn verdict(state: &mut QueueState, recipients: &[Bag]) -> Verdict {
    let ours = || {
        let rows = recipients.iter().enumerate();
        rows.filter(|(_, row)| route::is_ours(row))
            .map(|(place, _)| state.of(place))
    };
    let open = ours().any(Known::is_open);
    let deferred = ours().any(|k| k.is_deferred());
    let unknown = ours().any(|k| *k == Known::Unknown);
    match (open, deferred, unknown) {
        (true, ..) => {
            if !matches!(state.phase, Phase::Waiting { .. } | Phase::Held) {
                state.phase = Phase::Ready;
            }
        }
        (false, true, _) => state.phase = Phase::Deferred,
        (false, false, true) => state.phase = Phase::Unknown,
        (false, false, false) => return Verdict::Finish,
    }
    if state.has_left() {
        Verdict::Keep
    } else {
        Verdict::Unlock
    }
}

#[cfg(test)]
mod tests;
