//! Running a plan over a scan: pages, counts, positions and searches.
//! Reference: "IMAPITable::QueryRows", "SeekRow", "FindRow"; checks TAB-13, TAB-14, RES-11.

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};

use mapi_props::{Restriction, message_flags};
use mapi_query::Matcher;
use mapi_spi::{Anchor, Call, Direction, ItemId, ItemKind, Page, Result, Row, RowKey, RowKeys};

use super::plan::Plan;
use super::row::ItemRow;
use super::window::{Best, Place, Prefer, Seen, Split};

/// Rows are asked for cancellation this often.
const CHECK_EVERY: u32 = 256;

/// One snapshot of a container's objects: scan and fetch must agree with each other.
pub trait RowSource {
    /// Shows every object of the view's row set, each once, until `each` breaks.
    ///
    /// # Errors
    /// Those of reading.
    fn scan(&self, each: &mut dyn FnMut(&dyn ItemRow) -> ControlFlow<()>) -> Result<()>;

    /// Shows one object that the scan showed.
    ///
    /// # Errors
    /// Those of reading.
    fn fetch(&self, item: ItemId, show: &mut dyn FnMut(&dyn ItemRow)) -> Result<()>;

    /// Whether the scan shows this object.
    ///
    /// # Errors
    /// Those of reading.
    fn has(&self, item: ItemId) -> Result<bool>;
}

/// Up to `count` rows from `from` on; backwards, ending there, when negative.
///
/// # Errors
/// `MAPI_E_INVALID_PARAMETER` for a key of another sort order; those of the call and of the source.
pub fn page(
    plan: &Plan<'_>,
    source: &dyn RowSource,
    seq: u64,
    from: &Anchor,
    count: i64,
    call: &Call,
) -> Result<Page> {
    let ask = Ask {
        take: usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX),
        backward: count < 0,
    };
    let run = Run { plan, source, call };
    let found = match (Split::of(from, plan)?, plan.limit()) {
        (Some(split), None) => run.around(&split, ask)?,
        (Some(split), Some(limit)) => run.within(limit, ask, |places| {
            places.partition_point(|p| split.is_after(p.seen()))
        })?,
        (None, limit) => run.at_row(row_number(from), limit, ask)?,
    };
    Ok(Page {
        seq,
        rows: run.fetch(&found.places)?,
        at_start: found.at_start,
        at_end: found.at_end,
    })
}

/// Rows of the view in all.
///
/// # Errors
/// Those of the call and of the source.
pub fn count(plan: &Plan<'_>, source: &dyn RowSource, call: &Call) -> Result<u64> {
    let mut n = 0_u64;
    Run { plan, source, call }.each_match(&mut |_, _| {
        n += 1;
        ControlFlow::Continue(())
    })?;
    Ok(plan.limit().map_or(n, |limit| n.min(as_u64(limit))))
}

/// How many rows stand before the row of this key, or before where it would stand.
///
/// # Errors
/// `MAPI_E_INVALID_PARAMETER` for a key of another sort order; those of the call and of the source.
pub fn position(plan: &Plan<'_>, source: &dyn RowSource, key: &RowKey, call: &Call) -> Result<u64> {
    let split = Split::Before(Place {
        key: plan.key_of(key)?.into_boxed_slice(),
        item: key.item,
        instance: key.instance,
    });
    let mut n = 0_u64;
    let run = Run { plan, source, call };
    run.each_place(&mut |place, _| n += u64::from(split.is_after(place)))?;
    Ok(plan.limit().map_or(n, |limit| n.min(as_u64(limit))))
}

/// The first row from `from` on in `direction` that also matches `restriction`. A COUNT at its top
/// says only whether there may be one at all.
///
/// # Errors
/// `MAPI_E_TOO_COMPLEX` for a restriction that means nothing, `MAPI_E_INVALID_PARAMETER` for a key of another
/// sort order; those of the call and of the source.
pub fn find(
    plan: &Plan<'_>,
    source: &dyn RowSource,
    restriction: &Restriction,
    from: &Anchor,
    direction: Direction,
    call: &Call,
) -> Result<Option<Row>> {
    let more = plan.compile(restriction)?;
    if more.limit() == Some(0) {
        return Ok(None);
    }
    let run = Run { plan, source, call };
    let found = match (Split::of(from, plan)?, plan.limit()) {
        (Some(split), None) => run.first_beyond(&split, direction, &more)?,
        (Some(split), Some(limit)) => run.first_within(limit, direction, &more, |places| {
            places.partition_point(|p| split.is_after(p.seen()))
        })?,
        (None, limit) => {
            let row = row_number(from);
            run.first_within(limit.unwrap_or(usize::MAX), direction, &more, |places| {
                row.min(places.len())
            })?
        }
    };
    match found {
        Some(place) => Ok(run.fetch(&[place])?.pop()),
        None => Ok(None),
    }
}

/// Shows the sort keys of every row of the view once, in no particular order, until `each` breaks; with `only` those of
/// the rows that these items make.
///
/// # Errors
/// Those of the call and of the source.
pub fn each_key(
    plan: &Plan<'_>,
    source: &dyn RowSource,
    only: Option<&[ItemId]>,
    call: &Call,
    each: &mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>,
) -> Result<()> {
    let run = Run { plan, source, call };
    let (mut keys, mut ends) = (Vec::new(), Vec::new());
    let mut show = |item: &dyn ItemRow, instance| {
        keys.clear();
        ends.clear();
        plan.keys_into(item, instance, &mut keys, &mut ends);
        each(RowKeys {
            item: item.meta().id,
            instance,
            unread: is_unread(item),
            keys: &keys,
            ends: &ends,
        })
    };
    let Some(limit) = plan.limit() else {
        return match only {
            Some(items) => run.each_match_of(items, &mut show),
            None => run.each_match(&mut show),
        };
    };
    let only: Option<HashSet<&ItemId>> = only.map(|items| items.iter().collect());
    let mut flow = ControlFlow::Continue(());
    for place in run.first(limit)?.0 {
        if only.as_ref().is_some_and(|o| !o.contains(&place.item)) {
            continue;
        }
        source.fetch(place.item, &mut |item| flow = show(item, place.instance))?;
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

/// Whether an object is a message that is not marked as read.
#[must_use]
pub fn is_unread(item: &dyn ItemRow) -> bool {
    let meta = item.meta();
    matches!(meta.kind, ItemKind::Message { .. }) && meta.flags & message_flags::READ == 0
}

/// The rows of these places that the source has, in their order; with `also` those that match it. The plan's own
/// restriction is not looked at.
///
/// # Errors
/// `MAPI_E_TOO_COMPLEX` for a restriction that means nothing; those of the call and of the source.
pub fn rows_at(
    plan: &Plan<'_>,
    source: &dyn RowSource,
    places: &[(ItemId, u32)],
    also: Option<&Restriction>,
    call: &Call,
) -> Result<Vec<Row>> {
    let also = also.map(|r| plan.compile(r)).transpose()?;
    let mut rows = Vec::with_capacity(places.len());
    if also.as_ref().and_then(Matcher::limit) == Some(0) {
        return Ok(rows);
    }
    for (item, instance) in places {
        call.check()?;
        if !source.has(*item)? {
            continue;
        }
        source.fetch(*item, &mut |row| {
            let there = *instance < plan.instances(row);
            let wanted = (also.as_ref()).is_none_or(|m| plan.matches_too(m, row, *instance));
            if there && wanted {
                rows.push(plan.row(row, *instance));
            }
        })?;
    }
    Ok(rows)
}

/// How many rows of which side of a gap.
#[derive(Clone, Copy)]
struct Ask {
    take: usize,
    backward: bool,
}

/// The rows of a page by their places, in view order.
struct Found {
    places: Vec<Place>,
    at_start: bool,
    at_end: bool,
}

#[derive(Clone, Copy)]
struct Run<'a> {
    plan: &'a Plan<'a>,
    source: &'a dyn RowSource,
    call: &'a Call,
}

impl Run<'_> {
    /// Shows every instance that the view has, in the order of the scan, until `each` breaks.
    fn each_match(&self, each: &mut dyn FnMut(&dyn ItemRow, u32) -> ControlFlow<()>) -> Result<()> {
        let mut seen = 0_u32;
        let mut stopped = Ok(());
        self.call.check()?;
        self.source.scan(&mut |item| {
            seen = seen.wrapping_add(1);
            if seen.is_multiple_of(CHECK_EVERY) {
                stopped = self.call.check();
                if stopped.is_err() {
                    return ControlFlow::Break(());
                }
            }
            for instance in 0..self.plan.instances(item) {
                if self.plan.matches(item, instance) && each(item, instance).is_break() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        stopped
    }

    /// The same for the instances that these items make.
    fn each_match_of(
        &self,
        items: &[ItemId],
        each: &mut dyn FnMut(&dyn ItemRow, u32) -> ControlFlow<()>,
    ) -> Result<()> {
        let mut flow = ControlFlow::Continue(());
        for id in items {
            self.call.check()?;
            if !self.source.has(*id)? {
                continue;
            }
            self.source.fetch(*id, &mut |item| {
                for instance in 0..self.plan.instances(item) {
                    if flow.is_continue() && self.plan.matches(item, instance) {
                        flow = each(item, instance);
                    }
                }
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Shows the place of every row.
    fn each_place(&self, each: &mut dyn FnMut(Seen<'_>, &dyn ItemRow)) -> Result<()> {
        let mut key = Vec::with_capacity(64);
        self.each_match(&mut |item, instance| {
            key.clear();
            self.plan.key_into(item, instance, &mut key);
            let place = Seen {
                key: &key,
                item: item.meta().id,
                instance,
            };
            each(place, item);
            ControlFlow::Continue(())
        })
    }

    /// The rows next to a gap, in one pass that holds no more than a few pages of places.
    fn around(&self, split: &Split, ask: Ask) -> Result<Found> {
        let prefer = if ask.backward {
            Prefer::Last
        } else {
            Prefer::First
        };
        let mut best = Best::new(ask.take, prefer);
        let (mut before, mut after) = (0_usize, 0_usize);
        self.each_place(&mut |place, _| {
            let is_before = split.is_after(place);
            if is_before {
                before += 1;
            } else {
                after += 1;
            }
            if is_before == ask.backward {
                best.offer(place);
            }
        })?;
        let places = best.into_sorted();
        let taken = places.len();
        Ok(Found {
            at_start: before == if ask.backward { taken } else { 0 },
            at_end: after == if ask.backward { 0 } else { taken },
            places,
        })
    }

    /// The rows next to row `row`.
    fn at_row(&self, row: usize, limit: Option<usize>, ask: Ask) -> Result<Found> {
        let reach = if ask.backward {
            row
        } else {
            row.saturating_add(ask.take)
        };
        let (places, total) = self.first(reach.min(limit.unwrap_or(usize::MAX)))?;
        let total = total.min(limit.unwrap_or(usize::MAX));
        let at = row.min(total);
        Ok(cut(places, total, at, ask))
    }

    /// The rows next to a gap of a view of at most `limit` rows.
    fn within(&self, limit: usize, ask: Ask, gap: impl FnOnce(&[Place]) -> usize) -> Result<Found> {
        let (places, _) = self.first(limit)?;
        let (total, at) = (places.len(), gap(&places));
        Ok(cut(places, total, at, ask))
    }

    /// The first `limit` places in order, and how many rows match in all.
    fn first(&self, limit: usize) -> Result<(Vec<Place>, usize)> {
        let mut best = Best::new(limit, Prefer::First);
        let mut total = 0_usize;
        self.each_place(&mut |place, _| {
            total += 1;
            best.offer(place);
        })?;
        Ok((best.into_sorted(), total))
    }

    fn first_beyond(
        &self,
        split: &Split,
        direction: Direction,
        more: &Matcher,
    ) -> Result<Option<Place>> {
        let backward = direction == Direction::Backward;
        let mut found: Option<Place> = None;
        self.each_place(&mut |place, item| {
            let better = (found.as_ref()).is_none_or(|f| (place > f.seen()) == backward);
            if better
                && split.is_after(place) == backward
                && self.plan.matches_too(more, item, place.instance)
            {
                found = Some(place.keep());
            }
        })?;
        Ok(found)
    }

    /// The same where the gap is known only once the rows are in order.
    fn first_within(
        &self,
        limit: usize,
        direction: Direction,
        more: &Matcher,
        gap: impl FnOnce(&[Place]) -> usize,
    ) -> Result<Option<Place>> {
        let (places, _) = self.first(limit)?;
        let at = gap(&places);
        let hit = |place: &&Place| -> Result<bool> {
            let mut hit = false;
            self.source.fetch(place.item, &mut |item| {
                hit = self.plan.matches_too(more, item, place.instance);
            })?;
            self.call.check()?;
            Ok(hit)
        };
        let mut candidates: Box<dyn Iterator<Item = &Place>> = match direction {
            Direction::Forward => Box::new(places.iter().skip(at)),
            Direction::Backward => Box::new(places.iter().take(at).rev()),
        };
        candidates
            .find_map(|place| match hit(&place) {
                Ok(false) => None,
                Ok(true) => Some(Ok(place.clone())),
                Err(e) => Some(Err(e)),
            })
            .transpose()
    }

    fn fetch(&self, places: &[Place]) -> Result<Vec<Row>> {
        let mut rows = Vec::with_capacity(places.len());
        for place in places {
            self.call.check()?;
            self.source.fetch(place.item, &mut |item| {
                rows.push(self.plan.row(item, place.instance));
            })?;
        }
        Ok(rows)
    }
}

/// The rows on one side of gap `at` among the first places of a view of `total` rows.
fn cut(mut places: Vec<Place>, total: usize, at: usize, ask: Ask) -> Found {
    let Range { start, end } = if ask.backward {
        at.saturating_sub(ask.take)..at
    } else {
        at..at.saturating_add(ask.take).min(total)
    };
    places.truncate(end);
    places.drain(..start.min(places.len()));
    Found {
        places,
        at_start: start == 0,
        at_end: end == total,
    }
}

fn row_number(anchor: &Anchor) -> usize {
    match anchor {
        Anchor::Row(n) => usize::try_from(*n).unwrap_or(usize::MAX),
        _ => 0,
    }
}

fn as_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
