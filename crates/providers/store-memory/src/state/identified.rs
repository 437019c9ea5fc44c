//! Messages by their PR_INTERNET_MESSAGE_ID.

use std::collections::BTreeSet;

use mapi_props::tags;
use mapi_spi::{ItemId, ItemKind, ItemMeta, Problem};

use super::{Item, State};
use crate::rows;

/// The id of a message, its folder and its number.
type Place = (String, ItemId, ItemId);

/// Messages of tables, by id and folder.
#[derive(Debug, Default)]
pub(super) struct Identified(BTreeSet<Place>);

impl Identified {
    /// Follows a change of an item.
    pub(super) fn regroup(&mut self, old: Option<&Item>, new: Option<&Item>) {
        if let Some(place) = old.and_then(place) {
            self.0.remove(&place);
        }
        self.0.extend(new.and_then(place));
    }

    fn in_folder(&self, id: &str, folder: ItemId) -> impl Iterator<Item = ItemId> + '_ {
        let before_all: Place = (id.to_owned(), folder, ItemId(0));
        let mut places = self.0.range(before_all.clone()..);
        std::iter::from_fn(move || {
            let (own, parent, item) = places.next()?;
            (*own == before_all.0 && *parent == folder).then_some(*item)
        })
    }
}

impl State {
    /// The messages of all folders that have this id, of each at most `limit`, by number.
    pub(crate) fn with_message_id(&self, id: &str, limit: usize) -> Vec<ItemMeta> {
        let folders = rows::living_folders(self);
        let here = |folder: ItemId| self.identified.in_folder(id, folder).take(limit);
        let found = folders.into_iter().flat_map(here);
        let mut found: Vec<ItemMeta> = found
            .filter_map(|item| Some(self.item(item)?.meta.clone()))
            .collect();
        found.sort_unstable_by_key(|meta| meta.id);
        found
    }

    /// Every message of a table is found by its id, and nothing else is.
    pub(super) fn check_identified(&self, problems: &mut Vec<Problem>) {
        let there: BTreeSet<Place> = self.messages().filter_map(|i| place(i)).collect();
        for (_, _, item) in there.symmetric_difference(&self.identified.0) {
            problems.push(Problem {
                code: "message-id",
                detail: format!("message {item} is not found by its id"),
            });
        }
    }
}

/// Where a message stands; `None` for those that are in no table, or have no id.
fn place(item: &Item) -> Option<Place> {
    let in_table = item.meta.kind == ItemKind::Message { associated: false } && !item.meta.deleted;
    let id = item
        .props()
        .text(tags::INTERNET_MESSAGE_ID)
        .filter(|_| in_table)?;
    Some((id.to_owned(), item.meta.parent, item.meta.id))
}
