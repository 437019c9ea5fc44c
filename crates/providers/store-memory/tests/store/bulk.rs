//! Operations on many messages.

use mapi_props::{Code, RelOp, Restriction, message_flags, tags};
use mapi_spi::{
    ChangeSet, CommitMode, DeleteMode, FlagPatch, ItemId, Items, LogKind, MessageTarget, Op, Store,
};

use super::host::{Bench, ROOT, all_in, ids, patch, save};

const READ: FlagPatch = FlagPatch {
    set: message_flags::READ,
    clear: 0,
};

#[test]
fn marking_read_moves_the_counter_and_only_once() {
    let bench = Bench::new();
    let a = bench.message(ROOT, "a");
    bench.message(ROOT, "b");
    let change = bench.store.message(a, &bench.call).unwrap().meta.change;
    let before = bench.last();
    assert_eq!(bench.flags(ids(&[a]), READ).done, 1);
    assert_eq!(bench.flags(ids(&[a]), READ).done, 1);
    assert_eq!(bench.last(), before + 1, "nothing changed the second time");
    let counts = bench.store.folder(ROOT, &bench.call).unwrap().counts;
    assert_eq!((counts.contents, counts.unread), (2, 1));
    assert_eq!(
        bench.store.message(a, &bench.call).unwrap().meta.change,
        change
    );
}

#[test]
fn refusals_do_not_stop_the_others() {
    let bench = Bench::new();
    let a = bench.message(ROOT, "a");
    let queued = bench.submitted(ROOT);
    let b = bench.message(ROOT, "b");
    let list = [a, ItemId(404), queued, ROOT, b];
    let to = bench.folder(ROOT, "to");
    let delete = DeleteMode::Soft;
    for (op, undone) in [
        (
            Op::SetFlags {
                items: ids(&list),
                flags: READ,
            },
            3,
        ),
        (
            Op::Move {
                items: ids(&list),
                to,
            },
            3,
        ),
        (
            Op::Delete {
                items: ids(&list),
                mode: delete,
            },
            3,
        ),
    ] {
        let outcome = bench.bulk(op);
        assert_eq!((outcome.done, outcome.failed.len()), (2, undone));
        let codes: Vec<_> = outcome
            .failed
            .iter()
            .map(|f| (f.id, f.error.code()))
            .collect();
        assert_eq!(
            codes,
            [
                (ItemId(404), Code::NOT_FOUND),
                (queued, Code::SUBMITTED),
                (ROOT, Code::NOT_FOUND)
            ]
        );
    }
    let counts = bench.store.folder(ROOT, &bench.call).unwrap().counts;
    assert_eq!(counts.contents, 1);
    bench.sound();
}

#[test]
fn status_is_masked_and_not_carried() {
    let bench = Bench::new();
    let a = bench.message(ROOT, "a");
    let status = |id| bench.store.message(id, &bench.call).unwrap().meta.status;
    let set = |value, mask| {
        bench.bulk(Op::SetStatus {
            items: ids(&[a]),
            value,
            mask,
        })
    };
    set(0x3, 0x3);
    set(0x4, 0x6);
    assert_eq!(status(a), 0x5);
    let to = bench.folder(ROOT, "to");
    let copy = bench
        .bulk(Op::Copy {
            items: ids(&[a]),
            to,
        })
        .copies[0]
        .1;
    assert_eq!((status(a), status(copy)), (0x5, 0));
    bench.bulk(Op::Move {
        items: ids(&[a]),
        to,
    });
    assert_eq!(status(a), 0);
}

#[test]
fn a_move_keeps_the_number_and_a_copy_the_search_key() {
    let bench = Bench::new();
    let to = bench.folder(ROOT, "to");
    let target = MessageTarget::New {
        folder: ROOT,
        associated: false,
    };
    let mut message = save(target, patch(tags::SEARCH_KEY, vec![1_u8, 2]));
    message.flags.set = message_flags::RN_PENDING | message_flags::READ;
    let a = super::host::id(bench.one(Op::SaveMessage(Box::new(message))).unwrap());
    let copied = bench.bulk(Op::Copy {
        items: ids(&[a]),
        to,
    });
    let copy = bench
        .store
        .message(copied.copies[0].1, &bench.call)
        .unwrap();
    assert_eq!(copied.copies[0].0, a);
    assert_eq!(copy.meta.flags, message_flags::READ);
    assert_eq!(copy.body, bench.store.message(a, &bench.call).unwrap().body);
    let before = bench.last();
    assert_eq!(
        bench
            .bulk(Op::Move {
                items: ids(&[a]),
                to
            })
            .done,
        1
    );
    assert_eq!(bench.store.message(a, &bench.call).unwrap().meta.parent, to);
    let entries = bench.entries(before);
    assert_eq!(
        (entries[0].kind, entries[0].parent),
        (LogKind::Moved { from: ROOT }, to)
    );
    assert_eq!(
        bench
            .bulk(Op::Move {
                items: ids(&[a]),
                to
            })
            .done,
        1,
        "it is there already"
    );
    assert_eq!(bench.entries(before).len(), 1);
    let gone = bench.code(Op::Move {
        items: ids(&[a]),
        to: ItemId(99),
    });
    assert_eq!(gone, Code::NOT_FOUND);
}

#[test]
fn soft_deleted_messages_come_back_and_hard_deleted_do_not() {
    let bench = Bench::new();
    let a = bench.message(ROOT, "a");
    let counts = || bench.store.folder(ROOT, &bench.call).unwrap().counts;
    let delete = |mode| {
        bench.bulk(Op::Delete {
            items: ids(&[a]),
            mode,
        })
    };
    delete(DeleteMode::Soft);
    assert!(bench.store.message(a, &bench.call).unwrap().meta.deleted);
    assert_eq!(
        (counts().contents, counts().unread, counts().deleted),
        (0, 0, 1)
    );
    assert_eq!(
        delete(DeleteMode::Soft).failed[0].error.code(),
        Code::OBJECT_DELETED
    );
    assert_eq!(
        bench.flags(ids(&[a]), READ).failed[0].error.code(),
        Code::OBJECT_DELETED
    );
    assert_eq!(bench.bulk(Op::Recover { items: ids(&[a]) }).done, 1);
    assert_eq!(
        (counts().contents, counts().unread, counts().deleted),
        (1, 1, 0)
    );
    delete(DeleteMode::Soft);
    delete(DeleteMode::Hard);
    assert_eq!(
        bench.store.message(a, &bench.call).unwrap_err().code(),
        Code::NOT_FOUND
    );
    assert_eq!(
        bench.bulk(Op::Recover { items: ids(&[a]) }).failed[0]
            .error
            .code(),
        Code::NOT_FOUND
    );
    assert_eq!(counts().deleted, 0);
}

#[test]
fn a_store_without_soft_delete_deletes_for_good() {
    let mut options = store_memory::Options::default();
    options.capabilities.soft_delete = false;
    let bench = Bench::with(options);
    let a = bench.message(ROOT, "a");
    bench.bulk(Op::Delete {
        items: ids(&[a]),
        mode: DeleteMode::Soft,
    });
    assert_eq!(
        bench.store.message(a, &bench.call).unwrap_err().code(),
        Code::NOT_FOUND
    );
    assert_eq!(bench.entries(1)[0].kind, LogKind::Deleted);
}

#[test]
fn a_restriction_chooses_within_the_store() {
    let bench = Bench::new();
    for subject in ["a", "b", "b", "c", "b"] {
        bench.message(ROOT, subject);
    }
    let is_b = Restriction::property(tags::SUBJECT, RelOp::Eq, "b");
    let items = |restriction| Items::In {
        folder: ROOT,
        restriction: Some(restriction),
        associated: false,
        deleted: false,
    };
    let two = Restriction::Count {
        count: 2,
        child: Box::new(is_b.clone()),
    };
    assert_eq!(bench.flags(items(two), READ).done, 2);
    assert_eq!(bench.flags(items(is_b.clone()), READ).done, 3);
    let delete = Op::Delete {
        items: items(is_b),
        mode: DeleteMode::Soft,
    };
    assert_eq!(bench.bulk(delete).done, 3);
    let deleted = Items::In {
        folder: ROOT,
        restriction: None,
        associated: false,
        deleted: true,
    };
    assert_eq!(bench.bulk(Op::Recover { items: deleted }).done, 3);
    let nonsense = Restriction::property(tags::SUBJECT, RelOp::Re, "b");
    assert_eq!(
        bench.code(Op::Delete {
            items: items(nonsense),
            mode: DeleteMode::Soft
        }),
        Code::TOO_COMPLEX
    );
    assert_eq!(
        bench.code(Op::Recover {
            items: all_in(ItemId(50))
        }),
        Code::NOT_FOUND
    );
}

#[test]
fn a_cancelled_bulk_says_how_far_it_went_and_an_atomic_one_went_nowhere() {
    struct StopAt(u64, mapi_spi::CancelToken);
    impl mapi_spi::Progress for StopAt {
        fn report(&self, event: mapi_spi::ProgressEvent) {
            if event.done == self.0 {
                self.1.cancel();
            }
        }
    }
    let stopping = || {
        let mut call = mapi_spi::Call::default();
        call.progress = Some(std::sync::Arc::new(StopAt(2, call.cancel.clone())));
        call
    };
    let bench = Bench::new();
    for _ in 0..5 {
        bench.message(ROOT, "x");
    }
    let set = |mode| ChangeSet {
        mode,
        ..ChangeSet::one(Op::SetFlags {
            items: all_in(ROOT),
            flags: READ,
        })
    };
    let atomic = bench
        .store
        .commit(set(CommitMode::Atomic), &stopping())
        .unwrap_err();
    assert_eq!(atomic.code(), Code::USER_CANCEL);
    let unread = || bench.store.folder(ROOT, &bench.call).unwrap().counts.unread;
    assert_eq!(unread(), 5);
    let outcome = bench
        .store
        .commit(set(CommitMode::EachItem), &stopping())
        .unwrap();
    let mapi_spi::OpOutcome::Bulk(bulk) = &outcome.ops[0] else {
        panic!("bulk")
    };
    assert_eq!(
        (bulk.done, bulk.stopped.as_ref().unwrap().code()),
        (2, Code::USER_CANCEL)
    );
    assert_eq!(unread(), 3);
}

const OWING: u32 = message_flags::RN_PENDING | message_flags::NRN_PENDING;

/// Takes a pending report off a message.
fn settle(message: ItemId, pending: u32, set: u32) -> Op {
    let flags = FlagPatch { set, clear: OWING };
    Op::SettleReport {
        message,
        pending,
        flags,
    }
}

#[test]
fn a_message_that_owes_a_report_waits_until_it_is_settled() {
    let bench = Bench::new();
    let flags = |id| bench.store.message(id, &bench.call).unwrap().meta.flags;
    let owing = |subject| {
        let id = bench.message(ROOT, subject);
        let owes = FlagPatch {
            set: OWING,
            clear: message_flags::READ,
        };
        assert_eq!(bench.flags(ids(&[id]), owes).done, 1);
        id
    };
    let (read, gone, suppressed) = (owing("read"), owing("gone"), owing("suppressed"));
    let plain = bench.message(ROOT, "plain");
    let marked = bench.flags(ids(&[read, plain]), READ);
    assert_eq!((marked.done, marked.failed.len()), (1, 1));
    assert_eq!(marked.failed[0].error.code(), Code::UNABLE_TO_COMPLETE);
    assert_eq!(flags(read) & (OWING | message_flags::READ), OWING);
    for mode in [DeleteMode::Soft, DeleteMode::Hard] {
        let delete = Op::Delete {
            items: ids(&[gone]),
            mode,
        };
        let deleted = bench.bulk(delete);
        assert_eq!(deleted.failed[0].error.code(), Code::UNABLE_TO_COMPLETE);
    }
    let suppress = FlagPatch {
        set: message_flags::READ,
        clear: OWING,
    };
    assert_eq!(bench.flags(ids(&[suppressed]), suppress).done, 1);

    // Whoever settles first does; the second finds nothing, and its whole set is void.
    let rn = message_flags::RN_PENDING;
    let before = bench.last();
    let set = |subject| ChangeSet {
        ops: vec![
            settle(read, rn, message_flags::READ),
            super::host::new_message(ROOT, subject),
        ],
        ..ChangeSet::default()
    };
    bench.store.commit(set("report"), &bench.call).unwrap();
    assert_eq!(bench.last(), before + 2);
    let second = bench.store.commit(set("again"), &bench.call);
    assert_eq!(second.unwrap_err().code(), Code::NOT_FOUND);
    assert_eq!(bench.last(), before + 2);
    assert_eq!(
        flags(read) & (OWING | message_flags::READ),
        message_flags::READ
    );
    for other in [plain, suppressed, ItemId(404)] {
        assert_eq!(bench.code(settle(other, rn, 0)), Code::NOT_FOUND);
    }
    let nrn = message_flags::NRN_PENDING;
    bench.one(settle(gone, nrn, 0)).unwrap();
    let delete = Op::Delete {
        items: ids(&[gone]),
        mode: DeleteMode::Soft,
    };
    assert_eq!(bench.bulk(delete).done, 1);
    bench.sound();
}
