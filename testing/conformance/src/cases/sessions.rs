//! SES-01 … SES-09, OVR-03, 7.1: initialising, logging on, what a session shares and what it keeps in its profile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mapi::{
    Call, Code, EntryId, Guid, Host, Identity, Logon, Mapi, MapiProp, OpenFlags, PropTag, PropType,
    PropValue, RelOp, Restriction, Result, SectionFlags, Service, Session, StoreFlags, Support,
    columns, object_type, resource_flags, tags,
};
use mapi_props::entry_id::{OneOff, OneOffStrings};
use mapi_spi::{OpenStore, ServiceLayer, Store};

use crate::fixture::{add_subject, code, draft, prop};
use crate::{Case, case};

/// PR_RESOURCE_TYPE: MAPI_STORE_PROVIDER, MAPI_SUBSYSTEM, MAPI_SPOOLER.
const STORE_PROVIDER: i32 = 33;
const SUBSYSTEM: i32 = 39;
const SPOOLER: i32 = 37;

pub(super) const CASES: &[Case] = &[
    case!(
        "SES-01.1",
        needs(),
        "without a session there is no way to a store",
        |f| {
            let program = f.program();
            assert_eq!(
                program.profiles()?,
                ["work", "home"],
                "names are all there is"
            );
            assert_eq!(
                code(Session::logon(&program, Logon::shared())),
                Code::LOGON_FAILED
            );
            let session = Session::logon(&program, Logon::profile("work"))?;
            let store = session.default_store()?;
            let (root, id) = (store.root_folder()?, store.entry_id());
            session.logoff();
            let ended = Code::END_OF_SESSION;
            assert_eq!(code(session.default_store()), ended);
            assert_eq!(code(session.stores()), ended);
            assert_eq!(code(session.store_by_letter("a")), ended);
            assert_eq!(code(session.open_store(&id, StoreFlags::NONE)), ended);
            assert_eq!(code(session.open_entry(&id, OpenFlags::NONE)), ended);
            assert_eq!(
                code(session.open_entry(&root.entry_id(), OpenFlags::NONE)),
                ended
            );
            assert_eq!(code(session.stores_table().open()?.row_count()), ended);
            // Nor does anything that came from it lead back.
            assert_eq!(code(root.store()), ended);
            assert_eq!(code(store.open_entry(&id, OpenFlags::NONE)), ended);
            assert_eq!(code(store.root_folder()), ended);
            assert_eq!(
                code(session.add_store("MALLE_MEMORY", &Default::default())),
                ended
            );
            Ok(())
        }
    ),
    case!(
        "SES-03.1" + "SES-03.2",
        needs(),
        "initialising is counted, and nothing works while the count is 0",
        |f| {
            let none = Code::NOT_INITIALIZED;
            let mapi = Mapi::uninitialized(f.host_with(f.ground().service()));
            assert_eq!(code(Session::logon(&mapi, Logon::profile("work"))), none);
            assert_eq!(code(mapi.profiles()), none);
            assert_eq!(code(mapi.uninitialize()), none);
            mapi.initialize_again();
            mapi.initialize_again();
            let session = Session::logon(&mapi, Logon::profile("work"))?;
            let inbox = session.default_store()?.receive_folder("IPM")?;
            mapi.uninitialize()?;
            assert_eq!(inbox.get(tags::DISPLAY_NAME)?, "Inbox");
            assert_eq!(session.stores()?.len(), 2);
            drop(Session::logon(&mapi, Logon::profile("work"))?);
            mapi.uninitialize()?;
            assert_eq!(code(Session::logon(&mapi, Logon::profile("work"))), none);
            assert_eq!(code(mapi.profiles()), none);
            assert_eq!(code(session.default_store()), none);
            assert_eq!(code(inbox.get(tags::DISPLAY_NAME)), none);
            assert_eq!(code(mapi.uninitialize()), none, "not below 0");
            // Another program is not concerned.
            assert_eq!(f.inbox()?.get(tags::DISPLAY_NAME)?, "Inbox");
            Ok(())
        }
    ),
    case!(
        "SES-06.1",
        needs(),
        "a logon that names no profile fails without a session to join",
        |f| {
            let program = f.program();
            let failed = || code(Session::logon(&program, Logon::shared()));
            assert_eq!(failed(), Code::LOGON_FAILED);
            let alone = Session::logon(&program, Logon::profile("work"))?;
            assert_eq!(failed(), Code::LOGON_FAILED, "nobody allowed others");
            let shared = Session::logon(&program, Logon::profile("work").allow_others())?;
            let joined = Session::logon(&program, Logon::shared())?;
            assert_eq!(joined.profile_name(), "work");
            shared.logoff();
            drop(Session::logon(&program, Logon::shared())?);
            joined.logoff();
            assert_eq!(
                failed(),
                Code::LOGON_FAILED,
                "it ended with its last member"
            );
            assert_eq!(alone.stores()?.len(), 2);
            // What else there is no profile by.
            let unknown = Session::logon(&program, Logon::profile("nobody"));
            assert_eq!(code(unknown), Code::LOGON_FAILED);
            let long = Session::logon(&program, Logon::profile("x".repeat(65)));
            assert_eq!(code(long), Code::LOGON_FAILED);
            let default = Session::logon(&program, Logon::default_profile())?;
            assert_eq!(default.profile_name(), "work");
            Ok(())
        }
    ),
    case!(
        "SES-06.2",
        needs(),
        "a shared session wins over the profile that is named",
        |f| {
            let program = f.program();
            let shared = Session::logon(&program, Logon::profile("work").allow_others())?;
            let joined = Session::logon(&program, Logon::profile("home"))?;
            assert_eq!(joined.profile_name(), "work");
            assert_eq!(joined.default_store()?.letter(), "a");
            let new = Session::logon(&program, Logon::profile("home").new_session())?;
            assert_eq!(new.profile_name(), "home");
            assert_eq!(new.default_store()?.letter(), "b");
            // Each member has handles of its own, over the same stores.
            let id = add_subject(&shared.default_store()?.receive_folder("IPM")?, "m")?;
            let message = joined.open_entry(&id, OpenFlags::NONE)?.into_message()?;
            shared.logoff();
            assert_eq!(code(shared.default_store()), Code::END_OF_SESSION);
            assert_eq!(message.get(tags::SUBJECT)?, "m");
            joined.logoff();
            assert_eq!(code(message.get(tags::SUBJECT)), Code::END_OF_SESSION);
            assert_eq!(new.stores()?.len(), 1);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a short wait for another logon ends with a timeout",
        |f| {
            // Opening a store asks a service that logs on itself: that logon finds the first one still going on.
            let slow = Arc::new(Watched::over(f.ground().service()));
            let mapi = Mapi::initialize(f.host_with(Arc::clone(&slow) as Arc<dyn Service>));
            let inner = mapi.clone();
            *slow.meanwhile.lock().unwrap() = Some(Box::new(move || {
                let logon = Logon::profile("home").timeout_short();
                Session::logon(&inner, logon).map(drop)
            }));
            let session = Session::logon(&mapi, Logon::profile("work"))?;
            let met = slow.met.lock().unwrap().take();
            assert_eq!(met.map(code), Some(Code::TIMEOUT));
            let after = Session::logon(&mapi, Logon::profile("work").timeout_short())?;
            assert_eq!(after.stores()?.len(), session.stores()?.len());
            Ok(())
        }
    ),
    case!(
        "OVR-03.1",
        needs(),
        "a provider is told to shut down once, after its last session",
        |f| {
            let service = Arc::new(Watched::over(f.ground().service()));
            let ended = || service.ended.load(Ordering::SeqCst);
            let mapi = Mapi::initialize(f.host_with(Arc::clone(&service) as Arc<dyn Service>));
            let first = Session::logon(&mapi, Logon::profile("work"))?;
            let second = Session::logon(&mapi, Logon::profile("work"))?;
            let inbox = second.default_store()?.receive_folder("IPM")?;
            first.logoff();
            drop(first);
            assert_eq!(ended(), 0);
            add_subject(&inbox, "works")?;
            assert_eq!(inbox.counts()?.contents, 1);
            second.logoff();
            drop((inbox, second));
            assert_eq!(ended(), 1);
            // It can be taken up again, and ends again.
            let third = Session::logon(&mapi, Logon::profile("work"))?;
            assert_eq!(
                third
                    .default_store()?
                    .receive_folder("IPM")?
                    .counts()?
                    .contents,
                1
            );
            assert_eq!(ended(), 1);
            drop(third);
            assert_eq!(ended(), 2);
            Ok(())
        }
    ),
    case!(
        "SES-09.2" + "M-IMAPISession.QueryIdentity",
        needs(),
        "without an identity anywhere the user is a one-off, with a warning",
        |f| {
            let nobody = f.session().query_identity()?;
            assert_eq!(nobody.warning, Some(Code::W_NO_SERVICE));
            assert_eq!(nobody.code().0 >> 31, 0, "a success");
            let again = f.second_session()?.query_identity()?;
            assert_eq!(again.value, nobody.value, "always the same");
            let OneOffStrings::Unicode {
                name,
                address_type,
                address,
            } = OneOff::decode(nobody.value.as_bytes())?.strings
            else {
                panic!("{:?}", nobody.value);
            };
            assert!(
                ![&name, &address_type, &address]
                    .iter()
                    .any(|s| s.is_empty())
            );
            // It is good for the sender of a message.
            let folder = f.folder("Mail")?;
            let message = draft(
                &folder,
                &[prop(tags::SENDER_ENTRYID, nobody.value.as_bytes())],
            )?;
            message.save_changes(mapi::SaveFlags::NONE)?;
            let stored = folder.open_message(&message.entry_id().unwrap())?;
            assert_eq!(stored.get(tags::SENDER_ENTRYID)?, nobody.value.as_bytes());
            Ok(())
        }
    ),
    case!(
        "SES-09.3",
        needs(),
        "a provider without identity has none of the three properties",
        |f| {
            let identity = [
                tags::IDENTITY_ENTRYID.raw(),
                tags::IDENTITY_DISPLAY.raw(),
                tags::IDENTITY_SEARCH_KEY.raw(),
            ];
            let host = f.host_with(f.ground().service());
            introduce(host.as_ref(), "b", "Ann", 0)?;
            let session = Session::logon(&Mapi::initialize(host), Logon::profile("work"))?;
            let stores = Restriction::property(tags::RESOURCE_TYPE, RelOp::Eq, STORE_PROVIDER);
            let table = session
                .status_table()
                .columns(identity)
                .restrict(stores)
                .open()?;
            let rows = table.query_all_rows(0)?;
            assert_eq!(rows.len(), 2);
            for tag in identity {
                assert_eq!(rows[0].value(tag), None, "{tag}");
                assert!(rows[1].value(tag).is_some(), "{tag}");
            }
            assert_eq!(rows[1].get(tags::IDENTITY_DISPLAY).as_deref(), Some("Ann"));
            // The same of the objects behind the rows.
            for (row, has) in rows.iter().zip([false, true]) {
                let mapi::Object::Status(status) =
                    session.open_entry(row.entry_id(), OpenFlags::NONE)?
                else {
                    panic!("not a status object");
                };
                for tag in identity {
                    assert_eq!(status.prop_list()?.contains(&tag), has, "{tag}");
                }
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "the user is who the primary identity says, or else the first who knows",
        |f| {
            let host = f.host_with(f.ground().service());
            let mapi = Mapi::initialize(Arc::clone(&host));
            let who = || -> Result<(String, Option<Code>)> {
                let session = Session::logon(&mapi, Logon::profile("work"))?;
                let user = session.query_identity()?;
                let strings = OneOff::decode(user.value.as_bytes()).unwrap().strings;
                let OneOffStrings::Unicode { name, .. } = strings else {
                    panic!("{strings:?}");
                };
                Ok((name, user.warning))
            };
            introduce(host.as_ref(), "b", "Bob", 0)?;
            assert_eq!(who()?, ("Bob".to_owned(), None));
            introduce(host.as_ref(), "a", "Ann", 0)?;
            assert_eq!(who()?.0, "Ann");
            introduce(host.as_ref(), "b", "Bob", resource_flags::PRIMARY_IDENTITY)?;
            assert_eq!(who()?.0, "Bob");
            Ok(())
        }
    ),
    case!(
        "M-IMAPISession.OpenProfileSection",
        needs(),
        "a profile section has many readers or one writer, and lasts",
        |f| {
            let (uid, other) = (Guid([7; 16]), Guid([8; 16]));
            let session = f.session();
            let open = |uid, flags| session.open_profile_section(uid, flags);
            assert_eq!(code(open(uid, SectionFlags::NONE)), Code::NOT_FOUND);
            let writer = open(uid, SectionFlags::MODIFY)?;
            let all = [
                prop(tags::DISPLAY_NAME, "settings"),
                prop(PropTag::new(0x6601, PropType::BINARY), &[0_u8, 255][..]),
                prop(PropTag::new(0x67F0, PropType::UNICODE), "secret"),
                prop(tags::OBJECT_TYPE, 1),
            ];
            let problems = writer.set_props(&all)?;
            assert_eq!((problems.len(), problems[0].index), (1, 3));
            assert_eq!(problems[0].code, Code::COMPUTED);
            assert_eq!(writer.get(tags::ACCESS_LEVEL)?, 1);
            for flags in [SectionFlags::NONE, SectionFlags::MODIFY] {
                assert_eq!(code(open(uid, flags)), Code::NO_ACCESS);
            }
            drop(open(other, SectionFlags::MODIFY)?);
            drop(writer);
            let (one, two) = (
                open(uid, SectionFlags::NONE)?,
                open(uid, SectionFlags::NONE)?,
            );
            assert_eq!(code(open(uid, SectionFlags::MODIFY)), Code::NO_ACCESS);
            assert_eq!(code(one.set(tags::DISPLAY_NAME, "x")), Code::NO_ACCESS);
            assert_eq!(
                code(one.delete_props(&columns![tags::DISPLAY_NAME])),
                Code::NO_ACCESS
            );
            assert_eq!(two.get(tags::OBJECT_TYPE)?, object_type::PROFSECT);
            drop(one);
            assert_eq!(
                code(open(uid, SectionFlags::MODIFY)),
                Code::NO_ACCESS,
                "one still reads"
            );
            drop(two);
            drop(open(uid, SectionFlags::MODIFY)?);
            // A new session finds it; what is secret is read by name only.
            let section = f
                .restart()?
                .open_profile_section(uid, SectionFlags::MODIFY)?;
            assert_eq!(section.get(tags::DISPLAY_NAME)?, "settings");
            let secret = PropTag::new(0x67F0, PropType::UNICODE);
            assert!(!section.prop_list()?.contains(&secret));
            let read = section.get_props(&[secret])?.value.remove(0).value;
            assert_eq!(read, PropValue::from("secret"));
            section.delete_props(&columns![tags::DISPLAY_NAME])?;
            assert_eq!(section.find(tags::DISPLAY_NAME)?, None);
            let home = Session::logon(&f.program(), Logon::profile("home"))?;
            let elsewhere = home.open_profile_section(uid, SectionFlags::NONE);
            assert_eq!(
                code(elsewhere),
                Code::NOT_FOUND,
                "another profile has its own"
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "the status table has a row for the subsystem, the spooler and each store",
        |f| {
            let session = f.session();
            let table = session.status_table().open()?;
            let rows = table.query_all_rows(0)?;
            let kinds: Vec<_> = rows
                .iter()
                .filter_map(|r| r.get(tags::RESOURCE_TYPE))
                .collect();
            assert_eq!(kinds, [SUBSYSTEM, SPOOLER, STORE_PROVIDER, STORE_PROVIDER]);
            for row in &rows {
                assert_eq!(row.get(tags::OBJECT_TYPE), Some(object_type::STATUS));
                let spooler = row.get(tags::RESOURCE_TYPE) == Some(SPOOLER);
                let code = if spooler { 0x2 } else { 0x1 };
                assert_eq!(row.get(tags::STATUS_CODE), Some(code), "{row:?}");
                let opened = session.open_entry(row.entry_id(), OpenFlags::NONE)?;
                assert_eq!(opened.object_type(), object_type::STATUS);
                let mapi::Object::Status(status) = opened else {
                    panic!("not a status object");
                };
                status.validate_state()?;
                assert_eq!(
                    status.get(tags::PROVIDER_DISPLAY).ok(),
                    row.get(tags::PROVIDER_DISPLAY)
                );
                assert_eq!(status.get(tags::ENTRYID)?, row.entry_id().as_bytes());
            }
            let flags: Vec<_> = rows
                .iter()
                .filter_map(|r| r.get(tags::RESOURCE_FLAGS))
                .collect();
            assert_eq!(flags, [0, 0, 0x2, 0]);
            let gone = rows[3].entry_id().clone();
            session.remove_store(&f.other_store()?.entry_id())?;
            assert_eq!(table.row_count()?, 3);
            assert_eq!(
                code(session.open_entry(&gone, OpenFlags::NONE)),
                Code::NOT_FOUND
            );
            let cut = EntryId::from(&gone.as_bytes()[..24]);
            assert_eq!(
                code(session.open_entry(&cut, OpenFlags::NONE)),
                Code::INVALID_ENTRYID
            );
            Ok(())
        }
    ),
];

/// Tells the profile `work` who the user is to the service of this letter.
fn introduce(host: &dyn Host, letter: &str, name: &str, flags: u32) -> Result<()> {
    host.change_profile("work", &mut |profile| {
        let service = profile
            .services
            .iter_mut()
            .find(|s| s.providers[0].letter == letter)
            .unwrap();
        service.providers[0].flags |= flags;
        service.identity = Some(Identity {
            name: name.to_owned(),
            address_type: "SMTP".to_owned(),
            address: format!("{}@example.com", name.to_lowercase()),
        });
        Ok(())
    })
}

type Meanwhile = Box<dyn FnOnce() -> Result<()> + Send>;

/// A service that counts how often it is told to shut down, and can do something while a store is opened.
struct Watched {
    service: Arc<dyn Service>,
    ended: AtomicUsize,
    meanwhile: std::sync::Mutex<Option<Meanwhile>>,
    met: std::sync::Mutex<Option<Result<()>>>,
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}

impl Watched {
    fn over(service: Arc<dyn Service>) -> Self {
        Self {
            service,
            ended: AtomicUsize::new(0),
            meanwhile: std::sync::Mutex::default(),
            met: std::sync::Mutex::default(),
        }
    }
}

impl ServiceLayer for Watched {
    fn below(&self) -> &dyn Service {
        self.service.as_ref()
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            *self.met.lock().unwrap() = Some(meanwhile());
        }
        self.service.open_store(open, support, call)
    }

    fn shutdown(&self) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}
