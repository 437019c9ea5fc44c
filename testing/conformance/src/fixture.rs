//! A fresh profile of two stores for each case, and what stories keep doing with it.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use mapi::{
    Code, EmbeddedHost, EntryId, FileTime, Folder, Host, Logon, Mapi, MapiProp, Message,
    ModifyMode, MsgStore, OpenFlags, Profile, ProfileService, PropTag, PropValue, Result,
    SaveFlags, Service, ServiceConfig, Session, Support, Table, attach_method, columns,
    resource_flags, tags,
};
use mapi_kit::trace::TracedService;
use mapi_spi::{ChangeSet, FlagPatch, Items, Op, OpenStore};
use testkit::{CountingBytes, FakeClock};

use crate::desk::OtherServices;

/// Where stores of one kind are made for a case. Dropping it takes them away.
pub trait Ground: Debug {
    /// A service, as a program that just started would have it: what it keeps between two calls of this method is what a
    /// store keeps over a restart.
    fn service(&self) -> Arc<dyn Service>;

    /// The configuration of the store called `name`.
    fn config(&self, name: &str) -> ServiceConfig;

    /// Every byte that the store called `name` has on disk; `None` for one that has none.
    fn bytes(&self, _name: &str) -> Option<Vec<u8>> {
        None
    }
}

/// What a case works on: the profile `work` with the default store `a` and a second store `b`; beside it the profile
/// `home`, which has only `b`. Profiles are kept over restarts.
#[derive(Debug)]
pub struct Fixture {
    ground: Box<dyn Ground>,
    support: Arc<dyn Support>,
    profiles: Arc<EmbeddedHost>,
    session: RefCell<Session>,
}

impl Fixture {
    /// A fresh profile, logged on.
    ///
    /// # Errors
    /// Those of logging on.
    pub fn new(ground: Box<dyn Ground>) -> Result<Self> {
        let support: Arc<dyn Support> = Arc::new(TestSupport::default());
        let home = profile_of(ground.as_ref(), "home", &["b"]);
        let work = host_of(ground.as_ref(), ground.service(), &support, ["a", "b"]);
        let profiles = Arc::new(work.add_profile(home));
        let service = ground.service();
        let program = program(&profiles, service);
        let session = Session::logon(&program, Logon::profile("work").create())?;
        Ok(Self {
            ground,
            support,
            profiles,
            session: RefCell::new(session),
        })
    }

    /// The library in a program that just started, over the profiles as they are now.
    #[must_use]
    pub fn program(&self) -> Mapi {
        program(&self.profiles, self.ground.service())
    }

    /// The host of such a program with this service instead of the ground's own.
    #[must_use]
    pub fn host_with(&self, service: Arc<dyn Service>) -> Arc<dyn Host> {
        let profiles = Arc::clone(&self.profiles) as Arc<dyn Host>;
        Arc::new(OtherServices::of(profiles, service))
    }

    /// Where the stores of the case are made.
    #[must_use]
    pub fn ground(&self) -> &dyn Ground {
        self.ground.as_ref()
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> Session {
        self.session.borrow().clone()
    }

    /// Another session on the same profile: nothing in common with the first but the stores.
    ///
    /// # Errors
    /// Those of logging on.
    pub fn second_session(&self) -> Result<Session> {
        Session::logon(&self.program(), Logon::profile("work"))
    }

    /// A session on a profile of these two stores, the first one being the default; none is made if it is missing.
    ///
    /// # Errors
    /// Those of logging on.
    pub fn session_on(&self, stores: [&str; 2]) -> Result<Session> {
        logon_to(
            self.ground.as_ref(),
            &self.support,
            Logon::profile("work"),
            stores,
        )
    }

    /// Another session on the same profile, whose calls to its stores can be counted ([`crate::counted::calls`]).
    ///
    /// # Errors
    /// Those of logging on.
    pub(crate) fn counted_session(&self) -> Result<Session> {
        self.session_through(|service| Arc::new(TracedService::new(service)))
    }

    /// Another session on the same profile, whose stores are opened through what `wrap` makes of their service.
    ///
    /// # Errors
    /// Those of logging on.
    pub(crate) fn session_through(
        &self,
        wrap: impl FnOnce(Arc<dyn Service>) -> Arc<dyn Service>,
    ) -> Result<Session> {
        let service = wrap(self.ground.service());
        let host = host_of(self.ground.as_ref(), service, &self.support, ["a", "b"]);
        Session::logon(&Mapi::initialize(Arc::new(host)), Logon::profile("work"))
    }

    /// A session whose stores are open for reading only.
    ///
    /// # Errors
    /// Those of logging on.
    pub fn read_only_session(&self) -> Result<Session> {
        Session::logon(&self.program(), Logon::profile("work").read_only())
    }

    /// Logs off and on again, as after a restart of the program. Handles from before are dead.
    ///
    /// # Errors
    /// Those of logging on.
    pub fn restart(&self) -> Result<Session> {
        self.session.borrow().logoff();
        let session = self.second_session()?;
        *self.session.borrow_mut() = session.clone();
        Ok(session)
    }

    /// Changes the default store behind the client API's back, as another program or a spooler does.
    ///
    /// # Errors
    /// Those of opening the store and of the change.
    pub fn behind(&self, op: Op) -> Result<()> {
        let open = OpenStore {
            config: self.ground.config("a"),
            mode: mapi::OpenMode::ReadWrite,
            provider: String::new(),
        };
        let (service, support) = (self.ground.service(), Arc::clone(&self.support));
        let store = service.open_store(&open, support, &mapi::Call::default())?;
        store
            .commit(ChangeSet::one(op), &mapi::Call::default())
            .map(drop)
    }

    /// Marks a message as being sent, as submitting does.
    ///
    /// # Errors
    /// Those of [`Self::behind`].
    pub fn queue(&self, message: &Message) -> Result<()> {
        let items = Items::Ids(message.item().into_iter().collect());
        let flags = FlagPatch {
            set: mapi::message_flags::SUBMIT,
            clear: 0,
        };
        self.behind(Op::SetFlags { items, flags })
    }

    /// Settings of the store called `name`, with full paths: where relative ones start is the profile's to say.
    #[must_use]
    pub fn settings(&self, name: &str) -> std::collections::BTreeMap<String, String> {
        let config = self.ground.config(name);
        let full = |(k, v): (String, String)| match k.as_str() {
            "path" => (k, config.base.join(v).display().to_string()),
            _ => (k, v),
        };
        config.values.clone().into_iter().map(full).collect()
    }

    /// The default store.
    ///
    /// # Errors
    /// Those of opening it.
    pub fn store(&self) -> Result<MsgStore> {
        self.session().default_store()
    }

    /// The second store of the profile.
    ///
    /// # Errors
    /// Those of opening it.
    pub fn other_store(&self) -> Result<MsgStore> {
        self.session().store_by_letter("b")
    }

    /// The Inbox of the default store.
    ///
    /// # Errors
    /// Those of opening it.
    pub fn inbox(&self) -> Result<Folder> {
        self.store()?.receive_folder("IPM")
    }

    /// A new sub-folder of the Inbox.
    ///
    /// # Errors
    /// Those of creating it.
    pub fn folder(&self, name: &str) -> Result<Folder> {
        self.inbox()?
            .create_folder(name, None, mapi::CreateFolderFlags::NONE)
    }
}

/// A program that just started, with this service.
fn program(profiles: &Arc<EmbeddedHost>, service: Arc<dyn Service>) -> Mapi {
    let profiles = Arc::clone(profiles) as Arc<dyn Host>;
    Mapi::initialize(Arc::new(OtherServices::of(profiles, service)))
}

/// Logs on to a profile of these stores, the first one being the default.
fn logon_to(
    ground: &dyn Ground,
    support: &Arc<dyn Support>,
    logon: Logon,
    stores: [&str; 2],
) -> Result<Session> {
    let host = host_of(ground, ground.service(), support, stores);
    Session::logon(&Mapi::initialize(Arc::new(host)), logon)
}

/// A host that knows one profile of these stores.
fn host_of(
    ground: &dyn Ground,
    service: Arc<dyn Service>,
    support: &Arc<dyn Support>,
    stores: [&str; 2],
) -> EmbeddedHost {
    let profile = profile_of(ground, "work", &stores);
    EmbeddedHost::new()
        .service(service)
        .support(Arc::clone(support))
        .files(malle_host::open_referenced)
        .add_profile(profile)
}

/// A profile of these stores, the first one being the default.
fn profile_of(ground: &dyn Ground, name: &str, stores: &[&str]) -> Profile {
    let service = ground.service();
    let entry = |store: &&str| {
        let default = if *store == stores[0] {
            resource_flags::DEFAULT_STORE
        } else {
            0
        };
        ProfileService::store(service.name(), store, default, ground.config(store))
    };
    Profile {
        name: name.to_owned(),
        services: stores.iter().map(entry).collect(),
        ..Profile::default()
    }
}

/// A clock that moves by a millisecond each time it is asked, so that no two times are equal; bytes that repeat.
#[derive(Debug, Default)]
struct TestSupport {
    clock: FakeClock,
    bytes: CountingBytes,
}

impl Support for TestSupport {
    fn now(&self) -> FileTime {
        FileTime(self.clock.advance(Duration::from_millis(1)))
    }

    fn random(&self, bytes: &mut [u8]) {
        self.bytes.fill(bytes);
    }
}

/// Properties of a new message.
pub(crate) type Props<'a> = &'a [(PropTag, PropValue)];

/// Saves a new message with these properties.
pub(crate) fn add(folder: &Folder, props: Props<'_>) -> Result<EntryId> {
    let message = draft(folder, props)?;
    message.save_changes(SaveFlags::NONE)?;
    Ok(message.entry_id().unwrap())
}

/// A new message with these properties, not saved.
pub(crate) fn draft(folder: &Folder, props: Props<'_>) -> Result<Message> {
    let message = folder.create_message()?;
    if !props.is_empty() {
        assert_eq!(message.set_props(props)?, []);
    }
    Ok(message)
}

/// Saves a new message with this subject.
pub(crate) fn add_subject(folder: &Folder, subject: &str) -> Result<EntryId> {
    add(folder, &[prop(tags::SUBJECT, subject)])
}

/// One property.
pub(crate) fn prop(tag: impl Into<PropTag>, value: impl Into<PropValue>) -> (PropTag, PropValue) {
    (tag.into(), value.into())
}

/// A recipient row.
pub(crate) fn recipient(kind: i32, name: &str) -> Vec<(PropTag, PropValue)> {
    vec![
        prop(tags::RECIPIENT_TYPE, kind),
        prop(tags::DISPLAY_NAME, name),
        prop(tags::ADDRTYPE, "SMTP"),
        prop(
            tags::EMAIL_ADDRESS,
            format!("{}@example.com", name.to_lowercase()),
        ),
    ]
}

/// Appends recipients.
pub(crate) fn address(message: &Message, rows: &[(i32, &str)]) -> Result<()> {
    let rows: Vec<_> = rows
        .iter()
        .map(|(kind, name)| recipient(*kind, name))
        .collect();
    message.modify_recipients(ModifyMode::Add, &rows)
}

/// Adds a by-value attachment and saves it into the message's handle.
pub(crate) fn attach(message: &Message, name: &str, bytes: &[u8]) -> Result<i32> {
    let file = message.create_attachment()?;
    file.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
    file.set(tags::ATTACH_LONG_FILENAME, name)?;
    file.set(tags::ATTACH_DATA_BIN, bytes)?;
    file.save_changes(SaveFlags::NONE)?;
    Ok(file.number())
}

/// Opens a message for writing.
pub(crate) fn edit(folder: &Folder, id: &EntryId) -> Result<Message> {
    folder.open_message_with(id, OpenFlags::MODIFY)
}

/// Subjects of a table's rows in order; the table's columns must hold PR_SUBJECT.
pub(crate) fn subjects(table: &Table) -> Result<Vec<String>> {
    let rows = table.query_all_rows(0)?;
    Ok(rows
        .iter()
        .map(|r| r.get(tags::SUBJECT).unwrap_or_default())
        .collect())
}

/// A contents table with subjects, by subject.
pub(crate) fn by_subject(folder: &Folder) -> Result<Table> {
    let keys = [mapi::SortColumn::ascending(tags::SUBJECT)];
    folder
        .contents()
        .columns(columns![tags::SUBJECT, tags::ENTRYID])
        .sort(keys)
        .open()
}

/// Subjects of a folder's messages that match, by subject.
pub(crate) fn matching(folder: &Folder, restriction: mapi::Restriction) -> Result<Vec<String>> {
    let table = by_subject(folder)?;
    table.restrict(restriction)?;
    subjects(&table)
}

/// The code that a call failed with; a success is a failure of the case.
#[track_caller]
pub(crate) fn code<T: Debug>(result: Result<T>) -> Code {
    match result {
        Ok(value) => panic!("succeeded: {value:?}"),
        Err(e) => e.code(),
    }
}
