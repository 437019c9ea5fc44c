//! The index of a file of an older version, or of other rules, is built at its first use.

use std::path::Path;
use std::sync::Arc;

use mapi_spi::{Call, CancelToken, DeleteMode, ItemId, OpenMode, Progress, ProgressEvent, Store};
use store_sqlite::SqliteStore;

use super::{at, change, commit, delete, edit, hits, phrase};
use crate::ground::{TO_VERSION_3, call, new_message, open, problems, save, subject, support};

/// A file as version 2 left it, with so many messages.
fn of_version_2(path: &Path, messages: u32) -> ItemId {
    let store = open(path);
    let root = store.info().root;
    for n in 0..messages {
        save(
            &store,
            new_message(root, at(subject(&format!("word{n} all")), i64::from(n))),
        );
    }
    drop(store);
    edit(path, TO_VERSION_3);
    edit(
        path,
        "DROP TABLE fulltext; DROP TABLE indexed; DROP TABLE indexing;
         PRAGMA user_version = 2;",
    );
    root
}

/// Cancels a call when something was done.
#[derive(Debug)]
struct StopAfterFirst(CancelToken);

impl Progress for StopAfterFirst {
    fn report(&self, event: ProgressEvent) {
        if event.done > 0 {
            self.0.cancel();
        }
    }
}

#[test]
fn older_files_are_indexed_at_first_use_and_what_is_done_stays_done() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let root = of_version_2(&path, 1200);
    let store = open(&path);
    store.index_from(0);
    assert_eq!(problems(&store), []);
    assert_eq!(hits(&path, "all"), []);
    // What comes, changes and goes meanwhile is right already.
    let new = save(&store, new_message(root, at(subject("all new"), 50)));
    let changed = ItemId(3);
    commit(&store, change(changed, subject("all changed")));
    delete(&store, ItemId(4), DeleteMode::Hard);
    assert_eq!(hits(&path, "all"), [new, changed]);
    assert_eq!(problems(&store), []);

    // Whoever gives up leaves the first step behind.
    let stopping = call();
    let progress = Arc::new(StopAfterFirst(stopping.cancel.clone()));
    let stopping = Call {
        progress: Some(progress),
        ..stopping
    };
    assert!(phrase(&store, root, "all", &stopping).is_err());
    let some = hits(&path, "all").len();
    assert!((400..1100).contains(&some), "{some}");
    assert_eq!(problems(&store), []);
    assert_eq!(phrase(&store, root, "all", &call()).unwrap(), 1200);
    assert_eq!(hits(&path, "all").len(), 1200);
    assert_eq!(problems(&store), []);
}

#[test]
fn messages_that_change_while_the_index_is_built_are_indexed_once_and_as_they_are() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let root = of_version_2(&path, 1500);
    let store = open(&path);
    store.index_from(0);
    let found = std::thread::scope(|scope| {
        let building = scope.spawn(|| phrase(&store, root, "all", &call()).unwrap());
        // From both ends, so that some were indexed before they change and some were not.
        for n in 0..60 {
            commit(&store, change(ItemId(2 + n), subject("all early")));
            delete(&store, ItemId(1500 - n), DeleteMode::Hard);
            commit(&store, change(ItemId(1400 - n), subject("all late")));
            save(&store, new_message(root, at(subject("all new"), 7)));
        }
        building.join().unwrap()
    });
    assert!((1440..=1560).contains(&found), "{found}");
    assert_eq!(phrase(&store, root, "all", &call()).unwrap(), 1500);
    for (words, messages) in [("early", 60), ("late", 60), ("new", 60), ("all", 1500)] {
        assert_eq!(hits(&path, words).len(), messages, "{words}");
    }
    assert_eq!(problems(&store), []);
}

#[test]
fn a_store_that_is_alone_builds_its_index_through_its_one_connection() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let root = of_version_2(&path, 700);
    let store = SqliteStore::open_alone(&path, OpenMode::ReadWrite, support(), &call()).unwrap();
    store.index_from(0);
    assert_eq!(phrase(&store, root, "all", &call()).unwrap(), 700);
    assert_eq!(problems(&store), []);
    drop(store);
    assert_eq!(hits(&path, "all").len(), 700);
}

#[test]
fn an_index_of_other_rules_is_given_up_and_made_anew() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.malle");
    let store = open(&path);
    store.index_from(0);
    let root = store.info().root;
    save(&store, new_message(root, subject("mine")));
    edit(&path, "UPDATE indexing SET rules = 'another program'");
    save(&store, new_message(root, subject("mine too")));
    assert_eq!(hits(&path, "too"), []);
    assert_eq!(problems(&store), []);
    assert_eq!(phrase(&store, root, "mine", &call()).unwrap(), 2);
    assert_eq!(hits(&path, "mine").len(), 2);
    assert_eq!(problems(&store), []);
}
