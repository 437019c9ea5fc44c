//! Names of properties in one store, for reading what people write and for showing what is stored.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use mapi::{MapiProp, MsgStore};
use mapi_props::names::{NameMap, canonical_name, named, pr_name};
use mapi_props::{NameKind, PropName, PropTag, PropType};

/// PROP_ID_INVALID: no object has a property of this identifier.
const NO_PROPERTY: u16 = 0xFFFF;

/// The named properties of a store. Asking creates none: a name that the store does not know gets an identifier that
/// no object has, so that filters and columns over it behave as over any missing property.
#[derive(Debug)]
pub struct StoreNames<'a> {
    store: &'a MsgStore,
    seen: Mutex<HashMap<u16, Option<PropName>>>,
}

impl<'a> StoreNames<'a> {
    /// Those of `store`.
    #[must_use]
    pub fn of(store: &'a MsgStore) -> Self {
        Self {
            store,
            seen: Mutex::default(),
        }
    }

    /// Learns the names of these tags in one call.
    ///
    /// # Errors
    /// Those of the store.
    pub fn learn(&self, tags: impl IntoIterator<Item = PropTag>) -> mapi::Result<()> {
        let mut wanted: Vec<PropTag> = tags.into_iter().filter(|t| t.is_named()).collect();
        wanted.sort_by_key(|tag| tag.id());
        wanted.dedup_by_key(|tag| tag.id());
        if wanted.is_empty() {
            return Ok(());
        }
        let names = self.store.names_from_ids(&wanted)?.ignore_warning();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(wanted.iter().map(|tag| tag.id()).zip(names));
        Ok(())
    }
}

impl NameMap for StoreNames<'_> {
    fn id_of(&self, name: &PropName) -> Option<u16> {
        let asked = std::slice::from_ref(name);
        let found = self.store.ids_from_names(asked, false).ok()?;
        let tag = found.ignore_warning().first().copied();
        let known = tag.filter(|tag| tag.ty() != PropType::ERROR);
        Some(known.map_or(NO_PROPERTY, PropTag::id))
    }

    fn name_of(&self, id: u16) -> Option<PropName> {
        let seen = |names: &Self| {
            let seen = names.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.get(&id).cloned()
        };
        if let Some(known) = seen(self) {
            return known;
        }
        self.learn([PropTag::new(id, PropType::UNSPECIFIED)]).ok()?;
        seen(self).flatten()
    }
}

/// The canonical name of a property: `PidTagSubject`, else `PR_…`; of a named one `PidLid…`, `PidName…` or its own text;
/// none when it has no name.
#[must_use]
pub fn property_name(tag: PropTag, named_as: Option<&PropName>) -> Option<String> {
    let Some(name) = named_as else {
        let known = canonical_name(tag).or_else(|| pr_name(tag));
        return known.map(str::to_owned);
    };
    match (named(name), &name.kind) {
        (Some(known), _) => Some(known.name.to_owned()),
        (None, NameKind::Text(text)) => Some(text.clone()),
        (None, NameKind::Id(_)) => None,
    }
}
