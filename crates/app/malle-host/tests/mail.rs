//! The spooler of a store as background work: who sends when nobody asks, when somebody asks, and when the one who sent ends.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]
#![cfg(unix)]

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use malle_host::control::{LeaseState, MailOrder, MailWanted, Reply, Request, Server, ask};
use malle_host::daemon::{Asking, Clerk, Errand, Keeper, Place, post_now};
use malle_host::lease::{Card, Lease, look};
use malle_host::status::{Kept as KeptBy, status};
use malle_host::{Catalogue, Home, MalleHost, Profiles};
use mapi::{
    FlushFlags, FlushRequest, Host, Logon, Mapi, MapiProp, ModifyMode, MsgStore, Profile,
    ProfileProvider, ProfileService, ServiceConfig, Session, SpecialFolder, recipient_type,
    resource_flags,
};
use mapi_props::{Code, MessageTree, tags};
use mapi_spi::{Call, CancelToken, Fate, OpenMode, ProviderKind, Role};
use store_memory::MemoryService;
use testkit::TempHome;
use testkit_transport::{Act, LETTER, SCRIPTED, ScriptedService, Step, TRANSPORT};

/// For what must happen soon.
const PATIENCE: Duration = Duration::from_secs(30);

const UP: FlushFlags = FlushFlags::UPLOAD.with(FlushFlags::NO_UI);

/// A home with the profile `me`: a local store, and a transport that does as it is told.
struct World {
    home: TempHome,
    scripted: Arc<ScriptedService>,
    host: Arc<MalleHost>,
}

impl World {
    fn new() -> Self {
        let home = TempHome::new().unwrap();
        let scripted = ScriptedService::over(Arc::new(MemoryService::default()));
        let at = Home::below(home.path());
        let catalogue = Catalogue::of(&at).with(Arc::clone(&scripted) as _);
        let host = Arc::new(MalleHost::new(Profiles::made_of(at, catalogue)));
        let config = ServiceConfig {
            values: [("path".to_owned(), "mail.malle".to_owned())].into(),
            ..ServiceConfig::default()
        };
        let store =
            ProfileService::store("MALLE_LOCAL", "a", resource_flags::DEFAULT_STORE, config);
        let mut words = ServiceConfig::default();
        words.values.insert("word".to_owned(), "full".to_owned());
        let transport = ProfileService {
            uid: mapi_props::Guid([9; 16]),
            service: SCRIPTED.to_owned(),
            display_name: "scripted".to_owned(),
            config: words,
            providers: vec![ProfileProvider {
                uid: mapi_props::Guid([8; 16]),
                name: TRANSPORT.to_owned(),
                display_name: "scripted".to_owned(),
                kind: ProviderKind::Transport,
                values: [(LETTER.to_owned(), "t".to_owned())].into(),
                ..ProfileProvider::default()
            }],
            ..ProfileService::default()
        };
        let profile = Profile {
            name: "me".to_owned(),
            services: vec![store, transport],
            ..Profile::default()
        };
        Host::create_profile(host.as_ref(), profile).unwrap();
        let world = Self {
            home,
            scripted,
            host,
        };
        let mapi = Mapi::initialize(world.as_host());
        Session::logon(&mapi, Logon::profile("me").create()).unwrap();
        world
    }

    fn as_host(&self) -> Arc<dyn Host> {
        Arc::clone(&self.host) as Arc<dyn Host>
    }

    fn run(&self) -> PathBuf {
        Home::below(self.home.path()).run_dir().to_owned()
    }

    fn place(&self) -> Place {
        Place::all(&self.as_host(), "me").unwrap().remove(0)
    }

    fn session(&self) -> Session {
        let mapi = Mapi::initialize(self.as_host());
        Session::logon(&mapi, Logon::profile("me")).unwrap()
    }

    fn submit(&self, subject: &str) -> u64 {
        let store = self.session().default_store().unwrap();
        let outbox = store.special_folder(SpecialFolder::Outbox).unwrap();
        let message = outbox.create_message().unwrap();
        message.set(tags::SUBJECT, subject).unwrap();
        let row = vec![
            (tags::RECIPIENT_TYPE.raw(), recipient_type::TO.into()),
            (tags::DISPLAY_NAME.raw(), "Ann".into()),
            (tags::ADDRTYPE.raw(), "SMTP".into()),
            (tags::EMAIL_ADDRESS.raw(), "ann@example.org".into()),
        ];
        message.modify_recipients(ModifyMode::Add, &[row]).unwrap();
        message.submit().unwrap();
        message.item().unwrap().0
    }

    fn left(&self) -> Vec<String> {
        let left = self.scripted.wire("t").left();
        left.into_iter().map(|left| left.subject).collect()
    }

    fn until_left(&self, subjects: &[&str]) {
        until(|| self.left() == subjects, || format!("{:?}", self.left()));
    }

    fn queued(&self) -> usize {
        let place = self.place();
        let store = place.open(OpenMode::ReadOnly, &Call::default()).unwrap();
        store.queue(None, 100, &Call::default()).unwrap().len()
    }

    fn flush(&self, flags: FlushFlags) -> mapi::Result<Vec<mapi_spi::Error>> {
        let target = None;
        self.host
            .flush("me", &FlushRequest { target, flags }, &Call::default())
    }

    /// Becomes the spooler, or waits for that, in a thread that can be asked.
    fn spooler(&self) -> Spooling {
        let opened = Server::begin(&self.run()).unwrap();
        let card = Card::of_this_process("test", Some(opened.path()));
        let socket = opened.path().to_owned();
        let keeper = Arc::new(Keeper::spooler(self.place(), card, CancelToken::default()));
        let clerk = Clerk::new("test", None);
        clerk.keeps(vec![Arc::clone(&keeper)], Vec::new());
        let server = opened.serve(Arc::new(clerk)).unwrap();
        let same = Arc::clone(&keeper);
        Spooling {
            keeper,
            thread: Some(thread::spawn(move || same.keep())),
            socket,
            _server: server,
        }
    }
}

/// A spooler at work.
struct Spooling {
    keeper: Arc<Keeper>,
    thread: Option<JoinHandle<()>>,
    socket: PathBuf,
    _server: Server,
}

impl Spooling {
    fn until(&self, state: LeaseState) -> &Self {
        until(
            || self.keeper.row().state == state,
            || format!("{:?}", self.keeper.row()),
        );
        self
    }
}

impl Drop for Spooling {
    fn drop(&mut self) {
        self.keeper.end();
        let began = Instant::now();
        self.thread.take().unwrap().join().unwrap();
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "it took long to end"
        );
    }
}

fn until(holds: impl Fn() -> bool, seen: impl Fn() -> String) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{}", seen());
        thread::sleep(Duration::from_millis(2));
    }
}

fn inbox(store: &MsgStore) -> u64 {
    let inbox = store.special_folder(SpecialFolder::Inbox).unwrap();
    inbox.contents().open().unwrap().row_count().unwrap()
}

fn later() -> Act {
    Act::Answer(Fate::Later {
        after: Some(Duration::from_secs(3600)),
        why: "come back".to_owned(),
    })
}

#[test]
fn what_is_submitted_leaves_and_what_arrives_is_there_though_nobody_asks() {
    let world = World::new();
    // Care of the store has nothing to do with it: its lease is another one, and somebody else has it.
    let store = world.place().open(OpenMode::ReadWrite, &Call::default());
    let store = store.unwrap();
    let card = Card::of_this_process("care", None);
    let _care = Lease::try_take(store.as_ref(), Role::Keeper, &card, &Call::default());
    world.submit("before");
    let spooling = world.spooler();
    world.until_left(&["before"]);
    world.submit("while it sleeps");
    world.until_left(&["before", "while it sleeps"]);
    let row = spooling.keeper.row();
    assert_eq!(
        (row.role.as_str(), row.state),
        ("spooler", LeaseState::Holding)
    );
    let mut message = MessageTree::default();
    message.props.set(tags::MESSAGE_CLASS, "IPM.Note");
    world.scripted.behind("t").unwrap().arrives(b"1", message);
    let own = world.session().default_store().unwrap();
    until(|| inbox(&own) == 1, || "nothing arrives".to_owned());
    assert_eq!(world.queued(), 0);
}

#[test]
fn the_one_who_is_the_spooler_is_asked() {
    let world = World::new();
    let spooling = world.spooler();
    spooling.until(LeaseState::Holding);
    world.scripted.script("t").next(Step::Submit, later());
    world.submit("x");
    let waits = || {
        let seen = status(
            &world.as_host(),
            &world.run(),
            None,
            PATIENCE,
            &Call::default(),
        );
        seen.unwrap().stores.remove(0).mail.unwrap()
    };
    until(|| waits().queue.waiting == 1, || format!("{:?}", waits()));
    let mail = waits();
    assert!(
        matches!(mail.kept, KeptBy::By(ref holder) if holder.answers),
        "{mail:?}"
    );
    assert_eq!(mail.queue.queued, 1);
    assert!(mail.queue.next.is_some());
    world.flush(UP).unwrap_or_default();
    assert_eq!(world.left(), [""; 0], "not before its time");
    let wanted = MailWanted {
        up: true,
        force: true,
        ..MailWanted::default()
    };
    let request = Request::Spool {
        store: None,
        wanted: wanted.clone(),
    };
    let run = world.run();
    let asking = Asking {
        program: "test",
        run: &run,
        patience: PATIENCE,
    };
    let errand = Errand::round(&wanted).unwrap();
    let call = Call::default();
    let posted = post_now(
        &world.place(),
        &errand,
        &request,
        &asking,
        &mut |_| (),
        &call,
    );
    let posted = posted.unwrap();
    assert!(!posted.here);
    assert_eq!((posted.done.tally.sent, posted.done.problems.len()), (1, 0));
    assert_eq!(world.left(), ["x"]);
    assert_eq!(
        spooling.keeper.row().epoch,
        Some(1),
        "nobody else was the spooler"
    );
}

#[test]
fn who_asks_is_the_spooler_for_a_round_where_nobody_is() {
    let world = World::new();
    world.submit("x");
    let seen = status(
        &world.as_host(),
        &world.run(),
        None,
        PATIENCE,
        &Call::default(),
    );
    let mail = seen.unwrap().stores.remove(0).mail.unwrap();
    assert_eq!((mail.kept, mail.queue.queued), (KeptBy::ByNobody, 1));
    world.flush(UP).unwrap();
    assert_eq!(world.left(), ["x"]);
    let store = world.place().open(OpenMode::ReadOnly, &Call::default());
    let seen = look(store.unwrap().as_ref(), Role::Spooler, &Call::default()).unwrap();
    assert!(!seen.held, "the lease was given back");
    assert_eq!(seen.tenure.unwrap().number, 1);
}

#[test]
fn a_spooler_that_says_nothing_is_not_driven_out() {
    let world = World::new();
    world.submit("x");
    let store = world.place().open(OpenMode::ReadWrite, &Call::default());
    let store = store.unwrap();
    // There, and nobody answers: as if it were stopped.
    let opened = Server::begin(&world.run()).unwrap();
    let card = Card::of_this_process("stopped", Some(opened.path()));
    let lease = Lease::try_take(store.as_ref(), Role::Spooler, &card, &Call::default());
    let lease = lease.unwrap().unwrap();
    let refused = world.flush(UP).unwrap_err();
    assert_eq!(refused.code(), Code::BUSY);
    let pid = std::process::id().to_string();
    assert!(refused.detail().contains(&pid), "{refused}");
    let orders = world
        .host
        .order_mail("me", "a", MailOrder::Hold, &[1], &Call::default());
    assert_eq!(orders.unwrap_err().code(), Code::BUSY);
    assert_eq!(world.left(), [""; 0]);
    assert_eq!(world.queued(), 1);
    drop((lease, opened));
    world.flush(UP).unwrap();
    assert_eq!(world.left(), ["x"]);
}

#[test]
fn the_next_one_goes_on_when_a_spooler_ends() {
    let world = World::new();
    let first = world.spooler();
    first.until(LeaseState::Holding);
    let second = world.spooler();
    second.until(LeaseState::Waiting);
    world.submit("one");
    world.until_left(&["one"]);
    // In the middle of an attempt of which nothing has left yet.
    world.scripted.script("t").next(Step::Submit, Act::Hang);
    world.scripted.script("t").met();
    world.submit("two");
    assert!(world.scripted.script("t").until_met(Step::Submit, PATIENCE));
    drop(first);
    second.until(LeaseState::Holding);
    world.until_left(&["one", "two"]);
    assert_eq!(second.keeper.row().epoch, Some(2));
    until(|| world.queued() == 0, || "it is not put away".to_owned());
    assert_eq!(world.left(), ["one", "two"], "nothing twice");
}

#[test]
fn a_flush_can_be_stopped_and_loses_nothing() {
    let world = World::new();
    let spooling = world.spooler();
    spooling.until(LeaseState::Holding);
    let script = world.scripted.script("t");
    script.next(Step::Submit, Act::Hang);
    world.submit("x");
    assert!(script.until_met(Step::Submit, PATIENCE));
    let stopped = ask(
        &spooling.socket,
        &Request::Cancel { store: None },
        PATIENCE,
        &mut |_| (),
        &Call::default(),
    );
    assert!(matches!(stopped, Ok(Reply::Done { .. })), "{stopped:?}");
    let working = || spooling.keeper.row().works[0].clone();
    until(
        || working().state != malle_host::control::WorkState::Working,
        || format!("{:?}", working()),
    );
    assert_eq!((world.left().len(), world.queued()), (0, 1));
    world.flush(UP | FlushFlags::FORCE).unwrap();
    assert_eq!(world.left(), ["x"]);
}

#[test]
fn messages_are_held_and_released_by_whoever_is_the_spooler() {
    let world = World::new();
    for with_spooler in [false, true] {
        let spooling = with_spooler.then(|| world.spooler());
        if let Some(spooling) = &spooling {
            spooling.until(LeaseState::Holding);
            world.scripted.script("t").next(Step::Submit, later());
        }
        let before = world.left().len();
        let item = world.submit("x");
        if with_spooler {
            assert!(world.scripted.script("t").until_met(Step::Submit, PATIENCE));
        }
        let order = |order, items: &[u64]| {
            let done = world
                .host
                .order_mail("me", "a", order, items, &Call::default());
            done.unwrap()
        };
        assert_eq!(order(MailOrder::Hold, &[item]), []);
        let _held = world.flush(UP | FlushFlags::FORCE);
        assert_eq!(world.left().len(), before, "it is held");
        let unknown = order(MailOrder::Release, &[item, 999_999]);
        assert_eq!(unknown.len(), 1, "{unknown:?}");
        assert_eq!(unknown[0].about, "a999999");
        let _sent_already = world.flush(UP | FlushFlags::FORCE);
        until(
            || world.left().len() == before + 1,
            || format!("{:?}", world.left()),
        );
    }
}

#[test]
fn a_profile_without_transports_has_a_spooler_once_something_waits() {
    let world = World::new();
    world
        .host
        .change_profile("me", &mut |profile| {
            profile.services.retain(|s| s.service != SCRIPTED);
            Ok(())
        })
        .unwrap();
    let spooling = world.spooler();
    spooling.until(LeaseState::Unneeded);
    world.submit("x");
    world.flush(UP).unwrap();
    assert_eq!(world.queued(), 1, "it waits");
    assert!(!world.place().has_transports());
    // Who sent it is told why, and in the end that it was given up.
    spooling.until(LeaseState::Holding);
    let store = world.session().default_store().unwrap();
    let said = || format!("{:?}", store.outbox().unwrap());
    until(|| said().contains("The profile has no transport."), said);
}

#[test]
fn a_transport_that_keeps_a_message_stays_until_it_asks_for_it() {
    let world = World::new();
    world
        .host
        .change_profile("me", &mut |profile| {
            let services = profile.services.iter_mut();
            let providers = services.flat_map(|service| &mut service.providers);
            for transport in providers.filter(|p| p.kind == ProviderKind::Transport) {
                let ways = ("ways".to_owned(), "sends".to_owned());
                transport.values.extend([ways]);
            }
            Ok(())
        })
        .unwrap();
    let script = world.scripted.script("t");
    script.answer("ann@example.org", [Fate::Deferred]);
    let spooling = world.spooler();
    spooling.until(LeaseState::Holding);
    let item = world.submit("x");
    let store = world.session().default_store().unwrap();
    let said = || format!("{:?}", store.outbox().unwrap());
    until(|| said().contains("Deferred"), said);
    // Whatever it has to do, it does not log off.
    world.flush(UP).unwrap();
    let id = store.outbox().unwrap().remove(0).entry_id;
    assert!(item > 0);
    let transports = world.scripted.transports();
    let transport = transports.last().unwrap();
    assert!(!transport.has_ended());
    transport.tells(mapi_spi::SpoolerNotice::SentDeferred(
        id.as_bytes().to_vec(),
    ));
    world.until_left(&["x"]);
}
