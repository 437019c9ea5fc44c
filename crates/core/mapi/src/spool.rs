//! The spooler's way into a store: the queue, what is known of each message in it, and what becomes of them.
//! Reference: "MAPI Spooler" (requirements SP-01, OUT-08, OUT-09); docs/design/sending.md
//!
//! Everything here writes under the lease of [`Role::Spooler`], so it is there only for a session that carries it
//! ([`crate::Logon::under`] a call with its [`mapi_spi::Epoch`]), and stops with `MAPI_E_END_OF_SESSION` when another process has it.

mod arrivals;
mod carrier;
mod kept;
mod outgoing;
mod reports;
mod settling;
mod starting;

use std::collections::BTreeSet;

use mapi_kit::outgoing::place as place_of;
use mapi_kit::outgoing::state::{Phase, QueueState};
use mapi_kit::report::Language;
use mapi_props::{Code, FileTime, Kind, message_flags};
use mapi_spi::{Call, Error, ItemId, LogEntry, LogKind, Origin, QueuePlace, Queued, Result, Role};

use crate::context::Context;
use crate::{EntryId, MsgStore};

pub use arrivals::{ArrivalInbox, Arrived};
pub use carrier::{Carrier, Carriers};
pub use mapi_kit::report::OwnReport;
pub use outgoing::Picked;
pub use settling::{Settlement, Verdict};
pub use starting::Start;

/// Entries of the log that are read at once.
const ENTRIES: usize = 1000;

/// The queue of a store, as the one spooler that may send from it has it.
#[derive(Debug, Clone)]
pub struct Spool {
    context: Context,
    /// What reports are written in.
    language: Language,
}

/// A message in the queue as the spooler finds it.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Which message.
    pub item: ItemId,
    /// Where it stands.
    pub place: QueuePlace,
    /// Its change number.
    pub change: u64,
    /// PR_MESSAGE_SIZE, bytes.
    pub size: u64,
    /// What is known of it. A row that cannot be read is [`Phase::Unknown`]: such a message is not sent unasked.
    pub state: QueueState,
    /// Whether there is a row.
    pub seen: bool,
}

impl MsgStore {
    /// The queue as the spooler has it, for the session that is the spooler of this store.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for any other session; `MAPI_E_NO_ACCESS` in a read-only store.
    pub fn spool(&self) -> Result<Spool> {
        self.writable().and_then(|()| Spool::of(&self.context))
    }
}

impl Spool {
    fn of(context: &Context) -> Result<Self> {
        let epoch = context.call.epoch_in(context.info().uid);
        if epoch.is_none_or(|epoch| epoch.role != Role::Spooler) {
            let detail = "only the spooler of the store may do this";
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        Ok(Self {
            context: context.clone(),
            language: Language::default(),
        })
    }

    /// The same, stopped with this call. The lease stays.
    #[must_use]
    pub fn under(&self, call: &Call) -> Self {
        let epoch = self.context.call.epoch;
        Self {
            context: self.context.with_call(Call {
                epoch,
                ..call.clone()
            }),
            language: self.language,
        }
    }

    /// The same, with reports in this language.
    #[must_use]
    pub fn writing(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// The same, stopped by nothing but the end of the lease: for what must be written because it has happened.
    #[must_use]
    pub fn unstoppable(&self) -> Self {
        self.under(&Call::default())
    }

    /// The store, with this call.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn store(&self) -> Result<MsgStore> {
        MsgStore::new(
            std::sync::Arc::clone(&self.context.opened),
            std::sync::Arc::clone(&self.context.member),
            self.context.call.clone(),
            crate::OpenFlags::BEST_ACCESS,
        )
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> FileTime {
        self.context.now()
    }

    /// Fills `bytes` with randomness.
    pub fn random(&self, bytes: &mut [u8]) {
        self.context.opened.place.support.random(bytes);
    }

    /// The entry id of a message.
    #[must_use]
    pub fn entry_id(&self, item: ItemId) -> EntryId {
        self.context.entry_id(false, item)
    }

    /// The message that an entry id of this store names.
    ///
    /// # Errors
    /// `MAPI_E_UNKNOWN_ENTRYID` for another store's; `MAPI_E_INVALID_ENTRYID`.
    pub fn item(&self, id: &EntryId) -> Result<ItemId> {
        self.context.message_id(id)
    }

    /// The last number of the store's log: where [`Self::changed_since`] goes on from.
    ///
    /// # Errors
    /// Those of the store.
    pub fn latest(&self) -> Result<u64> {
        let call = &self.context.call;
        Ok(self.context.spi()?.log(u64::MAX, None, 0, call)?.last)
    }

    /// Messages that came into the queue since `seen` of the log, which moves on, or that somebody else than the spooler has changed there,
    /// or taken out of it, where the spooler `knows` them; `None` if the log does not say so.
    ///
    /// # Errors
    /// Those of the store.
    pub fn changed_since(
        &self,
        seen: &mut u64,
        knows: impl Fn(ItemId) -> bool,
    ) -> Result<Option<BTreeSet<ItemId>>> {
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut all = BTreeSet::new();
        loop {
            let page = store.log(*seen, None, ENTRIES, call)?;
            // What comes back with a folder has no entries of its own.
            let comes_back = |e: &LogEntry| e.folder && e.kind == LogKind::Recovered;
            if page.lost || page.entries.iter().any(comes_back) {
                return Ok(None);
            }
            let is_meant = |e: &&LogEntry| {
                let waits = e.flags & message_flags::SUBMIT != 0;
                // The spooler writes messages of its own too: reports that are sent.
                let news = e.origin != Origin::SPOOLER || e.kind == LogKind::Created;
                !e.folder && news && (waits || knows(e.object))
            };
            all.extend(page.entries.iter().filter(is_meant).map(|e| e.object));
            match page.entries.last() {
                Some(last) if page.entries.len() == ENTRIES => *seen = last.seq,
                _ => {
                    *seen = page.last;
                    return Ok(Some(all));
                }
            }
        }
    }

    /// One message of the queue; `None` if it does not wait (any more).
    ///
    /// # Errors
    /// Those of the store.
    pub fn waiting(&self, item: ItemId) -> Result<Option<Waiting>> {
        let (store, call) = (self.context.spi()?, &self.context.call);
        let message = match store.message(item, call) {
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            read => read?,
        };
        let Some(place) = place_of(&message.meta, &message.body.props) else {
            return Ok(None);
        };
        let before = QueuePlace {
            item: ItemId(item.0.saturating_sub(1)),
            ..place
        };
        let found = self.queue(Some(before), 1)?.pop();
        Ok(found.filter(|found| found.item == item))
    }

    /// Messages that wait to be sent, in order of submission: at most `limit`, those after `after`.
    ///
    /// # Errors
    /// Those of the store.
    pub fn queue(&self, after: Option<QueuePlace>, limit: usize) -> Result<Vec<Waiting>> {
        let call = &self.context.call;
        let page = self.context.spi()?.queue(after, limit, call)?;
        Ok(page.iter().map(waiting).collect())
    }
}

fn waiting(queued: &Queued) -> Waiting {
    let state = match &queued.state {
        None => QueueState::default(),
        Some(row) => QueueState::from_bytes(row).unwrap_or_else(|_| QueueState {
            phase: Phase::Unknown,
            ..QueueState::default()
        }),
    };
    Waiting {
        item: queued.place.item,
        place: queued.place,
        change: queued.change,
        size: queued.size,
        state,
        seen: queued.state.is_some(),
    }
}
