//! The messages that the index names, newest keys first.

use std::ops::ControlFlow;

use mapi_spi::{Call, Result};
use rusqlite::{Connection, Row, params};

use super::expression::Expression;
use super::{Asked, Scope};
use crate::failure::{Lift, corrupt};
use crate::item::{ASSOCIATED, DELETED};
use crate::queries;

/// Hits are asked for cancellation this often.
const CHECK_EVERY: usize = 256;

/// A message that the index names, and what its item's row tells.
#[derive(Debug, Clone)]
pub(in crate::view) struct Hit {
    /// Its key in the index.
    pub(super) key: i64,
    pub(in crate::view) item: u64,
    /// Whether all of it is indexed.
    pub(super) whole: bool,
    pub(super) parent: u64,
    pub(super) part: u8,
    pub(super) flags: u32,
    /// Its key in the order by delivery time.
    pub(in crate::view) date: Vec<u8>,
}

/// How a pass over hits ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::view) enum Ended {
    /// All were shown, or as many as were wanted.
    Done,
    /// Too many were named that the view does not show at all.
    Strange,
}

/// The index at one moment, as a view sees it.
#[derive(Debug, Clone, Copy)]
pub(in crate::view) struct Hits<'a> {
    pub(in crate::view) db: &'a Connection,
    pub(in crate::view) asked: &'a Asked,
    pub(in crate::view) scope: &'a Scope,
    /// Hits outside of the scope that are passed over, at most.
    pub(in crate::view) strangers: usize,
    pub(in crate::view) call: &'a Call,
}

impl Hits<'_> {
    /// Shows each message that is named and in scope, keys descending, until `each` breaks. None is tested yet.
    pub(in crate::view) fn each(
        &self,
        each: &mut dyn FnMut(&Hit) -> Result<ControlFlow<()>>,
    ) -> Result<Ended> {
        if self.asked.expression == Expression::All {
            let mut select = self.db.prepare_cached(queries::INDEXED).lift()?;
            let rows = select.query([self.asked.floor]).lift()?;
            return self.merged(rows, Vec::new().into_iter(), each);
        }
        let in_part = self.in_part()?.into_iter();
        match self.asked.text() {
            Some(text) => {
                let mut select = self.db.prepare_cached(queries::FULLTEXT).lift()?;
                let rows = select.query(params![text, self.asked.floor]).lift()?;
                self.merged(rows, in_part, each)
            }
            None => {
                for hit in in_part {
                    if self.is_in_scope(&hit)? && each(&hit)?.is_break() {
                        break;
                    }
                }
                Ok(Ended::Done)
            }
        }
    }

    /// Messages that are not indexed whole, keys descending.
    fn in_part(&self) -> Result<Vec<Hit>> {
        let mut select = self.db.prepare_cached(queries::INDEXED_IN_PART).lift()?;
        let mut rows = select.query([self.asked.floor]).lift()?;
        let mut hits = Vec::new();
        while let Some(row) = rows.next().lift()? {
            hits.push(hit_at(row)?);
        }
        Ok(hits)
    }

    /// Two lists as one; of the first, those that are in the second are left out.
    fn merged(
        &self,
        mut rows: rusqlite::Rows<'_>,
        in_part: std::vec::IntoIter<Hit>,
        each: &mut dyn FnMut(&Hit) -> Result<ControlFlow<()>>,
    ) -> Result<Ended> {
        let mut in_part = in_part.peekable();
        let named = !matches!(self.asked.expression, Expression::All);
        let (mut seen, mut strangers) = (0_usize, 0_usize);
        while let Some(row) = rows.next().lift()? {
            if seen.is_multiple_of(CHECK_EVERY) {
                self.call.check()?;
            }
            seen += 1;
            let key: i64 = row.get(0).lift()?;
            while let Some(hit) = in_part.next_if(|hit| hit.key >= key) {
                if self.is_in_scope(&hit)? && each(&hit)?.is_break() {
                    return Ok(Ended::Done);
                }
            }
            if named && !row.get::<_, bool>(2).lift()? {
                continue;
            }
            if !self.may_show(row)? {
                strangers += 1;
                if strangers > self.strangers {
                    return Ok(Ended::Strange);
                }
                continue;
            }
            let hit = hit_at(row)?;
            if self.is_link(&hit)? && each(&hit)?.is_break() {
                return Ok(Ended::Done);
            }
        }
        for hit in in_part {
            if self.is_in_scope(&hit)? && each(&hit)?.is_break() {
                break;
            }
        }
        Ok(Ended::Done)
    }

    /// What a row tells without being read whole.
    fn may_show(&self, row: &Row<'_>) -> Result<bool> {
        let (parent, part) = (row.get(3).lift()?, row.get(4).lift()?);
        Ok(self.is_place(parent, part) && self.may_have(row.get(5).lift()?))
    }

    fn is_in_scope(&self, hit: &Hit) -> Result<bool> {
        Ok(self.is_place(hit.parent, hit.part) && self.may_have(hit.flags) && self.is_link(hit)?)
    }

    fn is_place(&self, parent: u64, part: u8) -> bool {
        match self.scope {
            Scope::Folder(folder, wanted) => parent == *folder && part == *wanted,
            Scope::Search(_) => part & (ASSOCIATED | DELETED) == 0,
            Scope::Folders(folders) => part == 0 && folders.contains(&parent),
        }
    }

    fn may_have(&self, flags: u32) -> bool {
        flags & self.asked.without == 0 && self.asked.with.is_none_or(|with| flags & with != 0)
    }

    /// Whether a search folder shows it; other folders are known by now.
    fn is_link(&self, hit: &Hit) -> Result<bool> {
        let Scope::Search(folder) = self.scope else {
            return Ok(true);
        };
        self.db
            .prepare_cached(queries::IS_LINK)
            .and_then(|mut s| s.exists(params![folder, hit.date, hit.item]))
            .lift()
    }
}

/// Reads the columns of [`queries::FULLTEXT`] and its like.
fn hit_at(row: &Row<'_>) -> Result<Hit> {
    let date = row.get_ref(6).lift()?;
    let date = date
        .as_blob()
        .map_err(|_| corrupt("a key that is no blob"))?;
    Ok(Hit {
        key: row.get(0).lift()?,
        item: row.get(1).lift()?,
        whole: row.get(2).lift()?,
        parent: row.get(3).lift()?,
        part: row.get(4).lift()?,
        flags: row.get(5).lift()?,
        date: date.to_vec(),
    })
}
