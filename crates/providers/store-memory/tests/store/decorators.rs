//! The kit's decorators around a store.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use mapi_kit::read_only::ReadOnly;
use mapi_kit::trace::Traced;
use mapi_props::{Code, Guid, PropName};
use mapi_spi::{ChangeSet, ItemId, NameCreation, Store};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::host::{Bench, ROOT, new_message};

#[test]
fn a_read_only_store_refuses_changes_and_shows_everything() {
    let bench = Bench::new();
    let m = bench.message(ROOT, "m");
    let store = ReadOnly::new(Arc::new(bench.store.clone()));
    let call = &bench.call;
    assert!(!store.info().capabilities.write && bench.store.info().capabilities.write);
    assert!(store.message(m, call).is_ok());
    let denied = |e: mapi_spi::Error| assert_eq!(e.code(), Code::NO_ACCESS);
    denied(
        store
            .commit(ChangeSet::one(new_message(ROOT, "x")), call)
            .unwrap_err(),
    );
    denied(store.stage(call).map(|_| ()).unwrap_err());
    let name = [PropName::id(Guid::NIL, 1)];
    denied(
        store
            .ids_from_names(&name, NameCreation::FromMail, call)
            .unwrap_err(),
    );
    assert_eq!(
        store.ids_from_names(&name, NameCreation::No, call).unwrap(),
        [None]
    );
    assert_eq!(store.log(0, None, 9, call).unwrap().last, 1);
    assert!(store.maintain().is_none());
}

/// Keeps the texts of all events.
struct Listener(Arc<Mutex<String>>);

impl Visit for Listener {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{value:?}").unwrap();
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "spi"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Self(Arc::clone(&self.0)));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_traced_store_logs_calls_and_codes_but_no_content() {
    let bench = Bench::new();
    let store = Traced::new(Arc::new(bench.store.clone()));
    let text = Arc::new(Mutex::new(String::new()));
    tracing::subscriber::with_default(Listener(Arc::clone(&text)), || {
        store
            .commit(
                ChangeSet::one(new_message(ROOT, "secret words")),
                &bench.call,
            )
            .unwrap();
        store.message(ItemId(77), &bench.call).unwrap_err();
    });
    let text = text.lock().unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].starts_with("commit Atomic, 0 values: SaveMessage: S_OK in "),
        "{text}"
    );
    assert!(
        lines[1].starts_with("message 77: MAPI_E_NOT_FOUND in "),
        "{text}"
    );
    assert!(!text.contains("secret"));
}
