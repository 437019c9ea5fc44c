//! Where a message stands: in its own folder, and as a link of the search folders that look for it.

use mapi_kit::engine::MessageRow;
use mapi_props::StoredMessage;
use mapi_spi::{ItemId, ItemMeta, Result, SearchPhase};

use super::Check;
use crate::failure::Lift;
use crate::store::Inner;
use crate::{search, view};

impl Check<'_> {
    /// The search folders of which a message is a link, which must be those that look for it.
    pub(super) fn links(
        &mut self,
        inner: &Inner,
        meta: &ItemMeta,
        body: &StoredMessage,
    ) -> Result<Vec<ItemId>> {
        let db = self.db;
        let mut found = Vec::new();
        for search in self.searches.clone() {
            let folder = ItemId(search.folder);
            let is_link = search::find_link(db, folder.0, meta.id.0)?;
            if is_link {
                found.push(folder);
            }
            if is_link && !search::is_eligible(meta) {
                let detail = format!("message {} may not be a link of folder {folder}", meta.id);
                self.problem("link", detail);
            }
            if search.data.phase != SearchPhase::Running {
                continue;
            }
            let row = MessageRow {
                meta,
                body,
                open: &|value| view::open(db, value),
            };
            let wants = search::is_eligible(meta)
                && search::in_scope(db, &search.data.criteria, meta.parent)?
                && search.criteria.matches(&inner.info, &row);
            if wants != is_link {
                let what = if wants {
                    "is missing from"
                } else {
                    "is wrongly in"
                };
                let detail = format!("message {} {what} search folder {folder}", meta.id);
                self.problem("search", detail);
            }
        }
        Ok(found)
    }

    /// The entries of a message in one container are there.
    pub(super) fn placed(
        &mut self,
        meta: &ItemMeta,
        (container, part): (ItemId, u8),
        keys: &[(u8, Vec<u8>)],
    ) -> Result<()> {
        let mut exists = self
            .db
            .prepare_cached(
                "SELECT 1 FROM entry WHERE container = ?1 AND part = ?2 AND ord = ?3 AND key = ?4 AND item = ?5",
            )
            .lift()?;
        for (ord, key) in keys {
            *self.expected.entry(*ord).or_default() += 1;
            let there = exists
                .exists(rusqlite::params![container.0, part, ord, key, meta.id.0])
                .lift()?;
            if !there {
                let id = meta.id;
                let detail =
                    format!("message {id} is missing from order {ord} of folder {container}");
                self.problem("entry", detail);
            }
        }
        Ok(())
    }
}
