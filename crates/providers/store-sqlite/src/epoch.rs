//! Epochs: what the store remembers of who does its background work, and the check that keeps former holders out.
//!
//! A row of `meta` for each role: the number of the epoch, when it began, and what the holder says of itself.

use std::path::{Path, PathBuf};

use mapi_props::FileTime;
use mapi_spi::{Call, Durability, Epoch, Origin, Result, Role, Tenure};
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::{Lift, corrupt};
use crate::platform::beside;
use crate::store::Inner;

/// The file whose lock makes a process the holder: beside the store itself, by whichever name it was opened.
pub(crate) fn lease_file(store: &Path, role: Role) -> PathBuf {
    let store = store.canonicalize().unwrap_or_else(|_| store.to_owned());
    beside(&store, &format!(".{role}"))
}

/// Begins the next epoch of a role.
pub(crate) fn begin(inner: &Inner, role: Role, holder: &str, call: &Call) -> Result<Epoch> {
    let number = inner.write(Origin::default(), Durability::Full, call, |txn| {
        let number = read(txn.db, role)?.map_or(0, |former| former.number) + 1;
        let row = format!("{number} {} {holder}", txn.now.0);
        txn.statement("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
            .execute(params![key(role), row])
            .lift()?;
        Ok(number)
    })?;
    Ok(Epoch {
        store: inner.info.uid,
        role,
        number,
    })
}

/// Who holds a role or held it last.
pub(crate) fn read(db: &Connection, role: Role) -> Result<Option<Tenure>> {
    let row: Option<String> = db
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")
        .and_then(|mut s| s.query_row([key(role)], |r| r.get(0)).optional())
        .lift()?;
    row.map(|row| parse(&row)).transpose()
}

/// Refuses to write for a holder who has been followed by another. Called inside the transaction.
pub(crate) fn check(db: &Connection, call: &Call) -> Result<()> {
    let Some(epoch) = &call.epoch else {
        return Ok(());
    };
    let uid: [u8; 16] = db
        .prepare_cached("SELECT value FROM meta WHERE key = 'uid'")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()?;
    if epoch.store.0 != uid {
        return Ok(());
    }
    epoch.check(read(db, epoch.role)?.map_or(0, |present| present.number))
}

fn key(role: Role) -> String {
    format!("epoch {role}")
}

fn parse(row: &str) -> Result<Tenure> {
    let mut parts = row.splitn(3, ' ');
    let mut number = || parts.next().and_then(|n| n.parse::<u64>().ok());
    let (Some(number), Some(since)) = (number(), number()) else {
        return Err(corrupt(format!("{row:?} is no epoch")));
    };
    Ok(Tenure {
        number,
        since: FileTime(since),
        holder: parts.next().unwrap_or_default().to_owned(),
    })
}
