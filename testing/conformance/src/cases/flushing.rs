//! TX-02, TX-04, SES-06, SES-07, SES-10, ST-01, AD-02: having what waits sent and fetched, through status objects.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mapi::{
    Code, EntryId, EventMask, FlushFlags, Logon, LogonFlags, MapiProp, MessageTree, ModifyMode,
    MsgStore, Object, OpenFlags, PropTag, PropValue, Result, Session, SettingsFlags, SpecialFolder,
    Status, StoreLogoffFlags, ValidateFlags, message_flags, recipient_type, tags,
};
use mapi_props::{resource_methods, resource_type, status_code};
use mapi_spi::{Fate, SpoolerNotice, TransportNotice};
use testkit_transport::{Act, Step};

use crate::fixture::{code, draft, prop};
use crate::heard::Heard;
use crate::scripted::{PROFILE, Plan, TYPES, World, plain, scripted};
use crate::{Case, Fixture, case};

/// For what must happen soon.
const PATIENCE: Duration = Duration::from_secs(20);

const UP: FlushFlags = FlushFlags::UPLOAD.with(FlushFlags::NO_UI);
const DOWN: FlushFlags = FlushFlags::DOWNLOAD.with(FlushFlags::NO_UI);

pub(super) const CASES: &[Case] = &[
    case!(
        "TX-02.T1",
        needs(),
        "the spooler is told to send: when it answers all have left, through one transport after the other",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let store = session.default_store()?;
            // The one for the second transport was submitted first.
            submit(&store, "to u", "FAX", "fred")?;
            submit(&store, "to t", "SMTP", "ann@example.org")?;
            let order = Arc::new(Mutex::new(Vec::new()));
            for letter in ["t", "u"] {
                let order = Arc::clone(&order);
                let note = move || order.lock().unwrap().push(letter);
                let script = world.scripted.script(letter);
                script.next(Step::Committed, Act::Do(Box::new(note)));
            }
            spooler(&session)?.flush_queues(None, UP)?;
            assert_eq!(left(&world, "t"), ["to t"]);
            assert_eq!(left(&world, "u"), ["to u"]);
            assert_eq!(*order.lock().unwrap(), ["t", "u"], "in transport order");
            assert_eq!(queued(&store)?, [""; 0]);
            Ok(())
        }
    ),
    case!(
        "TX-02.T2",
        needs(),
        "the spooler sends through the transport that is its target alone, and so does a transport by itself",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let store = session.default_store()?;
            submit(&store, "to t", "SMTP", "ann@example.org")?;
            submit(&store, "to u", "FAX", "fred")?;
            let (t, u) = (row(&session, "t")?, row(&session, "u")?);
            let all = spooler(&session)?;
            all.flush_queues(Some(&u), UP)?;
            assert_eq!((left(&world, "t").len(), left(&world, "u").len()), (0, 1));
            assert_eq!(queued(&store)?, ["to t"]);
            submit(&store, "again to u", "FAX", "fred")?;
            let own = open(&session, &t)?;
            own.flush_queues(None, UP)?;
            assert_eq!(left(&world, "t"), ["to t"]);
            assert_eq!(queued(&store)?, ["again to u"]);
            let flushing = status_code::OUTBOUND_FLUSH | status_code::INBOUND_FLUSH;
            assert_eq!(own.get(tags::STATUS_CODE)? & flushing, 0, "it is done");
            // A target is a transport, and the spooler's alone to have.
            let inbox = store.special_folder(SpecialFolder::Inbox)?.entry_id();
            let own_id = EntryId::from(all.get(tags::ENTRYID)?);
            for none in [inbox, own_id] {
                assert_eq!(
                    code(all.flush_queues(Some(&none), UP)),
                    Code::INVALID_PARAMETER
                );
            }
            assert_eq!(
                code(own.flush_queues(Some(&u), UP)),
                Code::INVALID_PARAMETER
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "a transport that cannot be told to send is reached through the spooler",
        |f| {
            let mut plain_one = scripted(f, &[], &["t"]);
            plain_one
                .config
                .values
                .insert("word".to_owned(), "plain".to_owned());
            let world = World::with_post(f, vec![plain(f, "a"), plain_one])?;
            let session = world.logon()?;
            let store = session.default_store()?;
            submit(&store, "x", "SMTP", "ann@example.org")?;
            let id = row(&session, "t")?;
            let own = open(&session, &id)?;
            assert_eq!(
                own.get(tags::RESOURCE_METHODS)? & resource_methods::FLUSH_QUEUES,
                0
            );
            assert_eq!(code(own.flush_queues(None, UP)), Code::NO_SUPPORT);
            assert_eq!(queued(&store)?, ["x"]);
            spooler(&session)?.flush_queues(Some(&id), UP)?;
            assert_eq!(left(&world, "t"), ["x"]);
            Ok(())
        }
    ),
    case!(
        "TX-02.T3",
        needs(),
        "fetching sends nothing, sending fetches nothing, and the spooler need not be waited for",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let store = session.default_store()?;
            submit(&store, "out", "SMTP", "ann@example.org")?;
            world.scripted.wire("t").arrive(b"1", note("in"));
            let all = spooler(&session)?;
            all.flush_queues(None, DOWN)?;
            assert_eq!(left(&world, "t"), [""; 0]);
            assert_eq!(inbox(&store)?, ["in"]);
            world.scripted.wire("t").arrive(b"2", note("in too"));
            all.flush_queues(None, UP)?;
            assert_eq!(left(&world, "t"), ["out"]);
            assert_eq!(inbox(&store)?, ["in"], "sending fetches nothing");

            // Not waited for: it is accepted, shown, and cannot be asked for twice.
            submit(&store, "slow", "SMTP", "ann@example.org")?;
            let script = world.scripted.script("t");
            script.next(Step::Submit, Act::Hang);
            script.met();
            let table = session.status_table().open()?;
            let heard = Heard::default();
            let _connection = table.advise(EventMask::TABLE_MODIFIED, &heard.sink())?;
            assert_eq!(
                code(all.flush_queues(None, UP | FlushFlags::ASYNC_OK)),
                Code::BUSY
            );
            assert!(script.until_met(Step::Submit, PATIENCE));
            let bits = || Ok::<_, mapi::Error>(all.get(tags::STATUS_CODE)? & FLUSHING);
            assert_eq!(bits()?, status_code::OUTBOUND_FLUSH);
            assert_eq!(left(&world, "t"), ["out"], "it is not done");
            assert_eq!(code(all.flush_queues(None, DOWN)), Code::BUSY);
            until(|| {
                script.release();
                Ok(bits()? == 0)
            })?;
            assert_eq!(left(&world, "t"), ["out", "slow"]);
            world.mapi.dispatch_notifications()?;
            assert!(!heard.wait(1).is_empty(), "the table tells it");
            // A transport is waited for, whatever the flag says.
            submit(&store, "last", "SMTP", "ann@example.org")?;
            let own = open(&session, &row(&session, "t")?)?;
            own.flush_queues(None, UP | FlushFlags::ASYNC_OK)?;
            assert_eq!(left(&world, "t"), ["out", "slow", "last"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what goes wrong with a transport is no error of a flush: the spooler's row says it until the next one",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let store = session.default_store()?;
            submit(&store, "x", "SMTP", "ann@example.org")?;
            let script = world.scripted.script("t");
            script.next(Step::Submit, Act::Fail(Code::NETWORK_ERROR));
            let all = spooler(&session)?;
            all.flush_queues(None, UP)?;
            assert!(all.last_error().is_none());
            let says = all.get(tags::STATUS_STRING)?;
            assert!(
                says.contains("failed") && says.contains("step `submit`"),
                "{says}"
            );
            assert_eq!(queued(&store)?, ["x"], "it waits");
            let own = open(&session, &row(&session, "t")?)?;
            script.next(Step::Submit, Act::Fail(Code::NETWORK_ERROR));
            own.flush_queues(None, UP | FlushFlags::FORCE)?;
            assert_eq!(queued(&store)?, ["x"]);
            all.flush_queues(None, UP | FlushFlags::FORCE)?;
            assert_eq!(left(&world, "t"), ["x"]);
            let says = all.get(tags::STATUS_STRING)?;
            assert!(!says.contains("failed"), "{says}");
            Ok(())
        }
    ),
    case!(
        needs(),
        "what goes wrong while nobody waits is said by the spooler's row, and logging off ends it",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let store = session.default_store()?;
            submit(&store, "x", "SMTP", "ann@example.org")?;
            let script = world.scripted.script("t");
            script.next(Step::Submit, Act::Fail(Code::NETWORK_ERROR));
            let all = spooler(&session)?;
            let in_background = UP | FlushFlags::ASYNC_OK;
            assert_eq!(code(all.flush_queues(None, in_background)), Code::BUSY);
            until(|| Ok(all.get(tags::STATUS_CODE)? & FLUSHING == 0))?;
            let says = all.get(tags::STATUS_STRING)?;
            assert!(says.contains("failed"), "{says}");
            assert_eq!(queued(&store)?, ["x"], "it waits");
            script.next(Step::Submit, Act::Hang);
            script.met();
            let forced = in_background | FlushFlags::FORCE;
            assert_eq!(code(all.flush_queues(None, forced)), Code::BUSY);
            assert!(script.until_met(Step::Submit, PATIENCE));
            let began = Instant::now();
            session.logoff();
            assert!(
                began.elapsed() < PATIENCE / 2,
                "logging off waits for nobody"
            );
            let again = world.logon()?;
            assert_eq!(queued(&again.default_store()?)?, ["x"], "nothing is lost");
            script.release();
            spooler(&again)?.flush_queues(None, UP | FlushFlags::FORCE)?;
            assert_eq!(left(&world, "t"), ["x"]);
            Ok(())
        }
    ),
    case!(
        "M-IMsgStore.StoreLogoff",
        needs(),
        "with LOGOFF_QUIET nobody leaves while something is sent, and with LOGOFF_ABORT it is stopped first and waits as before",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let store = session.default_store()?;
            let id = submit(&store, "slow", "SMTP", "ann@example.org")?;
            let script = world.scripted.script("t");
            let all = spooler(&session)?;
            let bits = || Ok::<_, mapi::Error>(all.get(tags::STATUS_CODE)? & FLUSHING);
            let leave = |how| store.store_logoff(how);
            for flags in [UP, UP | DOWN] {
                script.next(Step::Submit, Act::Hang);
                script.met();
                let in_background = flags | FlushFlags::ASYNC_OK;
                assert_eq!(code(all.flush_queues(None, in_background)), Code::BUSY);
                assert!(script.until_met(Step::Submit, PATIENCE));
                assert_eq!(code(leave(StoreLogoffFlags::QUIET)), Code::BUSY);
                assert_ne!(bits()?, 0, "it goes on");
                let began = Instant::now();
                let left = leave(StoreLogoffFlags::ABORT)?;
                assert_eq!(left, StoreLogoffFlags::OUTBOUND_QUEUE);
                assert!(began.elapsed() < PATIENCE / 2);
                assert_eq!(bits()?, 0, "it has ended");
            }
            // Another one who waits for it is told; a transport by itself is stopped as well.
            let own = open(&session, &row(&session, "t")?)?;
            script.next(Step::Submit, Act::Hang);
            script.met();
            std::thread::scope(|threads| {
                let flushed = threads.spawn(|| code(own.flush_queues(None, UP)));
                assert!(script.until_met(Step::Submit, PATIENCE));
                assert_eq!(
                    leave(StoreLogoffFlags::ABORT)?,
                    StoreLogoffFlags::OUTBOUND_QUEUE
                );
                assert_eq!(flushed.join().unwrap(), Code::USER_CANCEL);
                Ok::<_, mapi::Error>(())
            })?;
            assert_eq!(left(&world, "t"), [""; 0]);
            assert_eq!(queued(&store)?, ["slow"]);
            assert_eq!(
                leave(StoreLogoffFlags::QUIET)?,
                StoreLogoffFlags::OUTBOUND_QUEUE
            );
            store.abort_submit(&id)?;
            script.release();
            Ok(())
        }
    ),
    case!(
        needs(),
        "FLUSH_FORCE takes what a transport put off, and without it that waits",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let store = session.default_store()?;
            submit(&store, "x", "SMTP", "ann@example.org")?;
            let later = Fate::Later {
                after: Some(Duration::from_secs(3600)),
                why: "come back".to_owned(),
            };
            world
                .scripted
                .script("t")
                .next(Step::Submit, Act::Answer(later));
            let all = spooler(&session)?;
            let _first = all.flush_queues(None, UP);
            assert_eq!(queued(&store)?, ["x"]);
            let _second = all.flush_queues(None, UP);
            assert_eq!(queued(&store)?, ["x"], "not before its time");
            all.flush_queues(None, UP | FlushFlags::FORCE)?;
            assert_eq!(left(&world, "t"), ["x"]);
            Ok(())
        }
    ),
    case!(
        "TX-04.T1",
        needs(),
        "a transport whose address type was changed gets messages of the new one when it was told, and not before",
        |f| {
            let world = World::with_post(f, vec![plain(f, "a"), scripted(f, &[], &["t"])])?;
            let session = world.logon()?;
            let store = session.default_store()?;
            let all = spooler(&session)?;
            all.flush_queues(None, UP)?;
            let columns = mapi::columns![tags::DISPLAY_NAME, tags::RESOURCE_METHODS];
            let table = session.status_table().columns(columns).open()?;
            let rows = table.query_all_rows(0)?;
            let found = rows
                .iter()
                .find(|r| r.get(tags::DISPLAY_NAME).as_deref() == Some("SCRIPTED_TRANSPORT t"));
            let methods = found.unwrap().get(tags::RESOURCE_METHODS).unwrap();
            let both = resource_methods::SETTINGS_DIALOG | resource_methods::VALIDATE_STATE;
            assert_eq!(methods & both, both);
            let transport = open(&session, found.unwrap().entry_id())?;
            world.person.sets(TYPES, "X400");
            transport.settings_dialog(SettingsFlags::NONE)?;
            submit(&store, "x", "X400", "c=US")?;
            let _nobody_takes_it = all.flush_queues(None, UP);
            assert_eq!(left(&world, "t"), [""; 0], "it was not told");
            transport.validate_state_with(ValidateFlags::CONFIG_CHANGED)?;
            assert_eq!(session.address_types()?, ["X400"]);
            submit(&store, "y", "X400", "c=US")?;
            all.flush_queues(None, UP | FlushFlags::FORCE)?;
            assert!(left(&world, "t").contains(&"y".to_owned()));
            // The spooler's own row has all of them asked.
            world.person.sets(TYPES, "SMTP");
            transport.settings_dialog(SettingsFlags::NONE)?;
            all.validate_state_with(ValidateFlags::CONFIG_CHANGED)?;
            assert_eq!(session.address_types()?, ["SMTP"]);
            submit(&store, "z", "SMTP", "ann@example.org")?;
            all.flush_queues(None, UP)?;
            assert!(left(&world, "t").contains(&"z".to_owned()));
            Ok(())
        }
    ),
    case!(
        needs(),
        "looking at the spooler logs its transports on again, those too that had failed",
        |f| {
            let mut broken = scripted(f, &[], &["u"]);
            for provider in &mut broken.providers {
                provider.name = "BROKEN".to_owned();
            }
            let services = vec![plain(f, "a"), scripted(f, &[], &["t"]), broken];
            let world = World::with_post(f, services)?;
            world
                .scripted
                .plan("BROKEN", Plan::Fails(Code::NETWORK_ERROR));
            let session = world.logon()?;
            let all = spooler(&session)?;
            let stands = || -> Result<Vec<i32>> {
                let rows = session.status_table().open()?.query_all_rows(0)?;
                let transport = resource_type::TRANSPORT_PROVIDER;
                let mine = rows
                    .iter()
                    .filter(|r| r.get(tags::RESOURCE_TYPE) == Some(transport));
                Ok(mine.filter_map(|r| r.get(tags::STATUS_CODE)).collect())
            };
            let failed = |codes: &[i32]| {
                codes
                    .iter()
                    .filter(|c| **c & status_code::FAILURE != 0)
                    .count()
            };
            assert_eq!(failed(&stands()?), 1);
            let first = world.scripted.transports().remove(0);
            assert_eq!(
                code(all.validate_state()),
                Code::NETWORK_ERROR,
                "it fails again"
            );
            assert!(first.has_ended(), "the one that works was logged off");
            assert_eq!(failed(&stands()?), 1, "and on again");
            world.scripted.plan("BROKEN", Plan::Works);
            all.validate_state_with(ValidateFlags::FORCE_XP_CONNECT)?;
            assert_eq!(failed(&stands()?), 1, "a flag for those that work");
            all.validate_state()?;
            assert_eq!(failed(&stands()?), 0);
            assert_eq!(world.scripted.count("start BROKEN"), 3);
            Ok(())
        }
    ),
    case!(
        "SES-10.1",
        needs(),
        "the spooler has no settings, and sends and fetches when it is told to",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let store = session.default_store()?;
            let all = spooler(&session)?;
            assert_eq!(
                code(all.settings_dialog(SettingsFlags::NONE)),
                Code::NO_SUPPORT
            );
            assert_eq!(code(all.change_password("a", "b")), Code::NO_SUPPORT);
            let both = resource_methods::VALIDATE_STATE | resource_methods::FLUSH_QUEUES;
            assert_eq!(all.get(tags::RESOURCE_METHODS)?, both);
            assert_eq!(all.get(tags::STATUS_CODE)?, status_code::AVAILABLE);
            submit(&store, "one", "SMTP", "ann@example.org")?;
            submit(&store, "two", "FAX", "fred")?;
            world.scripted.wire("u").arrive(b"1", note("in"));
            all.flush_queues(None, UP | FlushFlags::DOWNLOAD)?;
            assert_eq!(store.outgoing_queue().open()?.row_count()?, 0);
            assert_eq!(inbox(&store)?, ["in"]);
            // A profile without transports has nobody who carries anything, and its row says so.
            let world = World::with_post(f, vec![plain(f, "a")])?;
            let session = world.logon()?;
            let all = spooler(&session)?;
            assert_eq!(all.get(tags::STATUS_CODE)?, status_code::OFFLINE);
            // So does that of a program without a spooler.
            let world = World::new(f, vec![plain(f, "a"), scripted(f, &[], &["t"])])?;
            let all = spooler(&world.logon()?)?;
            assert_eq!(all.get(tags::STATUS_CODE)?, status_code::OFFLINE);
            assert_eq!(code(all.flush_queues(None, UP)), Code::NO_SUPPORT);
            Ok(())
        }
    ),
    case!(
        "SES-06.3" + "AD-02.T2",
        needs(),
        "a logon without mail submits and does not send; one with mail, which joins the session, does",
        |f| {
            let world = two(f)?;
            let silent = Logon::profile(PROFILE).allow_others().no_mail();
            let silent = Session::logon(&world.mapi, silent)?;
            let rows = silent.status_table().open()?.query_all_rows(0)?;
            let kinds: Vec<_> = rows
                .iter()
                .filter_map(|r| r.get(tags::RESOURCE_TYPE))
                .collect();
            assert!(!kinds.contains(&resource_type::TRANSPORT_PROVIDER));
            let of_spooler = spooler(&silent)?;
            assert_eq!(of_spooler.get(tags::STATUS_CODE)?, status_code::FAILURE);
            assert_eq!(of_spooler.get(tags::RESOURCE_METHODS)?, 0);
            let store = silent.default_store()?;
            submit(&store, "x", "SMTP", "ann@example.org")?;
            assert_eq!(code(of_spooler.flush_queues(None, UP)), Code::NO_SUPPORT);
            assert_eq!(code(of_spooler.validate_state()), Code::NO_SUPPORT);
            assert_eq!(queued(&store)?, ["x"], "it stays queued");
            assert_eq!(left(&world, "t"), [""; 0]);
            let mail = Session::logon(&world.mapi, Logon::shared())?;
            let sends = spooler(&mail)?;
            assert_eq!(sends.get(tags::STATUS_CODE)?, status_code::AVAILABLE);
            sends.flush_queues(None, UP)?;
            assert_eq!(left(&world, "t"), ["x"]);
            let code_of = of_spooler.get(tags::STATUS_CODE)?;
            assert_eq!(code_of, status_code::FAILURE, "each stays what it is");
            Ok(())
        }
    ),
    case!(
        "SES-07.2",
        needs(),
        "what was submitted right before logging off is sent once by a later session",
        |f| {
            let world = two(f)?;
            let session = world.logon()?;
            let id = submit(&session.default_store()?, "x", "SMTP", "ann@example.org")?;
            session.logoff();
            assert_eq!(left(&world, "t"), [""; 0]);
            for _ in 0..3 {
                let later = world.logon()?;
                spooler(&later)?.flush_queues(None, UP | FlushFlags::DOWNLOAD)?;
                let store = later.default_store()?;
                assert_eq!(queued(&store)?, [""; 0]);
                let sent = store.open_message(&id, OpenFlags::NONE)?;
                assert_eq!(sent.flags() & message_flags::SUBMIT, 0);
                later.logoff();
                // The next one is another spooler too.
                world.post().ends();
            }
            assert_eq!(left(&world, "t"), ["x"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a logon that asks for it finds what had arrived; what cannot be fetched keeps nobody out",
        |f| {
            let world = two(f)?;
            world.scripted.wire("t").arrive(b"1", note("in"));
            let forced = Logon::profile(PROFILE).with(LogonFlags::FORCE_DOWNLOAD);
            let session = Session::logon(&world.mapi, forced.clone())?;
            assert_eq!(inbox(&session.default_store()?)?, ["in"]);
            let told = world.scripted.transports();
            let notices: Vec<_> = told.iter().flat_map(|t| t.notices()).collect();
            assert!(notices.contains(&TransportNotice::EndInboundFlush));
            session.logoff();
            let script = world.scripted.script("t");
            script.next(Step::Receive, Act::Fail(Code::NETWORK_ERROR));
            Session::logon(&world.mapi, forced)?.default_store()?;
            Ok(())
        }
    ),
    case!(
        needs(),
        "what a transport tells the spooler is heard by the session of the spooler, and by nobody else",
        |f| {
            let world = two(f)?;
            let (one, other) = (world.logon()?, world.logon()?);
            let heard = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&heard);
            one.hear_transports(move |uid, notice| noted.lock().unwrap().push((uid, notice)));
            one.address_types()?;
            let of_one = world.scripted.transports();
            for transport in &of_one {
                transport.tells(SpoolerNotice::NewMail);
            }
            assert_eq!(heard.lock().unwrap().len(), 2);
            other.address_types()?;
            let all = world.scripted.transports();
            assert_eq!(all.len(), 4);
            let mine = |t: &Arc<_>| of_one.iter().any(|own| Arc::ptr_eq(own, t));
            for transport in all.iter().filter(|t| !mine(t)) {
                transport.tells(SpoolerNotice::ReadyToSend);
            }
            let noted = heard.lock().unwrap();
            assert_eq!(noted.len(), 2);
            let uids: std::collections::BTreeSet<_> = noted.iter().map(|(uid, _)| *uid).collect();
            assert_eq!(uids.len(), 2, "each by its own name");
            drop(noted);
            one.logoff();
            of_one[0].tells(SpoolerNotice::NewMail);
            assert_eq!(heard.lock().unwrap().len(), 2);
            Ok(())
        }
    ),
];

const FLUSHING: i32 = status_code::OUTBOUND_FLUSH | status_code::INBOUND_FLUSH;

/// A program that sends, with the transports `t` for SMTP and `u` for FAX.
fn two(f: &Fixture) -> Result<World> {
    let mut fax = scripted(f, &[], &["u"]);
    fax.config
        .values
        .insert("types".to_owned(), "FAX".to_owned());
    World::with_post(f, vec![plain(f, "a"), scripted(f, &[], &["t"]), fax])
}

fn submit(store: &MsgStore, subject: &str, kind: &str, to: &str) -> Result<EntryId> {
    let outbox = store.special_folder(SpecialFolder::Outbox)?;
    let message = draft(&outbox, &[prop(tags::SUBJECT, subject)])?;
    let row: Vec<(PropTag, PropValue)> = vec![
        prop(tags::RECIPIENT_TYPE, recipient_type::TO),
        prop(tags::DISPLAY_NAME, to),
        prop(tags::ADDRTYPE, kind),
        prop(tags::EMAIL_ADDRESS, to),
    ];
    message.modify_recipients(ModifyMode::Add, &[row])?;
    message.submit()?;
    message.entry_id().ok_or_else(|| Code::NOT_FOUND.into())
}

fn note(subject: &str) -> MessageTree {
    let mut message = MessageTree::default();
    message.props.set(tags::MESSAGE_CLASS, "IPM.Note");
    message.props.set(tags::SUBJECT, subject);
    message
}

/// Subjects of what left through a transport, in order.
fn left(world: &World, letter: &str) -> Vec<String> {
    let wire = world.scripted.wire(letter);
    wire.left().into_iter().map(|left| left.subject).collect()
}

fn queued(store: &MsgStore) -> Result<Vec<String>> {
    let columns = mapi::columns![tags::SUBJECT];
    let rows = store
        .outgoing_queue()
        .columns(columns)
        .open()?
        .query_all_rows(0)?;
    Ok(rows.iter().filter_map(|r| r.get(tags::SUBJECT)).collect())
}

fn inbox(store: &MsgStore) -> Result<Vec<String>> {
    let inbox = store.special_folder(SpecialFolder::Inbox)?;
    let table = inbox
        .contents()
        .columns(mapi::columns![tags::SUBJECT])
        .open()?;
    let rows = table.query_all_rows(0)?;
    Ok(rows.iter().filter_map(|r| r.get(tags::SUBJECT)).collect())
}

fn spooler(session: &Session) -> Result<Status> {
    let rows = session.status_table().open()?.query_all_rows(0)?;
    let mut rows = rows.iter();
    let row = rows.find(|r| r.get(tags::RESOURCE_TYPE) == Some(resource_type::SPOOLER));
    open(session, row.unwrap().entry_id())
}

/// The entry id of a transport's row.
fn row(session: &Session, letter: &str) -> Result<EntryId> {
    let name = format!("SCRIPTED_TRANSPORT {letter}");
    let rows = session.status_table().open()?.query_all_rows(0)?;
    let mut rows = rows.iter();
    let row = rows.find(|r| r.get(tags::DISPLAY_NAME).as_deref() == Some(name.as_str()));
    Ok(row.unwrap().entry_id().clone())
}

fn open(session: &Session, id: &EntryId) -> Result<Status> {
    match session.open_entry(id, OpenFlags::NONE)? {
        Object::Status(status) => Ok(status),
        other => panic!("no status object: {other:?}"),
    }
}

fn until(holds: impl Fn() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while !holds()? {
        assert!(Instant::now() < end, "it does not come");
        std::thread::yield_now();
    }
    Ok(())
}
