//! Names of properties in one store, for reading what people write and for showing what is stored.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use mapi::{MapiProp, Message, MsgStore};
use mapi_props::names::{NameMap, canonical_name, named, pr_name};
use mapi_props::{NameKind, PropName, PropTag, PropType};

/// PROP_ID_INVALID: no object has a property of this identifier.
const NO_PROPERTY: u16 = 0xFFFF;

/// Who maps names.
#[derive(Debug, Clone, Copy)]
enum NamesHome<'a> {
    Store(&'a MsgStore),
    File(&'a Message),
}

/// The named properties of a store. Asking creates none ([`Self::creating`] does): a name that the store does not know gets an identifier that
/// no object has, so that filters and columns over it behave as over any missing property.
#[derive(Debug)]
pub struct StoreNames<'a> {
    home: NamesHome<'a>,
    create: bool,
    seen: Mutex<HashMap<u16, Option<PropName>>>,
}

impl<'a> StoreNames<'a> {
    /// Those of `store`.
    #[must_use]
    pub fn of(store: &'a MsgStore) -> Self {
        Self::at(NamesHome::Store(store))
    }

    /// Those of a message that is in no store, but in a file of its own.
    #[must_use]
    pub fn of_file(message: &'a Message) -> Self {
        Self::at(NamesHome::File(message))
    }

    fn at(home: NamesHome<'a>) -> Self {
        Self {
            home,
            create: false,
            seen: Mutex::default(),
        }
    }

    /// The same, but a name that the store does not know gets an identifier for good: for what is kept.
    #[must_use]
    pub fn creating(store: &'a MsgStore) -> Self {
        Self {
            create: true,
            ..Self::of(store)
        }
    }

    /// The tag of this property, given now if it had none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn named_tag(&self, name: &PropName, ty: PropType) -> mapi::Result<PropTag> {
        match self.home {
            NamesHome::Store(store) => store.named_tag(name, ty),
            NamesHome::File(message) => message.named_tag(name, ty),
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
        let names = match self.home {
            NamesHome::Store(store) => store.names_from_ids(&wanted)?,
            NamesHome::File(message) => message.names_from_ids(&wanted)?,
        };
        let names = names.ignore_warning();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(wanted.iter().map(|tag| tag.id()).zip(names));
        Ok(())
    }
}

impl NameMap for StoreNames<'_> {
    fn id_of(&self, name: &PropName) -> Option<u16> {
        let asked = std::slice::from_ref(name);
        let found = match self.home {
            NamesHome::Store(store) => store.ids_from_names(asked, self.create),
            NamesHome::File(message) => message.ids_from_names(asked, self.create),
        };
        let found = found.ok()?;
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
