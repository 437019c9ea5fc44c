//! Tables against a naive model: random windows, bookmarks, sorts and filters while rows come, go and change.
//! Requirements TAB-11 to TAB-14, TAB-22, STO-09.2.

mod model;
mod worlds;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mapi::{Bookmark, Code, Depth, Direction, Result, RowFlags, SortOrder, Table};
use mapi_spi::ItemId;
use testkit::Chance;

use self::model::{By, Filter, Looks, Model, Place, Row, Spec};
use self::worlds::{Attachments, Data, Folders, Kind, Messages, Recipients, World};
use crate::fixture::code;
use crate::{Fixture, Ground};

/// Enough rows for a store to keep an index of an order.
const LARGE: usize = 1500;
/// Bookmarks held at a time.
const MARKS: usize = 6;

/// Walks random steps, `steps` of them or `MALLE_TABLE_STEPS`, comparing every answer with the model's: over messages of a
/// folder that is often empty, that holds some forty and that holds fifteen hundred, over associated and deleted ones, over
/// messages that make a row of each keyword, over folders one level and all levels deep, over recipients, attachments and
/// rows that a program keeps. `MALLE_SEED` chooses another walk, `MALLE_TABLE` only the one of that name.
///
/// # Errors
/// Those of any call that must work.
///
/// # Panics
/// When an answer differs from the model's.
pub fn table_model(ground: impl Fn() -> Box<dyn Ground>, steps: u64) -> Result<()> {
    let steps = std::env::var("MALLE_TABLE_STEPS").map_or(steps, |s| s.parse().unwrap());
    let only = std::env::var("MALLE_TABLE").unwrap_or_default();
    for (seed, (name, size, percent)) in (1..).zip(WALKS) {
        if !name.contains(&only) {
            continue;
        }
        let fixture = Fixture::new(ground())?;
        let mut chance = Chance::from_environment(seed);
        let world = world(&fixture, name, &mut chance, size)?;
        let mut walk = Walk::new(name, world, chance, size)?;
        while walk.steps < steps * percent / 100 {
            walk.step()?;
        }
    }
    Ok(())
}

/// What is walked over, with about how many objects, for how much of the steps.
const WALKS: [(&str, usize, u64); 11] = [
    ("few messages", 3, 15),
    ("messages", 40, 15),
    ("many messages", LARGE, 5),
    ("associated", 12, 8),
    ("deleted", 12, 7),
    ("instances", 15, 15),
    ("children", 10, 8),
    ("tree", 14, 10),
    ("recipients", 10, 6),
    ("attachments", 8, 6),
    ("table data", 12, 5),
];

fn world(
    fixture: &Fixture,
    name: &str,
    chance: &mut Chance,
    size: usize,
) -> Result<Box<dyn World>> {
    let kind = match name {
        "associated" => Kind::Associated,
        "deleted" => Kind::Deleted,
        "instances" => Kind::Instances,
        _ => Kind::Contents,
    };
    Ok(match name {
        "children" => Box::new(Folders::new(fixture, Depth::Children, chance, size)?),
        "tree" => Box::new(Folders::new(fixture, Depth::All, chance, size)?),
        "recipients" => Box::new(Recipients::new(fixture, chance, size)?),
        "attachments" => Box::new(Attachments::new(fixture, chance, size)?),
        "table data" => Box::new(Data::new(chance, size)?),
        _ => Box::new(Messages::new(fixture, kind, chance, size)?),
    })
}

/// What a bookmark marks: a row as it was then, or the end.
type Mark = Option<Row>;

struct Walk {
    name: &'static str,
    world: Box<dyn World>,
    looks: Looks,
    chance: Chance,
    steps: u64,
    table: Table,
    model: Model,
    marks: HashMap<Bookmark, Mark>,
    /// Objects stay about this many.
    size: usize,
}

impl Walk {
    fn new(name: &'static str, world: Box<dyn World>, chance: Chance, size: usize) -> Result<Self> {
        let (table, looks) = (world.table()?, world.looks());
        let spec = Spec {
            filter: Filter::All,
            sort: looks.own.clone(),
        };
        let model = Model {
            rows: world.rows(),
            spec,
            cursor: Place::Start,
        };
        Ok(Self {
            name,
            world,
            looks,
            chance,
            steps: 0,
            table,
            model,
            marks: HashMap::new(),
            size,
        })
    }

    /// Where the walk is, for whom an answer surprises.
    fn at(&self) -> String {
        format!("{}, step {}", self.name, self.steps)
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
        assert_eq!(read, self.model.read(count, stay), "{}", self.at());
        Ok(())
    }

    fn read_window(&self, count: i64, flags: RowFlags) -> Result<Vec<Row>> {
        let rows = self.table.query_rows_with(count, flags)?;
        Ok(rows.iter().map(|row| self.looks.row(row)).collect())
    }

    fn seek(&mut self) -> Result<()> {
        let (from, place, lost) = self.bookmark();
        let count = self.distance();
        let moved = self.table.seek_row(from, count)?;
        let expected = self.model.seek(place, count);
        assert_eq!(
            (moved.value, moved.warning.is_some()),
            (expected, lost),
            "{}: {from:?} {count}",
            self.at()
        );
        Ok(())
    }

    fn find(&mut self) -> Result<()> {
        let (from, place, lost) = self.bookmark();
        let direction = *self.chance.pick(&[Direction::Forward, Direction::Backward]);
        let what = self.filter();
        let Some(restriction) = self.looks.restriction(what) else {
            return Ok(());
        };
        let found = self.table.find_row(&restriction, from, direction);
        match self.model.find(what, &place, direction) {
            None => assert_eq!(code(found), Code::NOT_FOUND, "{}", self.at()),
            Some(row) => {
                let found = found?;
                assert_eq!(
                    (self.looks.row(&found.value), found.warning.is_some()),
                    (row, lost),
                    "{}",
                    self.at()
                );
            }
        }
        Ok(())
    }

    fn mark(&mut self) -> Result<()> {
        if !self.looks.bookmarks {
            assert_eq!(code(self.table.create_bookmark()), Code::NO_SUPPORT);
            return Ok(());
        }
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
        let rows: Vec<Row> = rows.iter().map(|row| self.looks.row(row)).collect();
        let expected = &view[from.min(view.len())..to.min(view.len())];
        assert_eq!(rows, expected, "{}: {from}..{to}", self.at());
        Ok(())
    }

    fn change_view(&mut self) -> Result<()> {
        if self.chance.percent(50) {
            self.model.spec.filter = self.filter();
            let restriction = self.looks.restriction(self.model.spec.filter);
            self.table.restrict(restriction)?;
        } else {
            let order = [SortOrder::Ascend, SortOrder::Descend];
            let mut keys = vec![By::Text, By::Number];
            self.chance.shuffle(&mut keys);
            keys.truncate(self.chance.in_range(0..3));
            let keyed = |by| (by, *self.chance.pick(&order));
            let sort: Vec<_> = keys.into_iter().map(keyed).collect();
            self.table.sort(self.looks.order_set(&sort))?;
            self.model.spec.sort = if sort.is_empty() {
                self.looks.own.clone()
            } else {
                sort
            };
        }
        self.model.cursor = Place::Start;
        for (mark, _) in self.marks.drain() {
            assert_eq!(code(self.table.seek_row(mark, 0)), Code::INVALID_BOOKMARK);
        }
        Ok(())
    }

    fn count(&self) -> Result<()> {
        let rows = self.table.row_count()?;
        assert_eq!(rows, self.model.view().len() as u64, "{}", self.at());
        Ok(())
    }

    fn position(&self) -> Result<()> {
        let position = self.table.query_position()?;
        let view = self.model.view();
        let at = self.model.index(&view, &self.model.cursor) as u64;
        let told = (position.row, position.numerator, position.denominator);
        let rows = (view.len() as u64).max(1);
        let spec = (&self.model.spec, &self.model.cursor);
        assert_eq!(told, (at, at, rows), "{}: {spec:?}", self.at());
        Ok(())
    }

    /// STO-09.2: reads the table from end to end in windows while rows come, go and change. What did not change meanwhile is
    /// read exactly once.
    fn traverse(&mut self) -> Result<()> {
        self.table
            .seek_row(Bookmark::Beginning, 0)?
            .ignore_warning();
        self.model.cursor = Place::Start;
        let key = |row: &Row| (row.item, row.instance);
        let mut untouched: BTreeSet<(ItemId, u32)> = self.model.view().iter().map(key).collect();
        let mut seen: BTreeMap<(ItemId, u32), u32> = BTreeMap::new();
        let window = i64::try_from(self.size / 12 + self.chance.in_range(1..6)).unwrap();
        loop {
            self.steps += 1;
            let rows = self.read_window(window, RowFlags::NONE)?;
            assert_eq!(rows, self.model.read(window, false), "{}", self.at());
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                *seen.entry(key(row)).or_default() += 1;
            }
            for _ in 0..self.chance.in_range(0..4) {
                self.steps += 1;
                let touched = self.mutate()?;
                untouched.retain(|(item, _)| !touched.contains(item));
            }
        }
        for row in untouched {
            assert_eq!(seen.get(&row), Some(&1), "row {row:?}, {}", self.at());
        }
        Ok(())
    }

    /// Adds, changes or takes away something; which objects were touched, those that are new aside.
    fn mutate(&mut self) -> Result<Vec<ItemId>> {
        let touched = self.world.mutate(&mut self.chance, self.size)?;
        self.model.rows = self.world.rows();
        Ok(touched)
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
            1 => Filter::WithoutNumber,
            2 | 3 => Filter::Begins(*self.chance.pick(&['a', 'b', 'c', 'd'])),
            4 if self.looks.flags => Filter::Unread,
            _ => Filter::All,
        }
    }
}
