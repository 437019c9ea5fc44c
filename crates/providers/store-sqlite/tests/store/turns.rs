//! Change sets from several threads, in the order of their turns.

use std::ops::ControlFlow;
use std::thread;

use mapi_props::tags;
use mapi_spi::{ChangeSet, CommitMode, Op, ScanBody, Store, Turns};

use crate::ground::{call, contents, new_folder, new_message, open, saved, subject};

#[test]
fn sets_that_were_prepared_side_by_side_enter_in_the_order_of_their_turns() {
    let home = tempfile::tempdir().unwrap();
    let store = open(&home.path().join("a.malle"));
    let folder = saved(&store, new_folder(store.info().root, "Mail"));
    let line = Turns::default();
    let turns: Vec<_> = (0..12).map(|n| (n, line.take())).collect();
    thread::scope(|scope| {
        // The last one first; every fourth is given up.
        for (n, turn) in turns.into_iter().rev() {
            let store = &store;
            scope.spawn(move || {
                if n % 4 == 1 {
                    return;
                }
                let message = |k| new_message(folder, subject(&format!("{n:02}.{k}")));
                let set = ChangeSet {
                    ops: (0..3)
                        .map(|k| Op::SaveMessage(Box::new(message(k))))
                        .collect(),
                    mode: CommitMode::EachItem,
                    turn: Some(turn),
                    ..ChangeSet::default()
                };
                store.commit(set, &call()).unwrap();
            });
        }
    });
    let mut subjects = Vec::new();
    let rows = contents(folder, &[], &[]).rows;
    store
        .scan(folder, rows, &call(), &mut |row| {
            let ScanBody::Message(body) = row.body else {
                panic!()
            };
            subjects.push(body.props.text(tags::SUBJECT).unwrap().to_owned());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(subjects.len(), 27);
    assert!(subjects.is_sorted(), "{subjects:?}");
}
