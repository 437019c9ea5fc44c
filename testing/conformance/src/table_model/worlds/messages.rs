//! Messages: the usual contents of a folder, associated and soft-deleted ones, and ones that make several rows.

use mapi::{
    DeleteFlags, EntryId, Folder, ImportItem, ImportOptions, MapiProp, Message, MessageTree,
    PropTag, PropType, PropValue, ReadFlags, Result, SaveFlags, Table, columns, message_flags,
    tags,
};
use mapi_spi::ItemId;
use testkit::Chance;

use super::{Deed, World, deed, number, text};
use crate::Fixture;
use crate::fixture::{edit, prop};
use crate::table_model::model::{Looks, Row};

/// Which messages a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::table_model) enum Kind {
    Contents,
    Associated,
    Deleted,
    /// One row per keyword.
    Instances,
}

pub(in crate::table_model) struct Messages {
    kind: Kind,
    /// The folder as the table's session has it, and as another session has it.
    folders: [Folder; 2],
    items: Vec<Item>,
}

struct Item {
    item: ItemId,
    id: EntryId,
    /// PR_SUBJECT, or the keywords of [`Kind::Instances`].
    texts: Vec<String>,
    number: Option<i32>,
    read: bool,
}

/// Any multi-valued text property will do.
const WORDS: PropTag = PropTag::new(0x3A58, PropType::MV_UNICODE);

impl Messages {
    pub(in crate::table_model) fn new(
        fixture: &Fixture,
        kind: Kind,
        chance: &mut Chance,
        size: usize,
    ) -> Result<Self> {
        let folder = fixture.folder("Model")?;
        let there = fixture.second_session()?.default_store()?;
        let mut world = Self {
            kind,
            folders: [folder, there.folder("Inbox/Model")?],
            items: Vec::new(),
        };
        if kind == Kind::Contents {
            world.import(chance, size)?;
        } else {
            for _ in 0..size {
                world.add(&world.folders[0].clone(), chance)?;
            }
        }
        Ok(world)
    }

    fn import(&mut self, chance: &mut Chance, size: usize) -> Result<()> {
        let folder = &self.folders[0];
        let items = (0..size).map(|_| {
            let mut tree = MessageTree::default();
            if let Some(text) = text(chance) {
                tree.props.set(tags::SUBJECT, text);
            }
            if let Some(number) = number(chance) {
                tree.props.set(tags::IMPORTANCE, number);
            }
            let read = chance.percent(50);
            ImportItem {
                tree,
                flags: if read { message_flags::READ } else { 0 },
                source: None,
            }
        });
        folder.import(items.collect(), ImportOptions::default())?;
        let looks = self.looks();
        let rows = self.table()?.query_all_rows(0)?;
        let item = |row: Row| Item {
            item: row.item,
            id: row.id,
            texts: row.text.into_iter().collect(),
            number: row.number,
            read: row.read,
        };
        self.items = rows.iter().map(|r| item(looks.row(r))).collect();
        Ok(())
    }

    /// One subject, or up to three keywords; maybe none.
    fn texts(&self, chance: &mut Chance) -> Vec<String> {
        let most = if self.kind == Kind::Instances { 4 } else { 2 };
        let count = chance.in_range(0..most).max(usize::from(most == 2));
        (0..count).filter_map(|_| text(chance)).collect()
    }

    fn write_texts(&self, message: &Message, texts: &[String]) -> Result<()> {
        if texts.is_empty() {
            let text = columns![tags::SUBJECT, WORDS];
            assert_eq!(message.delete_props(&text)?, []);
            return Ok(());
        }
        let value = match self.kind {
            Kind::Instances => (WORDS, PropValue::MvUnicode(texts.to_vec())),
            _ => prop(tags::SUBJECT, texts[0].as_str()),
        };
        assert_eq!(message.set_props(&[value])?, []);
        Ok(())
    }

    fn add(&mut self, folder: &Folder, chance: &mut Chance) -> Result<()> {
        let (texts, number) = (self.texts(chance), number(chance));
        let message = if self.kind == Kind::Associated {
            folder.create_associated_message()?
        } else {
            folder.create_message()?
        };
        self.write_texts(&message, &texts)?;
        if let Some(number) = number {
            message.set(tags::IMPORTANCE, number)?;
        }
        let read = chance.percent(50);
        if self.kind != Kind::Associated {
            message.set(tags::MESSAGE_FLAGS, i32::from(read))?;
        }
        message.save_changes(SaveFlags::NONE)?;
        let (item, id) = (message.item().unwrap(), message.entry_id().unwrap());
        if self.kind == Kind::Deleted {
            let ids = std::slice::from_ref(&id);
            let deleted = folder.delete_messages(ids, DeleteFlags::NONE)?;
            assert_eq!(deleted.value.done, 1);
        }
        self.items.push(Item {
            item,
            id,
            texts,
            number,
            read,
        });
        Ok(())
    }

    fn remove(&mut self, folder: &Folder, at: usize, chance: &mut Chance) -> Result<()> {
        let gone = self.items.swap_remove(at);
        let flags = match self.kind {
            Kind::Deleted => DeleteFlags::HARD_DELETE,
            _ => *chance.pick(&[DeleteFlags::NONE, DeleteFlags::HARD_DELETE]),
        };
        assert_eq!(folder.delete_messages(&[gone.id], flags)?.value.done, 1);
        Ok(())
    }

    fn change(&mut self, folder: &Folder, at: usize, chance: &mut Chance) -> Result<()> {
        let texts = chance.percent(60).then(|| self.texts(chance));
        let number = number(chance);
        let message = edit(folder, &self.items[at].id)?;
        if let Some(texts) = texts {
            self.write_texts(&message, &texts)?;
            self.items[at].texts = texts;
        } else {
            match number {
                Some(n) => message.set(tags::IMPORTANCE, n)?,
                None => assert_eq!(message.delete_props(&columns![tags::IMPORTANCE])?, []),
            }
            self.items[at].number = number;
        }
        message.save_changes(SaveFlags::NONE)
    }

    fn toggle(&mut self, folder: &Folder, at: usize) -> Result<()> {
        let item = &mut self.items[at];
        item.read = !item.read;
        let flags = if item.read {
            ReadFlags::NONE
        } else {
            ReadFlags::CLEAR_READ_FLAG
        };
        let marked = folder.set_read_flags(Some(std::slice::from_ref(&item.id)), flags)?;
        assert_eq!(marked.warning, None);
        Ok(())
    }
}

impl World for Messages {
    fn table(&self) -> Result<Table> {
        let folder = &self.folders[0];
        let table = match self.kind {
            Kind::Contents | Kind::Instances => folder.contents(),
            Kind::Associated => folder.associated(),
            Kind::Deleted => folder.deleted_contents(),
        };
        table.columns(self.looks().columns()).open()
    }

    fn looks(&self) -> Looks {
        let instance = PropType(WORDS.ty().0 | PropType::MV_INSTANCE);
        let text = match self.kind {
            Kind::Instances => WORDS.with_type(instance),
            _ => tags::SUBJECT.raw(),
        };
        Looks {
            flags: self.kind != Kind::Associated,
            ..Looks::new(text, tags::IMPORTANCE.raw())
        }
    }

    fn rows(&self) -> Vec<Row> {
        let of = |item: &Item, instance: u32| Row {
            item: item.item,
            instance,
            id: item.id.clone(),
            text: item.texts.get(instance as usize).cloned(),
            number: item.number,
            read: item.read && self.kind != Kind::Associated,
            depth: 0,
        };
        let each = |item| (0..row_count(item)).map(move |n| of(item, n));
        self.items.iter().flat_map(each).collect()
    }

    fn mutate(&mut self, chance: &mut Chance, size: usize) -> Result<Vec<ItemId>> {
        let folder = chance.pick(&self.folders).clone();
        let (at, touched) = match deed(chance, self.items.len(), size) {
            Deed::Add => {
                self.add(&folder, chance)?;
                return Ok(Vec::new());
            }
            Deed::Remove(at) => {
                let touched = self.items[at].item;
                self.remove(&folder, at, chance)?;
                return Ok(vec![touched]);
            }
            Deed::Change(at) => (at, self.items[at].item),
        };
        match self.kind {
            // What was deleted changes no more.
            Kind::Deleted => self.remove(&folder, at, chance)?,
            Kind::Associated => self.change(&folder, at, chance)?,
            Kind::Contents | Kind::Instances if chance.percent(60) => {
                self.change(&folder, at, chance)?;
            }
            Kind::Contents | Kind::Instances => self.toggle(&folder, at)?,
        }
        Ok(vec![touched])
    }
}

fn row_count(item: &Item) -> u32 {
    u32::try_from(item.texts.len()).unwrap().max(1)
}
