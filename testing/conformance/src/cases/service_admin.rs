//! The message services of a profile (requirements PA-09, PA-11, PA-12, R-MsgServiceAdmin, SES-09).

use mapi::{
    Code, EventMask, Guid, Identity, MapiProp, MsgServiceAdmin, NewService, Notification,
    ProfileFlags, PropTag, PropType, RelOp, Restriction, Result, SectionFlags, ServiceFlags,
    SortColumn, TableEvent, UiUse, columns, resource_flags, service_flags, tags,
};

use super::profile_admin::{code, guid, only, profile, uids};
use crate::desk::{Answer, Desk, ENTRY, MAIL, NOBODY, SINGLE, each, extras, user};
use crate::fixture::prop;
use crate::heard::Heard;
use crate::{Case, case};

/// MAPI_TRANSPORT_PROVIDER.
const TRANSPORT: i32 = 36;
/// No event.
const NOTHING: [u32; 0] = [];
/// A secure property.
const SECRET: PropTag = PropTag::new(0x67F1, PropType::UNICODE);

pub(super) const CASES: &[Case] = &[
    case!(
        "PA-09.T1",
        needs(),
        "a new service has a row for each of its providers, with what its description says, before its entry point sees it",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &[])?;
                let uid = services.create_service(&NewService::of(MAIL).set("path", "one"))?;
                let rows = services.provider_table().open()?.query_all_rows(0)?;
                let told = desk.clerk.told();
                assert_eq!(told.len(), 1);
                assert_eq!(told[0].event, 2);
                let draft = &told[0].draft;
                assert_eq!((draft.uid, draft.profile.as_str()), (uid, "p"));
                assert_eq!(draft.config.values["path"], "one");
                assert_eq!(draft.providers.len(), rows.len());
                let expected = [
                    ("Test store", "Test store provider", "tststore", 33, 0x802),
                    ("Test transport", "Test transport", "tstxp", TRANSPORT, 0),
                ];
                assert_eq!(rows.len(), expected.len());
                for ((row, seen), known) in rows.iter().zip(&draft.providers).zip(expected) {
                    let text = |tag| row.get(tag).unwrap_or_default();
                    let found = (
                        text(tags::DISPLAY_NAME),
                        text(tags::PROVIDER_DISPLAY),
                        text(tags::PROVIDER_DLL_NAME),
                    );
                    assert_eq!(found, (known.0.into(), known.1.into(), known.2.into()));
                    assert_eq!(row.get(tags::RESOURCE_TYPE), Some(known.3));
                    assert_eq!(row.get(tags::RESOURCE_FLAGS), Some(known.4));
                    assert_eq!(guid(row.get(tags::PROVIDER_UID)), seen.uid);
                    assert_eq!(guid(row.get(tags::SERVICE_UID)), uid);
                    assert_eq!(text(tags::SERVICE_NAME), MAIL);
                    assert_eq!(seen.display_name, known.0);
                }
                let row = services
                    .service_table()
                    .open()?
                    .query_all_rows(0)?
                    .remove(0);
                assert_eq!(row.get(tags::SERVICE_DLL_NAME).as_deref(), Some("tstsvc"));
                assert_eq!(row.get(tags::SERVICE_ENTRY_NAME).as_deref(), Some(ENTRY));
                assert_eq!(row.get(tags::SERVICE_NAME).as_deref(), Some(MAIL));
                let files = row.get(tags::SERVICE_SUPPORT_FILES).unwrap();
                assert_eq!(files, ["tstsvc.dat"]);
                let flags = row.get(tags::RESOURCE_FLAGS).unwrap().cast_unsigned();
                assert_eq!(flags, service_flags::DEFAULT_STORE);
                Ok(())
            })
        }
    ),
    case!(
        "PA-09.T2",
        needs(),
        "a service that a profile has once at most is not added again",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &[])?;
                let single = NewService::of(SINGLE).set("path", "one").named("Only");
                let uid = services.create_service(&single)?;
                desk.clerk.told();
                assert_eq!(code(services.create_service(&single)), Code::NO_ACCESS);
                assert_eq!(uids(&services)?, [uid]);
                assert_eq!(desk.clerk.events(), NOTHING, "nobody was asked");
                let unknown = services.create_service(&NewService::of("NO_SUCH"));
                assert_eq!(code(unknown), Code::NOT_FOUND);
                // Another one may be there as often as anybody likes.
                let mail = NewService::of(MAIL).set("path", "two");
                services.create_service(&mail)?;
                services.create_service(&mail)?;
                assert_eq!(uids(&services)?.len(), 3);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "a service whose store cannot be made is not added: its entry point is told so, and the next one gets its letter",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let before = desk.host().profile("p")?;
                let nowhere = NewService::of(SINGLE).set("path", "nowhere").with_stores();
                desk.clerk.told();
                assert_eq!(code(services.create_service(&nowhere)), Code::NOT_FOUND);
                assert_eq!(desk.clerk.events(), [2, 4]);
                assert_eq!(desk.host().profile("p")?, before);
                let session = desk.logon("p")?;
                let path = [("path".to_owned(), "nowhere".to_owned())].into();
                assert_eq!(code(session.add_store(SINGLE, &path)), Code::NOT_FOUND);
                assert_eq!(desk.clerk.events(), [2, 4]);
                assert_eq!(desk.host().profile("p")?, before);
                let opened = desk.clerk.opened();
                let two = NewService::of(SINGLE).set("path", "two");
                let uid = services.create_service(&two.clone().with_stores())?;
                assert_eq!(desk.clerk.opened(), opened + 1, "its store is made");
                let letters: Vec<_> = desk
                    .host()
                    .profile("p")?
                    .stores()
                    .map(|(_, p)| p.letter.clone())
                    .collect();
                assert_eq!(letters, ["a", "b"]);
                // Who does not ask for its stores has it added as it is.
                services.delete_service(uid)?;
                services.create_service(&NewService::of(SINGLE).set("path", "nowhere"))?;
                assert_eq!(desk.clerk.opened(), opened + 1);
                Ok(())
            })
        }
    ),
    case!(
        "PA-09.T3",
        needs(),
        "a service that insists on a person is not added without one, not even a part of it",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let before = desk.host().profile("p")?;
                desk.clerk.answer(2, Answer::Insists);
                let new = NewService::of(MAIL).set("path", "two").ui(UiUse::Allowed);
                assert_eq!(code(services.create_service(&new)), Code::USER_CANCEL);
                let why = services.last_error().unwrap();
                assert!(why.detail.contains("Is this what you want?"), "{why:?}");
                assert_eq!(desk.host().profile("p")?, before);
                desk.clerk.answer(2, Answer::Fails(Code::CALL_FAILED, "no"));
                assert_eq!(code(services.create_service(&new)), Code::CALL_FAILED);
                assert_eq!(desk.host().profile("p")?, before);
                // Nor one that lacks something.
                desk.clerk.relax();
                let bare = services.create_service(&NewService::of(MAIL));
                assert_eq!(code(bare), Code::UNCONFIGURED);
                assert_eq!(desk.host().profile("p")?, before);
                Ok(())
            })
        }
    ),
    case!(
        "PA-11.T1" + "PA-11.T2",
        needs(),
        "a service copied to another profile has the same settings, secure ones too, under uids of its own; nobody is asked",
        |f| {
            each(f, |desk| {
                let program = desk.program();
                let from = profile(&program, "from", &["one"])?;
                let to = profile(&program, "to", &[])?;
                let uid = only(&from)?;
                let who = [(user(), "Ann".into())];
                from.configure_service(uid, ServiceFlags::NONE, &who)?;
                let section = from.open_profile_section(uid, SectionFlags::MODIFY)?;
                assert_eq!(section.set_props(&[(SECRET, "hush".into())])?, []);
                drop(section);
                desk.clerk.told();
                let copy = from.copy_service(uid, &to)?;
                assert_eq!(desk.clerk.events(), NOTHING);
                assert_ne!(copy, uid);
                let providers = |admin: &MsgServiceAdmin| -> Result<Vec<Guid>> {
                    let rows = admin.provider_table().open()?.query_all_rows(0)?;
                    Ok(rows
                        .iter()
                        .map(|r| guid(r.get(tags::PROVIDER_UID)))
                        .collect())
                };
                let (old, new) = (providers(&from)?, providers(&to)?);
                assert_eq!(old.len(), new.len());
                assert!(old.iter().all(|uid| !new.contains(uid)));
                let read = |admin: &MsgServiceAdmin, uid| -> Result<_> {
                    let section = admin.open_profile_section(uid, SectionFlags::NONE)?;
                    Ok(section.get_props(&[user(), SECRET])?.value)
                };
                assert_eq!(read(&to, copy)?, read(&from, uid)?);
                let extra = to.open_profile_section(extras()[1], SectionFlags::NONE)?;
                assert_eq!(extra.get(tags::COMMENT)?, "extra 1");
                let same = |name: &str| desk.logon(name)?.default_store().map(|s| s.entry_id());
                assert_eq!(same("to")?, same("from")?);
                // Within a profile, and of a service that may be there once.
                let twin = from.copy_service(uid, &from)?;
                assert_eq!(uids(&from)?, [uid, twin]);
                let flags = |at: usize| -> Result<u32> {
                    Ok(desk.host().profile("from")?.services[at].providers[0].flags)
                };
                assert_ne!(flags(0)? & resource_flags::DEFAULT_STORE, 0);
                assert_eq!(flags(1)? & resource_flags::DEFAULT_STORE, 0, "there is one");
                let single = to.create_service(&NewService::of(SINGLE).set("path", "two"))?;
                assert_eq!(code(to.copy_service(single, &to)), Code::NO_ACCESS);
                assert_eq!(code(to.copy_service(Guid::NIL, &to)), Code::NOT_FOUND);
                Ok(())
            })
        }
    ),
    case!(
        "PA-12.T1",
        needs(),
        "a service goes with its sections, and those of others stay",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let kept = services.create_service(&NewService::of(SINGLE).set("path", "two"))?;
                let gone = uids(&services)?[0];
                // More than the service itself says.
                let section = services.open_profile_section(gone, SectionFlags::MODIFY)?;
                section.set_props(&[prop(tags::COMMENT, "a sparrow")])?;
                drop(section);
                let profile = desk.host().profile("p")?;
                let of = |uid| {
                    profile
                        .service(uid)
                        .unwrap()
                        .providers
                        .iter()
                        .map(|p| p.uid)
                };
                let (lost, there): (Vec<_>, Vec<_>) = (of(gone).collect(), of(kept).collect());
                desk.clerk.told();
                services.delete_service(gone)?;
                assert_eq!(desk.clerk.events(), [4]);
                let flags = SectionFlags::FORCE_ACCESS;
                let open = |uid| services.open_profile_section(uid, flags);
                let sections = lost.into_iter().chain(extras()).chain([gone]);
                for uid in sections {
                    assert_eq!(code(open(uid)), Code::NOT_FOUND, "{uid}");
                }
                for uid in there.into_iter().chain([kept]) {
                    open(uid)?;
                }
                assert_eq!(uids(&services)?, [kept]);
                assert_eq!(code(services.delete_service(gone)), Code::NOT_FOUND);
                // An entry point that does not want to keeps its service.
                desk.clerk
                    .answer(4, Answer::Fails(Code::USER_CANCEL, "rather not"));
                assert_eq!(code(services.delete_service(kept)), Code::USER_CANCEL);
                assert_eq!(uids(&services)?, [kept]);
                Ok(())
            })
        }
    ),
    case!(
        "PA-12.T2" + "R-MsgServiceAdmin.T2",
        needs(),
        "the primary identity passes to the next service that knows the user, and never to one that cannot",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &[])?;
                let add = |service: &str, path: &str, user: Option<&str>| {
                    let new = NewService::of(service).set("path", path);
                    services.create_service(&match user {
                        Some(user) => new.set("user", user),
                        None => new,
                    })
                };
                let silent = add(MAIL, "one", None)?;
                let ann = add(MAIL, "two", Some("Ann"))?;
                let never = add(NOBODY, "three", Some("Eve"))?;
                let bob = add(SINGLE, "three", Some("Bob"))?;
                assert_eq!(primary(desk)?, [ann], "the first that knows the user");
                let before = desk.host().profile("p")?;
                let refused = services.set_primary_identity(Some(never));
                assert_eq!(code(refused), Code::NO_ACCESS);
                assert_eq!(desk.host().profile("p")?, before);
                let unknown = services.set_primary_identity(Some(Guid::NIL));
                assert_eq!(code(unknown), Code::NOT_FOUND);
                services.delete_service(ann)?;
                assert_eq!(primary(desk)?, [bob]);
                services.set_primary_identity(None)?;
                assert_eq!(primary(desk)?, []);
                services.set_primary_identity(Some(silent))?;
                assert_eq!(primary(desk)?, [silent]);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "setting the primary identity decides who the user of later sessions is",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &[])?;
                let add = |path: &str, user: &str| {
                    let new = NewService::of(MAIL).set("path", path).set("user", user);
                    services.create_service(&new)
                };
                add("one", "Ann")?;
                let bob = add("two", "Bob")?;
                let who = |name: &str| -> Result<Option<Identity>> {
                    let id = desk.logon("p")?.query_identity()?.ignore_warning();
                    let held = desk.host().profile("p")?;
                    let known = held.services.iter().filter_map(|s| s.identity.clone());
                    let named = |i: &Identity| i.name == name && contains(id.as_bytes(), name);
                    Ok(known.into_iter().find(named))
                };
                assert!(who("Ann")?.is_some());
                services.set_primary_identity(Some(bob))?;
                assert!(who("Bob")?.is_some());
                assert!(who("Ann")?.is_none());
                Ok(())
            })
        }
    ),
    case!(
        "R-MsgServiceAdmin.T1",
        needs(),
        "the transports by their ordinals stand in the order in which they are asked",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one", "two", "three"])?;
                let transports = || -> Result<Vec<Guid>> {
                    let only = Restriction::property(tags::RESOURCE_TYPE, RelOp::Eq, TRANSPORT);
                    let table = services
                        .provider_table()
                        .columns(columns![tags::PROVIDER_UID, tags::PROVIDER_ORDINAL]);
                    let order = [SortColumn::ascending(tags::PROVIDER_ORDINAL)];
                    let table = table.restrict(only).sort(order).open()?;
                    let rows = table.query_all_rows(0)?;
                    let places = rows.iter().map(|r| r.get(tags::PROVIDER_ORDINAL).unwrap());
                    assert!(places.eq(0..3));
                    Ok(rows
                        .iter()
                        .map(|r| guid(r.get(tags::PROVIDER_UID)))
                        .collect())
                };
                let first = transports()?;
                let asked = || -> Result<Vec<Guid>> {
                    let profile = desk.host().profile("p")?;
                    Ok(profile.transports().iter().map(|(_, p)| p.uid).collect())
                };
                assert_eq!(asked()?, first);
                let order = [first[2], first[0], first[1]];
                services.set_transport_order(&order)?;
                assert_eq!(transports()?, order);
                assert_eq!(asked()?, order);
                desk.host().change_profile("p", &mut |p| {
                    let all = p.services.iter_mut().flat_map(|s| &mut s.providers);
                    all.for_each(|p| p.display_name = p.uid.to_string());
                    Ok(())
                })?;
                let status = desk.logon("p")?.status_table().open()?;
                let rows = status.query_all_rows(0)?;
                let rows = rows
                    .iter()
                    .filter(|r| r.get(tags::RESOURCE_TYPE) == Some(TRANSPORT));
                let shown: Vec<_> = rows.filter_map(|r| r.get(tags::DISPLAY_NAME)).collect();
                assert_eq!(shown, order.map(|uid| uid.to_string()), "and in a session");
                for (wrong, why) in [
                    (vec![first[0], first[1]], Code::BUSY),
                    (vec![first[0], first[1], Guid::NIL], Code::NOT_FOUND),
                    (vec![first[0], first[1], first[1]], Code::INVALID_PARAMETER),
                ] {
                    assert_eq!(code(services.set_transport_order(&wrong)), why);
                    assert_eq!(asked()?, order);
                }
                // One that is added later comes last; one that goes leaves the order of the others.
                let new = NewService::of(MAIL).set("path", "one");
                services.create_service(&new)?;
                assert_eq!(asked()?[..3], order);
                services.delete_service(uids(&services)?[2])?;
                assert_eq!(asked()?[..2], [first[0], first[1]]);
                Ok(())
            })
        }
    ),
    case!(
        "M-IMAPISession.AdminServices",
        needs(),
        "a service added in a session is there from the next session on",
        |f| {
            each(f, |desk| {
                profile(&desk.program(), "p", &["one"])?;
                let session = desk.logon("p")?;
                let table = session.stores_table().open()?;
                let admin = session.admin_services()?;
                assert_eq!(admin.profile_name(), "p");
                admin.create_service(&NewService::of(MAIL).set("path", "two"))?;
                assert_eq!(table.query_all_rows(0)?.len(), 1);
                assert_eq!(session.stores()?.len(), 1);
                assert_eq!(desk.logon("p")?.stores()?.len(), 2);
                assert_eq!(session.stores()?.len(), 1);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "an open table of services stays as it is, and its sink is told of those that come and go (D15)",
        |f| {
            each(f, |desk| {
                let program = desk.program();
                let services = profile(&program, "p", &["one"])?;
                let table = services.service_table().open()?;
                let heard = Heard::default();
                let _connection = table.advise(EventMask::TABLE_MODIFIED, &heard.sink())?;
                let new = NewService::of(MAIL).set("path", "two").named("Second");
                let added = services.create_service(&new)?;
                program.dispatch_notifications()?;
                let told = rows_told(&heard);
                let [(TableEvent::RowAdded, Some(row))] = &told[..] else {
                    panic!("{told:?}")
                };
                assert_eq!(guid(row.get(tags::SERVICE_UID)), added);
                assert_eq!(row.get(tags::DISPLAY_NAME).as_deref(), Some("Second"));
                assert_eq!(table.row_count()?, 1);
                let first = uids(&services)?[0];
                services.delete_service(first)?;
                program.dispatch_notifications()?;
                assert_eq!(rows_told(&heard).len(), 1);
                let rows = table.query_all_rows(0)?;
                assert_eq!(guid(rows[0].get(tags::SERVICE_UID)), first);
                // Whoever administers in a session is told as well.
                let fresh = services.service_table().open()?.query_all_rows(0)?;
                assert_eq!(guid(fresh[0].get(tags::SERVICE_UID)), added);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "a store added to a session is a service that its entry point has seen, and that it hears go",
        |f| {
            each(f, |desk| {
                profile(&desk.program(), "p", &["one"])?;
                let session = desk.logon("p")?;
                let table = session.admin_services()?.service_table().open()?;
                let listener = table.listen()?;
                desk.clerk.told();
                let bare = session.add_store(MAIL, &std::collections::BTreeMap::new());
                assert_eq!(code(bare), Code::UNCONFIGURED);
                let two = [("path".to_owned(), "two".to_owned())].into();
                let store = session.add_store(MAIL, &two)?;
                assert_eq!(desk.clerk.events(), [2, 2]);
                let extra = session.open_profile_section(extras()[0], SectionFlags::NONE)?;
                assert_eq!(extra.get(tags::COMMENT)?, "extra 0");
                let held = desk.host().profile("p")?;
                assert_eq!(
                    held.services[1].providers.len(),
                    2,
                    "it has a transport too"
                );
                // It has more than the store: that stays, and the store goes with the session.
                session.remove_store(&store.entry_id())?;
                assert_eq!(desk.clerk.events(), [7]);
                assert_eq!(session.stores()?.len(), 1);
                let single = session.add_store(SINGLE, &two)?;
                session.remove_store(&single.entry_id())?;
                assert_eq!(desk.clerk.events(), [2, 4]);
                assert_eq!(desk.host().profile("p")?.services.len(), 2);
                let mut told = Vec::new();
                while let Some(Notification::Table(next)) = listener.try_next()? {
                    told.push(next.event);
                }
                let (came, went) = (TableEvent::RowAdded, TableEvent::RowDeleted);
                assert_eq!(told, [came, came, went]);
                assert_eq!(table.row_count()?, 1);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "tables of profiles, services and providers have the columns of their pages from the beginning",
        |f| {
            let desk = Desk::in_memory(f);
            let services = profile(&desk.program(), "p", &["one"])?;
            let profiles = desk.program().admin_profiles()?;
            let provider = columns![
                tags::DISPLAY_NAME,
                tags::INSTANCE_KEY,
                tags::PROVIDER_DISPLAY,
                tags::PROVIDER_DLL_NAME,
                tags::PROVIDER_ORDINAL,
                tags::PROVIDER_UID,
                tags::RESOURCE_FLAGS,
                tags::RESOURCE_TYPE,
                tags::SERVICE_NAME,
                tags::SERVICE_UID
            ];
            let service = columns![
                tags::DISPLAY_NAME,
                tags::INSTANCE_KEY,
                tags::RESOURCE_FLAGS,
                tags::SERVICE_DLL_NAME,
                tags::SERVICE_ENTRY_NAME,
                tags::SERVICE_NAME,
                tags::SERVICE_SUPPORT_FILES,
                tags::SERVICE_UID
            ];
            let one = services.admin_providers(only(&services)?)?;
            for (table, required) in [
                (
                    profiles.profile_table(ProfileFlags::NONE),
                    &columns![tags::DISPLAY_NAME, tags::DEFAULT_PROFILE][..],
                ),
                (services.service_table(), &service),
                (services.provider_table(), &provider),
                (one.provider_table(), &provider),
            ] {
                let table = table.open()?;
                let columns = table.query_columns();
                for tag in required {
                    assert!(columns.contains(tag), "{tag}");
                }
                let row = table.query_rows(1)?.remove(0);
                for (at, tag) in required.iter().enumerate() {
                    assert!(row.value(*tag).is_some(), "{at}: {tag}");
                }
            }
            Ok(())
        }
    ),
];

/// Who has the primary identity, by the flags of services; providers agree.
fn primary(desk: &Desk) -> Result<Vec<Guid>> {
    let profile = desk.host().profile("p")?;
    for service in &profile.services {
        let on = service.flags & service_flags::PRIMARY_IDENTITY != 0;
        for provider in &service.providers {
            assert_eq!(provider.flags & resource_flags::PRIMARY_IDENTITY != 0, on);
        }
    }
    let has = |s: &&mapi::ProfileService| s.flags & service_flags::PRIMARY_IDENTITY != 0;
    Ok(profile.services.iter().filter(has).map(|s| s.uid).collect())
}

/// Whether an entry id holds this name.
fn contains(id: &[u8], name: &str) -> bool {
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    id.windows(wide.len()).any(|w| w == wide)
}

fn rows_told(heard: &Heard) -> Vec<(TableEvent, Option<mapi::TableRow>)> {
    let told = heard.take().into_iter();
    told.filter_map(|n| match n {
        Notification::Table(n) => Some((n.event, n.row)),
        _ => None,
    })
    .collect()
}
