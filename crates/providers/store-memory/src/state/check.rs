//! Invariants: what is kept twice must agree, and what is named must be there.

use std::collections::BTreeSet;
use std::sync::Arc;

use mapi_kit::outgoing;
use mapi_spi::{FolderCounts, FolderKind, ItemId, ItemKind, Problem, SearchPhase};

use super::{Data, Item, State};
use crate::content::{self, slots_of};
use crate::search::is_eligible;

impl State {
    /// Everything that is wrong; nothing in a sound store.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for item in self.items.values() {
            self.check_place(item, &mut problems);
            check_meta(item, &mut problems);
            check_values(item, &mut problems);
            if let Data::Folder { counts, .. } = &item.data {
                let recount = self.recount(item.meta.id);
                if recount != *counts {
                    let detail = format!("folder {}: {counts:?}, {recount:?} found", item.meta.id);
                    problems.push(problem("counters", detail));
                }
            }
        }
        self.check_log(&mut problems);
        self.check_queue(&mut problems);
        self.check_identified(&mut problems);
        self.check_searches(&mut problems);
        self.check_threads(&mut problems);
        problems
    }

    fn recount(&self, folder: ItemId) -> FolderCounts {
        let mut sum = FolderCounts::default();
        let inside = |i: &&Arc<Item>| i.meta.parent == folder && i.meta.id != self.root;
        for item in self.items.values().filter(inside) {
            let w = item.weight();
            sum.contents += w.contents;
            sum.unread += w.unread;
            sum.associated += w.associated;
            sum.folders += w.folders;
            sum.deleted += w.deleted;
        }
        for link in self.links(folder) {
            let w = link.weight();
            sum.contents += w.contents;
            sum.unread += w.unread;
        }
        sum
    }

    /// What waits to be sent is in the queue, at its place, and nothing else is.
    fn check_queue(&self, problems: &mut Vec<Problem>) {
        let waiting = (self.items.values()).filter_map(|i| outgoing::place(&i.meta, i.props()));
        let waiting: BTreeSet<_> = waiting.collect();
        for place in waiting.symmetric_difference(&self.queue) {
            let detail = format!("message {} and the queue disagree", place.item);
            problems.push(problem("queue", detail));
        }
    }

    /// Links are messages that may be links, and those of a running search are the ones that match.
    fn check_searches(&self, problems: &mut Vec<Problem>) {
        for (folder, links) in &self.links {
            let known = self.search(*folder).is_some();
            let strays = links
                .iter()
                .filter(|id| !self.item(**id).is_some_and(|i| is_eligible(&i.meta)));
            if !known || strays.count() > 0 {
                problems.push(problem("link", format!("folder {folder} has stray links")));
            }
        }
        for (folder, search) in &self.searches {
            if search.data.phase != SearchPhase::Running {
                continue;
            }
            for item in self.messages() {
                let id = item.meta.id;
                if self.matches(*folder, item) != self.is_link(*folder, id) {
                    let detail = format!("message {id} and search folder {folder} disagree");
                    problems.push(problem("search", detail));
                }
            }
        }
    }

    /// The parent is a folder, lists the item, and the way up ends at the root.
    fn check_place(&self, item: &Item, problems: &mut Vec<Problem>) {
        let id = item.meta.id;
        let listed = self
            .children
            .get(&item.meta.parent)
            .is_some_and(|c| c.contains(&id));
        if listed == (id == self.root) {
            problems.push(problem(
                "index",
                format!("item {id} is not where its parent says"),
            ));
        }
        let mut seen = BTreeSet::new();
        let mut at = item.meta.parent;
        while at != self.root {
            let Some(parent) = self.items.get(&at).filter(|p| p.is_folder()) else {
                problems.push(problem(
                    "parent",
                    format!("item {id} hangs below {at}, no folder"),
                ));
                return;
            };
            if !seen.insert(at) {
                problems.push(problem("cycle", format!("item {id} hangs below itself")));
                return;
            }
            if parent.meta.deleted && !item.meta.deleted {
                problems.push(problem(
                    "deleted",
                    format!("item {id} is in deleted folder {at}"),
                ));
                return;
            }
            at = parent.meta.parent;
        }
    }

    /// Entries are numbered without gaps.
    fn check_log(&self, problems: &mut Vec<Problem>) {
        for (entry, expected) in self.log.iter().zip(self.trimmed + 1..) {
            if entry.seq != expected {
                problems.push(problem(
                    "log",
                    format!("entry {} stands at {expected}", entry.seq),
                ));
            }
        }
    }
}

fn check_meta(item: &Item, problems: &mut Vec<Problem>) {
    let fits = match (&item.data, item.meta.kind) {
        (Data::Folder { .. }, ItemKind::Folder(kind)) => {
            kind != FolderKind::Root || item.meta.parent == item.meta.id
        }
        (Data::Message { body, .. }, ItemKind::Message { .. }) => {
            item.meta.size == mapi_kit::computed::message_size(body)
        }
        _ => false,
    };
    if !fits {
        problems.push(problem(
            "meta",
            format!("item {}: {:?}", item.meta.id, item.meta),
        ));
    }
}

/// Every key named is held, every value held is named, and each is what its key says.
fn check_values(item: &Item, problems: &mut Vec<Problem>) {
    let named: BTreeSet<_> = slots_of(item)
        .iter()
        .filter_map(|s| content::present(s))
        .collect();
    let held: BTreeSet<_> = item
        .values
        .iter()
        .map(|(key, c)| (*key, c.size()))
        .collect();
    if named != held {
        problems.push(problem(
            "values",
            format!("item {} holds other values than it names", item.meta.id),
        ));
    }
}

fn problem(code: &'static str, detail: String) -> Problem {
    Problem { code, detail }
}
