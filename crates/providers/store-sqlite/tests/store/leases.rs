//! Epochs: who was followed by another writes nothing more, in this store and in the reference store.

use mapi_props::{Code, Guid};
use mapi_spi::{
    Call, ChangeSet, CommitMode, Epoch, NameCreation, Op, OpOutcome, OpenMode, Origin, Role, Store,
};
use store_memory::{MemoryStore, Options};
use store_sqlite::SqliteStore;

use crate::ground::{call, new_folder, new_message, open, problems, subject, support};

fn under(epoch: Epoch) -> Call {
    Call {
        epoch: Some(epoch),
        ..call()
    }
}

fn code<T: std::fmt::Debug>(done: mapi_spi::Result<T>) -> Code {
    done.unwrap_err().code()
}

/// What both stores promise.
fn promises(store: &dyn Store, other: &dyn Store) {
    assert_eq!(store.tenure(Role::Keeper, &call()).unwrap(), None);
    let first = store.begin_epoch(Role::Keeper, "one 1", &call()).unwrap();
    assert_eq!((first.number, first.store), (1, store.info().uid));
    let root = store.info().root;
    let write = |name: &str, call: &Call| {
        let ops = vec![new_folder(root, name)];
        store.commit(
            ChangeSet {
                ops,
                ..ChangeSet::default()
            },
            call,
        )
    };
    write("a", &under(first)).unwrap();

    // Another handle takes the role over; the first holder notices at its next write, whatever it writes.
    let second = other.begin_epoch(Role::Keeper, "two 2", &call()).unwrap();
    assert_eq!(second.number, 2);
    let last = store.log(0, None, 100, &call()).unwrap().last;
    assert_eq!(code(write("b", &under(first))), Code::END_OF_SESSION);
    let each = ChangeSet {
        ops: vec![
            Op::SaveMessage(Box::new(new_message(root, subject("x")))),
            Op::SaveMessage(Box::new(new_message(root, subject("y")))),
        ],
        mode: CommitMode::EachItem,
        ..ChangeSet::default()
    };
    assert_eq!(
        code(store.commit(each, &under(first))),
        Code::END_OF_SESSION
    );
    let name = mapi_props::PropName::id(Guid([9; 16]), 7);
    assert_eq!(
        code(store.ids_from_names(&[name], NameCreation::Explicit, &under(first))),
        Code::END_OF_SESSION
    );
    assert_eq!(store.log(0, None, 100, &call()).unwrap().last, last);

    // Clients, other roles, and calls under a lease of another store write on.
    write("c", &call()).unwrap();
    write("d", &under(second)).unwrap();
    let engine = Role::Engine(Origin(7));
    let engine = store.begin_epoch(engine, "three", &call()).unwrap();
    assert_eq!(engine.number, 1);
    write("e", &under(engine)).unwrap();
    let elsewhere = Epoch {
        store: Guid([1; 16]),
        ..first
    };
    write("f", &under(elsewhere)).unwrap();
    let tenure = store.tenure(Role::Keeper, &call()).unwrap().unwrap();
    assert_eq!((tenure.number, tenure.holder.as_str()), (2, "two 2"));
    // Numbers that were never given are no right to write.
    let invented = Epoch {
        number: 3,
        ..second
    };
    assert_eq!(code(write("g", &under(invented))), Code::END_OF_SESSION);
}

#[test]
fn a_holder_that_was_followed_writes_nothing_more() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let (one, two) = (open(&path), open(&path));
    promises(&one, &two);
    assert!(problems(&one).is_empty());
    drop((one, two));
    let again = open(&path);
    let next = again.begin_epoch(Role::Keeper, "", &call()).unwrap();
    assert_eq!(next.number, 3, "epochs outlive their holders");
}

#[test]
fn the_reference_store_does_the_same() {
    let store = MemoryStore::new(Options::default(), support());
    let other = store.reopened(true, support());
    promises(&store, &other);
}

#[test]
fn a_set_of_single_items_stops_where_the_lease_was_lost() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let (one, two) = (open(&path), open(&path));
    let epoch = one.begin_epoch(Role::Keeper, "one", &call()).unwrap();
    let root = one.info().root;
    let ops = (0..20_000).map(|n| {
        let message = new_message(root, subject(&format!("message {n}")));
        Op::SaveMessage(Box::new(message))
    });
    let set = ChangeSet {
        ops: ops.collect(),
        mode: CommitMode::EachItem,
        ..ChangeSet::default()
    };
    let outcome = std::thread::scope(|scope| {
        let writing = scope.spawn(|| one.commit(set, &under(epoch)).unwrap());
        // Not before something of it is there.
        one.wait(0, &call()).unwrap();
        two.begin_epoch(Role::Keeper, "two", &call()).unwrap();
        writing.join().unwrap()
    });
    let saved = |op: &&OpOutcome| matches!(op, OpOutcome::Saved(_));
    let kept = outcome.ops.iter().filter(saved).count();
    let refused = outcome.ops.last().unwrap();
    assert!(
        matches!(refused, OpOutcome::Failed(e) if e.code() == Code::END_OF_SESSION),
        "{kept} saved, then {refused:?}"
    );
    let there = two.folder(root, &call()).unwrap().counts.contents;
    assert_eq!(u64::try_from(kept).unwrap(), there);
}

#[test]
fn the_lock_lies_beside_the_file_by_whichever_name_it_is_opened() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.malle");
    let file = |store: &SqliteStore| store.lease_file(Role::Keeper).unwrap();
    let first = file(&open(&path));
    assert!(first.ends_with("a.malle.keeper"), "{}", first.display());
    let alone = SqliteStore::open_alone(
        &home.path().join("alone.malle"),
        OpenMode::Create,
        support(),
        &call(),
    );
    assert_eq!(alone.unwrap().lease_file(Role::Keeper), None);
    #[cfg(unix)]
    {
        let link = home.path().join("b.malle");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(file(&open(&link)), first);
    }
}
