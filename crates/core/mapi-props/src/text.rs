//! Values, restrictions, sort orders and column lists as people write them on a command line.
//!
//! **Values** ([`value`], [`parse_value`]): numbers in decimal (integers also `0x…`), `true`/`false`, text as it is,
//! RFC 3339 times, GUIDs, result codes by name, binary as `hex:00ff` (digits alone will do; `text:abc` for the bytes
//! of a text); everything else, multi-values above all, as [JSON](crate::json).
//!
//! **Assignments** ([`parse_assignment`]): a property as [`crate::names::parse_tag`] reads it, `=`, a value.
//!
//! **Restrictions** ([`restriction`], [`parse_restriction`]):
//!
//! ```text
//! PidTagSubject contains/i "budget" AND NOT exists(PR_COMMENT)
//! PidTagImportance >= 2 OR PidTagMessageFlags & 0x1 = 0
//! recipients(PidTagDisplayName startswith "Sue" AND PidTagRecipientType = 2)
//! ```
//!
//! * `A AND B`, `A OR B`, `NOT A`, `(A)`; AND binds more tightly than OR. `AND(…)` and `OR(…)` with any number of
//!   restrictions between commas are the same, and the only form for none or one.
//! * `P = v`, `!=`, `<`, `<=`, `>`, `>=`, `=~` (RELOP_RE); with `@Q` for the value, two properties are compared.
//! * `P contains v`, `P startswith v`, `P is v` (FL_SUBSTRING, FL_PREFIX, FL_FULLSTRING), with `/i` (case), `/n` (marks) and
//!   `/l` (both, FL_LOOSE) after the word, as in `contains/in`. `P hasphrase v`, `P hasprefix v`: words (FL_PHRASE_MATCH,
//!   FL_PREFIX_ON_ANY_WORD).
//! * `P & 0x10 = 0`, `P & 0x10 != 0`: bits. `size(P) > 1000`: bytes. `exists(P)`.
//! * `recipients(R)`, `attachments(R)`, `sub(P, R)`; `count(2, R)`; `comment([P = v, Q = w], R)`, R may be missing.
//! * A property is written as [`crate::names::parse_tag`] reads it. A value is a word, or JSON: `"text"`, `[1,2]`. It has the
//!   type of its property (of one element, for a multi-valued one, unless it is an array); `PT_LONG:5` says another. `as Q` after it gives the
//!   constant a tag of its own.
//!
//! **Sort orders** ([`sort_order`], [`parse_sort_order`]): properties between commas; `-P` descends, `&P` is combined with the
//! category before, `max(P)` and `min(P)` order categories; `;categories=1;expanded=0` at the end.
//! **Columns** ([`columns`], [`parse_columns`]): properties between commas.

mod assignment;
mod expression;
mod list;
mod value;

pub use assignment::{Assignment, AssignmentError, assignment, parse_assignment};
pub use expression::{ExpressionError, parse_restriction, restriction};
pub use list::{columns, parse_columns, parse_sort_order, sort_order};
pub use value::{parse_value, value};

/// Where a property written at the start of `text` ends: before a character for which `stop` says so, outside quotes.
pub(crate) fn property_end(text: &str, stop: impl Fn(char) -> bool) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if !quoted && stop(c) => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests;
