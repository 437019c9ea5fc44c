//! What a query consists of.

use super::date::Span;

/// A part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// `*`: every message.
    All,
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Term(Term),
}

/// One thing asked of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    Text(TextTerm),
    State(State),
    /// `in:` a folder, by path.
    In(String),
    Time {
        relation: Relation,
        span: Span,
    },
    /// Bytes of the message: more, or fewer.
    Larger(u64),
    Smaller(u64),
    Class {
        name: String,
        prefix: bool,
    },
    /// `id:` a message, by the id that people see.
    Id(String),
}

/// Words that a query looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTerm {
    /// Where.
    pub field: TextField,
    /// The words as they were written, without quotes.
    pub text: String,
    /// `*` behind them: the last word may go on.
    pub prefix: bool,
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextField {
    /// Everywhere: a word without a field.
    Any,
    /// Who wrote it.
    From,
    /// Recipients of the kind To.
    To,
    /// Recipients of the kind Cc.
    Cc,
    /// Recipients of the kind Bcc.
    Bcc,
    /// Recipients of any kind.
    Recipient,
    /// The subject.
    Subject,
    /// The text of the message.
    Body,
    /// File names of attachments.
    Attachment,
}

/// What `is:` and `has:` ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Unread,
    Read,
    Flagged,
    Unflagged,
    Draft,
    Replied,
    Forwarded,
    Important,
    HasAttachment,
}

/// How a message's time stands to a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// Earlier than its first moment.
    Before,
    /// At its first moment or later.
    After,
    /// Within it.
    On,
}

/// The fields of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Text(TextField),
    Is,
    Has,
    In,
    Time(Relation),
    Larger,
    Smaller,
    Class,
    Id,
}

/// The names of all fields.
pub(super) const FIELDS: [(&str, Field); 18] = [
    ("from", Field::Text(TextField::From)),
    ("to", Field::Text(TextField::To)),
    ("cc", Field::Text(TextField::Cc)),
    ("bcc", Field::Text(TextField::Bcc)),
    ("recipient", Field::Text(TextField::Recipient)),
    ("subject", Field::Text(TextField::Subject)),
    ("body", Field::Text(TextField::Body)),
    ("attachment", Field::Text(TextField::Attachment)),
    ("is", Field::Is),
    ("has", Field::Has),
    ("in", Field::In),
    ("before", Field::Time(Relation::Before)),
    ("after", Field::Time(Relation::After)),
    ("on", Field::Time(Relation::On)),
    ("larger", Field::Larger),
    ("smaller", Field::Smaller),
    ("class", Field::Class),
    ("id", Field::Id),
];

/// Names of fields in other programs, and what is nearest here.
pub(super) const FOREIGN: [(&str, &str); 23] = [
    ("sender", "from"),
    ("author", "from"),
    ("recipients", "recipient"),
    ("recip", "recipient"),
    ("title", "subject"),
    ("text", "body"),
    ("content", "body"),
    ("message", "body"),
    ("file", "attachment"),
    ("filename", "attachment"),
    ("attach", "attachment"),
    ("date", "on"),
    ("since", "after"),
    ("newer", "after"),
    ("newer_than", "after"),
    ("until", "before"),
    ("older", "before"),
    ("older_than", "before"),
    ("size", "larger"),
    ("folder", "in"),
    ("maildir", "in"),
    ("label", "in"),
    ("flag", "is"),
];

/// The values of `is:`.
pub(super) const STATES: [(&str, State); 8] = [
    ("unread", State::Unread),
    ("read", State::Read),
    ("flagged", State::Flagged),
    ("unflagged", State::Unflagged),
    ("draft", State::Draft),
    ("replied", State::Replied),
    ("forwarded", State::Forwarded),
    ("important", State::Important),
];

/// The values of `has:`.
pub(super) const POSSESSIONS: [(&str, State); 1] = [("attachment", State::HasAttachment)];

/// Words of other programs for states, and what is nearest here.
pub(super) const FOREIGN_STATES: [(&str, &str); 11] = [
    ("new", "unread"),
    ("unseen", "unread"),
    ("seen", "read"),
    ("starred", "flagged"),
    ("answered", "replied"),
    ("passed", "forwarded"),
    ("urgent", "important"),
    ("attachments", "attachment"),
    ("attach", "attachment"),
    ("file", "attachment"),
    ("files", "attachment"),
];

impl Field {
    /// The field of this name, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        look_up(&FIELDS, name)
    }

    /// Its name; none for words without a field.
    pub(super) fn name(self) -> Option<&'static str> {
        name_in(&FIELDS, self)
    }
}

impl State {
    /// As a query writes it: `is:unread`.
    pub(super) fn written(self) -> (&'static str, &'static str) {
        match name_in(&STATES, self) {
            Some(name) => ("is", name),
            None => ("has", name_in(&POSSESSIONS, self).unwrap_or_default()),
        }
    }
}

/// The value of a name, in any case.
pub(super) fn look_up<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    let row = table.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
    row.map(|(_, value)| *value)
}

fn name_in<T: PartialEq + Copy>(table: &[(&'static str, T)], value: T) -> Option<&'static str> {
    let row = table.iter().find(|(_, v)| *v == value);
    row.map(|(name, _)| *name)
}
