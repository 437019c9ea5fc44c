//! What is wrong with a query, and where.

/// A query that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: {problem}", .column)]
pub struct QueryError {
    /// Byte offset in the text.
    pub offset: usize,
    /// Character number in the text, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is nothing in it.
    #[error("there is nothing to look for; * finds every message")]
    Empty,
    /// A word before a colon names no field.
    #[error("`{name}:` is no field{}; in quotes it is text", .suggestion.map(|s| format!(" (did you mean `{s}:`?)")).unwrap_or_default())]
    UnknownField {
        /// The word.
        name: String,
        /// The nearest field.
        suggestion: Option<&'static str>,
    },
    /// A field of fixed values was given another.
    #[error("`{field}:` does not know `{value}`{}; it knows {}", .suggestion.map(|s| format!(" (did you mean `{s}`?)")).unwrap_or_default(), .known.join(", "))]
    UnknownValue {
        /// The field.
        field: &'static str,
        /// What was given.
        value: String,
        /// The nearest value.
        suggestion: Option<&'static str>,
        /// All values.
        known: Vec<&'static str>,
    },
    /// A field has no value behind its colon.
    #[error("`{field}:` needs a value right behind the colon")]
    MissingValue {
        /// The field.
        field: &'static str,
    },
    /// A field stands among the values of another.
    #[error("`{inner}:` cannot stand among the values of `{outer}:`")]
    FieldInField {
        /// The field around.
        outer: &'static str,
        /// The field inside.
        inner: String,
    },
    /// A value is no date.
    #[error(
        "`{value}` is no date: 2024-05-01, 2024-05, 2024, today, yesterday, 7d, 2w, 3m or 1y are"
    )]
    BadDate {
        /// What was given.
        value: String,
    },
    /// A range of dates stands where a single one is needed.
    #[error("`{field}:` takes one date, `on:` takes a range")]
    RangeNotHere {
        /// The field.
        field: &'static str,
    },
    /// A value is no size.
    #[error("`{value}` is no size: 300k, 5M or 1.5G are")]
    BadSize {
        /// What was given.
        value: String,
    },
    /// `*` stands where it means nothing.
    #[error("`*` can only stand at the end of a word")]
    StarInside,
    /// A text has no letter and no digit.
    #[error("`{text}` has no letters or digits to look for")]
    NoWords {
        /// The text.
        text: String,
    },
    /// AND, OR, NOT or `-` without what belongs to it.
    #[error("`{operator}` has nothing to work on")]
    MissingOperand {
        /// The operator.
        operator: &'static str,
    },
    /// A quotation mark has no partner.
    #[error("this quotation mark is not closed")]
    OpenQuote,
    /// `(` has no partner.
    #[error("this parenthesis is not closed")]
    OpenParenthesis,
    /// `)` has no partner.
    #[error("this parenthesis was not opened")]
    StrayParenthesis,
    /// There is nothing between parentheses.
    #[error("there is nothing between the parentheses")]
    EmptyParentheses,
    /// More parentheses and NOTs stand around something than [`MAX_NESTING`](super::MAX_NESTING).
    #[error("it is nested too deeply")]
    TooDeep,
    /// There are more words and fields than [`MAX_TERMS`](super::MAX_TERMS).
    #[error("it has too many parts")]
    TooLong,
}

/// Something that a query names is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// `in:` a folder that is not there.
    #[error("there is no folder `{0}`")]
    Folder(String),
    /// `id:` something that is no id of a message.
    #[error("`{0}` is no id of a message")]
    Message(String),
}
