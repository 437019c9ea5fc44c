//! Looking at messages for a search: which of them match, and the keys under which they become links. On two cores.
//!
//! What the item's row tells is asked first; a bag is read only where that leaves anything open.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mapi_kit::engine::ItemRow;
use mapi_props::Restriction;
use mapi_spi::{Call, ItemId, ItemMeta, Result, SearchCriteria};
use rusqlite::{Connection, Row};

use super::Scopes;
use super::question::Question;
use crate::failure::{Lift, corrupt};
use crate::fulltext::UNBORN;
use crate::item::{META_COLUMNS, meta_at};
use crate::order::{self, Keys, Shape, is_unread};
use crate::store::Inner;
use crate::view::{self, EncodedRow, LeanRow};
use crate::{log, queries};

/// Numbers that one core takes at a time.
const CHUNK: usize = 1024;
/// Fewer chunks are not worth a second connection.
const WORTH_SHARING: usize = 4;
/// Messages that are read in one go where they lie close together.
const RUN: usize = 256;
/// The column of the flags in rows of items.
const FLAGS: usize = 4;

/// What is asked of messages.
#[derive(Debug)]
pub(super) struct Sift {
    /// Of those whose words are known to match, or of all.
    usual: Question,
    /// Of those whose words are not all known, by number.
    doubtful: Vec<u64>,
    whole: Question,
}

/// Keys by the numbers of their orders.
type EntryKeys = Vec<(u8, Vec<u8>)>;

/// A message that matched when it was looked at.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: u64,
    pub(super) unread: bool,
    /// Its keys in the orders kept then, that by delivery time first.
    pub(super) keys: EntryKeys,
}

/// What a look at some messages gave.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) found: Vec<Found>,
    /// Messages that were in scope.
    pub(super) seen: u64,
    /// The log's number at the look.
    pub(super) since: u64,
    /// Numbers of the orders kept then.
    pub(super) orders: Vec<u8>,
}

/// Messages to be looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slice<'a> {
    /// All with numbers from the first to the last.
    Numbers(u64, u64),
    /// These, by number.
    Listed(&'a [u64]),
}

/// How to read: the store, what is in scope, and until when.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) inner: &'a Inner,
    pub(super) scope: &'a SearchCriteria,
    pub(super) call: &'a Call,
}

impl Sift {
    /// Asks a whole restriction of every message.
    pub(super) fn of(restriction: &Restriction) -> Result<Self> {
        Ok(Self {
            usual: Question::of(Some(restriction))?,
            doubtful: Vec::new(),
            whole: Question::of(None)?,
        })
    }

    /// Asks `rest` of messages, and the whole restriction of doubtful ones.
    pub(super) fn of_rest(
        rest: Option<&Restriction>,
        doubtful: Vec<u64>,
        whole: &Restriction,
    ) -> Result<Self> {
        Ok(Self {
            usual: Question::of(rest)?,
            doubtful,
            whole: Question::of(Some(whole))?,
        })
    }

    /// Looks at messages on one connection that sees one moment, or on two that may see different ones.
    pub(super) fn look(
        &self,
        place: Place<'_>,
        db: &Connection,
        second: Option<&mut Connection>,
        slice: Slice<'_>,
    ) -> Result<Looked> {
        let next = AtomicUsize::new(0);
        let mine = || Look::begin(self, place, db)?.work(slice, &next);
        let Some(other) = second.filter(|_| slice.is_worth_sharing()) else {
            return mine();
        };
        let (mine, theirs) = thread::scope(|scope| {
            let next = &next;
            let theirs = scope.spawn(move || {
                let other = &*other;
                other.execute_batch("BEGIN").lift()?;
                let looked = Look::begin(self, place, other).and_then(|l| l.work(slice, next));
                other.execute_batch("COMMIT").lift()?;
                looked
            });
            (mine(), theirs.join())
        });
        let theirs = theirs.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut looked = mine?;
        looked.add(theirs?);
        Ok(looked)
    }
}

impl Looked {
    fn add(&mut self, other: Self) {
        self.found.extend(other.found);
        self.seen += other.seen;
        self.since = self.since.min(other.since);
        if self.orders != other.orders {
            // Equal to no list of orders, of which one is always kept.
            self.orders.clear();
        }
    }
}

impl Slice<'_> {
    fn is_worth_sharing(self) -> bool {
        self.chunks() >= WORTH_SHARING
    }

    fn chunks(self) -> usize {
        let numbers = match self {
            Self::Listed(ids) => ids.len(),
            Self::Numbers(first, last) => {
                usize::try_from((last + 1).saturating_sub(first)).unwrap_or(usize::MAX)
            }
        };
        numbers.div_ceil(CHUNK)
    }
}

/// A look at messages through one connection.
struct Look<'a> {
    sift: &'a Sift,
    place: Place<'a>,
    db: &'a Connection,
    scopes: Scopes<'a>,
    keys: Keys<'a>,
    /// All keys are made of the delivery time.
    dated: bool,
    looked: Looked,
}

impl<'a> Look<'a> {
    fn begin(sift: &'a Sift, place: Place<'a>, db: &'a Connection) -> Result<Self> {
        let since = log::last(db)?;
        let orders = order::kept(db)?;
        Ok(Self {
            sift,
            place,
            db,
            scopes: Scopes::new(db, place.scope),
            keys: Keys::new(&place.inner.info, &orders)?,
            dated: (orders.iter()).all(|o| o.id == order::DATE || o.shape == Shape::Unread),
            looked: Looked {
                since,
                orders: orders.iter().map(|o| o.id).collect(),
                ..Looked::default()
            },
        })
    }

    /// Takes chunks until there are none.
    fn work(mut self, slice: Slice<'_>, next: &AtomicUsize) -> Result<Looked> {
        loop {
            let chunk = next.fetch_add(1, Ordering::Relaxed);
            if chunk >= slice.chunks() {
                return Ok(self.looked);
            }
            let done = self.chunk(slice, chunk);
            if done.is_err() {
                // The other core need not go on.
                next.store(slice.chunks(), Ordering::Relaxed);
            }
            done?;
        }
    }

    fn chunk(&mut self, slice: Slice<'_>, chunk: usize) -> Result<()> {
        self.place.call.check()?;
        match slice {
            Slice::Numbers(first, last) => {
                let first = first + as_u64(chunk * CHUNK);
                self.between((first, last.min(first + as_u64(CHUNK) - 1)), None)
            }
            Slice::Listed(ids) => {
                let some = ids.chunks(CHUNK).nth(chunk).unwrap_or_default();
                for run in some.chunks(RUN) {
                    self.listed(run)?;
                }
                Ok(())
            }
        }
    }

    /// Messages of a list. Where they lie close together, all there are read in one go.
    fn listed(&mut self, run: &[u64]) -> Result<()> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return Ok(());
        };
        if last - first < as_u64(run.len()) * 2 {
            return self.between((*first, *last), Some(run));
        }
        for id in run {
            self.between((*id, *id), None)?;
        }
        Ok(())
    }

    /// Messages with numbers in a range; of a list, those that it names.
    fn between(&mut self, (first, last): (u64, u64), named: Option<&[u64]>) -> Result<()> {
        let sql = if self.sift.usual.bag.is_some() {
            queries::LIVING_BAGS
        } else {
            queries::LIVING
        };
        let db = self.db;
        let mut select = db.prepare_cached(sql).lift()?;
        let mut rows = select.query([first, last]).lift()?;
        while let Some(row) = rows.next().lift()? {
            let is_named = match named {
                Some(named) => named.binary_search(&row.get(0).lift()?).is_ok(),
                None => true,
            };
            if is_named {
                self.message(row)?;
            }
        }
        Ok(())
    }

    fn message(&mut self, row: &Row<'_>) -> Result<()> {
        if !self.scopes.hold(ItemId(row.get(1).lift()?))? {
            return Ok(());
        }
        self.looked.seen += 1;
        let id = row.get(0).lift()?;
        let keys = if self.sift.doubtful.binary_search(&id).is_ok() {
            let info = &self.place.inner.info;
            view::show_known(self.db, id, |whole| {
                let matches = self.sift.whole.matches(info, whole);
                matches.then(|| self.keys_of(row, whole)).transpose()
            })?
        } else if self.sift.usual.row.is_none() && self.sift.usual.is_blind() {
            self.by_bag(row, &unread_meta(id))?
        } else {
            let lean = LeanRow::new(meta_at(row)?, date(row)?);
            let asked = self.sift.usual.row.as_ref();
            let info = &self.place.inner.info;
            if asked.is_some_and(|asked| !asked.matches(info, &lean)) {
                return Ok(());
            }
            self.by_bag(row, lean.meta())?
        };
        if let Some(keys) = keys {
            let unread = is_unread(row.get(FLAGS).lift()?);
            self.looked.found.push(Found { id, unread, keys });
        }
        Ok(())
    }

    /// The keys of a message if its bag, of which nothing may be asked, says that it matches.
    fn by_bag(&self, row: &Row<'_>, meta: &ItemMeta) -> Result<Option<EntryKeys>> {
        let Some(asked) = &self.sift.usual.bag else {
            return match self.dated {
                true => self.dated_keys(row).map(Some),
                false => {
                    let of_whole = |whole: &EncodedRow<'_>| Ok(self.keys.of(whole));
                    view::show_known(self.db, meta.id.0, of_whole).map(Some)
                }
            };
        };
        let info = &self.place.inner.info;
        let matches = view::with_bag(self.db, meta, row, META_COLUMNS + 1, |whole| {
            Ok(asked.matches(info, whole))
        })?;
        if !matches {
            return Ok(None);
        }
        if self.dated {
            return self.dated_keys(row).map(Some);
        }
        let meta = meta_at(row)?;
        view::with_bag(self.db, &meta, row, META_COLUMNS + 1, |whole| {
            self.keys_of(row, whole).map(Some)
        })
    }

    /// The keys of a message.
    fn keys_of(&self, row: &Row<'_>, whole: &EncodedRow<'_>) -> Result<EntryKeys> {
        if self.dated {
            return self.dated_keys(row);
        }
        Ok(self.keys.of(whole))
    }

    /// The keys of a message where all are made of its delivery time.
    fn dated_keys(&self, row: &Row<'_>) -> Result<EntryKeys> {
        let (date, unread) = (date(row)?, is_unread(row.get(FLAGS).lift()?));
        let orders = self.looked.orders.iter().copied();
        let stands = orders.filter(|id| *id != order::UNREAD || unread);
        Ok(stands.map(|id| (id, date.to_vec())).collect())
    }
}

/// The key by delivery time in a row.
fn date<'r>(row: &'r Row<'_>) -> Result<&'r [u8]> {
    let date = row.get_ref(META_COLUMNS).lift()?;
    date.as_blob().map_err(|_| corrupt("a key that is no blob"))
}

/// What stands for the item of a message of which only the bag is asked: its columns need not be read.
fn unread_meta(id: u64) -> ItemMeta {
    ItemMeta {
        id: ItemId(id),
        ..UNBORN.clone()
    }
}

fn as_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
