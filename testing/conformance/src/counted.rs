//! How many calls a story makes at the boundary: the client API over stores whose calls are traced.

use std::fmt::{self, Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};

use mapi::TABLE_TARGET;
use mapi_kit::trace::TARGET;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Runs a story on this thread and returns what it gave, with the names of the calls that it made to stores of a
/// [`crate::Fixture::counted_session`], in order.
pub(crate) fn calls<T>(story: impl FnOnce() -> T) -> (T, Vec<String>) {
    listen(TARGET, story)
}

/// Runs a story on this thread and returns what it gave, with how many tables it restricted.
pub(crate) fn restricted<T>(story: impl FnOnce() -> T) -> (T, usize) {
    let (value, heard) = listen(TABLE_TARGET, story);
    (
        value,
        heard.iter().filter(|said| *said == "restrict").count(),
    )
}

fn listen<T>(target: &'static str, story: impl FnOnce() -> T) -> (T, Vec<String>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Listener {
        target,
        heard: Arc::clone(&heard),
    };
    let value = tracing::subscriber::with_default(listener, story);
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (value, heard)
}

/// Hears what is said under one target, and nothing else.
struct Listener {
    target: &'static str,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == self.target
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut said = Message::default();
        event.record(&mut said);
        let call = said.0.split([' ', ':']).next().unwrap_or_default();
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(call.to_owned());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The text of an event.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _infallible: fmt::Result = write!(self.0, "{value:?}");
        }
    }
}
