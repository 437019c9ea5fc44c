//! A message that waits to be sent, as plain data: how far it is, why it waits, and how far it is with each recipient.
//! docs/design/sending.md

use std::collections::BTreeMap;

use mapi::queue_state::{Cause, Known, Phase};
use mapi::{EntryId, FileTime, MsgStore, OutboxEntry, OutboxRecipient, recipient_type};
use serde::{Serialize, Serializer};

/// A message that waits to be sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueuedView {
    /// Its id for people.
    pub id: String,
    /// PR_SUBJECT.
    pub subject: Option<String>,
    /// PR_DISPLAY_TO.
    pub to: Option<String>,
    /// PR_MESSAGE_SIZE, bytes.
    pub size: u64,
    /// How far it is.
    pub state: QueuedState,
    /// PR_CLIENT_SUBMIT_TIME.
    #[serde(serialize_with = "rfc3339")]
    pub submitted: Option<FileTime>,
    /// Not before this it is tried again, or at all.
    #[serde(serialize_with = "rfc3339")]
    pub next: Option<FileTime>,
    /// Why it waits, for a person.
    pub why: Option<String>,
    /// How often a transport was given it.
    pub attempts: u32,
    /// How many recipients have it.
    pub sent: usize,
    /// How many recipients were refused.
    pub refused: usize,
}

/// How far a message is that waits to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QueuedState {
    /// It is sent when its turn comes.
    Queued,
    /// A transport is being given it.
    Sending,
    /// It could not be sent, and is tried again.
    Waiting,
    /// It is kept until a time that its sender chose, or by a transport.
    Deferred,
    /// It is not sent before it is released.
    Held,
    /// It may have been sent: nobody answered.
    Unknown,
}

/// How far a message is with one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueuedPerson {
    /// `to`, `cc` or `bcc`.
    pub kind: &'static str,
    /// Display name.
    pub name: Option<String>,
    /// Mail address.
    pub address: Option<String>,
    /// How far.
    pub state: PersonState,
    /// Why, for a person.
    pub why: Option<String>,
}

/// How far a message is with one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonState {
    /// It is to be sent there.
    Open,
    /// It is being sent there.
    Leaving,
    /// It was sent there, now or an earlier time.
    Sent,
    /// It was refused there.
    Refused,
    /// A transport keeps it.
    Deferred,
    /// It may have been sent there.
    Unknown,
}

/// What waits to be sent in a store, the one submitted first at the top.
///
/// # Errors
/// Those of the store.
pub fn queued(store: &MsgStore, now: FileTime) -> mapi::Result<Vec<QueuedView>> {
    let all = store.outbox()?;
    Ok(all.iter().map(|entry| view(store, entry, now)).collect())
}

/// A message that waits to be sent; none if it does not wait.
///
/// # Errors
/// Those of [`MsgStore::outbox_entry`].
pub fn queued_message(
    store: &MsgStore,
    message: &EntryId,
    now: FileTime,
) -> mapi::Result<Option<QueuedView>> {
    let entry = store.outbox_entry(message)?;
    Ok(entry.map(|entry| view(store, &entry, now)))
}

/// A message that waits to be sent, and how far it is with whom; none if it does not wait.
///
/// # Errors
/// Those of [`MsgStore::outbox_entry`] and [`MsgStore::outbox_recipients`].
pub fn queued_people(
    store: &MsgStore,
    message: &EntryId,
    now: FileTime,
) -> mapi::Result<Option<(QueuedView, Vec<QueuedPerson>)>> {
    let Some(entry) = store.outbox_entry(message)? else {
        return Ok(None);
    };
    let people = each_once(store.outbox_recipients(&entry)?);
    let people = people.into_iter().map(person).collect();
    Ok(Some((view(store, &entry, now), people)))
}

/// Of a message that is sent again, whoever gets it stands there twice: as one reads of him, and as MAPI_P1, which is served.
fn each_once(rows: Vec<OutboxRecipient>) -> Vec<OutboxRecipient> {
    let key = |row: &OutboxRecipient| row.address.as_deref().unwrap_or_default().to_lowercase();
    let (served, mut shown): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| row.kind & !recipient_type::SUBMITTED == recipient_type::P1);
    let mut served: BTreeMap<String, OutboxRecipient> =
        served.into_iter().map(|row| (key(&row), row)).collect();
    for row in &mut shown {
        if let Some(again) = served.remove(&key(row)) {
            (row.done, row.known) = (again.done, again.known);
        }
    }
    shown.extend(served.into_values());
    shown
}

fn view(store: &MsgStore, entry: &OutboxEntry, now: FileTime) -> QueuedView {
    let (state, next, mut why) = standing(entry, now);
    let waits = matches!(state, QueuedState::Queued | QueuedState::Waiting);
    if waits && why.is_none() {
        why = unserved(entry);
        if why.is_none() && !store.has_transport() {
            why = Some(NO_TRANSPORT.to_owned());
        }
    }
    let count = |of: fn(&Known) -> bool| entry.state.known.iter().filter(|k| of(k)).count();
    QueuedView {
        id: store.short_id(entry.item).to_string(),
        subject: entry.subject.clone(),
        to: entry.display_to.clone(),
        size: entry.size,
        state,
        submitted: Some(entry.submitted).filter(|time| time.0 != 0),
        next,
        why,
        attempts: entry.state.attempts,
        sent: count(|k| matches!(k, Known::Sent)),
        refused: count(|k| matches!(k, Known::Refused(_))),
    }
}

/// As the spooler says it, where one has looked.
const NO_TRANSPORT: &str = "The profile has no transport.";

/// Why some recipient was not served yet, as far as that is known.
fn unserved(entry: &OutboxEntry) -> Option<String> {
    entry.state.known.iter().find_map(|known| match known {
        Known::Open { why, .. } if !why.is_empty() => Some(why.clone()),
        _ => None,
    })
}

/// How far it is, when it is tried, and why it waits.
fn standing(entry: &OutboxEntry, now: FileTime) -> (QueuedState, Option<FileTime>, Option<String>) {
    let later = entry.not_before.filter(|time| *time > now);
    match &entry.state.phase {
        Phase::Ready if later.is_some() => (QueuedState::Deferred, later, None),
        Phase::Ready => (QueuedState::Queued, None, None),
        Phase::Started | Phase::Committing => (QueuedState::Sending, None, None),
        Phase::Waiting {
            until,
            cause: Cause::SendTime,
            ..
        } => (QueuedState::Deferred, Some(*until), None),
        Phase::Waiting { until, why, .. } => {
            let why = Some(why.clone()).filter(|why| !why.is_empty());
            (QueuedState::Waiting, Some(*until), why)
        }
        Phase::Held => (QueuedState::Held, None, None),
        Phase::Unknown => (QueuedState::Unknown, None, None),
        Phase::Deferred => (QueuedState::Deferred, None, None),
    }
}

fn person(row: OutboxRecipient) -> QueuedPerson {
    let kind = match row.kind & 0xF {
        recipient_type::TO => "to",
        recipient_type::CC => "cc",
        recipient_type::BCC => "bcc",
        _ => "bcc",
    };
    let open = |why: &str| (PersonState::Open, Some(why.to_owned()));
    let (state, why) = match &row.known {
        Known::Open { .. } if row.done => (PersonState::Sent, None),
        Known::Open { why, .. } => open(why),
        Known::Leaving => (PersonState::Leaving, None),
        Known::Sent => (PersonState::Sent, None),
        Known::Refused(refusal) => (PersonState::Refused, Some(refusal.text.clone())),
        Known::Deferred { .. } => (PersonState::Deferred, None),
        Known::Unknown => (PersonState::Unknown, None),
    };
    QueuedPerson {
        kind,
        name: row.name,
        address: row.address,
        state,
        why: why.filter(|why| !why.is_empty()),
    }
}

#[expect(clippy::ref_option, reason = "the form that serde calls it in")]
fn rfc3339<S: Serializer>(time: &Option<FileTime>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::{Known, OutboxRecipient, PersonState, each_once, person};
    use mapi::recipient_type::{P1, SUBMITTED, TO};

    fn row(kind: i32, address: &str, done: bool, known: Known) -> OutboxRecipient {
        OutboxRecipient {
            name: None,
            address: Some(address.to_owned()),
            kind,
            done,
            known,
        }
    }

    #[test]
    fn who_gets_a_message_again_is_shown_once_and_as_far_as_it_is() {
        let rows = vec![
            row(TO | SUBMITTED, "a@x.org", true, Known::OPEN),
            row(TO, "b@x.org", true, Known::OPEN),
            row(P1, "B@x.org", false, Known::Unknown),
            row(P1, "c@x.org", false, Known::Leaving),
        ];
        let shown: Vec<_> = each_once(rows).into_iter().map(person).collect();
        let of = |n: usize| {
            let one = shown.get(n).unwrap();
            (one.address.clone().unwrap(), one.kind, one.state)
        };
        assert_eq!(of(0), ("a@x.org".to_owned(), "to", PersonState::Sent));
        assert_eq!(of(1), ("b@x.org".to_owned(), "to", PersonState::Unknown));
        assert_eq!(of(2), ("c@x.org".to_owned(), "bcc", PersonState::Leaving));
        assert_eq!(shown.len(), 3);
    }
}
