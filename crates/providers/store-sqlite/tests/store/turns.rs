//! Change sets from several threads, in the order of their turns, and what one finds after others had theirs.

use std::ops::ControlFlow;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use mapi_props::{Code, tags};
use mapi_spi::{
    Call, ChangeSet, CommitMode, DeleteMode, Op, Progress, ProgressEvent, ScanBody, Store, Turns,
};

use crate::ground::{
    call, contents, new_folder, new_message, open, problems, save, saved, subject,
};

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

/// Has another handle do something as soon as the first item is done, and takes long enough that it gets a turn.
struct Beside(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Progress for Beside {
    fn report(&self, _: ProgressEvent) {
        if let Some(other) = self.0.lock().unwrap().take() {
            thread::spawn(other);
            thread::sleep(Duration::from_millis(150));
        }
    }
}

#[test]
fn a_folder_that_goes_twice_at_the_same_time_goes_once() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let (store, other) = (open(&path), open(&path));
    let outer = saved(&store, new_folder(store.info().root, "Outer"));
    let inner = saved(&store, new_folder(outer, "Inner"));
    for n in 0..3 {
        save(&store, new_message(inner, subject(&n.to_string())));
    }
    let delete = |folder| ChangeSet {
        mode: CommitMode::EachItem,
        ..ChangeSet::one(Op::DeleteFolder {
            folder,
            messages: true,
            folders: true,
            mode: DeleteMode::Hard,
        })
    };
    let (done, other_is_done) = channel();
    let beside = Beside(Mutex::new(Some(Box::new(move || {
        done.send(other.commit(delete(inner), &call()).map(drop))
            .unwrap();
    }))));
    let watched = Call {
        progress: Some(Arc::new(beside)),
        ..call()
    };
    store.commit(delete(outer), &watched).unwrap();
    let others = other_is_done.recv().unwrap();
    assert!(others.is_ok() || others.unwrap_err().code() == Code::NOT_FOUND);
    assert_eq!(
        store.folder(outer, &call()).unwrap_err().code(),
        Code::NOT_FOUND
    );
    assert_eq!(problems(&store), []);
}
