//! Profiles: made, listed, copied, renamed, deleted, chosen (requirements PA-01 to PA-08, R-ProfAdmin).

use std::sync::{Arc, Mutex};

use mapi::{
    Code, Guid, Logon, Mapi, MapiProp, MsgServiceAdmin, NewService, ProfAdmin, ProfileFlags,
    PropTag, PropType, RelOp, Restriction, Result, SectionFlags, Session, StoreRole, Table,
    columns, tags,
};

use crate::desk::{Answer, Desk, MAIL, MUTE, NOBODY, SINGLE, each, extras, path, user};
use crate::{Case, case};

/// MUID_PROFILE_INSTANCE.
const INSTANCE: Guid = Guid::from_fields(0x0002_0385, 0, 0, [0xC0, 0, 0, 0, 0, 0, 0, 0x46]);
/// No event.
const NOTHING: [u32; 0] = [];
/// A secure property.
const SECRET: PropTag = PropTag::new(0x67F0, PropType::UNICODE);

pub(super) const CASES: &[Case] = &[
    case!(
        "PA-01.T1",
        needs(),
        "administering services without a session starts no provider",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                services.provider_table().open()?.query_all_rows(0)?;
                let uid = only(&services)?;
                services.admin_providers(uid)?.provider_table().open()?;
                services.configure_service(uid, mapi::ServiceFlags::NONE, &[])?;
                assert_eq!(desk.clerk.opened(), 0);
                desk.logon("p")?;
                assert_eq!(desk.clerk.opened(), 1, "the counter counts");
                Ok(())
            })
        }
    ),
    case!(
        "PA-01.T2",
        needs(),
        "removing every service under a session leaves the session alive, and what needs them fails",
        |f| {
            each(f, |desk| {
                profile(&desk.program(), "p", &["one", "two"])?;
                let session = desk.logon("p")?;
                let store = session.default_store()?;
                let admin = session.admin_services()?;
                for uid in uids(&admin)? {
                    admin.delete_service(uid)?;
                }
                assert_eq!(admin.service_table().open()?.row_count()?, 0);
                store.receive_folder("IPM")?.create_message()?;
                let kept = session.set_default_store(Some(&store.entry_id()), StoreRole::Default);
                assert_eq!(code(kept), Code::NOT_FOUND);
                assert_eq!(code(admin.admin_providers(Guid::NIL)), Code::NOT_FOUND);
                session.logoff();
                let next = desk.logon("p")?;
                assert_eq!(code(next.default_store()), Code::NOT_FOUND);
                Ok(())
            })
        }
    ),
    case!(
        "PA-04.T1",
        needs(),
        "a profile made without a person, with a store service, can be logged on to",
        |f| {
            each(f, |desk| {
                let mapi = desk.program();
                let profiles = mapi.admin_profiles()?;
                profiles.create_profile("p", ProfileFlags::NONE)?;
                let services = profiles.admin_services("p")?;
                let new = NewService::of(MAIL).named("My mail").set("path", "two");
                let uid = services.create_service(&new)?;
                let table = services.service_table().open()?;
                let last = table.query_all_rows(0)?.pop().unwrap();
                assert_eq!(last.get(tags::SERVICE_UID), Some(uid.0.to_vec()));
                let to = [(path(), "one".into())];
                services.configure_service(uid, mapi::ServiceFlags::NONE, &to)?;
                let session = Session::logon(&mapi, Logon::profile("p").create())?;
                let store = session.default_store()?;
                assert_eq!(store.letter(), "a");
                store.receive_folder("IPM")?.create_message()?;
                Ok(())
            })
        }
    ),
    case!(
        "PA-04.T2",
        needs(),
        "names of profiles: blanks at the ends and 65 characters are refused, letters of any script are not",
        |f| {
            each(f, |desk| {
                let profiles = desk.program().admin_profiles()?;
                let long = "x".repeat(65);
                let make = |name: &str| profiles.create_profile(name, ProfileFlags::NONE);
                for bad in [" x", "x ", long.as_str(), "", "a/b", "a\0b", " "] {
                    assert_eq!(code(make(bad)), Code::INVALID_PARAMETER, "{bad:?}");
                    assert!(profiles.last_error().is_some());
                }
                assert!(names(&profiles)?.is_empty());
                make("Größe_1 b")?;
                let most = "y".repeat(64);
                make(&most)?;
                assert_eq!(names(&profiles)?, ["Größe_1 b", &most]);
                desk.logon("Größe_1 b")?;
                assert_eq!(code(make("Größe_1 b")), Code::NO_ACCESS, "there is one");
                Ok(())
            })
        }
    ),
    case!(
        "PA-04.T3",
        needs(),
        "a profile deleted right after logging on lasts as long as the session, and nobody else sees it",
        |f| {
            each(f, |desk| {
                profile(&desk.program(), "p", &["one"])?;
                let session = desk.logon("p")?;
                let profiles = desk.program().admin_profiles()?;
                profiles.delete_profile("p", ProfileFlags::NONE)?;
                assert!(names(&profiles)?.is_empty());
                let inbox = session.default_store()?.receive_folder("IPM")?;
                inbox.create_message()?;
                session.admin_services()?.service_table().open()?;
                assert!(exists(desk, "p"));
                session.logoff();
                assert!(!exists(desk, "p"));
                Ok(())
            })
        }
    ),
    case!(
        "PA-05.T1" + "PA-05.T2",
        needs(),
        "a copied profile differs in name, keys and uids only, and is changed alone",
        |f| {
            each(f, |desk| {
                let program = desk.program();
                let services = profile(&program, "old", &["one", "two"])?;
                furnish(&services)?;
                let profiles = program.admin_profiles()?;
                profiles.copy_profile("old", "new", ProfileFlags::NONE)?;
                let copied = profiles.admin_services("new")?;
                assert_eq!(plain_rows(&copied)?, plain_rows(&services)?);
                let (before, after) = (uids(&services)?, uids(&copied)?);
                assert!(before.iter().all(|uid| !after.contains(uid)));
                let parts = |name: &str| -> Result<Vec<Guid>> {
                    let held = desk.host().profile(name)?;
                    let all = held.services.iter().flat_map(|s| &s.providers);
                    Ok(all.map(|p| p.uid).collect())
                };
                let (mine, theirs) = (parts("old")?, parts("new")?);
                assert_eq!(mine.len(), theirs.len());
                assert!(mine.iter().all(|uid| !theirs.contains(uid)));
                for (old, new) in before.iter().zip(&after) {
                    let read = |admin: &MsgServiceAdmin, uid| settings(admin, uid);
                    assert_eq!(read(&copied, *new)?, read(&services, *old)?);
                }
                let section = copied.open_profile_section(own(), SectionFlags::NONE)?;
                assert_eq!(section.get(tags::COMMENT)?, "kept");
                let secret = section.get_props(&[SECRET])?.value.remove(0).value;
                assert_eq!(secret, "hush".into());
                let extra = copied.open_profile_section(extras()[0], SectionFlags::NONE)?;
                assert_eq!(extra.get(tags::COMMENT)?, "extra 0");
                assert_ne!(key(&copied)?, key(&services)?);
                let to = [(user(), "Eve".into())];
                copied.configure_service(after[0], mapi::ServiceFlags::NONE, &to)?;
                assert_eq!(settings(&services, before[0])?.1, None);
                assert_eq!(settings(&copied, after[0])?.1.as_deref(), Some("Eve"));
                // Both open the same stores.
                let letters = |name: &str| -> Result<Vec<String>> {
                    let stores = desk.logon(name)?.stores()?;
                    Ok(stores.iter().map(|s| s.letter().to_owned()).collect())
                };
                assert_eq!(letters("new")?, letters("old")?);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "copying refuses a name that is taken, a profile that is not there, and a program's own",
        |f| {
            each(f, |desk| {
                let profiles = desk.program().admin_profiles()?;
                let app = ProfileFlags::APP_PROFILE;
                profiles.create_profile("a", ProfileFlags::NONE)?;
                profiles.create_profile("own", app)?;
                let none = ProfileFlags::NONE;
                assert_eq!(
                    code(profiles.copy_profile("a", "own", none)),
                    Code::NO_ACCESS
                );
                assert_eq!(code(profiles.copy_profile("x", "y", none)), Code::NOT_FOUND);
                assert_eq!(
                    code(profiles.copy_profile("own", "y", none)),
                    Code::NO_ACCESS
                );
                assert_eq!(code(profiles.delete_profile("own", none)), Code::NO_ACCESS);
                assert_eq!(
                    code(profiles.rename_profile("own", "y", none)),
                    Code::NO_ACCESS
                );
                profiles.copy_profile("own", "y", app)?;
                assert_eq!(names(&profiles)?, ["a"], "the copy is a program's own too");
                let table = profiles.profile_table(app).open()?;
                assert_eq!(table.row_count()?, 3);
                assert_eq!(
                    code(profiles.set_default_profile(Some("own"))),
                    Code::CALL_FAILED
                );
                profiles.change_profile_password("a", "", "x")?;
                Ok(())
            })
        }
    ),
    case!(
        "PA-06.T1" + "PA-06.T2",
        needs(),
        "a deleted profile goes with the last of its sessions, and nobody logs on to it meanwhile",
        |f| {
            each(f, |desk| {
                profile(&desk.program(), "p", &["one"])?;
                let (first, second) = (desk.logon("p")?, desk.logon("p")?);
                let profiles = desk.program().admin_profiles()?;
                profiles.delete_profile("p", ProfileFlags::NONE)?;
                assert!(names(&profiles)?.is_empty());
                assert!(desk.program().profiles()?.is_empty());
                assert_eq!(code(desk.logon("p")), Code::LOGON_FAILED);
                assert_eq!(code(profiles.admin_services("p")), Code::LOGON_FAILED);
                let again = profiles.delete_profile("p", ProfileFlags::NONE);
                assert_eq!(code(again), Code::NOT_FOUND);
                let taken = profiles.create_profile("p", ProfileFlags::NONE);
                assert_eq!(code(taken), Code::NO_ACCESS, "it is still there");
                first.logoff();
                assert!(exists(desk, "p"));
                second.default_store()?.receive_folder("IPM")?;
                second.logoff();
                assert!(!exists(desk, "p"));
                profiles.create_profile("p", ProfileFlags::NONE)?;
                Ok(())
            })
        }
    ),
    case!(
        "PA-06.T3",
        needs(),
        "each service is told once that its profile goes, while everything is still there",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                services.create_service(&NewService::of(SINGLE).set("path", "two"))?;
                desk.clerk.told();
                let seen = Arc::new(Mutex::new(Vec::new()));
                let heard = Arc::clone(&seen);
                let program = desk.program();
                let host = desk.shared_host();
                desk.clerk.answer(
                    4,
                    Answer::After(Box::new(move |draft| {
                        let profile = host.profile("p").unwrap();
                        let there = profile.service(draft.uid).is_some();
                        heard
                            .lock()
                            .unwrap()
                            .push((there, draft.config.values.len()));
                    })),
                );
                let session = Session::logon(&program, Logon::profile("p").create())?;
                let profiles = program.admin_profiles()?;
                profiles.delete_profile("p", ProfileFlags::NONE)?;
                assert_eq!(desk.clerk.events(), NOTHING, "not while it is in use");
                session.logoff();
                let told = desk.clerk.told();
                let mut who: Vec<_> = told.iter().map(|t| (t.event, t.service.as_str())).collect();
                who.sort_unstable();
                assert_eq!(who, [(4, MAIL), (4, SINGLE)]);
                assert_eq!(*seen.lock().unwrap(), [(true, 1), (true, 1)]);
                let mail = told.iter().find(|t| t.service == MAIL).unwrap();
                let extra = &mail.draft.sections[&extras()[0]];
                assert_eq!(extra.text(tags::COMMENT), Some("extra 0"));
                desk.clerk.relax();
                names(&profiles)?;
                assert_eq!(desk.clerk.events(), NOTHING, "and never again");
                Ok(())
            })
        }
    ),
    case!(
        "PA-07.T1" + "PA-08.T1" + "PA-08.T2",
        needs(),
        "one profile is the default one, and every way to learn its name gives the same",
        |f| {
            each(f, |desk| {
                let program = desk.program();
                profile(&program, "a", &["one"])?;
                profile(&program, "b", &["two"])?;
                let profiles = program.admin_profiles()?;
                profiles.set_default_profile(None)?;
                let find = || -> Result<mapi::TableRow> {
                    let table = profiles.profile_table(ProfileFlags::NONE);
                    let table = table.open()?;
                    let default = Restriction::property(tags::DEFAULT_PROFILE, RelOp::Eq, true);
                    let (from, way) = (mapi::Bookmark::Beginning, mapi::Direction::Forward);
                    Ok(table.find_row(&default, from, way)?.ignore_warning())
                };
                assert_eq!(code(find()), Code::NOT_FOUND);
                profiles.set_default_profile(Some("a"))?;
                profiles.set_default_profile(Some("b"))?;
                let table = profiles.profile_table(ProfileFlags::NONE).open()?;
                let rows = table.query_all_rows(0)?;
                let default = |row: &&mapi::TableRow| row.get(tags::DEFAULT_PROFILE) == Some(true);
                assert_eq!(rows.iter().filter(default).count(), 1);
                let by_row = find()?.get(tags::DISPLAY_NAME);
                let use_default = || Logon::default_profile().create();
                let session = Session::logon(&desk.program(), use_default())?;
                let section = session.open_profile_section(INSTANCE, SectionFlags::NONE)?;
                let by_section = section.get(tags::PROFILE_NAME)?;
                let by_status = session.status_table().open()?.query_rows(50)?;
                let subsystem = |r: &&mapi::TableRow| r.get(tags::RESOURCE_TYPE) == Some(39);
                let by_status = by_status.iter().find(subsystem).unwrap();
                let by_status = by_status.get(tags::DISPLAY_NAME);
                assert_eq!(by_row.as_deref(), Some("b"));
                assert_eq!((by_section.as_str(), session.profile_name()), ("b", "b"));
                assert_eq!(by_status.as_deref(), Some("b"));
                session.logoff();
                assert_eq!(
                    code(profiles.set_default_profile(Some("x"))),
                    Code::NOT_FOUND
                );
                assert_eq!(find()?.get(tags::DISPLAY_NAME).as_deref(), Some("b"));
                profiles.set_default_profile(None)?;
                assert_eq!(code(find()), Code::NOT_FOUND);
                let none = Session::logon(&desk.program(), use_default());
                assert_eq!(code(none), Code::LOGON_FAILED);
                Ok(())
            })
        }
    ),
    case!(
        "R-ProfAdmin.T1",
        needs(),
        "a table of profiles shows those that there were when it was opened",
        |f| {
            each(f, |desk| {
                let profiles = desk.program().admin_profiles()?;
                profiles.create_profile("a", ProfileFlags::NONE)?;
                let open = || profiles.profile_table(ProfileFlags::NONE).open();
                let early = open()?;
                profiles.create_profile("b", ProfileFlags::NONE)?;
                profiles.delete_profile("a", ProfileFlags::NONE)?;
                assert_eq!(shown(&early)?, ["a"]);
                assert_eq!(early.status().kind, mapi::TableKind::Snapshot);
                assert_eq!(shown(&open()?)?, ["b"]);
                let listener = early.listen();
                assert_eq!(code(listener), Code::NO_SUPPORT);
                Ok(())
            })
        }
    ),
    case!(
        "R-ProfAdmin.T2",
        needs(),
        "a profile in use keeps its name until its last session ends",
        |f| {
            each(f, |desk| {
                profile(&desk.program(), "old", &["one"])?;
                let session = desk.logon("old")?;
                let profiles = desk.program().admin_profiles()?;
                profiles.set_default_profile(Some("old"))?;
                profiles.rename_profile("old", "new", ProfileFlags::NONE)?;
                assert_eq!(names(&profiles)?, ["old"]);
                let taken = profiles.create_profile("new", ProfileFlags::NONE);
                assert_eq!(code(taken), Code::NO_ACCESS, "the name is given already");
                session.default_store()?;
                session.logoff();
                assert_eq!(names(&profiles)?, ["new"]);
                assert_eq!(desk.host().default_profile()?.as_deref(), Some("new"));
                let session = desk.logon("new")?;
                session.default_store()?.receive_folder("IPM")?;
                assert_eq!(code(desk.logon("old")), Code::LOGON_FAILED);
                session.logoff();
                profiles.rename_profile("new", "third", ProfileFlags::NONE)?;
                assert_eq!(names(&profiles)?, ["third"], "at once when it is free");
                let missing = profiles.rename_profile("new", "x", ProfileFlags::NONE);
                assert_eq!(code(missing), Code::NOT_FOUND);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "a new profile gets the default services, or is not made at all",
        |f| {
            each(f, |desk| {
                let desk = desk.with_defaults(&[MUTE, MAIL, NOBODY]);
                let profiles = desk.program().admin_profiles()?;
                let flags = ProfileFlags::DEFAULT_SERVICES;
                // Nobody says where their stores are.
                assert_eq!(
                    code(profiles.create_profile("p", flags)),
                    Code::UNCONFIGURED
                );
                let why = profiles.last_error().unwrap();
                assert!(why.detail.contains("`path`"), "{why:?}");
                let asked = flags | ProfileFlags::DIALOG;
                assert_eq!(
                    code(profiles.create_profile("p", asked)),
                    Code::UNCONFIGURED
                );
                assert_eq!(desk.clerk.events(), [2, 2]);
                assert!(names(&profiles)?.is_empty());
                let desk = desk.with_defaults(&[MUTE]);
                let profiles = desk.program().admin_profiles()?;
                profiles.create_profile("p", flags)?;
                let services = profiles.admin_services("p")?;
                assert_eq!(services.service_table().open()?.row_count()?, 1);
                // With services that are named, in one step.
                let mail = NewService::of(MAIL).set("path", "one");
                let wrong = NewService::of(MAIL).set("pth", "one");
                let none = ProfileFlags::NONE;
                let both = [mail.clone(), wrong];
                let made = profiles.create_profile_with("q", none, &both);
                assert_eq!(code(made), Code::INVALID_PARAMETER);
                assert_eq!(names(&profiles)?, ["p"]);
                profiles.create_profile_with("q", none, &[mail.clone(), mail])?;
                desk.logon("q")?.default_store()?;
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "what a crash left half done is done by whoever administers next",
        |f| {
            each(f, |desk| {
                profile(&desk.program(), "gone", &["one"])?;
                profile(&desk.program(), "old", &["two"])?;
                let mark = |name: &str, change: &dyn Fn(&mut mapi::Profile)| {
                    desk.host().change_profile(name, &mut |p| {
                        change(p);
                        Ok(())
                    })
                };
                mark("gone", &|p| p.deleted = true)?;
                mark("old", &|p| p.renamed_to = Some("new".to_owned()))?;
                desk.clerk.told();
                let profiles = desk.program().admin_profiles()?;
                assert_eq!(names(&profiles)?, ["new"]);
                assert!(!exists(desk, "gone"));
                assert_eq!(desk.clerk.events(), [4]);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "without the library initialised nothing is administered",
        |f| {
            let desk = Desk::in_memory(f);
            let mapi = desk.program();
            let profiles = mapi.admin_profiles()?;
            mapi.uninitialize()?;
            assert_eq!(code(mapi.admin_profiles()), Code::NOT_INITIALIZED);
            let made = profiles.create_profile("p", ProfileFlags::NONE);
            assert_eq!(code(made), Code::NOT_INITIALIZED);
            mapi.initialize_again();
            profiles.create_profile("p", ProfileFlags::NONE)?;
            profiles.set_default_profile(Some("p"))?;
            let session = Session::logon(&mapi, Logon::default_profile())?;
            let admin = session.admin_services()?;
            session.logoff();
            let late = admin.create_service(&NewService::of(MUTE));
            assert_eq!(code(late), Code::END_OF_SESSION);
            assert_eq!(code(session.admin_services()), Code::END_OF_SESSION);
            Ok(())
        }
    ),
];

/// A new profile with a mail service for each of these stores.
pub(super) fn profile(mapi: &Mapi, name: &str, stores: &[&str]) -> Result<MsgServiceAdmin> {
    let profiles = mapi.admin_profiles()?;
    profiles.create_profile(name, ProfileFlags::NONE)?;
    let services = profiles.admin_services(name)?;
    for store in stores {
        services.create_service(&NewService::of(MAIL).set("path", store))?;
    }
    Ok(services)
}

/// PR_SERVICE_UIDs, in the order of the table.
pub(super) fn uids(services: &MsgServiceAdmin) -> Result<Vec<Guid>> {
    let rows = services.service_table().open()?.query_all_rows(0)?;
    Ok(rows
        .iter()
        .map(|r| guid(r.get(tags::SERVICE_UID)))
        .collect())
}

pub(super) fn guid(bytes: Option<Vec<u8>>) -> Guid {
    Guid(bytes.unwrap().try_into().unwrap())
}

/// The UID of the only service.
pub(super) fn only(services: &MsgServiceAdmin) -> Result<Guid> {
    let uids = uids(services)?;
    assert_eq!(uids.len(), 1);
    Ok(uids[0])
}

/// PR_SEARCH_KEY of MUID_PROFILE_INSTANCE.
pub(super) fn key(services: &MsgServiceAdmin) -> Result<Vec<u8>> {
    let section = services.open_profile_section(INSTANCE, SectionFlags::NONE)?;
    section.get(tags::SEARCH_KEY)
}

pub(super) fn code<T>(result: Result<T>) -> Code {
    result.err().map_or(Code::S_OK, |e| e.code())
}

fn own() -> Guid {
    Guid([0x51; 16])
}

/// Puts something into a section of the profile.
fn furnish(services: &MsgServiceAdmin) -> Result<()> {
    let section = services.open_profile_section(own(), SectionFlags::MODIFY)?;
    section.set(tags::COMMENT, "kept")?;
    assert_eq!(section.set_props(&[(SECRET, "hush".into())])?, []);
    Ok(())
}

/// The settings of a service, as its section shows them: the last part of its path, and its user.
fn settings(services: &MsgServiceAdmin, uid: Guid) -> Result<(String, Option<String>)> {
    let section = services.open_profile_section(uid, SectionFlags::NONE)?;
    let props = section.get_props(&[path(), user()])?.value;
    let path = props[0].value.as_str().unwrap_or_default();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    Ok((name.to_owned(), props[1].value.as_str().map(str::to_owned)))
}

/// The services and providers of a profile without their uids.
fn plain_rows(services: &MsgServiceAdmin) -> Result<Vec<String>> {
    let table = services.service_table().columns(columns![
        tags::DISPLAY_NAME,
        tags::RESOURCE_FLAGS,
        tags::SERVICE_NAME
    ]);
    let providers = services.provider_table().columns(columns![
        tags::DISPLAY_NAME,
        tags::RESOURCE_FLAGS,
        tags::RESOURCE_TYPE,
        tags::PROVIDER_ORDINAL
    ]);
    let mut rows = table.open()?.query_all_rows(0)?;
    rows.extend(providers.open()?.query_all_rows(0)?);
    Ok(rows.iter().map(|r| format!("{:?}", r.cells())).collect())
}

fn shown(table: &Table) -> Result<Vec<String>> {
    let rows = table.query_all_rows(0)?;
    let name = |r: &mapi::TableRow| r.get(tags::DISPLAY_NAME).unwrap_or_default();
    Ok(rows.iter().map(name).collect())
}

fn names(profiles: &ProfAdmin) -> Result<Vec<String>> {
    let mut names = shown(&profiles.profile_table(ProfileFlags::NONE).open()?)?;
    names.sort();
    Ok(names)
}

fn exists(desk: &Desk, name: &str) -> bool {
    let names = desk.host().profile_names().unwrap();
    names.iter().any(|n| n == name)
}
