//! The fields of full-text search, and the properties in each: one list for the index, the query language and what
//! compiles restrictions.
//!
//! A field is a column of the index. Text properties alone are in it (PT_UNICODE and PT_STRING8, single values); embedded
//! messages are not. Between two values stands [`GAP`](crate::words::GAP).

use mapi_props::{
    FuzzyLevel, MatchKind, PropTag, RelOp, Restriction, SubObject, recipient_type, tags,
};

/// A field of full-text search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// PR_SUBJECT.
    Subject,
    /// Names and addresses of the sender and of whom it represents.
    Sender,
    /// Names and addresses of MAPI_TO recipients.
    To,
    /// Names and addresses of MAPI_CC recipients.
    Cc,
    /// Names and addresses of MAPI_BCC recipients.
    Bcc,
    /// Names and addresses of recipients of any other PR_RECIPIENT_TYPE, or none.
    Other,
    /// PR_BODY as a reader gets it: made from HTML or RTF where only these are stored ([`Row::made_body`](crate::Row::made_body)).
    Body,
    /// Names of attachments.
    Attachment,
}

/// Where the properties of a field stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// On the message.
    Message,
    /// On its recipients.
    Recipients,
    /// On its attachments.
    Attachments,
}

impl Field {
    /// Every field, in the order of the index's columns.
    pub const ALL: [Self; 8] = [
        Self::Subject,
        Self::Sender,
        Self::To,
        Self::Cc,
        Self::Bcc,
        Self::Other,
        Self::Body,
        Self::Attachment,
    ];

    /// Its name: of the column, and in queries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Sender => "sender",
            Self::To => "to",
            Self::Cc => "cc",
            Self::Bcc => "bcc",
            Self::Other => "other",
            Self::Body => "body",
            Self::Attachment => "attachment",
        }
    }

    /// Its place among [`Self::ALL`].
    #[must_use]
    pub const fn column(self) -> usize {
        match self {
            Self::Subject => 0,
            Self::Sender => 1,
            Self::To => 2,
            Self::Cc => 3,
            Self::Bcc => 4,
            Self::Other => 5,
            Self::Body => 6,
            Self::Attachment => 7,
        }
    }

    /// The properties in it, in the order of the index, as PT_UNICODE.
    #[must_use]
    pub const fn properties(self) -> &'static [PropTag] {
        match self {
            Self::Subject => SUBJECT,
            Self::Sender => SENDER,
            Self::To | Self::Cc | Self::Bcc | Self::Other => RECIPIENT,
            Self::Body => BODY,
            Self::Attachment => ATTACHMENT,
        }
    }

    /// Where its properties stand.
    #[must_use]
    pub const fn place(self) -> Place {
        match self {
            Self::Subject | Self::Sender | Self::Body => Place::Message,
            Self::To | Self::Cc | Self::Bcc | Self::Other => Place::Recipients,
            Self::Attachment => Place::Attachments,
        }
    }

    /// The field of a recipient with this PR_RECIPIENT_TYPE.
    #[must_use]
    pub const fn of_recipient(ty: Option<i32>) -> Self {
        match ty {
            Some(recipient_type::TO) => Self::To,
            Some(recipient_type::CC) => Self::Cc,
            Some(recipient_type::BCC) => Self::Bcc,
            _ => Self::Other,
        }
    }

    /// The PR_RECIPIENT_TYPE whose recipients are in it; `None` for [`Self::Other`] and what is not of recipients.
    #[must_use]
    pub const fn recipient_type(self) -> Option<i32> {
        match self {
            Self::To => Some(recipient_type::TO),
            Self::Cc => Some(recipient_type::CC),
            Self::Bcc => Some(recipient_type::BCC),
            _ => None,
        }
    }

    /// The restriction that finds a pattern in any value of the field: exactly what the index knows of it.
    /// [`MatchKind::Phrase`] and [`MatchKind::WordPrefix`] are what an index answers.
    #[must_use]
    pub fn restriction(self, kind: MatchKind, pattern: &str) -> Restriction {
        let any = any_property(self.properties(), kind, pattern);
        match self.place() {
            Place::Message => any,
            Place::Attachments => sub(SubObject::Attachments, any),
            Place::Recipients => {
                let of_type = match self.recipient_type() {
                    Some(ty) => Restriction::property(tags::RECIPIENT_TYPE, RelOp::Eq, ty),
                    None => named_types().negate(),
                };
                sub(SubObject::Recipients, Restriction::And(vec![of_type, any]))
            }
        }
    }
}

/// The restriction that finds a pattern in any field.
#[must_use]
pub fn anywhere(kind: MatchKind, pattern: &str) -> Restriction {
    let on_message = [Field::Subject, Field::Sender, Field::Body];
    let mut any: Vec<Restriction> = on_message
        .into_iter()
        .flat_map(|field| leaves(field.properties(), kind, pattern))
        .collect();
    any.push(anyone(kind, pattern));
    any.push(Field::Attachment.restriction(kind, pattern));
    Restriction::Or(any)
}

/// The restriction that finds a pattern in the names and addresses of any recipient.
#[must_use]
pub fn anyone(kind: MatchKind, pattern: &str) -> Restriction {
    sub(
        SubObject::Recipients,
        any_property(RECIPIENT, kind, pattern),
    )
}

/// A recipient of a type that has a field of its own.
fn named_types() -> Restriction {
    let named = Field::ALL.into_iter().filter_map(Field::recipient_type);
    let is = |ty| Restriction::property(tags::RECIPIENT_TYPE, RelOp::Eq, ty);
    Restriction::Or(named.map(is).collect())
}

fn sub(object: SubObject, child: Restriction) -> Restriction {
    Restriction::Sub {
        object,
        child: Box::new(child),
    }
}

/// One leaf stands alone, several below an OR.
fn any_property(properties: &[PropTag], kind: MatchKind, pattern: &str) -> Restriction {
    let mut any: Vec<Restriction> = leaves(properties, kind, pattern).collect();
    match any.pop() {
        Some(only) if any.is_empty() => only,
        last => {
            any.extend(last);
            Restriction::Or(any)
        }
    }
}

fn leaves(
    properties: &[PropTag],
    kind: MatchKind,
    pattern: &str,
) -> impl Iterator<Item = Restriction> {
    properties.iter().map(move |tag| Restriction::Content {
        kind,
        fuzzy: FuzzyLevel {
            loose: true,
            ..FuzzyLevel::default()
        },
        tag: *tag,
        value_tag: *tag,
        value: pattern.into(),
    })
}

const SUBJECT: &[PropTag] = &[tags::SUBJECT.raw()];

const SENDER: &[PropTag] = &[
    tags::SENDER_NAME.raw(),
    tags::SENDER_EMAIL_ADDRESS.raw(),
    tags::SENDER_SMTP_ADDRESS.raw(),
    tags::SENT_REPRESENTING_NAME.raw(),
    tags::SENT_REPRESENTING_EMAIL_ADDRESS.raw(),
    tags::SENT_REPRESENTING_SMTP_ADDRESS.raw(),
];

const RECIPIENT: &[PropTag] = &[
    tags::DISPLAY_NAME.raw(),
    tags::EMAIL_ADDRESS.raw(),
    tags::SMTP_ADDRESS.raw(),
];

const BODY: &[PropTag] = &[tags::BODY.raw()];

const ATTACHMENT: &[PropTag] = &[
    tags::ATTACH_LONG_FILENAME.raw(),
    tags::ATTACH_FILENAME.raw(),
    tags::DISPLAY_NAME.raw(),
];
