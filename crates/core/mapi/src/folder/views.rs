//! Views of a folder: descriptors in the folder itself, in Common Views and in the personal views of the store.
//! Reference: "Opening a View Descriptor", "MAPI View Folders", [MS-OXOCFG] 2.2.6 (requirements STO-13, FLD-07)

mod arranged;
mod copied;
mod open;

use mapi_props::view_descriptor::{MESSAGE_CLASS, VERSION, ViewDescriptor};
use mapi_props::{Code, RelOp, Restriction, SortColumn, tags};
use mapi_spi::{Error, FolderData, FolderKind, Result, RowSet};

use super::Folder;
use crate::{
    DeleteFlags, EntryId, MapiProp, Message, OpenFlags, SaveFlags, SpecialFolder, Table, columns,
};

pub use arranged::{Arrangement, ShownColumn};
pub(super) use copied::CopiedDefault;
pub use open::{FolderView, view_error};

/// Most characters of a view's name.
const NAME_CHARS: usize = 255;

/// Where a view descriptor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewPlace {
    /// In the folder: a view of this folder alone.
    Folder,
    /// In Common Views: for every folder and user of the store.
    Common,
    /// In the personal views: for every folder, of one user.
    Personal,
}

impl ViewPlace {
    const ALL: [Self; 3] = [Self::Folder, Self::Personal, Self::Common];
}

/// A view as the list of views tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedView {
    /// Its entry id, of a message in the associated contents of a folder.
    pub id: EntryId,
    /// PR_VD_NAME.
    pub name: String,
    /// Where it stands.
    pub place: ViewPlace,
}

/// What a folder opens with (PR_DEFAULT_VIEW_ENTRYID).
#[derive(Debug)]
pub enum DefaultView {
    /// The normal view: nothing is set.
    Normal,
    /// This view.
    View(Box<FolderView>),
    /// The normal view, because the view that is set cannot be used.
    Stale {
        /// What is set.
        id: EntryId,
        /// Why it cannot be used: it is gone, elsewhere, or damaged.
        reason: Error,
    },
}

impl DefaultView {
    /// The view, if it is not the normal one.
    #[must_use]
    pub fn view(&self) -> Option<&FolderView> {
        match self {
            Self::View(view) => Some(view),
            Self::Normal | Self::Stale { .. } => None,
        }
    }
}

impl Folder {
    /// The views that this folder can be opened with: its own, then the personal ones, then those of Common Views, each by
    /// name. What a view says is read when it is opened. Empty in a store without associated contents.
    ///
    /// ```
    /// # fn show(inbox: &mapi::Folder) -> mapi::Result<()> {
    /// for view in inbox.views()? {
    ///     println!("{} ({:?})", view.name, view.place);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of the store.
    pub fn views(&self) -> Result<Vec<ListedView>> {
        self.errors.track(self.list_views())
    }

    fn list_views(&self) -> Result<Vec<ListedView>> {
        let mut views = Vec::new();
        for place in ViewPlace::ALL {
            if let Some(folder) = self.views_folder(place)? {
                views.extend(folder.views_here(place)?);
            }
        }
        Ok(views)
    }

    /// The folder that holds views of a place; `None` if the store has no such place.
    fn views_folder(&self, place: ViewPlace) -> Result<Option<Self>> {
        let role = match place {
            // What a search folder shows are links; nothing stands in it.
            ViewPlace::Folder if self.kind == FolderKind::Search => return Ok(None),
            ViewPlace::Folder => return Ok(self.holds_views().then(|| self.clone())),
            ViewPlace::Common => SpecialFolder::CommonViews,
            ViewPlace::Personal => SpecialFolder::Views,
        };
        match self.store()?.special_folder(role) {
            Ok(folder) => Ok((folder.id != self.id && folder.holds_views()).then_some(folder)),
            Err(e) if e.code() == Code::NOT_FOUND => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn holds_views(&self) -> bool {
        self.context.info().capabilities.associated
    }

    /// The descriptors in this folder's associated contents.
    fn views_here(&self, place: ViewPlace) -> Result<Vec<ListedView>> {
        let version = i32::try_from(VERSION).unwrap_or_default();
        let is_view = Restriction::And(vec![
            Restriction::property(tags::MESSAGE_CLASS, RelOp::Eq, MESSAGE_CLASS),
            Restriction::property(tags::VD_VERSION, RelOp::Eq, version),
            Restriction::exist(tags::VD_NAME),
        ]);
        let table = self
            .associated()
            .columns(columns![tags::VD_NAME])
            .restrict(is_view)
            .sort([SortColumn::ascending(tags::VD_NAME)])
            .open()?;
        let rows = table.query_all_rows(0)?;
        let listed = rows.iter().map(|row| ListedView {
            id: row.entry_id().clone(),
            name: row.get(tags::VD_NAME).unwrap_or_default(),
            place,
        });
        Ok(listed.collect())
    }

    /// Opens a view with which this folder can be opened.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if it is gone, or is a view of another folder; `MAPI_E_INVALID_ENTRYID` for what is no view;
    /// `MAPI_E_CORRUPT_DATA` and `MAPI_E_VERSION` for a descriptor that cannot be read; the detail says where.
    pub fn view(&self, id: &EntryId) -> Result<FolderView> {
        self.errors.track(self.open_view(id))
    }

    fn open_view(&self, id: &EntryId) -> Result<FolderView> {
        let item = self.context.message_id(id)?;
        let message = Message::open(&self.context, item, OpenFlags::BEST_ACCESS)?;
        let parent = EntryId::from(message.get(tags::PARENT_ENTRYID)?);
        let is_it = |folder: &Option<Self>| folder.as_ref().is_some_and(|f| f.entry_id() == parent);
        for place in ViewPlace::ALL {
            if is_it(&self.views_folder(place)?) {
                return FolderView::read(id.clone(), place, message);
            }
        }
        let detail = "the view belongs to another folder";
        Err(Error::new(Code::NOT_FOUND, detail))
    }

    /// Opens the view of this name, whatever its case: the folder's own before a personal one, that before one of Common
    /// Views.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is none; those of [`Self::view`].
    pub fn view_named(&self, name: &str) -> Result<FolderView> {
        let found = self.list_views().and_then(|views| {
            let named = views.into_iter().find(|v| same_name(&v.name, name));
            let missing = || Error::new(Code::NOT_FOUND, format!("there is no view `{name}`"));
            self.open_view(&named.ok_or_else(missing)?.id)
        });
        self.errors.track(found)
    }

    /// Makes a view.
    ///
    /// ```
    /// # fn show(inbox: &mapi::Folder) -> mapi::Result<()> {
    /// use mapi::{RelOp, Restriction, ViewColumn, ViewDescriptor, ViewPlace, tags};
    ///
    /// let mut view = ViewDescriptor::of([ViewColumn::new(tags::SUBJECT, "Subject")]);
    /// let urgent = Restriction::property(tags::IMPORTANCE, RelOp::Eq, 2);
    /// view.set_filter(Some(&urgent)).map_err(mapi::view_error)?;
    /// let view = inbox.create_view("Urgent", &view, ViewPlace::Folder)?;
    /// inbox.set_default_view(Some(view.entry_id()))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_COLLISION` if that place has a view of the name; `MAPI_E_INVALID_PARAMETER` for an empty name, one over 255
    /// characters, and a descriptor that contradicts itself; `MAPI_E_NO_ACCESS` on a read-only handle; `MAPI_E_NO_SUPPORT`
    /// where the store has no such place.
    pub fn create_view(
        &self,
        name: &str,
        descriptor: &ViewDescriptor,
        place: ViewPlace,
    ) -> Result<FolderView> {
        self.errors.track(self.make_view(name, descriptor, place))
    }

    fn make_view(
        &self,
        name: &str,
        descriptor: &ViewDescriptor,
        place: ViewPlace,
    ) -> Result<FolderView> {
        let props = open::properties(name, descriptor)?;
        let missing = || Error::new(Code::NO_SUPPORT, "the store has no place for such a view");
        let folder = self.views_folder(place)?.ok_or_else(missing)?;
        let there = folder.views_here(place)?;
        if there.iter().any(|view| same_name(&view.name, name)) {
            let detail = format!("there is a view `{name}` already");
            return Err(Error::new(Code::COLLISION, detail));
        }
        let message = folder.new_message(true)?;
        message.set_props(&props)?;
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
        let unsaid = || Error::new(Code::CALL_FAILED, "the view was not saved");
        let id = message.entry_id().ok_or_else(unsaid)?;
        FolderView::read(id, place, message)
    }

    /// Deletes a view with which this folder can be opened; the folder then opens with the normal view if it opened with
    /// this one. Where another folder does, that is stale.
    ///
    /// # Errors
    /// As [`Self::view`], but for descriptors that cannot be read, which are deleted; `MAPI_E_NO_ACCESS` on a read-only
    /// handle.
    pub fn delete_view(&self, id: &EntryId) -> Result<()> {
        self.errors.track(self.remove_view(id))
    }

    fn remove_view(&self, id: &EntryId) -> Result<()> {
        self.writable()?;
        for place in ViewPlace::ALL {
            let Some(folder) = self.views_folder(place)? else {
                continue;
            };
            if !folder.views_here(place)?.iter().any(|view| view.id == *id) {
                continue;
            }
            if default_id(&self.data()?).as_ref() == Some(id) {
                self.name_default(None)?;
            }
            let list = std::slice::from_ref(id);
            let report = folder.delete_list(list, DeleteFlags::HARD_DELETE)?.value;
            let failed = report.failed.into_iter().next().map(|(_, error)| error);
            return failed.or(report.stopped).map_or(Ok(()), Err);
        }
        let detail = "the folder has no such view";
        Err(Error::new(Code::NOT_FOUND, detail))
    }

    /// What this folder opens with. A view that is gone, belongs to another folder or cannot be read is the normal view,
    /// with a note.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the folder is gone; those of the store.
    pub fn default_view(&self) -> Result<DefaultView> {
        self.errors.track(self.find_default())
    }

    fn find_default(&self) -> Result<DefaultView> {
        self.default_of(&self.data()?)
    }

    fn default_of(&self, data: &FolderData) -> Result<DefaultView> {
        let Some(id) = default_id(data) else {
            return Ok(DefaultView::Normal);
        };
        match self.open_view(&id) {
            Ok(view) => Ok(DefaultView::View(Box::new(view))),
            Err(reason) if is_stale(reason.code()) => Ok(DefaultView::Stale { id, reason }),
            Err(e) => Err(e),
        }
    }

    /// Has the folder open with this view; `None`: with the normal one.
    ///
    /// # Errors
    /// As [`Self::view`]; `MAPI_E_NO_ACCESS` on a read-only handle. Nothing changes then.
    pub fn set_default_view(&self, id: Option<&EntryId>) -> Result<()> {
        let set = self.writable().and_then(|()| {
            if let Some(id) = id {
                self.open_view(id)?;
            }
            self.name_default(id)
        });
        self.errors.track(set)
    }

    fn name_default(&self, id: Option<&EntryId>) -> Result<()> {
        match id {
            Some(id) => self.set(tags::DEFAULT_VIEW_ENTRYID, id.as_bytes()),
            None => self
                .delete_props(&columns![tags::DEFAULT_VIEW_ENTRYID])
                .map(drop),
        }
    }

    /// The table of its messages as the folder opens: with the columns, filter, groups and order of its default view, and
    /// which that is.
    ///
    /// # Errors
    /// As [`Self::default_view`]; those of the table for a view that asks too much of it.
    pub fn default_contents(&self) -> Result<(Table, DefaultView)> {
        let opened = self.data().and_then(|data| {
            let default = self.default_of(&data)?;
            let rows = RowSet::Contents {
                associated: false,
                deleted: false,
            };
            let table = self.table_of(Ok(data), rows).open()?;
            if let Some(view) = default.view() {
                view.arrangement()?.apply(&table)?;
            }
            Ok((table, default))
        });
        self.errors.track(opened)
    }
}

fn default_id(data: &FolderData) -> Option<EntryId> {
    crate::store::entry_id_in(&data.props, tags::DEFAULT_VIEW_ENTRYID)
}

/// Whether a default view that gives this code is one that cannot be used any more.
const fn is_stale(code: Code) -> bool {
    matches!(
        code,
        Code::NOT_FOUND
            | Code::OBJECT_DELETED
            | Code::INVALID_ENTRYID
            | Code::UNKNOWN_ENTRYID
            | Code::CORRUPT_DATA
            | Code::VERSION
            | Code::TOO_COMPLEX
    )
}

fn same_name(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}
