//! A categorised table over a store's rows: pages, counts, places and searches in its outline.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use mapi_kit::engine::{Plan, cell};
use mapi_props::{Bag, Code, PropTag, PropValue, RelOp, Restriction, SortOrderSet, tags};
use mapi_query::{BagRow, Matcher};
use mapi_spi::{Anchor, Call, Direction, Error, ItemId, Page, Result, Row, RowKey, RowSet, View};

use super::levels::Levels;
use super::look::{Look, Stop};
use super::outline::{Outline, Spot};
use super::saved::view_digest;
use crate::table::{Spec, StoreRows};

/// How often something is read anew because its rows changed meanwhile.
const ATTEMPTS: u32 = 8;
/// Rows that a search looks at in one go: at first, and at most.
const LOOK_AT: (u64, u64) = (64, 4096);

/// The outline that a table's rows were last seen in.
#[derive(Debug, Default)]
pub(crate) struct Outlines(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    shape: Shape,
    outline: Outline,
}

/// What makes an outline another one.
#[derive(Debug, PartialEq)]
struct Shape {
    restriction: Option<Restriction>,
    sort: SortOrderSet,
    /// Columns that make rows of their own.
    instances: Vec<PropTag>,
}

/// A view of a store's rows in categories.
#[derive(Debug)]
pub(in crate::table) struct Categorised<'a> {
    pub(super) rows: &'a StoreRows,
    pub(super) spec: &'a Spec,
    pub(super) levels: Levels,
}

impl<'a> Categorised<'a> {
    /// The view that a spec asks for; `None` if it has no categories.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for rows that have none; those of [`Levels::of`].
    pub(in crate::table) fn of(rows: &'a StoreRows, spec: &'a Spec) -> Result<Option<Self>> {
        if spec.sort.categories == 0 {
            return Ok(None);
        }
        if !matches!(rows.rows, RowSet::Contents { .. }) {
            let detail = "only tables of messages have categories";
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        let levels = Levels::of(&spec.sort, rows.rows)?;
        Ok(Some(Self { rows, spec, levels }))
    }

    /// The same rows as the store gets asked for them.
    pub(in crate::table) fn flat(&self) -> View {
        self.flat_with(self.spec.columns.clone())
    }

    pub(super) fn flat_with(&self, columns: Vec<PropTag>) -> View {
        View {
            container: self.rows.container,
            rows: self.rows.rows,
            columns,
            restriction: self.spec.restriction.clone(),
            sort: self.levels.flat.clone(),
        }
    }

    /// What the rows are asked for to find their categories.
    ///
    /// # Errors
    /// Those of [`Plan::new`].
    pub(super) fn keys(&self) -> Result<KeyViews> {
        let flat = self.flat_with(self.spec.keys_only().columns);
        let plan = Plan::new(self.rows.context.spi()?.info(), &flat)?;
        let cut = plan.matcher().is_some_and(|m| m.limit().is_some());
        let expanded = plan.is_expanded();
        Ok(KeyViews {
            flat,
            leaf: self.levels.leaf,
            cut,
            expanded,
        })
    }

    /// Shows the outline as it is now; again when its rows change while they are looked at.
    pub(super) fn with<T>(
        &self,
        call: &Call,
        mut look: impl FnMut(&mut Look<'_>) -> std::result::Result<T, Stop>,
    ) -> Result<T> {
        let mut kept = (self.rows.outlines.0.lock()).unwrap_or_else(PoisonError::into_inner);
        let shape = Shape {
            restriction: self.spec.restriction.clone(),
            sort: self.spec.sort.clone(),
            instances: self.spec.keys_only().columns,
        };
        let keys = self.keys()?;
        let outline = match kept.take().filter(|k| k.shape == shape) {
            Some(kept) => kept.outline,
            None => self.build(&keys, call)?,
        };
        let outline = &mut kept.insert(Kept { shape, outline }).outline;
        let mut attempt = 1;
        loop {
            self.refresh(&keys, outline, call)?;
            outline.fold(&self.spec.folds);
            let looked = look(&mut Look {
                view: self,
                keys: &keys,
                outline,
                call,
                strict: attempt < ATTEMPTS,
            });
            match looked {
                Ok(value) => return Ok(value),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Changed) => attempt += 1,
            }
        }
    }

    /// What a collapse state of this view is told by.
    pub(super) fn digest(&self) -> Result<[u8; 16]> {
        view_digest(self.rows, self.spec)
    }

    /// Makes the outline ahead.
    pub(in crate::table) fn prepare(&self, call: &Call) -> Result<()> {
        self.with(call, |_| Ok(()))
    }

    pub(in crate::table) fn count(&self) -> Result<u64> {
        self.with(&self.rows.context.call, |look| Ok(look.outline.rows()))
    }

    pub(in crate::table) fn position(&self, key: &RowKey) -> Result<u64> {
        self.with(&self.rows.context.call, |look| look.rows_before(key, false))
    }

    pub(in crate::table) fn page(&self, from: &Anchor, count: i64) -> Result<Page> {
        self.with(&self.rows.context.call, |look| {
            let at = look.row_number(from)?;
            let all = look.outline.rows();
            let range = if count < 0 {
                at.saturating_sub(count.unsigned_abs())..at
            } else {
                at..at.saturating_add(count.unsigned_abs()).min(all)
            };
            let rows = look.rows(range.clone())?;
            Ok(Page {
                seq: look.outline.seq,
                rows,
                at_start: range.start == 0,
                at_end: range.end == all,
            })
        })
    }

    pub(in crate::table) fn find(
        &self,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
    ) -> Result<Option<Row>> {
        let matcher = Matcher::compile(restriction)
            .map_err(|code| Error::new(code, "the restriction has no meaning for these rows"))?;
        if matcher.limit() == Some(0) {
            return Ok(None);
        }
        let search = Search {
            view: self,
            matcher: &matcher,
            below: below_headings(restriction, self.levels.depth())?,
        };
        self.with(&self.rows.context.call, |look| {
            let at = look.row_number(from)?;
            let found = match (instance_key_asked(restriction), direction) {
                (Some(key), _) => {
                    let spot = look.by_instance_key(key)?;
                    let row = spot.and_then(|spot| look.outline.row_of(spot));
                    row.filter(|row| (*row >= at) == (direction == Direction::Forward))
                }
                (None, Direction::Forward) => search.forward(look, at)?,
                (None, Direction::Backward) => search.backward(look, at)?,
            };
            let Some(row) = found else {
                return Ok(None);
            };
            Ok(look.rows(row..row + 1)?.pop())
        })
    }

    pub(super) fn read(
        &self,
        view: &View,
        places: &[(ItemId, u32)],
        also: Option<&Restriction>,
        call: &Call,
    ) -> Result<Option<(u64, Vec<Row>)>> {
        if places.is_empty() {
            return Ok(None);
        }
        let read = (self.rows.context.spi()?).rows_at(view, places, also, call)?;
        Ok(Some(read))
    }

    /// A row from the store's: a heading's is made of a row below it.
    pub(super) fn row(&self, outline: &Outline, spot: Spot, read: Row) -> Row {
        let columns = &self.spec.columns;
        let cells = match spot {
            Spot::Heading(n) => {
                let props = self.heading_props(outline, n, &read);
                columns.iter().map(|c| cell(&BagRow(&props), *c)).collect()
            }
            Spot::Leaf(..) => {
                let mut cells = read.cells;
                for (column, cell) in columns.iter().zip(&mut cells) {
                    if *column == tags::DEPTH.raw() {
                        *cell = depth(self.levels.depth());
                    }
                }
                cells
            }
        };
        Row {
            key: outline.row_key(spot),
            cells,
        }
    }

    /// The properties of a heading: what it counts, its keys and those of the headings above it.
    fn heading_props(&self, outline: &Outline, n: u32, sample: &Row) -> Bag {
        let mut props = Bag::new();
        let levels = self.levels.levels.iter().take(outline.depth(n) + 1);
        for at in levels.flat_map(|level| &level.columns) {
            let column = self.levels.flat.columns.get(*at);
            let value = sample.key.values.get(*at).cloned().flatten();
            if let (Some(column), Some(value)) = (column, value) {
                props.insert(column.tag.id(), value.into());
            }
        }
        outline.describe(n, &mut props);
        props
    }
}

/// The views of which a store is asked the keys.
#[derive(Debug)]
pub(super) struct KeyViews {
    /// In the order of all columns.
    flat: View,
    /// The first column that sorts the rows of a category.
    leaf: usize,
    /// It has only its first rows.
    pub(super) cut: bool,
    /// Messages may make several rows.
    expanded: bool,
}

impl KeyViews {
    /// The view whose first columns are those that make the categories.
    pub(super) fn paths(&self) -> View {
        let mut view = self.flat.clone();
        // Which rows come first, and which are made of one message, all columns say together.
        if !self.cut && !self.expanded {
            view.sort.columns.truncate(self.leaf);
        }
        view
    }

    /// The view of rows that are known to be in it, and the first of its columns that is asked for: those from `first` up to
    /// `end` of all columns.
    fn of_members(&self, columns: Range<usize>) -> (View, usize) {
        let mut view = self.flat.clone();
        view.restriction = None;
        if self.expanded {
            return (view, columns.start);
        }
        view.sort.columns.truncate(columns.end);
        view.sort.columns.drain(..columns.start.min(columns.end));
        (view, 0)
    }

    /// The view whose columns from the number returned on sort the rows of a category.
    pub(super) fn leaves(&self) -> (View, usize) {
        self.of_members(self.leaf..self.flat.sort.columns.len())
    }

    /// The view of which one column, whose number there is returned, orders categories.
    pub(super) fn extremes(&self, column: usize) -> (View, usize) {
        self.of_members(column..column + 1)
    }
}

/// A search through the rows in view: headings here, the others in the store.
struct Search<'a> {
    view: &'a Categorised<'a>,
    matcher: &'a Matcher,
    /// What rows that are no headings must match.
    below: Restriction,
}

impl Search<'_> {
    fn forward(&self, look: &mut Look<'_>, at: u64) -> std::result::Result<Option<u64>, Stop> {
        let (mut start, mut size) = (at, LOOK_AT.0);
        while start < look.outline.rows() {
            let end = start.saturating_add(size).min(look.outline.rows());
            let hits = self.hits(look, start..end)?;
            if let Some(row) = hits.first() {
                return Ok(Some(*row));
            }
            (start, size) = (end, (size * 2).min(LOOK_AT.1));
        }
        Ok(None)
    }

    fn backward(&self, look: &mut Look<'_>, at: u64) -> std::result::Result<Option<u64>, Stop> {
        let (mut end, mut size) = (at, LOOK_AT.0);
        while end > 0 {
            let start = end.saturating_sub(size);
            let hits = self.hits(look, start..end)?;
            if let Some(row) = hits.last() {
                return Ok(Some(*row));
            }
            (end, size) = (start, (size * 2).min(LOOK_AT.1));
        }
        Ok(None)
    }

    /// Which rows of these match.
    fn hits(&self, look: &mut Look<'_>, range: Range<u64>) -> std::result::Result<Vec<u64>, Stop> {
        look.load(&look.outline.unread_order(&range))?;
        let (outline, call) = (&*look.outline, look.call);
        let (mut headings, mut samples) = (Vec::new(), Vec::new());
        let (mut rows, mut leaves) = (Vec::new(), Vec::new());
        for row in range {
            match outline.spot(row) {
                Some(Spot::Heading(n)) => {
                    if let Some(sample) = outline.sample(n) {
                        headings.push((row, n));
                        samples.push(sample);
                    }
                }
                Some(spot @ Spot::Leaf(..)) => {
                    if let Some(leaf) = outline.leaf(spot) {
                        rows.push(row);
                        leaves.push(leaf);
                    }
                }
                None => {}
            }
        }
        let flat = self.view.flat_with(self.view.spec.keys_only().columns);
        let place = |row: &Row| (row.key.item, row.key.instance);
        let read = self.view.read(&flat, &leaves, Some(&self.below), call)?;
        let read = read.map_or_else(Vec::new, |(_, rows)| rows);
        let matching: HashSet<_> = read.iter().map(place).collect();
        let below = (rows.iter().zip(&leaves)).filter(|(_, leaf)| matching.contains(leaf));
        let mut hits: Vec<u64> = below.map(|(row, _)| *row).collect();
        let read = self.view.read(&flat, &samples, None, call)?;
        let read = read.map_or_else(Vec::new, |(_, rows)| rows);
        let mut read = read.iter().peekable();
        for ((row, n), sample) in headings.iter().zip(&samples) {
            // Headings may share a row, one in the other.
            if let Some(sample) = read.next_if(|r| place(r) == *sample) {
                let props = self.view.heading_props(outline, *n, sample);
                hits.extend(self.matcher.matches(&BagRow(&props)).then_some(*row));
            }
        }
        hits.sort_unstable();
        Ok(hits)
    }
}

/// The PR_INSTANCE_KEY that a restriction asks for, if it asks for nothing else.
fn instance_key_asked(restriction: &Restriction) -> Option<&[u8]> {
    match restriction {
        Restriction::Property {
            op: RelOp::Eq,
            tag,
            value,
            ..
        } if *tag == tags::INSTANCE_KEY.raw() => value.as_bytes(),
        _ => None,
    }
}

/// A restriction as rows below headings have to meet it: the store knows nothing of their PR_DEPTH.
fn below_headings(restriction: &Restriction, levels: usize) -> Result<Restriction> {
    let inner = |r: &Restriction| below_headings(r, levels);
    Ok(match restriction {
        Restriction::And(all) => Restriction::And(all.iter().map(inner).collect::<Result<_>>()?),
        Restriction::Or(all) => Restriction::Or(all.iter().map(inner).collect::<Result<_>>()?),
        Restriction::Not(child) => Restriction::Not(Box::new(inner(child)?)),
        Restriction::Property { tag, .. } | Restriction::Bitmask { tag, .. }
            if *tag == tags::DEPTH.raw() =>
        {
            let mut props = Bag::new();
            props.insert(tag.id(), depth(levels).into());
            let matcher = Matcher::compile(restriction)
                .map_err(|code| Error::new(code, "the restriction means nothing"))?;
            if matcher.matches(&BagRow(&props)) {
                Restriction::And(Vec::new())
            } else {
                Restriction::Or(Vec::new())
            }
        }
        other => other.clone(),
    })
}

fn depth(levels: usize) -> PropValue {
    PropValue::Long(i32::try_from(levels).unwrap_or(i32::MAX))
}
