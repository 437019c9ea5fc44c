//! Search folders: the `search` table, and what it says in a form that can be asked of messages.
//! Reference: "Searching a Message Store"; checks STO-05.1 to STO-05.3

mod links;
mod question;
mod run;
mod settle;
mod sift;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use mapi_kit::engine::Criteria;
use mapi_props::codec::{decode_restriction, encode_restriction};
use mapi_spi::{Error, ItemId, Result, SearchCriteria, SearchData, SearchPhase};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) use links::{Keyed, Scopes, find_link, holds_link, in_scope, is_eligible, put_link};
use question::Asked;
pub(crate) use run::run;

use crate::failure::{Lift, corrupt, not_found};
use crate::{bag, item};

/// A search folder that has criteria.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) folder: u64,
    pub(crate) data: SearchData,
    pub(crate) criteria: Criteria,
    /// The same, as commits ask it.
    pub(crate) asked: Asked,
    /// Grows with every change of the row.
    version: u64,
}

/// The searches of a file as they were last seen, so that their criteria are made ready once.
#[derive(Debug, Default)]
pub(crate) struct Searches(Mutex<BTreeMap<u64, Arc<Search>>>);

impl Searches {
    /// All search folders with criteria, by number, at the beginning of a transaction. Costs one look at an empty table
    /// where there are none.
    pub(crate) fn committed(&self, db: &Connection) -> Result<Vec<Arc<Search>>> {
        let mut select = db
            .prepare_cached("SELECT folder, version FROM search ORDER BY folder")
            .lift()?;
        let rows = select
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
            .lift()?;
        let now: Vec<(u64, u64)> = rows.collect::<rusqlite::Result<_>>().lift()?;
        if now.is_empty() {
            return Ok(Vec::new());
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::with_capacity(now.len());
        for (folder, version) in &now {
            if let Some(search) = known.get(folder).filter(|s| s.version == *version) {
                all.push(Arc::clone(search));
            } else {
                all.extend(read(db, *folder)?);
            }
        }
        *known = all.iter().map(|s| (s.folder, Arc::clone(s))).collect();
        Ok(all)
    }
}

/// A file of version 1 that is open for reading only has no such table.
fn has_table(db: &Connection) -> Result<bool> {
    db.prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'search'")
        .and_then(|mut s| s.exists([]))
        .lift()
}

/// All search folders with criteria, by number, in the middle of a transaction: what it wrote is not remembered.
pub(crate) fn uncommitted(db: &Connection) -> Result<Vec<Arc<Search>>> {
    if !has_table(db)? {
        return Ok(Vec::new());
    }
    let mut select = db
        .prepare_cached("SELECT folder FROM search ORDER BY folder")
        .lift()?;
    let rows = select.query_map([], |r| r.get(0)).lift()?;
    let folders: Vec<u64> = rows.collect::<rusqlite::Result<_>>().lift()?;
    let mut all = Vec::with_capacity(folders.len());
    for folder in folders {
        all.extend(read(db, folder)?);
    }
    Ok(all)
}

/// Criteria and state of a search folder; `None` before they are set, and for other folders.
pub(crate) fn data(db: &Connection, folder: ItemId) -> Result<Option<SearchData>> {
    let is_folder =
        item::meta(db, folder)?.is_some_and(|m| matches!(m.kind, mapi_spi::ItemKind::Folder(_)));
    if !is_folder {
        return Err(not_found(format_args!("folder {folder}")));
    }
    if !has_table(db)? {
        return Ok(None);
    }
    Ok(read(db, folder.0)?.map(|s| s.data.clone()))
}

const RECURSIVE: u32 = 1;
const FIXED: u32 = 2;
const FOREGROUND: u32 = 4;
const UNINDEXED: u32 = 8;
const COMPLETE: u32 = 16;

/// The search of a folder.
pub(crate) fn read(db: &Connection, folder: u64) -> Result<Option<Arc<Search>>> {
    db.prepare_cached(
        "SELECT run, phase, flags, version, scope, restriction FROM search WHERE folder = ?1",
    )
    .and_then(|mut s| {
        s.query_row([folder], |r| Ok(search_at(folder, r)))
            .optional()
    })
    .lift()?
    .transpose()
    .map(|found| found.map(Arc::new))
}

fn search_at(folder: u64, row: &Row<'_>) -> Result<Search> {
    let flags: u32 = row.get(2).lift()?;
    let phase = match row.get::<_, u8>(1).lift()? {
        0 => SearchPhase::Stopped,
        1 => SearchPhase::Rebuild,
        2 => SearchPhase::Running,
        other => return Err(corrupt(format!("search {folder} in phase {other}"))),
    };
    let scope: Vec<u8> = row.get(4).lift()?;
    let number = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
    let restriction: Vec<u8> = row.get(5).lift()?;
    let restriction = decode_restriction(&restriction).map_err(bag::bad)?;
    Ok(Search {
        folder,
        criteria: Criteria::new(&restriction)?,
        asked: Asked::of(&restriction)?,
        data: SearchData {
            criteria: SearchCriteria {
                restriction,
                scope: scope.chunks_exact(8).map(|b| ItemId(number(b))).collect(),
                recursive: flags & RECURSIVE != 0,
            },
            fixed: flags & FIXED != 0,
            foreground: flags & FOREGROUND != 0,
            unindexed: flags & UNINDEXED != 0,
            phase,
            complete: flags & COMPLETE != 0,
            run: row.get(0).lift()?,
        },
        version: row.get(3).lift()?,
    })
}

/// Writes the search of a folder. How far its population is stays only within a run.
pub(crate) fn write(db: &Connection, folder: u64, data: &SearchData) -> Result<()> {
    let mut restriction = Vec::new();
    encode_restriction(&data.criteria.restriction, &mut restriction).map_err(|e| {
        Error::caused(
            e.code(),
            "the restriction of the search cannot be stored",
            e,
        )
    })?;
    let scope: Vec<u8> = data
        .criteria
        .scope
        .iter()
        .flat_map(|id| id.0.to_le_bytes())
        .collect();
    let bit = |is: bool, bit: u32| if is { bit } else { 0 };
    let flags = bit(data.criteria.recursive, RECURSIVE)
        | bit(data.fixed, FIXED)
        | bit(data.foreground, FOREGROUND)
        | bit(data.unindexed, UNINDEXED)
        | bit(data.complete, COMPLETE);
    let phase: u8 = match data.phase {
        SearchPhase::Stopped => 0,
        SearchPhase::Rebuild => 1,
        SearchPhase::Running => 2,
    };
    db.prepare_cached(
        "INSERT INTO search (folder, run, phase, flags, version, scope, restriction, reached)
         VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, NULL)
         ON CONFLICT (folder) DO UPDATE SET reached = CASE WHEN run = ?2 AND ?3 = 1 THEN reached END,
             run = ?2, phase = ?3, flags = ?4, version = version + 1, scope = ?5, restriction = ?6",
    )
    .and_then(|mut s| s.execute(params![folder, data.run, phase, flags, scope, restriction]))
    .lift()?;
    Ok(())
}

/// Removes the search of a folder that goes for good.
pub(crate) fn remove(db: &Connection, folder: u64) -> Result<()> {
    db.prepare_cached("DELETE FROM search WHERE folder = ?1")
        .and_then(|mut s| s.execute([folder]))
        .lift()?;
    Ok(())
}
