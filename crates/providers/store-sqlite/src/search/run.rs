//! Populating a search folder: messages are looked at in read transactions, links moved in short write transactions
//! that look again. Commits meanwhile keep all links right that the population has passed, and those that it has not.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use mapi_kit::engine::ItemRow;
use mapi_props::Code;
use mapi_spi::{
    Call, Depth, Durability, Error, ItemId, LogKind, Origin, Result, SearchData, SearchPhase,
};
use rusqlite::{Connection, params};

use super::{Keyed, Search, find_link, in_scope, is_eligible, put_link, read, write};
use crate::failure::{Lift, corrupt};
use crate::log::Note;
use crate::order::Keys;
use crate::store::Inner;
use crate::transaction::Txn;
use crate::{fulltext, item, log, store, view};

/// Messages looked at in one read transaction.
const LOOKED_AT: usize = 4096;
/// Links that may be wrong are set right when there are so many.
const SETTLED: usize = 1024;
/// How far the population is gets written after so many messages.
const REMEMBERED: usize = 65_536;
/// Messages that are read in one go where they lie close together.
const RUN: usize = 256;
/// Links moved between two looks at the clock: some ten milliseconds. So small populations are one transaction on every
/// machine, and the log says the same.
const AT_ONCE: usize = 512;

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

struct Population<'a> {
    inner: &'a Inner,
    call: &'a Call,
    search: Arc<Search>,
    /// Links of before that are still to be looked at.
    links: Vec<u64>,
    /// Messages in scope, by number.
    ids: Vec<u64>,
    /// How many of them have been looked at; of these the ones up to here are remembered.
    at: usize,
    remembered: usize,
    /// Messages that may be a link and are none, or the other way round.
    wrong: Vec<u64>,
}

/// What became of a write transaction.
enum Written {
    /// There is more to do.
    More,
    /// The search is complete.
    Complete(SearchData),
    /// The search is another one by now.
    Overtaken,
}

impl<'a> Population<'a> {
    fn begin(inner: &'a Inner, search: Arc<Search>, call: &'a Call) -> Result<Self> {
        let reader = inner.connections.reader(call)?;
        reader.begin()?;
        let reached: Option<u64> = reader
            .prepare_cached("SELECT reached FROM search WHERE folder = ?1")
            .and_then(|mut s| s.query_row([search.folder], |r| r.get(0)))
            .lift()?;
        let ids = candidates(&reader, &search, call)?;
        let links = match reached {
            None => store::contents(&reader, ItemId(search.folder), 0)?,
            Some(_) => Vec::new(),
        };
        let at = reached.map_or(0, |reached| ids.partition_point(|id| *id <= reached));
        Ok(Self {
            inner,
            call,
            search,
            links,
            ids,
            at,
            remembered: at,
            wrong: Vec::new(),
        })
    }

    /// Works to the end; `None` if the search was set anew or stopped meanwhile.
    fn run(mut self) -> Result<Option<SearchData>> {
        loop {
            self.call.check()?;
            let total = Some(as_u64(self.ids.len()));
            self.call.report(as_u64(self.at), total);
            self.look()?;
            let done = self.links.is_empty() && self.at == self.ids.len();
            let due = self.wrong.len() >= SETTLED || self.at - self.remembered >= REMEMBERED;
            if !done && !due {
                continue;
            }
            // Everything found so far first: what is remembered must be right.
            loop {
                match self.settle(done)? {
                    Written::More if !done && self.wrong.is_empty() => break,
                    Written::More => thread::sleep(Duration::from_millis(1)),
                    Written::Complete(data) => return Ok(Some(data)),
                    Written::Overtaken => return Ok(None),
                }
            }
        }
    }

    /// Looks at some messages, links of before first.
    fn look(&mut self) -> Result<()> {
        let reader = self.inner.connections.reader(self.call)?;
        reader.begin()?;
        let mut verdict = Verdict::new(self.inner, &reader, &self.search);
        let rest = self.links.len().saturating_sub(LOOKED_AT);
        for id in self.links.split_off(rest) {
            if !verdict.of_stored(id)? {
                self.wrong.push(id);
            }
        }
        let some = self.ids.get(self.at..).unwrap_or_default();
        let some = some.get(..LOOKED_AT).unwrap_or(some);
        if self.links.is_empty() {
            verdict.matching(some, &mut self.wrong)?;
            self.at += some.len();
        }
        Ok(())
    }

    /// Sets links right in one transaction, with a last look at each message, and remembers how far that is.
    fn settle(&mut self, last: bool) -> Result<Written> {
        let (inner, call) = (self.inner, self.call);
        let durability = Durability::Batch;
        inner.write(Origin::default(), durability, call, |txn| {
            let now = read(txn.db, self.search.folder)?;
            if now.is_none_or(|now| now.version != self.search.version) {
                return Ok(Written::Overtaken);
            }
            let moved = self.move_links(txn)?;
            if last && self.wrong.is_empty() {
                return self.complete(txn).map(Written::Complete);
            }
            self.remember(txn)?;
            if moved {
                note(txn, &self.search, LogKind::SearchFilled)?;
            }
            Ok(Written::More)
        })
    }

    /// Whether any link moved. Stops when the transaction has lasted long enough.
    fn move_links(&mut self, txn: &mut Txn<'_>) -> Result<bool> {
        let keys = Keys::new(&self.inner.info, &txn.orders)?;
        let search = Arc::clone(&self.search);
        let mut verdict = Verdict::new(self.inner, txn.db, &search);
        let mut moved = false;
        loop {
            let rest = self.wrong.len().saturating_sub(AT_ONCE);
            for id in self.wrong.split_off(rest) {
                moved |= move_link(txn, &mut verdict, &keys, id)?;
            }
            if self.wrong.is_empty() || txn.is_long() {
                return Ok(moved);
            }
        }
    }

    /// What was looked at and set right need not be looked at again.
    fn remember(&mut self, txn: &Txn<'_>) -> Result<()> {
        if !self.links.is_empty() || !self.wrong.is_empty() {
            return Ok(());
        }
        let seen = self.at.checked_sub(1).and_then(|at| self.ids.get(at));
        let reached = seen.copied().unwrap_or(0);
        txn.statement(
            "UPDATE search SET reached = max(coalesce(reached, 0), ?2) WHERE folder = ?1",
        )?
        .execute(params![self.search.folder, reached])
        .lift()?;
        self.remembered = self.at;
        Ok(())
    }

    fn complete(&self, txn: &mut Txn<'_>) -> Result<SearchData> {
        let data = &self.search.data;
        let phase = if data.fixed {
            SearchPhase::Stopped
        } else {
            SearchPhase::Running
        };
        let data = SearchData {
            phase,
            complete: true,
            ..data.clone()
        };
        write(txn.db, self.search.folder, &data)?;
        note(txn, &self.search, LogKind::SearchComplete)?;
        Ok(data)
    }
}

/// Whether a link came or went.
fn move_link(
    txn: &mut Txn<'_>,
    verdict: &mut Verdict<'_>,
    keys: &Keys<'_>,
    id: u64,
) -> Result<bool> {
    let folder = verdict.search.folder;
    let was = find_link(txn.db, folder, id)?;
    let wants = verdict.of_stored(id)?;
    if was == wants {
        return Ok(false);
    }
    let (meta, keys) = view::show_known(txn.db, id, |row| {
        Ok((ItemRow::meta(row).clone(), keys.of(row)))
    })?;
    let side = Keyed {
        meta: &meta,
        keys: &keys,
    };
    put_link(txn, folder, was.then_some(side), wants.then_some(side))?;
    Ok(true)
}

fn note(txn: &mut Txn<'_>, search: &Search, kind: LogKind) -> Result<()> {
    let meta = item::meta(txn.db, ItemId(search.folder))?;
    let meta =
        meta.ok_or_else(|| corrupt(format!("search folder {} is missing", search.folder)))?;
    let note = Note {
        kind,
        object: search.folder,
        folder: true,
        parent: meta.parent.0,
        flags: 0,
        changed: &[],
        inverse: None,
    };
    log::append(txn, &note)
}

/// The messages in scope that the search may find, by number. What becomes one later is seen by the commit that does it.
fn candidates(db: &Connection, search: &Search, call: &Call) -> Result<Vec<u64>> {
    let folders = scope_folders(db, search)?;
    let restriction = &search.data.criteria.restriction;
    if let Some(ids) = view::candidates(db, restriction, &folders, call)? {
        return Ok(ids);
    }
    let mut ids = Vec::new();
    for folder in folders {
        ids.extend(store::contents(db, folder, 0)?);
    }
    ids.sort_unstable();
    Ok(ids)
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
struct Verdict<'a> {
    inner: &'a Inner,
    db: &'a Connection,
    search: &'a Search,
    scopes: BTreeMap<ItemId, bool>,
}

impl<'a> Verdict<'a> {
    const fn new(inner: &'a Inner, db: &'a Connection, search: &'a Search) -> Self {
        Self {
            inner,
            db,
            search,
            scopes: BTreeMap::new(),
        }
    }

    fn of(&mut self, row: &dyn ItemRow) -> Result<bool> {
        let meta = row.meta();
        Ok(is_eligible(meta)
            && self.holds(meta.parent)?
            && self.search.criteria.matches(&self.inner.info, row))
    }

    /// A message that may be gone.
    fn of_stored(&mut self, id: u64) -> Result<bool> {
        let db = self.db;
        Ok(view::show(db, id, |row| self.of(row))?.unwrap_or(false))
    }

    fn holds(&mut self, folder: ItemId) -> Result<bool> {
        if let Some(known) = self.scopes.get(&folder) {
            return Ok(*known);
        }
        let holds = in_scope(self.db, &self.search.data.criteria, folder)?;
        self.scopes.insert(folder, holds);
        Ok(holds)
    }

    /// Adds those of these messages, by number, that match and are no links yet. Where they lie close together, all messages
    /// there are read in one go.
    fn matching(&mut self, ids: &[u64], into: &mut Vec<u64>) -> Result<()> {
        let (db, folder) = (self.db, self.search.folder);
        for some in ids.chunks(RUN) {
            let (Some(first), Some(last)) = (some.first(), some.last()) else {
                continue;
            };
            let mut found = Vec::new();
            if last - first < as_u64(some.len()) * 2 {
                view::each_message(db, (*first, *last), &mut |row| {
                    let id = ItemRow::meta(row).id.0;
                    if some.binary_search(&id).is_ok() && self.of(row)? {
                        found.push(id);
                    }
                    Ok(ControlFlow::Continue(()))
                })?;
            } else {
                for id in some {
                    if self.of_stored(*id)? {
                        found.push(*id);
                    }
                }
            }
            for id in found {
                if !find_link(db, folder, id)? {
                    into.push(id);
                }
            }
        }
        Ok(())
    }
}
