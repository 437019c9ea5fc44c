//! A categorised table over a store's rows: pages, counts, places and searches in its outline.

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};
use std::sync::{Mutex, PoisonError};

use mapi_kit::engine::cell;
use mapi_props::{Bag, Code, PropTag, PropValue, RelOp, Restriction, SortOrderSet, tags};
use mapi_query::{BagRow, Matcher};
use mapi_spi::{Anchor, Call, Direction, Error, ItemId, Page, Result, Row, RowKey, RowSet, View};

use super::build::Builder;
use super::follow::still_true;
use super::levels::Levels;
use super::outline::{Outline, Spot};
use super::saved::view_digest;
use crate::table::{Spec, StoreRows};

/// How often a page is read anew because its rows changed meanwhile.
const ATTEMPTS: u32 = 4;
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
    rows: &'a StoreRows,
    spec: &'a Spec,
    levels: Levels,
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

    fn flat_with(&self, columns: Vec<PropTag>) -> View {
        View {
            container: self.rows.container,
            rows: self.rows.rows,
            columns,
            restriction: self.spec.restriction.clone(),
            sort: self.levels.flat.clone(),
        }
    }

    /// Shows the outline as it is now.
    pub(super) fn with<T>(
        &self,
        call: &Call,
        look: impl FnOnce(&mut Outline) -> Result<T>,
    ) -> Result<T> {
        let mut kept = (self.rows.outlines.0.lock()).unwrap_or_else(PoisonError::into_inner);
        let current = self.current(kept.take(), call)?;
        let outline = &mut kept.insert(current).outline;
        outline.fold(&self.spec.folds);
        look(outline)
    }

    fn current(&self, kept: Option<Kept>, call: &Call) -> Result<Kept> {
        let shape = Shape {
            restriction: self.spec.restriction.clone(),
            sort: self.spec.sort.clone(),
            instances: self.spec.keys_only().columns,
        };
        if let Some(mut kept) = kept.filter(|k| k.shape == shape)
            && let Some(seq) = still_true(self.rows, kept.outline.seq, call)?
        {
            kept.outline.seq = seq;
            return Ok(kept);
        }
        let mut builder = Builder::new(&self.levels);
        let view = self.flat_with(shape.instances.clone());
        let store = self.rows.context.spi()?;
        let seq = store.each_key(&view, call, &mut |row| {
            builder.add(&row);
            ControlFlow::Continue(())
        })?;
        let outline = builder.finish(seq);
        Ok(Kept { shape, outline })
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
        self.with(&self.rows.context.call, |outline| Ok(outline.rows()))
    }

    pub(in crate::table) fn position(&self, key: &RowKey) -> Result<u64> {
        self.with(&self.rows.context.call, |outline| {
            Ok(outline.rows_before(key, false))
        })
    }

    pub(in crate::table) fn page(&self, from: &Anchor, count: i64) -> Result<Page> {
        self.settled(|outline| {
            let at = row_number(outline, from);
            let range = if count < 0 {
                at.saturating_sub(count.unsigned_abs())..at
            } else {
                at..at.saturating_add(count.unsigned_abs()).min(outline.rows())
            };
            let (rows, whole) = self.rows_of(outline, range.clone())?;
            let page = Page {
                seq: outline.seq,
                rows,
                at_start: range.start == 0,
                at_end: range.end == outline.rows(),
            };
            Ok((page, whole))
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
        self.settled(|outline| {
            let at = row_number(outline, from);
            let found = match (instance_key_asked(restriction), direction) {
                (Some(key), _) => {
                    let spot = outline.by_instance_key(key);
                    let row = spot.and_then(|spot| outline.row_of(spot));
                    row.filter(|row| (*row >= at) == (direction == Direction::Forward))
                }
                (None, Direction::Forward) => search.forward(outline, at)?,
                (None, Direction::Backward) => search.backward(outline, at)?,
            };
            let Some(row) = found else {
                return Ok((None, true));
            };
            let (mut rows, whole) = self.rows_of(outline, row..row + 1)?;
            Ok((rows.pop(), whole))
        })
    }

    /// What is read of an outline, anew if its rows change meanwhile; `read` says whether they have not.
    fn settled<T>(&self, mut read: impl FnMut(&Outline) -> Result<(T, bool)>) -> Result<T> {
        let call = &self.rows.context.call;
        let mut attempt = 1;
        loop {
            let (value, whole) = self.with(call, |outline| read(outline))?;
            if whole || attempt == ATTEMPTS {
                return Ok(value);
            }
            attempt += 1;
        }
    }

    /// The rows of these numbers, and whether all were there as the outline says.
    fn rows_of(&self, outline: &Outline, range: Range<u64>) -> Result<(Vec<Row>, bool)> {
        let spots: Vec<Spot> = range.filter_map(|n| outline.spot(n)).collect();
        let place = |spot: &Spot| match *spot {
            Spot::Heading(n) => outline.sample(n),
            Spot::Leaf(n) => outline.leaf(n),
        };
        let places: Vec<(ItemId, u32)> = spots.iter().filter_map(place).collect();
        let (seq, found) = self.read(&self.flat(), &places, None)?;
        let call = &self.rows.context.call;
        let whole = places.is_empty()
            || found.len() == places.len()
                && (seq == outline.seq || still_true(self.rows, outline.seq, call)?.is_some());
        let mut found = found.into_iter().peekable();
        let row = |spot: &Spot| {
            let place = place(spot)?;
            let same = |row: &Row| (row.key.item, row.key.instance) == place;
            Some(self.row(outline, *spot, found.next_if(same)?))
        };
        Ok((spots.iter().filter_map(row).collect(), whole))
    }

    fn read(
        &self,
        view: &View,
        places: &[(ItemId, u32)],
        also: Option<&Restriction>,
    ) -> Result<(u64, Vec<Row>)> {
        if places.is_empty() {
            return Ok((0, Vec::new()));
        }
        let context = &self.rows.context;
        context.spi()?.rows_at(view, places, also, &context.call)
    }

    /// A row from the store's: a heading's is made of a row below it.
    fn row(&self, outline: &Outline, spot: Spot, read: Row) -> Row {
        let columns = &self.spec.columns;
        let cells = match spot {
            Spot::Heading(n) => {
                let props = self.heading_props(outline, n, &read);
                columns.iter().map(|c| cell(&BagRow(&props), *c)).collect()
            }
            Spot::Leaf(_) => {
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

/// A search through the rows in view: headings here, the others in the store.
struct Search<'a> {
    view: &'a Categorised<'a>,
    matcher: &'a Matcher,
    /// What rows that are no headings must match.
    below: Restriction,
}

impl Search<'_> {
    fn forward(&self, outline: &Outline, at: u64) -> Result<Option<u64>> {
        let (mut start, mut size) = (at, LOOK_AT.0);
        while start < outline.rows() {
            let end = start.saturating_add(size).min(outline.rows());
            let hits = self.hits(outline, start..end)?;
            if let Some(row) = hits.first() {
                return Ok(Some(*row));
            }
            (start, size) = (end, (size * 2).min(LOOK_AT.1));
        }
        Ok(None)
    }

    fn backward(&self, outline: &Outline, at: u64) -> Result<Option<u64>> {
        let (mut end, mut size) = (at, LOOK_AT.0);
        while end > 0 {
            let start = end.saturating_sub(size);
            let hits = self.hits(outline, start..end)?;
            if let Some(row) = hits.last() {
                return Ok(Some(*row));
            }
            (end, size) = (start, (size * 2).min(LOOK_AT.1));
        }
        Ok(None)
    }

    /// Which rows of these match.
    fn hits(&self, outline: &Outline, range: Range<u64>) -> Result<Vec<u64>> {
        let (mut headings, mut samples) = (Vec::new(), Vec::new());
        let (mut rows, mut leaves) = (Vec::new(), Vec::new());
        for row in range {
            match outline.spot(row) {
                Some(Spot::Heading(n)) => {
                    headings.push((row, n));
                    samples.extend(outline.sample(n));
                }
                Some(Spot::Leaf(n)) => {
                    rows.push(row);
                    leaves.extend(outline.leaf(n));
                }
                None => {}
            }
        }
        let flat = self.view.flat_with(self.view.spec.keys_only().columns);
        let place = |row: &Row| (row.key.item, row.key.instance);
        let (_, read) = self.view.read(&flat, &leaves, Some(&self.below))?;
        let matching: HashSet<_> = read.iter().map(place).collect();
        let below = (rows.iter().zip(&leaves)).filter(|(_, leaf)| matching.contains(leaf));
        let mut hits: Vec<u64> = below.map(|(row, _)| *row).collect();
        let (_, read) = self.view.read(&flat, &samples, None)?;
        let mut read = read.iter().peekable();
        for ((row, n), sample) in headings.iter().zip(&samples) {
            if let Some(sample) = read.next_if(|r| place(r) == *sample) {
                let props = self.view.heading_props(outline, *n, sample);
                hits.extend(self.matcher.matches(&BagRow(&props)).then_some(*row));
            }
        }
        hits.sort_unstable();
        Ok(hits)
    }
}

/// How many rows stand before an anchor.
fn row_number(outline: &Outline, from: &Anchor) -> u64 {
    match from {
        Anchor::Start => 0,
        Anchor::End => outline.rows(),
        Anchor::Row(n) => (*n).min(outline.rows()),
        Anchor::At(key) => outline.rows_before(key, false),
        Anchor::After(key) => outline.rows_before(key, true),
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
