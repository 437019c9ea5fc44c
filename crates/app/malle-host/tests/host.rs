//! The host over both services, through the client API.

use std::io::Read;
use std::sync::Arc;

use malle_host::export::MimeOf;
use malle_host::import::{ImportJob, MailFlags, StoreTarget, import};
use malle_host::{Catalogue, DELIVERY_SERVICE, Home, MalleHost, Profiles, default_config};
use mapi::{Host, Logon, Mapi, MapiProp, MsgStore, NewService, Profile, Session, tags};
use mapi_props::Code;
use mapi_spi::{
    Call, OpenStore, OpenTransport, Service, ServiceDescription, ServiceDraft, ServiceEvent, Store,
    Support, Transport, UiHost,
};
use testkit::TempHome;

fn session(home: &TempHome, service: &str) -> Session {
    let host = MalleHost::new(Profiles::of(Home::below(home.path())));
    let host = Arc::new(host);
    let config = default_config(service).expect("the program has this service");
    host.create_profile("me", service, config)
        .expect("a profile is made");
    let mapi = Mapi::initialize(host as Arc<dyn Host>);
    Session::logon(&mapi, Logon::profile("me")).expect("the profile can be logged on to")
}

fn bring_in(store: &MsgStore, home: &TempHome) -> mapi::Result<()> {
    let mail = home.path().join("mail");
    std::fs::create_dir_all(mail.join("cur")).expect("a Maildir is laid");
    std::fs::create_dir_all(mail.join("new")).expect("a Maildir is laid");
    let text = "From: Ann <ann@example.org>\r\nSubject: Hello\r\n\r\nHi.\r\n";
    std::fs::write(mail.join("cur/1.x:2,FST"), text).expect("a message is laid");
    let job = ImportJob {
        paths: vec![mail],
        ..ImportJob::default()
    };
    let target = StoreTarget::new(store.clone(), "Archive/2026");
    let report = import(&job, &target, malle_host::now(), &mut |_| {});
    assert_eq!((report.imported, report.failures.len()), (1, 0));
    assert!(report.stopped.is_none());
    let again = import(&job, &target, malle_host::now(), &mut |_| {});
    assert_eq!((again.imported, again.skipped), (0, 1));

    let table = store
        .folder("Archive/2026")?
        .contents()
        .columns([tags::SUBJECT.raw()])
        .open()?;
    let rows = table.query_rows(10)?;
    let row = rows.first().expect("the message is listed");
    assert_eq!(row.get(tags::SUBJECT).as_deref(), Some("Hello"));
    let message = store.open_message(row.entry_id(), mapi::OpenFlags::NONE)?;
    let state = [
        tags::MSG_STATUS.raw(),
        tags::FLAG_STATUS.raw(),
        tags::LAST_VERB_EXECUTED.raw(),
    ];
    let state = message.get_props(&state)?.ignore_warning();
    let value = |at: usize| state.get(at).map(|prop| &prop.value);
    let status = value(0).and_then(mapi::PropValue::as_long).unwrap_or(0);
    let flags = MailFlags::of_message(message.flags(), status.cast_unsigned(), value(1), value(2));
    assert_eq!(flags.to_maildir().letters(), "FST");
    Ok(())
}

#[test]
fn mail_comes_into_both_kinds_of_store() -> mapi::Result<()> {
    for service in ["MALLE_LOCAL", "MALLE_MEMORY"] {
        let home = TempHome::new().expect("a temporary home");
        bring_in(&session(&home, service).default_store()?, &home)?;
    }
    Ok(())
}

#[test]
fn a_store_that_cannot_be_made_leaves_no_profile() {
    let home = TempHome::new().expect("a temporary home");
    let host = Arc::new(MalleHost::new(Profiles::of(Home::below(home.path()))));
    let no_path = std::collections::BTreeMap::new();
    assert!(host.create_profile("me", "MALLE_LOCAL", no_path).is_err());
    assert!(
        host.create_profile("me", "NO_SUCH", std::collections::BTreeMap::new())
            .is_err()
    );
    assert!(
        host.profile_names()
            .expect("profiles are listed")
            .is_empty()
    );
}

#[test]
fn what_a_session_changes_is_kept_in_the_profile_file() {
    let home = TempHome::new().expect("a home");
    let first = session(&home, malle_host::LOCAL_SERVICE);
    let settings = [("path".to_owned(), "archive.malle".to_owned())];
    let added = first
        .add_store(malle_host::LOCAL_SERVICE, &settings.into())
        .expect("a store is added");
    assert_eq!(added.letter(), "b");
    first
        .set_default_store(Some(&added.entry_id()), mapi::StoreRole::Default)
        .expect("it becomes the default");
    let uid = mapi::Guid([7; 16]);
    let section = first
        .open_profile_section(uid, mapi::SectionFlags::MODIFY)
        .expect("a section is made");
    section
        .set(tags::COMMENT, "two\nlines")
        .expect("a section is written");
    drop(section);
    first.logoff();

    let host = MalleHost::new(Profiles::of(Home::below(home.path())));
    let mapi = Mapi::initialize(Arc::new(host) as Arc<dyn Host>);
    let second = Session::logon(&mapi, Logon::profile("me")).expect("a new program logs on");
    let default = second.default_store().expect("there is a default store");
    assert_eq!(
        (default.letter(), default.entry_id()),
        ("b", added.entry_id())
    );
    let section = second
        .open_profile_section(uid, mapi::SectionFlags::NONE)
        .expect("the section is there");
    assert_eq!(section.get(tags::COMMENT).expect("it is set"), "two\nlines");
    second
        .set_default_store(None, mapi::StoreRole::Default)
        .expect("no store is the default");
    second
        .remove_store(&added.entry_id())
        .expect("a store is removed");
    second.logoff();
    let third = Session::logon(&mapi, Logon::profile("me")).expect("a profile without default");
    assert_eq!(third.stores().expect("stores").len(), 1);
    assert!(third.default_store().is_err());
    let again = third
        .add_store(
            malle_host::LOCAL_SERVICE,
            &[("path".to_owned(), "archive.malle".to_owned())].into(),
        )
        .expect("the file is still there");
    assert_eq!((again.letter(), again.entry_id()), ("c", added.entry_id()));
}

/// A message with an attachment of this many lines of base64.
fn large_mail(lines: usize) -> String {
    let mut mail = String::from(
        "From: Ann <ann@example.org>\r\nSubject: Large\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\n\
         Content-Type: application/pdf; name=large.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    );
    for n in 0..lines {
        mail += &format!("{n:0>76}\r\n");
    }
    mail + "--b--\r\n"
}

#[test]
fn a_large_message_comes_back_byte_for_byte() -> mapi::Result<()> {
    let home = TempHome::new().expect("a temporary home");
    let store = session(&home, "MALLE_LOCAL").default_store()?;
    let mail = large_mail(250_000);
    let file = home.path().join("large.eml");
    std::fs::write(&file, &mail).expect("a message is laid");
    let job = ImportJob {
        paths: vec![file],
        ..ImportJob::default()
    };
    let target = StoreTarget::new(store.clone(), "Inbox");
    let report = import(&job, &target, malle_host::now(), &mut |_| {});
    assert_eq!((report.imported, report.failures.len()), (1, 0));
    assert_eq!(report.bytes, mail.len() as u64);
    let again = import(&job, &target, malle_host::now(), &mut |_| {});
    assert_eq!((again.imported, again.skipped), (0, 1));

    let table = store.folder("Inbox")?.contents().open()?;
    let rows = table.query_rows(10)?;
    let row = rows.first().expect("the message is listed");
    let message = store.open_message(row.entry_id(), mapi::OpenFlags::NONE)?;
    let attachment = message.open_attachment(0, mapi::OpenFlags::NONE)?;
    let size = attachment.find(tags::ATTACH_SIZE)?.unwrap_or(0);
    assert!(size > 250_000 * 57, "{size} bytes");
    let mut exported = String::new();
    MimeOf::message(&message)?
        .read_to_string(&mut exported)
        .expect("the message is read");
    assert!(exported == mail, "another message came back");
    Ok(())
}

#[test]
fn header_fields_that_a_store_has_mapped_become_properties() -> mapi::Result<()> {
    for service in ["MALLE_LOCAL", "MALLE_MEMORY"] {
        let home = TempHome::new().expect("a temporary home");
        let store = session(&home, service).default_store()?;
        let mapped = mapi::PropName::text(mapi::guids::PS_INTERNET_HEADERS, "X-Project");
        let tag = store.ids_from_names(&[mapped], true)?.value[0];
        let other = mapi::PropName::text(mapi::guids::PS_INTERNET_HEADERS, "x-other");

        let file = home.path().join("one.eml");
        let text = "From: a@b.c\r\nx-project: Moon\r\nX-Other: no\r\n\r\nHi.\r\n";
        std::fs::write(&file, text).expect("a message is laid");
        let job = ImportJob {
            paths: vec![file],
            ..ImportJob::default()
        };
        let target = StoreTarget::new(store.clone(), "Inbox");
        let report = import(&job, &target, malle_host::now(), &mut |_| {});
        assert_eq!((report.imported, report.failures.len()), (1, 0));

        let table = store.folder("Inbox")?.contents().open()?;
        let rows = table.query_rows(10)?;
        let row = rows.first().expect("the message is listed");
        let message = store.open_message(row.entry_id(), mapi::OpenFlags::NONE)?;
        let asked = [tag.with_type(mapi::PropType::UNICODE)];
        let found = message.get_props(&asked)?.value;
        assert_eq!(found[0].value.as_str(), Some("Moon"), "{service}");
        // The name that nobody mapped was not mapped by the mail.
        let found = store.ids_from_names(&[other], false)?;
        assert_eq!(found.code(), mapi::Code::W_ERRORS_RETURNED, "{service}");
    }
    Ok(())
}

/// Local delivery, but the profile is gone once it has agreed to be in it.
#[derive(Debug)]
struct Late {
    below: Arc<dyn Service>,
    profile: std::path::PathBuf,
}

impl Service for Late {
    fn name(&self) -> &str {
        self.below.name()
    }

    fn display_name(&self) -> &str {
        self.below.display_name()
    }

    fn description(&self) -> ServiceDescription {
        self.below.description()
    }

    fn entry(
        &self,
        event: &ServiceEvent<'_>,
        draft: &mut ServiceDraft,
        ui: &dyn UiHost,
        call: &Call,
    ) -> mapi_spi::Result<()> {
        self.below.entry(event, draft, ui, call)?;
        if matches!(event, ServiceEvent::Create { .. }) {
            std::fs::remove_file(&self.profile).expect("the profile was there");
        }
        Ok(())
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> mapi_spi::Result<Arc<dyn Store>> {
        self.below.open_store(open, support, call)
    }

    fn open_transport(
        &self,
        open: &OpenTransport,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> mapi_spi::Result<Arc<dyn Transport>> {
        self.below.open_transport(open, support, call)
    }
}

#[test]
fn an_address_is_free_again_if_its_service_could_not_be_added() {
    let place = TempHome::new().expect("a home");
    let home = || Home::below(place.path());
    let plain = Arc::new(MalleHost::new(Profiles::of(home())));
    for name in ["ann", "bob"] {
        let profile = Profile {
            name: name.to_owned(),
            ..Profile::default()
        };
        Host::create_profile(plain.as_ref(), profile).expect("a profile is made");
    }
    let catalogue = Catalogue::of(&home());
    let below = catalogue.service(DELIVERY_SERVICE).cloned();
    let late = Late {
        below: below.expect("local delivery is built in"),
        profile: place.path().join("profiles/ann.toml"),
    };
    let profiles = Profiles::made_of(home(), catalogue.with(Arc::new(late)));
    let add = |host: Arc<MalleHost>, profile: &str| {
        let mapi = Mapi::initialize(host as Arc<dyn Host>);
        let services = mapi.admin_profiles()?.admin_services(profile)?;
        services.create_service(&NewService::of(DELIVERY_SERVICE).set("address", "x@localhost"))
    };
    let failed = add(Arc::new(MalleHost::new(profiles)), "ann");
    assert_eq!(failed.expect_err("it is gone").code(), Code::NOT_FOUND);
    add(plain, "bob").expect("nobody has the address");
}
