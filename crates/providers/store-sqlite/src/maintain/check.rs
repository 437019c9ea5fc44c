//! Check: reads everything and compares what is kept twice.

mod places;
mod queue;
mod threads;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use mapi_kit::computed::message_size;
use mapi_props::Code;
use mapi_spi::{Call, CheckReport, FolderCounts, ItemId, ItemKind, ItemMeta, Problem, Result};
use rusqlite::Connection;

use crate::blob::{CHUNK, Content, Key, Recipe, keys_of};
use crate::failure::Lift;
use crate::item::{self, meta_at, meta_columns, part_of};
use crate::order::{self, Keys};
use crate::search::Search;
use crate::store::Inner;
use crate::view::in_memory;
use crate::{bag, fulltext, log, search};

/// Problems of one kind that are reported one by one.
const SHOWN: usize = 1000;

/// Checks the whole store in one read transaction.
pub(super) fn run(inner: &Inner, call: &Call) -> Result<CheckReport> {
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    let mut check = Check {
        db: &reader,
        call,
        report: CheckReport::default(),
        refs: BTreeMap::new(),
        expected: BTreeMap::new(),
        searches: search::uncommitted(&reader)?,
        index: words::Index::default(),
    };
    let checked = check.all(inner);
    match checked {
        Ok(()) => {}
        // Damage that keeps us from reading on is a finding too.
        Err(e) if e.code() == Code::CORRUPT_STORE => check.problem("unreadable", e.to_string()),
        Err(e) => return Err(e),
    }
    Ok(check.report)
}

struct Check<'a> {
    db: &'a Connection,
    call: &'a Call,
    report: CheckReport,
    /// References counted anew.
    refs: BTreeMap<Key, u64>,
    /// Entries that each order should have.
    expected: BTreeMap<u8, u64>,
    /// Search folders with criteria.
    searches: Vec<Arc<Search>>,
    index: words::Index,
}

impl Check<'_> {
    fn all(&mut self, inner: &Inner) -> Result<()> {
        self.file()?;
        self.index()?;
        self.items(inner)?;
        self.rows_of_index()?;
        self.folders()?;
        self.entries()?;
        self.values()?;
        self.log()?;
        self.names_and_sync()
    }

    fn problem(&mut self, code: &'static str, detail: impl Into<String>) {
        if self.report.problems.len() < SHOWN {
            self.report.problems.push(Problem {
                code,
                detail: detail.into(),
            });
        }
    }

    /// SQLite's own structures, and rows that point nowhere.
    fn file(&mut self) -> Result<()> {
        fulltext::look_anew(self.db)?;
        let mut check = self.db.prepare("PRAGMA integrity_check(100)").lift()?;
        let lines: Vec<String> = check
            .query_map([], |r| r.get(0))
            .lift()?
            .collect::<rusqlite::Result<_>>()
            .lift()?;
        for line in lines.into_iter().filter(|l| l != "ok") {
            self.problem("file", line);
        }
        self.call.check()?;
        let mut keys = self.db.prepare("PRAGMA foreign_key_check").lift()?;
        let lines: Vec<String> = keys
            .query_map([], |r| {
                let (table, row): (String, Option<i64>) = (r.get(0)?, r.get(1)?);
                Ok(format!("row {row:?} of {table} points to nothing"))
            })
            .lift()?
            .collect::<rusqlite::Result<_>>()
            .lift()?;
        for line in lines {
            self.problem("reference", line);
        }
        Ok(())
    }

    /// Every bag decodes, sizes agree, and the entries of each message are there.
    fn items(&mut self, inner: &Inner) -> Result<()> {
        let kept = order::kept(self.db)?;
        let (ready, building): (Vec<_>, Vec<_>) = kept
            .into_iter()
            .map(|o| order::is_ready(self.db, o).map(|r| (o, r)))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .partition(|(_, ready)| *ready);
        let ready: Vec<_> = ready.into_iter().map(|(o, _)| o).collect();
        drop(building);
        let keys = Keys::new(&inner.info, &ready)?;
        let mut select = self
            .db
            .prepare(concat!(
                "SELECT ",
                meta_columns!("i"),
                ", i.date FROM item i ORDER BY i.id"
            ))
            .lift()?;
        let mut rows = select.query([]).lift()?;
        let total: u64 = self
            .db
            .query_row("SELECT count(*) FROM item", [], |r| r.get(0))
            .lift()?;
        let mut done = 0;
        while let Some(row) = rows.next().lift()? {
            if done % 256 == 0 {
                self.call.check()?;
                self.call.report(done, Some(total));
            }
            done += 1;
            let meta = meta_at(row)?;
            let date: Vec<u8> = row.get(item::META_COLUMNS).lift()?;
            self.item(inner, &meta, &date, &keys)?;
        }
        let body = bag::body(self.db, 0)?;
        self.count_refs(&body);
        let orphans: u64 = self
            .db
            .query_row(
                "SELECT count(*) FROM bag WHERE id <> 0 AND id NOT IN (SELECT id FROM item)",
                [],
                |r| r.get(0),
            )
            .lift()?;
        if orphans > 0 {
            self.problem("bag", format!("{orphans} bags belong to no item"));
        }
        Ok(())
    }

    fn item(&mut self, inner: &Inner, meta: &ItemMeta, date: &[u8], keys: &Keys<'_>) -> Result<()> {
        let id = meta.id;
        let body = match bag::body(self.db, id.0) {
            Ok(body) => body,
            Err(e) => {
                self.problem("bag", format!("item {id}: {e}"));
                return Ok(());
            }
        };
        self.count_refs(&body);
        if !matches!(meta.kind, ItemKind::Message { .. }) {
            self.report.folders += 1;
            return Ok(());
        }
        self.report.messages += 1;
        if meta.size != message_size(&body) {
            self.problem(
                "size",
                format!(
                    "message {id} has {} bytes, not {}",
                    message_size(&body),
                    meta.size
                ),
            );
        }
        self.words(meta, &body, date)?;
        self.thread(meta, &body)?;
        self.queued(meta, &body)?;
        let keys = keys.of(&in_memory(meta, &body));
        if keys
            .iter()
            .any(|(ord, key)| *ord == order::DATE && key != date)
        {
            self.problem("key", format!("message {id} remembers another date key"));
        }
        let mut places = vec![(meta.parent, part_of(meta))];
        places.extend(self.links(inner, meta, &body)?.into_iter().map(|f| (f, 0)));
        for place in places {
            self.placed(meta, place, &keys)?;
        }
        Ok(())
    }

    fn count_refs(&mut self, body: &mapi_props::StoredMessage) {
        for key in keys_of(body) {
            *self.refs.entry(key).or_default() += 1;
        }
    }

    /// Counters agree with a recount, folders hang together.
    fn folders(&mut self) -> Result<()> {
        let mut select = self
            .db
            .prepare("SELECT f.id, f.parent, f.deleted, i.parent, i.part, i.kind FROM folder f LEFT JOIN item i ON i.id = f.id ORDER BY f.id")
            .lift()?;
        let mut rows = select.query([]).lift()?;
        while let Some(row) = rows.next().lift()? {
            self.call.check()?;
            let id = ItemId(row.get(0).lift()?);
            let twice: (u64, u8, Option<u64>, Option<u8>) = (
                row.get(1).lift()?,
                row.get(2).lift()?,
                row.get(3).lift()?,
                row.get(4).lift()?,
            );
            if (Some(twice.0), Some(twice.1 * item::DELETED)) != (twice.2, twice.3) {
                self.problem(
                    "folder",
                    format!("folder {id} says two things about where it is"),
                );
            }
            let (kept, found) = (item::counts(self.db, id)?, self.recount(id)?);
            if kept != found {
                self.problem(
                    "counters",
                    format!("folder {id}: {kept:?}, {found:?} found"),
                );
            }
            self.way_up(id)?;
        }
        Ok(())
    }

    fn recount(&self, id: ItemId) -> Result<FolderCounts> {
        let mut select = self
            .db
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE part = 0), count(*) FILTER (WHERE part = 0 AND flags & 1 = 0),
                 count(*) FILTER (WHERE part = 1), count(*) FILTER (WHERE part >= 2)
                 FROM item WHERE kind = 3 AND id IN (SELECT item FROM entry WHERE container = ?1 AND ord = 0)",
            )
            .lift()?;
        let mut counts = select
            .query_row([id.0], |r| {
                Ok(FolderCounts {
                    contents: r.get(0)?,
                    unread: r.get(1)?,
                    associated: r.get(2)?,
                    deleted: r.get(3)?,
                    folders: 0,
                })
            })
            .lift()?;
        counts.folders = self
            .db
            .prepare_cached(
                "SELECT count(*) FROM folder WHERE parent = ?1 AND id <> ?1 AND deleted = 0",
            )
            .and_then(|mut s| s.query_row([id.0], |r| r.get(0)))
            .lift()?;
        Ok(counts)
    }

    /// The way up ends at the root, and nothing living is in something deleted.
    fn way_up(&mut self, id: ItemId) -> Result<()> {
        let mut up = self
            .db
            .prepare_cached(
                "WITH RECURSIVE up (id, parent, deleted, steps) AS (
                     SELECT id, parent, deleted, 0 FROM folder WHERE id = ?1
                     UNION ALL
                     SELECT f.id, f.parent, f.deleted, u.steps + 1 FROM up u JOIN folder f ON f.id = u.parent
                     WHERE u.parent <> u.id AND u.steps < 10000
                 ) SELECT (SELECT parent = id FROM up ORDER BY steps DESC LIMIT 1),
                          (SELECT max(deleted) FROM up) > (SELECT deleted FROM up WHERE steps = 0)",
            )
            .lift()?;
        let (ends, in_deleted): (bool, bool) = up
            .query_row([id.0], |r| Ok((r.get(0)?, r.get(1)?)))
            .lift()?;
        if !ends {
            self.problem(
                "parent",
                format!("folder {id} does not hang below the root"),
            );
        }
        if in_deleted {
            self.problem("deleted", format!("folder {id} is in a deleted folder"));
        }
        Ok(())
    }

    /// No order has entries that no message explains.
    fn entries(&mut self) -> Result<()> {
        let mut select = self
            .db
            .prepare(
                "SELECT e.ord, count(*) FROM entry e LEFT JOIN item i ON i.id = e.item
                 WHERE i.id IS NULL OR i.kind <> 3 OR i.part <> e.part OR (i.parent <> e.container
                 AND NOT (e.part = 0 AND e.container IN (SELECT folder.id FROM item folder WHERE folder.kind = 2)))
                 GROUP BY e.ord",
            )
            .lift()?;
        let strays: Vec<(u8, u64)> = select
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .lift()?
            .collect::<rusqlite::Result<_>>()
            .lift()?;
        for (ord, n) in strays {
            self.problem(
                "entry",
                format!("{n} entries of order {ord} stand where no message is"),
            );
        }
        let mut sums = self
            .db
            .prepare("SELECT ord, count(*) FROM entry GROUP BY ord")
            .lift()?;
        let sums: Vec<(u8, u64)> = sums
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .lift()?
            .collect::<rusqlite::Result<_>>()
            .lift()?;
        for (ord, n) in sums {
            let known = order::by_id(ord);
            let ready = known.map_or(Ok(false), |o| order::is_ready(self.db, o))?;
            let expected = self.expected.get(&ord).copied().unwrap_or_default();
            if ready && n != expected {
                self.problem(
                    "entry",
                    format!("order {ord} has {n} entries for {expected} messages"),
                );
            }
        }
        Ok(())
    }

    /// Every value is what its key says; reference counts agree.
    fn values(&mut self) -> Result<()> {
        let mut select = self
            .db
            .prepare("SELECT id, hash, refs, recipe FROM blob ORDER BY id")
            .lift()?;
        let mut rows = select.query([]).lift()?;
        let mut kept: BTreeMap<Key, u64> = BTreeMap::new();
        while let Some(row) = rows.next().lift()? {
            self.call.check()?;
            let id: u64 = row.get(0).lift()?;
            // A value without a key is being staged.
            let Some(key) = row.get::<_, Option<Key>>(1).lift()? else {
                continue;
            };
            kept.insert(key, row.get(2).lift()?);
            if let Some(recipe) = row.get::<_, Option<Vec<u8>>>(3).lift()? {
                match Recipe::decode(&recipe) {
                    Ok(recipe) => recipe
                        .keys()
                        .into_iter()
                        .for_each(|k| *self.refs.entry(k).or_default() += 1),
                    Err(e) => self.problem("recipe", format!("value {id}: {e}")),
                }
            }
            self.report.values += 1;
            match self.hash(&key) {
                Ok(found) if found == key => {}
                Ok(_) => self.problem("value", format!("value {id} is not what its key says")),
                Err(e) if e.code() == Code::CORRUPT_STORE => {
                    self.problem("value", format!("value {id}: {e}"))
                }
                Err(e) => return Err(e),
            }
        }
        let counted = std::mem::take(&mut self.refs);
        for (key, n) in &counted {
            if kept.get(key) != Some(n) {
                let have = kept.get(key);
                self.problem(
                    "refs",
                    format!("a value is referred to {n} times, {have:?} are counted"),
                );
            }
        }
        for (_, n) in kept
            .iter()
            .filter(|(key, n)| **n > 0 && !counted.contains_key(*key))
        {
            self.problem(
                "refs",
                format!("a value that nothing refers to counts {n} references"),
            );
        }
        Ok(())
    }

    fn hash(&self, key: &Key) -> Result<Key> {
        let mut hasher = blake3::Hasher::new();
        let Some(mut content) = Content::open(self.db, key)? else {
            return Ok([0; 32]);
        };
        let mut buf = vec![0; CHUNK];
        let mut at = 0;
        loop {
            self.call.check()?;
            let n = content.read_at(self.db, at, &mut buf)?;
            if n == 0 {
                return Ok(*hasher.finalize().as_bytes());
            }
            hasher.update(buf.get(..n).unwrap_or_default());
            at += u64::try_from(n).unwrap_or(0);
        }
    }

    /// The log has no gaps, ends where the counters say, and every entry can be read.
    fn log(&mut self) -> Result<()> {
        let (count, first, last): (u64, Option<u64>, Option<u64>) = self
            .db
            .query_row("SELECT count(*), min(seq), max(seq) FROM log", [], |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?))
            })
            .lift()?;
        let told = log::last(self.db)?;
        if let (Some(first), Some(last)) = (first, last) {
            if last != told || last - first + 1 != count {
                self.problem(
                    "log",
                    format!("{count} entries from {first} to {last}, counted to {told}"),
                );
            }
            let mut since = first.saturating_sub(1);
            while since < last {
                let page = log::read(self.db, since, None, 4096, self.call)?;
                since = page.entries.last().map_or(last, |e| e.seq);
            }
        }
        let bytes: i64 = self
            .db
            .query_row(
                "SELECT coalesce(sum(48 + coalesce(length(changed), 0) + coalesce(length(inverse), 0)), 0) FROM log",
                [],
                |r| r.get(0),
            )
            .lift()?;
        let kept: i64 = self
            .db
            .query_row("SELECT log_bytes FROM state", [], |r| r.get(0))
            .lift()?;
        if bytes != kept {
            self.problem("log", format!("{bytes} bytes of log, {kept} counted"));
        }
        let change: u64 = self
            .db
            .query_row("SELECT coalesce(max(change), 0) FROM item", [], |r| {
                r.get(0)
            })
            .lift()?;
        let given: u64 = self
            .db
            .query_row("SELECT change FROM state", [], |r| r.get(0))
            .lift()?;
        if change > given {
            self.problem(
                "change",
                format!("change number {change} was never given; the last is {given}"),
            );
        }
        Ok(())
    }

    fn names_and_sync(&mut self) -> Result<()> {
        crate::names::all(self.db)?;
        let lost: u64 = self
            .db
            .query_row(
                "SELECT count(*) FROM sync WHERE object <> 0 AND object NOT IN (SELECT id FROM item)",
                [],
                |r| r.get(0),
            )
            .lift()?;
        if lost > 0 {
            self.problem(
                "sync",
                format!("{lost} engine rows are about items that are not there"),
            );
        }
        Ok(())
    }
}
