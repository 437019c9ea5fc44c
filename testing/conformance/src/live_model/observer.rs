//! A copy of a table's rows that is kept by what the table tells, as a client keeps the rows on its screen.

use mapi::{
    Connection, EventMask, Prop, PropTag, PropValue, Result, Table, TableEvent, TableNotification,
    TableRow, tags,
};

use crate::heard::{Heard, row};

use TableEvent::{Changed, Reload, RowAdded, RowDeleted, RowModified};

/// Readings of everything that nobody minds: on a busy machine the store may run away from who follows it.
const FREE: u64 = 3;

/// A row as the copy has it: its PR_INSTANCE_KEY, and all its cells.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    key: PropValue,
    cells: Vec<Prop>,
}

pub(super) struct Observer {
    name: &'static str,
    table: Table,
    heard: Heard,
    _connection: Connection,
    copy: Vec<Line>,
    /// Events of single rows, and those that had it read everything again.
    singles: u64,
    reloads: u64,
    /// The last events, for whoever wonders.
    last: Vec<String>,
}

impl Observer {
    pub(super) fn new(name: &'static str, table: Table) -> Result<Self> {
        let heard = Heard::default();
        let connection = table.advise(EventMask::TABLE_MODIFIED, &heard.sink())?;
        let copy = read(&table)?;
        Ok(Self {
            name,
            table,
            heard,
            _connection: connection,
            copy,
            singles: 0,
            reloads: 0,
            last: Vec::new(),
        })
    }

    /// Applies what was told since.
    pub(super) fn follow(&mut self, at: &str) -> Result<()> {
        for notification in self.heard.take() {
            self.apply(&row(notification), at)?;
        }
        Ok(())
    }

    fn apply(&mut self, event: &TableNotification, at: &str) -> Result<()> {
        self.note(event);
        match event.event {
            RowDeleted => {
                let place = self.place(&event.index, at);
                self.copy.remove(place);
            }
            RowModified => {
                let place = self.place(&event.index, at);
                self.copy.remove(place);
                self.insert(event, at);
            }
            RowAdded => {
                let known = self.copy.iter().any(|line| line.key == event.index.value);
                assert!(!known, "added twice: {}", self.tell(at));
                self.insert(event, at);
            }
            Changed | Reload => {
                self.reloads += 1;
                self.copy = read(&self.table)?;
                return Ok(());
            }
            other => panic!("{other:?}: {}", self.tell(at)),
        }
        self.singles += 1;
        Ok(())
    }

    /// Puts the row of an event behind the one it names.
    fn insert(&mut self, event: &TableNotification, at: &str) {
        let place = if event.prior.tag == PropTag::NULL {
            0
        } else {
            self.place(&event.prior, at) + 1
        };
        let line = line(event.row.as_ref().unwrap());
        assert_eq!(line.key, event.index.value, "{}", self.tell(at));
        self.copy.insert(place, line);
    }

    /// Where the row of this key is.
    fn place(&self, key: &Prop, at: &str) -> usize {
        let found = self.copy.iter().position(|line| line.key == key.value);
        found.unwrap_or_else(|| panic!("no row {:?}: {}", key.value, self.tell(at)))
    }

    /// Compares the copy with what the table shows.
    pub(super) fn check(&self, at: &str) -> Result<()> {
        let fresh = read(&self.table)?;
        if let Some(n) =
            (0..fresh.len().max(self.copy.len())).find(|n| fresh.get(*n) != self.copy.get(*n))
        {
            panic!(
                "{} rows, copy of {}; first difference in row {n}:\n  table {:?}\n  copy  {:?}\n{}",
                fresh.len(),
                self.copy.len(),
                fresh.get(n),
                self.copy.get(n),
                self.tell(at)
            );
        }
        Ok(())
    }

    /// Most of what happens is told row by row, or following it would be no better than reading everything again.
    pub(super) fn judge(&self) {
        let (singles, reloads) = (self.singles, self.reloads);
        assert!(
            singles > 0 && singles >= 20 * reloads.saturating_sub(FREE),
            "{}: {singles} events of rows, {reloads} of the whole table",
            self.name
        );
    }

    fn note(&mut self, event: &TableNotification) {
        if self.last.len() == 12 {
            self.last.remove(0);
        }
        let row = event.row.as_ref();
        let subject = row.and_then(|r| r.get(tags::SUBJECT).or_else(|| r.get(tags::DISPLAY_NAME)));
        self.last.push(format!(
            "{:?} {:?} {subject:?} after {:?}",
            event.event, event.index.value, event.prior.value
        ));
    }

    fn tell(&self, at: &str) -> String {
        format!("{}, {at}; {}", self.name, self.last.join("\n  "))
    }
}

fn read(table: &Table) -> Result<Vec<Line>> {
    Ok(table.query_all_rows(0)?.iter().map(line).collect())
}

fn line(row: &TableRow) -> Line {
    Line {
        key: row.value(tags::INSTANCE_KEY).unwrap().clone(),
        cells: row.cells().to_vec(),
    }
}
