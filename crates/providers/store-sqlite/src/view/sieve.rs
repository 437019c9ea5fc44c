//! Which messages of a part of a container match: every candidate is tested on its stored form, on two cores; or what
//! else there is to be had of all of them.
//!
//! The pass reads messages by number, as they lie in the file, and decodes only what the restriction asks for.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
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
    /// What items know beside their bags is wanted of all that match.
    pub(super) whole: bool,
    pub(super) call: &'a Call,
}

/// What is looked through.
enum Heap {
    /// These messages.
    Listed(Vec<u64>),
    /// All messages of an ordinary folder with numbers up to this one.
    Whole(u64),
}

/// Takes what it wants of a message that may match.
type Gather<'a, T> = &'a (dyn Fn(&EncodedRow<'_>, &mut T) + Sync);
/// Takes what a chunk gave, in no particular order; breaking ends the pass.
type Give<'a, T> = &'a mut dyn FnMut(T) -> ControlFlow<()>;
/// Opens another view of the same state, if it can.
type Second<'a> = &'a dyn Fn() -> Result<Option<Connection>>;

/// Chunks that one core is ahead of the one that takes what they gave.
const AHEAD: usize = 8;

impl Sieve<'_> {
    /// The messages that match, by number.
    pub(super) fn matches(&self, second: Second<'_>) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        let plan = self.plan;
        let gather = |row: &EncodedRow<'_>, some: &mut Vec<u64>| {
            if plan.matches(row, 0) {
                some.push(ItemRow::meta(row).id.0);
            }
        };
        self.pass(second, &gather, &mut |some: Vec<u64>| {
            found.extend(some);
            ControlFlow::Continue(())
        })?;
        found.sort_unstable();
        Ok(found)
    }

    /// Shows every message that may match once, chunk by chunk, and gives what is gathered of each chunk.
    pub(super) fn pass<T: Default + Send>(
        &self,
        second: Second<'_>,
        gather: Gather<'_, T>,
        give: Give<'_, T>,
    ) -> Result<()> {
        let heap = match &self.listed {
            Some(ids) => Heap::Listed(ids.clone()),
            None => self.heap()?,
        };
        let other = if heap.chunks() >= WORTH_SHARING {
            second()?
        } else {
            None
        };
        let work = Work {
            plan: self.plan,
            container: self.container,
            part: self.part,
            narrow: self.narrow,
            whole: self.whole,
            call: self.call,
            heap: &heap,
            next: &AtomicUsize::new(0),
        };
        let Some(other) = other else {
            return work.run(self.db, gather, give).map(drop);
        };
        let (send, receive) = sync_channel(AHEAD);
        thread::scope(|scope| {
            let work = &work;
            let theirs = scope.spawn(move || {
                work.run(&other, gather, &mut |some| match send.send(some) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                })
            });
            let mut flow = work.run(self.db, gather, &mut |some| {
                receive.try_iter().try_for_each(&mut *give)?;
                give(some)
            });
            if let Ok(ControlFlow::Continue(())) = flow {
                flow = Ok(receive.iter().try_for_each(&mut *give));
            }
            drop(receive);
            let theirs = theirs.join();
            match theirs {
                Ok(ended) => flow.and(ended).map(drop),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
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
}

/// The work that is shared.
struct Work<'a> {
    plan: &'a Plan<'a>,
    container: ItemId,
    part: u8,
    narrow: &'a Narrow,
    whole: bool,
    call: &'a Call,
    heap: &'a Heap,
    next: &'a AtomicUsize,
}

impl Work<'_> {
    /// Takes chunks until there are none.
    fn run<T: Default>(
        &self,
        db: &Connection,
        gather: Gather<'_, T>,
        give: Give<'_, T>,
    ) -> Result<ControlFlow<()>> {
        loop {
            let chunk = self.next.fetch_add(1, Ordering::Relaxed);
            if chunk >= self.heap.chunks() {
                return Ok(ControlFlow::Continue(()));
            }
            let done = self.call.check().and_then(|()| {
                let mut some = T::default();
                self.chunk(db, chunk, &mut |row| gather(row, &mut some))?;
                Ok(give(some))
            });
            if !matches!(done, Ok(ControlFlow::Continue(()))) {
                // The other core need not go on.
                self.next.store(self.heap.chunks(), Ordering::Relaxed);
                return done;
            }
        }
    }

    fn chunk(
        &self,
        db: &Connection,
        chunk: usize,
        look: &mut dyn FnMut(&EncodedRow<'_>),
    ) -> Result<()> {
        match self.heap {
            Heap::Listed(ids) => each_of(db, self.heap.listed(ids, chunk), self.call, &mut |row| {
                look(row);
                Ok(ControlFlow::Continue(()))
            }),
            Heap::Whole(_) => self.stretch(db, chunk, look),
        }
    }

    /// All messages of a stretch of numbers.
    fn stretch(
        &self,
        db: &Connection,
        chunk: usize,
        look: &mut dyn FnMut(&EncodedRow<'_>),
    ) -> Result<()> {
        let first = u64::try_from(chunk)
            .unwrap_or(u64::MAX)
            .saturating_mul(CHUNK);
        let with_meta = self.whole || self.looks_at_meta();
        let sql = if with_meta {
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
            let mut look = |row: &EncodedRow<'_>| {
                look(row);
                Ok(())
            };
            if with_meta {
                encoded(db, row, &mut look)?;
            } else {
                meta.id = ItemId(row.get(0).lift()?);
                with_bag(db, &meta, row, 1, &mut look)?;
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
            thread: None,
            flags: 0,
            status: 0,
            size: 0,
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
