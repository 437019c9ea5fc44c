//! What somebody says is to happen to messages in the queue, and how it does.

use mapi::spool::{Picked, Settlement, Spool, Verdict};
use mapi::{EntryId, Session};
use mapi_kit::outgoing::{self, state::Cause, state::Known, state::Phase, state::QueueState};
use mapi_props::{Bag, Code, FileTime, Kind, PropValue, message_flags, recipient_type, tags};
use mapi_spi::{Error, ItemId, QueuePlace, Result, TransportNotice};

use crate::outcome;
use crate::route;
use crate::work::Work;
use crate::{Options, ways};

/// An order about messages in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Try it now, whatever it waits for; also one that is held.
    Retry {
        /// Also to recipients of whom nobody knows whether they have it. They may get it twice.
        unknown: bool,
    },
    /// Do not send it until it is released.
    Hold,
    /// Send it when its turn comes, and not before its sender wants it sent.
    Release,
    /// It was sent: recipients that are not settled count as served, nobody is told otherwise.
    MarkSent,
    /// Make it a draft again. Recipients that surely have it are marked so, and not served again when it is sent.
    BackToDrafts,
}

/// Carries an order out for one message.
///
/// # Errors
/// `MAPI_E_NOT_IN_QUEUE` for a message that does not wait; `MAPI_E_OBJECT_CHANGED` if somebody took it back at this moment; those of the
/// store.
pub(crate) fn carry_out(
    spool: &Spool,
    work: &mut Work,
    session: &Session,
    options: &Options,
    order: Order,
    message: &EntryId,
) -> Result<()> {
    let item = spool.item(message)?;
    let (picked, mut state) = found(spool, item)?;
    if work.is_unsettled(item) {
        let detail = "what became of the message cannot be written yet";
        return Err(Error::new(Code::BUSY, detail));
    }
    if state.phase == Phase::Committing {
        decided(order)?;
        outcome::recovered(&mut state);
    }
    let deferred = state.known.iter().any(Known::is_deferred);
    let verdict = match order {
        Order::Retry { unknown } => {
            retried(&mut state, unknown);
            state.since = Some(spool.now());
            outcome::verdict(&mut state, &picked.recipients)
        }
        Order::Hold => {
            outcome::verdict(&mut state, &picked.recipients);
            state.phase = Phase::Held;
            kept(&state)
        }
        Order::Release => {
            if state.phase == Phase::Held {
                state.phase = freed(&picked.props, spool.now());
                state.since = Some(spool.now());
            }
            outcome::verdict(&mut state, &picked.recipients)
        }
        Order::MarkSent => {
            served(&mut state, &picked.recipients);
            Verdict::Finish
        }
        Order::BackToDrafts if state.known.contains(&Known::Sent) => Verdict::Resend,
        Order::BackToDrafts => Verdict::Draft,
    };
    let recipients = rows(&picked, &state, verdict);
    let settlement = Settlement {
        message: picked,
        state,
        verdict,
        recipients,
        reports: Vec::new(),
    };
    spool.settle(std::slice::from_ref(&settlement))?;
    work.roster.touch(item);
    if deferred && !settlement.state.known.iter().any(Known::is_deferred)
        || matches!(verdict, Verdict::Draft | Verdict::Resend)
    {
        // Whoever kept it would send it a second time.
        let id = message.as_bytes().to_vec();
        for carrier in session.carriers()?.running {
            if deferred {
                let notice = TransportNotice::AbortDeferred(id.clone());
                ways::told_surely(&carrier, notice, options, work);
            }
        }
    }
    Ok(())
}

/// Of a message whose transport could not say yet what became of it, a person may say so instead.
///
/// # Errors
/// `MAPI_E_BUSY` for an order that does not decide it.
fn decided(order: Order) -> Result<()> {
    match order {
        Order::Retry { unknown: true } | Order::MarkSent | Order::BackToDrafts => Ok(()),
        Order::Retry { unknown: false } | Order::Hold | Order::Release => {
            let detail = "the transport is still to say whether it has sent the message";
            Err(Error::new(Code::BUSY, detail))
        }
    }
}

/// The message with what is known of it.
fn found(spool: &Spool, item: ItemId) -> Result<(Picked, QueueState)> {
    let gone = || Error::new(Code::NOT_IN_QUEUE, "the message is not waiting to be sent");
    let (picked, _) = match spool.pick(item) {
        Err(error) if error.kind() == Kind::NotFound => return Err(gone()),
        read => read?,
    };
    if picked.meta.flags & message_flags::SUBMIT == 0 {
        return Err(gone());
    }
    let before = QueuePlace {
        submitted: outgoing::submitted(&picked.props),
        item: ItemId(item.0.saturating_sub(1)),
    };
    let entry = spool.queue(Some(before), 1)?.pop();
    let entry = entry.filter(|entry| entry.item == item).ok_or_else(gone)?;
    Ok((picked, entry.state))
}

/// Everything that is not settled is open again, and every transport is asked.
fn retried(state: &mut QueueState, unknown: bool) {
    state.phase = Phase::Ready;
    state.transport = None;
    state.decliners.clear();
    for known in &mut state.known {
        match known {
            Known::Open { .. } | Known::Deferred { .. } => *known = Known::OPEN,
            Known::Unknown if unknown => *known = Known::OPEN,
            _ => {}
        }
    }
}

/// What a message that was held does next: its sender's time still counts (PR_DEFERRED_SEND_TIME).
fn freed(props: &Bag, now: FileTime) -> Phase {
    let wanted = props.value(tags::DEFERRED_SEND_TIME);
    match wanted.and_then(PropValue::as_time) {
        Some(until) if until > now => Phase::Waiting {
            until,
            cause: Cause::SendTime,
            why: String::new(),
        },
        _ => Phase::Ready,
    }
}

fn served(state: &mut QueueState, rows: &[Bag]) {
    for (place, row) in rows.iter().enumerate() {
        if route::is_ours(row) && !state.of(place).is_settled() {
            state.set(place, Known::Sent);
        }
    }
}

fn kept(state: &QueueState) -> Verdict {
    if state.has_left() {
        Verdict::Keep
    } else {
        Verdict::Unlock
    }
}

/// The recipient rows as the order leaves them; none: as they are.
fn rows(picked: &Picked, state: &QueueState, verdict: Verdict) -> Option<Vec<Bag>> {
    match verdict {
        Verdict::Finish => {
            let mut rows = picked.recipients.clone();
            for row in &mut rows {
                row.set(tags::RESPONSIBILITY, true);
            }
            Some(rows)
        }
        Verdict::Resend => Some(resent(&picked.recipients, state)),
        Verdict::Unlock | Verdict::Keep | Verdict::Draft => None,
    }
}

/// The rows of a message that some have: these are marked, and whoever has it not is there a second time as MAPI_P1 (D-08), so that
/// sending it again serves them alone.
fn resent(rows: &[Bag], state: &QueueState) -> Vec<Bag> {
    let (mut shown, mut again) = (Vec::new(), Vec::new());
    for (place, row) in rows.iter().enumerate() {
        let kind = row.value(tags::RECIPIENT_TYPE);
        let kind = kind.and_then(PropValue::as_long);
        let kind = kind.unwrap_or(recipient_type::TO) & !recipient_type::SUBMITTED;
        let has = !route::is_ours(row) || *state.of(place) == Known::Sent;
        if kind == recipient_type::P1 {
            if !has {
                again.push(row.clone());
            }
            continue;
        }
        let mut row = row.clone();
        if !has {
            let mut p1 = row.clone();
            p1.set(tags::RECIPIENT_TYPE, recipient_type::P1);
            again.push(p1);
        }
        row.set(
            tags::RECIPIENT_TYPE,
            if has {
                kind | recipient_type::SUBMITTED
            } else {
                kind
            },
        );
        shown.push(row);
    }
    shown.extend(again);
    shown
}

#[cfg(test)]
mod tests;
