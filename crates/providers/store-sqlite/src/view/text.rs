//! A reading answered from the full-text index: the newest rows of trees of folders and of what words find, and all of them.

use std::ops::ControlFlow;

use mapi_kit::engine::Plan;
use mapi_query::reverse_cell_key;
use mapi_spi::{Anchor, Page, QueryPlan, Result, Row, RowKey, RowSet, View};

use super::fulltext::{Asked, Dated, Ended, Found, Hits, Newest, Scope};
use super::reading::{Reading, as_u64};
use super::row::show_known;
use super::{is_cut, rows_of};
use crate::failure::Lift;
use crate::order::{self, DATE};
use crate::{fulltext, store};

/// A folder with so many times fewer messages than are worth an index is not looked up in that of the whole store.
const SMALLER: u64 = 16;
/// So many tests of items' rows cost about as much as one of a message.
const CHEAPER: usize = 32;
/// Rows numbered above this are counted in a list of all.
const FAR: u64 = 100_000;

/// The index as one view asks it.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) asked: Asked,
    pub(super) scope: Scope,
    /// Messages outside of the scope that are passed over at most.
    strangers: usize,
}

/// Whether rows stand by delivery time alone, and if so, whether the oldest come first.
pub(super) fn by_date(plan: &Plan<'_>) -> Option<bool> {
    let [column] = plan.sort().columns.as_slice() else {
        return None;
    };
    let order = order::for_column(*column).filter(|o| o.id == DATE)?;
    Some(column.order != order.natural)
}

/// Whether the index would serve a view.
pub(super) fn wants_index(plan: &Plan<'_>, view: &View) -> Result<bool> {
    Ok(match view.rows {
        RowSet::Contents {
            associated: false, ..
        } => Asked::of(plan)?.names_words(),
        RowSet::Deep => by_date(plan).is_some() || Asked::of(plan)?.names_words(),
        RowSet::Contents { .. } | RowSet::Hierarchy { .. } => false,
    })
}

impl Text {
    /// What the index has for a view; `None` where it is of no use, or not ready.
    pub(super) fn of(
        db: &rusqlite::Connection,
        plan: &Plan<'_>,
        view: &View,
        worth: u64,
    ) -> Result<Option<Self>> {
        let is_deep = view.rows == RowSet::Deep;
        if !is_deep && plan.matcher().is_none() {
            return Ok(None);
        }
        let Some(scope) = Scope::of(db, view)? else {
            return Ok(None);
        };
        let asked = Asked::of(plan)?;
        if !(is_deep || asked.names_words()) || !fulltext::is_ready(db)? {
            return Ok(None);
        }
        let rows = rows_of(db, view)?;
        if !is_deep && rows < worth / SMALLER {
            return Ok(None);
        }
        let strangers = usize::try_from(rows.saturating_mul(8)).unwrap_or(usize::MAX);
        Ok(Some(Self {
            asked,
            scope,
            strangers: if is_deep {
                usize::MAX
            } else {
                strangers.saturating_add(1000)
            },
        }))
    }
}

impl Reading<'_> {
    fn hits<'b>(&'b self, text: &'b Text) -> Hits<'b> {
        Hits {
            db: self.db,
            asked: &text.asked,
            scope: &text.scope,
            strangers: text.strangers,
            call: self.call,
        }
    }

    /// Whether the view has one row for each message that it matches.
    fn is_plain(&self) -> bool {
        !(is_cut(self.plan) || self.plan.is_expanded())
    }

    /// The messages that the index names, as far as it was asked for words, by number; `None` if it does not serve, or
    /// names more than `most`.
    pub(super) fn named(&self, most: usize) -> Result<Option<Vec<u64>>> {
        let Some(text) = self.text.as_ref().filter(|t| t.asked.names_words()) else {
            return Ok(None);
        };
        let mut ids = Vec::new();
        let ended = self.hits(text).each(&mut |hit| {
            ids.push(hit.item);
            Ok(if ids.len() > most {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        ids.sort_unstable();
        Ok((ended == Ended::Done && ids.len() <= most).then_some(ids))
    }

    /// The messages that match, by number, where the index tells without their bags being read.
    pub(super) fn told(&self) -> Result<Option<Vec<u64>>> {
        let serves = |t: &&Text| t.asked.names_words() && t.asked.is_cheap();
        let Some(text) = self.text.as_ref().filter(serves) else {
            return Ok(None);
        };
        let mut ids = Vec::new();
        let ended = self.each_told(text, &mut |_, id| ids.push(id))?;
        ids.sort_unstable();
        Ok((ended == Ended::Done).then_some(ids))
    }

    /// The number of messages that match, where the index tells without their bags being read.
    pub(super) fn told_count(&self) -> Result<Option<u64>> {
        let serves = |t: &&Text| t.asked.names_words() && t.asked.is_cheap();
        let Some(text) = self.text.as_ref().filter(serves) else {
            return Ok(None);
        };
        let mut n = 0_u64;
        let ended = self.each_told(text, &mut |_, _| n += 1)?;
        Ok((ended == Ended::Done).then_some(n))
    }

    fn each_told(&self, text: &Text, each: &mut dyn FnMut(&[u8], u64)) -> Result<Ended> {
        self.hits(text).each(&mut |hit| {
            if text.asked.holds(self.db, self.plan, hit)? {
                each(&hit.date, hit.item);
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// How the view is answered.
    pub(super) fn explain(&self) -> QueryPlan {
        let is_newest_first = by_date(self.plan) == Some(false) && self.is_plain();
        if let Some(text) = &self.text {
            let index = match (text.asked.names_words(), is_newest_first) {
                (true, _) => "full-text index",
                (false, true) => "messages by delivery time",
                (false, false) => "every message of the folders",
            };
            return QueryPlan {
                index: index.to_owned(),
                expression: text.asked.text(),
                exact: text.asked.is_exact() && self.is_plain(),
                ordered: is_newest_first,
            };
        }
        let order = self.order.map(|order| format!("order by {}", order.tag));
        let facets = self.narrow.facets.iter().map(|facet| match facet.needle {
            Some(_) => format!("texts of {}", facet.order.tag),
            None => format!("facet of {}", facet.order.tag),
        });
        let indexes: Vec<String> = order.into_iter().chain(facets).collect();
        QueryPlan {
            ordered: self.order.is_some(),
            exact: self.plan.matcher().is_none() || self.narrow.whole,
            index: if indexes.is_empty() {
                "every row".to_owned()
            } else {
                indexes.join(", ")
            },
            expression: None,
        }
    }

    /// A page of a view that shows the newest messages first, from the index; `None` if that is not to be had.
    pub(super) fn newest_page(&self, from: &Anchor, count: i64) -> Result<Option<Page>> {
        let Some(text) = self.text.as_ref().filter(|_| self.is_plain()) else {
            return Ok(None);
        };
        let take = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if count < 0 || by_date(self.plan) != Some(false) || self.has_few()? {
            return Ok(None);
        }
        let newest = Newest {
            hits: self.hits(text),
            plan: self.plan,
            patience: if text.asked.is_cheap() {
                self.few.saturating_mul(CHEAPER)
            } else {
                self.few
            },
        };
        let (place, skip) = match from {
            Anchor::Start => (None, 0),
            Anchor::At(key) => (Some(self.dated(key, 0)?), 0),
            Anchor::After(key) => (Some(self.dated(key, 1)?), 0),
            Anchor::Row(n) if *n <= FAR => (None, usize::try_from(*n).unwrap_or(usize::MAX)),
            Anchor::Row(_) | Anchor::End => return Ok(None),
        };
        let most = take.saturating_add(skip).saturating_add(1);
        let Some(Found { rows, before }) = newest.from(place.as_ref(), most)? else {
            return Ok(None);
        };
        let shown = rows.iter().skip(skip).take(take);
        Ok(Some(Page {
            seq: self.seq(),
            at_start: !before && skip.min(rows.len()) == 0,
            at_end: rows.len() <= skip.saturating_add(take),
            rows: shown.map(|id| self.row(*id)).collect::<Result<_>>()?,
        }))
    }

    /// Whether an index of the folder holds it to few candidates, which are quicker tested than looked up.
    fn has_few(&self) -> Result<bool> {
        let Some(part) = self.part else {
            return Ok(false);
        };
        for facet in &self.narrow.facets {
            let known = facet.needle.is_none();
            if known && facet.estimate(self.db, self.view.container, part)? < super::narrow::WEIGHED
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A page of a tree of folders by delivery time: all rows are found, and sorted by what the items tell.
    pub(super) fn dated_page(&self, from: &Anchor, count: i64) -> Result<Option<Page>> {
        let Some(rows) = self.all_dated()? else {
            return Ok(None);
        };
        let take = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let at = match from {
            Anchor::Start => 0,
            Anchor::End => rows.len(),
            Anchor::Row(n) => usize::try_from(*n).unwrap_or(usize::MAX).min(rows.len()),
            Anchor::At(key) => self.rows_before(&rows, &self.dated(key, 0)?),
            Anchor::After(key) => self.rows_before(&rows, &self.dated(key, 1)?),
        };
        let (start, end) = if count < 0 {
            (at.saturating_sub(take), at)
        } else {
            (at, at.saturating_add(take).min(rows.len()))
        };
        let shown = rows.get(start..end).unwrap_or_default();
        Ok(Some(Page {
            seq: self.seq(),
            rows: shown
                .iter()
                .map(|(_, id)| self.row(*id))
                .collect::<Result<_>>()?,
            at_start: start == 0,
            at_end: end == rows.len(),
        }))
    }

    /// How many rows stand before a place in a tree of folders by delivery time.
    pub(super) fn dated_position(&self, key: &RowKey) -> Result<Option<u64>> {
        let Some(rows) = self.all_dated()? else {
            return Ok(None);
        };
        Ok(Some(as_u64(self.rows_before(&rows, &self.dated(key, 0)?))))
    }

    fn rows_before(&self, rows: &[Dated], place: &Dated) -> usize {
        rows.partition_point(|row| row < place)
    }

    /// The place of a row, `beyond` numbers further. Its key is the view's, whichever way it is sorted.
    fn dated(&self, key: &RowKey, beyond: u64) -> Result<Dated> {
        let beyond = beyond.max(u64::from(key.instance > 0));
        Ok((self.plan.key_of(key)?, key.item.0.saturating_add(beyond)))
    }

    /// The places of all rows of a tree of folders in the order of the view; `None` if that is none by delivery time.
    fn all_dated(&self) -> Result<Option<Vec<Dated>>> {
        let Some(reversed) = by_date(self.plan).filter(|_| self.is_plain()) else {
            return Ok(None);
        };
        if self.view.rows != RowSet::Deep {
            return Ok(None);
        }
        let tells_all = |t: &Text| t.asked.names_words() || self.plan.matcher().is_none();
        let mut rows = Vec::new();
        match &self.text {
            Some(text) if text.asked.is_cheap() && tells_all(text) => {
                self.each_told(text, &mut |date, id| rows.push((date.to_vec(), id)))?;
            }
            _ => {
                let mut select = self
                    .db
                    .prepare_cached("SELECT date FROM item WHERE id = ?1")
                    .lift()?;
                for id in self.matches()? {
                    rows.push((select.query_row([id], |r| r.get(0)).lift()?, id));
                }
            }
        }
        if reversed {
            for (key, _) in &mut rows {
                reverse_cell_key(key);
            }
        }
        rows.sort_unstable();
        Ok(Some(rows))
    }

    fn row(&self, id: u64) -> Result<Row> {
        show_known(self.db, id, |row| Ok(self.plan.row(row, 0)))
    }

    /// The messages of a tree of folders that can match as far as the folders' own indexes tell, by number.
    pub(super) fn in_folders(&self) -> Result<Vec<u64>> {
        let mut ids = Vec::new();
        for folder in store::deep(self.db, self.view.container)? {
            let mut narrow = self.narrow.clone();
            narrow.keep_ready(self.db, folder, 0)?;
            let some = narrow.candidates(self.db, folder, 0, self.call)?;
            ids.extend(some.map_or_else(|| store::contents(self.db, folder, 0), Ok)?);
        }
        ids.sort_unstable();
        Ok(ids)
    }
}
