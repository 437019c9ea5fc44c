//! Views and scans of the store: row sets, order, service, reading only.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use mapi_props::{Code, FileTime, PropTag, PropValue, SortOrderSet, tags};
use mapi_spi::{
    Anchor, Call, ChangeSet, DeleteMode, Depth, ItemId, MessageTarget, Op, OpenMode, OpenStore,
    RowSet, ScanBody, Service, ServiceConfig, Store, Support, View,
};
use store_memory::MemoryService;

use super::host::{Bench, Host, ROOT, id, ids, new_message, patch, save};

fn view(container: ItemId, rows: RowSet, columns: Vec<PropTag>) -> View {
    View {
        container,
        rows,
        columns,
        restriction: None,
        sort: SortOrderSet::default(),
    }
}

const CONTENTS: RowSet = RowSet::Contents {
    associated: false,
    deleted: false,
};

fn tree(deleted: bool) -> RowSet {
    RowSet::Hierarchy {
        depth: Depth::All,
        deleted,
    }
}

fn texts(bench: &Bench, view: &View) -> Vec<String> {
    let page = bench
        .store
        .view(view, &Anchor::Start, 99, &bench.call)
        .unwrap();
    assert!(page.at_start && page.at_end);
    page.rows.iter().map(|r| format!("{:?}", r.cells)).collect()
}

#[test]
fn contents_come_newest_first_and_apart_by_table() {
    let bench = Bench::new();
    let dated = |subject: &str, time: u64, associated: bool| {
        let target = MessageTarget::New {
            folder: ROOT,
            associated,
        };
        let patch = patch(tags::SUBJECT, subject).with(tags::MESSAGE_DELIVERY_TIME, FileTime(time));
        id(bench
            .one(Op::SaveMessage(Box::new(save(target, patch))))
            .unwrap())
    };
    dated("old", 1, false);
    dated("new", 2, false);
    bench.message(ROOT, "undated");
    dated("hidden", 3, true);
    let gone = dated("gone", 4, false);
    bench.bulk(Op::Delete {
        items: ids(&[gone]),
        mode: DeleteMode::Soft,
    });
    let subjects = |associated, deleted| {
        let set = RowSet::Contents {
            associated,
            deleted,
        };
        texts(&bench, &view(ROOT, set, vec![tags::SUBJECT.raw()]))
    };
    let row = |s: &str| format!("{:?}", [PropValue::from(s)]);
    assert_eq!(
        subjects(false, false),
        [row("new"), row("old"), row("undated")]
    );
    assert_eq!(subjects(true, false), [row("hidden")]);
    assert_eq!(subjects(false, true), [row("gone")]);
    assert_eq!(
        bench
            .store
            .count(&view(ROOT, CONTENTS, vec![]), &bench.call)
            .unwrap(),
        3
    );
    let nowhere = view(ItemId(99), CONTENTS, vec![]);
    assert_eq!(
        bench.store.count(&nowhere, &bench.call).unwrap_err().code(),
        Code::NOT_FOUND
    );
}

#[test]
fn a_deep_hierarchy_shows_parents_first_with_depths() {
    let bench = Bench::new();
    let z = bench.folder(ROOT, "z");
    let a = bench.folder(ROOT, "a");
    let inner = bench.folder(z, "inner");
    bench.folder(a, "b");
    bench
        .one(Op::MoveFolder {
            folder: z,
            to: inner,
            name: None,
        })
        .unwrap_err();
    let columns = vec![
        tags::DEPTH.raw(),
        tags::DISPLAY_NAME.raw(),
        tags::SUBFOLDERS.raw(),
    ];
    let row = |depth: i32, name: &str, below: bool| {
        format!("{:?}", [PropValue::from(depth), name.into(), below.into()])
    };
    let deep = texts(&bench, &view(ROOT, tree(false), columns.clone()));
    assert_eq!(
        deep,
        [
            row(0, "a", true),
            row(0, "z", true),
            row(1, "b", false),
            row(1, "inner", false)
        ]
    );
    let below_z = texts(&bench, &view(z, tree(false), columns.clone()));
    assert_eq!(below_z, [row(0, "inner", false)]);
    let flat = RowSet::Hierarchy {
        depth: Depth::Children,
        deleted: false,
    };
    assert_eq!(
        texts(&bench, &view(ROOT, flat, columns.clone())),
        [row(0, "a", true), row(0, "z", true)]
    );
    let mode = DeleteMode::Soft;
    bench
        .one(Op::DeleteFolder {
            folder: z,
            messages: true,
            folders: true,
            mode,
        })
        .unwrap();
    assert_eq!(
        texts(&bench, &view(ROOT, tree(true), columns)),
        [row(0, "z", false), row(1, "inner", false)]
    );
}

#[test]
fn a_page_says_for_which_number_it_is_true() {
    let bench = Bench::new();
    bench.message(ROOT, "a");
    bench.message(ROOT, "b");
    let page = |from: &Anchor, n| {
        bench
            .store
            .view(&view(ROOT, CONTENTS, vec![]), from, n, &bench.call)
            .unwrap()
    };
    let first = page(&Anchor::Start, 1);
    assert_eq!(
        (first.seq, first.rows.len(), first.at_start, first.at_end),
        (2, 1, true, false)
    );
    let key = first.rows[0].key.clone();
    bench.bulk(Op::Delete {
        items: ids(&[key.item]),
        mode: DeleteMode::Hard,
    });
    let next = page(&Anchor::After(key), 5);
    assert_eq!(
        (next.seq, next.rows.len(), next.at_start, next.at_end),
        (3, 1, true, true)
    );
}

#[test]
fn a_scan_shows_all_in_order_and_stops_when_told() {
    let bench = Bench::new();
    let a = bench.message(ROOT, "a");
    let b = bench.message(ROOT, "b");
    let scan = |stop_after: usize| {
        let mut seen = Vec::new();
        let mut each = |row: mapi_spi::ScanRow<'_>| {
            let ScanBody::Message(body) = row.body else {
                panic!("a message")
            };
            seen.push((
                row.meta.id,
                body.props.text(tags::SUBJECT).unwrap().to_owned(),
            ));
            if seen.len() == stop_after {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let seq = bench
            .store
            .scan(ROOT, CONTENTS, &bench.call, &mut each)
            .unwrap();
        (seq, seen)
    };
    assert_eq!(scan(9), (2, vec![(a, "a".to_owned()), (b, "b".to_owned())]));
    assert_eq!(scan(1).1.len(), 1);
    let cancelled = Call::default();
    cancelled.cancel.cancel();
    let mut never = |_: mapi_spi::ScanRow<'_>| ControlFlow::Continue(());
    let stopped = bench
        .store
        .scan(ROOT, CONTENTS, &cancelled, &mut never)
        .unwrap_err();
    assert_eq!(stopped.code(), Code::USER_CANCEL);
}

fn open(name: &str, mode: OpenMode) -> OpenStore {
    let values = BTreeMap::from([("name".to_owned(), name.to_owned())]);
    OpenStore {
        config: ServiceConfig {
            values,
            ..ServiceConfig::default()
        },
        provider: String::new(),
        mode,
    }
}

#[test]
fn a_named_store_is_found_again() {
    let service = MemoryService::default();
    let host: Arc<dyn Support> = Arc::new(Host::default());
    let call = Call::default();
    let get = |name, mode| service.open_store(&open(name, mode), Arc::clone(&host), &call);
    assert_eq!(
        get("s", OpenMode::ReadWrite).unwrap_err().code(),
        Code::NOT_FOUND
    );
    let first = get("s", OpenMode::Create).unwrap();
    first
        .commit(ChangeSet::one(new_message(ROOT, "x")), &call)
        .unwrap();
    let again = get("s", OpenMode::ReadOnly).unwrap();
    assert_eq!(again.info().uid, first.info().uid);
    assert_eq!(again.folder(ROOT, &call).unwrap().counts.contents, 1);
    assert_ne!(
        get("t", OpenMode::Create).unwrap().info().uid,
        first.info().uid
    );
    assert_eq!(service.name(), "MALLE_MEMORY");

    assert!(!again.info().capabilities.write);
    let refused = again
        .commit(ChangeSet::one(new_message(ROOT, "y")), &call)
        .unwrap_err();
    assert_eq!(refused.code(), Code::NO_ACCESS);
    assert_eq!(
        again.stage(&call).map(|_| ()).unwrap_err().code(),
        Code::NO_ACCESS
    );
    let name = [mapi_props::PropName::id(mapi_props::Guid::NIL, 1)];
    let create = mapi_spi::NameCreation::Explicit;
    assert_eq!(
        again
            .ids_from_names(&name, create, &call)
            .unwrap_err()
            .code(),
        Code::NO_ACCESS
    );
    first.ids_from_names(&name, create, &call).unwrap();
    assert_eq!(
        again.ids_from_names(&name, create, &call).unwrap(),
        [Some(0x8000)]
    );
}
