//! Writing what a population found: links in key order, in transactions that hold nobody up.

use std::collections::HashSet;
use std::sync::Arc;

use mapi_kit::engine::ItemRow;
use mapi_spi::{Call, Durability, ItemId, LogKind, Origin, Result, SearchData, SearchPhase};
use rusqlite::params;

use super::run::Verdict;
use super::sift::{Found, Looked};
use super::{Keyed, Search, find_link, put_link, read, write};
use crate::failure::{Lift, corrupt};
use crate::log::{self, Note};
use crate::order::Keys;
use crate::store::Inner;
use crate::transaction::{Delta, Txn};
use crate::{item, view};

/// Links moved between two looks at the clock: some milliseconds. So small populations are one transaction on every
/// machine, and the log says the same.
const AT_ONCE: usize = 512;
/// So many entries of the log are read to learn what was touched since a look; of more everything is looked at again.
const TOUCHED_MOST: u64 = 20_000;

/// What became of a write transaction.
pub(super) enum Written {
    /// There is more to do.
    More,
    /// The search is complete.
    Complete(SearchData),
    /// The search is another one by now.
    Overtaken,
}

/// Messages whose links are to be set right.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Those that matched when they were looked at.
    found: Vec<Found>,
    /// Links that may be wrong: to be looked at again.
    doubtful: Vec<u64>,
    /// Orders that had keys made then, if all agree.
    orders: Option<Vec<u8>>,
    touched: Touched,
    /// What an index named before any message was looked at is true of this number of the log.
    named: Option<u64>,
    in_key_order: bool,
}

/// What commits of others did since the first look of a batch.
#[derive(Debug, Default)]
struct Touched {
    /// The log's number up to which it is known; `None` before the first look.
    upto: Option<u64>,
    items: HashSet<u64>,
    /// It cannot be told: everything may have changed.
    all: bool,
}

impl Batch {
    /// What is found is true of this number of the log at the earliest, whenever it is looked at.
    pub(super) const fn as_of(&mut self, seq: u64) {
        self.named = Some(seq);
    }

    /// Takes what a look gave, none earlier than those before it.
    pub(super) fn add(&mut self, looked: Looked) {
        // Whatever was read of the log is read up to its end: a later look needs no more.
        let since = self.named.unwrap_or(looked.since);
        self.touched.upto.get_or_insert(since);
        let orders = self.orders.get_or_insert_with(|| looked.orders.clone());
        if *orders != looked.orders {
            orders.clear();
        }
        self.found.extend(looked.found);
        self.in_key_order = false;
    }

    /// Takes a link that may be wrong.
    pub(super) fn doubt(&mut self, id: u64) {
        self.doubtful.push(id);
    }

    pub(super) fn len(&self) -> usize {
        self.found.len() + self.doubtful.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Moves links in one transaction. When none is left it writes how far that is (`reached`), and where these were the
    /// `last` ones ends the search.
    pub(super) fn settle(
        &mut self,
        (inner, call): (&Inner, &Call),
        search: &Arc<Search>,
        reached: Option<u64>,
        last: bool,
    ) -> Result<Written> {
        if !self.in_key_order {
            // Taken from the end: so keys ascend.
            self.found.sort_unstable_by(|a, b| b.keys.cmp(&a.keys));
            self.in_key_order = true;
        }
        let durability = Durability::Batch;
        inner.write(Origin::default(), durability, call, |txn| {
            let now = read(txn.db, search.folder)?;
            if now.is_none_or(|now| now.version != search.version) {
                return Ok(Written::Overtaken);
            }
            let moved = self.move_links(inner, search, txn)?;
            if self.is_empty() {
                self.begin_anew();
                if last {
                    return complete(txn, search).map(Written::Complete);
                }
                if let Some(reached) = reached {
                    remember(txn, search, reached)?;
                }
            }
            if moved {
                note(txn, search, LogKind::SearchFilled)?;
            }
            Ok(Written::More)
        })
    }

    /// The next look begins a batch of its own.
    fn begin_anew(&mut self) {
        self.orders = None;
        if self.named.is_none() {
            self.touched = Touched::default();
        }
    }

    /// Whether any link moved. Stops when the transaction has lasted long enough.
    fn move_links(&mut self, inner: &Inner, search: &Search, txn: &mut Txn<'_>) -> Result<bool> {
        self.touched.read(txn)?;
        let kept = txn.orders.iter().map(|o| o.id);
        let same_orders = (self.orders.as_ref()).is_none_or(|known| kept.eq(known.iter().copied()));
        let keys = Keys::new(&inner.info, &txn.orders)?;
        let db = txn.db;
        let mut verdict = Verdict::new(inner, db, search);
        let mut moved = false;
        while !self.is_empty() {
            let rest = self.doubtful.len().saturating_sub(AT_ONCE);
            for id in self.doubtful.split_off(rest) {
                moved |= move_link(txn, &mut verdict, &keys, id)?;
            }
            let rest = self.found.len().saturating_sub(AT_ONCE);
            let mut some = self.found.split_off(rest);
            if !same_orders || self.touched.all || !self.touched.items.is_empty() {
                for again in some.extract_if(.., |found| {
                    !same_orders || self.touched.all || self.touched.items.contains(&found.id)
                }) {
                    moved |= move_link(txn, &mut verdict, &keys, again.id)?;
                }
            }
            moved |= enter(txn, search.folder, some)?;
            if txn.is_long() {
                break;
            }
        }
        Ok(moved)
    }
}

impl Touched {
    /// Reads what the log has had since.
    fn read(&mut self, txn: &Txn<'_>) -> Result<()> {
        let Some(upto) = self.upto.filter(|_| !self.all) else {
            return Ok(());
        };
        self.all = !log::touched(txn.db, upto, TOUCHED_MOST, &mut self.items)?;
        self.upto = Some(txn.seq);
        Ok(())
    }
}

/// Enters messages that are as they were when they were found, from the last one on; whether any is new.
fn enter(txn: &mut Txn<'_>, folder: u64, found: Vec<Found>) -> Result<bool> {
    let mut insert = txn.statement(
        "INSERT OR IGNORE INTO entry (container, part, ord, key, item) VALUES (?1, 0, ?2, ?3, ?4)",
    )?;
    let mut come = Delta::default();
    for message in found.into_iter().rev() {
        let mut keys = message.keys.iter();
        let Some((ord, key)) = keys.next() else {
            continue;
        };
        if insert
            .execute(params![folder, ord, key, message.id])
            .lift()?
            == 0
        {
            // It is a link already, with the keys that it has.
            continue;
        }
        for (ord, key) in keys {
            insert
                .execute(params![folder, ord, key, message.id])
                .lift()?;
        }
        come.contents += 1;
        come.unread += i64::from(message.unread);
    }
    txn.count(folder, come);
    Ok(come.contents > 0)
}

/// Looks at a message as it is now. Whether a link came or went.
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

/// What was looked at and set right need not be looked at again.
fn remember(txn: &Txn<'_>, search: &Search, reached: u64) -> Result<()> {
    txn.statement("UPDATE search SET reached = max(coalesce(reached, 0), ?2) WHERE folder = ?1")?
        .execute(params![search.folder, reached])
        .lift()?;
    Ok(())
}

fn complete(txn: &mut Txn<'_>, search: &Search) -> Result<SearchData> {
    let data = &search.data;
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
    write(txn.db, search.folder, &data)?;
    note(txn, search, LogKind::SearchComplete)?;
    Ok(data)
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
