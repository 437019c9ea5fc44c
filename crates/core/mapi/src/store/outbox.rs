//! What waits to be sent, as anybody may look at it: how far each message is, and what is known of its recipients.
//! Requirements OUT-08, SP-01; docs/design/sending.md

use std::collections::BTreeMap;

use mapi_kit::outgoing;
use mapi_kit::outgoing::state::{Known, Phase, QueueState};
use mapi_props::{FileTime, Kind, PropTag, PropValue, recipient_type, tags};
use mapi_spi::{ItemId, Origin, ProviderKind, QUEUE_STATE, Queued, Result, RowSet, View};

use super::MsgStore;
use crate::{EntryId, OpenFlags};

/// A message that waits to be sent.
#[derive(Debug, Clone)]
pub struct OutboxEntry {
    /// Which message.
    pub entry_id: EntryId,
    /// The same, inside its store.
    pub item: ItemId,
    /// PR_CLIENT_SUBMIT_TIME; 0 where there is none.
    pub submitted: FileTime,
    /// PR_MESSAGE_SIZE, bytes.
    pub size: u64,
    /// PR_SUBJECT.
    pub subject: Option<String>,
    /// PR_DISPLAY_TO.
    pub display_to: Option<String>,
    /// PR_DEFERRED_SEND_TIME: not before this.
    pub not_before: Option<FileTime>,
    /// What the spooler knows of it. A row that cannot be read is [`Phase::Unknown`], as it is to the spooler.
    pub state: QueueState,
}

/// A recipient of a message that waits to be sent.
#[derive(Debug, Clone)]
pub struct OutboxRecipient {
    /// PR_DISPLAY_NAME.
    pub name: Option<String>,
    /// PR_SMTP_ADDRESS, else PR_EMAIL_ADDRESS.
    pub address: Option<String>,
    /// PR_RECIPIENT_TYPE, with its flags.
    pub kind: i32,
    /// PR_RESPONSIBILITY: nothing more is to become of it.
    pub done: bool,
    /// What the spooler knows of it.
    pub known: Known,
}

impl MsgStore {
    /// What waits to be sent, in the order of submission. It needs no lease and takes none: what the spooler does meanwhile
    /// may be further than this.
    ///
    /// # Errors
    /// Those of the store.
    pub fn outbox(&self) -> Result<Vec<OutboxEntry>> {
        self.errors.track(self.all_that_wait())
    }

    /// Whether the session has any transport, running or not: without one nothing that waits is ever sent.
    #[must_use]
    pub fn has_transport(&self) -> bool {
        let providers = self.context.member.session.providers.all();
        let mut kinds = providers.iter().map(|provider| provider.kind);
        kinds.any(|kind| kind == ProviderKind::Transport)
    }

    /// How far a message is that waits to be sent; `None` if it does not wait (any more).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_ENTRYID`, `MAPI_E_UNKNOWN_ENTRYID`; those of the store.
    pub fn outbox_entry(&self, message: &EntryId) -> Result<Option<OutboxEntry>> {
        let item = self.context.message_id(message);
        self.errors
            .track(item.and_then(|item| self.one_that_waits(item)))
    }

    /// The recipients of a message that waits to be sent, in the order of its table.
    ///
    /// # Errors
    /// Those of [`Self::open_message`].
    pub fn outbox_recipients(&self, entry: &OutboxEntry) -> Result<Vec<OutboxRecipient>> {
        let message = self.open_message(&entry.entry_id, OpenFlags::NONE)?;
        let tree = message.to_tree()?;
        let rows = tree.recipients.iter().enumerate().map(|(place, row)| {
            let text = |tag| row.text(tag).filter(|t| !t.is_empty()).map(str::to_owned);
            let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
            OutboxRecipient {
                name: text(tags::DISPLAY_NAME),
                address: text(tags::SMTP_ADDRESS).or_else(|| text(tags::EMAIL_ADDRESS)),
                kind: kind.unwrap_or(recipient_type::TO),
                done: row.value(tags::RESPONSIBILITY) == Some(&PropValue::Bool(true)),
                known: entry.state.of(place).clone(),
            }
        });
        Ok(rows.collect())
    }

    fn all_that_wait(&self) -> Result<Vec<OutboxEntry>> {
        let mut queue = Vec::new();
        self.each_queued(|queued| queue.push(queued))?;
        self.entries(queue)
    }

    fn one_that_waits(&self, item: ItemId) -> Result<Option<OutboxEntry>> {
        let (store, call) = (self.context.spi()?, &self.context.call);
        let data = match store.message(item, call) {
            Err(e) if e.kind() == Kind::NotFound => return Ok(None),
            data => data?,
        };
        let Some(place) = outgoing::place(&data.meta, &data.body.props) else {
            return Ok(None);
        };
        let rows = store.sync_rows(Origin::SPOOLER, Some(item), call)?;
        let known = rows.into_iter().find(|(key, _)| key == QUEUE_STATE);
        let queued = Queued {
            place,
            change: data.meta.change,
            folder: data.meta.parent,
            size: data.meta.size,
            state: known.map(|(_, state)| state),
        };
        Ok(self.entries(vec![queued])?.pop())
    }

    fn entries(&self, queue: Vec<Queued>) -> Result<Vec<OutboxEntry>> {
        let mut entries = Vec::new();
        let mut folders = BTreeMap::<ItemId, Vec<(ItemId, u32)>>::new();
        for queued in queue {
            let item = queued.place.item;
            folders.entry(queued.folder).or_default().push((item, 0));
            entries.push(OutboxEntry {
                entry_id: self.context.entry_id(false, item),
                item,
                submitted: queued.place.submitted,
                size: queued.size,
                subject: None,
                display_to: None,
                not_before: None,
                state: state(queued.state.as_deref()),
            });
        }
        let mut shown = self.shown(folders)?;
        for entry in &mut entries {
            if let Some(row) = shown.remove(&entry.item) {
                (entry.subject, entry.display_to, entry.not_before) = row;
            }
        }
        Ok(entries)
    }

    /// What is shown of each of these messages beside its place.
    fn shown(
        &self,
        folders: BTreeMap<ItemId, Vec<(ItemId, u32)>>,
    ) -> Result<BTreeMap<ItemId, Row>> {
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut view = View {
            container: self.context.info().root,
            rows: RowSet::Contents {
                associated: false,
                deleted: false,
            },
            columns: SHOWN.to_vec(),
            restriction: None,
            sort: mapi_props::SortOrderSet::default(),
        };
        let mut shown = BTreeMap::new();
        for (folder, places) in folders {
            view.container = folder;
            let (_, rows) = store.rows_at(&view, &places, None, call)?;
            for row in rows {
                let mut cells = row.cells.into_iter();
                let mut text = || match cells.next() {
                    Some(PropValue::Unicode(text)) => Some(text),
                    _ => None,
                };
                let (subject, to) = (text(), text());
                let not_before = cells.next().as_ref().and_then(PropValue::as_time);
                shown.insert(row.key.item, (subject, to, not_before));
            }
        }
        Ok(shown)
    }
}

/// Subject, To, not before.
type Row = (Option<String>, Option<String>, Option<FileTime>);

const SHOWN: [PropTag; 3] = [
    tags::SUBJECT.raw(),
    tags::DISPLAY_TO.raw(),
    tags::DEFERRED_SEND_TIME.raw(),
];

fn state(row: Option<&[u8]>) -> QueueState {
    let unreadable = || QueueState {
        phase: Phase::Unknown,
        ..QueueState::default()
    };
    row.map_or_else(QueueState::default, |row| {
        QueueState::from_bytes(row).unwrap_or_else(|_| unreadable())
    })
}
