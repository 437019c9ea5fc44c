//! Search folders in a commit: setting their criteria, and moving links with every message that changes.
//! Reference: "IMAPIContainer::SetSearchCriteria"; checks STO-05.1 to STO-05.3

use std::sync::Arc;

use mapi_kit::engine::MessageRow;
use mapi_props::{Code, StoredMessage, tags};
use mapi_spi::{
    Depth, Error, FolderKind, Inverse, ItemId, ItemKind, ItemMeta, LogKind, OpOutcome, Result,
    SearchData, SearchPhase, SearchSave,
};

use super::rows::EntryKeys;
use super::{Commit, difference};
use crate::failure::Lift;
use crate::fulltext::Words;
use crate::log::Note;
use crate::search::{
    Keyed, Search, find_link, holds_link, in_scope, is_eligible, put_link, remove, uncommitted,
    write,
};
use crate::transaction::Delta;
use crate::{bag, item, log, store, view};

/// A message before or after a change.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) meta: &'a ItemMeta,
    pub(super) keys: &'a EntryKeys,
    /// Its tree, if it is at hand; else what the store holds, which must be the same before and after.
    pub(super) body: Option<&'a StoredMessage>,
}

impl<'a> Side<'a> {
    const fn keyed(self) -> Keyed<'a> {
        Keyed {
            meta: self.meta,
            keys: self.keys.as_slice(),
        }
    }
}

/// What a change of a message did to one search folder: logged right after the change itself.
#[derive(Debug)]
pub(super) struct Untold {
    folder: u64,
    kind: LogKind,
    /// The whole message as it was, where it is a link no more.
    inverse: Option<Inverse>,
    moved: bool,
}

/// Whether an item is a search folder.
pub(super) fn is_search(meta: &ItemMeta) -> bool {
    meta.kind == ItemKind::Folder(FolderKind::Search)
}

/// Whether a search whose links are all right sees no difference between a message before and after: only what it does not
/// look at may have changed.
fn is_same(search: &Search, old: Side<'_>, new: Side<'_>) -> bool {
    search.data.phase == SearchPhase::Running
        && search.asked.is_blind()
        && old.body.is_none()
        && new.body.is_none()
        && old.meta != new.meta
}

impl Commit<'_> {
    pub(super) fn set_search(&mut self, save: SearchSave) -> Result<OpOutcome> {
        let folder = item::live_folder(self.txn.db, save.folder)?;
        let scope = save.scope.clone();
        let old = crate::search::read(self.txn.db, folder.id.0)?.map(|s| s.data.clone());
        let data = save.apply(old.as_ref())?;
        if !is_search(&folder) {
            let detail = format!("folder {} is no search folder", folder.id);
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        for searched in scope.into_iter().flatten() {
            if is_search(&item::live_folder(self.txn.db, searched)?) {
                let detail = format!("folder {searched} is a search folder itself");
                return Err(Error::new(Code::NO_SUPPORT, detail));
            }
        }
        mapi_kit::engine::Criteria::new(&data.criteria.restriction)?;
        if old.as_ref() != Some(&data) {
            write(self.txn.db, folder.id.0, &data)?;
            self.reload_searches()?;
            self.note(LogKind::Modified, &folder, &[], None)?;
        }
        Ok(OpOutcome::Done)
    }

    /// Takes all links out of a folder that is being deleted, and stops its search; for good: removes it.
    pub(super) fn end_search(&mut self, folder: &ItemMeta, for_good: bool) -> Result<()> {
        let id = folder.id;
        let Some(search) = self.searches.iter().find(|s| s.folder == id.0).cloned() else {
            return Ok(());
        };
        self.txn.settle()?;
        let counts = item::counts(self.txn.db, id)?;
        let less = |n: u64| -i64::try_from(n).unwrap_or(i64::MAX);
        self.txn.count(
            id.0,
            Delta {
                contents: less(counts.contents),
                unread: less(counts.unread),
                ..Delta::default()
            },
        );
        self.txn
            .statement("DELETE FROM entry WHERE container = ?1")?
            .execute([id.0])
            .lift()?;
        if for_good {
            remove(self.txn.db, id.0)?;
        } else {
            let data = SearchData {
                phase: SearchPhase::Stopped,
                complete: false,
                ..search.data.clone()
            };
            write(self.txn.db, id.0, &data)?;
        }
        self.reload_searches()
    }

    /// Looks at the searches as this transaction has them.
    pub(super) fn reload_searches(&mut self) -> Result<()> {
        self.searches = uncommitted(self.txn.db)?;
        self.followers.clear();
        Ok(())
    }

    /// Search folders are neither copied nor moved nor emptied: what they show is elsewhere.
    pub(super) fn refuse_search(&self, folder: ItemId) -> Result<()> {
        match item::meta(self.txn.db, folder)? {
            Some(meta) if is_search(&meta) => Err(Error::new(
                Code::NO_SUPPORT,
                format!("{folder} is a search folder and stays what it is"),
            )),
            _ => Ok(()),
        }
    }

    /// Whether a message is a link of a search folder.
    pub(super) fn is_link(&self, folder: ItemId, message: ItemId) -> Result<bool> {
        if self.searches.iter().all(|s| s.folder != folder.0) {
            return Ok(false);
        }
        find_link(self.txn.db, folder.0, message.0)
    }

    /// Moves the links of a message that changed. What it did is told with the change. `words`: those that it has now,
    /// where they are at hand.
    pub(super) fn follow(
        &mut self,
        old: Option<Side<'_>>,
        new: Option<Side<'_>>,
        words: Option<&Words>,
    ) -> Result<()> {
        if self.searches.is_empty() {
            return Ok(());
        }
        let old = old.filter(|side| is_eligible(side.meta));
        let new = new.filter(|side| is_eligible(side.meta));
        let none = || Arc::from([]);
        let followers = |this: &mut Self, side: Option<Side<'_>>| {
            side.map_or_else(|| Ok(none()), |side| this.followers_of(side.meta.parent))
        };
        let (before, after) = (followers(self, old)?, followers(self, new)?);
        // A new message is a link of none yet, and others than these do not look at it.
        let Some(old) = old else {
            for index in after.iter() {
                let Some(search) = self.searches.get(*index).cloned() else {
                    continue;
                };
                let wants = new.map(|new| self.matches(&search, new, words));
                let wants = wants.transpose()?.unwrap_or(false);
                self.move_link(search.folder, None, new.filter(|_| wants))?;
            }
            return Ok(());
        };
        for (index, search) in self.searches.clone().iter().enumerate() {
            let was = holds_link(self.txn.db, search.folder, old.keyed())?;
            let wants = match new {
                Some(new) if search.data.follows() => {
                    after.contains(&index)
                        && if before.contains(&index) && is_same(search, old, new) {
                            was
                        } else {
                            self.matches(search, new, words)?
                        }
                }
                Some(_) => was,
                None => false,
            };
            self.move_link(search.folder, was.then_some(old), new.filter(|_| wants))?;
        }
        Ok(())
    }

    fn move_link(
        &mut self,
        folder: u64,
        old: Option<Side<'_>>,
        new: Option<Side<'_>>,
    ) -> Result<()> {
        let kind = match (old, new) {
            (None, None) => return Ok(()),
            (None, Some(_)) => LogKind::Linked,
            (Some(_), Some(_)) => LogKind::LinkModified,
            (Some(_), None) => LogKind::Unlinked,
        };
        let inverse = match old {
            Some(old) if new.is_none() => Some(self.whole(old)?),
            _ => None,
        };
        let moved = old
            .zip(new)
            .is_some_and(|(old, new)| old.meta.parent != new.meta.parent);
        put_link(
            &mut self.txn,
            folder,
            old.map(Side::keyed),
            new.map(Side::keyed),
        )?;
        self.untold.push(Untold {
            folder,
            kind,
            inverse,
            moved,
        });
        Ok(())
    }

    fn whole(&self, side: Side<'_>) -> Result<Inverse> {
        let store = &self.inner.info.uid;
        match side.body {
            Some(body) => Ok(difference::whole(store, side.meta, &body.props)),
            None => {
                let body = bag::body(self.txn.db, side.meta.id.0)?;
                Ok(difference::whole(store, side.meta, &body.props))
            }
        }
    }

    fn matches(&self, search: &Search, message: Side<'_>, words: Option<&Words>) -> Result<bool> {
        let (db, info) = (self.txn.db, &self.inner.info);
        match message.body {
            Some(body) => Ok(search.asked.matches(
                info,
                &MessageRow {
                    meta: message.meta,
                    body,
                    open: &|value| view::open(db, value),
                },
                words,
            )),
            None => view::show_known(db, message.meta.id.0, |row| {
                Ok(search.asked.matches(info, row, words))
            }),
        }
    }

    /// The searches that follow what happens in a folder, as places in the list of all.
    fn followers_of(&mut self, folder: ItemId) -> Result<Arc<[usize]>> {
        if let Some(known) = self.followers.get(&folder) {
            return Ok(Arc::clone(known));
        }
        let mut found = Vec::new();
        for (index, search) in self.searches.iter().enumerate() {
            if search.data.follows() && in_scope(self.txn.db, &search.data.criteria, folder)? {
                found.push(index);
            }
        }
        let found: Arc<[usize]> = found.into();
        self.followers.insert(folder, Arc::clone(&found));
        Ok(found)
    }

    /// Logs what a change that has just been logged did to search folders.
    pub(super) fn tell_links(
        &mut self,
        meta: &ItemMeta,
        changed: &[u16],
        inverse: Option<&Inverse>,
    ) -> Result<()> {
        for told in std::mem::take(&mut self.untold) {
            let stays = told.kind == LogKind::LinkModified;
            let mut changed = if stays { changed.to_vec() } else { Vec::new() };
            if told.moved {
                changed.push(tags::PARENT_ENTRYID.id());
                changed.sort_unstable();
            }
            let note = Note {
                kind: told.kind,
                object: meta.id.0,
                folder: false,
                parent: told.folder,
                flags: meta.flags,
                changed: &changed,
                inverse: if stays {
                    inverse.cloned()
                } else {
                    told.inverse
                },
            };
            log::append(&mut self.txn, &note)?;
        }
        Ok(())
    }

    /// The recursive searches that look into a folder from above, before or after it moves.
    pub(super) fn followers_above(&mut self, parent: ItemId) -> Result<Vec<usize>> {
        let mut found = self.followers_of(parent)?.to_vec();
        let recursive = |i: &usize| {
            self.searches
                .get(*i)
                .is_some_and(|s| s.data.criteria.recursive)
        };
        found.retain(recursive);
        Ok(found)
    }

    /// Moves the links of all messages below a folder that was moved, if it came into or out of sight of a search.
    pub(super) fn follow_folder(&mut self, folder: &ItemMeta, before: &[usize]) -> Result<()> {
        self.followers.clear();
        if self.searches.is_empty() || self.followers_above(folder.parent)? == before {
            return Ok(());
        }
        let mut folders = vec![folder.id];
        let below = store::hierarchy(self.txn.db, folder.id, Depth::All, false)?;
        folders.extend(below.into_iter().map(|(id, _)| id));
        let mut inside = Vec::new();
        for folder in folders {
            inside.extend(self.messages_in(folder, false)?);
        }
        inside.sort_unstable();
        for id in inside {
            self.call.check()?;
            let meta = self.known(id)?;
            let keys = self.keys_of_stored(&meta)?;
            let side = Some(Side {
                meta: &meta,
                keys: &keys,
                body: None,
            });
            self.follow(side, side, None)?;
            self.untold.retain(|u| u.kind != LogKind::LinkModified);
            self.tell_links(&meta, &[], None)?;
        }
        Ok(())
    }
}
