//! The change log: numbers, inverses, waiting.

use std::time::{Duration, Instant};

use mapi_props::{Code, PropValue, Slot, tags};
use mapi_spi::{Call, ChangeSet, DeleteMode, FlagPatch, ItemId, LogKind, Op, Origin, Store};

use super::host::{Bench, ROOT, change, ids, new_message, patch};

fn value(v: impl Into<PropValue>) -> Option<Slot> {
    Some(Slot::Value(v.into()))
}

#[test]
fn entries_are_numbered_and_say_what_was() {
    let bench = Bench::new();
    let m = bench.message(ROOT, "old");
    let mut edit = change(m);
    edit.patch = patch(tags::SUBJECT, "newer").with(tags::IMPORTANCE, 2);
    edit.recipients = Some(vec![mapi_props::Bag::new()]);
    bench.one(Op::SaveMessage(Box::new(edit))).unwrap();
    bench.flags(ids(&[m]), FlagPatch { set: 1, clear: 0 });
    bench.bulk(Op::Delete {
        items: ids(&[m]),
        mode: DeleteMode::Soft,
    });
    let entries = bench.entries(0);
    assert_eq!(
        entries.iter().map(|e| e.seq).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert_eq!(
        (entries[0].kind, &entries[0].inverse),
        (LogKind::Created, &None)
    );
    assert_eq!(entries[1].changed, [0x0017, 0x0037, 0x0E08, 0x0E12]);
    let was = [
        (0x0017, None),
        (0x0037, value("old")),
        (0x0E08, value(8_i64)),
    ];
    assert_eq!(entries[1].inverse.as_ref().unwrap().props, was);
    assert_eq!(entries[2].changed, [0x0E07]);
    assert_eq!(
        entries[2].inverse.as_ref().unwrap().props,
        [(0x0E07, value(0))]
    );
    let whole = &entries[3].inverse.as_ref().unwrap().props;
    assert!(whole.contains(&(0x0037, value("newer"))) && whole.contains(&(0x0E07, value(1))));
    assert!(
        entries
            .iter()
            .all(|e| e.object == m && e.parent == ROOT && !e.folder)
    );
}

#[test]
fn a_reader_leaves_its_own_changes_out_and_learns_what_it_lost() {
    let bench = Bench::new();
    let by = |origin| {
        let set = ChangeSet {
            origin: Origin(origin),
            ..ChangeSet::one(new_message(ROOT, "x"))
        };
        bench.store.commit(set, &bench.call).unwrap();
    };
    by(1);
    by(2);
    by(1);
    by(3);
    let read = |since, limit| {
        bench
            .store
            .log(since, Some(Origin(1)), limit, &bench.call)
            .unwrap()
    };
    let seqs = |page: &mapi_spi::LogPage| page.entries.iter().map(|e| e.seq).collect::<Vec<_>>();
    let page = read(0, 10);
    assert_eq!((seqs(&page), page.last, page.lost), (vec![2, 4], 4, false));
    assert_eq!(seqs(&read(0, 1)), [2]);
    bench.store.trim_log(2).unwrap();
    assert!(read(1, 10).lost);
    let page = read(2, 10);
    assert_eq!((seqs(&page), page.last, page.lost), (vec![4], 4, false));
    by(5);
    assert_eq!(bench.last(), 5);
    bench.sound();
}

#[test]
fn waiting_ends_with_a_change_a_deadline_or_a_cancel() {
    let bench = Bench::new();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| bench.store.wait(0, &Call::default()).unwrap());
        bench.message(ROOT, "x");
        assert_eq!(waiter.join().unwrap(), 1);
    });
    assert_eq!(bench.store.wait(0, &bench.call).unwrap(), 1);
    let soon = Call {
        deadline: Some(Instant::now() + Duration::from_millis(20)),
        ..Call::default()
    };
    assert_eq!(
        bench.store.wait(1, &soon).unwrap_err().code(),
        Code::TIMEOUT
    );
    let call = Call::default();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| bench.store.wait(1, &call).unwrap_err().code());
        call.cancel.cancel();
        assert_eq!(waiter.join().unwrap(), Code::USER_CANCEL);
    });
}

#[test]
fn numbers_are_never_used_again() {
    let bench = Bench::new();
    let a = bench.message(ROOT, "a");
    bench.bulk(Op::Delete {
        items: ids(&[a]),
        mode: DeleteMode::Hard,
    });
    let b = bench.message(ROOT, "b");
    assert!(b > a);
    assert_eq!(bench.code(new_message(ItemId(0), "x")), Code::NOT_FOUND);
}
