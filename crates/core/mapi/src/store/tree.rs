//! The standard folders: made when they are missing, found by property and never by name.
//! Reference: "HrValidateIPMSubtree", "Special Folders" (requirements STO-04, STO-07, FLD-03)

mod repair;

use mapi_kit::special;
use mapi_props::{Bag, Code, PropValue, Tag, tags};
use mapi_spi::{
    ChangeSet, Error, Expect, FolderKind, FolderSave, FolderTarget, ItemId, Op, OpOutcome,
    PropPatch, Result,
};

use super::{MsgStore, entry_id_in};
use crate::{EntryId, Folder, OpenFlags, TreeFlags};

pub use repair::RoleState;

/// A folder with a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecialFolder {
    /// The top of what mail users see.
    IpmSubtree,
    /// Where mail arrives.
    Inbox,
    /// Where mail waits to be sent.
    Outbox,
    /// Where deleted things go first.
    DeletedItems,
    /// Copies of what was sent.
    SentItems,
    /// View descriptors of one user.
    Views,
    /// View descriptors of all.
    CommonViews,
    /// Parent of search folders.
    Finder,
    /// Messages that are being written.
    Drafts,
    /// Appointments.
    Calendar,
    /// People.
    Contacts,
    /// What happened when.
    Journal,
    /// Sticky notes.
    Notes,
    /// Things to do.
    Tasks,
}

/// All with a bit in PR_VALID_FOLDER_MASK, parents before children.
const ALL: [SpecialFolder; 8] = [
    SpecialFolder::IpmSubtree,
    SpecialFolder::Views,
    SpecialFolder::CommonViews,
    SpecialFolder::Finder,
    SpecialFolder::Inbox,
    SpecialFolder::Outbox,
    SpecialFolder::DeletedItems,
    SpecialFolder::SentItems,
];

/// Those whose entry ids the Inbox and the root folder hold (D-17), all below the IPM subtree.
const PERSONAL: [SpecialFolder; 6] = [
    SpecialFolder::Drafts,
    SpecialFolder::Calendar,
    SpecialFolder::Contacts,
    SpecialFolder::Journal,
    SpecialFolder::Notes,
    SpecialFolder::Tasks,
];

impl SpecialFolder {
    /// Its bit in PR_VALID_FOLDER_MASK; 0 for those that it does not tell of.
    #[must_use]
    pub const fn bit(self) -> i32 {
        match self {
            Self::Drafts
            | Self::Calendar
            | Self::Contacts
            | Self::Journal
            | Self::Notes
            | Self::Tasks => 0,
            Self::IpmSubtree => special::IPM_SUBTREE_VALID,
            Self::Inbox => special::INBOX_VALID,
            Self::Outbox => 0x4,
            Self::DeletedItems => 0x8,
            Self::SentItems => 0x10,
            Self::Views => 0x20,
            Self::CommonViews => 0x40,
            Self::Finder => 0x80,
        }
    }

    /// The property that holds its entry id: of the Inbox and of the root folder for those that PR_VALID_FOLDER_MASK does
    /// not tell of, else of the store. The Inbox has none in MAPI (GetReceiveFolder finds it); its id is kept in the
    /// provider's range.
    #[must_use]
    pub const fn tag(self) -> Tag<[u8]> {
        match self {
            Self::IpmSubtree => tags::IPM_SUBTREE_ENTRYID,
            Self::Inbox => special::INBOX_ENTRYID,
            Self::Outbox => tags::IPM_OUTBOX_ENTRYID,
            Self::DeletedItems => tags::IPM_WASTEBASKET_ENTRYID,
            Self::SentItems => tags::IPM_SENTMAIL_ENTRYID,
            Self::Views => tags::VIEWS_ENTRYID,
            Self::CommonViews => tags::COMMON_VIEWS_ENTRYID,
            Self::Finder => tags::FINDER_ENTRYID,
            Self::Drafts => tags::IPM_DRAFTS_ENTRYID,
            Self::Calendar => tags::IPM_APPOINTMENT_ENTRYID,
            Self::Contacts => tags::IPM_CONTACT_ENTRYID,
            Self::Journal => tags::IPM_JOURNAL_ENTRYID,
            Self::Notes => tags::IPM_NOTE_ENTRYID,
            Self::Tasks => tags::IPM_TASK_ENTRYID,
        }
    }

    /// The name it gets when made.
    #[must_use]
    pub const fn default_name(self) -> &'static str {
        match self {
            Self::IpmSubtree => "IPM Subtree",
            Self::Inbox => "Inbox",
            Self::Outbox => "Outbox",
            Self::DeletedItems => "Deleted Items",
            Self::SentItems => "Sent Items",
            Self::Views => "Folder Views",
            Self::CommonViews => "Common Views",
            Self::Finder => "Search Root",
            Self::Drafts => "Drafts",
            Self::Calendar => "Calendar",
            Self::Contacts => "Contacts",
            Self::Journal => "Journal",
            Self::Notes => "Notes",
            Self::Tasks => "Tasks",
        }
    }

    /// PR_CONTAINER_CLASS of those that users see ([MS-OXOSFLD] 2.2.2).
    const fn container_class(self) -> Option<&'static str> {
        Some(match self {
            Self::Inbox | Self::Outbox | Self::DeletedItems | Self::SentItems | Self::Drafts => {
                "IPF.Note"
            }
            Self::Calendar => "IPF.Appointment",
            Self::Contacts => "IPF.Contact",
            Self::Journal => "IPF.Journal",
            Self::Notes => "IPF.StickyNote",
            Self::Tasks => "IPF.Task",
            Self::IpmSubtree | Self::Views | Self::CommonViews | Self::Finder => return None,
        })
    }

    const fn in_subtree(self) -> bool {
        self.container_class().is_some()
    }

    const fn is_personal(self) -> bool {
        self.in_subtree() && self.bit() == 0
    }

    const fn is_least(self) -> bool {
        matches!(self, Self::IpmSubtree | Self::DeletedItems | Self::Finder)
    }
}

/// Whether the property is one of the tree's: set here only.
pub(super) fn is_tree_property(id: u16) -> bool {
    id == tags::VALID_FOLDER_MASK.id() || ALL.iter().any(|f| f.tag().id() == id)
}

/// Whether a property may be shown: ids of folders only while the mask calls them valid.
pub(super) fn is_valid(bag: &Bag, id: u16) -> bool {
    ALL.iter()
        .find(|f| f.tag().id() == id)
        .is_none_or(|f| mask_of(bag) & f.bit() != 0)
}

fn mask_of(bag: &Bag) -> i32 {
    bag.value(tags::VALID_FOLDER_MASK)
        .and_then(PropValue::as_long)
        .unwrap_or(0)
}

/// The entry id of a folder that PR_VALID_FOLDER_MASK tells of, if it is valid.
pub(super) fn mail_id_in(bag: &Bag, which: SpecialFolder) -> Option<EntryId> {
    entry_id_in(bag, which.tag()).filter(|_| mask_of(bag) & which.bit() != 0)
}

impl MsgStore {
    /// Opens a folder by its role.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the store has no such folder (PR_VALID_FOLDER_MASK).
    pub fn special_folder(&self, which: SpecialFolder) -> Result<Folder> {
        let id = self.special_id(which)?;
        self.open_folder(&id, OpenFlags::BEST_ACCESS)
    }

    /// The entry id of a folder by its role.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the store has no such folder.
    pub fn special_id(&self, which: SpecialFolder) -> Result<EntryId> {
        let id = if which.is_personal() {
            self.personal_id(which)
        } else {
            self.mail_id(which)
        };
        let missing = || {
            let detail = format!("the store has no {which:?} folder");
            Error::new(Code::NOT_FOUND, detail)
        };
        self.errors.track(id.and_then(|id| id.ok_or_else(missing)))
    }

    fn mail_id(&self, which: SpecialFolder) -> Result<Option<EntryId>> {
        Ok(mail_id_in(&*self.context.store_bag()?, which))
    }

    /// The Inbox says where such a folder is; without an Inbox, the root folder does.
    fn personal_id(&self, which: SpecialFolder) -> Result<Option<EntryId>> {
        let inbox = self.mail_id(SpecialFolder::Inbox)?;
        let inbox = inbox.and_then(|id| self.standing(&id));
        let root = self.context.info().root;
        for folder in inbox.into_iter().chain([root]) {
            let id = entry_id_in(&self.props_of(folder)?, which.tag());
            if id.is_some() {
                return Ok(id);
            }
        }
        Ok(None)
    }

    fn props_of(&self, folder: ItemId) -> Result<Bag> {
        let data = self.context.spi()?.folder(folder, &self.context.call)?;
        Ok(data.props)
    }

    /// The folder that mail users see as the top.
    ///
    /// # Errors
    /// As [`Self::special_folder`].
    pub fn ipm_subtree(&self) -> Result<Folder> {
        self.special_folder(SpecialFolder::IpmSubtree)
    }

    /// Makes missing standard folders and returns PR_VALID_FOLDER_MASK (HrValidateIPMSubtree). Folders that the mask
    /// calls valid are believed unless FORCE_CREATE asks to look. With FULL_IPM_TREE also the folders that people keep
    /// beside their mail are made: Drafts, Calendar, Contacts, Journal, Notes and Tasks.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` in a read-only store; those of the store.
    pub fn validate_ipm_subtree(&self, flags: TreeFlags) -> Result<i32> {
        let validated = self.validate(flags).and_then(|mask| {
            if flags.contains(TreeFlags::FULL_IPM_TREE) {
                self.validate_personal(flags)?;
            }
            Ok(mask)
        });
        self.errors.track(validated)
    }

    /// The folders that the Inbox and the root folder tell of, both the same.
    fn validate_personal(&self, flags: TreeFlags) -> Result<()> {
        let inbox = self.mail_id(SpecialFolder::Inbox)?;
        let inbox = inbox.and_then(|id| self.standing(&id));
        let tellers = inbox.into_iter().chain([self.context.info().root]);
        let tellers = tellers
            .map(|folder| Ok((folder, self.props_of(folder)?)))
            .collect::<Result<Vec<_>>>()?;
        let force = flags.contains(TreeFlags::FORCE_CREATE);
        let known = PERSONAL.map(|which| {
            let ids = tellers.iter();
            let mut ids = ids.filter_map(|(_, told)| entry_id_in(told, which.tag()));
            ids.find(|id| !force || self.standing(id).is_some())
        });
        let of_all = PERSONAL.into_iter().zip(known);
        let (there, missing): (Vec<_>, Vec<_>) = of_all.partition(|(_, id)| id.is_some());
        let missing: Vec<_> = missing.into_iter().map(|(which, _)| which).collect();
        let mut ids: Vec<_> = there
            .into_iter()
            .filter_map(|(which, id)| Some((which, id?)))
            .collect();
        if !missing.is_empty() {
            self.writable()?;
            let subtree = self.special_id(SpecialFolder::IpmSubtree)?;
            let made = self.make_all(&missing, self.context.folder_id(&subtree)?)?;
            let made = made
                .into_iter()
                .map(|item| self.context.entry_id(true, item));
            ids.extend(missing.into_iter().zip(made));
        }
        self.tell_personal(&ids, &tellers, force)
    }

    /// Writes the ids on the folders that tell of them, where they say nothing; with `force` also where they say
    /// something else.
    fn tell_personal(
        &self,
        ids: &[(SpecialFolder, EntryId)],
        tellers: &[(ItemId, Bag)],
        force: bool,
    ) -> Result<()> {
        let mut changes = ChangeSet::default();
        for (folder, told) in tellers {
            let wrong = |(which, id): &&(SpecialFolder, EntryId)| {
                let says = entry_id_in(told, which.tag());
                says.is_none_or(|says| force && says != *id)
            };
            let patch = ids
                .iter()
                .filter(wrong)
                .fold(PropPatch::default(), |patch, (which, id)| {
                    patch.with(which.tag(), id.as_bytes())
                });
            if !patch.is_empty() {
                changes.ops.push(Op::SaveFolder(FolderSave {
                    target: FolderTarget::Existing(*folder),
                    patch,
                    expect: Expect::Any,
                }));
            }
        }
        if changes.ops.is_empty() {
            return Ok(());
        }
        self.writable()?;
        self.context.commit(changes).map(drop)
    }

    fn validate(&self, flags: TreeFlags) -> Result<i32> {
        let bag = self.context.spi()?.store_props(&self.context.call)?;
        let full = flags.contains(TreeFlags::FULL_IPM_TREE);
        let wanted = ALL.iter().filter(|f| full || f.is_least());
        let mask = mask_of(&bag);
        let want_mask = wanted.clone().fold(0, |m, f| m | f.bit());
        if mask & want_mask == want_mask && !flags.contains(TreeFlags::FORCE_CREATE) {
            return Ok(mask);
        }
        self.writable()?;
        let mut patch = PropPatch::default();
        let mut valid = mask;
        let mut subtree = None;
        for which in wanted {
            let parent = match subtree {
                Some(subtree) if which.in_subtree() => subtree,
                _ => self.context.info().root,
            };
            let known = entry_id_in(&bag, which.tag()).filter(|_| mask & which.bit() != 0);
            let folder = match known.and_then(|id| self.standing(&id)) {
                Some(folder) => folder,
                None => {
                    let folder = self.make(*which, parent)?;
                    let id = self.context.entry_id(true, folder);
                    patch = patch.with(which.tag(), id.as_bytes());
                    folder
                }
            };
            if *which == SpecialFolder::IpmSubtree {
                subtree = Some(folder);
            }
            valid |= which.bit();
        }
        if valid != mask {
            patch = patch.with(tags::VALID_FOLDER_MASK, valid);
        }
        if !patch.is_empty() {
            self.patch(patch)?;
        }
        Ok(valid)
    }

    /// The folder, if it is there and not deleted.
    pub(super) fn standing(&self, id: &EntryId) -> Option<ItemId> {
        let item = self.context.folder_id(id).ok()?;
        let folder = self
            .context
            .spi()
            .ok()?
            .folder(item, &self.context.call)
            .ok()?;
        (!folder.meta.deleted).then_some(item)
    }

    /// Makes folders in one commit, or one by one if one of them is there already.
    fn make_all(&self, which: &[SpecialFolder], parent: ItemId) -> Result<Vec<ItemId>> {
        let changes = ChangeSet {
            ops: which.iter().map(|f| self.creation(*f, parent)).collect(),
            ..ChangeSet::default()
        };
        match self.context.commit(changes) {
            Ok(outcome) => outcome.ops.iter().map(made).collect(),
            Err(e) if e.code() == Code::COLLISION => {
                which.iter().map(|f| self.make(*f, parent)).collect()
            }
            Err(e) => Err(e),
        }
    }

    fn creation(&self, which: SpecialFolder, parent: ItemId) -> Op {
        let now = self.context.now();
        let mut patch = PropPatch::default()
            .with(tags::DISPLAY_NAME, which.default_name())
            .with(tags::CREATION_TIME, now)
            .with(tags::LAST_MODIFICATION_TIME, now);
        if let Some(class) = which.container_class() {
            patch = patch.with(tags::CONTAINER_CLASS, class);
        }
        Op::SaveFolder(FolderSave {
            target: FolderTarget::New {
                parent,
                kind: FolderKind::Generic,
            },
            patch,
            expect: Expect::Any,
        })
    }

    /// Makes a folder, or takes the one of that name that another opener made meanwhile.
    fn make(&self, which: SpecialFolder, parent: ItemId) -> Result<ItemId> {
        let op = self.creation(which, parent);
        match self.context.commit(ChangeSet::one(op)) {
            Ok(outcome) => outcome.ops.first().map_or_else(|| Err(unsaid()), made),
            Err(e) if e.code() == Code::COLLISION => {
                let parent = Folder::open(&self.context, parent, OpenFlags::NONE)?;
                parent.child_id(which.default_name())?.ok_or(e)
            }
            Err(e) => Err(e),
        }
    }

    /// Which special folder an item is, if any.
    pub(crate) fn role_of(&self, item: ItemId) -> Result<Option<SpecialFolder>> {
        let bag = self.context.store_bag()?;
        let mine = self.context.entry_id(true, item);
        let is_it = |bag: &Bag, f: SpecialFolder| entry_id_in(bag, f.tag()).as_ref() == Some(&mine);
        if let Some(role) = ALL.into_iter().find(|f| is_it(&bag, *f)) {
            return Ok(Some(role));
        }
        let root = self.props_of(self.context.info().root)?;
        Ok(PERSONAL.into_iter().find(|f| is_it(&root, *f)))
    }
}

fn made(outcome: &OpOutcome) -> Result<ItemId> {
    match outcome {
        OpOutcome::Saved(saved) => Ok(saved.id),
        _ => Err(unsaid()),
    }
}

fn unsaid() -> Error {
    let detail = "the store did not say which folder it made";
    Error::new(Code::CALL_FAILED, detail)
}
