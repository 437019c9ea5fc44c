//! Tables against a naive model: random windows, bookmarks, sorts and filters while rows come, go and change.
//! Requirements TAB-11 to TAB-14, STO-09.2.

mod model;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mapi::{
    Bookmark, Code, DeleteFlags, Direction, Folder, ImportItem, ImportOptions, MapiProp,
    MessageTree, ReadFlags, Result, RowFlags, SaveFlags, SortOrder, Table, TableRow, columns,
    message_flags, tags,
};
use mapi_spi::ItemId;
use testkit::Chance;

use self::model::{By, Filter, Model, Place, Row, Spec};
use crate::fixture::{code, draft, edit, prop};
use crate::{Fixture, Ground};

/// Enough rows for a store to keep an index of an order.
const LARGE: usize = 1500;
/// Bookmarks held at a time.
const MARKS: usize = 6;

/// Walks random steps, `steps` of them or `MALLE_TABLE_STEPS`, comparing every answer with the model's: half of them over a
/// folder of a few messages, which is often empty, half over one of some forty, and a twentieth more over one of
/// fifteen hundred. `MALLE_SEED` chooses another walk.
///
/// # Errors
/// Those of any call that must work.
///
/// # Panics
/// When an answer differs from the model's.
pub fn table_model(ground: impl Fn() -> Box<dyn Ground>, steps: u64) -> Result<()> {
    let steps = std::env::var("MALLE_TABLE_STEPS").map_or(steps, |s| s.parse().unwrap());
    let walks = [(3, steps / 2), (40, steps / 2), (LARGE, steps / 20)];
    for (seed, (rows, steps)) in (1..).zip(walks) {
        let fixture = Fixture::new(ground())?;
        let mut walk = Walk::new(&fixture, Chance::from_environment(seed), rows)?;
        while walk.steps < steps {
            walk.step()?;
        }
    }
    Ok(())
}

/// What a bookmark marks: a row as it was then, or the end.
type Mark = Option<Row>;

struct Walk {
    chance: Chance,
    steps: u64,
    /// The folder as the table's session has it, and as another session has it.
    folders: [Folder; 2],
    table: Table,
    model: Model,
    marks: HashMap<Bookmark, Mark>,
    /// Rows stay about this many.
    size: usize,
}

impl Walk {
    fn new(fixture: &Fixture, mut chance: Chance, size: usize) -> Result<Self> {
        let folder = fixture.folder("Model")?;
        let there = fixture.second_session()?.default_store()?;
        let items = (0..size).map(|_| ImportItem {
            tree: tree(&mut chance),
            flags: if chance.percent(50) {
                message_flags::READ
            } else {
                0
            },
            source: None,
        });
        folder.import(items.collect(), ImportOptions::default())?;
        let table = folder.contents().columns(COLUMNS).open()?;
        let rows = table.query_all_rows(0)?.iter().map(row_of).collect();
        let spec = Spec {
            filter: Filter::All,
            sort: Vec::new(),
        };
        let model = Model {
            rows,
            spec,
            cursor: Place::Start,
        };
        Ok(Self {
            chance,
            steps: 0,
            folders: [folder, there.folder("Inbox/Model")?],
            table,
            model,
            marks: HashMap::new(),
            size,
        })
    }

    fn step(&mut self) -> Result<()> {
        self.steps += 1;
        match self.chance.below(100) {
            0..20 => self.read(),
            20..30 => self.seek(),
            30..40 => self.find(),
            40..46 => self.mark(),
            46..50 => self.free(),
            50..55 => self.seek_fraction(),
            55..60 => self.rows_by_number(),
            60..62 => self.change_view(),
            62..63 => self.traverse(),
            63..70 => self.count(),
            _ => self.mutate().map(drop),
        }?;
        self.position()
    }

    fn read(&mut self) -> Result<()> {
        let count = self.distance();
        let stay = self.chance.percent(25);
        let flags = if stay {
            RowFlags::NO_ADVANCE
        } else {
            RowFlags::NONE
        };
        if count == 0 {
            let none = self.table.query_rows_with(0, flags);
            assert_eq!(code(none), Code::INVALID_PARAMETER);
            return Ok(());
        }
        let read: Vec<Row> = self.read_window(count, flags)?;
        assert_eq!(read, self.model.read(count, stay), "step {}", self.steps);
        Ok(())
    }

    fn read_window(&self, count: i64, flags: RowFlags) -> Result<Vec<Row>> {
        let rows = self.table.query_rows_with(count, flags)?;
        Ok(rows.iter().map(row_of).collect())
    }

    fn seek(&mut self) -> Result<()> {
        let (from, place, lost) = self.bookmark();
        let count = self.distance();
        let moved = self.table.seek_row(from, count)?;
        let expected = self.model.seek(place, count);
        assert_eq!(
            (moved.value, moved.warning.is_some()),
            (expected, lost),
            "step {}: {from:?} {count}",
            self.steps
        );
        Ok(())
    }

    fn find(&mut self) -> Result<()> {
        let (from, place, lost) = self.bookmark();
        let direction = *self.chance.pick(&[Direction::Forward, Direction::Backward]);
        let what = self.filter();
        let Some(restriction) = what.restriction() else {
            return Ok(());
        };
        let found = self.table.find_row(&restriction, from, direction);
        match self.model.find(what, &place, direction) {
            None => assert_eq!(code(found), Code::NOT_FOUND, "step {}", self.steps),
            Some(row) => {
                let found = found?;
                assert_eq!(
                    (row_of(&found.value), found.warning.is_some()),
                    (row, lost),
                    "step {}",
                    self.steps
                );
            }
        }
        Ok(())
    }

    fn mark(&mut self) -> Result<()> {
        if self.marks.len() >= MARKS {
            return self.free();
        }
        let view = self.model.view();
        let at = self.model.index(&view, &self.model.cursor);
        let mark = self.table.create_bookmark()?;
        assert!(self.marks.insert(mark, view.get(at).cloned()).is_none());
        Ok(())
    }

    fn free(&mut self) -> Result<()> {
        let Some(mark) = self.marks.keys().min_by_key(|m| format!("{m:?}")).copied() else {
            return Ok(());
        };
        self.table.free_bookmark(mark)?;
        self.marks.remove(&mark);
        assert_eq!(
            code(self.table.seek_row(mark, 0)),
            Code::INVALID_BOOKMARK,
            "it is gone"
        );
        Ok(())
    }

    fn seek_fraction(&mut self) -> Result<()> {
        let denominator = self.chance.below(9) + 1;
        let numerator = self.chance.below(denominator + 2);
        self.table.seek_row_approx(numerator, denominator)?;
        let view = self.model.view();
        let row = view.len() as u64 * numerator / denominator;
        self.model.cursor = if numerator == 0 {
            Place::Start
        } else if numerator >= denominator {
            Place::End
        } else {
            let row = view.get(usize::try_from(row).unwrap());
            row.map_or(Place::Start, |r| Place::Before(r.clone()))
        };
        Ok(())
    }

    fn rows_by_number(&mut self) -> Result<()> {
        let view = self.model.view();
        let from = self.chance.in_range(0..view.len() + 2);
        let to = from + self.chance.in_range(0..9);
        let rows = self.table.rows(from as u64..to as u64)?;
        let rows: Vec<Row> = rows.iter().map(row_of).collect();
        let expected = &view[from.min(view.len())..to.min(view.len())];
        assert_eq!(rows, expected, "step {}: {from}..{to}", self.steps);
        Ok(())
    }

    fn change_view(&mut self) -> Result<()> {
        if self.chance.percent(50) {
            self.model.spec.filter = self.filter();
            self.table.restrict(self.model.spec.filter.restriction())?;
        } else {
            let order = [SortOrder::Ascend, SortOrder::Descend];
            let mut keys = vec![By::Subject, By::Importance];
            self.chance.shuffle(&mut keys);
            keys.truncate(self.chance.in_range(0..3));
            let keyed = |by| (by, *self.chance.pick(&order));
            self.model.spec.sort = keys.into_iter().map(keyed).collect();
            self.table.sort(self.model.spec.order_set())?;
        }
        self.model.cursor = Place::Start;
        for (mark, _) in self.marks.drain() {
            assert_eq!(code(self.table.seek_row(mark, 0)), Code::INVALID_BOOKMARK);
        }
        Ok(())
    }

    fn count(&self) -> Result<()> {
        let rows = self.table.row_count()?;
        assert_eq!(rows, self.model.view().len() as u64, "step {}", self.steps);
        Ok(())
    }

    fn position(&self) -> Result<()> {
        let position = self.table.query_position()?;
        let view = self.model.view();
        let at = self.model.index(&view, &self.model.cursor) as u64;
        let told = (position.row, position.numerator, position.denominator);
        let rows = (view.len() as u64).max(1);
        assert_eq!(told, (at, at, rows), "step {}", self.steps);
        Ok(())
    }

    /// STO-09.2: reads the table from end to end in windows while rows come, go and change. What did not change meanwhile is
    /// read exactly once.
    fn traverse(&mut self) -> Result<()> {
        self.table
            .seek_row(Bookmark::Beginning, 0)?
            .ignore_warning();
        self.model.cursor = Place::Start;
        let mut untouched: BTreeSet<ItemId> = self.model.view().iter().map(|r| r.item).collect();
        let mut seen: BTreeMap<ItemId, u32> = BTreeMap::new();
        let window = i64::try_from(self.size / 12 + self.chance.in_range(1..6)).unwrap();
        loop {
            self.steps += 1;
            let rows = self.read_window(window, RowFlags::NONE)?;
            assert_eq!(rows, self.model.read(window, false), "step {}", self.steps);
            if rows.is_empty() {
                break;
            }
            for row in rows {
                *seen.entry(row.item).or_default() += 1;
            }
            for _ in 0..self.chance.in_range(0..4) {
                self.steps += 1;
                if let Some(touched) = self.mutate()? {
                    untouched.remove(&touched);
                }
            }
        }
        for item in untouched {
            assert_eq!(seen.get(&item), Some(&1), "row {item}, step {}", self.steps);
        }
        Ok(())
    }

    /// Adds, changes, marks or deletes a message; which one was touched, unless it is new.
    fn mutate(&mut self) -> Result<Option<ItemId>> {
        let folder = self.chance.pick(&self.folders).clone();
        let rows = self.model.rows.len();
        let full = rows > self.size + self.size / 4;
        let kind = self.chance.below(if full { 60 } else { 100 });
        if kind >= 60 || rows == 0 {
            self.add(&folder)?;
            return Ok(None);
        }
        let at = self.chance.in_range(0..rows);
        let item = self.model.rows[at].item;
        match kind {
            0..25 => self.delete(&folder, at)?,
            25..45 => self.change(&folder, at)?,
            _ => self.toggle(&folder, at)?,
        }
        Ok(Some(item))
    }

    fn add(&mut self, folder: &Folder) -> Result<()> {
        let (subject, importance) = (subject(&mut self.chance), importance(&mut self.chance));
        let message = draft(folder, &[])?;
        if let Some(subject) = &subject {
            message.set(tags::SUBJECT, subject.as_str())?;
        }
        if let Some(importance) = importance {
            message.set(tags::IMPORTANCE, importance)?;
        }
        let read = self.chance.percent(50);
        message.set(tags::MESSAGE_FLAGS, i32::from(read))?;
        message.save_changes(SaveFlags::NONE)?;
        self.model.rows.push(Row {
            item: message.item().unwrap(),
            id: message.entry_id().unwrap(),
            subject,
            importance,
            read,
        });
        Ok(())
    }

    fn delete(&mut self, folder: &Folder, at: usize) -> Result<()> {
        let row = self.model.rows.swap_remove(at);
        let flags = *self
            .chance
            .pick(&[DeleteFlags::NONE, DeleteFlags::HARD_DELETE]);
        assert_eq!(folder.delete_messages(&[row.id], flags)?.value.done, 1);
        Ok(())
    }

    fn change(&mut self, folder: &Folder, at: usize) -> Result<()> {
        let row = &mut self.model.rows[at];
        let message = edit(folder, &row.id)?;
        if self.chance.percent(60) {
            row.subject = subject(&mut self.chance);
            match &row.subject {
                Some(text) => assert_eq!(
                    message.set_props(&[prop(tags::SUBJECT, text.as_str())])?,
                    []
                ),
                None => assert_eq!(message.delete_props(&columns![tags::SUBJECT])?, []),
            }
        } else {
            row.importance = importance(&mut self.chance);
            match row.importance {
                Some(n) => assert_eq!(message.set_props(&[prop(tags::IMPORTANCE, n)])?, []),
                None => assert_eq!(message.delete_props(&columns![tags::IMPORTANCE])?, []),
            }
        }
        message.save_changes(SaveFlags::NONE)
    }

    fn toggle(&mut self, folder: &Folder, at: usize) -> Result<()> {
        let row = &mut self.model.rows[at];
        row.read = !row.read;
        let flags = if row.read {
            ReadFlags::NONE
        } else {
            ReadFlags::CLEAR_READ_FLAG
        };
        let marked = folder.set_read_flags(Some(std::slice::from_ref(&row.id)), flags)?;
        assert_eq!(marked.warning, None);
        Ok(())
    }

    /// A bookmark, its place in the model, and whether its row is gone.
    fn bookmark(&mut self) -> (Bookmark, Place, bool) {
        let mut custom: Vec<Bookmark> = self.marks.keys().copied().collect();
        custom.sort_by_key(|m| format!("{m:?}"));
        let fixed = [Bookmark::Beginning, Bookmark::Current, Bookmark::End];
        let all = [custom, fixed.to_vec()].concat();
        let chosen = *self.chance.pick(&all);
        let (place, lost) = match chosen {
            Bookmark::Beginning => (Place::Start, false),
            Bookmark::Current => (self.model.cursor.clone(), false),
            Bookmark::End => (Place::End, false),
            Bookmark::Custom(_) => match &self.marks[&chosen] {
                Some(row) => self.model.follow(row),
                None => (Place::End, false),
            },
        };
        (chosen, place, lost)
    }

    /// A number of rows, forward or backward.
    fn distance(&mut self) -> i64 {
        let far = match self.chance.below(100) {
            0..3 => 2 * LARGE,
            3..12 => 200,
            _ => 12,
        };
        i64::try_from(self.chance.in_range(0..2 * far + 1)).unwrap() - i64::try_from(far).unwrap()
    }

    fn filter(&mut self) -> Filter {
        match self.chance.below(6) {
            0 => Filter::AtLeast(i32::try_from(self.chance.below(5)).unwrap() - 2),
            1 => Filter::WithoutImportance,
            2 | 3 => Filter::Begins(*self.chance.pick(&['a', 'b', 'c', 'd'])),
            4 => Filter::Unread,
            _ => Filter::All,
        }
    }
}

const COLUMNS: [mapi::PropTag; 3] = [
    tags::SUBJECT.raw(),
    tags::IMPORTANCE.raw(),
    tags::MESSAGE_FLAGS.raw(),
];

fn row_of(row: &TableRow) -> Row {
    let flags = row.get(tags::MESSAGE_FLAGS).unwrap().cast_unsigned();
    Row {
        item: row.item(),
        id: row.entry_id().clone(),
        subject: row.get(tags::SUBJECT),
        importance: row.get(tags::IMPORTANCE),
        read: flags & message_flags::READ != 0,
    }
}

/// A subject of few letters, so that many are equal and sort by their bytes; sometimes none.
fn subject(chance: &mut Chance) -> Option<String> {
    if chance.percent(12) {
        return None;
    }
    let letters = ["a", "b", "c", "d"];
    let length = chance.in_range(1..4);
    Some((0..length).map(|_| *chance.pick(&letters)).collect())
}

fn importance(chance: &mut Chance) -> Option<i32> {
    let some = chance.percent(75);
    some.then(|| i32::try_from(chance.below(5)).unwrap() - 2)
}

fn tree(chance: &mut Chance) -> MessageTree {
    let mut tree = MessageTree::default();
    if let Some(subject) = subject(chance) {
        tree.props.set(tags::SUBJECT, subject);
    }
    if let Some(importance) = importance(chance) {
        tree.props.set(tags::IMPORTANCE, importance);
    }
    tree
}
