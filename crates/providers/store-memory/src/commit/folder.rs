//! Creating, changing, moving and copying folders.
//! Reference: "IMAPIFolder::CreateFolder", "CopyFolder"; checks FLD-01, STO-10.2

use std::borrow::Cow;
use std::sync::Arc;

use mapi_kit::computed::Owner;
use mapi_kit::{default_view, storable};
use mapi_props::{Bag, Code, FuzzyLevel, PropValue, Slot, tags};
use mapi_spi::{
    Error, Expect, FolderCounts, FolderKind, FolderSave, FolderTarget, ItemId, ItemKind, ItemMeta,
    LogKind, OpOutcome, Result, Saved, Share,
};

use super::{Commit, check_expected, difference};
use crate::content;
use crate::state::{Data, Item};

const NAME: u16 = tags::DISPLAY_NAME.id();

impl Commit<'_> {
    pub(super) fn save_folder(&mut self, mut save: FolderSave) -> Result<OpOutcome> {
        storable::check_patch(Owner::Folder, &save.patch)?;
        for (_, slot) in &mut save.patch.set {
            self.resolve(slot)?;
        }
        match save.target {
            FolderTarget::New { parent, kind } => self.new_folder(&save, parent, kind),
            FolderTarget::Existing(id) => self.change_folder(&save, id),
        }
    }

    fn new_folder(
        &mut self,
        save: &FolderSave,
        parent: ItemId,
        kind: FolderKind,
    ) -> Result<OpOutcome> {
        self.holder(parent)?;
        match kind {
            FolderKind::Generic => {}
            FolderKind::Search if self.info.capabilities.search => {}
            FolderKind::Search => {
                return Err(Error::new(
                    Code::NO_SUPPORT,
                    "this store has no search folders",
                ));
            }
            FolderKind::Root => {
                return Err(Error::new(
                    Code::INVALID_PARAMETER,
                    "a store has one root folder only",
                ));
            }
        }
        let mut props = Bag::new();
        save.patch.apply(&mut props);
        self.check_name(parent, None, &props)?;
        let id = self.state.new_id();
        let meta = ItemMeta {
            id,
            parent,
            kind: ItemKind::Folder(kind),
            deleted: false,
            change: self.state.new_change(),
            content_version: 1,
            thread: None,
            flags: 0,
            status: 0,
            size: 0,
        };
        let item = self.folder(meta, props)?;
        self.create(&item, LogKind::Created)
    }

    fn change_folder(&mut self, save: &FolderSave, id: ItemId) -> Result<OpOutcome> {
        let old = self.state.live_folder(id)?;
        check_expected(&old, save.expect)?;
        let mut props = old.props().clone();
        save.patch.apply(&mut props);
        if props.get(&NAME) != old.props().get(&NAME) {
            self.refuse_root(&old)?;
            self.check_name(old.meta.parent, Some(id), &props)?;
        }
        let meta = ItemMeta {
            change: self.state.new_change(),
            ..old.meta.clone()
        };
        let change = meta.change;
        let item = self.folder(meta, props)?;
        let (changed, inverse) = difference::of_items(&old, &item);
        self.state.put(&item)?;
        self.state.log(
            self.origin,
            LogKind::Modified,
            &item,
            changed,
            Some(inverse),
        )?;
        Ok(OpOutcome::Saved(Saved { id, change }))
    }

    pub(super) fn move_folder(
        &mut self,
        id: ItemId,
        to: ItemId,
        name: Option<String>,
    ) -> Result<OpOutcome> {
        let old = self.state.live_folder(id)?;
        self.refuse_root(&old)?;
        self.refuse_search(id)?;
        self.holder(to)?;
        self.refuse_cycle(id, to)?;
        let mut props = old.props().clone();
        if let Some(name) = name {
            props.set(tags::DISPLAY_NAME, name);
        }
        let renamed = props.get(&NAME) != old.props().get(&NAME);
        let from = old.meta.parent;
        let mut meta = old.meta.clone();
        if from == to && !renamed {
            return Ok(saved(&meta));
        }
        self.check_name(to, Some(id), &props)?;
        meta.parent = to;
        if renamed {
            meta.change = self.state.new_change();
        }
        let item = self.folder(meta, props)?;
        let (changed, inverse) = difference::of_items(&old, &item);
        let inverse = renamed.then_some(inverse);
        let outcome = saved(&item.meta);
        let kind = if from == to {
            LogKind::Modified
        } else {
            LogKind::Moved { from }
        };
        let followers = self.state.followers_above(from);
        self.state.put(&item)?;
        self.state.log(self.origin, kind, &item, changed, inverse)?;
        self.state.follow_folder(self.origin, &item, &followers)?;
        Ok(outcome)
    }

    pub(super) fn copy_folder(
        &mut self,
        id: ItemId,
        to: ItemId,
        name: Option<String>,
        subfolders: bool,
    ) -> Result<OpOutcome> {
        let old = self.state.live_folder(id)?;
        self.refuse_search(id)?;
        self.holder(to)?;
        self.refuse_cycle(id, to)?;
        let mut props = old.props().clone();
        if let Some(name) = name {
            props.set(tags::DISPLAY_NAME, name);
        }
        self.check_name(to, None, &props)?;
        let copy = self.copy_tree(&old, to, props, subfolders, &self.call.share())?;
        Ok(saved(&copy))
    }

    /// Copies a folder, its messages of both tables, and maybe the folders below it.
    fn copy_tree(
        &mut self,
        old: &Item,
        to: ItemId,
        props: Bag,
        subfolders: bool,
        share: &Share,
    ) -> Result<ItemMeta> {
        self.call.check()?;
        let meta = ItemMeta {
            id: self.state.new_id(),
            parent: to,
            change: self.state.new_change(),
            ..old.meta.clone()
        };
        let view = default_view::named_by(&self.info.uid, &props);
        let mut view_copy = None;
        let item = self.folder(meta, props)?;
        let mut meta = item.meta.clone();
        self.create(&item, LogKind::Copied { of: old.meta.id })?;
        let goes = |child: &&Item| !child.meta.deleted && (subfolders || !child.is_folder());
        let inside = self.state.children(old.meta.id);
        let inside: Vec<Arc<Item>> = inside.filter(|c| goes(&&***c)).cloned().collect();
        let total = u64::try_from(inside.len()).ok();
        for (done, child) in (0..).zip(&inside) {
            if !child.is_folder() {
                self.call.check()?;
                let copy = self.copy_message(child, meta.id)?;
                if view == Some(child.meta.id) {
                    view_copy = Some(copy);
                }
            } else if !super::search::is_search(child) {
                let props = child.props().clone();
                self.copy_tree(child, meta.id, props, true, &share.item(done, total))?;
            }
            share.report(done + 1, total);
        }
        if let Some(view) = view_copy {
            meta.change = self.open_with(meta.id, view)?;
        }
        Ok(meta)
    }

    /// Makes a message the folder's default view. Gives the folder's new change number.
    fn open_with(&mut self, folder: ItemId, view: ItemId) -> Result<u64> {
        let save = FolderSave {
            target: FolderTarget::Existing(folder),
            patch: default_view::naming(&self.info.uid, view),
            expect: Expect::Any,
        };
        match self.change_folder(&save, folder)? {
            OpOutcome::Saved(saved) => Ok(saved.change),
            _ => Err(Error::from(Code::CALL_FAILED)),
        }
    }

    /// A soft-deleted folder as it would be back.
    pub(super) fn recovered(&mut self, old: &Item, name: Option<String>) -> Result<Item> {
        let mut props = old.props().clone();
        if let Some(name) = name {
            props.set(tags::DISPLAY_NAME, name);
        }
        self.check_name(old.meta.parent, Some(old.meta.id), &props)?;
        let mut back = old.clone();
        back.meta.deleted = false;
        if let Data::Folder { props: place, .. } = &mut back.data {
            *place = Arc::new(props);
        }
        Ok(back)
    }

    fn create(&mut self, item: &Item, kind: LogKind) -> Result<OpOutcome> {
        let outcome = saved(&item.meta);
        self.state.put(item)?;
        self.state.log(self.origin, kind, item, Vec::new(), None)?;
        Ok(outcome)
    }

    fn folder(&self, meta: ItemMeta, props: Bag) -> Result<Item> {
        let slots = props.iter().map(|(_, s)| s);
        let values = content::held(slots, |key| self.state.content(key));
        let values = values.ok_or_else(|| Error::from(Code::NOT_FOUND))?;
        Ok(Item {
            meta,
            data: Data::Folder {
                props: Arc::new(props),
                counts: FolderCounts::default(),
            },
            values: Arc::new(values),
        })
    }

    /// The root folder is neither moved nor renamed nor deleted.
    pub(super) fn refuse_root(&self, folder: &Item) -> Result<()> {
        if folder.meta.id != self.state.root {
            return Ok(());
        }
        Err(Error::new(
            Code::NO_ACCESS,
            "the root folder stays as it is",
        ))
    }

    /// A folder goes neither into itself nor below itself.
    fn refuse_cycle(&self, folder: ItemId, to: ItemId) -> Result<()> {
        let mut at = to;
        loop {
            if at == folder {
                let detail = format!("folder {folder} cannot go below itself");
                return Err(Error::new(Code::FOLDER_CYCLE, detail));
            }
            match self.state.item(at) {
                Some(item) if at != self.state.root => at = item.meta.parent,
                _ => return Ok(()),
            }
        }
    }

    /// The name of a folder with these properties is a name, and no sibling has it.
    fn check_name(&self, parent: ItemId, own: Option<ItemId>, props: &Bag) -> Result<()> {
        let name = name_of(props).filter(|n| !n.is_empty()).ok_or_else(|| {
            Error::new(
                Code::INVALID_PARAMETER,
                "a folder must have a PR_DISPLAY_NAME",
            )
        })?;
        let limit = self.info.limits.folder_name_chars;
        if name.chars().count() > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(Error::new(
                Code::STRING_TOO_LONG,
                format!("a folder's name has {limit} characters at most"),
            ));
        }
        let wanted = folded(&name);
        let mut siblings = self.state.children(parent).filter(|c| c.is_folder());
        let taken = siblings.any(|c| {
            !c.meta.deleted
                && Some(c.meta.id) != own
                && name_of(c.props()).is_some_and(|n| folded(&n) == wanted)
        });
        if taken {
            let detail = format!("folder {parent} has a folder named {name:?} already");
            return Err(Error::new(Code::COLLISION, detail));
        }
        Ok(())
    }
}

pub(super) const fn saved(meta: &ItemMeta) -> OpOutcome {
    OpOutcome::Saved(Saved {
        id: meta.id,
        change: meta.change,
    })
}

fn name_of(props: &Bag) -> Option<Cow<'_, str>> {
    match props.get(&NAME).and_then(Slot::value)? {
        PropValue::Unicode(s) => Some(Cow::Borrowed(s)),
        PropValue::String8(s) => Some(mapi_query::decode_ansi(s)),
        _ => None,
    }
}

/// A name as siblings compare it: without case.
fn folded(name: &str) -> Cow<'_, str> {
    let without_case = FuzzyLevel {
        ignore_case: true,
        ..FuzzyLevel::default()
    };
    mapi_query::fold(name, without_case)
}
