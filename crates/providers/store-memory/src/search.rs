//! Search folders: their criteria, and links that follow every change of a message.
//! Reference: "Searching a Message Store"; checks STO-05.1 to STO-05.3

use std::sync::Arc;

use mapi_kit::engine::Criteria;
use mapi_props::{Code, tags};
use mapi_spi::{
    Call, Error, FolderCounts, ItemId, ItemKind, ItemMeta, LogEntry, LogKind, Origin, Result,
    SearchData, SearchPhase,
};

use crate::commit::whole;
use crate::rows::with_row;
use crate::state::{Item, State, Undo};

/// A search folder that has criteria.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) data: SearchData,
    criteria: Criteria,
}

/// What a change of a message did to one search folder: logged right after the change itself.
#[derive(Debug)]
pub(crate) struct Untold {
    item: ItemId,
    folder: ItemId,
    kind: LogKind,
    /// The message before, where it is a link no more.
    old: Option<Arc<Item>>,
    moved: bool,
}

/// A link that came, went or counts otherwise: what the message weighed and weighs in the folder's counters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkChange {
    pub(crate) folder: ItemId,
    pub(crate) item: ItemId,
    pub(crate) before: Option<FolderCounts>,
    pub(crate) after: Option<FolderCounts>,
}

impl LinkChange {
    /// The change that takes this one back.
    pub(crate) const fn undone(self) -> Self {
        Self {
            before: self.after,
            after: self.before,
            ..self
        }
    }
}

impl State {
    /// The search of a folder.
    pub(crate) fn search(&self, folder: ItemId) -> Option<&SearchData> {
        self.searches.get(&folder).map(|s| &s.data)
    }

    /// Messages that are links of a search folder, by number.
    pub(crate) fn links(&self, folder: ItemId) -> impl Iterator<Item = &Arc<Item>> {
        let ids = self.links.get(&folder).into_iter().flatten();
        ids.filter_map(|id| self.item(*id))
    }

    /// Whether a message is a link of a search folder.
    pub(crate) fn is_link(&self, folder: ItemId, item: ItemId) -> bool {
        self.links.get(&folder).is_some_and(|l| l.contains(&item))
    }

    /// Writes what a search looks for and does.
    pub(crate) fn set_search(&mut self, folder: ItemId, data: SearchData) -> Result<()> {
        let criteria = Criteria::new(&data.criteria.restriction)?;
        self.faults.write()?;
        let search = Arc::new(Search { data, criteria });
        let old = self.searches.insert(folder, search);
        self.journal(Undo::Search(folder, old));
        Ok(())
    }

    /// Takes all links out of a folder that is being deleted, and stops its search; for good: removes it.
    pub(crate) fn end_search(&mut self, folder: ItemId, for_good: bool) -> Result<()> {
        let Some(search) = self.searches.get(&folder).cloned() else {
            return Ok(());
        };
        let links: Vec<Arc<Item>> = self.links(folder).cloned().collect();
        for item in links {
            self.change_link(LinkChange {
                folder,
                item: item.meta.id,
                before: Some(item.weight()),
                after: None,
            })?;
        }
        if !for_good {
            return self.set_search(
                folder,
                SearchData {
                    phase: SearchPhase::Stopped,
                    complete: false,
                    ..search.data.clone()
                },
            );
        }
        self.faults.write()?;
        let old = self.searches.remove(&folder);
        self.journal(Undo::Search(folder, old));
        Ok(())
    }

    /// Moves the links of a message that changed. What it did is told with the change.
    pub(crate) fn follow(
        &mut self,
        id: ItemId,
        old: Option<&Arc<Item>>,
        new: Option<&Arc<Item>>,
    ) -> Result<()> {
        if self.searches.is_empty() || old.or(new).is_none_or(|item| item.is_folder()) {
            return Ok(());
        }
        let moved = match (old, new) {
            (Some(old), Some(new)) => old.meta.parent != new.meta.parent,
            _ => false,
        };
        for folder in self.searches.keys().copied().collect::<Vec<_>>() {
            let was = self.is_link(folder, id);
            let wants = new.is_some_and(|item| self.wants(folder, item));
            let kind = match (was, wants) {
                (false, false) => continue,
                (false, true) => LogKind::Linked,
                (true, true) => LogKind::LinkModified,
                (true, false) => LogKind::Unlinked,
            };
            let weight = |item: Option<&Arc<Item>>| item.map(|i| i.weight());
            self.change_link(LinkChange {
                folder,
                item: id,
                before: was.then(|| weight(old)).flatten(),
                after: wants.then(|| weight(new)).flatten(),
            })?;
            self.untold.push(Untold {
                item: id,
                folder,
                kind,
                old: old.cloned(),
                moved,
            });
        }
        Ok(())
    }

    /// The recursive searches that follow what happens in a folder.
    pub(crate) fn followers_above(&self, parent: ItemId) -> Vec<ItemId> {
        let look_in = |search: &Search| {
            let data = &search.data;
            data.follows() && data.criteria.recursive && self.in_scope(data, parent)
        };
        let searches = self.searches.iter().filter(|(_, s)| look_in(s));
        searches.map(|(folder, _)| *folder).collect()
    }

    /// Moves the links of all messages below a folder that was moved, if it came into or out of sight of a search.
    pub(crate) fn follow_folder(
        &mut self,
        origin: Origin,
        folder: &Item,
        before: &[ItemId],
    ) -> Result<()> {
        if self.followers_above(folder.meta.parent) == before {
            return Ok(());
        }
        let mut inside = Vec::new();
        self.messages_below(folder.meta.id, &mut inside);
        inside.sort_by_key(|item| item.meta.id);
        for item in inside {
            self.follow(item.meta.id, Some(&item), Some(&item))?;
            self.untold.retain(|u| u.kind != LogKind::LinkModified);
            self.tell_links(origin, &item, &[], None)?;
        }
        Ok(())
    }

    fn messages_below(&self, folder: ItemId, into: &mut Vec<Arc<Item>>) {
        for child in self.children(folder) {
            if child.is_folder() {
                self.messages_below(child.meta.id, into);
            } else {
                into.push(Arc::clone(child));
            }
        }
    }

    /// Logs what a change that has just been logged did to search folders.
    pub(crate) fn tell_links(
        &mut self,
        origin: Origin,
        item: &Item,
        changed: &[u16],
        inverse: Option<&mapi_spi::Inverse>,
    ) -> Result<()> {
        for told in std::mem::take(&mut self.untold) {
            debug_assert_eq!(
                told.item, item.meta.id,
                "each change is told before the next"
            );
            let mut changed = changed.to_vec();
            let inverse = match told.kind {
                LogKind::LinkModified => inverse.cloned(),
                LogKind::Unlinked => {
                    let old = told.old.as_deref();
                    old.map(|old| whole(&self.info.uid, old))
                }
                _ => None,
            };
            if told.kind != LogKind::LinkModified {
                changed.clear();
            } else if told.moved {
                changed.push(tags::PARENT_ENTRYID.id());
                changed.sort_unstable();
            }
            self.append(LogEntry {
                seq: self.last() + 1,
                origin,
                kind: told.kind,
                object: told.item,
                folder: false,
                parent: told.folder,
                flags: item.meta.flags,
                changed,
                inverse,
            })?;
        }
        Ok(())
    }

    /// Populates a search folder, whole or not at all.
    pub(crate) fn run_search(&mut self, folder: ItemId, call: &Call) -> Result<SearchData> {
        let data = self
            .search(folder)
            .cloned()
            .ok_or_else(|| Error::new(Code::NOT_INITIALIZED, "the search has no criteria yet"))?;
        if data.phase != SearchPhase::Rebuild {
            return Ok(data);
        }
        let start = self.savepoint();
        let done = self.fill(folder, data, call);
        if done.is_err() {
            self.roll_back(start);
        }
        self.forget_journal();
        done
    }

    fn fill(&mut self, folder: ItemId, data: SearchData, call: &Call) -> Result<SearchData> {
        let messages: Vec<Arc<Item>> = self.messages().cloned().collect();
        let total = u64::try_from(messages.len()).ok();
        for (done, item) in (0..).zip(messages) {
            if done % 256 == 0 {
                call.check()?;
                call.report(done, total);
            }
            let was = self.is_link(folder, item.meta.id);
            let wants = self.matches(folder, &item);
            if was != wants {
                self.change_link(LinkChange {
                    folder,
                    item: item.meta.id,
                    before: was.then(|| item.weight()),
                    after: wants.then(|| item.weight()),
                })?;
            }
        }
        let phase = if data.fixed {
            SearchPhase::Stopped
        } else {
            SearchPhase::Running
        };
        let data = SearchData {
            phase,
            complete: true,
            ..data
        };
        self.set_search(folder, data.clone())?;
        let item = self.live_folder(folder)?;
        let kind = LogKind::SearchComplete;
        self.log(Origin::default(), kind, &item, Vec::new(), None)?;
        Ok(data)
    }

    /// Whether a message that was just changed is to be a link of a folder.
    fn wants(&self, folder: ItemId, item: &Item) -> bool {
        match self.search(folder) {
            Some(data) if data.follows() => self.matches(folder, item),
            _ => is_eligible(&item.meta) && self.is_link(folder, item.meta.id),
        }
    }

    /// Whether a message is what a search folder looks for, where it looks.
    pub(crate) fn matches(&self, folder: ItemId, item: &Item) -> bool {
        let Some(search) = self.searches.get(&folder) else {
            return false;
        };
        is_eligible(&item.meta)
            && self.in_scope(&search.data, item.meta.parent)
            && with_row(item, 0, |row| search.criteria.matches(&self.info, row))
    }

    fn in_scope(&self, data: &SearchData, folder: ItemId) -> bool {
        let mut at = folder;
        loop {
            if data.criteria.scope.contains(&at) {
                return true;
            }
            match self.item(at) {
                Some(item) if data.criteria.recursive && at != self.root => at = item.meta.parent,
                _ => return false,
            }
        }
    }
}

/// Whether a message may be a link at all.
pub(crate) fn is_eligible(meta: &ItemMeta) -> bool {
    !meta.deleted && meta.kind == ItemKind::Message { associated: false }
}
