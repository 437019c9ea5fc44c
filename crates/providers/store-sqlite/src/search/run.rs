//! Populating a search folder: messages are looked at in read transactions, links moved in short write transactions.
//!
//! Commits keep the link of every message right from the moment the criteria are set. So a population need only see each
//! message as it was at some moment since then: what the log says was touched after the look is looked at again when its
//! link is written.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use mapi_props::Code;
use mapi_spi::{Call, Depth, Error, ItemId, Result, SearchData, SearchPhase};
use rusqlite::Connection;

use super::settle::{Batch, Written};
use super::sift::{Place, Sift, Slice};
use super::{Scopes, Search, is_eligible, read};
use crate::failure::Lift;
use crate::store::Inner;
use crate::{fulltext, item, store, view};

/// Messages looked at in one read transaction: few at first, so that a short search tells of its progress.
const FIRST_LOOKS: usize = 4096;
const LATER_LOOKS: usize = 32_768;
/// So many messages are looked at in short transactions.
const SHORT_UNTIL: usize = 4 * FIRST_LOOKS;
/// Links of earlier runs are looked at in transactions of so many.
const LINKS_AT_ONCE: usize = 4096;
/// Links that may be wrong are set right when there are so many.
const SETTLED: usize = 1024;
/// How far the population is gets written after so many messages.
const REMEMBERED: usize = 65_536;

/// Populates a search folder in phase Rebuild, and says what it is then.
pub(crate) fn run(inner: &Inner, folder: ItemId, call: &Call) -> Result<SearchData> {
    loop {
        let search = {
            let reader = inner.connections.reader(call)?;
            reader.begin()?;
            super::data(&reader, folder)?;
            read(&reader, folder.0)?
        };
        let search = search.ok_or_else(|| {
            let detail = format!("search folder {folder} has no criteria yet");
            Error::new(Code::NOT_INITIALIZED, detail)
        })?;
        if search.data.phase != SearchPhase::Rebuild {
            return Ok(search.data.clone());
        }
        inner.connections.may_write()?;
        prepare(inner, &search, call)?;
        if let Some(data) = Population::begin(inner, search, call)?.run()? {
            return Ok(data);
        }
    }
}

/// The messages that a search looks at.
enum Heap {
    /// All in the store, up to this number.
    All(u64),
    /// These, by number.
    Listed(Vec<u64>),
}

struct Population<'a> {
    inner: &'a Inner,
    call: &'a Call,
    search: Arc<Search>,
    sift: Sift,
    heap: Heap,
    /// Links of before that are still to be looked at.
    links: Vec<u64>,
    /// Messages up to this number have been looked at.
    at: u64,
    /// All of them have.
    over: bool,
    /// Messages looked at by this run, and of these the ones since how far it is was remembered.
    looked: usize,
    unremembered: usize,
    /// For those who watch: messages seen, and to be seen.
    seen: u64,
    total: u64,
    batch: Batch,
    /// A second connection, once it is worth it.
    second: Option<Connection>,
}

impl<'a> Population<'a> {
    fn begin(inner: &'a Inner, search: Arc<Search>, call: &'a Call) -> Result<Self> {
        let reader = inner.connections.reader(call)?;
        reader.begin()?;
        let reached: Option<u64> = reader
            .prepare_cached("SELECT reached FROM search WHERE folder = ?1")
            .and_then(|mut s| s.query_row([search.folder], |r| r.get(0)))
            .lift()?;
        let since = crate::log::last(&reader)?;
        let (heap, sift, total) = candidates(&reader, &search, call)?;
        let links = match reached {
            None => store::contents(&reader, ItemId(search.folder), 0)?,
            Some(_) => Vec::new(),
        };
        let at = reached.unwrap_or(0);
        let mut batch = Batch::default();
        if matches!(heap, Heap::Listed(_)) {
            // What an index named was so at this moment.
            batch.as_of(since);
        }
        let mut this = Self {
            inner,
            call,
            search,
            sift,
            links,
            at,
            over: false,
            looked: 0,
            unremembered: 0,
            seen: 0,
            total,
            batch,
            second: None,
            heap,
        };
        this.seen = this.seen_before();
        Ok(this)
    }

    /// What runs before this one have seen, about.
    fn seen_before(&self) -> u64 {
        match &self.heap {
            Heap::All(last) => self.total * self.at / (*last).max(1),
            Heap::Listed(ids) => as_u64(ids.partition_point(|id| *id <= self.at)),
        }
        .min(self.total)
    }

    /// Works to the end; `None` if the search was set anew or stopped meanwhile.
    fn run(mut self) -> Result<Option<SearchData>> {
        loop {
            self.step()?;
            self.look()?;
            let done = self.links.is_empty() && self.over;
            let due = self.batch.len() >= SETTLED || self.unremembered >= REMEMBERED;
            if !done && !due {
                continue;
            }
            self.step()?;
            // Everything found so far first: what is remembered must be right.
            loop {
                match self.settle(done)? {
                    Written::More if !done && self.batch.is_empty() => break,
                    Written::More => thread::sleep(Duration::from_millis(1)),
                    Written::Complete(data) => return Ok(Some(data)),
                    Written::Overtaken => return Ok(None),
                }
            }
        }
    }

    /// Tells how far it is, and whether to go on.
    fn step(&self) -> Result<()> {
        self.call.check()?;
        self.call
            .report(self.seen.min(self.total), Some(self.total));
        Ok(())
    }

    /// Looks at some messages, links of before first.
    fn look(&mut self) -> Result<()> {
        let reader = self.inner.connections.reader(self.call)?;
        reader.begin()?;
        if !self.links.is_empty() {
            let mut verdict = Verdict::new(self.inner, &reader, &self.search);
            let rest = self.links.len().saturating_sub(LINKS_AT_ONCE);
            for id in self.links.split_off(rest) {
                if !verdict.of_stored(id)? {
                    self.batch.doubt(id);
                }
            }
            if !self.links.is_empty() {
                return Ok(());
            }
        }
        let most = if self.looked < SHORT_UNTIL {
            FIRST_LOOKS
        } else {
            LATER_LOOKS
        };
        if self.second.is_none() && most == LATER_LOOKS && !self.inner.connections.is_alone() {
            self.second = Some(self.inner.connections.separate()?);
        }
        let (slice, upto, over) = self.heap.slice(self.at, most);
        let place = Place {
            inner: self.inner,
            scope: &self.search.data.criteria,
            call: self.call,
        };
        let looked = self
            .sift
            .look(place, &reader, self.second.as_mut(), slice)?;
        self.seen += looked.seen;
        self.batch.add(looked);
        (self.at, self.over) = (upto, over);
        self.looked += most;
        self.unremembered += most;
        Ok(())
    }

    /// Sets links right in one transaction, and remembers how far that is.
    fn settle(&mut self, last: bool) -> Result<Written> {
        let reached = self.links.is_empty().then_some(self.at);
        let written = self
            .batch
            .settle((self.inner, self.call), &self.search, reached, last)?;
        if self.batch.is_empty() {
            self.unremembered = 0;
        }
        Ok(written)
    }
}

impl Heap {
    /// The next messages, up to which number they go, and whether they are the last ones.
    fn slice(&self, after: u64, most: usize) -> (Slice<'_>, u64, bool) {
        match self {
            Self::All(last) => {
                let upto = after.saturating_add(as_u64(most)).min(*last);
                (Slice::Numbers(after + 1, upto), upto, upto == *last)
            }
            Self::Listed(ids) => {
                let from = ids.partition_point(|id| *id <= after);
                let rest = ids.get(from..).unwrap_or_default();
                let some = rest.get(..most).unwrap_or(rest);
                let upto = some.last().copied().unwrap_or(after);
                (Slice::Listed(some), upto, some.len() == rest.len())
            }
        }
    }
}

/// The messages that the search may find, what to ask of them, and about how many they are. What becomes one later is
/// seen by the commit that does it.
fn candidates(db: &Connection, search: &Search, call: &Call) -> Result<(Heap, Sift, u64)> {
    let folders = scope_folders(db, search)?;
    let restriction = &search.data.criteria.restriction;
    if let Some(named) = view::named(db, restriction, &folders, call)? {
        let sift = Sift::of_rest(named.rest.as_ref(), named.in_part, restriction)?;
        let total = as_u64(named.ids.len());
        return Ok((Heap::Listed(named.ids), sift, total));
    }
    let sift = Sift::of(restriction)?;
    if let Some(ids) = view::narrowed(db, restriction, &folders, call)? {
        let total = as_u64(ids.len());
        return Ok((Heap::Listed(ids), sift, total));
    }
    let mut total = 0;
    for folder in &folders {
        // The scope may name folders that are gone.
        if item::meta(db, *folder)?.is_some() {
            total += item::counts(db, *folder)?.contents;
        }
    }
    let last: u64 = db
        .prepare_cached("SELECT coalesce(max(id), 0) FROM item")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()?;
    // Where most of the store is in scope, reading it from end to end is quicker than by lists.
    if total > last / 4 {
        return Ok((Heap::All(last), sift, total));
    }
    let mut ids = Vec::new();
    for folder in folders {
        ids.extend(store::contents(db, folder, 0)?);
    }
    ids.sort_unstable();
    Ok((Heap::Listed(ids), sift, total))
}

/// Makes the full-text index where it would serve and is worth it.
fn prepare(inner: &Inner, search: &Search, call: &Call) -> Result<()> {
    if !view::names_words(&search.data.criteria.restriction) {
        return Ok(());
    }
    {
        let reader = inner.connections.reader(call)?;
        reader.begin()?;
        let mut messages = 0;
        for folder in scope_folders(&reader, search)? {
            // The scope may name folders that are gone.
            if item::meta(&reader, folder)?.is_some() {
                messages += item::counts(&reader, folder)?.contents;
            }
        }
        let worth = inner.index_from.load(Ordering::Relaxed);
        if messages < worth || fulltext::is_ready(&reader)? {
            return Ok(());
        }
    }
    fulltext::ensure(inner, call).map(|_| ())
}

/// The folders that a search looks in; those that are gone hold nothing.
fn scope_folders(db: &Connection, search: &Search) -> Result<Vec<ItemId>> {
    let criteria = &search.data.criteria;
    let mut folders = criteria.scope.clone();
    if criteria.recursive {
        for top in &criteria.scope {
            let below = store::hierarchy(db, *top, Depth::All, false)?;
            folders.extend(below.into_iter().map(|(id, _)| id));
        }
    }
    folders.sort_unstable();
    folders.dedup();
    // Search folders below hold links, not messages.
    folders.retain(|id| !matches!(read_kind(db, *id), Ok(Some(2))));
    Ok(folders)
}

fn read_kind(db: &Connection, id: ItemId) -> Result<Option<u8>> {
    Ok(item::meta(db, id)?.map(|m| item::kind_number(m.kind)))
}

fn as_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Whether messages are what a search looks for, at one moment.
pub(super) struct Verdict<'a> {
    inner: &'a Inner,
    db: &'a Connection,
    pub(super) search: &'a Search,
    scopes: Scopes<'a>,
}

impl<'a> Verdict<'a> {
    pub(super) const fn new(inner: &'a Inner, db: &'a Connection, search: &'a Search) -> Self {
        Self {
            inner,
            db,
            search,
            scopes: Scopes::new(db, &search.data.criteria),
        }
    }

    /// A message that may be gone.
    pub(super) fn of_stored(&mut self, id: u64) -> Result<bool> {
        let db = self.db;
        Ok(view::show(db, id, |row| {
            let meta = mapi_kit::engine::ItemRow::meta(row);
            Ok(is_eligible(meta)
                && self.scopes.hold(meta.parent)?
                && self.search.criteria.matches(&self.inner.info, row))
        })?
        .unwrap_or(false))
    }
}
