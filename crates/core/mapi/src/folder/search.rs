//! Search folders: what they look for, and how far they are.
//! Reference: "IMAPIContainer::SetSearchCriteria", "IMAPIContainer::GetSearchCriteria" (requirement STO-05)

mod query;

use mapi_props::{Code, Restriction};
use mapi_spi::{
    Call, ChangeSet, Durability, Error, Expect, FolderKind, FolderSave, FolderTarget, Op,
    PropPatch, Result, SearchAction, SearchData, SearchPhase, SearchSave,
};

use super::Folder;
use crate::{CreateFolderFlags, EntryId, SearchFlags, SearchState};

/// What a search folder looks for, where, and what it does (GetSearchCriteria).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchCriteria {
    /// What messages must match, as it was set, annotations too.
    pub restriction: Restriction,
    /// The folders searched, as they were given.
    pub folders: Vec<EntryId>,
    /// Running, being populated, recursive …
    pub state: SearchState,
}

impl Folder {
    /// Creates a search folder (FOLDER_SEARCH). It is empty until [`Self::set_search_criteria`] says what it shows. Its
    /// usual place is the store's search root, [`crate::SpecialFolder::Finder`]; any ordinary folder will do.
    ///
    /// # Errors
    /// As [`Self::create_folder`]; `MAPI_E_NO_SUPPORT` in a store without search folders (STORE_SEARCH_OK).
    pub fn create_search_folder(
        &self,
        name: &str,
        comment: Option<&str>,
        flags: CreateFolderFlags,
    ) -> Result<Self> {
        let made = self.make_child(name, comment, FolderKind::Search, flags);
        self.errors.track(made)
    }

    /// Says what this search folder shows: messages that match `restriction` in `folders`, and from then on follows the store
    /// (unless STATIC). `None`: as before. A search starts when it is new, with RESTART, and when it runs and is to look for
    /// something else; what it shows already and is still right stays meanwhile. With FOREGROUND it is populated when this
    /// returns, under this handle's call; else a thread of the session does it, and the end is told as
    /// [`crate::EventKind::SearchComplete`]. What the end of a call or session interrupts goes on when the folder is opened again.
    ///
    /// ```
    /// # fn show(store: &mapi::MsgStore) -> mapi::Result<()> {
    /// use mapi::{CreateFolderFlags, RelOp, Restriction, SearchFlags, SpecialFolder, tags};
    ///
    /// let root = store.special_folder(SpecialFolder::Finder)?;
    /// let urgent = root.create_search_folder("Urgent", None, CreateFolderFlags::NONE)?;
    /// let wanted = Restriction::property(tags::IMPORTANCE, RelOp::Eq, 2);
    /// let everywhere = [store.ipm_subtree()?.entry_id()];
    /// let how = SearchFlags::RECURSIVE | SearchFlags::FOREGROUND;
    /// urgent.set_search_criteria(Some(&wanted), Some(&everywhere), how)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for flags that exclude each other, for `None` where nothing was set before, and for no folders;
    /// `MAPI_E_NO_SUPPORT` if this is no search folder, or one of `folders` is one; `MAPI_E_TOO_COMPLEX` for a
    /// restriction without meaning; `MAPI_E_NO_ACCESS` on a read-only handle; with FOREGROUND those of the call.
    pub fn set_search_criteria(
        &self,
        restriction: Option<&Restriction>,
        folders: Option<&[EntryId]>,
        flags: SearchFlags,
    ) -> Result<()> {
        self.errors
            .track(self.search_for(restriction, folders, flags, None))
    }

    /// `note`: properties that say how the criteria came about, set with them or not at all.
    fn search_for(
        &self,
        restriction: Option<&Restriction>,
        folders: Option<&[EntryId]>,
        flags: SearchFlags,
        note: Option<PropPatch>,
    ) -> Result<()> {
        let action = choice(flags, SearchFlags::STOP, SearchFlags::RESTART)?;
        let recursive = choice(flags, SearchFlags::RECURSIVE, SearchFlags::SHALLOW)?;
        let foreground = choice(flags, SearchFlags::FOREGROUND, SearchFlags::BACKGROUND)?;
        self.writable()?;
        let scope = folders.map(|list| list.iter().map(|id| self.context.folder_id(id)).collect());
        let op = Op::SetSearch(SearchSave {
            folder: self.id,
            restriction: restriction.cloned(),
            scope: scope.transpose()?,
            recursive,
            foreground,
            fixed: flags.contains(SearchFlags::STATIC),
            unindexed: flags.contains(SearchFlags::NON_CONTENT_INDEXED),
            action: match action {
                Some(true) => SearchAction::Stop,
                Some(false) => SearchAction::Restart,
                None => SearchAction::Keep,
            },
        });
        let mut changes = ChangeSet::one(op);
        changes.ops.extend(note.map(|patch| {
            Op::SaveFolder(FolderSave {
                target: FolderTarget::Existing(self.id),
                patch,
                expect: Expect::Any,
            })
        }));
        if foreground != Some(true) {
            self.context.commit(changes)?;
            return self.populate();
        }
        changes.durability = Durability::Batch;
        self.context.commit(changes)?;
        self.populate_and_sync()
    }

    /// Populates the folder while its criteria, which are committed, reach the disk: a small population takes no longer than that.
    /// Both have ended when this returns.
    fn populate_and_sync(&self) -> Result<()> {
        let store = self.context.spi()?;
        std::thread::scope(|scope| {
            // Whatever ends the population, criteria that everybody sees are to last.
            let sync = || store.sync(&Call::default());
            let thread = std::thread::Builder::new().name("malle-sync".to_owned());
            let Ok(synced) = thread.spawn_scoped(scope, sync) else {
                return sync().and_then(|()| self.populate());
            };
            let populated = self.populate();
            let synced = synced.join().unwrap_or_else(|_| {
                let detail = "the store failed while it wrote the criteria";
                Err(Error::new(Code::CALL_FAILED, detail))
            });
            synced.and(populated)
        })
    }

    /// Has the folder populated if it waits for that: now, or on a thread.
    pub(super) fn populate(&self) -> Result<()> {
        let store = self.context.spi()?;
        match store.search(self.id, &self.context.call)? {
            Some(search) if search.phase == SearchPhase::Rebuild => {
                if search.foreground {
                    return store.run_search(self.id, &self.context.call).map(drop);
                }
                let store = &self.context.opened.store;
                self.context.member.background.populate(store, self.id)
            }
            _ => Ok(()),
        }
    }

    /// Goes on, on a thread, with a population that a call, session or process did not end.
    pub(super) fn go_on(&self) -> Result<()> {
        let store = self.context.spi()?;
        let search = store.search(self.id, &self.context.call)?;
        let waits = search.is_some_and(|s| s.phase == SearchPhase::Rebuild);
        if waits && self.context.info().capabilities.write {
            let store = &self.context.opened.store;
            return self.context.member.background.populate(store, self.id);
        }
        Ok(())
    }

    /// What this search folder looks for, and what it does.
    ///
    /// # Errors
    /// `MAPI_E_NOT_INITIALIZED` before the first [`Self::set_search_criteria`], and so on folders that are no search folders.
    pub fn search_criteria(&self) -> Result<SearchCriteria> {
        self.errors.track(self.criteria())
    }

    fn criteria(&self) -> Result<SearchCriteria> {
        let search = self.context.spi()?.search(self.id, &self.context.call)?;
        let search = search.ok_or_else(|| {
            Error::new(Code::NOT_INITIALIZED, "the folder has no search criteria")
        })?;
        Ok(SearchCriteria {
            state: state_of(&search),
            folders: search
                .criteria
                .scope
                .iter()
                .map(|id| self.context.entry_id(true, *id))
                .collect(),
            restriction: search.criteria.restriction,
        })
    }
}

/// Which of two flags that exclude each other is set: the first?
fn choice(flags: SearchFlags, first: SearchFlags, second: SearchFlags) -> Result<Option<bool>> {
    match (flags.contains(first), flags.contains(second)) {
        (true, true) => Err(Error::new(
            Code::INVALID_PARAMETER,
            format!(
                "0x{:X} and 0x{:X} exclude each other",
                first.bits(),
                second.bits()
            ),
        )),
        (false, false) => Ok(None),
        (is_first, _) => Ok(Some(is_first)),
    }
}

/// SEARCH_… bits. A static search that is complete is not running; one stopped on its way is partial.
fn state_of(search: &SearchData) -> SearchState {
    let when = |is: bool, bit: SearchState| if is { bit } else { SearchState::NONE };
    let stopped = search.phase == SearchPhase::Stopped;
    when(!stopped, SearchState::RUNNING)
        | when(search.phase == SearchPhase::Rebuild, SearchState::REBUILD)
        | when(search.criteria.recursive, SearchState::RECURSIVE)
        | when(search.foreground, SearchState::FOREGROUND)
        | when(search.complete, SearchState::COMPLETE)
        | when(stopped && !search.complete, SearchState::PARTIAL)
        | when(search.fixed, SearchState::STATIC)
}
