//! Random changes of a store that others change too: what is gone meanwhile is left alone.

use mapi::{
    Code, CopyFlags, CopyFolderFlags, CreateFolderFlags, DeleteFlags, DeleteFolderFlags, Depth,
    EntryId, Error, FileTime, Folder, ImportItem, ImportOptions, MapiProp, MatchKind, Message,
    MessageTree, MsgStore, OpenFlags, ReadFlags, Restriction, Result, Returned, SaveFlags, Table,
    columns, message_flags, tags,
};
use testkit::Chance;

/// A folder has about so many messages, and there are about so many folders.
const MESSAGES: usize = 40;
const FOLDERS: usize = 12;

const WORDS: [&str; 8] = [
    "alpha", "Beta", "gämma", "delta", "Alpha", "épsilon", "zeta", "beta",
];

/// Messages with a certain word in their subject.
pub(super) fn a_word() -> Restriction {
    Restriction::content(tags::SUBJECT, MatchKind::Substring, "lpha")
}

pub(super) struct Writer {
    store: MsgStore,
    chance: Chance,
}

impl Writer {
    pub(super) fn new(store: MsgStore, seed: u64) -> Self {
        Self {
            store,
            chance: Chance::from_seed(seed),
        }
    }

    /// Tries one change; 1 if it came about.
    pub(super) fn change(&mut self) -> Result<u64> {
        let tried = match self.chance.below(100) {
            0..12 => self.add(),
            12..20 => self.add_associated(),
            20..40 => self.edit(),
            40..52 => self.mark(),
            52..64 => self.carry(),
            64..74 => self.delete(),
            74..79 => self.recover(),
            79..82 => self.import(),
            82..88 => self.create_folder(),
            88..92 => self.rename_folder(),
            92..95 => self.move_folder(),
            95..98 => self.delete_folder(),
            _ => self.edit_associated(),
        };
        match tried {
            Ok(made) => Ok(made.into()),
            Err(error) if self.is_anothers_doing(&error) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// What others did first is no failure.
    fn is_anothers_doing(&self, error: &Error) -> bool {
        matches!(
            error.code(),
            Code::NOT_FOUND
                | Code::OBJECT_DELETED
                | Code::OBJECT_CHANGED
                | Code::COLLISION
                | Code::FOLDER_CYCLE
        )
    }

    fn folder(&mut self) -> Result<Folder> {
        match self.chance.below(100) {
            0..50 => self.store.folder("Inbox/Live/A"),
            50..75 => self.store.folder("Inbox/Live/B"),
            _ => self.tree_folder(),
        }
    }

    fn tree(&self) -> Result<Folder> {
        self.store.folder("Inbox/Live/Tree")
    }

    /// A folder somewhere below Tree, or Tree itself.
    fn tree_folder(&mut self) -> Result<Folder> {
        let tree = self.tree()?;
        let below = ids(&tree
            .hierarchy(Depth::All)
            .columns(columns![tags::ENTRYID])
            .open()?)?;
        match self.chance.in_range(0..below.len() + 1) {
            0 => Ok(tree),
            n => self.store.open_folder(&below[n - 1], OpenFlags::MODIFY),
        }
    }

    /// Up to `most` messages of a folder.
    fn some(&mut self, table: &Table, most: usize) -> Result<Vec<EntryId>> {
        let mut all = ids(table)?;
        self.chance.shuffle(&mut all);
        let few = if self.chance.percent(80) { 1 } else { most };
        all.truncate(self.chance.in_range(1..few + 1));
        Ok(all)
    }

    fn messages(&mut self, folder: &Folder, most: usize) -> Result<Vec<EntryId>> {
        let table = folder.contents().columns(columns![tags::ENTRYID]).open()?;
        self.some(&table, most)
    }

    fn subject(&mut self) -> String {
        let word = self.chance.pick(&WORDS);
        format!("{word} {}", self.chance.below(4))
    }

    fn date(&mut self) -> FileTime {
        FileTime(130_000_000_000_000_000 + self.chance.below(40) * 864_000_000_000)
    }

    fn fill(&mut self, message: &Message) -> Result<()> {
        message.set(tags::SUBJECT, self.subject())?;
        message.set(
            tags::IMPORTANCE,
            i32::try_from(self.chance.below(3)).unwrap(),
        )?;
        message.set(tags::MESSAGE_DELIVERY_TIME, self.date())
    }

    fn add(&mut self) -> Result<bool> {
        let folder = self.folder()?;
        if usize::try_from(folder.counts()?.contents).unwrap() > MESSAGES {
            return self.delete_from(&folder);
        }
        let message = folder.create_message()?;
        self.fill(&message)?;
        message.set(tags::MESSAGE_FLAGS, i32::from(self.chance.percent(50)))?;
        message.save_changes(SaveFlags::NONE).map(|()| true)
    }

    fn add_associated(&mut self) -> Result<bool> {
        let folder = self.folder()?;
        let table = folder
            .associated()
            .columns(columns![tags::ENTRYID])
            .open()?;
        let there = self.some(&table, 6)?;
        if !there.is_empty() && self.chance.percent(45) {
            return done(folder.delete_messages(&there, DeleteFlags::HARD_DELETE)?);
        }
        let message = folder.create_associated_message()?;
        self.fill(&message)?;
        message.save_changes(SaveFlags::NONE).map(|()| true)
    }

    fn edit(&mut self) -> Result<bool> {
        let folder = self.folder()?;
        let Some(id) = self.messages(&folder, 1)?.pop() else {
            return Ok(false);
        };
        self.edit_one(&folder, &id)
    }

    fn edit_associated(&mut self) -> Result<bool> {
        let folder = self.folder()?;
        let table = folder
            .associated()
            .columns(columns![tags::ENTRYID])
            .open()?;
        let Some(id) = self.some(&table, 1)?.pop() else {
            return Ok(false);
        };
        self.edit_one(&folder, &id)
    }

    fn edit_one(&mut self, folder: &Folder, id: &EntryId) -> Result<bool> {
        let message = folder.open_message_with(id, OpenFlags::MODIFY)?;
        match self.chance.below(5) {
            0 => message.set(tags::SUBJECT, self.subject())?,
            1 => message.set(
                tags::IMPORTANCE,
                i32::try_from(self.chance.below(3)).unwrap(),
            )?,
            2 => message.set(tags::MESSAGE_DELIVERY_TIME, self.date())?,
            3 => {
                let length = self.chance.in_range(0..4000);
                message.set(tags::BODY, "x".repeat(length))?;
            }
            _ => self.fill(&message)?,
        }
        message.save_changes(SaveFlags::NONE).map(|()| true)
    }

    fn mark(&mut self) -> Result<bool> {
        let folder = self.folder()?;
        let ids = self.messages(&folder, 6)?;
        let flags = *self
            .chance
            .pick(&[ReadFlags::NONE, ReadFlags::CLEAR_READ_FLAG]);
        if ids.is_empty() {
            return Ok(false);
        }
        let marked = folder.set_read_flags(Some(&ids), flags)?;
        done(marked)
    }

    fn carry(&mut self) -> Result<bool> {
        let (from, to) = (self.folder()?, self.folder()?);
        let ids = self.messages(&from, 5)?;
        let full = usize::try_from(to.counts()?.contents).unwrap() > MESSAGES;
        let flags = if full || self.chance.percent(65) {
            CopyFlags::MOVE
        } else {
            CopyFlags::NONE
        };
        if ids.is_empty() || from.entry_id() == to.entry_id() {
            return Ok(false);
        }
        done(from.copy_messages(&ids, &to, flags)?)
    }

    fn delete(&mut self) -> Result<bool> {
        let folder = self.folder()?;
        self.delete_from(&folder)
    }

    fn delete_from(&mut self, folder: &Folder) -> Result<bool> {
        let ids = self.messages(folder, 8)?;
        let flags = *self
            .chance
            .pick(&[DeleteFlags::NONE, DeleteFlags::HARD_DELETE]);
        if ids.is_empty() {
            return Ok(false);
        }
        done(folder.delete_messages(&ids, flags)?)
    }

    /// Brings back what was deleted softly, or deletes it for good.
    fn recover(&mut self) -> Result<bool> {
        let folder = self.folder()?;
        let table = folder.deleted_contents().columns(columns![tags::ENTRYID]);
        let ids = self.some(&table.open()?, 10)?;
        if ids.is_empty() {
            return Ok(false);
        }
        if self.chance.percent(50) {
            return done(folder.delete_messages(&ids, DeleteFlags::HARD_DELETE)?);
        }
        done(folder.recover_messages(&ids)?)
    }

    fn import(&mut self) -> Result<bool> {
        let folder = self.folder()?;
        if usize::try_from(folder.counts()?.contents).unwrap() > MESSAGES {
            return self.delete_from(&folder);
        }
        let items = (0..self.chance.in_range(2..8)).map(|_| {
            let mut tree = MessageTree::default();
            tree.props.set(tags::SUBJECT, self.subject());
            tree.props.set(tags::MESSAGE_DELIVERY_TIME, self.date());
            ImportItem {
                tree,
                flags: if self.chance.percent(50) {
                    message_flags::READ
                } else {
                    0
                },
                source: None,
            }
        });
        let items = items.collect();
        folder.import(items, ImportOptions::default())?;
        Ok(true)
    }

    fn name(&mut self) -> String {
        format!("{} {}", self.chance.pick(&WORDS), self.chance.below(30))
    }

    fn create_folder(&mut self) -> Result<bool> {
        let parent = self.tree_folder()?;
        let all = self.tree()?.hierarchy(Depth::All).open()?.row_count()?;
        if usize::try_from(all).unwrap() > FOLDERS {
            return self.delete_folder();
        }
        let name = self.name();
        parent.create_folder(&name, None, CreateFolderFlags::NONE)?;
        Ok(true)
    }

    fn rename_folder(&mut self) -> Result<bool> {
        let folder = self.tree_folder()?;
        if folder.entry_id() == self.tree()?.entry_id() {
            return Ok(false);
        }
        folder.rename(&self.name()).map(|()| true)
    }

    fn move_folder(&mut self) -> Result<bool> {
        let (folder, to) = (self.tree_folder()?, self.tree_folder()?);
        let tree = self.tree()?;
        if folder.entry_id() == tree.entry_id() {
            return Ok(false);
        }
        let flags = if self.chance.percent(70) {
            CopyFolderFlags::MOVE
        } else {
            CopyFolderFlags::COPY_SUBFOLDERS
        };
        let name = self.name();
        let parent = self
            .store
            .open_folder(&folder.parent_id()?, OpenFlags::MODIFY)?;
        let _copied = parent.copy_folder(&folder.entry_id(), &to, Some(&name), flags)?;
        Ok(true)
    }

    fn delete_folder(&mut self) -> Result<bool> {
        let folder = self.tree_folder()?;
        if folder.entry_id() == self.tree()?.entry_id() {
            return Ok(false);
        }
        let parent = self
            .store
            .open_folder(&folder.parent_id()?, OpenFlags::MODIFY)?;
        let mut flags = DeleteFolderFlags::DEL_MESSAGES | DeleteFolderFlags::DEL_FOLDERS;
        if self.chance.percent(50) {
            flags = flags | DeleteFolderFlags::HARD_DELETE;
        }
        parent.delete_folder(&folder.entry_id(), flags)?;
        Ok(true)
    }
}

fn done(report: Returned<mapi::BulkReport>) -> Result<bool> {
    Ok(report.ignore_warning().done > 0)
}

fn ids(table: &Table) -> Result<Vec<EntryId>> {
    let rows = table.query_all_rows(0)?;
    Ok(rows.iter().map(|row| row.entry_id().clone()).collect())
}
