//! Properties of the store object.

use mapi_kit::computed::{Owner, is_computed, listed, store_computed};
use mapi_props::{Bag, Code, PropTag, PropValue, Slot, tags};
use mapi_spi::StoreInfo;

use super::display_name;
use super::receive;
use crate::prop::PropSource;

pub(super) struct StoreSource<'a> {
    pub(super) info: &'a StoreInfo,
    pub(super) bag: Bag,
    pub(super) modify: bool,
}

impl PropSource for StoreSource<'_> {
    fn slot(&self, id: u16) -> Option<Slot> {
        match self.bag.get(&id) {
            None if id == tags::DISPLAY_NAME.id() => {
                Some(display_name(self.info, &self.bag).into())
            }
            // Of a folder that the mask calls invalid there is no id (STO-07).
            _ if !super::tree::is_valid(&self.bag, id) => None,
            _ if receive::is_assignment(id) => None,
            slot => slot.cloned(),
        }
    }

    fn computed(&self, tag: PropTag) -> Option<PropValue> {
        if tag.id() == tags::ACCESS_LEVEL.id() {
            return Some(PropValue::Long(i32::from(self.modify)));
        }
        store_computed(self.info, tag)
    }

    fn ids(&self) -> Vec<u16> {
        let mut ids: Vec<u16> = self.bag.iter().map(|(id, _)| *id).collect();
        ids.push(tags::DISPLAY_NAME.id());
        ids
    }

    fn computed_tags(&self) -> Vec<PropTag> {
        listed(Owner::Store).collect()
    }

    fn objects(&self) -> &'static [PropTag] {
        &[]
    }
}

/// Why a property of the store cannot be set.
pub(super) fn refuses(id: u16) -> Option<Code> {
    let made = is_computed(Owner::Store, id)
        || super::tree::is_tree_property(id)
        || receive::is_assignment(id);
    made.then_some(Code::COMPUTED)
}
