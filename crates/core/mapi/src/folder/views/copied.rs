//! The default view of a folder that is copied, where the store does not see to it itself: CopyTo, and other stores.
//! Reference: "PidTagDefaultViewEntryId" (requirement STO-13)

use std::collections::HashMap;

use mapi_kit::default_view::named_by;
use mapi_props::view_descriptor::{MESSAGE_CLASS, ViewDescriptor};
use mapi_props::{MessageTree, PropKey, PropName, PropTag, PropValue, TreeValue, tags};
use mapi_spi::{ItemId, NameCreation, Result};

use super::super::Folder;
use super::view_error;
use crate::{EntryId, MapiProp};

/// What a copy of a folder opens with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::folder) enum CopiedDefault {
    /// What the original opens with: it stands elsewhere in the same store, or there is none.
    Same,
    /// The copy of the original's own view.
    Copy(EntryId),
    /// The normal view: the original's stays behind.
    Normal,
}

impl Folder {
    /// What `to` opens with, given which messages were copied to it.
    pub(in crate::folder) fn copied_default(
        &self,
        to: &Self,
        copies: &[(EntryId, EntryId)],
    ) -> Result<CopiedDefault> {
        let Some(view) = self.default_message()? else {
            return Ok(CopiedDefault::Same);
        };
        let is_it =
            |(old, _): &&(EntryId, EntryId)| self.context.message_id(old).ok() == Some(view);
        if let Some((_, copy)) = copies.iter().find(is_it) {
            return Ok(CopiedDefault::Copy(copy.clone()));
        }
        let stays = !to.is_of_store(self) || self.holds(view);
        Ok(if stays {
            CopiedDefault::Normal
        } else {
            CopiedDefault::Same
        })
    }

    /// Has a copy in another store open with its own copy of the default view, if it has one.
    pub(in crate::folder) fn carry_default(
        &self,
        to: &Self,
        copies: &[(EntryId, EntryId)],
    ) -> Result<()> {
        match self.copied_default(to, copies)? {
            CopiedDefault::Copy(id) => to.set(tags::DEFAULT_VIEW_ENTRYID, id.as_bytes()),
            CopiedDefault::Same | CopiedDefault::Normal => Ok(()),
        }
    }

    /// Writes the filter of a view that goes to another store with that store's numbers of named properties.
    pub(in crate::folder) fn renumber_view(&self, to: &Self, tree: &mut MessageTree) -> Result<()> {
        let Some(mut view) = view_in(tree) else {
            return Ok(());
        };
        let Some(filter) = view.filter().cloned() else {
            return Ok(());
        };
        let mut ids = Vec::new();
        let same = filter.with_tags(&mut |tag| {
            if tag.is_named() && !ids.contains(&tag.id()) {
                ids.push(tag.id());
            }
            tag
        });
        if ids.is_empty() {
            return Ok(());
        }
        let (known, names): (Vec<u16>, Vec<PropName>) = ids
            .iter()
            .zip(self.context.names(&ids)?)
            .filter_map(|(id, name)| Some((*id, name?)))
            .unzip();
        let there = to.context.ids(&names, NameCreation::Explicit)?;
        let there: HashMap<u16, u16> = known
            .into_iter()
            .zip(there)
            .filter_map(|(here, there)| Some((here, there?)))
            .collect();
        let renumbered = same.with_tags(&mut |tag| match there.get(&tag.id()) {
            Some(id) if tag.is_named() => PropTag::new(*id, tag.ty()),
            _ => tag,
        });
        view.set_filter(Some(&renumbered)).map_err(view_error)?;
        let (binary, strings) = view.encode().map_err(view_error)?;
        let mut put = |tag: PropTag, value: PropValue| {
            tree.props
                .insert(PropKey::Id(tag.id()), TreeValue::Value(value));
        };
        put(tags::VD_BINARY.raw(), PropValue::Binary(binary));
        put(tags::VD_STRINGS.raw(), PropValue::Unicode(strings));
        Ok(())
    }

    fn default_message(&self) -> Result<Option<ItemId>> {
        let props = self.data()?.props;
        Ok(named_by(&self.context.info().uid, &props))
    }

    fn holds(&self, message: ItemId) -> bool {
        let there = |store: &dyn mapi_spi::Store| store.message(message, &self.context.call);
        let data = self.context.spi().and_then(there);
        data.is_ok_and(|data| data.meta.parent == self.id)
    }
}

/// The view that a message is, if it is one that can be read.
fn view_in(tree: &MessageTree) -> Option<ViewDescriptor> {
    let value = |tag: PropTag| tree.props.get(&PropKey::Id(tag.id()))?.value();
    let class = value(tags::MESSAGE_CLASS.raw())?.as_str()?;
    if !class.eq_ignore_ascii_case(MESSAGE_CLASS) {
        return None;
    }
    let binary = value(tags::VD_BINARY.raw())?.as_bytes()?;
    let strings = value(tags::VD_STRINGS.raw()).and_then(PropValue::as_str);
    ViewDescriptor::decode(binary, strings.unwrap_or_default()).ok()
}
