//! Being told of changes: registrations with sessions, stores and tables, and how notifications reach them.
//! Reference: "Event Notification in MAPI" (requirements NTF-01, NTF-02, TAB-24, SES-03, NT-01 … NT-10)
//!
//! Nothing is told before it is durable: notifications are read from the store's change log, so changes of other handles,
//! sessions and processes are told like one's own. A sink is never called inside the call that changed something, nor
//! under any lock of ours; it may call whatever it likes. Where it is called was chosen at [`crate::Mapi::initialize_with`]:
//! on a thread of the library's own, or on the initialising thread when that dispatches. What calls of this program commit is
//! told when their commits have returned, unless one lasts over 100 ms (NT-08); calls of other processes cannot be waited for.
//!
//! Deliberately absent: synchronous subscriptions (IMAPISupport::Subscribe with NOTIFY_SYNC). They would run a sink inside the
//! call that changes something.

mod changing;
mod coalesced;
mod dispatcher;
mod hub;
mod listener;
mod notification;
mod subscription;
mod translate;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use mapi_props::Code;
use mapi_spi::{Error, Result};

use crate::EventMask;
use crate::table::LiveTable;

pub use coalesced::{Coalesced, Refresh};
pub(crate) use dispatcher::Dispatcher;
use dispatcher::Home;
pub(crate) use hub::Hub;
pub use listener::Listener;
pub use notification::{
    ErrorNotification, ExtendedNotification, NewMailNotification, Notification, TableEvent,
    TableNotification,
};
pub(crate) use subscription::{Runs, Subscription};
pub(crate) use translate::Scope;

/// Is called with notifications (IMAPIAdviseSink).
pub trait AdviseSink: Send + Sync {
    /// Takes notifications in the order of the events, several at a time where several waited.
    fn on_notify(&self, notifications: &[Notification]);
}

impl<F: Fn(&[Notification]) + Send + Sync> AdviseSink for F {
    fn on_notify(&self, notifications: &[Notification]) {
        self(notifications);
    }
}

/// A sink as it is registered. Clones are the same sink; it may be registered several times.
///
/// ```
/// # fn show(store: &mapi::MsgStore) -> mapi::Result<()> {
/// use mapi::{EventMask, Notification, Sink};
///
/// let sink = Sink::new(|told: &[Notification]| println!("{} new messages", told.len()));
/// let connection = store.advise(None, EventMask::NEW_MAIL, &sink)?;
/// // … until it is dropped, or:
/// store.unadvise(connection)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Sink {
    sink: Arc<dyn AdviseSink>,
    home: Option<Arc<Home>>,
}

impl Sink {
    /// A sink that may be called on any thread (HrAllocAdviseSink for a closure).
    pub fn new(sink: impl AdviseSink + 'static) -> Self {
        Self::shared(Arc::new(sink))
    }

    /// The same of one that is held elsewhere too.
    #[must_use]
    pub const fn shared(sink: Arc<dyn AdviseSink>) -> Self {
        Self { sink, home: None }
    }

    /// The same sink, called on this thread only, and only while it dispatches (HrThisThreadAdviseSink). Its
    /// registrations end with the thread. It cannot meet a synchronous subscription (NOTIFY_SYNC, NT-09): there is none
    /// here, no sink is ever called inside the call that makes the change.
    #[must_use]
    pub fn on_this_thread(self) -> Self {
        Self {
            home: Some(Home::here()),
            ..self
        }
    }

    /// A registration of it.
    pub(crate) fn subscribe(
        &self,
        mask: EventMask,
        dispatcher: &Dispatcher,
        hub: Weak<Hub>,
    ) -> Arc<Subscription> {
        let runs = self
            .home
            .as_ref()
            .map_or_else(|| dispatcher.place(), |home| Runs::On(home.thread));
        let sink = Some(Arc::clone(&self.sink));
        let subscription = Arc::new(Subscription::new(mask, runs, sink, hub));
        if let Some(home) = &self.home {
            home.enter(&subscription);
        }
        subscription
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").finish_non_exhaustive()
    }
}

/// A registration. It lasts until it is handed to `unadvise` or dropped, or the session, the store or the table it was made
/// with ends. Ending it waits for a call-back that is running, unless on that call-back's own thread; none begins afterwards. The
/// sink is held until then.
#[derive(Debug)]
#[must_use = "dropping a connection ends it"]
pub struct Connection {
    subscription: Arc<Subscription>,
    maker: usize,
    /// The table that is followed for it.
    _table: Option<Arc<LiveTable>>,
}

impl Connection {
    /// With what tells a maker from all others.
    pub(crate) const fn new(subscription: Arc<Subscription>, maker: usize) -> Self {
        Self {
            subscription,
            maker,
            _table: None,
        }
    }

    /// The same, keeping the table that is followed for it.
    pub(crate) fn holding(self, table: Arc<LiveTable>) -> Self {
        let mut this = self;
        this._table = Some(table);
        this
    }

    /// The connection number: never 0, of no other connection in this program.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.subscription.number
    }

    /// The same, handed out by another object.
    pub(crate) fn made_by(self, maker: usize) -> Self {
        let mut this = self;
        this.maker = maker;
        this
    }

    /// Ends it on behalf of who made it.
    pub(crate) fn end(self, maker: usize) -> Result<()> {
        if self.maker == maker {
            return Ok(());
        }
        Err(Error::new(
            Code::INVALID_PARAMETER,
            "the connection was made with another object",
        ))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.subscription.close();
    }
}

/// The registrations of one logon: they end with it.
#[derive(Debug, Default)]
pub(crate) struct Registrations {
    all: Entered,
    /// Those of the session itself.
    own: Entered,
}

impl Registrations {
    /// Ends with the logon.
    pub(crate) fn enter(&self, subscription: &Arc<Subscription>) {
        enter(&self.all, subscription);
    }

    /// Is told of what happens to the session.
    pub(crate) fn enter_own(&self, subscription: &Arc<Subscription>) {
        enter(&self.own, subscription);
    }

    /// The session went wrong: sinks of the session that asked for it are told.
    pub(crate) fn critical(&self, told: &ErrorNotification, dispatcher: &Arc<Dispatcher>) {
        for subscription in taken(&self.own, false) {
            subscription.push(Notification::CriticalError(told.clone()));
            dispatcher.ring(&subscription);
        }
    }

    /// Logoff: no sink of a store or table is called any more once this returns; sinks of the session get their last event.
    pub(crate) fn end(&self, dispatcher: &Arc<Dispatcher>) {
        for subscription in taken(&self.all, true) {
            subscription.close();
        }
        for subscription in taken(&self.own, true) {
            let logoff = ExtendedNotification {
                code: ExtendedNotification::LOGOFF,
                data: Vec::new(),
            };
            if subscription.mask.contains(EventMask::EXTENDED) {
                subscription.finish(Notification::Extended(logoff));
                dispatcher.ring(&subscription);
            } else {
                subscription.close();
            }
        }
    }
}

type Entered = Mutex<Vec<Weak<Subscription>>>;

fn enter(entered: &Entered, subscription: &Arc<Subscription>) {
    let mut all = entered.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|s| s.strong_count() > 0);
    all.push(Arc::downgrade(subscription));
}

/// The registrations that are still there; and forgets them all if so asked.
fn taken(entered: &Entered, forget: bool) -> Vec<Arc<Subscription>> {
    let mut all = entered.lock().unwrap_or_else(PoisonError::into_inner);
    let alive = all.iter().filter_map(Weak::upgrade).collect();
    if forget {
        all.clear();
    }
    alive
}

/// What a mask may ask of an object that offers `offered`.
pub(crate) fn check_mask(mask: EventMask, offered: EventMask) -> Result<()> {
    if mask == EventMask::NONE {
        return Err(Error::new(
            Code::INVALID_PARAMETER,
            "the event mask asks for nothing",
        ));
    }
    if mask.bits() & offered.bits() == 0 {
        return Err(Error::new(
            Code::NO_SUPPORT,
            "none of these events happens to this object",
        ));
    }
    Ok(())
}
