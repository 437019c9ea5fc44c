//! Names and identifiers of one store's named properties, remembered so that the store is asked once.
//! [MS-OXCPRPT] 3.1.5 (named properties); reference: "IMAPIProp::GetIDsFromNames"

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use mapi_props::{NameKind, PropName, guids};
use mapi_spi::{Call, NameCreation, Result, Store};

/// What is known of a store's mapping. A mapping never changes once made, so what is remembered stays true, also
/// when other processes add names.
#[derive(Debug, Default)]
pub struct NameCache {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    ids: HashMap<PropName, u16>,
    names: HashMap<u16, PropName>,
}

impl Known {
    fn add(&mut self, name: &PropName, id: u16) {
        self.ids.insert(name.clone(), id);
        self.names.insert(id, name.clone());
    }
}

impl NameCache {
    /// Identifiers of `names`, in order. A name of PS_MAPI is its own identifier and never created.
    ///
    /// # Errors
    /// Those of [`Store::ids_from_names`].
    pub fn ids(
        &self,
        store: &dyn Store,
        names: &[PropName],
        create: NameCreation,
        call: &Call,
    ) -> Result<Vec<Option<u16>>> {
        let mut ids: Vec<Option<u16>> = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            names
                .iter()
                .map(|name| fixed_id(name).or_else(|| known.ids.get(name).copied()))
                .collect()
        };
        let open: Vec<usize> = unknown(&ids)
            .filter(|at| names.get(*at).is_some_and(|n| n.guid != guids::PS_MAPI))
            .collect();
        if open.is_empty() {
            return Ok(ids);
        }
        let asked: Vec<PropName> = open
            .iter()
            .filter_map(|at| names.get(*at).cloned())
            .collect();
        let found = store.ids_from_names(&asked, create, call)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for ((at, name), id) in open.into_iter().zip(&asked).zip(found) {
            let Some(id) = id else { continue };
            known.add(name, id);
            if let Some(place) = ids.get_mut(at) {
                *place = Some(id);
            }
        }
        Ok(ids)
    }

    /// Names of `ids`, in order; identifiers below 0x8000 are named in PS_MAPI by themselves.
    ///
    /// # Errors
    /// Those of [`Store::names_from_ids`].
    pub fn names(
        &self,
        store: &dyn Store,
        ids: &[u16],
        call: &Call,
    ) -> Result<Vec<Option<PropName>>> {
        let mut names: Vec<Option<PropName>> = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            ids.iter()
                .map(|id| fixed_name(*id).or_else(|| known.names.get(id).cloned()))
                .collect()
        };
        let open: Vec<usize> = unknown(&names).collect();
        if open.is_empty() {
            return Ok(names);
        }
        let asked: Vec<u16> = open.iter().filter_map(|at| ids.get(*at).copied()).collect();
        let found = store.names_from_ids(&asked, call)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for ((at, id), name) in open.into_iter().zip(asked).zip(found) {
            let Some(name) = name else { continue };
            known.add(&name, id);
            if let Some(place) = names.get_mut(at) {
                *place = Some(name);
            }
        }
        Ok(names)
    }

    /// The name of `id` if it is already known here; never asks the store.
    #[must_use]
    pub fn remembered(&self, id: u16) -> Option<PropName> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        fixed_name(id).or_else(|| known.names.get(&id).cloned())
    }
}

fn unknown<T>(found: &[Option<T>]) -> impl Iterator<Item = usize> {
    found
        .iter()
        .enumerate()
        .filter(|(_, f)| f.is_none())
        .map(|(at, _)| at)
}

fn fixed_id(name: &PropName) -> Option<u16> {
    match (name.guid == guids::PS_MAPI, &name.kind) {
        (true, NameKind::Id(id)) => u16::try_from(*id).ok().filter(|id| *id < 0x8000),
        _ => None,
    }
}

fn fixed_name(id: u16) -> Option<PropName> {
    (id < 0x8000).then(|| PropName::id(guids::PS_MAPI, u32::from(id)))
}
