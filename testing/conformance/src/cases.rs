//! The cases, by topic.

mod cursors;
mod entry_ids;
mod names;
mod properties;
mod restrictions;
mod streams;
mod tables;

use crate::Case;

/// Every registered case.
#[must_use]
pub fn all() -> Vec<Case> {
    [
        properties::CASES,
        streams::CASES,
        tables::CASES,
        cursors::CASES,
        restrictions::CASES,
        names::CASES,
        entry_ids::CASES,
    ]
    .concat()
}
