//! Following the contents of a folder by the change log, without holding its rows.
//!
//! For each message that the entries touch: was it a row before them, which the inverse patches tell, and is it one after
//! them, which the store tells at one number of the log.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::time::{Duration, Instant};

use mapi_kit::computed::{instance_key, thread_of};
use mapi_kit::engine::{MessageRow, Plan};
use mapi_kit::large::ValueReader;
use mapi_props::{Guid, PropValue, Restriction, Slot, StoredMessage, message_flags, tags};
use mapi_spi::{
    Anchor, Call, ItemId, ItemKind, ItemMeta, LogEntry, LogKind, MessageData, Result, Row, RowKey,
    RowSet, Store, View,
};

use super::super::{Spec, StoreRows};
use super::{LiveTable, SINGLY, Settled, is_gone};
use crate::advise::{TableEvent, TableNotification};

/// Whether the rows of a view can be told one by one from the log: contents, one row per message, in no categories.
pub(super) fn can_follow(rows: &StoreRows, spec: &Spec) -> Result<bool> {
    if !matches!(rows.rows, RowSet::Contents { .. }) || spec.sort.categories > 0 {
        return Ok(false);
    }
    let view = rows.view(spec);
    let plan = Plan::new(rows.context.spi()?.info(), &view)?;
    let cut = plan.matcher().is_some_and(|m| m.limit().is_some());
    Ok(!plan.is_expanded() && !cut)
}

/// What an entry did to a message's being in a folder: before and after; `None` if nothing.
pub(crate) fn passage(rows: &StoreRows, entry: &LogEntry) -> Option<(bool, bool)> {
    let RowSet::Contents {
        associated,
        deleted,
    } = rows.rows
    else {
        return None;
    };
    let is_associated = entry.flags & message_flags::ASSOCIATED != 0;
    if entry.folder || entry.object.0 == 0 || is_associated != associated {
        return None;
    }
    let here = entry.parent == rows.container;
    match (entry.kind, deleted) {
        (LogKind::Moved { from }, false) if from == rows.container => Some((true, here)),
        _ if !here => None,
        (
            LogKind::Created
            | LogKind::Copied { .. }
            | LogKind::Recovered
            | LogKind::Moved { .. }
            | LogKind::Linked,
            false,
        )
        | (LogKind::SoftDeleted, true) => Some((false, true)),
        (LogKind::Modified | LogKind::LinkModified, false) => Some((true, true)),
        (LogKind::SoftDeleted | LogKind::Deleted | LogKind::Unlinked, false)
        | (LogKind::Purged | LogKind::Recovered, true) => Some((true, false)),
        _ => None,
    }
}

/// Entries that are read at a time of what was committed meanwhile.
const MEANWHILE: usize = 64;
/// How long to run after a store that goes on.
const PATIENCE: Duration = Duration::from_millis(200);

/// One view and what happened to it.
pub(super) struct Followed<'a> {
    pub(super) rows: &'a StoreRows,
    pub(super) spec: &'a Spec,
    pub(super) table: &'a LiveTable,
}

/// A message that became, or stayed, a row.
struct Present {
    /// Orders it among others: its sort key, then its number.
    order: (Vec<u8>, ItemId),
    row: Row,
    before: Option<RowKey>,
}

/// What became of a message that the entries touched.
struct Outcome {
    was_row: bool,
    is_row: Option<Present>,
}

enum Look {
    Known(Outcome),
    /// The store has gone on, and will say how.
    Behind,
    /// What it was cannot be known any more.
    Unknown,
}

/// Messages that entries touched, and what is known of them so far.
#[derive(Default)]
struct Touched {
    histories: BTreeMap<ItemId, Vec<LogEntry>>,
    known: BTreeMap<ItemId, Outcome>,
}

impl Followed<'_> {
    /// What the entries, of which the log's last one is `seq`, and perhaps some after them did to the view.
    ///
    /// While messages are looked at one after the other the store may go on. Then only those are looked at again that it
    /// touched, or that stand behind one of these, until it did nothing more to the view.
    pub(super) fn settle(&self, entries: &[LogEntry], seq: u64) -> Result<Settled> {
        let store = self.rows.context.spi()?;
        let (mut touched, mut seq) = (Touched::default(), seq);
        let mut wanted = touched.note(entries.to_vec(), |_| true);
        let begun = Instant::now();
        loop {
            // A search folder that is being filled says nothing about single messages.
            let filled = touched.histories.contains_key(&self.rows.container);
            if filled || touched.histories.len() > SINGLY {
                return Ok(Settled::Unknown);
            }
            if !self.look_at(store, &wanted, &mut touched)? {
                return Ok(Settled::Unknown);
            }
            let displaced = touched.displaced_by(&wanted);
            if !self.look_at(store, &displaced, &mut touched)? {
                return Ok(Settled::Unknown);
            }
            let since = store.log(seq, None, MEANWHILE, &Call::default())?;
            if since.lost {
                return Ok(Settled::Unknown);
            }
            let at_end = since.entries.last().map_or(seq, |e| e.seq) == since.last;
            seq = since.entries.last().map_or(seq, |e| e.seq);
            wanted = touched.note(since.entries, |e| super::concerns(self.rows, e));
            if wanted.is_empty() && at_end {
                break;
            }
            if begun.elapsed() > PATIENCE {
                return Ok(Settled::Behind);
            }
        }
        if touched.known.len() < touched.histories.len() {
            return Ok(Settled::Behind);
        }
        Ok(Settled::Rows(self.events(touched.known), seq))
    }

    /// Looks at messages; no if it cannot be known what one was.
    fn look_at(
        &self,
        store: &dyn Store,
        wanted: &BTreeSet<ItemId>,
        touched: &mut Touched,
    ) -> Result<bool> {
        let view = self.rows.view(self.spec);
        let plan = Plan::new(store.info(), &view)?;
        for id in wanted {
            let Some(history) = touched.histories.get(id) else {
                continue;
            };
            match self.look(store, (&view, &plan), *id, history)? {
                Look::Known(outcome) => drop(touched.known.insert(*id, outcome)),
                Look::Behind => drop(touched.known.remove(id)),
                Look::Unknown => return Ok(false),
            }
        }
        Ok(true)
    }

    fn look(
        &self,
        store: &dyn Store,
        (view, plan): (&View, &Plan<'_>),
        id: ItemId,
        history: &[LogEntry],
    ) -> Result<Look> {
        let Some(message) = self.message(store, id, history)? else {
            return Ok(Look::Behind);
        };
        let Some(was_row) = message.was(plan) else {
            return Ok(Look::Unknown);
        };
        let is_row = self.place(view, plan, &message)?;
        Ok(Look::Known(Outcome { was_row, is_row }))
    }

    /// What goes, then what comes or moves, in the order of the view.
    fn events(&self, known: BTreeMap<ItemId, Outcome>) -> Vec<TableNotification> {
        let (mut gone, mut present) = (Vec::new(), Vec::new());
        for (id, outcome) in known {
            match outcome.is_row {
                Some(found) => present.push((found, outcome.was_row)),
                None if outcome.was_row => {
                    gone.push(TableNotification::deleted(instance_key(id, 0)));
                }
                None => {}
            }
        }
        present.sort_by(|(a, _), (b, _)| a.order.cmp(&b.order));
        let told = present.into_iter().map(|(row, was)| self.told(row, was));
        gone.extend(told);
        gone
    }

    /// A message as it is now; `None` if the store has gone on.
    fn message<'b>(
        &'b self,
        store: &'b dyn Store,
        id: ItemId,
        history: &'b [LogEntry],
    ) -> Result<Option<Message<'b>>> {
        let mut passages = history.iter().filter_map(|e| passage(self.rows, e));
        let first = passages.next().unwrap_or((false, false));
        let last = passages.last().unwrap_or(first);
        let now = match store.message(id, &Call::default()) {
            Ok(data) => Some(data),
            Err(e) if is_gone(&e) => None,
            Err(e) => return Err(e),
        };
        if last.1 && now.is_none() {
            return Ok(None);
        }
        Ok(Some(Message {
            store,
            rows: self.rows,
            restriction: self.spec.restriction.as_ref(),
            id,
            was_here: first.0,
            is_here: last.1,
            now,
            history,
        }))
    }

    /// The row of a message in the view, and the one before it.
    fn place(
        &self,
        view: &View,
        plan: &Plan<'_>,
        message: &Message<'_>,
    ) -> Result<Option<Present>> {
        let Some(data) = message.now.as_ref().filter(|_| message.is_here) else {
            return Ok(None);
        };
        let (key, order) = message.look(data, |row| (plan.row(row, 0).key, plan.key(row, 0)));
        let from = Anchor::After(key);
        let page = match message.store.view(view, &from, -2, &Call::default()) {
            Ok(page) => page,
            Err(e) if is_gone(&e) => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut rows = page.rows.into_iter().rev();
        let row = rows.next().filter(|row| row.key.item == message.id);
        Ok(row.map(|row| Present {
            order: (order, message.id),
            row,
            before: rows.next().map(|before| before.key),
        }))
    }

    fn told(&self, found: Present, was: bool) -> TableNotification {
        let event = if was {
            TableEvent::RowModified
        } else {
            TableEvent::RowAdded
        };
        let (_, id) = found.order;
        let prior = found.before.map(|key| instance_key(key.item, key.instance));
        let row = self.table.row(self.spec, found.row);
        TableNotification::placed(event, instance_key(id, 0), prior, row)
    }
}

impl Touched {
    /// Takes in the entries that `concern` the view, and all later ones of the same messages, wherever these are by then; the
    /// messages that they touched.
    fn note(
        &mut self,
        entries: Vec<LogEntry>,
        concern: impl Fn(&LogEntry) -> bool,
    ) -> BTreeSet<ItemId> {
        let mut ids = BTreeSet::new();
        for entry in entries {
            if self.histories.contains_key(&entry.object) || concern(&entry) {
                ids.insert(entry.object);
                self.histories.entry(entry.object).or_default().push(entry);
            }
        }
        ids
    }

    /// Those known before that may not stand any more behind the row they stood behind: it moved or went, or one of `moved`
    /// came between.
    fn displaced_by(&self, moved: &BTreeSet<ItemId>) -> BTreeSet<ItemId> {
        let found = |id: &ItemId| self.known.get(id)?.is_row.as_ref();
        let before = |row: &Present| row.before.as_ref().map(|key| key.item);
        let taken: BTreeSet<_> = moved.iter().filter_map(found).map(before).collect();
        let stands_behind = |id: &&ItemId| {
            let before = found(id).map(before);
            before.is_some_and(|b| taken.contains(&b) || b.is_some_and(|b| moved.contains(&b)))
        };
        let known = self.known.keys().filter(|id| !moved.contains(id));
        known.filter(stands_behind).copied().collect()
    }
}

/// A message that the entries touched.
struct Message<'a> {
    store: &'a dyn Store,
    rows: &'a StoreRows,
    restriction: Option<&'a Restriction>,
    id: ItemId,
    /// It was in the folder before the entries.
    was_here: bool,
    /// It is there after them.
    is_here: bool,
    now: Option<MessageData>,
    history: &'a [LogEntry],
}

impl Message<'_> {
    /// Shows a state of it as a row.
    fn look<T>(&self, data: &MessageData, look: impl FnOnce(&MessageRow<'_>) -> T) -> T {
        let open = |value: &mapi_props::LargeRef| {
            let reader = ValueReader::open(self.store, self.id, value, &Call::default()).ok()?;
            Some(Box::new(reader) as Box<dyn Read>)
        };
        look(&MessageRow {
            meta: &data.meta,
            body: &data.body,
            open: &open,
        })
    }

    /// Whether it was a row of the view before the entries; `None` if that cannot be known any more.
    fn was(&self, plan: &Plan<'_>) -> Option<bool> {
        let Some(restriction) = self.restriction.filter(|_| self.was_here) else {
            return Some(self.was_here);
        };
        let (before, whole) = self.before()?;
        let mut asks = Asks::default();
        asks.of(restriction);
        if asks.for_change_number || (asks.for_parts && !whole) {
            return None;
        }
        let missing = Cell::new(false);
        let open = |value: &mapi_props::LargeRef| {
            let reader = ValueReader::open(self.store, self.id, value, &Call::default());
            missing.set(missing.get() || reader.is_err());
            Some(Box::new(reader.ok()?) as Box<dyn Read>)
        };
        let row = MessageRow {
            meta: &before.meta,
            body: &before.body,
            open: &open,
        };
        let matched = plan.matches(&row, 0);
        (!missing.get()).then_some(matched)
    }

    /// Its state before the entries, and whether recipients and attachments are those it had.
    fn before(&self) -> Option<(MessageData, bool)> {
        let mut state = self.now.clone();
        let mut whole = true;
        for entry in self.history.iter().rev() {
            let ends = matches!(
                entry.kind,
                LogKind::SoftDeleted | LogKind::Deleted | LogKind::Purged | LogKind::Unlinked
            );
            if ends {
                state = Some(self.blank());
                whole = false;
            }
            let parts = [
                tags::MESSAGE_RECIPIENTS.id(),
                tags::MESSAGE_ATTACHMENTS.id(),
            ];
            whole &= !entry.changed.iter().any(|id| parts.contains(id));
            if let (Some(state), Some(inverse)) = (&mut state, &entry.inverse) {
                for (id, slot) in &inverse.props {
                    put_back(state, &self.store.info().uid, *id, slot.as_ref());
                }
            }
        }
        let mut state = state?;
        state.meta.parent = self.rows.container;
        Some((state, whole))
    }

    fn blank(&self) -> MessageData {
        let associated = matches!(
            self.rows.rows,
            RowSet::Contents {
                associated: true,
                ..
            }
        );
        MessageData {
            meta: ItemMeta {
                id: self.id,
                parent: self.rows.container,
                kind: ItemKind::Message { associated },
                deleted: false,
                change: 0,
                content_version: 0,
                thread: None,
                flags: 0,
                status: 0,
                size: 0,
            },
            body: StoredMessage::default(),
        }
    }
}

/// Gives one property the value that it had.
fn put_back(state: &mut MessageData, store: &Guid, id: u16, slot: Option<&Slot>) {
    let word = |slot: Option<&Slot>| match slot {
        Some(Slot::Value(PropValue::Long(n))) => n.cast_unsigned(),
        _ => 0,
    };
    if id == tags::MESSAGE_FLAGS.id() {
        state.meta.flags = word(slot);
    } else if id == tags::MSG_STATUS.id() {
        state.meta.status = word(slot);
    } else if id == tags::MESSAGE_SIZE.id() {
        if let Some(Slot::Value(PropValue::I8(size))) = slot {
            state.meta.size = size.cast_unsigned();
        }
    } else if id == tags::CONVERSATION_ID.id() {
        state.meta.thread = match slot {
            Some(Slot::Value(PropValue::Binary(id))) => thread_of(store, id),
            _ => None,
        };
    } else if let Some(slot) = slot {
        state.body.props.insert(id, slot.clone());
    } else {
        state.body.props.remove(&id);
    }
}

/// What a restriction looks at that the log does not keep.
#[derive(Debug, Default)]
struct Asks {
    for_parts: bool,
    for_change_number: bool,
}

impl Asks {
    fn of(&mut self, restriction: &Restriction) {
        let number = tags::CHANGE_NUMBER.id();
        match restriction {
            Restriction::And(all) | Restriction::Or(all) => all.iter().for_each(|r| self.of(r)),
            Restriction::Not(child) | Restriction::Count { child, .. } => self.of(child),
            Restriction::Comment { child, .. } => {
                if let Some(child) = child {
                    self.of(child);
                }
            }
            Restriction::Sub { .. } => self.for_parts = true,
            Restriction::CompareProps { left, right, .. } => {
                self.for_change_number |= left.id() == number || right.id() == number;
            }
            Restriction::Content { tag, .. }
            | Restriction::Property { tag, .. }
            | Restriction::Bitmask { tag, .. }
            | Restriction::Size { tag, .. }
            | Restriction::Exist { tag } => self.for_change_number |= tag.id() == number,
        }
    }
}
