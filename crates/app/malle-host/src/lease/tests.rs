//! Who gets a lease, and who is asked.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use mapi_props::Code;
use mapi_spi::{Call, ChangeSet, FolderKind, FolderSave, FolderTarget, Op, OpenMode, PropPatch};
use store_sqlite::SqliteStore;
use testkit::TempHome;

use super::*;
use crate::SystemSupport;

fn open(home: &TempHome) -> SqliteStore {
    let path = home.path().join("a.malle");
    let support = Arc::new(SystemSupport);
    SqliteStore::open(&path, OpenMode::Create, support, &Call::default()).unwrap()
}

fn card(program: &str) -> Card {
    Card::of_this_process(program, None)
}

fn take(store: &SqliteStore) -> Option<Lease> {
    Lease::try_take(store, Role::Keeper, &card("test"), &Call::default()).unwrap()
}

#[test]
fn one_holder_at_a_time_and_each_begins_an_epoch() {
    let home = TempHome::new().unwrap();
    let (one, two) = (open(&home), open(&home));
    let first = take(&one).unwrap();
    assert_eq!(first.epoch().number, 1);
    assert!(take(&two).is_none());
    let seen = look(&two, Role::Keeper, &Call::default()).unwrap();
    assert!(seen.held);
    assert_eq!(seen.card.unwrap(), card("test"));
    // Another role of the same store is another lease.
    let engine = Role::Engine(mapi_spi::Origin(3));
    let other = Lease::try_take(&two, engine, &card("engine"), &Call::default());
    assert!(other.unwrap().is_some());
    drop(first);
    assert!(!look(&two, Role::Keeper, &Call::default()).unwrap().held);
    assert_eq!(take(&two).unwrap().epoch().number, 2);
}

#[test]
fn who_waits_is_woken_when_the_holder_ends_and_can_be_cancelled() {
    let home = TempHome::new().unwrap();
    let (one, two) = (open(&home), open(&home));
    let first = take(&one).unwrap();
    let call = Call::default();
    let soon = Call {
        deadline: Some(Instant::now() + Duration::from_millis(50)),
        ..Call::default()
    };
    let late = Lease::wait(&two, Role::Keeper, &card("late"), &soon);
    assert_eq!(late.unwrap_err().code(), Code::TIMEOUT);
    thread::scope(|scope| {
        let cancel = call.cancel.clone();
        let stopped = scope.spawn(|| Lease::wait(&two, Role::Keeper, &card("stopped"), &call));
        cancel.cancel();
        assert_eq!(
            stopped.join().unwrap().unwrap_err().code(),
            Code::USER_CANCEL
        );
        // Who gave up does not take the lock when its turn comes: the next one gets it.
        let (got, when) = channel();
        let waiting = &two;
        scope.spawn(move || {
            let lease = Lease::wait(waiting, Role::Keeper, &card("next"), &Call::default());
            got.send((lease.unwrap(), Instant::now())).unwrap();
        });
        assert!(when.recv_timeout(Duration::from_millis(50)).is_err());
        let ended = Instant::now();
        drop(first);
        let (lease, at) = when.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(lease.epoch().number, 2);
        assert!(at - ended < Duration::from_secs(1), "{:?}", at - ended);
    });
}

#[test]
fn a_holder_whose_lock_file_was_deleted_writes_nothing_after_the_next_one() {
    let home = TempHome::new().unwrap();
    let (one, two) = (open(&home), open(&home));
    let write = |store: &SqliteStore, lease: &Lease, name: &str| {
        let op = Op::SaveFolder(FolderSave {
            target: FolderTarget::New {
                parent: store.info().root,
                kind: FolderKind::Generic,
            },
            patch: PropPatch::default().with(mapi_props::tags::DISPLAY_NAME, name),
            expect: mapi_spi::Expect::Any,
        });
        store.commit(ChangeSet::one(op), &lease.call(&Call::default()))
    };
    let first = take(&one).unwrap();
    write(&one, &first, "a").unwrap();
    std::fs::remove_file(one.lease_file(Role::Keeper).unwrap()).unwrap();
    let second = take(&two).unwrap();
    assert_eq!(second.epoch().number, 2);
    let refused = write(&one, &first, "b").unwrap_err();
    assert_eq!(refused.code(), Code::END_OF_SESSION);
    write(&two, &second, "c").unwrap();
}

#[cfg(unix)]
mod asking {
    use super::*;
    use crate::control::{Answers, Reply, Request, Server};

    /// Says after a while that it is done.
    struct Busy(Mutex<Vec<Request>>);

    impl Answers for Busy {
        fn answer(&self, request: Request, reply: &mut dyn FnMut(Reply) -> bool) {
            self.0.lock().unwrap().push(request);
            assert!(reply(Reply::Working { work: None }));
            thread::sleep(Duration::from_millis(100));
            reply(Reply::done(Vec::new()));
        }
    }

    fn ask(store: &SqliteStore, patience: u64) -> std::result::Result<Turn, NoAnswer> {
        let request = Request::Flush { store: None };
        let wanted = Wanted {
            request: &request,
            patience: Duration::from_millis(patience),
        };
        let mut each = |_: &Reply| ();
        let (asker, call) = (card("asker"), Call::default());
        lease_or_ask(store, Role::Keeper, &asker, &wanted, &mut each, &call)
    }

    fn holder(store: &SqliteStore, socket: Option<&Path>) -> Lease {
        let card = Card::of_this_process("holder", socket);
        let taken = Lease::try_take(store, Role::Keeper, &card, &Call::default());
        taken.unwrap().unwrap()
    }

    #[test]
    fn the_holder_does_it_or_else_this_process() {
        let home = TempHome::new().unwrap();
        let (one, two) = (open(&home), open(&home));
        assert!(matches!(ask(&two, 1000).unwrap(), Turn::Mine(_)));
        let opened = Server::begin(&home.path().join("run")).unwrap();
        let lease = holder(&one, Some(opened.path()));
        let busy = Arc::new(Busy(Mutex::default()));
        let server = opened.serve(Arc::clone(&busy) as _).unwrap();
        let turn = ask(&two, 1000).unwrap();
        assert!(matches!(turn, Turn::Theirs(Reply::Done { .. })), "{turn:?}");
        assert_eq!(busy.0.lock().unwrap().len(), 1);
        // The holder ends while it is asked for: whoever asks takes over.
        drop(server);
        let took = thread::scope(|scope| {
            let asking = scope.spawn(|| ask(&two, 10_000));
            thread::sleep(Duration::from_millis(30));
            drop(lease);
            asking.join().unwrap()
        });
        assert!(matches!(took.unwrap(), Turn::Mine(_)));
    }

    #[test]
    fn a_holder_that_says_nothing_is_named() {
        let home = TempHome::new().unwrap();
        let (one, two) = (open(&home), open(&home));
        // There, and nobody answers: as if it were stopped.
        let opened = Server::begin(&home.path().join("run")).unwrap();
        let lease = holder(&one, Some(opened.path()));
        let began = Instant::now();
        match ask(&two, 300) {
            Err(NoAnswer::Silent { pid, program, .. }) => {
                assert_eq!((pid, program.as_str()), (std::process::id(), "holder"));
            }
            other => panic!("{other:?}"),
        }
        assert!(began.elapsed() < Duration::from_secs(2));
        drop((lease, opened));
        // One that cannot be asked.
        let _lease = holder(&one, None);
        assert!(matches!(ask(&two, 100), Err(NoAnswer::Unknown)));
    }
}
