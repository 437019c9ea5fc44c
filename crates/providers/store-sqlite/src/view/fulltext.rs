//! Answering views from the full-text index: what it can tell of a restriction, and the messages it names.
//!
//! The index knows words by keys that grow with the delivery time (see `crate::fulltext`). A restriction is split into an
//! expression for it and a *residue*, which is tested on what it names: on the item's row alone where that is enough, else
//! on the message. Messages that are not indexed whole are named whatever is asked for, and tested with everything.

mod expression;
mod hits;
mod lean;
mod newest;
mod said;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::ControlFlow;

use mapi_kit::engine::{ItemRow, Plan};
use mapi_props::{RelOp, Restriction, tags};
use mapi_query::Matcher;
use mapi_spi::{Call, FolderKind, ItemId, ItemKind, Result, RowSet, View};
use rusqlite::Connection;

use super::narrow::Narrow;
use super::row::show_known;
use crate::fulltext::{is_ready, natural_key};
use crate::order::{self, DATE};
use crate::{item, store};
pub(crate) use expression::Asked as AskedOfWords;
use expression::Expression;
pub(super) use hits::{Ended, Hit, Hits};
pub(crate) use lean::{LeanRow, knows};
pub(super) use newest::{Dated, Found, Newest};

/// What a view asks of the index.
#[derive(Debug)]
pub(super) struct Asked {
    expression: Expression,
    residue: Option<Residue>,
    /// No message below this key matches.
    floor: i64,
    /// Flags that no matching message has, and of which each has one.
    without: u32,
    with: Option<u32>,
}

/// Whether the index can tell of a restriction at all.
pub(crate) fn names_words(restriction: &Restriction) -> bool {
    Asked::for_candidates(restriction).names_words()
}

/// What the index can tell of a restriction, as a question to the words of one message, and what is left to be tested;
/// `None` where it can tell nothing.
pub(crate) fn of_words(restriction: &Restriction) -> Option<(AskedOfWords, Option<Restriction>)> {
    let (expression, rest) = said::asked(restriction);
    Some((AskedOfWords::of(&expression)?, rest))
}

/// What the index names for a search.
#[derive(Debug)]
pub(crate) struct Named {
    /// Living messages, by number; of those indexed whole only `rest` is open.
    pub(crate) ids: Vec<u64>,
    /// Those of them that are not indexed whole, by number: all is open.
    pub(crate) in_part: Vec<u64>,
    /// What is left to be tested; `None`: nothing is.
    pub(crate) rest: Option<Restriction>,
}

/// The living messages of some folders that the index names for a restriction; `None` where it cannot tell, or is not
/// ready.
pub(crate) fn named(
    db: &Connection,
    restriction: &Restriction,
    folders: &[ItemId],
    call: &Call,
) -> Result<Option<Named>> {
    let asked = Asked::for_candidates(restriction);
    if !asked.names_words() || !is_ready(db)? {
        return Ok(None);
    }
    let scope = Scope::of_folders(folders.iter().copied());
    let hits = Hits {
        db,
        asked: &asked,
        scope: &scope,
        strangers: usize::MAX,
        call,
    };
    let (mut ids, mut in_part) = (Vec::new(), Vec::new());
    hits.each(&mut |hit| {
        ids.push(hit.item);
        if !hit.whole {
            in_part.push(hit.item);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    ids.sort_unstable();
    in_part.sort_unstable();
    let (_, rest) = said::asked(restriction);
    Ok(Some(Named { ids, in_part, rest }))
}

/// What the index cannot tell.
#[derive(Debug)]
struct Residue {
    matcher: Matcher,
    /// The item's row is enough to test it.
    lean: bool,
}

impl Asked {
    /// What a checked view asks.
    pub(super) fn of(plan: &Plan<'_>) -> Result<Self> {
        let Some(restriction) = plan.matcher().map(Matcher::restriction) else {
            return Ok(Self::everything());
        };
        let residue = said::asked(restriction).1;
        Ok(Self {
            residue: match residue {
                Some(residue) => Some(Residue::of(plan.compile(&residue)?)),
                None => None,
            },
            ..Self::for_candidates(restriction)
        })
    }

    /// What a restriction asks whose candidates are tested elsewhere.
    pub(super) fn for_candidates(restriction: &Restriction) -> Self {
        let (expression, residue) = said::asked(restriction);
        let narrow = Narrow::of(Some(restriction));
        Self {
            expression,
            floor: residue.as_ref().map_or(i64::MIN, floor),
            residue: None,
            without: narrow.without,
            with: narrow.with,
        }
    }

    const fn everything() -> Self {
        Self {
            expression: Expression::All,
            residue: None,
            floor: i64::MIN,
            without: 0,
            with: None,
        }
    }

    /// Whether the index is asked for words at all.
    pub(super) fn names_words(&self) -> bool {
        self.expression != Expression::All
    }

    /// Whether messages that are indexed whole are told without their bags.
    pub(super) fn is_cheap(&self) -> bool {
        self.residue.as_ref().is_none_or(|residue| residue.lean)
    }

    /// Whether messages that are indexed whole need no test.
    pub(super) const fn is_exact(&self) -> bool {
        self.residue.is_none()
    }

    /// The expression as the index reads it.
    pub(super) fn text(&self) -> Option<String> {
        self.expression.text()
    }

    /// Whether a message that the index names matches.
    pub(super) fn holds(&self, db: &Connection, plan: &Plan<'_>, hit: &Hit) -> Result<bool> {
        if !hit.whole {
            return show_known(db, hit.item, |row| Ok(plan.matches(row, 0)));
        }
        let Some(residue) = &self.residue else {
            return Ok(true);
        };
        let test = |row: &dyn ItemRow| plan.matches_too(&residue.matcher, row, 0);
        if residue.lean {
            return Ok(test(&LeanRow::of(db, hit)?));
        }
        show_known(db, hit.item, |row| Ok(test(row)))
    }
}

impl Residue {
    fn of(matcher: Matcher) -> Self {
        let lean = matcher.recipient_tags().is_empty()
            && matcher.attachment_tags().is_empty()
            && matcher.tags().iter().all(|tag| knows(*tag));
        Self { matcher, lean }
    }
}

/// The least key of messages that a restriction matches: bounds of the delivery time tell.
fn floor(residue: &Restriction) -> i64 {
    let parts = match residue {
        Restriction::And(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let bound = |part: &Restriction| match part {
        Restriction::Property {
            op: RelOp::Gt | RelOp::Ge | RelOp::Eq,
            tag,
            value,
            ..
        } if *tag == tags::MESSAGE_DELIVERY_TIME.raw() => {
            let order = order::by_id(DATE)?;
            Some(natural_key(&order::key_of(order, Some(value))))
        }
        _ => None,
    };
    let bounds = parts.iter().filter_map(bound);
    bounds.max().unwrap_or(i64::MIN)
}

/// The messages that a view may show.
#[derive(Debug)]
pub(super) enum Scope {
    /// Those of a part of an ordinary folder.
    Folder(u64, u8),
    /// The links of a search folder.
    Search(u64),
    /// The living ones of these folders.
    Folders(HashSet<u64>),
}

impl Scope {
    /// The scope of a view, if it is one of messages that are indexed: not the associated ones.
    pub(super) fn of(db: &Connection, view: &View) -> Result<Option<Self>> {
        let part = match view.rows {
            RowSet::Contents {
                associated: false,
                deleted,
            } => item::part(false, deleted),
            RowSet::Deep => 0,
            RowSet::Contents { .. } | RowSet::Hierarchy { .. } => return Ok(None),
        };
        let container = view.container;
        let kind = item::meta(db, container)?.map(|m| m.kind);
        let is_search = kind == Some(ItemKind::Folder(FolderKind::Search));
        Ok(Some(match view.rows {
            // No link is soft-deleted.
            _ if is_search && part != 0 => Self::of_folders([]),
            _ if is_search => Self::Search(container.0),
            RowSet::Deep => Self::of_folders(store::deep(db, container)?),
            _ => Self::Folder(container.0, part),
        }))
    }

    /// The living messages of some folders.
    pub(super) fn of_folders(folders: impl IntoIterator<Item = ItemId>) -> Self {
        Self::Folders(folders.into_iter().map(|id| id.0).collect())
    }
}
