//! Names of a whole batch, mapped in one or two calls.

use std::collections::{HashMap, HashSet};

use mapi_props::{MessageTree, PropKey, PropName, TreeContent, TreeProps};
use mapi_spi::{Call, NameCreation, Result};

use super::{ImportItem, ImportTo};

/// New identifiers that one message met in mail may take (architecture §8).
pub const NEW_PER_MESSAGE: usize = 64;

/// Identifiers for the names of a batch.
#[derive(Debug, Default)]
pub(super) struct BatchNames {
    ids: HashMap<PropName, u16>,
}

impl BatchNames {
    /// Asks for the names of one tree as a client does: each gets an identifier.
    pub(super) fn explicit(to: ImportTo<'_>, tree: &MessageTree, call: &Call) -> Result<Self> {
        let mut names = Self::default();
        let mut all: Vec<PropName> = Vec::new();
        each_name(tree, &mut |n| all.push(n.clone()));
        if !all.is_empty() {
            names.learn(to, &all, NameCreation::Explicit, call)?;
        }
        Ok(names)
    }

    /// Asks for all names at once; those that are new are created within the limits for names met in mail.
    pub(super) fn map(to: ImportTo<'_>, items: &[ImportItem], call: &Call) -> Result<Self> {
        let mut names = Self::default();
        let mut all = HashSet::new();
        for item in items {
            each_name(&item.tree, &mut |n| {
                all.insert(n);
            });
        }
        if all.is_empty() {
            return Ok(names);
        }
        let all: Vec<PropName> = all.into_iter().cloned().collect();
        names.learn(to, &all, NameCreation::No, call)?;
        let new = names.new_of(items);
        if !new.is_empty() {
            names.learn(to, &new, NameCreation::FromMail, call)?;
        }
        Ok(names)
    }

    /// The names that are new, in order, at most so many for each item that an earlier one does not bring.
    fn new_of(&self, items: &[ImportItem]) -> Vec<PropName> {
        let mut taken = HashSet::new();
        let mut new = Vec::new();
        for item in items {
            let mut room = NEW_PER_MESSAGE;
            each_name(&item.tree, &mut |n| {
                if room > 0 && !self.ids.contains_key(n) && taken.insert(n) {
                    room -= 1;
                    new.push(n.clone());
                }
            });
        }
        new
    }

    /// The identifier of a key; `None` for a name that got none.
    pub(super) fn id(&self, key: &PropKey) -> Option<u16> {
        match key {
            PropKey::Id(id) => Some(*id),
            PropKey::Named(name) => self.ids.get(name).copied(),
        }
    }

    fn learn(
        &mut self,
        to: ImportTo<'_>,
        names: &[PropName],
        create: NameCreation,
        call: &Call,
    ) -> Result<()> {
        let ids = to.names.ids(to.store, names, create, call)?;
        let known = names
            .iter()
            .zip(ids)
            .filter_map(|(n, id)| Some((n.clone(), id?)));
        self.ids.extend(known);
        Ok(())
    }
}

/// Shows the names of all properties of a tree, in order, as often as they stand there.
pub fn each_name<'a>(tree: &'a MessageTree, each: &mut impl FnMut(&'a PropName)) {
    fn bag<'a>(props: &'a TreeProps, each: &mut impl FnMut(&'a PropName)) {
        for (key, _) in props.iter() {
            if let PropKey::Named(name) = key {
                each(name);
            }
        }
    }
    bag(&tree.props, each);
    tree.recipients.iter().for_each(|r| bag(r, each));
    for attachment in &tree.attachments {
        bag(&attachment.props, each);
        if let TreeContent::Message(message) = &attachment.content {
            each_name(message, each);
        }
    }
}
