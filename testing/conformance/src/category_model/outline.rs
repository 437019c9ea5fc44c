//! The naive categorised table: all rows in a list, grouped, sorted and folded anew for every question.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use mapi::{
    BitOp, EntryId, MatchKind, PropTag, RelOp, Restriction, SortColumn, SortOrder, SortOrderSet,
    message_flags, tags,
};
use mapi_spi::ItemId;

/// A message as far as the tables show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) item: ItemId,
    pub(super) id: EntryId,
    pub(super) subject: Option<String>,
    pub(super) importance: Option<i32>,
    pub(super) read: bool,
}

/// A restriction that the model understands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Filter {
    All,
    AtLeast(i32),
    WithoutImportance,
    Begins(char),
    Unread,
}

impl Filter {
    pub(super) fn restriction(self) -> Option<Restriction> {
        Some(match self {
            Self::All => return None,
            Self::AtLeast(n) => Restriction::property(tags::IMPORTANCE, RelOp::Ge, n),
            Self::WithoutImportance => Restriction::exist(tags::IMPORTANCE).negate(),
            Self::Begins(c) => {
                Restriction::content(tags::SUBJECT, MatchKind::Prefix, c.to_string())
            }
            Self::Unread => Restriction::Bitmask {
                op: BitOp::Zero,
                tag: tags::MESSAGE_FLAGS.into(),
                mask: message_flags::READ,
            },
        })
    }

    fn takes(self, row: &Row) -> bool {
        match self {
            Self::All => true,
            Self::AtLeast(n) => row.importance.is_some_and(|i| i >= n),
            Self::WithoutImportance => row.importance.is_none(),
            Self::Begins(c) => row.subject.as_ref().is_some_and(|s| s.starts_with(c)),
            Self::Unread => !row.read,
        }
    }
}

/// A sort key. Words are multi-valued: one row per word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    Subject,
    Importance,
    Word,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Text(String),
    Number(i32),
}

/// A message and its words.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) row: Row,
    pub(super) words: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Sort {
    pub(super) keys: Vec<(By, SortOrder)>,
    pub(super) categories: usize,
    pub(super) expanded: usize,
}

impl Sort {
    pub(super) fn order_set(&self, words: PropTag) -> SortOrderSet {
        let column = |(by, order): &(By, SortOrder)| SortColumn {
            tag: match by {
                By::Subject => tags::SUBJECT.raw(),
                By::Importance => tags::IMPORTANCE.raw(),
                By::Word => words,
            },
            order: *order,
        };
        let columns = self.keys.iter().map(column);
        let number = |n| u32::try_from(n).unwrap();
        SortOrderSet::by(columns).in_categories(number(self.categories), number(self.expanded))
    }

    pub(super) fn has_words(&self) -> bool {
        self.keys.iter().any(|(by, _)| *by == By::Word)
    }

    /// The keys of each level, the key that orders it, and whether it starts expanded.
    fn levels(&self) -> Vec<Level> {
        let mut levels: Vec<Level> = Vec::new();
        for (at, (by, order)) in self.keys.iter().enumerate() {
            let category = at < self.categories;
            match order {
                SortOrder::Combine => levels.last_mut().unwrap().keys.push(*by),
                SortOrder::CategMax => levels.last_mut().unwrap().extreme = Some((*by, true)),
                SortOrder::CategMin => levels.last_mut().unwrap().extreme = Some((*by, false)),
                _ if category => levels.push(Level {
                    keys: vec![*by],
                    descending: *order == SortOrder::Descend,
                    extreme: None,
                    expanded: false,
                }),
                _ => {}
            }
            if category {
                levels.last_mut().unwrap().expanded = at < self.expanded;
            }
        }
        levels
    }

    fn leaf_keys(&self) -> impl Iterator<Item = (By, bool)> {
        let rest = self.keys.iter().skip(self.categories);
        rest.filter(|(_, o)| !matches!(o, SortOrder::CategMax | SortOrder::CategMin))
            .map(|(by, order)| (*by, *order == SortOrder::Descend))
    }
}

struct Level {
    keys: Vec<By>,
    descending: bool,
    extreme: Option<(By, bool)>,
    expanded: bool,
}

/// What makes a category: the values of each level down to it.
pub(super) type Path = Vec<Vec<(By, Option<Value>)>>;

/// A value in its direction; missing ones are last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell(Option<Value>, bool);

impl Ord for Cell {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) if self.1 => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}

impl PartialOrd for Cell {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A step down the outline: a heading comes before all below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Heading,
    Category(Vec<Cell>),
    Leaf(Vec<Cell>, ItemId, u32),
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    place: Vec<Step>,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Heading {
        path: Path,
        expanded: bool,
        count: i32,
        unread: i32,
    },
    Leaf {
        row: Row,
        instance: u32,
        word: Option<String>,
        depth: usize,
    },
}

impl Line {
    /// Whether it is the same row at another time.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (&self.what, &other.what) {
            (What::Heading { path: a, .. }, What::Heading { path: b, .. }) => a == b,
            (
                What::Leaf {
                    row: a, instance, ..
                },
                What::Leaf {
                    row: b,
                    instance: other,
                    ..
                },
            ) => a.item == b.item && instance == other,
            _ => false,
        }
    }

    pub(super) fn matches(&self, filter: Filter) -> bool {
        match &self.what {
            What::Leaf { row, .. } => filter.takes(row),
            What::Heading { path, .. } => {
                let of = |wanted: By| {
                    let mut all = path.iter().flatten();
                    all.find(|(by, _)| *by == wanted)
                        .and_then(|(_, v)| v.clone())
                };
                match filter {
                    Filter::All => true,
                    Filter::AtLeast(n) => of(By::Importance) >= Some(Value::Number(n)),
                    Filter::WithoutImportance => of(By::Importance).is_none(),
                    Filter::Begins(c) => {
                        matches!(of(By::Subject), Some(Value::Text(s)) if s.starts_with(c))
                    }
                    Filter::Unread => false,
                }
            }
        }
    }
}

/// A gap between rows.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Start,
    End,
    Before(Line),
    After(Line),
}

#[derive(Debug)]
pub(super) struct Outline {
    pub(super) items: Vec<Item>,
    pub(super) filter: Filter,
    pub(super) sort: Sort,
    /// Headings that were expanded or collapsed.
    pub(super) folds: BTreeMap<Path, bool>,
    pub(super) cursor: Place,
}

/// A row that a message makes.
#[derive(Debug, Clone)]
struct Leaf {
    row: Row,
    instance: u32,
    word: Option<String>,
}

impl Leaf {
    fn value(&self, by: By) -> Option<Value> {
        match by {
            By::Subject => self.row.subject.clone().map(Value::Text),
            By::Importance => self.row.importance.map(Value::Number),
            By::Word => self.word.clone().map(Value::Text),
        }
    }
}

impl Outline {
    fn leaves(&self) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        for item in self.items.iter().filter(|i| self.filter.takes(&i.row)) {
            let mut words: Vec<Option<String>> = item.words.iter().cloned().map(Some).collect();
            if words.is_empty() || !self.sort.has_words() {
                words = vec![None];
            }
            leaves.extend((0..).zip(words).map(|(instance, word)| Leaf {
                row: item.row.clone(),
                instance,
                word,
            }));
        }
        leaves
    }

    /// The rows in view, in order.
    pub(super) fn view(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        self.below(
            &self.leaves(),
            &self.sort.levels(),
            &mut Vec::new(),
            &mut Vec::new(),
            &mut lines,
        );
        lines.sort_by(|a, b| a.place.cmp(&b.place));
        lines
    }

    fn below(
        &self,
        leaves: &[Leaf],
        levels: &[Level],
        path: &mut Path,
        place: &mut Vec<Step>,
        lines: &mut Vec<Line>,
    ) {
        let Some((level, rest)) = levels.split_first() else {
            lines.extend(
                leaves
                    .iter()
                    .map(|leaf| self.leaf_line(leaf, path.len(), place)),
            );
            return;
        };
        let key = |leaf: &Leaf| -> Vec<(By, Option<Value>)> {
            level.keys.iter().map(|by| (*by, leaf.value(*by))).collect()
        };
        let mut groups: BTreeMap<_, Vec<Leaf>> = BTreeMap::new();
        for leaf in leaves {
            groups.entry(key(leaf)).or_default().push(leaf.clone());
        }
        for (key, group) in groups {
            let mut cells = Vec::new();
            if let Some((by, largest)) = level.extreme {
                let values = group.iter().filter_map(|l| l.value(by));
                let extreme = if largest { values.max() } else { values.min() };
                cells.push(Cell(extreme, level.descending));
            }
            cells.extend(key.iter().map(|(_, v)| Cell(v.clone(), level.descending)));
            path.push(key);
            place.push(Step::Category(cells));
            let expanded = *self.folds.get(path).unwrap_or(&level.expanded);
            let unread = group.iter().filter(|l| !l.row.read).count();
            lines.push(Line {
                place: [place.as_slice(), &[Step::Heading]].concat(),
                what: What::Heading {
                    path: path.clone(),
                    expanded,
                    count: i32::try_from(group.len()).unwrap(),
                    unread: i32::try_from(unread).unwrap(),
                },
            });
            if expanded {
                self.below(&group, rest, path, place, lines);
            }
            path.pop();
            place.pop();
        }
    }

    fn leaf_line(&self, leaf: &Leaf, depth: usize, place: &[Step]) -> Line {
        let keys = self.sort.leaf_keys();
        let cells = keys.map(|(by, descending)| Cell(leaf.value(by), descending));
        let step = Step::Leaf(cells.collect(), leaf.row.item, leaf.instance);
        Line {
            place: [place, &[step]].concat(),
            what: What::Leaf {
                row: leaf.row.clone(),
                instance: leaf.instance,
                word: leaf.word.clone(),
                depth,
            },
        }
    }

    /// How many rows stand before a gap.
    pub(super) fn index(&self, view: &[Line], place: &Place) -> usize {
        match place {
            Place::Start => 0,
            Place::End => view.len(),
            Place::Before(line) => view.partition_point(|l| l.place < line.place),
            Place::After(line) => view.partition_point(|l| l.place <= line.place),
        }
    }

    /// The gap before a marked row: where it is now, else where it was, and whether it is out of view.
    pub(super) fn follow(&self, marked: &Line) -> (Place, bool) {
        match self.view().into_iter().find(|l| l.is(marked)) {
            Some(line) => (Place::Before(line), false),
            None => (Place::Before(marked.clone()), true),
        }
    }
}
