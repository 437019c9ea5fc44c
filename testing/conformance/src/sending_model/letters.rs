//! Letters, their recipients, and how they are written.

use std::collections::BTreeMap;

use anyhow::Result;
use mapi::{
    EntryId, MapiProp, ModifyMode, MsgStore, PropTag, PropValue, SpecialFolder, recipient_type,
    tags,
};
use testkit::Chance;

/// Recipients: `t` and `u` reach the first four, `u` alone the next two, nobody the last.
pub(super) const PEOPLE: [(&str, &str); 7] = [
    ("SMTP", "s0@x.example"),
    ("SMTP", "s1@x.example"),
    ("SMTP", "s2@x.example"),
    ("SMTP", "s3@x.example"),
    ("FAX", "f0"),
    ("FAX", "f1"),
    ("X400", "x0"),
];

/// Whether somebody reaches them.
pub(super) fn is_reached(person: usize) -> bool {
    PEOPLE.get(person).is_some_and(|(kind, _)| *kind != "X400")
}

/// How a letter ended, if it did not just go its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is a draft again.
    Draft,
    /// Somebody said that it was sent.
    MarkedSent,
}

/// A letter.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) number: usize,
    pub(super) id: EntryId,
    /// By their places in [`PEOPLE`].
    pub(super) to: Vec<usize>,
    pub(super) end: Option<End>,
    pub(super) held: bool,
    /// How often somebody wanted it sent again to whom it was unknown, each.
    pub(super) again: BTreeMap<usize, usize>,
    /// How much of it had left when it became a draft again.
    pub(super) left: usize,
}

impl Letter {
    /// Writes one by chance, and submits it.
    pub(super) fn submit(store: &MsgStore, number: usize, chance: &mut Chance) -> Result<Self> {
        let mut everybody: Vec<usize> = (0..PEOPLE.len()).collect();
        chance.shuffle(&mut everybody);
        // Seldom to whom nobody reaches.
        everybody.retain(|p| is_reached(*p) || chance.percent(20));
        everybody.truncate(chance.in_range(1..4));
        let outbox = store.special_folder(SpecialFolder::Outbox)?;
        let sent = store.special_id(SpecialFolder::SentItems)?;
        let message = outbox.create_message()?;
        message.set(tags::SUBJECT, subject(number))?;
        message.set(tags::MESSAGE_CLASS, "IPM.Note")?;
        message.set(tags::BODY, "text".repeat(chance.in_range(1..5_000)))?;
        message.set(tags::SENTMAIL_ENTRYID, sent.as_bytes())?;
        let row = |person: &usize| -> Vec<(PropTag, PropValue)> {
            let (kind, address) = PEOPLE[*person];
            vec![
                (tags::RECIPIENT_TYPE.into(), recipient_type::TO.into()),
                (tags::DISPLAY_NAME.into(), address.into()),
                (tags::ADDRTYPE.into(), kind.into()),
                (tags::EMAIL_ADDRESS.into(), address.into()),
            ]
        };
        let rows: Vec<_> = everybody.iter().map(row).collect();
        message.modify_recipients(ModifyMode::Add, &rows)?;
        message.submit()?;
        Ok(Self {
            number,
            id: message.entry_id().unwrap(),
            to: everybody,
            end: None,
            held: false,
            again: BTreeMap::new(),
            left: 0,
        })
    }
}

pub(super) fn subject(number: usize) -> String {
    format!("letter {number}")
}

/// The number of the letter that a subject is about.
pub(super) fn number_of(subject: &str) -> Option<usize> {
    let about = subject
        .rsplit_once(": ")
        .map_or(subject, |(_, about)| about);
    about.strip_prefix("letter ")?.parse().ok()
}

/// The place in [`PEOPLE`].
pub(super) fn person_of(address: &str) -> Option<usize> {
    PEOPLE.iter().position(|(_, known)| *known == address)
}
