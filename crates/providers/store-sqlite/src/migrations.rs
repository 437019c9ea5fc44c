//! Numbered steps that bring a store file from any older version to the present one.

use mapi_props::Code;
use mapi_spi::{Error, Result};
use rusqlite::Connection;

use crate::failure::{Lift, corrupt};
use crate::schema::{
    APPLICATION_ID, VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6,
};
use crate::{fulltext, queue};

/// Step `i` makes version `i + 1` out of version `i`. Steps are never changed once released.
const STEPS: [&str; 6] = [
    VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6,
];

/// The version that this code writes: `PRAGMA user_version`.
pub(crate) const CURRENT: u32 = 6;

const _: () = assert!(STEPS.len() == CURRENT as usize);

/// Makes the tables in an empty file.
pub(crate) fn create(db: &Connection) -> Result<()> {
    db.pragma_update(None, "application_id", APPLICATION_ID)
        .lift()?;
    run(db, 0)
}

/// Says whether the file is a store that this code knows, and which version it has.
pub(crate) fn examine(db: &Connection, file: &str) -> Result<u32> {
    let id: i32 = db
        .pragma_query_value(None, "application_id", |r| r.get(0))
        .lift()?;
    if id != APPLICATION_ID {
        return Err(corrupt(format!("{file} is not a store of malle")));
    }
    let version: u32 = db
        .pragma_query_value(None, "user_version", |r| r.get(0))
        .lift()?;
    match version {
        0 => Err(corrupt(format!("{file} holds no store"))),
        1..=CURRENT => Ok(version),
        _ => Err(Error::new(
            Code::VERSION,
            format!("{file} has format {version}; this program knows formats up to {CURRENT}"),
        )),
    }
}

/// Brings an older file to the present version, in one transaction.
pub(crate) fn upgrade(db: &Connection, file: &str) -> Result<()> {
    if examine(db, file)? == CURRENT {
        return Ok(());
    }
    db.execute_batch("BEGIN IMMEDIATE").lift()?;
    // Another process may have been faster.
    let done = examine(db, file).and_then(|version| run(db, version));
    db.execute_batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })
        .lift()?;
    done
}

/// Lets the same queries read a file of an older version that is open for reading only: what it lacks is null.
pub(crate) fn stand_in(db: &Connection) -> Result<()> {
    let version: u32 = db
        .pragma_query_value(None, "user_version", |r| r.get(0))
        .lift()?;
    if (1..4).contains(&version) {
        db.execute_batch("CREATE TEMP VIEW item AS SELECT *, NULL AS thread FROM main.item")
            .lift()?;
    }
    Ok(())
}

fn run(db: &Connection, from: u32) -> Result<()> {
    let first = usize::try_from(from).unwrap_or(usize::MAX);
    for step in STEPS.iter().skip(first) {
        db.execute_batch(step).lift()?;
    }
    if from < 3 {
        fulltext::begin(db)?;
    }
    if (1..6).contains(&from) {
        queue::fill(db)?;
    }
    db.pragma_update(None, "user_version", CURRENT).lift()
}
