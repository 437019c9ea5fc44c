//! Tables whose rows lie in memory: recipients, attachments, stores, table data.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use mapi_kit::computed::instance_key;
use mapi_kit::engine::{Expansion, cell};
use mapi_props::{
    Bag, Code, PropTag, PropType, PropValue, Restriction, SortColumn, SortOrder, SortOrderSet, tags,
};
use mapi_query::{
    BagRow, Instance, Large, Matcher, Row as QueryRow, cell_key_into, is_sortable, row_key_into,
    sort_value,
};
use mapi_spi::{Anchor, Call, Direction, Error, ItemId, LogEntry, Page, Result, Row, RowKey};

use super::advise::{Bell, Feed};
use super::source::{Source, Spec};
use crate::EntryId;
use crate::advise::Subscription;
use crate::session::Member;

/// One row in memory: its number, which is its own for ever, its properties and the entry id it stands for.
#[derive(Debug, Clone)]
pub(crate) struct MemoryRow {
    pub(crate) number: u64,
    pub(crate) props: Bag,
    pub(crate) entry_id: EntryId,
}

/// A row and where it stands among rows that no sort key tells apart; where ranks are equal they stand by number.
#[derive(Debug)]
pub(super) struct Ranked {
    pub(super) rank: Vec<u8>,
    pub(super) row: MemoryRow,
}

/// The order of rows that none was asked for: by their numbers, after these keys.
pub(crate) type OwnOrder = Vec<SortColumn>;

type Fetch = dyn Fn() -> Result<Vec<Arc<Ranked>>> + Send + Sync;

/// Rows that are asked for anew at each call, so that the table shows changes.
pub(crate) struct MemoryRows {
    columns: Cow<'static, [PropTag]>,
    fetch: Box<Fetch>,
    own: OwnOrder,
    bookmarks: bool,
    told: Option<Told>,
}

/// How tables over rows in memory learn that these are others now.
#[derive(Debug)]
struct Told {
    feed: Feed,
    /// The logon with which registrations end; none for rows that belong to no session.
    member: Option<Arc<Member>>,
    by: fn(&LogEntry) -> bool,
}

impl fmt::Debug for MemoryRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRows").finish_non_exhaustive()
    }
}

impl MemoryRows {
    /// Rows with these default columns, made anew at each call, by number.
    pub(crate) fn new(
        columns: &'static [PropTag],
        fetch: impl Fn() -> Result<Vec<MemoryRow>> + Send + Sync + 'static,
    ) -> Self {
        Self::shared(columns.into(), move || {
            let ranked = |row| {
                Arc::new(Ranked {
                    rank: Vec::new(),
                    row,
                })
            };
            Ok(fetch()?.into_iter().map(ranked).collect())
        })
    }

    /// The same over rows that are kept.
    pub(super) fn shared(
        columns: Cow<'static, [PropTag]>,
        fetch: impl Fn() -> Result<Vec<Arc<Ranked>>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            columns,
            fetch: Box::new(fetch),
            own: OwnOrder::new(),
            bookmarks: true,
            told: None,
        }
    }

    /// The order while none is asked for.
    pub(crate) fn in_order(self, own: OwnOrder) -> Self {
        Self { own, ..self }
    }

    /// Tables tell of changes: when the bell rings, or an entry of the log is one of those.
    pub(crate) fn told(self, feed: Feed, member: &Arc<Member>, by: fn(&LogEntry) -> bool) -> Self {
        let member = Some(Arc::clone(member));
        Self {
            told: Some(Told { feed, member, by }),
            ..self
        }
    }

    /// Tables tell of changes when this bell rings, whoever is logged on.
    pub(crate) fn rung_by(self, bell: &Arc<Bell>) -> Self {
        let told = Told {
            feed: Feed::Bell(Arc::clone(bell)),
            member: None,
            by: |_| false,
        };
        Self {
            told: Some(told),
            ..self
        }
    }

    pub(crate) fn without_bookmarks(self) -> Self {
        Self {
            bookmarks: false,
            ..self
        }
    }

    /// The rows of a view, in order.
    fn lay(&self, spec: &Spec, call: &Call) -> Result<Laid> {
        let matcher = compile(spec.restriction.as_ref())?;
        let sort = if spec.sort.columns.is_empty() {
            SortOrderSet::by(self.own.iter().copied())
        } else {
            spec.sort.clone()
        };
        let mut laid = Laid {
            rows: (self.fetch)()?,
            places: Vec::new(),
            expansion: Expansion::of(&spec.columns, &spec.sort),
            sort,
        };
        let mut places = Vec::with_capacity(laid.rows.len());
        for (at, row) in laid.rows.iter().enumerate() {
            if at.is_multiple_of(CHECK_EVERY) {
                call.check()?;
            }
            for instance in 0..laid.instances(&row.row) {
                laid.show(&row.row, instance, |shown| {
                    if matcher.as_ref().is_none_or(|m| m.matches(shown)) {
                        let mut key = Vec::with_capacity(32);
                        row_key_into(&laid.sort, shown, &mut key);
                        places.push(Place {
                            key,
                            rank: row.rank.clone(),
                            number: row.row.number,
                            instance,
                            at,
                        });
                    }
                });
            }
        }
        places.sort_unstable();
        // RES_COUNT cuts a view to its first rows in order.
        if let Some(limit) = matcher.as_ref().and_then(Matcher::limit) {
            places.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        laid.places = places;
        Ok(laid)
    }
}

/// How many rows are looked at between two looks at the call.
const CHECK_EVERY: usize = 256;

/// Where a row stands: by its sort key, then its rank, its number, its instance.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    key: Vec<u8>,
    rank: Vec<u8>,
    number: u64,
    instance: u32,
    /// Its index among the rows.
    at: usize,
}

/// Rows in the order of a view.
struct Laid {
    rows: Vec<Arc<Ranked>>,
    places: Vec<Place>,
    expansion: Expansion,
    sort: SortOrderSet,
}

impl Laid {
    fn instances(&self, row: &MemoryRow) -> u32 {
        if self.expansion.is_none() {
            return 1;
        }
        self.expansion.instances(&BagRow(&row.props))
    }

    /// Shows an instance of a row as restrictions, orders and cells see it.
    fn show<T>(&self, row: &MemoryRow, instance: u32, look: impl FnOnce(&dyn QueryRow) -> T) -> T {
        let shown = Shown {
            props: BagRow(&row.props),
            key: PropValue::Binary(instance_key(ItemId(row.number), instance)),
        };
        if self.expansion.is_none() {
            return look(&shown);
        }
        let elements = self.expansion.elements(&shown, instance);
        look(&Instance {
            row: &shown,
            elements: &elements,
        })
    }

    /// How many rows stand before the anchor. Keyed anchors keep their place whether or not their row is still there.
    fn gap(&self, from: &Anchor) -> usize {
        match from {
            Anchor::Start => 0,
            Anchor::End => self.places.len(),
            Anchor::Row(n) => usize::try_from(*n)
                .unwrap_or(usize::MAX)
                .min(self.places.len()),
            Anchor::At(key) => self.before(key, false),
            Anchor::After(key) => self.before(key, true),
        }
    }

    /// How many rows stand before a key, with its own row or without.
    fn before(&self, key: &RowKey, with_it: bool) -> usize {
        let mut bytes = Vec::with_capacity(32);
        for (column, value) in self.sort.columns.iter().zip(&key.values) {
            cell_key_into(*column, value.as_ref(), &mut bytes);
        }
        let rank = key.values.last().and_then(Option::as_ref);
        let rank = rank.and_then(PropValue::as_bytes).unwrap_or_default();
        let bound = (&*bytes, rank, key.item.0, key.instance);
        self.places.partition_point(|p| {
            let place = (&*p.key, &*p.rank, p.number, p.instance);
            place < bound || (with_it && place == bound)
        })
    }

    fn row(&self, place: &Place, columns: &[PropTag]) -> Option<Row> {
        let Ranked { rank, row } = self.rows.get(place.at)?.as_ref();
        Some(self.show(row, place.instance, |shown| {
            let keys = self.sort.columns.iter();
            let values = keys.map(|c| sort_value(c.tag, shown).map(Cow::into_owned));
            // The rank comes last, behind the values of the sort keys.
            let rank = Some(PropValue::Binary(rank.clone()));
            Row {
                key: RowKey {
                    values: values.chain([rank]).collect(),
                    item: ItemId(row.number),
                    instance: place.instance,
                },
                cells: columns.iter().map(|tag| cell(shown, *tag)).collect(),
            }
        }))
    }
}

/// A row with its instance key.
struct Shown<'a> {
    props: BagRow<'a>,
    key: PropValue,
}

impl QueryRow for Shown<'_> {
    fn get(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        if tag.id() == tags::INSTANCE_KEY.id() {
            return Some(Cow::Borrowed(&self.key));
        }
        self.props.get(tag)
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        if id == tags::INSTANCE_KEY.id() {
            return Some(PropType::BINARY);
        }
        self.props.ty(id)
    }

    fn large(&self, id: u16) -> Option<Large> {
        self.props.large(id)
    }
}

fn compile(restriction: Option<&Restriction>) -> Result<Option<Matcher>> {
    let matcher = restriction.map(Matcher::compile_flat).transpose();
    matcher.map_err(|code| Error::new(code, "the restriction means nothing here"))
}

impl Source for MemoryRows {
    fn feed(&self) -> Result<Option<Feed>> {
        if let Some(member) = self.told.as_ref().and_then(|t| t.member.as_ref()) {
            member.check()?;
        }
        Ok(self.told.as_ref().map(|told| told.feed.clone()))
    }

    fn concerns(&self, entry: &LogEntry) -> bool {
        self.told.as_ref().is_some_and(|told| (told.by)(entry))
    }

    fn registered(&self, subscription: &Arc<Subscription>) {
        if let Some(member) = self.told.as_ref().and_then(|t| t.member.as_ref()) {
            member.registrations.enter(subscription);
        }
    }

    fn default_columns(&self) -> Vec<PropTag> {
        self.columns.to_vec()
    }

    fn all_columns(&self) -> Vec<PropTag> {
        let mut all = self.default_columns();
        for row in (self.fetch)().unwrap_or_default() {
            for (id, slot) in row.row.props.iter() {
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
        let plain = |c: &SortColumn| matches!(c.order, SortOrder::Ascend | SortOrder::Descend);
        if !spec.sort.columns.iter().all(plain) {
            return Err(Error::new(
                Code::TOO_COMPLEX,
                "a sort key sorts categories, and there are none",
            ));
        }
        if !spec.sort.columns.iter().all(|c| is_sortable(c.tag.ty())) {
            return Err(Error::new(Code::TOO_COMPLEX, "a sort key has no order"));
        }
        compile(spec.restriction.as_ref()).map(drop)
    }

    fn page(&self, spec: &Spec, from: &Anchor, count: i64) -> Result<Page> {
        let laid = self.lay(spec, &self.call())?;
        let at = laid.gap(from);
        let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let (start, end) = if count < 0 {
            (at.saturating_sub(wanted), at)
        } else {
            (at, at.saturating_add(wanted).min(laid.places.len()))
        };
        let page = laid.places.get(start..end).unwrap_or_default();
        Ok(Page {
            seq: 0,
            rows: page
                .iter()
                .filter_map(|p| laid.row(p, &spec.columns))
                .collect(),
            at_start: start == 0,
            at_end: end == laid.places.len(),
        })
    }

    fn count(&self, spec: &Spec) -> Result<u64> {
        let rows = self.lay(spec, &self.call())?.places.len();
        Ok(u64::try_from(rows).unwrap_or(u64::MAX))
    }

    fn position(&self, spec: &Spec, key: &RowKey) -> Result<u64> {
        let before = self.lay(spec, &self.call())?.before(key, false);
        Ok(u64::try_from(before).unwrap_or(u64::MAX))
    }

    fn find(
        &self,
        spec: &Spec,
        restriction: &Restriction,
        from: &Anchor,
        direction: Direction,
    ) -> Result<Option<Row>> {
        let Some(matcher) = compile(Some(restriction))? else {
            return Ok(None);
        };
        if matcher.limit() == Some(0) {
            return Ok(None);
        }
        let laid = self.lay(spec, &self.call())?;
        let hit = |place: &&Place| {
            let row = laid.rows.get(place.at);
            row.is_some_and(|row| {
                laid.show(&row.row, place.instance, |shown| matcher.matches(shown))
            })
        };
        let (before, after) = laid.places.split_at(laid.gap(from));
        let found = match direction {
            Direction::Forward => after.iter().find(hit),
            Direction::Backward => before.iter().rev().find(hit),
        };
        Ok(found.and_then(|p| laid.row(p, &spec.columns)))
    }

    fn entry_ids(&self, rows: &[Row]) -> Vec<EntryId> {
        let all = (self.fetch)().unwrap_or_default();
        let ids: HashMap<u64, &EntryId> = all
            .iter()
            .map(|r| (r.row.number, &r.row.entry_id))
            .collect();
        let id = |row: &Row| {
            ids.get(&row.key.item.0)
                .map_or_else(none, |id| (*id).clone())
        };
        rows.iter().map(id).collect()
    }

    fn has_bookmarks(&self) -> bool {
        self.bookmarks
    }

    fn prepare(&self, spec: &Spec, call: &Call) -> Result<()> {
        self.lay(spec, call).map(drop)
    }
}

fn none() -> EntryId {
    EntryId::from(Vec::new())
}
