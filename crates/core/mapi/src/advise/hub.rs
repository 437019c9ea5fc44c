//! Everything that is registered at one open store, and the reading of its change log for it.
//!
//! The log itself is the queue: it is read when somebody dispatches, listens or changes a table's view, and by a thread of
//! the hub's own only while sinks are to be called in the background. So nothing runs and nothing is kept while nobody asks,
//! and whatever was committed, here or in another process, is told in the order of the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::{Call, CancelToken, Error, LogPage, Result, Store};

use super::dispatcher::Dispatcher;
use super::notification::{ErrorNotification, Notification};
use super::subscription::{Runs, Subscription};
use super::translate::{Scope, Translator};
use crate::event::Ids;
use crate::table::{LiveTable, Spec};

/// Entries of the log read at a time.
const PAGE: usize = 256;
/// How often tables may find that the store went on while they looked at it, before they give up on single rows.
const TRIES: u32 = 8;
/// For how long they may find it so.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long the reading thread leaves a store alone that cannot be read.
const PAUSE: Duration = Duration::from_secs(1);

/// Registrations at one open store.
#[derive(Debug)]
pub(crate) struct Hub {
    store: Arc<dyn Store>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    members: Mutex<Members>,
    /// The last entry of the log that was read. Held while reading, so that all are told in the same order.
    read: Mutex<Read>,
}

#[derive(Debug, Default)]
struct Members {
    all: Vec<Member>,
    /// Stops the wait of the reading thread, while there is one.
    reader: Option<CancelToken>,
    /// The last reading thread.
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Read {
    seq: u64,
    /// The store could not be read when this was tried last.
    failed: bool,
}

/// One registration and what it looks at.
#[derive(Debug, Clone)]
struct Member {
    subscription: Arc<Subscription>,
    of: Of,
}

#[derive(Debug, Clone)]
enum Of {
    Objects(Scope),
    Table(Arc<LiveTable>),
}

impl Hub {
    pub(crate) fn new(store: Arc<dyn Store>, dispatcher: Arc<Dispatcher>) -> Arc<Self> {
        let hub = Arc::new(Self {
            store,
            dispatcher,
            members: Mutex::default(),
            read: Mutex::default(),
        });
        hub.dispatcher.follow(&hub);
        hub
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reading(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells a registration of objects what happens from now on.
    pub(crate) fn enter_objects(
        self: &Arc<Self>,
        subscription: &Arc<Subscription>,
        scope: Scope,
    ) -> Result<()> {
        self.enter(subscription, || Ok(Of::Objects(scope)))
    }

    /// The same for a table, of which `open` makes the first picture.
    pub(crate) fn enter_table(
        self: &Arc<Self>,
        subscription: &Arc<Subscription>,
        open: impl FnOnce() -> Result<Arc<LiveTable>>,
    ) -> Result<Arc<LiveTable>> {
        let mut made = None;
        self.enter(subscription, || {
            let table = open()?;
            made = Some(Arc::clone(&table));
            Ok(Of::Table(table))
        })?;
        made.ok_or_else(|| Error::from(Code::CALL_FAILED))
    }

    fn enter(
        self: &Arc<Self>,
        subscription: &Arc<Subscription>,
        open: impl FnOnce() -> Result<Of>,
    ) -> Result<()> {
        let mut read = self.reading();
        // What happened before belongs to those who were here before.
        let told = self.pump_up_to_now(&mut read);
        let entered = self.enter_now(&mut read, subscription, open);
        drop(read);
        drop(told);
        entered?;
        self.dispatcher.enter(subscription);
        if subscription.runs == Runs::InBackground {
            self.start_reader();
        }
        Ok(())
    }

    fn enter_now(
        &self,
        read: &mut Read,
        subscription: &Arc<Subscription>,
        open: impl FnOnce() -> Result<Of>,
    ) -> Result<()> {
        let last = self.store.log(0, None, 0, &Call::default())?.last;
        if self.members().all.is_empty() {
            read.seq = last;
        }
        let member = Member {
            subscription: Arc::clone(subscription),
            of: open()?,
        };
        self.members().all.push(member);
        Ok(())
    }

    /// Forgets a registration.
    pub(crate) fn leave(&self, subscription: &Subscription) {
        let mut members = self.members();
        let is_it = |m: &mut Member| m.subscription.number == subscription.number;
        let gone: Vec<Member> = members.all.extract_if(.., is_it).collect();
        if !members.in_background()
            && let Some(reader) = &members.reader
        {
            reader.cancel();
        }
        drop(members);
        // With a table its session may go, which is for no lock of ours.
        drop(gone);
    }

    /// Reads the log up to now and hands out what it says.
    pub(crate) fn pump(&self) {
        let mut read = self.reading();
        let told = self.pump_up_to_now(&mut read);
        drop(read);
        drop(told);
    }

    /// Has a table show another view, told of from now on; what happened before is told of the one before.
    pub(crate) fn switch(&self, table: &LiveTable, spec: &Spec) {
        let mut read = self.reading();
        let mut told = Vec::new();
        for tried in 0.. {
            told.extend(self.pump_up_to_now(&mut read));
            if table.switch(spec, Some(read.seq), tried < TRIES) {
                break;
            }
        }
        drop(read);
        drop(told);
    }

    /// What a table tells begins with rows of it that were read at `seq`; no if they must be read once more.
    pub(crate) fn begin_with(&self, table: &LiveTable, seq: u64) -> Result<bool> {
        let mut read = self.reading();
        let told = self.pump_up_to_now(&mut read);
        let begun = self.begin_now(&read, table, seq);
        drop(read);
        drop(told);
        begun
    }

    fn begin_now(&self, read: &Read, table: &LiveTable, seq: u64) -> Result<bool> {
        // What was committed after the rows were read, and told already as if they had been read before.
        let mut since = Vec::new();
        if seq < read.seq {
            let page = self.store.log(seq, None, PAGE, &Call::default())?;
            since = page.entries;
            if page.lost || since.last().is_none_or(|e| e.seq < read.seq) {
                return Ok(false);
            }
            since.retain(|e| e.seq <= read.seq);
        }
        if !table.begin_with(seq, &since) {
            return Ok(false);
        }
        // If the store has gone on, the log says more, and then it is told.
        let _settled = table.settle(read.seq, true);
        self.dispatcher.ring(&table.subscription);
        Ok(true)
    }

    /// Returns who was told: they are let go where no lock is held.
    fn pump_up_to_now(&self, read: &mut Read) -> Vec<Member> {
        let members = self.members().all.clone();
        if members.is_empty() {
            return members;
        }
        let result = self.read_on(read, &members);
        if let Err(error) = &result
            && !read.failed
        {
            self.tell_failure(&members, error);
        }
        read.failed = result.is_err();
        self.ring(&members);
        members
    }

    fn ring(&self, members: &[Member]) {
        for member in members {
            self.dispatcher.ring(&member.subscription);
        }
    }

    fn read_on(&self, read: &mut Read, members: &[Member]) -> Result<()> {
        let tables = || {
            members.iter().filter_map(|m| match &m.of {
                Of::Table(table) => Some(table),
                Of::Objects(_) => None,
            })
        };
        let begun = Instant::now();
        for tried in 0.. {
            while let Some(page) = self.next_page(read)? {
                if page.lost {
                    for member in members {
                        member.lost();
                    }
                } else {
                    self.tell_objects(&page, members);
                    tables().for_each(|t| t.collect(&page.entries));
                }
            }
            // Tables take their time; nobody else waits for them.
            self.ring(members);
            let patience = tried == 0 || (tried < TRIES && begun.elapsed() < PATIENCE);
            let mut behind = false;
            for table in tables() {
                behind |= !table.settle(read.seq, patience);
            }
            if !behind {
                break;
            }
        }
        Ok(())
    }

    /// The entries after the last one read, if there are any; a page of which some were lost skips all there are.
    fn next_page(&self, read: &mut Read) -> Result<Option<LogPage>> {
        let page = self.store.log(read.seq, None, PAGE, &Call::default())?;
        if page.lost {
            read.seq = page.last;
            return Ok(Some(page));
        }
        let Some(last) = page.entries.last() else {
            return Ok(None);
        };
        read.seq = last.seq;
        Ok(Some(page))
    }

    fn tell_objects(&self, page: &LogPage, members: &[Member]) {
        let scopes = members.iter().filter_map(|m| match &m.of {
            Of::Objects(scope) => Some((&m.subscription, *scope)),
            Of::Table(_) => None,
        });
        let scopes: Vec<_> = scopes.collect();
        if scopes.is_empty() {
            return;
        }
        let translator = Translator {
            store: self.store.as_ref(),
            ids: Ids::new(self.store.info().uid),
        };
        for told in translator.translate(&page.entries) {
            for (subscription, scope) in &scopes {
                if told.concerns(*scope) && told.is_asked_for(subscription.mask) {
                    subscription.push(told.notification.clone());
                }
            }
        }
    }

    fn tell_failure(&self, members: &[Member], error: &Error) {
        for member in members {
            match &member.of {
                Of::Table(table) => table.failed(error.code()),
                Of::Objects(_) => {
                    let told = Notification::CriticalError(ErrorNotification {
                        entry_id: Some(Ids::new(self.store.info().uid).store()),
                        code: error.code(),
                        detail: error.detail().to_owned(),
                    });
                    if member.subscription.mask.contains(told.event()) {
                        member.subscription.push(told);
                    }
                }
            }
        }
    }

    /// Waits until the log has grown beyond what was read, or the call ends.
    pub(crate) fn wait(&self, call: &Call) -> Result<()> {
        let seen = self.reading().seq;
        self.store.wait(seen, call).map(drop)
    }

    fn start_reader(self: &Arc<Self>) {
        let mut members = self.members();
        if members.reader.is_some() {
            return;
        }
        let (hub, store) = (Arc::downgrade(self), Arc::clone(&self.store));
        let named = thread::Builder::new().name("change log".to_owned());
        // Without a thread to be had nothing is told before the next registration, or before somebody dispatches.
        if let Ok(thread) = named.spawn(move || read_in_background(&hub, &store)) {
            members.reader = Some(CancelToken::default());
            members.thread = Some(thread);
        }
    }

    /// The wait of the reading thread; `None` when it is not needed any more.
    fn next_wait(&self) -> Option<Call> {
        let mut members = self.members();
        let cancel = members.in_background().then(CancelToken::default);
        members.reader.clone_from(&cancel);
        cancel.map(|cancel| Call {
            cancel,
            ..Call::default()
        })
    }
}

impl Members {
    fn in_background(&self) -> bool {
        let runs = |m: &Member| m.subscription.runs == Runs::InBackground;
        self.all.iter().any(runs)
    }
}

impl Member {
    fn lost(&self) {
        match &self.of {
            Of::Objects(_) => self.subscription.push(Notification::Lost),
            Of::Table(table) => table.lost(),
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let members = std::mem::take(&mut *self.members());
        if let Some(reader) = members.reader {
            reader.cancel();
        }
        for member in members.all {
            member.subscription.close();
        }
        // Nobody holds the store any more when this is over; unless it is the thread itself that came here last.
        if let Some(thread) = members.thread
            && thread.thread().id() != thread::current().id()
        {
            drop(thread.join());
        }
    }
}

/// Reads the log whenever it grows, as long as the hub is there and needs it. Holds the hub only while it reads.
fn read_in_background(hub: &Weak<Hub>, store: &Arc<dyn Store>) {
    loop {
        let Some(alive) = hub.upgrade() else {
            return;
        };
        // First the wait, then the reading: what comes in between ends the wait at once.
        let Some(call) = alive.next_wait() else {
            return;
        };
        alive.pump();
        let seen = alive.reading().seq;
        drop(alive);
        match store.wait(seen, &call) {
            Ok(_) => {}
            Err(e) if e.code() == Code::USER_CANCEL => {}
            Err(_) => thread::sleep(PAUSE),
        }
    }
}
