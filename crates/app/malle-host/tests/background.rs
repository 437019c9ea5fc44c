//! Background work over real stores: what the keeper of a store does, and how it takes what goes wrong.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use malle_host::control::{LeaseRow, LeaseState, WorkState};
use malle_host::daemon::{Desk, Keeper, News, Place, Work, works};
use malle_host::lease::{Card, Lease};
use malle_host::{Home, MalleHost, Profiles, default_config};
use mapi::Host;
use mapi_props::{Code, Restriction, tags};
use mapi_spi::{
    Call, CancelToken, ChangeSet, Error, Expect, FolderKind, FolderSave, FolderTarget, ItemId, Op,
    OpOutcome, OpenMode, PropPatch, Role, SearchAction, SearchPhase, SearchSave, Store,
};
use testkit::TempHome;

/// For what must happen soon.
const PATIENCE: Duration = Duration::from_secs(20);

fn place(home: &TempHome, service: &str) -> Place {
    let host = Arc::new(MalleHost::new(Profiles::of(Home::below(home.path()))));
    let config = default_config(service).unwrap();
    host.create_profile("me", service, config).unwrap();
    let host = host as Arc<dyn Host>;
    Place::all(&host, "me").unwrap().remove(0)
}

fn open(place: &Place) -> Arc<dyn Store> {
    place.open(OpenMode::ReadWrite, &Call::default()).unwrap()
}

/// A keeper at work in a thread.
struct Kept {
    keeper: Arc<Keeper>,
    thread: Option<JoinHandle<()>>,
}

impl Kept {
    fn begin(place: &Place, works: Vec<Arc<dyn Work>>) -> Self {
        let card = Card::of_this_process("test", None);
        let stop = CancelToken::default();
        let keeper = Arc::new(Keeper::new(place.clone(), works, card, stop));
        let same = Arc::clone(&keeper);
        let thread = Some(thread::spawn(move || same.keep()));
        Self { keeper, thread }
    }

    fn until(&self, is_so: impl Fn(&LeaseRow) -> bool) -> LeaseRow {
        let end = Instant::now() + PATIENCE;
        loop {
            let row = self.keeper.row();
            if is_so(&row) {
                return row;
            }
            assert!(Instant::now() < end, "{row:?}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn flush(&self) -> usize {
        self.keeper.flush().recv_timeout(PATIENCE).unwrap().len()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.keeper.end();
        let began = Instant::now();
        self.thread.take().unwrap().join().unwrap();
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "it took long to end"
        );
    }
}

fn folder(store: &dyn Store, name: &str, kind: FolderKind) -> ItemId {
    let op = Op::SaveFolder(FolderSave {
        target: FolderTarget::New {
            parent: store.info().root,
            kind,
        },
        patch: PropPatch::default().with(tags::DISPLAY_NAME, name),
        expect: Expect::Any,
    });
    let done = store.commit(ChangeSet::one(op), &Call::default()).unwrap();
    match done.ops[0] {
        OpOutcome::Saved(saved) => saved.id,
        ref other => panic!("{other:?}"),
    }
}

/// Sets criteria, and leaves the population to others.
fn search(store: &dyn Store, folder: ItemId, action: SearchAction) {
    let save = Op::SetSearch(SearchSave {
        folder,
        restriction: Some(Restriction::And(Vec::new())),
        scope: Some(vec![store.info().root]),
        recursive: Some(true),
        foreground: None,
        fixed: false,
        unindexed: false,
        action,
    });
    store
        .commit(ChangeSet::one(save), &Call::default())
        .unwrap();
}

fn until_populated(store: &dyn Store, folder: ItemId) {
    let call = Call {
        deadline: Some(Instant::now() + PATIENCE),
        ..Call::default()
    };
    loop {
        let last = store.log(0, None, 0, &call).unwrap().last;
        let state = store.search(folder, &call).unwrap().unwrap();
        if state.phase == SearchPhase::Running && state.complete {
            return;
        }
        store.wait(last, &call).unwrap();
    }
}

#[test]
fn search_folders_that_nobody_populates_are_populated() {
    let home = TempHome::new().unwrap();
    let place = place(&home, "MALLE_LOCAL");
    let store = open(&place);
    let before = folder(store.as_ref(), "Before", FolderKind::Search);
    search(store.as_ref(), before, SearchAction::Keep);
    let kept = Kept::begin(&place, works());
    until_populated(store.as_ref(), before);
    let row = kept.until(|row| row.works.iter().all(|w| w.state == WorkState::Idle));
    assert_eq!((row.state, row.epoch), (LeaseState::Holding, Some(1)));
    // It hears of what others set while it sleeps.
    let after = folder(store.as_ref(), "After", FolderKind::Search);
    search(store.as_ref(), after, SearchAction::Keep);
    until_populated(store.as_ref(), after);
    search(store.as_ref(), before, SearchAction::Restart);
    until_populated(store.as_ref(), before);
}

#[test]
fn a_store_without_background_work_needs_no_keeper() {
    let home = TempHome::new().unwrap();
    let kept = Kept::begin(&place(&home, "MALLE_MEMORY"), works());
    kept.until(|row| row.state == LeaseState::Unneeded);
    assert_eq!(kept.flush(), 0);
}

/// Work that does what it is told.
#[derive(Debug)]
struct Puppet {
    runs: AtomicU32,
    told: Mutex<Receiver<Told>>,
}

#[derive(Debug)]
enum Told {
    Fail,
    UntilCancelled,
    Write,
}

impl Puppet {
    fn new() -> (Arc<Self>, Sender<Told>) {
        let (tell, told) = channel();
        let puppet = Self {
            runs: AtomicU32::new(0),
            told: Mutex::new(told),
        };
        (Arc::new(puppet), tell)
    }
}

impl Work for Puppet {
    fn name(&self) -> &'static str {
        "puppet"
    }

    fn concerns(&self, news: &News<'_>) -> bool {
        matches!(news, News::Asked)
    }

    fn run(&self, desk: &Desk<'_>, call: &Call) -> mapi_spi::Result<Option<Duration>> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst);
        match self.told.lock().unwrap().try_recv() {
            Ok(Told::Fail) => return Err(Error::new(Code::NETWORK_ERROR, "the wire is cut")),
            Ok(Told::UntilCancelled) => loop {
                call.report(7, Some(9));
                call.check()?;
                thread::sleep(Duration::from_millis(1));
            },
            Ok(Told::Write) => {
                let patch = PropPatch::default().with(tags::COMMENT, format!("run {run}"));
                desk.store
                    .commit(ChangeSet::one(Op::PatchStore(patch)), call)?;
            }
            Err(_) => {}
        }
        Ok(None)
    }
}

#[test]
fn work_that_fails_is_shown_and_done_when_somebody_asks_again() {
    let home = TempHome::new().unwrap();
    let (puppet, tell) = Puppet::new();
    let kept = Kept::begin(&place(&home, "MALLE_LOCAL"), vec![puppet]);
    kept.until(|row| row.state == LeaseState::Holding);
    tell.send(Told::Fail).unwrap();
    assert_eq!(kept.flush(), 1);
    let row = kept.until(|row| row.works[0].state == WorkState::Failed);
    let problem = row.works[0].problem.clone().unwrap();
    assert_eq!(problem.code, "MAPI_E_NETWORK_ERROR");
    assert!(problem.message.contains("the wire is cut"));
    assert!(row.works[0].next.is_some(), "it is tried again by itself");
    assert_eq!(kept.flush(), 0);
    kept.until(|row| row.works[0].state == WorkState::Idle && row.works[0].problem.is_none());
}

#[test]
fn work_shows_how_far_it_is_and_can_be_stopped() {
    let home = TempHome::new().unwrap();
    let (puppet, tell) = Puppet::new();
    let kept = Kept::begin(&place(&home, "MALLE_LOCAL"), vec![puppet]);
    kept.until(|row| row.state == LeaseState::Holding);
    tell.send(Told::UntilCancelled).unwrap();
    let done = kept.keeper.flush();
    kept.until(|row| (row.works[0].done, row.works[0].total) == (7, Some(9)));
    kept.keeper.cancel();
    assert!(done.recv_timeout(PATIENCE).is_ok());
    kept.until(|row| row.works[0].state == WorkState::Cancelled);
    // The keeper goes on, and ends at once in the middle of work.
    assert_eq!(kept.flush(), 0);
    tell.send(Told::UntilCancelled).unwrap();
    let _waits = kept.keeper.flush();
    kept.until(|row| row.works[0].state == WorkState::Working);
}

#[test]
fn a_keeper_that_was_followed_waits_for_its_turn() {
    let home = TempHome::new().unwrap();
    let place = place(&home, "MALLE_LOCAL");
    let (puppet, tell) = Puppet::new();
    let kept = Kept::begin(&place, vec![puppet]);
    kept.until(|row| row.state == LeaseState::Holding);
    let store = open(&place);
    // Its lock is worth nothing any more.
    std::fs::remove_file(store.lease_file(Role::Keeper).unwrap()).unwrap();
    let card = Card::of_this_process("other", None);
    let other = Lease::try_take(store.as_ref(), Role::Keeper, &card, &Call::default());
    let other = other.unwrap().unwrap();
    tell.send(Told::Write).unwrap();
    let _never_done = kept.keeper.flush();
    kept.until(|row| row.state == LeaseState::Waiting);
    let comment = || store.store_props(&Call::default()).unwrap();
    assert_eq!(comment().text(tags::COMMENT), None);
    drop(other);
    kept.until(|row| row.epoch == Some(3));
    tell.send(Told::Write).unwrap();
    kept.flush();
    assert!(comment().text(tags::COMMENT).is_some());
}
