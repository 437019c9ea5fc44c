//! Named properties: names and identifiers, one mapping for the whole store.
//! [MS-OXCPRPT] 3.1.5; check NAM-01

use std::collections::BTreeMap;

use mapi_props::{Code, PropName};
use mapi_spi::{Error, Limits, NameCreation, Result};

/// The first identifier of the named range, and the last.
const RANGE: std::ops::RangeInclusive<u16> = 0x8000..=0xFFFE;

/// Names by identifier and identifiers by name.
#[derive(Debug, Default, Clone)]
pub(crate) struct Names {
    ids: BTreeMap<PropName, u16>,
    names: BTreeMap<u16, PropName>,
    /// Identifiers that names met in mail took.
    from_mail: u32,
}

impl Names {
    pub(crate) fn id(&self, name: &PropName) -> Option<u16> {
        self.ids.get(name).copied()
    }

    pub(crate) fn name(&self, id: u16) -> Option<&PropName> {
        self.names.get(&id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (u16, &PropName)> {
        self.names.iter().map(|(id, name)| (*id, name))
    }

    /// The name's identifier, a new one if it has none and may have one.
    pub(crate) fn make(
        &mut self,
        name: &PropName,
        create: NameCreation,
        limits: Limits,
    ) -> Result<Option<u16>> {
        if let Some(id) = self.id(name) {
            return Ok(Some(id));
        }
        let from_mail = match create {
            NameCreation::No => return Ok(None),
            NameCreation::FromMail if self.from_mail >= limits.mail_names => return Ok(None),
            NameCreation::FromMail => true,
            NameCreation::Explicit => false,
        };
        let next = match self.names.last_key_value() {
            None => Some(*RANGE.start()),
            Some((last, _)) => last.checked_add(1).filter(|id| RANGE.contains(id)),
        };
        let Some(id) = next else {
            if from_mail {
                return Ok(None);
            }
            return Err(Error::new(
                Code::NOT_ENOUGH_RESOURCES,
                "all identifiers for named properties are taken",
            ));
        };
        self.from_mail += u32::from(from_mail);
        self.ids.insert(name.clone(), id);
        self.names.insert(id, name.clone());
        Ok(Some(id))
    }
}
