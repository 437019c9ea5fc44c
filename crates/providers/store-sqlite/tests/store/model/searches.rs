//! Random search folders: random criteria over random folders, set, changed, stopped, populated now or later.

use mapi_props::{Restriction, tags};
use mapi_spi::{
    Expect, FolderKind, FolderSave, FolderTarget, ItemId, Op, PropPatch, SearchAction, SearchData,
    SearchPhase, SearchSave, Store,
};

use super::Pair;
use crate::ground::call;

/// Living search folders at most: what is in them costs every operation.
const MOST: usize = 6;

impl Pair {
    /// Makes a search folder or says what one looks for.
    pub(super) fn search_op(&mut self) -> Op {
        let searches = self.searches();
        if searches.len() < MOST && (searches.is_empty() || self.chance.percent(15)) {
            return self.new_search_folder();
        }
        let folder = if self.chance.percent(97) {
            *self.chance.pick(&searches)
        } else {
            self.a_folder()
        };
        let scope = self.chance.percent(70).then(|| {
            let many = self.chance.in_range(1..4);
            (0..many).map(|_| self.a_scope()).collect()
        });
        let restriction = self.chance.percent(70).then(|| self.criteria());
        Op::SetSearch(SearchSave {
            folder,
            restriction,
            scope,
            recursive: *self
                .chance
                .pick(&[None, Some(true), Some(true), Some(false)]),
            foreground: *self.chance.pick(&[None, Some(true), Some(false)]),
            fixed: self.chance.percent(15),
            unindexed: self.chance.percent(10),
            action: *self.chance.pick(&[
                SearchAction::Keep,
                SearchAction::Restart,
                SearchAction::Restart,
                SearchAction::Stop,
            ]),
        })
    }

    fn new_search_folder(&mut self) -> Op {
        Op::SaveFolder(FolderSave {
            target: FolderTarget::New {
                parent: self.a_folder(),
                kind: FolderKind::Search,
            },
            patch: PropPatch::default().with(tags::DISPLAY_NAME, self.folder_name()),
            expect: Expect::Any,
        })
    }

    /// Rather a folder high up, which sees much.
    fn a_scope(&mut self) -> ItemId {
        if self.chance.percent(30) {
            self.folders[0]
        } else {
            self.a_folder()
        }
    }

    /// What matches many messages, or any restriction; sometimes annotated, sometimes one that no search folder takes.
    fn criteria(&mut self) -> Restriction {
        let inner = match self.chance.below(10) {
            0 => Restriction::And(Vec::new()),
            1 => {
                return Restriction::Count {
                    count: 3,
                    child: Box::new(Restriction::And(Vec::new())),
                };
            }
            _ => self.restriction(2),
        };
        if self.chance.percent(80) {
            return inner;
        }
        Restriction::Comment {
            props: vec![(tags::COMMENT.raw(), "why".into())],
            child: Some(Box::new(inner)),
        }
    }

    /// A folder to look into, quite often a search folder.
    pub(super) fn a_container(&mut self) -> ItemId {
        let searches = self.searches();
        if !searches.is_empty() && self.chance.percent(30) {
            return *self.chance.pick(&searches);
        }
        self.a_folder()
    }

    fn searches(&self) -> Vec<ItemId> {
        let is_search = |id: &ItemId| {
            let folder = self.model.folder(*id, &call());
            folder.is_ok_and(|f| {
                !f.meta.deleted && f.meta.kind == mapi_spi::ItemKind::Folder(FolderKind::Search)
            })
        };
        self.folders.iter().copied().filter(is_search).collect()
    }

    /// Populates what waits for it, in both stores.
    pub(super) fn run_searches(&mut self) {
        for model in self.folders.clone() {
            let waits = self
                .model
                .search(model, &call())
                .is_ok_and(|s| s.is_some_and(|s| s.phase == SearchPhase::Rebuild));
            if waits && self.chance.percent(60) {
                let a = self.model.run_search(model, &call()).unwrap();
                let b = self.real.run_search(self.real_id(model), &call()).unwrap();
                assert_eq!(a, self.known_search(b));
            }
        }
    }

    pub(super) fn compare_search(&self, model: ItemId, real: ItemId) {
        let a = self.model.search(model, &call()).unwrap();
        let b = self.real.search(real, &call()).unwrap();
        assert_eq!(a, b.map(|b| self.known_search(b)), "search of {model:?}");
    }

    /// A search of the real store in the model's numbers.
    fn known_search(&self, mut search: SearchData) -> SearchData {
        for id in &mut search.criteria.scope {
            *id = self.model_id(*id);
        }
        search
    }

    pub(super) fn translate_search(&self, save: &mut SearchSave) {
        save.folder = self.real_id(save.folder);
        for id in save.scope.iter_mut().flatten() {
            *id = self.real_id(*id);
        }
    }
}
