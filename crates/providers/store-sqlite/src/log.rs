//! The change log: appending with inverse patches, reading, trimming.

mod inverse;

use std::collections::HashSet;

use mapi_props::Code;
use mapi_spi::{Call, Error, Inverse, ItemId, LogEntry, LogKind, LogPage, Origin, Result};
use rusqlite::{Connection, Row, params};

use crate::failure::{Lift, corrupt};
use crate::queries;
use crate::transaction::Txn;

/// Entries older than this go: 7 days, in 100 ns.
const KEPT_TIME: u64 = 7 * 24 * 3600 * 10_000_000;
/// Oldest entries go when the log holds more than this: 64 MiB.
const KEPT_BYTES: i64 = 64 * 1024 * 1024;
/// Entries trimmed by one ordinary commit, so that none takes long.
const TRIMMED_AT_ONCE: u32 = 512;
/// The column `kind` holds the kind in these lowest bits and PR_MESSAGE_FLAGS above them.
const KIND_BITS: u32 = 8;
/// What an entry without patches takes, as the log counts its bytes.
const ENTRY_BYTES: i64 = 48;

/// An entry about to be written.
#[derive(Debug)]
pub(crate) struct Note<'a> {
    pub(crate) kind: LogKind,
    pub(crate) object: u64,
    pub(crate) folder: bool,
    pub(crate) parent: u64,
    pub(crate) flags: u32,
    pub(crate) changed: &'a [u16],
    pub(crate) inverse: Option<Inverse>,
}

/// Appends an entry in the transaction of the change itself.
pub(crate) fn append(txn: &mut Txn<'_>, note: &Note<'_>) -> Result<()> {
    let (kind, other) = kind_number(note.kind);
    let changed = (!note.changed.is_empty()).then(|| {
        note.changed
            .iter()
            .flat_map(|id| id.to_le_bytes())
            .collect::<Vec<u8>>()
    });
    let inverse = note.inverse.as_ref().map(inverse::encode).transpose()?;
    let bytes = [&changed, &inverse]
        .into_iter()
        .flatten()
        .map(Vec::len)
        .sum::<usize>();
    txn.log_bytes += ENTRY_BYTES + i64::try_from(bytes).unwrap_or(i64::MAX);
    let seq = txn.next_seq();
    let mut insert = txn.statement(
        "INSERT INTO log (seq, time, origin, kind, object, folder, parent, other, changed, inverse)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    insert
        .execute(params![
            seq,
            txn.now.0,
            txn.origin.0,
            i64::from(kind) | i64::from(note.flags) << KIND_BITS,
            note.object,
            note.folder,
            note.parent,
            other.map(|o| o.0),
            changed,
            inverse
        ])
        .lift()?;
    Ok(())
}

/// Entries after `since`, at most `limit`, without those of `except`.
pub(crate) fn read(
    db: &Connection,
    since: u64,
    except: Option<Origin>,
    limit: usize,
    call: &Call,
) -> Result<LogPage> {
    let last = last(db)?;
    let first = first(db)?.unwrap_or(last + 1);
    let mut select = db.prepare_cached(queries::LOG).lift()?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let after = i64::try_from(since).unwrap_or(i64::MAX);
    let mut rows = select
        .query(params![after, except.map(|o| o.0), limit])
        .lift()?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next().lift()? {
        if entries.len() % 1024 == 1023 {
            call.check()?;
        }
        entries.push(entry(row)?);
    }
    Ok(LogPage {
        entries,
        last,
        lost: since < last && since + 1 < first,
    })
}

/// The log's last number.
pub(crate) fn last(db: &Connection) -> Result<u64> {
    db.prepare_cached("SELECT seq FROM state WHERE id = 1")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()
}

/// The number of the oldest entry kept.
pub(crate) fn first(db: &Connection) -> Result<Option<u64>> {
    db.prepare_cached("SELECT min(seq) FROM log")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()
}

/// Adds the messages that entries after `since` name to `into`. False if that does not tell which messages may have
/// changed: there are too many entries, some are gone, or a folder went, came or moved.
pub(crate) fn touched(
    db: &Connection,
    since: u64,
    most: u64,
    into: &mut HashSet<u64>,
) -> Result<bool> {
    let last = last(db)?;
    if last == since {
        return Ok(true);
    }
    if last - since > most || first(db)?.is_none_or(|first| first > since + 1) {
        return Ok(false);
    }
    let mut select = db
        .prepare_cached("SELECT kind, object, folder FROM log WHERE seq > ?1")
        .lift()?;
    let mut rows = select.query([since]).lift()?;
    while let Some(row) = rows.next().lift()? {
        if !row.get::<_, bool>(2).lift()? {
            into.insert(row.get(1).lift()?);
            continue;
        }
        let (kind, _) = split_kind(row.get(0).lift()?)?;
        // What is told of a folder's own properties and of searches moves no message.
        if !matches!(kind, 1 | 2 | 13 | 14) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets the oldest entries go, a few at a time; says whether there are more to go.
pub(crate) fn trim(txn: &mut Txn<'_>) -> Result<bool> {
    let Some(first) = first(txn.db)? else {
        txn.log_bytes = 0;
        return Ok(false);
    };
    let oldest: u64 = txn
        .statement("SELECT time FROM log WHERE seq = ?1")?
        .query_row([first], |r| r.get(0))
        .lift()?;
    let horizon = txn.now.0.saturating_sub(KEPT_TIME);
    if oldest >= horizon && txn.log_bytes <= KEPT_BYTES {
        return Ok(false);
    }
    let end = first.saturating_add(u64::from(TRIMMED_AT_ONCE));
    let until = last_to_go(txn, first, end, horizon)?;
    let freed: i64 = txn
        .statement(
            "SELECT coalesce(sum(48 + coalesce(length(changed), 0) + coalesce(length(inverse), 0)), 0)
             FROM log WHERE seq < ?1",
        )?
        .query_row([until], |r| r.get(0))
        .lift()?;
    txn.statement("DELETE FROM log WHERE seq < ?1")?
        .execute([until])
        .lift()?;
    txn.log_bytes = (txn.log_bytes - freed).max(0);
    Ok(until == end)
}

/// The first of the oldest entries that stays.
fn last_to_go(txn: &Txn<'_>, first: u64, end: u64, horizon: u64) -> Result<u64> {
    let mut excess = txn.log_bytes - KEPT_BYTES;
    let mut select = txn.statement(
        "SELECT time, 48 + coalesce(length(changed), 0) + coalesce(length(inverse), 0)
         FROM log WHERE seq >= ?1 AND seq < ?2 ORDER BY seq",
    )?;
    let mut rows = select.query(params![first, end]).lift()?;
    let mut until = first;
    while let Some(row) = rows.next().lift()? {
        let (time, bytes): (u64, i64) = (row.get(0).lift()?, row.get(1).lift()?);
        if time >= horizon && excess <= 0 {
            break;
        }
        excess -= bytes;
        until += 1;
    }
    Ok(until)
}

fn entry(row: &Row<'_>) -> Result<LogEntry> {
    let other: Option<u64> = row.get(6).lift()?;
    let word: u64 = row.get(2).lift()?;
    let (kind, flags) = split_kind(word)?;
    let changed = row
        .get_ref(7)
        .and_then(|v| Ok(v.as_blob_or_null()?))
        .lift()?;
    let inverse = row
        .get_ref(8)
        .and_then(|v| Ok(v.as_blob_or_null()?))
        .lift()?;
    Ok(LogEntry {
        seq: row.get(0).lift()?,
        origin: Origin(row.get(1).lift()?),
        kind: kind_of(kind, other)?,
        object: ItemId(row.get(3).lift()?),
        folder: row.get(4).lift()?,
        parent: ItemId(row.get(5).lift()?),
        flags,
        changed: changed
            .unwrap_or_default()
            .chunks_exact(2)
            .map(id_of)
            .collect(),
        inverse: inverse.map(inverse::decode).transpose()?,
    })
}

fn split_kind(word: u64) -> Result<(u64, u32)> {
    let kind = word & ((1 << KIND_BITS) - 1);
    let flags = u32::try_from(word >> KIND_BITS);
    Ok((
        kind,
        flags.map_err(|_| corrupt(format!("log entry of kind {word}")))?,
    ))
}

fn id_of(bytes: &[u8]) -> u16 {
    bytes.try_into().map_or(0, u16::from_le_bytes)
}

const fn kind_number(kind: LogKind) -> (u8, Option<ItemId>) {
    match kind {
        LogKind::Created => (1, None),
        LogKind::Modified => (2, None),
        LogKind::SoftDeleted => (3, None),
        LogKind::Deleted => (4, None),
        LogKind::Recovered => (5, None),
        LogKind::Moved { from } => (6, Some(from)),
        LogKind::Copied { of } => (7, Some(of)),
        LogKind::Purged => (8, None),
        LogKind::NewMail => (9, None),
        LogKind::Linked => (10, None),
        LogKind::LinkModified => (11, None),
        LogKind::Unlinked => (12, None),
        LogKind::SearchFilled => (13, None),
        LogKind::SearchComplete => (14, None),
    }
}

fn kind_of(number: u64, other: Option<u64>) -> Result<LogKind> {
    Ok(match (number, other) {
        (1, _) => LogKind::Created,
        (2, _) => LogKind::Modified,
        (3, _) => LogKind::SoftDeleted,
        (4, _) => LogKind::Deleted,
        (5, _) => LogKind::Recovered,
        (6, Some(from)) => LogKind::Moved { from: ItemId(from) },
        (7, Some(of)) => LogKind::Copied { of: ItemId(of) },
        (8, _) => LogKind::Purged,
        (9, _) => LogKind::NewMail,
        (10, _) => LogKind::Linked,
        (11, _) => LogKind::LinkModified,
        (12, _) => LogKind::Unlinked,
        (13, _) => LogKind::SearchFilled,
        (14, _) => LogKind::SearchComplete,
        _ => return Err(corrupt(format!("log entry of kind {number}"))),
    })
}

/// The error for a log that cannot be read past its damage.
pub(super) fn damaged() -> Error {
    Error::new(
        Code::CORRUPT_STORE,
        "an entry of the change log cannot be read",
    )
}
