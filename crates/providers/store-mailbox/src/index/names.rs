//! Named properties: identifiers that names met in mail got, one mapping for the whole mailbox.
//! [MS-OXCPRPT] 3.1.5

use std::collections::BTreeMap;

use mapi_kit::import::{NEW_PER_MESSAGE, each_name};
use mapi_props::{Guid, MessageTree, NameKind, PropKey, PropName};
use mapi_spi::{Limits, Result};
use rusqlite::{Connection, params};

use super::{Change, Index};
use crate::failure::Lift;

/// Identifiers by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(BTreeMap<PropName, u16>);

impl Names {
    /// The identifier of a name, if it has one.
    pub(crate) fn id(&self, name: &PropName) -> Option<u16> {
        self.0.get(name).copied()
    }

    /// The name of an identifier.
    pub(crate) fn name(&self, id: u16) -> Option<&PropName> {
        self.0
            .iter()
            .find_map(|(name, of)| (*of == id).then_some(name))
    }

    /// The identifier of a property.
    pub(crate) fn id_of(&self, key: &PropKey) -> Option<u16> {
        match key {
            PropKey::Id(id) => Some(*id),
            PropKey::Named(name) => self.id(name),
        }
    }

    /// The mapping by identifier.
    pub(crate) fn all(&self) -> Vec<(u16, PropName)> {
        let mut all: Vec<_> = self.0.iter().map(|(n, id)| (*id, n.clone())).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    fn read(db: &Connection) -> Result<Self> {
        let mut select = db
            .prepare_cached("SELECT id, guid, number, text FROM name")
            .lift()?;
        let rows = select.query_map([], |r| {
            let (number, text): (Option<u32>, Option<String>) = (r.get(2)?, r.get(3)?);
            let kind = match (number, text) {
                (Some(number), _) => NameKind::Id(number),
                (None, text) => NameKind::Text(text.unwrap_or_default()),
            };
            let guid = Guid(r.get(1)?);
            Ok((PropName { guid, kind }, r.get(0)?))
        });
        rows.lift()?
            .map(Lift::lift)
            .collect::<Result<_>>()
            .map(Self)
    }
}

impl Index {
    /// The mapping as it is now.
    pub(crate) fn names(&self) -> Result<Names> {
        Names::read(&self.db())
    }
}

impl Change<'_> {
    /// The mapping as it is now.
    pub(crate) fn names(&self) -> Result<Names> {
        Names::read(self.db)
    }

    /// Gives identifiers to the names of a message, within the limits for names met in mail.
    pub(crate) fn learn(
        &mut self,
        names: &mut Names,
        tree: &MessageTree,
        limits: Limits,
    ) -> Result<()> {
        let mut new: Vec<PropName> = Vec::new();
        each_name(tree, &mut |name| {
            let room = new.len() < NEW_PER_MESSAGE;
            if room && names.id(name).is_none() && !new.contains(name) {
                new.push(name.clone());
            }
        });
        for name in new {
            let next = 0x8000 + names.0.len();
            let Some(id) = u16::try_from(next).ok().filter(|id| *id < 0xFFFF) else {
                break;
            };
            if self.mail_names >= limits.mail_names {
                break;
            }
            let (number, text) = match &name.kind {
                NameKind::Id(number) => (Some(*number), None),
                NameKind::Text(text) => (None, Some(text)),
            };
            self.db
                .prepare_cached("INSERT INTO name (id, guid, number, text) VALUES (?1, ?2, ?3, ?4)")
                .and_then(|mut s| s.execute(params![id, name.guid.0, number, text]))
                .lift()?;
            self.mail_names += 1;
            names.0.insert(name, id);
        }
        Ok(())
    }
}
