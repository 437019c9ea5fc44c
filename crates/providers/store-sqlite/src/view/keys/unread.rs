//! Which messages are unread, a bit each: read before a pass along an index, which knows nothing of flags.

use mapi_props::message_flags;
use mapi_spi::{Result, View};
use rusqlite::{Connection, params};

use super::super::rows_of;
use crate::failure::Lift;
use crate::order::{self, UNREAD};
use crate::queries;

/// A container must have one message in so many of the store for its pass to be worth it.
const SHARE: u64 = 4;

/// Unread messages by number.
pub(super) struct Unread(Vec<u64>);

impl Unread {
    /// Those of a part of a container; `None` where its messages are few, and had better be asked one by one.
    pub(super) fn of(db: &Connection, view: &View, part: u8) -> Result<Option<Self>> {
        let last: u64 = db
            .prepare_cached("SELECT coalesce(max(id), 0) FROM item")
            .and_then(|mut s| s.query_row([], |r| r.get(0)))
            .lift()?;
        if rows_of(db, view)?.saturating_mul(SHARE) < last {
            return Ok(None);
        }
        let words = usize::try_from(last / 64 + 1).unwrap_or(usize::MAX);
        let mut unread = Self(vec![0; words]);
        match order::by_id(UNREAD) {
            Some(facet) if order::is_ready(db, facet)? => {
                let place = params![view.container.0, part, facet.id];
                unread.take(db, queries::OF_ORDER, place)?;
            }
            _ => unread.take(
                db,
                queries::WITHOUT_FLAG,
                params![last, message_flags::READ],
            )?,
        }
        Ok(Some(unread))
    }

    fn take(&mut self, db: &Connection, sql: &str, asked: &[&dyn rusqlite::ToSql]) -> Result<()> {
        let mut select = db.prepare_cached(sql).lift()?;
        let mut rows = select.query(asked).lift()?;
        while let Some(row) = rows.next().lift()? {
            let (word, bit) = place(row.get(0).lift()?);
            if let Some(word) = self.0.get_mut(word) {
                *word |= bit;
            }
        }
        Ok(())
    }

    pub(super) fn has(&self, item: u64) -> bool {
        let (word, bit) = place(item);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(item: u64) -> (usize, u64) {
    let word = usize::try_from(item / 64).unwrap_or(usize::MAX);
    (word, 1 << (item % 64))
}
