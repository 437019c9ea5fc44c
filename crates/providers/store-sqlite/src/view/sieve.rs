//! Which messages of a part of a container match: every candidate is tested on its stored form, on two cores.
//!
//! The pass reads messages by number, as they lie in the file, and decodes only what the restriction asks for.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mapi_kit::computed::{Owner, is_computed};
use mapi_kit::engine::{ItemRow, Plan};
use mapi_query::Matcher;
use mapi_spi::{Call, FolderKind, ItemId, ItemKind, ItemMeta, Result};
use rusqlite::{Connection, params};

use super::narrow::Narrow;
use super::row::{EncodedRow, each_message, encoded, not_there, show_known, with_bag};
use crate::failure::Lift;
use crate::{item, queries};

/// Numbers that one core takes at a time.
const CHUNK: u64 = 1024;
/// Fewer chunks are not worth a second connection.
const WORTH_SHARING: usize = 4;
/// Rows are asked for cancellation this often.
const CHECK_EVERY: usize = 256;

/// One part of a container, and what its messages must match.
pub(super) struct Sieve<'a> {
    pub(super) db: &'a Connection,
    pub(super) plan: &'a Plan<'a>,
    pub(super) container: ItemId,
    pub(super) part: u8,
    /// Messages in that part.
    pub(super) rows: u64,
    /// The messages that may match, by number, where that is known already.
    pub(super) listed: Option<Vec<u64>>,
    pub(super) narrow: &'a Narrow,
    pub(super) call: &'a Call,
}

/// What is looked through.
enum Heap {
    /// These messages.
    Listed(Vec<u64>),
    /// All messages of an ordinary folder with numbers up to this one.
    Whole(u64),
}

impl Sieve<'_> {
    /// The messages that match, by number. `second` opens another view of the same state, if it can.
    pub(super) fn matches(
        &self,
        second: &dyn Fn() -> Result<Option<Connection>>,
    ) -> Result<Vec<u64>> {
        let heap = match &self.listed {
            Some(ids) => Heap::Listed(ids.clone()),
            None => self.heap()?,
        };
        let chunks = heap.chunks();
        let other = if chunks >= WORTH_SHARING {
            second()?
        } else {
            None
        };
        let next = AtomicUsize::new(0);
        let mut found = match other {
            None => self.work(self.db, &heap, &next)?,
            Some(other) => {
                let (plan, narrow, call) = (self.plan, self.narrow, self.call);
                let (container, part, rows) = (self.container, self.part, self.rows);
                let (heap, next) = (&heap, &next);
                let (mine, theirs) = thread::scope(|scope| {
                    let theirs = scope.spawn(move || {
                        let sieve = Sieve {
                            db: &other,
                            plan,
                            container,
                            part,
                            rows,
                            listed: None,
                            narrow,
                            call,
                        };
                        sieve.work(&other, heap, next)
                    });
                    (self.work(self.db, heap, next), theirs.join())
                });
                let mut found = mine?;
                match theirs {
                    Ok(more) => found.extend(more?),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
                found
            }
        };
        found.sort_unstable();
        Ok(found)
    }

    fn heap(&self) -> Result<Heap> {
        let Self {
            db,
            container,
            part,
            ..
        } = *self;
        if let Some(ids) = self.narrow.candidates(db, container, part, self.call)? {
            return Ok(Heap::Listed(ids));
        }
        let last: u64 = db
            .prepare_cached("SELECT coalesce(max(id), 0) FROM item")
            .and_then(|mut s| s.query_row([], |r| r.get(0)))
            .lift()?;
        // Messages that a search folder shows lie elsewhere.
        let holds = item::meta(db, container)?
            .is_some_and(|m| m.kind != ItemKind::Folder(FolderKind::Search));
        if holds && self.rows > last / 4 {
            return Ok(Heap::Whole(last));
        }
        Ok(Heap::Listed(crate::store::contents(db, container, part)?))
    }

    /// Takes chunks until there are none.
    fn work(&self, db: &Connection, heap: &Heap, next: &AtomicUsize) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        loop {
            let chunk = next.fetch_add(1, Ordering::Relaxed);
            if chunk >= heap.chunks() {
                return Ok(found);
            }
            self.call.check()?;
            let done = match heap {
                Heap::Listed(ids) => each_of(db, heap.listed(ids, chunk), self.call, &mut |row| {
                    self.test(row, &mut found);
                    Ok(ControlFlow::Continue(()))
                }),
                Heap::Whole(_) => self.stretch(db, chunk, &mut found),
            };
            if done.is_err() {
                // The other core need not go on.
                next.store(heap.chunks(), Ordering::Relaxed);
            }
            done?;
        }
    }

    /// All messages of a stretch of numbers.
    fn stretch(&self, db: &Connection, chunk: usize, found: &mut Vec<u64>) -> Result<()> {
        let first = u64::try_from(chunk)
            .unwrap_or(u64::MAX)
            .saturating_mul(CHUNK);
        let sql = if self.looks_at_meta() {
            queries::MESSAGES_OF
        } else {
            queries::BAGS_OF
        };
        let mut meta = self.common_meta();
        let mut select = db.prepare_cached(sql).lift()?;
        let mut rows = select
            .query(params![
                first,
                first + CHUNK - 1,
                self.container.0,
                self.part,
                self.narrow.without,
                self.narrow.with
            ])
            .lift()?;
        while let Some(row) = rows.next().lift()? {
            let mut test = |row: &EncodedRow<'_>| {
                self.test(row, found);
                Ok(())
            };
            if self.looks_at_meta() {
                encoded(db, row, &mut test)?;
            } else {
                meta.id = ItemId(row.get(0).lift()?);
                with_bag(db, &meta, row, 1, &mut test)?;
            }
        }
        Ok(())
    }

    /// Whether the restriction asks for anything that is not in the bag.
    fn looks_at_meta(&self) -> bool {
        let tags = self.plan.matcher().map(Matcher::tags).unwrap_or_default();
        tags.iter().any(|t| is_computed(Owner::Message, t.id()))
    }

    /// What all messages of the part have in common; the rest is left out.
    fn common_meta(&self) -> ItemMeta {
        ItemMeta {
            id: ItemId(0),
            parent: self.container,
            kind: ItemKind::Message {
                associated: self.part & item::ASSOCIATED != 0,
            },
            deleted: self.part & item::DELETED != 0,
            change: 0,
            content_version: 0,
            flags: 0,
            status: 0,
            size: 0,
        }
    }

    fn test(&self, row: &EncodedRow<'_>, found: &mut Vec<u64>) {
        if self.plan.matches(row, 0) {
            found.push(ItemRow::meta(row).id.0);
        }
    }
}

impl Heap {
    fn chunks(&self) -> usize {
        let numbers = match self {
            Self::Listed(ids) => u64::try_from(ids.len()).unwrap_or(u64::MAX),
            Self::Whole(last) => last.saturating_add(1),
        };
        usize::try_from(numbers.div_ceil(CHUNK)).unwrap_or(usize::MAX)
    }

    fn listed<'b>(&self, ids: &'b [u64], chunk: usize) -> &'b [u64] {
        let size = usize::try_from(CHUNK).unwrap_or(usize::MAX);
        ids.chunks(size).nth(chunk).unwrap_or_default()
    }
}

/// Shows messages that an index names, by ascending number, until `look` breaks. Where they lie close together, all
/// messages there are read in one go.
pub(super) fn each_of(
    db: &Connection,
    ids: &[u64],
    call: &Call,
    look: &mut dyn FnMut(&EncodedRow<'_>) -> Result<ControlFlow<()>>,
) -> Result<()> {
    for some in ids.chunks(CHECK_EVERY) {
        call.check()?;
        let (Some(first), Some(last)) = (some.first(), some.last()) else {
            continue;
        };
        let few = u64::try_from(some.len()).unwrap_or(u64::MAX);
        let flow = if last - first < few * 2 {
            run_of(db, (*first, *last), some, look)?
        } else {
            one_by_one(db, some, look)?
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

fn one_by_one(
    db: &Connection,
    ids: &[u64],
    look: &mut dyn FnMut(&EncodedRow<'_>) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    for id in ids {
        if show_known(db, *id, &mut *look)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn run_of(
    db: &Connection,
    bounds: (u64, u64),
    ids: &[u64],
    look: &mut dyn FnMut(&EncodedRow<'_>) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    let mut wanted = ids.iter().copied();
    let mut next = wanted.next();
    let mut flow = ControlFlow::Continue(());
    each_message(db, bounds, &mut |row| {
        if next != Some(ItemRow::meta(row).id.0) {
            return Ok(ControlFlow::Continue(()));
        }
        next = wanted.next();
        flow = look(row)?;
        Ok(flow)
    })?;
    match (flow, next) {
        (ControlFlow::Continue(()), Some(id)) => Err(not_there(id)),
        _ => Ok(flow),
    }
}
