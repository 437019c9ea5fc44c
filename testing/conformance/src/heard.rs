//! A program that was told things, and what it was told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use mapi::{
    AdviseSink, EventKind, InitFlags, Logon, Mapi, Notification, ObjectEvent, Result, Session,
    Sink, TableEvent, TableNotification,
};

use crate::Fixture;

/// How long a case waits for something that must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A program that just started, logged on to the profile of the case.
pub(crate) struct Program {
    pub(crate) mapi: Mapi,
    pub(crate) session: Session,
}

impl Program {
    /// One that dispatches notifications itself.
    pub(crate) fn new(f: &Fixture) -> Result<Self> {
        Self::with(f, InitFlags::NONE)
    }

    /// One whose sinks are called in the background.
    pub(crate) fn multithreaded(f: &Fixture) -> Result<Self> {
        Self::with(f, InitFlags::MULTITHREAD_NOTIFICATIONS)
    }

    fn with(f: &Fixture, flags: InitFlags) -> Result<Self> {
        let mapi = Mapi::initialize_with(f.host_with(f.ground().service()), flags);
        let session = Session::logon(&mapi, Logon::profile("work"))?;
        Ok(Self { mapi, session })
    }

    pub(crate) fn dispatch(&self) -> Result<usize> {
        self.mapi.dispatch_notifications()
    }
}

/// What sinks were told, and how often they were called. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Heard {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    told: Mutex<Vec<Notification>>,
    grown: Condvar,
    calls: AtomicUsize,
}

impl Heard {
    /// A sink that writes down what it is told.
    pub(crate) fn sink(&self) -> Sink {
        Sink::new(Writer(Arc::clone(&self.inner)))
    }

    /// Everything told since this was asked last.
    pub(crate) fn take(&self) -> Vec<Notification> {
        std::mem::take(&mut *self.inner.told.lock().unwrap())
    }

    /// How often the sink was called.
    pub(crate) fn calls(&self) -> usize {
        self.inner.calls.load(Ordering::SeqCst)
    }

    /// The same once there are `count` of them.
    pub(crate) fn wait(&self, count: usize) -> Vec<Notification> {
        let end = Instant::now() + PATIENCE;
        let mut told = self.inner.told.lock().unwrap();
        while told.len() < count {
            assert!(Instant::now() < end, "told only {told:?}");
            told = self.inner.grown.wait_timeout(told, PATIENCE).unwrap().0;
        }
        std::mem::take(&mut *told)
    }

    /// The object events told since this was asked last.
    pub(crate) fn objects(&self) -> Vec<ObjectEvent> {
        self.take().into_iter().map(object).collect()
    }

    /// The table events told since this was asked last.
    pub(crate) fn rows(&self) -> Vec<TableNotification> {
        self.take().into_iter().map(row).collect()
    }
}

struct Writer(Arc<Inner>);

impl AdviseSink for Writer {
    fn on_notify(&self, notifications: &[Notification]) {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        self.0.told.lock().unwrap().extend_from_slice(notifications);
        self.0.grown.notify_all();
    }
}

/// The event of an object.
pub(crate) fn object(notification: Notification) -> ObjectEvent {
    match notification {
        Notification::Object(event) => event,
        other => panic!("no object event: {other:?}"),
    }
}

/// The event of a table.
pub(crate) fn row(notification: Notification) -> TableNotification {
    match notification {
        Notification::Table(event) => event,
        other => panic!("no table event: {other:?}"),
    }
}

/// Kinds and objects, sorted, so that they compare as a multiset.
pub(crate) fn multiset(events: &[ObjectEvent]) -> Vec<(String, String)> {
    let mut all: Vec<_> = events.iter().map(|e| pair(e.kind, &e.entry_id)).collect();
    all.sort();
    all
}

/// The same of what is expected.
pub(crate) fn expected(events: &[(EventKind, &mapi::EntryId)]) -> Vec<(String, String)> {
    let mut all: Vec<_> = events.iter().map(|(kind, id)| pair(*kind, id)).collect();
    all.sort();
    all
}

fn pair(kind: EventKind, id: &mapi::EntryId) -> (String, String) {
    (format!("{kind:?}"), id.to_string())
}

/// What happened in a table, and the subject of the row.
pub(crate) fn told(event: &TableNotification) -> (TableEvent, String) {
    let subject = event.row.as_ref().and_then(|r| r.get(mapi::tags::SUBJECT));
    (event.event, subject.unwrap_or_default())
}
