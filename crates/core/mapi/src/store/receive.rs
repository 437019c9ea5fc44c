//! Receive folders: where messages of a class arrive.
//! Reference: "IMsgStore::GetReceiveFolder", "IMsgStore::SetReceiveFolder" (requirement STO-06)

use std::cmp::Reverse;

use mapi_kit::computed::record_key;
use mapi_props::{Bag, Code, PropTag, PropType, PropValue, Slot, SortColumn, tags};
use mapi_spi::{Error, PropPatch, Result};

use super::tree::mail_id_in;
use super::{MsgStore, SpecialFolder};
use crate::table::{MemoryRow, MemoryRows, Source};
use crate::{EntryId, Folder, OpenFlags, TableBuilder};

const COLUMNS: [PropTag; 4] = [
    tags::MESSAGE_CLASS.raw(),
    tags::ENTRYID.raw(),
    tags::RECORD_KEY.raw(),
    tags::INSTANCE_KEY.raw(),
];

/// Classes with an assignment of their own, and the entry ids of their folders, one for one. Provider range. An empty
/// folder id says that an assignment made by default was taken away.
const CLASSES: PropTag = PropTag::new(0x6672, PropType::MV_UNICODE);
const FOLDERS: PropTag = PropTag::new(0x6673, PropType::MV_BINARY);

/// Classes that go to the Inbox, and those that go to the root folder, unless somebody assigned otherwise.
const TO_INBOX: [&str; 3] = ["", "IPM", "Report"];
const TO_ROOT: [&str; 1] = ["IPC"];

pub(super) const fn is_assignment(id: u16) -> bool {
    id == CLASSES.id() || id == FOLDERS.id()
}

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Assignment {
    class: String,
    /// `None`: explicitly none.
    folder: Option<EntryId>,
}

impl MsgStore {
    /// The folder in which messages of this class arrive. An empty class: the default receive folder.
    ///
    /// # Errors
    /// Those of the store.
    pub fn receive_folder(&self, class: &str) -> Result<Folder> {
        let (id, _) = self.receive_folder_id(class)?;
        self.open_folder(&id, OpenFlags::BEST_ACCESS)
    }

    /// The same as entry id, with the class whose assignment decided: the longest one that is a prefix up to a dot,
    /// whatever its case, and whose folder is still there; empty if none was, and the root folder then takes it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn receive_folder_id(&self, class: &str) -> Result<(EntryId, String)> {
        let found = self.assignments().map(|all| {
            let covering = all.into_iter().filter(|a| covers(&a.class, class));
            let mut covering: Vec<_> = covering
                .filter_map(|a| Some((a.folder?, a.class)))
                .collect();
            covering.sort_by_key(|(_, class)| Reverse(class.len()));
            let mut covering = covering.into_iter();
            let root = || self.context.entry_id(true, self.context.info().root);
            covering
                .find(|(folder, _)| self.standing(folder).is_some())
                .unwrap_or_else(|| (root(), String::new()))
        });
        self.errors.track(found)
    }

    /// Assigns a folder to a class, or takes the assignment away; taking away what is not there is fine.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if there is no such folder; `MAPI_E_NO_ACCESS` in a read-only store. Nothing changes then.
    pub fn set_receive_folder(&self, class: &str, folder: Option<&EntryId>) -> Result<()> {
        self.errors.track(self.assign(class, folder))
    }

    fn assign(&self, class: &str, folder: Option<&EntryId>) -> Result<()> {
        self.writable()?;
        if let Some(id) = folder {
            Folder::open(&self.context, self.context.folder_id(id)?, OpenFlags::NONE)?;
        }
        let mut all = self.stored_assignments()?;
        all.retain(|a| !a.class.eq_ignore_ascii_case(class));
        all.push(Assignment {
            class: class.to_owned(),
            folder: folder.cloned(),
        });
        self.store_assignments(&all)
    }

    fn store_assignments(&self, all: &[Assignment]) -> Result<()> {
        if all.is_empty() {
            return self.patch(PropPatch {
                set: Vec::new(),
                delete: vec![CLASSES.id(), FOLDERS.id()],
            });
        }
        let classes = all.iter().map(|a| a.class.clone()).collect();
        let id_bytes = |a: &Assignment| {
            a.folder
                .as_ref()
                .map_or(&[][..], EntryId::as_bytes)
                .to_vec()
        };
        let folders = all.iter().map(id_bytes).collect();
        self.patch(PropPatch {
            set: vec![
                (CLASSES.id(), Slot::Value(PropValue::MvUnicode(classes))),
                (FOLDERS.id(), Slot::Value(PropValue::MvBinary(folders))),
            ],
            delete: Vec::new(),
        })
    }

    /// Classes assigned to a folder that is gone: they arrive where the next shorter class does.
    ///
    /// # Errors
    /// Those of the store.
    pub fn stale_receive_folders(&self) -> Result<Vec<String>> {
        let all = self.errors.track(self.stored_assignments())?.into_iter();
        let gone = |id: &EntryId| self.standing(id).is_none();
        let stale = all.filter(|a| a.folder.as_ref().is_some_and(gone));
        Ok(stale.map(|a| a.class).collect())
    }

    /// As if these classes had never been assigned: those with a default have it again.
    pub(super) fn forget_receive_folders(&self, classes: &[String]) -> Result<()> {
        self.writable()?;
        let mut all = self.stored_assignments()?;
        all.retain(|a| !classes.contains(&a.class));
        self.store_assignments(&all)
    }

    /// The table of receive folders: PR_MESSAGE_CLASS, PR_ENTRYID, PR_RECORD_KEY.
    pub fn receive_folder_table(&self) -> TableBuilder {
        let store = self.clone();
        let fetch = move || {
            let all = store
                .assignments()?
                .into_iter()
                .filter(|a| a.folder.is_some());
            all.map(|a| store.assignment_row(a)).collect()
        };
        let rows = MemoryRows::new(&COLUMNS, fetch)
            .in_order(vec![SortColumn::ascending(tags::MESSAGE_CLASS)])
            .told(self.feed(), &self.context.member, |entry| {
                entry.object.0 == 0
            });
        TableBuilder::new(Ok(Box::new(rows) as Box<dyn Source>))
    }

    fn assignment_row(&self, assignment: Assignment) -> Result<MemoryRow> {
        let Assignment { class, folder } = assignment;
        let number = number_of(&class);
        let entry_id = folder.unwrap_or_else(|| EntryId::from(Vec::new()));
        let item = self.context.folder_id(&entry_id)?;
        let mut props = Bag::new();
        props.set(tags::MESSAGE_CLASS, class);
        props.set(tags::ENTRYID, entry_id.as_bytes());
        props.set(tags::RECORD_KEY, record_key(&self.context.info().uid, item));
        Ok(MemoryRow {
            number,
            props,
            entry_id,
        })
    }

    /// Classes and folders in force: those stored, and the defaults that nobody changed.
    fn assignments(&self) -> Result<Vec<Assignment>> {
        let bag = self.context.store_bag()?;
        let mut all = assignments_in(&bag)?;
        let inbox = mail_id_in(&bag, SpecialFolder::Inbox);
        let root = Some(self.context.entry_id(true, self.context.info().root));
        let defaults = TO_INBOX.map(|class| (class, &inbox)).into_iter();
        for (class, folder) in defaults.chain(TO_ROOT.map(|class| (class, &root))) {
            if !all.iter().any(|a| a.class.eq_ignore_ascii_case(class)) {
                all.push(Assignment {
                    class: class.to_owned(),
                    folder: folder.clone(),
                });
            }
        }
        Ok(all)
    }

    fn stored_assignments(&self) -> Result<Vec<Assignment>> {
        assignments_in(&*self.context.store_bag()?)
    }
}

/// Assignments that a store's properties hold.
fn assignments_in(bag: &Bag) -> Result<Vec<Assignment>> {
    match (bag.value(CLASSES), bag.value(FOLDERS)) {
        (Some(PropValue::MvUnicode(classes)), Some(PropValue::MvBinary(folders)))
            if classes.len() == folders.len() =>
        {
            let both = classes.iter().zip(folders);
            Ok(both.map(|(class, id)| assignment(class, id)).collect())
        }
        (None, None) => Ok(Vec::new()),
        _ => Err(Error::new(
            Code::CORRUPT_DATA,
            "the receive folder table is damaged",
        )),
    }
}

fn assignment(class: &str, id: &[u8]) -> Assignment {
    let folder = (!id.is_empty()).then(|| EntryId::from(id));
    Assignment {
        class: class.to_owned(),
        folder,
    }
}

/// A number that stays a class's own while assignments come and go: FNV-1a of its name without case.
fn number_of(class: &str) -> u64 {
    let step = |hash: u64, byte: u8| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01B3)
    };
    class.bytes().fold(0xCBF2_9CE4_8422_2325, step)
}

/// Whether an assignment of `assigned` covers `class`: equal, or a prefix that ends before a dot.
fn covers(assigned: &str, class: &str) -> bool {
    if assigned.is_empty() {
        return true;
    }
    class
        .get(..assigned.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(assigned))
        && matches!(class.as_bytes().get(assigned.len()), None | Some(b'.'))
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn prefixes_end_at_dots() {
        assert!(covers("", "Anything"));
        assert!(covers("IPM", "ipm.Note.MyDoc"));
        assert!(covers("ipm.note", "IPM.Note"));
        assert!(!covers("IPM.Note", "IPM.Notebook"));
        assert!(!covers("IPM.Note", "IPM"));
        assert!(!covers("IPM.Notes", "IPM.Noté"));
    }
}
