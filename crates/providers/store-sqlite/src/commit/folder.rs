//! Creating, changing, moving and copying folders.

use std::borrow::Cow;

use mapi_kit::computed::Owner;
use mapi_kit::{default_view, storable};
use mapi_props::{Bag, Code, FuzzyLevel, PropValue, Slot, StoredMessage, tags};
use mapi_spi::{
    Error, Expect, FolderKind, FolderSave, FolderTarget, ItemId, ItemKind, ItemMeta, LogKind,
    OpOutcome, Result, Saved, Share,
};
use rusqlite::{OptionalExtension, params};

use super::{Commit, difference, refuse};
use crate::blob::move_refs;
use crate::failure::{Lift, corrupt};
use crate::item::kind_number;
use crate::order::MISSING_KEY;
use crate::{bag, item};

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
            FolderKind::Generic | FolderKind::Search => {}
            FolderKind::Root => {
                return Err(Error::new(
                    Code::INVALID_PARAMETER,
                    "a store has one root folder only",
                ));
            }
        }
        let mut body = StoredMessage::default();
        save.patch.apply(&mut body.props);
        let name = self.checked_name(parent, None, &body.props)?;
        let mut meta = ItemMeta {
            id: ItemId(0),
            parent,
            kind: ItemKind::Folder(kind),
            deleted: false,
            change: self.txn.next_change(),
            content_version: 1,
            thread: None,
            flags: 0,
            status: 0,
            size: 0,
        };
        self.insert_folder(&mut meta, &body, &name)?;
        self.note(LogKind::Created, &meta, &[], None)?;
        Ok(saved(&meta))
    }

    fn change_folder(&mut self, save: &FolderSave, id: ItemId) -> Result<OpOutcome> {
        let old = item::live_folder(self.txn.db, id)?;
        refuse::unexpected(&old, save.expect)?;
        let before = bag::body(self.txn.db, id.0)?;
        let mut body = before.clone();
        save.patch.apply(&mut body.props);
        if body.props.get(&NAME) != before.props.get(&NAME) {
            self.refuse_root(id)?;
            let name = self.checked_name(old.parent, Some(id), &body.props)?;
            self.rename(id, &name)?;
        }
        let meta = ItemMeta {
            change: self.txn.next_change(),
            ..old
        };
        let (changed, inverse) = difference::entry(difference::of_bags(&before.props, &body.props));
        self.write_values()?;
        move_refs(&self.txn, Some(&before), Some(&body))?;
        bag::write(self.txn.db, id.0, &self.pack(&body)?)?;
        self.update_item(&meta, None)?;
        self.note(LogKind::Modified, &meta, &changed, Some(inverse))?;
        Ok(saved(&meta))
    }

    pub(super) fn move_folder(
        &mut self,
        id: ItemId,
        to: ItemId,
        name: Option<String>,
    ) -> Result<OpOutcome> {
        let old = item::live_folder(self.txn.db, id)?;
        self.refuse_root(id)?;
        self.refuse_search(id)?;
        self.holder(to)?;
        self.refuse_cycle(id, to)?;
        let before = bag::body(self.txn.db, id.0)?;
        let mut body = before.clone();
        if let Some(name) = name {
            body.props.set(tags::DISPLAY_NAME, name);
        }
        let renamed = body.props.get(&NAME) != before.props.get(&NAME);
        let from = old.parent;
        if from == to && !renamed {
            return Ok(saved(&old));
        }
        let name = self.checked_name(to, Some(id), &body.props)?;
        let change = if renamed {
            self.txn.next_change()
        } else {
            old.change
        };
        let meta = ItemMeta {
            parent: to,
            change,
            ..old.clone()
        };
        let (changed, inverse) = difference::entry(difference::of_bags(&before.props, &body.props));
        let followers = self.followers_above(from)?;
        bag::write(self.txn.db, id.0, &self.pack(&body)?)?;
        self.update_item(&meta, None)?;
        self.txn
            .statement("UPDATE folder SET parent = ?2, name = ?3 WHERE id = ?1")?
            .execute(params![id.0, to.0, name])
            .lift()?;
        self.recount(&old, &meta);
        let kind = if from == to {
            LogKind::Modified
        } else {
            LogKind::Moved { from }
        };
        self.note(kind, &meta, &changed, renamed.then_some(inverse))?;
        self.follow_folder(&meta, &followers)?;
        Ok(saved(&meta))
    }

    pub(super) fn copy_folder(
        &mut self,
        id: ItemId,
        to: ItemId,
        name: Option<String>,
        subfolders: bool,
    ) -> Result<OpOutcome> {
        let old = item::live_folder(self.txn.db, id)?;
        self.refuse_search(id)?;
        self.holder(to)?;
        self.refuse_cycle(id, to)?;
        let mut body = bag::body(self.txn.db, id.0)?;
        if let Some(name) = name {
            body.props.set(tags::DISPLAY_NAME, name);
        }
        self.checked_name(to, None, &body.props)?;
        let copy = self.copy_tree(&old, to, &body, subfolders, &self.call.share())?;
        Ok(saved(&copy))
    }

    /// Copies a folder, its messages of both tables, and maybe the folders below it.
    fn copy_tree(
        &mut self,
        old: &ItemMeta,
        to: ItemId,
        body: &StoredMessage,
        subfolders: bool,
        share: &Share,
    ) -> Result<ItemMeta> {
        self.call.check()?;
        let mut meta = ItemMeta {
            parent: to,
            change: self.txn.next_change(),
            ..old.clone()
        };
        let name = name_of(&body.props)
            .map(|n| folded(&n).into_owned())
            .unwrap_or_default();
        self.insert_folder(&mut meta, body, &name)?;
        self.note(LogKind::Copied { of: old.id }, &meta, &[], None)?;
        let view = default_view::named_by(&self.inner.info.uid, &body.props);
        let mut view_copy = None;
        let mut inside = self.messages_in(old.id, false)?;
        if subfolders {
            inside.extend(self.folders_in(old.id, false)?);
        }
        inside.sort_unstable();
        let total = u64::try_from(inside.len()).ok();
        for (done, id) in (0..).zip(inside) {
            self.call.check()?;
            let child = self.known(id)?;
            if matches!(child.kind, ItemKind::Message { .. }) {
                let copy = self.copy_message(&child, meta.id)?;
                if view == Some(id) {
                    view_copy = Some(copy);
                }
            } else if !super::search::is_search(&child) {
                let body = bag::body(self.txn.db, id.0)?;
                self.copy_tree(&child, meta.id, &body, true, &share.item(done, total))?;
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
            patch: default_view::naming(&self.inner.info.uid, view),
            expect: Expect::Any,
        };
        match self.change_folder(&save, folder)? {
            OpOutcome::Saved(saved) => Ok(saved.change),
            _ => Err(Error::from(Code::CALL_FAILED)),
        }
    }

    /// Adds a folder; its number is set in `meta`.
    fn insert_folder(
        &mut self,
        meta: &mut ItemMeta,
        body: &StoredMessage,
        name: &str,
    ) -> Result<()> {
        let packed = self.pack(body)?;
        self.write_values()?;
        move_refs(&self.txn, None, Some(body))?;
        meta.id = self.insert_item(meta, MISSING_KEY, None)?;
        bag::write(self.txn.db, meta.id.0, &packed)?;
        self.txn
            .statement(
                "INSERT INTO folder (id, parent, deleted, name, contents, unread, associated, folders, removed)
                 VALUES (?1, ?2, 0, ?3, 0, 0, 0, 0, 0)",
            )?
            .execute(params![meta.id.0, meta.parent.0, name])
            .lift()?;
        debug_assert!(kind_number(meta.kind) != 3, "a folder");
        self.txn.count(meta.parent.0, super::rows::weight(meta));
        Ok(())
    }

    /// Brings a soft-deleted folder back, without what is in it.
    pub(super) fn recovered(&mut self, old: &ItemMeta, name: Option<String>) -> Result<ItemMeta> {
        let before = bag::body(self.txn.db, old.id.0)?;
        let mut body = before.clone();
        if let Some(name) = name {
            body.props.set(tags::DISPLAY_NAME, name);
        }
        let folded = self.checked_name(old.parent, Some(old.id), &body.props)?;
        let (changed, inverse) = difference::entry(difference::of_bags(&before.props, &body.props));
        if !changed.is_empty() {
            bag::write(self.txn.db, old.id.0, &self.pack(&body)?)?;
        }
        let back = ItemMeta {
            deleted: false,
            ..old.clone()
        };
        self.update_item(&back, None)?;
        self.txn
            .statement("UPDATE folder SET deleted = 0, name = ?2 WHERE id = ?1")?
            .execute(params![old.id.0, folded])
            .lift()?;
        self.recount(old, &back);
        let inverse = (!changed.is_empty()).then_some(inverse);
        self.note(LogKind::Recovered, &back, &changed, inverse)?;
        Ok(back)
    }

    fn rename(&self, id: ItemId, name: &str) -> Result<()> {
        self.txn
            .statement("UPDATE folder SET name = ?2 WHERE id = ?1")?
            .execute(params![id.0, name])
            .lift()?;
        Ok(())
    }

    /// The folders directly in a folder: living ones, or all.
    pub(super) fn folders_in(&self, folder: ItemId, all: bool) -> Result<Vec<ItemId>> {
        let mut select = self.txn.statement(
            "SELECT id FROM folder WHERE parent = ?1 AND id <> ?1 AND deleted <= ?2 ORDER BY id",
        )?;
        let rows = select
            .query_map(params![folder.0, all], |r| r.get(0).map(ItemId))
            .lift()?;
        rows.map(Lift::lift).collect()
    }

    /// The root folder is neither moved nor renamed nor deleted.
    pub(super) fn refuse_root(&self, folder: ItemId) -> Result<()> {
        if folder != self.inner.info.root {
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
                return Err(Error::new(
                    Code::FOLDER_CYCLE,
                    format!("folder {folder} cannot go below itself"),
                ));
            }
            if at == self.inner.info.root {
                return Ok(());
            }
            let above = item::meta(self.txn.db, at)?
                .ok_or_else(|| corrupt(format!("folder {at} is missing")))?;
            at = above.parent;
        }
    }

    /// The folded name of a folder with these properties, when it is a name and no sibling has it.
    fn checked_name(&self, parent: ItemId, own: Option<ItemId>, props: &Bag) -> Result<String> {
        let name = name_of(props).filter(|n| !n.is_empty()).ok_or_else(|| {
            Error::new(
                Code::INVALID_PARAMETER,
                "a folder must have a PR_DISPLAY_NAME",
            )
        })?;
        let limit = self.inner.info.limits.folder_name_chars;
        if name.chars().count() > usize::try_from(limit).unwrap_or(usize::MAX) {
            let detail = format!("a folder's name has {limit} characters at most");
            return Err(Error::new(Code::STRING_TOO_LONG, detail));
        }
        let wanted = folded(&name);
        let other: Option<u64> = self
            .txn
            .statement("SELECT id FROM folder WHERE parent = ?1 AND name = ?2 AND deleted = 0 AND id <> ?3")?
            .query_row(params![parent.0, wanted, own.map_or(0, |id| id.0)], |r| r.get(0))
            .optional()
            .lift()?;
        if other.is_some() {
            let detail = format!("folder {parent} has a folder named {name:?} already");
            return Err(Error::new(Code::COLLISION, detail));
        }
        Ok(wanted.into_owned())
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
