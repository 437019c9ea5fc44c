//! The change log: what looking at the files again found to be different.

use mapi_props::codec::{decode_bag, encode_bag};
use mapi_props::{Bag, Slot};
use mapi_spi::{Inverse, ItemId, LogEntry, LogKind, LogPage, Origin, Result};
use rusqlite::{Connection, params};

use super::{Change, Index, seq};
use crate::failure::{Lift, bad};

/// Entries kept.
const KEPT: u64 = 10_000;
/// A change of more objects than this is told as one that cannot be told.
const MOST: usize = 2_000;

/// One entry to be written.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) kind: LogKind,
    pub(crate) object: u64,
    pub(crate) folder: bool,
    pub(crate) parent: u64,
    pub(crate) flags: u32,
    pub(crate) changed: Vec<u16>,
    /// Former values.
    pub(crate) inverse: Option<Bag>,
}

const KINDS: [LogKind; 3] = [LogKind::Created, LogKind::Modified, LogKind::Deleted];

/// The number by which a kind is kept.
fn kind_of(kind: LogKind) -> u8 {
    let at = KINDS.iter().position(|k| *k == kind);
    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(1)
}

impl Change<'_> {
    pub(super) fn tell(&mut self) -> Result<()> {
        let told = std::mem::take(&mut self.told);
        if told.len() > MOST {
            self.seq += 1;
            self.trimmed = self.seq;
            self.db.execute("DELETE FROM log", []).lift()?;
            return Ok(());
        }
        for entry in &told {
            self.seq += 1;
            self.put(entry)?;
        }
        if self.seq.saturating_sub(self.trimmed) > KEPT + KEPT / 10 {
            self.trimmed = self.seq - KEPT;
            self.db
                .execute("DELETE FROM log WHERE seq <= ?1", [self.trimmed])
                .lift()?;
        }
        Ok(())
    }

    fn put(&self, entry: &Told) -> Result<()> {
        let inverse = entry.inverse.as_ref().map(|bag| {
            let mut bytes = Vec::new();
            encode_bag(bag, &mut bytes).map(|()| bytes).map_err(bad)
        });
        let changed: Vec<u8> = entry.changed.iter().flat_map(|i| i.to_le_bytes()).collect();
        self.db
            .prepare_cached("INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .and_then(|mut s| {
                s.execute(params![
                    self.seq,
                    kind_of(entry.kind),
                    entry.object,
                    entry.folder,
                    entry.parent,
                    entry.flags,
                    changed,
                    inverse.transpose().ok().flatten()
                ])
            })
            .lift()?;
        Ok(())
    }
}

impl Index {
    /// Entries after `since`, `limit` at most. No change here has an origin of its own.
    pub(crate) fn log(&self, since: u64, except: Option<Origin>, limit: usize) -> Result<LogPage> {
        let db = self.db();
        let last = seq(&db)?;
        let trimmed: u64 = db
            .query_row("SELECT trimmed FROM state", [], |r| r.get(0))
            .lift()?;
        let entries = match except {
            Some(Origin(0)) => Vec::new(),
            _ => entries(&db, since, limit)?,
        };
        Ok(LogPage {
            entries,
            last,
            lost: since < trimmed,
        })
    }
}

fn entries(db: &Connection, since: u64, limit: usize) -> Result<Vec<LogEntry>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut select = db
        .prepare_cached("SELECT * FROM log WHERE seq > ?1 ORDER BY seq LIMIT ?2")
        .lift()?;
    let rows = select.query_map(params![since, limit], |r| {
        let changed: Vec<u8> = r.get(6)?;
        let inverse: Option<Vec<u8>> = r.get(7)?;
        let kind: usize = r.get(1)?;
        let (ids, _) = changed.as_chunks::<2>();
        Ok(LogEntry {
            seq: r.get(0)?,
            origin: Origin::default(),
            kind: KINDS.get(kind).copied().unwrap_or(LogKind::Modified),
            object: ItemId(r.get(2)?),
            folder: r.get(3)?,
            parent: ItemId(r.get(4)?),
            flags: r.get(5)?,
            changed: ids.iter().map(|id| u16::from_le_bytes(*id)).collect(),
            inverse: inverse.and_then(|bytes| inverse_of(&bytes)),
        })
    });
    rows.lift()?.map(Lift::lift).collect()
}

fn inverse_of(bytes: &[u8]) -> Option<Inverse> {
    let bag = decode_bag(bytes).ok()?;
    let former = |(id, slot): (u16, Slot)| (id, Some(slot));
    Some(Inverse {
        props: bag.into_iter().map(former).collect(),
    })
}
