//! Sub-folders: finding, creating, renaming, moving, copying, deleting, emptying.

use mapi_props::{Code, FuzzyLevel, MatchKind, PropTag, PropValue, Restriction, tags};
use mapi_spi::{
    Anchor, ChangeSet, CommitMode, DeleteMode, Depth, Error, Expect, FolderKind, FolderSave,
    FolderTarget, ItemId, Op, OpOutcome, PropPatch, Result, RowSet, View,
};

use super::Folder;
use super::bulk::{BulkReport, outcome_of};
use crate::receipts;
use crate::store::SpecialFolder;
use crate::{
    CopyFolderFlags, CreateFolderFlags, DeleteFolderFlags, EmptyFolderFlags, EntryId, MapiProp,
    OpenFlags, Returned,
};

/// A folder that was copied or moved.
#[derive(Debug)]
pub struct CopiedFolder {
    /// The copy, or the folder at its new place.
    pub folder: Folder,
    /// To another store: what was carried and what stayed behind. Empty inside a store.
    pub report: BulkReport,
}

impl Folder {
    /// The sub-folder of this name, compared without case; `None` if there is none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn child(&self, name: &str) -> Result<Option<Self>> {
        let id = self.errors.track(self.child_id(name))?;
        id.map(|id| Self::open(&self.context, id, OpenFlags::BEST_ACCESS))
            .transpose()
    }

    pub(crate) fn child_id(&self, name: &str) -> Result<Option<ItemId>> {
        let tag: PropTag = tags::DISPLAY_NAME.into();
        let by_name = Restriction::Content {
            kind: MatchKind::FullString,
            fuzzy: FuzzyLevel {
                ignore_case: true,
                ..FuzzyLevel::default()
            },
            tag,
            value_tag: tag,
            value: PropValue::from(name),
        };
        let view = View {
            container: self.id,
            rows: RowSet::Hierarchy {
                depth: Depth::Children,
                deleted: false,
            },
            columns: Vec::new(),
            restriction: Some(by_name),
            sort: mapi_props::SortOrderSet::default(),
        };
        let page = self
            .context
            .spi()?
            .view(&view, &Anchor::Start, 1, &self.context.call)?;
        Ok(page.rows.first().map(|r| r.key.item))
    }

    /// Creates a sub-folder.
    ///
    /// ```
    /// # fn show(inbox: &mapi::Folder) -> mapi::Result<()> {
    /// use mapi::CreateFolderFlags;
    ///
    /// let plans = inbox.create_folder("Plans", None, CreateFolderFlags::OPEN_IF_EXISTS)?;
    /// # drop(plans); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_COLLISION` if a sub-folder has that name (unless OPEN_IF_EXISTS); `MAPI_E_INVALID_PARAMETER` for an empty
    /// name, `MAPI_E_STRING_TOO_LONG`; `MAPI_E_NO_ACCESS`; `MAPI_E_NO_SUPPORT` in a search folder.
    pub fn create_folder(
        &self,
        name: &str,
        comment: Option<&str>,
        flags: CreateFolderFlags,
    ) -> Result<Self> {
        self.errors
            .track(self.make_child(name, comment, FolderKind::Generic, flags))
    }

    pub(super) fn make_child(
        &self,
        name: &str,
        comment: Option<&str>,
        kind: FolderKind,
        flags: CreateFolderFlags,
    ) -> Result<Self> {
        self.writable()?;
        if self.kind == FolderKind::Search {
            return Err(Error::new(
                Code::NO_SUPPORT,
                "a search folder has no sub-folders",
            ));
        }
        self.check_name(name)?;
        let now = self.context.now();
        let mut patch = PropPatch::default()
            .with(tags::DISPLAY_NAME, name)
            .with(tags::CREATION_TIME, now)
            .with(tags::LAST_MODIFICATION_TIME, now);
        if let Some(comment) = comment {
            patch = patch.with(tags::COMMENT, comment);
        }
        let op = Op::SaveFolder(FolderSave {
            target: FolderTarget::New {
                parent: self.id,
                kind,
            },
            patch,
            expect: Expect::Any,
        });
        let made = match self.context.commit(ChangeSet::one(op)) {
            Ok(outcome) => saved_id(outcome.ops.first())?,
            Err(e)
                if e.code() == Code::COLLISION
                    && flags.contains(CreateFolderFlags::OPEN_IF_EXISTS) =>
            {
                self.child_id(name)?.ok_or(e)?
            }
            Err(e) => return Err(e),
        };
        let opened = Self::open(&self.context, made, OpenFlags::BEST_ACCESS)?;
        if opened.kind == kind {
            return Ok(opened);
        }
        Err(Error::new(
            Code::COLLISION,
            format!("`{name}` is another kind of folder"),
        ))
    }

    fn check_name(&self, name: &str) -> Result<()> {
        if name.is_empty() {
            return Err(Error::new(Code::INVALID_PARAMETER, "a folder needs a name"));
        }
        let limit = usize::try_from(self.context.info().limits.folder_name_chars);
        if limit.is_ok_and(|limit| name.chars().count() > limit) {
            return Err(Error::new(
                Code::STRING_TOO_LONG,
                "the folder's name is too long",
            ));
        }
        Ok(())
    }

    /// Gives this folder another name; its entry id stays.
    ///
    /// # Errors
    /// `MAPI_E_COLLISION` if a sibling has it; `MAPI_E_NO_ACCESS` for the root folder and on a read-only handle.
    pub fn rename(&self, name: &str) -> Result<()> {
        self.errors.track(self.check_name(name))?;
        self.set(tags::DISPLAY_NAME, name)
    }

    /// Copies a sub-folder with its messages into `to`, or moves it with all below it. `name`: another name. Inside a store
    /// all of it or nothing is done. To another store messages go in batches, and properties keep their names under that
    /// store's identifiers; what stays behind is in the report, and a folder that something stays in is not deleted.
    ///
    /// ```
    /// # fn show(inbox: &mapi::Folder, archive: &mapi::Folder, old: &mapi::EntryId) -> mapi::Result<()> {
    /// use mapi::CopyFolderFlags;
    ///
    /// let moved = inbox.copy_folder(old, archive, None, CopyFolderFlags::MOVE)?.value;
    /// assert_eq!(moved.report.failed.len(), 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` (no such sub-folder), `MAPI_E_FOLDER_CYCLE` (into itself or below), `MAPI_E_COLLISION`,
    /// `MAPI_E_NO_ACCESS` (root, special and search folders are not moved; read-only handles).
    pub fn copy_folder(
        &self,
        child: &EntryId,
        to: &Self,
        name: Option<&str>,
        flags: CopyFolderFlags,
    ) -> Result<Returned<CopiedFolder>> {
        self.errors.track(self.transfer(child, to, name, flags))
    }

    fn transfer(
        &self,
        child: &EntryId,
        to: &Self,
        name: Option<&str>,
        flags: CopyFolderFlags,
    ) -> Result<Returned<CopiedFolder>> {
        to.writable()?;
        let folder = self.own_child(child)?;
        if folder.kind != FolderKind::Generic {
            return Err(Error::new(
                Code::NO_ACCESS,
                "search folders are not copied or moved",
            ));
        }
        if to.kind == FolderKind::Search {
            return Err(Error::new(
                Code::NO_SUPPORT,
                "a search folder has no sub-folders",
            ));
        }
        if let Some(name) = name {
            self.check_name(name)?;
        }
        if folder.data()?.meta.deleted {
            let detail = "a deleted folder is recovered, not copied";
            return Err(Error::new(Code::NOT_FOUND, detail));
        }
        let moves = flags.contains(CopyFolderFlags::MOVE);
        if moves {
            self.writable()?;
            folder.check_ordinary()?;
        }
        let deep = moves || flags.contains(CopyFolderFlags::COPY_SUBFOLDERS);
        if !to.is_of_store(self) {
            return folder.carry_across(to, name, moves, deep);
        }
        let made = folder.copy_below(to, name, moves, deep)?;
        Ok(Returned::clean(CopiedFolder {
            folder: made,
            report: BulkReport::default(),
        }))
    }

    /// Copies or moves this folder inside its store.
    pub(super) fn copy_below(
        &self,
        to: &Self,
        name: Option<&str>,
        moves: bool,
        deep: bool,
    ) -> Result<Self> {
        let (folder, name) = (self.id, name.map(str::to_owned));
        let op = if moves {
            Op::MoveFolder {
                folder,
                to: to.id,
                name,
            }
        } else {
            if self.store()?.is_below(to.id, folder)? {
                return Err(Error::new(
                    Code::FOLDER_CYCLE,
                    "a folder does not go into itself",
                ));
            }
            Op::CopyFolder {
                folder,
                to: to.id,
                name,
                subfolders: deep,
            }
        };
        let outcome = self.context.commit(ChangeSet::one(op))?;
        let made = match outcome.ops.into_iter().next() {
            Some(OpOutcome::Saved(saved)) => saved.id,
            _ => folder,
        };
        Self::open(&self.context, made, OpenFlags::BEST_ACCESS)
    }

    pub(super) fn is_of_store(&self, other: &Self) -> bool {
        self.context.info().uid == other.context.info().uid
    }

    /// Brings a soft-deleted sub-folder back, with everything that was deleted together with it; what had been deleted
    /// before stays so. `name`: another name. The table of such folders is [`Self::deleted_hierarchy`].
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` (no such sub-folder); `MAPI_E_COLLISION` if a sub-folder has its name by now; `MAPI_E_NO_ACCESS`
    /// on a read-only handle.
    pub fn recover_folder(&self, child: &EntryId, name: Option<&str>) -> Result<Self> {
        self.errors.track(self.bring_back(child, name))
    }

    fn bring_back(&self, child: &EntryId, name: Option<&str>) -> Result<Self> {
        self.writable()?;
        if let Some(name) = name {
            self.check_name(name)?;
        }
        let op = Op::RecoverFolder {
            folder: self.own_child(child)?.id,
            name: name.map(str::to_owned),
        };
        let outcome = self.context.commit(ChangeSet::one(op))?;
        let back = saved_id(outcome.ops.first())?;
        Self::open(&self.context, back, OpenFlags::BEST_ACCESS)
    }

    /// Deletes a sub-folder: an empty one, unless flags lift the obstacles. Many messages go in batches; when the call ends
    /// between them, or a message in it is being sent by then, the folder stays with what is left in it.
    ///
    /// # Errors
    /// `MAPI_E_HAS_MESSAGES`, `MAPI_E_HAS_FOLDERS` (nothing was deleted); `MAPI_E_NOT_FOUND`; `MAPI_E_NO_ACCESS` for
    /// special folders and on a read-only handle.
    pub fn delete_folder(&self, child: &EntryId, flags: DeleteFolderFlags) -> Result<()> {
        self.errors.track(self.remove_child(child, flags))
    }

    fn remove_child(&self, child: &EntryId, flags: DeleteFolderFlags) -> Result<()> {
        self.writable()?;
        let folder = self.own_child(child)?;
        folder.check_ordinary()?;
        let op = Op::DeleteFolder {
            folder: folder.id,
            messages: flags.contains(DeleteFolderFlags::DEL_MESSAGES),
            folders: flags.contains(DeleteFolderFlags::DEL_FOLDERS),
            mode: mode(flags.contains(DeleteFolderFlags::HARD_DELETE)),
        };
        // A search folder's messages are in others, and without leave to delete there is nothing to report.
        let takes_messages = flags.contains(DeleteFolderFlags::DEL_MESSAGES);
        let outcome = if takes_messages && folder.kind != FolderKind::Search {
            receipts::remove(&self.context, folder.id, op)?
        } else {
            self.context.commit(ChangeSet {
                mode: CommitMode::EachItem,
                ..ChangeSet::one(op)
            })?
        };
        let report = outcome_of(&self.context, outcome.ops.into_iter().next_back())?;
        let report = report.ignore_warning();
        let failed = report.failed.into_iter().map(|(_, e)| e).next();
        report.stopped.or(failed).map_or(Ok(()), Err)
    }

    /// Deletes all messages and sub-folders of this folder; associated messages only if asked.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle, and where special folders are below; `MAPI_E_NO_SUPPORT` on a search
    /// folder: its messages are in others.
    pub fn empty(&self, flags: EmptyFolderFlags) -> Result<Returned<BulkReport>> {
        self.errors.track(self.clear(flags))
    }

    fn clear(&self, flags: EmptyFolderFlags) -> Result<Returned<BulkReport>> {
        self.writable()?;
        let top = self.store()?.role_of(self.id)? == Some(SpecialFolder::IpmSubtree);
        if top || self.kind == FolderKind::Root {
            return Err(Error::new(
                Code::NO_ACCESS,
                "special folders are below this one",
            ));
        }
        let op = Op::EmptyFolder {
            folder: self.id,
            associated: flags.contains(EmptyFolderFlags::DEL_ASSOCIATED),
            mode: mode(flags.contains(EmptyFolderFlags::HARD_DELETE)),
        };
        let outcome = receipts::remove(&self.context, self.id, op)?;
        outcome_of(&self.context, outcome.ops.into_iter().next_back())
    }

    /// A direct sub-folder by entry id.
    pub(super) fn own_child(&self, id: &EntryId) -> Result<Self> {
        let item = self.context.folder_id(id)?;
        let flags = OpenFlags::SHOW_SOFT_DELETES | OpenFlags::BEST_ACCESS;
        let child = Self::open(&self.context, item, flags)?;
        if child.kind == FolderKind::Root {
            return Err(Error::new(
                Code::NO_ACCESS,
                "the root folder stays where it is",
            ));
        }
        if child.data()?.meta.parent == self.id {
            return Ok(child);
        }
        Err(Error::new(
            Code::NOT_FOUND,
            "the folder is not a sub-folder of this one",
        ))
    }

    /// FLD-03: special folders are neither deleted nor moved.
    pub(super) fn check_ordinary(&self) -> Result<()> {
        match self.store()?.role_of(self.id)? {
            None => Ok(()),
            Some(role) => Err(Error::new(
                Code::NO_ACCESS,
                format!("the store needs its {role:?} folder"),
            )),
        }
    }
}

pub(super) const fn mode(hard: bool) -> DeleteMode {
    if hard {
        DeleteMode::Hard
    } else {
        DeleteMode::Soft
    }
}

fn saved_id(outcome: Option<&OpOutcome>) -> Result<ItemId> {
    match outcome {
        Some(OpOutcome::Saved(saved)) => Ok(saved.id),
        _ => Err(Error::new(
            Code::CALL_FAILED,
            "the store did not say which folder it made",
        )),
    }
}
