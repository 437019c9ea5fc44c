//! SES-02, SES-06, SES-07, MS-02: logging on to profiles of which something is broken, asking a person, and logging off.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mapi::{
    Call, Code, Host, InitFlags, Logon, LogonFlags, MapiProp, OpenFlags, Profile, RelOp,
    Restriction, Result, Session, TableEvent, columns, tags,
};
use mapi_props::{resource_type, status_code};
use mapi_spi::ProviderKind;

use crate::fixture::{add_subject, code};
use crate::heard::{Heard, PATIENCE, row};
use crate::scripted::{
    PROFILE, Plan, STORE, TRANSPORT, WORD, World, plain, scripted, unconfigured,
};
use crate::{Case, case};

/// How long a profile of which something is broken may take to log on to.
const BROKEN: Duration = Duration::from_secs(1);

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a service that is broken in whatever way keeps no other from working",
        |f| {
            let gone = mapi::ProfileService::store("NO_SUCH_SERVICE", "x", 0, Default::default());
            let broken: [(&str, mapi::ProfileService, Plan, Code); 5] = [
                ("missing", plain(f, "missing"), Plan::Works, Code::NOT_FOUND),
                ("x", gone, Plan::Works, Code::UNCONFIGURED),
                (
                    "s",
                    scripted(f, &["s"], &[]),
                    Plan::Fails(Code::CORRUPT_STORE),
                    Code::CORRUPT_STORE,
                ),
                (
                    "s",
                    scripted(f, &["s"], &[]),
                    Plan::Panics,
                    Code::CALL_FAILED,
                ),
                ("s", scripted(f, &["s"], &[]), Plan::Hangs, Code::TIMEOUT),
            ];
            for (letter, service, plan, expected) in broken {
                let world = World::new(f, vec![plain(f, "a"), service, plain(f, "b")])?;
                world.scripted.plan(STORE, plan.clone());
                let start = Instant::now();
                let session = world.logon()?;
                let took = start.elapsed();
                assert!(took <= BROKEN, "{plan:?}: {took:?}");
                let letters: Vec<_> = session.stores()?.iter().map(letter_of).collect();
                assert_eq!(letters, ["a", "b"], "{plan:?}");
                let [failure] = &*session.failures() else {
                    panic!("{plan:?}: {:?}", session.failures());
                };
                assert_eq!(
                    (failure.letter.as_str(), failure.error.code),
                    (letter, expected)
                );
                let (status, says) = status_of(&session, &failure.display_name)?;
                assert_eq!(status, status_code::FAILURE);
                assert_eq!(says.as_deref(), Some(failure.error.detail.as_str()));
                assert!(!failure.error.detail.is_empty());
                let whole = session.subsystem_status().get(tags::STATUS_CODE)?;
                assert_ne!(whole & status_code::FAILURE, 0);
                add_subject(&session.default_store()?.receive_folder("IPM")?, "works")?;
                session.store_by_letter("b")?.root_folder()?;
                world.scripted.release();
            }
            Ok(())
        }
    ),
    case!(
        needs(Persistent),
        "a file that is no store is shown with what is wrong with it",
        |f| {
            let config = f.ground().config("torn");
            let file = config.base.join(&config.values["path"]);
            std::fs::write(file, b"this is no store, and never was one".repeat(300))?;
            let world = World::new(f, vec![plain(f, "a"), plain(f, "torn")])?;
            let session = world.logon()?;
            let [failure] = &*session.failures() else {
                panic!("{:?}", session.failures());
            };
            assert_eq!(failure.error.code, Code::CORRUPT_STORE, "{failure:?}");
            assert_eq!(code(session.store_by_letter("torn")), Code::CORRUPT_STORE);
            assert_eq!(session.stores()?.len(), 1);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a store that is late joins the session, and both tables tell so",
        |f| {
            let services = vec![plain(f, "a"), scripted(f, &["s"], &[]), plain(f, "b")];
            let flags = InitFlags::MULTITHREAD_NOTIFICATIONS;
            let world = World::with(f, services, flags)?;
            world.scripted.plan(STORE, Plan::Hangs);
            let session = world.logon()?;
            assert_eq!(session.failures()[0].error.code, Code::TIMEOUT);
            let (stores, status) = (Heard::default(), Heard::default());
            let table = session.stores_table().open()?;
            let of_status = session.status_table().open()?;
            let _one = table.advise(mapi::EventMask::TABLE_MODIFIED, &stores.sink())?;
            let _two = of_status.advise(mapi::EventMask::TABLE_MODIFIED, &status.sink())?;
            // Whoever asks for it waits; others do not.
            let waiting = session.clone();
            let asked = std::thread::spawn(move || {
                waiting.store_by_letter("s").map(|s| s.letter().to_owned())
            });
            assert_eq!(session.stores()?.len(), 2);
            world.scripted.release();
            assert_eq!(asked.join().unwrap()?, "s");
            let added = row(stores.wait(1).remove(0));
            assert_eq!(added.event, TableEvent::RowAdded);
            assert_eq!(row(status.wait(1).remove(0)).event, TableEvent::RowModified);
            let letters: Vec<_> = session.stores()?.iter().map(letter_of).collect();
            assert_eq!(letters, ["a", "s", "b"], "in the order of the profile");
            assert_eq!(session.failures().len(), 0);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a deadline ends the wait for a default store that hangs, if there is another store",
        |f| {
            let mut first = scripted(f, &["s"], &[]);
            first.providers[0].flags = mapi::resource_flags::DEFAULT_STORE;
            let mut other = plain(f, "b");
            other.providers[0].flags = 0;
            let world = World::new(f, vec![first, other])?;
            world.scripted.plan(STORE, Plan::Hangs);
            let start = Instant::now();
            let call = Call {
                deadline: Some(start + Duration::from_millis(200)),
                ..Call::default()
            };
            let logon = Logon::profile(PROFILE).under(call);
            let session = Session::logon(&world.mapi, logon)?.with_call(Call::default());
            assert!(start.elapsed() <= BROKEN, "{:?}", start.elapsed());
            assert_eq!(code(session.default_store()), Code::TIMEOUT);
            assert_eq!(session.stores()?.len(), 1);
            // It becomes what it is in the profile when it arrives.
            world.scripted.release();
            assert_eq!(session.store_by_letter("s")?.letter(), "s");
            assert_eq!(session.default_store()?.letter(), "s");
            // A logon that is cancelled ends at once.
            world.scripted.plan(STORE, Plan::Hangs);
            let call = Call::default();
            let cancel = call.cancel.clone();
            let logon = Logon::profile(PROFILE).new_session().under(call);
            let mapi = world.mapi.clone();
            let logging_on = std::thread::spawn(move || Session::logon(&mapi, logon).map(drop));
            cancel.cancel();
            let ended = Instant::now();
            assert_eq!(code(logging_on.join().unwrap()), Code::USER_CANCEL);
            assert!(
                ended.elapsed() <= Duration::from_secs(2),
                "{:?}",
                ended.elapsed()
            );
            world.scripted.release();
            Ok(())
        }
    ),
    case!(
        needs(),
        "when no store of a profile works logging on fails with the cause",
        |f| {
            let world = World::new(f, vec![plain(f, "missing"), scripted(f, &["s"], &[])])?;
            world.scripted.plan(STORE, Plan::Fails(Code::NO_ACCESS));
            let failed = world.logon().unwrap_err();
            assert_eq!(failed.code(), Code::LOGON_FAILED);
            let cause = std::error::Error::source(&failed).unwrap().to_string();
            assert!(cause.contains("missing"), "{cause}");
            // Nothing of it is left.
            assert!(world.host.sole_use(PROFILE)?.is_some());
            // A profile without stores is none of which no store works.
            let world = World::new(f, Vec::new())?;
            let session = world.logon()?;
            assert_eq!(code(session.default_store()), Code::NOT_FOUND);
            assert_eq!(session.status_table().open()?.row_count()?, 2);
            Ok(())
        }
    ),
    case!(
        "MS-02.T1",
        needs(),
        "a service that is not configured is configured once, by a person if one may be asked",
        |f| {
            let services = vec![plain(f, "a"), unconfigured(scripted(f, &["s"], &[]))];
            let world = World::new(f, services)?;
            let session = world.logon()?;
            let [failure] = &*session.failures() else {
                panic!("{:?}", session.failures());
            };
            assert_eq!(failure.error.code, Code::UNCONFIGURED);
            assert!(failure.error.detail.contains("word"), "{failure:?}");
            assert_eq!(world.person.asked(), [""; 0], "nobody is asked unasked");
            let told = ["start SCRIPTED_STORE", "entry 3 Never"];
            assert_eq!(
                without_shutdown(&world),
                told,
                "the entry point is called once"
            );
            session.logoff();
            // A person who may be asked and says nothing new does not help.
            let asking = || Logon::profile(PROFILE).with(LogonFlags::LOGON_UI);
            let session = Session::logon(&world.mapi, asking())?;
            assert_eq!(session.failures()[0].error.code, Code::UNCONFIGURED);
            assert_eq!(world.person.asked(), ["sheet scripted s"]);
            session.logoff();
            world.scripted.told();
            world.person.sets(WORD, "full");
            let session = Session::logon(&world.mapi, asking())?;
            assert_eq!(world.person.asked(), ["sheet scripted s"]);
            let told = [
                "start SCRIPTED_STORE",
                "entry 3 Allowed",
                "start SCRIPTED_STORE",
            ];
            assert_eq!(without_shutdown(&world), told, "one retry");
            assert_eq!(session.failures().len(), 0);
            assert_eq!(session.store_by_letter("s")?.letter(), "s");
            session.logoff();
            // It is kept.
            assert_eq!(world.logon()?.failures().len(), 0);
            assert_eq!(world.person.asked(), [""; 0]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what fails though it is configured is shown to a person, and tried once more",
        |f| {
            let world = World::new(f, vec![plain(f, "a"), scripted(f, &["s"], &[])])?;
            world.scripted.plan(STORE, Plan::Fails(Code::NETWORK_ERROR));
            let asking = || Logon::profile(PROFILE).with(LogonFlags::LOGON_UI);
            let session = Session::logon(&world.mapi, asking())?;
            assert_eq!(session.failures()[0].error.code, Code::NETWORK_ERROR);
            let told = [
                "start SCRIPTED_STORE",
                "entry 3 Always",
                "start SCRIPTED_STORE",
            ];
            assert_eq!(without_shutdown(&world), told);
            session.logoff();
            world.person.cancels();
            let session = Session::logon(&world.mapi, asking())?;
            assert_eq!(session.failures()[0].error.code, Code::USER_CANCEL);
            session.logoff();
            // A program that is a service of the system asks nobody.
            world.person.asked();
            let silent = asking().with(LogonFlags::NT_SERVICE);
            let session = Session::logon(&world.mapi, silent)?;
            assert_eq!(session.failures()[0].error.code, Code::NETWORK_ERROR);
            assert_eq!(world.person.asked(), [""; 0]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a provider that fails switches off its service, unless it says that it is alone",
        |f| {
            for (given, others) in [(Code::NETWORK_ERROR, 1), (Code::FAILONEPROVIDER, 2)] {
                let mut service = scripted(f, &["s", "t"], &[]);
                service.providers[1].name = "SECOND".to_owned();
                let world = World::new(f, vec![plain(f, "a"), service])?;
                world.scripted.plan("SECOND", Plan::Fails(given));
                let session = world.logon()?;
                assert_eq!(session.stores()?.len(), others, "{given}");
                let failed = session.failures();
                let letters: Vec<_> = failed.iter().map(|f| f.letter.as_str()).collect();
                if others == 1 {
                    assert_eq!(letters, ["s", "t"]);
                    assert!(failed[0].error.detail.contains("SECOND"), "{failed:?}");
                } else {
                    assert_eq!(letters, ["t"]);
                }
            }
            // An address book has nobody yet who provides it, and says so without harm to the store beside it.
            let mut service = scripted(f, &["s"], &[]);
            let mut book = service.providers[0].clone();
            book.kind = ProviderKind::AddressBook;
            book.uid = mapi::letter_uid(*b"PROV", "book");
            book.letter = String::new();
            service.providers.insert(0, book);
            let session = World::new(f, vec![plain(f, "a"), service])?.logon()?;
            let [failure] = &*session.failures() else {
                panic!("{:?}", session.failures());
            };
            assert_eq!(failure.kind, ProviderKind::AddressBook);
            assert!(
                failure.error.detail.contains("no address book"),
                "{failure:?}"
            );
            assert_eq!(session.stores()?.len(), 2);
            Ok(())
        }
    ),
    case!(
        needs(),
        "flags of a logon are known or refused, and some exclude each other",
        |f| {
            let world = World::new(f, vec![plain(f, "a")])?;
            let known = 0x8033_F07F_u32 & !0x4000;
            for bit in (0..32).map(|n| 1_u32 << n) {
                let flags = Logon::profile(PROFILE).flags(bit);
                assert_eq!(flags.is_ok(), known & bit != 0, "{bit:#x}");
                if let Err(e) = flags {
                    assert_eq!(e.code(), Code::UNKNOWN_FLAGS);
                }
            }
            let both = Logon::profile(PROFILE).flags(0x20001)?;
            assert_eq!(code(Session::logon(&world.mapi, both)), Code::LOGON_FAILED);
            // Those that change nothing here.
            let more = Logon::profile(PROFILE).flags(0x8023_1030)?;
            let session = Session::logon(&world.mapi, more)?;
            assert_eq!(session.default_store()?.letter(), "a");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a profile is named, the default one, or chosen by a person",
        |f| {
            let world = World::new(f, vec![plain(f, "a")])?;
            world.host.create_profile(profile("other", false))?;
            world.host.create_profile(profile("app", true))?;
            let logon = |logon: Logon| {
                Session::logon(&world.mapi, logon).map(|s| s.profile_name().to_owned())
            };
            let (ui, default) = (LogonFlags::LOGON_UI, LogonFlags::USE_DEFAULT);
            assert_eq!(logon(Logon::profile("other"))?, "other");
            assert_eq!(logon(Logon::default_profile())?, PROFILE);
            for nobody in [
                Logon::shared(),
                Logon::profile("nobody"),
                Logon::profile("p".repeat(65)),
            ] {
                assert_eq!(code(logon(nobody)), Code::LOGON_FAILED);
            }
            // Another profile than the named one is taken only if that was asked for.
            let explicit = LogonFlags::EXPLICIT_PROFILE;
            assert_eq!(
                code(logon(Logon::profile("nobody").with(explicit))),
                Code::LOGON_FAILED
            );
            assert_eq!(
                logon(Logon::profile("nobody").with(explicit | default))?,
                PROFILE
            );
            assert_eq!(logon(Logon::profile("other").with(default))?, "other");
            assert_eq!(world.person.asked(), [""; 0]);
            world.person.chooses("other");
            assert_eq!(logon(Logon::shared().with(ui))?, "other");
            let offered = format!(r#"profile ["{PROFILE}", "other"] Some("{PROFILE}")"#);
            assert_eq!(world.person.asked(), [offered.as_str()]);
            assert_eq!(
                logon(Logon::profile("nobody").with(ui | explicit))?,
                "other"
            );
            let unsaid = format!(r#"profile ["{PROFILE}", "other"] None"#);
            assert_eq!(world.person.asked(), [unsaid]);
            world.person.chooses("app");
            assert_eq!(code(logon(Logon::shared().with(ui))), Code::LOGON_FAILED);
            assert_eq!(
                logon(Logon::shared().with(ui | LogonFlags::APP_PROFILE))?,
                "app"
            );
            world.person.cancels();
            assert_eq!(code(logon(Logon::shared().with(ui))), Code::USER_CANCEL);
            world.person.goes_away();
            assert_eq!(code(logon(Logon::shared().with(ui))), Code::LOGON_FAILED);
            Ok(())
        }
    ),
    case!(
        needs(),
        "all settings are shown before anything starts, if that is asked for",
        |f| {
            let services = vec![plain(f, "a"), unconfigured(scripted(f, &["s"], &[]))];
            let world = World::new(f, services)?;
            let always = || Logon::profile(PROFILE).with(LogonFlags::SERVICE_UI_ALWAYS);
            world.person.sets(WORD, "full");
            // The first service knows nothing of that property; what is not a setting is refused or kept apart, never lost.
            let session = Session::logon(&world.mapi, always());
            let asked = world.person.asked();
            assert_eq!(
                asked.len(),
                if session.is_ok() { 2 } else { 1 },
                "{asked:?}"
            );
            assert_eq!(
                world.scripted.count("start SCRIPTED_STORE"),
                usize::from(session.is_ok())
            );
            drop(session);
            world.scripted.told();
            let silent = always().with(LogonFlags::NT_SERVICE);
            Session::logon(&world.mapi, silent)?.logoff();
            assert_eq!(world.person.asked(), [""; 0]);
            world.person.cancels();
            world.scripted.told();
            assert_eq!(
                code(Session::logon(&world.mapi, always())),
                Code::USER_CANCEL
            );
            assert_eq!(world.scripted.count("start"), 0);
            let world = World::new(f, vec![scripted(f, &["s"], &[])])?;
            world.person.goes_away();
            assert_eq!(
                code(Session::logon(&world.mapi, always())),
                Code::LOGON_FAILED
            );
            assert_eq!(world.scripted.count("start"), 0);
            assert!(world.host.sole_use(PROFILE)?.is_some());
            Ok(())
        }
    ),
    case!(
        needs(),
        "logging off leaves nothing open: no handle, no store, no transport, no thread, no hold on the profile",
        |f| {
            let services = vec![plain(f, "a"), scripted(f, &["s"], &["t"])];
            let world = World::new(f, services)?;
            let session = Session::logon(&world.mapi, Logon::profile(PROFILE).allow_others())?;
            let other = Session::logon(&world.mapi, Logon::shared())?;
            assert_eq!(session.address_types()?, ["SMTP"]);
            let transport = world.scripted.transports().remove(0);
            let folder = session.store_by_letter("s")?.root_folder()?;
            assert!(world.host.sole_use(PROFILE)?.is_none(), "in use");
            session.logoff();
            assert!(
                world.host.sole_use(PROFILE)?.is_none(),
                "somebody else is logged on"
            );
            assert_eq!(code(folder.get(tags::DISPLAY_NAME)), Code::END_OF_SESSION);
            assert!(!transport.has_ended());
            world.scripted.told();
            other.logoff();
            assert!(world.host.sole_use(PROFILE)?.is_some(), "free");
            assert!(transport.has_ended());
            assert_eq!(
                code(other.status_table().open()?.row_count()),
                Code::END_OF_SESSION
            );
            assert_eq!(code(other.address_types()), Code::END_OF_SESSION);
            drop((session, other, folder));
            assert_eq!(
                world.scripted.count("shutdown"),
                1,
                "nothing of the service is in use"
            );
            // A provider that hangs keeps nobody from leaving, and is gone when it wakes up.
            world.scripted.plan(STORE, Plan::Hangs);
            let session = world.logon()?;
            let start = Instant::now();
            session.logoff();
            assert!(
                start.elapsed() < Duration::from_secs(3),
                "{:?}",
                start.elapsed()
            );
            assert!(world.host.sole_use(PROFILE)?.is_some());
            world.scripted.told();
            world.scripted.release();
            let end = Instant::now() + PATIENCE;
            while world.scripted.count("shutdown") == 0 || provider_threads() > 0 {
                assert!(Instant::now() < end, "{} threads", provider_threads());
                std::thread::yield_now();
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a logon without mail and one with mail share a session, and stay what they are",
        |f| {
            let services = vec![plain(f, "a"), scripted(f, &[], &["t"])];
            let world = World::new(f, services)?;
            let silent = Logon::profile(PROFILE).allow_others().no_mail();
            let silent = Session::logon(&world.mapi, silent)?;
            let kinds = |session: &Session| -> Result<Vec<(i32, i32)>> {
                let columns = columns![tags::RESOURCE_TYPE, tags::STATUS_CODE];
                let table = session.status_table().columns(columns).open()?;
                let rows = table.query_all_rows(0)?;
                let pair = |r: &mapi::TableRow| {
                    Some((r.get(tags::RESOURCE_TYPE)?, r.get(tags::STATUS_CODE)?))
                };
                Ok(rows.iter().filter_map(pair).collect())
            };
            let spooler = (resource_type::SPOOLER, status_code::FAILURE);
            let seen = kinds(&silent)?;
            assert!(seen.contains(&spooler), "{seen:?}");
            assert!(
                seen.iter()
                    .all(|(kind, _)| *kind != resource_type::TRANSPORT_PROVIDER)
            );
            assert_eq!(silent.address_types()?, [""; 0]);
            assert_eq!(world.scripted.count("start"), 0, "nobody needs a transport");
            let mail = Session::logon(&world.mapi, Logon::shared())?;
            assert_eq!(mail.address_types()?, ["SMTP"]);
            let with_mail = kinds(&mail)?;
            assert!(!with_mail.contains(&spooler), "{with_mail:?}");
            assert!(
                with_mail
                    .iter()
                    .any(|(kind, _)| *kind == resource_type::TRANSPORT_PROVIDER)
            );
            assert_eq!(kinds(&silent)?, seen, "still none");
            // What it does not see it cannot open.
            let only = Restriction::property(
                tags::RESOURCE_TYPE,
                RelOp::Eq,
                resource_type::TRANSPORT_PROVIDER,
            );
            let table = mail.status_table().restrict(only).open()?;
            let id = table.query_rows(1)?[0].entry_id().clone();
            mail.open_entry(&id, OpenFlags::MODIFY)?;
            assert_eq!(
                code(silent.open_entry(&id, OpenFlags::NONE)),
                Code::NOT_FOUND
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "transports start when they are needed first, and fetch before logging on returns if asked to",
        |f| {
            let world = World::new(f, vec![plain(f, "a"), scripted(f, &[], &["t"])])?;
            let session = world.logon()?;
            session.default_store()?.root_folder()?;
            session.stores_table().open()?.row_count()?;
            assert_eq!(world.scripted.count("start"), 0);
            session.status_table().open()?;
            session.status_table().open()?;
            assert_eq!(world.scripted.count("start SCRIPTED_TRANSPORT"), 1);
            session.logoff();
            let fetching = Logon::profile(PROFILE).with(LogonFlags::FORCE_DOWNLOAD);
            let session = Session::logon(&world.mapi, fetching)?;
            assert_eq!(world.scripted.count("start SCRIPTED_TRANSPORT"), 2);
            let (status, _) = status_of(&session, &format!("{TRANSPORT} t"))?;
            assert_ne!(status & status_code::INBOUND_FLUSH, 0);
            assert_eq!(status & status_code::OUTBOUND_FLUSH, 0);
            session.logoff();
            // One that fails is in nobody's way.
            world
                .scripted
                .plan(TRANSPORT, Plan::Fails(Code::NETWORK_ERROR));
            let fetching = Logon::profile(PROFILE).with(LogonFlags::FORCE_DOWNLOAD);
            let session = Session::logon(&world.mapi, fetching)?;
            let (status, says) = status_of(&session, &format!("{TRANSPORT} t"))?;
            assert_eq!(status, status_code::FAILURE);
            assert!(says.is_some_and(|s| s.contains("told to fail")));
            assert_eq!(session.default_store()?.letter(), "a");
            Ok(())
        }
    ),
    case!(
        needs(),
        "logons of many threads are served one after the other, and all get in",
        |f| {
            let world = World::new(f, vec![plain(f, "a"), scripted(f, &["s"], &["t"])])?;
            let done = Arc::new(AtomicUsize::new(0));
            let threads: Vec<_> = (0..6)
                .map(|n| {
                    let (mapi, done) = (world.mapi.clone(), Arc::clone(&done));
                    std::thread::spawn(move || -> Result<()> {
                        let logon = Logon::profile(PROFILE);
                        let logon = if n % 2 == 0 {
                            logon.allow_others()
                        } else {
                            logon.new_session()
                        };
                        let session = Session::logon(&mapi, logon)?;
                        assert_eq!(session.stores()?.len(), 2);
                        assert_eq!(session.address_types()?, ["SMTP"]);
                        session.logoff();
                        done.fetch_add(1, Ordering::SeqCst);
                        Ok(())
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap()?;
            }
            assert_eq!(done.load(Ordering::SeqCst), 6);
            assert!(world.host.sole_use(PROFILE)?.is_some());
            Ok(())
        }
    ),
];

fn profile(name: &str, app: bool) -> Profile {
    Profile {
        name: name.to_owned(),
        app,
        ..Profile::default()
    }
}

fn letter_of(store: &mapi::MsgStore) -> String {
    store.letter().to_owned()
}

/// PR_STATUS_CODE and PR_STATUS_STRING of the row with this name.
fn status_of(session: &Session, name: &str) -> Result<(i32, Option<String>)> {
    let named = Restriction::property(tags::DISPLAY_NAME, RelOp::Eq, name);
    let table = session.status_table().restrict(named).open()?;
    let rows = table.query_rows(2)?;
    assert_eq!(rows.len(), 1, "{name}");
    let code = rows[0].get(tags::STATUS_CODE).unwrap();
    Ok((code, rows[0].get(tags::STATUS_STRING)))
}

fn without_shutdown(world: &World) -> Vec<String> {
    let mut told = world.scripted.told();
    told.retain(|t| t != "shutdown");
    told
}

/// How many threads of this process start providers at the moment, where the system says so. Other cases may have some for
/// a moment too.
fn provider_threads() -> usize {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return 0;
    };
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    let names = tasks.filter_map(name);
    names.filter(|n| n.trim() == "malle-provider").count()
}
