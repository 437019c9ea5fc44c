//! Named properties: names and identifiers, one persistent mapping for the whole store.
//! [MS-OXCPRPT] 3.1.5

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use mapi_props::{Code, Guid, NameKind, PropName};
use mapi_spi::{Error, NameCreation, Result};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::failure::{Lift, corrupt};
use crate::transaction::Txn;

/// The first identifier of the named range, and the last.
const FIRST: u16 = 0x8000;
const LAST: u16 = 0xFFFE;

/// What is known of the mapping. It only ever grows, so what is known stays true.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    ids: HashMap<PropName, u16>,
    names: HashMap<u16, PropName>,
}

impl Names {
    /// Identifiers of names as far as the store has them.
    pub(crate) fn ids(&self, db: &Connection, names: &[PropName]) -> Result<Vec<Option<u16>>> {
        names.iter().map(|name| self.id(db, name)).collect()
    }

    fn id(&self, db: &Connection, name: &PropName) -> Result<Option<u16>> {
        let known = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .ids
            .get(name)
            .copied();
        if known.is_some() {
            return Ok(known);
        }
        let found = find(db, name)?;
        if let Some(id) = found {
            self.remember(name, id);
        }
        Ok(found)
    }

    /// Names of identifiers.
    pub(crate) fn names(&self, db: &Connection, ids: &[u16]) -> Result<Vec<Option<PropName>>> {
        ids.iter().map(|id| self.name(db, *id)).collect()
    }

    fn name(&self, db: &Connection, id: u16) -> Result<Option<PropName>> {
        if let Some(name) = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .names
            .get(&id)
        {
            return Ok(Some(name.clone()));
        }
        let found = db
            .prepare_cached("SELECT id, guid, lid, text FROM name WHERE id = ?1")
            .and_then(|mut s| s.query_row([id], |r| Ok(named(r))).optional())
            .lift()?
            .transpose()?;
        Ok(found.map(|(_, name)| {
            self.remember(&name, id);
            name
        }))
    }

    /// Identifiers of names, made as far as `create` and the limit allow. Nothing is remembered before the commit.
    pub(crate) fn make(
        txn: &Txn<'_>,
        names: &[PropName],
        create: NameCreation,
        mail_limit: u32,
    ) -> Result<Vec<Option<u16>>> {
        names
            .iter()
            .map(|name| make_one(txn, name, create, mail_limit))
            .collect()
    }

    /// Keeps what a commit made.
    pub(crate) fn learn(&self, names: &[PropName], ids: &[Option<u16>]) {
        for (name, id) in names.iter().zip(ids) {
            if let Some(id) = id {
                self.remember(name, *id);
            }
        }
    }

    fn remember(&self, name: &PropName, id: u16) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.ids.insert(name.clone(), id);
        known.names.insert(id, name.clone());
    }
}

/// The whole mapping, by identifier.
pub(crate) fn all(db: &Connection) -> Result<Vec<(u16, PropName)>> {
    let mut select = db
        .prepare_cached("SELECT id, guid, lid, text FROM name ORDER BY id")
        .lift()?;
    let rows = select.query_map([], |r| Ok(named(r))).lift()?;
    rows.map(|row| row.lift()?).collect()
}

fn make_one(
    txn: &Txn<'_>,
    name: &PropName,
    create: NameCreation,
    mail_limit: u32,
) -> Result<Option<u16>> {
    if let Some(id) = find(txn.db, name)? {
        return Ok(Some(id));
    }
    let from_mail = match create {
        NameCreation::No => return Ok(None),
        NameCreation::FromMail => true,
        NameCreation::Explicit => false,
    };
    if from_mail && count_from_mail(txn.db)? >= mail_limit {
        return Ok(None);
    }
    let last: Option<u16> = txn
        .statement("SELECT max(id) FROM name")?
        .query_row([], |r| r.get(0))
        .lift()?;
    let next = last.map_or(Some(FIRST), |last| {
        last.checked_add(1).filter(|id| *id <= LAST)
    });
    let Some(id) = next else {
        if from_mail {
            return Ok(None);
        }
        return Err(Error::new(
            Code::NOT_ENOUGH_RESOURCES,
            "all identifiers for named properties are taken",
        ));
    };
    let (lid, text) = match &name.kind {
        NameKind::Id(lid) => (Some(*lid), None),
        NameKind::Text(text) => (None, Some(text)),
    };
    txn.statement("INSERT INTO name (id, guid, lid, text, mail) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id, name.guid.as_bytes(), lid, text, from_mail])
        .lift()?;
    Ok(Some(id))
}

fn count_from_mail(db: &Connection) -> Result<u32> {
    db.prepare_cached("SELECT count(*) FROM name WHERE mail = 1")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()
}

fn find(db: &Connection, name: &PropName) -> Result<Option<u16>> {
    let guid = name.guid.as_bytes();
    match &name.kind {
        NameKind::Id(lid) => db
            .prepare_cached("SELECT id FROM name WHERE guid = ?1 AND lid = ?2")
            .and_then(|mut s| s.query_row(params![guid, lid], |r| r.get(0)).optional()),
        NameKind::Text(text) => db
            .prepare_cached("SELECT id FROM name WHERE guid = ?1 AND text = ?2")
            .and_then(|mut s| s.query_row(params![guid, text], |r| r.get(0)).optional()),
    }
    .lift()
}

fn named(row: &Row<'_>) -> Result<(u16, PropName)> {
    let id = row.get(0).lift()?;
    let guid: [u8; 16] = row.get(1).lift()?;
    let kind = match (
        row.get::<_, Option<u32>>(2).lift()?,
        row.get::<_, Option<String>>(3).lift()?,
    ) {
        (Some(lid), None) => NameKind::Id(lid),
        (None, Some(text)) => NameKind::Text(text),
        _ => return Err(corrupt(format!("named property 0x{id:04X} has no name"))),
    };
    Ok((
        id,
        PropName {
            guid: Guid(guid),
            kind,
        },
    ))
}
