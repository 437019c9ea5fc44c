//! The index: it stays whole, is shared, can be thrown away, and is asked before any file.

use std::fs;
use std::sync::{Arc, Mutex};
use std::thread;

use mapi_props::{Code, tags};
use mapi_spi::{Call, ItemId, Progress, ProgressEvent};
use store_mailbox::MailboxStore;

use crate::world::{Chance, World, bag_of, mail, names_of, subjects};

fn many(count: usize) -> World {
    let files: Vec<_> = (0..count)
        .map(|n| (format!("cur/{n:05}.a:2,S"), mail(&format!("m{n:05}"))))
        .collect();
    let laid: Vec<_> = files
        .iter()
        .map(|(p, m)| (p.as_str(), m.as_str()))
        .collect();
    World::maildir(&laid)
}

#[test]
fn lists_come_from_the_index_and_only_reading_opens_a_file() {
    let world = many(3);
    let before = subjects(world.open().as_ref(), "Inbox");
    // The names stay, so the directories tell of no change; who opened these files would see it.
    for n in 0..3 {
        let path = world.mail().join(format!("cur/{n:05}.a:2,S"));
        fs::write(&path, mail("other")).unwrap();
    }
    let store = world.open();
    assert_eq!(subjects(store.as_ref(), "Inbox"), before);
    assert_eq!(
        bag_of(store.as_ref(), before[0].0).text(tags::SUBJECT),
        Some("other")
    );
}

#[test]
fn an_index_that_is_thrown_away_or_damaged_is_made_anew_as_another_store() {
    let world = many(5);
    let index = || {
        let mut files = fs::read_dir(world.data())
            .unwrap()
            .map(|e| e.unwrap().path());
        files
            .find(|p| p.extension().is_some_and(|e| e == "index"))
            .unwrap()
    };
    let first = world.open().info().uid;
    assert_eq!(world.open().info().uid, first);
    fs::remove_dir_all(world.data()).unwrap();
    let second = world.open().info().uid;
    assert_ne!(second, first);
    for suffix in ["-wal", "-shm"] {
        let _absent = fs::remove_file(format!("{}{suffix}", index().display()));
    }
    fs::write(
        index(),
        b"this is no database, whatever its name says".repeat(100),
    )
    .unwrap();
    let store = world.open();
    assert_ne!(store.info().uid, second);
    assert_eq!(subjects(store.as_ref(), "Inbox").len(), 5);
}

#[test]
fn an_index_whose_bytes_are_damaged_anywhere_never_panics() {
    let world = many(20);
    world.open();
    let path = fs::read_dir(world.data())
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.extension().is_some_and(|e| e == "index"))
        .unwrap();
    let whole = fs::read(&path).unwrap();
    for at in (100..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        let end = (at + 64).min(bytes.len());
        bytes[at..end].fill(0xA5);
        fs::write(&path, &bytes).unwrap();
        let Ok(store) = world.open_at(&world.mail()) else {
            continue;
        };
        let all = mapi_spi::Anchor::Start;
        let view = crate::world::view(ItemId(3), &[tags::SUBJECT.into()]);
        let _whatever_it_says = store.view(&view, &all, 100, &Call::default());
        let _whatever_it_says = store.message(ItemId(4), &Call::default());
    }
}

#[derive(Debug, Default)]
struct Watch {
    events: Mutex<Vec<ProgressEvent>>,
    stop: Option<mapi_spi::CancelToken>,
}

impl Progress for Watch {
    fn report(&self, event: ProgressEvent) {
        self.events.lock().unwrap().push(event);
        if let Some(stop) = &self.stop {
            stop.cancel();
        }
    }
}

#[test]
fn the_first_opening_tells_how_far_it_is_and_one_that_was_stopped_goes_on() {
    let world = many(1000);
    let stop = mapi_spi::CancelToken::default();
    let watch = Arc::new(Watch {
        stop: Some(stop.clone()),
        ..Watch::default()
    });
    let call = Call {
        cancel: stop,
        progress: Some(Arc::clone(&watch) as Arc<dyn Progress>),
        ..Call::default()
    };
    let (root, data) = (world.mail(), world.data());
    let stopped = MailboxStore::open(&root, Some(&data), &Chance, &call).unwrap_err();
    assert_eq!(stopped.code(), Code::USER_CANCEL);
    let first = watch.events.lock().unwrap()[0];
    assert_eq!((first.done, first.total), (400, Some(1000)));
    let watch = Arc::new(Watch::default());
    let call = Call {
        progress: Some(Arc::clone(&watch) as Arc<dyn Progress>),
        ..Call::default()
    };
    MailboxStore::open(&root, Some(&data), &Chance, &call).unwrap();
    let events = watch.events.lock().unwrap();
    assert_eq!(events.last().unwrap().done, 600, "400 were there already");
    let store = world.open();
    let all = subjects(store.as_ref(), "Inbox");
    assert_eq!(all.len(), 1000);
    assert_eq!(names_of(&all)[999], "m00999");
}

#[test]
fn two_who_open_it_at_once_give_each_message_one_number() {
    let world = many(500);
    let seen: Vec<_> = thread::scope(|scope| {
        let openers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| subjects(world.open().as_ref(), "Inbox")))
            .collect();
        openers.into_iter().map(|o| o.join().unwrap()).collect()
    });
    assert_eq!(seen[0].len(), 500);
    assert!(seen.iter().all(|all| *all == seen[0]));
    assert_eq!(subjects(world.open().as_ref(), "Inbox"), seen[0]);
}

#[test]
fn without_a_directory_of_its_own_the_index_is_in_memory() {
    let world = many(2);
    let store = MailboxStore::open(&world.mail(), None, &Chance, &Call::default()).unwrap();
    assert_eq!(subjects(&store, "Inbox").len(), 2);
    assert!(!world.data().exists());
}

#[test]
fn a_message_is_the_same_at_every_look_and_as_rows_show_it() {
    let world = many(2);
    let call = Call::default();
    let store = world.open();
    let (id, _) = subjects(store.as_ref(), "Inbox")[0].clone();
    let first = store.message(ItemId(id), &call).unwrap();
    drop(store);
    let store = world.open();
    assert_eq!(store.message(ItemId(id), &call).unwrap(), first);
    let columns = [tags::SEARCH_KEY.into(), tags::CREATION_TIME.into()];
    let inbox = crate::world::folder(store.as_ref(), "Inbox");
    let rows = crate::world::rows(store.as_ref(), &crate::world::view(inbox, &columns));
    let row = rows.iter().find(|row| row.key.item.0 == id).unwrap();
    let of = |tag: mapi_props::PropTag| first.body.props.value(tag).unwrap().clone();
    assert_eq!(row.cells, columns.map(of));
    let other = rows.iter().find(|row| row.key.item.0 != id).unwrap();
    assert_ne!(
        other.cells[0], row.cells[0],
        "two messages have one search key"
    );
}
