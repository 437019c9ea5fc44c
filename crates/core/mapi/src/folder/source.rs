//! Properties of a folder.

use mapi_kit::computed::{Facts, Owner, computed, fallback, is_computed, listed};
use mapi_props::{Code, PropTag, PropValue, Slot, tags};
use mapi_spi::{FolderData, FolderKind, StoreInfo};

use super::sorting::is_saved_sort;
use crate::prop::PropSource;

pub(super) struct FolderSource<'a> {
    pub(super) info: &'a StoreInfo,
    pub(super) data: FolderData,
    pub(super) modify: bool,
}

/// Tables of a folder.
const OBJECTS: [PropTag; 3] = [
    tags::CONTAINER_CONTENTS,
    tags::CONTAINER_HIERARCHY,
    tags::FOLDER_ASSOCIATED_CONTENTS,
];

impl PropSource for FolderSource<'_> {
    fn slot(&self, id: u16) -> Option<Slot> {
        if is_saved_sort(id) {
            return None;
        }
        let stored = self.data.props.get(&id).cloned();
        stored.or_else(|| fallback(Owner::Folder, id).map(Slot::Value))
    }

    fn computed(&self, tag: PropTag) -> Option<PropValue> {
        if tag.id() == tags::ACCESS_LEVEL.id() {
            return Some(PropValue::Long(i32::from(self.modify)));
        }
        let facts = Facts {
            info: self.info,
            meta: &self.data.meta,
            counts: Some(&self.data.counts),
            depth: 0,
            instance: 0,
        };
        computed(&facts, tag)
    }

    fn ids(&self) -> Vec<u16> {
        self.data.props.iter().map(|(id, _)| *id).collect()
    }

    fn computed_tags(&self) -> Vec<PropTag> {
        listed(Owner::Folder).collect()
    }

    fn objects(&self) -> &'static [PropTag] {
        &OBJECTS
    }
}

/// Why a property of a folder cannot be set or deleted.
pub(super) fn refuses(kind: FolderKind, id: u16, value: Option<&PropValue>) -> Option<Code> {
    let objects = OBJECTS.iter().any(|o| o.id() == id);
    let made = is_computed(Owner::Folder, id) || is_saved_sort(id);
    if made || objects || id == tags::CREATION_TIME.id() {
        return Some(Code::COMPUTED);
    }
    if id != tags::DISPLAY_NAME.id() {
        return None;
    }
    let empty = value.is_none_or(|v| v.as_str() == Some(""));
    // FLD-01: the root is never renamed, nor a search folder.
    (kind != FolderKind::Generic || empty).then_some(Code::NO_ACCESS)
}
