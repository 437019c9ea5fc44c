//! Categorised tables against a naive model: random windows, bookmarks, searches, sort orders, expanding and collapsing, while
//! rows come, go and change. Requirements TAB-16 to TAB-18.

mod outline;

use std::collections::{BTreeMap, HashMap};

use mapi::{
    Bookmark, Code, DeleteFlags, Direction, Folder, MapiProp, PropName, PropTag, PropType,
    PropValue, ReadFlags, RelOp, Restriction, Result, RowFlags, SaveFlags, SortOrder, Table,
    TableRow, columns, guids, tags,
};
use testkit::Chance;

use self::outline::{By, Filter, Item, Line, Outline, Path, Place, Row, Sort, Value, What};
use crate::fixture::{code, draft, edit, prop};
use crate::{Fixture, Ground};

/// Bookmarks held at a time.
const MARKS: usize = 6;

/// Walks random steps, `steps` of them or `MALLE_TABLE_STEPS`, over categorised tables, comparing every answer with the
/// model's: half of them over a few messages, half over some thirty. `MALLE_SEED` chooses another walk.
///
/// # Errors
/// Those of any call that must work.
///
/// # Panics
/// When an answer differs from the model's.
pub fn category_model(ground: impl Fn() -> Box<dyn Ground>, steps: u64) -> Result<()> {
    let steps = std::env::var("MALLE_TABLE_STEPS").map_or(steps, |s| s.parse().unwrap());
    for (seed, size) in [(11, 5), (12, 30)] {
        let fixture = Fixture::new(ground())?;
        let mut walk = Walk::new(&fixture, Chance::from_environment(seed), size)?;
        for step in 0..steps / 2 {
            walk.steps = step;
            walk.step()?;
        }
    }
    Ok(())
}

/// Whether a row is one that is looked for.
type Wanted = Box<dyn Fn(&Line) -> bool>;

struct Walk {
    chance: Chance,
    steps: u64,
    /// The folder as the table's session has it, and as another session has it.
    folders: [Folder; 2],
    table: Table,
    words: PropTag,
    model: Outline,
    marks: HashMap<Bookmark, Option<Line>>,
    /// A collapse state, what was expanded then, and its row.
    saved: Option<(Vec<u8>, BTreeMap<Path, bool>, Line)>,
    size: usize,
}

impl Walk {
    fn new(fixture: &Fixture, chance: Chance, size: usize) -> Result<Self> {
        let folder = fixture.folder("Model")?;
        let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
        let words = fixture.store()?.named_tag(&name, PropType::MV_UNICODE)?;
        let there = fixture.second_session()?.default_store()?;
        let model = Outline {
            items: Vec::new(),
            filter: Filter::All,
            sort: Sort::default(),
            folds: BTreeMap::new(),
            cursor: Place::Start,
        };
        let mut walk = Self {
            chance,
            steps: 0,
            table: folder.contents().open()?,
            folders: [folder, there.folder("Inbox/Model")?],
            words,
            model,
            marks: HashMap::new(),
            saved: None,
            size,
        };
        for _ in 0..size {
            walk.add()?;
        }
        walk.sort()?;
        Ok(walk)
    }

    fn step(&mut self) -> Result<()> {
        match self.chance.below(100) {
            0..16 => self.read(),
            16..25 => self.seek(),
            25..35 => self.find(),
            35..41 => self.mark(),
            41..45 => self.seek_fraction(),
            45..50 => self.rows_by_number(),
            50..60 => self.toggle_heading(),
            60..63 => self.save_or_restore(),
            63..67 => self.sort(),
            67..70 => self.restrict(),
            _ => self.mutate(),
        }?;
        self.position()
    }

    fn read(&mut self) -> Result<()> {
        let count = self.distance();
        if count == 0 {
            return Ok(());
        }
        let stay = self.chance.percent(25);
        let flags = if stay {
            RowFlags::NO_ADVANCE
        } else {
            RowFlags::NONE
        };
        let rows = self.table.query_rows_with(count, flags)?;
        let view = self.model.view();
        let at = self.model.index(&view, &self.model.cursor);
        let many = usize::try_from(count.unsigned_abs()).unwrap();
        let range = if count > 0 {
            at..(at + many).min(view.len())
        } else {
            at.saturating_sub(many)..at
        };
        self.same(&rows, &view[range.clone()]);
        if let (Some(first), Some(last)) = (view[range.clone()].first(), view[range].last()) {
            self.model.cursor = if stay {
                Place::Before(first.clone())
            } else {
                Place::After(last.clone())
            };
        }
        Ok(())
    }

    fn seek(&mut self) -> Result<()> {
        let (from, place, lost) = self.bookmark();
        let count = self.distance();
        let moved = self.table.seek_row(from, count)?;
        let view = self.model.view();
        let at = i64::try_from(self.model.index(&view, &place)).unwrap();
        let to = (at + count).clamp(0, i64::try_from(view.len()).unwrap());
        let line = |n: i64| view[usize::try_from(n).unwrap()].clone();
        self.model.cursor = match to.cmp(&at) {
            std::cmp::Ordering::Equal => place,
            std::cmp::Ordering::Greater => Place::After(line(to - 1)),
            std::cmp::Ordering::Less => Place::Before(line(to)),
        };
        let told = (moved.value, moved.warning.is_some());
        assert_eq!(
            told,
            (to - at, lost),
            "step {}: {from:?} {count}",
            self.steps
        );
        Ok(())
    }

    fn find(&mut self) -> Result<()> {
        let (from, place, lost) = self.bookmark();
        let direction = *self.chance.pick(&[Direction::Forward, Direction::Backward]);
        let view = self.model.view();
        let by_key = self.chance.percent(40);
        let (restriction, wanted): (_, Wanted) = if by_key {
            let Some((key, line)) = self.some_row(&view)? else {
                return Ok(());
            };
            let key = Restriction::property(tags::INSTANCE_KEY, RelOp::Eq, key);
            // A key inside another restriction is looked for row by row.
            let wrapped = self.chance.percent(50);
            let key = if wrapped {
                Restriction::And(vec![key])
            } else {
                key
            };
            (key, Box::new(move |l: &Line| l.is(&line)))
        } else {
            let filter = self.filter();
            let Some(restriction) = filter.restriction() else {
                return Ok(());
            };
            (restriction, Box::new(move |l: &Line| l.matches(filter)))
        };
        let found = self.table.find_row(&restriction, from, direction);
        let (before, behind) = view.split_at(self.model.index(&view, &place));
        let line = match direction {
            Direction::Forward => behind.iter().find(|l| wanted(l)),
            Direction::Backward => before.iter().rev().find(|l| wanted(l)),
        };
        match line {
            None => assert_eq!(code(found), Code::NOT_FOUND, "step {}", self.steps),
            Some(line) => {
                let found = found?;
                assert_eq!(found.warning.is_some(), lost, "step {}", self.steps);
                self.same(&[found.value], std::slice::from_ref(line));
                self.model.cursor = Place::Before(line.clone());
            }
        }
        Ok(())
    }

    /// A row in view and its instance key.
    fn some_row(&mut self, view: &[Line]) -> Result<Option<(Vec<u8>, Line)>> {
        if view.is_empty() {
            return Ok(None);
        }
        let at = self.chance.in_range(0..view.len());
        let rows = self.table.rows(at as u64..at as u64 + 1)?;
        let key = rows[0].get(tags::INSTANCE_KEY).unwrap();
        Ok(Some((key, view[at].clone())))
    }

    fn mark(&mut self) -> Result<()> {
        if self.marks.len() >= MARKS {
            let mark = *self.marks.keys().min_by_key(|m| format!("{m:?}")).unwrap();
            self.marks.remove(&mark);
            return self.table.free_bookmark(mark);
        }
        let view = self.model.view();
        let at = self.model.index(&view, &self.model.cursor);
        let mark = self.table.create_bookmark()?;
        self.marks.insert(mark, view.get(at).cloned());
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
            let line = view.get(usize::try_from(row).unwrap());
            line.map_or(Place::Start, |l| Place::Before(l.clone()))
        };
        Ok(())
    }

    fn rows_by_number(&mut self) -> Result<()> {
        let view = self.model.view();
        let from = self.chance.in_range(0..view.len() + 2);
        let to = from + self.chance.in_range(0..9);
        let rows = self.table.rows(from as u64..to as u64)?;
        self.same(&rows, &view[from.min(view.len())..to.min(view.len())]);
        Ok(())
    }

    fn position(&self) -> Result<()> {
        let position = self.table.query_position()?;
        let view = self.model.view();
        let at = self.model.index(&view, &self.model.cursor) as u64;
        let rows = view.len() as u64;
        let told = (position.row, position.denominator, self.table.row_count()?);
        assert_eq!(told, (at, rows.max(1), rows), "step {}", self.steps);
        Ok(())
    }

    fn toggle_heading(&mut self) -> Result<()> {
        let view = self.model.view();
        let Some((key, line)) = self.some_row(&view)? else {
            return Ok(());
        };
        let expand = self.chance.percent(65);
        let count = self.chance.below(6);
        let What::Heading { path, .. } = &line.what else {
            let none = if expand {
                code(self.table.expand_row(&key, count))
            } else {
                code(self.table.collapse_row(&key))
            };
            assert_eq!(none, Code::NOT_FOUND, "step {}: no heading", self.steps);
            return Ok(());
        };
        self.model.folds.insert(path.clone(), expand);
        let now = self.model.view();
        let changed = now.len().abs_diff(view.len());
        if !expand {
            let gone = self.table.collapse_row(&key)?;
            assert_eq!(gone, changed as u64, "step {}", self.steps);
            return Ok(());
        }
        let expanded = self.table.expand_row(&key, count)?;
        assert_eq!(expanded.added, changed as u64, "step {}", self.steps);
        let below = now.iter().position(|l| l.is(&line)).unwrap() + 1;
        let shown = changed.min(usize::try_from(count).unwrap());
        self.same(&expanded.rows, &now[below..below + shown]);
        self.model.cursor = Place::After(now[below + shown - 1].clone());
        Ok(())
    }

    fn save_or_restore(&mut self) -> Result<()> {
        let Some((bytes, folds, line)) = self.saved.clone() else {
            let view = self.model.view();
            if let Some((key, line)) = self.some_row(&view)? {
                let bytes = self.table.collapse_state(&key)?;
                self.saved = Some((bytes, self.model.folds.clone(), line));
            }
            return Ok(());
        };
        let mark = self.table.set_collapse_state(&bytes)?;
        self.model.folds = folds;
        self.marks.insert(mark, Some(line));
        self.saved = None;
        Ok(())
    }

    fn sort(&mut self) -> Result<()> {
        let mut by = vec![By::Subject, By::Importance, By::Word];
        self.chance.shuffle(&mut by);
        let categories = self.chance.in_range(1..3);
        let mut sort = Sort::default();
        for n in 0..categories {
            let direction = *self.chance.pick(&[SortOrder::Ascend, SortOrder::Descend]);
            let combine = n > 0
                && sort
                    .keys
                    .last()
                    .is_some_and(|(_, o)| !orders_categories(*o))
                && self.chance.percent(30);
            let order = if combine {
                SortOrder::Combine
            } else {
                direction
            };
            sort.keys.push((by.pop().unwrap(), order));
            if self.chance.percent(35) {
                let extreme = *self
                    .chance
                    .pick(&[SortOrder::CategMax, SortOrder::CategMin]);
                let of = *self.chance.pick(&[By::Subject, By::Importance, By::Word]);
                sort.keys.push((of, extreme));
            }
        }
        // The last one that orders a category may count as one of the category keys, or follow them.
        let last = sort.keys.last().is_some_and(|(_, o)| orders_categories(*o));
        sort.categories = sort.keys.len() - usize::from(last && self.chance.percent(50));
        while self.chance.percent(40) {
            let Some(by) = by.pop() else { break };
            let order = *self.chance.pick(&[SortOrder::Ascend, SortOrder::Descend]);
            sort.keys.push((by, order));
        }
        sort.expanded = self.chance.in_range(0..sort.categories + 1);
        let instance = self
            .words
            .with_type(PropType(PropType::MV_UNICODE.0 | 0x2000));
        let shown = if sort.has_words() {
            instance
        } else {
            PropTag::NULL
        };
        self.table
            .set_columns([COLUMNS.as_slice(), &[shown]].concat())?;
        self.table.sort(sort.order_set(instance))?;
        self.model.sort = sort;
        self.model.folds.clear();
        self.rewound();
        Ok(())
    }

    fn restrict(&mut self) -> Result<()> {
        self.model.filter = self.filter();
        self.table.restrict(self.model.filter.restriction())?;
        self.rewound();
        Ok(())
    }

    fn rewound(&mut self) {
        self.model.cursor = Place::Start;
        self.saved = None;
        for (mark, _) in self.marks.drain() {
            assert_eq!(code(self.table.seek_row(mark, 0)), Code::INVALID_BOOKMARK);
        }
    }

    fn mutate(&mut self) -> Result<()> {
        let items = self.model.items.len();
        let full = items > self.size + self.size / 4;
        let kind = self.chance.below(if full { 60 } else { 100 });
        if kind >= 60 || items == 0 {
            return self.add();
        }
        let folder = self.chance.pick(&self.folders).clone();
        let at = self.chance.in_range(0..items);
        let id = self.model.items[at].row.id.clone();
        match kind {
            0..22 => {
                self.model.items.swap_remove(at);
                let flags = *self
                    .chance
                    .pick(&[DeleteFlags::NONE, DeleteFlags::HARD_DELETE]);
                assert_eq!(folder.delete_messages(&[id], flags)?.value.done, 1);
            }
            22..45 => {
                let words = self.some_words();
                let item = &mut self.model.items[at];
                item.row.subject = subject(&mut self.chance);
                item.row.importance = importance(&mut self.chance);
                item.words = words;
                let (set, cleared) = props(item, self.words);
                let message = edit(&folder, &id)?;
                assert_eq!(message.set_props(&set)?, []);
                if !cleared.is_empty() {
                    message.delete_props(&cleared)?;
                }
                message.save_changes(SaveFlags::NONE)?;
            }
            _ => {
                let row = &mut self.model.items[at].row;
                row.read = !row.read;
                let flags = if row.read {
                    ReadFlags::NONE
                } else {
                    ReadFlags::CLEAR_READ_FLAG
                };
                folder.set_read_flags(Some(&[id]), flags)?.ignore_warning();
            }
        }
        Ok(())
    }

    fn add(&mut self) -> Result<()> {
        let read = self.chance.percent(50);
        let folder = self.chance.pick(&self.folders).clone();
        let message = draft(&folder, &[prop(tags::MESSAGE_FLAGS, i32::from(read))])?;
        let mut item = Item {
            row: Row {
                item: mapi_spi::ItemId(0),
                id: message
                    .entry_id()
                    .unwrap_or_else(|| mapi::EntryId::from(Vec::new())),
                subject: subject(&mut self.chance),
                importance: importance(&mut self.chance),
                read,
            },
            words: self.some_words(),
        };
        let (set, _) = props(&item, self.words);
        assert_eq!(message.set_props(&set)?, []);
        message.save_changes(SaveFlags::NONE)?;
        item.row.item = message.item().unwrap();
        item.row.id = message.entry_id().unwrap();
        self.model.items.push(item);
        Ok(())
    }

    fn some_words(&mut self) -> Vec<String> {
        let count = self.chance.in_range(0..4);
        let word = |chance: &mut Chance| (*chance.pick(&["red", "blue", "green"])).to_owned();
        (0..count).map(|_| word(&mut self.chance)).collect()
    }

    /// A bookmark, its place in the model, and whether its row is out of view.
    fn bookmark(&mut self) -> (Bookmark, Place, bool) {
        let mut all: Vec<Bookmark> = self.marks.keys().copied().collect();
        all.sort_by_key(|m| format!("{m:?}"));
        all.extend([Bookmark::Beginning, Bookmark::Current, Bookmark::End]);
        let chosen = *self.chance.pick(&all);
        let (place, lost) = match chosen {
            Bookmark::Beginning => (Place::Start, false),
            Bookmark::Current => (self.model.cursor.clone(), false),
            Bookmark::End => (Place::End, false),
            Bookmark::Custom(_) => match &self.marks[&chosen] {
                Some(line) => self.model.follow(line),
                None => (Place::End, false),
            },
        };
        (chosen, place, lost)
    }

    fn distance(&mut self) -> i64 {
        let far = if self.chance.percent(8) { 600 } else { 12 };
        i64::try_from(self.chance.below(2 * far + 1)).unwrap() - i64::try_from(far).unwrap()
    }

    fn filter(&mut self) -> Filter {
        match self.chance.below(6) {
            0 => Filter::AtLeast(i32::try_from(self.chance.below(5)).unwrap() - 2),
            1 => Filter::WithoutImportance,
            2 => Filter::Begins(*self.chance.pick(&['a', 'b', 'c', 'd'])),
            3 => Filter::Unread,
            _ => Filter::All,
        }
    }

    #[track_caller]
    fn same(&self, rows: &[TableRow], expected: &[Line]) {
        let seen: Vec<Seen> = rows.iter().map(|r| seen(r, self.words)).collect();
        let expected: Vec<Seen> = expected.iter().map(|l| shown(&l.what)).collect();
        assert_eq!(seen, expected, "step {}", self.steps);
    }
}

const COLUMNS: [PropTag; 8] = [
    tags::SUBJECT.raw(),
    tags::IMPORTANCE.raw(),
    tags::MESSAGE_FLAGS.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::DEPTH.raw(),
    tags::ROW_TYPE.raw(),
    tags::CONTENT_COUNT.raw(),
    tags::CONTENT_UNREAD.raw(),
];

/// Type, depth, rows and unread rows below; item; subject, importance and word.
type Seen = (
    (i32, usize, Option<i32>, Option<i32>),
    u64,
    (Option<String>, Option<i32>, Option<String>),
);

fn seen(row: &TableRow, words: PropTag) -> Seen {
    let depth = usize::try_from(row.get(tags::DEPTH).unwrap()).unwrap();
    let word = row.value(words).and_then(PropValue::as_str);
    (
        (
            row.get(tags::ROW_TYPE).unwrap(),
            depth,
            row.get(tags::CONTENT_COUNT),
            row.get(tags::CONTENT_UNREAD),
        ),
        row.item().0,
        (
            row.get(tags::SUBJECT),
            row.get(tags::IMPORTANCE),
            word.map(str::to_owned),
        ),
    )
}

fn shown(what: &What) -> Seen {
    match what {
        What::Leaf {
            row, word, depth, ..
        } => (
            (1, *depth, None, None),
            row.item.0,
            (row.subject.clone(), row.importance, word.clone()),
        ),
        What::Heading {
            path,
            expanded,
            count,
            unread,
        } => {
            let of = |wanted: By| {
                let mut all = path.iter().flatten();
                all.find(|(by, _)| *by == wanted)
                    .and_then(|(_, v)| v.clone())
            };
            let text = |by| match of(by) {
                Some(Value::Text(text)) => Some(text),
                _ => None,
            };
            let importance = match of(By::Importance) {
                Some(Value::Number(n)) => Some(n),
                _ => None,
            };
            let kind = if *expanded { 3 } else { 4 };
            (
                (kind, path.len() - 1, Some(*count), Some(*unread)),
                0,
                (text(By::Subject), importance, text(By::Word)),
            )
        }
    }
}

/// A subject of few letters, so that many are equal; sometimes none.
fn subject(chance: &mut Chance) -> Option<String> {
    if chance.percent(12) {
        return None;
    }
    let length = chance.in_range(1..3);
    let letters = (0..length).map(|_| *chance.pick(&["a", "b", "c", "d"]));
    Some(letters.collect())
}

fn importance(chance: &mut Chance) -> Option<i32> {
    let some = chance.percent(75);
    some.then(|| i32::try_from(chance.below(5)).unwrap() - 2)
}

const fn orders_categories(order: SortOrder) -> bool {
    matches!(order, SortOrder::CategMax | SortOrder::CategMin)
}

/// What to set of a message, and what to delete.
fn props(item: &Item, words: PropTag) -> (Vec<(PropTag, PropValue)>, Vec<PropTag>) {
    // Never nothing.
    let mut set = vec![prop(tags::SENDER_NAME, "Ann")];
    let mut cleared = Vec::new();
    match &item.row.subject {
        Some(text) => set.push(prop(tags::SUBJECT, text.as_str())),
        None => cleared.extend(columns![tags::SUBJECT]),
    }
    match item.row.importance {
        Some(n) => set.push(prop(tags::IMPORTANCE, n)),
        None => cleared.extend(columns![tags::IMPORTANCE]),
    }
    if item.words.is_empty() {
        cleared.push(words);
    } else {
        set.push((words, PropValue::MvUnicode(item.words.clone())));
    }
    (set, cleared)
}
