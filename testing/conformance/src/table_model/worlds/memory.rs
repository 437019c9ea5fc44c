//! Rows in memory: recipients and attachments of an open message, and rows that a program keeps itself.

use mapi::{
    EntryId, MapiProp, Message, ModifyMode, OpenFlags, PropTag, PropValue, Result, SaveFlags,
    SortOrder, Table, TableData, columns, recipient_type, tags,
};
use mapi_spi::ItemId;
use testkit::Chance;

use super::{Deed, World, deed, number, text};
use crate::Fixture;
use crate::fixture::prop;
use crate::table_model::model::{By, Looks, Row};

/// A row of any of them.
#[derive(Clone)]
struct Item {
    /// PR_ROWID, PR_ATTACH_NUM or the index.
    key: i32,
    /// The number of the row.
    item: ItemId,
    text: Option<String>,
    number: Option<i32>,
}

fn rows(items: &[Item]) -> Vec<Row> {
    let row = |item: &Item| Row {
        item: item.item,
        instance: 0,
        id: EntryId::from(Vec::new()),
        text: item.text.clone(),
        number: item.number,
        read: false,
        depth: 0,
    };
    items.iter().map(row).collect()
}

/// What rows of text and number are as properties, with what names them.
fn props(key: impl Into<PropTag>, item: &Item, looks: &Looks) -> Vec<(PropTag, PropValue)> {
    let mut props = vec![(key.into(), PropValue::Long(item.key))];
    props.extend(item.text.as_ref().map(|t| (looks.text, t.as_str().into())));
    props.extend(item.number.map(|n| (looks.number, PropValue::Long(n))));
    props
}

/// Saves the message now and then: its tables go on.
fn save(message: &Message, chance: &mut Chance) -> Result<()> {
    if chance.percent(10) {
        message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
    }
    Ok(())
}

pub(in crate::table_model) struct Recipients {
    message: Message,
    items: Vec<Item>,
}

impl Recipients {
    pub(in crate::table_model) fn new(
        fixture: &Fixture,
        chance: &mut Chance,
        size: usize,
    ) -> Result<Self> {
        let message = fixture.folder("Model")?.create_message()?;
        let mut world = Self {
            message,
            items: Vec::new(),
        };
        for _ in 0..size {
            world.add(chance)?;
        }
        Ok(world)
    }

    fn row(&self, item: &Item) -> Vec<(PropTag, PropValue)> {
        let mut row = props(tags::ROWID, item, &self.looks());
        row.push(prop(tags::RECIPIENT_TYPE, recipient_type::TO));
        row
    }

    fn add(&mut self, chance: &mut Chance) -> Result<()> {
        let mut item = Item {
            key: 0,
            item: ItemId(0),
            text: text(chance),
            number: number(chance),
        };
        let row = self.row(&item);
        self.message.modify_recipients(ModifyMode::Add, &[row])?;
        // The number that the new row was given: the only one that is not known.
        let table = self.message.recipients().columns(columns![tags::ROWID]);
        let all = table.open()?.query_all_rows(0)?;
        let known = |key| self.items.iter().any(|i| i.key == key);
        let mut new = all.iter().filter(|r| !known(r.get(tags::ROWID).unwrap()));
        let row = new.next().unwrap();
        assert!(new.next().is_none());
        item.key = row.get(tags::ROWID).unwrap();
        item.item = row.item();
        self.items.push(item);
        Ok(())
    }
}

impl World for Recipients {
    fn table(&self) -> Result<Table> {
        let table = self.message.recipients();
        table.columns(self.looks().columns()).open()
    }

    fn looks(&self) -> Looks {
        Looks::new(tags::DISPLAY_NAME.raw(), tags::IMPORTANCE.raw())
    }

    fn rows(&self) -> Vec<Row> {
        rows(&self.items)
    }

    fn mutate(&mut self, chance: &mut Chance, size: usize) -> Result<Vec<ItemId>> {
        save(&self.message, chance)?;
        match deed(chance, self.items.len(), size) {
            Deed::Add => self.add(chance).map(|()| Vec::new()),
            Deed::Remove(at) => {
                let gone = self.items.remove(at);
                let row = self.row(&gone);
                self.message.modify_recipients(ModifyMode::Remove, &[row])?;
                Ok(vec![gone.item])
            }
            Deed::Change(at) => {
                self.items[at].text = text(chance);
                self.items[at].number = number(chance);
                let row = self.row(&self.items[at]);
                self.message.modify_recipients(ModifyMode::Modify, &[row])?;
                Ok(vec![self.items[at].item])
            }
        }
    }
}

pub(in crate::table_model) struct Attachments {
    message: Message,
    items: Vec<Item>,
}

impl Attachments {
    pub(in crate::table_model) fn new(
        fixture: &Fixture,
        chance: &mut Chance,
        size: usize,
    ) -> Result<Self> {
        let message = fixture.folder("Model")?.create_message()?;
        let mut world = Self {
            message,
            items: Vec::new(),
        };
        for _ in 0..size {
            world.add(chance)?;
        }
        Ok(world)
    }

    /// Writes text and position; an attachment without position has -1.
    fn write(&mut self, file: &mapi::Attachment, at: usize, chance: &mut Chance) -> Result<()> {
        let item = &mut self.items[at];
        item.text = text(chance);
        item.number = Some(number(chance).unwrap_or(-1));
        let position = item.number.into_iter();
        let mut props: Vec<_> = position
            .map(|n| prop(tags::RENDERING_POSITION, n))
            .collect();
        let name = tags::ATTACH_LONG_FILENAME;
        match &item.text {
            Some(text) => props.push(prop(name, text.as_str())),
            None => assert_eq!(file.delete_props(&columns![name])?, []),
        }
        assert_eq!(file.set_props(&props)?, []);
        file.save_changes(SaveFlags::NONE)
    }

    fn add(&mut self, chance: &mut Chance) -> Result<()> {
        let file = self.message.create_attachment()?;
        let key = file.number();
        self.items.push(Item {
            key,
            item: ItemId(u64::try_from(key + 1).unwrap()),
            text: None,
            number: None,
        });
        self.write(&file, self.items.len() - 1, chance)
    }
}

impl World for Attachments {
    fn table(&self) -> Result<Table> {
        let table = self.message.attachments();
        table.columns(self.looks().columns()).open()
    }

    fn looks(&self) -> Looks {
        let (name, position) = (tags::ATTACH_LONG_FILENAME, tags::RENDERING_POSITION);
        Looks {
            own: vec![(By::Number, SortOrder::Ascend)],
            bookmarks: false,
            ..Looks::new(name.raw(), position.raw())
        }
    }

    fn rows(&self) -> Vec<Row> {
        rows(&self.items)
    }

    fn mutate(&mut self, chance: &mut Chance, size: usize) -> Result<Vec<ItemId>> {
        save(&self.message, chance)?;
        match deed(chance, self.items.len(), size) {
            Deed::Add => self.add(chance).map(|()| Vec::new()),
            Deed::Remove(at) => {
                let gone = self.items.remove(at);
                self.message.delete_attachment(gone.key)?;
                Ok(vec![gone.item])
            }
            Deed::Change(at) => {
                let key = self.items[at].key;
                let file = self.message.open_attachment(key, OpenFlags::MODIFY)?;
                self.write(&file, at, chance)?;
                Ok(vec![self.items[at].item])
            }
        }
    }
}

pub(in crate::table_model) struct Data {
    data: TableData,
    items: Vec<Item>,
    made: i32,
}

impl Data {
    pub(in crate::table_model) fn new(chance: &mut Chance, size: usize) -> Result<Self> {
        let mut world = Self {
            data: TableData::new(tags::ROWID, [])?,
            items: Vec::new(),
            made: 0,
        };
        for _ in 0..size {
            world.add(chance)?;
        }
        Ok(world)
    }

    fn put(&self, at: usize) -> Result<()> {
        let row = props(tags::ROWID, &self.items[at], &self.looks());
        self.data.modify_row(&row)
    }

    fn add(&mut self, chance: &mut Chance) -> Result<()> {
        self.made += 1;
        self.items.push(Item {
            key: self.made,
            // Rows are numbered as they come.
            item: ItemId(u64::try_from(self.made).unwrap()),
            text: text(chance),
            number: number(chance),
        });
        self.put(self.items.len() - 1)
    }
}

impl World for Data {
    fn table(&self) -> Result<Table> {
        self.data.view().columns(self.looks().columns()).open()
    }

    fn looks(&self) -> Looks {
        Looks::new(tags::DISPLAY_NAME.raw(), tags::IMPORTANCE.raw())
    }

    fn rows(&self) -> Vec<Row> {
        rows(&self.items)
    }

    fn mutate(&mut self, chance: &mut Chance, size: usize) -> Result<Vec<ItemId>> {
        match deed(chance, self.items.len(), size) {
            Deed::Add => self.add(chance).map(|()| Vec::new()),
            Deed::Remove(at) => {
                let gone = self.items.remove(at);
                self.data.delete_row(&gone.key.into())?;
                Ok(vec![gone.item])
            }
            Deed::Change(at) => {
                self.items[at].text = text(chance);
                self.items[at].number = number(chance);
                self.put(at)?;
                Ok(vec![self.items[at].item])
            }
        }
    }
}
