//! The outgoing queue: a table of the messages that wait to be sent, moved by the transactions that change these.
//! Reference: "Outgoing Queue Tables" (requirements OUT-08, SP-01)

use mapi_kit::outgoing;
use mapi_props::{FileTime, StoredMessage, message_flags};
use mapi_spi::{Call, ItemId, ItemMeta, Origin, QUEUE_STATE, QueuePlace, Queued, Result};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::failure::Lift;
use crate::item::{META_COLUMNS, meta_at, meta_columns};
use crate::{bag, queries};

/// Rows are asked for cancellation this often.
const CHECK_EVERY: usize = 256;

/// A message before or after a change; its body if it is at hand.
pub(crate) type Side<'a> = (&'a ItemMeta, Option<&'a StoredMessage>);

/// Messages that wait to be sent, at most `limit` after a place, first submitted first.
pub(crate) fn read(
    db: &Connection,
    after: Option<QueuePlace>,
    limit: usize,
    call: &Call,
) -> Result<Vec<Queued>> {
    call.check()?;
    if !is_kept(db)? {
        return read_older(db, after, limit, call);
    }
    // Numbers of items begin with 1.
    let after = after.map_or((0, 0), |place| (place.submitted.0, place.item.0));
    let mut select = db.prepare_cached(queries::QUEUE).lift()?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = select
        .query(params![
            after.0,
            after.1,
            most,
            Origin::SPOOLER.0,
            QUEUE_STATE
        ])
        .lift()?;
    let mut queued = Vec::new();
    while let Some(row) = rows.next().lift()? {
        if queued.len() % CHECK_EVERY == 0 {
            call.check()?;
        }
        queued.push(queued_at(row).lift()?);
    }
    Ok(queued)
}

fn queued_at(row: &Row<'_>) -> rusqlite::Result<Queued> {
    Ok(Queued {
        place: QueuePlace {
            submitted: FileTime(row.get(0)?),
            item: ItemId(row.get(1)?),
        },
        change: row.get(2)?,
        folder: ItemId(row.get(3)?),
        size: row.get(4)?,
        state: row.get(5)?,
    })
}

/// Whether the file has the table: one of version 5 that is open for reading only has none.
pub(crate) fn is_kept(db: &Connection) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'queue'")
        .and_then(|mut s| s.exists([]))
        .lift()
}

/// The same from a file without the table: looks at all messages.
fn read_older(
    db: &Connection,
    after: Option<QueuePlace>,
    limit: usize,
    call: &Call,
) -> Result<Vec<Queued>> {
    let mut queued = waiting(db, call)?;
    queued.sort_unstable_by_key(|queued| queued.place);
    queued.retain(|queued| after.is_none_or(|after| queued.place > after));
    queued.truncate(limit);
    for queued in &mut queued {
        queued.state = db
            .prepare_cached("SELECT value FROM sync WHERE origin = ?1 AND object = ?2 AND key = ?3")
            .and_then(|mut s| {
                let row = params![Origin::SPOOLER.0, queued.place.item.0, QUEUE_STATE];
                s.query_row(row, |r| r.get(0)).optional()
            })
            .lift()?;
    }
    Ok(queued)
}

/// What every message says of itself; without the spooler's rows, by number.
fn waiting(db: &Connection, call: &Call) -> Result<Vec<Queued>> {
    let mut select = db
        .prepare(concat!(
            "SELECT ",
            meta_columns!("i"),
            ", b.form, b.data FROM item i CROSS JOIN bag b ON b.id = i.id \
             WHERE i.kind = 3 AND i.part = 0 AND i.flags & ?1 <> 0 ORDER BY i.id"
        ))
        .lift()?;
    let mut rows = select.query([message_flags::SUBMIT]).lift()?;
    let mut queued = Vec::new();
    while let Some(row) = rows.next().lift()? {
        call.check()?;
        let meta = meta_at(row)?;
        let data: Vec<u8> = row.get(META_COLUMNS + 1).lift()?;
        let body = bag::body_of(db, row.get(META_COLUMNS).lift()?, &data)?;
        let Some(place) = outgoing::place(&meta, &body.props) else {
            continue;
        };
        queued.push(Queued {
            place,
            change: meta.change,
            folder: meta.parent,
            size: meta.size,
            state: None,
        });
    }
    Ok(queued)
}

/// Fills the table of a file that had none.
pub(crate) fn fill(db: &Connection) -> Result<()> {
    for queued in waiting(db, &Call::default())? {
        enter(db, queued.place)?;
    }
    Ok(())
}

/// Puts a message into the queue, takes it out or moves it, as what it is now says. Before its row goes, after it comes.
pub(crate) fn follow(db: &Connection, old: Option<Side<'_>>, new: Option<Side<'_>>) -> Result<()> {
    let old = old.filter(|(meta, _)| outgoing::is_queued(meta));
    let new = new.filter(|(meta, _)| outgoing::is_queued(meta));
    let stays = match (old, new) {
        (None, None) => true,
        // Without its body a message was not saved: its times are as before.
        (Some((_, before)), Some((_, after))) => {
            let time = |body: &StoredMessage| outgoing::submitted(&body.props);
            before.map(time) == after.map(time)
        }
        _ => false,
    };
    if stays {
        return Ok(());
    }
    if let Some((meta, _)) = old {
        db.prepare_cached("DELETE FROM queue WHERE item = ?1")
            .and_then(|mut s| s.execute([meta.id.0]))
            .lift()?;
    }
    if let Some((meta, body)) = new {
        let submitted = match body {
            Some(body) => outgoing::submitted(&body.props),
            None => outgoing::submitted(&bag::body(db, meta.id.0)?.props),
        };
        let item = meta.id;
        enter(db, QueuePlace { submitted, item })?;
    }
    Ok(())
}

fn enter(db: &Connection, place: QueuePlace) -> Result<()> {
    db.prepare_cached("INSERT INTO queue (submitted, item) VALUES (?1, ?2)")
        .and_then(|mut s| s.execute(params![place.submitted.0, place.item.0]))
        .lift()?;
    Ok(())
}
