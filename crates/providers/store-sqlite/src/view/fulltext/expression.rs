//! What is asked of the full-text index: words in fields, and how they are combined. SQLite FTS5, 3 (query syntax)

use mapi_query::fields::Field;
use mapi_query::words::{WordFinder, WordPattern};

use crate::fulltext::Words;

/// Some of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Columns(u8);

impl Columns {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: Self = Self(u8::MAX);

    pub(super) const fn of(field: Field) -> Self {
        Self(1 << field.column())
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn has(self, field: Field) -> bool {
        self.0 & Self::of(field).0 != 0
    }

    /// The fields of recipients.
    pub(super) const fn of_recipients() -> Self {
        Self::of(Field::To)
            .or(Self::of(Field::Cc))
            .or(Self::of(Field::Bcc))
            .or(Self::of(Field::Other))
    }
}

/// A set of messages, as the index can be asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// All messages: the index is not asked.
    All,
    /// No message.
    Nothing,
    /// Those with a pattern in any of these fields.
    Words(Columns, WordPattern),
    /// Those in all of these, at least two.
    And(Vec<Self>),
    /// Those in any of these, at least two.
    Or(Vec<Self>),
    /// Those in the first and not in the second.
    Without(Box<Self>, Box<Self>),
}

impl Expression {
    /// Those in all of these, and in none of those.
    pub(super) fn all_of(these: Vec<Self>, none_of: Vec<Self>) -> Self {
        let mut wanted = Vec::new();
        for one in these {
            match one {
                Self::All => {}
                Self::Nothing => return Self::Nothing,
                Self::And(more) => wanted.extend(more),
                one => wanted.push(one),
            }
        }
        let unwanted = Self::any_of(none_of);
        let wanted = match (wanted.pop(), wanted.is_empty()) {
            (None, _) => return Self::All,
            (Some(only), true) => only,
            (Some(last), false) => {
                wanted.push(last);
                Self::And(wanted)
            }
        };
        match unwanted {
            Self::Nothing => wanted,
            Self::All => Self::Nothing,
            unwanted => Self::Without(Box::new(wanted), Box::new(unwanted)),
        }
    }

    /// Those in any of these.
    pub(super) fn any_of(these: Vec<Self>) -> Self {
        let mut wanted = Vec::new();
        for one in these {
            match one {
                Self::All => return Self::All,
                Self::Nothing => {}
                Self::Or(more) => wanted.extend(more),
                one => wanted.push(one),
            }
        }
        match (wanted.pop(), wanted.is_empty()) {
            (None, _) => Self::Nothing,
            (Some(only), true) => only,
            (Some(last), false) => {
                wanted.push(last);
                Self::Or(wanted)
            }
        }
    }

    /// The expression as FTS5 reads it; `None` where it need not be asked.
    pub(super) fn text(&self) -> Option<String> {
        if matches!(self, Self::All | Self::Nothing) {
            return None;
        }
        let mut out = String::new();
        self.write(&mut out);
        Some(out)
    }

    fn write(&self, out: &mut String) {
        match self {
            // Neither stands inside another: they are taken out where expressions are combined.
            Self::All | Self::Nothing => {}
            Self::Words(columns, pattern) => words(*columns, pattern, out),
            Self::And(all) => join(all, " AND ", out),
            Self::Or(any) => join(any, " OR ", out),
            Self::Without(wanted, unwanted) => {
                operand(wanted, out);
                out.push_str(" NOT ");
                operand(unwanted, out);
            }
        }
    }
}

/// What is asked of the index, ready to be asked of the words of one message before they are in it.
#[derive(Debug)]
pub(crate) enum Asked {
    Nothing,
    Words(Columns, Box<WordFinder>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Without(Box<Self>, Box<Self>),
}

impl Asked {
    /// `None`: the index is not asked.
    pub(super) fn of(expression: &Expression) -> Option<Self> {
        let all = |parts: &[Expression]| parts.iter().filter_map(Self::of).collect();
        Some(match expression {
            Expression::All => return None,
            Expression::Nothing => Self::Nothing,
            Expression::Words(columns, pattern) => {
                Self::Words(*columns, Box::new(WordFinder::of(pattern)))
            }
            Expression::And(parts) => Self::And(all(parts)),
            Expression::Or(parts) => Self::Or(all(parts)),
            Expression::Without(wanted, unwanted) => {
                Self::Without(Box::new(Self::of(wanted)?), Box::new(Self::of(unwanted)?))
            }
        })
    }

    /// Whether the index would name a message with these words, if they are all of its words.
    pub(crate) fn names(&self, words: &Words) -> bool {
        match self {
            Self::Nothing => false,
            Self::Words(columns, finder) => Field::ALL
                .into_iter()
                .filter(|field| columns.has(*field))
                .filter_map(|field| words.fields.get(field.column()))
                .any(|words| finder.is_in(words)),
            Self::And(parts) => parts.iter().all(|part| part.names(words)),
            Self::Or(parts) => parts.iter().any(|part| part.names(words)),
            Self::Without(wanted, unwanted) => wanted.names(words) && !unwanted.names(words),
        }
    }
}

fn join(parts: &[Expression], between: &str, out: &mut String) {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            out.push_str(between);
        }
        operand(part, out);
    }
}

fn operand(part: &Expression, out: &mut String) {
    if matches!(part, Expression::Words(..)) {
        return part.write(out);
    }
    out.push('(');
    part.write(out);
    out.push(')');
}

/// `{subject body} : "one two" *`. Words hold letters, digits and marks alone, so nothing needs an escape.
fn words(columns: Columns, pattern: &WordPattern, out: &mut String) {
    if columns != Columns::ALL {
        out.push('{');
        for (n, field) in Field::ALL
            .into_iter()
            .filter(|f| columns.has(*f))
            .enumerate()
        {
            if n > 0 {
                out.push(' ');
            }
            out.push('"');
            out.push_str(field.name());
            out.push('"');
        }
        out.push_str("} : ");
    }
    out.push('"');
    out.push_str(&pattern.words().join(" "));
    out.push('"');
    if pattern.is_open() {
        out.push_str(" *");
    }
}
