//! Tables whose rows lie in memory: recipients, attachments, stores.

use std::cmp::Ordering;
use std::fmt;

use mapi_kit::computed::instance_key;
use mapi_props::{Bag, Code, PropTag, PropType, PropValue, Restriction, Slot, SortOrderSet};
use mapi_query::{BagRow, Matcher, compare_rows, convert, is_sortable};
use mapi_spi::{Anchor, Call, Direction, Error, ItemId, Page, Result, Row, RowKey};

use super::source::{Source, Spec};
use crate::EntryId;

/// One row in memory: its number, which never changes, its properties and the entry id it stands for.
#[derive(Debug, Clone)]
pub(crate) struct MemoryRow {
    pub(crate) number: u64,
    pub(crate) props: Bag,
    pub(crate) entry_id: EntryId,
}

type Fetch = dyn Fn() -> Result<Vec<MemoryRow>> + Send + Sync;

/// Rows that are asked for anew at each call, so that the table shows changes.
pub(crate) struct MemoryRows {
    pub(crate) columns: &'static [PropTag],
    pub(crate) fetch: Box<Fetch>,
    pub(crate) bookmarks: bool,
}

impl fmt::Debug for MemoryRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRows").finish_non_exhaustive()
    }
}

impl MemoryRows {
    /// Matching rows in order, as keys and rows.
    fn rows(&self, spec: &Spec) -> Result<Vec<(RowKey, MemoryRow)>> {
        let matcher = compile(spec.restriction.as_ref())?;
        let mut rows = (self.fetch)()?;
        for row in &mut rows {
            let key = instance_key(ItemId(row.number), 0);
            row.props.set(mapi_props::tags::INSTANCE_KEY, key);
        }
        rows.retain(|r| {
            matcher
                .as_ref()
                .is_none_or(|m| m.matches(&BagRow(&r.props)))
        });
        // Without keys the order is the rows' own.
        rows.sort_by(|a, b| compare_rows(&spec.sort, &BagRow(&a.props), &BagRow(&b.props)));
        Ok(rows
            .into_iter()
            .map(|row| (key_of(&spec.sort, &row), row))
            .collect())
    }

    /// How many rows stand before the anchor.
    fn place(spec: &Spec, rows: &[(RowKey, MemoryRow)], from: &Anchor) -> usize {
        let of = |key: &RowKey| rows.iter().position(|(k, _)| k.item == key.item);
        match from {
            Anchor::Start => 0,
            Anchor::End => rows.len(),
            Anchor::Row(n) => usize::try_from(*n).unwrap_or(usize::MAX).min(rows.len()),
            Anchor::At(key) => of(key).unwrap_or_else(|| gone(spec, key, rows)),
            Anchor::After(key) => of(key).map_or_else(|| gone(spec, key, rows), |at| at + 1),
        }
    }
}

/// Where a row that is gone would stand: by its sort values, then by its number.
fn gone(spec: &Spec, key: &RowKey, rows: &[(RowKey, MemoryRow)]) -> usize {
    let cells = spec.sort.columns.iter().zip(&key.values);
    let values = cells.filter_map(|(c, v)| Some((c.tag.id(), Slot::Value(v.clone()?))));
    let bag: Bag = values.collect();
    let before = |row: &MemoryRow| {
        let order = compare_rows(&spec.sort, &BagRow(&row.props), &BagRow(&bag));
        order.then(row.number.cmp(&key.item.0)).is_lt()
    };
    rows.iter()
        .position(|(_, row)| !before(row))
        .unwrap_or(rows.len())
}

fn key_of(sort: &SortOrderSet, row: &MemoryRow) -> RowKey {
    let value = |c: &mapi_props::SortColumn| row.props.value(c.tag).cloned();
    let values = sort.columns.iter().map(value).collect();
    RowKey {
        values,
        item: ItemId(row.number),
        instance: 0,
    }
}

fn compile(restriction: Option<&Restriction>) -> Result<Option<Matcher>> {
    let matcher = restriction.map(Matcher::compile_flat).transpose();
    matcher.map_err(|code| Error::new(code, "the restriction means nothing here"))
}

fn row_of((key, row): &(RowKey, MemoryRow), columns: &[PropTag]) -> Row {
    let cells = columns.iter().map(|tag| cell(&row.props, *tag)).collect();
    Row {
        key: key.clone(),
        cells,
    }
}

fn cell(props: &Bag, tag: PropTag) -> PropValue {
    if tag == PropTag::NULL || tag.ty() == PropType::NULL {
        return PropValue::Null;
    }
    let value = match props.get(&tag.id()) {
        Some(Slot::Value(value)) => convert(value, tag.ty()),
        Some(Slot::Large(_)) => return PropValue::Error(Code::NOT_ENOUGH_MEMORY),
        None => None,
    };
    value.unwrap_or(PropValue::Error(Code::NOT_FOUND))
}

impl Source for MemoryRows {
    fn default_columns(&self) -> Vec<PropTag> {
        self.columns.to_vec()
    }

    fn all_columns(&self) -> Vec<PropTag> {
        let mut all = self.default_columns();
        for row in (self.fetch)().unwrap_or_default() {
            for (id, slot) in row.props.iter() {
                if !all.iter().any(|t| t.id() == *id) {
                    all.push(PropTag::new(*id, slot.ty()));
                }
            }
        }
        all
    }

    fn check(&self, spec: &Spec) -> Result<()> {
        if spec.sort.categories > 0 {
            return Err(Error::new(
                Code::NO_SUPPORT,
                "this kind of table has no categories",
            ));
        }
        let expanded = |tag: PropTag| tag.ty().is_mv_instance();
        let sorts = spec.sort.columns.iter().map(|c| c.tag);
        if spec
            .columns
            .iter()
            .copied()
            .chain(sorts.clone())
            .any(expanded)
        {
            return Err(Error::new(
                Code::TOO_COMPLEX,
                "this kind of table has no instance rows",
            ));
        }
        if !sorts.map(PropTag::ty).all(is_sortable) {
            return Err(Error::new(Code::TOO_COMPLEX, "a sort key has no order"));
        }
        compile(spec.restriction.as_ref()).map(drop)
    }

    fn page(&self, spec: &Spec, from: &Anchor, count: i64) -> Result<Page> {
        let rows = self.rows(spec)?;
        let at = Self::place(spec, &rows, from);
        let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let (start, end) = if count < 0 {
            (at.saturating_sub(wanted), at)
        } else {
            (at, at.saturating_add(wanted).min(rows.len()))
        };
        let page = rows.get(start..end).unwrap_or_default();
        Ok(Page {
            seq: 0,
            rows: page.iter().map(|r| row_of(r, &spec.columns)).collect(),
            at_start: start == 0,
            at_end: end == rows.len(),
        })
    }

    fn count(&self, spec: &Spec) -> Result<u64> {
        Ok(u64::try_from(self.rows(spec)?.len()).unwrap_or(u64::MAX))
    }

    fn position(&self, spec: &Spec, key: &RowKey) -> Result<u64> {
        let at = Self::place(spec, &self.rows(spec)?, &Anchor::At(key.clone()));
        Ok(u64::try_from(at).unwrap_or(u64::MAX))
    }

    fn find(
        &self,
        spec: &Spec,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
    ) -> Result<Option<Row>> {
        let matcher = compile(Some(restriction))?;
        let rows = self.rows(spec)?;
        let at = Self::place(spec, &rows, from);
        let hit = |r: &&(RowKey, MemoryRow)| {
            matcher
                .as_ref()
                .is_none_or(|m| m.matches(&BagRow(&r.1.props)))
        };
        let (before, after) = rows.split_at(at.min(rows.len()));
        let found = match direction {
            Direction::Forward => after.iter().find(hit),
            Direction::Backward => before.iter().rev().find(hit),
        };
        Ok(found.map(|r| row_of(r, &spec.columns)))
    }

    fn entry_id(&self, row: &Row) -> EntryId {
        let rows = (self.fetch)().unwrap_or_default();
        let of = rows.into_iter().find(|r| r.number == row.key.item.0);
        of.map_or_else(|| EntryId::from(Vec::new()), |r| r.entry_id)
    }

    fn has_bookmarks(&self) -> bool {
        self.bookmarks
    }

    fn prepare(&self, spec: &Spec, call: &Call) -> Result<()> {
        call.check()?;
        self.rows(spec).map(drop)
    }
}

/// Attachments without a sort: by rendering position (signed, -1 first), then number (TAB-06).
pub(crate) fn by_rendering(a: &MemoryRow, b: &MemoryRow) -> Ordering {
    let of = |r: &MemoryRow, tag: mapi_props::Tag<i32>| {
        r.props
            .value(tag)
            .and_then(PropValue::as_long)
            .unwrap_or(-1)
    };
    let key = |r: &MemoryRow| {
        (
            of(r, mapi_props::tags::RENDERING_POSITION),
            of(r, mapi_props::tags::ATTACH_NUM),
        )
    };
    key(a).cmp(&key(b))
}
